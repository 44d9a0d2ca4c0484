"""Is it still the same task? Hashes of what is flown, not of how it is written down.

Comments, descriptions, rationales, the number of repeats and folders do not count; nor do keys at their default, so
that a new key of the format leaves the hashes of files that do not use it.
"""

import hashlib
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from hil.core.vehicle import Vehicle
from hil.manifest import sha256_of
from hil.scenario.model import Scenario
from hil.vehicle_choice import vehicle_of

DIGITS = 16  # of the hash: enough to tell apart, short enough to read
_WORDS = ("description", "repeats", "vehicle")  # the vehicle has a hash of its own


def scenario_hash(scenario: Scenario) -> str:
    """Of the task, its conditions and its criteria; files it names count by content. Raises BadInput."""
    data = scenario.model_dump(mode="json", exclude_defaults=True)
    for word in _WORDS:
        data.pop(word, None)
    for criterion in data.get("criteria", ()):
        for limit in (criterion, *criterion.get("limits", ())):
            limit.pop("rationale", None)
    task = data["task"]
    for key in {"file", "flight"} & task.keys():
        task[key] = task[key] and sha256_of(Path(task[key]))
    return _hash(data)


def vehicle_hash(scenario: Scenario) -> str:
    """Of the numbers of the scenario's vehicle, with its battery as charged. Raises ScenarioError."""
    vehicle = vehicle_of(scenario)
    return _hash({name: repr(value) for name, value in _stated(vehicle).items()})


def _stated(vehicle: Vehicle) -> dict[str, Any]:
    values = {field.name: (getattr(vehicle, field.name), field.default) for field in fields(vehicle)}
    return {name: value for name, (value, default) in values.items() if value != default and name != "name"}


def _hash(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:DIGITS]
