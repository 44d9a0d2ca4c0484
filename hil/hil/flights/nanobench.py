"""Recordings of the NanoBench data set: a real Crazyflie 2.1 under motion capture (Ullah, Baca 2026, arXiv 2603.09908).

One CSV per flight, 100 Hz, one header line. Everything is converted here and nowhere else. Two things differ from what
the data set's documentation and the firmware's names suggest:

* motion-capture `roll`, `pitch`, `yaw` are rad, though documented in degrees; they repeat the quaternion: unused;
* `att_stateEstimate_pitch` has the legacy sign (nose up positive), but the `att_stateEstimate_q*` columns do not:
  they agree with the motion-capture quaternion, so the estimated attitude is taken from them unchanged.
"""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hil.core.errors import FlightDataError
from hil.core.vehicle import GRAVITY_M_S2
from hil.flights.recording import Array, Recording, unit_quaternions

FULL_PWM = 65535.0

_XYZ = ("x", "y", "z")
_POSITION = ("px", "py", "pz")
_ATTITUDE = ("qx", "qy", "qz", "qw")
_VELOCITY = ("vx", "vy", "vz")
_TURN_RATE = ("wx_vicon", "wy_vicon", "wz_vicon")
_ACC_G = tuple(f"imu_acc_{a}" for a in _XYZ)
_GYRO = tuple(f"imu_gyro_{a}" for a in _XYZ)
_MOTORS = tuple(f"motor_motor_m{i}" for i in (1, 2, 3, 4))
_ESTIMATE_POSITION = tuple(f"est_stateEstimate_{a}" for a in _XYZ)
_ESTIMATE_VELOCITY = tuple(f"est_stateEstimate_v{a}" for a in _XYZ)
_ESTIMATE_ATTITUDE = tuple(f"att_stateEstimate_q{a}" for a in "xyzw")
_SETPOINT = tuple(f"sp_ctrltarget_{a}" for a in _XYZ)
_SETPOINT_YAW_DEG = ("sp_ctrltarget_yaw",)
_BATTERY = ("pwr_pm_vbat",)
_PID = ("pid_controller_roll", "pid_controller_pitch", "pid_controller_yaw", "pid_controller_cmd_thrust")

REQUIRED: tuple[str, ...] = (
    "t",
    *_POSITION,
    *_ATTITUDE,
    *_VELOCITY,
    *_TURN_RATE,
    *_ACC_G,
    *_GYRO,
    *_MOTORS,
    *_ESTIMATE_POSITION,
    *_ESTIMATE_VELOCITY,
    *_ESTIMATE_ATTITUDE,
    *_SETPOINT,
    *_SETPOINT_YAW_DEG,
    *_BATTERY,
)


def read_nanobench(path: Path) -> Recording:
    """A NanoBench CSV in SI units. Raises FlightDataError with file and line where it is not one."""
    with np.errstate(over="ignore"):
        return _in_si(path, _read_columns(path))


def _in_si(path: Path, columns: dict[str, Array]) -> Recording:
    def block(names: Sequence[str], scale: float = 1.0) -> Array:
        return np.stack([columns[name] for name in names], axis=1) * scale

    attitude, attitude_norm = unit_quaternions(block(_ATTITUDE))
    estimate_attitude, _ = unit_quaternions(block(_ESTIMATE_ATTITUDE))
    return Recording(
        path=path,
        stamp_s=columns["t"],
        position=block(_POSITION),
        velocity=block(_VELOCITY),
        attitude=attitude,
        attitude_norm=attitude_norm,
        turn_rate=block(_TURN_RATE),
        rates=block(_GYRO),
        acceleration=block(_ACC_G, GRAVITY_M_S2),
        setpoint_position=block(_SETPOINT),
        setpoint_yaw=columns[_SETPOINT_YAW_DEG[0]] * (math.pi / 180.0),
        estimate_position=block(_ESTIMATE_POSITION),
        estimate_velocity=block(_ESTIMATE_VELOCITY),
        estimate_attitude=estimate_attitude,
        motors=block(_MOTORS, 1.0 / FULL_PWM),
        battery_v=columns[_BATTERY[0]],
        controller=_controller(columns),
    )


def _controller(columns: dict[str, Array]) -> str:
    """Which on-board controller flew: the recording does not say, but only the PID controller writes its log group."""
    if any(name not in columns or not np.isfinite(columns[name]).any() for name in _PID):
        return "unknown"
    return "mellinger" if all(np.nanmax(columns[n]) == np.nanmin(columns[n]) for n in _PID) else "pid"


def _read_columns(path: Path) -> dict[str, Array]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines = csv.reader(file)
            header = next(lines, [])
            missing = [name for name in REQUIRED if name not in header]
            if missing:
                raise FlightDataError(
                    f"{path}:1: not a recorded flight: no column {', '.join(missing[:3])}"
                    + (f" and {len(missing) - 3} more" if len(missing) > 3 else ""),
                    hint="known: a NanoBench CSV with its header line, a run folder of hil, its samples.parquet",
                )
            rows = [_numbers(cells, header, f"{path}:{lines.line_num}") for cells in lines]
    except OSError as error:
        raise FlightDataError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FlightDataError(f"{path}: not text: {error}") from error
    if len(rows) < 2:
        raise FlightDataError(f"{path}:{len(rows) + 1}: the recording ends after {len(rows)} rows")
    table = np.asarray(rows, dtype=np.float64)
    return {name: table[:, i].copy() for i, name in enumerate(header)}


def _numbers(cells: list[str], header: list[str], where: str) -> list[float]:
    if len(cells) != len(header):
        raise FlightDataError(
            f"{where}: {len(cells)} values for {len(header)} columns", hint="is the file cut off or damaged?"
        )
    try:
        return [float(cell) if cell else math.nan for cell in cells]
    except ValueError:
        pass
    for name, cell in zip(header, cells, strict=True):
        try:
            float(cell or "nan")
        except ValueError:
            raise FlightDataError(f"{where}: {name} is {cell[:40]!r}, not a number") from None
    raise AssertionError("unreachable: some cell failed above")
