"""Many flights of one scenario in lock-step: the vectorised twin of `ClosedLoop`, with the same bits."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import numpy as np

from hil.controller_choice import (
    DEFAULT_CLASSICAL,
    DEFAULT_NETWORK,
    choose,
    refuse_target,
    refuse_yaw,
    targets_of,
    told_of,
)
from hil.core.arrays import MOTORS, STATE_VALUES, Floats, Samples, state_of, state_values
from hil.core.errors import BadInput, HilError
from hil.core.interfaces import BatchController
from hil.core.types import TRUTH, Start
from hil.core.vehicle import Vehicle
from hil.flight_plan import FlightPlan, plan_repeats
from hil.scenario.model import Scenario
from hil.targets.simulated_faults import plant_faults, told_of_faults
from hil.vehicle_choice import vehicle_of
from hil_controllers.network.controller import NetworkBatch
from hil_sim.arithmetic import ARRAYS
from hil_sim.batch.chances import Chances
from hil_sim.batch.flights import Flights
from hil_sim.sensing import Sensing

AHEAD = 360  # draws of sensor noise kept: 40 ticks


class BatchLoop:
    """n plants, each flown by a controller that sees it through its own senses; rates as in `ClosedLoop`.

    A flight that is over, or whose plant left the range of floats, has a state of NaN; its estimate and command stay.
    """

    def __init__(
        self, *, name: str, scenario: Scenario, flights: Flights, controller: BatchController, sensing: Sensing
    ) -> None:
        self.name, self.scenario = name, scenario
        self.controller_name = controller.name
        self.controller_family = controller.family
        self.controller_hash = controller.content_hash
        self.state_source, self.vehicle = TRUTH, ""
        self._flights, self._controller, self._sensing = flights, controller, sensing
        self._rate_hz = scenario.rate_hz
        self._step_hz = math.lcm(self._rate_hz, controller.rate_hz)
        self._steps_per_tick = self._step_hz // self._rate_hz
        self._steps_per_act = self._step_hz // controller.rate_hz

    @property
    def controller(self) -> BatchController:
        """Who decides."""
        return self._controller

    def reset(self, starts: Sequence[Start], seeds: Sequence[int]) -> None:
        """Begin n flights at t = 0, each with its start and seed."""
        self._n, self._seeds = len(starts), tuple(seeds)
        self._rows = self._flights.reset(starts, seeds)
        self._sensing.begin(state_of(self._rows), lambda purpose: Chances(seeds, purpose, ahead=AHEAD))
        self._controller.reset(self._n)
        self._over = np.zeros(self._n, bool)
        self._seen, self._commands = np.empty((STATE_VALUES, self._n)), np.empty((self._n, MOTORS))
        self._tick = 0

    def step(self, setpoints: Floats) -> Samples:
        """Decide for set-points (n, 11), give the samples, advance by one tick."""
        tick, rows, battery_v = self._tick, self._rows, self._flights.battery_v
        in_force = None
        for step in range(tick * self._steps_per_tick, (tick + 1) * self._steps_per_tick):
            if step % self._steps_per_act == 0:
                self._act(step / self._step_hz, setpoints)
            in_force = in_force or (self._seen, self._commands)
            self._advance()
        assert in_force is not None
        self._tick = tick + 1
        if battery_v is not None:
            battery_v[np.isnan(rows[0])] = np.nan
        seen, commands = in_force
        return Samples(tick, tick / self._rate_hz, setpoints, rows.T, seen.T, commands, battery_v)

    def end(self, which: Sequence[int]) -> None:
        """Let these flights be over: nothing happens to them any more."""
        where = np.array(which)
        self._over[where] = True
        self._flights.end(where)
        self._rows = self._rows.copy()  # samples and senses keep theirs
        self._rows[:, where] = np.nan

    def _act(self, t_s: float, setpoints: Floats) -> None:
        """Sense and decide; of flights that are over stays what there was."""
        estimate: tuple[Any, ...] = state_values(self._sensing.observe(state_of(self._rows), t_s))
        seen = np.stack(estimate)
        if self._over.any():
            seen[:, self._over] = np.nan  # late senses see a flight a little longer than it lasts
        commands = np.asarray(self._controller.act(seen.T, setpoints), np.float64)
        if commands.shape != (self._n, MOTORS):
            raise BadInput(f"{self.controller_name}: commands must have shape ({self._n}, 4), not {commands.shape}")
        if self._over.any():
            seen = np.where(self._over, self._seen, seen)
            commands = np.where(self._over[:, None], self._commands, commands)
        finite = np.isfinite(commands).all(axis=1)
        if not finite.all():
            k = int(finite.argmin())
            raise HilError(
                f"motor command of the flight with seed {self._seeds[k]} is not finite: {tuple(commands[k].tolist())}",
                hint="the controller has diverged",
            )
        self._seen, self._commands = seen, commands

    def _advance(self) -> None:
        rows = self._flights.step(self._commands, 1.0 / self._step_hz)
        state = state_of(rows)
        with np.errstate(all="ignore"):
            finite = np.isfinite(sum(map(sum, state)))
        x, y, z, w = state.attitude
        lost = ~(finite & ((x != 0.0) | (y != 0.0) | (z != 0.0) | (w != 0.0))) & ~self._over
        self._rows = rows
        if lost.any():
            self.end(lost.nonzero()[0].tolist())


class PreparedBatch(NamedTuple):
    """Many flights at once, and the plans of all repeats of the scenario that they are to fly."""

    target: BatchLoop
    plans: Iterator[FlightPlan]


def build_sim_batch(
    scenario: Scenario,
    controller: str | BatchController | None = None,
    *,
    name: str | None = None,
    force: bool = False,
    backend: Literal["numba", "numpy"] | None = None,
    threads: int = 1,
) -> PreparedBatch:
    """All repeats of a scenario at once, on `--target` `name`; any controller, by name, or one with a batch form.

    `name` None: where the controller belongs, a network to `sil`. Raises BadInput as `hil run` does.
    """
    vehicle = vehicle_of(scenario)
    if not isinstance(controller, BatchController | str | None):
        raise BadInput(f"a controller is a name or a BatchController, not {controller!r}")
    if not isinstance(controller, BatchController):
        word = controller or DEFAULT_CLASSICAL
        name = name or targets_of(word)[0]
        refuse_target(word, name)
        controller = choose(word, vehicle, force=force).build_batch()
    name = name or ("sil" if isinstance(controller, NetworkBatch) else "sim")
    plans: Iterator[FlightPlan] = (told_of_faults(p, name) for p in plan_repeats(scenario, range(scenario.repeats)))
    if isinstance(controller, NetworkBatch):
        plans = _met(controller, plans, scenario, vehicle, force=force)
    faults = plant_faults(scenario.faults)
    target = BatchLoop(
        name=name,
        scenario=scenario,
        flights=Flights(
            vehicle,
            disturbances=scenario.disturbances,
            faults=faults,
            randomise=scenario.randomise,
            action_delay_s=scenario.sensors.action_delay_s,
            backend=backend,
            threads=threads,
        ),
        controller=controller,
        sensing=Sensing(scenario.sensors, faults, of=ARRAYS),
    )
    return PreparedBatch(target, plans)


def build_sil_batch(scenario: Scenario, controller: str | BatchController | None = None) -> PreparedBatch:
    """All repeats of a scenario at once, on `--target sil`. Raises BadInput as `hil run` does."""
    return build_sim_batch(scenario, controller or DEFAULT_NETWORK, name="sil")


def _met(
    controller: NetworkBatch, plans: Iterator[FlightPlan], scenario: Scenario, vehicle: Vehicle, *, force: bool
) -> Iterator[FlightPlan]:
    """The plans, once the network may fly them. Raises BadInput at once for another vehicle, and for a yaw in turn."""
    refusal = controller.network.contract.refusal(vehicle)
    if refusal and not force:
        raise BadInput(f"{controller.name}: {refusal}")
    warnings = told_of(controller.network, scenario, vehicle)

    def met() -> Iterator[FlightPlan]:
        looked_at = None
        for plan in plans:
            if plan.reference is not looked_at:
                refuse_yaw(controller.network.name, plan)
                looked_at = plan.reference
            yield replace(plan, events=(*plan.events, *warnings))

    return met()
