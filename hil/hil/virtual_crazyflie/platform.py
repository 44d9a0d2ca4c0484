"""Port 13: which protocol, firmware and device this is, and notes to whoever stands by.

Source: Bitcraze, crtp_platform.md. Nobody listens on the app channel: what is sent there has no answer, as on a real
Crazyflie whose app does not read it.
"""

from collections.abc import Iterable

from hil.virtual_crazyflie.packet import Packet

PORT = 13
COMMAND, VERSION = 0, 1  # channels; 2 is an app's
PROTOCOL = 12
FIRMWARE, DEVICE = b"2026.08", b"Crazyflie 2.1"

_CONTINUOUS_WAVE, _NOTIFY = 0, 3


class Platform:
    """The platform service: arming moved to the supervisor's port, and is not taken here."""

    ports = (PORT,)

    def handle(self, packet: Packet) -> Iterable[Packet]:
        """The reply, none or one."""
        data, command = packet.data, packet.data[:1]
        if packet.channel == COMMAND and command in (bytes((_CONTINUOUS_WAVE,)), bytes((_NOTIFY,))):
            return (packet,)
        if packet.channel == VERSION and data:
            told = {0: PROTOCOL.to_bytes(4, "little"), 1: FIRMWARE, 2: DEVICE}.get(data[0])
            return () if told is None else (Packet(PORT, VERSION, command + told),)
        return ()
