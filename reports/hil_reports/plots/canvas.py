"""How every figure looks, and how it becomes SVG that belongs to the page.

Figures are drawn in placeholder colours, which become CSS variables: one drawing serves light, dark and print. Text
stays text and takes the page's font. Ids are hashed from a salt per figure, so the same flights give the same bytes.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from io import StringIO
from typing import Any

INK, MUTED, GRID, PAPER, TINT, BAD = "#0a0a01", "#0a0a02", "#0a0a03", "#0a0a04", "#0a0a05", "#0a0a06"
SERIES = ("#0a0b01", "#0a0b02", "#0a0b03", "#0a0b04", "#0a0b05", "#0a0b06")
CSS_NAMES = {INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "paper", TINT: "tint", BAD: "bad"} | {
    colour: f"s{i}" for i, colour in enumerate(SERIES, start=1)
}
DASHES = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (5, 2, 1.5, 2)), (0, (8, 3)), (0, (3, 1.5)))

WIDTH_IN = 5.6

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # names are text, whatever dollar signs they have
    "path.simplify": True,
    "path.simplify_threshold": 0.2,
    "font.size": 9.5,
    "font.family": "DejaVu Sans",
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "text.color": INK,
    "figure.facecolor": "none",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.labelcolor": MUTED,
    "lines.linewidth": 1.4,
    "figure.constrained_layout.w_pad": 0.1,  # the page's font may be wider than the one measured with
}


def series(index: int) -> str:
    """Placeholder of the page's colour for the k-th thing shown."""
    return SERIES[index % len(SERIES)]


def dash(index: int) -> Any:
    """Line style of the k-th thing shown, so that colour is never the only difference."""
    return DASHES[index % len(DASHES)]


@contextmanager
def figure(height_in: float, rows: int = 1, columns: int = 1, **options: Any) -> Iterator[tuple[Any, Any]]:
    """A matplotlib figure and its axes, styled inside the `with`."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        drawing = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
        FigureCanvasSVG(drawing)
        yield drawing, drawing.subplots(rows, columns, **options)


def svg(drawing: Any, *, name: str, title: str) -> str:
    """The figure as an inline `<svg>`. `name` must be unique on the page; `title` is read out by screen readers."""
    from matplotlib import rc_context

    out = StringIO()
    with rc_context(_STYLE | {"svg.hashsalt": name}):
        drawing.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return _for_page(out.getvalue(), name, title)


def _for_page(text: str, name: str, title: str) -> str:
    body = text[text.index("<svg") :]
    box = re.search(r'viewBox="([^"]+)"', body)
    assert box is not None  # matplotlib always writes one
    body = body[body.index(">") + 1 :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<style[^>]*>.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r'<g id="[^"]*"', "<g", body)
    body = re.sub(r"font: (?:[a-z0-9]+ )*?([\d.]+px) [^;\"]*", r"font-size: \1", body)
    body = re.sub(r"\s*\n\s*", "\n", body)
    body = re.sub(r' d="[^"]*"', _shorter, body)
    for colour, css in CSS_NAMES.items():
        body = body.replace(colour, f"var(--{css})")
    # ids are hashes that two figures could share
    ids = sorted(set(re.findall(r' id="([^"]+)"', body)))
    for old in ids:
        body = body.replace(f'id="{old}"', f'id="{name}-{old}"').replace(f"#{old}", f"#{name}-{old}")
    return f'<svg class="plot" role="img" aria-label="{escape(title)}" viewBox="{box[1]}">{body.strip()}'


def _shorter(path: re.Match[str]) -> str:
    """The same path with coordinates to a tenth of a point, less than a pixel, and without repeated commands."""
    return re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.1f}", path[0]).replace("\nL ", " ")
