"""`hil identify`: its output, the file it writes, mistakes, and what it says of real flights, where they are."""

import json
import os
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from hil.flights.reader import read_flight
from hil_sim.fidelity.study import assess
from hil_sim.identify.study import identify
from hil_sim.identify.vehicle_text import as_vehicle
from hil_sim.vehicle_files import load_vehicle

PAGE = Path(__file__).parents[2] / "docs" / "identify.md"
DOCUMENTED_WINDOWS = 901


@pytest.fixture(scope="module")
def recordings():
    """Paths of all real recordings that the project's pages speak of."""
    folder = os.environ.get("HIL_FLIGHTS")
    if not folder:
        pytest.skip("HIL_FLIGHTS is not set")
    found = sorted(Path(folder).rglob("*_rep1.csv"))
    if not found:
        pytest.skip(f"HIL_FLIGHTS={folder} has none of the recordings these tests know")
    return found


@pytest.fixture(scope="module")
def recorded(recordings):
    return [read_flight(path) for path in recordings]


@pytest.fixture(scope="module")
def real(recorded):
    return identify(recorded, load_vehicle("cf21-identified"))


def test_the_torque_gain_of_real_flights_lies_on_the_measured_ridge(real):
    """Measured by frequency response: 48 to 79 rad/s² per N/kg, gain over lag 1100 ± 150."""
    for axis in ("roll", "pitch"):
        assert 48 <= real[f"{axis}_gain"].value <= 79
        fast = real[f"{axis}_gain_over_lag"]
        assert abs(fast.value - 1100) <= 2 * 150


@pytest.mark.parametrize(
    ("key", "published", "std"),
    [
        ("thrust_exponent", 1.85, 0.1),
        ("hover", 2.93, 0.02 * 2.93),
        ("drag_x_1_s", 0.389, 0.01),
        ("drag_y_1_s", 0.405, 0.01),
        ("drag_height_x_m", 0.03843, 0.003),
        ("drag_height_y_m", 0.03210, 0.003),
        ("battery_hover_v", 3.55, 0.05),
        ("battery_drain_v_s", 0.0029, 0.0003),
    ],
)
def test_real_flights_give_what_their_identification_published(real, key, published, std):
    each = real[key]
    assert abs(each.value - published) <= 2 * np.hypot(each.std, std)


def test_the_lag_of_real_flights_is_said_not_to_be_determined_and_what_was_found_agrees_with_thrust(real):
    """Velocity and attitude, as instruments, do not agree on it; the response of thrust gave 0.047 ± 0.006 s."""
    each = real["motor_lag_s"]
    assert each.value is None
    found, std = map(float, re.search(r"([\d.]+) ± ([\d.]+) s", each.remark).groups())
    assert abs(found - 0.047) <= 2 * np.hypot(std, 0.006)
    assert "beside the lag of 0.045 s kept" in real["roll_gain"].remark
    assert real.lag_alone_s["velocity"] > 0.06
    assert real.lag_alone_s["attitude"] < 0.04


@pytest.mark.parametrize("key", ["yaw_gain", "residual_force_x", "residual_force_y"])
def test_what_real_flights_do_not_tell_is_said(real, key):
    assert real[key].value is None
    assert "not determined" in real[key].remark


def test_the_identified_vehicle_predicts_real_flights_no_worse_than_the_published_one(recorded, real):
    """Within two bootstrap deviations over flights, as the bar of docs/fidelity.md has it."""
    _, published, found = assess(recorded, [load_vehicle("cf21-identified"), as_vehicle(real, "found")]).models
    for quantity, error in found.errors.items():
        bar = published.errors[quantity]
        assert (np.array(error.rmse) <= np.array(bar.rmse) + 2 * np.array(bar.deviation)).all(), quantity


@pytest.mark.parametrize("name", ["B2_circle_fast_rep1", "B2_circle_medium_rep1"])
def test_one_real_flight_tells_hover_and_says_what_more_it_takes(hil, recordings, name):
    answer = hil("identify", next(path for path in recordings if path.stem == name))
    assert (answer.code, answer.err) == (0, "")
    assert "one flight: how sure a number is shows in two flights or more" in answer.out
    assert "1 flight;" in answer.out


