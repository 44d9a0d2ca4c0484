"""How a flight ended, as data."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Outcome(StrEnum):
    """PASS and FAIL are verdicts on a whole flight; ABORTED was cut short for a stated reason; ERROR is the bench's."""

    PASS = "PASS"
    FAIL = "FAIL"
    ABORTED = "ABORTED"
    ERROR = "ERROR"

    @property
    def is_verdict(self) -> bool:
        """Whether a whole flight was judged; of one that never began there may be no samples."""
        return self in (Outcome.PASS, Outcome.FAIL)

    @property
    def exit_code(self) -> int:
        """What the process exits with when this is the worst of its runs."""
        return {"PASS": 0, "FAIL": 1, "ABORTED": 4, "ERROR": 70}[self.value]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One metric of one flight against its limit. Where it cannot be had, `value` is None and `why` says so."""

    metric: str
    value: float | None
    unit: str
    limit: float | None
    passed: bool
    direction: str = "lower"  # which way is better: "lower" | "higher"
    rationale: str = ""
    limit_applied: str = "default"  # which of a criterion's limits: "default" or e.g. "sim, position-only"
    window: str = ""  # the span it was taken over, in words
    why: str = ""


@dataclass(frozen=True, slots=True)
class RunResult:
    """The verdict on one flight."""

    scenario: str
    target: str
    controller: str
    seed: int
    repeat: int
    outcome: Outcome
    reason: str  # empty for PASS
    measurements: tuple[Measurement, ...]
    run_dir: Path | None = None
    error_code: int = 0  # of an ERROR: the exit code of what went wrong
    interrupted: bool = False  # the operator asked for its end, whatever the reason it is known by

    @property
    def exit_code(self) -> int:
        """What the process exits with when this is the worst of its runs."""
        return self.error_code or self.outcome.exit_code

    def as_json(self) -> dict[str, Any]:
        """Plain data for result.json; no path, no time, so that the same flight gives the same bytes."""
        return {
            "scenario": self.scenario,
            "target": self.target,
            "controller": self.controller,
            "seed": self.seed,
            "repeat": self.repeat,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "measurements": [{name: getattr(m, name) for name in Measurement.__slots__} for m in self.measurements],
        }
