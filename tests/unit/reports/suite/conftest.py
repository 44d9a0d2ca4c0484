"""Results of a suite from formulas: no flight needed."""

from types import SimpleNamespace

import numpy as np
import pytest

from hil.suite.results import (
    Condition,
    ControllerInfo,
    FlightFigures,
    NetworkFacts,
    PointResult,
    SpikeCounts,
    SuiteResults,
)

REPEATS = 20
SNN = NetworkFacts(
    hash="sha256:51",
    layer_sizes=(18, 256, 128, 4),
    spiking_layers=(True, True, False),
    parameters=39_556,
    footprint_bytes=158_224,
    fan_out=((256,) * 18, (128,) * 256, (4,) * 128),
)
ANN = NetworkFacts(
    hash="sha256:a2",
    layer_sizes=(146, 64, 64, 4),
    spiking_layers=(False, False, False),
    parameters=13_828,
    footprint_bytes=55_312,
    fan_out=((64,) * 146, (64,) * 64, (4,) * 64),
)
SPIKES = SpikeCounts(steps=1000, spikes=(*[200] * 250, *[0] * 6, *[300] * 126, *[1000] * 2))


def flights(mean_m, *, spread_m=0.001, lost=0, seed=0):
    """Twenty flights around a mean error; the same `seed`, the same wind: pairs differ by their means."""
    noise = np.random.default_rng(seed).normal(0.0, spread_m, REPEATS)
    return PointResult(
        flights=tuple(
            FlightFigures(
                repeat=k,
                seed=100 + k,
                aborted="hit the ground" if k < lost else "",
                metrics={
                    "position_error_mean_m": mean_m + float(noise[k]),
                    "position_error_xy_mean_m": 0.8 * (mean_m + float(noise[k])),
                },
            )
            for k in range(REPEATS)
        )
    )


def spiking(result):
    return PointResult(flights=result.flights, spikes=SPIKES)


def condition(cell, *, paper="", value=None, axis="", metric="position_error_mean_m"):
    return Condition(
        cell=cell,
        description=f"what {cell} is",
        scenario=cell,
        settings={"duration_s": 10},
        value=value,
        axis=axis,
        metric=metric,
        unit="m",
        direction="lower",
        paper=paper,
        duration_s=10.0,
        window="judged",
    )


def suite(rows, *, controllers=("snn", "ann-history"), networks=(SNN, ANN), recorded=("", "")):
    """Results of a suite: `rows` are pairs of a condition and each controller's result in it."""
    infos = zip(controllers, networks, recorded, strict=True)
    return SuiteResults(
        name="controllers",
        description="from formulas",
        vehicle="cf-l2f-original",
        recorded_cell=rows[0][0].label,
        conditions=tuple(condition for condition, _ in rows),
        controllers=tuple(
            ControllerInfo(name=name, family="network", network=facts, recorded=where) for name, facts, where in infos
        ),
        results=tuple(tuple(results) for _, results in rows),
        suite_yaml="version: 1\nname: controllers\n",
        provenance={"commit": "abc1234", "dirty": False, "versions": {"hil-bench": "0.1.0", "numpy": "2.0"}},
    )


def usual():
    """The ANN better in hover and in the square, the SNN in the eight, and one that nobody can tell."""
    same = flights(0.02, seed=4)
    return [
        (condition("hover", paper="hover"), (spiking(flights(0.012, seed=1)), flights(0.005, seed=1))),
        (condition("eight", paper="trajectory"), (spiking(flights(0.05, seed=2)), flights(0.06, seed=2))),
        (condition("square", paper="trajectory"), (spiking(flights(0.04, seed=3)), flights(0.03, seed=3))),
        (condition("gust"), (spiking(same), same)),
    ]


def swapped(rows):
    """The same rows with the results of the two controllers exchanged; spike counts stay where the spikes are."""
    return [
        (condition, (PointResult(flights=b.flights, spikes=a.spikes), PointResult(flights=a.flights)))
        for condition, (a, b) in rows
    ]


def write_neurons(folder, *, steps=500, sizes=(256, 128), seed=0):
    """A run folder with neurons.npz, as a flight of a spiking network leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    spikes = rng.random((steps, sum(sizes))) < np.repeat((0.2, 0.35), sizes)
    spikes[:, :5], spikes[:, 5:8] = False, True
    index = np.array([*np.linspace(0, sizes[0] - 1, 8), *(sizes[0] + np.linspace(0, sizes[1] - 1, 8))]).astype(int)
    membranes = np.cumsum(rng.normal(0.0, 0.2, (steps, len(index))), axis=0) * 0.1
    np.savez(
        folder / "neurons.npz",
        spikes=np.packbits(spikes, axis=1),
        layer_sizes=np.array(sizes),
        membranes=membranes.astype(np.float32),
        membrane_index=index,
        threshold=np.ones(len(index), np.float32),
        rate_hz=np.array(100),
    )
    return spikes, membranes, index


@pytest.fixture(scope="session")
def made():
    """What makes results."""
    names = ("flights", "spiking", "condition", "suite", "usual", "swapped", "write_neurons", "SNN", "ANN", "SPIKES")
    return SimpleNamespace(**{name: globals()[name] for name in names})
