"""Flights made up column by column, so that what a metric must say is known in closed form."""

import numpy as np
import pytest

from hil.log import COLUMNS, Event, Log, LogInfo

INFO = {
    "scenario": "made-up",
    "task": "hold",
    "target": "sim",
    "controller": "pid",
    "controller_family": "position-only",
    "vehicle": "cf21-identified",
    "simulated": True,
    "seed": 7,
    "repeat": 0,
    "judge_from_s": 0.0,
}


def _made_up_flight(*, duration_s=10.0, rate_hz=100.0, abort=None, columns=None, **vectors):
    """A level vehicle hovering on its set-point at (0, 0, 1) unless told otherwise.

    `position`, `reference`, `velocity`, `reference_velocity`, `quat`, `rates`, `motors`: functions of t (n,) that give
    (n, k), or one constant row. `columns`: single columns. Everything else is information about the flight.
    """
    t_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    names = {
        "position": [f"position_{a}_m" for a in "xyz"],
        "reference": [f"setpoint_position_{a}_m" for a in "xyz"],
        "velocity": [f"velocity_{a}_m_s" for a in "xyz"],
        "reference_velocity": [f"setpoint_velocity_{a}_m_s" for a in "xyz"],
        "quat": [f"quat_{a}" for a in "xyzw"],
        "rates": [f"rate_{a}_rad_s" for a in "xyz"],
        "motors": [f"motor_{i}_fraction" for i in (1, 2, 3, 4)],
    }
    flown = {
        "reference": (0.0, 0.0, 1.0),
        "velocity": (0.0, 0.0, 0.0),
        "quat": (0.0, 0.0, 0.0, 1.0),
        "rates": (0.0, 0.0, 0.0),
        "motors": (0.6, 0.6, 0.6, 0.6),
    } | {name: vectors.pop(name) for name in list(vectors) if name in names}
    flown.setdefault("position", flown["reference"])
    table = {name: np.full(len(t_s), np.nan) for name in COLUMNS}
    table |= {"tick": np.arange(len(t_s)), "t_s": t_s, "setpoint_yaw_rad": np.zeros(len(t_s))}
    for what, given in flown.items():
        values = given(t_s) if callable(given) else np.tile(given, (len(t_s), 1))
        table |= dict(zip(names[what], np.asarray(values, dtype=float).T, strict=True))
    table |= columns or {}
    info = INFO | {"rate_hz": rate_hz, "planned_duration_s": duration_s, "judge_to_s": duration_s} | vectors
    events = [Event(abort, "abort", "left the geofence")] if abort is not None else []
    return Log(LogInfo(**info), {name: np.array(table[name], dtype=np.float64) for name in COLUMNS}, events)


@pytest.fixture(scope="session")
def made_up_flight():
    """The builder above."""
    return _made_up_flight


@pytest.fixture(scope="session")
def circle():
    """A horizontal circle as a function of t: `circle(radius_m, period_s, late_s)`, at 1 m height."""

    def at(radius_m=1.0, period_s=8.0, late_s=0.0, offset=(0.0, 0.0, 0.0)):
        def path(t_s):
            angle = 2 * np.pi * (t_s - late_s) / period_s
            return np.stack([radius_m * np.cos(angle), radius_m * np.sin(angle), np.ones_like(angle)], axis=1) + offset

        return path

    return at


@pytest.fixture(scope="session")
def lean():
    """Attitudes from roll, pitch and yaw as functions of t: `lean(roll=…, pitch=…, yaw=…)`, rad."""
    from hil.core.frames import quat_from_euler

    def at(roll=None, pitch=None, yaw=None):
        def quats(t_s):
            angles = [axis(t_s) if axis else np.zeros_like(t_s) for axis in (roll, pitch, yaw)]
            return np.array([quat_from_euler(*row) for row in np.stack(angles, axis=1).tolist()])

        return quats

    return at
