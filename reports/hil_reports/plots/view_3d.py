"""The flown path in space, as an SVG a reader can turn by dragging.

Drawn here once with an orthographic projection, so it is complete without scripts and in print; `turn.js` projects the
same points again as the reader drags, from the `data-points` (m, from the scene's centre) that each line carries.
"""

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from hil.log import Log
from hil_reports.plots.thinning import Array, every_nth

SIZE_X, SIZE_Y, MARGIN = 460, 330, 26
AZIMUTH_RAD, ELEVATION_RAD = math.radians(-52), math.radians(24)
MOST_FLIGHTS = 8  # more would hide one another


def draw(logs: Sequence[Log], *, name: str) -> str | None:
    """Paths of up to eight flights, the reference, a floor grid, the three axes; None if no position was recorded."""
    shown = [log for log in logs if np.isfinite(log.position).all(axis=1).any()][:MOST_FLIGHTS]
    if not shown:
        return None
    tracks = [every_nth(log.position, 2 * len(shown)) for log in shown]
    reference = every_nth(max(shown, key=len).reference, 2 * len(shown))
    everything = np.vstack([*tracks, reference])
    everything = everything[np.isfinite(everything).all(axis=1)]
    low, high = everything.min(axis=0), everything.max(axis=0)
    low[2] = min(low[2], 0.0)
    step_m = _step_m(float(np.max(high - low)))
    low[:2], high[:2] = np.floor(low[:2] / step_m - 1e-9) * step_m, np.ceil(high[:2] / step_m + 1e-9) * step_m
    centre = (low + high) / 2
    scale = _scale(high - low)
    lines = [("floor", line) for line in _floor(low, high, step_m)]
    lines += [("flown", track) for track in tracks]
    lines.append(("reference", reference))
    corner = np.array([low[0], low[1], low[2]])
    labels = []
    for axis, label in enumerate("xyz"):
        tip = corner.copy()
        tip[axis] = high[axis] + 0.06 * float(np.max(high - low))
        lines.append(("axis", np.stack([corner, tip])))
        labels.append((label, tip))
    drops = [np.array([[*p[:2], low[2]], p]) for p in (reference[0],)]
    lines += [("drop", drop) for drop in drops]
    body = "".join(_line(css, points - centre, scale) for css, points in lines)
    body += "".join(_text(label, point - centre, scale) for label, point in labels)
    note = "" if len(logs) == len(shown) else f", first {len(shown)} of {len(logs)} flights"
    return (
        f'<svg class="plot turn" id="{escape(name)}" role="img" aria-label="path in space{note}" '
        f'viewBox="0 0 {SIZE_X} {SIZE_Y}" data-scale="{scale:.3f}" data-azimuth="{AZIMUTH_RAD:.4f}" '
        f'data-elevation="{ELEVATION_RAD:.4f}">{body}'
        f'<text class="note" x="4" y="{SIZE_Y - 6}">grid {step_m:g} m{note}</text></svg>'
    )


def project(points: Array, scale: float) -> Array:
    """Pixels of points (n, 3) seen from the fixed direction; the same formula as `turn.js`. (n, 2)."""
    ca, sa = math.cos(AZIMUTH_RAD), math.sin(AZIMUTH_RAD)
    ce, se = math.cos(ELEVATION_RAD), math.sin(ELEVATION_RAD)
    across = -sa * points[:, 0] + ca * points[:, 1]
    towards = ca * points[:, 0] + sa * points[:, 1]
    up = ce * points[:, 2] - se * towards
    return np.stack([SIZE_X / 2 + scale * across, SIZE_Y / 2 - scale * up], axis=1)


def _scale(size: Array) -> float:
    """Pixels per metre at which the scene fits, whichever way it is turned about the vertical."""
    flat = max(float(np.hypot(size[0], size[1])) / 2, 1e-6)
    tall = math.sin(ELEVATION_RAD) * flat + math.cos(ELEVATION_RAD) * float(size[2]) / 2
    return min((SIZE_X / 2 - MARGIN) / flat, (SIZE_Y / 2 - MARGIN) / tall)


def _line(css: str, points: Array, scale: float) -> str:
    points = points[np.isfinite(points).all(axis=1)]
    flat = " ".join(f"{x:.1f},{y:.1f}" for x, y in project(points, scale))
    space = " ".join(f"{v:.3f}" for point in points for v in point)
    return f'<polyline class="{css}" points="{flat}" data-points="{space}"/>'


def _text(label: str, point: Array, scale: float) -> str:
    x, y = project(point[None, :], scale)[0]
    space = " ".join(f"{v:.3f}" for v in point)
    return f'<text x="{x:.1f}" y="{y:.1f}" data-points="{space}">{label}</text>'


def _step_m(span_m: float) -> float:
    """The round step that cuts the scene into about five."""
    raw = max(span_m, 1e-3) / 5
    decade = 10.0 ** math.floor(math.log10(raw))
    return next((m * decade for m in (1, 2, 5) if m * decade >= raw), 10 * decade)


def _floor(low: Array, high: Array, step_m: float) -> list[Array]:
    z = low[2]
    across = np.arange(low[0], high[0] + step_m / 2, step_m)
    along = np.arange(low[1], high[1] + step_m / 2, step_m)
    lines = [np.array([[x, low[1], z], [x, high[1], z]]) for x in across]
    return lines + [np.array([[low[0], y, z], [high[0], y, z]]) for y in along]
