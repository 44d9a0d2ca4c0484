"""Every name a user can type, as strings: imported late, found early.

A new target, controller, metric or task is one new file and one line here. A test loads each entry.
"""

from importlib import import_module
from typing import Any

from hil.core.errors import BadInput, unknown_name

TARGETS = {
    "sim": "hil.targets.closed_loop:build_sim",
    "sil": "hil.targets.closed_loop:build_sil",
    "pil": "hil.targets.pil.target:build",
    "replay": "hil.targets.replay:build",
    "crazyflie": "hil.targets.crazyflie.build:build",
}

# those with a vehicle of their own: rehearsed in the simulator, then flown one at a time, an operator watching
VEHICLE_TARGETS = frozenset({"crazyflie"})

# those that can fly many repeats at once: (scenario, controller) -> PreparedBatch
BATCH_TARGETS = {
    "sim": "hil.targets.batch_loop:build_sim_batch",
    "sil": "hil.targets.batch_loop:build_sil_batch",
}

CONTROLLERS = {
    "geometric": "hil_controllers.geometric:build",
    "pid": "hil_controllers.pid:build",
    "pid-firmware": "hil_controllers.pid_firmware:build",
}

CONTROLLER_PLUGINS = "hil.controllers"  # entry-point group: a name for a factory(vehicle) -> Controller

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
    "position_error_xy_rmse_m": "hil_reports.metrics.position:position_error_xy_rmse_m",
    "position_error_mean_m": "hil_reports.metrics.position:position_error_mean_m",
    "position_error_rmse_m": "hil_reports.metrics.position:position_error_rmse_m",
    "position_error_max_m": "hil_reports.metrics.position:position_error_max_m",
    "position_error_p95_m": "hil_reports.metrics.position:position_error_p95_m",
    "tube_share_10cm": "hil_reports.metrics.position:tube_share_10cm",
    "steady_state_error_m": "hil_reports.metrics.position:steady_state_error_m",
    "position_error_published_nanobench_m": "hil_reports.metrics.position:position_error_published_nanobench_m",
    "position_error_published_nanobench_mean_m": "hil_reports.metrics.position:position_error_published_nanobench_mean_m",  # noqa: E501
    "published_nanobench": "hil_reports.metrics.position:position_error_published_nanobench_m",  # short for it
    "settling_time_s": "hil_reports.metrics.step:settling_time_s",
    "overshoot_share": "hil_reports.metrics.step:overshoot_share",
    "velocity_error_rmse_m_s": "hil_reports.metrics.tracking:velocity_error_rmse_m_s",
    "yaw_error_mean_rad": "hil_reports.metrics.tracking:yaw_error_mean_rad",
    "tracking_lag_s": "hil_reports.metrics.tracking:tracking_lag_s",
    "tilt_p95_rad": "hil_reports.metrics.attitude:tilt_p95_rad",
    "tilt_max_rad": "hil_reports.metrics.attitude:tilt_max_rad",
    "limit_cycle_frequency_hz": "hil_reports.metrics.oscillation:limit_cycle_frequency_hz",
    "limit_cycle_tilt_rad": "hil_reports.metrics.oscillation:limit_cycle_tilt_rad",
    "motor_command_mean_fraction": "hil_reports.metrics.motors:motor_command_mean_fraction",
    "control_effort_fraction": "hil_reports.metrics.motors:control_effort_fraction",
    "saturation_share": "hil_reports.metrics.motors:saturation_share",
    "chatter_1_s": "hil_reports.metrics.motors:chatter_1_s",
    "onboard_position_error_mean_m": "hil_reports.metrics.estimate:onboard_position_error_mean_m",
    "onboard_position_error_xy_mean_m": "hil_reports.metrics.estimate:onboard_position_error_xy_mean_m",
    "onboard_position_error_rmse_m": "hil_reports.metrics.estimate:onboard_position_error_rmse_m",
    "estimate_error_rmse_m": "hil_reports.metrics.estimate:estimate_error_rmse_m",
    "survival_share": "hil_reports.metrics.flight:survival_share",
    "loop_time_p99_s": "hil_reports.metrics.flight:loop_time_p99_s",
    "round_trip_p99_s": "hil_reports.metrics.flight:round_trip_p99_s",
}


def load(table: dict[str, str], kind: str, name: str) -> Any:
    """The object behind a name. Raises BadInput naming the nearest known name."""
    if name not in table:
        raise BadInput(unknown_name(kind, name, table))
    module, attribute = table[name].split(":")
    return getattr(import_module(module), attribute)
