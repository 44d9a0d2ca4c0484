"""What repeats of a flight say together: estimates with 95 % intervals, the same for the same flights.

Means: bias-corrected and accelerated bootstrap (Efron 1987), drawn with a fixed seed. With few repeats such an
interval is too narrow rather than too wide. Shares: Wilson's score interval (1927), sensible even at none and at all.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hil.core.errors import BadInput

LEVEL = 0.95
REPEATS_MIN = 3  # fewer say nothing about spread
RESAMPLES = 9999
BOOTSTRAP_SEED = 0
ROUNDING = 1e-12  # relative: values that differ by less are equal
Z_95 = 1.959963984540054  # standard normal quantile at 0.975


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the 95 % interval around it; `low` and `high` are None where there are too few repeats for one."""

    n: int
    value: float
    low: float | None
    high: float | None
    method: str


def mean_over_repeats(values: Sequence[float]) -> Estimate:
    """Mean of one metric over repeats with its bootstrap interval. Raises BadInput for none, or one not finite."""
    if not values:
        raise BadInput("no values to average")
    if not all(math.isfinite(value) for value in values):
        raise BadInput("a value to average is not a finite number")
    n, mean = len(values), math.fsum(values) / len(values)
    if n < REPEATS_MIN:
        return Estimate(n, mean, None, None, f"mean of {n}; an interval needs {REPEATS_MIN} repeats")
    if math.isclose(min(values), max(values), rel_tol=ROUNDING):  # a bootstrap of rounding errors has no interval
        return Estimate(n, values[0], values[0], values[0], f"{n} equal values")
    low, high = _bootstrap(np.mean, values)
    return Estimate(n, mean, low, high, f"mean of {n}, 95 % BCa bootstrap")


def pass_rate(passed: int, flown: int) -> Estimate:
    """Share of passed flights with Wilson's interval. Raises BadInput unless 0 ≤ passed ≤ flown and flown ≥ 1."""
    if not 0 <= passed <= flown or flown < 1:
        raise BadInput(f"{passed} passed of {flown} flown is not a share")
    share, z2 = passed / flown, Z_95 * Z_95
    centre = (share + z2 / (2 * flown)) / (1 + z2 / flown)
    half = Z_95 / (1 + z2 / flown) * math.sqrt(share * (1 - share) / flown + z2 / (4 * flown * flown))
    low = 0.0 if passed == 0 else centre - half
    high = 1.0 if passed == flown else centre + half
    return Estimate(flown, share, low, high, f"{passed} of {flown}, 95 % Wilson")


def paired_difference(a: Sequence[float], b: Sequence[float]) -> Estimate:
    """Mean of b − a over pairs of flights with the same seed, with its bootstrap interval. Raises BadInput."""
    if len(a) != len(b):
        raise BadInput(f"cannot pair {len(a)} values with {len(b)}")
    return mean_over_repeats([after - before for before, after in zip(a, b, strict=True)])


def paired_difference_of_shares(a: Sequence[bool], b: Sequence[bool]) -> Estimate:
    """Share of true in b − share in a over pairs, with the interval of Agresti and Min (2005). Raises BadInput.

    Adjusted Wald: half a pair is added to each of the four outcomes. A bootstrap of a few losses is far too narrow: it
    would call three of twenty against none a difference, which a sign test gives 25 %.
    """
    if len(a) != len(b) or not a:
        raise BadInput(f"cannot pair {len(a)} values with {len(b)}")
    gained = sum(after and not before for before, after in zip(a, b, strict=True))
    lost = sum(before and not after for before, after in zip(a, b, strict=True))
    n = len(a) + 2.0
    centre = (gained - lost) / n
    half = Z_95 * math.sqrt(gained + lost + 1.0 - (gained - lost) ** 2 / n) / n
    return Estimate(
        len(a),
        (gained - lost) / len(a),
        max(-1.0, centre - half),
        min(1.0, centre + half),
        f"difference of shares of {len(a)} pairs, 95 % Agresti–Min",
    )


def difference_of_means(a: Sequence[float], b: Sequence[float]) -> Estimate:
    """Mean of b − mean of a, flights that do not pair, with its bootstrap interval. Raises BadInput."""
    mean_a, mean_b = mean_over_repeats(a), mean_over_repeats(b)
    fewest, value = min(mean_a.n, mean_b.n), mean_b.value - mean_a.value
    if fewest < REPEATS_MIN:
        return Estimate(fewest, value, None, None, f"difference; an interval needs {REPEATS_MIN} repeats of each")
    if min(a) == max(a) and min(b) == max(b):
        return Estimate(fewest, value, value, value, "difference of equal values")
    low, high = _bootstrap(lambda x, y, axis: np.mean(y, axis=axis) - np.mean(x, axis=axis), a, b)
    return Estimate(fewest, value, low, high, f"difference of means of {len(a)} and {len(b)}, 95 % BCa bootstrap")


def _bootstrap(statistic: Callable[..., Any], *samples: Sequence[float]) -> tuple[float, float]:
    from scipy.stats import bootstrap

    interval = bootstrap(
        tuple(np.asarray(sample, dtype=np.float64) for sample in samples),
        statistic,
        confidence_level=LEVEL,
        n_resamples=RESAMPLES,
        method="BCa",
        random_state=np.random.Generator(np.random.PCG64(BOOTSTRAP_SEED)),
    ).confidence_interval
    return float(interval.low), float(interval.high)
