"""Curves with bands as SVG, for pages: a mean line and the least and greatest of several seeds."""

import math
from collections.abc import Callable, Mapping

import numpy as np

At = Callable[[float, float], str]  # where a point of the data lies in the picture

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 760.0, 340.0, 60.0, 44.0, 24.0, 205.0
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")  # Okabe and Ito


def curves(series: Mapping[str, tuple[np.ndarray, np.ndarray]], *, x_name: str, y_name: str) -> str:
    """A chart of named (x (m,), y (seeds, m)): mean, and a band from least to greatest."""
    xs, ys = np.concatenate([x for x, _ in series.values()]), np.concatenate([y.ravel() for _, y in series.values()])
    left, right = 0.0, float(xs.max())
    low, high = float(min(0.0, ys.min())), float(max(1.0, ys.max()))

    def at(x: float, y: float) -> str:
        across = _LEFT + (x - left) / (right - left) * (_WIDTH - _LEFT - _RIGHT)
        return f"{across:.1f},{_TOP + (high - y) / (high - low) * (_HEIGHT - _TOP - _BOTTOM):.1f}"

    parts = [_axes(at, right, low, high, x_name, y_name)]
    for k, (name, (x, y)) in enumerate(series.items()):
        colour = _COLOURS[k % len(_COLOURS)]
        dashes = ' stroke-dasharray="6 3"' if k >= len(_COLOURS) else ""
        band = [at(*point) for point in zip(x, y.max(0), strict=True)]
        band += [at(*point) for point in zip(x[::-1], y.min(0)[::-1], strict=True)]
        line = " ".join(at(*point) for point in zip(x, y.mean(0), strict=True))
        parts.append(f'<polygon points="{" ".join(band)}" fill="{colour}" fill-opacity="0.15"/>')
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        row = _TOP + 18.0 * (k + 1)
        begin = _WIDTH - _RIGHT + 10.0
        parts.append(f'<path d="M{begin:.0f} {row - 4:.0f}h22" stroke="{colour}" stroke-width="2"{dashes}/>')
        parts.append(f'<text x="{begin + 28:.0f}" y="{row:.0f}" fill="{colour}">{name}</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" font-family="sans-serif"'
    white = f'<rect width="{_WIDTH:.0f}" height="{_HEIGHT:.0f}" fill="white"/>'
    return "\n".join([f'{head} font-size="13">', white, *parts, "</svg>"]) + "\n"


def _axes(at: At, right: float, low: float, high: float, x_name: str, y_name: str) -> str:
    lines = []
    for y in _round_numbers(low, high):
        (x1, y1), (x2, _) = (at(x, y).split(",") for x in (0.0, right))
        lines.append(f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y1}" stroke="{"#999" if y == 0.0 else "#ddd"}"/>')
        lines.append(f'<text x="{_LEFT - 8:.0f}" y="{y1}" dy="4" text-anchor="end" fill="#555">{y:g}</text>')
    for x in _round_numbers(0.0, right):
        across = at(x, low).split(",")[0]
        lines.append(f'<text x="{across}" y="{_HEIGHT - 24:.0f}" text-anchor="middle" fill="#555">{x:g}</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    lines.append(f'<text x="{middle:.0f}" y="{_HEIGHT - 6:.0f}" text-anchor="middle">{x_name}</text>')
    lines.append(f'<text x="{_LEFT:.0f}" y="{_TOP - 6:.0f}">{y_name}</text>')
    return "\n".join(lines)


def _round_numbers(low: float, high: float) -> list[float]:
    """The multiples within a range of 1, 2 or 5 times a power of ten: four to eleven."""
    power = 10.0 ** math.floor(math.log10((high - low) / 4.0))
    step = next(power * k for k in (5.0, 2.0, 1.0) if power * k <= (high - low) / 4.0)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
