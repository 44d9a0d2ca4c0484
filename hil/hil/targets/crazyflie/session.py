"""One connection to a vehicle while it is flown: its link, its log, what it was told, what is known of the flight.

Rows become samples here. A row has the tick of the vehicle's own stamp; its set-point is the one of that tick, which
may come after the row does: such a row waits.
"""

from collections.abc import Iterator, Sequence

from hil.core.breach import Breach, Reaction
from hil.core.types import Event, Sample
from hil.safety import battery_low, log_silent, supervisor_breach
from hil.scenario.model import Safety
from hil.targets.crazyflie import high_level
from hil.targets.crazyflie.flight_path import FlightPath
from hil.targets.crazyflie.keep_alive import KeepAlive
from hil.targets.crazyflie.link import Link
from hil.targets.crazyflie.link_quality import LinkQuality
from hil.targets.crazyflie.pace import LockStepPace
from hil.targets.crazyflie.pairing import Paired
from hil.targets.crazyflie.rig import Rig
from hil.targets.crazyflie.rows import Row
from hil.targets.crazyflie.stamps import TaskClock
from hil.targets.crazyflie.telemetry import Telemetry

ANSWER_S = 0.6  # in the air; the keep-alive, sent every 0.25 s, must not miss 1 s
DOUBT_M = 0.1  # a vehicle that was seen until then has not been for two seconds
_LOOK_S = 0.02  # between two looks at what came, where no set-points of ours set the pace
_MOMENT_S = 0.001


