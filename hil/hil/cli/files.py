"""Commands that write a file to start from: new, schema."""

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer


def new(
    name: Annotated[str, typer.Argument(help="Name of the scenario; the file is NAME.yaml.")],
    force: Annotated[bool, typer.Option(help="Overwrite.")] = False,
) -> None:
    """Write a commented scenario to start from."""
    from hil.core.errors import BadInput
    from hil.scenario.template import template

    path = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    text = template(_scenario_name(path.stem, given=name))
    try:
        if path.is_dir():
            raise BadInput(f"{path} is a folder")
        if path.exists() and not force:
            raise BadInput(f"{path} exists", hint="--force overwrites it")
        if not path.parent.is_dir():
            raise BadInput(f"{path.parent}: no such folder")
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}") from error
    print(f"{path}\nnext: hil run {shlex.quote(str(path))}")


def _scenario_name(name: str, *, given: str) -> str:
    """The name as YAML, quoted where it would be read as a number or a truth value. Raises BadInput."""
    import re

    import yaml

    from hil.core.errors import BadInput
    from hil.scenario.model import NAME_MAX, Scenario

    patterns = [rule.pattern for rule in Scenario.model_fields["name"].metadata if hasattr(rule, "pattern")]
    if not all(re.fullmatch(pattern, name) for pattern in patterns):
        raise BadInput(
            f"{given!r} cannot name a scenario",
            hint=f"at most {NAME_MAX} letters (a–z), digits, - _ and . beginning with a letter or a digit",
        )
    return name if name[0].isalpha() and yaml.safe_load(name) == name else f'"{name}"'


def schema() -> None:
    """Print the JSON schema of a scenario file, for editors."""
    from hil.scenario.schema import json_schema

    print(json.dumps(json_schema(), indent=2, sort_keys=True))
