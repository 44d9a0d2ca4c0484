"""How hard a vehicle turns for a command: what an open-loop error must not be bought with.

A sluggish model predicts recorded flights better than the true one, because commands come with noise and with the
controller's answer to what the model does not see. So these numbers belong beside every open-loop error.
"""

from dataclasses import dataclass

from hil.core.vehicle import Vehicle


@dataclass(frozen=True, slots=True)
class Gain:
    """Angular acceleration per specific thrust difference between rotors, arm × mass / inertia; motor lag; damping."""

    roll_rad_s2_per_n_kg: float
    pitch_rad_s2_per_n_kg: float
    motor_lag_s: float  # mean of rising and falling
    rate_damping_1_s: float

    @property
    def fast_roll(self) -> float:
        """Roll gain over lag, what a step of command gives at once: rad/s³ per N/kg."""
        return self.roll_rad_s2_per_n_kg / self.motor_lag_s

    @property
    def fast_pitch(self) -> float:
        """Pitch gain over lag."""
        return self.pitch_rad_s2_per_n_kg / self.motor_lag_s


def gain_of(vehicle: Vehicle) -> Gain:
    """The gains that a vehicle file has."""
    arm_roll, arm_pitch = (sum(map(abs, arms)) / 4 for arms in (vehicle.rotor_y_m, vehicle.rotor_x_m))
    return Gain(
        roll_rad_s2_per_n_kg=arm_roll * vehicle.mass_kg / vehicle.inertia_kg_m2[0],
        pitch_rad_s2_per_n_kg=arm_pitch * vehicle.mass_kg / vehicle.inertia_kg_m2[1],
        motor_lag_s=0.5 * (vehicle.motor_tau_up_s + vehicle.motor_tau_down_s),
        rate_damping_1_s=vehicle.rate_damping_1_s,
    )
