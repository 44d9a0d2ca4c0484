"""How steep the surrogate of a spike is, over the course of a training: one small object per schedule.

k goes into ∂s/∂U ≈ 1 / (1 + k |U − θ|)²: 1 is shallow, 100 steep. Fixed, rising on a clock, or following the score, as
in Van den Berghe et al., NeurIPS 2025 (arXiv 2510.24461); there the score's scale is unpublished, so it is a parameter
here, and so is the floor: at k = 1 back-propagation through the plant explodes.
"""

from abc import abstractmethod
from collections import deque
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
    steps: Annotated[int, Field(ge=2, le=1000)] = Field(default=10, description="how many slopes, first and last included")

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

    _terms: deque[float] = PrivateAttr(default_factory=deque)
    _last: float | None = PrivateAttr(default=None)

    def at(self, share: float) -> float:
        """The slope after the evaluations so far."""
        if not self._terms:
            return min(max(self.start, self.floor), self.ceiling)
        return min(max(sum(self._terms) / len(self._terms), self.floor), self.ceiling)

    def scored(self, score: float) -> None:
        """Hear of an evaluation, 0 (hopeless) to 1 (perfect)."""
        now = self.scale * score
        change = 0.0 if self._last is None else now - self._last
        self._last = now
        self._terms.append(0.5 * now + 0.5 * change)
        while len(self._terms) > self.evaluations:
            self._terms.popleft()


Slope = Annotated[Fixed | Interval | Adaptive, Field(discriminator="kind")]
