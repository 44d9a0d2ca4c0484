"""Everything that flies inside the virtual Crazyflie: the firmware's stabiliser loop, 1000 times a second.

    body moves → senses → estimate → set-point → supervisor → controller → motors

in the firmware's order. Time is whole milliseconds since boot, and passes in `tick()` only. What a client sends between
two ticks is handled at once and acts at the next.
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Literal

from hil.core.types import State
from hil.core.vehicle import GRAVITY_M_S2
from hil.virtual_crazyflie.body import Body
from hil.virtual_crazyflie.commander import Commander, Rank
from hil.virtual_crazyflie.estimator import PREDICT_MS, Estimator
from hil.virtual_crazyflie.flight_log import log_values
from hil.virtual_crazyflie.high_level import PERIOD_MS, HighLevel
from hil.virtual_crazyflie.imu import Imu
from hil.virtual_crazyflie.localization import Localization
from hil.virtual_crazyflie.onboard import OFF, Flashed, Onboard
from hil.virtual_crazyflie.positioning import Fix, OnBoard
from hil.virtual_crazyflie.power import Power
from hil.virtual_crazyflie.service import Service
from hil.virtual_crazyflie.supervisor import Supervisor
from hil.virtual_crazyflie.wanted import NULL

RESET_ESTIMATION = "kalman.resetEstimation"


class FlightStack:
    """One boot of the firmware's flying half, on a body. Raises BadInput for a controller that cannot fly it.

    After a failed assertion (`assertion` says which) it does nothing more, motors off, until it is booted anew.
    Faults of the vehicle are methods of `Body`: they outlive a boot.
    """

    def __init__(
        self,
        body: Body,
        *,
        parameters: MutableMapping[str, float],
        trajectory_memory: bytearray,
        console: Callable[[str], None],
        controller: Flashed,
        arming: Literal["auto", "manual"] = "auto",
        positioning: Literal["onboard", "external"] = "onboard",
        seed: int = 0,
    ) -> None:
        self.now_ms = 0
        self.assertion = ""
        self.motors = OFF
        self.wanted = NULL
        self.body, self.parameters = body, parameters
        body.give(OFF)
        self._console = console
        self.imu, self.power = Imu(body, seed), Power()
        self.estimator = Estimator(parameters)
        self._positioning = OnBoard(body, seed) if positioning == "onboard" else None
        self.high_level = HighLevel(self._clock, parameters, trajectory_memory)
        self.commander = Commander(
            self._clock, idle_high_level=self.high_level.planner.stop, relaxed=self._tell_high_level, fail=self._fail
        )
        self.supervisor = Supervisor(
            self._clock, parameters, console, arms_itself=arming == "auto",
            high_level=lambda: (self.high_level.is_active, self.high_level.is_finished),
        )  # fmt: skip
        self.localization = Localization(
            parameters, fixed=self._fixed, stop=self.supervisor.stop, keep_alive=self.supervisor.keep_alive
        )
        self.onboard = Onboard(body.vehicle, parameters, controller, console)
        self.services: Sequence[Service] = (self.commander, self.high_level, self.localization, self.supervisor)
        self.log_values: Mapping[str, Callable[[], float]] = log_values(self)

    def tick(self) -> None:
        """One millisecond: the body moves, and the firmware runs once."""
        self.body.step_ms(self.motors)
        self.now_ms += 1
        if self.assertion:
            return
        self._sense()
        self.motors = self._decide()
        self.body.give(self.motors)

    @property
    def estimate(self) -> State:
        """What the controllers see: the estimate, with the rates as the gyro reads them."""
        return self.estimator.state(self.imu.rates)

    def _sense(self) -> None:
        self.imu.sample()
        self.power.update(self.now_ms, self.body.battery_v)
        if not self.estimator.is_plausible:
            self._console("ESTKALMAN: out of bounds, reset\n")
            self.estimator.reset()
        if self.parameters.get(RESET_ESTIMATION, 0):
            self.parameters[RESET_ESTIMATION] = 0
            self.estimator.reset()
        self.estimator.predict(self.imu.rates, self.imu.acceleration, flying=self.supervisor.is_flying)
        if self.now_ms % PREDICT_MS == 0:
            self.estimator.doubt()
            if self._positioning is not None:
                self._fixed(self._positioning.fix())

    def _decide(self) -> tuple[float, float, float, float]:
        estimate, supervisor = self.estimate, self.supervisor
        self.high_level.block(not supervisor.may_fly)
        if self.now_ms % PERIOD_MS == 0:
            self.commander.give(self.high_level.wanted(estimate), Rank.HIGH_LEVEL)
        wanted = self.commander.wanted
        if not supervisor.may_fly:
            wanted = NULL._replace(at_ms=wanted.at_ms)
        x, y, z = self.imu.acceleration
        felt = (x / GRAVITY_M_S2, y / GRAVITY_M_S2, z / GRAVITY_M_S2)
        supervisor.update(felt, self.motors, wanted)
        self.wanted = supervisor.override(wanted)
        motors = self.onboard.act(estimate, self.wanted, self.power.volts)
        return motors if supervisor.may_fly else OFF

    def _clock(self) -> int:
        return self.now_ms

    def _fixed(self, fix: Fix) -> None:
        if self.body.pose_is_seen:
            self.estimator.correct(fix)

    def _tell_high_level(self) -> None:
        self.high_level.tell(self.estimate)

    def _fail(self, what: str) -> None:
        self.assertion = what
        self.motors = OFF
        self.body.give(OFF)
        self._console(f"ASSERT: {what}\n")
