from dataclasses import replace

import pytest

from hil.core.types import LEVEL, ZERO3, Start, State
from hil.core.vehicle import Battery, Vehicle
from hil.references.curves import FigureEight
from hil.references.feasibility import infeasibility as infeasible
from hil.references.hold import Step
from hil.references.waypoints import Waypoints

MASS_KG = 0.032
START = Start(State((0.0, 0.0, 1.0), ZERO3, LEVEL, ZERO3))
ROOM_M = (2.0, 2.0, 2.5)
WEAK = Vehicle(
    name="weak",
    mass_kg=MASS_KG,
    inertia_kg_m2=(1.9e-5, 1.9e-5, 3.2e-5),
    rotor_x_m=(0.03, -0.03, -0.03, 0.03),
    rotor_y_m=(-0.03, -0.03, 0.03, 0.03),
    rotor_torque_sign=(-1.0, 1.0, -1.0, 1.0),
    thrust_n=(0.0, 0.17 * 2.4525 * MASS_KG, 0.83 * 2.4525 * MASS_KG),
    torque_per_thrust_m=0.006,
    motor_tau_up_s=0.05,
    motor_tau_down_s=0.05,
    battery=Battery(hover_v=3.55, reference_v=2.93, sag_v=1.03, drain_v_s=0.0029),
    motor_mismatch_std=0.05,
)
STRONG = replace(WEAK, name="strong", thrust_n=(0.0, 0.0, 0.6 * 9.81 * MASS_KG), battery=None)


def infeasibility(reference, duration_s, *rest):
    return infeasible(reference, reference.demand(duration_s), duration_s, *rest)


def eight(period_s):
    return FigureEight(kind="figure_eight", period_s=period_s).reference(START)


@pytest.mark.parametrize("period_s", [5.5, 15.0])
def test_the_usual_figure_eights_can_be_flown(period_s):
    assert infeasibility(eight(period_s), 20.0, WEAK, ROOM_M) == []


def test_a_figure_eight_in_3_5_s_is_told_with_what_is_missing_and_what_would_help():
    (problem,) = infeasibility(eight(3.5), 20.0, WEAK, ROOM_M, {"strong": STRONG, "weaker": WEAK})
    assert problem.key == "task.period_s"
    assert problem.text == (
        "needs thrust-to-weight 1.22 at 2.3 s; weak gives 1.19 at the end of the flight: 0.03 missing"
    )
    assert problem.hint == "possible with vehicle: strong, or period_s: 3.7"


def test_the_suggested_period_is_the_shortest_that_works():
    assert infeasibility(eight(3.7), 20.0, WEAK, ROOM_M) == []
    assert infeasibility(eight(3.6), 20.0, WEAK, ROOM_M) != []


def test_a_vehicle_too_heavy_to_hover_is_given_no_period():
    heavy = replace(WEAK, mass_kg=2 * MASS_KG)
    (problem,) = infeasibility(eight(5.5), 20.0, heavy, ROOM_M)
    assert problem.hint == ""


def test_a_longer_flight_leaves_less_battery():
    assert infeasibility(eight(3.7), 20.0, WEAK, ROOM_M) == []
    assert infeasibility(eight(3.7), 120.0, WEAK, ROOM_M) != []


def test_a_path_that_leaves_the_room_is_told_with_the_missing_metres():
    (problem,) = infeasibility(eight(5.5), 20.0, WEAK, (0.9, 2.0, 2.5))
    assert "goes to x = 1.00 m; the geofence ends at 0.9 m: 0.10 m missing" in problem.text


def test_a_path_may_touch_the_geofence():
    assert infeasibility(eight(5.5), 20.0, WEAK, (1.0, 0.5, 1.0)) == []


def test_a_path_through_the_ground_or_the_ceiling_is_told():
    task = Waypoints(kind="waypoints", points_m=((0, 0, -0.5), (0, 0, 3)), leg_s=4.0)
    texts = [problem.text for problem in infeasibility(task.reference(START), 20.0, WEAK, ROOM_M)]
    assert "0.50 m missing" in texts[0]
    assert "0.50 m below the ground" in texts[1]


def test_a_step_needs_room_but_no_thrust():
    far = Step(kind="step", offset_m=(1.5, 0.0, 0.0)).reference(START)
    assert infeasibility(far, 10.0, WEAK, ROOM_M) == []
    assert len(infeasibility(far, 10.0, WEAK, (1.0, 1.0, 2.5))) == 1
