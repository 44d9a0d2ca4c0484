"""What an environment does with a tile of a batch plant: see, judge, start anew. float32; compiled by `program.py`.

Tiles are those of `hil_sim.batch.program`: value r of lane i of tile b at (b · rows + r) · 16 + i. The loops over the
lanes become vector instructions, for which they have to be free of inner loops: what is done to each of 18 values
stands there 18 times. Chance is a function of (which, clock, purpose) under the key of each environment.
"""

from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy import float32, uint32

from hil_sim.batch.program import LANES, TILE
from hil_sim.gym.chance import normal, uniform, words

Array = Any

SEEN = 18  # numbers a policy sees
BLOCKS = SEEN // 2  # of four random words, two normal numbers each
OBSERVATION, START = uint32(0), uint32(1)  # purposes of chance
DT_S = 0.01  # of a step
TICK_S: Any = float32(DT_S)
DEAREST: Any = float32(1e6)  # a step costs no more, so that the reward of a state that is no number is one

# Where in a tile the values of a vehicle are, lane 0.
PX, PY, PZ, QX, QY, QZ, QW, VX, VY, VZ, WX, WY, WZ, M1, M2, M3, M4, SINCE = range(0, TILE, LANES)

_ZERO: Any = float32(0.0)
_ONE: Any = float32(1.0)
_TWO: Any = float32(2.0)


class Environments(NamedTuple):
    """What is known of each environment besides its vehicle; all arrays are written to."""

    keys: Array  # (tiles, 2, 16) flat, uint32: the seed
    clock: Array  # (lanes,) uint32: steps and resets since the seed
    elapsed: Array  # (lanes,) int32: steps since the start of the episode
    rotors: Array  # (lanes, 4) rotor fractions 0..1 at the start of the episode


class Settings(NamedTuple):
    """What all environments share; arrays, as a number of its own costs as much to hand over as an array."""

    std: Array  # (18,) of the noise on what is seen
    noisy: bool
    weights: Array  # (6,) of the reward: alive, position, velocity, attitude, action; then the action of hover
    fence_m: Any
    steps: int
    ages: bool  # whether a vehicle changes with the age of an episode: it has a battery
    starts: Array  # (9,) distribution of starts: NOMINAL_SHARE ..
    last: int  # the last vehicle; lanes after it repeat it


GOES_ON, LOST, LATE = np.int32(0), np.int32(1), np.int32(2)  # how an episode ends
NOMINAL_SHARE, NOMINAL_AT_REST, POSITION_M, VELOCITY_M_S, RATES_RAD_S = range(5)  # half-widths from the third on
BALL, ROTOR_LEAST, ROTOR_GREATEST, FULL_MOTOR = range(
    5, 9
)  # sine of half the greatest angle; motor state at fraction 1


@njit(forceinline=True)
def _seen(own: Array, lane: int) -> tuple[Any, ...]:
    """Position error (world, m), rotation matrix by rows, velocity error (world, m/s), rates (body, rad/s)."""
    qx, qy, qz, qw = own[QX + lane], own[QY + lane], own[QZ + lane], own[QW + lane]
    xx, yy, zz = qx * qx, qy * qy, qz * qz
    xy, xz, yz = qx * qy, qx * qz, qy * qz
    xw, yw, zw = qx * qw, qy * qw, qz * qw
    return (
        own[PX + lane],
        own[PY + lane],
        own[PZ + lane],
        _ONE - _TWO * (yy + zz),
        _TWO * (xy - zw),
        _TWO * (xz + yw),
        _TWO * (xy + zw),
        _ONE - _TWO * (xx + zz),
        _TWO * (yz - xw),
        _TWO * (xz - yw),
        _TWO * (yz + xw),
        _ONE - _TWO * (xx + yy),
        own[VX + lane],
        own[VY + lane],
        own[VZ + lane],
        own[WX + lane],
        own[WY + lane],
        own[WZ + lane],
    )


