"""Whether a row came out as it must: every finding is a line that says what is wrong."""

import math
from collections.abc import Iterator

from hil.core.frames import tilt
from hil.core.vehicle_status import Info

from .flown import Flown
from .row import KILLED, End, Row

_UPRIGHT_DEG = 15.0  # a vehicle on its legs
_DROPS_MS = 100  # at the end of a landing, whose last 5 cm are
EMERGENCY = "emergency stop sent"
_GIVEN_UP = Info.LOCKED | Info.CRASHED


def reaction_s(row: Row, flown: Flown) -> float | None:
    """From what happened until the end that the row names, in the vehicle's time; None where it was not reached."""
    off_ms, down_ms, began_ms = flown.history.motors_off_ms, flown.history.on_ground_ms, flown.began_ms
    if off_ms is None or down_ms is None or began_ms is None:
        return None
    ms = {End.NEVER_TURNED: began_ms, End.DISARMED: flown.disarmed_ms, End.STOPPED: off_ms}.get(
        row.end, max(off_ms, down_ms)
    )
    return (ms - began_ms) / 1000


def findings(row: Row, flown: Flown) -> list[str]:
    """Everything that is wrong with it."""
    return [*_truth(row, flown), *_bench(row, flown), *_log(row, flown)]


def _truth(row: Row, flown: Flown) -> Iterator[str]:
    state, history, info = flown.state, flown.history, Info(flown.state.supervisor)
    fell_ms = (history.on_ground_ms or 0) - (history.motors_off_ms or 0)
    if not state.motors_off:
        yield f"motors turn: {state.motors}"
    if not state.on_ground:
        yield f"it is in the air, at {state.position_m}"
    if row.end in (End.NEVER_TURNED, End.DISARMED) and history.motors_off_ms != 0:
        yield "motors turned"
    if row.end is End.DISARMED and Info.ARMED in info:
        yield "it is still armed"
    if row.end is End.LANDED and Info.CRASHED in info:
        yield f"it crashed: {info!r}"
    if row.end is End.LANDED and EMERGENCY in flown.told:
        yield "the bench had to stop it"
    if row.end in (End.STOPPED, End.LANDED_AND_LOCKED) and not info & _GIVEN_UP:
        yield f"it may turn its motors again: {info!r}"
    if row.end in (End.LANDED, End.LANDED_AND_LOCKED):
        if math.degrees(tilt(state.quat_xyzw)) > _UPRIGHT_DEG:
            yield f"it lies there, tilted by {math.degrees(tilt(state.quat_xyzw)):.0f}°"
        if fell_ms > _DROPS_MS:
            yield f"it fell for {fell_ms / 1000:.3f} s"
        if flown.away_m > row.near_m:
            yield f"it is {flown.away_m:.2f} m from its place, {row.near_m:g} m allowed"
    if flown.began_ms is None and (row.faults or row.events):
        yield "nothing happened to it"
    took_s = reaction_s(row, flown)
    if took_s is not None and took_s > row.within_s:
        yield f"it took {took_s:.3f} s, {row.within_s:g} s allowed: {row.why}"


def _bench(row: Row, flown: Flown) -> Iterator[str]:
    if flown.code is None:
        yield "hil run hung"
    elif flown.code != row.code:
        yield f"exit code {flown.code}, not {row.code}"
    if "Traceback" in flown.output:
        yield "a traceback"


def _log(row: Row, flown: Flown) -> Iterator[str]:
    if flown.log is None:
        yield f"no readable log: {flown.log_problem}"
        return
    if row.says not in flown.told + flown.output:
        yield f"nowhere is said: {row.says}"
    turned = flown.history.motors_off_ms != 0
    if turned and not len(flown.log):
        yield "it flew, and there are no rows"
    if row.code == 4 and flown.log.aborted is None:
        yield "the log does not say why the flight ended"
    if row.code in (0, KILLED) and flown.log.aborted is not None:
        yield f"the log says that the flight was aborted: {flown.log.aborted.text}"
