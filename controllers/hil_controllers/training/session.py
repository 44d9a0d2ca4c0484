"""A training from first update to network file, in a folder: checkpoints, curve, early stop, card.

    training.yaml   checkpoint.pt   curve.csv   <name>.safetensors   <name>.md

Who judges is passed in: the bench itself. Stopped at any time, the same training goes on from its checkpoint with the
same bits: Ctrl-C is heard between two updates and leaves one; a second Ctrl-C ends at once, and the training goes on
from the checkpoint before. The network that is kept is the best one the evaluations have seen, of those that a file can
be made of.
"""

import copy
import csv
import io
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch

from hil import __version__
from hil.core.errors import BadInput
from hil.core.vehicle import Vehicle
from hil.core.whole_file import write_whole
from hil_controllers.network import Network
from hil_controllers.network.contract import vehicle_hash
from hil_controllers.training.card import card
from hil_controllers.training.config import Flight, Training
from hil_controllers.training.export import network_of
from hil_controllers.training.interrupts import Interrupts
from hil_controllers.training.learner import Learner, Update, learner_of
from hil_controllers.training.threads import one_blas_thread

CONFIG, CHECKPOINT, CURVE = "training.yaml", "checkpoint.pt", "curve.csv"
SMOOTHED = 50  # updates whose mean the curve shows


class Figures(NamedTuple):
    """What the bench found of a network over the repeats of one scenario."""

    flight: Flight
    survived: float  # share of flights that no safety limit ended
    means: Mapping[str, float]  # of each metric over the flights that survived; nan without any


Evaluate = Callable[[Network, Flight], Figures]


class Evaluated(NamedTuple):
    """One evaluation during a training."""

    update: int
    cpu_s: float
    loss: float
    value: float  # mean of the progress metric, flights that did not survive counting as `hopeless`
    survived: float
    slope: float
    kept: bool  # better than those before, and a file can be made of it


class Seen(NamedTuple):
    """What a listener is told."""

    update: Update
    evaluated: Evaluated | None
    cpu_s: float


