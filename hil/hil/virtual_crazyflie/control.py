"""What the control socket of a virtual Crazyflie answers: time, truth and trouble. No real vehicle has any of it."""

from collections.abc import Callable, Mapping
from typing import Annotated, get_args

from pydantic import Field, ValidationError

from hil.control_socket import Answer, Request
from hil.core.errors import BadInput, unknown_name
from hil.scenario.conditions import Disturbance, Fault, Randomise
from hil.scenario.fault_words import fault_from
from hil.scenario.fields import FromList, Strict
from hil.scenario.virtual_faults import Phase
from hil.virtual_crazyflie.linked import Linked

PHASES = get_args(Phase)
TRUTH_MAX = 4096  # rows asked for at once
AHEAD_MAX_MS = 60_000  # to advance by at once: meanwhile nobody is heard, nor Ctrl-C


class _Conditions(Strict):
    """The part of a scenario that the vehicle feels."""

    disturbances: Annotated[tuple[Disturbance, ...], FromList] = ()
    faults: Annotated[tuple[Fault, ...], FromList] = ()
    randomise: Randomise = Field(default_factory=Randomise)


class Control:
    """Answers one request at a time; `advance(to_ms)` lets time pass, and is None where the wall clock does that."""

    def __init__(self, linked: Linked, *, advance: Callable[[int], None] | None, quit_: Callable[[], None]) -> None:
        self._linked, self._let_pass, self._end = linked, advance, quit_
        self._answers: Mapping[str, Callable[[Request], Answer]] = {
            "advance": self._advance,
            "state": self._state,
            "history": self._history,
            "truth": self._truth,
            "conditions": self._conditions,
            "phase": self._phase,
            "fault": self._fault,
            "quit": self._quit,
        }

    def answer(self, request: Request) -> Answer:
        """The answer to a request. Raises BadInput for one that makes no sense."""
        do = request.get("do")
        if not isinstance(do, str) or do not in self._answers:
            raise BadInput(unknown_name("request", str(do), self._answers))
        return self._answers[do](request)

    def _advance(self, request: Request) -> Answer:
        if self._let_pass is None:
            raise BadInput("this virtual vehicle lives by the wall clock", hint="start it with --lock-step")
        to_ms = _whole(request, "to_ms")
        if to_ms - self._linked.now_ms > AHEAD_MAX_MS:
            raise BadInput(f"to_ms {to_ms} is more than {AHEAD_MAX_MS} ms ahead", hint="advance in steps")
        self._let_pass(to_ms)
        return {"now_ms": self._linked.now_ms}

    def _state(self, request: Request) -> Answer:
        vehicle, body = self._linked.vehicle, self._linked.vehicle.body
        position, velocity, attitude, rates = body.state
        return {
            "now_ms": self._linked.now_ms,
            "position_m": position,
            "velocity_m_s": velocity,
            "quat_xyzw": attitude,
            "rates_rad_s": rates,
            "motors": body.motors_fraction,
            "motors_off": not any(body.motors_fraction),
            "on_ground": body.on_ground,
            "supervisor": int(vehicle.flight.log_values["supervisor.info"]()),
            "battery_v": body.battery_v,
            "booted": vehicle.boots,
            "lock_step": self._let_pass is not None,
        }

    def _history(self, request: Request) -> Answer:
        body = self._linked.vehicle.body
        return {
            "phases": self._linked.phases,
            "faults": self._linked.begun,
            "motors_off_ms": body.motors_off_ms,
            "on_ground_ms": body.on_ground_ms,
        }

    def _truth(self, request: Request) -> Answer:
        at_ms = request.get("at_ms")
        if not isinstance(at_ms, list) or len(at_ms) > TRUTH_MAX or not all(type(ms) is int for ms in at_ms):
            raise BadInput(f"at_ms must be a list of at most {TRUTH_MAX} whole numbers")
        rows: list[list[float] | None] = []
        vehicle = self._linked.vehicle
        rebooted_ms = vehicle.body.now_ms - vehicle.now_ms  # stamps are the firmware's, which begins anew
        for row in vehicle.body.truth([ms + rebooted_ms for ms in at_ms]):
            if row is None:
                rows.append(None)
                continue
            position, velocity, attitude, rates = row.state
            rows.append([row.at_ms - rebooted_ms, *position, *velocity, *attitude, *rates, *row.motors, row.battery_v])
        return {"rows": rows}

    def _conditions(self, request: Request) -> Answer:
        try:
            scenario = _Conditions.model_validate(request.get("scenario", {}))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise BadInput(f"scenario: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
        self._linked.conditions(
            disturbances=scenario.disturbances,
            faults=scenario.faults,
            randomise=scenario.randomise,
            seed=_whole(request, "seed"),
            task_in_ms=_whole(request, "task_in_ms"),
            goes_on=request.get("goes_on") is True,
        )
        return {}

    def _phase(self, request: Request) -> Answer:
        name = str(request.get("name"))
        if name not in PHASES:
            raise BadInput(unknown_name("phase", name, PHASES))
        return {"faults": [{"kind": fault.kind, "at_s": fault.at_s} for fault in self._linked.phase(name)]}

    def _fault(self, request: Request) -> Answer:
        self._linked.add([fault_from({key: value for key, value in request.items() if key != "do"}, "fault")])
        return {}

    def _quit(self, request: Request) -> Answer:
        self._end()
        return {}


def _whole(request: Request, key: str) -> int:
    value = request.get(key)
    if type(value) is not int or value < 0:
        raise BadInput(f"{key} must be a whole number, 0 or more, not {value!r}")
    return value
