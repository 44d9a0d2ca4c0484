"""The first words to a peer: who are you, and are you the one I meant?"""

from hil.link.client import Client, Patience
from hil.link.dead import Stranger
from hil.link.messages import HELLO, PROTOCOL, HelloAnswer, Nothing
from hil.link.packing import layout_crc32

EVERY_S = 0.05  # a serial port that is not set up yet swallows what it hears
WITHIN_S = 10.0  # an emulator on a loaded machine; alone it takes 0.1 to 0.4 s


def greet(client: Client, network_hash: str, weights_crc32: int, *, within_s: float = WITHIN_S) -> HelloAnswer:
    """What the peer is, once it answers. `network_hash` is the hex sha256 of the network it has to carry.

    Raises LinkDead where nobody answers within `within_s`, Stranger for another protocol, another network, or weights
    that are not that network's.
    """
    hello = client.ask(HELLO, Nothing(), Patience(tries=max(1, round(within_s / EVERY_S)), each_s=EVERY_S))
    if (hello.protocol, hello.layout_crc32) != (PROTOCOL, layout_crc32()):
        raise Stranger(
            f"the chip speaks protocol {hello.protocol} with layout {hello.layout_crc32:08x}, "
            f"not {PROTOCOL} with {layout_crc32():08x}",
            hint="build its firmware anew from this version",
        )
    if hello.network_hash.hex() != network_hash:
        raise Stranger(
            f"the chip carries network {hello.network_hash.hex()[:12]}, not {network_hash[:12]}",
            hint="build its firmware from the network that is to fly",
        )
    if hello.weights_crc32 != weights_crc32:
        raise Stranger(
            f"the weights on the chip are damaged: checksum {hello.weights_crc32:08x}, not {weights_crc32:08x}",
            hint="write its flash again",
        )
    return hello
