"""A network from a live snntorch module: run as it is, watched from outside, and imported if ours spikes the same.

Layers are those that run: a step of the module must call Linear and Leaky by turns and end in a Linear, with or
without a Tanh. Whatever `forward` does between them, nobody reads: spikes and actions show it. snntorch itself is not
imported.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from hil.core.errors import BadInput
from hil_controllers.network import LIF, Contract, Dense, Network
from hil_controllers.network.layers import Float32, Layer
from hil_controllers.training.importing.neurons import (
    numbers,
    per_neuron,
    refuse_graded,
    refuse_reset,
    thresholds,
)
from hil_controllers.training.importing.proof import Answer, proven

Step = Callable[[Tensor], Any]
_OTHERS = {
    "RLeaky": "its recurrent connections",
    "RSynaptic": "its recurrent connections",
    "Synaptic": "its synaptic current",
    "Alpha": "its two synaptic currents",
    "Lapicque": "its R and C",
}


class _Called(NamedTuple):
    name: str
    module: nn.Module
    result: Any


def import_snntorch(
    module: nn.Module,
    *,
    contract: Contract,
    name: str,
    step: Step | None = None,
    reset: Callable[[], Any] | None = None,
    readout: str = "tanh",
    provenance: Mapping[str, Any] | None = None,
) -> Network:
    """The network that a module of Linear and snntorch's Leaky is, spike for spike. Raises BadInput if it is none.

    `step` takes observations (1, inputs) and gives actions (1, 4), membranes kept inside; default: the module
    itself (Leaky with `init_hidden=True`, or a module that keeps its own). `reset` brings it to rest; default: the
    module's own `reset()`, else every Leaky's `reset_mem()`. The module is left at rest.
    """
    original = _Watched(module, step or module, reset or _reset_of(module))
    layers = original.layers(contract.inputs)
    said = {
        "made by": "import_snntorch",
        "module": type(module).__qualname__,
        "spike-exact with": f"the module in torch {torch.__version__}, on the golden vectors",
    }

    def build(seed: int) -> Network:
        return Network.build(
            name=name, layers=layers, contract=contract, readout=readout, seed=seed,
            provenance={**said, **(provenance or {})},
        )  # fmt: skip

    return proven(build, original)


class _Watched:
    """A module, its leaves watched while it steps."""

    def __init__(self, module: nn.Module, step: Step, reset: Callable[[], Any]) -> None:
        self._module, self._step, self._reset = module, step, reset

    def layers(self, inputs: int) -> list[Layer]:
        """The layers that one step calls. Raises BadInput for what cannot be represented."""
        _refuse_parts(self._module)
        self._reset()
        with self._watching() as calls:
            self._ask(np.zeros(inputs, np.float32))
        self._reset()
        pairs: list[tuple[_Called, _Called | None]] = []
        for call in (one for one in calls if not _transparent(one)):
            kind = type(call.module).__name__
            waits = bool(pairs) and pairs[-1][1] is None
            if isinstance(call.module, nn.Linear) and not waits:
                pairs.append((call, None))
            elif kind == "Leaky" and waits:
                _refuse_settings(call.name, call.module)
                pairs[-1] = (pairs[-1][0], call)
            elif not (isinstance(call.module, nn.Tanh) and waits):
                after = f" after {calls[calls.index(call) - 1].name}" if calls.index(call) else " first"
                raise BadInput(f"{call.name} is {_kind(call.module)}{after}: {_why(kind)}")
        if not pairs or pairs[-1][1] is not None:
            raise BadInput(
                f"the last layer is {pairs[-1][1].name if pairs and pairs[-1][1] else 'missing'}: "
                "the read-out must be Linear, of the current spikes"
            )
        return [_layer(linear, neurons) for linear, neurons in pairs]

    def run(self, observations: Float32) -> Answer:
        """The module's own spikes and actions, from rest."""
        self._reset()
        rows, actions = [], []
        for observation in observations:
            with self._watching() as calls:
                action = self._ask(observation)
            spikes = [_spikes(call.result) for call in calls if type(call.module).__name__ == "Leaky"]
            rows.append(torch.cat(spikes).numpy() > 0)
            actions.append(action.numpy().astype(np.float32))
        self._reset()
        return Answer(np.array(rows), np.array(actions))

    @torch.no_grad()
    def _ask(self, observation: Float32) -> Tensor:
        try:
            result = self._step(torch.from_numpy(observation.copy())[None])
        except Exception as error:  # whatever a module of anybody's raises
            said = (str(error).splitlines() or [""])[0]
            raise BadInput(
                f"the module cannot be stepped with observations (1, {len(observation)}): "
                f"{type(error).__name__}: {said}",
                hint="give step=, a function of observations (1, inputs) that keeps membranes",
            ) from error
        action = result[0] if isinstance(result, tuple | list) else result
        if not isinstance(action, Tensor):
            raise BadInput(f"a step of the module gives {type(action).__name__}, actions (1, 4) are wanted")
        return action.detach().reshape(-1)

    @contextmanager
    def _watching(self) -> Iterator[list[_Called]]:
        calls: list[_Called] = []

        def note(name: str, module: nn.Module, given: Any, result: Any) -> None:
            calls.append(_Called(name, module, result))

        leaves = [(name, one) for name, one in self._module.named_modules() if not any(True for _ in one.children())]
        hooks = [one.register_forward_hook(partial(note, name or "the module")) for name, one in leaves]
        try:
            yield calls
        finally:
            for hook in hooks:
                hook.remove()