def test_half_of_the_real_flights_agree_with_the_other_half(recorded, real):
    """Flights the one half was not identified from."""
    base = load_vehicle("cf21-identified")
    halves = [identify(recorded[k::2], base) for k in range(2)]
    for key in (
        *("hover", "thrust_exponent", "battery_sag_v", "battery_drain_v_s", "roll_gain", "pitch_gain"),
        *("drag_x_1_s", "drag_y_1_s", "drag_height_x_m", "drag_height_y_m", "motor_mismatch_std"),
    ):
        one, other = (half[key] for half in halves)
        assert abs(one.value - other.value) <= 3 * np.hypot(one.std, other.std), key


@pytest.mark.parametrize("count", [7, 3])
def test_few_real_flights_agree_with_few_others_as_well_as_they_say(recorded, count):
    """So many sets that share no flight, of two or of four and five, each of different manoeuvres.

    Sets of one manoeuvre do not agree as well, as docs/identify.md says.
    """
    base, usable = load_vehicle("cf21-identified"), [f for f in recorded if "B6_linear" not in f.name]
    sets = [identify(usable[k::count], base) for k in range(count)]
    off = {}
    for key in ("drag_x_1_s", "drag_y_1_s", "drag_height_x_m", "drag_height_y_m", "battery_sag_v", "battery_drain_v_s"):
        told = [each[key] for each in sets if each[key].value is not None]
        off[key] = [(one.value - other.value) / np.hypot(one.std, other.std) for one, other in pairwise(told)]
    assert sum(map(len, off.values())) >= 10
    assert np.sqrt(np.mean(np.square(np.concatenate(list(off.values()))))) < 1.3
    assert {key: by for key, by in off.items() if np.max(np.abs([*by, 0])) > 3} == {}


def test_the_lag_that_is_nearly_taken_would_predict_worse(recorded, monkeypatch):
    """Why 5 ms is the bound: what docs/identify.md says of the lag that 6 ms would let through."""
    monkeypatch.setattr("hil_sim.identify.steps.EARLIEST_S", -0.0065)
    base = load_vehicle("cf21-identified")
    taken = identify(recorded, base)
    assert (round(taken["roll_gain"].value), round(taken["pitch_gain"].value)) == (68, 62)
    _, published, found = assess(recorded, [base, as_vehicle(taken, "taken")]).models
    for quantity, worse in (("attitude_rad", 1.13), ("rate_rad_s", 1.19)):
        ratio = found.errors[quantity].rmse[-1] / published.errors[quantity].rmse[-1]
        assert ratio == pytest.approx(worse, abs=0.01)


