"""Numbers as a C variable of the firmware holds them, and as packets carry them: little-endian.

Python's numbers are wider than the firmware's, so storing one says what becomes of the rest: integers saturate, floats
become infinite, NaN as an integer is 0. Nothing raises: what a simulation makes of itself must still be logged.
"""

import math
import struct
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Number:
    """A C number type, by its `struct` code."""

    code: str

    @cached_property
    def size(self) -> int:
        """Bytes it takes."""
        return struct.calcsize("<" + self.code)

    @property
    def is_float(self) -> bool:
        """Float, double or half; else an integer."""
        return self.code in "efd"

    def held(self, value: float) -> int | float:
        """The value that a variable of this type has after it was given `value`."""
        if self.is_float:
            return float(self.unpack(self.pack(value)))
        if math.isnan(value):
            return 0
        low = -(1 << 8 * self.size - 1) if self.code.islower() else 0
        high = low + (1 << 8 * self.size) - 1
        return high if value >= high else low if value <= low else int(value)

    def pack(self, value: float) -> bytes:
        """Its bytes. Integers wrap, as C's conversion between integers does: `held` saturates first."""
        if self.is_float:
            try:
                return struct.pack("<" + self.code, value)
            except OverflowError:
                return struct.pack("<" + self.code, math.copysign(math.inf, value))
        return (int(value) % (1 << 8 * self.size)).to_bytes(self.size, "little")

    def unpack(self, data: bytes) -> int | float:
        """The value in exactly `size` bytes."""
        value: int | float = struct.unpack("<" + self.code, data)[0]
        return value


# Low four bits of a type in the tables. Sources: Bitcraze, crtp_log.md and crtp_parameters.md.
LOGGED = {kind: Number(code) for kind, code in enumerate("BHIbhife", start=1)}
PARAMETERS = dict(enumerate(map(Number, "bhiqbefdBHIQ")))
del PARAMETERS[4]
