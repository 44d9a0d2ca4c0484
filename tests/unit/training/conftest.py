import pytest

pytest.importorskip("torch", reason="training needs torch: pip install 'hil-bench[train]'")
pytest.importorskip("numba", reason="training needs numba: pip install 'hil-bench[train]'")

from hil_controllers.training.config import Training, read_training

SMALL = """\
version: 1
name: small
vehicle: {vehicle}
network: {network}
observation: {{{observation}}}
sensors: {sensors}
latency_s: [0, 0.02]
start: {{position_m: [0, 0, 1], spread: {{position_m: [0.3, 0.3, 0.3], velocity_m_s: [0.3, 0.3, 0.3], tilt_deg: 20}}}}
randomise: {{mass: 0.1, motor_lag: 0.1}}
disturbances: [{{kind: force, std_n: 0.01}}, {{kind: torque, std_n_m: 2.0e-5}}, {{kind: residual}}]
paths: {{share: {path_share}}}
pushes: {{share: 0.3}}
method: {{kind: apg, vehicles: {vehicles}, window: {window}, learning_rate: {learning_rate}}}
updates: {updates}
evaluation: {{every: {every}, progress: {{name: hover, scenario: hover, repeats: 2, set: {{duration_s: 7}}}}{more}}}
seed: {seed}
"""


@pytest.fixture
def training_file(tmp_path):
    """Writes a small training config, with what is named changed; its path."""

    def write(**changes):
        words = {
            "vehicle": "cf-l2f-original", "network": "{kind: snn, hidden: [48, 24]}", "observation": "",
            "sensors": "l2f-original", "path_share": 0.5, "window": 12, "vehicles": 32, "learning_rate": 0.004,
            "updates": 40, "every": 20, "more": "", "seed": 0,
        } | changes  # fmt: skip
        path = tmp_path / "training.yaml"
        path.write_text(SMALL.format(**words))
        return path

    return write


@pytest.fixture
def trainer(training_file):
    """A trainer of a small network, with what is named changed."""
    from hil_controllers.training.apg import Trainer

    def make(**changes):
        _, training, vehicle = read_training(training_file(**changes))
        assert isinstance(training, Training)
        return Trainer(training, vehicle)

    return make
