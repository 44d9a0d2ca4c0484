"""How well anything could hover behind the sensors `real-2026`: the error of the best estimator there can be.

    python benchmarks/hover_limit.py

A Kalman filter that knows the vehicle, every standard deviation and every correlation time, and has watched for ever,
still errs by P, the solution of its Riccati equation; a controller that acts on what it sees cannot hold a point more
closely than that. Per axis: position, velocity, tilt, the errors of their measurements (first-order Gauss-Markov) and
the residual acceleration; tilt is integrated from the gyro. Lag, motors and battery are left out, so this is a lower
bound. Simulated noise only: nothing here is a measurement of a real vehicle.
"""

import math

import numpy as np
from scipy.linalg import solve_discrete_are

from hil.core.vehicle import GRAVITY_M_S2
from hil.scenario.sensor_presets import REAL_2026
from hil_sim.noise import correlation_s
from hil_sim.vehicle_files import load_vehicle

DT_S = 0.01


def position_std_m(axis: int) -> float:
    """Standard deviation of the best estimate of one horizontal axis (0 or 1), m."""
    sensors, residual = REAL_2026, load_vehicle("cf21-identified").residual
    assert residual is not None
    keeps = math.exp(-DT_S / sensors.noise_correlation_s)
    pushes = math.exp(-DT_S / correlation_s(residual.force_cutoff_hz))
    tilt = 1 - axis  # x is held by pitch, y by roll
    fresh = 1.0 - keeps**2
    move = np.diag([1.0, 1.0, 1.0, keeps, keeps, keeps, pushes])
    move[0, 1] = DT_S
    move[1, 2], move[1, 6] = GRAVITY_M_S2 * DT_S, DT_S
    chance = np.diag(
        [
            0.0,
            0.0,
            (sensors.rates_noise_rad_s[tilt] * DT_S) ** 2,
            sensors.position_noise_m[axis] ** 2 * fresh,
            sensors.velocity_noise_m_s[axis] ** 2 * fresh,
            sensors.attitude_noise_rad[tilt] ** 2 * fresh,
            residual.force_std_m_s2[axis] ** 2 * (1.0 - pushes**2),
        ]
    )
    seen = np.zeros((3, 7))
    for k in range(3):
        seen[k, k] = seen[k, k + 3] = 1.0
    error = solve_discrete_are(move.T, seen.T, chance + 1e-14 * np.eye(7), 1e-10 * np.eye(3))
    return float(math.sqrt(error[0, 0]))


def main() -> None:
    """Print the limit."""
    x, y = position_std_m(0), position_std_m(1)
    mean = math.sqrt(math.pi / 2) * math.sqrt((x * x + y * y) / 2)  # of a length with Gaussian parts, nearly equal
    print(f"best estimate: ±{x:.4f} m in x, ±{y:.4f} m in y; mean distance, horizontal {mean:.4f} m")


if __name__ == "__main__":
    main()
