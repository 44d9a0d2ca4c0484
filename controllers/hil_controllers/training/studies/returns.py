"""What methods of training come to under one reward: return and length of test flights, flown by the policy alone.

Studies of Van den Berghe et al. (arXiv 2510.24461): methods against each other, and with and without cloning and jump
start. Every cell trains one variant with one seed from the same guide (146-64-64-4, trained by `apg` for the study),
and tests it again and again on episodes of the training's own starts, at the strictest step of the reward.
"""

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import yaml

from hil_controllers.training.config import Training, read_training
from hil_controllers.training.export import network_of
from hil_controllers.training.learner import learner_of
from hil_controllers.training.policies import Spiking
from hil_controllers.training.replaying import Replaying
from hil_controllers.training.rewarded import STRICT, rewards_of
from hil_controllers.training.rollouts import Pilot, Rollouts
from hil_controllers.training.studies.drawing import curves
from hil_controllers.training.studies.frame import Budget, Result, Study, table

GUIDE, GUIDE_UPDATES = "guide.safetensors", 1500
TESTED = 32  # episodes of a test
TEST_SEED = 10_000  # added to that of the training
REACHED = 100.0  # return whose update is told
_BASE = """
version: 1
name: study
vehicle: cf-l2f-package
observation: {scales: {position: 3, rotation: 1, velocity: 1, rates: 0.2}}
sensors: l2f-original
latency_s: [0, 0]
start:
  position_m: [0, 0, 1]
  spread:
    position_m: [0.3, 0.3, 0.3]
    velocity_m_s: [0.5, 0.5, 0.5]
    rates_rad_s: [1, 1, 1]
    tilt_deg: 45
    nominal_share: 0.1
paths: {share: 0}
evaluation: {progress: {name: hover, scenario: hover}}
"""
_APG = {"kind": "apg", "vehicles": 32, "window": 50, "learning_rate": 0.004}


class Plan(NamedTuple):
    """How a variant is trained, and what the paper published of it."""

    published: str
    method: dict[str, Any]
    slope: dict[str, Any] = {"kind": "fixed", "k": 2.0}  # noqa: RUF012  only read
    passes: int = 0  # network steps for each observation, see `policies.Spiking`
    times: int = 1  # as many updates as others


_SIZES: Mapping[Budget, dict[str, Any]] = {
    "quick": {"hidden": [128, 64], "seeds": 3, "updates": 1200, "tests": 8,
              "method": {"vehicles": 32, "updates_per_rollout": 20, "batch": 48, "replay": 300_000,
                         "learning_rate": 0.003},
              "critics": {"policy_delay": 1}},
    "paper": {"hidden": [256, 128], "seeds": 5, "updates": 40_000, "tests": 40, "method": {"vehicles": 128},
              "critics": {}},
}  # fmt: skip


