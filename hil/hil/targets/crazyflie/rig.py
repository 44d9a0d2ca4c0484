"""What a target flies: a vehicle at a URI, and whatever else this machine knows of a virtual one."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from hil.core.errors import TargetUnavailable
from hil.core.vehicle_status import Info
from hil.scenario.model import Scenario
from hil.targets.crazyflie.glance import raise_flying, refuse_flying
from hil.targets.crazyflie.link import Link
from hil.targets.crazyflie.pace import LockStepPace, WallPace
from hil.targets.crazyflie.restart import can_restart, restart
from hil.virtual_crazyflie.body import Truth
from hil.virtual_crazyflie.client import VirtualClient
from hil.virtual_crazyflie.process import VirtualProcess

TASK = "task"


class Rig(Protocol):
    """From `open`, which makes a link to connect, to `close`. Only a virtual one knows the truth."""

    uri: str
    after_flight: str | None  # what its operator must know once it has landed

    def open(self) -> Link:
        """A link, not yet connected, that lives in the vehicle's time. Raises TargetUnavailable."""
        ...

    def close(self) -> None:
        """Let go; doing it twice does no harm."""
        ...

    def make_fit_again(self) -> None:
        """After a flight that ended on the floor, its link closed: so that it may fly once more, where that can be."""
        ...

    def faults(self, scenario: Scenario, seed: int) -> None:
        """What is to break before the task; preflight begins now."""
        ...

    def conditions(self, scenario: Scenario, seed: int, task_in_ms: int) -> None:
        """What the task's flight meets, whose t = 0 is that far ahead."""
        ...

    def phase(self, name: str) -> None:
        """A phase of the flight begins."""
        ...

    def truth(self, at_ms: Sequence[int]) -> Sequence[Truth | None] | None:
        """What was true at these stamps; None where nobody knows."""
        ...


class RealRig:
    """A vehicle whose log is all there is."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        locks = "a second after the link closed the vehicle locks itself: restart it to fly again"
        self.after_flight = None if can_restart(uri) else locks

    def open(self) -> Link:
        """By the wall clock. Raises Refused where the vehicle flies already."""
        refuse_flying(self.uri)
        return Link(self.uri, WallPace())

    def close(self) -> None:
        """Nothing but the link, which closes itself."""

    def make_fit_again(self) -> None:
        """Restart it over the radio; where that fails, the next preflight finds it locked, and says so."""
        if can_restart(self.uri):
            with suppress(Exception):  # whatever a radio that cflib finds busy or gone raises
                restart(self.uri)

    def faults(self, scenario: Scenario, seed: int) -> None:
        """Nothing breaks on command."""

    def conditions(self, scenario: Scenario, seed: int, task_in_ms: int) -> None:
        """The weather is what it is."""

    def phase(self, name: str) -> None:
        """Nobody is told."""

    def truth(self, at_ms: Sequence[int]) -> None:
        """Unknown."""
        return


class VirtualRig:
    """A virtual vehicle: one started for the flight, or one that somebody runs on this machine."""

    after_flight: str | None = None

    def __init__(self, *, process: VirtualProcess | None, client: VirtualClient | None, lock_step: bool) -> None:
        assert (process is None) != (client is None)
        self.uri = "virtual" if client is None else f"udp://127.0.0.1:{client.port}"
        self._process, self._client, self._lock_step = process, client, lock_step

    def open(self) -> Link:
        """Start it, or find it. In lock-step its time is the link's."""
        if self._process is not None:
            self._process.start()
            self.uri = self._process.uri
        else:
            assert self._client is not None
            self._client.open()
            if Info.FLYING in Info(self._client.state().supervisor):
                self._client.close()
                raise_flying(self.uri)
        link = Link(self.uri)
        if self._lock_step:
            link.pace = LockStepPace(self.client.state().now_ms, self.client.advance, link.barrier)
        return link

    def close(self) -> None:
        """End it, if it was started for this."""
        if self._process is not None:
            self._process.close()
        elif self._client is not None:
            self._client.close()

    def make_fit_again(self) -> None:
        """As a radio restarts a real one; one that was started for the flight ends with it."""
        if self._client is not None:
            with suppress(TargetUnavailable):  # it has ended
                self._client.fault({"kind": "reset"})

    @property
    def client(self) -> VirtualClient:
        """Its control socket."""
        if self._client is not None:
            return self._client
        assert self._process is not None
        return self._process.client

    def faults(self, scenario: Scenario, seed: int) -> None:
        """Those of a phase before the task."""
        early = [fault for fault in _dumped(scenario, "faults") if fault["in_phase"] != TASK]
        self.client.conditions(task_in_ms=0, seed=seed, scenario={"faults": early})
        self.phase("preflight")

    def conditions(self, scenario: Scenario, seed: int, task_in_ms: int) -> None:
        """Disturbances, what is drawn by chance, and the faults of the task."""
        given = {
            "disturbances": _dumped(scenario, "disturbances"),
            "faults": [fault for fault in _dumped(scenario, "faults") if fault["in_phase"] == TASK],
            "randomise": _dumped(scenario, "randomise"),
        }
        self.client.conditions(task_in_ms=task_in_ms, seed=seed, scenario=given, goes_on=True)

    def phase(self, name: str) -> None:
        """Faults may be waiting for it."""
        self.client.phase(name)

    def truth(self, at_ms: Sequence[int]) -> Sequence[Truth | None]:
        """As its body remembers it."""
        return self.client.truth(at_ms)


def running_virtual(port: int) -> VirtualRig | None:
    """The virtual vehicle that somebody runs at this port of this machine, by whatever clock it lives, or None."""
    client = VirtualClient(port)
    try:
        client.open()
        lock_step = client.state().lock_step
    except TargetUnavailable:
        return None
    client.close()
    return VirtualRig(process=None, client=client, lock_step=lock_step)


def _dumped(scenario: Scenario, key: str) -> Any:
    return scenario.model_dump(mode="json", include={key})[key]
