"""What is refused before take-off, and what is said of the rest."""

import pytest

from hil.bench import Job, fly
from hil.core.errors import ScenarioError
from hil.flight_plan import plan_flight
from hil.preflight import check
from hil.scenario.model import Scenario
from hil.scenario.shipped import shipped_names

HOLD = "{kind: hold, position_m: [0, 0, 1]}"
STEP = "{kind: step, offset_m: [0.5, 0, 0]}"
EIGHT = "{kind: figure_eight, scale_m: 1.9, period_s: 15}"


@pytest.fixture
def scenario(tmp_path):
    def load(task, *lines):
        path = tmp_path / "a.yaml"
        path.write_text("\n".join(["version: 1", "name: a", "duration_s: 20", f"task: {task}", *lines, ""]))
        return Scenario.load(path)

    return load


def test_an_empty_battery_cannot_hold_a_point(scenario):
    with pytest.raises(ScenarioError) as caught:
        check(scenario(HOLD, "battery_hover_v: 2.6"))
    assert caught.value.key == "task"
    assert "needs thrust-to-weight 1.00 at 0.0 s; cf21-identified gives 0." in caught.value.problem


def test_a_hold_away_from_the_start_still_needs_only_hover_thrust(scenario):
    assert check(scenario("{kind: hold, position_m: [1, 0, 1]}")).demand.thrust_to_weight_max == 1.0


def test_a_step_is_not_held_against_thrust(scenario):
    found = check(scenario(STEP, "battery_hover_v: 2.6"))
    assert str(found) == "set-points jump: thrust is not checked"


def test_a_path_that_moves_with_its_start_is_checked_from_the_corners_of_the_spread(scenario):
    assert check(scenario(EIGHT))
    moved = scenario(EIGHT, "start: {spread: {position_m: [0.2, 0, 0]}}", "repeats: 5", "seed: 2")
    first = plan_flight(moved, repeat=0).start.state.position[0]
    assert abs(first) < 0.1  # from where the first repeat starts alone, it would pass
    with pytest.raises(ScenarioError, match=r"goes to x = 2\.10 m; .*\(starting at \[-0\.2, 0, 1\]"):
        check(moved)


def test_a_first_leg_that_some_start_makes_too_long_is_refused(scenario):
    legs = "{kind: waypoints, points_m: [[1, 0, 1]], leg_s: 1.2}"
    assert check(scenario(legs))
    with pytest.raises(ScenarioError, match=r"within start\.spread"):
        check(scenario(legs, "start: {spread: {position_m: [0.9, 0, 0]}}"))


def test_greatest_speed_and_thrust_are_told_with_what_the_vehicle_has():
    found = check(Scenario.load(shipped_names()["figure_eight"]))
    assert str(found) == "up to 1.62 m/s, thrust-to-weight 1.04 of 1.19"


def test_residual_disturbances_can_be_flown_by_a_vehicle_that_states_none():
    assert check(Scenario.load(shipped_names()["hover"], {"vehicle": "cf-l2f-original"}))


def test_a_recorded_task_without_its_flight_is_checked_as_far_as_it_goes():
    path = shipped_names()["flights/recorded"]
    assert str(check(Scenario.load(path))) == "needs --flight: its set-points are not checked yet"
    with pytest.raises(ScenarioError, match="--set:vehicle: unknown vehicle 'cf22'"):
        check(Scenario.load(path, {"vehicle": "cf22"}))


def test_the_set_points_of_a_recorded_flight_are_held_against_the_geofence(scenario, tmp_path):
    flown = fly(Job(scenario=Scenario.load(shipped_names()["step"]), target="sim", out=tmp_path / "runs"))
    task = f"{{kind: recorded, flight: {flown.run_dir}}}"
    assert check(scenario(task)).jumps
    with pytest.raises(ScenarioError, match=r"goes to x = 0\.50 m; the geofence ends at 0\.3 m"):
        check(scenario(task, "safety: {geofence_m: [0.3, 2, 2.5]}"))
