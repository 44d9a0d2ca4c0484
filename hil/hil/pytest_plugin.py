"""Scenario files as tests: `pytest --hil-target sim scenarios/` flies them and compares with reference results.

A test is one scenario × target × controller; it fails where `hil check` would. Nothing of hil but this file is imported
until `--hil-target` is given.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hil.regression import Case
    from hil_reports.regression.checked import Checked
    from hil_reports.regression.reference import References

_NAMES = (".yaml", ".yml")


class BetterThanReference(pytest.PytestWarning):
    """Flights were better than their reference beyond tolerance: worth a refresh."""


class WorseThanReference(Exception):
    """Flights were worse than their reference, or could not be made."""

    def __init__(self, checked: "Checked") -> None:
        super().__init__(checked.name)
        self.checked = checked


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--hil-target` switches it on."""
    group = parser.getgroup("hil", "flight tasks as tests")
    several = "; repeat or separate by commas"
    group.addoption(
        "--hil-target",
        action="append",
        metavar="NAME",
        help=f"fly scenario files on this target{several}",
    )
    group.addoption(
        "--hil-controller", action="append", metavar="NAME", help=f"by default those that have references{several}"
    )
    group.addoption(
        "--hil-reference", type=Path, metavar="DIR", help="folder of reference results; by default those that ship"
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ScenarioFile | None":
    """Scenario files that are named on the command line, and those that lie directly in a folder named there."""
    if not parent.config.getoption("hil_target") or file_path.suffix not in _NAMES:
        return None
    folder = parent.config.invocation_params.dir
    named = {(folder / argument.partition("::")[0]).resolve() for argument in parent.config.args}
    if file_path.resolve() not in named and (file_path.suffix == ".yml" or file_path.parent.resolve() not in named):
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


class ScenarioFile(pytest.File):
    """One scenario, a test for each target and controller."""

    def collect(self) -> "Iterator[ScenarioTest]":
        """The tests; a file that is wrong, or has no reference made for it, is an error told in a line."""
        from hil.core.errors import HilError
        from hil.regression import cases_of, refuse_stale

        try:
            references = _references(self.config)
            cases, _ = cases_of(
                [self.path],
                references,
                targets=_words(self.config.getoption("hil_target")),
                controllers=_words(self.config.getoption("hil_controller")),
            )
            refuse_stale(cases, references)
        except HilError as error:
            raise self.CollectError(str(error)) from None
        for case in cases:
            yield ScenarioTest.from_parent(self, name=f"{case.who.target}-{case.who.controller}", case=case)


class ScenarioTest(pytest.Item):
    """The flights of one scenario on one target under one controller, beside their reference."""

    def __init__(self, *, case: "Case", **others: Any) -> None:
        super().__init__(**others)
        self._case = case

    def runtest(self) -> None:
        """Fly and compare."""
        from hil.regression import check_one
        from hil_reports.formats.check_text import headline
        from hil_reports.regression import tolerances
        from hil_reports.regression.difference import Verdict

        checked = check_one(self._case, tolerances.read(_references(self.config).folder))
        self.user_properties += [("verdict", checked.verdict)]
        if checked.difference:
            self.user_properties += [(row.quantity, row.new) for row in checked.difference.rows]
        if checked.exit_code:
            raise WorseThanReference(checked)
        if checked.verdict == Verdict.BETTER:
            self.warn(BetterThanReference(headline(checked)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The numbers beyond tolerance instead of a traceback."""
        if not isinstance(excinfo.value, WorseThanReference):
            return super().repr_failure(excinfo, style)
        from hil_reports.formats.check_text import details, headline

        return "\n".join([headline(excinfo.value.checked), *details(excinfo.value.checked)])

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands and what it is called in a summary."""
        return self.path, 0, self._case.name


_READ = pytest.StashKey["References"]()


def _references(config: pytest.Config) -> "References":
    """The references of this session, read once. Raises BadInput."""
    if _READ not in config.stash:
        from hil_reports.regression.reference import read, shipped_folder

        config.stash[_READ] = read(config.getoption("hil_reference") or shipped_folder())
    return config.stash[_READ]


def _words(options: Sequence[str] | None) -> list[str]:
    return [word for option in options or [] for word in option.split(",") if word]
