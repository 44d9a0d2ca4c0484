"""What the floor does: good enough to take off from, to land on and to fall onto.

The floor is z = 0 at the vehicle's resting height. A vehicle on it is held level, its rates at zero, until thrust lifts
it; a landing takes all the vertical speed, and friction takes the rest. One that touches it tilted by more than 60°
lies there until the flight ends. There is no ground effect, and no tipping about a leg before take-off.
"""

from typing import Any, NamedTuple

from hil.core.vehicle import GRAVITY_M_S2
from hil_sim.arithmetic import FLOATS, Arithmetic
from hil_sim.dynamics import Scalars, normalised

_FRICTION = 0.6  # Coulomb, plastic on a floor; assumed
_LEVELLING_S = 0.03  # how fast the legs level it; assumed
_LIES_BELOW_COSINE = 0.5  # of 60° of tilt


class Contact(NamedTuple):
    """Whether the vehicle touches the floor, and whether it lies there for good: of one, or of many as arrays (n,)."""

    on_ground: Any
    lies: Any


AIRBORNE = Contact(False, False)


def settled(
    before: Scalars, after: Scalars, contact: Contact, h: float, of: Arithmetic = FLOATS
) -> tuple[Scalars, Contact]:
    """What the floor makes of a free step of `h` seconds `before` → `after`, and the contact after it."""
    choose, (on_ground, lies) = of.choose, contact
    free = (on_ground ^ True) | ((lies ^ True) & (after[9] > 0.0))  # ^ True: "not", for arrays too
    airborne = free & (after[2] >= 0.0)
    qx, qy, qz, qw = (choose(on_ground, before[k], after[k]) for k in range(3, 7))  # the floor lets it turn no more
    lies = 1.0 - 2.0 * (qx * qx + qy * qy) < _LIES_BELOW_COSINE
    shrink = choose(lies, 1.0, 1.0 / (1.0 + h / _LEVELLING_S))
    impact = choose((on_ground ^ True) & (after[9] < 0.0), -after[9], 0.0)
    vx, vy = _slowed(after[7], after[8], _FRICTION * (GRAVITY_M_S2 * h + impact), of)
    px = choose(on_ground, before[0] + vx * h, after[0])
    py = choose(on_ground, before[1] + vy * h, after[1])
    down = normalised((px, py, 0.0, qx * shrink, qy * shrink, qz, qw, vx, vy, 0.0, 0.0, 0.0, 0.0, *after[13:]), of.sqrt)
    state = tuple(choose(airborne, flying, resting) for flying, resting in zip(after, down, strict=True))
    return state, Contact(airborne ^ True, lies & (airborne ^ True))


def _slowed(vx: Any, vy: Any, loss: Any, of: Arithmetic) -> tuple[Any, Any]:
    speed = of.sqrt(vx * vx + vy * vy)
    stops = speed <= loss
    kept = 1.0 - loss / of.choose(stops, 1.0, speed)
    return of.choose(stops, 0.0, vx * kept), of.choose(stops, 0.0, vy * kept)
