"""What an environment does with the tiles of a batch plant in one step: see, judge, start anew. float32, by numba.

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
BLOCKS = (SEEN + 1) // 2  # of four random words, two normal numbers each
OBSERVATION, START, FIRST_SIGHT = uint32(0), uint32(1), uint32(2)  # purposes of chance

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


@njit(cache=True, nogil=True, error_model="numpy")
def see(states: Array, keys: Array, clock: Any, std: Array, noisy: bool, observations: Array) -> None:
    """Put what all vehicles see into the first 18 columns of `observations` (tiles · 16, ≥ 18)."""
    noise = np.zeros(2 * BLOCKS * LANES, np.float32)
    sight = np.empty(SEEN * LANES, np.float32)
    for tile in range(states.size // (STATE_ROWS * LANES)):
        own = states[tile * STATE_ROWS * LANES : (tile + 1) * STATE_ROWS * LANES]
        if noisy:
            key = keys[tile * 2 * LANES : (tile + 1) * 2 * LANES]
            for block in range(BLOCKS):
                pair = noise[block * 2 * LANES : (block + 1) * 2 * LANES]
                first, second = std[2 * block], std[2 * block + 1]
                for lane in range(LANES):
                    a, b, c, d = words(uint32(block), clock, OBSERVATION, uint32(0), key[lane], key[LANES + lane])
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
        for lane in range(LANES):
            for k in range(SEEN):
                observations[tile * LANES + lane, k] = sight[k * LANES + lane]


@njit(cache=True, nogil=True, error_model="numpy")
def see_some(
    states: Array, keys: Array, clock: Any, purpose: Any, std: Array, where: Array, observations: Array
) -> None:
    """Put what the vehicles `where` see into their rows of `observations`: as `see` for the purpose OBSERVATION."""
    for vehicle in where:
        tile, lane = vehicle // LANES, vehicle % LANES
        s = _seen(states[tile * STATE_ROWS * LANES : (tile + 1) * STATE_ROWS * LANES], lane)
        k0, k1 = keys[tile * 2 * LANES + lane], keys[tile * 2 * LANES + LANES + lane]
        row = observations[vehicle]
        for k in range(SEEN):
            row[k] = s[k]
        for block in range(BLOCKS):
            a, b, c, d = words(uint32(block), clock, purpose, uint32(0), k0, k1)
            row[2 * block] += std[2 * block] * normal(a, b)
            row[2 * block + 1] += std[2 * block + 1] * normal(c, d)


@njit(cache=True, nogil=True, error_model="numpy")
def judge(
    states: Array,
    actions: Array,
    weights: Array,
    limits: Array,
    elapsed: Array,
    rewards: Array,
    terminated: Array,
    truncated: Array,
) -> None:
    """Reward and end of all vehicles after a step with these actions (tiles · 16 · 4), one more step `elapsed`.

    `weights`: alive, position, velocity, attitude, action, hover action; `limits`: |position| m, steps.
    """
    alive, of_position, of_velocity, of_attitude, of_action, hover = weights
    fence, steps = limits[0], np.int32(limits[1])
    for tile in range(states.size // (STATE_ROWS * LANES)):
        own = states[tile * STATE_ROWS * LANES : (tile + 1) * STATE_ROWS * LANES]
        action = actions[tile * 4 * LANES : (tile + 1) * 4 * LANES]
        first, end = tile * LANES, (tile + 1) * LANES
        reward, lost, late, age = rewards[first:end], terminated[first:end], truncated[first:end], elapsed[first:end]
        for lane in range(LANES):
            px, py, pz = own[lane], own[16 + lane], own[32 + lane]
            qw, vx, vy, vz = own[96 + lane], own[112 + lane], own[128 + lane], own[144 + lane]
            e1, e2 = _clipped(action[4 * lane]) - hover, _clipped(action[4 * lane + 1]) - hover
            e3, e4 = _clipped(action[4 * lane + 2]) - hover, _clipped(action[4 * lane + 3]) - hover
            away = px * px + py * py + pz * pz
            fast = vx * vx + vy * vy + vz * vz
            effort = (e1 * e1 + e2 * e2) + (e3 * e3 + e4 * e4)
            cost = (of_position * away + of_velocity * fast) + (of_attitude * (_ONE - qw * qw) + of_action * effort)
            reward[lane] = alive - cost
            inside = (abs(px) <= fence) & (abs(py) <= fence) & (abs(pz) <= fence)  # False where not a number
            older = age[lane] + np.int32(1)
            age[lane] = older
            lost[lane] = not inside
            late[lane] = inside & (older >= steps)


@njit(forceinline=True)
def _clipped(action: Any) -> Any:
    low = -_ONE if action < -_ONE else action
    return _ONE if low > _ONE else low


@njit(cache=True, nogil=True, error_model="numpy")
def start(keys: Array, clock: Any, starts: Array, where: Array, rows: Array, motors: Array) -> None:
    """Draw starts of the vehicles `where` (k,): states into `rows` (k, 17), rotor fractions 0..1 into `motors` (k, 4).

    `starts`: share that starts nominal, whether those are at rest, half-widths m, m/s, rad/s, sine of half the greatest
    angle, least and greatest rotor fraction, and the motor state at full command.

    Attitudes are uniform on the rotations by at most that angle: the vector part of a quaternion is drawn in a ball of
    radius sin(θ/2) and kept with probability ∝ 1 / w, which is its density (w = √(1 − |v|²) is the scalar part).
    """
    nominal_share, at_rest = starts[0], starts[1] > _ZERO
    wide, fast, spin, ball, low, high, full = starts[2:9]
    least = sqrt(_ONE - ball * ball)
    for index in range(where.size):
        tile, lane = where[index] // LANES, where[index] % LANES
        k0, k1 = keys[tile * 2 * LANES + lane], keys[tile * 2 * LANES + LANES + lane]
        row = rows[index]
        a, b, c, d = words(uint32(0), clock, START, uint32(0), k0, k1)
        nominal = uniform(a) < nominal_share
        still = nominal and at_rest
        place = _ZERO if nominal else wide
        row[0], row[1], row[2] = place * _spread(b), place * _spread(c), place * _spread(d)
        a, b, c, d = words(uint32(1), clock, START, uint32(0), k0, k1)
        speed, turn = (_ZERO if still else fast), (_ZERO if still else spin)
        row[7], row[8], row[9], row[10] = speed * _spread(a), speed * _spread(b), speed * _spread(c), turn * _spread(d)
        a, b, c, d = words(uint32(2), clock, START, uint32(0), k0, k1)
        row[11], row[12] = turn * _spread(a), turn * _spread(b)
        qx, qy, qz, qw = _ZERO, _ZERO, _ZERO, _ONE
        draw = 4
        while not nominal and ball > _ZERO:
            a, b, c, d = words(uint32(draw), clock, START, uint32(0), k0, k1)
            qx, qy, qz = ball * _spread(a), ball * _spread(b), ball * _spread(c)
            inside = (qx * qx + qy * qy) + qz * qz
            qw = sqrt(max(_ZERO, _ONE - inside))
            if inside <= ball * ball and uniform(d) * qw <= least:
                break
            draw += 1
        row[3], row[4], row[5], row[6] = qx, qy, qz, qw
        a, b, c, d = words(uint32(3), clock, START, uint32(0), k0, k1)
        range_ = high - low
        motors[index, 0], motors[index, 1] = low + range_ * uniform(a), low + range_ * uniform(b)
        motors[index, 2], motors[index, 3] = low + range_ * uniform(c), low + range_ * uniform(d)
        for rotor in range(4):
            row[13 + rotor] = motors[index, rotor] * full


@njit(forceinline=True)
def _spread(word: Any) -> Any:
    """Uniform in [−1, 1)."""
    return _TWO * uniform(word) - _ONE