class Returns(Study):
    """Some of the variants, each with several seeds."""

    @property
    @abstractmethod
    def variants(self) -> Mapping[str, Plan]:
        """The plans, by name."""

    @property
    @abstractmethod
    def about(self) -> str:
        """What all variants share besides."""

    @property
    @abstractmethod
    def picture(self) -> str:
        """File name of the curves."""

    def cells(self, budget: Budget) -> list[str]:
        """One for each variant and seed."""
        return [f"{name}-s{seed}" for seed in range(_SIZES[budget]["seeds"]) for name in self.variants]

    def prepare(self, budget: Budget, folder: Path) -> None:
        """Train the guide."""
        if (folder / GUIDE).exists():
            return
        ann = {"kind": "ann", "hidden": [64, 64], "history": 32}
        training = _training(folder, "guide", ann, _APG, GUIDE_UPDATES, 0)
        _, _, vehicle = read_training(folder / "guide.yaml")
        learner = learner_of(training, vehicle)
        for _ in range(training.updates):
            learner.update()
        network_of(learner.policy, training, vehicle, {"made by": "hil study"}).save(folder / GUIDE)

    def measure(self, cell: str, budget: Budget, folder: Path) -> Result:
        """Return and length of test flights along the training, [test]; updates of each test."""
        size, plan = _SIZES[budget], self.variants[cell.rpartition("-s")[0]]
        training = self.training(cell, budget, folder)
        _, _, vehicle = read_training(folder / f"{cell}.yaml")
        learner = learner_of(training, vehicle)
        assert isinstance(learner, Replaying)
        for policy in (learner.policy, getattr(learner, "target_policy", None)):
            if isinstance(policy, Spiking):
                policy.passes = plan.passes
        tests = Rollouts(
            training.model_copy(update={"seed": training.seed + TEST_SEED}), vehicle, vehicles=TESTED,
            fence_m=learner.rollouts.fence_m,
        )  # fmt: skip
        every = training.updates // size["tests"]
        result: Result = {"updates": [], "return": [], "length": []}
        for update in range(1, training.updates + 1):
            learner.update()
            if update % every == 0:
                total, length = tested(tests, learner.pilot(TESTED))
                if training.network.kind == "snn":
                    training.network.slope.scored(max(0.0, total / tests.steps))
                result["updates"].append(update)
                result["return"].append(total)
                result["length"].append(length)
        return result

    def training(self, cell: str, budget: Budget, folder: Path) -> Training:
        """The training of a cell, whose config it leaves in the folder."""
        size, (name, _, seed) = _SIZES[budget], cell.rpartition("-s")
        plan = self.variants[name]
        network = {"kind": "snn", "hidden": size["hidden"], "slope": plan.slope}
        method = size["method"] | (size["critics"] if plan.method["kind"] != "bc" else {}) | plan.method
        if budget == "paper" and torch.cuda.is_available():
            method = method | {"device": "cuda"}
        return _training(folder, cell, network, method, plan.times * size["updates"], int(seed))

    def pictures(self, found: Mapping[str, Result]) -> dict[str, str]:
        """Return over updates, by variant."""
        series = {
            name: (np.array(ones[0]["updates"], float), np.array([one["return"] for one in ones]))
            for name, ones in _by_variant(found).items()
        }
        return {self.picture: curves(series, x_name="updates", y_name="return of test flights, policy alone")}

    def page(self, found: Mapping[str, Result], budget: Budget) -> str:
        """A row for each variant, published figures beside it."""
        size, rows = _SIZES[budget], []
        for name, ones in _by_variant(found).items():
            best = np.array([max(one["return"]) for one in ones])
            length = np.array([one["length"][int(np.argmax(one["return"]))] for one in ones])
            reached = [_reached(one) for one in ones]
            times = sorted(one for one in reached if one is not None)
            when = f"{int(np.median(times))} ({len(times)} of {len(ones)})" if times else f"never (0 of {len(ones)})"
            bests = f"{best.mean():.0f} ({best.min():.0f} to {best.max():.0f})"
            rows.append([name, bests, f"{length.mean():.0f}", when, self.variants[name].published])
        head = [
            "variant",
            "best return, mean (range)",
            "its length, steps",
            f"updates to return {REACHED:g}",
            "published",
        ]
        sizes = "-".join(map(str, (18, *size["hidden"], 4)))
        return (
            f"{size['seeds']} seeds, {size['updates']} updates, spiking network {sizes}, vehicle `cf-l2f-package`. "
            f"{self.about} Tests: {TESTED} episodes of at most 500 steps, the policy alone, the strictest reward. One "
            "guide for all, trained by `apg`; the paper's was trained by TD3, and its returns were not all scored "
            "under one reward.\n\n"
            f"{table(head, rows)}\n\n![return over updates]({self.picture})\n"
        )


_GUIDED = {"guide": GUIDE}
_LABELLED = {"clone": 10.0, "guide_labels": 1.0, "from_start": True, "guide_least": 0}
_TD3BC_JSRL = {"kind": "td3bc_jsrl", **_GUIDED}
_TD3BC = {"kind": "td3bc", **_GUIDED}


