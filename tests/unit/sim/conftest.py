"""Plants and starts that the simulator's tests share."""

from dataclasses import replace

import pytest

from hil.core.types import LEVEL, ZERO3, Start, State
from hil.core.vehicle import Vehicle
from hil_sim.vehicle_files import load_vehicle


@pytest.fixture
def in_the_air() -> Start:
    return Start(State((0.0, 0.0, 100.0), ZERO3, LEVEL, ZERO3))


@pytest.fixture
def package() -> Vehicle:
    return load_vehicle("cf-l2f-package")


@pytest.fixture
def identified() -> Vehicle:
    """The identified vehicle with four equal motors."""
    return replace(load_vehicle("cf21-identified"), motor_mismatch_std=0.0)


@pytest.fixture
def ballistic(package: Vehicle) -> Vehicle:
    """A rigid body: no thrust from stopped rotors, no drag."""
    return replace(package, thrust_n=(0.0, 0.0, 0.12))
