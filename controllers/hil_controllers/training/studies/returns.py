"""What variants of training come to under one reward: return and length of test flights, flown by the policy alone.

Studies of Van den Berghe et al. (arXiv 2510.24461). Every cell trains one variant with one seed, and tests it again
and again along the way.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any, NamedTuple

import numpy as np
import torch

from hil_controllers.training.learner import learner_of
from hil_controllers.training.policies import Spiking
from hil_controllers.training.replaying import on_cpu
from hil_controllers.training.rollouts import pilot_of
from hil_controllers.training.studies.claims import Claim, Seeds, judged
from hil_controllers.training.studies.drawing import curves
from hil_controllers.training.studies.frame import Budget, Result, Study, table
from hil_controllers.training.studies.guides import (
    FILES,
    GOOD,
    WEAK,
    guide_config,
    guide_in,
    train_guide,
    trials_of_guide,
)
from hil_controllers.training.studies.trials import LED, TESTED, Trials, config_of, training_in

REACHED = 100.0  # return whose update is told
AT_END = 3  # tests that say what a training ends with
GUIDE_TESTS = 8
BEST, END, LENGTH = "best return", "return at the end", "length at the end, steps"
FIRST, BEHIND = f"updates to return {REACHED:g}", "best return behind the guide"
WIDTH = 120  # of a line of prose
COLUMNS = (BEST, END, LENGTH, FIRST, BEHIND)


class Plan(NamedTuple):
    """How a variant is trained, and what the paper published of it."""

    published: str
    method: dict[str, Any]
    slope: dict[str, Any] = {"kind": "fixed", "k": 2.0}  # noqa: RUF012  only read
    passes: int = 0  # network steps for each observation, see `policies.Spiking`
    times: int = 1  # as many updates as the budget has


SIZES: Mapping[Budget, dict[str, Any]] = {
    "quick": {"hidden": [128, 64], "seeds": 3, "updates": 1200, "tests": 24,
              "replaying": {"vehicles": 32, "updates_per_rollout": 40, "batch": 24, "replay": 300_000},
              "critics": {"policy_delay": 1, "polyak": 0.03, "discount": 0.98}},
    "paper": {"hidden": [256, 128], "seeds": 5, "updates": 40_000, "tests": 400, "replaying": {"vehicles": 128},
              "critics": {}},
}  # fmt: skip
WITHOUT_CRITICS = ("bc", "dagger")


class Returns(Study):
    """Some variants, each with several seeds, and what is claimed of them."""

    guides: tuple[str, ...] = (GOOD,)

    @property
    @abstractmethod
    def variants(self) -> Mapping[str, Plan]:
        """The plans, by name."""

    @property
    @abstractmethod
    def claims(self) -> Sequence[Claim]:
        """What the paper says of them."""

    further: tuple[str, Sequence[Claim]] = ("", ())  # a heading, and what the paper does not say

    @property
    @abstractmethod
    def about(self) -> str:
        """What all variants share besides, and what they are."""

    @property
    @abstractmethod
    def charts(self) -> Mapping[str, Sequence[str]]:
        """The variants whose curves are in a picture, by its file name."""

    def cells(self, budget: Budget) -> list[str]:
        """The guides' own, and one for each variant and seed."""
        return [*self.guides, *(f"{name}-s{seed}" for seed in range(SIZES[budget]["seeds"]) for name in self.variants)]

    def prepare(self, budget: Budget, folder: Path) -> None:
        """Train the guides."""
        for name in self.guides:
            train_guide(name, folder)

    def told(self, cell: str, budget: Budget) -> str:
        """Configs of a cell and of its guide, and how it is tested."""
        if cell in self.guides:
            return f"{guide_config(cell)}{GUIDE_TESTS} tests"
        passes, tests = self._plan(cell).passes, SIZES[budget]["tests"]
        return f"{self._config(cell, budget)}{guide_config(self._guide(cell))}{passes} passes, {tests} tests"

    def measure(self, cell: str, budget: Budget, folder: Path) -> Result:
        """Test flights along the training: updates before each, return and length alone, return behind the guide."""
        torch.set_num_threads(1)
        if cell in self.guides:
            trials, pilot = trials_of_guide(cell, folder), guide_in(folder, FILES[cell])
            for _ in range(GUIDE_TESTS):
                trials.fly(0, pilot)
            return trials.found
        on_gpu = budget == "paper" and torch.cuda.is_available()
        training, vehicle = training_in(folder, cell, self._config(cell, budget, on_gpu=on_gpu))
        learner = learner_of(training, vehicle)
        for policy in (learner.policy, getattr(learner, "target_policy", None)):
            if isinstance(policy, Spiking):
                policy.passes = self._plan(cell).passes
        trials = Trials(training, vehicle, guide_in(folder, FILES[self._guide(cell)]))
        every = training.updates // SIZES[budget]["tests"]
        for update in range(1, training.updates + 1):
            learner.update()
            if update % every == 0:
                score = trials.fly(update, pilot_of(on_cpu(learner.policy), TESTED))
                if training.network.kind == "snn":
                    training.network.slope.scored(score)
        return trials.found

    def _config(self, cell: str, budget: Budget, *, on_gpu: bool = False) -> str:
        size, plan = SIZES[budget], self._plan(cell)
        network, method = {"kind": "snn", "hidden": size["hidden"], "slope": plan.slope}, _method(plan, budget)
        if on_gpu and method["kind"] != "apg":
            method = method | {"device": "cuda"}
        return config_of(network, method, plan.times * size["updates"], int(cell.rpartition("-s")[2]))

    def _plan(self, cell: str) -> Plan:
        return self.variants[cell.rpartition("-s")[0]]

    def _guide(self, cell: str) -> str:
        """Who flies the first steps of its tests behind a guide: its own guide, or a good one."""
        return WEAK if self._plan(cell).method.get("guide") == FILES[WEAK] else GOOD

    def pictures(self, found: Mapping[str, Result]) -> dict[str, str]:
        """Return over updates, by variant."""
        by_variant, drawn = self._by_variant(found), {}
        for file, names in self.charts.items():
            series = {
                name: (np.array(ones[0]["updates"], float), np.array([one["return"] for one in ones]))
                for name, ones in ((name, by_variant[name]) for name in names)
            }
            drawn[file] = curves(series, x_name="updates", y_name="return of test flights, policy alone")
        return drawn

    def page(self, found: Mapping[str, Result], budget: Budget) -> str:
        """A row for each variant, published figures beside it, and which claims hold."""
        size, everyone = SIZES[budget], self._by_variant(found)
        for name in self.guides:  # one network: its tests are as one
            everyone[name] = [{key: [np.mean(values)] for key, values in found[name].items()}]
        alone, behind = _figures(everyone, "return"), _figures(everyone, "behind")
        behind.pop(LENGTH)
        columns = alone | {BEHIND: behind[BEST]}
        rows = [
            [f"`{name}`", "", "", *(f"{alone[one][name][0]:.0f}" for one in (END, LENGTH)), "", "", ""]
            for name in self.guides
        ]
        for name, plan in self.variants.items():
            ours = [_cell(columns[one][name]) for one in COLUMNS]
            rows.append([f"`{name}`", f"{plan.times * size['updates']}", *ours, plan.published])
        views = {"the policy alone": alone, "behind the guide": behind}
        heading, further = self.further
        return _PAGE.format(
            about=fill(self.about, WIDTH),
            tested=fill(
                _TESTED.format(
                    seeds=size["seeds"],
                    tests=size["tests"],
                    sets=_shared_keys([_method(plan, budget) for plan in self.variants.values()], budget),
                    sizes="-".join(map(str, (18, *size["hidden"], 4))),
                ),
                WIDTH,
            ),
            table=table(["variant", "updates", *COLUMNS, "published"], rows),
            claims=judged(self.claims, views),
            further=f"\n\n## {heading}\n\n{judged(further, views)}" if further else "",
            pictures="\n".join(f"![return over updates]({file})" for file in self.charts),
        )

    def _by_variant(self, found: Mapping[str, Result]) -> dict[str, list[Result]]:
        return {
            name: [one for cell, one in found.items() if cell.rpartition("-s")[0] == name] for name in self.variants
        }


