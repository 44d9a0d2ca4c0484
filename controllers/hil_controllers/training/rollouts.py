"""Whole episodes of many vehicles side by side: who acts when, and what came of it.

The policy's memory runs along from the first step, whoever acts, so that it is warm when it takes over. A pilot that is
given past actions is given those that were flown.
"""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch

from hil.core.chance import rng
from hil.core.vehicle import Vehicle
from hil_controllers.training.config import Training
from hil_controllers.training.flights import DT_S, Flights
from hil_controllers.training.passes import pass_of
from hil_controllers.training.policies import ACTIONS, Policy, Spiking
from hil_controllers.training.replay import Episodes
from hil_controllers.training.rewarded import COSTS, costs_of
from hil_controllers.training.sequence_policy import actions_over
from hil_sim.adjoint.senses import SHOWN


class Pilot(ABC):
    """A policy that flies n vehicles tick by tick, on the CPU."""

    @abstractmethod
    def begin(self) -> None:
        """Forget everything: the next action is the first of n flights."""

    @abstractmethod
    def act(self, shown: np.ndarray) -> np.ndarray:
        """Actions (n, 4)."""

    @abstractmethod
    def flown(self, actions: np.ndarray) -> None:
        """What was flown, as it may be something else."""


class Stepping(Pilot):
    """One network step for each observation; memory, or the history of actions, goes on."""

    def __init__(self, policy: Policy, n: int) -> None:
        self._pass = pass_of(policy, n, 1)
        self._everyone = np.arange(n)

    def begin(self) -> None:
        """Forget everything: the next action is the first of n flights."""
        self._pass.reset(self._everyone)

    def act(self, shown: np.ndarray) -> np.ndarray:
        """Actions (n, 4)."""
        self._pass.begin()
        return self._pass.forward(0, shown).copy()

    def flown(self, actions: np.ndarray) -> None:
        """What was flown instead."""
        self._pass.actions[-1] = actions


class Repeating(Pilot):
    """Each observation answered for itself, after a spiking policy's `passes` of it."""

    def __init__(self, policy: Spiking) -> None:
        self._policy = policy

    def begin(self) -> None:
        """Nothing to forget."""

    @torch.no_grad()
    def act(self, shown: np.ndarray) -> np.ndarray:
        """Actions (n, 4)."""
        given = torch.from_numpy(shown)[None]
        return actions_over(self._policy, given, given[..., :0])[0].numpy()

    def flown(self, actions: np.ndarray) -> None:
        """Nothing to remember."""


def pilot_of(policy: Policy, n: int) -> Pilot:
    """What flies n vehicles by a policy on the CPU."""
    return Repeating(policy) if isinstance(policy, Spiking) and policy.passes else Stepping(policy, n)


class Expert(ABC):
    """A guide that knows the true states."""

    @abstractmethod
    def begin(self) -> None:
        """Forget everything: the next action is the first of n flights."""

    @abstractmethod
    def know(self, states: np.ndarray, wanted: np.ndarray, wanted_velocity: np.ndarray) -> np.ndarray:
        """Actions (n, 4) for states (n, 17), wanted positions and velocities (n, 3)."""


class Rollouts:
    """Flies n episodes at once, again and again, under a training's conditions."""

    def __init__(self, training: Training, vehicle: Vehicle, *, vehicles: int, fence_m: float) -> None:
        self.n, self.steps = vehicles, round(training.episode_s / DT_S)
        self.fence_m, self._hover = fence_m, 2.0 * vehicle.hover_command - 1.0
        self._flights = Flights(training, vehicle, vehicles=vehicles, ticks=self.steps + 1)
        self._rng = rng(training.seed, "exploration")

    def fly(
        self,
        policy: Pilot,
        *,
        guide: Pilot | Expert | None = None,
        led: np.ndarray | None = None,
        noise: float = 0.0,
    ) -> Episodes:
        """One episode each. The guide has the first `led` (n,) steps; without it the policy flies alone.

        `noise`: deviation of what is added to the actions of either.
        """
        n, steps, flights = self.n, self.steps, self._flights
        flights.reset(np.arange(n))
        flights.begin()
        policy.begin()
        if guide is not None:
            guide.begin()
        shown = np.zeros((steps + 1, n, SHOWN), np.float32)
        flown, labels = (np.zeros((steps, n, ACTIONS), np.float32) for _ in range(2))
        costs = np.zeros((steps, n, COSTS), np.float32)
        length, lost = np.full(n, steps), np.zeros(n, bool)
        shaken = noise * self._rng.standard_normal((steps, n, ACTIONS)).astype(np.float32)
        with np.errstate(all="ignore"):  # vehicles that are lost fly on unread
            for t in range(steps):
                shown[t] = flights.look(t)
                actions = policy.act(shown[t])
                if guide is not None:
                    labels[t] = self._led_by(guide, t, shown[t])
                    if led is not None:
                        actions = np.where((t < led)[:, None], labels[t], actions)
                actions = np.clip(np.nan_to_num(actions + shaken[t]), -1.0, 1.0)
                flown[t] = actions
                policy.flown(actions)
                if isinstance(guide, Pilot):
                    guide.flown(actions)
                flights.move(t, actions)
                after, wanted = flights.states[flights.lag + t + 1], flights.wanted[t + 1]
                costs[t] = costs_of(after, actions, wanted, flights.wanted_velocity[t + 1], self._hover)
                gone = ~lost & self._gone(after, wanted)
                length[gone], lost = t + 1, lost | gone
                if lost.all():
                    break
            shown[t + 1] = flights.look(t + 1)
        return _padded(shown, flown, labels, costs, length, lost)

    def _led_by(self, guide: Pilot | Expert, t: int, shown: np.ndarray) -> np.ndarray:
        flights = self._flights
        if isinstance(guide, Pilot):
            return guide.act(shown)
        return guide.know(flights.states[flights.lag + t], flights.wanted[t], flights.wanted_velocity[t])

    def _gone(self, states: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        off = np.abs(states[:, 0:3] - wanted)
        return np.asarray(~(off <= self.fence_m).all(axis=1) | ~np.isfinite(states).all(axis=1))

    def snapshot(self) -> dict[str, Any]:
        """All that the next episodes depend on."""
        return {"flights": self._flights.snapshot(), "rng": self._rng.bit_generator.state}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        self._flights.restore(snapshot["flights"])
        self._rng.bit_generator.state = snapshot["rng"]


def _padded(
    shown: np.ndarray, flown: np.ndarray, labels: np.ndarray, costs: np.ndarray, length: np.ndarray, lost: np.ndarray
) -> Episodes:
    """Episode first, with zeros after each end."""
    step = np.arange(len(shown))[:, None]

    def upto(values: np.ndarray, most: np.ndarray) -> np.ndarray:
        inside = (step[: len(values)] < most)[..., None]
        return np.ascontiguousarray(np.where(inside, values, np.float32(0)).transpose(1, 0, 2))

    return Episodes(
        upto(shown, length + 1), upto(flown, length), upto(labels, length), upto(costs, length), length, lost
    )
