"""Some membrane potentials of one flight against their thresholds, and how busy each layer is."""

import numpy as np

from hil_reports.neurons import NeuralRecord
from hil_reports.plots.canvas import BAD, dash, figure, series, svg
from hil_reports.plots.position_error import legend

SHOWN_S = 2.0
PER_LAYER = 3
SMOOTHED_S = 0.1


def draw(record: NeuralRecord, *, name: str) -> str | None:
    """Potentials in the first `SHOWN_S` seconds, `PER_LAYER` neurons of each layer; None if none were recorded."""
    chosen = shown(record)
    if not chosen:
        return None
    steps = min(len(record.spikes), round(SHOWN_S * record.rate_hz))
    t_s = np.arange(steps) / record.rate_hz
    layers = np.repeat(np.arange(len(record.layer_sizes)), record.layer_sizes)
    with figure(0.85 * len(chosen) + 0.7, rows=len(chosen), sharex=True, squeeze=False) as (drawing, grid):
        for axes, place in zip(grid[:, 0], chosen, strict=True):
            neuron = record.membrane_index[place]
            layer = int(layers[neuron])
            axes.plot(t_s, record.membranes[:steps, place], color=series(layer), linewidth=0.9)
            axes.axhline(record.threshold[place], color=BAD, linestyle=(0, (3, 2)), linewidth=0.9, label="threshold")
            fired = record.spikes[:steps, neuron]
            potential = record.membranes[:steps, place]
            axes.plot(t_s[fired], potential[fired], color=series(layer), marker=".", markersize=3, linestyle="none")
            first = sum(record.layer_sizes[:layer])
            axes.set_ylabel(f"layer {layer + 1}\n#{neuron - first}")
        grid[-1, 0].set_xlabel("time, s")
        grid[-1, 0].set_xlim(0, t_s[-1] if steps > 1 else 1)
        drawing.align_ylabels()
        legend(drawing, grid[0, 0])
        return svg(drawing, name=name, title="membrane potentials of some neurons over time")


def draw_activity(record: NeuralRecord, *, name: str) -> str:
    """Share of each layer's neurons that spike, a moving mean over the whole flight."""
    width = max(1, round(SMOOTHED_S * record.rate_hz))
    with figure(2.9) as (drawing, axes):
        for index, spikes in enumerate(record.layers):
            share = np.convolve(spikes.mean(axis=1), np.full(width, 1.0 / width), mode="valid")
            t_s = (np.arange(len(share)) + 0.5 * (width - 1)) / record.rate_hz
            axes.plot(t_s, share, color=series(index), linestyle=dash(index), label=f"layer {index + 1}")
        axes.set_ylim(0, None)
        axes.set_xlim(0, max(len(record.spikes), 2) / record.rate_hz)
        axes.set_ylabel("spikes per neuron and step")
        axes.set_xlabel("time, s")
        legend(drawing, axes)
        return svg(drawing, name=name, title="share of spiking neurons of each layer over time")


def shown(record: NeuralRecord) -> list[int]:
    """Which recorded membranes: of each layer first those of neurons that spike, but not always."""
    rate = record.spikes.mean(axis=0)
    layers = np.repeat(np.arange(len(record.layer_sizes)), record.layer_sizes)
    chosen = []
    for layer in range(len(record.layer_sizes)):
        places = [place for place, neuron in enumerate(record.membrane_index) if layers[neuron] == layer]
        places.sort(key=lambda place: not 0.0 < rate[record.membrane_index[place]] < 1.0)
        chosen += sorted(places[:PER_LAYER])
    return chosen
