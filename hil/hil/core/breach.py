"""Why a flight must end early, and what is to be done about it."""

from enum import IntEnum
from typing import NamedTuple


class Reaction(IntEnum):
    """What is done about a breach, the mildest first. A rig with nothing in the air does none of them."""

    HOLD = 1  # stay where it is for a moment, then land
    LAND = 2  # come down where it is
    STOP = 3  # motors off at once, whatever falls


class Breach(NamedTuple):
    """A limit that was broken, in words, and the reaction to it."""

    reason: str
    reaction: Reaction
