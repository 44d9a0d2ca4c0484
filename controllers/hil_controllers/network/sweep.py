"""States and set-points that exercise a network: a wide random sweep, then what each silent neuron listens to.

The sweep hovers, tumbles and flies fast, with and without velocity set-points. For a neuron of the first layer that it
leaves silent, the observation that drives it most is worked out: ± the clip in position and velocity, ± RATES_MAX in
rates, and the attitude R that maximises ⟨W_R, R⟩ over all rotations (Procrustes: R = U diag(1, 1, det U Vᵀ) Vᵀ of the
singular vectors of W_R). A neuron whose drive stays below threshold even there spikes for no observation.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from hil_controllers.network.contract import Contract
from hil_controllers.network.layers import LIF, Float32, Layer

SWEPT = 120  # steps of the random sweep
RATES_MAX = 35.0  # rad/s, the range of a Crazyflie's gyro: ±2000°/s
_HOLD = 40  # steps within which a neuron at rest is to reach its threshold
_HOLD_MOST = 400  # steps that one is given which the sweep has left far below
_MARGIN = 0.01  # of a threshold: more than float32 makes of it
_DT_S = 0.01
_Floats = NDArray[np.float64]


class Sweep:
    """The golden inputs of one seed, step by step: what to ask next depends on who has spiked."""

    def __init__(self, layers: tuple[Layer, ...], contract: Contract, seed: int) -> None:
        self._contract, self._chance = contract, np.random.Generator(np.random.PCG64(seed))
        self._first = layers[0] if isinstance(layers[0], LIF) else None
        self._spiked = np.zeros(0 if self._first is None else self._first.size, bool)
        self._steps = self._sequence()

    def next(self, fired: NDArray[np.bool_] | None) -> tuple[Float32, Float32] | None:
        """State (13,) and set-point (11,) of the next step, float32; None at the end. `fired`: spikes of the last."""
        if fired is not None:
            self._spiked |= fired[: len(self._spiked)]
        step = next(self._steps, None)
        return step and (step[0].astype(np.float32), step[1].astype(np.float32))

    def _sequence(self) -> Iterator[tuple[_Floats, _Floats]]:
        yield from self._wide()
        for neuron in np.flatnonzero(~self._spiked) if self._first else ():
            if not self._spiked[neuron]:
                yield from self._driven(int(neuron))

    def _wide(self) -> Iterator[tuple[_Floats, _Floats]]:
        chance = self._chance
        position = _wander(chance, 3, std=0.25, correlation_s=0.3)
        velocity = _wander(chance, 3, std=0.7, correlation_s=0.2)
        rates = _wander(chance, 3, std=3.0, correlation_s=0.1)
        acceleration = _wander(chance, 3, std=2.0, correlation_s=0.2)
        turn = _wander(chance, 3, std=0.5, correlation_s=0.2)
        goal = chance.uniform(-1.0, 1.0, 3)
        for k in range(SWEPT):
            calm = 0.1 if k % 60 < 15 else 1.0  # near hover for a quarter of the time
            error, speed = calm * next(position), calm * next(velocity)
            told = k % 40 < 20
            wanted = speed + calm * next(velocity) if told else np.full(3, np.nan)
            push = calm * next(acceleration) if told else np.full(3, np.nan)
            if k % 40 == 0:
                goal = chance.uniform(-1.0, 1.0, 3)
            attitude = np.append(calm * next(turn), 1.0)
            yield (
                np.concatenate((goal + error, speed, attitude / np.linalg.norm(attitude), calm * next(rates))),
                np.concatenate((goal, wanted, push, (0.0, 0.0))),
            )

    def _driven(self, neuron: int) -> Iterator[tuple[_Floats, _Floats]]:
        assert self._first is not None
        setpoint = np.concatenate((np.zeros(3), np.full(6, np.nan), (0.0, 0.0)))
        for rates_max in (RATES_MAX / 7, RATES_MAX):
            state, membrane = _best(self._first, neuron, self._contract, rates_max)
            if not membrane > self._first.theta[neuron]:
                continue
            for _ in range(_HOLD_MOST):
                if self._spiked[neuron]:
                    return
                yield state, setpoint


def drivable(layers: tuple[Layer, ...], contract: Contract, neurons: Sequence[int]) -> tuple[int, ...]:
    """Those of these first-layer neurons that spike when an observation drives them most, whatever the history."""
    first = layers[0]
    if not isinstance(first, LIF):
        return ()
    history = np.abs(first.weight[:, 18:]).sum(axis=1)
    least = first.theta + _MARGIN * (1.0 + np.abs(first.theta))
    return tuple(n for n in neurons if _best(first, n, contract, RATES_MAX, float(history[n]))[1] > least[n])


def _best(first: LIF, neuron: int, contract: Contract, rates_max: float, against: float = 0.0) -> tuple[_Floats, float]:
    """The state (13,) that drives a neuron most, and what its membrane is after `_HOLD` steps `against` an input."""
    weight = first.weight[neuron].astype(float)
    error = contract.position_clip_m * np.sign(weight[0:3])
    rotation = _most_aligned(weight[3:12].reshape(3, 3))
    speed = contract.velocity_clip_m_s * np.sign(weight[12:15])
    rates = rates_max * np.sign(weight[15:18])
    drive = weight[:18] @ np.concatenate((error, rotation.ravel(), speed, rates)) + float(first.bias[neuron]) - against
    decays = float(first.decay[neuron]) ** np.arange(_HOLD)
    return np.concatenate((error, speed, _quaternion(rotation), rates)), float(drive * decays.sum())


def _wander(chance: np.random.Generator, size: int, *, std: float, correlation_s: float) -> Iterator[_Floats]:
    """Stationary noise with a memory."""
    keep = np.exp(-_DT_S / correlation_s)
    unit = chance.standard_normal(size)
    while True:
        yield std * unit
        unit = keep * unit + np.sqrt(1.0 - keep * keep) * chance.standard_normal(size)


def _most_aligned(matrix: _Floats) -> _Floats:
    """The rotation R with the greatest ⟨matrix, R⟩, (3, 3)."""
    u, _, vt = np.linalg.svd(matrix)
    u[:, 2] *= np.sign(np.linalg.det(u @ vt))
    rotation: _Floats = u @ vt
    return rotation


def _quaternion(rotation: _Floats) -> _Floats:
    """Unit quaternion xyzw of a rotation matrix: the eigenvector of Bar-Itzhack's matrix, good at any angle."""
    (a, b, c), (d, e, f), (g, h, i) = rotation
    k = np.array(
        [
            [a - e - i, b + d, c + g, h - f],
            [b + d, e - a - i, f + h, c - g],
            [c + g, f + h, i - a - e, d - b],
            [h - f, c - g, d - b, a + e + i],
        ]
    )
    _, vectors = np.linalg.eigh(k)
    quat_xyzw: _Floats = vectors[:, -1]
    return quat_xyzw
