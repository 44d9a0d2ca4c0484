"""What all methods with a replay share: a roll-out before each epoch, sequences of what was flown, steps of Adam."""

import copy
import math
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hil.core.errors import BadInput
from hil.core.vehicle import Vehicle
from hil_controllers.training.config import Training
from hil_controllers.training.learner import Learner, Update, follow_schedules
from hil_controllers.training.method_config import Apg, Sequences
from hil_controllers.training.policies import Policy, policy_of, rational_tanh
from hil_controllers.training.replay import Batch, Replay
from hil_controllers.training.rollouts import Expert, Pilot, Rollouts, pilot_of
from hil_controllers.training.sequence_policy import readout_over

FIRST_SHARE = 0.1  # of the read-out's usual first weights
NEARLY_FLAT = 1.5  # read-out beyond which `rational_tanh` has less than a fifth of its slope


@dataclass(slots=True)
class Replaying(Learner):
    """A learner whose epochs begin with a roll-out: `updates_per_rollout` updates each."""

    training: Training
    vehicle: Vehicle
    guide: Pilot | Expert | None = None
    policy: Policy = field(init=False)
    updates: int = field(init=False, default=0)
    dropped: int = field(init=False, default=0)
    replay: Replay = field(init=False)
    rollouts: Rollouts = field(init=False)
    _chance: torch.Generator = field(init=False)
    _adam: torch.optim.Adam = field(init=False)
    _lost: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        torch.set_num_threads(1)
        method = self._told
        if method.device == "cuda" and not torch.cuda.is_available():
            raise BadInput("method.device: torch finds no GPU here", hint="write device: cpu")
        self.policy = policy_of(self.training, self.vehicle).to(method.device)
        self.policy.scales = self.policy.scales.to(method.device)
        begin_near_hover(self.policy)
        self.rollouts = Rollouts(self.training, self.vehicle, vehicles=method.vehicles, fence_m=method.fence_m)
        self._chance = torch.Generator(method.device)
        self._chance.manual_seed(self.training.seed)
        self.replay = Replay(
            method.replay, self.rollouts.steps, fill=self.policy.fill, device=method.device, generator=self._chance
        )
        self._adam = torch.optim.Adam(self.policy.parameters(), lr=method.learning_rate)
        self._prepare()

    def _prepare(self) -> None:
        """Make what a method has besides; the policy is there."""

    @abstractmethod
    def led(self) -> np.ndarray | None:
        """For how many steps the guide flies each vehicle (n,) in the next roll-out; None without a guide."""

    @abstractmethod
    def learn(self, batch: Batch, share: float) -> tuple[float, float]:
        """Take one step from a batch after this share of the training: loss, and norm of the policy's gradient."""

    @property
    def _told(self) -> Sequences:
        method = self.training.method
        assert not isinstance(method, Apg)
        return method

    @property
    def epoch(self) -> int:
        """Number of the epoch that the next update is in, from 0; its roll-out comes first."""
        return self.updates // self._told.updates_per_rollout

    @property
    def share(self) -> float:
        """Share of the training that is done."""
        return self.updates / self.training.updates

    def update(self) -> Update:
        """Fly a roll-out where one is due, take one step."""
        method, share = self._told, self.share
        if self.updates % method.updates_per_rollout == 0:
            self._roll_out()
        rate = follow_schedules(self.training, self.policy, self._adam, share)
        loss, norm = self.learn(self.replay.sample(method.batch, method.sequence), share)
        self.updates += 1
        return Update(self.updates, loss, self._lost, norm, rate, getattr(self.policy, "slope", math.nan))

    def pilot(self, n: int) -> Pilot:
        """The policy as it is now, to fly n vehicles."""
        return pilot_of(on_cpu(self.policy), n)

    def _roll_out(self) -> None:
        method = self._told
        episodes = self.rollouts.fly(
            self.pilot(method.vehicles), guide=self.guide, led=self.led(), noise=method.exploration_noise
        )
        self._lost = int(episodes.lost.sum())
        self.replay.add(episodes)

    def counted(self, batch: Batch, warm_up: int) -> Tensor:
        """Steps (T, B) that give a loss: within the episode, and with the memory that a flight would have there."""
        warm = batch.valid.clone()
        warm[:warm_up] = 0.0
        if self._told.from_start:
            warm = torch.where(batch.first == 0, batch.valid, warm)
        return warm

    def readout(self, batch: Batch) -> Tensor:
        """What the policy would do at the steps of a batch, (T, B, 4), before it is squashed to −1..1."""
        return readout_over(self.policy, batch.shown[:-1], batch.history[:-1])

    def step(self, loss: Tensor) -> float:
        """Let the policy take a step down this loss; the norm of the gradient."""
        self._adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = float(torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self._told.gradient_clip))
        if math.isfinite(norm):
            self._adam.step()
        else:
            self.dropped += 1
        return norm

    def snapshot(self) -> dict[str, Any]:
        """All that the next update depends on."""
        return {
            "updates": self.updates,
            "dropped": self.dropped,
            "lost": self._lost,
            "policy": copy.deepcopy(self.policy.state_dict()),
            "adam": copy.deepcopy(self._adam.state_dict()),
            "replay": self.replay.snapshot(),
            "rollouts": self.rollouts.snapshot(),
            "chance": self._chance.get_state(),
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot of the same training."""
        self.updates, self.dropped, self._lost = snapshot["updates"], snapshot["dropped"], snapshot["lost"]
        self.policy.load_state_dict(snapshot["policy"])
        self._adam.load_state_dict(snapshot["adam"])
        self.replay.restore(snapshot["replay"])
        self.rollouts.restore(snapshot["rollouts"])
        self._chance.set_state(snapshot["chance"])


@torch.no_grad()
def begin_near_hover(policy: Policy) -> None:
    """Let the policy's first commands be near those of a vehicle that hovers: a critic that knows nothing yet, and has
    seen nothing but tumbling, drives commands into their limits, where they have no gradient to come back by.
    """
    last, fill = policy.linear[-1], policy.fill
    assert isinstance(last, nn.Linear)
    last.weight.mul_(FIRST_SHARE)
    low, high = -3.0, 3.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if float(rational_tanh(torch.tensor(middle))) < fill else (low, middle)
    last.bias.fill_(low)


def saturation(readout: Tensor) -> Tensor:
    """How far read-outs (T, B, 4) are beyond ±`NEARLY_FLAT`, squared and summed over motors, (T, B)."""
    return (readout.abs() - NEARLY_FLAT).clamp(min=0.0).square().sum(-1)


def on_cpu(policy: Policy) -> Policy:
    """The policy where it can fly: itself, or a copy."""
    if policy.scales.device.type == "cpu":
        return policy
    copied = copy.deepcopy(policy).to("cpu")
    copied.scales = copied.scales.to("cpu")
    return copied


def mean_over(values: Tensor, counted: Tensor) -> Tensor:
    """Mean of values (T, B) over the steps that count; 0 where none does."""
    return (values * counted).sum() / counted.sum().clamp(min=1.0)
