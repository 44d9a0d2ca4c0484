"""Gains of the feed-forward controllers, by pole placement from the vehicle's motor lag.

Led by the model in rotors.py the forces approach what is wanted with a time constant T, shorter than the motors' own τ.
With angular acceleration k_R e_R − k_ω ω asked of them, tilt obeys

    T s³ + s² + k_ω s + k_R,   k_ω = 0.7 / T,  k_R = 0.1125 / T²   ⇒   T s = −0.21 and −0.39 ± 0.61 j

and position, ω = 0.08 / T with ζ = 0.74, is two and a half times slower than the slowest of these.

Inertia and arms need no gain: accelerations are turned into forces by the nominal model.
"""

from dataclasses import dataclass
from typing import Self

from hil.core.vehicle import Vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Gains:
    """What the loops multiply with, per unit mass or inertia."""

    rotor_lag_s: float  # T
    tilt_1_s2: float
    tilt_rate_1_s: float
    heading_1_s2: float
    heading_rate_1_s: float
    position_1_s2: float
    velocity_1_s: float
    integral_1_s3: float
    observer_rad_s: float

    @classmethod
    def of(cls, vehicle: Vehicle, dt_s: float) -> Self:
        """Gains for this vehicle, controlled every `dt_s`.

        T = τ / 6, τ the mean of up and down, so that full command still moves the rotors where a lead asks for it, but
        at least 25 ms: below that an estimator's 20 ms and the uncertainty of τ itself are as large as T.
        """
        lag_s = max(0.025, 1.5 * dt_s, (vehicle.motor_tau_up_s + vehicle.motor_tau_down_s) / 12)
        return cls(
            rotor_lag_s=lag_s,
            tilt_1_s2=0.1125 / lag_s**2,
            tilt_rate_1_s=0.7 / lag_s,
            heading_1_s2=0.00375 / lag_s**2,
            heading_rate_1_s=0.125 / lag_s,
            position_1_s2=0.0065 / lag_s**2,
            velocity_1_s=0.12 / lag_s,
            integral_1_s3=0.06 * 0.0065 * 0.12 / lag_s**3,  # 6 % of k_p k_v, at which it would swing
            observer_rad_s=0.25 / lag_s,
        )
