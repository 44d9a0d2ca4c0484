"""Guides of the studies, 146-64-64-4: one that flies well, and one that hardly stays in the air, more like the paper's.

The good one is trained by the plant's gradient. The weak one learns from the reward alone, by TD3 on single
transitions, and is stopped at the first test whose episodes last half their time.
"""

from pathlib import Path

from hil.core.errors import BadInput
from hil_controllers.network import Network
from hil_controllers.training.export import network_of
from hil_controllers.training.guide import policy_from
from hil_controllers.training.learner import learner_of
from hil_controllers.training.rollouts import Pilot, pilot_of
from hil_controllers.training.studies.trials import TESTED, Trials, config_of, tested, training_in, unseen_flights

GOOD, WEAK = "guide", "guide-weak"
FILES = {GOOD: f"{GOOD}.safetensors", WEAK: f"{WEAK}.safetensors"}
UPDATES = {GOOD: 1500, WEAK: 20_000}  # of the weak one at most
APG = {"kind": "apg", "vehicles": 32, "window": 50, "learning_rate": 0.004}
_TD3 = {
    "kind": "td3", "vehicles": 64, "updates_per_rollout": 200, "replay": 400_000, "sequence": 1, "warm_up": 0,
    "batch": 256, "policy_from": 500, "policy_delay": 1, "critic_hidden": [128, 128], "discount": 0.98, "polyak": 0.03,
    "exploration_noise": 0.4,
}  # fmt: skip
_LOOK = 250  # updates between two tests of the weak one
_ENOUGH = 0.5  # of an episode's time, mean over a test
_APART = 1  # added to the seed of a guide's training for its figures: its tests chose when it was stopped


def guide_config(name: str) -> str:
    """The config of its training."""
    ann = {"kind": "ann", "hidden": [64, 64], "history": 32}
    return config_of(ann, APG if name == GOOD else _TD3, UPDATES[name], 0)


def train_guide(name: str, folder: Path) -> None:
    """Leave its file in the folder, unless it is there, by this config.

    Raises BadInput where the weak one does not get as far as it is to.
    """
    file, config = folder / FILES[name], folder / f"{name}.yaml"
    if file.exists() and config.exists() and config.read_text(encoding="utf-8") == guide_config(name):
        return
    file.unlink(missing_ok=True)
    training, vehicle = training_in(folder, name, guide_config(name))
    learner, tests = learner_of(training, vehicle), unseen_flights(training, vehicle)
    enough = False
    while learner.updates < training.updates and not enough:
        learner.update()
        if name == WEAK and learner.updates % _LOOK == 0:
            _, length = tested(tests, pilot_of(learner.policy, TESTED))
            enough = length >= _ENOUGH * tests.steps
    if name == WEAK and not enough:
        raise BadInput(f"{folder}: the weak guide did not learn to stay in the air in {training.updates} updates")
    network_of(learner.policy, training, vehicle, {"made by": "hil study"}).save(file)


def guide_in(folder: Path, file: str) -> Pilot:
    """The guide of a file in the folder, to fly the vehicles of a test."""
    return pilot_of(policy_from(Network.load(folder / file)), TESTED)


def trials_of_guide(name: str, folder: Path) -> Trials:
    """Tests on starts that the guide was not chosen by."""
    training, vehicle = training_in(folder, name, guide_config(name))
    apart = training.model_copy(update={"seed": training.seed + _APART})
    return Trials(apart, vehicle, guide_in(folder, FILES[name]))