@njit(forceinline=True)
def see_tile(own: Array, key: Array, clock: Array, settings: Settings, noise: Array, sight: Array) -> None:
    """Put what the vehicles of a tile see into `sight` (18 · 16); `noise` (18 · 16) is zeros without noise."""
    if settings.noisy:
        for block in range(BLOCKS):
            pair = noise[block * 2 * LANES : (block + 1) * 2 * LANES]
            first, second = settings.std[2 * block], settings.std[2 * block + 1]
            for lane in range(LANES):
                a, b, c, d = words(uint32(block), clock[lane], OBSERVATION, uint32(0), key[lane], key[LANES + lane])
                pair[lane] = first * normal(a, b)
                pair[LANES + lane] = second * normal(c, d)
    for lane in range(LANES):
        s = _seen(own, lane)
        sight[0 * LANES + lane] = s[0] + noise[0 * LANES + lane]
        sight[1 * LANES + lane] = s[1] + noise[1 * LANES + lane]
        sight[2 * LANES + lane] = s[2] + noise[2 * LANES + lane]
        sight[3 * LANES + lane] = s[3] + noise[3 * LANES + lane]
        sight[4 * LANES + lane] = s[4] + noise[4 * LANES + lane]
        sight[5 * LANES + lane] = s[5] + noise[5 * LANES + lane]
        sight[6 * LANES + lane] = s[6] + noise[6 * LANES + lane]
        sight[7 * LANES + lane] = s[7] + noise[7 * LANES + lane]
        sight[8 * LANES + lane] = s[8] + noise[8 * LANES + lane]
        sight[9 * LANES + lane] = s[9] + noise[9 * LANES + lane]
        sight[10 * LANES + lane] = s[10] + noise[10 * LANES + lane]
        sight[11 * LANES + lane] = s[11] + noise[11 * LANES + lane]
        sight[12 * LANES + lane] = s[12] + noise[12 * LANES + lane]
        sight[13 * LANES + lane] = s[13] + noise[13 * LANES + lane]
        sight[14 * LANES + lane] = s[14] + noise[14 * LANES + lane]
        sight[15 * LANES + lane] = s[15] + noise[15 * LANES + lane]
        sight[16 * LANES + lane] = s[16] + noise[16 * LANES + lane]
        sight[17 * LANES + lane] = s[17] + noise[17 * LANES + lane]


@njit(forceinline=True)
def show_tile(sight: Array, observations: Array, first: int) -> None:
    """Put `sight` (18 · 16) into 16 rows of `observations` from the `first` on."""
    for lane in range(LANES):
        for k in range(SEEN):
            observations[first + lane, k] = sight[k * LANES + lane]


@njit(forceinline=True)
def judge_tile(
    own: Array, action: Array, age: Array, scale: tuple[Any, ...], fence: Any, steps: Any, reward: Array, end: Array
) -> Any:
    """Reward and end of a tile's vehicles after a step with these actions (16 · 4); how many ended.

    `age` (16,): steps of the episode before this one; `scale`: the six weights. `end` (16,): GOES_ON, LOST or LATE. A
    position that is not a number is lost. More arrays to write to would cost more checks of overlap than LLVM is ready
    to make, and so the vectors.
    """
    alive, of_position, of_velocity, of_attitude, of_action, hover = scale
    ended = np.int32(0)
    for lane in range(LANES):
        px, py, pz = own[PX + lane], own[PY + lane], own[PZ + lane]
        qw, vx, vy, vz = own[QW + lane], own[VX + lane], own[VY + lane], own[VZ + lane]
        e1, e2 = _clipped(action[4 * lane]) - hover, _clipped(action[4 * lane + 1]) - hover
        e3, e4 = _clipped(action[4 * lane + 2]) - hover, _clipped(action[4 * lane + 3]) - hover
        away = (px * px + py * py) + pz * pz
        fast = (vx * vx + vy * vy) + vz * vz
        effort = (e1 * e1 + e2 * e2) + (e3 * e3 + e4 * e4)
        cost = (of_position * away + of_velocity * fast) + (of_attitude * (_ONE - qw * qw) + of_action * effort)
        reward[lane] = alive - (cost if cost < DEAREST else DEAREST)
        inside = (abs(px) <= fence) & (abs(py) <= fence) & (abs(pz) <= fence)
        how = (LATE if age[lane] + np.int32(1) >= steps else GOES_ON) if inside else LOST
        end[lane] = how
        ended += np.int32(how != GOES_ON)
    return ended


