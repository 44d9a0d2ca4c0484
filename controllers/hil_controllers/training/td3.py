"""TD3: the policy flies alone from the first roll-out on, and climbs what its critics think of it.

With `network: {kind: ann, history: 32}`, `sequence: 1` and `warm_up: 0` this is how privileged guides are trained, on
single transitions (Eschmann, Albani, Loianno, RA-L 2024); with a spiking network and sequences it is the paper's
baseline.
"""

from dataclasses import dataclass

import numpy as np

from hil.core.vehicle import Vehicle
from hil_controllers.training.actor_critic import ActorCritic
from hil_controllers.training.config import Training


@dataclass(slots=True)
class Td3(ActorCritic):
    """TD3 without a guide."""

    def led(self) -> np.ndarray | None:
        """Nobody leads."""
        return None


def build(training: Training, vehicle: Vehicle) -> Td3:
    """The learner of this method."""
    return Td3(training, vehicle)
