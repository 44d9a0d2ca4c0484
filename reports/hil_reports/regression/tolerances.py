"""How much worse is worse: per metric a share of the reference, but never less than a fixed amount, and why.

    tolerance = max(share · |reference|, least)

One file, `tolerances.yaml`, serves all references beside it. It is written once, with the values below for the metrics
that are compared, and then belongs to people: a refresh adds what is missing and changes nothing.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field

from hil.core.errors import BadInput
from hil.registry import METRICS
from hil.scenario.fields import Strict
from hil_reports.metrics.catalogue import find
from hil_reports.regression.strict_yaml import load

FILE = "tolerances.yaml"
_HEAD = """\
# How much worse than its reference a metric may be before `hil check` fails: a share of the reference, but at least so
# much in the metric's unit. Yours to edit; `hil refresh` only adds metrics that are missing.
version: 1
metrics:
"""


class Tolerance(Strict):
    """How far a metric may be from its reference, mean and worst alike."""

    share: Annotated[float, Field(ge=0, le=10)] = Field(description="of the reference")
    least: Annotated[float, Field(ge=0, le=1e9)] = Field(description="in the metric's unit")
    rationale: Annotated[str, Field(min_length=1)] = Field(description="why this much")

    def at(self, reference: float) -> float:
        """The tolerance around this value, in the metric's unit."""
        return max(self.share * abs(reference), self.least)


class _File(Strict):
    version: Literal[1]
    metrics: dict[str, Tolerance]


_BY_UNIT = {
    "m": Tolerance(share=0.1, least=0.002, rationale="a tenth, or a tenth of the simulated estimator's error of 2 cm"),
    "m/s": Tolerance(share=0.1, least=0.01, rationale="a tenth, or 1 cm/s"),
    "rad": Tolerance(share=0.1, least=0.01, rationale="a tenth, or 0.6°, which nobody sees"),
    "s": Tolerance(share=0.1, least=0.02, rationale="a tenth, or two ticks of a log at 100 Hz"),
    "Hz": Tolerance(share=0.1, least=0.2, rationale="a tenth, or about what ten seconds of flight can resolve"),
    "1/s": Tolerance(share=0.15, least=0.05, rationale="a seventh: agitation follows small changes of a controller"),
    "1": Tolerance(share=0.1, least=0.01, rationale="a tenth, or one part in a hundred of the whole"),
}
_BY_METRIC = {
    "position_error_max_m": Tolerance(
        share=0.2, least=0.01, rationale="a fifth, or 1 cm: one instant of one flight decides it"
    ),
}


def usual(metric: str) -> Tolerance:
    """The tolerance a metric gets in a new file. Raises BadInput for an unknown metric."""
    found = find(metric)
    return _BY_METRIC.get(found.name) or _BY_UNIT[found.unit]


def read(folder: Path) -> Mapping[str, Tolerance]:
    """The tolerances of a folder of references, by metric; empty where there is no file. Raises ScenarioError."""
    path = folder / FILE
    if not path.exists():
        return {}
    loaded = load(path, _File)
    for name in loaded.content.metrics:
        if name not in METRICS:
            raise loaded.error(f"metrics.{name}", "no such metric", "docs/metrics.md lists them")
    return loaded.content.metrics


def completed(folder: Path, metrics: Iterable[str]) -> Mapping[str, Tolerance]:
    """The tolerances of a folder, with the usual one for each of these metrics that has none. Raises ScenarioError."""
    return {name: usual(name) for name in metrics} | dict(read(folder))


def add(folder: Path, metrics: Iterable[str]) -> None:
    """Give these metrics their usual tolerance where the folder's file has none; what is in it stays. Raises BadInput.

    Lines are appended, so that comments stay.
    """
    path, known = folder / FILE, read(folder)
    missing = sorted(set(metrics) - known.keys())
    if not missing:
        return
    before = path.read_text(encoding="utf-8") if path.exists() else _HEAD
    rows = {name: usual(name).model_dump() for name in missing}
    lines = yaml.safe_dump(rows, sort_keys=False, default_flow_style=None, allow_unicode=True, width=1000)
    try:
        path.write_text(before.rstrip("\n") + "\n" + "".join(f"  {line}\n" for line in lines.splitlines()), "utf-8")
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}") from error
