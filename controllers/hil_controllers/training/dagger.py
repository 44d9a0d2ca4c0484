"""DAgger: the policy imitates the geometric controller in the states that the policy itself leads into.

Ross, Gordon, Bagnell 2011. All flights are kept; labels are what the expert would have done at each step. In the
beginning the expert flies all episodes, after `expert_until` of the training none.
"""

from dataclasses import dataclass

import numpy as np

from hil.core.types import Setpoint, State, Vec3, Vec4
from hil.core.vehicle import Vehicle
from hil_controllers.geometric import Geometric
from hil_controllers.training import method_config
from hil_controllers.training.config import Training
from hil_controllers.training.policies import rational_tanh
from hil_controllers.training.replay import Batch
from hil_controllers.training.replaying import Replaying, mean_over
from hil_controllers.training.rollouts import Expert


class GeometricExpert(Expert):
    """The geometric controller without a memory: it is told the true states, rotors included, at every step.

    Its own estimates would follow the commands it gives, and it is the policy that flies.
    """

    def __init__(self, vehicle: Vehicle) -> None:
        self._controller = Geometric(vehicle)

    def begin(self) -> None:
        """Nothing to forget."""

    def know(self, states: np.ndarray, wanted: np.ndarray, wanted_velocity: np.ndarray) -> np.ndarray:
        """Actions (n, 4) in −1..1; unread where a vehicle is lost and its state no number."""
        actions = np.zeros((len(states), 4), np.float32)
        rows = zip(states.tolist(), wanted.tolist(), wanted_velocity.tolist(), strict=True)
        for k, (state, position, velocity) in enumerate(rows):
            if np.isfinite(states[k]).all():
                actions[k] = self._answer(state, tuple(position), tuple(velocity))
        return 2.0 * actions - 1.0

    def _answer(self, state: list[float], position: Vec3, velocity: Vec3) -> Vec4:
        px, py, pz, qx, qy, qz, qw, vx, vy, vz, wx, wy, wz, m1, m2, m3, m4 = state
        self._controller.reset()
        self._controller.turning((m1, m2, m3, m4))
        seen = State((px, py, pz), (vx, vy, vz), (qx, qy, qz, qw), (wx, wy, wz))
        return self._controller.act(seen, Setpoint(position, velocity)).motors


@dataclass(slots=True)
class Dagger(Replaying):
    """Imitation of the expert, (π(s) − a*)²."""

    def led(self) -> np.ndarray | None:
        """Whole episodes of fewer and fewer vehicles."""
        method = self.training.method
        assert isinstance(method, method_config.Dagger)
        left = 0.0 if self.share >= method.expert_until else 1.0 - self.share / method.expert_until
        by_expert = np.arange(method.vehicles) < round(left * method.vehicles)
        return np.where(by_expert, self.rollouts.steps, 0)

    def learn(self, batch: Batch, share: float) -> tuple[float, float]:
        """Take one step."""
        off = (rational_tanh(self.readout(batch)) - batch.labels).square().sum(-1)
        loss = mean_over(off, self.counted(batch, self._told.warm_up))
        return float(loss.detach()), self.step(loss)


def build(training: Training, vehicle: Vehicle) -> Dagger:
    """The learner of this method."""
    return Dagger(training, vehicle, GeometricExpert(vehicle))
