"""What can go wrong, and the exit code each carries.

    HilError
    ├── BadInput            2   a file, key or argument is wrong, or the task cannot be flown
    │   ├── ScenarioError       … in a scenario file, with file:line:key
    │   └── FlightDataError     … in a recorded flight
    ├── TargetUnavailable   3   the device does not answer
    │   └── …                   … over a link: dead, a stranger, or it refuses (hil.link.dead)
    ├── Refused             4   it is not safe to take off
    └── Interrupted         4   the operator stopped it (hil.bench)

A flight that went badly is not an exception: it is a `RunResult`.
"""

import difflib
from collections.abc import Iterable
from pathlib import Path


class HilError(Exception):
    """A problem with a cause a person can act on; `hint` says how."""

    exit_code = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message


class BadInput(HilError):
    """The user gave something that cannot work."""

    exit_code = 2


class ScenarioError(BadInput):
    """A scenario file is wrong. `line` is 1-based; `key` is the dotted path, such as `task.scale_m`."""

    def __init__(self, problem: str, *, file: Path | str, line: int | None, key: str, hint: str = "") -> None:
        self.problem, self.file, self.line, self.key = problem, str(file), line, key
        where = ":".join(part for part in (self.file, str(line) if line else "", key) if part)
        super().__init__(f"{where}: {problem}", hint=hint)

    def __reduce__(self) -> tuple[object, ...]:
        return (_scenario_error, (self.problem, self.file, self.line, self.key, self.hint))


def _scenario_error(problem: str, file: str, line: int | None, key: str, hint: str) -> ScenarioError:
    return ScenarioError(problem, file=file, line=line, key=key, hint=hint)


class FlightDataError(BadInput):
    """A recorded flight cannot be read or judged."""


class TargetUnavailable(HilError):
    """The rig does not answer."""

    exit_code = 3


class Refused(HilError):
    """It is not safe to take off: nothing has moved, and nothing will."""

    exit_code = 4


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be, or None."""
    matches = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """One line naming the mistake, the nearest known name and all that exist."""
    names = sorted(known)
    close = nearest(name, names)
    meant = f"; did you mean {close!r}?" if close else ""
    return f"unknown {kind} {name!r}{meant} (known: {', '.join(names)})"
