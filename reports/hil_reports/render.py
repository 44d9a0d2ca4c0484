"""Run folders in, a page out: the same folders give the same bytes, wherever they lie."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from hil.core.errors import BadInput
from hil.log import Log
from hil.suite.results import SuiteResults
from hil_reports.compare import Comparison, compare
from hil_reports.formats import comparison as comparison_text
from hil_reports.formats import comparison_html, html, json, junit, markdown, suite_html, suite_markdown
from hil_reports.formats.findings import as_json, findings
from hil_reports.formats.summary import summarise
from hil_reports.formats.vehicle import state_sources
from hil_reports.gather import gather
from hil_reports.link import batteries_apart, read_link


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """What `write_report` wrote."""

    html: Path
    markdown: Path
    json: Path
    junit: Path


@dataclass(frozen=True, slots=True, eq=False)
class ComparisonFiles:
    """What `write_comparison` wrote, and what it found."""

    html: Path
    markdown: Path
    json: Path
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class SuiteFiles:
    """What `write_suite` wrote, and what it says."""

    html: Path
    markdown: Path
    json: Path
    headline: str
    sentences: tuple[str, ...]


def write_report(
    run_dirs: Sequence[Path], out_dir: Path, drawn: Callable[[int, int], None] = lambda done, total: None
) -> ReportFiles:
    """Verdict, criteria, plots and provenance of these flights, in four formats; `drawn(done, total)` tells progress.

    A damaged folder is listed, not raised. Raises BadInput when no folder is given or can be read, when `out_dir`
    cannot be written to, and when the `report` extra is missing.
    """
    need_extra()
    data = gather(run_dirs)
    if not data.groups:
        first, *others = data.damaged
        more = f" (and {len(others)} more)" if others else ""
        raise BadInput(f"no flight could be read: {first.name}: {first.why}{more}")
    _make(out_dir)
    summary = summarise(data)
    return ReportFiles(
        html=_write(out_dir / "report.html", html.render(summary, drawn)),
        markdown=_write(out_dir / "report.md", markdown.render(summary)),
        json=_write(out_dir / "report.json", json.render(summary)),
        junit=_write(out_dir / "report.junit.xml", junit.render(summary)),
    )


def write_comparison(a: Sequence[Path], b: Sequence[Path], out_dir: Path) -> ComparisonFiles:
    """Where the flights of `a` and of `b` part, in three formats.

    Raises BadInput when they cannot be compared, when `out_dir` cannot be written to, and when the `report` extra is
    missing.
    """
    need_extra()
    logs_a, logs_b = _open_all(a), _open_all(b)
    comparison = compare(logs_a, logs_b, mind=_mind(logs_a, logs_b, [*a, *b]))
    _make(out_dir)
    page = comparison_html.render(comparison, (_kind(logs_a), _kind(logs_b)))
    return ComparisonFiles(
        html=_write(out_dir / "comparison.html", page),
        markdown=_write(out_dir / "comparison.md", comparison_text.render_markdown(comparison)),
        json=_write(out_dir / "comparison.json", comparison_text.render_json(comparison)),
        comparison=comparison,
    )


def write_suite(
    results: SuiteResults, out_dir: Path, drawn: Callable[[int, int], None] = lambda done, total: None
) -> SuiteFiles:
    """Who is better where, in three formats; `out_dir` holds the recorded flights that `results` names.

    Raises BadInput when a recorded flight cannot be read, when `out_dir` cannot be written to, and when the `report`
    extra is missing.
    """
    need_extra()
    _make(out_dir)
    found = findings(results)
    data = as_json(found)
    return SuiteFiles(
        html=_write(out_dir / "suite.html", suite_html.render(found, out_dir, drawn)),
        markdown=_write(out_dir / "suite.md", suite_markdown.render(found)),
        json=_write(out_dir / "suite.json", json.dumps(data)),
        headline=found.headline,
        sentences=found.sentences,
    )


def need_extra() -> None:
    """Raise BadInput where what a report draws with is not installed."""
    missing = [name for name in ("jinja2", "matplotlib", "scipy") if find_spec(name) is None]
    if missing:
        raise BadInput(f"a report needs {', '.join(missing)}", hint="pip install 'hil-bench[report]'")


def _open_all(run_dirs: Sequence[Path]) -> list[Log]:
    # by what they hold, not by the order they were named in
    logs = [Log.open(run_dir) for run_dir in dict.fromkeys(Path(run_dir).resolve() for run_dir in run_dirs)]
    return sorted(logs, key=lambda log: (log.info.repeat, log.info.seed, log.info.source))


def _mind(a: Sequence[Log], b: Sequence[Log], run_dirs: Sequence[Path]) -> tuple[str, ...]:
    """What a reader must know before believing that A and B differ for the reason they look for."""
    volts = [link.battery_start_v for run_dir in run_dirs if (link := read_link(Path(run_dir)))]
    return tuple(filter(None, (*(state_sources(a, b)), batteries_apart(volts))))


def _kind(logs: Sequence[Log]) -> str:
    simulated = {log.info.simulated for log in logs}
    return "SIMULATED AND REAL" if len(simulated) > 1 else "SIMULATED" if simulated.pop() else "REAL FLIGHT"


def _make(out_dir: Path) -> None:
    """Before the work: a folder that cannot be is not found out after minutes of drawing."""
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{out_dir}: cannot be a folder: {error.strerror}", hint="--out names a folder") from error


def _write(path: Path, text: str) -> Path:
    try:
        # no newline translation: the same bytes on every system; half a surrogate pair has no bytes at all
        path.write_bytes(text.encode(errors="replace"))
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}") from error
    return path
