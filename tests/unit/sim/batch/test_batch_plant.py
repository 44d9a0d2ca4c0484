"""A batch moves as its vehicles would alone, and no vehicle feels the others."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from hil.core.errors import BadInput, HilError
from hil.core.types import Command, Start, State
from hil.scenario.conditions import Randomise
from hil_sim.batch.plant import BatchPlant
from hil_sim.batch.terms import DRAWN
from hil_sim.quadrotor import Quadrotor
from hil_sim.variation import varied
from hil_sim.vehicle_files import load_vehicle

TUMBLING = Start(
    State((0.0, 0.0, 5.0), (1.0, 0.0, 0.2), (0.1, 0.05, 0.2, 0.97), (1.0, 2.0, -1.0)), (0.5, 0.6, 0.55, 0.5)
)
WEAK = np.full((5, 4), 0.9)
HOVER = load_vehicle("cf-l2f-package")


class Unmatched(Quadrotor):
    """One vehicle with given rotors."""

    def __init__(self, vehicle, efficiency, **given):
        self._given = tuple(efficiency)
        super().__init__(vehicle, ground=False, **given)

    def reset(self, start, *, seed):
        state = super().reset(start, seed=seed)
        self._healthy = self._given
        self._happen(-1)
        return state


def commands_of(n, steps, seed=0):
    return np.random.default_rng(seed).uniform(-0.1, 1.1, (steps, n, 4))


@pytest.mark.parametrize("action_delay_s", [-0.005, 0.0, 0.012], ids=["no delay", "half a step", "many steps"])
def test_each_vehicle_of_a_float64_batch_has_the_bits_of_one_alone(backend, fleet, efficiency, action_delay_s):
    lengths = [0.01, 0.01, 0.0237, 0.004] * 10
    commands = commands_of(len(fleet), len(lengths))
    given = {"efficiency": efficiency, "action_delay_s": action_delay_s, "backend": backend, "loads": True}
    batch = BatchPlant(fleet, dtype="float64", **given)
    batch.reset(batch.states_at(TUMBLING))
    for command, length in zip(commands, lengths, strict=True):
        batch.step(command, length)

    for k, vehicle in enumerate(fleet):
        alone = Unmatched(vehicle, efficiency[k], action_delay_s=action_delay_s)
        alone.reset(TUMBLING, seed=0)
        for command, length in zip(commands, lengths, strict=True):
            alone.step(Command(tuple(command[k].tolist())), length)
        position, velocity, attitude, rates = alone.state
        assert batch.states[k].tolist() == [*position, *attitude, *velocity, *rates, *alone.motors]


def test_steps_in_one_call_are_steps_in_many(backend, fleet):
    one, many = (BatchPlant(fleet, loads=True, efficiency=WEAK, backend=backend) for _ in range(2))
    for command in commands_of(len(fleet), 3):
        one.step(command, 0.01, steps=4)
        for _ in range(4):
            many.step(command, 0.01)
    assert one.states.tobytes() == many.states.tobytes()
    assert one.time_s == pytest.approx(0.12)


def test_a_perturbed_vehicle_changes_no_other(backend):
    def flown(perturbed):
        batch = BatchPlant(HOVER, 40, backend=backend)
        states = batch.states_at(TUMBLING)
        states[17, 7] += perturbed
        batch.reset(states)
        for command in commands_of(40, 20):
            batch.step(command, 0.01)
        return batch.states

    differ = (flown(0.0) != flown(1e-3)).any(axis=1)
    assert np.flatnonzero(differ).tolist() == [17]


def test_resetting_some_leaves_the_others_alone_and_equals_a_new_flight(backend, fleet):
    vehicles = [v if v.battery is None else replace(v, battery=replace(v.battery, drain_v_s=0.0)) for v in fleet]
    given = {"efficiency": WEAK, "loads": True, "backend": backend, "dtype": "float64"}
    batch, untouched, fresh = (BatchPlant(vehicles, **given) for _ in range(3))
    first, then = commands_of(5, 7, seed=1), commands_of(5, 7, seed=2)
    for command in first:
        batch.step(command, 0.01)
        untouched.step(command, 0.01)
    batch.reset(batch.states_at(TUMBLING)[[1, 4]], where=[1, 4])
    fresh.reset(fresh.states_at(TUMBLING))
    for command in then:
        for each in (batch, untouched, fresh):
            each.step(command, 0.01)

    assert np.array_equal(batch.states[[0, 2, 3]], untouched.states[[0, 2, 3]])
    assert np.array_equal(batch.states[[1, 4]], fresh.states[[1, 4]])


def test_the_battery_of_a_vehicle_that_is_reset_is_fresh(backend, fleet):
    weak = replace(fleet[3], battery=replace(fleet[3].battery, drain_v_s=0.2))
    batch = BatchPlant([*fleet[:3], weak, fleet[4]], dtype="float64", efficiency=WEAK, loads=True, backend=backend)
    full = np.ones((5, 4))
    batch.step(full, 0.01, steps=100)
    batch.reset(batch.states_at(TUMBLING)[[3]], where=[3])
    batch.step(full, 0.01, steps=100)
    lag_s = weak.motor_tau_up_s
    assert batch.states[3, 13] == pytest.approx(weak.full_motor(1.0 - lag_s), abs=1e-3)
    assert weak.full_motor(2.0 - lag_s) < weak.full_motor(1.0 - lag_s) - 0.05


def test_a_vehicle_exchanged_at_a_reset_flies_as_in_a_batch_built_with_it(backend, fleet):
    base = load_vehicle("cf21-identified")
    chance = [
        varied(base, Randomise(mass=0.2, inertia=0.2, thrust=0.2, motor_lag=0.2, drag=0.2), seed=k) for k in (1, 2)
    ]
    (light, rotors), (heavy, others) = chance
    given = {"dtype": "float64", "backend": backend, "nominal": base}
    batch = BatchPlant(base, 20, varying=DRAWN, **given)
    batch.step(np.full((20, 4), 0.9), 0.01)
    batch.set_vehicles([light, heavy], where=[3, 17], efficiency=[rotors, others])
    batch.reset(batch.states_at(TUMBLING))
    built = BatchPlant([light, heavy, base], efficiency=[rotors, others, (1.0,) * 4], **given)
    built.reset(built.states_at(TUMBLING))
    for command in commands_of(1, 7):
        batch.step(np.repeat(command, 20, axis=0), 0.01)
        built.step(np.repeat(command, 3, axis=0), 0.01)
    assert np.array_equal(batch.states[[3, 17, 19]], built.states)


def test_a_parameter_that_was_not_to_vary_cannot_change(backend):
    batch = BatchPlant(HOVER, 2, varying=["imass"], backend=backend)
    with pytest.raises(BadInput, match=r"^jzx, jxy, ijx of these .*\n.*varying=\('jzx', 'jxy', 'ijx'\)"):
        batch.set_vehicles(replace(HOVER, inertia_kg_m2=(2e-5, *HOVER.inertia_kg_m2[1:])))
    with pytest.raises(BadInput, match="dx of these vehicles"):
        batch.set_vehicles(replace(HOVER, drag_1_s=(0.1, 0.0, 0.0)))


def test_a_load_accelerates_by_force_over_mass_until_it_is_taken_off(backend, fleet):
    still, pushed = (BatchPlant(fleet, loads=True, efficiency=WEAK, backend=backend) for _ in range(2))
    loads = np.zeros((5, 6))
    loads[2, 0] = 0.01
    pushed.set_loads(loads)
    for batch in (still, pushed):
        batch.step(np.zeros((5, 4)), 0.01)
    pushed.set_loads(np.zeros((5, 6)))
    gained = (pushed.states - still.states)[:, 7]
    assert gained[2] == pytest.approx(0.01 / fleet[2].mass_kg * 0.01, rel=1e-2)
    assert not gained[[0, 1, 3, 4]].any()


def test_spinning_rotors_turn_a_pitching_vehicle_about_roll(backend, fleet):
    """τ = −ω × L: two of four rotors stopped, so that L does not cancel."""
    spinning = fleet[4]  # and fleet[3] is the same without
    batch = BatchPlant(fleet, dtype="float64", efficiency=np.zeros((5, 4)), loads=True, backend=backend)
    states = batch.states_at(TUMBLING)
    states[:, 3:7] = (0.0, 0.0, 0.0, 1.0)
    states[:, 7:13] = (0.0, 0.0, 0.0, 0.0, 2.0, 0.0)
    states[:, 13:] = (1.0, 0.0, 1.0, 0.0)  # M1 and M3 leave a negative torque on the body: they turn about +z
    batch.reset(states)
    batch.step(np.zeros((5, 4)), 1e-4)
    roll_rate = (batch.states[4] - batch.states[3])[10]
    assert roll_rate == pytest.approx(-2.0 * 2 * 3e-6 / spinning.inertia_kg_m2[0] * 1e-4, rel=0.02)


def test_a_command_that_is_not_finite_is_an_error(backend):
    batch = BatchPlant(HOVER, 3, backend=backend)
    commands = np.full((3, 4), 0.5)
    commands[1, 2] = np.nan
    with pytest.raises(HilError, match="not finite"):
        batch.step(commands, 0.01)


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: BatchPlant([HOVER, HOVER], 3), "one vehicle, or one for each"),
        (lambda: BatchPlant(HOVER, 0), "one vehicle, or one for each"),
        (lambda: BatchPlant(HOVER, 2, dtype="float16"), "must be 'float32' or 'float64'"),
        (lambda: BatchPlant(HOVER, 2, backend="cuda"), "unknown backend 'cuda'"),
        (lambda: BatchPlant(HOVER, 2, threads=0, backend="numpy"), "threads must be at least 1"),
        (lambda: BatchPlant(HOVER, 2, efficiency=np.ones(3)), r"efficiency must have shape \(4,\) or \(2, 4\)"),
        (lambda: BatchPlant([HOVER, replace(HOVER, command_delay_s=0.1)]), "share one command delay"),
        (lambda: BatchPlant(HOVER, 2, backend="numpy").step(np.ones((2, 3)), 0.01), r"shape \(2, 4\), not \(2, 3\)"),
        (lambda: BatchPlant(HOVER, 2, backend="numpy").step(np.ones((2, 4)), 0.0), "at least 1 ns"),
        (lambda: BatchPlant(HOVER, 2, backend="numpy").reset(np.ones((1, 17))), r"shape \(2, 17\)"),
        (lambda: BatchPlant(HOVER, 2, varying=["mass"]), "unknown parameter 'mass'; did you mean 'imass'"),
        (lambda: BatchPlant(HOVER, 2, backend="numpy").set_vehicles([HOVER] * 3), "3 vehicles for 2 places"),
        (lambda: BatchPlant(HOVER, 2, backend="numpy").set_loads(np.ones((2, 6))), "loads=True"),
    ],
)
def test_a_mistake_is_bad_input_that_says_what_would_be_right(mistake, message):
    with pytest.raises(BadInput, match=message):
        mistake()


def test_without_numba_the_numpy_backend_serves_and_asking_for_numba_says_how_to_get_it(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "numba" else find_spec(name))
    BatchPlant(HOVER, 2).step(np.full((2, 4), 0.5), 0.01)
    with pytest.raises(BadInput, match=r"hil-bench\[fast\]"):
        BatchPlant(HOVER, 2, backend="numba", dtype="float64")
