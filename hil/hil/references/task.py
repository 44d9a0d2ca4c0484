"""The interface of every task a scenario can set."""

from abc import abstractmethod
from typing import Annotated

from pydantic import Field

from hil.core.types import Start
from hil.flights.reader import Flight
from hil.references.reference import Reference
from hil.scenario.fields import Strict

# Ranges wide enough for any indoor flight, narrow enough to catch a slipped decimal point or a wrong unit.
Length = Annotated[float, Field(ge=0.01, le=100)]  # m
Speed = Annotated[float, Field(ge=0.01, le=30)]  # m/s
Duration = Annotated[float, Field(ge=0.1, le=600)]  # s
DurationOrZero = Annotated[float, Field(ge=0, le=600)]  # s


class Task(Strict):
    """What to fly. A subclass has `kind: Literal["…"]` and one line in `hil.registry.TASKS`."""

    kind: str

    @abstractmethod
    def reference(self, start: Start) -> Reference:
        """The trajectory to follow, for a vehicle that starts at `start`. Raises BadInput."""

    def recording(self) -> Flight | None:
        """The recorded flight this task repeats, which then sets start, duration and battery; None for most tasks."""
        return None
