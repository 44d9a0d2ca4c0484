"""snntorch's equations in torch: the original to compare with where there is a state_dict and no module.

    I = x Wᵀ + b;  r = [U − θ > 0];  U ← clip(β, 0, 1) U + I − r θ;  s = [U − θ > 0]

as Leaky of snntorch 1.0.0 with `reset_mechanism="subtract"` and `reset_delay=True`. Written from those equations and
sharing nothing with the definition in numpy: torch's own sums, membranes in place of remembered spikes.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import linear

from hil_controllers.network.layers import Float32
from hil_controllers.training.importing.proof import Answer
from hil_controllers.training.policies import rational_tanh


class TorchLayer(NamedTuple):
    """A linear layer, and β and θ of the neurons behind it; None at the read-out."""

    weight: Tensor
    bias: Tensor | None
    beta: Tensor | None = None
    threshold: Tensor | None = None


class Equations:
    """A network by snntorch's equations."""

    def __init__(self, layers: Sequence[TorchLayer], readout: str) -> None:
        self._hidden, self._last = layers[:-1], layers[-1]
        self._bend = torch.tanh if readout == "tanh" else rational_tanh

    @torch.no_grad()
    def run(self, observations: Float32) -> Answer:
        """The answer from rest to observations (steps, inputs)."""
        membranes = [torch.zeros(len(layer.weight)) for layer in self._hidden]
        rows, actions = [], []
        for signal in torch.from_numpy(observations.copy()):
            row = []
            for k, (weight, bias, beta, threshold) in enumerate(self._hidden):
                assert beta is not None
                assert threshold is not None
                reset = (membranes[k] - threshold > 0).float()
                current = linear(signal, weight, bias)
                membranes[k] = beta.clamp(0, 1) * membranes[k] + current - reset * threshold
                signal = (membranes[k] - threshold > 0).float()
                row.append(signal)
            rows.append(torch.cat(row))
            actions.append(self._bend(linear(signal, self._last.weight, self._last.bias)))
        return Answer(torch.stack(rows).numpy().astype(np.bool_), torch.stack(actions).numpy())
