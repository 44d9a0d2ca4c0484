"""One row of the fault matrix: what breaks in which phase, and what must come of it."""

from enum import Enum
from typing import NamedTuple

KILLED = -9  # exit code of a process that got kill -9


class End(Enum):
    """What the vehicle must truly have come to."""

    NEVER_TURNED = "its motors never turned, it stands where it stood"
    DISARMED = "its motors never turned, and it is armed no more"
    LANDED = "it stands on the floor, upright, motors off, and nothing had to stop it"
    STOPPED = "its motors are off, and it will not turn them again until somebody restarted it"
    LANDED_AND_LOCKED = "it stands on the floor, upright, motors off, and was told to stop all the same"
    DOWN = "its motors are off, and it lies on the floor, wherever and however"


class Row(NamedTuple):
    """A flight on which something breaks."""

    phase: str
    what: str  # that happens
    end: End
    code: int  # exit code of `hil run`
    within_s: float  # from what happened until the end, in the vehicle's time
    why: str  # this bound
    says: str  # the log, or where there is none the terminal
    faults: tuple[str, ...] = ()  # as after --fault; the last is what happens
    events: tuple[tuple[str, float, str], ...] = ()  # to the bench, as `bench_with_events` takes them; as above
    before: tuple[bytes, ...] = ()  # packets that another client sent the vehicle before
    vehicle: dict[str, object] = {}  # noqa: RUF012  options of `VirtualProcess`
    words: tuple[str, ...] = ()  # of hil run
    near_m: float = 0.3  # of where the task held it, along the floor
    in_ci: bool = False

    @property
    def name(self) -> str:
        return f"{self.phase}: {self.what}"
