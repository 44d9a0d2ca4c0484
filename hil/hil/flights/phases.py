"""Where a recorded flight's take-off ends, where its task begins and ends, and which part of it is judged.

Found from the set-point and the truth, because a recording does not say:

    ground ── climb ── [task start ── (start step) ── steady ── (end step)] ── landing ── ground
                       tick 0          +2.5 s: judge from       judge to
"""

from dataclasses import dataclass

import numpy as np

from hil.flights.recording import Array, Recording

HOVER_ABOVE_GROUND_M = 0.2  # a set-point this high means: fly
PLATEAU_S = 0.3  # the climb is over once the height is held this long …
PLATEAU_M = 0.01  # … to this
MOVING_M_S = 0.05  # a set-point faster than this in x y is on its trajectory
STEP_M = 0.05  # between two rows: no trajectory moves so fast, so it is a step or an artefact
STEP_S = 0.2  # a motion shorter than this is a step
SETTLE_S = 2.5  # after the step to the trajectory's start, as published evaluations of these flights do
HOLD_BEFORE_LANDING_S = 1.0  # a step to a place held for less than this belongs to the landing
LOW_SHARE = 0.3  # below this share of the hover height a landing is as good as over


@dataclass(frozen=True, slots=True)
class Phases:
    """Rows of a recording: `start` is tick 0, `end` the last row before landing; the judged rows lie between."""

    start: int
    end: int
    judge_from: int
    judge_to: int
    ground_m: float
    hover_m: float  # height of the set-point at `start`, world
    took_off: bool
    highest_m: float  # above ground


def find_phases(recording: Recording, rate_hz: float) -> Phases:
    """The phases of a recording whose rows are in order, `rate_hz` apart."""
    setpoint = last_known(recording.setpoint_position)
    height, wanted = recording.position[:, 2], setpoint[:, 2]
    ground = float(np.nanmin(height)) if np.isfinite(height).any() else 0.0
    plateau = _plateau(wanted, ground, rate_hz)
    hover = float(np.median(wanted[plateau : plateau + max(1, round(PLATEAU_S * rate_hz))]))
    high = height - ground >= 0.5 * (hover - ground)
    took_off = hover - ground > HOVER_ABOVE_GROUND_M and int(np.count_nonzero(high)) >= rate_hz
    start = plateau
    if took_off:
        airborne = high & np.isfinite(_state(recording)).all(axis=1)
        airborne[:plateau] = False
        start = int(np.argmax(airborne)) if airborne.any() else plateau
    end = max(start, _landing(setpoint, ground, hover, rate_hz) - 1)
    judge_from, judge_to = _steady(setpoint, start, end, rate_hz)
    highest = float(np.nanmax(height)) - ground if np.isfinite(height).any() else 0.0
    return Phases(start, end, judge_from, judge_to, ground, hover, took_off, highest)


def last_known(setpoint: Array) -> Array:
    """Set-points as the vehicle holds them: a missing one is the one before it. (n, 3); needs one that is known."""
    known = np.isfinite(setpoint).all(axis=1)
    latest = np.maximum.accumulate(np.where(known, np.arange(len(setpoint)), int(np.argmax(known))))
    return setpoint[latest]


def _state(recording: Recording) -> Array:
    return np.concatenate([recording.position, recording.velocity, recording.attitude, recording.rates], axis=1)


def _plateau(wanted: Array, ground: float, rate_hz: float) -> int:
    """First row from which the set-point's height is held; row 0 where it never is."""
    rows = max(1, round(PLATEAU_S * rate_hz))
    for k in np.flatnonzero(wanted[:-rows] - ground > HOVER_ABOVE_GROUND_M):
        if np.all(np.abs(wanted[k : k + rows + 1] - wanted[k]) < PLATEAU_M):
            return int(k)
    return 0


def _landing(setpoint: Array, ground: float, hover: float, rate_hz: float) -> int:
    """First row of the landing: the final descent at a fixed place, or the step to that place just before it."""
    wanted = setpoint[:, 2]
    up = np.flatnonzero(wanted - ground > LOW_SHARE * (hover - ground))
    if len(up) == 0:
        return len(setpoint)
    last = int(up[-1])
    steps = np.linalg.norm(np.diff(setpoint[: last + 1, :2], axis=0), axis=1)
    moving = np.flatnonzero(steps * rate_hz > MOVING_M_S)
    held_from = int(moving[-1]) + 1 if len(moving) else 0
    held = wanted[held_from : last + 1]
    descent = held_from + int(np.flatnonzero(held >= np.nanmax(held) - PLATEAU_M)[-1]) + 1
    step_from = _end_step(steps * rate_hz, held_from, rate_hz)
    stepped = step_from < held_from and descent - held_from < HOLD_BEFORE_LANDING_S * rate_hz
    return step_from + 1 if stepped else descent


def _end_step(speed: Array, held_from: int, rate_hz: float) -> int:
    """Last row before the step that ends at row `held_from`; `held_from` itself where none does.

    A step drawn straight across lost packets is spread over rows: it is either a short run of motion by itself, or the
    fast end of a longer one.
    """
    first = held_from
    while first > 0 and speed[first - 1] > MOVING_M_S:
        first -= 1
    if held_from - first <= STEP_S * rate_hz:
        return first
    fast = 2.0 * float(np.median(speed[speed > MOVING_M_S]))
    first = held_from
    while speed[first - 1] > fast:
        first -= 1
    return first


def _steady(setpoint: Array, start: int, end: int, rate_hz: float) -> tuple[int, int]:
    """First and last row of the trajectory's steady part, within [start, end]."""
    settle = round(SETTLE_S * rate_hz)
    step = np.linalg.norm(np.diff(setpoint[start : end + 1, :2], axis=0), axis=1)
    moving = np.flatnonzero(step * rate_hz > MOVING_M_S)
    on_trajectory = np.flatnonzero((step * rate_hz > MOVING_M_S) & (step < STEP_M))
    if len(moving) == 0 or len(on_trajectory) == 0:
        return (start + settle if start + settle < end else start), end
    first, last = start + int(moving[0]) + 1 + settle, start + int(on_trajectory[-1]) + 1
    return (first, last) if first < last else (start, end)
