"""The seams: Plant × Controller (what flies, who decides) and Target (a rig that takes set-points, gives samples).

All are abstract or final: to change behaviour, wrap.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from hil.core.arrays import Floats
from hil.core.breach import Breach, Reaction
from hil.core.types import TRUTH, AttitudeThrust, Command, Event, Sample, Setpoint, Start, State


class Controller(ABC):
    """Decides motor commands. Constructed once per flight; `act` is called at `rate_hz`."""

    name: str
    family: str  # "position-only" | "feed-forward" | "network" …: which criteria limits apply
    rate_hz: int
    content_hash: str = ""  # of what was loaded to make it, such as a network; empty for one that is its code

    @abstractmethod
    def reset(self) -> None:
        """Forget everything: the next `act` is the first of a flight."""

    @abstractmethod
    def act(self, state: State, setpoint: Setpoint) -> Command:
        """Command for the next 1 / rate_hz seconds, from what the controller is allowed to see."""


class BatchController(ABC):
    """A controller of many flights at once; row k of an array is flight k's, its columns are in `hil.core.arrays`.

    Flights must not feel each other. A row of states that is NaN is a flight that is over: any answer to it will do.
    """

    name: str
    family: str
    rate_hz: int
    content_hash: str = ""

    @abstractmethod
    def reset(self, n: int) -> None:
        """Forget everything: the next `act` is the first of n flights."""

    @abstractmethod
    def act(self, states: Floats, setpoints: Floats) -> Floats:
        """Commands (n, 4) for the next 1 / rate_hz seconds, for states (n, 13) and set-points (n, 11); keep neither."""


class OuterLoop(ABC):
    """Decides attitude and thrust; becomes a `Controller` when a firmware-like inner loop is put behind it."""

    name: str
    family: str
    rate_hz: int

    @abstractmethod
    def reset(self) -> None:
        """Forget everything: the next `act` is the first of a flight."""

    @abstractmethod
    def act(self, state: State, setpoint: Setpoint) -> AttitudeThrust:
        """Attitude and thrust wanted for the next 1 / rate_hz seconds."""


class Plant(ABC):
    """What flies, in simulated time."""

    @abstractmethod
    def reset(self, start: Start, *, seed: int) -> State:
        """Put the vehicle at `start` at t = 0; chance from `seed` only."""

    @abstractmethod
    def step(self, command: Command, dt_s: float) -> State:
        """Hold `command` for `dt_s`; the true state after it."""

    @property
    @abstractmethod
    def battery_v(self) -> float | None:
        """Terminal voltage now, or None for a plant without a battery."""


class Target(ABC):
    """A rig that takes set-points and gives samples. `with` opens it, and always stops, then closes.

    A flight is open, reset, approach, step by step, leave, stop, close. A rig that puts its vehicle at the start has
    nothing to approach and nothing to leave. One behind a link gives samples when they arrive, each at the tick that
    it belongs to: none or several a step.
    """

    name: str  # the word after --target
    controller_name: str
    controller_family: str
    controller_hash: str = ""  # its `content_hash`
    state_source: str = TRUTH  # what the state in its samples is
    vehicle: str = ""  # what flies, where that is not the scenario's vehicle in a simulator
    where: str = ""  # how a vehicle is reached, such as a URI

    @abstractmethod
    def open(self) -> None:
        """Touch the hardware. Raises TargetUnavailable."""

    @abstractmethod
    def reset(self, start: Start, *, seed: int) -> None:
        """Get ready to fly from `start`, without moving. Raises Refused where that is not safe."""

    @abstractmethod
    def approach(self) -> Iterator[Sequence[Sample]]:
        """Bring the vehicle to the start; what became known since, again and again, at ticks below 0."""

    @abstractmethod
    def step(self, setpoint: Setpoint) -> Sequence[Sample]:
        """Give one set-point; the samples that became known. Each pairs state, set-point and command of its tick."""

    @abstractmethod
    def leave(self, reaction: Reaction) -> Iterator[Sequence[Sample]]:
        """Bring the vehicle down, holding first if told to; what became known since, again and again."""

    @abstractmethod
    def alarm(self) -> Breach | None:
        """Why the flight must end that no sample tells: a link gone silent, a vehicle that gave up, an operator."""

    @abstractmethod
    def news(self) -> Sequence[Event]:
        """What happened on the rig since this was last asked."""

    @abstractmethod
    def stop(self) -> None:
        """Make the motors stop. Idempotent, never raises, needs no healthy link."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the hardware. Idempotent."""

    @abstractmethod
    def keep(self, run_dir: Path) -> None:
        """Put beside the log of the last flight what only this rig knows of it, if anything."""

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            self.close()
