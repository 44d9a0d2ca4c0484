"""Ports 3 and 7: set-points that a client streams, and which of two sources is obeyed.

A streamed set-point outranks the high-level commander and makes it idle; the client hands back with "notify stop".
Until then only streamed set-points count, and their age is watched by the supervisor. A set-point that is not finite
is ignored. One of the wrong length is ignored on port 3; on port 7 it fails an assertion, as in the firmware. Layouts
and signs: Bitcraze, docs, functional-areas/crtp; crtp_commander_rpyt.c, crtp_commander_generic.c. Angles come in
degrees, pitch inverted (nose up positive).
"""

import math
import struct
from collections.abc import Callable, Iterable
from enum import IntEnum

from hil.core.frames import euler_zyx
from hil.core.quaternion_bits import decompress
from hil.virtual_crazyflie.packet import Packet
from hil.virtual_crazyflie.wanted import NULL, Mode, Wanted

RPYT, GENERIC = 3, 7
_SETPOINT, _META = 0, 1  # channels of GENERIC
THRUST_FULL = 65535.0
THRUST_LEAST, THRUST_MOST = 1000, 60000  # of a client; less is nothing


class Rank(IntEnum):
    """Whose set-points are obeyed: those of this rank or above."""

    NOBODY = 0
    HIGH_LEVEL = 1
    CLIENT = 2


