"""What flying many at once owes to flying alone: the same samples, bit for bit, for every flight."""

import importlib.util
import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hil import registry
from hil.batch_runner import run_batch
from hil.core.clock import SimulatedClock
from hil.core.errors import BadInput, HilError
from hil.core.interfaces import BatchController, Controller
from hil.core.types import Command
from hil.flight_plan import plan_flight
from hil.log import LogWriter
from hil.runner import run
from hil.scenario.model import Scenario
from hil.scenario.shipped import shipped_dir
from hil.targets.batch_loop import build_sim_batch
from hil.targets.closed_loop import build_sil, build_sim
from hil.targets.order import Order
from hil_controllers.network import Network
from hil_controllers.network.controller import NetworkBatch, NetworkController
from hil_controllers.network.packed import spikes_in
from hil_sim.vehicle_files import load_vehicle

HAS_NUMBA = importlib.util.find_spec("numba") is not None
STRESS = Path(__file__).with_name("stress.yaml")
REPEATS = 7
ON_THE_FLOOR = {
    "start.position_m": [0, 0, 0],
    "start.motors": "stopped",
    "start.spread": {"position_m": [0.3, 0.3, 0]},
}
WEAK = {"kind": "motor_efficiency", "motor": 1, "factor": 0.1, "at_s": 0.6}
CONDITIONS = {
    "in the air": {},
    "from the floor": ON_THE_FLOOR,
    "to the floor": {"task": {"kind": "waypoints", "points_m": [[0, 0, 0.5], [0, 0, -0.3]], "leg_s": 1}},
    "onto the floor": {"safety.tilt_deg": 180, "faults": [WEAK]},
    "too fast": {"safety.speed_m_s": 0.5},
    "too far from the set-point": {"safety.tracking_error_m": 0.3},
    "out of the range of floats": {
        "safety": {"tilt_deg": 180, "geofence_m": [100, 100, 100]},
        "disturbances": [{"kind": "torque", "torque_body_n_m": [0.1, 0.1, 0.1]}],
    },
    "logged faster than decided": {"rate_hz": 1000, "duration_s": 1.6},
    "without battery or residual": {"vehicle": "cf-l2f-original", "battery_hover_v": None},
}


@pytest.fixture(params=["numpy", pytest.param("numba", marks=pytest.mark.skipif(not HAS_NUMBA, reason="no numba"))])
def backend(request):
    return request.param


@cache
def stress(condition="in the air"):
    return Scenario.load(STRESS, {"repeats": REPEATS} | CONDITIONS[condition])


def flown_alone(scenario, repeat, controller="geometric"):
    """The log of `hil.runner.run`."""
    order = Order(scenario=scenario, repeat=repeat, controller=controller, flight=None, clock=SimulatedClock())
    target, plan, _, _ = (build_sim if controller in registry.CONTROLLERS else build_sil)(order)
    with LogWriter(plan.info(target, simulated=True)) as writer, target:
        return run(plan, target, clock=SimulatedClock(), writer=writer)


@cache
def all_alone(condition, controller):
    return [flown_alone(stress(condition), repeat, controller) for repeat in range(REPEATS)]


def flown_together(scenario, controller="geometric", *, plans=None, block=None, backend="numpy"):
    target, planned = build_sim_batch(scenario, controller, backend=backend)
    return list(run_batch(planned if plans is None else plans, target, block=block))


@pytest.mark.parametrize("controller", sorted(registry.CONTROLLERS))
@pytest.mark.parametrize("condition", CONDITIONS)
def test_each_flight_has_the_samples_and_events_of_run(backend, condition, controller):
    assert flown_together(stress(condition), controller, backend=backend) == all_alone(condition, controller)


@pytest.mark.parametrize("controller", ["snn", "ann-history", "wild"])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_each_flight_of_a_network_has_the_samples_and_events_of_run(networks_ship, backend, condition, controller):
    scenario = Scenario.load(STRESS, {"repeats": 3, "task.yaw_deg": 0} | CONDITIONS[condition])
    alone = [flown_alone(scenario, repeat, controller) for repeat in range(3)]
    path = networks_ship / scenario.vehicle / f"{controller}.safetensors"
    natively = NetworkBatch(Network.load(path), backend=backend)
    assert flown_together(scenario, controller, backend=backend) == alone
    assert flown_together(scenario, natively, backend=backend) == alone
    assert max(map(len, alone)) > 5
    assert all(log.info.target == "sil" and log.info.controller_family == "network" for log in alone)


@pytest.mark.parametrize("controller", ["snn", "ann-history"])
def test_a_network_that_stays_in_the_air_does_so_alike(networks_ship, controller):
    calm = {"repeats": 3, "duration_s": 6, "settle_s": 2, "vehicle": "cf-l2f-original", "sensors": "l2f-original"}
    scenario = Scenario.load(shipped_dir() / "hover.yaml", calm)
    alone = [flown_alone(scenario, repeat, controller) for repeat in range(3)]
    assert flown_together(scenario, controller, backend=None) == alone
    assert [len(log) for log in alone] == [600] * 3


