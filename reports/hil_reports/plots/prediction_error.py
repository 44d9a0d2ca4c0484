"""How far predictions are off after some time, per quantity and model: a figure that stands alone, as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hil_reports.plots.canvas import dash


@dataclass(frozen=True, slots=True)
class Curve:
    """One model's errors at the horizons; `deviation` is empty where it is unknown."""

    name: str
    error: tuple[float, ...]
    deviation: tuple[float, ...] = ()


def draw(panels: Mapping[str, Sequence[Curve]], horizons_s: Sequence[float], path: Path) -> None:
    """One panel per quantity (label with unit → curves), bars one deviation; format by the path's suffix."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    columns = 2
    rows = -(-len(panels) // columns)
    with rc_context({"font.size": 9.0, "text.parse_math": False, "svg.hashsalt": "prediction-error"}):
        drawing = Figure(figsize=(7.5, 2.6 * rows + 0.5), layout="constrained")
        grid = drawing.subplots(rows, columns, squeeze=False).flat
        for axes, (label, curves) in zip(grid, panels.items(), strict=False):
            for index, curve in enumerate(curves):
                axes.errorbar(
                    horizons_s,
                    curve.error,
                    yerr=curve.deviation or None,
                    label=curve.name,
                    linestyle=dash(index),
                    marker="o",
                    markersize=3.5,
                    capsize=2.5,
                )
            axes.set_title(label, loc="left")
            axes.set_yscale("log")  # errors grow a hundredfold within half a second
            axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.yaxis.set_minor_formatter(NullFormatter())
            axes.set_xticks(list(horizons_s), [f"{h:g}" for h in horizons_s])
            axes.set_xlabel("predicted ahead, s")
            axes.grid(visible=True, linewidth=0.4)
        handles, names = drawing.axes[0].get_legend_handles_labels()
        drawing.legend(handles, names, loc="outside lower center", ncols=min(3, len(names)), frameon=False)
        drawing.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)
