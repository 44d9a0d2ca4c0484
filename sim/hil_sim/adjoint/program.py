"""The program that moves a batch of vehicles by one control step and takes gradients back through it.

    state' = Φ_h(state, command), one Runge-Kutta step per piece of the control step, then a unit quaternion

A control step comes in pieces, each obeying the command of one control step: with a delay, that of an earlier one. The
adjoint runs the stages of Runge-Kutta again instead of storing them: with s_i the state at stage i, λ the gradient of
the result and s̄_i = (∂f/∂s_i)ᵀ k̄_i,

    k̄_4 = h/6 λ        k̄_3 = h/3 λ + h s̄_4        k̄_2 = h/3 λ + h/2 s̄_3        k̄_1 = h/6 λ + h/2 s̄_2
    gradient of the state = λ + s̄_1 + s̄_2 + s̄_3 + s̄_4
"""

import re

from hil_sim.adjoint.tape import Argument, Source, sources, sqrt
from hil_sim.batch.terms import LOADS, PARAMETERS, SUPPLY
from hil_sim.battery import steady_motors
from hil_sim.dynamics import derivative, normalised

LANES = 16
STATES = 17
VALUES = (*PARAMETERS, *SUPPLY)


def equations() -> list[Source]:
    """Derivative, normalisation and battery with their adjoints."""
    return [
        sources(
            "derivative",
            lambda state, steady, loads, constants: derivative(state, (*steady, *loads), constants),
            [
                Argument("state", STATES),
                Argument("steady", 4),
                Argument("loads", len(LOADS), active=False),
                Argument("constants", len(PARAMETERS), active=False),
            ],
        ),
        sources("normalised", lambda state: normalised(state, sqrt), [Argument("state", STATES)]),
        sources(
            "steady_motors",
            lambda command, time, supply: steady_motors(command, time[0], supply),
            [Argument("command", 4), Argument("time", 1, active=False), Argument("supply", 4, active=False)],
        ),
    ]


