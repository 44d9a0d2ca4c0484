"""The actor-critic step that `td3`, `td3bc` and `td3bc_jsrl` share, on sequences.

    y = r + γ (1 − d) min_j Q'_j(s', clip(π'(s') + ε))            ε ~ clip(N(0, target_noise²)), d: lost, not late
    critics: (Q_j(s, a) − y)²     policy, each `policy_delay` updates: −α Q_1(s, π(s)) / mean |Q| + λ |π(s) − a|² + c

Fujimoto et al. 2018 (TD3); Fujimoto and Gu 2021 (TD3 + BC); on sequences, Van den Berghe et al. 2025. π, π' are run
over the sequence from a memory of zero; Q is also given the last 32 actions. a is what was flown, or what the guide
would have done. λ = 0 is TD3. c, not the paper's,
keeps read-outs where commands have a slope: one that is driven into a limit never comes back.
"""

import copy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from hil_controllers.training.critics import Twins
from hil_controllers.training.learner import cosine
from hil_controllers.training.method_config import Cloning, Critics
from hil_controllers.training.policies import Policy, rational_tanh
from hil_controllers.training.replay import Batch
from hil_controllers.training.replaying import Replaying, mean_over, saturation
from hil_controllers.training.rewarded import curriculum_step, rewards_of
from hil_controllers.training.sequence_policy import actions_over


@dataclass(slots=True)
class ActorCritic(Replaying):
    """Twin critics, targets of critics and policy, and a policy that climbs the first critic."""

    critics: Twins = field(init=False)
    target_critics: Twins = field(init=False)
    target_policy: Policy = field(init=False)
    _critic_adam: torch.optim.Adam = field(init=False)
    _loss: float = field(init=False, default=0.0)
    _norm: float = field(init=False, default=0.0)

    def _prepare(self) -> None:
        method = self.method
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.training.seed + 1)
            self.critics = Twins(method.critic_hidden, scales=self.policy.scales).to(method.device)
        self.target_critics, self.target_policy = copy.deepcopy(self.critics), copy.deepcopy(self.policy)
        for one in (*self.target_critics.parameters(), *self.target_policy.parameters()):
            one.requires_grad_(False)
        self._critic_adam = torch.optim.Adam(self.critics.parameters(), lr=method.critic_learning_rate)

    @property
    def method(self) -> Critics:
        """What the method was told."""
        method = self.training.method
        assert isinstance(method, Critics)
        return method

    @property
    def clone_weight(self) -> float:
        """λ in this epoch."""
        method = self.training.method
        return method.clone * method.clone_decay**self.epoch if isinstance(method, Cloning) else 0.0

    def learn(self, batch: Batch, share: float) -> tuple[float, float]:
        """Let the critics take a step, and the policy where it is its turn."""
        method = self.method
        for group in self._critic_adam.param_groups:
            group["lr"] = method.critic_learning_rate * cosine(share, method.final_share)
        values = self.critics(batch.shown[:-1], batch.history[:-1], batch.flown)
        off = (values - self.targets(batch, share)).square().sum(0)
        loss = mean_over(off, self.counted(batch, method.critic_warm_up))
        self._critic_adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._critic_adam.step()
        if self.updates >= method.policy_from and self.updates % method.policy_delay == 0:
            self.critics.requires_grad_(False)  # of their opinion only the actions' gradient is wanted
            self._norm = self.step(self.policy_loss(batch))
            self.critics.requires_grad_(True)
            self._follow()
        self._loss = float(loss.detach())
        return self._loss, self._norm

    @torch.no_grad()
    def targets(self, batch: Batch, share: float) -> Tensor:
        """What the critics are to say, (T, B). Nothing of the batch is changed."""
        method = self.method
        ahead = actions_over(self.target_policy, batch.shown, batch.history)[1:]
        spread = torch.randn(ahead.shape, generator=self._chance, device=ahead.device) * method.target_noise
        noisy = (ahead + spread.clamp(-method.target_noise_clip, method.target_noise_clip)).clamp(-1.0, 1.0)
        later = self.target_critics(batch.shown[1:], batch.history[1:], noisy).amin(0)
        rewards = rewards_of(batch.costs, curriculum_step(share, method.curriculum_until))
        values: Tensor = (1.0 - method.discount) * rewards + method.discount * (1.0 - batch.terminal) * later
        return values

    def policy_loss(self, batch: Batch) -> Tensor:
        """What the policy makes small, with a gradient through the critic's opinion of its own actions."""
        method, readout = self.method, self.readout(batch)
        actions = rational_tanh(readout)
        counted = self.counted(batch, method.warm_up)
        values = self.critics(batch.shown[:-1], batch.history[:-1], actions)[0]
        size = mean_over(values.detach().abs(), counted).clamp(min=1e-6)
        loss = -method.alpha / size * mean_over(values, counted)
        loss = loss + method.saturation * mean_over(saturation(readout), counted)
        if self.clone_weight > 0.0:
            loss = loss + self.clone_weight * mean_over((actions - self.labels(batch)).square().sum(-1), counted)
        return loss

    def labels(self, batch: Batch) -> Tensor:
        """Actions (T, B, 4) to clone: those flown, or for a share of the sequences those the guide would have flown."""
        method = self.training.method
        assert isinstance(method, Cloning)
        if method.guide_labels == 0.0:
            return batch.flown
        of_guide = torch.rand(batch.first.shape, generator=self._chance, device=batch.first.device)
        return torch.where((of_guide < method.guide_labels)[:, None], batch.labels, batch.flown)

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the target networks a little."""
        for mine, other in ((self.target_critics, self.critics), (self.target_policy, self.policy)):
            for target, source in zip(mine.parameters(), other.parameters(), strict=True):
                target.lerp_(source, self.method.polyak)

    def snapshot(self) -> dict[str, Any]:
        """All that the next update depends on."""
        parts = {name: copy.deepcopy(getattr(self, name).state_dict()) for name in _PARTS}
        return Replaying.snapshot(self) | parts | {"last": (self._loss, self._norm)}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot of the same training."""
        Replaying.restore(self, snapshot)
        for name in _PARTS:
            getattr(self, name).load_state_dict(snapshot[name])
        self._loss, self._norm = snapshot["last"]


_PARTS = ("critics", "target_critics", "target_policy", "_critic_adam")
