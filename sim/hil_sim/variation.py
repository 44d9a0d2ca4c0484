"""How one flight's vehicle differs from the nominal one: drawn once per flight, from the seed alone."""

from dataclasses import replace

from hil.core.chance import rng
from hil.core.types import Vec3, Vec4
from hil.core.vehicle import Vehicle
from hil.scenario.conditions import Randomise


def varied(vehicle: Vehicle, randomise: Randomise, *, seed: int) -> tuple[Vehicle, Vec4]:
    """This flight's vehicle, and the thrust of each rotor over that vehicle's nominal.

    All numbers are drawn whatever the widths: widening one never shifts another. One factor per quantity, so inertia
    keeps its shape; motor mismatch is Gaussian, cut at ±3 standard deviations.
    """
    chance = rng(seed, "vehicle")
    mass, inertia, thrust, lag, drag = (float(x) for x in chance.uniform(-1.0, 1.0, 5))
    m1, m2, m3, m4 = (1.0 + vehicle.motor_mismatch_std * float(x) for x in chance.standard_normal(4).clip(-3.0, 3.0))
    actual = replace(
        vehicle,
        mass_kg=vehicle.mass_kg * (1.0 + randomise.mass * mass),
        inertia_kg_m2=_scaled(vehicle.inertia_kg_m2, 1.0 + randomise.inertia * inertia),
        thrust_n=_scaled(vehicle.thrust_n, 1.0 + randomise.thrust * thrust),
        motor_tau_up_s=vehicle.motor_tau_up_s * (1.0 + randomise.motor_lag * lag),
        motor_tau_down_s=vehicle.motor_tau_down_s * (1.0 + randomise.motor_lag * lag),
        drag_1_s=_scaled(vehicle.drag_1_s, 1.0 + randomise.drag * drag),
    )
    return actual, (m1, m2, m3, m4)


def _scaled(triple: Vec3, factor: float) -> Vec3:
    a, b, c = triple
    return (a * factor, b * factor, c * factor)
