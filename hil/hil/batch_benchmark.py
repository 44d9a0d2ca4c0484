"""How long many simulated flights take on this machine: flown at once, and one after the other.

Wall time of hover flights under a real vehicle's noise, battery and unequal motors, from plans to logs, or to verdicts
on disk. The ratio is to flights alone in the same run.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hil.batch_runner import run_batch
from hil.bench import Job, fly
from hil.core.arrays import Floats
from hil.core.clock import SimulatedClock, WallClock
from hil.core.interfaces import BatchController
from hil.core.vehicle import GRAVITY_M_S2, Vehicle
from hil.log import LogWriter
from hil.machine import machine
from hil.runner import run
from hil.scenario.model import Scenario
from hil.scenario.shipped import shipped_dir
from hil.stopwatch import Told, ignore, in_turn
from hil.targets.batch_loop import build_sim_batch
from hil.targets.closed_loop import build_sil, build_sim
from hil.targets.order import Order
from hil.vehicle_choice import vehicle_of
from hil_controllers.network.shipped import shipped
from hil_sim.batch.compiled import numba_is_here

DURATION_S = 5.0
# flights one after the other are alike: a few tell
ONE_BY_ONE = 200
ALONE = 10
ARRAYS, INSTANCES, RUN, KEPT = "run_batch, arrays", "run_batch, geometric", "run, geometric", "hil run, geometric"
NETWORK = "snn"
NETWORKS, LOGGED = f"run_batch, {NETWORK}", f"run, {NETWORK}, logged"  # where it ships for the task's vehicle
LEGEND = {
    ARRAYS: "all at once, a controller in array code (a BatchController)",
    INSTANCES: "all at once, one instance of the controller for each flight",
    RUN: "one after the other, logs in memory",
    KEPT: "one after the other, logged to disk while flying, judged, kept in a run folder",
    NETWORKS: "all at once, the spiking network that ships, in compiled code",
    LOGGED: "one after the other on sil, twice as long, logged to disk while flying, with all spikes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightSpeed:
    """One way of flying, measured. `ratio_to_run` is of the medians of simulated time in wall time."""

    what: str
    flights: int
    duration_s: float  # of each
    seconds: float
    seconds_quartiles: tuple[float, float]
    flights_s: float
    times_real: float  # simulated over wall time
    ratio_to_run: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightBenchmark:
    """What was measured, and on what."""

    environment: dict[str, Any]  # the machine
    absent: tuple[str, ...]  # not installed, so done without
    legend: dict[str, str]  # what the names of cases stand for
    duration_s: float  # of a flight, but for those that say otherwise
    rounds: int
    speeds: tuple[FlightSpeed, ...]

    @property
    def gated_ratio(self) -> float:
        """How much faster than `run` flights at once are, with a controller in array code."""
        return next(speed.ratio_to_run for speed in self.speeds if speed.what == ARRAYS)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self) | {"gated_ratio": self.gated_ratio}


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


def measured_flights(
    flights: int = 1000, *, duration_s: float = DURATION_S, rounds: int = 3, told: Told = ignore
) -> FlightBenchmark:
    """Time `flights` hover flights at once with a controller in arrays, and fewer in ways that take longer."""
    environment = machine()
    scenario = hover(flights, duration_s)
    arrays = HoverByArrays(vehicle_of(scenario))
    counts = {ARRAYS: flights, INSTANCES: min(flights, ONE_BY_ONE), RUN: ALONE, KEPT: ALONE}
    networks = NETWORK in shipped(scenario.vehicle)
    _together(scenario, arrays, 2)  # compiles
    with tempfile.TemporaryDirectory(prefix="hil-bench-") as folder:
        ways: dict[str, Callable[[], object]] = {
            ARRAYS: partial(_together, scenario, arrays, counts[ARRAYS]),
            INSTANCES: partial(_together, scenario, None, counts[INSTANCES]),
            RUN: partial(_alone, scenario, ALONE),
            KEPT: partial(flown_into, Path(folder), scenario, ALONE),
        }
        if networks:
            longer = hover(flights, 2.0 * duration_s)
            _together(scenario, NETWORK, 2)
            ways[NETWORKS] = partial(_together, scenario, NETWORK, flights)
            ways[LOGGED] = partial(_logged, Path(folder), longer, ALONE)
            counts |= {NETWORKS: flights, LOGGED: ALONE}
        times = in_turn(ways, rounds=rounds, clock=time.perf_counter, told=told)
    lasting_s = {what: counts[what] * (2.0 if what == LOGGED else 1.0) * duration_s for what in times}
    times_real = {what: lasting_s[what] / seconds.median for what, seconds in times.items()}
    return FlightBenchmark(
        environment=environment,
        absent=() if numba_is_here() else ("numba",),
        legend={what: LEGEND[what] for what in times},
        duration_s=duration_s,
        rounds=rounds,
        speeds=tuple(
            FlightSpeed(
                what=what,
                flights=counts[what],
                duration_s=lasting_s[what] / counts[what],
                seconds=seconds.median,
                seconds_quartiles=seconds.quartiles,
                flights_s=counts[what] / seconds.median,
                times_real=times_real[what],
                ratio_to_run=times_real[what] / times_real[RUN],
            )
            for what, seconds in times.items()
        ),
    )


def hover(flights: int, duration_s: float) -> Scenario:
    """The task of all these flights."""
    overrides = {"repeats": flights, "duration_s": duration_s, "settle_s": 0.4 * duration_s}
    return Scenario.load(shipped_dir() / "hover.yaml", overrides)


def flown_into(root: Path, scenario: Scenario, flights: int, *, told: Told = ignore) -> list[Path]:
    """Run folders of the first flights of a scenario, made as `hil run` makes them."""
    folders = []
    for repeat in range(flights):
        folders.append(fly(Job(scenario=scenario, target="sim", repeat=repeat, out=root)).run_dir)
        told(repeat + 1, flights)
    return [folder for folder in folders if folder]


def _together(scenario: Scenario, controller: BatchController | str | None, flights: int) -> None:
    target, plans = build_sim_batch(scenario, controller)
    for _ in run_batch((plan for plan in plans if plan.repeat < flights), target):
        pass


def _logged(root: Path, scenario: Scenario, flights: int) -> None:
    for repeat in range(flights):
        order = Order(scenario=scenario, repeat=repeat, controller=NETWORK, flight=None, clock=WallClock())
        target, plan, simulated, _ = build_sil(order)
        folder = Path(tempfile.mkdtemp(dir=root))
        with LogWriter(plan.info(target, simulated=simulated), folder) as writer, target:
            run(plan, target, clock=SimulatedClock(), writer=writer)
        target.keep(folder)


def _alone(scenario: Scenario, flights: int) -> None:
    for repeat in range(flights):
        order = Order(scenario=scenario, repeat=repeat, controller=None, flight=None, clock=SimulatedClock())
        target, plan, simulated, _ = build_sim(order)
        with LogWriter(plan.info(target, simulated=simulated)) as writer, target:
            run(plan, target, clock=SimulatedClock(), writer=writer)
