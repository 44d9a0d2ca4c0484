"""Guides of the studies, 146-64-64-4: one that flies well, and one that hardly stays in the air, as the paper's.

The good one is trained by the plant's gradient. The weak one learns from the reward alone, by TD3 on single
transitions, and is stopped at the first test that it flies for half the time.
"""

from collections.abc import Callable
from pathlib import Path

from hil.core.vehicle import Vehicle
from hil_controllers.network import Network
from hil_controllers.training.config import Training, read_training
from hil_controllers.training.export import network_of
from hil_controllers.training.guide import policy_from
from hil_controllers.training.learner import Learner, learner_of
from hil_controllers.training.rollouts import Pilot, pilot_of
from hil_controllers.training.studies.trials import TESTED, Trials, training_in

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
_APART = 1  # added to the seed of a guide's training for its figures: its tests chose when it was stopped


def train_guide(name: str, folder: Path) -> None:
    """Leave its file in the folder, unless it is there."""
    if (folder / FILES[name]).exists():
        return
    ann = {"kind": "ann", "hidden": [64, 64], "history": 32}
    training = training_in(folder, name, ann, APG if name == GOOD else _TD3, UPDATES[name], 0)
    _, _, vehicle = read_training(folder / f"{name}.yaml")
    learner = learner_of(training, vehicle)
    enough = _flies_half_the_time(learner, training, vehicle) if name == WEAK else lambda: False
    while learner.updates < training.updates and not enough():
        learner.update()
    network_of(learner.policy, training, vehicle, {"made by": "hil study"}).save(folder / FILES[name])


def guide_in(folder: Path, file: str) -> Pilot:
    """The guide of a file in the folder, to fly the vehicles of a test."""
    return pilot_of(policy_from(Network.load(folder / file)), TESTED)


def trials_of_guide(name: str, folder: Path) -> Trials:
    """Tests on starts that the guide was not chosen by."""
    _, training, vehicle = read_training(folder / f"{name}.yaml")
    apart = training.model_copy(update={"seed": training.seed + _APART})
    return Trials(apart, vehicle, guide_in(folder, FILES[name]))


def _flies_half_the_time(learner: Learner, training: Training, vehicle: Vehicle) -> Callable[[], bool]:
    def enough() -> bool:
        if learner.updates == 0 or learner.updates % _LOOK:
            return False
        pilot, other = (pilot_of(learner.policy, TESTED) for _ in range(2))
        trials = Trials(training, vehicle, other)
        trials.fly(learner.updates, pilot)
        return bool(trials.found["length"][-1] >= trials.steps / 2)

    return enough
