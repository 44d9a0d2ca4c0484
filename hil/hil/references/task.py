"""The interface of every task a scenario can set."""

from abc import abstractmethod

from hil.core.types import Start
from hil.flights.reader import Flight
from hil.references.reference import Reference
from hil.scenario.fields import Strict


class Task(Strict):
    """What to fly. A subclass has `kind: Literal["…"]` and one line in `hil.registry.TASKS`."""

    kind: str

    @property
    def lacks_flight(self) -> bool:
        """Whether it can say nothing before it is given a recorded flight."""
        return False

    @abstractmethod
    def reference(self, start: Start) -> Reference:
        """The trajectory to follow, for a vehicle that starts at `start`. Raises BadInput."""

    def recording(self) -> Flight | None:
        """The recorded flight this task repeats, which then sets start, duration and battery; None for most tasks."""
        return None
