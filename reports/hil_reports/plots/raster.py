"""Which neuron spiked when: one flight's spikes, layer over layer, as compact SVG.

Drawn by hand: a run of spikes is one stroke in relative coordinates, a tenth of what a plotting library writes.
"""

from html import escape

import numpy as np

from hil_reports.neurons import Bits, NeuralRecord

SHOWN_S = 2.0  # of the flight, from its start: longer rasters are grey
_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 560.0, 84.0, 8.0, 16.0, 34.0
_ROW, _GAP = 1.15, 16.0  # height of a neuron's row, space between layers


def draw(record: NeuralRecord, *, title: str) -> str:
    """The spikes of every neuron in the first `SHOWN_S` seconds."""
    steps = min(len(record.spikes), round(SHOWN_S * record.rate_hz))
    step_width = (_WIDTH - _LEFT - _RIGHT) / max(1, steps)
    top, body = _TOP, []
    for index, spikes in enumerate(record.layers):
        size = spikes.shape[1]
        height = _ROW * size
        body.append(f'<text x="{_LEFT - 8:g}" y="{top + height / 2:.1f}" text-anchor="end">layer {index + 1}</text>')
        body.append(f'<text x="{_LEFT - 8:g}" y="{top + height / 2 + 13:.1f}" text-anchor="end">{size} neurons</text>')
        body.append(
            f'<g transform="translate({_LEFT:g} {top:.1f}) scale({step_width:.4f} {_ROW:g})">'
            f'<path class="spikes s{index % 6 + 1}" d="{strokes(spikes[:steps])}"/></g>'
        )
        body.append(f'<path class="axis" d="M{_LEFT:g} {top + height:.1f}h{steps * step_width:.1f}"/>')
        top += height + _GAP
    foot = top - _GAP
    for t_s in np.arange(0.0, steps / record.rate_hz + 1e-9, 0.5):
        x = _LEFT + t_s * record.rate_hz * step_width
        body.append(f'<path class="axis" d="M{x:.1f} {foot:.1f}v4"/>')
        body.append(f'<text x="{x:.1f}" y="{foot + 16:.1f}" text-anchor="middle">{t_s:g}</text>')
    middle = _LEFT + steps * step_width / 2
    body.append(f'<text x="{middle:.1f}" y="{foot + 30:.1f}" text-anchor="middle">time, s</text>')
    box = f"0 0 {_WIDTH:g} {foot + _BOTTOM:.0f}"
    return f'<svg class="plot raster" role="img" aria-label="{escape(title)}" viewBox="{box}">{"".join(body)}</svg>'


def strokes(spikes: Bits) -> str:
    """SVG path data: x is the step, y the neuron; each run of spikes of a neuron one horizontal stroke."""
    parts: list[str] = []
    x, y = 0, 0.0
    for neuron, column in enumerate(spikes.T):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], column.astype(np.int8), [0]))))
        for begin, end in edges.reshape(-1, 2).tolist():
            parts.append(f"m{begin - x} {neuron + 0.5 - y:g}h{end - begin}")
            x, y = end, neuron + 0.5
    return "".join(parts)
