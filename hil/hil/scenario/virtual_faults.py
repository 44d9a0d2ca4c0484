"""What breaks on a vehicle with a link and a firmware: faults that the virtual Crazyflie has and a plant has not.

Each begins at `at_s` after the phase `in_phase` began. Phases are announced by the bench that flies; where none does,
faults of `task` count from the vehicle's boot, or from when they were told, and those of other phases never set in.
"""

from typing import Annotated, Literal

from pydantic import Field

from hil.scenario.fields import DurationOrZero, Span, Strict

Phase = Literal["preflight", "arm", "take-off", "go-to-start", "settle", "task", "land"]
Direction = Literal["up", "down", "both"]

At = Annotated[DurationOrZero, Field(description="from when on, in its phase")]
For = Annotated[Span | None, Field(description="how long; null = for good")]
InPhase = Annotated[Phase, Field(description="the phase of the flight that at_s counts in")]
Chance = Annotated[float, Field(gt=0, le=1)]
Way = Annotated[Direction, Field(description="up: packets to the vehicle; down: from it; both")]


class LinkLoss(Strict):
    """Packets are lost by chance, each for itself."""

    kind: Literal["link_loss"]
    share: Chance = Field(description="of the packets, 0..1")
    direction: Way = "both"
    at_s: At = 0.0
    for_s: For = None
    in_phase: InPhase = "task"


class LinkDuplication(Strict):
    """Packets arrive twice by chance, as after a lost acknowledgement."""

    kind: Literal["link_duplication"]
    share: Chance = Field(description="of the packets, 0..1")
    direction: Way = "both"
    at_s: At = 0.0
    for_s: For = None
    in_phase: InPhase = "task"


class LinkDelay(Strict):
    """Packets arrive later, and with jitter out of order."""

    kind: Literal["link_delay"]
    added_s: DurationOrZero = Field(description="delay of every packet")
    jitter_s: DurationOrZero = Field(default=0.0, description="greatest chance delay on top, uniform")
    direction: Way = "both"
    at_s: At = 0.0
    for_s: For = None
    in_phase: InPhase = "task"


class LinkBlackout(Strict):
    """No packet gets through, and nobody is told."""

    kind: Literal["link_blackout"]
    direction: Way = "both"
    at_s: At = 0.0
    for_s: For = None
    in_phase: InPhase = "task"


class LinkRefused(Strict):
    """The port is closed: who sends to it is told that nobody is there."""

    kind: Literal["link_refused"]
    at_s: At = 0.0
    for_s: For = None
    in_phase: InPhase = "task"


class Reset(Strict):
    """The firmware starts anew: its motors stop, it forgets log blocks, set-points and arming."""

    kind: Literal["reset"]
    at_s: At = 0.0
    in_phase: InPhase = "task"


class BatterySag(Strict):
    """The battery is suddenly as empty as one with this voltage at rest."""

    kind: Literal["battery"]
    volts: Annotated[float, Field(ge=0, le=30)] = Field(description="voltage without load, from then on")
    at_s: At = 0.0
    in_phase: InPhase = "task"


class PoseDropout(Strict):
    """The estimator gets no position any more, as when motion capture loses sight."""

    kind: Literal["pose_dropout"]
    at_s: At = 0.0
    for_s: For = None
    in_phase: InPhase = "task"


class Tumble(Strict):
    """A torque turns the vehicle over, once it flies, until it lies on the floor."""

    kind: Literal["tumble"]
    at_s: At = 0.0
    for_s: For = None
    in_phase: InPhase = "task"


class LogOverrun(Strict):
    """The firmware's worker queue is full: log blocks deliver nothing, and no error tells."""

    kind: Literal["log_overrun"]
    at_s: At = 0.0
    for_s: For = None
    in_phase: InPhase = "task"


LinkFault = LinkLoss | LinkDuplication | LinkDelay | LinkBlackout | LinkRefused
FirmwareFault = Reset | BatterySag | PoseDropout | Tumble | LogOverrun
