"""Flying a suite: the flights of `hil run`, kept, and flown again only where something changed."""

from types import SimpleNamespace

import numpy as np
import pytest

from hil.bench import Job, fly
from hil.core.errors import BadInput, HilError
from hil.core.interfaces import BatchController
from hil.suite import fly as flying
from hil.suite.fly import SuiteInterrupted, fly_point, fly_suite, network_facts
from hil.suite.kept import hash_of, key_of, sources
from hil.suite.model import load_suite

TEXT = """\
version: 1
name: small
vehicle: cf-l2f-original
controllers: [geometric, pid]
repeats: 3
set: {sensors: l2f-original, duration_s: 1, settle_s: 0.5}
cells:
  - {name: hover, scenario: hover, paper: hover}
  - name: mass
    scenario: hover
    sweep: {key: randomise.mass, values: [0, 0.2]}
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def counted(monkeypatch):
    """Names of (scenario, controller) as they are flown."""
    calls = []

    def counting(scenario, controller):
        calls.append((scenario.randomise.mass, scenario.duration_s, controller))
        return fly_point(scenario, controller)

    monkeypatch.setattr(flying, "fly_point", counting)
    return calls


def test_a_flight_of_a_suite_is_the_flight_of_hil_run(path, tmp_path):
    suite = load_suite(path)
    results = fly_suite(suite, tmp_path / "out")
    point = 2
    for index, controller in enumerate(("geometric", "pid")):
        for flight in results.results[point][index].flights:
            alone = fly(
                Job(scenario=suite.points[point].scenario, target="sim", controller=controller, repeat=flight.repeat)
            )
            assert flight.seed == alone.seed
            assert flight.metrics == {m.metric: m.value for m in alone.measurements if m.value is not None}


def test_every_controller_flies_the_same_seeds(path, tmp_path):
    for of in fly_suite(load_suite(path), tmp_path / "out").results:
        seeds = [[flight.seed for flight in result.flights] for result in of]
        assert seeds[0] == seeds[1]
        assert len(set(seeds[0])) == 3


def test_conditions_that_are_the_same_are_flown_once(path, tmp_path, counted):
    results = fly_suite(load_suite(path), tmp_path / "out")
    assert len(counted) == 4  # hover is also mass 0
    assert results.results[0] == results.results[1]


def test_what_is_kept_is_not_flown_again(path, tmp_path, counted):
    first = fly_suite(load_suite(path), tmp_path / "out")
    counted.clear()
    assert fly_suite(load_suite(path), tmp_path / "out") == first
    assert counted == []


def test_only_what_changed_is_flown_again(path, tmp_path, counted):
    fly_suite(load_suite(path), tmp_path / "out")
    counted.clear()
    path.write_text(TEXT.replace("values: [0, 0.2]", "values: [0, 0.2, 0.3]"))
    fly_suite(load_suite(path), tmp_path / "out")
    assert counted == [(0.3, 1.0, "geometric"), (0.3, 1.0, "pid")]


@pytest.mark.parametrize(
    ("old", "new"),
    [("duration_s: 1,", "duration_s: 1.5,"), ("repeats: 3", "repeats: 4"), ("repeats: 3", "repeats: 3\nseed: 5"),
     ("vehicle: cf-l2f-original", "vehicle: cf-l2f-2"), ("sensors: l2f-original", "sensors: real-2026")],
)  # fmt: skip
def test_a_change_of_what_decides_a_flight_flies_it_again(path, tmp_path, counted, old, new):
    fly_suite(load_suite(path), tmp_path / "out")
    counted.clear()
    path.write_text(TEXT.replace(old, new))
    fly_suite(load_suite(path), tmp_path / "out")
    assert len(counted) == 4


def test_other_code_flies_everything_again(path, tmp_path, counted, monkeypatch):
    fly_suite(load_suite(path), tmp_path / "out")
    counted.clear()
    monkeypatch.setattr("hil.suite.kept._code_hash", lambda: "another")
    fly_suite(load_suite(path), tmp_path / "out")
    assert len(counted) == 4


def test_words_do_not_fly_anything_again(path, tmp_path, counted):
    fly_suite(load_suite(path), tmp_path / "out")
    counted.clear()
    path.write_text(TEXT.replace("paper: hover", "paper: trajectory, description: said otherwise"))
    fly_suite(load_suite(path), tmp_path / "out")
    assert counted == []


def test_a_damaged_result_is_flown_again(path, tmp_path, counted):
    first = fly_suite(load_suite(path), tmp_path / "out")
    broken = sorted((tmp_path / "out/kept").iterdir())[0]
    broken.write_text(broken.read_text()[:100])
    counted.clear()
    assert fly_suite(load_suite(path), tmp_path / "out") == first
    assert len(counted) == 1


@pytest.mark.slow
def test_processes_fly_the_same(path, tmp_path):
    assert fly_suite(load_suite(path), tmp_path / "two", workers=2) == fly_suite(load_suite(path), tmp_path / "one")


def test_an_interrupted_suite_goes_on_from_there(path, tmp_path, counted):
    stops = iter([False, False, True])

    def told(done, total):
        if next(stops):
            raise KeyboardInterrupt

    with pytest.raises(SuiteInterrupted, match=r"2 of 4 conditions × controllers are flown and kept") as caught:
        fly_suite(load_suite(path), tmp_path / "out", told=told)
    assert caught.value.exit_code == 4
    fly_suite(load_suite(path), tmp_path / "out")
    assert len(counted) == 4


def test_progress_counts_flights_to_the_end(path, tmp_path):
    seen = []
    fly_suite(load_suite(path), tmp_path / "out", told=lambda done, total: seen.append((done, total)))
    assert (seen[0], seen[-1]) == ((0, 12), (12, 12))


def test_a_controller_that_does_not_exist_is_refused_before_anything_flies(path, tmp_path, counted):
    with pytest.raises(BadInput, match="unknown controller"):
        fly_suite(load_suite(path), tmp_path / "out", controllers=["geometric", "geometrik"])
    assert counted == []


class Spikes(BatchController):
    """Hovers by thrust alone, with a network of 2 spiking neurons: one spikes in every step, the other never."""

    name, family, rate_hz = "spikes", "network", 100

    def __init__(self):
        first = SimpleNamespace(weight=np.array([[1.0, 0.0, 2.0], [1.0, 1.0, 1.0]]), theta=np.ones(2))
        last = SimpleNamespace(weight=np.array([[1.0, 0.0]] * 4))
        self.network = SimpleNamespace(layers=(first, last), hash="sha256:0", parameters=20, spiking=True)
        self.steps, self.per_flight = np.zeros(0, np.int64), np.zeros((0, 2), np.int64)

    def reset(self, n):
        self.steps, self.per_flight = np.zeros(n, np.int64), np.zeros((n, 2), np.int64)

    def act(self, states, setpoints):
        self.steps += 1
        self.per_flight[:, 0] += 1
        return np.full((len(states), 4), 0.667)

    def spike_counts(self):
        return self.per_flight


def test_spikes_of_all_flights_are_counted(path):
    scenario = load_suite(path).points[0].scenario
    spikes = fly_point(scenario, Spikes()).spikes
    assert (spikes.steps, spikes.spikes) == (300, (300, 0))


def test_what_a_network_is_made_of():
    facts = network_facts(Spikes().network)
    assert (facts.layer_sizes, facts.spiking_layers) == ((3, 2, 4), (True, False))
    assert facts.fan_out == ((2, 1, 2), (4, 0))
    assert facts.footprint_bytes == 80


class Breaks(Spikes):
    """Gives a command that is not finite."""

    def act(self, states, setpoints):
        return np.full((len(states), 4), np.nan)


def test_a_controller_that_breaks_is_on_record(path):
    result = fly_point(load_suite(path).points[0].scenario, Breaks())
    assert result.flights == ()
    assert "is not finite" in result.error


def test_what_broke_is_not_kept(path, tmp_path, monkeypatch):
    def breaking(scenario, controller):
        if controller == "pid":
            return flying.PointResult(flights=(), error="it diverged")
        return fly_point(scenario, controller)

    monkeypatch.setattr(flying, "fly_point", breaking)
    results = fly_suite(load_suite(path), tmp_path / "out")
    assert {result.error for of in results.results for result in of} == {"", "it diverged"}
    assert len(list((tmp_path / "out/kept").iterdir())) == 2


def test_two_controllers_of_one_name_are_refused(path, tmp_path, monkeypatch):
    build = flying.build_sim_batch
    monkeypatch.setattr(flying, "build_sim_batch", lambda scenario, word: build(scenario, "pid"))
    with pytest.raises(BadInput, match="are both called pid"):
        fly_suite(load_suite(path), tmp_path / "out", controllers=["a.safetensors", "b.safetensors"])


def test_a_folder_that_cannot_be_is_bad_input(path, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(HilError, match="cannot be a folder"):
        fly_suite(load_suite(path), tmp_path / "out")


def recorded(error="", network=None):
    """What is said of the flight with its neurons of a network that spikes."""
    who = flying._Who("net.safetensors", "net", "network", network or network_facts(Spikes().network))
    work = flying._Work("key", None, who.word, keeps=True)
    return lambda out: flying._recorded(who, work, flying.PointResult(flights=(), error=error), out)


def test_a_network_that_broke_is_not_flown_once_more_for_its_neurons(tmp_path, monkeypatch):
    monkeypatch.setattr(flying, "fly_one", lambda job: pytest.fail("flown"))
    monkeypatch.setattr(flying, "Job", lambda **words: words)
    assert recorded(error="it diverged")(tmp_path) == {}


def test_a_flight_that_cannot_be_recorded_is_told_and_the_suite_goes_on(tmp_path, monkeypatch):
    def breaks(job):
        raise HilError("the disk is full")

    monkeypatch.setattr(flying, "Job", lambda **words: words)
    monkeypatch.setattr(flying, "fly_one", breaks)
    assert recorded()(tmp_path) == {"unrecorded": "the disk is full"}
    monkeypatch.setattr(flying, "fly_one", lambda job: None)
    assert recorded()(tmp_path) == {"unrecorded": "no neurons.npz"}


def test_somebodys_own_controller_is_flown_every_time(path, tmp_path, counted):
    (tmp_path / "mine.py").write_text("from hil_controllers.geometric import build\n")
    for _ in range(2):
        counted.clear()
        fly_suite(load_suite(path), tmp_path / "out", controllers=["pid", f"{tmp_path}/mine.py:build"])
    assert {word for *_, word in counted} == {f"{tmp_path}/mine.py:build"}
    assert len(counted) == 2


def test_all_that_flies_and_measures_decides():
    found = [name for name, _ in sources()]
    assert len(found) == len(set(found))
    assert {
        "hil/batch_runner.py",
        "hil/safety.py",
        "hil/suite/fly.py",
        "hil/controller_choice.py",
        "hil_controllers/geometric.py",
        "hil_controllers/network/kernels.py",
        "hil_sim/vehicles/cf-l2f-original.toml",
        "hil_reports.metrics/position.py",
        "hil_reports.criteria",
    } <= set(found)
    assert not any("/cli/" in name or "/training/" in name for name in found)


def test_a_changed_renamed_or_added_source_is_another_hash(tmp_path):
    one, two = tmp_path / "one.py", tmp_path / "two.py"
    one.write_text("x = 1\n")
    two.write_text("y = 2\n")
    hashes = {hash_of([("one", one)]), hash_of([("other", one)]), hash_of([("one", one), ("two", two)])}
    one.write_text("x = 2\n")
    assert len(hashes | {hash_of([("one", one)])}) == 4


def test_other_versions_of_what_computes_are_another_key(path, monkeypatch):
    scenario = load_suite(path).points[0].scenario
    before = key_of(scenario, "pid", "")
    assert key_of(scenario, "pid", "") == before
    for library in ("numpy", "numba", "llvmlite"):
        monkeypatch.setattr("hil.suite.kept.version_of", lambda name, library=library: "9" if name == library else "1")
        assert key_of(scenario, "pid", "") != before
        before = key_of(scenario, "pid", "")
    monkeypatch.setattr("hil.suite.kept.platform.python_version", lambda: "9")
    assert key_of(scenario, "pid", "") != before
