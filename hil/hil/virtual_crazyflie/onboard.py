"""Which controller flies, by the number in `stabilizer.controller`, and when it runs inside the 1 kHz loop.

    0  as the firmware was built: the controller it was started with
    1  the firmware's PID: `pid-firmware`      5  a model of the idea of Lee's controller: `geometric`
    6  what was built in out of tree: the network, or other controller, that it was started with

A number that is not there is refused without a word: it is echoed as written, and a tick later reads as before. A
set-point that is not a position is flown by the PID whatever the number, as an out-of-tree app must arrange itself. A
controller runs while there is something to fly and is begun anew when there is again; a classical one is then made for
the battery as it is, in place of the firmware's battery compensation.
"""

import math
from collections.abc import Callable, MutableMapping
from typing import NamedTuple, Self

from hil.controller_choice import maker
from hil.core.errors import BadInput
from hil.core.frames import quat_multiply
from hil.core.interfaces import Controller
from hil.core.types import Quat, Setpoint, State, Vec3, Vec4
from hil.core.vehicle import Vehicle
from hil.virtual_crazyflie.cell import charged_as
from hil.virtual_crazyflie.onboard_pid import OnboardPid
from hil.virtual_crazyflie.wanted import Wanted
from hil_controllers.network.controller import NetworkController
from hil_controllers.network.engines import Backend

NUMBER = "stabilizer.controller"
PID, LEE, OUT_OF_TREE = 1, 5, 6
_BUILT_IN = {"pid-firmware": PID, "geometric": LEE}
OFF: Vec4 = (0.0, 0.0, 0.0, 0.0)


class Flashed(NamedTuple):
    """The controller that a firmware is built with; it stays the same however often that boots."""

    word: str
    make: Callable[[Vehicle], Controller]  # for the vehicle as it is charged

    @classmethod
    def of(cls, word: str, vehicle: Vehicle, engine: Backend | None = None) -> Self:
        """What a word of the command line means, read now. Raises BadInput where it is none, or must not fly it.

        `engine` steps a network, None: the fastest that is here; raises TargetUnavailable for one that is not.
        """
        return cls(word, maker(word, vehicle, engine=engine))


class Onboard:
    """The controllers of one firmware, and the one that flies. Raises BadInput for one whose rate the loop has not."""

    def __init__(
        self, vehicle: Vehicle, parameters: MutableMapping[str, float], flashed: Flashed, console: Callable[[str], None]
    ) -> None:
        self._vehicle, self._parameters, self._console = vehicle, parameters, console
        self.pid = OnboardPid(vehicle)
        self._built_as = _BUILT_IN.get(flashed.word, OUT_OF_TREE)
        self._there = {LEE: Flashed.of("geometric", vehicle), self._built_as: flashed}
        self._other: Controller | None = None  # than the PID, if chosen
        self._flying: object | None = None  # the controller that flies now
        self._wait_ms, self._motors = 0, OFF
        self.number = PID
        parameters[NUMBER] = 0
        self._choose(0)

    def act(self, state: State, wanted: Wanted, battery_v: float) -> Vec4:
        """Motor duty for the next millisecond, fraction 0..1."""
        asked = int(self._parameters[NUMBER])
        if asked != self.number:
            self._choose(asked)
        if wanted.is_null:
            self._flying, self._motors = None, OFF
            return OFF
        flier = self._other if self._other is not None and wanted.is_position else self.pid
        if flier is not self._flying:
            flier = self._begun(flier, battery_v)
        if self._wait_ms == 0:
            self._motors = self._decide(flier, state, wanted, battery_v)
            self._wait_ms = 1000 // flier.rate_hz
        self._wait_ms -= 1
        return self._motors

    def _choose(self, asked: int) -> None:
        number = asked or self._built_as
        if number == PID or number in self._there:
            self.number = number
            word = "pid-firmware" if number == PID else self._there[number].word
            self._other = None if number == PID else self._built(self._there[number], self._vehicle)
            self._flying = None
            self._console(f"CONTROLLER: Using {word} ({number}) controller\n")
        self._parameters[NUMBER] = self.number

    def _built(self, flashed: Flashed, vehicle: Vehicle) -> Controller:
        controller = flashed.make(vehicle)
        if 1000 % controller.rate_hz:
            raise BadInput(
                f"{flashed.word}: {controller.rate_hz} Hz does not divide the firmware's 1000 Hz",
                hint="on a Crazyflie a controller runs at 1000, 500, 250, 200, 125, 100 or 50 Hz",
            )
        return controller

    def _begun(self, flier: Controller | OnboardPid, battery_v: float) -> Controller | OnboardPid:
        """The same controller at the first step of a flight, a classical one for the battery as it is now."""
        if flier is self._other and not isinstance(flier, NetworkController):
            flier = self._other = self._built(
                self._there[self.number], charged_as(self._vehicle, battery_v, sum(self._motors) / 4.0)
            )
        if isinstance(flier, OnboardPid):
            flier.reset(in_air=self._motors != OFF)
        else:
            flier.reset()
        self._flying, self._wait_ms = flier, 0
        return flier

    def _decide(self, flier: Controller | OnboardPid, state: State, wanted: Wanted, battery_v: float) -> Vec4:
        if isinstance(flier, OnboardPid):
            motors = flier.act(state, wanted, battery_v).motors
        elif isinstance(flier, NetworkController):  # has no yaw input: turned, so that the yaw wanted is 0
            motors = flier.act(*_turned(state, wanted.setpoint())).motors
        else:
            motors = flier.act(state, wanted.setpoint()).motors
        m1, m2, m3, m4 = motors
        if not math.isfinite(m1 + m2 + m3 + m4):
            return OFF
        return (_duty(m1), _duty(m2), _duty(m3), _duty(m4))


def _duty(value: float) -> float:
    return min(1.0, max(0.0, value))


def _turned(state: State, setpoint: Setpoint) -> tuple[State, Setpoint]:
    """Both seen from a world that is turned about z by the yaw wanted."""
    if setpoint.yaw == 0.0:
        return state, setpoint
    half = -setpoint.yaw / 2.0
    about: Quat = (0.0, 0.0, math.sin(half), math.cos(half))
    cos, sin = math.cos(setpoint.yaw), math.sin(setpoint.yaw)

    def seen(v: Vec3) -> Vec3:
        return (cos * v[0] + sin * v[1], cos * v[1] - sin * v[0], v[2])

    return (
        State(seen(state.position), seen(state.velocity), quat_multiply(about, state.attitude), state.rates),
        Setpoint(
            seen(setpoint.position),
            None if setpoint.velocity is None else seen(setpoint.velocity),
            None if setpoint.acceleration is None else seen(setpoint.acceleration),
            0.0,
            setpoint.yaw_rate,
        ),
    )
