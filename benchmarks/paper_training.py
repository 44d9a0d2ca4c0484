"""Many trainings side by side on one big machine: the paper's guide by TD3, then its spiking controller from it.

    python benchmarks/paper_training.py guides   --minutes 9  --device cuda --out OUT
    python benchmarks/paper_training.py policies --minutes 17 --stop-after 9 --device cuda --out OUT
    python benchmarks/paper_training.py policies --minutes 17 --device cuda --out OUT          # goes on

Each variant below is a config of `paper/` with a few keys replaced, and a process that trains it in `runs/paper/NAME`.
How many updates fit is measured first, so that schedules end with the time. `guides` leaves the TD3 guide that is
nearest in hover in `runs/paper/trained`, the nearest that never flew a path as `hover`, and one trained by `apg`;
`policies` starts from the first (the variants `hover-…` and `apg-…` from the others) and can be called again to go on.
A table, curves, and an archive of networks, cards, curves and configs, go to OUT. Figures are simulated flights of the
network alone. NVIDIA's MPS (`nvidia-cuda-mps-control -d`) lets the processes' kernels run at once.
"""

import argparse
import math
import multiprocessing
import os
import signal
import sys
import tarfile
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")
HERE, FOLDER = Path(__file__).resolve().parent / "paper", Path("runs/paper")
CONFIGS, TRAINED = FOLDER / "configs", FOLDER / "trained" / "cf-l2f-package"  # side by side, as where networks ship
PROBE_S, SLACK = 25.0, 0.78  # how long the pace is measured; share of the time left that updates are planned for

ON_A_CORE = {"method.batch": 256, "method.device": "cpu"}
GUIDES: dict[str, dict[str, Any]] = {  # the first nine are for a GPU, the others for a core each
    "guide-a": {"method.polyak": 0.01},
    "guide-b": {},
    "guide-c": {"method.discount": 0.98},
    "guide-d": {"method.critic_hidden": [128, 128]},
    "guide-e": {"method.critic_hidden": [256, 256], "method.critic_learning_rate": 0.0005},
    "guide-f": {"method.learning_rate": 0.001, "method.critic_learning_rate": 0.002},
    "guide-g": {"method.exploration_noise": 0.25, "method.critic_hidden": [128, 128]},
    "guide-h": {"method.discount": 0.98, "method.critic_hidden": [128, 128], "method.curriculum_until": 0.2},
    "guide-i": {"method.critic_hidden": [128, 128], "paths.share": 0.2, "seed": 1},
    "guide-j": ON_A_CORE,
    "guide-k": ON_A_CORE | {"method.discount": 0.98, "method.learning_rate": 0.0005},
    "guide-l": ON_A_CORE | {"method.discount": 0.98, "method.exploration_noise": 0.6},
    "guide-m": ON_A_CORE | {"method.discount": 0.97, "seed": 1},
    "guide-n": ON_A_CORE | {"method.polyak": 0.01, "method.learning_rate": 0.001, "seed": 2},
    "apg": {
        "method": {"kind": "apg", "vehicles": 32, "window": 50, "learning_rate": 0.004, "gradient_clip": 1.0},
        "updates": 3000,
    },
}
FROM_HOVER = {"method.guide": "../trained/cf-l2f-package/hover.safetensors"}
BY_APG = {"method.guide": "../trained/cf-l2f-package/apg.safetensors"}
POLICIES: dict[str, dict[str, Any]] = {
    "snn-a": {},
    "snn-b": {"seed": 1},
    "snn-c": {"method.learning_rate": 0.0003},
    "snn-d": {"method.clone": 0.2, "method.clone_decay": 0.99},  # the paper's
    "snn-e": {"method.clone": 20.0, "method.clone_decay": 1.0},  # hardly more than cloning
    "snn-f": {"method.guide_labels": 0.5},
    "snn-g": {"method.critic_hidden": [256, 256], "method.critic_learning_rate": 0.0005},
    "snn-h": {"network.slope.scale": 20.0},
    "snn-i": {"network.slope": {"kind": "fixed", "k": 2.0}},
    "snn-j": {"method.exploration_noise": 0.6},
    "snn-k": {"paths.share": 0.3},
    "snn-l": {"method.polyak": 0.005, "method.critic_learning_rate": 0.0003},
    "snn-m": {"method.clone_decay": 0.99},
    "hover-snn-b": FROM_HOVER | {"seed": 1},
    "hover-snn-e": FROM_HOVER | {"method.clone": 20.0, "method.clone_decay": 1.0},
    "apg-snn-a": BY_APG,
    "apg-snn-b": BY_APG | {"paths.share": 0.3},
}
DRAWN = {
    "snn-m": "snn-paper, as it ships",
    "snn-e": "λ stays 20",
    "snn-i": "slope fixed at 2",
    "hover-snn-b": "guide that knows no path",
}


