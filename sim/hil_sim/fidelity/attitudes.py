"""Quaternions of many windows at once: xyzw in the last axis, body to world, any leading shape."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def product(a: Array, b: Array) -> Array:
    """Hamilton product a ⊗ b: first turn by b, then by a."""
    ax, ay, az, aw = np.moveaxis(a, -1, 0)
    bx, by, bz, bw = np.moveaxis(b, -1, 0)
    turned: Array = np.stack(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ],
        axis=-1,
    )
    return turned


def inverse(q: Array) -> Array:
    """The turn back, for unit quaternions."""
    back: Array = q * np.array([-1.0, -1.0, -1.0, 1.0])
    return back


def to_world(q: Array, body: Array) -> Array:
    """A vector (..., 3) in body axes, in world axes."""
    axis, w = q[..., :3], q[..., 3:]
    twice = 2.0 * np.cross(axis, body)
    rotated: Array = body + w * twice + np.cross(axis, twice)
    return rotated


def turn_by(vector_rad: Array) -> Array:
    """The quaternion of a rotation vector (..., 3), rad."""
    half = 0.5 * np.linalg.norm(vector_rad, axis=-1, keepdims=True)
    quat: Array = np.concatenate([0.5 * np.sinc(half / np.pi) * vector_rad, np.cos(half)], axis=-1)
    return quat


def rotation_vector(q: Array) -> Array:
    """The rotation vector (..., 3) of a unit quaternion, rad, of the shorter way round."""
    signed = np.where(q[..., 3:] < 0, -q, q)
    length = np.linalg.norm(signed[..., :3], axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(length, signed[..., 3:])
    scale = np.divide(angle, length, out=np.full_like(length, 2.0), where=length > 0)
    vector: Array = scale * signed[..., :3]
    return vector


def angle_between(a: Array, b: Array) -> Array:
    """Angle of the turn from one attitude to the other, rad, 0..π."""
    apart: Array = np.linalg.norm(rotation_vector(product(inverse(a), b)), axis=-1)
    return apart
