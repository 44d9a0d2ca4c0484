"""What a suite found, as data: all that a report of it is made from."""

from dataclasses import asdict, dataclass
from typing import Any

Scalar = float | int | str | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightFigures:
    """One flight: whether it was flown to its end, and every metric it gave."""

    repeat: int
    seed: int
    aborted: str  # why it was cut short; empty where it was not
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikeCounts:
    """What the neurons of a spiking network did in all flights of one condition, every step counted."""

    steps: int  # of all flights together
    spikes: tuple[int, ...]  # of each neuron, layer after layer, in those steps


@dataclass(frozen=True, slots=True, kw_only=True)
class PointResult:
    """One controller in one condition. `error` says why there are no flights; else it is empty."""

    flights: tuple[FlightFigures, ...]
    spikes: SpikeCounts | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFacts:
    """What a network is made of, as far as its cost depends on it."""

    hash: str
    layer_sizes: tuple[int, ...]  # inputs first, then each layer's outputs
    spiking_layers: tuple[bool, ...]  # of each layer, without the inputs
    parameters: int
    footprint_bytes: int
    fan_out: tuple[tuple[int, ...], ...]  # of each layer, per input: weights that are not zero


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerInfo:
    """One controller of the suite.

    `recorded`: run folder of a flight with its neurons, relative to the results; `unrecorded`: why there is none.
    """

    name: str
    family: str
    network: NetworkFacts | None = None
    recorded: str = ""
    unrecorded: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What was flown: one row of the report."""

    cell: str
    description: str
    scenario: str
    settings: dict[str, Any]  # keys of the scenario that the suite replaced
    value: Scalar | None  # of the swept key; None without a sweep
    axis: str  # name of the swept key for the report; empty without a sweep
    metric: str
    unit: str
    direction: str  # of the metric: "lower" or "higher" is better
    paper: str  # "hover", "trajectory" or empty
    duration_s: float
    window: str  # that the metric is taken over

    @property
    def label(self) -> str:
        """Such as `hover`, or `latency 0.02`."""
        value = f"{self.value:g}" if isinstance(self.value, float) else str(self.value)
        return self.cell if self.value is None else f"{self.cell} {value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteResults:
    """Everything: conditions × controllers."""

    name: str
    description: str
    vehicle: str
    recorded_cell: str  # condition of the flights that were recorded with their neurons
    conditions: tuple[Condition, ...]
    controllers: tuple[ControllerInfo, ...]
    results: tuple[tuple[PointResult, ...], ...]  # [condition][controller]
    suite_yaml: str
    provenance: dict[str, Any]  # commit, versions; nothing that names a machine or a time

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)