def test_the_page_says_what_comes_out(real):
    if real.windows != DOCUMENTED_WINDOWS:
        pytest.skip("not the recordings that docs/identify.md was written from")
    rows = [line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    written = {cells[1].strip(): cells[2].strip() for cells in rows if len(cells) == 6}
    labels = {each.label: each for each in real.estimates.values()}
    assert set(written) - {"quantity"} == set(labels)
    for label, each in labels.items():
        if each.value is None:
            assert written[label] == "–", label
            continue
        value, std = map(float, re.fullmatch(r"([-\d.]+) ± ([\d.]+)", written[label]).groups())
        assert value == pytest.approx(each.value, rel=0.01, abs=0.01 * each.std), label
        assert std == pytest.approx(each.std, rel=0.06), label


def test_the_page_says_what_the_controller_saw(real):
    if real.windows != DOCUMENTED_WINDOWS:
        pytest.skip("not the recordings that docs/identify.md was written from")
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = {cells[1].strip(): cells[2] for cells in (line.split("|") for line in lines if line.startswith("  | "))}
    senses = real.senses
    for label, level in {
        "position, m": senses.position_m,
        "velocity, m/s": senses.velocity_m_s,
        "attitude, rad": senses.attitude_rad,
        "gyro, white, rad/s": senses.gyro_rad_s,
        "correlation, s": senses.correlation_s,
        "lag, s": senses.lag_s,
    }.items():
        values, stds = ([float(number) for number in part.split(",")] for part in rows[label].split("±"))
        assert values == pytest.approx(level.values, rel=0.05), label
        assert stds == pytest.approx(level.stds, rel=0.5), label


@pytest.fixture
def run_folders(hil):
    """Two simulated flights on disk."""
    for task, seed in (("figure_eight", 3), ("circle", 4)):
        assert hil("run", task, "--seed", seed, "--set", "duration_s=20", "--no-report", "--out", "flights").code in (
            0,
            1,
        )
    return Path("flights")


def test_a_vehicle_file_is_written_that_loads_and_names_the_source_of_every_number(hil, run_folders):
    answer = hil("identify", run_folders, "--out", "mine.toml")
    assert answer.code == 0, answer.err
    vehicle = load_vehicle(Path("mine.toml"))
    assert vehicle.name == "mine"
    text = Path("mine.toml").read_text(encoding="utf-8")
    assert "identified from 2 flights" in text
    assert "copied from cf21-identified" in text
    for word in ("torque gain roll", "along the ridge", "sensors:", "hover command × voltage", "simulated", "±"):
        assert word in answer.out
    assert hil("run", "hover", "--vehicle", "mine.toml", "--set", "duration_s=6", "--no-report").code in (0, 1)
    assert hil("fidelity", run_folders, "--vehicle", "mine.toml").code == 0


def test_the_sensors_it_prints_are_those_of_a_scenario(hil, run_folders, scenario_file):
    lines = hil("identify", run_folders).out.splitlines()
    first = lines.index("sensors:")
    snippet = [line for line in lines[first:] if line.startswith(("sensors:", "  "))]
    assert hil("validate", scenario_file("\n".join(snippet) + "\n")).code == 0


def test_json_has_every_quantity_with_its_uncertainty(hil, run_folders):
    answer = hil("identify", run_folders, "--json")
    result = json.loads(answer.out)
    assert (result["base"], result["windows"] > 0) == ("cf21-identified", True)
    keys = {each["key"] for each in result["estimates"]}
    assert {"hover", "motor_lag_s", "roll_gain", "drag_x_1_s", "residual_torque_roll"} <= keys
    for each in result["estimates"]:
        assert (each["value"] is None) == ("not determined" in each["remark"])
    assert {"motor_lag_s", "roll", "pitch", "command_delay_s"} == set(result["ridge"][0])
    assert len(result["senses"]["velocity_m_s"]["values"]) == 3


def test_another_base_gives_its_geometry_and_a_mass_is_taken(hil, run_folders):
    assert hil("identify", run_folders, "--base", "cf-l2f-2", "--mass-kg", "0.03", "--out", "mine.toml").code == 0
    vehicle, base = load_vehicle(Path("mine.toml")), load_vehicle("cf-l2f-2")
    assert vehicle.mass_kg == 0.03
    assert vehicle.rotor_x_m == base.rotor_x_m
    assert vehicle.thrust_to_weight() > 1


def test_a_file_that_exists_is_kept_unless_forced(hil, run_folders):
    Path("mine.toml").write_text("mine", encoding="utf-8")
    answer = hil("identify", run_folders, "--out", "mine.toml")
    assert (answer.code, answer.err.splitlines()[0]) == (2, "hil: --out mine.toml: exists")
    assert Path("mine.toml").read_text(encoding="utf-8") == "mine"
    assert hil("identify", run_folders, "--out", "mine.toml", "--force").code == 0
    assert load_vehicle(Path("mine.toml")).name == "mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no flight given"),
        (("nowhere.csv",), "nowhere.csv: no such file or folder"),
        (("nowhere.csv", "--base", "cf22"), "unknown vehicle 'cf22'"),
        (("nowhere.csv", "--out", "mine.yaml"), "must end in .toml"),
        (("nowhere.csv", "--out", "no/mine.toml"), "no folder no"),
        (("nowhere.csv", "--mass-kg", "0"), "above 0"),
        (("nowhere.csv", "--mass-kg", "nan"), "must be finite and above 0"),
        (("nowhere.csv", "--mass-kg", "inf"), "must be finite and above 0"),
        (("nowhere.csv", "--out", ".toml"), "needs a name before .toml"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(hil, words, said):
    answer = hil("identify", *words)
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert list(Path().iterdir()) == []


def test_an_out_that_is_a_folder_is_refused(hil):
    Path("folder.toml").mkdir()
    answer = hil("identify", "nowhere.csv", "--out", "folder.toml")
    assert (answer.code, answer.err.splitlines()[0]) == (2, "hil: --out folder.toml: is a folder")


def test_an_out_that_cannot_be_written_is_refused_before_the_work(hil, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # for root, everything can be
    answer = hil("identify", "nowhere.csv", "--out", "mine.toml")
    assert (answer.code, answer.err.splitlines()[0]) == (
        2,
        "hil: --out mine.toml: cannot be written, permission denied",
    )


def test_a_mass_that_is_given_is_said_to_be_also_where_it_is_the_base_s(hil, run_folders):
    assert hil("identify", run_folders, "--mass-kg", "0.032", "--out", "mine.toml").code == 0
    assert 'mass_kg = {value = 0.032, source = "given' in Path("mine.toml").read_text(encoding="utf-8")


def test_a_base_without_a_battery_is_not_named_as_the_source_of_one(hil):
    assert hil("run", "figure_eight", "--set", "duration_s=10", "--no-report", "--out", "flights").code in (0, 1)
    assert hil("identify", "flights", "--base", "cf-l2f-2", "--out", "mine.toml").code == 0
    text = Path("mine.toml").read_text(encoding="utf-8")
    assert 'sag_v = {value = 0.0, source = "ASSUMED: not identified, and cf-l2f-2 has none"}' in text


LOST = "faults=[{kind: motor_efficiency, motor: 1, factor: 0.3, at_s: 10.0}]"


def test_a_crash_is_left_out_with_its_reason_and_alone_writes_nothing(hil):
    assert hil("run", "hover", "--set", "duration_s=20", "--set", LOST, "--no-report", "--out", "flights").code == 4
    answer = hil("identify", "flights", "--out", "mine.toml")
    assert answer.code == 2
    assert "no window of any flight can be used" in answer.err
    assert "hit the ground" in answer.err
    assert not Path("mine.toml").exists()


def test_flights_that_are_too_short_write_nothing(hil, scenario_file):
    assert hil("run", scenario_file(duration_s=1), "--no-report", "--out", "flights").code in (0, 1)
    answer = hil("identify", "flights", "--out", "mine.toml")
    assert answer.code == 2
    assert "no window of any flight can be used" in answer.err
    assert not Path("mine.toml").exists()


def test_real_flights_seen_in_axes_a_quarter_turn_off_give_x_and_y_exchanged(recorded, real):
    turned = [replace(flight, log=_turned(flight.log)) for flight in recorded]
    found = identify(turned, load_vehicle("cf21-identified"))
    assert found["drag_x_1_s"].value == pytest.approx(real["drag_y_1_s"].value, rel=1e-3)
    assert found["roll_gain"].value == pytest.approx(real["pitch_gain"].value, rel=0.02)


def _turned(log):
    """The same flight in body axes a quarter turn to the left: what was y is x, and the motors are renamed."""
    from hil_sim.fidelity.attitudes import product

    quarter = np.array([0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5)])
    columns = {}
    for prefix in ("", "estimate_"):
        attitude = product(log.stack(*(f"{prefix}quat_{a}" for a in "xyzw")), quarter)
        columns |= {f"{prefix}quat_{a}": attitude[:, k] for k, a in enumerate("xyzw")}
        columns[f"{prefix}rate_x_rad_s"] = log[f"{prefix}rate_y_rad_s"]
        columns[f"{prefix}rate_y_rad_s"] = -log[f"{prefix}rate_x_rad_s"]
    for new, old in ((1, 4), (2, 1), (3, 2), (4, 3)):
        columns[f"motor_{new}_fraction"] = log[f"motor_{old}_fraction"]
    return log.with_columns(**columns)
