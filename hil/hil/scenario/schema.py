"""The scenario format as JSON Schema, for editors that complete and check YAML."""

from typing import Any

from hil.registry import METRICS, TARGETS
from hil.scenario.criteria import FAMILIES
from hil.scenario.model import Scenario
from hil.scenario.sensor_presets import PRESETS


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a scenario file, with presets, metrics and targets by name."""
    schema = Scenario.model_json_schema()
    definitions = schema["$defs"]
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    preset = {"type": "string", "enum": sorted(PRESETS)}
    definitions["Sensors"]["properties"]["preset"] = {
        **preset,
        "title": "Preset",
        "description": "what the other keys start from",
    }
    schema["properties"]["sensors"] = {
        "title": "Sensors",
        "description": schema["properties"]["sensors"]["description"],
        "anyOf": [preset, {"$ref": "#/$defs/Sensors"}],
    }
    definitions["Criterion"]["properties"]["metric"]["enum"] = sorted(METRICS)
    limit = definitions["Limit"]["properties"]
    limit["target"]["anyOf"][0]["enum"] = sorted(TARGETS)
    limit["family"]["anyOf"][0]["enum"] = sorted(FAMILIES)
    return schema
