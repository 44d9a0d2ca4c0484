"""Gyro and accelerometer of a virtual vehicle, every millisecond: noise, bias, then the firmware's low-pass filters.

Noise is white in front of the filters and such that behind them it is what logs show in flight; the accelerometer is
quieter while the rotors stand. Figures: `docs/flights.md`'s recordings, above 15 Hz. The gyro's bias is what its
calibration at start-up leaves, below what recordings can show; that of the accelerometer was measured.
"""

import math

from hil.core.chance import rng
from hil.core.types import Vec3
from hil.core.vehicle import GRAVITY_M_S2
from hil.virtual_crazyflie.body import STEP_S, Body
from hil_sim.gyro_filter import GyroFilter
from hil_sim.noise import FlightNoise

GYRO_CUTOFF_HZ, ACCELEROMETER_CUTOFF_HZ = 80.0, 30.0
GYRO_NOISE_RAD_S: Vec3 = (0.0065, 0.0071, 0.0031)  # behind the filter
GYRO_BIAS_STD_RAD_S = 4e-4
ACCELEROMETER_NOISE_M_S2: Vec3 = (0.020, 0.026, 0.023)  # behind the filter, rotors turning
ACCELEROMETER_QUIET = 0.45  # rotors standing, over turning
ACCELEROMETER_BIAS_M_S2: Vec3 = (0.010 * GRAVITY_M_S2, -0.003 * GRAVITY_M_S2, 0.0)


class Imu:
    """What the firmware reads: rates in rad/s and specific force in m/s², both body."""

    def __init__(self, body: Body, seed: int) -> None:
        self._body = body
        through = [
            math.sqrt(_noise_bandwidth_hz(cutoff) / (0.5 / STEP_S))
            for cutoff in (GYRO_CUTOFF_HZ, ACCELEROMETER_CUTOFF_HZ)
        ]
        white = (0.0,) * 3
        self._gyro_noise = FlightNoise([n / through[0] for n in GYRO_NOISE_RAD_S], white, rng(seed, "gyro noise"))
        self._acceleration_noise = FlightNoise(
            [n / through[1] for n in ACCELEROMETER_NOISE_M_S2], white, rng(seed, "accelerometer noise")
        )
        bx, by, bz = (float(b) for b in GYRO_BIAS_STD_RAD_S * rng(seed, "gyro bias").standard_normal(3))
        self._gyro_bias = (bx, by, bz)
        self._gyro_filter = GyroFilter(GYRO_CUTOFF_HZ, body.state.rates)
        self._acceleration_filter = GyroFilter(ACCELEROMETER_CUTOFF_HZ, body.specific_force)
        self.rates: Vec3 = body.state.rates
        self.acceleration: Vec3 = body.specific_force

    def sample(self) -> None:
        """Read both, a millisecond after the last time."""
        body = self._body
        self._gyro_noise.advance(STEP_S)
        self._acceleration_noise.advance(STEP_S)
        (nx, ny, nz), (bx, by, bz), (fx, fy, fz) = self._gyro_noise.components, self._gyro_bias, body.gyro_bias_rad_s
        wx, wy, wz = body.state.rates
        self.rates = self._gyro_filter.advance((wx + nx + bx + fx, wy + ny + by + fy, wz + nz + bz + fz), STEP_S)
        nx, ny, nz = self._acceleration_noise.components
        loud = 1.0 if max(body.motors_fraction) > 0.0 else ACCELEROMETER_QUIET
        (ax, ay, az), (bx, by, bz) = body.specific_force, ACCELEROMETER_BIAS_M_S2
        self.acceleration = self._acceleration_filter.advance(
            (ax + loud * nx + bx, ay + loud * ny + by, az + loud * nz + bz), STEP_S
        )


def _noise_bandwidth_hz(cutoff_hz: float) -> float:
    """Bandwidth of white noise behind a second-order Butterworth low-pass: π / (2 √2) times its cut-off."""
    return math.pi / (2.0 * math.sqrt(2.0)) * cutoff_hz
