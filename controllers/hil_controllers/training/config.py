"""What a training is to be, from a YAML file: network, conditions in a scenario's words, method, evaluation.

Strict, like a scenario: unknown keys and wrong types are told with file, line and key.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PrivateAttr, ValidationInfo, field_validator

import hil_controllers
from hil.core.errors import BadInput, ScenarioError, unknown_name
from hil.core.vehicle import Vehicle
from hil.scenario.beside import beside_scenario
from hil.scenario.conditions import Force, Randomise, Residual, Sensors, StartSpec, Torque
from hil.scenario.criteria import Metric
from hil.scenario.fields import FromList, Strict
from hil.scenario.model import SensorsOrPreset
from hil.scenario.sensor_presets import PRESETS
from hil.scenario.source import OVERRIDE, Source
from hil.scenario.strict_file import load
from hil_controllers.training.method_config import Method, Sequences
from hil_controllers.training.number_fields import Count, Lead, Positive, Range, Share, Sizes
from hil_controllers.training.slopes import Fixed, Slope
from hil_sim.vehicle_files import load_vehicle

HISTORY = 32  # past actions that methods with a replay show: the paper's, and those of "Learning to Fly in Seconds"
FINAL_SEED = 1000  # added to the seed of final flights: what chose the checkpoint is not what is told of it
BOUNDS = {"updates": (1, 100_000_000), "seed": (0, 2**63 - 1)}  # of what the command line may change


def _own_name(metric: str) -> str:
    from hil_reports.metrics.catalogue import find

    return find(metric).name


class SpikingNet(Strict):
    """Layers of leaky integrate-and-fire neurons and a linear read-out."""

    kind: Literal["snn"]
    hidden: Sizes = Field(default=(256, 128), description="neurons per layer")
    slope: Slope = Field(
        default_factory=lambda: Fixed(kind="fixed"), description="surrogate slope: fixed, interval, adaptive"
    )


class DenseNet(Strict):
    """Layers of rational tanh."""

    kind: Literal["ann"]
    hidden: Sizes = Field(default=(64, 64), description="neurons per layer")
    history: Annotated[int, Field(ge=0, le=1000)] = Field(default=0, description="past actions it is given")


class Integral(Strict):
    """An integral of the position error, added to it before the network sees it."""

    gain_1_s: Annotated[float, Field(gt=0, le=10)] = Field(description="gain")
    limit_m: Annotated[float, Field(gt=0, le=1)] = Field(description="most it may come to, per axis")


class Scales(Strict):
    """Factors on groups of observations before the first layer; the network file has them in its weights.

    Errors of a centimetre must move a neuron whose threshold is near 1: with a factor, weights start and learn in
    proportion to what their inputs are worth.
    """

    position: Positive = Field(default=1.0, description="on the position error, m")
    rotation: Positive = Field(default=1.0, description="on the entries of the rotation matrix")
    velocity: Positive = Field(default=1.0, description="on the velocity error, m/s")
    rates: Positive = Field(default=1.0, description="on the body rates, rad/s")


class Observation(Strict):
    """What is done to errors before the network sees them."""

    position_clip_m: Positive = Field(default=0.5, description="position error is clipped to ± this, per axis")
    velocity_clip_m_s: Positive = Field(default=2.0, description="velocity error is clipped to ± this, per axis")
    position_lead_s: Lead = Field(default=0.0, description="the set-point's position is taken this far ahead")
    velocity_lead_s: Lead = Field(default=0.0, description="the set-point's velocity is taken this far ahead")
    integral: Integral | None = Field(default=None, description="integral of the position error; null = none")
    scales: Scales = Field(default_factory=Scales, description="factors before the first layer")


class Paths(Strict):
    """Moving set-points: one sine per axis, drawn per episode; the other episodes hold a point."""

    share: Share = Field(default=0.5, description="share of episodes that follow a path")
    acceleration_m_s2: Positive = Field(default=3.5, description="greatest acceleration per axis")
    period_s: Range = Field(default=(3.0, 15.0), description="shortest and longest period")


class Pushes(Strict):
    """Random gusts: a force for 0.2 to 0.8 s, uniform up to a share of the weight per axis."""

    share: Share = Field(default=0.0, description="share of episodes with one")
    weight_share: Share = Field(default=0.1, description="greatest force per axis, as a share of the weight")


class Flight(Strict):
    """A scenario that networks in training are evaluated on by the bench."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")] = Field(description="what the card calls it")
    scenario: str = Field(description="name of a scenario, or path of a .yaml relative to this file")
    set: dict[str, Any] = Field(default_factory=dict, description="keys of the scenario to replace")
    repeats: Annotated[int, Field(ge=1, le=10_000)] = Field(default=20, description="flights")
    metric: Annotated[Metric, AfterValidator(_own_name)] = Field(
        default="position_error_mean_m", description="the one that counts"
    )

    @field_validator("scenario", mode="after")
    @classmethod
    def _beside_this_file(cls, scenario: str, info: ValidationInfo) -> str:
        if not scenario.endswith(".yaml"):
            return scenario
        path = beside_scenario(scenario, info)
        return str(path) if path.exists() else scenario  # `hover.yaml` may be one that ships


