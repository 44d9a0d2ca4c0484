"""How good the link to a vehicle was, and its battery: what `link.json` of a run folder says, and what follows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.core.errors import BadInput
from hil.run_files import LINK

# Thrust goes with the square of the voltage (docs/vehicles.md), 3.55 V in hover: 0.1 V is 6 % of the thrust of the same
# command, more than the motors of one vehicle differ from one another.
BATTERY_APART_V = 0.1


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 95th percentile and greatest, s; None: not measured."""

    p50: float | None = None
    p95: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One flight's link; None or empty: not known."""

    uri: str
    platform: str
    firmware: str
    positioning: str
    latency_s: Spread  # there and back
    jitter_s: float | None
    loss_share: float | None
    log_age_s: Spread  # of the newest row, while flying
    rows_expected: int | None
    rows_received: int | None
    battery_start_v: float | None  # at rest, before take-off
    battery_end_v: float | None


def read_link(run_dir: Path) -> Link | None:
    """What a run folder says of its link; None where there was none. Raises BadInput."""
    path = run_dir / LINK
    if not path.exists():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise TypeError("not a JSON object")
        return Link(
            uri=_words(data, "uri"),
            platform=_words(data, "platform"),
            firmware=_words(data, "firmware"),
            positioning=_words(data, "positioning"),
            latency_s=_spread(data, "latency_s"),
            jitter_s=_number(data, "jitter_s"),
            loss_share=_number(data, "loss_share"),
            log_age_s=_spread(data, "log_age_s"),
            rows_expected=_count(data, "rows_expected"),
            rows_received=_count(data, "rows_received"),
            battery_start_v=_number(data, "battery_start_v"),
            battery_end_v=_number(data, "battery_end_v"),
        )
    except (OSError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise BadInput(f"{path}: damaged: {error}") from error


def batteries_apart(volts: Sequence[float | None]) -> str:
    """A warning where flights began with batteries that differ too much to be compared; empty where not, or unknown."""
    known = [volt for volt in volts if volt is not None]
    if not known or max(known) - min(known) <= BATTERY_APART_V + 1e-9:
        return ""
    return (
        f"Batteries at the start differ: {min(known):.2f} V to {max(known):.2f} V. More than {BATTERY_APART_V:g} V is "
        "6 % of the thrust at the same command: part of a difference between these flights may be the battery's."
    )


def _words(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return "" if value is None else str(value)


def _number(data: Mapping[str, Any], name: str) -> float | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, got {value!r}")
    return float(value)


def _count(data: Mapping[str, Any], name: str) -> int | None:
    value = _number(data, name)
    return None if value is None else int(value)


def _spread(data: Mapping[str, Any], name: str) -> Spread:
    value = data.get(name)
    if value is None:
        return Spread()
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be an object, got {value!r}")
    return Spread(**{key: _number(value, key) for key in ("p50", "p95", "max")})
