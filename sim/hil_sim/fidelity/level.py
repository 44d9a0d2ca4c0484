"""The tilt of the marker frame against the airframe, taken from the rows before a window only.

Markers are stuck on by hand, so motion capture's body axes lie a degree or two off those in which thrust is along z.
Mean specific force without drag, body axes, over the last second: along +z if they agree. Holding the specific force
is free of this error, as it is measured in the axes it is used in.
"""

from dataclasses import replace

import numpy as np

from hil.core.vehicle import GRAVITY_M_S2, Vehicle
from hil_sim.fidelity.attitudes import Array, inverse, product, to_world, turn_by
from hil_sim.fidelity.windows import Windows

LEVEL_S = 1.0


def specific_force(windows: Windows, over_s: float) -> tuple[Array, Array]:
    """R⁻¹ (Δv / Δt − g) between the rows of the last `over_s` before the start, and R⁻¹ v there: (n, rows, 3) each."""
    last = slice(windows.at - round(over_s * windows.rate_hz), windows.at + 1)
    velocity, attitude = windows.velocity[:, last], windows.attitude[:, last]
    gained = np.diff(velocity, axis=1) * windows.rate_hz + np.array([0.0, 0.0, GRAVITY_M_S2])
    between = attitude[:, 1:] + attitude[:, :-1]
    between /= np.linalg.norm(between, axis=-1, keepdims=True)
    back = inverse(between)
    return to_world(back, gained), to_world(back, 0.5 * (velocity[:, 1:] + velocity[:, :-1]))


def marker_tilt(vehicle: Vehicle, windows: Windows) -> Array:
    """The quaternion (n, 4) from motion capture's body axes to those with thrust along z, for this vehicle's drag."""
    force, velocity = specific_force(windows, LEVEL_S)
    lift = (force + np.array(vehicle.drag_1_s) * velocity).mean(axis=1)
    axis = np.cross([0.0, 0.0, 1.0], lift)
    sine = np.linalg.norm(axis, axis=1, keepdims=True)
    angle = np.arctan2(sine, lift[:, 2:])
    return turn_by(np.divide(angle, sine, out=np.zeros_like(sine), where=sine > 0) * axis)


def levelled(vehicle: Vehicle, windows: Windows) -> Windows:
    """The same windows with attitudes in the airframe's axes, before and after the start alike."""
    return replace(windows, attitude=product(windows.attitude, marker_tilt(vehicle, windows)[:, None]))
