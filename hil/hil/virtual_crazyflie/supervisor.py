"""Port 9 and the state that decides whether motors may turn: arming, flying, landed, crashed, locked.

States, conditions and info bits are those of Bitcraze crazyflie-firmware, supervisor.c, 2026.08; the words that follow
were checked against it: 0x20e idle, 0x11e moving and 0x31e hovering by the high-level commander, 0x21e by set-points,
0x244 locked, 0x2a4 tumbled and crashed; with manual arming 0x201, 0x20a armed, 0x31a hovering. The firmware looks every
40 ms, this every millisecond, so that a limit acts on the millisecond after it is passed.
"""

from collections.abc import Callable, Iterable, MutableMapping
from enum import Enum

from hil.core.types import Vec3, Vec4
from hil.virtual_crazyflie.packet import Packet
from hil.virtual_crazyflie.wanted import NULL, Wanted, levelled

PORT = 9
LEVEL_AFTER_MS, OFF_AFTER_MS = 500, 2000  # age of a set-point
FLEW_FOR_MS = 2000  # how long after its motors stopped it still counts as flying
KEEP_ALIVE_MS = 1000
SPIN_UP_MS = 1000  # from arming to ready, where arming is manual; the real one takes up to 1.2 s
TILTED_ACC_G, TILTED_FOR_MS = 0.5, 1000  # 60°
OVERTURNED_ACC_G, OVERTURNED_FOR_MS = -0.2, 100
FREE_FALL_ACC_G = 0.1
_ALL_BITS = 0x0C  # of the info commands; those below ask for one bit each, in the order of the bits


class Condition(Enum):
    """What the supervisor is in."""

    NOT_READY = "pre-flight checks not passed"
    READY_TO_ARM = "pre-flight checks passed"
    SPINNING_UP = "arming"
    READY = "ready to fly"
    FLYING = "flying"
    LEVELLING = "warning, level out"
    LANDED = "landed"
    CRASHED = "crashed"
    LOCKED = "locked"


_MAY_FLY = frozenset((Condition.READY, Condition.FLYING, Condition.LEVELLING, Condition.LANDED))
_ARMED = _MAY_FLY | {Condition.SPINNING_UP}


