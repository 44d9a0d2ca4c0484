"""What a flight must achieve: a metric, its limit, and why that limit."""

from typing import Annotated, NamedTuple, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from hil.core.errors import unknown_name
from hil.registry import METRICS, TARGETS
from hil.scenario.fields import FromList, Number, Strict

FAMILIES = ("position-only", "feed-forward", "network")


def _metric(name: str) -> str:
    if name not in METRICS:
        raise PydanticCustomError("unknown_metric", "{text}", {"text": unknown_name("metric", name, METRICS)})
    return name


def _target(name: str) -> str:
    if name not in TARGETS:
        raise PydanticCustomError("unknown_target", "{text}", {"text": unknown_name("target", name, TARGETS)})
    return name


def _family(name: str) -> str:
    if name not in FAMILIES:
        text = unknown_name("controller family", name, FAMILIES)
        raise PydanticCustomError("unknown_family", "{text}", {"text": text})
    return name


Metric = Annotated[str, AfterValidator(_metric)]
Target = Annotated[str, AfterValidator(_target)]
Family = Annotated[str, AfterValidator(_family)]
Rationale = Annotated[str, Field(min_length=1)]


class Applicable(NamedTuple):
    """The limit that counts for one flight; `label` says which it was, such as "default" or "sim, position-only"."""

    limit: float
    rationale: str
    label: str


class Limit(Strict):
    """Another limit for one target, one family of controllers, or both."""

    target: Target | None = Field(None, description="only for flights on this target; null = any")
    family: Family | None = Field(None, description="only for controllers of this family; null = any")
    limit: Number = Field(description="in the metric's unit")
    rationale: Rationale = Field(description="why this limit")

    @model_validator(mode="after")
    def _narrower_than_default(self) -> Self:
        if self.target is None and self.family is None:
            raise ValueError("needs a target, a family or both")
        return self

    @property
    def label(self) -> str:
        """What it is for, in words."""
        return ", ".join(name for name in (self.target, self.family) if name)


class Criterion(Strict):
    """One metric of the flight against a limit; which side is better belongs to the metric."""

    metric: Metric = Field(description="name of the metric")
    limit: Number = Field(description="in the metric's unit")
    rationale: Rationale = Field(description="why this limit")
    limits: Annotated[tuple[Limit, ...], FromList] = Field((), description="other limits for some targets or families")

    @model_validator(mode="after")
    def _one_limit_each(self) -> Self:
        labels = [limit.label for limit in self.limits]
        twice = next((label for label in labels if labels.count(label) > 1), None)
        if twice is not None:
            raise ValueError(f"two limits for {twice}")
        return self

    def applicable(self, target: str, family: str) -> Applicable:
        """The most specific limit: target and family, before either alone (the first listed), before the default."""
        matching = [x for x in self.limits if x.target in (None, target) and x.family in (None, family)]
        if not matching:
            return Applicable(self.limit, self.rationale, "default")
        best = max(matching, key=lambda x: (x.target is not None) + (x.family is not None))
        return Applicable(best.limit, best.rationale, best.label)
