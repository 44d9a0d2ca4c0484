"""Which tensor is what, found by shapes; where shapes leave a choice, by numbers in names; else not at all.

Layers chain: each weight (outputs × inputs) takes what the one before it gives, from the observation to four motors.
Neurons are pairs of β and θ, one value each or one per neuron. `fc1`, `fc2` are taken in that order if their shapes
allow either; names that differ in more than a number say nothing, and the order of tensors in a file says nothing.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import NamedTuple, TypeVar

from hil.core.errors import BadInput
from hil_controllers.network.layers import MOTORS
from hil_controllers.training.importing.layout import Layout, MappedLayer
from hil_controllers.training.importing.tensors import Tensors, shape

MOST_LAYERS = 8
_Order = TypeVar("_Order")
HINT = (
    "--show lists the tensors; --prefix picks a part of the file, --ignore leaves tensors out, --map says which is what"
)
STATE = ("mem", "spk", "syn")
FIXED = ("graded_spikes_factor", "reset_mechanism_val")
_ROLE = re.compile(r"(?P<role>beta|leak|decay|threshold|theta|thresh|thr|v_?th)s?(?P<number>_?\d*)")
_DECAY = ("beta", "leak", "decay")
_FOREIGN = {
    "alpha": "a second-order neuron (Synaptic or Alpha): only Leaky can be represented",
    "V": "a recurrent neuron (RLeaky or RSynaptic): only Leaky can be represented",
    "recurrent": "a recurrent neuron (RLeaky or RSynaptic): only Leaky can be represented",
    "R": "a Lapicque neuron: only Leaky can be represented",
    "C": "a Lapicque neuron: only Leaky can be represented",
    "running_mean": "a batch norm: fold it into the layer before it",
    "running_var": "a batch norm: fold it into the layer before it",
}


class Neurons(NamedTuple):
    """Names of β and θ that belong together."""

    beta: str
    threshold: str


def discovered(tensors: Tensors, *, inputs: int, prefix: str = "", ignore: tuple[str, ...] = ()) -> Layout:
    """The one map that shapes and names leave. Raises BadInput where it is none, or more than one.

    The tensors are those that `prefix` and `ignore` have left; the map says so.
    """
    refuse_foreign(tensors)
    pairs = _neurons(tensors)
    paired = {name for pair in pairs for name in pair}
    weights = [
        name for name, tensor in tensors.items() if tensor.ndim == 2 and name not in paired and not is_state(name)
    ]
    chain = _only(_chains(weights, tensors, inputs), "layers", "weights", _found(weights, tensors))
    hidden = chain[:-1]
    orders = _fits(hidden, pairs, tensors)
    neurons = _only(orders, "neurons", "neurons", _found([one.beta for one in pairs], tensors)) if hidden else ()
    return Layout(
        version=1,
        layers=tuple(
            MappedLayer(
                weight=weight,
                bias=_bias(weight, tensors),
                beta=neurons[number].beta if number < len(hidden) else None,
                threshold=neurons[number].threshold if number < len(hidden) else None,
            )
            for number, weight in enumerate(chain)
        ),
        prefix=prefix,
        ignore=ignore,
    )


def is_state(name: str) -> bool:
    """Whether a tensor is what neurons were like when the file was saved: older snntorch keeps it."""
    return name.rpartition(".")[2] in STATE


def refuse_foreign(tensors: Tensors) -> None:
    """Raises BadInput for a tensor that only something other than linear layers and Leaky neurons has."""
    for name in tensors:
        for part in name.split("."):
            if part in _FOREIGN:
                raise BadInput(f"{name} is of {_FOREIGN[part]}")


def roles(tensors: Tensors, taken: Tensors, layout: Layout | None) -> dict[str, str]:
    """What each tensor is for, in words; without a map only what name and shape say. Not `taken` ones are left out."""
    said = {name: _guess(name, tensors) if name in taken else "left out" for name in tensors}
    layers = layout.layers if layout else ()
    for number, layer in enumerate(layers, start=1):
        for role in ("weight", "bias", "beta", "threshold"):
            name = getattr(layer, role)
            if isinstance(name, str):
                said[name] = f"{'read-out' if number == len(layers) else f'layer {number}'}: {role}"
    return said


def _guess(name: str, tensors: Tensors) -> str:
    last = name.rpartition(".")[2]
    if is_state(name):
        return "a state, left out: flights start at rest"
    if last in FIXED:
        return "a setting, checked"
    role = next((found["role"] for part in name.split(".") if (found := _ROLE.fullmatch(part))), None)
    if role is not None:
        return "a decay" if role in _DECAY else "a threshold"
    return {2: "a weight", 1: "a bias?"}.get(tensors[name].ndim, "?")


def _neurons(tensors: Tensors) -> list[Neurons]:
    found: dict[str, dict[str, str]] = {}
    for name in tensors:
        parts = name.split(".")
        for at in reversed(range(len(parts))):
            if match := _ROLE.fullmatch(parts[at]):
                of = ".".join((*parts[:at], f"*{match['number']}", *parts[at + 1 :]))
                role = "beta" if match["role"] in _DECAY else "threshold"
                pair = found.setdefault(of, {})
                if role in pair:
                    raise BadInput(f"{pair[role]} and {name} are both a {role} of {of}", hint=HINT)
                pair[role] = name
                break
    for of, pair in found.items():
        for role in ("beta", "threshold"):
            if role not in pair:
                there = next(iter(pair.values()))
                raise BadInput(f"{there} has no {role} beside it, in {of}", hint="a map may give it as a number: --map")
    return [Neurons(**pair) for pair in found.values()]


def _chains(weights: Sequence[str], tensors: Tensors, inputs: int) -> list[tuple[str, ...]]:
    if len(weights) > MOST_LAYERS:
        raise BadInput(f"{len(weights)} weights: more than {MOST_LAYERS} are not told apart", hint=HINT)

    def continued(chain: tuple[str, ...], given: int) -> Iterator[tuple[str, ...]]:
        if len(chain) == len(weights):
            if given == MOTORS:
                yield chain
            return
        for name in weights:
            if name not in chain and tensors[name].shape[1] == given:
                yield from continued((*chain, name), tensors[name].shape[0])

    chains = list(continued((), inputs)) if weights else []
    if not chains:
        raise BadInput(
            f"no chain of layers from {inputs} inputs to {MOTORS} motors through all of {_found(weights, tensors)}",
            hint=HINT,
        )
    return [chain for chain in chains if _rising(chain)] or chains


def _fits(hidden: Sequence[str], pairs: Sequence[Neurons], tensors: Tensors) -> list[tuple[Neurons, ...]]:
    """Orders of the pairs that fit the layers; of those that give the same numbers, one."""
    sizes = [tensors[name].shape[0] for name in hidden]
    if len(pairs) != len(sizes):
        extra = [one for one in pairs if tensors[one.beta].numel() == MOTORS]
        spare = f"; {extra[0].beta} is on the outputs: spiking outputs cannot be represented" if extra else ""
        raise BadInput(
            f"{len(sizes)} hidden layers ({', '.join(map(str, sizes))} neurons), but {len(pairs)} pairs of decay and "
            f"threshold: {_found([one.beta for one in pairs], tensors)}{spare}",
            hint=HINT,
        )
    every = (value for pair in pairs for value in pair)
    if odd := next((name for name in every if tensors[name].numel() != 1 and tuple(tensors[name].shape) not in {
        (size,) for size in sizes
    }), None):  # fmt: skip
        raise BadInput(f"{odd} is {shape(tensors[odd])}: neither one value nor one per neuron of a layer")
    orders = [
        order
        for order in permutations(pairs)
        if all(tensors[name].numel() in (1, n) for n, pair in zip(sizes, order, strict=True) for name in pair)
    ]
    if not orders:
        raise BadInput(
            f"decay and threshold ({_found([one.beta for one in pairs], tensors)}) do not fit layers of "
            f"{', '.join(map(str, sizes))} neurons",
            hint=HINT,
        )
    rising = [order for order in orders if _rising([pair.beta for pair in order])] or orders
    different: list[tuple[Neurons, ...]] = []
    for order in rising:
        if not any(_alike(order, other, tensors) for other in different):
            different.append(order)
    return different


def _alike(one: Sequence[Neurons], other: Sequence[Neurons], tensors: Tensors) -> bool:
    names = zip((name for pair in one for name in pair), (name for pair in other for name in pair), strict=True)
    return all(tensors[a].shape == tensors[b].shape and bool((tensors[a] == tensors[b]).all()) for a, b in names)


def _rising(names: Sequence[str]) -> bool:
    """Whether names that are alike but for their numbers stand in the order of those."""
    last: dict[str, tuple[int, ...]] = {}
    for name in names:
        kind, numbers = re.sub(r"\d+", "#", name), tuple(map(int, re.findall(r"\d+", name)))
        if kind in last and last[kind] >= numbers:
            return False
        last[kind] = numbers
    return True


def _only(candidates: Sequence[_Order], what: str, which: str, found: str) -> _Order:
    if len(candidates) != 1:
        raise BadInput(f"{len(candidates)} orders of {what} fit the shapes of the {which} {found}", hint=HINT)
    return candidates[0]


def _bias(weight: str, tensors: Tensors) -> str | None:
    parent, _, last = weight.rpartition(".")
    name = f"{parent}.bias" if parent else "bias"
    return name if last == "weight" and name in tensors else None


def _found(names: Sequence[str], tensors: Tensors) -> str:
    return ", ".join(f"{name} ({shape(tensors[name])})" for name in names) or "nothing"
