"""The vehicles at hand: `sites/*.toml` in the working folder, or wherever `HIL_SITES` points to.

version = 1
[device.cf1]
uri = "radio://0/80/2M/E7E7E7E7E7"
platform = "cf21"             # what flies, in reports
decks = ["bcLighthouse4"]     # that must be found on it, as parameter group `deck` names them
positioning = "lighthouse"    # where its position comes from, in reports
[device.cf1.limits]           # keys of a scenario's `safety`; the stricter counts
geofence_m = [1.5, 1.5, 2.0]
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field, ValidationError

from hil.core.errors import BadInput, ScenarioError, nearest, unknown_name
from hil.limits import NO_LIMITS, SiteLimits
from hil.scenario.fields import FromList, Strict
from hil.scenario.messages import gathered, problems
from hil.scenario.source import Source

FOLDER, VARIABLE = "sites", "HIL_SITES"


class Device(Strict):
    """One vehicle, how it is reached and what holds where it flies."""

    uri: Annotated[str, Field(min_length=1)] = Field(description="as cflib takes it, or `virtual`")
    platform: str = Field("Crazyflie", description="what it is, for reports")
    decks: Annotated[tuple[str, ...], FromList] = Field((), description="decks it must have, such as bcFlow2")
    positioning: str = Field("unknown", description="where its position comes from, for reports")
    limits: SiteLimits = Field(default=NO_LIMITS, description="keys of a scenario's `safety`")


class Found(NamedTuple):
    """A device and the name it has in the inventory."""

    name: str
    device: Device


def read_site(path: Path) -> Mapping[str, Device]:
    """The devices in one file. Raises ScenarioError with file, line and key."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise BadInput(f"{path}: cannot be read: {problem}") from problem
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ScenarioError(f"not TOML: {problem}", file=path, line=None, key="") from problem
    lines = lines_of(text)
    for key, mistake in _misshapen(table):
        raise Source(path, lines).error(key, mistake)
    return {name: _device(content, f"device.{name}", path, lines) for name, content in table["device"].items()}


def _misshapen(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key in table.keys() - {"version", "device"}:
        close = nearest(key, ("version", "device"))
        yield key, "unknown key" + (f"; did you mean {close!r}?" if close else " (known: device, version)")
    if table.get("version") != 1:
        yield "version", "must be 1" if "version" in table else "missing"
    if not isinstance(table.get("device"), dict):
        yield "device", "must be tables, one for each vehicle: [device.NAME]"


def _device(content: Any, where: str, path: Path, lines: Mapping[str, int]) -> Device:
    """One device; its problems are told with the whole key."""
    within = {key.removeprefix(f"{where}."): line for key, line in lines.items() if key.startswith(f"{where}.")}
    source = Source(path, {"": lines.get(where, 1), **within})
    try:
        return Device.model_validate(content)
    except ValidationError as error:
        found = gathered(problems(error, Device, content, source), source)
        line = found.line or lines.get(where)
        raise ScenarioError(
            found.problem, file=path, line=line, key=".".join(filter(None, (where, found.key))), hint=found.hint
        ) from None


def inventory() -> dict[str, Device]:
    """Every device of every site at hand, by name. Raises BadInput for a name given twice."""
    where = Path(os.environ.get(VARIABLE) or FOLDER).expanduser()
    if VARIABLE in os.environ and not where.exists():
        raise BadInput(f"{VARIABLE}: {where}: no such file or folder")
    paths = sorted(where.glob("*.toml")) if where.is_dir() else [where] if where.is_file() else []
    devices: dict[str, Device] = {}
    origin: dict[str, Path] = {}
    for path in paths:
        for name, device in read_site(path).items():
            if name in devices:
                raise BadInput(f"{path}: device {name!r} is in {origin[name]} already", hint="give one another name")
            devices[name], origin[name] = device, path
    return devices


def choose(name: str | None) -> Found | None:
    """The device of that name, or the only one there is; None where there is none. Raises BadInput."""
    devices = inventory()
    if name is not None:
        if name not in devices:
            hint = f"devices are in {FOLDER}/*.toml, or where {VARIABLE} points to"
            raise BadInput(unknown_name("device", name, devices), hint=hint)
        return Found(name, devices[name])
    if len(devices) > 1:
        raise BadInput(f"{len(devices)} devices in the inventory", hint=f"--device {' | '.join(sorted(devices))}")
    return next((Found(*item) for item in devices.items()), None)


def lines_of(text: str) -> dict[str, int]:
    """Line of each dotted key of a TOML text in plain style: tables in brackets, a key at the begin of its line."""
    lines = {"": 1}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            table = _dotted(header[1])
            lines.setdefault(table, number)
        elif key := re.match(r"""\s*([A-Za-z0-9_.\-"' ]+?)\s*=""", line):
            dotted = _dotted(key[1])
            lines.setdefault(f"{table}.{dotted}" if table else dotted, number)
    return lines


def _dotted(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))
