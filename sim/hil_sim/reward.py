"""What a step of flight is worth: the one reward of the environments and of all trainings that have a reward.

Source of the shape and of the curriculum: Van den Berghe et al., "Adaptive Surrogate Gradients for Sequential
Reinforcement Learning in Spiking Neural Networks" (NeurIPS 2025), after Eschmann, Albani, Loianno, "Learning to Fly in
Seconds" (RA-L 2024).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Span = tuple[float, float]  # lenient, strict
CURRICULUM_STEPS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """Weights of r = alive − position |p|² − velocity |v|² − attitude (1 − q_w²) − action |a − a_hover|².

    p m, v m/s, a in −1..1; 1 − q_w² = sin²(θ/2) of the angle θ to level at yaw 0. Each weight goes from its lenient to
    its strict value in six equal steps of the curriculum.
    """

    alive: Span
    position: Span
    velocity: Span
    attitude: Span
    action: Span

    def weights(self, step: int) -> tuple[float, float, float, float, float]:
        """The five weights at this step of the curriculum, 0 lenient .. 6 strict."""
        share = step / CURRICULUM_STEPS
        a, p, v, q, u = (
            lenient + share * (strict - lenient)
            for lenient, strict in (self.alive, self.position, self.velocity, self.attitude, self.action)
        )
        return (a, p, v, q, u)


REWARDS: Mapping[str, Reward] = MappingProxyType(
    {
        # The paper's curriculum. Its sources differ in numbers; these are its code's, with the true hover action.
        "paper": Reward(
            alive=(1.0, 1.0), position=(1.0, 3.5), velocity=(0.01, 0.10), attitude=(0.25, 0.25), action=(0.14, 0.50)
        ),
    }
)
