"""What the slope of the surrogate does to the gradient of a deep spiking network, before any training.

As in Van den Berghe et al. (arXiv 2510.24461): 63 inputs, four layers of 64 neurons, a linear read-out; one N(0, 1)
input held for two passes and one N(0, 1) target; mean squared error over both passes; the gradient of each layer's
weights for slopes k = 1 … 100, and its cosine to that for k = 100. β and θ are U(0, 1), weights torch's own. A cosine
of 0 says that a shallow slope points elsewhere, the ratio of sizes that a steep one reaches only the last layers.

Spikes do not depend on k: neither do the shares of dead and saturated neurons, counted over a window of fresh inputs.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from hil_controllers.training.lif_sequence import FireSequence
from hil_controllers.training.studies.frame import Budget, Result, Study, table

SLOPES = (1.0, 10.0, 25.0, 50.0, 100.0)
INPUTS, NEURONS, LAYERS, OUTPUTS, PASSES, WINDOW = 63, 64, 4, 4, 2, 100
SEEDS_PER_CELL = 50
SEEDS: Mapping[Budget, int] = {"quick": 400, "paper": 4000}
PUBLISHED = {0: (0.03, 0.37, 0.70, 0.90), 1: (0.06, 0.48, 0.78, 0.94), 3: (0.48, 0.81, 0.93, 0.98)}  # by layer
PUBLISHED_RATIO = (1e-1, 8e-7)  # mean |g| of layer 0 over the read-out's, at k = 1 and k = 100


class DeepNet:
    """The network of one seed, and the data it is given."""

    def __init__(self, seed: int) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            sizes = (INPUTS, *(NEURONS,) * LAYERS)
            self.linear = [nn.Linear(a, b) for a, b in zip(sizes, (*sizes[1:], OUTPUTS), strict=True)]
            self.leak = [torch.rand(NEURONS) for _ in range(LAYERS)]
            self.threshold = [torch.rand(NEURONS) for _ in range(LAYERS)]
            self.given, self.wanted = torch.randn(1, INPUTS), torch.randn(1, OUTPUTS)
            self.window = torch.randn(WINDOW, 1, INPUTS)

    def spikes(self, given: Tensor, slope: float) -> list[Tensor]:
        """Spikes (T, n, 64) of each layer, for inputs (T, n, 63)."""
        found: list[Tensor] = []
        for linear, leak, threshold in zip(self.linear[:-1], self.leak, self.threshold, strict=True):
            signal = linear(found[-1] if found else given)
            found.append(FireSequence.apply(signal, leak, threshold, slope))  # type: ignore[no-untyped-call]
        return found

    def gradients(self, slope: float) -> list[Tensor]:
        """Gradient of the weights of each layer and of the read-out."""
        last = self.spikes(self.given.expand(PASSES, 1, INPUTS), slope)[-1]
        loss = (self.linear[-1](last) - self.wanted).square().mean()
        return list(torch.autograd.grad(loss, [layer.weight for layer in self.linear]))


def cosine(a: Tensor, b: Tensor) -> float:
    """Of two gradients, in double precision: they are as small as 1e-12; nan where one is zero."""
    x, y = a.double().flatten(), b.double().flatten()
    size = x.norm() * y.norm()
    return float(x @ y / size) if size > 0.0 else float("nan")


class Gradients(Study):
    """Cosine and magnitude of the gradient, by layer and slope, over many networks."""

    title = "What the slope of the surrogate does to the gradient"
    kept_in = "gradients"

    def cells(self, budget: Budget) -> list[str]:
        """Blocks of seeds."""
        return [f"seeds-{first:05d}" for first in range(0, SEEDS[budget], SEEDS_PER_CELL)]

    def prepare(self, budget: Budget, folder: Path) -> None:
        """Nothing to prepare."""

    def measure(self, cell: str, budget: Budget, folder: Path) -> Result:
        """By seed: cosines and mean magnitudes [slope][layer], dead and saturated shares [layer]."""
        torch.set_num_threads(1)
        first = int(cell.rpartition("-")[2])
        cosines, sizes, dead, saturated = [], [], [], []
        for seed in range(first, first + SEEDS_PER_CELL):
            net = DeepNet(seed)
            gradients = [net.gradients(slope) for slope in SLOPES]
            cosines.append([[cosine(*pair) for pair in zip(one, gradients[-1], strict=True)] for one in gradients])
            sizes.append([[float(layer.abs().double().mean()) for layer in one] for one in gradients])
            with torch.no_grad():
                shares = [spikes.mean(0).flatten() for spikes in net.spikes(net.window, 1.0)]
            dead.append([float((share == 0.0).float().mean()) for share in shares])
            saturated.append([float((share == 1.0).float().mean()) for share in shares])
        return {"cosines": cosines, "sizes": sizes, "dead": dead, "saturated": saturated}

    def page(self, found: Mapping[str, Result], budget: Budget) -> str:
        """Tables and what they say of the published figures."""
        cosines, sizes, dead, saturated = (
            np.concatenate([np.array(one[key]) for one in found.values()])
            for key in ("cosines", "sizes", "dead", "saturated")
        )
        mean, spread = np.nanmean(cosines, axis=0), np.nanstd(cosines, axis=0, ddof=1)
        error = 1.96 * spread / np.sqrt(np.isfinite(cosines).sum(axis=0))
        rows, apart = [], []
        for layer in range(LAYERS + 1):
            ours = [f"{mean[k, layer]:.3f} ± {error[k, layer]:.3f} ({spread[k, layer]:.2f})" for k in range(4)]
            rows.append([_name(layer), "ours", *ours])
            if layer in PUBLISHED:
                rows.append(["", "published", *(f"{value:.2f}" for value in PUBLISHED[layer])])
                apart += [abs(PUBLISHED[layer][k] - mean[k, layer]) / spread[k, layer] for k in range(4)]
        size = sizes.mean(axis=0)
        ratio = size[:, 0] / size[:, LAYERS]
        magnitude = [
            [f"{slope:g}", *(f"{value:.1e}" for value in size[k]), f"{ratio[k]:.1e}"] for k, slope in enumerate(SLOPES)
        ]
        means = dead.mean(axis=0), saturated.mean(axis=0)
        shares = [[_name(layer), *(f"{share[layer]:.1%}" for share in means)] for layer in range(LAYERS)]
        return _PAGE.format(
            networks=len(cosines),
            cosines=table(["layer", "", *(f"k = {slope:g}" for slope in SLOPES[:4])], rows),
            verdict=_verdict(apart),
            sizes=table(["k", *(_name(layer) for layer in range(LAYERS + 1)), "layer 0 ÷ read-out"], magnitude),
            published=PUBLISHED_RATIO,
            fall=ratio[0] / ratio[-1],
            published_fall=PUBLISHED_RATIO[0] / PUBLISHED_RATIO[1],
            shares=table(["layer", "dead", "saturated"], shares),
        )


_PAGE = f"""{{networks}} networks: {INPUTS} inputs, {LAYERS} layers of {NEURONS} neurons, a read-out of {OUTPUTS}.
One input and one target for each, both N(0, 1); {PASSES} passes, mean squared error over both; no training.

