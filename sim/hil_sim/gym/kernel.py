"""What an environment does with a tile of a batch plant: see, judge, start anew. float32; compiled by `program.py`.

Tiles are those of `hil_sim.batch.program`: value r of lane i of tile b at (b · rows + r) · 16 + i. The loops over the
16 lanes become vector instructions. Chance is a function of (which, clock, purpose) under the key of each vehicle.
"""

from math import sqrt
from typing import Any

import numpy as np
from numba import njit
from numpy import float32, uint32

from hil_sim.gym.chance import normal, uniform, words

Array = Any

LANES = 16
STATE_ROWS = 18
SEEN = 18  # numbers a policy sees
BLOCKS = SEEN // 2  # of four random words, two normal numbers each
OBSERVATION, START = uint32(0), uint32(1)  # purposes of chance

_ZERO: Any = float32(0.0)
_ONE: Any = float32(1.0)
_TWO: Any = float32(2.0)


@njit(forceinline=True)
def _seen(own: Array, lane: int) -> tuple[Any, ...]:
    """Position error (world, m), rotation matrix by rows, velocity error (world, m/s), rates (body, rad/s)."""
    qx, qy, qz, qw = own[48 + lane], own[64 + lane], own[80 + lane], own[96 + lane]
    xx, yy, zz = qx * qx, qy * qy, qz * qz
    xy, xz, yz = qx * qy, qx * qz, qy * qz
    xw, yw, zw = qx * qw, qy * qw, qz * qw
    return (
        own[lane],
        own[16 + lane],
        own[32 + lane],
        _ONE - _TWO * (yy + zz),
        _TWO * (xy - zw),
        _TWO * (xz + yw),
        _TWO * (xy + zw),
        _ONE - _TWO * (xx + zz),
        _TWO * (yz - xw),
        _TWO * (xz - yw),
        _TWO * (yz + xw),
        _ONE - _TWO * (xx + yy),
        own[112 + lane],
        own[128 + lane],
        own[144 + lane],
        own[160 + lane],
        own[176 + lane],
        own[192 + lane],
    )


@njit(forceinline=True)
def see_tile(own: Array, key: Array, clock: Array, std: Array, noisy: bool, noise: Array, sight: Array) -> None:
    """Put what the vehicles of a tile see into `sight` (18 · 16); `noise` (18 · 16) is zeros if not `noisy`."""
    if noisy:
        for block in range(BLOCKS):
            pair = noise[block * 2 * LANES : (block + 1) * 2 * LANES]
            first, second = std[2 * block], std[2 * block + 1]
            for lane in range(LANES):
                a, b, c, d = words(uint32(block), clock[lane], OBSERVATION, uint32(0), key[lane], key[LANES + lane])
                pair[lane] = first * normal(a, b)
                pair[LANES + lane] = second * normal(c, d)
    for lane in range(LANES):
        s = _seen(own, lane)
        sight[lane] = s[0] + noise[lane]
        sight[16 + lane] = s[1] + noise[16 + lane]
        sight[32 + lane] = s[2] + noise[32 + lane]
        sight[48 + lane] = s[3] + noise[48 + lane]
        sight[64 + lane] = s[4] + noise[64 + lane]
        sight[80 + lane] = s[5] + noise[80 + lane]
        sight[96 + lane] = s[6] + noise[96 + lane]
        sight[112 + lane] = s[7] + noise[112 + lane]
        sight[128 + lane] = s[8] + noise[128 + lane]
        sight[144 + lane] = s[9] + noise[144 + lane]
        sight[160 + lane] = s[10] + noise[160 + lane]
        sight[176 + lane] = s[11] + noise[176 + lane]
        sight[192 + lane] = s[12] + noise[192 + lane]
        sight[208 + lane] = s[13] + noise[208 + lane]
        sight[224 + lane] = s[14] + noise[224 + lane]
        sight[240 + lane] = s[15] + noise[240 + lane]
        sight[256 + lane] = s[16] + noise[256 + lane]
        sight[272 + lane] = s[17] + noise[272 + lane]


@njit(forceinline=True)
def show_tile(sight: Array, observations: Array, first: int) -> None:
    """Put `sight` (18 · 16) into 16 rows of `observations` from the `first` on."""
    for lane in range(LANES):
        for k in range(SEEN):
            observations[first + lane, k] = sight[k * LANES + lane]