class Job(NamedTuple):
    """One training: its name, its config as plain data, until when it may plan, and until when it may run."""

    name: str
    config: dict[str, Any]
    minutes: float
    deadline_s: float  # of time.time(), at which it stops for now


class Done(NamedTuple):
    """What became of it."""

    name: str
    value: float  # best of the progress metric, m
    survived: float
    updates: int
    planned: int
    figures: dict[str, tuple[float, float]]  # of each final flight: mean error xy, m; share survived
    problem: str = ""


def main() -> int:
    """Train all variants of a stage, print and keep what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=["guides", "policies"])
    parser.add_argument("--minutes", type=float, required=True, help="of training in all")
    parser.add_argument("--stop-after", type=float, help="minutes of this call, if fewer")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--jobs", type=int, default=99, help="variants, the first so many")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    variants, base = (GUIDES, "guide.yaml") if given.stage == "guides" else (POLICIES, "snn-paper.yaml")
    deadline_s = time.time() + 60.0 * (given.stop_after or given.minutes)
    jobs = [
        Job(name, _config(base, name, changes, given.device), given.minutes, deadline_s)
        for name, changes in list(variants.items())[: given.jobs]
    ]
    CONFIGS.mkdir(parents=True, exist_ok=True)
    TRAINED.mkdir(parents=True, exist_ok=True)
    with multiprocessing.get_context("spawn").Pool(len(jobs), maxtasksperchild=1) as pool:
        done = []
        for one in pool.imap_unordered(work, jobs, chunksize=1):
            done.append(one)
            print(_line(one), flush=True)
    done.sort(key=lambda one: (math.isnan(one.value), one.value))
    if given.stage == "guides":
        _choose(done)
    _keep(done, given.stage, given.out)
    return int(all(one.problem for one in done))


def work(job: Job) -> Done:
    """Train one variant until it is done or time is up, then fly its best network."""
    try:
        return _trained(job)
    except Exception:
        (FOLDER / f"{job.name}.error").write_text(traceback.format_exc())
        last = traceback.format_exc().strip().splitlines()[-1]
        return Done(job.name, math.nan, 0.0, 0, 0, {}, problem=last)


def _trained(job: Job) -> Done:
    from hil.cli.train import judge_of
    from hil_controllers.training.config import read_training
    from hil_controllers.training.session import Session

    path = CONFIGS / f"{job.name}.yaml"
    if not path.exists():
        _write(path, job.config | {"updates": _planned(job)})
    text, training, vehicle = read_training(path)
    command = f"hil train {training.name}-{training.vehicle}"  # as its config would be called, if it shipped
    session = Session(training, vehicle, text, FOLDER / job.name, judge_of(training), command)
    session.open()
    why = "time was up"
    with suppress(KeyboardInterrupt):
        why = session.train(lambda seen: _heard(job, seen))
    best = session.best
    if best is None:
        return Done(job.name, math.nan, 0.0, session.trainer.updates, training.updates, {}, problem="never judged")
    _, figures = session.finish(why)
    flown = {one.flight.name: (one.means["position_error_xy_mean_m"], one.survived) for one in figures}
    return Done(job.name, best.value, best.survived, session.trainer.updates, training.updates, flown)


def _heard(job: Job, seen: Any) -> None:
    if seen.evaluated is not None:
        one = seen.evaluated
        told = f"value {one.value:.4f} survived {one.survived:.0%} k {one.slope:.1f}"
        print(f"{job.name} {one.update} {told}", flush=True)
    if time.time() > job.deadline_s:
        signal.raise_signal(signal.SIGINT)  # leaves a checkpoint


def _planned(job: Job) -> int:
    """Updates that fit, of the pace of the first ones while all others run too; as the config says for `apg`."""
    from hil_controllers.training.config import read_training
    from hil_controllers.training.learner import learner_of

    if job.config["method"]["kind"] == "apg":
        return int(job.config["updates"])
    probe, began_s = CONFIGS / f"{job.name}.probe.yaml", time.time()
    _write(probe, job.config)
    _, training, vehicle = read_training(probe)
    probe.unlink()
    learner = learner_of(training, vehicle)
    learner.update()  # compiles
    begin_s, begun = time.time(), learner.updates
    while time.time() - begin_s < PROBE_S:
        learner.update()
    pace = (learner.updates - begun) / (time.time() - begin_s)
    every = int(job.config["evaluation"]["every"])
    return max(every, int(SLACK * pace * (60.0 * job.minutes - (time.time() - began_s))) // every * every)


def _config(base: str, name: str, changes: dict[str, Any], device: str) -> dict[str, Any]:
    import yaml

    config: dict[str, Any] = yaml.safe_load((HERE / base).read_text())
    for key, value in changes.items():
        at = config
        *path, last = key.split(".")
        for part in path:
            at = at[part]
        at[last] = value
    if config["method"]["kind"] != "apg":
        config["method"]["device"] = changes.get("method.device", device)
    else:
        config["evaluation"]["every"] = 500
    return config


def _write(path: Path, config: dict[str, Any]) -> None:
    import yaml

    path.write_text(yaml.safe_dump(config, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True))


def _choose(done: list[Done]) -> None:
    """Leave the best TD3 guide, the best that never flew a path, and that of `apg`, where policies look for them."""
    by_td3 = [one for one in done if one.name.startswith("guide-")]
    only_hover = [one for one in by_td3 if "paths.share" not in GUIDES[one.name]]
    for target, of in (("guide", by_td3), ("hover", only_hover), ("apg", [one for one in done if one.name == "apg"])):
        found = [one for one in of if not one.problem]
        if found:
            network = FOLDER / found[0].name / "guide.safetensors"
            (TRAINED / f"{target}.safetensors").write_bytes(network.read_bytes())
            print(f"{target}.safetensors is that of {found[0].name}: {found[0].value:.4f} m", flush=True)


def _keep(done: list[Done], stage: str, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    flights = sorted({name for one in done for name in one.figures})
    head = ["variant", "updates", "progress, m", "survived", *(f"{name}, xy m (survived)" for name in flights), ""]
    rows = [" | ".join(head), " | ".join(["---"] * len(head))]
    for one in done:
        figures = [one.figures.get(flight, (math.nan, 0.0)) for flight in flights]
        cells = [f"{error:.4f} ({share:.0%})" for error, share in figures]
        first = [one.name, f"{one.updates}/{one.planned}", f"{one.value:.4f}", f"{one.survived:.0%}"]
        rows.append(" | ".join([*first, *cells, one.problem]))
    text = "\n".join(f"| {row} |" for row in rows) + "\n"
    (out / f"{stage}.md").write_text(text)
    print(text)
    if stage == "policies":
        (out / "policies.svg").write_text(_drawn())
    with tarfile.open(out / f"{stage}.tar.gz", "w:gz") as archive:
        for path in sorted(FOLDER.rglob("*")):
            if path.is_file() and path.name != "checkpoint.pt":
                archive.add(path)


def _drawn() -> str:
    """The learning curves of `DRAWN`: what the progress flights found, at most 70 mm of it."""
    import numpy as np

    from hil_controllers.training.studies.drawing import curves

    series = {}
    for name, called in DRAWN.items():
        with suppress(OSError):
            update, _, _, value, *_ = np.loadtxt(FOLDER / name / "curve.csv", delimiter=",", skiprows=1, unpack=True)
            series[called] = (update, np.minimum(1000.0 * value, 70.0)[None])
    return curves(series, x_name="updates", y_name="hover alone: mean xy error, mm") if series else ""


def _line(one: Done) -> str:
    return f"{one.name}: {one.problem or f'{one.value:.4f} m after {one.updates} of {one.planned} updates'}"


if __name__ == "__main__":
    sys.exit(main())
