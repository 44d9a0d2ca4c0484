"""`hil fidelity`: its output, and what it says of the identified vehicle and real flights, where they are."""

import json
import math
import os
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from hil.flights.reader import read_flight
from hil_sim.fidelity.gain import gain_of
from hil_sim.fidelity.study import assess
from hil_sim.vehicle_files import load_vehicle

PAGE = Path(__file__).parents[2] / "docs" / "fidelity.md"
DOCUMENTED_WINDOWS = 901

# Identification of cf21-identified on 51 flights other than these: error at 0.1, 0.25, 0.5 s with the same trim
PUBLISHED = {
    "position_m": (0.0020, 0.0122, 0.0862),
    "velocity_m_s": (0.04, 0.12, 0.58),
    "attitude_rad": tuple(np.radians([1.61, 7.17, 19.0])),
    "rate_rad_s": (0.48, 0.95, 1.33),
}


@pytest.fixture(scope="module")
def recorded():
    """All real recordings there are, those that never flew among them."""
    folder = os.environ.get("HIL_FLIGHTS")
    if not folder:
        pytest.skip("HIL_FLIGHTS is not set")
    found = sorted(Path(folder).rglob("*_rep1.csv"))
    if not found:
        pytest.skip(f"HIL_FLIGHTS={folder} has none of the recordings these tests know")
    return [read_flight(path) for path in found]


@pytest.fixture(scope="module")
def plain(recorded):
    """The identified vehicle, and the same without its drag moment."""
    vehicle = load_vehicle("cf21-identified")
    return assess(recorded, [vehicle, replace(vehicle, drag_height_x_m=0.0, drag_height_y_m=0.0)])


@pytest.fixture(scope="module")
def level(recorded):
    return assess(recorded, [load_vehicle("cf21-identified")], level=True)


def worse_than_published(model):
    """Where an error exceeds the published one by more than two bootstrap deviations over flights."""
    return [
        (quantity, horizon)
        for quantity, published in PUBLISHED.items()
        for horizon, (value, sd, bar) in enumerate(
            zip(model.errors[quantity].rmse, model.errors[quantity].deviation, published, strict=True)
        )
        if value > bar + 2 * sd
    ]


def test_real_flights_are_predicted_no_worse_than_the_identification_was(plain):
    assert worse_than_published(plain.models[1]) == []


def test_without_the_drag_moment_they_are_predicted_worse(plain):
    assert ("attitude_rad", 2) in worse_than_published(plain.models[2])


def test_a_quarter_second_ahead_position_and_velocity_are_better_than_held(plain):
    held, model, _ = plain.models
    for quantity in ("position_m", "velocity_m_s"):
        assert model.errors[quantity].rmse[1] < held.errors[quantity].rmse[1]


def test_with_the_marker_tilt_removed_they_are_better_than_held_a_tenth_of_a_second_ahead_too(level):
    held, model = level.models
    for quantity in ("position_m", "velocity_m_s"):
        assert (np.array(model.errors[quantity].rmse) < np.array(held.errors[quantity].rmse))[:2].all()


def test_the_recording_that_never_took_off_is_named_with_its_reason(plain):
    named = {flight.name: flight.reason for flight in plain.excluded}
    if "B6_linear_ramp_rep1.csv" not in {*named, *(flight.name for flight in plain.flights)}:
        pytest.skip("that recording is not there")
    assert list(named) == ["B6_linear_ramp_rep1.csv"]
    assert "never took off" in named["B6_linear_ramp_rep1.csv"]


def test_controllers_and_faults_are_found_in_the_recordings(plain):
    for flight in plain.flights:
        assert flight.controller == ("mellinger" if flight.name.startswith("mellinger") else "pid")
        assert flight.windows > 0
    assert any(flight.left_out for flight in plain.flights)


def test_the_torque_gain_is_on_the_measured_ridge():
    """K 48 to 79, K / τ 1100 ± 150 (one deviation), damping ≤ 0.5 1/s: the prediction is not bought by sluggishness."""
    gain = gain_of(load_vehicle("cf21-identified"))
    assert 48 <= gain.roll_rad_s2_per_n_kg <= 79
    assert 48 <= gain.pitch_rad_s2_per_n_kg <= 79
    assert abs(gain.fast_roll - 1100) <= 150
    assert abs(gain.fast_pitch - 1100) <= 2 * 150
    assert gain.rate_damping_1_s <= 0.5


