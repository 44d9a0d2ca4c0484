"""How steep the surrogate of a spike is, over the course of a training: one small object per schedule.

k goes into ∂s/∂U ≈ 1 / (1 + k |U − θ|)²: 1 is shallow, 100 steep. Fixed, rising on a clock, or following the score, as
in Van den Berghe et al., NeurIPS 2025 (arXiv 2510.24461); there the score's scale is unpublished, so it is a parameter
here, and so is the floor: at k = 1 back-propagation through the plant explodes.
"""

from abc import abstractmethod
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr

from hil.scenario.fields import Strict

Steepness = Annotated[float, Field(ge=0.1, le=1000)]


class _Schedule(Strict):
    @abstractmethod
    def at(self, share: float) -> float:
        """The slope after this share of the training, 0..1."""

    def scored(self, score: float) -> None:
        """Hear of an evaluation, 0 (hopeless) to 1 (perfect)."""

    def snapshot(self) -> list[float]:
        """All that later slopes depend on."""
        return []

    def restore(self, snapshot: list[float]) -> None:
        """Go on from a snapshot."""


class Fixed(_Schedule):
    """The same slope throughout."""

    kind: Literal["fixed"]
    k: Steepness = Field(default=2.0, description="slope")

    def at(self, share: float) -> float:
        """The slope, whatever the share."""
        return self.k


class Interval(_Schedule):
    """A slope that rises on a clock, in equal steps."""

    kind: Literal["interval"]
    first: Steepness = Field(default=1.0, description="slope at the beginning")
    last: Steepness = Field(default=100.0, description="slope at the end")
    steps: Annotated[int, Field(ge=2, le=1000)] = Field(default=10, description="how many slopes")

    def at(self, share: float) -> float:
        """The slope of the step that this share falls into."""
        step = min(int(share * self.steps), self.steps - 1)
        return self.first + (self.last - self.first) * step / (self.steps - 1)


class Adaptive(_Schedule):
    """k = mean over the last evaluations of ½ r + ½ r′, clamped; r is the score times `scale`, r′ its change."""

    kind: Literal["adaptive"]
    start: Steepness = Field(default=2.0, description="slope before the first evaluation")
    floor: Steepness = Field(default=2.0, description="least slope")
    ceiling: Steepness = Field(default=100.0, description="greatest slope")
    scale: Annotated[float, Field(gt=0, le=1e6)] = Field(default=100.0, description="r of a perfect score")
    evaluations: Annotated[int, Field(ge=1, le=1000)] = Field(default=10, description="how many are averaged")

    _scores: list[float] = PrivateAttr(default_factory=list)

    def at(self, share: float) -> float:
        """The slope after the evaluations so far."""
        k = self.start
        if self._scores:
            rewards = [self.scale * score for score in self._scores]
            changes = [now - before for before, now in zip([rewards[0], *rewards], rewards, strict=False)]
            terms = [0.5 * r + 0.5 * change for r, change in zip(rewards, changes, strict=True)][-self.evaluations :]
            k = sum(terms) / len(terms)
        return min(max(k, self.floor), self.ceiling)

    def scored(self, score: float) -> None:
        """Hear of an evaluation, 0 (hopeless) to 1 (perfect)."""
        self._scores.append(score)

    def snapshot(self) -> list[float]:
        """All that later slopes depend on."""
        return list(self._scores)

    def restore(self, snapshot: list[float]) -> None:
        """Go on from a snapshot."""
        self._scores[:] = snapshot


Slope = Annotated[Fixed | Interval | Adaptive, Field(discriminator="kind")]
