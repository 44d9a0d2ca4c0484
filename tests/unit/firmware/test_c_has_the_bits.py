"""The network's C, as a library of this machine, has the bits of the numpy definition, every tick."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hil.core.arrays import setpoint_of, state_of
from hil.core.clock import SimulatedClock
from hil.core.types import Setpoint, State
from hil.log import LogWriter
from hil.runner import run
from hil.scenario.model import Scenario
from hil.scenario.shipped import find
from hil.targets.closed_loop import build_sil
from hil.targets.order import Order
from hil_controllers.network.engines import engine
from hil_controllers.network.reference import command, flat

pytestmark = pytest.mark.usefixtures("needs_cffi")
LEVEL = State((0.0,) * 3, (0.0,) * 3, (0.0, 0.0, 0.0, 1.0), (0.0,) * 3)


class Definition:
    """The numpy definition, with what the C shows of a step."""

    def __init__(self, network):
        self.network = network
        self.memory = network.start()

    def step(self, state, setpoint):
        x, memory = self.network.observe(state, setpoint, self.memory)
        y, self.memory = self.network.step(x, memory)
        return x, y, command(y)


def assert_same(network, definition, flying, state, setpoint):
    """One step of both: observation, action, motors, membranes, spikes, integral and history."""
    x, y, motors = definition.step(state, setpoint)
    assert np.array_equal(np.float32(flying.act(state, setpoint)), motors, equal_nan=True)
    assert np.array_equal(flying.c_memory.observation, x, equal_nan=True)
    assert np.array_equal(flying.c_memory.action, y, equal_nan=True)
    assert np.array_equal(flying.memory, flat(definition.memory), equal_nan=True)
    assert flying.c_memory.spike_counts == tuple(int(spikes.sum()) for spikes in definition.memory.spikes)


def rough(steps, seed):
    """States and set-points: far, fast, any attitude, some without velocity or acceleration, or with parts of them."""
    rng = np.random.default_rng(seed)
    states = np.cumsum(rng.normal(0.0, 0.05, (steps, 13)), axis=0)
    states[:, 6:10] /= np.linalg.norm(states[:, 6:10], axis=1, keepdims=True)
    setpoints = np.zeros((steps, 11))
    setpoints[:, :9] = rng.normal(0.0, 0.3, (steps, 9))
    setpoints[rng.random(steps) < 0.4, 3:6] = np.nan
    setpoints[rng.random(steps) < 0.4, 6:9] = np.nan
    setpoints[rng.random(steps) < 0.1, 4] = np.nan
    pairs = zip(states.tolist(), setpoints.tolist(), strict=True)
    return [(state_of(state), setpoint_of(setpoint)) for state, setpoint in pairs]


def test_a_long_rough_flight_has_the_bits_of_the_definition(any_network):
    definition, flying = Definition(any_network), engine(any_network, "c")
    for state, setpoint in rough(400, 1):
        assert_same(any_network, definition, flying, state, setpoint)
    assert flying.c_memory.steps == 400


class Twin:
    """An engine that flies by the definition and holds the C against it at every tick."""

    def __init__(self, network):
        self.network, self.ticks = network, 0
        self.reset()

    def reset(self):
        self.definition, self.flying = Definition(self.network), engine(self.network, "c")

    def act(self, state, setpoint):
        assert_same(self.network, self.definition, self.flying, state, setpoint)
        self.ticks += 1
        return tuple(self.flying._motors.tolist())

    @property
    def memory(self):
        return self.flying.memory


@pytest.mark.parametrize("task", ["hover", "figure_eight"])
@pytest.mark.parametrize("controller", ["snn", "ann-history", "ann"])
def test_networks_that_ship_fly_whole_tasks_with_the_bits_of_the_definition(task, controller):
    (path,) = find([task])
    order = Order(
        scenario=Scenario.load(path, {"duration_s": 6}), repeat=0, controller=controller, flight=None,
        clock=SimulatedClock(), engine="numpy",
    )  # fmt: skip
    target, plan, simulated, _ = build_sil(order)
    twin = target._controller._engine = Twin(target._controller.network)
    info = plan.info(target, simulated=simulated)
    with LogWriter(info, None) as writer, target:
        run(plan, target, clock=SimulatedClock(), writer=writer)
    assert twin.ticks == 600


@cache
def flying_c(network):
    return engine(network, "c")


EXTREMES = st.sampled_from((0.0, -0.0, 1e-45, -1e-40, 1.5, -3.0, 35.0, 1e19, -2e19, 3e38, -3.4e38, 1e-300))
NUMBERS = st.floats(-3e38, 3e38) | st.floats(-5.0, 5.0) | EXTREMES
SAID = st.none() | st.tuples(NUMBERS, NUMBERS, NUMBERS)


@pytest.mark.filterwarnings("ignore:overflow encountered", "ignore:invalid value encountered")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.lists(NUMBERS, min_size=13, max_size=13), st.tuples(NUMBERS, NUMBERS, NUMBERS), SAID, SAID),
        min_size=1,
        max_size=4,
    )
)
@pytest.mark.parametrize("kind", ["three spiking layers", "leads", "mixed", "below zero", "ann"])
def test_any_finite_numbers_have_the_bits_of_the_definition(of_kind, kind, steps):
    network = of_kind(kind)
    definition, flying = Definition(network), flying_c(network)
    flying.reset()
    for numbers, position, velocity, acceleration in steps:
        setpoint = Setpoint(position, velocity, acceleration)
        assert_same(network, definition, flying, state_of(numbers), setpoint)


def test_two_flights_at_once_do_not_feel_each_other(of_kind):
    network = of_kind("snn with integral")
    flights = rough(60, 2), rough(60, 3)
    alone = [[flown.act(*step) for step in flight] for flight in flights for flown in [engine(network, "c")]]
    one, other = engine(network, "c"), engine(network, "c")
    together = [(one.act(*a), other.act(*b)) for a, b in zip(*flights, strict=True)]
    assert [list(flight) for flight in zip(*together, strict=True)] == alone


def test_reset_forgets_all_of_a_flight(any_network):
    flying = engine(any_network, "c")
    first = [flying.act(*step) for step in rough(40, 4)]
    flying.reset()
    assert [flying.act(*step) for step in rough(40, 4)] == first


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("where", ["position", "velocity", "attitude", "rates"])
def test_a_state_that_is_not_finite_is_answered_by_nan_and_remembered_by_nobody(of_kind, where, bad):
    flying = engine(of_kind("leads"), "c")
    for step in rough(20, 5):
        flying.act(*step)
    before = flying.c_memory.floats.copy()
    state = LEVEL._replace(**{where: (bad, *getattr(LEVEL, where)[1:])})
    assert all(map(math.isnan, flying.act(state, Setpoint((0.0, 0.0, 0.0)))))
    assert np.array_equal(flying.c_memory.floats, before)
    assert flying.c_memory.steps == 20


@pytest.mark.parametrize("setpoint", [Setpoint((math.nan, 0.0, 0.0)), Setpoint((0.0,) * 3, (0.0, math.inf, 0.0))])
def test_a_set_point_that_is_not_finite_is_answered_by_nan(of_kind, setpoint):
    flying = engine(of_kind("leads"), "c")
    assert all(map(math.isnan, flying.act(LEVEL, setpoint)))
    assert flying.c_memory.steps == 0
