"""Angular acceleration that comes with motion, not from the rotors: gyroscopic, drag above the centre, damping."""

from hil.core.frames import Matrix3
from hil.core.types import Vec3
from hil.core.vehicle import Vehicle


class PassiveTorque:
    """The nominal vehicle's passive angular acceleration, (J⁻¹)(−ω × J ω + h ẑ × F_drag) − d ω, rad/s²."""

    def __init__(self, vehicle: Vehicle) -> None:
        jx, jy, jz = vehicle.inertia_kg_m2
        dx, dy, _ = vehicle.drag_1_s
        self._gyroscopic = ((jy - jz) / jx, (jz - jx) / jy, (jx - jy) / jz)
        self._roll = vehicle.drag_height_y_m * vehicle.mass_kg * dy / jx  # per sideways speed
        self._pitch = -vehicle.drag_height_x_m * vehicle.mass_kg * dx / jy  # per forward speed
        self._damping = vehicle.rate_damping_1_s

    def acceleration(self, rates: Vec3, velocity: Vec3, R_world_body: Matrix3) -> Vec3:
        """Body axes, rad/s², at these body rates and this world velocity."""
        (wx, wy, wz), (vx, vy, vz) = rates, velocity
        (r11, r12, _), (r21, r22, _), (r31, r32, _) = R_world_body
        gx, gy, gz = self._gyroscopic
        damping = self._damping
        return (
            gx * wy * wz + self._roll * (r12 * vx + r22 * vy + r32 * vz) - damping * wx,
            gy * wz * wx + self._pitch * (r11 * vx + r21 * vy + r31 * vz) - damping * wy,
            gz * wx * wy - damping * wz,
        )
