"""What a session asks of a method of training, whichever it is."""

import math
from abc import ABC, abstractmethod
from typing import Any, NamedTuple

from torch.optim import Optimizer

from hil.core.vehicle import Vehicle
from hil_controllers.training.config import Training
from hil_controllers.training.policies import Policy, Spiking


class Update(NamedTuple):
    """What one update was like."""

    number: int
    loss: float
    lost: int  # vehicles lost in the window, or in the roll-out that the update followed
    gradient_norm: float
    learning_rate: float
    slope: float  # of the surrogate; nan for a network without spikes


class Learner(ABC):
    """One training, update by update; `snapshot` and `restore` let it stop and go on with the same bits."""

    policy: Policy
    updates: int
    dropped: int  # updates whose gradient was not finite: no step was taken

    @abstractmethod
    def update(self) -> Update:
        """Take one step."""

    @abstractmethod
    def snapshot(self) -> dict[str, Any]:
        """All that the next update depends on, plain and picklable."""

    @abstractmethod
    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot of the same training."""


def learner_of(training: Training, vehicle: Vehicle) -> Learner:
    """The learner of the training's method. Raises BadInput for a guide that cannot lead it."""
    from importlib import import_module

    module = import_module(f"hil_controllers.training.{training.method.kind}")
    learner: Learner = module.build(training, vehicle)
    return learner


def follow_schedules(training: Training, policy: Policy, optimiser: Optimizer, share: float) -> float:
    """Set the learning rate and the surrogate's slope for this share of the training; the rate."""
    method = training.method
    rate = method.learning_rate * cosine(share, method.final_share)
    for group in optimiser.param_groups:
        group["lr"] = rate
    if isinstance(policy, Spiking):
        assert training.network.kind == "snn"
        policy.slope = training.network.slope.at(share)
    return rate


def cosine(share: float, end: float) -> float:
    """From 1 to `end` along half a cosine."""
    return end + (1.0 - end) * 0.5 * (1.0 + math.cos(math.pi * min(share, 1.0)))
