from hil.virtual_crazyflie.console import Console
from hil.virtual_crazyflie.packet import Packet


def test_text_is_told_in_pieces_that_fit_a_packet() -> None:
    said: list[Packet] = []
    Console(said.append).write("SUP: it is 40 characters and no more… ok\n")
    assert b"".join(packet.data for packet in said) == b"SUP: it is 40 characters and no more? ok\n"
    assert [(packet.port, packet.channel, len(packet.data)) for packet in said] == [(0, 0, 30), (0, 0, 11)]
