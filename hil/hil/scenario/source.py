"""Where each key of a scenario stands: dotted key → line, and the text a scalar was written as.

Compares equal to any other source, so that two scenarios are equal when what they say is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hil.core.errors import ScenarioError

OVERRIDE = "--set"


@dataclass(frozen=True, slots=True)
class Source:
    """The file a scenario was read from. Lines are 1-based; `lines[""]` is where the content begins."""

    path: Path | None = field(default=None, compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    texts: Mapping[str, str] = field(default_factory=dict, compare=False)
    overridden: frozenset[str] = field(default_factory=frozenset, compare=False)

    def line(self, key: str) -> int | None:
        """Line of a dotted key, or of the nearest thing around it that is in the file."""
        while key and key not in self.lines:
            key = key.rpartition(".")[0]
        return self.lines.get(key)

    def is_overridden(self, key: str) -> bool:
        """Whether this key, or something it is part of, was given by `--set`."""
        return any(key == name or key.startswith(name + ".") for name in self.overridden)

    def text(self, key: str) -> str | None:
        """A scalar as it was written in the file; None where it is not from the file."""
        return None if self.is_overridden(key) else self.texts.get(key)

    def error(self, key: str, problem: str, hint: str = "") -> ScenarioError:
        """The problem at this key, with its line; a key given by `--set` is reported as such."""
        if self.is_overridden(key):
            return ScenarioError(problem, file=OVERRIDE, line=None, key=key, hint=hint)
        file = self.path if self.path is not None else "<scenario>"
        return ScenarioError(problem, file=file, line=self.line(key), key=key, hint=hint)
