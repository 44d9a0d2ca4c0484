"""Flights of vehicles that are known to the last digit, by the bench's own runner, with all that makes them real."""

import re
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import pytest

from hil.bench import Job, fly
from hil.core.vehicle import Vehicle
from hil.flights.reader import Flight, read_flight
from hil.scenario.model import Scenario
from hil.scenario.shipped import find
from hil_sim.identify.study import Identified, identify
from hil_sim.vehicle_files import load_vehicle

BASE = "cf21-identified"
TASKS = ("figure_eight", "circle", "helix", "waypoints")
# lag, inertia, thrust, drag, drag heights, battery and delay 20 to 30 % from the base, either way
SLUGGISH = {
    "motor_tau_up_s": 0.06,
    "motor_tau_down_s": 0.06,
    "inertia_kg_m2": [1.45e-5, 2.2e-5, 3.2e-5],
    "thrust_n": [0.0, 0.0235, 0.0549],
    "drag_1_s": [0.30, 0.50, 0.2],
    "drag_height_x_m": 0.030,
    "drag_height_y_m": 0.040,
    "hover_v": 3.4,
    "reference_v": 2.7,
    "sag_v": 1.3,
    "drain_v_s": 0.004,
    "command_delay_s": 0.008,
}
QUICK = {
    "motor_tau_up_s": 0.034,
    "motor_tau_down_s": 0.034,
    "inertia_kg_m2": [2.3e-5, 1.45e-5, 4.0e-5],
    "thrust_n": [0.0, 0.0, 0.0784],
    "drag_1_s": [0.50, 0.32, 0.2],
    "drag_height_x_m": 0.048,
    "drag_height_y_m": 0.024,
    "hover_v": 3.8,
    "reference_v": 3.1,
    "sag_v": 0.8,
    "drain_v_s": 0.002,
    "command_delay_s": 0.003,
}
CHANGES = {"base": {}, "sluggish": SLUGGISH, "quick": QUICK}


@dataclass(frozen=True, slots=True)
class Case:
    """A known vehicle, its flights, and what was made of them."""

    truth: Vehicle
    flights: list[Flight]
    found: Identified


def vehicle_file(folder: Path, name: str, changes: dict) -> Path:
    """The base vehicle's file with other numbers."""
    text = (files("hil_sim.vehicles") / f"{BASE}.toml").read_text(encoding="utf-8")
    text = text.replace(f'name = "{BASE}"', f'name = "{name}"')
    for key, value in changes.items():
        text, count = re.subn(rf"(?m)^{key} = \{{value = [^=]*?, source", f"{key} = {{value = {value}, source", text)
        assert count == 1, key
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def held(flight: Flight) -> bool:
    return flight.log.info.controller == "geometric"


@pytest.fixture(scope="session")
def flown(tmp_path_factory):
    """`flown("figure_eight", vehicle="sluggish", controller="pid", seed=3, …)`: one flight, made once."""
    folder = tmp_path_factory.mktemp("flights")
    known: dict[tuple, Flight] = {}
    vehicles = {name: vehicle_file(folder, name, changes) for name, changes in CHANGES.items()}

    def make(task: str, *, vehicle: str = "base", controller: str = "geometric", seed: int = 1, **changes) -> Flight:
        key = (task, vehicle, controller, seed, repr(sorted(changes.items())))
        if key not in known:
            scenario = Scenario.load(
                find([task])[0], {"vehicle": str(vehicles.get(vehicle, vehicle)), "seed": seed, **changes}
            )
            out = folder / f"{vehicle}-{controller}-{seed}-{len(known)}"
            known[key] = read_flight(fly(Job(scenario=scenario, target="sim", controller=controller, out=out)).run_dir)
        return known[key]

    return make


@pytest.fixture(scope="session")
def case(flown, tmp_path_factory):
    """`case("sluggish", "pid")`: four flights of this vehicle under this controller, each with its own chance."""
    known: dict[tuple[str, str], Case] = {}
    folder = tmp_path_factory.mktemp("vehicles")

    def make(vehicle: str, controller: str) -> Case:
        if (vehicle, controller) not in known:
            flights = [
                flown(task, vehicle=vehicle, controller=controller, seed=101 + 7 * number)
                for number, task in enumerate(TASKS)
            ]
            truth = load_vehicle(vehicle_file(folder, vehicle, CHANGES[vehicle]))
            known[vehicle, controller] = Case(truth, flights, identify(flights, load_vehicle(BASE), held=held))
        return known[vehicle, controller]

    return make


@pytest.fixture(scope="session")
def base() -> Vehicle:
    """The vehicle that identify is told to start from."""
    return load_vehicle(BASE)


@pytest.fixture(scope="session", name="held")
def held_fixture():
    """Which flights' commands were in force from row to row."""
    return held


@pytest.fixture(scope="session")
def as_flight():
    """`as_flight(flight, log)`: the same flight with another log."""
    return lambda flight, log: replace(flight, log=log)