def _reset_of(module: Any) -> Callable[[], Any]:
    def reset() -> None:
        if callable(getattr(module, "reset", None)):
            module.reset()
            return
        for one in module.modules():
            if type(one).__name__ == "Leaky":
                one.reset_mem()

    return reset


def _refuse_parts(module: nn.Module) -> None:
    """Raises BadInput for neurons of another kind, and for arithmetic other than float32."""
    for name, one in module.named_modules():
        if (kind := type(one).__name__) in _OTHERS:
            raise BadInput(f"{name or 'the module'} is {kind}: {_OTHERS[kind]} cannot be represented")
    for name, parameter in module.named_parameters():
        if parameter.numel() > 1 and parameter.dtype != torch.float32:
            kind = str(parameter.dtype).removeprefix("torch.")
            raise BadInput(f"{name} is {kind}, float32 is wanted", hint="module.float() makes it so")


def _transparent(call: _Called) -> bool:
    """Whether it hands on what it is given."""
    if isinstance(call.module, nn.Dropout):
        return not call.module.training
    return isinstance(call.module, nn.Identity | nn.Flatten)


def _refuse_settings(name: str, leaky: Any) -> None:
    refuse_reset(f"{name}.reset_mechanism", leaky.reset_mechanism_val)
    if leaky.reset_mechanism != "subtract":  # what its step does, whatever a state_dict loaded later says
        raise BadInput(f"{name}.reset_mechanism is {leaky.reset_mechanism!r}: only 'subtract' can be represented")
    refuse_graded(f"{name}.graded_spikes_factor", getattr(leaky, "graded_spikes_factor", 1.0))
    if leaky.inhibition:
        raise BadInput(f"{name}.inhibition is on: neurons that silence others cannot be represented")
    if leaky.state_quant:
        raise BadInput(f"{name}.state_quant is set: quantised membranes cannot be represented")
    if not getattr(leaky, "reset_delay", True):
        raise BadInput(f"{name}.reset_delay is False: a reset in the step of the spike cannot be represented")


def _layer(linear: _Called, neurons: _Called | None) -> Layer:
    of: Any = linear.module
    weight = numbers(f"{linear.name}.weight", of.weight, of.weight.shape)
    n = len(weight)
    bias = np.zeros(n, np.float32) if of.bias is None else numbers(f"{linear.name}.bias", of.bias, (n,))
    if neurons is None:
        return Dense(weight, bias)
    leaky: Any = neurons.module
    return LIF(
        weight,
        bias,
        beta=per_neuron(f"{neurons.name}.beta", leaky.beta, n),
        theta=thresholds(f"{neurons.name}.threshold", leaky.threshold, n),
    )


def _spikes(result: Any) -> Tensor:
    spikes: Tensor = (result[0] if isinstance(result, tuple) else result).reshape(-1)
    return spikes


def _kind(module: nn.Module) -> str:
    return f"{type(module).__name__}{' in training mode' if isinstance(module, nn.Dropout) else ''}"


def _why(kind: str) -> str:
    if kind == "Dropout":
        return "it draws anew every step; call module.eval() first"
    if kind.startswith("BatchNorm"):
        return "fold it into the layer before it"
    return "only Linear and snntorch's Leaky by turns, a Linear at the end and a Tanh can be represented"