def test_spikes_are_counted_flight_by_flight_over_all_blocks(networks_ship, backend):
    scenario = Scenario.load(STRESS, {"repeats": 5, "task.yaw_deg": 0})
    batch = NetworkBatch(Network.load(networks_ship / scenario.vehicle / "wild.safetensors"), backend=backend)
    logs = flown_together(scenario, batch, block=2)
    steps = [2 * len(log) for log in logs]  # it acts at twice the rate of the log
    assert batch.steps.tolist() == steps
    counts = batch.spike_counts()
    for repeat in (0, 3):
        controller = NetworkController(batch.network, backend=backend)
        fired, seen = np.zeros(batch.network.neurons), flown_states(scenario, repeat)
        for state, setpoint in seen:
            controller.act(state, setpoint)
            fired += np.concatenate(spikes_in(controller._engine.memory, batch.network))
        assert len(seen) == steps[repeat]
        assert counts[repeat].tolist() == fired.tolist()


def flown_states(scenario, repeat):
    """What the controller was given, act by act."""
    target, plan, _, _ = build_sil(
        Order(scenario=scenario, repeat=repeat, controller="wild", flight=None, clock=SimulatedClock())
    )
    given, act = [], target._controller.act
    target._controller.act = lambda state, setpoint: given.append((state, setpoint)) or act(state, setpoint)
    with LogWriter(plan.info(target, simulated=True)) as writer, target:
        run(plan, target, clock=SimulatedClock(), writer=writer)
    return given


def test_a_network_for_another_vehicle_or_on_another_target_is_bad_input(networks_ship):
    foreign = str(networks_ship / "cf-l2f-original" / "snn.safetensors")
    with pytest.raises(BadInput, match="trained for cf-l2f-original, not for cf21-identified"):
        build_sim_batch(stress(), foreign)
    with pytest.raises(BadInput, match="trained for cf-l2f-original, not for cf21-identified"):
        build_sim_batch(stress(), NetworkBatch(Network.load(foreign)))
    with pytest.raises(BadInput, match="snn is a network: it flies on sil, not on sim"):
        build_sim_batch(stress(), "snn", name="sim")
    with pytest.raises(BadInput, match=r"asks for yaw 0\.349 rad"):
        flown_together(stress(), "snn")


def test_the_conditions_lead_where_their_names_say():
    """Or the test above would pass without having looked."""
    ends = {name: [log.aborted and log.aborted.text for log in all_alone(name, "pid-firmware")] for name in CONDITIONS}
    ends["lost"] = [log.aborted.text for log in all_alone("out of the range of floats", "geometric")]
    assert any("tilted" in end for end in ends["in the air"] if end)
    assert None in ends["in the air"]
    assert any(len({*log["battery_v"]}) > 10 for log in all_alone("in the air", "geometric"))
    assert any("never took off" in end for end in ends["from the floor"] if end)
    assert None in ends["from the floor"]
    assert any(log["position_z_m"][-1] == 0.0 and log.aborted is None for log in all_alone("to the floor", "geometric"))
    assert set(ends["onto the floor"]) == {"hit the ground"}
    assert any("not finite" in end for end in ends["lost"])


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(shipped_dir().glob("*.yaml")), ids=lambda path: path.stem)
def test_every_scenario_that_ships_has_the_samples_of_run(path):
    scenario = Scenario.load(path, {"repeats": 3})
    alone = [flown_alone(scenario, repeat) for repeat in range(3)]
    assert flown_together(scenario, backend=None) == alone


@pytest.mark.parametrize("block", [1, 4])
def test_how_many_are_flown_at_once_changes_nothing(backend, block):
    assert flown_together(stress(), block=block, backend=backend) == all_alone("in the air", "geometric")


def test_a_flight_that_ends_early_changes_no_other():
    plans = [plan_flight(stress(), repeat) for repeat in range(REPEATS)]
    together = flown_together(stress(), "pid-firmware", plans=plans)
    lasting = [k for k, log in enumerate(together) if log.aborted is None]
    assert 0 < len(lasting) < REPEATS
    only = flown_together(stress(), "pid-firmware", plans=[plans[k] for k in lasting])
    assert only == [together[k] for k in lasting]


def test_the_noise_of_another_seed_is_seen():
    plans = [plan_flight(stress(), repeat) for repeat in range(2)]
    plans[1] = replace(plans[1], seed=plans[1].seed + 1)
    first, second = flown_together(stress(), plans=plans)
    alone = all_alone("in the air", "geometric")
    assert first == alone[0]
    assert second.with_info(seed=alone[1].info.seed) != alone[1]


