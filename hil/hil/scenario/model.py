"""One task file: what to fly, under which conditions, and what counts as flown well."""

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from hil.core.errors import ScenarioError, unknown_name
from hil.references.reference import Reference
from hil.references.task import Task
from hil.registry import TASKS, load
from hil.scenario import overrides as command_line
from hil.scenario import yaml_file
from hil.scenario.beside import beside_scenario, without_home
from hil.scenario.conditions import Disturbance, Fault, Randomise, Sensors, StartSpec
from hil.scenario.criteria import Criterion
from hil.scenario.fields import Extent, Extents, FromList, Span, SpeedLimit, Strict, Tilt, Voltage
from hil.scenario.messages import Problem, gathered, problems
from hil.scenario.sanity import insane
from hil.scenario.source import Source

if TYPE_CHECKING:
    AnyTask = Task
else:
    AnyTask = Annotated[reduce(or_, [load(TASKS, "task", kind) for kind in TASKS]), Field(discriminator="kind")]

AT_ONCE_MAX = 100  # disturbances, faults
NAME_MAX = 80  # characters: it becomes part of a folder's name
TICKS_PER_S = 1000  # the plant's; a log row must fall on one


class Safety(Strict):
    """Limits that cut a flight short."""

    geofence_m: Extents = Field(
        default=(2.0, 2.0, 2.5), description="greatest distance from 0 along x and y, and greatest z, world"
    )
    tilt_deg: Tilt = Field(default=60.0, description="greatest tilt in flight; 180 = any")
    speed_m_s: SpeedLimit | None = Field(default=None, description="greatest speed; null = any, but 3 on a vehicle")
    tracking_error_m: Extent | None = Field(
        default=None, description="greatest distance from the set-point, from t = 0; null = any, but 1 on a vehicle"
    )
    log_age_s: Span | None = Field(
        default=None, description="greatest silence of a vehicle's link; null = 0.5; nothing elsewhere"
    )
    battery_v: Voltage | None = Field(
        default=None, description="lowest voltage under a vehicle's load; null = 3.2; nothing elsewhere"
    )


def _divides_a_second(rate_hz: int) -> int:
    if TICKS_PER_S % rate_hz:
        close = min((d for d in range(1, TICKS_PER_S + 1) if TICKS_PER_S % d == 0), key=lambda d: abs(d - rate_hz))
        raise ValueError(f"must divide {TICKS_PER_S}, got {rate_hz}; the nearest that does is {close}")
    return rate_hz


def _preset(value: Any) -> Any:
    """`real-2026` or `{preset: real-2026, …}` as the full mapping it is short for."""
    from hil.scenario.sensor_presets import PRESETS

    if isinstance(value, str):
        value = {"preset": value}
    if not isinstance(value, dict) or "preset" not in value:
        return value
    name = value["preset"]
    if not isinstance(name, str) or name not in PRESETS:
        text = unknown_name("sensor preset", str(name), PRESETS)
        raise PydanticCustomError("unknown_preset", "{text}", {"text": text})
    return PRESETS[name].model_dump() | {key: item for key, item in value.items() if key != "preset"}


SensorsOrPreset = Annotated[Sensors, BeforeValidator(_preset)]


class Scenario(Strict):
    """A task file's content, with every default filled in."""

    version: Literal[1] = Field(description="version of this format")
    name: Annotated[str, Field(pattern=rf"^[A-Za-z0-9][A-Za-z0-9_.-]{{0,{NAME_MAX - 1}}}$")] = Field(
        description="names the run folders: letters, digits, - _ ."
    )
    description: str = Field("", description="free text for the report")
    vehicle: Annotated[str, Field(min_length=1)] = Field(
        "cf21-identified", description="name of a vehicle, or path of a .toml relative to this file"
    )
    battery_hover_v: Voltage | None = Field(
        None, description="battery voltage under hover load at t = 0; null = the vehicle's"
    )
    duration_s: Annotated[float, Field(gt=0, le=600)] = Field(description="length of the flight")
    rate_hz: Annotated[int, Field(ge=1, le=TICKS_PER_S), AfterValidator(_divides_a_second)] = Field(
        100, description="rate of the log; must divide 1000"
    )
    start: StartSpec = Field(default_factory=StartSpec, description="where the flight starts")
    task: AnyTask = Field(description="what to fly")
    sensors: SensorsOrPreset = Field(
        default_factory=Sensors, description="what the controller sees: a preset's name, or keys, or both"
    )
    disturbances: Annotated[tuple[Disturbance, ...], FromList, Field(max_length=100)] = Field(
        (), description="forces, torques and kicks"
    )
    randomise: Randomise = Field(default_factory=Randomise, description="changes of the vehicle, drawn per flight")
    faults: Annotated[tuple[Fault, ...], FromList, Field(max_length=100)] = Field(
        (), description="what breaks, and when"
    )
    safety: Safety = Field(default_factory=Safety, description="limits that cut the flight short")
    settle_s: Annotated[float, Field(ge=0, le=600)] | None = Field(
        None, description="start of the span that metrics look at; null = the task's own (after its ramp or settling)"
    )
    criteria: Annotated[tuple[Criterion, ...], FromList] = Field((), description="what must be achieved")
    repeats: Annotated[int, Field(ge=1, le=100_000)] = Field(1, description="flights, each with its own chance")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(0, description="root of all chance")

    _source: Source = PrivateAttr(default_factory=Source)

    @field_validator("vehicle", mode="after")
    @classmethod
    def _beside_this_file(cls, vehicle: str, info: ValidationInfo) -> str:
        if not vehicle.endswith(".toml"):
            return vehicle
        return str(beside_scenario(vehicle, info))

    @classmethod
    def load(cls, path: Path | str, overrides: Mapping[str, Any] | None = None) -> "Scenario":
        """The scenario in a file, with dotted keys replaced by `overrides`. Raises ScenarioError."""
        path = Path(path)
        document = yaml_file.read(path)
        given = dict(overrides or {})
        data = command_line.apply(document.data, given)
        source = Source(path, document.lines, document.texts, frozenset(given))
        loaded = cls._checked(data, source)
        if isinstance(loaded, list):
            before = cls._checked(document.data, source) if given else []
            wrong_before = frozenset(problem.key for problem in before) if isinstance(before, list) else frozenset()
            raise gathered(loaded, replace(source, wrong_before=wrong_before))
        loaded._source = source
        return loaded

    @classmethod
    def _checked(cls, data: Any, source: Source) -> "Scenario | list[Problem]":
        try:
            scenario = cls.model_validate(data, context={"folder": source.path.parent if source.path else Path()})
        except ValidationError as error:
            return problems(error, cls, data, source)
        return insane(scenario) or scenario

    @property
    def path(self) -> Path | None:
        """The file it was read from."""
        return self._source.path

    def error(self, key: str, problem: str, hint: str = "") -> ScenarioError:
        """The error to raise about a key of this scenario, with the line it stands on."""
        return self._source.error(key, problem, hint)

    def judge_from_s(self, reference: Reference) -> float:
        """Where the metrics' window starts: `settle_s`, or else after the reference's own ramp or settling."""
        return reference.judge_from_s if self.settle_s is None else self.settle_s

    def resolved_yaml(self) -> str:
        """The same scenario with every default written out and paths absolute or from `~`; loads back equal."""
        data = self.model_dump(mode="json")
        data["vehicle"] = without_home(data["vehicle"])
        for key in {"file", "flight"} & data["task"].keys():
            data["task"][key] = data["task"][key] and without_home(data["task"][key])
        return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)
