"""Where one flight starts: the nominal start of a scenario, and the one chance makes of it."""

import math
from itertools import product

import numpy as np

from hil.core.chance import rng
from hil.core.frames import quat_from_euler, quat_multiply
from hil.core.types import Quat, Start, State, Vec3, Vec4
from hil.scenario.conditions import StartSpec

_STOPPED: Vec4 = (0.0, 0.0, 0.0, 0.0)


def nominal_start(spec: StartSpec) -> Start:
    """The start without its spread: level, at rest about all axes."""
    attitude = quat_from_euler(0.0, 0.0, math.radians(spec.yaw_deg))
    state = State(spec.position_m, spec.velocity_m_s, attitude, (0.0, 0.0, 0.0))
    return Start(state, _STOPPED if spec.motors == "stopped" else None)


def extreme_starts(spec: StartSpec) -> list[Start]:
    """The nominal start, then those at the corners of the spread of positions, otherwise nominal."""
    nominal = nominal_start(spec)
    sides = ((x - width, x + width) for x, width in zip(spec.position_m, spec.spread.position_m, strict=True))
    points = sorted({(x, y, z) for x, y, z in product(*sides)})
    corners = [nominal._replace(state=nominal.state._replace(position=point)) for point in points]
    return [nominal, *(corner for corner in corners if corner != nominal)]


def draw_start(spec: StartSpec, seed: int) -> Start:
    """The start of the flight with this seed: the same for every controller and target.

    All draws are made, in a fixed order, whether used or not, so that changing one part of the spread leaves the
    others' draws as they were.
    """
    chance = rng(seed, "start")
    nominal_draw = chance.uniform()
    position_draw, velocity_draw, rates_draw = (chance.uniform(-1.0, 1.0, 3) for _ in range(3))
    angle_draw = chance.uniform()
    axis_draw = chance.standard_normal(3)
    motors_draw = chance.uniform(0.0, 1.0, 4)

    nominal, spread = nominal_start(spec), spec.spread
    if nominal_draw < spread.nominal_share:
        return nominal
    tilted = _rotation(_angle(angle_draw, math.radians(spread.tilt_deg)), axis_draw)
    state = State(
        _shifted(nominal.state.position, spread.position_m, position_draw),
        _shifted(nominal.state.velocity, spread.velocity_m_s, velocity_draw),
        quat_multiply(tilted, nominal.state.attitude),
        _shifted(nominal.state.rates, spread.rates_rad_s, rates_draw),
    )
    if spec.motors == "hover" and spread.motors == "random":
        m1, m2, m3, m4 = map(float, motors_draw)
        return Start(state, (m1, m2, m3, m4))
    return Start(state, nominal.motors)


def _shifted(nominal: Vec3, half_width: Vec3, draw: np.ndarray) -> Vec3:
    x, y, z = (n + w * float(d) for n, w, d in zip(nominal, half_width, draw, strict=True))
    return (x, y, z)


def _angle(share: float, greatest: float) -> float:
    """Angle below which lies `share` of the rotations by at most `greatest` ≤ π, rad.

    Uniform on SO(3), the rotation angle θ has density ∝ 1 − cos θ (Miles, Biometrika 52(3/4), 1965), so the share
    below θ is (θ − sin θ) / (greatest − sin greatest); found by bisection.
    """
    wanted = share * (greatest - math.sin(greatest))
    low, high = 0.0, greatest
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle - math.sin(middle) < wanted else (low, middle)
    return low


def _rotation(angle: float, axis: np.ndarray) -> Quat:
    x, y, z = (float(a) * math.sin(angle / 2) / float(np.linalg.norm(axis)) for a in axis)
    return (x, y, z, math.cos(angle / 2))
