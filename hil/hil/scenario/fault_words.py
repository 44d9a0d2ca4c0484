"""`--fault 'link_loss:share=0.05,at_s=3'`: the faults of a scenario, as words of a command line."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, ValidationError

from hil.core.errors import BadInput, ScenarioError, unknown_name
from hil.scenario import yaml_file
from hil.scenario.conditions import Fault
from hil.scenario.fields import Strict
from hil.scenario.messages import problems
from hil.scenario.model import AT_ONCE_MAX, Scenario
from hil.scenario.sanity import insane
from hil.scenario.shape import kind_of, models_in
from hil.scenario.source import Source

EXAMPLE = "such as link_loss:share=0.05,at_s=3"
_COMMA = re.compile(r",(?![^\[]*\])")  # one that is not inside of a list


class _Given(Strict):
    fault: Fault = Field()


KINDS = tuple(sorted(filter(None, map(kind_of, models_in(_Given.model_fields["fault"].annotation)))))


def fault_of(word: str) -> Fault:
    """The fault that `KIND` or `KIND:KEY=VALUE,…` says; values as in a scenario file. Raises BadInput in one line."""
    kind, _, rest = word.strip().partition(":")
    if kind not in KINDS:
        raise BadInput(f"--fault {word}: {unknown_name('fault', kind, KINDS)}", hint=EXAMPLE)
    mapping: dict[str, Any] = {"kind": kind}
    for part in _COMMA.split(rest) if rest.strip() else []:
        key, equals, text = part.partition("=")
        if not equals or not key.strip() or key.strip() == "kind":
            raise BadInput(f"--fault {word}: {part.strip()!r} is not key=value", hint=EXAMPLE)
        if key.strip() in mapping:
            raise BadInput(f"--fault {word}: {key.strip()} is given twice")
        try:
            mapping[key.strip()] = yaml_file.parse(f"value: {text}\n", "--fault").data["value"]
        except ScenarioError as error:
            raise BadInput(f"--fault {word}: {key.strip()}: {error.problem}", hint=error.hint) from None
    return fault_from(mapping, f"--fault {word}")


def fault_from(mapping: Mapping[str, Any], where: str) -> Fault:
    """The fault of a scenario's mapping. Raises BadInput, in one line that begins with `where`."""
    data = {"fault": dict(mapping)}
    try:
        return _Given.model_validate(data).fault
    except ValidationError as error:
        found = problems(error, _Given, data, Source())
        first = next((problem for problem in found if problem.text.startswith("unknown key")), found[0])
        key = first.key.removeprefix("fault").removeprefix(".")
        text = f"{key}: {first.text}" if key else first.text
        raise BadInput(f"{where}: {text}", hint=first.hint) from None


def with_faults(scenario: Scenario, faults: Sequence[Fault]) -> Scenario:
    """The scenario with these faults added to its own. Raises BadInput for one that comes when the flight is over."""
    if not faults:
        return scenario
    changed = scenario.model_copy(update={"faults": (*scenario.faults, *faults)})
    if len(changed.faults) > AT_ONCE_MAX:
        raise BadInput(f"--fault: more than {AT_ONCE_MAX} faults with the scenario's own")
    wrong = [problem for problem in insane(changed) if problem.key.startswith("faults.")]
    if wrong:
        raise BadInput(f"--fault: {wrong[0].text}", hint=wrong[0].hint)
    return changed
