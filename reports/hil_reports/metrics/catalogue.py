"""Which metrics there are. `python -m hil_reports.metrics.catalogue` prints the table of docs/metrics.md."""

from hil.registry import METRICS, load
from hil_reports.metrics.metric import Metric


def find(name: str) -> Metric:
    """The metric of this name. Raises BadInput naming the nearest known one."""
    metric = load(METRICS, "metric", name)
    assert isinstance(metric, Metric), f"{METRICS[name]} is not a Metric"
    return metric


def every_metric() -> list[Metric]:
    """All metrics, each once however many names it has, in the registry's order."""
    return list({metric.name: metric for metric in map(find, METRICS)}.values())


def markdown_table() -> str:
    """One row per metric: name, unit, better, window, definition, source."""
    rows = [("metric", "unit", "better", "window", "definition", "source"), ("---",) * 6]
    for m in every_metric():
        definition = " ".join(m.description.split())
        rows.append((f"`{m.name}`", m.unit, m.direction, m.window.text, definition, m.source or "–"))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    print(markdown_table(), end="")
