"""Plant × controller in lock-step, simulated time: `sim`, `sil`, and what flies on `pil`."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from hil.controller_choice import DEFAULT_CLASSICAL, DEFAULT_NETWORK, choose, refuse_target, refuse_yaw, told_of
from hil.core.breach import Breach, Reaction
from hil.core.clock import Clock
from hil.core.interfaces import Controller, Plant, Target
from hil.core.types import Command, Event, Sample, Setpoint, Start, State
from hil.core.vehicle import Vehicle
from hil.flight_plan import FlightPlan, plan_flight
from hil.targets.order import Order, Prepared
from hil.targets.simulated_faults import plant_faults, told_of_faults
from hil.vehicle_choice import vehicle_of
from hil_controllers.network.controller import NetworkController
from hil_controllers.network.model import Network
from hil_controllers.network.record import NeuralRecord
from hil_sim.batch.compiled import numba_is_here
from hil_sim.quadrotor import Quadrotor
from hil_sim.sensing import Sensing

_NOWHERE = (math.nan, math.nan, math.nan)
LOST = State(_NOWHERE, _NOWHERE, (*_NOWHERE, math.nan), _NOWHERE)  # where a plant is that left the range of floats


class ClosedLoop(Target):
    """A plant flown by a controller that sees it through `sensing`.

    The controller acts at its own rate; the plant is stepped at the least common multiple of that and the log rate
    `rate_hz`. The set-point is held over one log tick, as by a radio link. A sample pairs the state at the tick with
    the estimate and command in force then.
    """

    def __init__(
        self, *, name: str, plant: Plant, controller: Controller, sensing: Sensing, rate_hz: int, clock: Clock
    ) -> None:
        self.name = name
        self.controller_name = controller.name
        self.controller_family = controller.family
        self.controller_hash = controller.content_hash
        self.plant, self._controller, self._sensing, self._clock = plant, controller, sensing, clock
        self._rate_hz = rate_hz
        self._step_hz = math.lcm(rate_hz, controller.rate_hz)
        self._step_s = 1.0 / self._step_hz
        self._steps_per_tick = self._step_hz // rate_hz
        self._steps_per_act = self._step_hz // controller.rate_hz
        self._tick = 0
        self._state: State | None = None
        self._last: tuple[State, Command] | None = None

    def open(self) -> None:
        """Nothing to open: all of it is in this process."""

    def reset(self, start: Start, *, seed: int) -> None:
        """Put plant, senses and controller at t = 0."""
        self._state = self.plant.reset(start, seed=seed)
        self._sensing.reset(self._state, seed=seed)
        self._controller.reset()
        self._tick = 0
        self._last = None

    def approach(self) -> Iterator[Sequence[Sample]]:
        """Nothing to approach: a plant is put at its start."""
        return iter(())

    def step(self, setpoint: Setpoint) -> tuple[Sample]:
        """Decide, log, advance by one tick."""
        assert self._state is not None, "reset() comes first"
        now_s = self._clock.now_s
        begin_s = now_s()
        tick, state = self._tick, self._state
        battery_v = None if state is LOST else self.plant.battery_v
        now, in_force, compute_s = state, self._last, 0.0
        for step in range(tick * self._steps_per_tick, (tick + 1) * self._steps_per_tick):
            if now is LOST:
                break  # no controller can be asked; the safety monitor ends the flight at the next sample
            if step % self._steps_per_act == 0:
                seen = self._sensing.observe(now, step / self._step_hz)
                asked_s = now_s()
                command = self._controller.act(seen, setpoint)
                took_s = now_s() - asked_s
                if took_s > compute_s:
                    compute_s = took_s
                self._last = (seen, command)
            assert self._last is not None  # step 0 is an act
            if now is state:
                in_force = self._last
            now = self._moved(self._last[1])
        assert in_force is not None
        self._state, self._tick = now, tick + 1
        sample = Sample(
            tick, tick / self._rate_hz, setpoint, state, in_force[1], in_force[0], battery_v, compute_s,
            now_s() - begin_s,
        )  # fmt: skip
        return (sample,)

    def _moved(self, command: Command) -> State:
        try:
            state = self.plant.step(command, self._step_s)
        except ArithmeticError:
            return LOST
        (px, py, pz), (vx, vy, vz), (qx, qy, qz, qw), (wx, wy, wz) = state
        finite = math.isfinite((px + py + pz) + (vx + vy + vz) + (qx + qy + qz + qw) + (wx + wy + wz))
        return state if finite and (qx or qy or qz or qw) else LOST

    def leave(self, reaction: Reaction) -> Iterator[Sequence[Sample]]:
        """Nothing to bring down."""
        return iter(())

    def alarm(self) -> Breach | None:
        """Samples tell all."""
        return None

    def news(self) -> Sequence[Event]:
        """Nothing happens that samples do not show."""
        return ()

    def stop(self) -> None:
        """Nothing turns."""

    def close(self) -> None:
        """Nothing to let go."""

    def keep(self, run_dir: Path) -> None:
        """What a network was, and what its neurons did."""
        if isinstance(self._controller, NetworkController):
            self._controller.keep(run_dir)


def build_sim(order: Order) -> Prepared:
    """`--target sim`: the scenario's vehicle under a classical controller, in this process."""
    return _build("sim", order, order.controller or DEFAULT_CLASSICAL)


def build_sil(order: Order) -> Prepared:
    """`--target sil`: the same loop and vehicle under a network, or anybody's controller, in this process."""
    return _build("sil", order, order.controller or DEFAULT_NETWORK)


def _build(name: str, order: Order, word: str) -> Prepared:
    refuse_target(word, name)
    vehicle = vehicle_of(order.scenario)
    choice = choose(word, vehicle, force=order.force, engine=order.engine)
    controller = choice.build()
    if isinstance(controller, NetworkController) and controller.network.spiking:
        controller.record = NeuralRecord(controller.network)
    plan = planned(name, order, vehicle, choice.network)
    return Prepared(loop(name, order, vehicle, controller, compiled=choice.network is not None), plan, simulated=True)


def planned(name: str, order: Order, vehicle: Vehicle, network: Network | None) -> FlightPlan:
    """The flight of an order, with what its log is to say first. Raises BadInput for a task the network cannot fly."""
    plan = told_of_faults(plan_flight(order.scenario, order.repeat), name)
    if network is None:
        return plan
    refuse_yaw(network.name, plan)
    return replace(plan, events=(*plan.events, *told_of(network, order.scenario, vehicle)))


def loop(name: str, order: Order, vehicle: Vehicle, controller: Controller, *, compiled: bool) -> ClosedLoop:
    """The order's scenario flown by this controller; `compiled`: by numba where it is here, with the same bits."""
    scenario, faults = order.scenario, plant_faults(order.scenario.faults)
    plant = Quadrotor(
        vehicle,
        disturbances=scenario.disturbances,
        faults=faults,
        randomise=scenario.randomise,
        action_delay_s=scenario.sensors.action_delay_s,
        compiled=compiled and numba_is_here(),
    )
    return ClosedLoop(
        name=name,
        plant=plant,
        controller=controller,
        sensing=Sensing(scenario.sensors, faults),
        rate_hz=scenario.rate_hz,
        clock=order.clock,
    )
