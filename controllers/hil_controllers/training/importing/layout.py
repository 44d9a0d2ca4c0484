"""Which tensor is what: the map from a state_dict's names to layers, found or written by hand.

    version: 1
    layers:
      - {weight: actor.fc1.weight, bias: actor.fc1.bias, beta: actor.lif1.beta, threshold: actor.lif1.threshold}
      - {weight: actor.fc2.weight, bias: actor.fc2.bias, beta: 0.9, threshold: 1.0}
      - {weight: actor.out.weight}
    prefix: actor.
    ignore: [actor.lif_out.*]

Only tensors whose name begins with `prefix` are looked at. The last layer is the read-out. β and θ are names, or
numbers where the file has none; without `bias` it is zero.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, model_validator

from hil.scenario.fields import FromList, Strict
from hil.scenario.strict_file import load

Number = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


class MappedLayer(Strict):
    """One linear layer and, but for the read-out, the neurons behind it."""

    weight: str = Field(description="name of the weight, outputs × inputs")
    bias: str | None = Field(default=None, description="name of the bias; null = zeros")
    beta: str | Number | None = Field(default=None, description="name of the decay, or the decay of all neurons")
    threshold: str | Number | None = Field(default=None, description="name of the threshold, or that of all neurons")

    def names(self) -> Iterator[str]:
        """The tensors it is made of."""
        yield from (value for value in (self.weight, self.bias, self.beta, self.threshold) if isinstance(value, str))


class Layout(Strict):
    """The layers of a network, from the observation to the read-out."""

    version: Literal[1] = Field(description="of this format")
    layers: Annotated[tuple[MappedLayer, ...], FromList, Field(min_length=2, max_length=16)] = Field(
        description="in order; the last is the read-out"
    )
    prefix: str = Field(default="", description="only tensors whose name begins so; names are whole all the same")
    ignore: Annotated[tuple[str, ...], FromList] = Field(default=(), description="tensors to leave out, as patterns")

    @model_validator(mode="after")
    def _neurons_but_for_the_read_out(self) -> Self:
        for number, layer in enumerate(self.layers):
            last, said = number == len(self.layers) - 1, (layer.beta, layer.threshold)
            if last and said != (None, None):
                raise ValueError(f"layers.{number}: the read-out is linear: it has neither beta nor threshold")
            if not last and None in said:
                raise ValueError(f"layers.{number}: beta and threshold are both needed")
        return self

    def as_yaml(self) -> str:
        """The map as a file that can be given back."""
        layers = [layer.model_dump(exclude_none=True) for layer in self.layers]
        lines = ["version: 1", "layers:", *(f"  - {_flow(layer)}" for layer in layers)]
        lines += [_flow({"prefix": self.prefix})[1:-1]] * bool(self.prefix)
        lines += [f"ignore: {_flow(list(self.ignore))}"] * bool(self.ignore)
        return "\n".join(lines) + "\n"


def read_layout(path: Path) -> Layout:
    """The map in a file. Raises BadInput with file, line and key."""
    return load(Layout, path)[0]


def _flow(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000).strip()