class Supervisor:
    """Whether it may fly, and what it makes of a set-point; `high_level` says whether that is active, and finished."""

    ports = (PORT,)

    def __init__(
        self, now_ms: Callable[[], int], parameters: MutableMapping[str, float], console: Callable[[str], None], *,
        arms_itself: bool, high_level: Callable[[], tuple[bool, bool]],
    ) -> None:  # fmt: skip
        self.condition = Condition.NOT_READY
        self.is_tumbled = False
        self._now_ms, self._parameters, self._console, self._arms_itself = now_ms, parameters, console, arms_itself
        self._high_level = high_level
        self._is_armed = self._is_crashed = self._stop_asked = False
        self._thrust_at_ms: int | None = None
        self._tilted_at_ms: int | None = None
        self._kept_alive_at_ms: int | None = None
        self._since_ms = 0  # when it came into its condition

    @property
    def may_fly(self) -> bool:
        """Whether motors may turn."""
        return self.condition in _MAY_FLY

    @property
    def is_flying(self) -> bool:
        """Whether it counts as flying: until 2 s after its motors stopped."""
        return self.condition in (Condition.FLYING, Condition.LEVELLING)

    @property
    def word(self) -> int:
        """The info bits."""
        active, finished = self._high_level()
        bits = (
            self.condition is Condition.READY_TO_ARM, self._is_armed, self._arms_itself, self.may_fly,
            self.is_flying, self.is_tumbled, self.condition is Condition.LOCKED, self._is_crashed, active, finished,
        )  # fmt: skip
        return sum(1 << k for k, bit in enumerate(bits) if bit)

    def arm(self, armed: bool) -> bool:
        """Ask to arm or disarm; whether it was done."""
        if armed and not self._is_armed and self.condition is not Condition.READY_TO_ARM:
            return False
        self._is_armed = armed
        return True

    @property
    def is_armed(self) -> bool:
        """Whether it is armed."""
        return self._is_armed

    def recover(self) -> bool:
        """Ask to recover from a crash; whether there is none now. Not while it lies on its side."""
        if self._is_crashed and self.is_tumbled:
            return False
        self._is_crashed = False
        return True

    def stop(self) -> None:
        """Emergency stop: locked until reboot."""
        self._stop_asked = True

    def keep_alive(self) -> None:
        """From the first of these on, a second without one is an emergency stop."""
        self._kept_alive_at_ms = self._now_ms()

    def update(self, acceleration_g: Vec3, motors: Vec4, wanted: Wanted) -> None:
        """Look at what it feels (body, g), what its motors were given and how old its set-point is; decide."""
        now = self._now_ms()
        idle = self._parameters.get("powerDist.idleThrust", 0) / 65535.0
        if max(motors) > idle:
            self._thrust_at_ms = now
        flies = self._thrust_at_ms is not None and now - self._thrust_at_ms < FLEW_FOR_MS
        self.is_tumbled = self._tumbles(acceleration_g, now) and bool(self._parameters.get("supervisor.tmblChckEn", 1))
        age_ms, stopped = now - wanted.at_ms, self._must_stop(now)
        while (then := self._next(now, flies=flies, age_ms=age_ms, stopped=stopped)) is not self.condition:
            self._enter(then, now)

    def override(self, wanted: Wanted) -> Wanted:
        """What is to be done instead of what is wanted, where the condition says so."""
        if self.condition is Condition.LEVELLING:
            return levelled(wanted)
        return wanted if self.may_fly else NULL

    def handle(self, packet: Packet) -> Iterable[Packet]:
        """Replies to arming, recovery and the info bits; the emergency stop and the keep-alive have none.

        The first byte says what is asked for; bytes too many do not matter. To arm takes a second: without, nothing is
        done.
        """
        match packet.channel, list(packet.data):
            case 0, [command, *_] if command == _ALL_BITS:
                return (_reply(0, command, *self.word.to_bytes(2, "little")),)
            case 0, [command, *_] if 1 <= command < _ALL_BITS:
                return (_reply(0, command, self.word >> (command - 1) & 1),)
            case 1, [1, armed, *_]:
                return (_reply(1, 1, self.arm(armed != 0), self._is_armed),)
            case 1, [2, *_]:
                return (_reply(1, 2, self.recover(), not self._is_crashed),)
            case 1, [3, *_]:
                self.stop()
            case 1, [4, *_]:
                self.keep_alive()
        return ()

    def _next(self, now: int, *, flies: bool, age_ms: int, stopped: bool) -> Condition:
        C, condition, in_condition_ms = Condition, self.condition, now - self._since_ms
        if condition is C.LOCKED or stopped:
            return C.LOCKED
        if condition is C.CRASHED:
            return C.CRASHED if self._is_crashed else C.NOT_READY
        if condition is C.NOT_READY:
            return C.NOT_READY if self.is_tumbled or self._is_crashed else C.READY_TO_ARM
        if condition is C.READY_TO_ARM:
            if self.is_tumbled:
                return C.NOT_READY
            if not self._is_armed:
                return C.READY_TO_ARM
            return C.READY if self._arms_itself else C.SPINNING_UP
        if condition in (C.FLYING, C.LEVELLING):
            if self.is_tumbled:
                return C.CRASHED
            if not self._is_armed or age_ms > OFF_AFTER_MS:
                return C.LOCKED
            if not flies:
                return C.LANDED
            return C.LEVELLING if age_ms > LEVEL_AFTER_MS else C.FLYING
        # on the ground, armed
        if self.is_tumbled or not self._is_armed:
            return C.NOT_READY
        if condition is C.SPINNING_UP:
            return C.READY if in_condition_ms >= SPIN_UP_MS else C.SPINNING_UP
        if flies:
            return C.FLYING
        limit_ms = self._parameters.get(*_TIMEOUTS[condition])
        return C.NOT_READY if in_condition_ms > limit_ms else condition

    def _enter(self, condition: Condition, now: int) -> None:
        was, self.condition, self._since_ms = self.condition, condition, now
        if condition is Condition.LOCKED:
            if was in (Condition.FLYING, Condition.LEVELLING) and not self._must_stop(now):
                self._console("SUP: free falling!\n")
            self._console("SUP: Locked, reboot required\n")
        elif condition is Condition.CRASHED:
            self._is_crashed = True
            self._console("SUP: Crashed, recovery required\n")
        elif condition is Condition.READY and not self._arms_itself:
            self._console("SUP: Ready to fly\n")
        elif condition is Condition.NOT_READY and was in _ARMED and not self._arms_itself:
            self._console("SUP: Disarming\n")
        if condition not in _ARMED:
            self._is_armed = condition is Condition.READY_TO_ARM and self._arms_itself

    def _must_stop(self, now: int) -> bool:
        silent = self._kept_alive_at_ms is not None and now - self._kept_alive_at_ms >= KEEP_ALIVE_MS
        return self._stop_asked or silent or bool(self._parameters.get("stabilizer.stop", 0))

    def _tumbles(self, acceleration_g: Vec3, now: int) -> bool:
        x, y, z = acceleration_g
        if z >= TILTED_ACC_G or max(abs(x), abs(y), abs(z)) < FREE_FALL_ACC_G:
            self._tilted_at_ms = None
            return False
        if self._tilted_at_ms is None:
            self._tilted_at_ms = now
        tilted_ms = now - self._tilted_at_ms
        return tilted_ms > (OVERTURNED_FOR_MS if z < OVERTURNED_ACC_G else TILTED_FOR_MS)


_TIMEOUTS = {
    Condition.READY: ("supervisor.prefltTimeout", 30_000.0),
    Condition.LANDED: ("supervisor.landedTimeout", 3_000.0),
}


def _reply(channel: int, command: int, *values: int) -> Packet:
    return Packet(PORT, channel, bytes((0x80 | command, *values)))
