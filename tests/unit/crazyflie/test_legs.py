import pytest

from hil.core.types import Start, State
from hil.targets.crazyflie.approach_plan import CATCH_UP_S, SETTLE_S, plan_approach
from hil.targets.crazyflie.flight_path import FlightPath
from hil.targets.crazyflie.legs import Leg

LEG = Leg(-10.0, 2.0, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 0.3)
START = Start(State((1.0, 0.0, 0.8), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.0)))


def test_a_leg_begins_and_ends_at_rest():
    for t_s, height_m in ((-11.0, 0.0), (-10.0, 0.0), (-8.0, 1.0), (-7.0, 1.0)):
        setpoint = LEG.at(t_s)
        assert setpoint.position == (0.0, 0.0, height_m)
        assert setpoint.velocity == setpoint.acceleration == (0.0, 0.0, 0.0)


def test_half_way_it_is_half_way_and_fastest():
    setpoint = LEG.at(-9.0)
    assert setpoint.position[2] == pytest.approx(0.5)
    assert setpoint.velocity[2] == pytest.approx(2.1875 * 0.5)
    assert setpoint.acceleration[2] == pytest.approx(0.0)


def test_velocity_and_acceleration_are_those_of_the_positions():
    for t_s in (-9.7, -9.2, -8.4):
        before, here, after = (LEG.at(t_s + d).position[2] for d in (-1e-4, 0.0, 1e-4))
        assert LEG.at(t_s).velocity[2] == pytest.approx((after - before) / 2e-4, abs=1e-5)
        assert LEG.at(t_s).acceleration[2] == pytest.approx((after - 2 * here + before) / 1e-8, abs=1e-3)


def test_an_approach_goes_up_first_and_leaves_time_to_settle():
    plan = plan_approach((0.0, 0.2, 0.01), START, 0.0)
    assert plan.take_off.start == (0.0, 0.2, 0.01)
    assert plan.take_off.end == plan.go_to.start == (0.0, 0.2, 0.8)
    assert plan.go_to.end == START.state.position
    assert plan.go_to.end_s == pytest.approx(-SETTLE_S)
    assert plan.go_to.begin_s - plan.take_off.end_s == pytest.approx(CATCH_UP_S)


def test_rows_have_the_set_point_of_their_tick_then_of_the_leg_under_way():
    path = FlightPath(LEG)
    path.give(0, LEG.at(-9.0))
    path.fly(Leg(5.0, 2.0, (0.0, 0.0, 1.0), (0.0, 0.0, 0.0), 0.0))
    assert path.at(-1000, -10.0) == LEG.at(-10.0)
    assert path.at(0, 0.0) == LEG.at(-9.0)
    assert path.at(1, 0.01) == LEG.at(0.01)
    assert path.at(700, 7.0).position == (0.0, 0.0, 0.0)
