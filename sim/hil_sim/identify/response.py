"""Gain, lag and delay from a command to what it does, in spite of feedback and of noise in the record of the command.

Where a controller closes the loop, the command already answers the disturbance, and commands of a fast loop recorded
slowly are noisy: both bias Y = K X directly. Here only that part of command and answer is compared which follows the
instruments Z: what the controller saw and was not there, the error of its estimator. With P the projection on Z at each
frequency, R = Y − K e^(−jωd) X(τ) and W the inverse of the mean |R|² of the best fit,

    K is where Σ W R* P R / Σ W R* (1 − P) R is least, for each lag and delay
    cost = Σ W R* P R there: what is left of Y that follows the instruments; the lag and delay of least cost are best

The first is limited-information maximum likelihood (Anderson and Rubin 1949): unlike two-stage least squares it is not
pulled to the direct estimate where the instruments explain little. All sums are kept per cluster, so drawing clusters
again costs no transform.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil_sim.fidelity.attitudes import Array
from hil_sim.identify.spectra import Complex


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Cross-spectra summed per cluster (c): instruments z (i), commands x per lag (l), answer y, at frequencies (f)."""

    frequency_hz: Array
    zz: Complex  # (c, f, i, i)
    zx: Complex  # (c, l, f, i)
    zy: Complex  # (c, f, i)
    xx: Array  # (c, l, f)
    xy: Complex  # (c, l, f)
    yy: Array  # (c, f)


def sums(frequency_hz: Array, x: Complex, y: Complex, z: Complex, cluster: NDArray[np.intp], clusters: int) -> Sums:
    """Sums of x (l, n, f), y (n, f) and z (i, n, f) over the windows n of each cluster; z on a common scale."""
    z = z / (np.sqrt(np.mean(np.abs(z) ** 2, axis=1, keepdims=True)) + 1e-300)
    member = np.zeros((clusters, len(cluster)))
    member[cluster, np.arange(len(cluster))] = 1.0
    return Sums(
        frequency_hz,
        np.einsum("cn,inf,jnf->cfij", member, z.conj(), z, optimize=True),
        np.einsum("cn,inf,lnf->clfi", member, z.conj(), x, optimize=True),
        np.einsum("cn,inf,nf->cfi", member, z.conj(), y, optimize=True),
        np.einsum("cn,lnf->clf", member, np.abs(x) ** 2, optimize=True),
        np.einsum("cn,lnf,nf->clf", member, x.conj(), y, optimize=True),
        np.einsum("cn,nf->cf", member, np.abs(y) ** 2, optimize=True),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """For each draw (r), lag (l) and delay (d): gain and cost, NaN or infinite where a draw has too few windows.

    Also what share of the command the instruments move.
    """

    gain: Array  # (r, l, d)
    cost: Array  # (r, l, d)
    share: float


def fit(of: Sums, weights: Array, delays_s: Array, *, share_at: int = 0, rounds: int = 3) -> Fit:
    """Gain and cost for all draws (r, c); frequencies weigh by the inverse of the residual of the best fit.

    The share is told for the lag numbered `share_at`.
    """
    first = _Projected(of, weights[:1])
    precision = 1.0 / (first.yy[0] + 1e-300)
    for _ in range(rounds):
        gain, cost = first.solve(precision, delays_s)
        _, lag, delay = np.unravel_index(np.argmin(unfit_last(cost)), cost.shape)
        if not np.isfinite(cost[0, lag, delay]):
            break  # nothing to weigh by, and no draw has a gain
        precision = 1.0 / first.residual(gain[0, lag, delay], int(lag), delays_s[delay])
    share = float(np.sum(precision * first.pxx[0, share_at]) / np.sum(precision * first.xx[0, share_at]))
    return Fit(*_Projected(of, weights).solve(precision, delays_s), share)


def unfit_last(cost: Array) -> Array:
    """Cost for a search of the least: infinite where there is no gain, as in a draw of too few windows."""
    return np.where(np.isfinite(cost), cost, np.inf)


class _Projected:
    """Sums over the clusters drawn, and the same of what the instruments explain."""

    def __init__(self, of: Sums, weights: Array) -> None:
        def drawn(kept: Any) -> Any:
            return np.tensordot(weights, kept, axes=1)

        self.frequency_hz = of.frequency_hz
        zz, zx, zy = drawn(of.zz), drawn(of.zx), drawn(of.zy)
        self.xx, self.xy, self.yy = drawn(of.xx), drawn(of.xy), drawn(of.yy)
        back = np.linalg.pinv(zz, rcond=1e-9, hermitian=True)
        y_on_z = np.einsum("rfij,rfj->rfi", back, zy)
        self.pxx = np.einsum("rlfi,rfij,rlfj->rlf", zx.conj(), back, zx, optimize=True).real
        self.pxy = np.einsum("rlfi,rfi->rlf", zx.conj(), y_on_z, optimize=True)
        self.pyy = np.einsum("rfi,rfi->rf", zy.conj(), y_on_z).real

    def solve(self, precision: Array, delays_s: Array) -> tuple[Array, Array]:
        """Gain and cost (r, l, d); the gain from the smaller root of det(A − λ B) = 0, A projected and B whole."""
        turned = np.exp(2j * np.pi * np.outer(self.frequency_hz, delays_s)) * precision[:, None]
        pxy, xy = (self.pxy @ turned).real, (self.xy @ turned).real
        pxx, xx = ((each @ precision)[..., None] for each in (self.pxx, self.xx))
        pyy, yy = ((each @ precision)[:, None, None] for each in (self.pyy, self.yy))
        square, linear, rest = yy * xx - xy**2, pyy * xx + pxx * yy - 2.0 * pxy * xy, pyy * pxx - pxy**2
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            root = (linear - np.sqrt(np.maximum(linear**2 - 4.0 * square * rest, 0.0))) / (2.0 * square)
            gain = (pxy - root * xy) / (pxx - root * xx)
            return gain, pyy - 2.0 * gain * pxy + gain**2 * pxx

    def residual(self, gain: float, lag: int, delay_s: float) -> Array:
        """Mean |Y − K X|² at each frequency, of the first draw."""
        turn = np.exp(2j * np.pi * self.frequency_hz * delay_s)
        cross = (self.xy[0, lag] * turn).real
        left: Array = np.maximum(
            self.yy[0] - 2.0 * gain * cross + gain**2 * self.xx[0, lag], 1e-12 * self.yy[0] + 1e-300
        )
        return left
