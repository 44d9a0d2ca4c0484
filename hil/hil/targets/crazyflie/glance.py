"""Does it fly? Asked with one packet, before a link is opened.

Opening one takes a vehicle's log blocks away from whoever flies it, and closing it sends a set-point that stops the
motors.
"""

import threading
import time
from contextlib import suppress
from typing import Any

from hil.core.errors import Refused
from hil.core.vehicle_status import Info
from hil.targets.crazyflie.drivers import cflib_ready
from hil.targets.crazyflie.packets import packet
from hil.targets.crazyflie.supervision import GET_INFO, INFO, INFO_ANSWER, PORT

_WITHIN_S, _AGAIN_S = 1.0, 0.1
_OPENED_S = 3.0  # more than a radio takes; a TCP host that is not there takes minutes


def refuse_flying(uri: str) -> None:
    """Raises Refused where the vehicle says that it flies; one that says nothing is for the link to complain of."""
    words: list[int] = []
    # a thread: opening a TCP link has no deadline of its own
    asking = threading.Thread(target=_ask, args=(uri, words), name="glance", daemon=True)
    asking.start()
    asking.join(_OPENED_S + _WITHIN_S)
    if words and Info.FLYING in Info(words[0]):
        raise_flying(uri)


def raise_flying(uri: str) -> None:
    """Raises Refused."""
    raise Refused(
        f"{uri}: the vehicle says that it is flying, so that nobody else may connect to it",
        hint="land it with the program that flies it; hil stop stops its motors",
    )


def word_within(driver: Any, within_s: float) -> int | None:
    """The word `supervisor.info` as it comes over a bare cflib driver that sent `GET_INFO`, or None."""
    deadline_s = time.monotonic() + within_s
    while (left_s := deadline_s - time.monotonic()) > 0:
        found = driver.receive_packet(left_s)
        if found is not None and found.port == PORT and len(found.data) >= 3 and found.data[0] == INFO_ANSWER[0]:
            return int.from_bytes(bytes(found.data[1:3]), "little")
    return None


def _ask(uri: str, words: list[int]) -> None:
    with suppress(Exception):  # drivers raise Exception itself; the link will say what is wrong
        driver = cflib_ready().crtp.get_link_driver(uri, lambda _: None, lambda _: None)
        if driver is None:
            return
        try:
            deadline_s = time.monotonic() + _WITHIN_S
            while not words and time.monotonic() < deadline_s:
                driver.send_packet(packet(PORT, INFO, GET_INFO))
                word = word_within(driver, _AGAIN_S)
                words += [] if word is None else [word]
        finally:
            driver.close()
