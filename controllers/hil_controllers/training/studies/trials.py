"""A training of a study, and test flights of what it has learned: alone, and behind a guide.

Tests fly the training's own starts at the strictest step of the reward. Behind the guide the same starts are flown
with the guide in the first half second, as in the tests of the code that was released with the paper.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from hil.core.vehicle import Vehicle
from hil_controllers.training.config import Training, read_training
from hil_controllers.training.rewarded import STRICT, rewards_of
from hil_controllers.training.rollouts import Pilot, Rollouts
from hil_controllers.training.studies.frame import Result

TESTED = 32  # episodes of a test
TEST_SEED = 10_000  # added to that of the training
FENCE_M = 0.6  # of tests: further off in a coordinate, and the episode is over
LED = 50  # steps that the guide flies first
_BASE = """
version: 1
name: study
vehicle: cf-l2f-package
observation: {scales: {position: 3, rotation: 1, velocity: 1, rates: 0.2}}
sensors: l2f-original
latency_s: [0, 0]
start:
  position_m: [0, 0, 1]
  spread:
    position_m: [0.3, 0.3, 0.3]
    velocity_m_s: [0.5, 0.5, 0.5]
    rates_rad_s: [1, 1, 1]
    tilt_deg: 45
    nominal_share: 0.1
paths: {share: 0}
evaluation: {progress: {name: hover, scenario: hover}}
"""


class Trials:
    """Test flights of one training, alone and behind the guide, each time from the same new starts."""

    def __init__(self, training: Training, vehicle: Vehicle, guide: Pilot) -> None:
        self._alone, self._behind = (unseen_flights(training, vehicle) for _ in range(2))
        self._guide = guide
        self.found: Result = {"updates": [], "return": [], "length": [], "behind": []}

    def fly(self, update: int, pilot: Pilot) -> float:
        """Test a policy after so many updates; its score, 0..1."""
        total, length = tested(self._alone, pilot)
        behind, _ = tested(self._behind, pilot, guide=self._guide, led=np.full(TESTED, LED))
        for name, value in (("updates", update), ("return", total), ("length", length), ("behind", behind)):
            self.found[name].append(value)
        return max(0.0, total / self._alone.steps)


def unseen_flights(training: Training, vehicle: Vehicle) -> Rollouts:
    """Episodes that the training has not seen."""
    apart = training.model_copy(update={"seed": training.seed + TEST_SEED})
    return Rollouts(apart, vehicle, vehicles=TESTED, fence_m=FENCE_M)


def tested(tests: Rollouts, pilot: Pilot, **how: Any) -> tuple[float, float]:
    """Mean return under the strictest reward, and mean length in steps; `how` is as for `Rollouts.fly`."""
    flown = tests.fly(pilot, **how)
    rewards = rewards_of(torch.from_numpy(flown.costs), STRICT).numpy()
    inside = np.arange(rewards.shape[1]) < flown.steps[:, None]
    return float((rewards * inside).sum(axis=1).mean()), float(flown.steps.mean())


def config_of(network: dict[str, Any], method: dict[str, Any], updates: int, seed: int) -> str:
    """A training's config, as its file has it."""
    config = yaml.safe_load(_BASE) | {"network": network, "method": method, "updates": updates, "seed": seed}
    return yaml.safe_dump(config, sort_keys=False)


def training_in(folder: Path, name: str, config: str) -> tuple[Training, Vehicle]:
    """A training whose config is left in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(config, encoding="utf-8")
    _, training, vehicle = read_training(folder / f"{name}.yaml")
    return training, vehicle
