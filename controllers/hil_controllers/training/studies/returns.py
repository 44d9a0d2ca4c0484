"""What variants of training come to under one reward: return and length of test flights, flown by the policy alone.

Studies of Van den Berghe et al. (arXiv 2510.24461). Every cell trains one variant with one seed, and tests it again
and again along the way.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from hil_controllers.training.config import Training, read_training
from hil_controllers.training.learner import learner_of
from hil_controllers.training.policies import Spiking
from hil_controllers.training.replaying import on_cpu
from hil_controllers.training.rollouts import pilot_of
from hil_controllers.training.studies.claims import Claim, Seeds, judged
from hil_controllers.training.studies.drawing import curves
from hil_controllers.training.studies.frame import Budget, Result, Study, table
from hil_controllers.training.studies.guides import FILES, GOOD, guide_in, train_guide, trials_of_guide
from hil_controllers.training.studies.trials import LED, TESTED, Trials, training_in

REACHED = 100.0  # return whose update is told
AT_END = 3  # tests that say what a training ends with
GUIDE_TESTS = 8
BEST, LENGTH, END, BEHIND = "best return", "its length, steps", "return at the end", "best behind the guide"
FIRST = f"updates to return {REACHED:g}"
FIGURES = (BEST, LENGTH, END, FIRST, BEHIND)
OF_GUIDES = (BEST, LENGTH, END)  # the others mean nothing there


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
    "paper": {"hidden": [256, 128], "seeds": 5, "updates": 40_000, "tests": 40, "replaying": {"vehicles": 128},
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

    def measure(self, cell: str, budget: Budget, folder: Path) -> Result:
        """Test flights along the training: updates before each, return and length alone, return behind the guide."""
        torch.set_num_threads(1)
        if cell in self.guides:
            trials = trials_of_guide(cell, folder)
            for _ in range(GUIDE_TESTS):
                trials.fly(0, guide_in(folder, FILES[cell]))
            return trials.found
        training = self.training(cell, budget, folder)
        _, _, vehicle = read_training(folder / f"{cell}.yaml")
        learner = learner_of(training, vehicle)
        for policy in (learner.policy, getattr(learner, "target_policy", None)):
            if isinstance(policy, Spiking):
                policy.passes = self._plan(cell).passes
        guide = guide_in(folder, self._plan(cell).method.get("guide", FILES[GOOD]))
        trials, every = Trials(training, vehicle, guide), training.updates // SIZES[budget]["tests"]
        for update in range(1, training.updates + 1):
            learner.update()
            if update % every == 0:
                score = trials.fly(update, pilot_of(on_cpu(learner.policy), TESTED))
                if training.network.kind == "snn":
                    training.network.slope.scored(score)
        return trials.found

    def training(self, cell: str, budget: Budget, folder: Path) -> Training:
        """The training of a cell, whose config it leaves in the folder."""
        size, plan = SIZES[budget], self._plan(cell)
        network = {"kind": "snn", "hidden": size["hidden"], "slope": plan.slope}
        method, kind = plan.method, plan.method["kind"]
        if kind != "apg":
            method = size["replaying"] | (size["critics"] if kind not in WITHOUT_CRITICS else {}) | method
            if budget == "paper" and torch.cuda.is_available():
                method = method | {"device": "cuda"}
        return training_in(folder, cell, network, method, plan.times * size["updates"], int(cell.rpartition("-s")[2]))

    def _plan(self, cell: str) -> Plan:
        return self.variants[cell.rpartition("-s")[0]]

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
        size = SIZES[budget]
        figures = {name: _figures(ones) for name, ones in self._by_variant(found).items()}
        figures |= {name: _figures([found[name]]) for name in self.guides}
        rows = []
        for name in self.guides:
            ours = [f"{figures[name][one][0]:.0f}" if one in OF_GUIDES else "" for one in FIGURES]
            rows.append([f"`{name}`", "", *ours, ""])
        for name, plan in self.variants.items():
            ours = [_cell(figures[name][one]) for one in FIGURES]
            rows.append([f"`{name}`", f"{plan.times * size['updates']}", *ours, plan.published])
        by_figure = {one: {name: mine[one] for name, mine in figures.items()} for one in FIGURES}
        return _PAGE.format(
            about=self.about,
            seeds=size["seeds"],
            sets=", ".join(f"`{key}` {value:g}" for key, value in (size["replaying"] | size["critics"]).items()),
            kept_in=self.kept_in,
            budget=budget,
            sizes="-".join(map(str, (18, *size["hidden"], 4))),
            table=table(["variant", "updates", *FIGURES, "published"], rows),
            claims=judged(self.claims, by_figure),
            pictures="\n".join(f"![return over updates]({file})" for file in self.charts),
        )

    def _by_variant(self, found: Mapping[str, Result]) -> dict[str, list[Result]]:
        return {
            name: [one for cell, one in found.items() if cell.rpartition("-s")[0] == name] for name in self.variants
        }


_PAGE = f"""{{about}}

{{seeds}} seeds of each, spiking network {{sizes}}, vehicle `cf-l2f-package`, all simulated. Tests: {TESTED} episodes
of at most 500 steps, the strictest reward, the policy alone; *behind the guide*: the same starts, the guide flies the
first {LED} steps, as in the tests of the released code. The guide was trained by `apg` and flies well; the paper's
returns were probably not all scored under one reward. Of the [methods' keys](../training.md#methods) the budget sets
{{sets}}; what else a cell was told stands in its own config, in `runs/study-{{kept_in}}-{{budget}}`.

## Beside the published figures

Means over seeds (least to greatest), as in the curves. Best: of all tests along the training; at the end: of the last
{AT_END}.

{{table}}

{{pictures}}

## What held

{{claims}}

Holds: every seed says so. Does not hold: the medians say otherwise. Open: the medians agree, the seeds overlap.
"""


def _figures(ones: Sequence[Result]) -> dict[str, Seeds]:
    """One value a seed of each of `FIGURES`."""
    best = [int(np.argmax(one["return"])) for one in ones]
    values = {
        BEST: [one["return"][k] for one, k in zip(ones, best, strict=True)],
        LENGTH: [one["length"][k] for one, k in zip(ones, best, strict=True)],
        END: [np.mean(one["return"][-AT_END:]) for one in ones],
        BEHIND: [max(one["behind"]) for one in ones],
        FIRST: [_first(one) for one in ones],
    }
    return {name: np.array(values[name], float) for name in FIGURES}


def _first(one: Result) -> float:
    """Updates before the first test with a return of `REACHED`; inf without."""
    return next((at for at, value in zip(one["updates"], one["return"], strict=True) if value >= REACHED), np.inf)


def _cell(seeds: Seeds) -> str:
    reached = seeds[np.isfinite(seeds)]
    if not len(reached):
        return "never"
    said = f"{reached.mean():.0f} ({reached.min():.0f} to {reached.max():.0f})"
    return said if len(reached) == len(seeds) else f"{said}, {len(reached)} of {len(seeds)} seeds"