## Cosine to the gradient at k = 100

Mean ± 95 % interval of the mean (standard deviation over networks).

{{cosines}}

{{verdict}}

## Mean size of the gradient

{{sizes}}

Published for layer 0 ÷ read-out: {{published[0]:.0e}} at k = 1, {{published[1]:.0e}} at k = 100, a factor of
{{published_fall:.0e}}; ours falls by {{fall:.0e}}. The ratio itself goes with the number of outputs, which is not
published.

## Dead and saturated neurons

Over {WINDOW} steps of fresh N(0, 1) inputs, before training; spikes do not depend on k. Dead: no spike; saturated: only
spikes.

{{shares}}
"""


def _name(layer: int) -> str:
    return "read-out" if layer == LAYERS else f"layer {layer}"


def _verdict(apart: list[float]) -> str:
    """Of distances between published and our means, in standard deviations of ours."""
    within, worst = sum(one <= 1.0 for one in apart), max(apart)
    if within == len(apart):
        return (
            f"All {len(apart)} published cosines lie within one standard deviation of ours, the furthest {worst:.2f} "
            "of one away: **the claim holds**."
        )
    return (
        f"**{within} of {len(apart)} published cosines** lie within one standard deviation of ours; the furthest is "
        f"{worst:.2f} of one away."
    )
