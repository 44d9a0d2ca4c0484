"""Which engine the network on board of a virtual vehicle is stepped by."""

import pytest

from hil.core.clock import WallClock
from hil.core.errors import BadInput
from hil.flight_plan import plan_flight
from hil.scenario.model import Scenario
from hil.scenario.shipped import shipped_dir
from hil.targets.crazyflie import build as building
from hil.targets.crazyflie.address import find
from hil.targets.order import Hardware, Order

HOVER = Scenario.load(shipped_dir() / "hover.yaml")


@pytest.fixture
def started_with(monkeypatch):
    """What the process of a virtual vehicle would be started with."""
    told = {}
    monkeypatch.setattr(building, "VirtualProcess", lambda **words: told.update(words))
    monkeypatch.setattr(building, "VirtualRig", lambda **_: None)

    def start(*, engine, uri="virtual", onboard="app", controller="ann"):
        hardware = Hardware(uri=uri, onboard=onboard)
        order = Order(
            scenario=HOVER, repeat=0, controller=controller, flight=None, clock=WallClock(), engine=engine,
            hardware=hardware,
        )  # fmt: skip
        building._rig(order, find(hardware), plan_flight(HOVER, 0))
        return told

    return start


@pytest.mark.parametrize(("engine", "word"), [("c", "c"), ("numpy", "numpy"), (None, "auto")])
def test_the_engine_of_a_flight_steps_the_network_on_board(started_with, engine, word):
    told = started_with(engine=engine)
    assert (told["controller"], told["engine"]) == ("ann", word)


def test_beside_another_controller_on_board_the_engine_is_of_no_matter(started_with):
    assert started_with(engine="c", onboard="pid", controller=None)["engine"] == "auto"


def test_the_engine_of_a_vehicle_that_is_there_already_is_not_chosen(started_with):
    with pytest.raises(BadInput, match="what steps the network on board") as told:
        started_with(engine="c", uri="udp://127.0.0.1:1")
    assert "hil virtual --engine" in told.value.hint
