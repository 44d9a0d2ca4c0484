"""One scenario flown by one controller on one target, and how that stands to its reference."""

from dataclasses import dataclass
from typing import Any

from hil_reports.regression.difference import Difference, Verdict
from hil_reports.regression.reference import Result

ERROR = "ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check found. Either `error` says why the flights could not be made, or all else is there."""

    scenario: str
    target: str
    controller: str
    old: Result | None = None  # None: there was no reference yet
    new: Result | None = None
    difference: Difference | None = None  # None: nothing to compare with
    error: str = ""
    error_code: int = 0

    @property
    def name(self) -> str:
        """What was flown by whom, in words."""
        return f"{self.scenario} · {self.target} · {self.controller}"

    @property
    def verdict(self) -> str:
        """SAME, BETTER, WORSE, or ERROR; NEW where there was no reference."""
        if self.error:
            return ERROR
        return "NEW" if self.difference is None else self.difference.verdict.value

    @property
    def changed(self) -> bool:
        """Whether there is something to write: another number, task or network, not merely other versions."""
        if self.old is None or self.new is None:
            return self.new is not None
        told = {"made_with": self.new.made_with, "why": self.new.why}
        return self.old.model_copy(update=told) != self.new

    @property
    def exit_code(self) -> int:
        """0 for as good as the reference or better, 1 for worse; of an error its own."""
        return self.error_code or int(self.verdict == Verdict.WORSE)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        difference = self.difference or Difference(())
        return {
            "scenario": self.scenario,
            "target": self.target,
            "controller": self.controller,
            "verdict": self.verdict,
            "error": self.error,
            "faults": list(difference.faults),
            "notes": list(difference.notes),
            "rows": [{name: getattr(row, name) for name in type(row).__slots__} for row in difference.rows],
            "reference": self.old and self.old.model_dump(mode="json"),
            "flown": self.new and self.new.model_dump(mode="json"),
        }
