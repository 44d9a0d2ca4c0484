"""A new scenario to edit."""

_TEMPLATE = """\
# A task for the bench. Every key, its unit and its default: scenarios/README.md.
version: 1
name: {name}
description: Hold a point one metre up; say here what this task is for.
vehicle: cf21-identified # or the path of a .toml beside this file
duration_s: 20
rate_hz: 100 # of the log; must divide 1000
start: {{position_m: [0, 0, 1], yaw_deg: 0}} # add spread: {{…}} to start somewhere else each time
task: {{kind: hold, position_m: [0, 0, 1]}} # or figure_eight, circle, helix, square, waypoints, step, polynomial
sensors: real-2026 # none = perfect
# disturbances: [{{kind: gust, at_s: 8, force_world_n: [0.02, 0, 0], for_s: 0.5}}]
# randomise: {{mass: 0.2}}
# faults: [{{kind: motor_efficiency, motor: 1, factor: 0.9, at_s: 5}}]
safety: {{geofence_m: [1.5, 1.5, 2.5], tilt_deg: 60}} # left: the flight is cut short
criteria:
  - metric: position_error_mean_m
    limit: 0.3
    rationale: a placeholder; say what the task needs
repeats: 1 # flights, each with its own chance
seed: 1
"""


def template(name: str) -> str:
    """A commented scenario called `name` that loads as it is."""
    return _TEMPLATE.format(name=name)
