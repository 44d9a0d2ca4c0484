"""Switching a vehicle off and on again over the radio, on the floor, so that it may fly once more.

A keep-alive cannot be ended: a second after the last one the firmware locks the vehicle, landed or not, until it is
restarted. The radio's own processor stays on and can switch the main one, decks included; a cable and a network cannot.
"""

from hil.targets.crazyflie.drivers import cflib_ready

RADIO = "radio://"


def can_restart(uri: str) -> bool:
    """Whether this link can."""
    return uri.startswith(RADIO)


def restart(uri: str) -> None:
    """Off and on again; its link must be closed. Takes a second. Raises whatever cflib raises where nobody answers."""
    cflib_ready()
    from cflib.utils.power_switch import PowerSwitch

    switch = PowerSwitch(uri)
    try:
        switch.stm_power_cycle()
    finally:
        switch.close()