def module(seen: Source, sizes: tuple[int, ...]) -> str:
    """Source of the module with `step`, `step_vjp`, `see` and `see_vjp`.

    `seen` is the traced function from what is true to what a controller is shown; `sizes` are those of its active
    arguments, of its other ones together, and of its results.
    """
    parts = [*equations(), seen]
    texts: list[str] = []
    numbers: dict[str, float] = {}
    for index, part in enumerate(parts):
        renamed = {name: f"n{index}_{name[6:]}" for name in part.numbers}
        numbers |= {renamed[name]: value for name, value in part.numbers.items()}
        for text in (part.forward, part.vjp):
            texts.append("@straight\n" + _renamed(text, renamed))
    constants = "\n".join(f"{name} = float32({value!r})" for name, value in numbers.items())
    return f'''\
"""Written by hil_sim.adjoint.program from the equations of hil_sim."""

from math import sqrt

from numba import njit
from numpy import empty, float32

from hil_sim.batch.vector_width import widest

straight = njit(forceinline=True, error_model="numpy")
zero, half, third, sixth = float32(0), float32(0.5), float32(1 / 3), float32(1 / 6)
{constants}


{(chr(10) * 2).join(texts)}

@straight
def moved(s, k, h):
    return ({", ".join(f"s[{r}] + h * k[{r}]" for r in range(STATES))})


@straight
def pulled(lam, w, s, h):
    return ({", ".join(f"w * lam[{r}] + h * s[{r}]" for r in range(STATES))})


@straight
def flown(s, command, loads, constants, supply, h, t):
    u = steady_motors(command, (t,), supply)
    a = derivative(s, u, loads, constants)
    b = derivative(moved(s, a, half * h), u, loads, constants)
    c = derivative(moved(s, b, half * h), u, loads, constants)
    d = derivative(moved(s, c, h), u, loads, constants)
    total = ({", ".join(f"(a[{r}] + d[{r}]) + (b[{r}] + b[{r}] + c[{r}] + c[{r}])" for r in range(STATES))})
    return normalised(moved(s, total, h * sixth))


@straight
def flown_vjp(s, command, loads, constants, supply, h, t, bar):
    u = steady_motors(command, (t,), supply)
    a = derivative(s, u, loads, constants)
    s2 = moved(s, a, half * h)
    b = derivative(s2, u, loads, constants)
    s3 = moved(s, b, half * h)
    c = derivative(s3, u, loads, constants)
    s4 = moved(s, c, h)
    d = derivative(s4, u, loads, constants)
    total = ({", ".join(f"(a[{r}] + d[{r}]) + (b[{r}] + b[{r}] + c[{r}] + c[{r}])" for r in range(STATES))})
    (lam,) = normalised_vjp(moved(s, total, h * sixth), bar)
    p4, u4 = derivative_vjp(s4, u, loads, constants, pulled(lam, h * sixth, lam, zero))
    p3, u3 = derivative_vjp(s3, u, loads, constants, pulled(lam, h * third, p4, h))
    p2, u2 = derivative_vjp(s2, u, loads, constants, pulled(lam, h * third, p3, half * h))
    p1, u1 = derivative_vjp(s, u, loads, constants, pulled(lam, h * sixth, p2, half * h))
    of_state = ({", ".join(f"lam[{r}] + ((p1[{r}] + p2[{r}]) + (p3[{r}] + p4[{r}]))" for r in range(STATES))})
    of_steady = ({", ".join(f"(u1[{r}] + u2[{r}]) + (u3[{r}] + u4[{r}])" for r in range(4))})
    (of_command,) = steady_motors_vjp(command, (t,), supply, of_steady)
    return of_state, of_command


@straight
def step_tile(own, held, values, loads, time, h, into):
    for lane in range({LANES}):
        new = flown({_tuple("own", STATES)}, {_tuple("held", 4)}, {_tuple("loads", 6)}, {_tuple("values", 44)},
                    {_tuple("values", 4, 44)}, h, time[lane])
{_stores("into", "new", STATES)}


@straight
def step_vjp_tile(own, held, values, loads, time, h, bar, into, into_command):
    for lane in range({LANES}):
        new, of = flown_vjp({_tuple("own", STATES)}, {_tuple("held", 4)}, {_tuple("loads", 6)},
                            {_tuple("values", 44)}, {_tuple("values", 4, 44)}, h, time[lane], {_tuple("bar", STATES)})
{_stores("into", "new", STATES)}
{_stores("into_command", "of", 4)}


@straight
def gathered(rows, tile, width, into):
    for lane in range({LANES}):
        for r in range(width):
            into[r * {LANES} + lane] = rows[tile * {LANES} + lane, r]


@straight
def scattered(tile_values, tile, width, rows):
    for lane in range({LANES}):
        for r in range(width):
            rows[tile * {LANES} + lane, r] = tile_values[r * {LANES} + lane]


@straight
def chosen(commands, newest, late, tile, piece, held):
    for lane in range({LANES}):
        vehicle = tile * {LANES} + lane
        for r in range(4):
            held[r * {LANES} + lane] = commands[newest - late[piece, vehicle], vehicle, r]


@njit(cache=True, nogil=True, error_model="numpy")
def step(states, commands, newest, late, lengths, values, loads, time, stages, out):
    """Advance states (n, {STATES}) under commands (k, n, 4), oldest first; `stages` keeps where each piece began.

    Piece p lasts `lengths[p]` and obeys command `newest - late[p, vehicle]`.
    """
    widest()
    held, into, own = empty(4 * {LANES}, float32), empty({STATES * LANES}, float32), empty({STATES * LANES}, float32)
    now = empty({LANES}, float32)
    for tile in range(states.shape[0] // {LANES}):
        gathered(states, tile, {STATES}, own)
        for lane in range({LANES}):
            now[lane] = time[tile * {LANES} + lane]
        for piece in range(lengths.size):
            scattered(own, tile, {STATES}, stages[piece])
            chosen(commands, newest, late, tile, piece, held)
            step_tile(own, held, values[tile], loads[tile], now, lengths[piece], into)
            for k in range({STATES * LANES}):
                own[k] = into[k]
            for lane in range({LANES}):
                now[lane] += lengths[piece]
        scattered(own, tile, {STATES}, out)


@njit(cache=True, nogil=True, error_model="numpy")
def step_vjp(stages, commands, newest, late, lengths, values, loads, time, bar, of_states, of_commands):
    """Gradients of what `step` did, for that of its result: states (n, {STATES}); commands, added to `of_commands`."""
    widest()
    held, into, own = empty(4 * {LANES}, float32), empty({STATES * LANES}, float32), empty({STATES * LANES}, float32)
    lam, of = empty({STATES * LANES}, float32), empty(4 * {LANES}, float32)
    now = empty({LANES}, float32)
    for tile in range(bar.shape[0] // {LANES}):
        gathered(bar, tile, {STATES}, lam)
        for lane in range({LANES}):
            now[lane] = time[tile * {LANES} + lane]
            for piece in range(lengths.size):
                now[lane] += lengths[piece]
        for piece in range(lengths.size - 1, -1, -1):
            for lane in range({LANES}):
                now[lane] -= lengths[piece]
            gathered(stages[piece], tile, {STATES}, own)
            chosen(commands, newest, late, tile, piece, held)
            step_vjp_tile(own, held, values[tile], loads[tile], now, lengths[piece], lam, into, of)
            for k in range({STATES * LANES}):
                lam[k] = into[k]
            for lane in range({LANES}):
                vehicle = tile * {LANES} + lane
                for r in range(4):
                    of_commands[newest - late[piece, vehicle], vehicle, r] += of[r * {LANES} + lane]
        scattered(lam, tile, {STATES}, of_states)


{_senses(sizes)}'''


