"""Numbers of a training config, each within bounds."""

from typing import Annotated

from pydantic import Field

from hil.scenario.fields import FromList

Share = Annotated[float, Field(ge=0, le=1)]
Memory = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, le=1e6)]
Lead = Annotated[float, Field(ge=-1, le=1)]
Weight = Annotated[float, Field(ge=0, le=1e3)]
Count = Annotated[int, Field(ge=1, le=100_000_000)]
Seconds = Annotated[float, Field(ge=0, le=600)]
Sizes = Annotated[tuple[Annotated[int, Field(ge=1, le=4096)], ...], FromList, Field(min_length=1, max_length=8)]
Range = Annotated[tuple[Seconds, Seconds], FromList]
