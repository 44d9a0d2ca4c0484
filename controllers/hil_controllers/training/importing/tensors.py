"""The tensors in a torch file, by dotted name; pickled code is never run."""

import pickle
import re
import warnings
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hil.core.errors import BadInput

Tensors = Mapping[str, Tensor]
_NOT = "not a torch file of tensors"
_HINT = "torch.save(module.state_dict(), FILE) writes one"


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a state_dict or a checkpoint, nested names joined by dots, in the file's order. Raises BadInput.

    Only tensors and plain containers are unpickled (`weights_only`).
    """
    try:
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file") from None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        with warnings.catch_warnings(action="ignore"):  # about pickle protocols
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BadInput(f"{path}: {_unpicklable(str(error))}", hint=_HINT) from error
    except Exception as error:  # torch raises whatever its parsers do
        why = "a TorchScript program, and those are never run" if "TorchScript" in str(error) else _NOT
        raise BadInput(f"{path}: {why}", hint=_HINT) from error
    tensors = dict(_flat(content, ""))
    if not tensors:
        raise BadInput(f"{path}: holds no tensors", hint=_HINT)
    return tensors


def chosen(tensors: Tensors, *, prefix: str, ignore: tuple[str, ...]) -> dict[str, Tensor]:
    """The tensors whose name begins with `prefix` and matches no pattern of `ignore`. Raises BadInput.

    That is for none, and for numbers that are not plain and real.
    """
    left = dict(tensors)
    if prefix:
        left = {name: tensor for name, tensor in left.items() if name.startswith(prefix)}
        if not left:
            raise BadInput(f"--prefix {prefix}: no tensor begins so", hint=f"there are {', '.join(_starts(tensors))}")
    for pattern in ignore:
        named = [name for name in left if fnmatchcase(name, pattern)]
        if not named:
            raise BadInput(f"ignore {pattern}: no tensor is called so", hint=f"there are {', '.join(left)}")
        for name in named:
            del left[name]
    for name, tensor in left.items():
        if tensor.layout != torch.strided or tensor.is_complex() or tensor.is_quantized:
            raise BadInput(f"{name} is sparse, complex or quantised: plain real numbers are wanted")
    return left


def shape(tensor: Tensor) -> str:
    """The shape in words: `256 × 18`, `scalar`."""
    return " × ".join(map(str, tensor.shape)) or "scalar"


def _flat(content: Any, prefix: str) -> Iterator[tuple[str, Tensor]]:
    if isinstance(content, Tensor):
        yield prefix.removesuffix(".") or "tensor", content
    elif isinstance(content, Mapping):
        for key, value in content.items():
            yield from _flat(value, f"{prefix}{key}.")
    elif isinstance(content, list | tuple):
        for number, value in enumerate(content):
            yield from _flat(value, f"{prefix}{number}.")


def _starts(tensors: Tensors) -> list[str]:
    return sorted({f"{name.partition('.')[0]}." for name in tensors if "." in name}) or ["no prefixes at all"]


def _unpicklable(message: str) -> str:
    if named := re.search(r"GLOBAL (\S+)", message):
        return f"holds pickled objects beside tensors ({named[1]}), and those are never run"
    return _NOT