class Evaluation(Strict):
    """How networks in training are judged, by the bench itself."""

    every: Count = Field(default=1000, description="updates between evaluations")
    set: dict[str, Any] = Field(default_factory=dict, description="keys to replace in the scenarios of all flights")
    progress: Flight = Field(description="flown at each of them; decides which checkpoint is kept")
    final: Annotated[tuple[Flight, ...], FromList] = Field(default=(), description="flown at the end, for the card")
    stop_at: float | None = Field(default=None, description="value of the progress metric that ends the training")
    patience: Count | None = Field(default=None, description="evaluations without a better one that end the training")
    hopeless: Positive = Field(default=0.5, description="value of the progress metric that scores 0; 0 scores 1")


class Training(Strict):
    """One training, complete."""

    version: Literal[1] = Field(description="of this format")
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")] = Field(description="of the network that comes out")
    description: str = Field(default="", description="free text for the card")
    vehicle: str = Field(description="name of a vehicle, or path of a .toml relative to this file")
    network: Annotated[SpikingNet | DenseNet, Field(discriminator="kind")] = Field(description="what is trained")
    observation: Observation = Field(default_factory=Observation, description="what it is given")
    sensors: SensorsOrPreset = Field(default_factory=Sensors, description="what it sees, as in a scenario")
    latency_s: Range = Field(default=(0.0, 0.02), description="least and greatest delay of commands, in steps of 0.01")
    start: StartSpec = Field(default_factory=StartSpec, description="where episodes start, as in a scenario")
    randomise: Randomise = Field(default_factory=Randomise, description="changes of the vehicle, as in a scenario")
    battery_spread_v: Annotated[tuple[float, float], FromList] = Field(
        default=(-0.15, 0.1),
        description="voltage drawn per episode, beyond the vehicle's; without effect without battery",
    )
    disturbances: Annotated[tuple[Annotated[Force | Torque | Residual, Field(discriminator="kind")], ...], FromList] = (
        Field(default=(), description="forces, torques and the residual, as in a scenario")
    )
    pushes: Pushes = Field(default_factory=Pushes, description="random gusts")
    paths: Paths = Field(default_factory=Paths, description="moving set-points")
    episode_s: Annotated[float, Field(gt=0, le=600)] = Field(default=5.0, description="length of an episode")
    method: Method = Field(description="how it is trained")
    updates: Count = Field(description="how many, unless stopped early")
    evaluation: Evaluation = Field(description="how it is judged")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(default=0, description="root of all chance")

    _source: Source = PrivateAttr(default_factory=Source)

    @field_validator("vehicle", mode="after")
    @classmethod
    def _beside_this_file(cls, vehicle: str, info: ValidationInfo) -> str:
        return str(beside_scenario(vehicle, info)) if vehicle.endswith(".toml") else vehicle

    @property
    def flights(self) -> dict[str, Flight]:
        """Every flight of the evaluation, by the key it stands under."""
        final = {f"evaluation.final.{k}": flight for k, flight in enumerate(self.evaluation.final)}
        return {"evaluation.progress": self.evaluation.progress, **final}

    def error_of_flight(self, key: str, error: BadInput) -> ScenarioError:
        """What is wrong with the scenario of the flight under this key, with the line to change in this file."""
        where, problem = f"{key}.scenario", error.message
        if isinstance(error, ScenarioError) and error.file == OVERRIDE:
            where, problem = self._setting(key, error.key), f"{error.key}: {error.problem}"
        return self._source.error(where, problem, error.hint)

    def _setting(self, key: str, setting: str) -> str:
        """The `set` that gave this key of a scenario, whole or in part: the flight's own, or that of all flights."""

        def gives(settings: Mapping[str, Any]) -> bool:
            return any(setting == one or f"{setting}.".startswith(f"{one}.") for one in settings)

        if gives(self.flights[key].set):
            return f"{key}.set.{setting}"
        return f"evaluation.set.{setting}" if gives(self.evaluation.set) else key

    @property
    def sensors_name(self) -> str:
        """Name of the preset that the sensors are, or "custom"."""
        return next((name for name, preset in PRESETS.items() if preset == self.sensors), "custom")


