"""Closing a UDP link without waiting: cflib's two receiving threads look at whether to end once a second at best."""

import threading
from contextlib import suppress
from typing import Any

from hil.targets.crazyflie.packets import packet

_EVERY_S = 0.01
_ECHO = (15, 0, b"\x00" * 9)  # answered, and heeded by nobody
_UNHEARD = (15, 3, b"\x00")


def close_link(cf: Any) -> None:
    """As `cf.close_link()`: sends a last set-point that stops the motors, joins the threads."""
    driver, done = cf.link, threading.Event()
    waking = threading.Thread(target=_wake, args=(driver, done), name="closing", daemon=True)
    if cf.link_uri.startswith("udp://") and driver is not None:
        waking.start()
    try:
        cf.close_link()
    finally:
        done.set()
        if waking.is_alive():
            waking.join()


def _wake(driver: Any, done: threading.Event) -> None:
    """An answer for the thread at the socket, a packet for the one at the queue."""
    while not done.wait(_EVERY_S):
        with suppress(Exception):  # it closes meanwhile
            driver.send_packet(packet(*_ECHO))
            driver.in_queue.put(packet(*_UNHEARD))
