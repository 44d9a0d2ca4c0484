"""`hil ladder`: rungs that must fly alike do, and one that does not is told with where and by how much."""

import importlib.util
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from hil import ladder
from hil.bench import Job
from hil.core.errors import TargetUnavailable
from hil.ladder import Rung, climb, first_difference
from hil.log import Log
from hil.scenario.model import Scenario
from hil.targets.pil.lines import chip_line

needs_c = pytest.mark.skipif(
    not (importlib.util.find_spec("cffi") and shutil.which("cc")),
    reason="no cffi or no C compiler: pip install 'hil-bench[c]', apt install gcc",
)


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def needs_an_emulated_chip():
    try:
        chip_line("qemu:")
    except TargetUnavailable as error:
        pytest.skip(f"{error.message}: {error.hint}")


@pytest.fixture
def task(scenario_file):
    return scenario_file("vehicle: cf-l2f-original\nsensors: l2f-original\n", limit=2.0)


@pytest.fixture
def climbed(task, tmp_path, networks_ship):
    """`climbed(rungs, **changes)`: how they went; `changes` are of the second one's job."""

    def of(*rungs, **changes):
        def job_of(rung):
            made = Job(
                scenario=Scenario.load(task),
                target=rung.target,
                controller="snn",
                out=tmp_path,
                engine=rung.engine,
                hardware=rung.hardware,
            )
            return replace(made, **changes) if rung is rungs[1] else made

        return climb(rungs, job_of)

    return of


@needs_c
@pytest.mark.usefixtures("needs_an_emulated_chip")
@pytest.mark.parametrize("scenario", ["hover", "figure_eight"])
def test_numpy_c_and_chip_fly_alike(hil, scenario):
    answer = hil("ladder", scenario, "-c", "snn", "--rungs", "sil,c,pil", "--json")
    assert answer.code == 0, answer.err
    assert [rung["rung"] for rung in answer.results] == ["sil", "c", "pil"]
    assert [rung["first_difference"] for rung in answer.results] == [None, None, None]
    assert answer.results[2]["cost"]["unit"] in {"instructions", None}  # where this QEMU's timer counts none
    assert set(answer.results[2]["metric_differences"].values()) == {0.0}


def test_on_board_of_a_virtual_vehicle_it_flies_otherwise_and_may(hil):
    pytest.importorskip("cflib", reason="cflib is not installed: pip install 'hil-bench[crazyflie]'")
    answer = hil("ladder", "hover", "--rungs", "sil,crazyflie", "--set", "duration_s=8", "--json")
    assert answer.code == 0, answer.err + answer.out
    sil, crazyflie = answer.results
    assert (crazyflie["exact"], crazyflie["first_difference"]) == (False, None)
    assert crazyflie["metrics"]["position_error_mean_m"] != sil["metrics"]["position_error_mean_m"]


@needs_c
def test_the_table_says_what_is_equal(hil, task, networks_ship):
    answer = hil("ladder", task, "--rungs", "sil,c")
    assert answer.code == 0, answer.err
    assert "c: 200 samples, equal to sil bit for bit" in answer.out


def test_a_rung_that_differs_is_told_and_is_a_failure(climbed):
    first, other = climbed(Rung("sil", "sil"), Rung("other", "sil"), engine="numpy", repeat=1)
    assert first.exit_code == 0
    assert other.differs is not None
    assert other.exit_code == 1
    assert set(other.apart) >= {"position_error_mean_m"}
    assert json.loads(json.dumps(other.as_json()))["first_difference"]["tick"] == other.differs.tick


def test_the_command_exits_1_and_names_where(hil, task, networks_ship, monkeypatch):
    monkeypatch.setitem(ladder.RUNGS, "c", Rung("c", "sil", engine="numpy"))
    fly = ladder.fly
    monkeypatch.setattr(ladder, "fly", lambda job: fly(replace(job, repeat=int(job.engine == "numpy"))))
    answer = hil("ladder", task, "--rungs", "sil,c", "--set", "sensors=real-2026")
    assert answer.code == 1
    assert "c: differs from sil first at tick" in answer.out


def test_a_rung_that_need_not_be_equal_may_differ(climbed):
    _, vehicle = climbed(Rung("sil", "sil"), Rung("vehicle", "sil", exact=False), repeat=1)
    assert (vehicle.differs, vehicle.exit_code) == (None, 0)
    assert vehicle.apart


def test_a_rung_without_its_tools_is_told_and_the_others_fly(hil, task, networks_ship, monkeypatch):
    def missing():
        raise TargetUnavailable("there is no emulator", hint="apt-get install one")

    monkeypatch.setattr("hil.targets.pil.lines.emulator", missing)
    answer = hil("ladder", task, "--rungs", "sil,pil", "--json")
    assert answer.code == 3
    assert answer.results[0]["outcome"] == "PASS"
    assert answer.results[1]["lacking"] == "there is no emulator\n  hint: apt-get install one"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hover", "--rungs", "sil,moon"), "unknown rung 'moon'"),
        (("hover", "--rungs", "sil"), "two rungs at least"),
        (("hover", "-c", "geometric"), "flies on sim"),
        (("nowhere",), "nowhere"),
    ],
)
def test_what_cannot_be_climbed_is_bad_input(hil, words, said, tmp_path):
    answer = hil("ladder", *words)
    assert answer.code == 2
    assert said in answer.err
    assert not (tmp_path / "runs").exists()


@pytest.fixture
def log(climbed):
    return climbed(Rung("sil", "sil"), Rung("same", "sil"))[0].log


def test_the_first_difference_is_the_first_sample_and_column(log):
    moved = log["motor_3_fraction"].copy()
    moved[7:] += 1e-7
    found = first_difference(log, log.with_columns(motor_3_fraction=moved))
    assert (found.tick, found.column) == (log["tick"][7], "motor_3_fraction")
    assert found.by == moved[7] - log["motor_3_fraction"][7]


def test_wall_time_is_no_difference(log):
    assert first_difference(log, log.with_columns(compute_s=log["compute_s"] + 1.0)) is None


def test_a_number_that_one_flight_lacks_is_a_difference(log):
    gone = log["battery_v"].copy()
    gone[5] = 3.7
    assert first_difference(log, log.with_columns(battery_v=gone)).tick == log["tick"][5]
    nothing = np.full(len(log), np.nan)
    lacking = log.with_columns(battery_v=nothing)
    assert first_difference(lacking, log.with_columns(battery_v=nothing.copy())) is None


def test_a_shorter_flight_differs_where_it_ends(log):
    from hil.log import COLUMNS

    shorter = Log(log.info, {name: log[name][:150].copy() for name in COLUMNS})
    for pair in ((log, shorter), (shorter, log)):
        found = first_difference(*pair)
        assert (found.tick, found.column, abs(found.by)) == (log["tick"][150], "rows", 50)
