"""Which controller a word of the command line means, and which targets it flies on.

geometric, pid, …            a classical controller of the registry                          sim
snn, ann, …                  a network that ships for the scenario's vehicle                 sil, pil
path/to/net.safetensors      a network file                                                  sil, pil
path/to/mine.py:build        anybody's factory(vehicle) -> Controller                        sil, sim
a name                       the same, of an installed package (entry point hil.controllers) sil, sim
"""

import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

from hil import registry
from hil.core.errors import BadInput, HilError, unknown_name
from hil.core.interfaces import BatchController, Controller
from hil.core.types import Command, Setpoint, State
from hil.core.vehicle import Vehicle
from hil.flight_plan import FlightPlan
from hil.log import Event
from hil.scenario.criteria import FAMILIES
from hil.scenario.model import Scenario
from hil.scenario.sensor_presets import PRESETS
from hil_controllers.network.controller import NetworkBatch, NetworkController
from hil_controllers.network.engines import Backend, require
from hil_controllers.network.model import Network
from hil_controllers.network.shipped import SUFFIX, load, shipped, shipped_names
from hil_controllers.one_by_one import OneByOne

DEFAULT_CLASSICAL, DEFAULT_NETWORK = "geometric", "snn"
NETWORK_TARGETS = ("sil", "pil")
_YAW_LOOKS = 50  # instants of a flight at which a task is asked for its yaw; the controller looks at every one


class Choice(NamedTuple):
    """A controller for one vehicle, not yet built; `network` is what it flies, or None."""

    build: Callable[[], Controller]
    build_batch: Callable[[], BatchController]
    network: Network | None = None


def targets_of(word: str) -> tuple[str, ...]:
    """The targets that a controller flies on, the usual one first. Raises BadInput for a word that means none."""
    if word in registry.CONTROLLERS:
        return ("sim",)
    if _is_file(word, SUFFIX) or word in (known := shipped_names() | {DEFAULT_NETWORK}):
        return NETWORK_TARGETS
    if _is_factory(word) or word in _plugins():
        return ("sil", "sim")
    raise BadInput(
        unknown_name("controller", word, {*registry.CONTROLLERS, *known, *_plugins()}),
        hint="or a file: NETWORK.safetensors, or CONTROLLER.py:factory",
    )


def refuse_target(word: str, target: str) -> None:
    """Raises BadInput for a controller that does not fly on this target, with where it does."""
    flies_on = targets_of(word)
    if target not in flies_on:
        kind = "a classical controller" if word in registry.CONTROLLERS else "a network"
        raise BadInput(
            f"{word} is {kind}: it flies on {flies_on[0]}, not on {target}",
            hint=f"--target {flies_on[0]} --controller {word}; without --target each flies where it belongs",
        )


def choose(word: str, vehicle: Vehicle, *, force: bool = False, engine: Backend | None = None) -> Choice:
    """The controller a word means for this vehicle; `engine` is what steps a network, None the fastest that is here.

    Raises BadInput where there is none, or it must not fly it; TargetUnavailable for an engine that is not here.
    """
    if word in registry.CONTROLLERS:
        build = registry.load(registry.CONTROLLERS, "controller", word)
        return Choice(lambda: build(vehicle), lambda: OneByOne(lambda: build(vehicle)))
    if not _is_network(word):
        factory = _factory(word)
        return Choice(lambda: _Guest(word, factory, vehicle), lambda: OneByOne(lambda: _Guest(word, factory, vehicle)))
    path = network_file(word, vehicle.name)
    network = load(path, force=force)
    refusal = network.contract.refusal(vehicle)
    if refusal and not force:
        raise BadInput(f"{path.stem}: {refusal}", hint=f"--vehicle {network.contract.vehicle.name}, or --force to see")
    require(network, engine)
    return Choice(
        lambda: NetworkController(network, name=path.stem, backend=engine),
        lambda: NetworkBatch(network, name=path.stem),
        network,
    )


def maker(word: str, vehicle: Vehicle, *, engine: Backend | None = None) -> Callable[[Vehicle], Controller]:
    """What makes the controller that a word means, as often as wanted, for this vehicle however its battery is charged.

    Files are read now and not again. Raises as `choose` does, and BadInput for an engine where no network flies.
    """
    if engine and not _is_network(word):
        raise BadInput("--engine says what steps a network, and none flies", hint="--controller snn")
    if word in registry.CONTROLLERS:
        found: Callable[[Vehicle], Controller] = registry.load(registry.CONTROLLERS, "controller", word)
        return found
    if not _is_network(word):
        factory = _factory(word)
        return lambda charged: _Guest(word, factory, charged)
    choice = choose(word, vehicle, engine=engine)
    return lambda _: choice.build()


def _is_network(word: str) -> bool:
    return targets_of(word) == NETWORK_TARGETS


def network_file(word: str, vehicle: str) -> Path:
    """The file of a network: the word itself, or what ships by this name for this vehicle. Raises BadInput."""
    if _is_file(word, SUFFIX):
        return Path(word)
    there = shipped(vehicle)
    if word not in there:
        listed = f"there are: {', '.join(there)}" if there else "none ships for it"
        raise BadInput(
            f"no network {word!r} for {vehicle}; {listed}",
            hint="a file, NETWORK.safetensors, is one of your own; hil train makes one",
        )
    return there[word]


