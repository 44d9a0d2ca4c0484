"""What a scenario may contain: walks the models, for messages and for the test of the documentation."""

import types
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models an annotation allows, through optional, list and union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Annotated, Union, types.UnionType, tuple, list):
        arguments = get_args(annotation)
        inner = arguments[:1] if get_origin(annotation) is Annotated else arguments
        return [model for argument in inner for model in models_in(argument)]
    return []


def kind_of(model: type[BaseModel]) -> str | None:
    """What `kind:` selects this model, or None."""
    field = model.model_fields.get("kind")
    if field is None or get_origin(field.annotation) is not Literal:
        return None
    return str(get_args(field.annotation)[0])


def model_at(root: type[BaseModel], data: Any, path: Sequence[str | int]) -> type[BaseModel] | None:
    """The model that the mapping at `path` of `data` is meant to be, or None where the data does not say."""
    model: type[BaseModel] | None = root
    options: list[type[BaseModel]] = []
    node = data
    for part in path:
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            return None
        if isinstance(part, str):
            field = model.model_fields.get(part) if model else None
            options = models_in(field.annotation) if field else []
        model = _chosen(options, node)
    return model


def _chosen(options: list[type[BaseModel]], node: Any) -> type[BaseModel] | None:
    if len(options) == 1:
        return options[0]
    kind = node.get("kind") if isinstance(node, dict) else None
    return next((model for model in options if kind_of(model) == kind), None)
