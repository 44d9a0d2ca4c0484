"""What every controller in the registry keeps, whatever it is, and that a controller which does not is found out."""

import importlib.util
import math
import random
import shutil
from itertools import pairwise

import pytest

from hil.core.interfaces import Controller
from hil.core.types import LEVEL, ZERO3, Command, Setpoint, State
from hil.registry import CONTROLLERS, load
from hil_controllers.network.controller import NetworkController
from hil_sim.vehicle_files import load_vehicle

VEHICLES = ("cf-l2f-original", "cf21-identified", "cf-l2f-2")
FAMILIES = ("position-only", "feed-forward", "network")
HAS_NUMBA = importlib.util.find_spec("numba") is not None
HAS_C = importlib.util.find_spec("cffi") is not None and shutil.which("cc") is not None
BACKENDS = ("numpy", *(("numba",) if HAS_NUMBA else ()), *(("c",) if HAS_C else ()))
NETWORKS = ("flying snn", "flying ann", "snn", "ann-history")  # the last two have random weights


@pytest.fixture(
    params=[(c, v) for c in CONTROLLERS for v in VEHICLES] + [(n, b) for n in NETWORKS for b in BACKENDS],
    ids=lambda pair: "-".join(pair),
)
def controller(request, networks):
    name, vehicle = request.param
    if name in CONTROLLERS:
        return load(CONTROLLERS, "controller", name)(load_vehicle(vehicle))
    made = {"flying snn": networks.flying_snn, "flying ann": networks.flying_ann}
    return NetworkController(made[name]() if name in made else networks.of(name), backend=vehicle)


def wild_inputs(count, *, turned=True):
    """States nobody should be in: upside down, far, fast, spinning; set-points with and without feed-forward."""
    dice = random.Random(11)

    def triple(size):
        return tuple(dice.uniform(-size, size) for _ in range(3))

    for k in range(count):
        quat = [dice.gauss(0.0, 1.0) for _ in range(4)] if k % 4 else [1.0, 0.0, 0.0, 0.0]
        attitude = tuple(a / math.hypot(*quat) for a in quat)
        size = 10.0 ** dice.uniform(-3.0, 3.0)
        state = State(triple(size), triple(size), attitude, triple(min(size, 100.0)))
        yaw = dice.uniform(-10.0, 10.0) if turned else 0.0
        if k % 3:
            yield state, Setpoint(triple(10.0), triple(size), triple(size), yaw, dice.uniform(-10.0, 10.0))
        else:
            yield state, Setpoint(triple(10.0), yaw=yaw)


def commands(controller, inputs):
    return [controller.act(state, setpoint) for state, setpoint in inputs]


def assert_within_range(given):
    for command in given:
        assert len(command.motors) == 4
        assert all(math.isfinite(u) and 0.0 <= u <= 1.0 for u in command.motors)


def sees_yaw(controller):
    return controller.family != "network"


def assert_reset_forgets(controller):
    inputs = list(wild_inputs(40, turned=sees_yaw(controller)))
    controller.reset()
    first = commands(controller, inputs)
    controller.reset()
    assert commands(controller, inputs) == first


def test_it_says_its_name_family_and_rate(controller):
    assert controller.name in (*CONTROLLERS, "snn", "ann", "ann-history")
    assert controller.family in FAMILIES
    assert controller.rate_hz % 100 == 0
    assert 1000 % controller.rate_hz == 0


def test_commands_are_fractions_in_any_state(controller):
    controller.reset()
    assert_within_range(commands(controller, wild_inputs(400, turned=sees_yaw(controller))))


def test_reset_makes_it_forget(controller):
    assert_reset_forgets(controller)


def test_a_new_one_needs_no_reset(controller):
    inputs = list(wild_inputs(10, turned=sees_yaw(controller)))
    fresh = commands(controller, inputs)
    controller.reset()
    assert commands(controller, inputs) == fresh


def test_the_state_matters(controller):
    hover = State((0.0, 0.0, 1.0), ZERO3, LEVEL, ZERO3)
    setpoint = Setpoint((0.0, 0.0, 1.0))
    controller.reset()
    level = controller.act(hover, setpoint)
    controller.reset()
    assert controller.act(hover._replace(rates=(10.0, 0.0, 0.0)), setpoint) != level


def test_at_rest_on_its_set_point_it_keeps_still(controller, request):
    if {"snn", "ann-history"} & set(request.node.callspec.params["controller"]):
        pytest.skip("random weights")
    hover = State((0.0, 0.0, 1.0), ZERO3, LEVEL, ZERO3)
    controller.reset()
    given = [controller.act(hover, Setpoint((0.0, 0.0, 1.0), ZERO3, ZERO3)).motors for _ in range(controller.rate_hz)]
    assert max(abs(a - b) for before, after in pairwise(given) for a, b in zip(before, after, strict=True)) < 0.02


class Stubborn(Controller):
    """Breaks the contract on purpose: remembers across resets, and asks for more than full."""

    name, family, rate_hz = "stubborn", "feed-forward", 100

    def __init__(self):
        self.acts = 0

    def reset(self):
        pass

    def act(self, state, setpoint):
        self.acts += 1
        return Command((0.02 * self.acts,) * 4)


def test_a_controller_that_remembers_is_found_out():
    with pytest.raises(AssertionError):
        assert_reset_forgets(Stubborn())


def test_a_controller_that_asks_for_more_than_full_is_found_out():
    with pytest.raises(AssertionError):
        assert_within_range(commands(Stubborn(), wild_inputs(60)))
