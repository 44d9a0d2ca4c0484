"""A suite file: which conditions, which controllers, how many paired flights.

Every mistake is told as in a scenario: file, line, key. A condition is a scenario with some keys replaced, as by
`--set`; a sweep is one condition per value.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError

from hil.core.errors import BadInput, ScenarioError, unknown_name
from hil.preflight import check
from hil.registry import METRICS
from hil.scenario import yaml_file
from hil.scenario.fields import FromList, Strict
from hil.scenario.messages import Problem, gathered, problems
from hil.scenario.model import NAME_MAX, Scenario
from hil.scenario.shipped import find, shipped_suites
from hil.scenario.source import OVERRIDE, Source

REPEATS_MIN = 3  # fewer give no interval
_OWN_KEYS = {"vehicle": "`vehicle`", "repeats": "`repeats`", "seed": "`seed`", "name": "the cell's `name`"}
_PATHS = ("task.file", "task.flight")  # relative to the suite file


def _known_metric(name: str) -> str:
    if name not in METRICS:
        raise ValueError(unknown_name("metric", name, METRICS))
    return name


Name = Annotated[str, Field(pattern=rf"^[A-Za-z0-9][A-Za-z0-9_.-]{{0,{NAME_MAX - 1}}}$")]
Repeats = Annotated[int, Field(ge=REPEATS_MIN, le=100_000)]
Scalar = float | int | str | bool


class Sweep(Strict):
    """One key, and the values it takes in turn."""

    key: Annotated[str, Field(min_length=1)] = Field(description="dotted key of the scenario")
    values: Annotated[tuple[Scalar, ...], FromList, Field(min_length=2, max_length=50)] = Field(
        description="what it takes in turn"
    )
    label: str = Field("", description="name and unit for the report's axis; empty = the key")


class Cell(Strict):
    """One condition, or one sweep of conditions."""

    name: Name = Field(description="name in the report: letters, digits, - _ .")
    description: str = Field("", description="free text for the report")
    scenario: Annotated[str, Field(min_length=1)] = Field(
        description="shipped scenario's name, or path relative to this file"
    )
    set: dict[str, Any] = Field(default_factory=dict, description="keys of the scenario to replace, dotted")
    sweep: Sweep | None = Field(None, description="one key with several values, each a condition")
    metric: Annotated[str, AfterValidator(_known_metric)] = Field(
        "position_error_mean_m", description="metric that is compared"
    )
    repeats: Repeats | None = Field(None, description="flights per controller; null = the suite's")
    paper: Literal["hover", "trajectory"] | None = Field(
        None, description="column of the paper's table that it belongs to; null = none"
    )


class SuiteFile(Strict):
    """A suite file's content, with every default filled in."""

    version: Literal[1] = Field(description="version of this format")
    name: Name = Field(description="names the folder of results: letters, digits, - _ .")
    description: str = Field("", description="free text for the report")
    vehicle: Annotated[str, Field(min_length=1)] = Field(
        description="name of a vehicle, or path of a .toml relative to this file"
    )
    controllers: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...], FromList, Field(min_length=2, max_length=20)
    ] = Field(description="names, as for --controller; the first is compared with each of the others")
    repeats: Repeats = Field(20, description="paired flights per condition and controller")
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = Field(
        None, description="root of all chance; null = each scenario's own"
    )
    set: dict[str, Any] = Field(default_factory=dict, description="keys to replace in every cell's scenario, dotted")
    cells: Annotated[tuple[Cell, ...], FromList, Field(min_length=1, max_length=200)] = Field(
        description="what is flown"
    )


