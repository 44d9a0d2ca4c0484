from hil.core.types import Setpoint
from hil.targets.crazyflie.flight_path import FlightPath
from hil.targets.crazyflie.legs import Leg

START, FAR, FLOOR = (0.0, 0.0, 1.0), (2.0, 0.0, 1.0), (2.0, 0.0, 0.0)


def path():
    found = FlightPath(Leg(-5.0, 2.0, (0.0, 0.0, 0.0), START, 0.0))
    found.give(0, Setpoint(START))
    found.give(100, Setpoint(FAR))
    return found


def test_a_row_has_the_set_point_of_its_tick():
    assert path().at(0, 0.0).position == START


def test_before_the_task_it_is_where_the_leg_is():
    assert path().at(-100, -1.0).position == START


def test_a_row_that_no_set_point_came_for_has_the_last_one_not_the_start():
    assert path().at(103, 1.03).position == FAR


def test_on_the_way_down_it_is_where_the_landing_is():
    down = path()
    down.fly(Leg(1.02, 1.0, FAR, FLOOR, 0.0))
    assert down.at(101, 1.01).position == FAR
    assert down.at(300, 3.0).position == FLOOR
