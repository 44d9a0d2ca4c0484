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
    wrong_before: frozenset[str] = field(default_factory=frozenset, compare=False)  # keys, without what `--set` gave

    def line(self, key: str) -> int | None:
        """Line of a dotted key, or of the nearest thing around it that is in the file."""
        while key and key not in self.lines:
            key = key.rpartition(".")[0]
        return self.lines.get(key)

    def is_overridden(self, key: str) -> bool:
        """Whether this key, or something it is part of, was given by `--set`."""
        return any(key == name or key.startswith(name + ".") for name in self.overridden)

    def setting(self, key: str) -> str | None:
        """The `--set` to blame for a problem at this key, or None where it is the file's own.

        That is the key itself or something it is part of; else, unless the file alone has a problem there already,
        what was set inside of it, or the kind of what it is part of.
        """
        if self.is_overridden(key):
            return key
        if key in self.wrong_before:
            return None
        inside = [name for name in self.overridden if name.startswith(key + ".")]
        kinds = [name for name in self.overridden if name.endswith(".kind") and key.startswith(name[: -len("kind")])]
        return ", ".join(sorted(inside or kinds)) or None

    def text(self, key: str) -> str | None:
        """A scalar as it was written in the file; None where it is not from the file."""
        return None if self.is_overridden(key) else self.texts.get(key)

    def error(self, key: str, problem: str, hint: str = "") -> ScenarioError:
        """The problem at this key, with its line; a key given by `--set` is reported as such."""
        setting = self.setting(key)
        if setting is not None:
            return ScenarioError(problem, file=OVERRIDE, line=None, key=setting, hint=hint)
        file = self.path if self.path is not None else "<scenario>"
        return ScenarioError(problem, file=file, line=self.line(key), key=key, hint=hint)
