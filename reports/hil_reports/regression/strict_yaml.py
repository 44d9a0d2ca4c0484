"""A YAML file as a strict model, every mistake with file, line and key: the way scenarios are read, for other files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from hil.core.errors import ScenarioError
from hil.scenario import yaml_file
from hil.scenario.messages import problems
from hil.scenario.source import Source

Content = TypeVar("Content", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[Content]):
    """What a file says, and where it says it."""

    content: Content
    source: Source

    def error(self, key: str, problem: str, hint: str = "") -> ScenarioError:
        """The error to raise about a key, with the line it stands on."""
        return self.source.error(key, problem, hint)


def load(path: Path, model: type[Content]) -> Loaded[Content]:
    """The file as `model`. Raises ScenarioError about the first thing wrong."""
    document = yaml_file.read(path)
    source = Source(path, document.lines, document.texts)
    try:
        return Loaded(model.model_validate(document.data), source)
    except ValidationError as error:
        raise source.error(*problems(error, model, document.data, source)[0]) from None
