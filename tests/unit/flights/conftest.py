"""A made-up flight in NanoBench's file format, known in closed form, with faults that can be put into it.

Ground until 1 s, climb to 1 m by 3 s, hold, at 5 s step to the start of a circle (radius 1 m, 0.5 m/s), stop at 15 s,
at 15.2 s step to where the vehicle is and descend, on the ground from 18 s.
"""

import math
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from hil.core.frames import quat_from_euler

GROUND_M = 0.05
RATE_HZ = 100
ROWS = 1900
LAG_S = 0.4


@dataclass
class MadeUp:
    """Columns in the file's own units; change them, then `write`."""

    columns: dict[str, np.ndarray]
    drop: list[int] = field(default_factory=list)  # rows left out
    duplicate: list[int] = field(default_factory=list)  # rows written twice

    def write(self, path: Path) -> Path:
        order = [k for k in range(ROWS) if k not in self.drop]
        order = sorted(order + self.duplicate)
        names = list(self.columns)
        lines = [",".join(names)]
        lines += [",".join(repr(float(self.columns[name][k])) for name in names) for k in order]
        path.write_text("\n".join(lines) + "\n")
        return path


def _setpoints(t):
    """Position set-points, m. (n, 3)."""
    angle = np.clip(t - 5.0, 0.0, 10.0) * 0.5
    on_circle = (t >= 5.0) & (t < 15.2)
    last = np.array([math.cos(5.0), math.sin(5.0)])
    x = np.where(on_circle, np.cos(angle), 0.0)
    y = np.where(on_circle, np.sin(angle), 0.0)
    landing = (t >= 15.2) & (t < 18.0)
    x, y = np.where(landing, 0.8 * last[0], x), np.where(landing, 0.8 * last[1], y)
    z = np.clip((t - 1.0) / 2.0, 0.0, 1.0)
    z = np.where(t >= 15.2, 1.0 - 0.4 * (t - 15.2), z)
    return np.stack([x, y, np.where(t >= 18.0, 0.0, np.maximum(z, 0.0))], axis=1)


def _flown(setpoints):
    """A vehicle that follows with a first-order lag and does not sink into the ground. (n, 3)."""
    position = np.empty_like(setpoints)
    now = np.array([0.0, 0.0, GROUND_M])
    for k, wanted in enumerate(setpoints):
        now = now + (np.maximum(wanted, [-9, -9, GROUND_M]) - now) / (LAG_S * RATE_HZ)
        position[k] = now
    return position


def _made_up(*, controller="pid"):
    t = np.arange(ROWS) / RATE_HZ
    setpoint = _setpoints(t)
    position = _flown(setpoint)
    velocity = np.gradient(position, 1 / RATE_HZ, axis=0)
    roll, pitch, yaw = 0.1 * np.sin(t), 0.05 * np.cos(t), np.full(ROWS, 0.2)
    quat = np.array([quat_from_euler(*angles) for angles in zip(roll, pitch, yaw, strict=True)])
    rates = np.stack([0.1 * np.cos(t), -0.05 * np.sin(t), np.zeros(ROWS)], axis=1)
    columns = {"t": 1.7e9 + t}
    columns |= {f"p{a}": position[:, i] for i, a in enumerate("xyz")}
    columns |= {f"q{a}": quat[:, i] for i, a in enumerate("xyzw")}
    columns |= {"roll": roll, "pitch": pitch, "yaw": yaw}
    columns |= {f"v{a}": velocity[:, i] for i, a in enumerate("xyz")}
    columns |= {f"w{a}_vicon": rates[:, i] for i, a in enumerate("xyz")}
    columns |= {"imu_acc_x": np.zeros(ROWS), "imu_acc_y": np.zeros(ROWS), "imu_acc_z": np.ones(ROWS)}
    columns |= {f"imu_gyro_{a}": rates[:, i] for i, a in enumerate("xyz")}
    columns |= {f"motor_motor_m{i}": 52428.0 + 100 * np.sin(40 * t + i) for i in (1, 2, 3, 4)}
    columns |= {f"est_stateEstimate_{a}": position[:, i] + 0.01 for i, a in enumerate("xyz")}
    columns |= {f"est_stateEstimate_v{a}": velocity[:, i] for i, a in enumerate("xyz")}
    columns |= {"att_stateEstimate_roll": np.degrees(roll), "att_stateEstimate_pitch": -np.degrees(pitch)}
    columns |= {"att_stateEstimate_yaw": np.degrees(yaw)}
    columns |= {f"att_stateEstimate_q{a}": quat[:, i] for i, a in enumerate("xyzw")}
    columns |= {f"sp_ctrltarget_{a}": setpoint[:, i] for i, a in enumerate("xyz")}
    columns |= {"sp_ctrltarget_yaw": np.full(ROWS, 90.0)}
    pid = np.zeros(ROWS) if controller == "mellinger" else np.sin(t)
    columns |= {f"pid_controller_{name}": pid for name in ("roll", "pitch", "yaw", "cmd_thrust")}
    columns |= {"pwr_pm_vbat": 3.7 - 0.003 * t}
    return MadeUp({name: np.array(values, dtype=float) for name, values in columns.items()})


@pytest.fixture
def made_up():
    """Builder of the made-up flight: `made_up(controller="pid")`."""
    return _made_up


@pytest.fixture
def recorded_file(tmp_path):
    """The made-up flight without faults, on disk."""
    return _made_up().write(tmp_path / "circle.csv")


PUBLIC = (
    *(f"B2_circle_{speed}_rep1" for speed in ("slow", "medium", "fast")),
    *(f"B3_figure8_{speed}_rep1" for speed in ("slow", "medium", "fast")),
    *(
        "B5_helix_slow_rep1",
        "B6_linear_ramp_rep1",
        "B7_oval_medium_rep1",
        "B8_star_slow_rep1",
        "B10_lissajous_slow_rep1",
    ),
    *(f"{by}_B9_trefoil_{speed}_rep1" for by in ("pid", "mellinger") for speed in ("slow", "medium")),
)


@pytest.fixture(scope="session")
def public_flights():
    """Paths by name of the real recordings these tests know; skips where there are none."""
    folder = os.environ.get("HIL_FLIGHTS")
    if not folder:
        pytest.skip("HIL_FLIGHTS is not set")
    found = {path.stem: path for path in sorted(Path(folder).rglob("*.csv")) if path.stem in PUBLIC}
    if not found:
        pytest.skip(f"HIL_FLIGHTS={folder} has none of the recordings these tests know")
    return found
