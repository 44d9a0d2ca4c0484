"""When a battery is told to be low."""

import pytest

from hil.virtual_crazyflie.power import Power, PowerState


def after(volts, ms, *, power=None, from_ms=0):
    power = power or Power()
    for now in range(from_ms, from_ms + ms):
        power.update(now, volts)
    return power


@pytest.mark.parametrize(
    ("volts", "state"), [(3.25, PowerState.BATTERY), (3.15, PowerState.LOW), (2.95, PowerState.SHUTDOWN)]
)
def test_a_voltage_that_stays_low_for_5_s_is_told(volts, state):
    assert after(volts, 5002).state is state


@pytest.mark.parametrize("volts", [3.15, 2.95])
def test_a_dip_of_less_than_5_s_is_not(volts):
    assert after(volts, 5000).state is PowerState.BATTERY


def test_a_battery_that_comes_back_is_well_again():
    power = after(3.15, 5002)
    assert after(3.5, 1, power=power, from_ms=5002).state is PowerState.BATTERY


def test_an_empty_battery_shows_in_flight_and_is_flown_on(boot):
    bench = boot()
    bench.hover()
    bench.body.charge(3.6)
    bench.ms(6000)
    assert bench.flight.power.state is PowerState.SHUTDOWN
    assert max(bench.body.motors_fraction) > 0.5
