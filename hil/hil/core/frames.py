"""Rotations. World z up, body FLU, quaternions `xyzw` body to world; `R_world_body` maps body vectors to world."""

import math

from hil.core.types import Quat, Vec3

Matrix3 = tuple[Vec3, Vec3, Vec3]  # rows


def rotation_matrix(quat_xyzw: Quat) -> Matrix3:
    """R_world_body of a unit quaternion, as three rows."""
    x, y, z, w = quat_xyzw
    return (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )


def tilt(quat_xyzw: Quat) -> float:
    """Angle between body z and world z, rad, 0..π."""
    x, y, _, _ = quat_xyzw
    return math.acos(max(-1.0, min(1.0, 1 - 2 * (x * x + y * y))))


def euler_zyx(quat_xyzw: Quat) -> Vec3:
    """(roll, pitch, yaw) in rad, right-handed about body x, y, z: positive pitch is nose down in FLU."""
    x, y, z, w = quat_xyzw
    roll = math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    pitch = math.asin(max(-1.0, min(1.0, 2 * (w * y - z * x))))
    return (roll, pitch, math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)))


def quat_from_euler(roll: float, pitch: float, yaw: float) -> Quat:
    """Unit quaternion `xyzw` of ZYX Euler angles in rad."""
    cr, sr = math.cos(roll / 2), math.sin(roll / 2)
    cp, sp = math.cos(pitch / 2), math.sin(pitch / 2)
    cy, sy = math.cos(yaw / 2), math.sin(yaw / 2)
    return (
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
        cr * cp * cy + sr * sp * sy,
    )


def quat_multiply(a: Quat, b: Quat) -> Quat:
    """Rotation b followed by rotation a (Hamilton product a ⊗ b), `xyzw`."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def wrap_angle(angle: float) -> float:
    """The same angle in [−π, π)."""
    return (angle + math.pi) % (2 * math.pi) - math.pi