def _senses(sizes: tuple[int, ...]) -> str:
    late, now, memory, other, shown = sizes
    results = shown + memory
    return f'''\
@straight
def see_tile(late, now, memory, other, into):
    for lane in range({LANES}):
        new = seen({_tuple("late", late)}, {_tuple("now", now)}, {_tuple("memory", memory)}, {_tuple("other", other)})
{_stores("into", "new", results)}


@straight
def see_vjp_tile(late, now, memory, other, bar, of_late, of_now, of_memory):
    for lane in range({LANES}):
        a, b, c = seen_vjp({_tuple("late", late)}, {_tuple("now", now)}, {_tuple("memory", memory)},
                           {_tuple("other", other)}, {_tuple("bar", results)})
{_stores("of_late", "a", late)}
{_stores("of_now", "b", now)}
{_stores("of_memory", "c", memory)}


@njit(cache=True, nogil=True, error_model="numpy")
def see(late, now, memory, other, shown, new_memory):
    """What controllers are shown (n, {shown}) and what the senses remember (n, {memory})."""
    widest()
    a, b = empty({late * LANES}, float32), empty({now * LANES}, float32)
    c, d, into = empty({memory * LANES}, float32), empty({other * LANES}, float32), empty({results * LANES}, float32)
    for tile in range(late.shape[0] // {LANES}):
        gathered(late, tile, {late}, a)
        gathered(now, tile, {now}, b)
        gathered(memory, tile, {memory}, c)
        gathered(other, tile, {other}, d)
        see_tile(a, b, c, d, into)
        scattered(into, tile, {shown}, shown)
        scattered(into[{shown * LANES}:], tile, {memory}, new_memory)


@njit(cache=True, nogil=True, error_model="numpy")
def see_vjp(late, now, memory, other, of_shown, of_new_memory, of_late, of_now, of_memory):
    """Gradients of what `see` did."""
    widest()
    a, b = empty({late * LANES}, float32), empty({now * LANES}, float32)
    c, d, bar = empty({memory * LANES}, float32), empty({other * LANES}, float32), empty({results * LANES}, float32)
    ga, gb, gc = empty({late * LANES}, float32), empty({now * LANES}, float32), empty({memory * LANES}, float32)
    for tile in range(late.shape[0] // {LANES}):
        gathered(late, tile, {late}, a)
        gathered(now, tile, {now}, b)
        gathered(memory, tile, {memory}, c)
        gathered(other, tile, {other}, d)
        gathered(of_shown, tile, {shown}, bar)
        gathered(of_new_memory, tile, {memory}, bar[{shown * LANES}:])
        see_vjp_tile(a, b, c, d, bar, ga, gb, gc)
        scattered(ga, tile, {late}, of_late)
        scattered(gb, tile, {now}, of_now)
        scattered(gc, tile, {memory}, of_memory)
'''


def _tuple(array: str, size: int, first: int = 0) -> str:
    items = ", ".join(f"{array}[{r * LANES} + lane]" for r in range(first, first + size))
    return f"({items},)"


def _stores(array: str, value: str, size: int) -> str:
    return "\n".join(f"        {array}[{r * LANES} + lane] = {value}[{r}]" for r in range(size))


def _renamed(text: str, names: dict[str, str]) -> str:
    return re.sub(r"\bnumber\d+\b", lambda found: names[found[0]], text)