@njit(forceinline=True)
def judge_tile(
    own: Array,
    action: Array,
    weights: tuple[Any, ...],
    limits: Array,
    elapsed: Array,
    reward: Array,
    terminated: Array,
    truncated: Array,
) -> int:
    """Reward and end of a tile's vehicles after a step with these actions (16 · 4), one more step `elapsed`.

    `weights`: alive, position, velocity, attitude, action, hover action; `limits`: |position| m, steps. How many ended.
    """
    alive, of_position, of_velocity, of_attitude, of_action, hover = weights
    fence, steps = limits[0], np.int32(limits[1])
    ended = 0
    for lane in range(LANES):
        px, py, pz = own[lane], own[16 + lane], own[32 + lane]
        qw, vx, vy, vz = own[96 + lane], own[112 + lane], own[128 + lane], own[144 + lane]
        e1, e2 = _clipped(action[4 * lane]) - hover, _clipped(action[4 * lane + 1]) - hover
        e3, e4 = _clipped(action[4 * lane + 2]) - hover, _clipped(action[4 * lane + 3]) - hover
        away = (px * px + py * py) + pz * pz
        fast = (vx * vx + vy * vy) + vz * vz
        effort = (e1 * e1 + e2 * e2) + (e3 * e3 + e4 * e4)
        cost = (of_position * away + of_velocity * fast) + (of_attitude * (_ONE - qw * qw) + of_action * effort)
        reward[lane] = alive - cost
        inside = (abs(px) <= fence) & (abs(py) <= fence) & (abs(pz) <= fence)  # False where not a number
        older = elapsed[lane] + np.int32(1)
        elapsed[lane] = older
        late = inside & (older >= steps)
        terminated[lane] = not inside
        truncated[lane] = late
        ended += int(late | (not inside))
    return ended


@njit(forceinline=True)
def _clipped(action: Any) -> Any:
    low = -_ONE if action < -_ONE else action
    return _ONE if low > _ONE else low


@njit(error_model="numpy")
def begin_one(
    vehicle: int,
    states: Array,
    keys: Array,
    clock: Array,
    elapsed: Array,
    starts: tuple[Any, ...],
    std: Array,
    time: Any,
    last: int,
    rotors: Array,
    row: Array,
) -> None:
    """Put a vehicle at a start drawn for its `clock`, reset at `time`, and what it sees there into `row` (≥ 18).

    `starts`: share that starts nominal, whether those are at rest, half-widths m, m/s, rad/s, sine of half the greatest
    angle, least and greatest rotor fraction, and the motor state at full command. The fractions drawn go into `rotors`
    (tiles · 16, 4). Lanes after the `last` vehicle repeat it.

    Attitudes are uniform on the rotations by at most that angle: the vector part of a quaternion is drawn in a ball of
    radius sin(θ/2) and kept with probability ∝ 1 / w, which is its density (w = √(1 − |v|²) is the scalar part).
    """
    nominal_share, at_rest, wide, fast, spin, ball, low, high, full = starts
    least = sqrt(_ONE - ball * ball)
    tile, lane = vehicle // LANES, vehicle % LANES
    k0, k1, now = keys[tile * 2 * LANES + lane], keys[tile * 2 * LANES + LANES + lane], clock[vehicle]
    a, b, c, d = words(uint32(0), now, START, uint32(0), k0, k1)
    nominal = uniform(a) < nominal_share
    still = nominal and at_rest > _ZERO
    place = _ZERO if nominal else wide
    speed, turn = (_ZERO if still else fast), (_ZERO if still else spin)
    px, py, pz = place * _spread(b), place * _spread(c), place * _spread(d)
    a, b, c, d = words(uint32(1), now, START, uint32(0), k0, k1)
    vx, vy, vz, wx = speed * _spread(a), speed * _spread(b), speed * _spread(c), turn * _spread(d)
    a, b, c, d = words(uint32(2), now, START, uint32(0), k0, k1)
    wy, wz = turn * _spread(a), turn * _spread(b)
    a, b, c, d = words(uint32(3), now, START, uint32(0), k0, k1)
    rotor = rotors[vehicle]
    rotor[0], rotor[1] = low + (high - low) * uniform(a), low + (high - low) * uniform(b)
    rotor[2], rotor[3] = low + (high - low) * uniform(c), low + (high - low) * uniform(d)
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

    own = states[tile * STATE_ROWS * LANES : (tile + 1) * STATE_ROWS * LANES]
    for copy in range(lane, LANES if vehicle == last else lane + 1):
        own[copy], own[16 + copy], own[32 + copy] = px, py, pz
        own[48 + copy], own[64 + copy], own[80 + copy], own[96 + copy] = qx, qy, qz, qw
        own[112 + copy], own[128 + copy], own[144 + copy] = vx, vy, vz
        own[160 + copy], own[176 + copy], own[192 + copy] = wx, wy, wz
        own[208 + copy], own[224 + copy] = rotor[0] * full, rotor[1] * full
        own[240 + copy], own[256 + copy] = rotor[2] * full, rotor[3] * full
        own[272 + copy] = time
    elapsed[vehicle] = 0

    s = _seen(own, lane)
    for k in range(SEEN):
        row[k] = s[k]
    for block in range(BLOCKS):
        a, b, c, d = words(uint32(block), now, OBSERVATION, uint32(0), k0, k1)
        row[2 * block] += std[2 * block] * normal(a, b)
        row[2 * block + 1] += std[2 * block + 1] * normal(c, d)


@njit(forceinline=True)
def _spread(word: Any) -> Any:
    """Uniform in [−1, 1)."""
    return _TWO * uniform(word) - _ONE