@dataclass(frozen=True, slots=True)
class Point:
    """One condition: what every controller flies `scenario.repeats` times from the same seeds."""

    cell: Cell
    value: Scalar | None  # of the swept key; None without a sweep
    scenario: Scenario


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite file with the scenarios it amounts to, each checked before anything flies."""

    file: SuiteFile
    path: Path
    points: tuple[Point, ...]


def load_suite(path: Path, *, repeats: int | None = None) -> Suite:
    """The suite in a file; `repeats` replaces every number of flights. Raises ScenarioError with file, line, key."""
    if repeats is not None and repeats < REPEATS_MIN:
        raise BadInput(f"--repeats must be at least {REPEATS_MIN}, not {repeats}: fewer give no interval")
    document = yaml_file.read(path)
    source = Source(path, document.lines, document.texts)
    try:
        file = SuiteFile.model_validate(document.data)
    except ValidationError as error:
        raise gathered(problems(error, SuiteFile, document.data, source), source) from None
    if wrong := [*_twice(file), *_not_to_set(file)]:
        raise gathered(wrong, source)
    return Suite(file, path, tuple(_points(file, source, repeats)))


def find_suite(name: str) -> Path:
    """The file meant: a path, or the name of a suite that ships. Raises BadInput."""
    path = Path(name).expanduser()
    if path.is_file():
        return path
    shipped = shipped_suites()
    plain = path.as_posix().removeprefix("./").removeprefix("scenarios/").removeprefix("suites/").removesuffix(".yaml")
    if plain in shipped:
        return shipped[plain]
    raise BadInput(unknown_name("suite", name, shipped), hint="give a path or one of these names")


def _twice(file: SuiteFile) -> Iterator[Problem]:
    lists: list[tuple[str, Sequence[Any]]] = [
        ("controllers.{}", file.controllers),
        ("cells.{}.name", [cell.name for cell in file.cells]),
        *((f"cells.{i}.sweep.values.{{}}", cell.sweep.values) for i, cell in enumerate(file.cells) if cell.sweep),
    ]
    for key, names in lists:
        for index, name in enumerate(names):
            if name in names[:index]:
                yield Problem(key.format(index), f"{name!r} is given twice")


def _not_to_set(file: SuiteFile) -> Iterator[Problem]:
    places = [("set", file.set)] + [(f"cells.{i}.set", cell.set) for i, cell in enumerate(file.cells)]
    for place, settings in places:
        for key in settings.keys() & _OWN_KEYS.keys():
            yield Problem(f"{place}.{key}", "cannot be set here", f"{_OWN_KEYS[key]} of the suite says it")
    for i, cell in enumerate(file.cells):
        if cell.sweep and cell.sweep.key in _OWN_KEYS:
            yield Problem(f"cells.{i}.sweep.key", f"{cell.sweep.key} cannot be swept")


def _points(file: SuiteFile, source: Source, repeats: int | None) -> Iterator[Point]:
    assert source.path is not None
    folder = source.path.parent
    for index, cell in enumerate(file.cells):
        path = _scenario_file(cell.scenario, folder, source, f"cells.{index}.scenario")
        common = {"vehicle": _beside(folder, file.vehicle) if file.vehicle.endswith(".toml") else file.vehicle}
        given: dict[str, Any] = common | {"repeats": repeats or cell.repeats or file.repeats}
        if file.seed is not None:
            given["seed"] = file.seed
        given |= _with_paths(file.set, folder) | _with_paths(cell.set, folder)
        for place, value in enumerate(cell.sweep.values if cell.sweep else (None,)):
            swept = {cell.sweep.key: value} if cell.sweep else {}
            yield Point(cell, value, _scenario(path, given | swept, file, source, index, place))


def _scenario(
    path: Path, settings: Mapping[str, Any], file: SuiteFile, source: Source, index: int, place: int
) -> Scenario:
    """The scenario of one condition, which its vehicle can fly. Raises ScenarioError about the suite file."""
    cell = file.cells[index]
    try:
        scenario = Scenario.load(path, settings)
        if scenario.task.lacks_flight:
            raise source.error(f"cells.{index}.scenario", "needs a recorded flight", "set task.flight")
        check(scenario)
    except ScenarioError as error:
        if error.file == str(source.path):
            raise
        text = error.problem if error.file == OVERRIDE else error.message
        raise source.error(_blamed(error, cell, file, index, place), text, error.hint) from None
    return scenario


def _blamed(error: ScenarioError, cell: Cell, file: SuiteFile, index: int, place: int) -> str:
    """The suite's key behind a problem of a scenario: what was set, or else which scenario was chosen."""
    named = error.key.split(", ") if error.file == OVERRIDE else []
    for key in named:
        if cell.sweep and _same(key, cell.sweep.key):
            unknown = error.problem.startswith("unknown key")
            return f"cells.{index}.sweep.{'key' if unknown else f'values.{place}'}"
        for prefix, settings in ((f"cells.{index}.set", cell.set), ("set", file.set)):
            for name in settings:
                if _same(key, name):
                    return f"{prefix}.{name}"
        if key == "vehicle":
            return "vehicle"
    return f"cells.{index}.scenario"


def _same(key: str, name: str) -> bool:
    return key == name or key.startswith(f"{name}.")


def _scenario_file(name: str, folder: Path, source: Source, key: str) -> Path:
    beside = folder / name
    if beside.is_file():
        return beside
    try:
        (path,) = find([name])
    except BadInput as error:
        raise source.error(key, error.message, error.hint) from None
    except ValueError:
        raise source.error(key, f"{name} is a folder, not a scenario") from None
    return path


def _with_paths(settings: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    return {
        key: _beside(folder, value) if key in _PATHS and isinstance(value, str) else value
        for key, value in settings.items()
    }


def _beside(folder: Path, file: str) -> str:
    return str(Path(folder, Path(file).expanduser()).resolve())
