"""`--target crazyflie`: a Crazyflie with its on-board controller, brought up, flown and brought down again.

    preflight → arm → take-off → go-to-start → settle → task → land → disarm

Each phase is told as an event with its outcome. Up to take-off a problem is a refusal; from then on it is an alarm,
which ends the flight as any broken limit does. Rows have the ticks of the vehicle's own stamps: when the task begins on
the vehicle's clock is fixed just before it takes off.
"""

import json
import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hil.core.breach import Breach, Reaction
from hil.core.errors import HilError, Refused
from hil.core.interfaces import Target
from hil.core.types import ON_BOARD_ESTIMATE, TRUTH, Event, Sample, Setpoint, Start
from hil.flight_plan import FlightPlan
from hil.readiness import Finding, Readiness, preflight_findings
from hil.run_files import LINK
from hil.targets.crazyflie import ascent, descent, parameters, supervision
from hil.targets.crazyflie.approach_plan import ON_THE_GROUND_M, SETTLE_S
from hil.targets.crazyflie.emergency import emergency_stop
from hil.targets.crazyflie.legs import Leg
from hil.targets.crazyflie.link import CONNECT_S
from hil.targets.crazyflie.onboard_slots import ONBOARD, PARAMETER, name_of
from hil.targets.crazyflie.pace import LockStepPace, is_past
from hil.targets.crazyflie.readying import look
from hil.targets.crazyflie.rig import Rig, VirtualRig
from hil.targets.crazyflie.session import Session
from hil.targets.crazyflie.streaming import Setpoints

_STOP_BY_ANOTHER_LINK_S = 1.0
_EVERY_S = 2.0  # of a virtual vehicle's time; connecting takes less than half of it, unless packets are lost
SETTLING_S = 10.0  # an estimator that starts anew with its positioning in view takes a few seconds
_AT_START_M = 0.3  # of a vehicle whose task begins on the floor


