"""The batch plant's part of `hil bench plant`: the compiled loop, the plant around it, and the numpy oracle of both."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np

from hil.scenario.conditions import Randomise
from hil_sim.batch.plant import BatchPlant
from hil_sim.batch.tiles import Tiles
from hil_sim.variation import varied
from hil_sim.vehicle_files import load_vehicle

DT_S = 0.01
LEGEND = {
    "kernel": "the compiled loop alone",
    "BatchPlant.step": "the loop, and commands checked, clipped and laid out",
    "numpy": "the same program on arrays: what serves without numba",
}
MODELS = {
    "base": "thrust, torque, motor lag, rigid body; one set of parameters",
    "full": "with drag, drag moment, gyroscopics and rotor mismatch; 20 parameters drawn for each vehicle",
}
SIZES: tuple[tuple[str, Literal["float32", "float64"], int], ...] = (
    *((model, "float32", n) for model in MODELS for n in (16_384, 1_024)),
    ("base", "float64", 16_384),
)
Key = tuple[str, str, str, int]  # what, model, dtype, vehicles


def cases() -> dict[Key, Callable[[], object]]:
    """Calls that each fly one step of 10 ms."""
    calls: dict[Key, Callable[[], object]] = {}
    for model, dtype, n in SIZES:
        batch = plant(model, n, dtype=dtype, backend="numba")
        calls["kernel", model, dtype, n] = _kernel(batch)
        calls["BatchPlant.step", model, dtype, n] = partial(batch.step, np.full((n, 4), 0.6, dtype), DT_S)
        oracle = plant(model, n, dtype=dtype, backend="numpy").backend
        calls["numpy", model, dtype, n] = partial(oracle.fly, [0], [(DT_S, 0.0)])
    calls["kernel", "base", "float32", 1] = _kernel(plant("base", 1, dtype="float32", backend="numba"))
    return calls


def plant(
    model: str, n: int, *, dtype: Literal["float32", "float64"], backend: Literal["numba", "numpy"]
) -> BatchPlant:
    """The batch that a case flies."""
    base = load_vehicle("cf-l2f-package")
    if model == "base":
        batch = BatchPlant(base, n, dtype=dtype, backend=backend)
    else:
        full = replace(
            base,
            drag_1_s=(0.4, 0.4, 0.2),
            drag_height_x_m=0.03,
            drag_height_y_m=0.03,
            rotor_momentum_kg_m2_s=3e-6,
        )
        share = 0.1
        widths = Randomise(mass=share, inertia=share, thrust=share, motor_lag=share, drag=share)
        drawn = [varied(replace(full, motor_mismatch_std=0.01), widths, seed=seed) for seed in range(n)]
        batch = BatchPlant(
            [vehicle for vehicle, _ in drawn],
            dtype=dtype,
            backend=backend,
            efficiency=[efficiency for _, efficiency in drawn],
        )
    batch.step(np.full((n, 4), base.hover_command), DT_S)
    return batch


def _kernel(batch: BatchPlant) -> Callable[[], None]:
    assert isinstance(batch.backend, Tiles)
    slot, piece = np.zeros(1, np.int64), np.array([DT_S, 0.0], batch.backend.whole[0].dtype)
    return partial(batch.backend.module.fly, *batch.backend.whole, slot, piece)
