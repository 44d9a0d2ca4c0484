"""Field types shared by the scenario's models: strict, frozen, and every number within bounds."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Strict(BaseModel):
    """A frozen model that refuses unknown keys and does not guess types."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value  # YAML has lists only


# Every number is bounded: wide enough for anything that flies indoors, narrow enough to catch a slipped decimal point
# or a wrong unit, and so that no arithmetic on it overflows.
Number = Annotated[float, Field(ge=-1e9, le=1e9)]  # a limit in a metric's own unit
NonNegative = Annotated[float, Field(ge=0, le=100)]  # a factor
Coordinate = Annotated[float, Field(ge=-1000, le=1000)]  # m
Distance = Annotated[float, Field(ge=0, le=1000)]  # m
Extent = Annotated[float, Field(gt=0, le=1000)]  # m
Length = Annotated[float, Field(ge=0.01, le=100)]  # m, of a path
Velocity = Annotated[float, Field(ge=-100, le=100)]  # m/s, of one axis
Speed = Annotated[float, Field(ge=0.01, le=30)]  # m/s, along a path
SpeedLimit = Annotated[float, Field(gt=0, le=100)]  # m/s
SpeedOrZero = Annotated[float, Field(ge=0, le=100)]  # m/s, how far off
Angle = Annotated[float, Field(ge=-360, le=360)]  # °
Tilt = Annotated[float, Field(gt=0, le=180)]  # °, a limit
SmallAngle = Annotated[float, Field(ge=0, le=1)]  # rad, an error
Rate = Annotated[float, Field(ge=-200, le=200)]  # rad/s, of one axis
RateOrZero = Annotated[float, Field(ge=0, le=200)]  # rad/s, how far off
Duration = Annotated[float, Field(ge=0.1, le=600)]  # s
DurationOrZero = Annotated[float, Field(ge=0, le=600)]  # s
Span = Annotated[float, Field(gt=0, le=600)]  # s, however short
Frequency = Annotated[float, Field(ge=0.1, le=10_000)]  # Hz
Voltage = Annotated[float, Field(ge=2.5, le=30)]  # V, of any pack a small vehicle has
Newtons = Annotated[float, Field(ge=-100, le=100)]
NewtonsOrZero = Annotated[float, Field(ge=0, le=100)]
NewtonMetres = Annotated[float, Field(ge=-1, le=1)]
NewtonMetresOrZero = Annotated[float, Field(ge=0, le=1)]

FromList = BeforeValidator(_tuple)  # for `Annotated[tuple[X, ...], FromList]`
Point = Annotated[tuple[Coordinate, Coordinate, Coordinate], FromList]
Distances = Annotated[tuple[Distance, Distance, Distance], FromList]
Extents = Annotated[tuple[Extent, Extent, Extent], FromList]
Velocities = Annotated[tuple[Velocity, Velocity, Velocity], FromList]
SpeedsOrZero = Annotated[tuple[SpeedOrZero, SpeedOrZero, SpeedOrZero], FromList]
SmallAngles = Annotated[tuple[SmallAngle, SmallAngle, SmallAngle], FromList]
Rates = Annotated[tuple[Rate, Rate, Rate], FromList]
RatesOrZero = Annotated[tuple[RateOrZero, RateOrZero, RateOrZero], FromList]
Forces = Annotated[tuple[Newtons, Newtons, Newtons], FromList]
Torques = Annotated[tuple[NewtonMetres, NewtonMetres, NewtonMetres], FromList]
