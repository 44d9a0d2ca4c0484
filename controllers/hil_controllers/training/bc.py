"""Behavioural cloning: the guide flies all roll-outs, the policy imitates what it did. No critic, no reward."""

from dataclasses import dataclass

import numpy as np

from hil.core.vehicle import Vehicle
from hil_controllers.training import method_config
from hil_controllers.training.config import Training
from hil_controllers.training.guide import guide_of
from hil_controllers.training.policies import rational_tanh
from hil_controllers.training.replay import Batch
from hil_controllers.training.replaying import Replaying, mean_over


@dataclass(slots=True)
class Bc(Replaying):
    """Imitation of what was flown, (π(s) − a)²."""

    def led(self) -> np.ndarray | None:
        """All steps."""
        return np.full(self._told.vehicles, self.rollouts.steps)

    def learn(self, batch: Batch, share: float) -> tuple[float, float]:
        """Take one step."""
        off = (rational_tanh(self.readout(batch)) - batch.flown).square().sum(-1)
        loss = mean_over(off, self.counted(batch, self._told.warm_up))
        return float(loss.detach()), self.step(loss)


def build(training: Training, vehicle: Vehicle) -> Bc:
    """The learner of this method. Raises BadInput for a guide that cannot lead it."""
    method = training.method
    assert isinstance(method, method_config.Bc)
    return Bc(training, vehicle, guide_of(training, vehicle, method.guide, method.vehicles))
