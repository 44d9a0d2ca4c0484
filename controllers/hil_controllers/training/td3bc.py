"""TD3 + BC: the guide flies the first roll-outs, then the policy flies alone, from its first step."""

from dataclasses import dataclass

import numpy as np

from hil.core.vehicle import Vehicle
from hil_controllers.training import method_config
from hil_controllers.training.actor_critic import ActorCritic
from hil_controllers.training.config import Training
from hil_controllers.training.guide import guide_of


@dataclass(slots=True)
class Td3Bc(ActorCritic):
    """TD3 and cloning, without a hand-over."""

    def led(self) -> np.ndarray | None:
        """All steps of the first roll-outs, no step of the others."""
        method = self.training.method
        assert isinstance(method, method_config.Td3Bc)
        guided = self.epoch < method.guide_rollouts
        return np.full(method.vehicles, self.rollouts.steps if guided else 0)


def build(training: Training, vehicle: Vehicle) -> Td3Bc:
    """The learner of this method. Raises BadInput for a guide that cannot lead it."""
    method = training.method
    assert isinstance(method, method_config.Td3Bc)
    return Td3Bc(training, vehicle, guide_of(training, vehicle, method.guide, method.vehicles))
