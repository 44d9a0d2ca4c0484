import pytest

pytest.importorskip("torch", reason="training needs torch: pip install 'hil-bench[train]'")
pytest.importorskip("numba", reason="training needs numba: pip install 'hil-bench[train]'")

from hil_controllers.training.config import Training, read_training
from hil_sim.vehicle_files import load_vehicle

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
method: {method}
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
        apg = "{{kind: apg, vehicles: {vehicles}, window: {window}, learning_rate: {learning_rate}}}"
        words = {"method": apg.format(**words)} | words
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


REPLAYING = "vehicles: 16, updates_per_rollout: 5, batch: 16, sequence: 20, warm_up: 5, replay: 20000"


@pytest.fixture
def learner(training_file, networks, tmp_path):
    """A learner of a method with a replay, `more` and `told` among its keys; its guide, `of` a vehicle, hovers."""
    from hil_controllers.training.learner import learner_of

    def make(kind, more="", told=None, episode_s=0.6, of="cf-l2f-original", **changes):
        guide = ""
        if kind in ("bc", "td3bc", "td3bc_jsrl"):
            networks.flying_ann(load_vehicle(of)).save(tmp_path / "guide.safetensors")
            guide = ", guide: guide.safetensors"
        words = {"path_share": 0.0, "updates": 30} | changes
        method = f"{{kind: {kind}, {REPLAYING}{guide}{more and ', '}{more}}}"
        _, training, vehicle = read_training(training_file(method=method, **words))
        method = training.method.model_copy(update=told or {})
        update = {"method": method, "episode_s": episode_s, "latency_s": (0.0, 0.0), "disturbances": ()}
        return learner_of(training.model_copy(update=update), vehicle)

    return make