class Commander:
    """The set-point in force.

    `idle_high_level` is called for every streamed one, `fail` for one that the firmware asserts on, `relaxed` when the
    client hands back.
    """

    ports = (RPYT, GENERIC)

    def __init__(
        self, now_ms: Callable[[], int], *, idle_high_level: Callable[[], None], relaxed: Callable[[], None],
        fail: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.wanted, self.rank = NULL, Rank.NOBODY
        self._now_ms, self._idle_high_level, self._relaxed, self._fail = now_ms, idle_high_level, relaxed, fail
        self._thrust_locked = True

    def give(self, wanted: Wanted, rank: Rank) -> None:
        """A set-point of this rank; one of lower rank than what is in force is ignored."""
        if rank >= self.rank:
            self.wanted, self.rank = wanted._replace(at_ms=self._now_ms()), rank
            if rank > Rank.HIGH_LEVEL:
                self._idle_high_level()

    def relax(self) -> None:
        """Let the high-level commander take over, by its next set-point."""
        self._relaxed()
        self.rank = Rank.HIGH_LEVEL

    def handle(self, packet: Packet) -> Iterable[Packet]:
        """Nothing is answered."""
        if packet.port == RPYT and packet.channel == 0:
            if len(packet.data) == _RPYT.size:
                self._rpyt(*_RPYT.unpack(packet.data))
        elif packet.port == GENERIC and packet.data:
            if packet.channel == _SETPOINT:
                self._generic(packet.data)
            elif packet.channel == _META and packet.data[0] == 0:
                self.relax()
        return ()

    def _generic(self, data: bytes) -> None:
        kind = data[0]
        if kind not in _DECODERS:
            return
        layout, decode = _DECODERS[kind]
        if len(data) != 1 + layout.size:
            self._fail(f"set-point of type {kind} with {len(data) - 1} bytes, not {layout.size}")
            return
        numbers = layout.unpack(data[1:])
        if all(map(math.isfinite, numbers)):
            self.give(decode(*numbers), Rank.CLIENT)

    def _rpyt(self, roll: float, pitch: float, yaw_rate: float, thrust: int) -> None:
        if not (math.isfinite(roll) and math.isfinite(pitch) and math.isfinite(yaw_rate)):
            return
        if thrust == 0:
            self._thrust_locked = False
        used = 0 if self._thrust_locked or thrust < THRUST_LEAST else min(thrust, THRUST_MOST)
        tilted = _tilted(roll, pitch, -yaw_rate)  # this packet alone turns clockwise
        self.give(tilted._replace(thrust=used / THRUST_FULL), Rank.CLIENT)


_RPYT = struct.Struct("<fffH")


def _rad(degrees: float) -> float:
    return math.radians(degrees)


def _tilted(roll: float, pitch: float, yaw_rate: float) -> Wanted:
    return Wanted(
        roll=Mode.ABSOLUTE, pitch=Mode.ABSOLUTE, yaw=Mode.VELOCITY,
        attitude=(_rad(roll), -_rad(pitch), 0.0), rates=(0.0, 0.0, _rad(yaw_rate)),
    )  # fmt: skip


def _stop() -> Wanted:
    return NULL


def _full_state(
    x: int, y: int, z: int, vx: int, vy: int, vz: int, ax: int, ay: int, az: int, code: int, p: int, q: int, r: int
) -> Wanted:  # fmt: skip
    return Wanted(
        x=Mode.ABSOLUTE, y=Mode.ABSOLUTE, z=Mode.ABSOLUTE, quat=Mode.ABSOLUTE,
        position=(x / 1e3, y / 1e3, z / 1e3), velocity=(vx / 1e3, vy / 1e3, vz / 1e3),
        acceleration=(ax / 1e3, ay / 1e3, az / 1e3), feeds_forward=True,
        attitude=euler_zyx(decompress(code)), rates=(p / 1e3, q / 1e3, r / 1e3),
    )  # fmt: skip


def _position(x: float, y: float, z: float, yaw: float) -> Wanted:
    return Wanted(
        x=Mode.ABSOLUTE, y=Mode.ABSOLUTE, z=Mode.ABSOLUTE, yaw=Mode.ABSOLUTE,
        position=(x, y, z), attitude=(0.0, 0.0, _rad(yaw)),
    )  # fmt: skip


def _velocity(vx: float, vy: float, vz: float, yaw_rate: float) -> Wanted:
    return Wanted(
        x=Mode.VELOCITY, y=Mode.VELOCITY, z=Mode.VELOCITY, yaw=Mode.VELOCITY,
        velocity=(vx, vy, vz), rates=(0.0, 0.0, _rad(yaw_rate)),
    )  # fmt: skip


def _z_distance(roll: float, pitch: float, yaw_rate: float, z: float) -> Wanted:
    return _tilted(roll, pitch, yaw_rate)._replace(z=Mode.ABSOLUTE, position=(0.0, 0.0, z))


def _hover(vx: float, vy: float, yaw_rate: float, z: float) -> Wanted:
    return Wanted(
        x=Mode.VELOCITY, y=Mode.VELOCITY, z=Mode.ABSOLUTE, yaw=Mode.VELOCITY,
        position=(0.0, 0.0, z), velocity=(vx, vy, 0.0), in_body=True, rates=(0.0, 0.0, _rad(yaw_rate)),
    )  # fmt: skip


def _manual(roll: float, pitch: float, yaw_rate: float, thrust: int, by_rate: int) -> Wanted:
    used = 0 if thrust < THRUST_LEAST else min(thrust, THRUST_MOST)
    tilted = _tilted(roll, pitch, yaw_rate)._replace(thrust=used / THRUST_FULL)
    if not by_rate:
        return tilted
    return tilted._replace(roll=Mode.VELOCITY, pitch=Mode.VELOCITY, rates=(_rad(roll), -_rad(pitch), _rad(yaw_rate)))


_FOUR = struct.Struct("<ffff")
_DECODERS: dict[int, tuple[struct.Struct, Callable[..., Wanted]]] = {
    0: (struct.Struct(""), _stop),
    1: (_FOUR, lambda vx, vy, vz, turn: _velocity(vx, vy, vz, -turn)),  # 1, 2, 5: as below, clockwise yaw rate
    2: (_FOUR, lambda roll, pitch, turn, z: _z_distance(roll, pitch, -turn, z)),
    5: (_FOUR, lambda vx, vy, turn, z: _hover(vx, vy, -turn, z)),
    6: (struct.Struct("<hhhhhhhhhIhhh"), _full_state),
    7: (_FOUR, _position),
    8: (_FOUR, _velocity),
    9: (_FOUR, _z_distance),
    10: (_FOUR, _hover),
    11: (struct.Struct("<fffHB"), _manual),
}
