"""`hil check` and `hil refresh`: what turns red, what does not, and that nothing is written unseen."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from hil.core.interfaces import Controller
from hil.core.types import Command
from hil.regression import Case, fly_case
from hil.scenario.model import Scenario
from hil.scenario.shipped import shipped_dir
from hil_controllers import geometric
from hil_reports.regression.reference import Who


@pytest.fixture
def check(hil, reference):
    """`check(made)`: hil check on that scenario against those references, in this process."""

    def call(made, *words):
        return hil("check", made.scenario, "--reference", made.folder, "-j", 1, *words)

    return call


class Wrapped(Controller):
    """The geometric controller, seen through and acting through something else."""

    name, family = "geometric", "feed-forward"

    def __init__(self, vehicle, see=lambda state: state, do=lambda command: command):
        self._inner, self._see, self._do = geometric.Geometric(vehicle), see, do
        self.rate_hz = self._inner.rate_hz

    def reset(self):
        self._inner.reset()

    def act(self, state, setpoint):
        return self._do(self._inner.act(self._see(state), setpoint))


@pytest.fixture
def wrap(monkeypatch):
    """`wrap(see=…, do=…)`: from now on `geometric` is wrapped."""

    def call(**how):
        monkeypatch.setattr(geometric, "build", lambda vehicle: Wrapped(vehicle, **how))

    return call


def test_the_same_flights_are_the_same(check, reference):
    answer = check(reference())
    assert answer.code == 0, answer.err
    assert "SAME     short-hover · sim · geometric" in answer.out


def test_one_and_a_half_tolerances_worse_is_red(check, reference):
    made = reference()
    made.move(tolerances=1.5)
    answer = check(made)
    assert answer.code == 1
    assert "WORSE    short-hover · sim · geometric" in answer.out
    (line,) = (line for line in answer.out.splitlines() if "position_error_mean_m, mean" in line)
    assert line.endswith("worse")


def test_half_a_tolerance_worse_is_not(check, reference):
    made = reference()
    made.move(tolerances=0.5)
    assert check(made).code == 0


def test_better_beyond_tolerance_is_reported_and_no_failure(check, reference):
    made = reference()
    made.move(tolerances=-1.5)
    answer = check(made)
    assert answer.code == 0
    assert "BETTER   short-hover · sim · geometric   better than its reference: refresh it" in answer.out


def test_a_permuted_motor_is_red(check, reference, wrap):
    made = reference()
    wrap(do=lambda command: Command((command.motors[1], command.motors[0], *command.motors[2:])))
    answer = check(made)
    assert answer.code == 1
    assert "flights passed" in answer.out


def test_gyro_in_degrees_is_red(check, reference, wrap):
    made = reference()
    wrap(see=lambda state: state._replace(rates=tuple(57.29577951308232 * rate for rate in state.rates)))
    assert check(made).code == 1


def test_chance_that_is_not_the_seeds_is_red(check, reference, monkeypatch):
    made = reference()
    monkeypatch.setattr("hil_sim.batch.chances.rng", lambda seed, purpose: np.random.default_rng())
    answer = check(made)
    assert answer.code == 1
    assert "two flights of one seed differ" in answer.out


def test_seeds_without_effect_are_red(check, reference, monkeypatch):
    made = reference()
    for place in ("batch.chances", "variation", "loads"):
        monkeypatch.setattr(f"hil_sim.{place}.rng", lambda seed, purpose: np.random.default_rng(1))
    answer = check(made)
    assert answer.code == 1
    assert "the seed has no effect" in answer.out


def test_a_controller_with_a_memory_across_flights_is_red(check, reference, wrap):
    made = reference()
    flights = count()

    def forgetful(command):
        return Command(tuple(motor * (1 - 1e-6 * (next(flights) % 7)) for motor in command.motors))

    wrap(do=forgetful)
    assert "two flights of one seed differ" in check(made).out


def test_a_reference_may_say_that_flights_fail(check, reference):
    made = reference(limit=0.0001)
    answer = check(made)
    assert answer.code == 0, answer.out
    made.edit(lambda result: result.update(failed=[]))
    answer = check(made)
    assert answer.code == 1
    assert "first flight that did not pass: position_error_xy_mean_m" in answer.out


def test_an_unexpected_pass_is_reported_as_better(check, reference):
    made = reference()
    made.edit(lambda result: result.update(failed=[0, 1, 2, 3, 4]))
    answer = check(made)
    assert answer.code == 0
    assert "BETTER" in answer.out
    assert "flights passed" in answer.out


def test_where_one_flight_of_the_reference_fails_another_that_fails_is_red(check, reference, wrap):
    made = reference()
    made.edit(lambda result: result.update(failed=[3]))
    assert "flights passed (now 3)" in check(made).out
    wrap(do=lambda command: Command((0.0, 0.0, 0.0, 0.0)))
    answer = check(made)
    assert answer.code == 1
    assert "flights passed (not 0, 1, 2, 4)" in answer.out


def test_crashes_that_the_reference_knows_are_the_same(check, reference, wrap):
    wrap(do=lambda command: Command((0.0, 0.0, 0.0, 0.0)))
    made = reference()
    assert "aborted: [0, 1, 2, 3, 4]" in made.file.read_text()
    answer = check(made)
    assert answer.code == 0, answer.out


def test_a_controller_that_breaks_is_an_error_and_the_others_are_flown(check, reference, wrap, hil):
    made = reference()
    hil("refresh", made.scenario, "-c", "pid", "--reference", made.folder, "--yes", "-j", 1)
    wrap(see=lambda state: 1 / 0)
    answer = check(made)
    assert answer.code == 70
    assert "ERROR    short-hover · sim · geometric\n         ZeroDivisionError" in answer.out
    assert "SAME     short-hover · sim · pid" in answer.out


def test_another_scenario_text_makes_the_reference_stale(check, reference, scenario_file):
    made = reference()
    text = made.scenario.read_text()
    made.scenario.write_text("# a comment is no change\n" + text)
    assert check(made).code == 0
    made.scenario.write_text(text.replace("limit: 0.5", "limit: 0.4"))
    answer = check(made)
    assert answer.code == 2
    assert "short-hover · sim · geometric: the scenario has changed since its reference" in answer.err
    assert "hint: hil refresh short-hover.yaml --target sim --controller geometric --reference" in answer.err


def test_the_command_in_the_hint_makes_the_check_green(check, reference, hil):
    made = reference()
    made.scenario.write_text(made.scenario.read_text().replace("limit: 0.5", "limit: 0.4"))
    command = check(made).err.rpartition("hint: hil ")[2].split()
    assert hil(*command, "--yes", "-j", 1).code == 0
    assert check(made).code == 0


def test_a_scenario_without_reference_is_bad_input(check, reference, scenario_file):
    made = reference()
    other = scenario_file(name="other")
    answer = check(replace(made, scenario=other))
    assert answer.code == 2
    assert "other · sim · geometric: no reference in" in answer.err


def test_an_unknown_controller_is_told_as_such(check, reference):
    answer = check(reference(), "-c", "geometrik")
    assert answer.code == 2
    assert "unknown controller 'geometrik'; did you mean 'geometric'?" in answer.err


def test_a_damaged_reference_is_told_with_file_line_and_key(check, reference):
    made = reference()
    made.file.write_text(made.file.read_text().replace("repeats: 5", "repeats: five"))
    answer = check(made)
    assert answer.code == 2
    assert "sim-geometric-cf21-identified.yaml:11:scenarios.short-hover.repeats: must be a whole number" in answer.err


def test_a_metric_without_tolerance_is_bad_input(check, reference):
    made = reference()
    path = made.folder / "tolerances.yaml"
    path.write_text("".join(line for line in path.open() if "tilt_p95_rad" not in line))
    answer = check(made)
    assert answer.code == 2
    assert "tolerances.yaml has no tolerance for tilt_p95_rad" in answer.err


def test_json_has_every_number_and_nothing_else_on_stdout(check, reference):
    answer = check(reference(), "--json")
    (one,) = json.loads(answer.out)
    assert one["verdict"] == "SAME"
    assert {row["quantity"] for row in one["rows"]} >= {"flights passed", "position_error_mean_m, worst"}
    assert one["reference"]["made_with"]["hil"]


def test_junit_has_a_failure_where_it_is_worse(check, reference, tmp_path):
    made = reference()
    made.move(tolerances=1.5)
    check(made, "--junit", tmp_path / "check.xml")
    suite = ET.parse(tmp_path / "check.xml").find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    assert "position_error_mean_m, mean" in suite.find("testcase/failure").text


def test_refresh_writes_nothing_unasked(reference, hil):
    made = reference()
    made.move(tolerances=1.5)
    before = made.file.read_bytes()
    answer = hil("refresh", made.scenario, "--reference", made.folder)
    assert answer.code == 2
    assert "nobody is there to answer" in answer.err
    assert made.file.read_bytes() == before


def test_refresh_shows_the_difference_before_it_asks(reference, hil, monkeypatch):
    made = reference()
    made.move(tolerances=1.5)
    before = made.file.read_bytes()
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    asked = []
    monkeypatch.setattr("typer.confirm", lambda question: bool(asked.append(question)))
    answer = hil("refresh", made.scenario, "--reference", made.folder, "-j", 1)
    assert "position_error_mean_m, mean" in answer.out
    assert len(asked) == 1
    assert made.file.read_bytes() == before


def test_refresh_keeps_sections_whose_numbers_are_the_same(reference, hil):
    made = reference()
    made.edit(lambda result: result["made_with"].update(numpy="1.0"))
    before = made.file.read_bytes()
    answer = hil("refresh", made.scenario, "--reference", made.folder, "--yes", "-j", 1)
    assert "nothing has changed" in answer.out
    assert made.file.read_bytes() == before


def test_refresh_keeps_what_people_wrote_about_tolerances(reference, hil):
    made = reference()
    path = made.folder / "tolerances.yaml"
    text = "".join(line for line in path.open() if "tilt_p95_rad" not in line)
    path.write_text(text.replace("share: 0.15", "share: 0.5") + "  # calmer flights are not worth a red build\n")
    before = path.read_text()
    assert hil("refresh", made.scenario, "--reference", made.folder, "--yes", "-j", 1, "-n", 3).code == 0
    assert path.read_text().startswith(before + "  tilt_p95_rad: {share: 0.1")


def test_flights_flown_one_by_one_are_those_flown_at_once(reference, check, monkeypatch):
    made = reference()
    monkeypatch.setattr("hil.registry.BATCH_TARGETS", {})
    answer = check(made, "--json")
    (one,) = json.loads(answer.out)
    assert [row["old"] for row in one["rows"]] == [row["new"] for row in one["rows"]]


def test_a_network_is_told_apart_by_its_hash(check, reference, monkeypatch):
    made = reference()
    monkeypatch.setattr(geometric.Geometric, "content_hash", "0123abcd")
    answer = check(made)
    assert answer.code == 0
    assert "the network is another: 0123abcd, was none" in answer.out
    (one,) = json.loads(check(made, "--json").out)
    assert one["flown"]["controller_hash"] == "0123abcd"


def test_metrics_are_taken_over_the_flights_that_ended_in_the_reference():
    scenario = Scenario.load(shipped_dir() / "hover.yaml", {"duration_s": 1, "settle_s": 0.5})
    case = Case(scenario=scenario, who=Who("sim", "geometric", "cf21-identified"), repeats=3, old=None)
    result = fly_case(case).result
    assert fly_case(case).of_old == result.metrics
    of_one = fly_case(replace(case, old=result.model_copy(update={"aborted": (0, 1)}))).of_old["position_error_mean_m"]
    assert of_one.mean == of_one.worst
    assert of_one != result.metrics["position_error_mean_m"]
