"""Golden vectors: (state, set-point) → observation → spikes → action, step by step from rest.

They travel with a network and are replayed wherever it is to fly: in numpy when it is loaded, in the compiled kernel,
the generated C and the firmware before a flight. The spikes are those of the float64 evaluation (`double.py`), which
the float32 ones equal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hil.core.errors import BadInput
from hil_controllers.network import double, reference
from hil_controllers.network.contract import Contract
from hil_controllers.network.layers import LIF, Float32, Layer, is_exact
from hil_controllers.network.observation import integrated, observe
from hil_controllers.network.reference import Memory
from hil_controllers.network.sweep import SWEPT, Sweep, drivable

LEAST_STEPS = 100
SPIKE_RATE = (0.05, 0.4)  # share of neurons that spike in a step of the wide sweep, before single neurons are driven
_GOOD, _TRIES = 4, 40  # of the first few sequences that will do, the one that stays clearest of the thresholds
_TANH_TOLERANCE = 1e-5  # libraries differ in tanh


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Golden:
    """What goes in and what came out, (steps, …), float32; columns as in `hil.core.arrays`."""

    state: Float32  # (steps, 13)
    setpoint: Float32  # (steps, 11), NaN where nothing is said
    observation: Float32  # (steps, inputs)
    output: Float32  # (steps, 4)
    spikes: NDArray[np.uint8]  # (steps, ⌈neurons / 8⌉), bits of all LIF layers, first neuron highest
    silent: tuple[int, ...] = ()  # neurons of the first LIF layer that spike at no observation within limits

    def __post_init__(self) -> None:
        for name in ("state", "setpoint", "observation", "output", "spikes"):
            getattr(self, name).setflags(write=False)

    def __len__(self) -> int:
        return len(self.state)

    def raster(self, neurons: int) -> NDArray[np.bool_]:
        """Spikes (steps, neurons)."""
        return np.unpackbits(self.spikes, axis=1, count=neurons).astype(bool)

    def spike_rate(self, neurons: int) -> float:
        """Share of neurons that spike in a step."""
        return float(self.raster(neurons).mean()) if neurons else 0.0

    def sweep_rate(self, neurons: int) -> float:
        """The same over the wide sweep alone, the first steps: what comes after drives one neuron as hard as can be."""
        return float(self.raster(neurons)[:SWEPT].mean()) if neurons else 0.0


class _Step(NamedTuple):
    observation: Float32
    spikes: NDArray[np.bool_]
    output: Float32


class Flown:
    """A network from rest, given states and set-points one after the other."""

    def __init__(self, layers: tuple[Layer, ...], readout: str, contract: Contract) -> None:
        self._layers, self._readout, self._contract = layers, readout, contract
        self._memory: Memory = reference.start(layers, contract)

    def given(self, state: Float32, setpoint: Float32) -> _Step:
        """One step on, for a state (13,) and a set-point (11,)."""
        memory, contract = self._memory, self._contract
        integral = integrated(memory.integral, state, setpoint, contract)
        x = observe(state, setpoint, integral, memory.history, contract)
        y, self._memory = reference.step(self._layers, self._readout, x, memory._replace(integral=integral))
        return _Step(x, np.concatenate([np.empty(0, bool), *(s > 0 for s in self._memory.spikes)]), y)

    @property
    def memory(self) -> Float32:
        """What it remembers, as in `packed.py`."""
        return reference.flat(self._memory)


def golden_for(
    layers: tuple[Layer, ...], readout: str, contract: Contract, *, seed: int, draft: bool = False
) -> Golden:
    """Golden vectors of a network: seeds are tried from `seed` on. Raises BadInput where none will do.

    Those of a `draft` are the first that replay, however little they prove: to fly it, not to keep it.
    """
    best, best_margin, good, refused = None, -1.0, 0, ""
    for attempt in range(_TRIES):
        golden, margin = _attempt(layers, readout, contract, seed + attempt)
        if golden is None:
            continue
        if draft:
            return golden
        if why := _refusal(golden, layers, contract):
            refused = why
            continue
        good += 1
        if margin > best_margin:
            best, best_margin = golden, margin
        if good == _GOOD or not golden.spikes.shape[1]:
            break
    if best is None:
        why = refused or "float32 and float64 spike alike on none"
        raise BadInput(f"no golden vectors from {_TRIES} seeds: {why}")
    return best


def _neurons(layers: tuple[Layer, ...]) -> int:
    return sum(layer.size for layer in layers if isinstance(layer, LIF))


def _refusal(golden: Golden, layers: tuple[Layer, ...], contract: Contract) -> str:
    """Why what spikes in golden vectors proves too little, or empty; rates are of all spiking layers together."""
    if left_out := drivable(layers, contract, golden.silent):
        return f"neuron {left_out[0]} of the first layer is named silent, but an observation drives it"
    low, high = SPIKE_RATE
    rate = golden.sweep_rate(_neurons(layers))
    if not _neurons(layers) or low <= rate <= high:
        return ""
    return f"{100 * rate:.1f} % of neurons spike in a step of the sweep, {100 * low:g} to {100 * high:g} % are needed"


def _attempt(layers: tuple[Layer, ...], readout: str, contract: Contract, seed: int) -> tuple[Golden | None, float]:
    flown, sweep = Flown(layers, readout, contract), Sweep(layers, contract, seed)
    states, setpoints, steps = [], [], []
    fired: NDArray[np.bool_] | None = None
    while (asked := sweep.next(fired)) is not None:
        done = flown.given(*asked)
        states.append(asked[0])
        setpoints.append(asked[1])
        steps.append(done)
        fired = done.spikes
    raster = np.array([step.spikes for step in steps])
    observation = np.array([step.observation for step in steps])
    second = double.evaluate(layers, observation)
    if not np.array_equal(second.raster, raster):
        return None, 0.0
    golden = Golden(
        state=np.array(states),
        setpoint=np.array(setpoints),
        observation=observation,
        output=np.array([step.output for step in steps]),
        spikes=np.packbits(second.raster, axis=1),
        silent=tuple(np.flatnonzero(~raster[:, : first_size(layers)].any(axis=0)).tolist()),
    )
    return golden, second.margin


def first_size(layers: tuple[Layer, ...]) -> int:
    """Neurons of the first LIF layer."""
    return next((layer.size for layer in layers if isinstance(layer, LIF)), 0)


def replay(golden: Golden, layers: tuple[Layer, ...], readout: str, contract: Contract) -> None:
    """Raises BadInput with the first step, and the part of the network, that does not come out as recorded."""
    flown = Flown(layers, readout, contract)
    sizes = [layer.size for layer in layers if isinstance(layer, LIF)]
    raster = golden.raster(sum(sizes))
    exact = is_exact(layers, readout)
    for number, (state, setpoint) in enumerate(zip(golden.state, golden.setpoint, strict=True)):
        x, spikes, y = flown.given(state, setpoint)
        _same(x, golden.observation[number], f"golden step {number}: observation", contract.input_name, exact=exact)
        if (spikes != raster[number]).any():
            neuron = int((spikes != raster[number]).argmax())
            layer = int(np.searchsorted(np.cumsum(sizes), neuron, side="right"))
            within = neuron - sum(sizes[:layer])
            does = "spikes, the recorded one is silent" if spikes[neuron] else "is silent, the recorded one spikes"
            raise BadInput(f"golden step {number}: LIF layer {layer}: neuron {within} {does}")
        _same(y, golden.output[number], f"golden step {number}: read-out", lambda index: f"M{index + 1}", exact=exact)


def _same(got: Float32, recorded: Float32, where: str, name: Callable[[int], str], *, exact: bool) -> None:
    differs = got != recorded if exact else ~(np.abs(got - recorded) <= _TANH_TOLERANCE)  # NaN differs
    if differs.any():
        k = int(differs.argmax())
        raise BadInput(f"{where}: {name(k)} is {got[k]:.9g}, recorded {recorded[k]:.9g}")


def check(golden: Golden, layers: tuple[Layer, ...], contract: Contract) -> None:
    """Raises BadInput for golden vectors that prove too little: too short, misshapen, too few or too many spikes, or
    neurons left out that an observation drives.
    """
    neurons, steps = _neurons(layers), len(golden.state)
    if steps < LEAST_STEPS:
        raise BadInput(f"{steps} golden steps, at least {LEAST_STEPS} are needed")
    shapes = {
        "state": (steps, 13),
        "setpoint": (steps, 11),
        "observation": (steps, contract.inputs),
        "output": (steps, 4),
        "spikes": (steps, -(-neurons // 8)),
    }
    for name, shape in shapes.items():
        if getattr(golden, name).shape != shape:
            raise BadInput(f"golden.{name} has shape {getattr(golden, name).shape}, not {shape}")
    silent = ~golden.raster(neurons)[:, : first_size(layers)].any(axis=0)
    if tuple(np.flatnonzero(silent).tolist()) != golden.silent:
        raise BadInput(
            f"golden vectors leave {int(silent.sum())} first-layer neurons silent, {len(golden.silent)} are named"
        )
    if why := _refusal(golden, layers, contract):
        raise BadInput(f"golden vectors: {why}")
