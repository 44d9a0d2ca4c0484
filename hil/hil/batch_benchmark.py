"""How long many simulated flights take on this machine: flown at once, and one after the other.

Wall time of hover flights under a real vehicle's noise, battery and unequal motors, from plans to logs. Compare the
ratios between machines, not the absolute numbers.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hil.batch_runner import run_batch
from hil.core.arrays import Floats
from hil.core.clock import SimulatedClock
from hil.core.interfaces import BatchController
from hil.core.vehicle import GRAVITY_M_S2, Vehicle
from hil.log import LogWriter
from hil.runner import run
from hil.scenario.model import Scenario
from hil.scenario.shipped import shipped_dir
from hil.targets.batch_loop import build_sim_batch
from hil.targets.closed_loop import DEFAULT_CONTROLLER, build_sim
from hil.targets.order import Order
from hil.vehicle_choice import vehicle_of

DURATION_S = 5.0
ALONE = 20  # flights flown one after the other are alike: a few tell


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightSpeed:
    """One way of flying, measured."""

    what: str
    flights: int
    seconds: float
    flights_s: float
    times_real: float  # simulated over wall time


class HoverByArrays(BatchController):
    """Feedback of position, velocity, tilt, its sum and rates by fixed gains, in array code: as little as hovers."""

    name, family, rate_hz = "hover-by-arrays", "position-only", 100

    def __init__(self, vehicle: Vehicle) -> None:
        hover = vehicle.hover_command
        slope_n = 2.0 * vehicle.mass_kg * GRAVITY_M_S2 / 4.0 / hover  # of one rotor's thrust over the command
        arm_x, arm_y = max(vehicle.rotor_y_m), max(vehicle.rotor_x_m)
        jx, jy, jz = vehicle.inertia_kg_m2
        self._hover, self._lift = hover, vehicle.mass_kg / (4.0 * slope_n)
        self._roll, self._pitch = jx / (4.0 * arm_x * slope_n), jy / (4.0 * arm_y * slope_n)
        self._yaw = jz / (4.0 * vehicle.torque_per_thrust_m * slope_n)
        self._signs = np.sign(
            [vehicle.rotor_y_m, [-x for x in vehicle.rotor_x_m], vehicle.rotor_torque_sign]
        ).T.tolist()

    def reset(self, n: int) -> None:
        """Forget the sums of tilt errors, which carry what unequal motors turn."""
        self._sums = np.zeros((2, n))

    def act(self, states: Floats, setpoints: Floats) -> Floats:
        """Commands (n, 4) for states (n, 13) and set-points (n, 11)."""
        _, _, _, vx, vy, vz, qx, qy, qz, _, wx, wy, wz = states.T
        ex, ey, ez = (setpoints[:, :3] - states[:, :3]).T
        tilt_x, tilt_y = (1.5 * vy - 1.2 * ey) / GRAVITY_M_S2, (1.2 * ex - 1.5 * vx) / GRAVITY_M_S2
        short = np.stack([tilt_x - 2.0 * qx, tilt_y - 2.0 * qy])
        self._sums += short / self.rate_hz
        more_x, more_y = 120.0 * short + 120.0 * self._sums
        roll, pitch = self._roll * (more_x - 18.0 * wx), self._pitch * (more_y - 18.0 * wy)
        yaw = self._yaw * (-4.0 * qz - 4.0 * wz)
        up = self._hover + self._lift * (4.0 * ez - 3.5 * vz)
        return np.stack([up + x * roll + y * pitch + z * yaw for x, y, z in self._signs], axis=1)


def measured_flights(flights: int = 1000, *, duration_s: float = DURATION_S) -> list[FlightSpeed]:
    """Time `flights` hover flights at once: with a controller in arrays, with one that is not, and a few alone."""
    overrides = {"repeats": flights, "duration_s": duration_s, "settle_s": 0.4 * duration_s}
    scenario = Scenario.load(shipped_dir() / "hover.yaml", overrides)
    arrays = HoverByArrays(vehicle_of(scenario))
    _together(scenario, arrays, 2)  # compiles
    cases: list[tuple[str, int, Callable[[], None]]] = [
        (f"run_batch, {arrays.name}", flights, lambda: _together(scenario, arrays, flights)),
        (f"run_batch, {DEFAULT_CONTROLLER} one by one", flights, lambda: _together(scenario, None, flights)),
        (f"run, {DEFAULT_CONTROLLER}", ALONE, lambda: _alone(scenario)),
    ]
    return [_timed(*case, duration_s) for case in cases]


def _together(scenario: Scenario, controller: BatchController | None, flights: int) -> None:
    target, plans = build_sim_batch(scenario, controller)
    for _ in run_batch((plan for plan in plans if plan.repeat < flights), target):
        pass


def _alone(scenario: Scenario) -> None:
    for repeat in range(ALONE):
        order = Order(scenario=scenario, repeat=repeat, controller=None, flight=None, clock=SimulatedClock())
        target, plan, simulated, _ = build_sim(order)
        with LogWriter(plan.info(target, simulated=simulated)) as writer, target:
            run(plan, target, clock=SimulatedClock(), writer=writer)


def _timed(what: str, flights: int, fly: Callable[[], None], duration_s: float) -> FlightSpeed:
    begin_s = time.perf_counter()
    fly()
    seconds = time.perf_counter() - begin_s
    return FlightSpeed(
        what=what,
        flights=flights,
        seconds=seconds,
        flights_s=flights / seconds,
        times_real=flights * duration_s / seconds,
    )
