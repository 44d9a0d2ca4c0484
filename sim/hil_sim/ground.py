"""What the floor does: good enough to take off from, to land on and to fall onto.

The floor is z = 0 at the vehicle's resting height. A vehicle on it is held level, its rates at zero, until thrust lifts
it; a landing takes all the vertical speed, and friction takes the rest. One that touches it tilted by more than 60°
lies there until the flight ends. There is no ground effect, and no tipping about a leg before take-off.
"""

import math
from typing import NamedTuple

from hil.core.vehicle import GRAVITY_M_S2
from hil_sim.dynamics import Scalars, normalised

_FRICTION = 0.6  # Coulomb, plastic on a floor; assumed
_LEVELLING_S = 0.03  # how fast the legs level it; assumed
_LIES_BELOW_COSINE = 0.5  # of 60° of tilt


class Contact(NamedTuple):
    """Whether the vehicle touches the floor, and whether it lies there for good."""

    on_ground: bool
    lies: bool


AIRBORNE = Contact(False, False)


def settled(before: Scalars, after: Scalars, contact: Contact, h: float) -> tuple[Scalars, Contact]:
    """What the floor makes of a free step of `h` seconds `before` → `after`, and the contact after it."""
    if not contact.lies and after[9] > 0.0 and after[2] >= 0.0:
        return after, AIRBORNE
    if not contact.on_ground and after[2] >= 0.0:
        return after, AIRBORNE
    qx, qy, qz, qw = before[3:7] if contact.on_ground else after[3:7]  # the floor lets it turn no more
    lies = 1.0 - 2.0 * (qx * qx + qy * qy) < _LIES_BELOW_COSINE
    if not lies:
        shrink = 1.0 / (1.0 + h / _LEVELLING_S)
        qx, qy = qx * shrink, qy * shrink
    impact = 0.0 if contact.on_ground else max(0.0, -after[9])
    vx, vy = _slowed(after[7], after[8], _FRICTION * (GRAVITY_M_S2 * h + impact))
    px, py = (before[0] + vx * h, before[1] + vy * h) if contact.on_ground else after[:2]
    state = (px, py, 0.0, qx, qy, qz, qw, vx, vy, 0.0, 0.0, 0.0, 0.0, *after[13:])
    return normalised(state, math.sqrt), Contact(True, lies)


def _slowed(vx: float, vy: float, loss: float) -> tuple[float, float]:
    speed = math.sqrt(vx * vx + vy * vy)
    if speed <= loss:
        return 0.0, 0.0
    kept = 1.0 - loss / speed
    return vx * kept, vy * kept