def configs_dir() -> Path:
    """The folder of configs that ship: inside the installed package, or the checkout's own."""
    package = Path(hil_controllers.__file__).resolve().parent
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


def find_config(name_or_path: str) -> Path:
    """The file meant: a path, or the name of a config that ships, such as `snn-cf-l2f-original`. Raises BadInput."""
    path = Path(name_or_path)
    if path.suffix == ".yaml" or path.exists():
        return path
    shipped = {file.stem: file for file in sorted(configs_dir().glob("*.yaml"))}
    if name_or_path not in shipped:
        raise BadInput(
            unknown_name("training config", name_or_path, shipped), hint="give a .yaml or one of these names"
        )
    return shipped[name_or_path]


def read_training(path: Path, *, updates: int | None = None, seed: int | None = None) -> tuple[str, Training, Vehicle]:
    """The training in a file, its text as it counts, and its vehicle. Raises ScenarioError with file, line and key."""
    changes = {key: value for key, value in (("updates", updates), ("seed", seed)) if value is not None}
    for key, value in changes.items():
        low, high = BOUNDS[key]
        if not low <= value <= high:
            raise BadInput(f"--{key}: must be {low} to {high}, got {value}")
    training, source = load(Training, path)
    training._source = source
    text = path.read_text(encoding="utf-8")
    if changes:
        training = training.model_copy(update=changes)
        text = text.rstrip() + "\n" + "".join(f"# instead: {key}: {value}\n" for key, value in changes.items())
    return text, training, _sane(training, source)


def _sane(training: Training, source: Source) -> Vehicle:
    _judged(training, source)
    _learns(training, source)
    try:
        vehicle = load_vehicle(training.vehicle)
    except BadInput as error:
        raise source.error("vehicle", error.message, hint=error.hint) from error
    low, high = training.latency_s
    if low > high or any(abs(value * 100 - round(value * 100)) > 1e-9 for value in (low, high)):
        raise source.error("latency_s", f"must be whole ticks of 0.01 s, least first, got [{low:g}, {high:g}]")
    if training.sensors.action_delay_s:
        raise source.error("sensors.action_delay_s", "is drawn from latency_s in training", hint="leave the key out")
    lag = training.sensors.estimator_lag_s * 100
    if abs(lag - round(lag)) > 1e-9:
        raise source.error("sensors.estimator_lag_s", f"must be whole ticks of 0.01 s, got {lag / 100:g}")
    if not 0.0 <= vehicle.command_delay_s < 0.01:
        raise source.error(
            "vehicle", f"has a command delay of {vehicle.command_delay_s:g} s; training needs less than 0.01 s"
        )
    shortest, longest = training.paths.period_s
    if not 0.1 <= shortest <= longest:
        raise source.error("paths.period_s", f"must be at least 0.1 s, shortest first, got [{shortest:g}, {longest:g}]")
    return vehicle


def _learns(training: Training, source: Source) -> None:
    """Sequences that teach something, to a network that they are enough for."""
    method, network = training.method, training.network
    if not isinstance(method, Sequences):
        return
    if method.warm_up >= method.sequence:
        raise source.error(
            "method.warm_up", f"must be less than the sequence of {method.sequence} steps, got {method.warm_up}"
        )
    if network.kind == "ann" and network.history > HISTORY:
        raise source.error("network.history", f"method {method.kind} keeps {HISTORY} past actions: give at most these")


def _judged(training: Training, source: Source) -> None:
    """Flights that can be told apart, and a metric that a training can make smaller."""
    from hil_reports.metrics.catalogue import find

    metric = find(training.evaluation.progress.metric)
    if metric.direction != "lower" or metric.timing:
        why = "depends on wall time" if metric.timing else "is better the higher it is"
        raise source.error(
            "evaluation.progress.metric", f"{metric.name} {why}", hint="a training makes a metric small: take an error"
        )
    seen: dict[str, str] = {}
    for key, flight in training.flights.items():
        if flight.name in seen:
            raise source.error(f"{key}.name", f"{flight.name!r} is already the name of {seen[flight.name]}")
        seen[flight.name] = key
