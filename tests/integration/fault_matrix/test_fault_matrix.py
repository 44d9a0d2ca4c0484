"""The fault matrix with the unmodified cflib on a virtual vehicle: `rows` says what must come of what.

Some rows run always, all of them by `make fault-matrix`. The tests after them show that a row can fail.
"""

import pytest

pytest.importorskip("cflib", reason="cflib is not installed: pip install 'hil-bench[crazyflie]'")

from .flown import fly, opened
from .row import End
from .rows import ROWS
from .verdict import findings, reaction_s

BY_NAME = {row.name: row for row in ROWS}


@pytest.fixture(scope="module")
def flights():
    """Those flown by this process."""
    return {}


@pytest.fixture
def flown(flights, tmp_path_factory, monkeypatch):
    """What came of a row, flown once, apart from whatever else flies on this machine."""
    cache = tmp_path_factory.getbasetemp() / "tables"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.delenv("CFLIB_URI", raising=False)

    def once(row, **how):
        key = (row.name, *how.items())
        if key not in flights:
            folder = tmp_path_factory.mktemp("flown")
            monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
            flights[key] = fly(row, folder, **how)
        return flights[key]

    return once


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row.name, marks=[] if row.in_ci else [pytest.mark.matrix]) for row in ROWS]
)
def test_the_vehicle_comes_to_rest_as_it_must_and_the_bench_says_why(row, flown, record_property):
    came = flown(row)
    record_property("reaction_s", reaction_s(row, came))
    assert findings(row, came) == []


def test_a_vehicle_whose_motors_keep_turning_is_found(flown):
    row = BY_NAME["task: kill -9, set-points streamed"]
    found = findings(row, flown(row, patience_s=0.0))
    assert any(text.startswith("motors turn: ") for text in found)


@pytest.fixture
def landed(flown):
    """A row that came out well, and its flight."""
    row = BY_NAME["task: Ctrl-C"]
    return row, flown(row)


@pytest.mark.parametrize(
    ("row_with", "said"),
    [
        ({"code": 3}, "exit code 4, not 3"),
        ({"within_s": 1.0}, "1 s allowed"),
        ({"says": "a reason that it does not give"}, "nowhere is said"),
        ({"near_m": 0.001}, "from its place"),
    ],
)
def test_a_row_that_asks_for_something_else_is_red(landed, row_with, said):
    row, came = landed
    (found,) = findings(row._replace(**row_with), came)
    assert said in found


@pytest.mark.parametrize(
    ("flown_with", "said"),
    [({"code": None}, "hung"), ({"output": "Traceback (most recent call last)"}, "a traceback")],
)
def test_a_bench_that_went_wrong_is_red(landed, flown_with, said):
    row, came = landed
    (found,) = findings(row, came._replace(**flown_with))
    assert said in found


def test_a_vehicle_that_crashed_did_not_land_as_it_should(landed):
    row, came = landed
    (found,) = findings(row, came._replace(state=came.state._replace(supervisor=0x2A4)))
    assert "it crashed" in found


def test_a_vehicle_that_had_to_be_stopped_did_not_land_as_it_should(flown):
    row = BY_NAME["task: black-out from the vehicle"]
    assert findings(row._replace(end=End.LANDED), flown(row)) == ["the bench had to stop it"]


def test_a_vehicle_that_may_turn_its_motors_again_was_not_stopped(landed):
    row, came = landed
    (found,) = findings(row._replace(end=End.STOPPED, within_s=3.0), came)
    assert "it may turn its motors again" in found


def test_a_vehicle_that_fell_did_not_land_as_it_should(landed):
    row, came = landed
    off_ms = came.history.on_ground_ms - 300
    (found,) = findings(row, came._replace(history=came.history._replace(motors_off_ms=off_ms)))
    assert found == "it fell for 0.300 s"


def test_a_vehicle_whose_motors_turned_was_not_refused(landed):
    row, came = landed
    assert "motors turned" in findings(row._replace(end=End.NEVER_TURNED), came)


def test_a_log_that_cannot_be_read_is_red(landed, tmp_path):
    row, came = landed
    log, problem = opened(tmp_path)
    (found,) = findings(row, came._replace(log=log, log_problem=problem))
    assert "no readable log" in found


def test_a_fault_that_never_set_in_is_red(landed):
    row, came = landed
    assert "nothing happened to it" in findings(row, came._replace(began_ms=None))
