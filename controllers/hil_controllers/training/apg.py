"""Training by back-propagation through plant and network, window after window ("analytic policy gradient").

A batch of vehicles is flown for a window of control steps; the mean of the loss over it is differentiated through
senses, network and equations of motion with respect to the weights; Adam takes one step; the next window goes on where
this one ended, with vehicles and the network's memory as they are, but gradients do not reach back into it.

    loss = |p − p_des| + a |v − v_des| + b |ω| + c |2 (q_w q_z + q_x q_y)| + d |a_t − a_{t−1}|     mean over (T, n)

Ticks after a vehicle is lost do not count; it begins anew with the next window.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from hil.core.vehicle import Vehicle
from hil_controllers.training.config import Training
from hil_controllers.training.flights import Flights, lost
from hil_controllers.training.learner import Learner, Update, follow_schedules
from hil_controllers.training.method_config import Apg, Loss
from hil_controllers.training.passes import pass_of
from hil_controllers.training.policies import Policy, policy_of


@dataclass(slots=True)
class Trainer(Learner):
    """One training, update by update; `snapshot` and `restore` let it stop and go on with the same bits."""

    training: Training
    vehicle: Vehicle
    policy: Policy = field(init=False)
    updates: int = field(init=False, default=0)
    dropped: int = field(init=False, default=0)  # updates whose gradient was not finite: no step was taken
    _flights: Flights = field(init=False)
    _pass: Any = field(init=False)
    _adam: torch.optim.Adam = field(init=False)
    _actions_before: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        torch.set_num_threads(1)
        method = self._method
        self.policy = policy_of(self.training, self.vehicle)
        self._flights = Flights(self.training, self.vehicle, vehicles=method.vehicles, ticks=method.window)
        self._pass = pass_of(self.policy, method.vehicles, method.window)
        self._adam = torch.optim.Adam(
            self.policy.parameters(), lr=method.learning_rate, betas=(method.beta1, method.beta2)
        )
        self._actions_before = np.full((method.vehicles, 4), self.policy.fill, np.float32)

    @property
    def _method(self) -> Apg:
        assert isinstance(self.training.method, Apg)
        return self.training.method

    def update(self) -> Update:
        """Fly a window, take one step."""
        method, share = self._method, self.updates / self.training.updates
        rate = follow_schedules(self.training, self.policy, self._adam, share)
        loss = self._gradients()
        norm = float(torch.nn.utils.clip_grad_norm_(self.policy.parameters(), method.gradient_clip))
        if math.isfinite(norm):
            self._adam.step()
            self._shrink(rate)
        else:
            self.dropped += 1
        gone, over = self._flights.over()
        if over.any():
            which = over.nonzero()[0]
            self._flights.reset(which)
            self._pass.reset(which)
            self._actions_before[which] = self.policy.fill
        self.updates += 1
        return Update(self.updates, loss, int(gone.sum()), norm, rate, getattr(self.policy, "slope", math.nan))

    def _shrink(self, rate: float) -> None:
        """Shrink the weights that read spikes or hidden values: many small ones make a finer command than few large."""
        left = 1.0 - rate * self._method.weight_decay
        if left < 1.0:
            with torch.no_grad():
                for name, parameter in self.policy.named_parameters():
                    if name.endswith("weight") and not name.startswith("linear.0."):
                        parameter.mul_(left)

    def _gradients(self) -> float:
        """Fly a window and leave the gradients in the policy's parameters; the loss."""
        flights, policy = self._flights, self._pass
        ticks, history = flights.ticks, policy.history
        flights.begin()
        policy.begin()
        for t in range(ticks):
            flights.move(t, policy.forward(t, flights.look(t)))
        actions = policy.actions[history:]
        loss, of_states, of_actions = loss_of(
            flights.states[flights.lag + 1 :], actions, self._actions_before, flights.wanted[1:],
            flights.wanted_velocity[1:], self._method.loss,
        )  # fmt: skip
        self._actions_before = actions[-1].copy()
        flights.begin_back(of_states)
        policy.of_actions[history:] = of_actions
        for t in range(ticks - 1, -1, -1):
            policy.of_actions[history + t] += flights.move_back(t)
            flights.look_back(t, policy.backward(t))
            flights.fade(t, self._method.gradient_decay)
        policy.end()
        return loss

    def snapshot(self) -> dict[str, Any]:
        """All that the next update depends on."""
        return {
            "updates": self.updates,
            "dropped": self.dropped,
            "policy": self.policy.state_dict(),
            "adam": self._adam.state_dict(),
            "flights": self._flights.snapshot(),
            "memory": self._pass.snapshot(),
            "actions": self._actions_before.copy(),
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot of the same training."""
        self.updates, self.dropped = snapshot["updates"], snapshot["dropped"]
        self.policy.load_state_dict(snapshot["policy"])
        self._adam.load_state_dict(snapshot["adam"])
        self._flights.restore(snapshot["flights"])
        self._pass.restore(snapshot["memory"])
        self._actions_before = snapshot["actions"].copy()


def loss_of(
    states: np.ndarray,
    actions: np.ndarray,
    actions_before: np.ndarray,
    wanted: np.ndarray,
    wanted_velocity: np.ndarray,
    weights: Loss,
) -> tuple[float, np.ndarray, np.ndarray]:
    """The loss, and its gradients for states (T, n, 17) after each tick and actions (T, n, 4)."""
    alive = torch.from_numpy(np.cumsum(lost(states, wanted), axis=0) == 0)
    s = torch.from_numpy(states).requires_grad_(True)
    a = torch.from_numpy(actions).requires_grad_(True)
    before = torch.cat((torch.from_numpy(actions_before)[None], a[:-1]))
    qx, qy, qz, qw = s[..., 3:7].unbind(-1)
    terms = (
        weights.position * _length(s[..., 0:3] - torch.from_numpy(wanted.astype(np.float32)))
        + weights.velocity * _length(s[..., 7:10] - torch.from_numpy(wanted_velocity.astype(np.float32)))
        + weights.rates * _length(s[..., 10:13])
        + weights.yaw * (2.0 * (qw * qz + qx * qy)).abs()
        + weights.action_change * _length(a - before)
    )
    loss = torch.where(alive, terms, 0.0).mean()
    of_states, of_actions = torch.autograd.grad(loss, (s, a))
    return float(loss.detach()), torch.where(alive[..., None], of_states, 0.0).numpy(), of_actions.numpy()


def _length(vectors: torch.Tensor) -> torch.Tensor:
    return (vectors.square().sum(-1) + 1e-8).sqrt()


def build(training: Training, vehicle: Vehicle) -> Trainer:
    """The learner of this method."""
    return Trainer(training, vehicle)
