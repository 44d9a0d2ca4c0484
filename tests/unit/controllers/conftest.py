"""Flights of a controller in the simulator, and what is measured of them."""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from hil.core.frames import tilt
from hil.core.types import LEVEL, ZERO3, Start, State
from hil.scenario.conditions import Sensors
from hil.targets.closed_loop import ClosedLoop
from hil_sim.quadrotor import Quadrotor
from hil_sim.sensing import Sensing
from hil_sim.vehicle_files import load_vehicle

LOG_HZ = 100


class NoClock:
    def now_s(self):
        return 0.0


@dataclass(frozen=True)
class Flown:
    t_s: np.ndarray
    position: np.ndarray
    reference: np.ndarray
    tilt_deg: np.ndarray

    def after(self, t_s):
        keep = self.t_s >= t_s
        return Flown(self.t_s[keep], self.position[keep], self.reference[keep], self.tilt_deg[keep])

    @property
    def error_xy(self):
        return np.hypot(*(self.position - self.reference)[:, :2].T)

    @property
    def mean_xy_m(self):
        return float(self.error_xy.mean())

    @property
    def rmse_xy_m(self):
        return float(np.sqrt((self.error_xy**2).mean()))

    @property
    def final_error_m(self):
        return float(np.linalg.norm(self.position[-1] - self.reference[-1]))


def fly_once(controller, vehicle, at, duration_s, *, seed=1, sensors=None, start=None, **plant):
    sensors = sensors or Sensors()
    quadrotor = Quadrotor(load_vehicle(vehicle), action_delay_s=sensors.action_delay_s, **plant)
    target = ClosedLoop(
        name="sim",
        plant=quadrotor,
        controller=controller,
        sensing=Sensing(sensors),
        rate_hz=LOG_HZ,
        clock=NoClock(),
    )
    target.reset(start or Start(State(at(0.0).position, ZERO3, LEVEL, ZERO3)), seed=seed)
    samples = [target.step(at(k / LOG_HZ))[0] for k in range(round(duration_s * LOG_HZ))]
    return Flown(
        np.array([s.t_s for s in samples]),
        np.array([s.state.position for s in samples]),
        np.array([s.setpoint.position for s in samples]),
        np.array([math.degrees(tilt(s.state.attitude)) for s in samples]),
    )


@pytest.fixture
def fly():
    return fly_once