FACTORS = {"position_m": 100.0, "velocity_m_s": 1.0, "attitude_rad": 180 / math.pi, "rate_rad_s": 1.0}


def test_the_page_says_what_comes_out(plain, level):
    if plain.windows != DOCUMENTED_WINDOWS:
        pytest.skip("not the recordings that docs/fidelity.md was written from")
    page = PAGE.read_text(encoding="utf-8")
    rows = (
        ("rates and specific force held", plain.models[0]),
        ("`cf21-identified`", plain.models[1]),
        ("… without its drag moment", plain.models[2]),
        ("… marker tilt removed", level.models[1]),
    )
    for name, model in rows:
        (line,) = (line for line in page.splitlines() if line.startswith(f"| {name} |"))
        written = [float(number) for cell in line.split("|")[2:-1] for number in cell.split("/")]
        measured = [factor * value for q, factor in FACTORS.items() for value in model.errors[q].rmse]
        assert written == pytest.approx(measured, rel=0.005, abs=0.006), name


@pytest.fixture
def run_folder(hil, scenario_file):
    """A simulated flight on disk."""
    assert hil("run", scenario_file(duration_s=4), "--no-report").code == 0
    return next(Path("runs").rglob("samples.parquet")).parent


def test_a_simulated_flight_is_predicted_and_called_simulated(hil, run_folder):
    answer = hil("fidelity", run_folder, "--vehicle", "cf21-identified", "--vehicle", "cf-l2f-2", "--json")
    assert answer.code == 0, answer.err
    result = json.loads(answer.out)
    assert result["horizons_s"] == [0.1, 0.25, 0.5]
    assert [model["name"] for model in result["models"]] == [
        "rates and specific force held",
        "cf21-identified",
        "cf-l2f-2",
    ]
    assert result["flights"][0]["simulated"] is True
    for model in result["models"]:
        assert set(model["errors"]) == {"position_m", "velocity_m_s", "attitude_rad", "rate_rad_s"}
        assert model["errors"]["position_m"]["deviation"] is None, "one flight has no spread"
    table = hil("fidelity", run_folder)
    assert table.code == 0
    for word in ("position, cm", "velocity, m/s", "attitude, °", "simulated", "torque gain roll 56, pitch 58"):
        assert word in table.out


def test_two_vehicles_of_one_name_are_told_apart_by_their_files(hil, run_folder):
    text = (files("hil_sim.vehicles") / "cf21-identified.toml").read_text(encoding="utf-8")
    Path("mine.toml").write_text(text, encoding="utf-8")
    answer = hil("fidelity", run_folder, "--vehicle", "mine.toml", "--vehicle", "cf21-identified", "--json")
    assert [model["name"] for model in json.loads(answer.out)["models"]][1:] == ["mine.toml", "cf21-identified"]


def test_a_folder_without_flights_is_named(hil):
    Path("empty").mkdir()
    answer = hil("fidelity", "empty")
    assert (answer.code, answer.err.splitlines()[0]) == (2, "hil: empty: no recorded flight in it")


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_figure_is_written(hil, run_folder, suffix):
    pytest.importorskip("matplotlib")
    answer = hil("fidelity", run_folder, "--out", f"figure{suffix}")
    assert answer.code == 0, answer.err
    drawn = Path(f"figure{suffix}").read_bytes()
    assert (b"<?xml" if suffix == ".svg" else b"PNG") in drawn[:200]
    assert b"mathdefault" not in drawn, "numbers on the axes are numbers"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no flight given"),
        (("nowhere.csv",), "nowhere.csv: no such file or folder"),
        (("nowhere.csv", "--vehicle", "cf22"), "unknown vehicle 'cf22'"),
        (("nowhere.csv", "--out", "figure.gif"), "must end in .svg, .png, .pdf"),
        (("nowhere.csv", "--out", "no/figure.svg"), "no folder no"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(hil, words, said):
    answer = hil("fidelity", *words)
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err
