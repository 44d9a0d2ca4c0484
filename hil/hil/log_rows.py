"""What one row of a log holds, and what a reader must know besides its rows.

Every column name carries its unit; quaternions are `xyzw`, body to world; world is z up. NaN means not recorded.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.core.arrays import setpoint_of, setpoint_values, state_of, state_values
from hil.core.types import TRUTH, Command, Event, Sample, State

__all__ = ["COLUMNS", "TIMING_COLUMNS", "Column", "Event", "LogInfo", "row", "to_sample"]

Column = NDArray[np.float64]


def _state_columns(prefix: str) -> list[str]:
    return (
        [f"{prefix}position_{a}_m" for a in "xyz"]
        + [f"{prefix}velocity_{a}_m_s" for a in "xyz"]
        + [f"{prefix}quat_{a}" for a in "xyzw"]
        + [f"{prefix}rate_{a}_rad_s" for a in "xyz"]
    )


COLUMNS: tuple[str, ...] = tuple(
    ["tick", "t_s"]
    + [f"setpoint_position_{a}_m" for a in "xyz"]
    + [f"setpoint_velocity_{a}_m_s" for a in "xyz"]
    + [f"setpoint_acceleration_{a}_m_s2" for a in "xyz"]
    + ["setpoint_yaw_rad", "setpoint_yaw_rate_rad_s"]
    + _state_columns("")
    + _state_columns("estimate_")
    + [f"motor_{i}_fraction" for i in (1, 2, 3, 4)]
    + ["battery_v", "compute_s", "round_trip_s"]
)
# Wall time: the only columns that differ between two runs of a repeatable target.
TIMING_COLUMNS = ("compute_s", "round_trip_s")

_NAN = math.nan
_NAN3 = (_NAN, _NAN, _NAN)
_NAN_STATE = State(_NAN3, _NAN3, (_NAN, _NAN, _NAN, _NAN), _NAN3)


def row(sample: Sample) -> tuple[float, ...]:
    """A sample as one row of COLUMNS."""
    tick, t_s, setpoint, state, command, estimate, battery_v, compute_s, round_trip_s = sample
    seen = estimate or _NAN_STATE
    return (
        tick,
        t_s,
        *setpoint_values(setpoint),
        *state_values(state),
        *state_values(seen),
        *(command.motors if command else (_NAN, _NAN, _NAN, _NAN)),
        _NAN if battery_v is None else battery_v,
        compute_s,
        round_trip_s,
    )


def to_sample(row: Sequence[float]) -> Sample:
    """The sample of a row of COLUMNS; where nothing was recorded (all NaN), None."""
    n = len(row)
    assert n == len(COLUMNS), f"{n} values for {len(COLUMNS)} columns"

    def recorded(start: int, count: int) -> bool:
        return any(value == value for value in row[start : start + count])

    m1, m2, m3, m4 = row[39:43]
    return Sample(
        tick=int(row[0]),
        t_s=row[1],
        setpoint=setpoint_of(row[2:13]),
        state=state_of(row[13:26]),
        command=Command((m1, m2, m3, m4)) if recorded(39, 4) else None,
        estimate=state_of(row[26:39]) if recorded(26, 13) else None,
        battery_v=row[43] if recorded(43, 1) else None,
        compute_s=row[44],
        round_trip_s=row[45],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInfo:
    """What a reader must know about a flight besides its rows."""

    scenario: str
    task: str  # the task's kind: hold, step, figure_eight …
    target: str
    controller: str
    controller_family: str
    vehicle: str
    simulated: bool
    seed: int
    repeat: int
    rate_hz: float
    planned_duration_s: float
    judge_from_s: float  # metrics look at [judge_from_s, judge_to_s]: after the ramp or settle time, before any landing
    judge_to_s: float
    source: str = ""  # the recorded flight's file name, for replay
    state_source: str = TRUTH  # what the state columns hold; where it is the on-board estimate, nobody saw the truth
