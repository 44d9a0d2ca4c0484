"""Whole flights, client to motors: what is flown, how well, and how they end. Errors are against the truth."""

import math
import struct
from itertools import pairwise

import numpy as np
import pytest

from hil.core.quaternion_bits import compress
from hil.core.types import Setpoint
from hil.virtual_crazyflie.flight import FlightStack
from hil.virtual_crazyflie.paths import smooth
from hil.virtual_crazyflie.supervisor import Condition

OFF = (0.0,) * 4
LEVEL = compress((0.0, 0.0, 0.0, 1.0))
LAP_S, LONG_M, WIDE_M = 8.0, 0.6, 0.3
HOVER_RMSE_M = {"pid-firmware": 0.08, "geometric": 0.05, "snn": 0.05}
FULL_STATE_RMSE_M = {"pid-firmware": 0.34, "geometric": 0.08, "snn": 0.10}
POSITION_RMSE_M = {"pid-firmware": 0.34, "geometric": 0.32, "snn": 0.28}
WORDS = {0x20E, 0x10E, 0x11E, 0x31E, 0x21E}  # 0x10e: planning, motors not yet given anything

pytestmark = pytest.mark.slow
controllers = pytest.mark.parametrize("controller", ["pid-firmware", "geometric", "snn"])
a_cascade_and_a_network = pytest.mark.parametrize(
    "controller", ["pid-firmware", pytest.param("geometric", marks=pytest.mark.thorough), "snn"]
)


def figure_eight(t):
    w = 2 * math.pi / LAP_S
    return (
        (LONG_M * math.sin(w * t), WIDE_M * math.sin(2 * w * t), 0.8),
        (LONG_M * w * math.cos(w * t), 2 * WIDE_M * w * math.cos(2 * w * t), 0.0),
        (-LONG_M * w * w * math.sin(w * t), -4 * WIDE_M * w * w * math.sin(2 * w * t), 0.0),
    )


def by_full_state(bench, point):
    numbers = (round(1000 * number) for vector in point for number in vector)
    bench.send(7, 0, b"\x06" + struct.pack("<9hI3h", *numbers, LEVEL, 0, 0, 0))


def by_position(bench, point):
    bench.position(*point[0])


def flown(bench, give, seconds):
    """Distance to the figure-eight every 10 ms, m."""
    begin, errors = bench.flight.now_ms, []
    for now in bench.every_ms(int(1000 * seconds)):
        if now % 10 == 0:
            point = figure_eight((now - begin) / 1000.0)
            give(bench, point)
            errors.append(math.dist(bench.body.state.position, point[0]))
    return np.array(errors)


def rmse(errors):
    return math.sqrt((np.asarray(errors) ** 2).mean())


@controllers
def test_it_takes_off_goes_somewhere_hovers_and_lands_softly(boot, controller):
    bench = boot(controller=controller)
    words, errors, impact = set(), [], None
    steps = [(20, None), (2500, lambda: bench.vertical(b"\x07", 0.8, 2.0)), (3000, lambda: bench.go_to(0.4, -0.3, 1.0))]
    for ms, command in steps:
        assert command is None or command() == 0
        words |= {bench.word for _ in bench.every_ms(ms)}
    for _ in bench.every_ms(5000):
        errors.append(math.dist(bench.body.state.position, (0.4, -0.3, 1.0)))
        words.add(bench.word)
    bench.vertical(b"\x08", 0.0, 2.5)
    for _ in bench.every_ms(9000):
        words.add(bench.word)
        if not bench.body.on_ground:
            impact = bench.body.state.velocity[2]
    assert rmse(errors) < HOVER_RMSE_M[controller]
    assert impact > -0.75
    assert bench.body.state.position == pytest.approx((0.4, -0.3, 0.0), abs=0.3)
    assert (bench.body.motors_fraction, bench.word) == (OFF, 0x20E)
    assert words | {0x10E} == WORDS


@a_cascade_and_a_network
@pytest.mark.parametrize("give", [by_position, by_full_state])
def test_it_follows_a_streamed_figure_eight(boot, controller, give):
    bench = boot(controller=controller)
    bench.ms(20)
    bench.vertical(b"\x07", 0.8, 2.0)
    bench.ms(5000)
    limits = POSITION_RMSE_M if give is by_position else FULL_STATE_RMSE_M
    assert rmse(flown(bench, give, 2 * LAP_S)[300:]) < limits[controller]
    assert bench.word == 0x21E


@a_cascade_and_a_network
def test_it_follows_an_uploaded_figure_eight(boot, controller):
    bench = boot(controller=controller)
    pieces = 16
    duration_s = LAP_S / pieces
    points = [Setpoint(*figure_eight(k * duration_s)) for k in range(pieces + 1)]
    for k, (begin, end) in enumerate(pairwise(points)):
        piece = smooth(begin, end, duration_s)
        numbers = [c for axis in piece.axes for c in axis]
        struct.pack_into("<33f", bench.memory, 132 * k, *numbers, duration_s)
    bench.ms(20)
    bench.vertical(b"\x07", 0.8, 2.0)
    bench.ms(5000)
    assert bench.send(8, 0, struct.pack("<BBBBIB", 6, 1, 1, 0, 0, pieces))[0][3] == 0
    assert bench.send(8, 0, struct.pack("<BBBBBBf", 13, 0, 0, 0, 0, 1, 1.0))[0][3] == 0
    errors = flown(bench, lambda *_: None, LAP_S)
    assert rmse(errors[200:]) < FULL_STATE_RMSE_M[controller]
    bench.ms(20)
    assert bench.word == 0x31E


@a_cascade_and_a_network
def test_a_torque_that_turns_it_over_ends_as_crashed_with_the_motors_off(boot, controller):
    bench = boot(controller=controller)
    bench.ms(20)
    bench.vertical(b"\x07", 0.8, 2.0)
    bench.ms(3000)
    bench.body.tumble()
    assert bench.ms_until_off() < 2500
    bench.ms(1)
    assert bench.word == 0x2A4
    assert bench.flight.supervisor.condition is Condition.CRASHED


def test_a_boot_in_flight_finds_the_motors_off_and_the_body_falling(boot):
    bench = boot()
    bench.hover(1.0)
    bench.flight = FlightStack(
        bench.body, parameters={}, trajectory_memory=bytearray(4096), console=bench.said.append,
        controller=bench.flashed, seed=3,
    )  # fmt: skip
    assert bench.body.motors_fraction == OFF
    bench.ms(1000)
    assert (bench.flight.now_ms, bench.body.on_ground, bench.body.motors_fraction) == (1000, True, OFF)


def test_the_same_flight_twice_has_the_same_bits(boot):
    def states():
        bench = boot(controller="geometric", seed=5)
        bench.hover()
        return bench.body.state, bench.flight.estimate, bench.body.motors_fraction

    assert states() == states()
