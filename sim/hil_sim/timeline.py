"""When something happens to a flight: commands that arrive late, faults that set in, kicks.

Time is counted in whole nanoseconds, so that 300 Hz drifts by 0.1 ppm only and nothing accumulates. What happens at
an instant belongs to the step that begins there.
"""

import bisect
import math
from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

from hil.core.errors import HilError
from hil.core.types import Command, Vec3, Vec4
from hil.scenario.conditions import Delay, Disturbance, Fault, Kick, MotorEfficiency
from hil_sim.dynamics import Scalars

NEVER_NS = 2**62
Sent = TypeVar("Sent")  # what stands for a command


def nanoseconds(time_s: float) -> int:
    """The nearest whole nanosecond."""
    return round(time_s * 1e9)


def clipped(command: Command) -> Vec4:
    """Motor commands within 0..1. Raises HilError for one that is not a number: a controller never means that."""
    m1, m2, m3, m4 = command.motors
    if not math.isfinite(m1 + m2 + m3 + m4):
        raise HilError(f"motor command is not finite: {tuple(command.motors)}", hint="the controller has diverged")
    return (
        0.0 if m1 < 0.0 else 1.0 if m1 > 1.0 else m1,
        0.0 if m2 < 0.0 else 1.0 if m2 > 1.0 else m2,
        0.0 if m3 < 0.0 else 1.0 if m3 > 1.0 else m3,
        0.0 if m4 < 0.0 else 1.0 if m4 > 1.0 else m4,
    )


class LateCommands(Generic[Sent]):
    """Commands on their way to the motors, in order; a delay holds for commands issued from its instant on."""

    def __init__(self, first: Sent, *, delay_s: float, faults: Sequence[Fault] = ()) -> None:
        self._active = first
        self._waiting: deque[tuple[int, Sent]] = deque()
        self._delay_ns = nanoseconds(delay_s)
        self._added_ns = [(nanoseconds(f.at_s), nanoseconds(f.added_s)) for f in faults if isinstance(f, Delay)]

    def issue(self, now_ns: int, command: Sent) -> None:
        """Send a command at `now_ns`."""
        late_ns = self._delay_ns
        if self._added_ns:
            late_ns += sum(added for start, added in self._added_ns if start <= now_ns)
        self._waiting.append((now_ns + late_ns, command))

    def active(self, now_ns: int) -> Sent:
        """The command that the motors obey at `now_ns`; ask in order of time."""
        while self._waiting and self._waiting[0][0] <= now_ns:
            self._active = self._waiting.popleft()[1]
        return self._active

    def next_change_ns(self) -> int:
        """When the next waiting command takes effect."""
        return self._waiting[0][0] if self._waiting else NEVER_NS

    def needed(self) -> list[Sent]:
        """The command obeyed last, and those on their way."""
        return [self._active, *(command for _, command in self._waiting)]


class Events:
    """Kicks, and motors that lose thrust: known before the flight."""

    def __init__(self, disturbances: Sequence[Disturbance], faults: Sequence[Fault]) -> None:
        self._kicks = sorted(
            (
                (nanoseconds(d.at_s), d.velocity_world_m_s, d.rates_body_rad_s)
                for d in disturbances
                if isinstance(d, Kick)
            ),
            key=lambda kick: kick[0],
        )
        self._weak = [(nanoseconds(f.at_s), f.motor, f.factor) for f in faults if isinstance(f, MotorEfficiency)]
        self._instants = sorted({start for start, *_ in (*self._kicks, *self._weak)})

    def next_change_ns(self, now_ns: int) -> int:
        """First instant after `now_ns` at which something happens."""
        if not self._instants:
            return NEVER_NS
        later = bisect.bisect_right(self._instants, now_ns)
        return self._instants[later] if later < len(self._instants) else NEVER_NS

    def happens_at(self, now_ns: int) -> bool:
        """Whether something happens exactly then."""
        if not self._instants:
            return False
        index = bisect.bisect_left(self._instants, now_ns)
        return index < len(self._instants) and self._instants[index] == now_ns

    def kicks_at(self, now_ns: int) -> list[tuple[Vec3, Vec3]]:
        """Velocity (world, m/s) and rates (body, rad/s) added exactly then."""
        return [(velocity, rates) for start, velocity, rates in self._kicks if start == now_ns]

    def efficiency(self, now_ns: int, healthy: Scalars) -> Scalars:
        """Thrust of each rotor over nominal at `now_ns`, four floats or arrays."""
        factors = list(healthy)
        for start, motor, factor in self._weak:
            if start <= now_ns:
                factors[motor - 1] = factors[motor - 1] * factor
        return tuple(factors)
