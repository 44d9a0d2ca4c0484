"""Every scenario that ships, flown by every controller that has references: as good as what is committed."""

import pytest

from hil.regression import cases_of, check_one, refuse_stale
from hil.scenario.shipped import shipped_dir
from hil_reports.formats.check_text import details, headline
from hil_reports.regression import reference, tolerances

FOLDER = reference.shipped_folder()
REFERENCES = reference.read(FOLDER)
CASES, _ = cases_of(sorted(shipped_dir().glob("*.yaml")), REFERENCES)


def test_every_reference_is_of_a_scenario_that_ships_as_it_is_now():
    refuse_stale(CASES, REFERENCES)
    kept = {(*who, name) for who, sections in REFERENCES.results.items() for name in sections}
    assert kept == {(*case.who, case.scenario.name) for case in CASES}


def test_every_classical_controller_has_a_reference_for_every_scenario_that_ships():
    flown = {(case.who.controller, case.scenario.path) for case in CASES if case.who.target == "sim"}
    names = ("geometric", "pid", "pid-firmware")
    assert flown >= {(name, path) for name in names for path in shipped_dir().glob("*.yaml")}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" · ", "-"))
def test_flights_are_as_good_as_their_reference(case):
    checked = check_one(case, tolerances.read(FOLDER))
    assert checked.exit_code == 0, "\n".join([headline(checked), *details(checked)])
