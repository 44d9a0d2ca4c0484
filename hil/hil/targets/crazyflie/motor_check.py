"""Propellers off: each motor turns a little in its turn, to see that it is the one it should be, and turns that way.

Firmware lets a motor be turned alone by the parameters `motorPowerSet.*`. Builds without them, such as those for a
simulator, turn all four together by a set-point of attitude and thrust.

A motor that is turned alone goes on until it is told not to, whatever becomes of us (`motor_override`): every way out
of here tells it so first, and before anything that may fail or wait. `kill -9` and a link that is gone for good are no
ways out; only pulling the battery helps there.
"""

import struct
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple

from hil.core.errors import Refused
from hil.core.vehicle_status import Info
from hil.targets.crazyflie import motor_override, parameters, setpoint_packets, supervision
from hil.targets.crazyflie.blocks import Block
from hil.targets.crazyflie.emergency import emergency_stop
from hil.targets.crazyflie.link import ANSWER_S, Link
from hil.targets.crazyflie.pace import is_past

MOTORS: Final = (1, 2, 3, 4)
FRACTION: Final = 0.15  # of full command: turns any motor of a Crazyflie, and lifts nothing even with propellers on
TOGETHER: Final = 0.3  # attitude control shifts some of it from one motor to another; half of hover
TURN_S: Final = 1.0
_FULL = 65535
_ALONE = 1.0  # of motorPowerSet.enable: each as its own parameter says
_LOOK_S = 0.05  # between two looks at whether it is enough
_BY_ANOTHER_LINK_S = 1.0
_RPYT_PORT, _RPYT_CHANNEL, _RPYT_AGAIN_S = 3, 0, 0.05  # the firmware levels out after 0.5 s without
_LOG_MS = 20
_LANDED_S = 4.0


class Turned(NamedTuple):
    """What turned together, what was asked, and the most that each was seen to get; fractions of full command."""

    motors: tuple[int, ...]
    asked: float
    given: Mapping[int, float]


def check_motors(link: Link, enough: Callable[[], bool] = lambda: False) -> Generator[Turned, None, None]:
    """Turn what can be turned alone, one after the other, on an opened link; each is told when it has turned.

    Raises Refused where the vehicle does not arm, TargetUnavailable where it does not answer, KeyboardInterrupt once it
    is `enough`, but never in the midst of an exchange with the vehicle.
    """
    with _armed(link):
        alone = _turns_alone(link)
        for motors in [(motor,) for motor in MOTORS] if alone else [MOTORS]:
            given = dict.fromkeys(motors, 0.0)

            def hear(_: int, values: Mapping[str, float], given: dict[int, float] = given) -> None:
                for motor in given:
                    given[motor] = max(given[motor], values[_logged(motor)] / _FULL)

            log = Block("motors", [_logged(motor) for motor in MOTORS], _LOG_MS, hear)
            log.start(link)
            try:
                _turn_alone(link, motors[0], enough) if alone else _turn_together(link, enough)
            finally:
                log.delete(link)
            yield Turned(motors, FRACTION if alone else TOGETHER, given)


@contextmanager
def _armed(link: Link) -> Iterator[None]:
    """Armed within, by itself or by us; motors off and disarmed afterwards, with an emergency stop if it ends early."""
    armed_itself = Info.ARMED in (supervision.word(link, ANSWER_S) or Info(0))
    if not armed_itself and not supervision.arm(link):
        raise Refused("the vehicle does not arm", hint="level and still? battery in? see its console")
    try:
        yield
    except BaseException:
        cut(link)
        raise
    finally:
        with suppress(Exception):  # of a link in whatever state, after all that matters was sent
            _all_off(link)
            if not armed_itself:
                _disarm(link)


def cut(link: Link) -> None:
    """Motors off at once, past all locks, and by another link where this one broke; raises nothing."""
    motor_override.let_go(link.send_past_locks)
    supervision.stop_motors(link.send_past_locks)
    if link.lost:
        with suppress(Exception):
            emergency_stop(link.uri, _BY_ANOTHER_LINK_S)


def _disarm(link: Link) -> None:
    """Once it no longer counts as flying, which it does for 2 s after its motors turned: else it would lock itself."""
    deadline_s = link.pace.now_s() + _LANDED_S
    while link.pace.now_s() < deadline_s:
        info = supervision.word(link, ANSWER_S)
        if info is not None and Info.FLYING not in info:
            break
        link.pace.wait_until(link.pace.now_s() + 0.1)
    supervision.disarm(link)


def _turn_alone(link: Link, motor: int, enough: Callable[[], bool]) -> None:
    for other in MOTORS:
        parameters.write(link, f"motorPowerSet.m{other}", FRACTION * _FULL if other == motor else 0)
    _go_on(enough)
    parameters.write(link, motor_override.ENABLE, _ALONE)
    end_s = link.pace.now_s() + TURN_S
    while not is_past(link.pace, end_s):
        _go_on(enough)
        link.pace.wait_until(min(link.pace.now_s() + _LOOK_S, end_s))
    _all_off(link)


def _turn_together(link: Link, enough: Callable[[], bool]) -> None:
    end_s = link.pace.now_s() + TURN_S
    _rpyt(link, 0.0)  # unlocks: firmware wants to see no thrust first
    while link.pace.now_s() < end_s:
        _go_on(enough)
        _rpyt(link, TOGETHER)
        link.pace.wait_until(link.pace.now_s() + _RPYT_AGAIN_S)
    _all_off(link)


def _go_on(enough: Callable[[], bool]) -> None:
    if enough():
        raise KeyboardInterrupt


def _rpyt(link: Link, thrust: float) -> None:
    link.send(_RPYT_PORT, _RPYT_CHANNEL, struct.pack("<3fH", 0.0, 0.0, 0.0, round(thrust * _FULL)))


def _all_off(link: Link) -> None:
    """Raises LinkSilent where the vehicle does not say that it gave the motors back."""
    motor_override.let_go(link.send_past_locks)
    for _ in range(supervision.STOP_PACKETS):
        link.send(setpoint_packets.PORT, setpoint_packets.CHANNEL, setpoint_packets.MOTORS_OFF)
    if link.cf is not None and _turns_alone(link):
        parameters.write(link, motor_override.ENABLE, 0)


def _turns_alone(link: Link) -> bool:
    return link.cf.param.toc.get_element(*motor_override.ENABLE.split(".")) is not None


def _logged(motor: int) -> str:
    return f"motor.m{motor}"
