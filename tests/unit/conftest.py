import pytest

from hil.log import LogInfo


@pytest.fixture
def info():
    """A simulated hover at 100 Hz, one second long."""
    return LogInfo(
        scenario="hover",
        task="hold",
        target="sim",
        controller="pid",
        controller_family="position-only",
        vehicle="cf21-identified",
        simulated=True,
        seed=7,
        repeat=0,
        rate_hz=100.0,
        planned_duration_s=1.0,
        judge_from_s=0.2,
        judge_to_s=0.8,
    )
