"""How hard and how nervously the motors are driven: commands u, fraction 0..1, rows that carry one."""

import numpy as np
from numpy.typing import NDArray

from hil.log import Log
from hil_reports.metrics.averages import mean, rms
from hil_reports.metrics.metric import metric, recorded
from hil_reports.metrics.windows import NotMeasurable, Window

LOW, HIGH = 0.001, 0.999


def _commanded(log: Log) -> NDArray[np.bool_]:
    return log.judged() & np.isfinite(recorded(log.motors, "motor command")).all(axis=1)


COMMANDED = Window("judged, rows with a motor command", _commanded)


@metric(unit="1", window=COMMANDED)
def motor_command_mean_fraction(log: Log) -> float:
    """Mean command over the four motors: how much of the thrust reserve the flight takes."""
    return mean(log.motors)


@metric(unit="1", window=COMMANDED)
def control_effort_fraction(log: Log) -> float:
    """Root mean square of each motor's command about that motor's own mean: the work beyond holding the weight."""
    motors = log.motors
    return rms(motors - np.array([mean(motor) for motor in motors.T]))


@metric(unit="1", window=COMMANDED)
def saturation_share(log: Log) -> float:
    """Share of the motor commands at a stop: at most 0.001 or at least 0.999."""
    return float(np.mean((log.motors <= LOW) | (log.motors >= HIGH)))


@metric(unit="1/s", window=COMMANDED)
def chatter_1_s(log: Log) -> float:
    """Sum of the absolute changes of a motor's command, per second of flight; mean over the four motors."""
    span_s = float(log["t_s"][-1] - log["t_s"][0])
    if span_s <= 0.0:
        raise NotMeasurable("needs two rows with a motor command")
    steps = np.abs(np.diff(log.motors, axis=0))
    return mean(steps) * len(steps) / span_s
