"""Field types shared by the scenario's models: strict, finite, frozen."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Strict(BaseModel):
    """A frozen model that refuses unknown keys and does not guess types."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value  # YAML has lists only


Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Triple = Annotated[tuple[Number, Number, Number], BeforeValidator(_tuple)]
NonNegativeTriple = Annotated[tuple[NonNegative, NonNegative, NonNegative], BeforeValidator(_tuple)]
PositiveTriple = Annotated[tuple[Positive, Positive, Positive], BeforeValidator(_tuple)]
FromList = BeforeValidator(_tuple)  # for `Annotated[tuple[X, ...], FromList]`
