"""The compiled plant, senses and passes against what they are made from."""

import math

import numpy as np
import pytest
import torch

from hil.core.types import Command, Setpoint, Start, State
from hil_controllers.training.plant import Held, See, Step
from hil_sim.adjoint.compiled import compiled
from hil_sim.adjoint.senses import Senses
from hil_sim.adjoint.tape import Argument, clip, sources, sqrt
from hil_sim.battery import supply_of
from hil_sim.dynamics import constants
from hil_sim.gyro_filter import GyroFilter
from hil_sim.quadrotor import Quadrotor
from hil_sim.vehicle_files import load_vehicle

VEHICLES = ["cf-l2f-original", "cf21-identified", "cf-l2f-2"]
N = 16
SENSES = Senses(0.01, 80.0, 0.5, 2.0, 0.3, 0.1)


def tiles(row):
    return np.tile(np.repeat(np.asarray(row, np.float32), 16), (N // 16, 1))


def held(vehicle, *, late=(0,), lengths=(0.01,)):
    values = tiles([*constants(vehicle), *supply_of(vehicle)])
    return Held(
        values, np.zeros((N // 16, 96), np.float32), np.repeat(np.array(late)[:, None], N, axis=1),
        np.array(lengths, np.float32), np.zeros(N, np.float32),
    )  # fmt: skip


def some_states(chance):
    s = chance.normal(size=(N, 17)) * 0.3
    s[:, 3:7] = [0.1, -0.2, 0.05, 1.0] + 0.2 * s[:, 3:7]
    s[:, 3:7] /= np.linalg.norm(s[:, 3:7], axis=1)[:, None]
    s[:, 13:] = chance.uniform(0.5, 0.9, (N, 4))
    return torch.tensor(s, dtype=torch.float32)


@pytest.mark.parametrize("name", VEHICLES)
def test_a_second_of_flight_is_the_simulators_to_float32(name):
    vehicle, chance = load_vehicle(name), np.random.default_rng(1)
    vehicle = vehicle.__class__(**{f: getattr(vehicle, f) for f in vehicle.__slots__} | {"motor_mismatch_std": 0.0})
    plant = Quadrotor(vehicle, ground=False)
    start = State((0.1, 0.2, 1.0), (0.3, -0.2, 0.1), (0.1, -0.05, 0.02, math.sqrt(1 - 0.0129)), (0.5, -0.4, 0.2))
    plant.reset(Start(start), seed=0)
    state = torch.tensor([[*start.position, *start.attitude, *start.velocity, *start.rates, *plant.motors]] * N)
    hover = torch.full((N, 4), float(supply_of(vehicle).command_for(plant.motors)[0]))
    early = vehicle.command_delay_s
    how = held(vehicle, late=(1, 0) if early else (0,), lengths=(early, 0.01 - early) if early else (0.01,))
    commands = [hover, hover]
    for tick in range(100):
        u = tuple(np.clip(vehicle.hover_command + chance.normal(size=4) * 0.03, 0, 1).astype(np.float32).tolist())
        plant.step(Command(u), 0.01)
        commands = [torch.tensor([u] * N), commands[0]]
        now = how._replace(time=np.full(N, tick * 0.01, np.float32))
        state = Step.apply(compiled(SENSES), now, state, *commands)
    p, v, q, w = plant.state
    assert state[5].tolist() == pytest.approx([*p, *q, *v, *w, *plant.motors], abs=2e-4)


@pytest.mark.parametrize("name", VEHICLES)
@pytest.mark.parametrize("late", [(0,), (1, 0)])
def test_gradients_of_a_step_are_its_finite_differences(name, late):
    chance = np.random.default_rng(2)
    how = held(load_vehicle(name), late=late, lengths=(0.01,) if len(late) == 1 else (0.004, 0.006))
    states = some_states(chance)
    commands = [torch.tensor(chance.uniform(0.3, 0.9, (N, 4)), dtype=torch.float32) for _ in range(2)]
    weight = torch.tensor(chance.normal(size=(N, 17)), dtype=torch.float32)

    def value(*inputs):
        return (Step.apply(compiled(SENSES), how, *inputs) * weight).sum()

    _matches(value, [states, *commands], step=3e-3, tolerance=6e-3)


def test_gradients_of_what_is_seen_are_its_finite_differences():
    chance = np.random.default_rng(3)
    late, now = some_states(chance)[:, :10], torch.tensor(chance.normal(size=(N, 3)), dtype=torch.float32)
    memory = torch.tensor(chance.normal(size=(N, 12)) * 0.05, dtype=torch.float32)
    other = (chance.normal(size=(N, 18)) * 0.05).astype(np.float32)
    weight = torch.tensor(chance.normal(size=(N, 30)), dtype=torch.float32)

    def value(*inputs):
        return (torch.cat(See.apply(compiled(SENSES), other, *inputs), dim=1) * weight).sum()

    _matches(value, [late, now, memory], step=1e-3, tolerance=2e-2)


def _matches(value, inputs, *, step, tolerance):
    """Directional derivatives of `value` along random directions against its gradients."""
    for one in inputs:
        one.requires_grad_(True)
    gradients = torch.autograd.grad(value(*inputs), inputs)
    chance = torch.Generator().manual_seed(0)
    for index, gradient in enumerate(gradients):
        for _ in range(4):
            way = torch.randn(gradient.shape, generator=chance)
            ends = []
            for sign in (1, -1):
                moved = [one.detach().clone() for one in inputs]
                moved[index] += sign * step * way
                ends.append(float(value(*moved)))
            expected = float((gradient * way).sum())
            assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(expected, rel=tolerance, abs=tolerance * N)


def test_a_wrong_sign_in_an_adjoint_would_be_noticed():
    chance = np.random.default_rng(2)
    how = held(load_vehicle("cf21-identified"))
    weight = torch.tensor(chance.normal(size=(N, 17)), dtype=torch.float32)

    class Wrong(Step):
        @staticmethod
        def backward(ctx, bar):
            first, *others = Step.backward(ctx, bar)[2:]
            return None, None, first * torch.tensor([1.0] * 10 + [-1.0] * 3 + [1.0] * 4), *others

    with pytest.raises(AssertionError):
        _matches(
            lambda *inputs: (Wrong.apply(compiled(SENSES), how, *inputs) * weight).sum(),
            [some_states(chance), torch.full((N, 4), 0.6)], step=3e-3, tolerance=6e-3,
        )  # fmt: skip


def test_what_is_shown_is_the_observation_of_the_network_file():
    from hil_controllers.network import Contract, Dense, Integral, Network

    vehicle, chance = load_vehicle("cf21-identified"), np.random.default_rng(4)
    contract = Contract.of(vehicle, latency_s=(0, 0.01), sensors="none", integral=Integral(gain_1_s=0.3, limit_m=0.1))
    layers = [Dense(np.zeros((4, 18)), np.zeros(4))]
    network = Network.build(name="n", layers=layers, contract=contract)
    states = some_states(chance)
    program = compiled(Senses(0.01, None, 0.5, 2.0, 0.3, 0.1))
    memory, own = torch.zeros(N, 12), network.start()
    for k in range(6):
        x = states.clone()
        x[:, :3] += 0.2 * k
        wanted = np.zeros((N, 18), np.float32)
        wanted[:, 12:] = chance.normal(size=6)
        shown, memory = See.apply(program, wanted, x[:, :10], x[:, 10:13], memory)
        p, q, v, w = (tuple(x[3, a:b].tolist()) for a, b in ((0, 3), (3, 7), (7, 10), (10, 13)))
        setpoint = Setpoint(tuple(wanted[3, 12:15].tolist()), tuple(wanted[3, 15:18].tolist()))
        expected, own = network.observe(State(p, v, q, w), setpoint, own)
        assert shown[3].tolist() == pytest.approx(expected.tolist(), abs=2e-6)


def test_the_gyro_is_filtered_as_in_the_simulator():
    program, chance = compiled(SENSES), np.random.default_rng(5)
    first = (0.3, -0.2, 0.1)
    filtered, memory = GyroFilter(80.0, first), torch.zeros(N, 12)
    memory[:, 0:3] = memory[:, 6:9] = torch.tensor(first)
    level = torch.tensor([[0.0] * 6 + [1.0] + [0.0] * 3] * N)
    for _ in range(20):
        rates = chance.normal(size=3)
        shown, memory = See.apply(
            program, np.zeros((N, 18), np.float32), level, torch.tensor(rates, dtype=torch.float32).repeat(N, 1), memory
        )
        assert shown[7, 15:].tolist() == pytest.approx(filtered.advance(tuple(rates), 0.01), abs=1e-5)


def test_the_tape_differentiates_every_operation():
    def function(x, y):
        a = abs(x[0] - y[0]) / (2.0 + x[1] * x[1])
        return (sqrt(a + 3.0) - x[0] * y[0], clip(x[1], -1.0, 1.0) / 4.0 - (-x[0]))

    source = sources("f", function, [Argument("x", 2), Argument("y", 1, active=False)])
    names = dict(source.numbers) | {"zero": 0.0, "sqrt": math.sqrt}
    exec(source.forward + source.vjp, names)
    for x in ((0.3, 0.5), (-1.2, 1.7)):
        (gradient,) = names["f_vjp"](x, (0.4,), (1.0, 2.0))
        for k in range(2):
            ends = []
            for h in (1e-6, -1e-6):
                moved = tuple(value + h * (index == k) for index, value in enumerate(x))
                a, b = names["f"](moved, (0.4,))
                ends.append(a + 2.0 * b)
            assert gradient[k] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-6)


def test_a_result_that_depends_on_nothing_is_refused():
    with pytest.raises(TypeError, match="does not depend"):
        sources("f", lambda x: (1.0,), [Argument("x", 1)])
