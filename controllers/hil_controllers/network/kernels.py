"""A network's step compiled by numba, observation included: the bits of the numpy definition, a hundred times as fast.

All of it is in this one file, for numba's cache looks at one file only. No fastmath and no contraction: each product
and each sum is rounded as numpy rounds it. Literals are float32, or numba would compute in float64.
"""

from typing import Any

import numpy as np
from numba import njit

from hil_controllers.network.packed import (
    BENDS,
    BIAS,
    DECAY,
    GAIN,
    INPUTS,
    INTEGRAL_LIMIT,
    MEMBRANE,
    POSITION_CLIP,
    POSITION_LEAD,
    SIZE,
    SPIKES,
    THETA,
    VELOCITY_CLIP,
    VELOCITY_LEAD,
    WEIGHT,
)

_ZERO, _ONE, _TWO, _THREE = np.float32(0), np.float32(1), np.float32(2), np.float32(3)
_NINE, _TWENTY_SEVEN = np.float32(9), np.float32(27)
_compiled: Any = njit(cache=True, nogil=True, error_model="numpy")
_inlined: Any = njit(inline="always", nogil=True, error_model="numpy")


@_inlined
def _within(value, limit):  # type: ignore[no-untyped-def]
    return limit if value > limit else (-limit if value < -limit else value)


@_inlined
def _slice(array, start, size):  # type: ignore[no-untyped-def]
    return array[start : start + size]  # the compiler then knows that no index is negative, and makes vectors


@_inlined
def _bent(value):  # type: ignore[no-untyped-def]
    value = _within(value, _THREE)
    square = value * value
    return value * (_TWENTY_SEVEN + square) / (_TWENTY_SEVEN + _NINE * square)


@_inlined
def _said(value):  # type: ignore[no-untyped-def]
    return value if value == value else _ZERO  # NaN: nothing is said


@_inlined
def _observe(seen, wanted, limits, places, memory, x):  # type: ignore[no-untyped-def]
    """Fill x (inputs,) and move the integral in memory one step on."""
    integral, history, entries = places[0], places[1], places[2]
    for k in range(3):
        speed, acceleration = _said(np.float32(wanted[3 + k])), _said(np.float32(wanted[6 + k]))
        target = np.float32(wanted[k]) + limits[POSITION_LEAD] * speed
        error = _within(np.float32(seen[k]) - target, limits[POSITION_CLIP])
        if limits[GAIN] != _ZERO:
            total = _within(memory[integral + k] + limits[GAIN] * error, limits[INTEGRAL_LIMIT])
            memory[integral + k] = total
            error = _within(error + total, limits[POSITION_CLIP])
        x[k] = error
        excess = np.float32(seen[3 + k]) - (speed + limits[VELOCITY_LEAD] * acceleration)
        x[12 + k] = _within(excess, limits[VELOCITY_CLIP])
        x[15 + k] = np.float32(seen[10 + k])
    a, b, c, d = np.float32(seen[6]), np.float32(seen[7]), np.float32(seen[8]), np.float32(seen[9])
    x[3] = _ONE - _TWO * (b * b + c * c)
    x[4] = _TWO * (a * b - d * c)
    x[5] = _TWO * (a * c + d * b)
    x[6] = _TWO * (a * b + d * c)
    x[7] = _ONE - _TWO * (a * a + c * c)
    x[8] = _TWO * (b * c - d * a)
    x[9] = _TWO * (a * c - d * b)
    x[10] = _TWO * (b * c + d * a)
    x[11] = _ONE - _TWO * (a * a + b * b)
    for k in range(entries):
        x[18 + k] = memory[history + k]