class CrazyflieTarget(Target):
    """One vehicle at one URI, and the flight that it is to make; it is also the clock of that flight."""

    name = "crazyflie"

    def __init__(
        self,
        rig: Rig,
        plan: FlightPlan,
        *,
        onboard: str,
        setpoints: Setpoints,
        decks: Sequence[str],
        positioning: str,
        vehicle: str,
        confirmed: bool,
    ) -> None:
        self.controller_name = f"onboard-{onboard}"
        self.controller_family = ONBOARD[onboard].family
        self.state_source = TRUTH if isinstance(rig, VirtualRig) else ON_BOARD_ESTIMATE
        self.vehicle, self.where = vehicle, rig.uri
        self.plan = plan
        self._rig, self._onboard, self._setpoints = rig, onboard, setpoints
        self._decks, self._positioning, self._confirmed = decks, positioning, confirmed
        self._session: Session | None = None
        self._kept: dict[str, Any] = {}
        self._start: Start | None = None
        self._floor_m = 0.0
        self._emergency = threading.Lock()

    def now_s(self) -> float:
        """The vehicle's time; while it is not connected, the wall's."""
        return self._session.link.pace.now_s() if self._session else time.perf_counter()

    def wait_until(self, t_s: float) -> None:
        """Let the vehicle's time pass."""
        if self._session:
            self._session.link.pace.wait_until(t_s)
        else:
            time.sleep(max(0.0, t_s - time.perf_counter()))

    def open(self) -> None:
        """Connect, read tables and parameters. Raises TargetUnavailable within a minute, whatever the link does.

        Raises Refused, before anything is touched, where the operator has not confirmed that propellers may turn.
        """
        if not self._confirmed:
            raise Refused(
                f"propellers would turn on {self.vehicle} at {self.where}, and nobody confirmed it",
                hint="--yes confirms it; without a vehicle: --uri virtual",
            )
        link = self._rig.open()
        try:
            link.open(CONNECT_S)
            session = Session(self._rig, link, rate_hz=round(self.plan.rate_hz), limits=self.plan.scenario.safety)
            session.quality.begin()
            if isinstance(link.pace, LockStepPace):
                link.pace.begin_evenly(_EVERY_S)
        except BaseException:
            link.close()
            self._rig.close()
            raise
        self._session = session

    def reset(self, start: Start, *, seed: int) -> None:
        """Preflight: everything that can be known on the floor. Raises Refused with every finding."""
        session = self._connected()
        if session.turning:
            raise Refused("the vehicle may still be flying", hint="land it, or stop it with hil stop")
        self._start = start
        self._rig.faults(self.plan.scenario, seed)
        self._refuse_missing_decks(session)
        self._choose_controller(session)
        session.telemetry.start()
        ready, findings = self._looked(session)
        session.battery_start_v = ready.battery_v
        if findings:
            raise Refused("; ".join(found.text for found in findings), hint="; ".join(found.hint for found in findings))
        assert ready.position_m is not None
        self._refuse_start(start, ready.position_m)
        self._floor_m = ready.position_m[2]
        self._setpoints.prepare(session.link)
        session.phase(
            "preflight",
            f"passed: battery {ready.battery_v:.2f} V, latency {1000 * (ready.latency_s or 0.0):.0f} ms, "
            f"loss {100 * (ready.loss_share or 0.0):.0f} %, "
            f"position known to {1000 * (ready.position_std_m or 0.0):.0f} mm",
        )

    def approach(self) -> Iterator[Sequence[Sample]]:
        """Arm, take off, go to the start, settle."""
        session, start = self._connected(), self._start
        assert start is not None, "reset() comes first"
        yield ()  # whoever was told to stop meanwhile does not arm
        try:
            yield from self._ascend(session, start)
        except Refused:
            descent.stand_down(session)
            raise

    def _ascend(self, session: Session, start: Start) -> Iterator[Sequence[Sample]]:
        ascent.arm(session)
        yaw = self.plan.reference.at(0.0).yaw
        if start.state.position[2] <= ON_THE_GROUND_M:
            newest = session.telemetry.newest
            assert newest is not None
            here = newest.estimate.position
            ascent.fix_begin(session, Leg(-SETTLE_S, SETTLE_S, here, here, yaw), ahead_s=SETTLE_S)
            self._announce(session)
        else:
            plan = ascent.plan_ascent(session, start, yaw)
            self._announce(session)
            yield from ascent.take_off(session, plan.take_off)
            yield from ascent.go_to_start(session, plan.go_to)
            yield from ascent.settle(session, start.state.position)
            return
        session.turning = True
        session.keep_alive.begin()
        yield from session.until_task()
        session.airborne = True

    def step(self, setpoint: Setpoint) -> Sequence[Sample]:
        """Give the set-point of the next tick; the rows that came."""
        session = self._connected()
        assert session.path is not None, "approach() comes first"
        first = session.next_tick == 0
        if first:
            self._rig.phase("task")
        session.path.give(session.next_tick, setpoint)
        session.next_tick += 1
        if session.breach is None:
            self._setpoints.give(session, setpoint, first=first)
        session.tend()
        samples = session.samples()
        if session.next_tick == len(self.plan.ticks):
            session.phase("task", "flown to its end")
        return samples

    def leave(self, reaction: Reaction) -> Iterator[Sequence[Sample]]:
        """Hold if told to, land, disarm; told again with more, it does more."""
        session = self._session
        if session is None or not session.turning:
            return
        session.task_is_over = True
        if session.airborne:
            yield from descent.descend(session, reaction, floor_m=self._floor_m)
        if not session.airborne:
            descent.disarm(session)
            if warning := self._rig.after_flight:
                session.tell("warning", warning)
            yield ()

    def alarm(self) -> Breach | None:
        """A silent or broken link, an empty battery, a vehicle that gave up, a phase that failed."""
        return self._session.alarm() if self._session else None

    def news(self) -> Sequence[Event]:
        """Phases, warnings."""
        return self._session.events() if self._session else ()

    def stop(self) -> None:
        """Emergency stop, sent several times, past all locks and by another link where this one broke.

        Does nothing while nothing can turn: a stopped vehicle locks itself until it is restarted.
        """
        session = self._session
        if session is None:
            return
        session.is_over = True
        if not session.turning:
            return
        supervision.stop_motors(session.link.send_past_locks)
        with suppress(Exception):  # whatever else is broken, nothing may come out of here
            session.give_up("motors stopped", Reaction.STOP)
            session.tell("safety", "emergency stop sent")
            session.keep_alive.end()
        if session.link.lost and self._emergency.acquire(blocking=False):
            try:
                with suppress(HilError, OSError):
                    emergency_stop(session.link.uri, _STOP_BY_ANOTHER_LINK_S)
            finally:
                self._emergency.release()

    def close(self) -> None:
        """Let go. What was measured stays for `keep`."""
        session, self._session = self._session, None
        if session is not None:
            self._kept = self._link_facts(session)
            session.keep_alive.end()
            with suppress(HilError):
                if not session.link.lost:
                    session.telemetry.stop()
            session.link.close()
            if session.keep_alive.was_begun and not session.turning:
                self._rig.make_fit_again()
        self._rig.close()

    def keep(self, run_dir: Path) -> None:
        """How good the link was, and what the battery and the supervisor said: `link.json`."""
        facts = self._link_facts(self._session) if self._session else self._kept
        if facts:
            (run_dir / LINK).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")

    def _connected(self) -> Session:
        assert self._session is not None, "open() comes first"
        return self._session

    def _looked(self, session: Session) -> tuple[Readiness, list[Finding]]:
        """What the vehicle is found to be; looked at again for a while if all that is wrong may settle."""
        pace = session.link.pace
        until_s = pace.now_s() + SETTLING_S
        while True:
            ready = look(session.link, session.telemetry, session.quality)
            findings = preflight_findings(ready, session.limits, duration_s=self.plan.duration_s)
            if not all(found.may_settle for found in findings) or not findings or is_past(pace, until_s):
                return ready, findings

    def _choose_controller(self, session: Session) -> None:
        slot = ONBOARD[self._onboard].slot
        found = round(parameters.write(session.link, PARAMETER, slot))
        if found != slot:
            raise Refused(
                f"the vehicle has no controller {self._onboard}: asked for slot {slot}, it keeps {name_of(found)}",
                hint=f"--onboard {name_of(found)}, or firmware built with that controller",
            )

    def _refuse_missing_decks(self, session: Session) -> None:
        missing = [deck for deck in self._decks if not parameters.read(session.link, f"deck.{deck}")]
        if missing:
            raise Refused(f"not found on the vehicle: {', '.join(missing)}", hint="seat the deck, restart the vehicle")

    def _refuse_start(self, start: Start, here: tuple[float, float, float]) -> None:
        there = start.state.position
        if there[2] <= ON_THE_GROUND_M and math.dist(here[:2], there[:2]) > _AT_START_M:
            raise Refused(
                f"the task starts on the floor at ({there[0]:.2f}, {there[1]:.2f}) m, "
                f"the vehicle stands at ({here[0]:.2f}, {here[1]:.2f}) m",
                hint="carry it there",
            )

    def _announce(self, session: Session) -> None:
        self._rig.conditions(self.plan.scenario, self.plan.seed, max(0, round(-1000 * session.now_s)))

    def _link_facts(self, session: Session) -> dict[str, Any]:
        platform = session.link.facts()
        return {
            "uri": session.link.uri,
            **platform,
            **session.quality.summary(),
            "rows_expected": session.rows_expected,
            "rows_received": session.rows_given,
            "battery_start_v": session.battery_start_v,
            "battery_end_v": session.telemetry.battery_v,
            "supervisor_words": [f"0x{word:03x}" for word in session.words],
            "positioning": self._positioning,
        }
