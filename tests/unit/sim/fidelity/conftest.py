"""Flights made by our own simulator, so that the true vehicle is known to the last digit."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hil.core.types import LEVEL, ZERO3, Setpoint, Start, State
from hil.core.vehicle import Vehicle
from hil.flights.reader import Flight
from hil.log import Log, LogInfo, row
from hil.scenario.sensor_presets import NONE
from hil.targets.closed_loop import ClosedLoop
from hil_controllers.geometric import Geometric
from hil_sim.quadrotor import Quadrotor
from hil_sim.sensing import Sensing
from hil_sim.vehicle_files import load_vehicle

RATE_HZ = 100


class NoClock:
    def now_s(self):
        return 0.0


def _lively(t_s):
    """A fast, uneven path that excites all axes: position only, so that the vehicle tilts and turns."""
    return Setpoint(
        (0.8 * math.sin(1.7 * t_s), 0.6 * math.sin(2.3 * t_s + 0.4), 2.0 + 0.2 * math.sin(1.1 * t_s)),
        yaw=0.4 * math.sin(0.9 * t_s),
    )


def _made(vehicle, *, seconds=8.0, seed=3, rate_hz=RATE_HZ, disturbances=(), name="made-up", events=()):
    nominal = replace(vehicle, motor_mismatch_std=0.0)
    target = ClosedLoop(
        name="sim",
        plant=Quadrotor(vehicle, disturbances=disturbances),
        controller=Geometric(nominal, rate_hz=rate_hz),
        sensing=Sensing(NONE),
        rate_hz=rate_hz,
        clock=NoClock(),
    )
    start = Start(State((0.0, 0.2, 2.0), ZERO3, LEVEL, ZERO3))
    target.reset(start, seed=seed)
    info = LogInfo(
        scenario="made-up",
        task="recorded",
        target="sim",
        controller="geometric",
        controller_family="full-setpoint",
        vehicle=vehicle.name,
        simulated=True,
        seed=seed,
        repeat=0,
        rate_hz=rate_hz,
        planned_duration_s=seconds,
        judge_from_s=0.0,
        judge_to_s=seconds,
        source=name,
    )
    rows = [row(*target.step(_lively(k / rate_hz))) for k in range(round(seconds * rate_hz) + 1)]
    return _flight(Log.from_rows(info, rows, events))


def _flight(log):
    return Flight(
        path=Path(log.info.source),
        name=log.info.source,
        log=log,
        start=Start(State((0.0, 0.2, 2.0), ZERO3, LEVEL, ZERO3)),
        task_duration_s=log.info.planned_duration_s,
        judge_from_s=log.info.judge_from_s,
        judge_to_s=log.info.judge_to_s,
        controller=log.info.controller,
        battery_hover_v=None,
    )


@pytest.fixture(scope="session")
def true_vehicle() -> Vehicle:
    """The identified vehicle with four equal motors."""
    return replace(load_vehicle("cf21-identified"), motor_mismatch_std=0.0)


@pytest.fixture(scope="session")
def make() -> Callable[..., Flight]:
    """`make(vehicle, seconds=…, seed=…)`: a simulated flight."""
    return _made


@pytest.fixture(scope="session")
def as_flight() -> Callable[[Log], Flight]:
    """A log as a flight."""
    return _flight


@pytest.fixture(scope="session")
def lively(true_vehicle) -> Flight:
    """One flight of the true vehicle."""
    return _made(true_vehicle)


@pytest.fixture
def assert_no_future() -> Callable[..., None]:
    """Fails if what `of(log)` gives for the first window changes with what happens after its start."""

    def check(of: Callable[[Log], object], log: Log, first_unseen_row: int) -> None:
        import numpy as np

        poisoned = {}
        for name in (
            "position_x_m",
            "position_y_m",
            "position_z_m",
            "velocity_x_m_s",
            "velocity_y_m_s",
            "velocity_z_m_s",
            "quat_x",
            "quat_y",
            "quat_z",
            "quat_w",
            "rate_x_rad_s",
            "rate_y_rad_s",
            "rate_z_rad_s",
            *(f"motor_{i}_fraction" for i in (1, 2, 3, 4)),
            "battery_v",
        ):
            poisoned[name] = np.array(log[name])
            poisoned[name][first_unseen_row:] = 0.37 if name.startswith(("motor", "quat")) else 3.37
        np.testing.assert_array_equal(of(log), of(log.with_columns(**poisoned)))

    return check
