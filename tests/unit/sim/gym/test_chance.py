"""Random numbers: the published generator, and the distributions they should have."""

import math

import numpy as np
import pytest

pytest.importorskip("numba", reason="numba is not installed")
stats = pytest.importorskip("scipy.stats")

from numba import njit  # noqa: E402  after the reasons to skip
from numpy import uint32  # noqa: E402

from hil_sim.gym import chance  # noqa: E402

PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0, 0x082EFA98, 0xEC4E6C89)


@njit
def many(n, seed):
    """Normal and uniform numbers of n counters under one key. (n, 2), (n, 4)."""
    normal, uniform = np.empty((n, 2), np.float32), np.empty((n, 4), np.float32)
    for i in range(n):
        a, b, c, d = chance.words(uint32(i), uint32(0), uint32(0), uint32(0), uint32(seed), uint32(0))
        normal[i, 0], normal[i, 1] = chance.normal(a, b), chance.normal(c, d)
        uniform[i, 0], uniform[i, 1] = chance.uniform(a), chance.uniform(b)
        uniform[i, 2], uniform[i, 3] = chance.uniform(c), chance.uniform(d)
    return normal, uniform


@pytest.fixture(scope="module")
def drawn():
    return many(500_000, 7)


# Random123's own known-answer test, threefry4x32 with 13 rounds
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((0,) * 8, (0x531C7E4F, 0x39491EE5, 0x2C855A92, 0x3D6ABF9A)),
        ((0xFFFFFFFF,) * 8, (0xC4189358, 0x1C9CC83A, 0xD5881C67, 0x6A0A89E0)),
        (PI, (0x4AA71D8F, 0x734738C2, 0x431FC6A8, 0xAE6DEBF1)),
    ],
    ids=["zeros", "ones", "pi"],
)
def test_the_words_are_those_the_authors_published(given, expected):
    assert tuple(map(int, chance.threefry(*map(uint32, given)))) == expected


def test_normal_numbers_are_normal(drawn):
    z = drawn[0].ravel()
    assert stats.kstest(z, "norm").pvalue > 0.01
    assert np.mean(z) == pytest.approx(0.0, abs=4 / math.sqrt(z.size))
    assert np.std(z) == pytest.approx(1.0, abs=4 / math.sqrt(2 * z.size))
    assert stats.kurtosis(z) == pytest.approx(0.0, abs=4 * math.sqrt(24 / z.size))


@pytest.mark.parametrize("beyond", [2.0, 3.0, 4.0])
def test_the_tails_are_those_of_the_normal_distribution(drawn, beyond):
    z, expected = drawn[0].ravel(), 2 * stats.norm.sf(beyond)
    assert np.count_nonzero(np.abs(z) > beyond) == pytest.approx(
        expected * z.size, abs=4 * math.sqrt(expected * z.size)
    )


def test_a_uniform_number_is_not_normal():
    """The test above can fail."""
    _, u = many(1000, 7)
    assert stats.kstest(u.ravel(), "norm").pvalue < 1e-6


def test_uniform_numbers_are_uniform_and_below_one(drawn):
    u = drawn[1]
    assert u.min() >= 0.0
    assert u.max() < 1.0
    for column in u.T:
        assert stats.kstest(column, "uniform").pvalue > 0.01


def test_neighbours_are_uncorrelated(drawn):
    z = drawn[0]
    pairs = [
        (z[:, 0], z[:, 1]),
        (z[:-1, 0], z[1:, 0]),
        (z[:, 0] ** 2, z[:, 1] ** 2),
        (z[:, 0], many(len(z), 8)[0][:, 0]),
    ]
    for a, b in pairs:
        assert np.corrcoef(a, b)[0, 1] == pytest.approx(0.0, abs=4 / math.sqrt(len(a)))


def test_the_polynomial_is_the_least_squares_fit_it_says_it_is():
    x = np.linspace(1e-4, 2 - 1e-4, 200_001)  # sum of four uniform numbers, from its middle
    tail = sum((-1) ** k * math.comb(4, k) * np.where(2 - x > k, 2 - x - k, 0.0) ** 4 for k in range(5)) / 24
    z = stats.norm.isf(tail)
    weight = np.sqrt(stats.norm.pdf(z) * np.gradient(z, x))
    powers = np.stack([(x * math.sqrt(3.0)) ** (2 * k + 1) for k in range(7)], axis=1)
    fit, *_ = np.linalg.lstsq(powers * weight[:, None], z * weight, rcond=None)
    assert np.array([getattr(chance, f"_C{k}") for k in (1, 3, 5, 7, 9, 11, 13)]) == pytest.approx(fit, rel=1e-3)
    assert np.abs(stats.norm.cdf(powers @ fit) - stats.norm.cdf(z)).max() < 3e-5