class Methods(Returns):
    """Methods under one reward."""

    title = "Methods under one reward"
    picture = "training.svg"
    about = "Slope 2."
    variants = {  # noqa: RUF012  constant
        "td3": Plan("≈ +10, length 35", {"kind": "td3"}),
        "bc": Plan("≈ −180, length 300–400", {"kind": "bc", **_GUIDED}),
        "td3bc": Plan("≈ −145, length 300–400", _TD3BC),
        "td3bc_jsrl": Plan("≈ 400–430, length 470", _TD3BC_JSRL),
        "td3bc_jsrl-labelled": Plan(
            "no: the guide says what it would do, sequences count from their start, λ = 10", _TD3BC_JSRL | _LABELLED
        ),
    }


class Ablation(Returns):
    """With and without cloning and jump start."""

    title = "With and without cloning and jump start"
    picture = "ablation.svg"
    about = "Slope 2."
    variants = {  # noqa: RUF012  constant
        "td3bc_jsrl": Plan("412 ± 6.7", _TD3BC_JSRL),
        "jsrl-without-bc": Plan("334 ± 25.6", _TD3BC_JSRL | {"clone": 0.0}),
        "td3bc": Plan("no jump start: 32 ± 1.2", _TD3BC),
        "td3": Plan("neither: 36 ± 4.1", {"kind": "td3"}),
    }


_SINGLE = {"sequence": 1, "warm_up": 0, "curriculum_until": 0.0, "batch": 256, "updates_per_rollout": 100}
_ALONE = {"kind": "td3", "exploration_noise": 0.4, "learning_rate": 0.0003, "policy_from": 500}
_SLOPES: Mapping[str, dict[str, Any]] = {
    "2": {"kind": "fixed", "k": 2.0},
    "50": {"kind": "fixed", "k": 50.0},
    "100": {"kind": "fixed", "k": 100.0},
    "interval": {"kind": "interval", "first": 1.0, "last": 100.0},
    "adaptive": {"kind": "adaptive", "floor": 1.0},
}
_PUBLISHED = {
    "bc": ("22 epochs, 231", "22, 259", "29, 222", "20, 232", "15, 251"),
    "td3": ("42 epochs, 383", "161, 163", "149, 174", "37, 292", "50, 381"),
}


class Slopes(Returns):
    """Slope schedules on single transitions: no memory, four passes for each observation, no curriculum."""

    title = "Slope schedules on single transitions"
    picture = "slopes.svg"
    about = (
        "Single transitions: each observation held for four network steps from zero. TD3 makes eight times the "
        "updates. Published: epochs to return 100, best return."
    )
    variants = {  # noqa: RUF012  constant
        f"{kind}-{slope}": Plan(published, _SINGLE | how, schedule, passes=4, times=times)
        for kind, how, times in (("bc", {"kind": "bc", **_GUIDED}, 1), ("td3", _ALONE, 8))
        for (slope, schedule), published in zip(_SLOPES.items(), _PUBLISHED[kind], strict=True)
    }


def tested(tests: Rollouts, pilot: Pilot) -> tuple[float, float]:
    """Mean return under the strictest reward, and mean length in steps, of a policy that flies alone."""
    flown = tests.fly(pilot)
    rewards = rewards_of(torch.from_numpy(flown.costs), STRICT).numpy()
    inside = np.arange(rewards.shape[1]) < flown.steps[:, None]
    return float((rewards * inside).sum(axis=1).mean()), float(flown.steps.mean())


def _reached(one: Result) -> int | None:
    return next((at for at, value in zip(one["updates"], one["return"], strict=True) if value >= REACHED), None)


def _by_variant(found: Mapping[str, Result]) -> dict[str, list[Result]]:
    ordered: dict[str, list[Result]] = {}
    for cell, result in found.items():
        ordered.setdefault(cell.rpartition("-s")[0], []).append(result)
    return ordered


def _training(
    folder: Path, name: str, network: dict[str, Any], method: dict[str, Any], updates: int, seed: int
) -> Training:
    """The training of a cell, whose config it leaves in the folder."""
    config = yaml.safe_load(_BASE) | {"network": network, "method": method, "updates": updates, "seed": seed}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return read_training(folder / f"{name}.yaml")[1]
