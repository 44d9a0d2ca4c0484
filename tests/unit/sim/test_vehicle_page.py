"""docs/vehicles.md says what the vehicle files say."""

from dataclasses import replace
from pathlib import Path

import pytest

from hil_sim.vehicle_files import load_vehicle, vehicle_names

PAGE = Path(__file__).parents[3] / "docs" / "vehicles.md"


def row_of(vehicle):
    """The row that the table must have for a vehicle, without its last cell."""
    equal = replace(vehicle, motor_mismatch_std=0.0)
    arms = (abs(vehicle.rotor_y_m[0]), abs(vehicle.rotor_x_m[0]), vehicle.torque_per_thrust_m)
    gains = [arm * vehicle.mass_kg / inertia for arm, inertia in zip(arms, vehicle.inertia_kg_m2, strict=True)]
    cells = (
        f"`{vehicle.name}`",
        f"{vehicle.mass_kg:.4f}",
        f"{vehicle.hover_command:.3f}",
        f"{equal.thrust_to_weight():.2f}",
        ", ".join(f"{gain:.1f}" for gain in gains),
        f"{vehicle.motor_tau_up_s:.3f}, {vehicle.motor_tau_down_s:.3f}",
    )
    return "| " + " | ".join(cells) + " |"


@pytest.mark.parametrize("name", vehicle_names())
def test_the_page_has_the_numbers_of_the_file(name):
    assert row_of(load_vehicle(name)) in PAGE.read_text(encoding="utf-8")


def test_a_changed_vehicle_is_not_on_the_page():
    changed = replace(load_vehicle("cf21-identified"), motor_tau_up_s=0.05)
    assert row_of(changed) not in PAGE.read_text(encoding="utf-8")
