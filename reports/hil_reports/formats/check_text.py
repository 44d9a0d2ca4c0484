"""A check as lines of text: what is beyond tolerance, beside its reference."""

from collections.abc import Sequence

from hil_reports.formats.numbers import number, unit_text
from hil_reports.regression.checked import Checked
from hil_reports.regression.difference import Row, Verdict

_INDENT = " " * 9


def headline(checked: Checked) -> str:
    """As `WORSE    hover · sim · geometric`, with what to do where there is something to do."""
    advice = {
        Verdict.BETTER.value: "   better than its reference: refresh it to keep that",
        "NEW": "   no reference yet",
    }
    return f"{checked.verdict:<8} {checked.name}{advice.get(checked.verdict, '')}"


def details(checked: Checked, *, all_rows: bool = False) -> list[str]:
    """Why: faults, notes, and the numbers beyond tolerance, or all of them that are not what they were."""
    if checked.error:
        return [_INDENT + line for line in checked.error.splitlines()]
    if checked.difference is None:
        return []
    difference = checked.difference
    rows = [row for row in difference.rows if row.old != row.new] if all_rows else difference.notable
    lines = [f"{_INDENT}{text}" for text in (*difference.faults, *difference.notes)] + table(rows)
    if difference.verdict is Verdict.WORSE and checked.new and checked.new.why:
        lines.append(f"{_INDENT}first flight that did not pass: {checked.new.why}")
    return lines


def table(rows: Sequence[Row]) -> list[str]:
    """A line per number: reference, now, tolerance, and how it stands."""
    if not rows:
        return []
    cells = [("", "reference", "now", "tolerance", "")]
    for row in rows:
        unit = f" {unit_text(row.unit)}".rstrip()
        tolerance = "–" if row.tolerance is None else f"± {row.tolerance:.2g}{unit}"
        stands = "" if row.verdict is Verdict.SAME else row.verdict.value.lower()
        cells.append((row.quantity, _value(row.old, unit), _value(row.new, unit), tolerance, stands))
    widths = [max(len(line[place]) for line in cells) for place in range(4)]
    lines = []
    for quantity, *numbers, stands in cells:
        columns = [f"{text:>{width}}" for text, width in zip(numbers, widths[1:], strict=True)]
        lines.append("  ".join([f"{_INDENT}{quantity:<{widths[0]}}", *columns, stands]).rstrip())
    return lines


def _value(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{number(value)}{unit}"
