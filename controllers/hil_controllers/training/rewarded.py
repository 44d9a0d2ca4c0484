"""The reward of `hil_sim.reward` over trained flights, kept as what it weighs, so that a curriculum weighs it later."""

import numpy as np
import torch
from torch import Tensor

from hil_sim.reward import CURRICULUM_STEPS, REWARDS

REWARD = REWARDS["paper"]
COSTS = 4  # |p − p_des|², m²; |v − v_des|², m²/s²; 1 − q_w²; |a − a_hover|²
STRICT = CURRICULUM_STEPS


def costs_of(
    states: np.ndarray, actions: np.ndarray, wanted: np.ndarray, wanted_velocity: np.ndarray, hover: float
) -> np.ndarray:
    """What a step costs, (…, 4): of states (…, 17) after it and actions (…, 4) in −1..1, hover being the vehicle's."""
    off, drift = states[..., 0:3] - wanted, states[..., 7:10] - wanted_velocity
    terms = (off**2).sum(-1), (drift**2).sum(-1), 1.0 - states[..., 6] ** 2, ((actions - hover) ** 2).sum(-1)
    return np.stack(terms, axis=-1).astype(np.float32)


def curriculum_step(share: float, until: float) -> int:
    """0 lenient .. 6 strict after this share of a training; strict from `until` on."""
    return STRICT if share >= until else int(STRICT * share / until)


def rewards_of(costs: Tensor, step: int) -> Tensor:
    """Rewards (…) of costs (…, 4) at this step of the curriculum."""
    alive, *weights = REWARD.weights(step)
    return alive - costs @ torch.tensor(weights, dtype=costs.dtype, device=costs.device)