_TESTED = (
    "{seeds} seeds of each, spiking network {sizes}, vehicle `cf-l2f-package`, all **simulated**. {tests} tests along "
    f"each training: {TESTED} episodes of at most 500 steps, the strictest reward. *Alone*: the policy flies from the "
    f"start. *Behind the guide*: the same starts, its guide flies the first {LED} steps (the good one, where it had "
    "none), as in the tests of the released code. The paper's returns were probably not all scored under one "
    "reward. Of the [methods' keys](../training.md#methods) {sets}; the configs of all cells lie beside them, in the "
    "folder that `--work` names."
)
_PAGE = f"""{{about}}

{{tested}}

## Beside the published figures

Means over seeds (least to greatest), as in the curves; alone, unless said. Best: of all tests; at the end: mean of the
last {AT_END}; a guide: mean of {GUIDE_TESTS} tests.

{{table}}

{{pictures}}

## What held

Medians over seeds (least to greatest). Holds: every seed says so. Does not hold: the medians say otherwise, if only by
a little. Open: the medians do not, but the seeds overlap. Not tested: nothing got so far.

{{claims}}{{further}}
"""


def _method(plan: Plan, budget: Budget) -> dict[str, Any]:
    """All that the method is told."""
    kind, size = plan.method["kind"], SIZES[budget]
    if kind == "apg":
        return plan.method
    critics = size["critics"] if kind not in WITHOUT_CRITICS else {}
    return {**size["replaying"], **critics, **plan.method}


def _shared_keys(methods: Sequence[Mapping[str, Any]], budget: Budget) -> str:
    """What the budget sets, as far as all methods that have a key have the same."""
    shared = []
    for key in (*SIZES[budget]["replaying"], *SIZES[budget]["critics"]):
        values = {method[key] for method in methods if key in method and method["kind"] != "apg"}
        if len(values) == 1:
            shared.append(f"`{key}` {values.pop():g}")
    return f"the budget sets {', '.join(shared)}"


def _figures(by_variant: Mapping[str, Sequence[Result]], view: str) -> dict[str, dict[str, Seeds]]:
    """Figures of returns alone ("return") or "behind" the guide, by name and variant; one value a seed."""
    of: dict[str, Callable[[Result], float]] = {
        BEST: lambda one: max(one[view]),
        END: lambda one: float(np.mean(one[view][-AT_END:])),
        LENGTH: lambda one: float(np.mean(one["length"][-AT_END:])),
        FIRST: lambda one: _first(one, view),
    }
    return {
        name: {variant: np.array([figure(one) for one in ones]) for variant, ones in by_variant.items()}
        for name, figure in of.items()
    }


def _first(one: Result, view: str) -> float:
    """Updates before the first test with a return of `REACHED`; inf without."""
    return next((at for at, value in zip(one["updates"], one[view], strict=True) if value >= REACHED), np.inf)


def _cell(seeds: Seeds) -> str:
    reached = seeds[np.isfinite(seeds)]
    if not len(reached):
        return "never"
    said = f"{reached.mean():.0f} ({reached.min():.0f} to {reached.max():.0f})"
    return said if len(reached) == len(seeds) else f"{said}, {len(reached)} of {len(seeds)} seeds"
