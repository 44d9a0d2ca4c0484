"""What is well-formed but cannot be meant: checks across keys of a scenario."""

from typing import TYPE_CHECKING

from hil.core.errors import BadInput
from hil.scenario.messages import Problem
from hil.scenario.start import nominal_start

if TYPE_CHECKING:
    from hil.scenario.model import Scenario


def insane(scenario: "Scenario") -> list[Problem]:
    """Everything that cannot be meant, in no order."""
    return [*_times(scenario), *_start(scenario), *_window(scenario), *_criteria(scenario)]


def _times(scenario: "Scenario") -> list[Problem]:
    late = []
    timed: list[tuple[str, object]] = [(f"disturbances.{i}", item) for i, item in enumerate(scenario.disturbances)]
    timed += [(f"faults.{i}", item) for i, item in enumerate(scenario.faults)]
    timed += [("task", scenario.task)]
    for key, item in timed:
        at_s = getattr(item, "at_s", 0.0)
        if at_s >= scenario.duration_s and getattr(item, "in_phase", "task") == "task":
            late.append(Problem(f"{key}.at_s", f"at {at_s:g} s, but the flight ends at {scenario.duration_s:g} s"))
    return late


def _start(scenario: "Scenario") -> list[Problem]:
    start, fence = scenario.start, scenario.safety.geofence_m
    spread = start.spread.position_m
    wrong = []
    for axis, name in enumerate("xyz"):
        reach = (abs(start.position_m[axis]) if axis < 2 else start.position_m[axis]) + spread[axis]
        if reach > fence[axis]:
            text = f"{name} may reach {reach:g} m, outside the geofence of {fence[axis]:g} m"
            wrong.append(Problem("start.position_m", text, "see safety.geofence_m and start.spread.position_m"))
    lowest = start.position_m[2] - spread[2]
    if lowest < 0 or (lowest == 0 and start.motors == "hover"):
        wrong.append(
            Problem(
                "start.position_m",
                f"z may be {lowest:g} m: not above the ground",
                "on the ground, motors must be stopped",
            )
        )
    if start.spread.tilt_deg > scenario.safety.tilt_deg:
        text = (
            f"{start.spread.tilt_deg:g}° is more than safety.tilt_deg, {scenario.safety.tilt_deg:g}°: cut short at once"
        )
        wrong.append(Problem("start.spread.tilt_deg", text, "spread less, or allow more tilt"))
    if start.motors == "stopped" and start.spread.motors == "random":
        wrong.append(Problem("start.spread.motors", "random rotor speeds contradict `motors: stopped`"))
    return wrong


def _window(scenario: "Scenario") -> list[Problem]:
    if scenario.task.kind == "recorded":
        return []  # known only once there is a flight, which may come from the command line
    try:
        reference = scenario.task.reference(nominal_start(scenario.start))
    except BadInput as error:
        return [Problem("task", error.message, error.hint)]
    from_s = scenario.judge_from_s(reference)
    if from_s < scenario.duration_s:
        return []
    if scenario.settle_s is not None:
        return [Problem("settle_s", f"{from_s:g} s leaves nothing of a flight of {scenario.duration_s:g} s to judge")]
    text = f"nothing left to judge: the task's own ramp or settling takes {from_s:g} s"
    return [Problem("duration_s", text, "fly longer, or set settle_s")]


def _criteria(scenario: "Scenario") -> list[Problem]:
    seen: dict[str, int] = {}
    wrong = []
    for i, criterion in enumerate(scenario.criteria):
        if criterion.metric in seen:
            text = f"{criterion.metric} is already criterion {seen[criterion.metric]}"
            wrong.append(Problem(f"criteria.{i}.metric", text, "give other limits under that one's `limits`"))
        seen.setdefault(criterion.metric, i)
    return wrong
