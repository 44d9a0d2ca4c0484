"""What is passed around a flight loop, tick by tick.

Frames: world is right-handed, z up; body is x forward, y left, z up (FLU). Quaternions are `xyzw`, body to world.
Units: SI and radians. All of these are tuples of Python floats: immutable, hashable, exactly comparable, and an order
of magnitude faster than arrays at one vehicle's size. `np.asarray(state.position)` gives the array.
"""

from dataclasses import dataclass
from typing import NamedTuple

Vec3 = tuple[float, float, float]
Vec4 = tuple[float, float, float, float]
Quat = tuple[float, float, float, float]  # x, y, z, w

TRUTH, ON_BOARD_ESTIMATE = "truth", "on-board estimate"  # what the state in a sample is

ZERO3: Vec3 = (0.0, 0.0, 0.0)
LEVEL: Quat = (0.0, 0.0, 0.0, 1.0)


class State(NamedTuple):
    """Rigid-body state of the vehicle."""

    position: Vec3  # world, m
    velocity: Vec3  # world, m/s
    attitude: Quat  # xyzw, body to world
    rates: Vec3  # body, rad/s


class Start(NamedTuple):
    """State at t = 0 and what the rotors do then; `motors=None` means spinning at hover."""

    state: State
    motors: Vec4 | None = None  # fraction of full speed, 0..1, M1..M4


class Setpoint(NamedTuple):
    """Where the vehicle should be at one instant. `velocity=None`: position only, nothing to feed forward."""

    position: Vec3  # world, m
    velocity: Vec3 | None = None  # world, m/s
    acceleration: Vec3 | None = None  # world, m/s², without gravity
    yaw: float = 0.0  # rad, about world z
    yaw_rate: float = 0.0  # rad/s


class Command(NamedTuple):
    """Motor commands: fraction 0..1 of full duty, order M1..M4 (front right, back right, back left, front left)."""

    motors: Vec4


class AttitudeThrust(NamedTuple):
    """What an outer-loop controller asks of an inner loop."""

    roll: float  # rad, ZYX Euler, body FLU
    pitch: float  # rad, nose down positive (right-handed about body y)
    yaw: float  # rad
    thrust: float  # collective, fraction 0..1 of full thrust command


class Sample(NamedTuple):
    """One log row: everything in it was true at, or decided from, the same instant `t_s`."""

    tick: int
    t_s: float  # tick / rate_hz
    setpoint: Setpoint
    state: State  # truth, where anybody knows it; else the on-board estimate, see `Target.state_source`
    command: Command | None  # None where nothing was recorded
    estimate: State | None = None  # what the controller saw
    battery_v: float | None = None
    compute_s: float = 0.0  # wall time of the controller's decision
    round_trip_s: float = 0.0  # wall time of the whole step, link included


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth telling that happened at one instant: an abort, a gap, a jump of the set-point."""

    t_s: float
    kind: str  # "abort", "gap", "setpoint-jump", "take-off", "landing", "fault", "phase" …
    text: str
