"""The networks in `controllers/trained`: whole, told by a card, made by a config that ships, and good enough."""

import subprocess
import sys

import pytest
import yaml

from hil.evaluation import evaluate, scenario_of
from hil.scenario.model import Scenario
from hil.scenario.shipped import shipped_dir
from hil_controllers.network import Network, shipped
from hil_controllers.network.controller import NetworkBatch
from hil_reports.regression import reference

VEHICLES = ("cf-l2f-original", "cf21-identified")
NAMES = ("snn", "ann-history", "ann")
FLYING = ("snn", "ann-history")  # `ann` has neither memory nor history: its failures are in the references, too
PAPER = ("cf-l2f-package", "snn-paper")  # trained from the guide beside it, on a GPU
GUIDE = ("cf-l2f-package", "guide")
FILES = [*((vehicle, name) for vehicle in VEHICLES for name in NAMES), PAPER, GUIDE]
SEEDS = {GUIDE: 1}  # 0 for all others
REFERENCES = reference.read(reference.shipped_folder())
SCENARIOS = {path: Scenario.load(path) for path in sorted(shipped_dir().glob("*.yaml"))}


@pytest.fixture(params=FILES, ids="-".join)
def file(request):
    vehicle, name = request.param
    return shipped.shipped(vehicle)[name]


def test_every_network_is_there():
    assert {(path.parent.name, path.stem) for path in shipped.trained_dir().glob("*/*.safetensors")} == set(FILES)


def test_a_card_tells_its_command_seed_figures_and_contract(file):
    network, card = Network.load(file), file.with_suffix(".md").read_text()
    assert f"hash `{network.hash[:16]}`" in card
    assert f"hil train {file.stem}-{file.parent.name}\n" in card
    assert f"Seed {SEEDS.get((file.parent.name, file.stem), 0)};" in card
    assert "**simulated**" in card
    assert "| body_rates | 3 | body, x forward, y left, z up | rad/s |" in card
    assert network.provenance["config"].strip() in card


def test_a_network_was_made_by_the_config_that_ships(file):
    config = (shipped.trained_dir().parent / "configs" / f"{file.stem}-{file.parent.name}.yaml").read_text()
    assert Network.load(file).provenance["config"] == config


def test_shipped_networks_claim_equal_bits(file):
    network = Network.load(file)
    assert network.exact
    assert network.readout == "rational_tanh"
    assert len(network.golden) >= 100
    if network.spiking:
        assert 0.05 <= network.golden.sweep_rate(network.neurons) <= 0.4


def test_layers_are_those_of_the_paper():
    sizes = {name: [n.size for n in Network.load(shipped.shipped("cf-l2f-original")[name]).layers] for name in NAMES}
    assert sizes == {"snn": [256, 128, 4], "ann-history": [64, 64, 4], "ann": [64, 64, 4]}
    assert Network.load(shipped.shipped("cf-l2f-original")["ann-history"]).contract.inputs == 146
    paper, guide = (Network.load(shipped.shipped(vehicle)[name]) for vehicle, name in (PAPER, GUIDE))
    assert [n.size for n in paper.layers] == [256, 128, 4]
    assert [n.size for n in guide.layers] == [64, 64, 4]
    assert guide.contract.inputs == 146


@pytest.mark.parametrize(("flight", "limit_m"), [("hover", 0.04), ("figure-eight", 0.24)])
def test_the_papers_network_flies_alone_within_the_papers_errors(flight, limit_m):
    """Van den Berghe et al. 2025 flew 0.04 m and 0.24 m for real; this is simulated, from the start of its training."""
    vehicle, name = PAPER
    network = Network.load(shipped.shipped(vehicle)[name])
    told = yaml.safe_load(network.provenance["config"])["evaluation"]
    (one,) = (one for one in told["final"] if one["name"] == flight)
    changes = {"vehicle": vehicle, **told["set"], **one["set"], "repeats": 20, "seed": 77}
    figures = evaluate(NetworkBatch(network), scenario_of(one["scenario"], changes, network=name))
    assert figures.survived == 1.0
    assert figures.means["position_error_xy_mean_m"] <= limit_m


@pytest.mark.parametrize("name", FLYING)
def test_every_scenario_is_flown_within_every_limit(name):
    """The flight that `hil run scenarios/ -t sil` makes; by the references, which `test_reference_results` flies again.

    Over five seeds `snn` now and then breaks a limit: the references have it.
    """
    flown = 0
    for scenario in SCENARIOS.values():
        result = REFERENCES.of(reference.Who("sil", name, scenario.vehicle), scenario.name)
        assert result is not None, f"{scenario.name} has no reference for {name}"
        assert result.aborted == (), f"{scenario.name}: {result.why}"
        assert 0 not in result.failed, f"{scenario.name}: {result.why}"
        flown += 1
    assert flown == len(SCENARIOS)


def test_networks_fly_without_torch(tmp_path):
    script = """
import sys
for name in ("torch", "snntorch"):
    sys.modules[name] = None  # importing it raises ImportError
from hil.cli import main
sys.argv = ["hil", "run", "hover", "-t", "sil", "-c", "snn,ann-history", "--no-report", "--out", sys.argv[1]]
main()
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASS") == 2