@njit(error_model="numpy")
def begin_one(vehicle: int, states: Array, environments: Environments, settings: Settings, row: Array) -> None:
    """Put a vehicle at a start drawn for its clock, and what it sees there into `row` (≥ 18)."""
    tile, lane = vehicle // LANES, vehicle % LANES
    keys, now = environments.keys, environments.clock[vehicle]
    k0, k1 = keys[tile * 2 * LANES + lane], keys[tile * 2 * LANES + LANES + lane]
    drawn = _start(k0, k1, now, settings.starts)
    own = states[tile * TILE : (tile + 1) * TILE]
    for copy in range(lane, LANES if vehicle == settings.last else lane + 1):
        for k in range(len(drawn)):
            own[k * LANES + copy] = drawn[k]
        own[SINCE + copy] = _ZERO
    for rotor in range(4):
        environments.rotors[vehicle, rotor] = drawn[13 + rotor] / settings.starts[FULL_MOTOR]
    environments.elapsed[vehicle] = 0

    s = _seen(own, lane)
    for k in range(SEEN):
        row[k] = s[k]
    for block in range(BLOCKS):
        a, b, c, d = words(uint32(block), now, OBSERVATION, uint32(0), k0, k1)
        row[2 * block] += settings.std[2 * block] * normal(a, b)
        row[2 * block + 1] += settings.std[2 * block + 1] * normal(c, d)


@njit(error_model="numpy")
def _start(k0: Any, k1: Any, now: Any, starts: Array) -> tuple[Any, ...]:
    """The 17 states of a start.

    Attitudes are uniform on the rotations by at most the greatest angle θ: the vector part of a quaternion is drawn in
    a ball of radius sin(θ/2) and kept with probability ∝ 1 / w, its density, where w = √(1 − |v|²) is the scalar part.
    """
    ball, low, full = starts[BALL], starts[ROTOR_LEAST], starts[FULL_MOTOR]
    width = starts[ROTOR_GREATEST] - low
    a, b, c, d = words(uint32(0), now, START, uint32(0), k0, k1)
    nominal = uniform(a) < starts[NOMINAL_SHARE]
    still = nominal and starts[NOMINAL_AT_REST] > _ZERO
    place = _ZERO if nominal else starts[POSITION_M]
    speed, turn = (_ZERO if still else starts[VELOCITY_M_S]), (_ZERO if still else starts[RATES_RAD_S])
    px, py, pz = place * _spread(b), place * _spread(c), place * _spread(d)
    a, b, c, d = words(uint32(1), now, START, uint32(0), k0, k1)
    vx, vy, vz, wx = speed * _spread(a), speed * _spread(b), speed * _spread(c), turn * _spread(d)
    a, b, c, d = words(uint32(2), now, START, uint32(0), k0, k1)
    wy, wz = turn * _spread(a), turn * _spread(b)
    a, b, c, d = words(uint32(3), now, START, uint32(0), k0, k1)
    m1, m2 = low + width * uniform(a), low + width * uniform(b)
    m3, m4 = low + width * uniform(c), low + width * uniform(d)
    least = sqrt(_ONE - ball * ball)
    qx, qy, qz, qw = _ZERO, _ZERO, _ZERO, _ONE
    draw = 4
    while not nominal and ball > _ZERO:
        a, b, c, d = words(uint32(draw), now, START, uint32(0), k0, k1)
        qx, qy, qz = ball * _spread(a), ball * _spread(b), ball * _spread(c)
        square = (qx * qx + qy * qy) + qz * qz
        qw = sqrt(max(_ZERO, _ONE - square))
        if square <= ball * ball and uniform(d) * qw <= least:
            break
        draw += 1
    return (px, py, pz, qx, qy, qz, qw, vx, vy, vz, wx, wy, wz, m1 * full, m2 * full, m3 * full, m4 * full)


@njit(forceinline=True)
def _clipped(action: Any) -> Any:
    low = -_ONE if action < -_ONE else action
    return _ONE if low > _ONE else low


@njit(forceinline=True)
def _spread(word: Any) -> Any:
    """Uniform in [−1, 1)."""
    return _TWO * uniform(word) - _ONE