@pytest.mark.parametrize(
    "slip", [{"disturbances.5.at_s": 0.5237}, {"faults.3.at_s": 1.11}, {"faults.1.at_s": 1.002}, {"seed": 6}]
)
def test_what_happens_one_tick_earlier_or_later_is_seen(slip):
    slipped = Scenario.load(STRESS, {"repeats": REPEATS} | slip)
    for log, alone in zip(flown_together(slipped), all_alone("in the air", "geometric"), strict=True):
        log.events, log.info = alone.events, alone.info
        assert log != alone or alone.aborted  # before it happened


class Native(BatchController):
    """A hover law in + − × ÷ and √, written for arrays and serving floats too."""

    name, family, rate_hz = "native", "feed-forward", 200

    def reset(self, n):
        pass

    def act(self, states, setpoints):
        return np.stack(self.law(states.T, setpoints.T, np.sqrt), axis=1)

    @staticmethod
    def law(state, setpoint, sqrt):
        px, py, pz, vx, vy, vz, qx, qy, qz, qw, wx, wy, wz = state
        sx, sy, sz = setpoint[:3]
        scale = 1.0 / sqrt(qx * qx + qy * qy + qz * qz + qw * qw)
        roll = 0.1 * ((sy - py) * -0.3 + 0.3 * vy - 2.0 * qx * scale - 0.1 * wx)
        pitch = 0.1 * ((sx - px) * 0.3 - 0.3 * vx - 2.0 * qy * scale - 0.1 * wy)
        yaw = 0.1 * (-qz * scale - 0.2 * wz)
        up = 0.7 + 0.3 * (sz - pz) - 0.2 * vz
        return (up - roll - pitch - yaw, up - roll + pitch + yaw, up + roll + pitch - yaw, up + roll - pitch + yaw)


class Scalar(Controller):
    """The same law on the floats of one flight."""

    name, family, rate_hz = Native.name, Native.family, Native.rate_hz

    def __init__(self, vehicle):
        pass

    def reset(self):
        pass

    def act(self, state, setpoint):
        return Command(Native.law([number for part in state for number in part], setpoint.position, math.sqrt))


def test_a_controller_written_for_arrays_flies_as_its_scalar_twin(monkeypatch, backend):
    monkeypatch.setitem(registry.CONTROLLERS, "native", f"{__name__}:Scalar")
    alone = [flown_alone(stress(), repeat, "native") for repeat in range(REPEATS)]
    assert flown_together(stress(), Native(), backend=backend) == alone
    assert max(map(len, alone)) > 20


class Answering(BatchController):
    """Says what it is told to."""

    name, family, rate_hz = "answering", "network", 100

    def __init__(self, commands):
        self.commands = np.array(commands)

    def reset(self, n):
        pass

    def act(self, states, setpoints):
        return self.commands


def test_commands_of_a_wrong_shape_are_bad_input():
    with pytest.raises(BadInput, match=r"answering: commands must have shape \(7, 4\), not \(7, 3\)"):
        flown_together(stress(), Answering(np.ones((7, 3))))


def test_a_command_that_is_not_finite_names_its_flight():
    commands = np.full((7, 4), 0.5)
    commands[3, 1] = np.nan
    seed = plan_flight(stress(), 3).seed
    with pytest.raises(HilError, match=rf"flight with seed {seed} is not finite: \(0.5, nan, 0.5, 0.5\)"):
        flown_together(stress(), Answering(commands))


def test_plans_of_another_scenario_or_of_other_ticks_are_bad_input():
    plan = plan_flight(stress(), 0)
    with pytest.raises(BadInput, match="repeats of the scenario it was built for"):
        flown_together(stress(), plans=[plan, plan_flight(stress("from the floor"), 1)])
    with pytest.raises(BadInput, match="with the same ticks: repeat 1"):
        flown_together(stress(), plans=[plan, replace(plan_flight(stress(), 1), ticks=range(10))])


def test_plans_of_a_scenario_that_the_target_was_not_built_for_are_bad_input():
    with pytest.raises(BadInput, match="repeats of the scenario it was built for"):
        flown_together(stress(), plans=[plan_flight(stress("from the floor"), 0)])


def test_a_block_of_no_flights_and_a_controller_that_is_none_are_bad_input():
    target, plans = build_sim_batch(stress())
    with pytest.raises(BadInput, match="block must be at least 1, not 0"):
        list(run_batch(plans, target, block=0))
    with pytest.raises(BadInput, match="a controller is a name or a BatchController"):
        build_sim_batch(stress(), Answering)


def test_no_plans_are_no_logs():
    assert flown_together(stress(), plans=[]) == []


def test_a_log_keeps_no_other_flight_in_memory():
    log = flown_together(stress())[0]
    assert log["position_x_m"].base.nbytes <= 50 * 8 * len(log)


def test_a_flight_out_of_the_range_of_floats_shows_no_voltage(backend):
    logs = flown_together(stress("out of the range of floats"), backend=backend)
    lost = [log for log in logs if np.isnan(log["position_x_m"][-1])]
    assert lost
    assert all(np.isnan(log["battery_v"][-1]) and np.isfinite(log["battery_v"][-2]) for log in lost)
    assert load_vehicle("cf21-identified").battery is not None
