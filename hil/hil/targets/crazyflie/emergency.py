"""Stop the motors of a vehicle that no bench is flying, over a link opened for that alone."""

import time
from contextlib import suppress

from hil.core.errors import TargetUnavailable
from hil.targets.crazyflie import motor_override
from hil.targets.crazyflie.address import VIRTUAL
from hil.targets.crazyflie.drivers import cflib_ready
from hil.targets.crazyflie.glance import word_within
from hil.targets.crazyflie.packets import packet
from hil.targets.crazyflie.supervision import GET_INFO, INFO, PORT, stop_motors

_WITHIN_S = 3.0
_AGAIN_S = 0.1


def emergency_stop(uri: str, within_s: float = _WITHIN_S) -> str:
    """Open the link, tell the vehicle to stop, and hear its word afterwards; what was told, in words.

    No tables are read, so that it takes no time. The vehicle locks itself and has to be restarted. Raises
    TargetUnavailable where the link cannot be opened, and where nothing answers, though it may have heard.
    """
    if uri == VIRTUAL:
        raise TargetUnavailable("a virtual vehicle that was started for a flight ends with it", hint="--uri udp://…")
    cflib = cflib_ready()
    problems: list[str] = []
    try:
        driver = cflib.crtp.get_link_driver(uri, lambda _: None, problems.append)
    except Exception as problem:  # drivers raise Exception itself
        raise TargetUnavailable(f"{uri}: {problem}", hint="is the dongle plugged in, and free?") from problem
    if driver is None:
        raise TargetUnavailable(f"{uri}: no driver for this URI")

    def send(port: int, channel: int, data: bytes) -> None:
        driver.send_packet(packet(port, channel, data))

    try:
        deadline_s = time.monotonic() + within_s
        while time.monotonic() < deadline_s and not problems:
            motor_override.let_go(send)
            stop_motors(send)
            driver.send_packet(packet(PORT, INFO, GET_INFO))
            word = word_within(driver, _AGAIN_S)
            if word is not None:
                return f"{uri} (which answers: supervisor.info 0x{word:03x})"
        if problems:
            raise TargetUnavailable(f"{uri}: {problems[0].splitlines()[0]}")
        raise TargetUnavailable(
            f"{uri}: sent the emergency stop, and nothing answers", hint="does it still turn? pull the battery"
        )
    finally:
        with suppress(Exception):
            driver.close()
