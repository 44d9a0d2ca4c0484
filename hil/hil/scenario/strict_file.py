"""Any YAML file whose content is one strict model: read, checked, and its mistakes told as a scenario's are."""

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from hil.scenario import yaml_file
from hil.scenario.fields import Strict
from hil.scenario.messages import gathered, problems
from hil.scenario.source import Source

Model = TypeVar("Model", bound=Strict)


def load(model: type[Model], path: Path) -> tuple[Model, Source]:
    """The model in a file and the lines of its keys. Raises ScenarioError with file, line and key."""
    document = yaml_file.read(path)
    source = Source(path, document.lines, document.texts)
    try:
        return model.model_validate(document.data, context={"folder": path.parent}), source
    except ValidationError as error:
        raise gathered(problems(error, model, document.data, source), source) from None
