"""What works on this machine: each line a fact checked now, with what to do where it is missing."""

import os
import platform
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape

from hil import registry
from hil.core.errors import HilError

_EXTRAS = {
    "matplotlib": "report",
    "jinja2": "report",
    "scipy": "report",
    "mcap": "mcap",
    "numba": "fast",
    "gymnasium": "gym",
    "cflib": "crazyflie",
    "cffi": "c",
    "pyserial": "pil",
    "torch": "train",
    "stable_baselines3": "sb3",
}
_USB_DEVICES = Path("/sys/bus/usb/devices")
_UDEV_RULES = (Path("/etc/udev/rules.d"), Path("/usr/lib/udev/rules.d"))
_ON_USB = {("1915", "7777"): "Crazyradio", ("0483", "5740"): "Crazyflie"}  # vendor, product
_LACKING = {True: ("missing", "red"), False: ("absent", "yellow")}  # by whether it is needed


class Finding(NamedTuple):
    """One line of the diagnosis. `needed`: without it the bench does not work at all."""

    name: str
    good: bool
    text: str
    needed: bool = True


def diagnose() -> int:
    """Print the findings; 0 if everything needed is there, else 3."""
    console = Console(highlight=False)
    findings = list(_findings())
    for finding in findings:
        word, colour = ("ok", "green") if finding.good else _LACKING[finding.needed]
        console.print(f"[{colour}]{word:<8}[/] {finding.name:<20} {escape(finding.text)}", soft_wrap=True)
    return 0 if all(f.good for f in findings if f.needed) else 3


def _findings() -> Iterator[Finding]:
    yield Finding("python", sys.version_info >= (3, 11), f"{platform.python_version()} ({platform.machine()})")
    for package in ("numpy", "pydantic", "PyYAML", "pyarrow", "safetensors", "typer", "rich"):
        yield _package(package, needed=True, extra="")
    for package, extra in _EXTRAS.items():
        yield _package(package, needed=False, extra=extra)
    yield _compiler()
    yield from _chips()
    yield _loads()
    yield _scenarios()
    yield _networks()
    yield _flights()
    yield _vehicles()
    yield _radio()
    yield Finding("runs/", os.access(Path.cwd(), os.W_OK), f"run folders go to {Path.cwd() / 'runs'}")


def _package(name: str, *, needed: bool, extra: str) -> Finding:
    try:
        return Finding(name, True, version(name), needed)
    except PackageNotFoundError:
        return Finding(name, False, f"pip install 'hil-bench[{extra}]'" if extra else f"pip install {name}", needed)


def _compiler() -> Finding:
    from hil_controllers.export.library import compiler

    try:
        return Finding("C compiler", True, compiler(), needed=False)
    except HilError as error:
        return Finding("C compiler", False, error.hint, needed=False)


def _chips() -> Iterator[Finding]:
    from hil.targets.pil.emulator import emulator
    from hil_controllers.export.image import arm_compiler

    for name, look in (("emulated Cortex-M4", emulator), ("Cortex-M4 compiler", arm_compiler)):
        try:
            yield Finding(name, True, look(), needed=False)
        except HilError as error:
            yield Finding(name, False, error.hint, needed=False)


def _loads() -> Finding:
    kinds = (("target", registry.TARGETS), ("controller", registry.CONTROLLERS), ("task", registry.TASKS))
    names = []
    for kind, table in kinds:
        for name in table:
            try:
                registry.load(table, kind, name)
            except (ImportError, AttributeError) as error:
                return Finding("registry", False, f"{kind} {name}: {error}")
            names.append(name)
    return Finding("registry", True, ", ".join(names))


def _scenarios() -> Finding:
    from hil.scenario.model import Scenario
    from hil.scenario.shipped import shipped_dir, shipped_names

    paths = shipped_names().values()
    try:
        for path in paths:
            Scenario.load(path)
    except HilError as error:
        return Finding("scenarios", False, str(error))
    return Finding("scenarios", bool(paths), f"{len(paths)} in {shipped_dir()}")


def _networks() -> Finding:
    from hil_controllers.network.shipped import load, trained_dir

    paths = sorted(trained_dir().glob("*/*.safetensors"))
    try:
        for path in paths:
            load(path)
    except HilError as error:
        return Finding("networks", False, str(error))
    return Finding("networks", bool(paths), f"{len(paths)} in {trained_dir()}, golden vectors replayed", needed=False)


def _vehicles() -> Finding:
    from hil.sites import FOLDER, VARIABLE, inventory

    try:
        found = inventory()
    except HilError as error:
        return Finding("vehicles", False, str(error), needed=False)
    text = ", ".join(found) or f"none in {FOLDER}/*.toml or {VARIABLE}; without one: --target crazyflie --uri virtual"
    return Finding("vehicles", bool(found), text, needed=False)


def _radio(devices: Path = _USB_DEVICES, rules: Sequence[Path] = _UDEV_RULES) -> Finding:
    """Whether a Crazyradio or a Crazyflie is on USB, and whether this user may use it; looks at files only."""
    there = {(_word(device / "idVendor"), _word(device / "idProduct")) for device in devices.glob("*")}
    found = [name for ids, name in _ON_USB.items() if ids in there]
    if not found:
        return Finding("radio", False, "no Crazyradio and no Crazyflie on USB (optional)", needed=False)
    named = ", ".join(found)
    if not any("1915" in _word(rule) for folder in rules for rule in folder.glob("*.rules")):
        return Finding("radio", False, f"{named}, but no udev rule for it: docs/real-crazyflie.md", needed=False)
    return Finding("radio", True, named, needed=False)


def _word(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _flights() -> Finding:
    from hil.flights.find import find_flights

    try:
        found = find_flights(None, None, os.environ)
    except HilError as error:
        return Finding("recorded flights", False, error.message, needed=False)
    where = os.environ.get("HIL_FLIGHTS")
    text = f"{len(found)} in {where}" if found else "set HIL_FLIGHTS to a folder of them (optional)"
    return Finding("recorded flights", bool(found), text, needed=False)
