"""Every name a user can type, as strings: imported late, found early.

A new target, controller, metric or task is one new file and one line here. A test loads each entry.
"""

from importlib import import_module
from typing import Any

from hil.core.errors import BadInput, unknown_name

TARGETS = {
    "sim": "hil.targets.closed_loop:build_sim",
    "replay": "hil.targets.replay:build",
}

CONTROLLERS = {
    "geometric": "hil_controllers.geometric:build",
    "pid": "hil_controllers.pid:build",
    "pid-firmware": "hil_controllers.pid_firmware:build",
}

TASKS = {
    "hold": "hil.references.hold:Hold",
    "step": "hil.references.hold:Step",
    "figure_eight": "hil.references.curves:FigureEight",
    "circle": "hil.references.curves:Circle",
    "helix": "hil.references.curves:Helix",
    "square": "hil.references.waypoints:Square",
    "waypoints": "hil.references.waypoints:Waypoints",
    "polynomial": "hil.references.polynomial:Polynomial",
    "recorded": "hil.references.recorded:Recorded",
}

METRICS = {
    "position_error_xy_mean_m": "hil_reports.metrics.position:position_error_xy_mean_m",
}


def load(table: dict[str, str], kind: str, name: str) -> Any:
    """The object behind a name. Raises BadInput naming the nearest known name."""
    if name not in table:
        raise BadInput(unknown_name(kind, name, table))
    module, attribute = table[name].split(":")
    return getattr(import_module(module), attribute)