@_inlined
def _step(table, weights, places, memory, x, total, order):  # type: ignore[no-untyped-def]
    """One step for the observation in x (widest,): the action is in x[:4] after it. `total`, `order` are scratch."""
    spiking = False
    for layer in range(len(table)):
        inputs, size, weight = table[layer, INPUTS], table[layer, SIZE], table[layer, WEIGHT]
        sums, bias = total[:size], _slice(weights, table[layer, BIAS], size)
        for i in range(size):
            sums[i] = bias[i]
        # which inputs count, in ascending order: of spikes those that are there, at 1 each, which multiplies exactly
        count = 0
        for j in range(inputs):
            if not spiking or x[j] != _ZERO:
                order[count] = j
                count += 1
        at = 0
        while at + 4 <= count:  # four at a time, in the same order: a sum is fetched and stored once for all of them
            j, k, m, n = order[at], order[at + 1], order[at + 2], order[at + 3]
            a, b, c, d = x[j], x[k], x[m], x[n]
            first, second = _slice(weights, weight + j * size, size), _slice(weights, weight + k * size, size)
            third, fourth = _slice(weights, weight + m * size, size), _slice(weights, weight + n * size, size)
            for i in range(size):
                sums[i] = (((sums[i] + first[i] * a) + second[i] * b) + third[i] * c) + fourth[i] * d
            at += 4
        while at < count:
            j = order[at]
            a, first = x[j], _slice(weights, weight + j * size, size)
            for i in range(size):
                sums[i] += first[i] * a
            at += 1
        out = x[:size]
        if table[layer, SPIKES]:
            decay, theta = _slice(weights, table[layer, DECAY], size), _slice(weights, table[layer, THETA], size)
            membranes = _slice(memory, table[layer, MEMBRANE], size)
            spikes = _slice(memory, table[layer, MEMBRANE] + size, size)
            for i in range(size):
                membrane = (decay[i] * membranes[i] + sums[i]) - theta[i] * spikes[i]
                membranes[i] = membrane
                out[i] = spikes[i] = _ONE if membrane > theta[i] else _ZERO
        elif table[layer, BENDS]:
            for i in range(size):
                out[i] = _bent(sums[i])
        else:
            for i in range(size):
                out[i] = sums[i]
        spiking = table[layer, SPIKES] == 1
    history, entries = places[1], places[2]
    for k in range(entries - 4):
        memory[history + k] = memory[history + k + 4]
    if entries:
        for k in range(4):
            memory[history + entries - 4 + k] = x[k]


@_inlined
def _command(y):  # type: ignore[no-untyped-def]
    u = (y + _ONE) / _TWO
    return _ONE if u > _ONE else (_ZERO if u < _ZERO else u)


@_compiled
def act(table, weights, limits, places, memory, numbers, x, total, order):  # type: ignore[no-untyped-def]
    """Motor commands of one flight, written to numbers[24:28]; state (13) and set-point (11) are numbers[:24]."""
    _observe(numbers[:13], numbers[13:24], limits, places, memory, x)
    _step(table, weights, places, memory, x, total, order)
    for k in range(4):
        numbers[24 + k] = _command(x[k])


@_compiled
def act_all(table, weights, limits, places, memories, states, setpoints, commands, x, total, order, counts, steps):  # type: ignore[no-untyped-def]
    """Commands (n, 4) of n flights; memories (n, m) move on, spikes are added to counts (n, neurons), 1 to steps (n,).

    A flight whose state is NaN is over: its memory and counts stay.
    """
    for k in range(len(states)):
        if states[k, 0] != states[k, 0]:
            continue
        _observe(states[k], setpoints[k], limits, places, memories[k], x)
        _step(table, weights, places, memories[k], x, total, order)
        for motor in range(4):
            commands[k, motor] = _command(x[motor])
        steps[k] += 1
        counted = 0
        for layer in range(len(table)):
            if table[layer, SPIKES]:
                size = table[layer, SIZE]
                fired = _slice(memories[k], table[layer, MEMBRANE] + size, size)
                count = _slice(counts[k], counted, size)
                for i in range(size):
                    count[i] += np.int64(fired[i])
                counted += size


@_compiled
def replay(table, weights, limits, places, memory, states, setpoints, observations, actions, spikes, x, total, order):  # type: ignore[no-untyped-def]
    """Golden vectors by this kernel: fills observations (t, inputs), actions (t, 4) and spikes (t, neurons)."""
    for t in range(len(states)):
        _observe(states[t], setpoints[t], limits, places, memory, x)
        for k in range(observations.shape[1]):
            observations[t, k] = x[k]
        _step(table, weights, places, memory, x, total, order)
        for k in range(4):
            actions[t, k] = x[k]
        counted = 0
        for layer in range(len(table)):
            if table[layer, SPIKES]:
                size = table[layer, SIZE]
                fired = table[layer, MEMBRANE] + size
                for i in range(size):
                    spikes[t, counted + i] = memory[fired + i] != _ZERO
                counted += size