def told_of(network: Network, scenario: Scenario, vehicle: Vehicle) -> tuple[Event, ...]:
    """What the log is to say of a network that flies conditions it was not trained for."""
    contract = network.contract
    found = []
    if refusal := contract.refusal(vehicle):
        found.append(f"forced: {refusal}")
    senses = scenario.sensors.model_copy(update={"action_delay_s": 0.0})
    if contract.sensors not in PRESETS:
        found.append(f"the network was trained with sensors of its own ({contract.sensors}): perhaps not with these")
    elif senses != PRESETS[contract.sensors]:
        found.append(f"the network was trained with sensors {contract.sensors}")
    delay_s, (least_s, most_s) = scenario.sensors.action_delay_s, (contract.latency.least_s, contract.latency.most_s)
    if not least_s <= delay_s <= most_s:
        trained = f"{1e3 * least_s:g} to {1e3 * most_s:g} ms"
        found.append(f"action_delay_s is {1e3 * delay_s:g} ms; the network was trained for {trained}")
    return tuple(Event(0.0, "warning", text) for text in found)


def refuse_yaw(network: str, plan: FlightPlan) -> None:
    """Raises BadInput for a task that asks a network for a yaw it cannot see."""
    ticks = plan.ticks[:: max(1, len(plan.ticks) // _YAW_LOOKS)]
    for tick in ticks:
        t_s = max(tick / plan.rate_hz, 0.0)
        if yaw := plan.reference.at(t_s).yaw:
            raise BadInput(
                f"{plan.scenario.name}: asks for yaw {yaw:.3g} rad at {t_s:.2f} s; {network} has no yaw input",
                hint="fly it with yaw 0, or with a controller that has one: --controller geometric",
            )


class _Guest(Controller):
    """A controller that is not ours: whatever it raises is told as its own, with file and line."""

    def __init__(self, word: str, factory: Callable[[Vehicle], Any], vehicle: Vehicle) -> None:
        self._word = word
        with _its_own_fault(word):
            guest = factory(vehicle)
        if not isinstance(guest, Controller):
            raise BadInput(f"{word}: gave {type(guest).__name__}, not a hil.core.interfaces.Controller")
        self._guest = guest
        for name, kind in (("name", str), ("family", str), ("rate_hz", int)):
            if not isinstance(getattr(guest, name, None), kind):
                raise BadInput(
                    f"{word}: the controller's {name} must be {kind.__name__}: {getattr(guest, name, None)!r}"
                )
        if guest.family not in FAMILIES:
            raise BadInput(f"{word}: {unknown_name('controller family', guest.family, FAMILIES)}")
        if not 1 <= guest.rate_hz <= 10_000:
            raise BadInput(f"{word}: the controller's rate_hz must be within 1..10000: {guest.rate_hz}")
        self.name, self.family, self.rate_hz = guest.name, guest.family, guest.rate_hz

    def reset(self) -> None:
        """Forget everything: the next `act` is the first of a flight."""
        with _its_own_fault(self._word):
            self._guest.reset()

    def act(self, state: State, setpoint: Setpoint) -> Command:
        """Command for the next 1 / rate_hz seconds."""
        try:
            answer = self._guest.act(state, setpoint)
        except Exception as error:
            raise _fault(self._word, error) from error
        try:
            m1, m2, m3, m4 = answer.motors
            return Command((float(m1), float(m2), float(m3), float(m4)))
        except (AttributeError, TypeError, ValueError):
            raise BadInput(f"{self._word}: act gave {answer!r}, not a Command of four numbers") from None


@contextmanager
def _its_own_fault(word: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise _fault(word, error) from error


def _fault(word: str, error: Exception) -> HilError:
    if isinstance(error, HilError):
        return error
    last = traceback.extract_tb(error.__traceback__)[-1]
    return BadInput(f"{word}: {type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})")


def _is_file(word: str, suffix: str) -> bool:
    return word.endswith(suffix)


def _is_factory(word: str) -> bool:
    return _is_file(word.rpartition(":")[0], ".py")


def _plugins() -> set[str]:
    return {entry.name for entry in entry_points(group=registry.CONTROLLER_PLUGINS)}


def _factory(word: str) -> Callable[[Vehicle], Any]:
    """The factory in a file, or of an entry point. Raises BadInput."""
    if not _is_factory(word):
        (entry, *_) = entry_points(group=registry.CONTROLLER_PLUGINS, name=word)
        with _its_own_fault(word):
            found: Any = entry.load()
        return _callable(word, found)
    file, _, name = word.rpartition(":")
    path = Path(file).expanduser()
    if not path.is_file():
        raise BadInput(f"{file}: no such file")
    module_name = f"hil_controller_{abs(hash((path.resolve(), path.stat().st_mtime_ns)))}"
    if module_name not in sys.modules:
        spec = importlib.util.spec_from_file_location(module_name, path)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[module_name] = importlib.util.module_from_spec(spec)
        try:
            with _its_own_fault(word):
                spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[module_name]
            raise
    if not hasattr(sys.modules[module_name], name):
        raise BadInput(f"{file}: has no {name!r}", hint=f"def {name}(vehicle): return your Controller")
    return _callable(word, getattr(sys.modules[module_name], name))


def _callable(word: str, found: Any) -> Callable[[Vehicle], Any]:
    if not callable(found):
        raise BadInput(f"{word}: is {type(found).__name__}, not a factory(vehicle) -> Controller")
    return found  # type: ignore[no-any-return]
