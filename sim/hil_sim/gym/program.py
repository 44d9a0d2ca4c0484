"""The program of an environment: the plant's, and with it `step`, which flies, judges and sees tile by tile.

One call from Python a step, and each tile is touched while it is in the nearest cache. All is compiled as one file,
whose name has the hash of what it is made of: numba's cache looks at one file, and so is never stale.
"""

from pathlib import Path

from hil_sim.batch.compiled import Extension
from hil_sim.batch.program import LANES, TILE

_STEP = f"""

from numpy import empty, uint32, zeros

from hil_sim.gym.kernel import SEEN, begin_one, judge_tile, see_tile, show_tile


@njit(cache=True, nogil=True, error_model="numpy")
def step(
    states, parameters, shared, commands, slot, pieces, actions, sent, keys, clock, std, noisy,
    weights, limits, starts, same_step, anew, time, last, elapsed, rotors, ended, final,
    observations, rewards, terminated, truncated,
):
    \"\"\"Fly, judge and see all vehicles under actions (n, 4); begin the episodes `anew` (ascending).

    Which episodes end goes into `ended`; with `same_step` their rows of observations go into `final`, and they begin
    at once. How many end, or −1 for an action that is not finite.
    \"\"\"
    widest()
    alike = alike_of(shared)
    tiles = states.size // {TILE}
    width, varying = commands.size // tiles, parameters.size // tiles
    noise, sight = zeros(SEEN * {LANES}, float32), empty(SEEN * {LANES}, float32)
    odd = count = waiting = 0
    for tile in range(tiles):
        own = states[tile * {TILE} : (tile + 1) * {TILE}]
        values = parameters[tile * varying : (tile + 1) * varying]
        held = commands[tile * width : (tile + 1) * width]
        wanted = actions[tile * {4 * LANES} : (tile + 1) * {4 * LANES}]
        odd |= accept_tile(wanted, held[sent * {4 * LANES} : (sent + 1) * {4 * LANES}], HALF, HALF)
        fly_tile(own, values, alike, held, slot, pieces)
        first, end = tile * {LANES}, (tile + 1) * {LANES}
        tick = clock[first:end]
        for lane in range({LANES}):
            tick[lane] += 1
        some = judge_tile(
            own, wanted, weights, limits, elapsed[first:end], rewards[first:end],
            terminated[first:end], truncated[first:end],
        )
        see_tile(own, keys[2 * first : 2 * end], tick, std, noisy, noise, sight)
        show_tile(sight, observations, first)
        if some:
            for vehicle in range(first, min(end, last + 1)):
                while waiting < anew.size and anew[waiting] < vehicle:
                    waiting += 1
                old = waiting < anew.size and anew[waiting] == vehicle
                if not old and (terminated[vehicle] or truncated[vehicle]):
                    ended[count] = vehicle
                    count += 1
    for vehicle in anew:
        rewards[vehicle] = 0.0
        terminated[vehicle] = truncated[vehicle] = False
        begin_one(vehicle, states, keys, clock, elapsed, starts, std, time, last, rotors, observations[vehicle])
    if same_step:
        for vehicle in ended[:count]:
            final[vehicle] = observations[vehicle, :SEEN]
            clock[vehicle] += uint32(1)
            begin_one(vehicle, states, keys, clock, elapsed, starts, std, time, last, rotors, observations[vehicle])
    return -1 if odd else count


@njit(cache=True, nogil=True, error_model="numpy")
def look(states, keys, clock, std, noisy, observations):
    \"\"\"Put what all vehicles see at their `clock` into the first columns of `observations`.\"\"\"
    noise, sight = zeros(SEEN * {LANES}, float32), empty(SEEN * {LANES}, float32)
    for tile in range(states.size // {TILE}):
        own = states[tile * {TILE} : (tile + 1) * {TILE}]
        first, end = tile * {LANES}, (tile + 1) * {LANES}
        see_tile(own, keys[2 * first : 2 * end], clock[first:end], std, noisy, noise, sight)
        show_tile(sight, observations, first)


@njit(cache=True, nogil=True, error_model="numpy")
def begin(where, observations, states, keys, clock, elapsed, starts, std, time, last, rotors):
    \"\"\"`begin_one` of the vehicles `where`, each one tick later, into their rows of `observations`.\"\"\"
    for vehicle in where:
        clock[vehicle] += uint32(1)
        begin_one(vehicle, states, keys, clock, elapsed, starts, std, time, last, rotors, observations[vehicle])
"""

EXTENSION = Extension(_STEP, tuple(Path(__file__).with_name(name) for name in ("kernel.py", "chance.py")))
