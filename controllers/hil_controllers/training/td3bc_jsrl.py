"""TD3 + BC with a jump start: the guide begins each flight, the policy ends it, and begins ever sooner.

The policy acts for the last N steps. N grows linearly over `hand_over_until` of the training, until the guide keeps
only the first `guide_least`; the first roll-out is the guide's but for one step. Whatever the hand-over, evaluations
are flown by the policy alone.
"""

from dataclasses import dataclass

import numpy as np

from hil.core.vehicle import Vehicle
from hil_controllers.training import method_config
from hil_controllers.training.actor_critic import ActorCritic
from hil_controllers.training.config import Training
from hil_controllers.training.guide import guide_of


@dataclass(slots=True)
class Td3BcJsrl(ActorCritic):
    """TD3 and cloning behind a guide that hands over sooner and sooner."""

    def led(self) -> np.ndarray | None:
        """The same number of steps for all vehicles."""
        method = self.training.method
        assert isinstance(method, method_config.Td3BcJsrl)
        return np.full(method.vehicles, led_steps(self.share, self.rollouts.steps, method))


def led_steps(share: float, steps: int, method: method_config.Td3BcJsrl) -> int:
    """Steps of an episode that the guide flies after this share of the training."""
    done = 1.0 if share >= method.hand_over_until else share / method.hand_over_until
    least = min(method.guide_least, steps)
    return round(steps - 1 + done * (least - (steps - 1)))


def build(training: Training, vehicle: Vehicle) -> Td3BcJsrl:
    """The learner of this method. Raises BadInput for a guide that cannot lead it."""
    method = training.method
    assert isinstance(method, method_config.Td3BcJsrl)
    return Td3BcJsrl(training, vehicle, guide_of(training, vehicle, method.guide, method.vehicles))