class Session:
    """From an open link to a closed one."""

    def __init__(self, rig: Rig, link: Link, *, rate_hz: int, limits: Safety) -> None:
        self.rig, self.link, self.limits = rig, link, limits
        self.telemetry = Telemetry(link, rate_hz)
        self.quality = LinkQuality(link)
        self._lock_step = isinstance(link.pace, LockStepPace)
        self.keep_alive = KeepAlive(link, threaded=not self._lock_step)
        self.path: FlightPath | None = None  # set with `task`, just before take-off
        self.task: TaskClock | None = None
        self.next_tick = 0  # set-points of earlier ticks have been given
        self.task_is_over = False  # no more of them will come
        self.turning = False  # the motors may turn
        self.airborne = False  # the vehicle is meant to be in the air
        self.breach: Breach | None = None
        self.words: list[int] = []  # of the supervisor, each time it changed
        self.rows_expected = self.rows_given = 0
        self.battery_start_v: float | None = None
        self._rate_hz = rate_hz
        self.is_over = False
        self._has_doubted = False
        self._told: list[tuple[float, str, str]] = []  # when, by our clock; kind; text
        self._waiting: list[Paired] = []
        self._last_tick: int | None = None

    def tend(self) -> None:
        """What has to be done again and again, whatever else is going on."""
        now_s = self.link.pace.now_s()
        self.quality.tend(now_s)
        self.keep_alive.tend(now_s)

    @property
    def now_s(self) -> float:
        """The vehicle's time on the task's clock, as far as its packets tell."""
        return self._on_the_task_s(self.link.pace.now_s())

    def _on_the_task_s(self, at_s: float) -> float:
        assert self.task is not None
        lag_s = 0.0 if self._lock_step else self.telemetry.lag_s or 0.0
        return at_s - lag_s - self.task.begin_ms / 1000

    def until(self, t_s: float) -> Iterator[Sequence[Sample]]:
        """Let time pass up to `t_s` on the task's clock; what became known meanwhile, again and again."""
        while (left_s := t_s - self.now_s) > 1e-6:
            self.link.pace.wait_until(self.link.pace.now_s() + min(left_s, _LOOK_S))
            self.tend()
            yield self.samples()

    def until_task(self) -> Iterator[Sequence[Sample]]:
        """Up to the row just before the task: the flight loop counts on from its last sample."""
        yield from self.until(-self.telemetry.period_ms / 1000)
        while self._last_tick != -1 and self.now_s < 0.0:
            self.link.pace.wait_until(self.link.pace.now_s() + _MOMENT_S)
            yield self.samples()

    def order(self, request: bytes) -> int:
        """The high-level commander's answer to a request: 0, or why not. Raises LinkSilent."""
        self.tend()  # it may be asked for again before the flight loop looks
        answer = self.link.ask(
            *(high_level.PORT, high_level.CHANNEL, request),
            answer=request[: high_level.ECHOED],
            within_s=ANSWER_S,
        )
        return high_level.error_of(answer)

    def give_up(self, reason: str, reaction: Reaction) -> None:
        """End the flight at the flight loop's next look; the greatest reaction counts."""
        if self.breach is None or reaction > self.breach.reaction:
            self.breach = Breach(reason, reaction)

    def phase(self, name: str, outcome: str) -> None:
        """A phase ended like this."""
        self.tell("phase", f"{name}: {outcome}")

    def tell(self, kind: str, text: str) -> None:
        """Something happened now."""
        self._told.append((self.link.pace.now_s(), kind, text))

    def events(self) -> list[Event]:
        """What happened since this was last asked; first of all when the task's begin is known, or will never be."""
        if self.task is None and not self.is_over:
            return []
        told, self._told = self._told, []
        return [Event(self._on_the_task_s(at_s) if self.task else 0.0, kind, text) for at_s, kind, text in told]

    def fresh(self) -> Row | None:
        """The newest row, where it is no older than the limits allow."""
        silent = log_silent(self.limits, self.telemetry.age_s(self.link.pace.now_s()))
        return None if silent else self.telemetry.newest

    def alarm(self) -> Breach | None:
        """Why the flight must end that no sample tells."""
        if self.breach is not None and self.breach.reaction is Reaction.STOP:
            return self.breach
        found = [self.breach, *self._found()] if self.airborne else [self.breach]
        return max((breach for breach in found if breach), key=lambda breach: breach.reaction, default=None)

    def _found(self) -> Iterator[Breach | None]:
        age_s = self.telemetry.age_s(self.link.pace.now_s())
        self.quality.ages_s.append(age_s)
        if self.link.lost:
            yield Breach(f"the link broke: {self.link.lost}", Reaction.HOLD)
        yield log_silent(self.limits, age_s)
        if self.telemetry.battery_v is not None:
            yield battery_low(self.limits, self.telemetry.battery_v)
        if self.telemetry.newest is not None:
            yield supervisor_breach(self.telemetry.newest.supervisor, airborne=True)

    def samples(self) -> list[Sample]:
        """Rows that became samples; none before the task's begin is known."""
        self._waiting.extend(self.telemetry.collect())
        self._doubt()
        return self._made(self._waiting_no_more())

    def _doubt(self) -> None:
        """Say once that the vehicle hardly knows where it is. Not an end: with a flow deck doubt grows with the way."""
        std_m = self.telemetry.position_std_m
        if self.airborne and not self._has_doubted and std_m is not None and std_m > DOUBT_M:
            self._has_doubted = True
            self.tell("warning", f"the vehicle knows its position to {std_m:.2f} m only: is its positioning in view?")

    def last_samples(self) -> list[Sample]:
        """All that is left, at the end of the flight."""
        self._waiting.extend(self.telemetry.rest())
        return self._made(self._waiting_no_more())

    def _waiting_no_more(self) -> list[Paired]:
        """In the order of their ticks, each tick once; rows of ticks whose set-point is to come stay."""
        if self.task is None:
            return []
        ready, waiting = [], []
        for paired in self._waiting:
            tick = self.task.tick(paired.row.stamp_ms)
            if self._last_tick is not None and tick <= self._last_tick:
                continue  # sent twice, or overtaken
            if tick >= self.next_tick and tick >= 0 and not self.task_is_over:
                waiting.append(paired)
                continue
            self._note(paired.row, tick)
            ready.append(paired)
        self._waiting = waiting
        return ready

    def _note(self, row: Row, tick: int) -> None:
        self.rows_given += 1
        self.rows_expected += tick - self._last_tick if self._last_tick is not None else 1
        self._last_tick = tick
        if not self.words or self.words[-1] != row.supervisor:
            self.words.append(row.supervisor)

    def _made(self, rows: list[Paired]) -> list[Sample]:
        if not rows:
            return []
        assert self.task is not None
        assert self.path is not None
        truths = self.rig.truth([paired.row.stamp_ms for paired in rows])
        latency_s = self.quality.latencies_s[-1] if self.quality.latencies_s else 0.0
        made = []
        for k, (row, command) in enumerate(rows):
            tick = self.task.tick(row.stamp_ms)
            t_s = tick / self._rate_hz
            truth = truths[k] if truths else None
            if truths and truth is None:
                self.tell("gap", f"the truth at {t_s:.2f} s is forgotten")
                continue
            state = truth.state if truth else row.estimate
            setpoint = self.path.at(tick, t_s)
            made.append(Sample(tick, t_s, setpoint, state, command, row.estimate, row.battery_v, 0.0, latency_s))
        return made
