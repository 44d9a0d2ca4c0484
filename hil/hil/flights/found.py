"""One thing found in a recording, at one of its rows."""

from typing import NamedTuple


class Found(NamedTuple):
    """What, where; it becomes an Event once rows have times."""

    row: int
    kind: str
    text: str
