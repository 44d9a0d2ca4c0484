import math

import pytest

from hil.core.frames import quat_from_euler
from hil.core.types import Command, Sample, Setpoint, State


def _sample(tick):
    t_s = tick / 100
    state = State(
        (math.sin(t_s), 0.1 * t_s, 1.0), (math.cos(t_s), 0.1, 0.0), quat_from_euler(0.1, 0.2, t_s), (0.0, 0.0, 1.0)
    )
    return Sample(
        tick, t_s, Setpoint((0.0, 0.0, 1.0), yaw=t_s), state, Command((0.5, 0.6, 0.7, 0.8)), state, 3.7, 1e-4, 2e-3
    )


@pytest.fixture
def sample():
    """Builder of one plausible row: `sample(tick)`."""
    return _sample
