"""Which vehicles there are: one TOML file each, every number with its value and its source."""

import math
import tomllib
from dataclasses import MISSING, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from hil.core.errors import BadInput, nearest, unknown_name
from hil.core.vehicle import Battery, Residual, Vehicle

_PARTS: dict[str, type[Battery] | type[Residual]] = {"battery": Battery, "residual": Residual}
_MAY_BE_ANY_SIGN = ("rotor_x_m", "rotor_y_m", "rotor_torque_sign", "thrust_n", "drag_height_x_m", "drag_height_y_m")
_MAY_BE_ZERO = (
    *("yaw_zero_s", "command_delay_s", "drag_1_s", "rate_damping_1_s", "motor_mismatch_std"),
    "rotor_momentum_kg_m2_s",
    *("sag_v", "drain_v_s", "force_std_m_s2", "torque_std_rad_s2"),
)
_LENGTHS = {
    **dict.fromkeys(("inertia_kg_m2", "thrust_n", "drag_1_s", "force_std_m_s2", "torque_std_rad_s2"), 3),
    **dict.fromkeys(("rotor_x_m", "rotor_y_m", "rotor_torque_sign"), 4),
}


def vehicle_names() -> list[str]:
    """Names of the vehicles that ship, sorted."""
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in files("hil_sim.vehicles").iterdir()
        if entry.name.endswith(".toml")
    )


def load_vehicle(name_or_path: str | Path) -> Vehicle:
    """The vehicle of this name, or of this TOML file (a `Path`, or text that ends in `.toml`).

    Raises BadInput for an unknown name, a file that cannot be read, and a key that is missing, unknown or wrong.
    """
    if isinstance(name_or_path, Path) or name_or_path.endswith(".toml"):
        path = Path(name_or_path)
        try:
            return read_vehicle(path.read_text(encoding="utf-8"), where=str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"cannot read vehicle file {path}: {error}") from error
    if name_or_path not in vehicle_names():
        raise BadInput(unknown_name("vehicle", name_or_path, vehicle_names()))
    where = f"{name_or_path}.toml"
    return read_vehicle((files("hil_sim.vehicles") / where).read_text(encoding="utf-8"), where=where)


def read_vehicle(text: str, *, where: str) -> Vehicle:
    """The vehicle that a TOML text describes; `where` names it in errors."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{where}: not TOML: {error}") from error
    for key in ("name", "description"):
        if not isinstance(table.get(key), str):
            raise BadInput(f"{where}: {key}: missing, or not a text")
    parts: dict[str, Any] = {}
    for key, kind in _PARTS.items():
        if key in table:
            if not isinstance(table[key], dict):
                raise BadInput(f"{where}: {key}: must be a table")
            parts[key] = kind(**_numbers(kind, table[key], where=f"{where}: {key}."))
    plain = {key: value for key, value in table.items() if key not in ("name", "description", *_PARTS)}
    vehicle = Vehicle(name=table["name"], **_numbers(Vehicle, plain, where=f"{where}: "), **parts)
    if vehicle.thrust_n[2] <= 0 or not vehicle.thrust_to_weight() > 1:
        raise BadInput(f"{where}: thrust_n: the vehicle cannot carry its weight, or its thrust does not grow as c2 m²")
    return vehicle


def _numbers(kind: type[Any], table: dict[str, Any], *, where: str) -> dict[str, Any]:
    known = {field.name: field for field in fields(kind) if field.name not in ("name", *_PARTS)}
    for key in table:
        if key not in known:
            close = nearest(key, known)
            raise BadInput(f"{where}{key}: unknown key" + (f"; did you mean {close!r}?" if close else ""))
    for key, field in known.items():
        if key not in table and field.default is MISSING:
            raise BadInput(f"{where}{key}: missing")
    return {key: _number(key, entry, where=f"{where}{key}") for key, entry in table.items()}


def _number(key: str, entry: Any, *, where: str) -> float | tuple[float, ...]:
    if not isinstance(entry, dict) or set(entry) != {"value", "source"}:
        raise BadInput(f'{where}: must be {{value = ..., source = "..."}}')
    if not isinstance(entry["source"], str) or not entry["source"].strip():
        raise BadInput(f"{where}: source: must say where the number is from")
    length = _LENGTHS.get(key)
    value = entry["value"]
    values = value if length and isinstance(value, list) else [value]
    if len(values) != (length or 1) or (length and not isinstance(value, list)):
        raise BadInput(f"{where}: value: must be {f'a list of {length} numbers' if length else 'one number'}")
    for number in values:
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise BadInput(f"{where}: value: {number!r} is not a finite number")
        if key not in _MAY_BE_ANY_SIGN and (number < 0 or (number == 0 and key not in _MAY_BE_ZERO)):
            raise BadInput(f"{where}: value: {number!r} must be {'at least 0' if key in _MAY_BE_ZERO else 'above 0'}")
    return tuple(float(number) for number in values) if length else float(values[0])
