"""Anybody's controller: from a file or an installed package, whatever it is made of, and its faults told as its own."""

import importlib.util
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from hil.log import Log

HEAD = """
import numpy as np
from hil.core.interfaces import Controller
from hil.core.types import Command
from hil.core.frames import rotation_matrix

def errors(state, setpoint):
    R = rotation_matrix(state.attitude)
    return np.array([*np.subtract(state.position, setpoint.position), *state.velocity, R[2][0], R[2][1], *state.rates])
"""
GAINS = """
def gains():
    # L2F's Crazyflie: position, velocity, tilt, rates to M1..M4
    roll = np.array([0, 0.0012, 0, 0, 0.005, 0, 0, -0.11, -0.055, 0, 0]) * 0.2
    pitch = np.array([-0.0012, 0, 0, -0.005, 0, 0, 0.11, 0, 0, -0.055, 0]) * 0.2
    up = np.array([0, 0, -0.12, 0, 0, -0.1, 0, 0, 0, 0, 0])
    yaw = np.array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -0.01])
    signs = [(-1, -1, -1), (-1, 1, 1), (1, 1, -1), (1, -1, 1)]
    return np.stack([up + x * roll + y * pitch + z * yaw for x, y, z in signs])
"""
RECURRENT = (
    HEAD
    + GAINS
    + """
class Recurrent(Controller):
    '''An Elman network in numpy: hidden state h <- tanh(W x + V h).'''
    name, family, rate_hz = "elman", "network", 50

    def __init__(self, vehicle):
        self.hover, self.inputs, self.reads = vehicle.hover_command, gains(), np.eye(4) / 2
        self.reset()

    def reset(self):
        self.h = np.zeros(4)

    def act(self, state, setpoint):
        self.h = np.tanh(self.inputs @ errors(state, setpoint) + 0.5 * self.h)
        return Command(tuple(self.hover + self.reads @ self.h))

def build(vehicle):
    return Recurrent(vehicle)
"""
)
TORCH = (
    HEAD
    + GAINS
    + """
import torch

class Policy(torch.nn.Module):
    '''What a training library leaves behind: a module from observations to actions.'''
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Linear(11, 4), torch.nn.Hardtanh())
        with torch.no_grad():
            self.net[0].weight[:] = torch.from_numpy(gains())
            self.net[0].bias[:] = 0.0

    def forward(self, x):
        return self.net(x)

class TorchController(Controller):
    name, family, rate_hz = "torch-policy", "network", 100

    def __init__(self, vehicle):
        self.hover, self.policy = vehicle.hover_command, Policy().eval()

    def reset(self):
        pass

    @torch.inference_mode()
    def act(self, state, setpoint):
        action = self.policy(torch.as_tensor(errors(state, setpoint), dtype=torch.float32))
        return Command(tuple(self.hover + action.double()))

build = TorchController
"""
)


@pytest.fixture
def fly(hil, scenario_file, tmp_path):
    """`hil run` of a hover on L2F's Crazyflie with a controller file's text."""

    def fly(text, *words, name="build", file="mine.py"):
        (tmp_path / file).write_text(text)
        task = scenario_file("vehicle: cf-l2f-original\n", limit=2.0)
        return hil("run", task, "-c", f"{file}:{name}", "--no-report", "--json", *words)

    return fly


@pytest.mark.parametrize("words", [(), ("-t", "sil"), ("-t", "sim")])
def test_a_recurrent_numpy_policy_flies_from_a_file(fly, words):
    answer = fly(RECURRENT, *words)
    assert answer.code == 0, answer.err + answer.out
    (result,) = answer.results
    assert (result["controller"], result["target"]) == ("elman", words[-1] if words else "sil")
    log = Log.open(result["run_dir"])
    assert len(log) == 200
    assert log.info.controller_family == "network"
    assert (log.motors[0] == log.motors[1]).all(), "it acts at 50 Hz"


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_a_torch_policy_flies_from_a_file(fly):
    answer = fly(TORCH, "--repeats", "2")
    assert answer.code == 0, answer.err + answer.out
    assert [result["controller"] for result in answer.results] == ["torch-policy"] * 2


def test_a_controller_of_an_installed_package_flies_by_its_name(hil, scenario_file, monkeypatch, tmp_path):
    (tmp_path / "their_package.py").write_text(RECURRENT)
    monkeypatch.syspath_prepend(str(tmp_path))
    theirs = EntryPoint("theirs", "their_package:build", "hil.controllers")
    monkeypatch.setattr(
        "hil.controller_choice.entry_points", lambda group, name="theirs": [theirs] if name == "theirs" else []
    )
    task = scenario_file("vehicle: cf-l2f-original\n", limit=2.0)
    answer = hil("run", task, "-c", "theirs", "--no-report", "--json")
    assert answer.code == 0, answer.err
    assert answer.results[0]["controller"] == "elman"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def make(vehicle): ...", "mine.py: has no 'build'"),
        ("build = 3", "mine.py:build: is int, not a factory"),
        ("import no_such_module", "mine.py:build: ModuleNotFoundError: No module named 'no_such_module' (mine.py:1)"),
        ("def build(vehicle):\n    return vehicle.wings", "no attribute 'wings' (mine.py:2)"),
        ("def build(vehicle):\n    return 3", "mine.py:build: gave int, not a hil.core.interfaces.Controller"),
        (RECURRENT.replace('"network", 50', '"neural", 50'), "unknown controller family 'neural'"),
        (RECURRENT.replace('"network", 50', '"network", 0'), "rate_hz must be within 1..10000: 0"),
        (RECURRENT.replace("return Command(tuple(", "return list(("), "not a Command of four numbers"),
        (RECURRENT.replace("self.h = np.tanh(", "self.h = np.tangent("), "AttributeError: module 'numpy' has no"),
        (RECURRENT.replace("self.hover +", "np.nan *"), "motor command is not finite"),
    ],
)  # fmt: skip
def test_a_guests_fault_is_told_as_its_own(fly, text, said):
    answer = fly(text)
    assert answer.code in (2, 70)
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert "bug in hil" not in answer.err


def test_a_changed_file_is_read_anew(fly):
    first, second = fly(RECURRENT), fly(RECURRENT.replace('"elman"', '"jordan"'))
    assert [answer.results[0]["controller"] for answer in (first, second)] == ["elman", "jordan"]
    assert Path(first.results[0]["run_dir"]).exists()


def test_the_example_of_the_page_flies(fly):
    page = (Path(__file__).parents[2] / "docs" / "networks.md").read_text()
    code = page.split("```python\n")[1].split("```")[0]
    answer = fly(code)
    assert answer.code == 0, answer.err + answer.out
    assert answer.results[0]["controller"] == "mine"
