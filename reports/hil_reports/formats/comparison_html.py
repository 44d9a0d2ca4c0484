"""Where two groups of flights part, as one page."""

from dataclasses import dataclass

from hil_reports.compare import Comparison
from hil_reports.formats.comparison import answer, better, left_out
from hil_reports.formats.figures import Figure
from hil_reports.formats.templating import fill
from hil_reports.plots import parting


@dataclass(frozen=True, slots=True)
class SignalFigure(Figure):
    """One signal of A and B."""

    parted: bool = False


def render(comparison: Comparison, kinds: tuple[str, str]) -> str:
    """The comparison as self-contained HTML; `kinds`: "SIMULATED" or "REAL FLIGHT" of A and B."""
    by_signal = {divergence.signal: divergence for divergence in comparison.divergences}
    overlays = {overlay.signal.name: overlay for overlay in comparison.overlays}
    figures = [
        SignalFigure(
            signal.capitalize(),
            parting.draw(overlays[signal], by_signal[signal], name=f"signal{i}"),
            "does not part" if by_signal[signal].t_s is None else f"parts at {by_signal[signal].t_s:.2f} s",
            parted=by_signal[signal].t_s is not None,
        )
        for i, signal in enumerate(by_signal, start=1)
        if signal in overlays
    ]
    metrics = [(metric, better(metric)) for metric in comparison.metrics]
    return fill(
        "comparison.html",
        comparison=comparison,
        answer=answer(comparison),
        figures=figures,
        metrics=metrics,
        left_out=left_out(comparison),
        sides=(
            ("A", comparison.a, comparison.flights[0], kinds[0]),
            ("B", comparison.b, comparison.flights[1], kinds[1]),
        ),
    )
