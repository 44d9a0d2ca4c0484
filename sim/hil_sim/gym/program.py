"""The program of an environment: the plant's, and with it `step`, which flies, judges and sees tile by tile.

One call from Python a step, and each tile is touched while it is in the nearest cache. All is compiled as one file,
whose name has the hash of what it is made of: numba's cache looks at one file, and so is never stale.
"""

from pathlib import Path

from hil_sim.batch.compiled import Extension
from hil_sim.batch.program import LANES, TILE

_STEP = f"""

from numpy import empty, int32, uint32, zeros

from hil_sim.gym.kernel import GOES_ON, LATE, LOST, SEEN, SINCE, TICK_S, begin_one, judge_tile, see_tile, show_tile


@njit(cache=True, nogil=True, error_model="numpy")
def step(
    states, parameters, shared, commands, slot, pieces, actions, sent, environments, settings, anew, ended, final,
    observations, rewards, terminated, truncated,
):
    \"\"\"Fly, judge and see all vehicles under actions (n, 4); begin the episodes `anew` (ascending).

    Times of `pieces` are since the step began. Which episodes end goes into `ended`. Unless `final` is empty, their
    rows of observations go there and they begin at once. How many end, or −1 for an action that is not finite.
    \"\"\"
    widest()
    alike = alike_of(shared)
    keys, clock, elapsed = environments.keys, environments.clock, environments.elapsed
    tiles = states.size // {TILE}
    width, varying = commands.size // tiles, parameters.size // tiles
    noise, sight = zeros(SEEN * {LANES}, float32), empty(SEEN * {LANES}, float32)
    w = settings.weights
    scale, fence, steps = (w[0], w[1], w[2], w[3], w[4], w[5]), settings.fence_m, int32(settings.steps)
    how = empty(elapsed.size, int32)
    odd = count = waiting = 0
    for lane in range(clock.size):
        clock[lane] += uint32(1)
    for tile in range(tiles):
        own = states[tile * {TILE} : (tile + 1) * {TILE}]
        values = parameters[tile * varying : (tile + 1) * varying]
        held = commands[tile * width : (tile + 1) * width]
        wanted = actions[tile * {4 * LANES} : (tile + 1) * {4 * LANES}]
        first, end = tile * {LANES}, (tile + 1) * {LANES}
        tick, age = clock[first:end], elapsed[first:end]
        if settings.ages:
            for lane in range({LANES}):
                own[SINCE + lane] = -(float32(age[lane]) * TICK_S)
        odd |= accept_tile(wanted, held[sent * {4 * LANES} : (sent + 1) * {4 * LANES}], HALF, HALF)
        fly_tile(own, values, alike, held, slot, pieces)
        some = judge_tile(own, wanted, age, scale, fence, steps, rewards[first:end], how[first:end])
        see_tile(own, keys[2 * first : 2 * end], tick, settings, noise, sight)
        show_tile(sight, observations, first)
        if some:
            for vehicle in range(first, min(end, settings.last + 1)):
                while waiting < anew.size and anew[waiting] < vehicle:
                    waiting += 1
                old = waiting < anew.size and anew[waiting] == vehicle
                if not old and how[vehicle] != GOES_ON:
                    ended[count] = vehicle
                    count += 1
    for lane in range(elapsed.size):
        elapsed[lane] += 1
    for lane in range(elapsed.size):
        terminated[lane] = how[lane] == LOST
    for lane in range(elapsed.size):
        truncated[lane] = how[lane] == LATE
    for vehicle in anew:
        rewards[vehicle] = 0.0
        terminated[vehicle] = truncated[vehicle] = False
        begin_one(vehicle, states, environments, settings, observations[vehicle])
    if final.size:
        for vehicle in ended[:count]:
            final[vehicle] = observations[vehicle, :SEEN]
            clock[vehicle] += uint32(1)
            begin_one(vehicle, states, environments, settings, observations[vehicle])
    return -1 if odd else count


@njit(cache=True, nogil=True, error_model="numpy")
def look(states, environments, settings, observations):
    \"\"\"Put what all vehicles see at their clocks into the first columns of `observations`.\"\"\"
    noise, sight = zeros(SEEN * {LANES}, float32), empty(SEEN * {LANES}, float32)
    for tile in range(states.size // {TILE}):
        own = states[tile * {TILE} : (tile + 1) * {TILE}]
        first, end = tile * {LANES}, (tile + 1) * {LANES}
        key, tick = environments.keys[2 * first : 2 * end], environments.clock[first:end]
        see_tile(own, key, tick, settings, noise, sight)
        show_tile(sight, observations, first)


@njit(cache=True, nogil=True, error_model="numpy")
def begin(where, states, environments, settings, observations):
    \"\"\"`begin_one` of the vehicles `where`, each one tick later, into their rows of `observations`.\"\"\"
    for vehicle in where:
        environments.clock[vehicle] += uint32(1)
        begin_one(vehicle, states, environments, settings, observations[vehicle])
"""

EXTENSION = Extension(_STEP, tuple(Path(__file__).with_name(name) for name in ("kernel.py", "chance.py")))