@dataclass(slots=True)
class Session:
    """One training in its folder."""

    training: Training
    vehicle: Vehicle
    text: str  # of the config, as written
    folder: Path
    evaluate: Evaluate
    command: str
    trainer: Learner = field(init=False)
    evaluations: list[Evaluated] = field(init=False, default_factory=list)
    refused: str = field(init=False, default="")  # why the last evaluation, better than those before, was not kept
    _best: dict[str, Any] = field(init=False, default_factory=dict)
    _losses: list[float] = field(init=False, default_factory=list)
    _cpu_before_s: float = field(init=False, default=0.0)
    _began_s: float = field(init=False, default=0.0)

    def open(self) -> bool:
        """Make the folder, or go on with what is in it; whether it goes on. Raises BadInput."""
        config, checkpoint = self.folder / CONFIG, self.folder / CHECKPOINT
        try:
            if config.exists() and config.read_bytes() != self.text.encode():
                raise BadInput(f"{self.folder}: holds a training with another config", hint="choose another with --out")
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(
                f"{self.folder}: cannot be used: {error.strerror}", hint="choose another with --out"
            ) from error
        _write(config, self.text.encode())
        self.trainer = learner_of(self.training, self.vehicle)
        self._began_s = time.process_time()
        if not checkpoint.exists():
            return False
        self._restore(checkpoint)
        return True

    @property
    def cpu_s(self) -> float:
        """CPU time spent so far, earlier runs included."""
        return self._cpu_before_s + time.process_time() - self._began_s

    @property
    def best(self) -> Evaluated | None:
        """The best evaluation so far of which a file can be made."""
        return next((one for one in reversed(self.evaluations) if one.kept), None)

    def train(self, listen: Callable[[Seen], None]) -> str:
        """Update until the end; why it ended. `listen` hears of every update.

        Raises KeyboardInterrupt after a Ctrl-C: between two updates and with a checkpoint, unless it is the second.
        """
        every = self.training.evaluation.every
        with one_blas_thread(), Interrupts() as interrupts:
            while not (why := self._ended()):
                update = self.trainer.update()
                self._losses.append(update.loss)
                due = update.number % every == 0 or update.number == self.training.updates
                evaluated = self._judge(update) if due else None
                listen(Seen(update, evaluated, self.cpu_s))
                if interrupts.asked:
                    self._save()
                    raise KeyboardInterrupt
        return why

    def finish(self, why: str, listen: Callable[[Flight], None] = lambda flight: None) -> tuple[Network, list[Figures]]:
        """Evaluate the best network on all final flights; write its file and its card."""
        network = self._network()
        figures = []
        for flight in self.training.evaluation.final or (self.training.evaluation.progress,):
            listen(flight)
            figures.append(self.evaluate(network, flight))
        network.save(self.folder / f"{self.training.name}.safetensors")
        text = card(network, self.training, self.text, figures, command=self.command, ended=why, cpu_s=self.cpu_s,
                    update=self._best["update"], dropped=self.trainer.dropped)  # fmt: skip
        _write(self.folder / f"{self.training.name}.md", text.encode())
        return network, figures

    def _ended(self) -> str:
        evaluation, best = self.training.evaluation, self.best
        if self.trainer.updates >= self.training.updates:
            return f"all {self.training.updates} updates made"
        if best is not None and evaluation.stop_at is not None and best.value <= evaluation.stop_at:
            return f"{evaluation.progress.metric} reached {evaluation.stop_at:g}"
        waited = len(self.evaluations) - (self.evaluations.index(best) + 1 if best else 0)
        if evaluation.patience is not None and waited >= evaluation.patience:
            return f"{waited} evaluations without a better one that could be kept"
        return ""

    def _judge(self, update: Update) -> Evaluated:
        evaluation = self.training.evaluation
        network = network_of(self.trainer.policy, self.training, self.vehicle, {}, draft=True)
        figures = self.evaluate(network, evaluation.progress)
        mean = figures.means[evaluation.progress.metric]
        lost = 1.0 - figures.survived
        value = evaluation.hopeless if math.isnan(mean) else (1.0 - lost) * mean + lost * evaluation.hopeless
        if self.training.network.kind == "snn":
            self.training.network.slope.scored(max(0.0, 1.0 - value / evaluation.hopeless))
        recent = self._losses[-SMOOTHED:]
        loss = sum(recent) / len(recent)
        better = self.best is None or value < self.best.value
        self.refused = self._refusal() if better else ""
        kept = better and not self.refused
        found = Evaluated(update.number, self.cpu_s, loss, value, figures.survived, update.slope, kept)
        self.evaluations.append(found)
        if kept:
            self._best = {"update": update.number, "policy": copy.deepcopy(self.trainer.policy.state_dict())}
        self._save()
        return found

    def _refusal(self) -> str:
        """Why no file can be made of the policy as it is, or empty."""
        try:
            network_of(self.trainer.policy, self.training, self.vehicle, {})
        except BadInput as error:
            return error.message
        return ""

    def _network(self) -> Network:
        if not self._best:
            raise BadInput(f"{self.folder}: no network is kept: {self.refused or 'no evaluation has been made yet'}")
        self.trainer.policy.load_state_dict(self._best["policy"])
        provenance = {"command": self.command, "seed": self.training.seed, "update": self._best["update"],
                      "method": self.training.method.kind, "config": self.text}  # fmt: skip
        return network_of(self.trainer.policy, self.training, self.vehicle, provenance)

    def _save(self) -> None:
        slope = self.training.network.slope if self.training.network.kind == "snn" else None
        content = {
            "vehicle": vehicle_hash(self.vehicle),
            "hil": __version__,
            "trainer": self.trainer.snapshot(),
            "evaluations": [tuple(one) for one in self.evaluations],
            "best": self._best,
            "refused": self.refused,
            "losses": self._losses[-SMOOTHED:],
            "cpu_s": self.cpu_s,
            "slope": slope.snapshot() if slope else None,
        }
        buffer = io.BytesIO()
        torch.save(content, buffer)
        _write(self.folder / CHECKPOINT, buffer.getvalue())
        rows = io.StringIO()
        table = csv.writer(rows, lineterminator="\n")
        table.writerow(Evaluated._fields)
        table.writerows([f"{float(value):.6g}" for value in one] for one in self.evaluations)
        _write(self.folder / CURVE, rows.getvalue().encode())

    def _restore(self, checkpoint: Path) -> None:
        try:
            content = torch.load(checkpoint, weights_only=False)  # our own file, beside a config that matched
            same_vehicle, version = content["vehicle"] == vehicle_hash(self.vehicle), content["hil"]
            if same_vehicle and version == __version__:
                self.trainer.restore(content["trainer"])
                self.evaluations = [Evaluated(*one) for one in content["evaluations"]]
                self._best, self._losses = content["best"], list(content["losses"])
                self.refused = content["refused"]
                self._cpu_before_s = float(content["cpu_s"])
                if self.training.network.kind == "snn":
                    self.training.network.slope.restore(content["slope"])
        except Exception as error:
            why = next(iter(str(error).splitlines()), "")
            raise BadInput(
                f"{checkpoint}: damaged: {type(error).__name__}: {why}", hint="remove it to start anew"
            ) from error
        if not same_vehicle:
            raise BadInput(
                f"{checkpoint}: of another vehicle than {self.vehicle.name} is now", hint="choose another with --out"
            )
        if version != __version__:
            raise BadInput(
                f"{checkpoint}: made by hil {version}, this is {__version__}: the bits would differ",
                hint="choose another with --out",
            )


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all. Raises BadInput where the disk is full or the file cannot be written."""
    try:
        write_whole(path, content)
    except OSError as error:
        raise BadInput(
            f"{path}: cannot be written: {error.strerror}", hint="make room; the same command goes on from there"
        ) from error
