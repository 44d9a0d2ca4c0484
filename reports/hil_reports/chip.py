"""What a flight cost on the chip that its network was on: what `pil.json` of a run folder says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.core.errors import BadInput
from hil.run_files import PIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of a step; in the chip's unit."""

    mean: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipFlight:
    """One flight on a chip; None: not known there, or nothing counts."""

    uri: str
    cpu_id: str
    unit: str | None  # instructions in an emulator, cycles on a board; never time
    observation: Cost | None
    network: Cost | None
    worst: float | None  # of both together
    flash_bytes: int | None
    ram_bytes: int | None  # static, without the stack
    stack_used_bytes: int | None  # high-water mark
    stack_bytes: int | None  # reserved
    golden_steps: int | None  # replayed on the chip before the flight


def read_chip(run_dir: Path) -> ChipFlight | None:
    """What a run folder says of its chip; None where there was none. Raises BadInput."""
    path = run_dir / PIL
    if not path.exists():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        chip, cost = data["chip"], data["cost"]
        return ChipFlight(
            uri=str(data["uri"]),
            cpu_id=str(chip["cpu_id"]),
            unit=None if cost["unit"] is None else str(cost["unit"]),
            observation=_cost(cost["observation"]),
            network=_cost(cost["network"]),
            worst=_number(cost["worst"]),
            golden_steps=_count(cost["golden_steps"]),
            **{f"{name}_bytes": _count(chip[f"{name}_bytes"]) for name in ("flash", "ram", "stack", "stack_used")},
        )
    except KeyError as error:
        raise BadInput(f"{path}: damaged: {error.args[0]} is missing") from error
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise BadInput(f"{path}: damaged: {error}") from error


def _cost(value: Any) -> Cost | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise TypeError(f"a cost must be an object, got {value!r}")
    mean, most = _number(value["mean"]), _number(value["most"])
    if mean is None or most is None:
        raise TypeError("a cost has a mean and a most")
    return Cost(mean=mean, most=most)


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a number is wanted, got {value!r}")
    return float(value)


def _count(value: Any) -> int | None:
    number = _number(value)
    return None if number is None else int(number)
