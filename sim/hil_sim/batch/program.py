"""The program that flies a batch: the equations of `hil_sim`, specialised, and a loop over tiles of vehicles.

A tile is 16 vehicles, stored value by value: value r of lane i of tile b is at `b * rows * 16 + r * 16 + i`. LLVM turns
the loop over the lanes into vector instructions because all strides are literals and one array is all it stores to;
plain arrays of rows, or strides in variables, stay scalar and are ten times slower. Each tile is sliced first: an
offset that LLVM cannot see is not negative costs a third of the speed.

The functions serve numpy as they are, on arrays; the loop is for numba. `python -m hil_sim.batch.program` prints it.
"""

from hil_sim.batch.specialise import NUMBERS, specialised
from hil_sim.batch.terms import ALL_TERMS, LOADS, PARAMETERS, SUPPLY, ones, zeros
from hil_sim.battery import steady_motors
from hil_sim.dynamics import derivative, normalised
from hil_sim.integrators import advanced, rk4, summed

LANES = 16
STATES = 17
TILE = (STATES + 1) * LANES  # the last row says at which time of the plant each vehicle was reset
VALUES = (*PARAMETERS, *SUPPLY, *LOADS)  # all that `flown` needs besides states and commands
HELPERS = (advanced, summed, rk4, normalised, steady_motors)


def functions(terms: frozenset[str]) -> str:
    """Source of the equations with these terms; the names in `NUMBERS`, `sqrt` and `straight` are for you to bind."""
    texts = [specialised(derivative, zeros(terms), ones(terms)), *(specialised(helper) for helper in HELPERS)]
    supply = f"parameters[{len(PARAMETERS)}:{-len(LOADS)}]"
    piece = f"""\
def flown(state, command, parameters, h, t):
    constants = parameters[:{len(PARAMETERS)}]
    steady = {f"steady_motors(command, t, {supply})" if "battery" in terms else "command"}
    return normalised(rk4(derivative, state, steady + parameters[{-len(LOADS)}:], constants, h), sqrt)"""
    return "\n\n\n".join("@straight\n" + text for text in (*texts, piece)) + "\n"


def module(terms: frozenset[str], dtype: str, *, varying: tuple[str, ...], extension: str = "") -> str:
    """Source of the module whose `fly` flies tiles by numba; `dtype` is float32 or float64.

    `varying` names the `VALUES` that each vehicle has for itself, in their order; the others are read once for all
    vehicles, which spares up to 200 bytes per vehicle and step. `extension` is source to be compiled with it.
    """
    constants = "\n".join(f"{name} = {dtype}({value!r})" for value, name in NUMBERS.items())
    row = {name: r for r, name in enumerate(varying)}
    shared = [name for name in VALUES if name not in row]
    alike = "".join(f"shared[{VALUES.index(name)}], " for name in shared)
    unpacked = "\n".join(f"    {name} = alike[{r}]" for r, name in enumerate(shared))
    state = ", ".join(f"own[{r * LANES} + lane]" for r in range(STATES))
    command = ", ".join(f"held[{r * LANES} + lane]" for r in range(4))
    of_vehicle = ", ".join(f"values[{row[name] * LANES} + lane]" if name in row else name for name in VALUES)
    store = "\n".join(f"            own[{r * LANES} + lane] = new[{r}]" for r in range(STATES))
    accepted = "\n".join(
        f"""\
        u = gain * wanted[4 * lane + {r}] + offset
        odd |= int(u - u != 0)
        low = {dtype}(0) if u < 0 else u
        held[{r * LANES} + lane] = ONE if low > 1 else low"""
        for r in range(4)
    )
    return f'''\
"""Written by hil_sim.batch.program from the equations of hil_sim: {dtype}, {", ".join(sorted(terms)) or "base"}."""

from math import sqrt

from numba import njit
from numpy import {dtype}

from hil_sim.batch.vector_width import widest

straight = njit(forceinline=True, error_model="numpy")
{constants}


{functions(terms)}

@straight
def alike_of(shared):
    return ({alike})


@straight
def fly_tile(own, values, alike, sent, slot, pieces):
{unpacked}
    for piece in range(slot.size):
        c = slot[piece] * {4 * LANES}
        held = sent[c : c + {4 * LANES}]
        h = pieces[2 * piece]
        t = pieces[2 * piece + 1]
        for lane in range({LANES}):
            state = ({state})
            command = ({command})
            of_vehicle = ({of_vehicle})
            new = flown(state, command, of_vehicle, h, t - own[{STATES * LANES} + lane])
{store}


@straight
def accept_tile(wanted, held, gain, offset):
    odd = 0
    for lane in range({LANES}):
{accepted}
    return odd


@njit(cache=True, nogil=True, error_model="numpy")
def fly(states, parameters, shared, commands, slot, pieces):
    """Advance all tiles by `pieces` (length s, time s, and so on), each under the command in its `slot`."""
    widest()
    alike = alike_of(shared)
    tiles = states.size // {TILE}
    width = commands.size // tiles
    for tile in range(tiles):
        own = states[tile * {TILE} : (tile + 1) * {TILE}]
        values = parameters[tile * {len(varying) * LANES} : (tile + 1) * {len(varying) * LANES}]
        fly_tile(own, values, alike, commands[tile * width : (tile + 1) * width], slot, pieces)


@njit(cache=True, nogil=True, error_model="numpy")
def accept(given, commands, slot):
    """Put commands (n, 4), clipped to 0..1, into a slot of all tiles; False where one is not finite."""
    widest()
    tiles = given.size // {4 * LANES}
    width = commands.size // tiles
    odd = 0
    for tile in range(tiles):
        begin = tile * width + slot * {4 * LANES}
        wanted = given[tile * {4 * LANES} : (tile + 1) * {4 * LANES}]
        odd |= accept_tile(wanted, commands[begin : begin + {4 * LANES}], ONE, {dtype}(0))
    return odd == 0


@njit(cache=True, nogil=True, error_model="numpy")
def place(states, rows, time, where, last):
    """Put states (k, {STATES}), reset at `time`, into vehicles `where`; lanes after the `last` vehicle repeat it."""
    for index in range(where.size):
        vehicle = where[index]
        end = (vehicle // {LANES} + 1) * {LANES} if vehicle == last else vehicle + 1
        for copy in range(vehicle, end):
            s = copy // {LANES} * {TILE} + copy % {LANES}
            for row in range({STATES}):
                states[s + row * {LANES}] = rows[index, row]
            states[s + {STATES * LANES}] = time
{extension}'''


if __name__ == "__main__":
    print(module(ALL_TERMS, "float32", varying=VALUES))
