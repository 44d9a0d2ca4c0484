import math

import numpy as np
import pytest

from hil.core.frames import quat_from_euler, quat_multiply
from hil.core.quaternion_bits import compress, decompress


def angle_between(a, b):
    x, y, z, w = quat_multiply(a, (-b[0], -b[1], -b[2], b[3]))
    return 2 * math.atan2(math.sqrt(x * x + y * y + z * z), abs(w))


def test_a_level_attitude_is_the_largest_part_and_three_zeros():
    assert compress((0.0, 0.0, 0.0, 1.0)) == 0xC0000000  # as the real firmware has it, in its trace


@pytest.mark.parametrize("seed", range(20))
def test_a_quaternion_comes_back_within_a_fifth_of_a_degree(seed):
    quat = np.random.default_rng(seed).standard_normal(4)
    quat /= np.linalg.norm(quat)
    assert math.degrees(angle_between(decompress(compress(tuple(quat))), tuple(quat))) < 0.2


def test_what_comes_back_has_length_one():
    assert math.hypot(*decompress(compress(quat_from_euler(0.4, -0.3, 2.0)))) == pytest.approx(1.0)


def test_a_quaternion_and_its_negative_are_the_same_attitude():
    quat = quat_from_euler(0.1, 0.2, 3.0)
    assert compress(quat) == compress(tuple(-part for part in quat))


def test_it_agrees_with_cflib():
    encoding = pytest.importorskip("cflib.utils.encoding")
    for roll, pitch, yaw in ((0.0, 0.0, 0.0), (0.3, -0.2, 1.0), (-3.0, 0.5, -2.0), (0.0, 1.5, 3.1)):
        quat = quat_from_euler(roll, pitch, yaw)
        assert compress(quat) == encoding.compress_quaternion(quat)
        assert decompress(compress(quat)) == pytest.approx(tuple(encoding.decompress_quaternion(compress(quat))))
