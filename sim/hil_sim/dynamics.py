"""The equations of motion, as straight-line expressions: one source for floats, arrays and a compiler.

State s, 17 scalars: position p (world, m), attitude q (xyzw, body to world), velocity v (world, m/s), rates ω (body,
rad/s), motor states m1..m4 (unitless). Inputs, 10 scalars: steady motor states, external force f (world, N), external
torque τ (body, N m). With R = R_world_body(q), v_b = Rᵀ v, D the drag per unit mass and J diagonal:

    ṁ_i = a e_i + b |e_i|,  e_i = steady_i − m_i      a ± b = 1 / τ_up, 1 / τ_down: a lag that differs up and down
    T_i = η_i (c0 + c1 m_i + c2 m_i²)                 Ṫ_i = η_i (c1 + 2 c2 m_i) ṁ_i
    ṗ = v                                             q̇ = ½ q ⊗ (ω, 0)
    v̇ = R ((0, 0, ΣT / M) − D v_b) + f / M − (0, 0, g)
    J ω̇ = Σ (r_i × T_i ẑ) + ẑ κ Σ σ_i (T_i + t_z Ṫ_i) + h × F_drag + τ − ω × (J ω − H Σ σ_i m_i ẑ) − d J ω

κ is torque per thrust, t_z the zero that the inertia of the rotors puts into yaw, d the damping of the rates, H the
angular momentum of a rotor at motor state 1, turning against the torque σ_i that it leaves on the body. The drag force
F_drag = −M D v_b acts h above the centre of gravity: blade flapping and drag of the rotors pitch a quadrotor back as it
moves (Mahony, Kumar, Corke 2012, "Multirotor aerial vehicles", IEEE RAM 19(3), and references there).

Sums over rotors are a common part times sums and differences, plus what each rotor differs by, which is zero for a
symmetric vehicle and then left out of the compiled batch: Σ y_i T_i = ȳ ((T_3 + T_4) − (T_1 + T_2)) + Σ y'_i T_i, with
ȳ = (y_3 + y_4 − y_1 − y_2) / 4; likewise x with (T_1 + T_4) − (T_2 + T_3), and κ σ and H σ with (2 + 4) − (1 + 3).

Only + − × ÷ and |·| are used here, so that every backend that obeys IEEE 754 without contraction gives equal bits.
"""

from collections.abc import Callable
from typing import Any

from hil.core.types import Vec4
from hil.core.vehicle import GRAVITY_M_S2, Vehicle

Scalars = tuple[Any, ...]  # of floats, or of arrays of one shape


def constants(vehicle: Vehicle, efficiency: Vec4 = (1.0, 1.0, 1.0, 1.0)) -> Scalars:
    """What `derivative` needs of a vehicle, in its order; `efficiency` is η, thrust of each rotor over nominal."""
    jx, jy, jz = vehicle.inertia_kg_m2
    up, down = 1.0 / vehicle.motor_tau_up_s, 1.0 / vehicle.motor_tau_down_s
    return (
        (up + down) / 2,
        (up - down) / 2,
        *vehicle.thrust_n,
        *efficiency,
        *_parted(vehicle.rotor_x_m, (1.0, -1.0, -1.0, 1.0)),
        *_parted(vehicle.rotor_y_m, (-1.0, -1.0, 1.0, 1.0)),
        *_parted(_signed(vehicle, vehicle.torque_per_thrust_m), _TURN),
        vehicle.yaw_zero_s,
        *vehicle.drag_1_s,
        vehicle.drag_height_x_m * vehicle.mass_kg,
        vehicle.drag_height_y_m * vehicle.mass_kg,
        vehicle.rate_damping_1_s,
        jy - jz,
        jz - jx,
        jx - jy,
        1.0 / jx,
        1.0 / jy,
        1.0 / jz,
        1.0 / vehicle.mass_kg,
        GRAVITY_M_S2,
        *_parted(_signed(vehicle, vehicle.rotor_momentum_kg_m2_s), _TURN),
    )


_TURN: Vec4 = (-1.0, 1.0, -1.0, 1.0)


def _signed(vehicle: Vehicle, size: float) -> Vec4:
    s1, s2, s3, s4 = vehicle.rotor_torque_sign
    return (s1 * size, s2 * size, s3 * size, s4 * size)


def _parted(rotors: Vec4, pattern: Vec4) -> Scalars:
    """Common part of what four rotors have, signed as in `pattern`, and what each differs by."""
    common = sum(sign * value for sign, value in zip(pattern, rotors, strict=True)) / 4
    return (common, *(value - sign * common for sign, value in zip(pattern, rotors, strict=True)))


def derivative(state: Scalars, inputs: Scalars, constants: Scalars) -> Scalars:
    """Time derivative of the 17 states, in their order."""
    _, _, _, qx, qy, qz, qw, vx, vy, vz, wx, wy, wz, m1, m2, m3, m4 = state
    s1, s2, s3, s4, fx, fy, fz, tx, ty, tz = inputs
    lag_a, lag_b, c0, c1, c2, n1, n2, n3, n4 = constants[:9]
    x0, x1, x2, x3, x4, y0, y1, y2, y3, y4, k0, k1, k2, k3, k4 = constants[9:24]
    yaw_zero, dx, dy, dz, hx_mass, hy_mass, damping, jyz, jzx, jxy, ijx, ijy, ijz, imass, gravity = constants[24:39]
    g0, g1, g2, g3, g4 = constants[39:]

    e1, e2, e3, e4 = s1 - m1, s2 - m2, s3 - m3, s4 - m4
    dm1 = lag_a * e1 + lag_b * abs(e1)
    dm2 = lag_a * e2 + lag_b * abs(e2)
    dm3 = lag_a * e3 + lag_b * abs(e3)
    dm4 = lag_a * e4 + lag_b * abs(e4)

    thrust1 = n1 * (c0 + (c1 + c2 * m1) * m1)
    thrust2 = n2 * (c0 + (c1 + c2 * m2) * m2)
    thrust3 = n3 * (c0 + (c1 + c2 * m3) * m3)
    thrust4 = n4 * (c0 + (c1 + c2 * m4) * m4)
    c22 = c2 + c2
    lead1 = thrust1 + yaw_zero * (n1 * ((c1 + c22 * m1) * dm1))
    lead2 = thrust2 + yaw_zero * (n2 * ((c1 + c22 * m2) * dm2))
    lead3 = thrust3 + yaw_zero * (n3 * ((c1 + c22 * m3) * dm3))
    lead4 = thrust4 + yaw_zero * (n4 * ((c1 + c22 * m4) * dm4))

    xx, yy, zz = qx * qx, qy * qy, qz * qz
    xy, xz, yz = qx * qy, qx * qz, qy * qz
    xw, yw, zw = qx * qw, qy * qw, qz * qw
    r00, r01, r02 = 1.0 - 2.0 * (yy + zz), 2.0 * (xy - zw), 2.0 * (xz + yw)
    r10, r11, r12 = 2.0 * (xy + zw), 1.0 - 2.0 * (xx + zz), 2.0 * (yz - xw)
    r20, r21, r22 = 2.0 * (xz - yw), 2.0 * (yz + xw), 1.0 - 2.0 * (xx + yy)

    drag_x = dx * (r00 * vx + r10 * vy + r20 * vz)
    drag_y = dy * (r01 * vx + r11 * vy + r21 * vz)
    drag_z = dz * (r02 * vx + r12 * vy + r22 * vz)
    right, left = thrust1 + thrust2, thrust3 + thrust4
    front, back = thrust1 + thrust4, thrust2 + thrust3
    lift = imass * (right + left) - drag_z

    uneven_x = (y1 * thrust1 + y2 * thrust2) + (y3 * thrust3 + y4 * thrust4)
    uneven_y = (x1 * thrust1 + x2 * thrust2) + (x3 * thrust3 + x4 * thrust4)
    uneven_z = (k1 * lead1 + k2 * lead2) + (k3 * lead3 + k4 * lead4)
    spin = g0 * ((m2 + m4) - (m1 + m3)) + ((g1 * m1 + g2 * m2) + (g3 * m3 + g4 * m4))
    moment_x = ((y0 * (left - right) + uneven_x) + hy_mass * drag_y) + (tx + spin * wy)
    moment_y = ((x0 * (back - front) - uneven_y) - hx_mass * drag_x) + (ty - spin * wx)
    moment_z = (k0 * ((lead2 + lead4) - (lead1 + lead3)) + uneven_z) + tz

    hx, hy, hz = 0.5 * wx, 0.5 * wy, 0.5 * wz
    return (
        vx,
        vy,
        vz,
        (qw * hx + qy * hz) - qz * hy,
        (qw * hy + qz * hx) - qx * hz,
        (qw * hz + qx * hy) - qy * hx,
        -((qx * hx + qy * hy) + qz * hz),
        imass * fx + ((r02 * lift - r00 * drag_x) - r01 * drag_y),
        imass * fy + ((r12 * lift - r10 * drag_x) - r11 * drag_y),
        (imass * fz + ((r22 * lift - r20 * drag_x) - r21 * drag_y)) - gravity,
        ijx * (moment_x + jyz * (wy * wz)) - damping * wx,
        ijy * (moment_y + jzx * (wz * wx)) - damping * wy,
        ijz * (moment_z + jxy * (wx * wy)) - damping * wz,
        dm1,
        dm2,
        dm3,
        dm4,
    )


def normalised(state: Scalars, sqrt: Callable[[Any], Any]) -> Scalars:
    """The same state with a unit quaternion; `sqrt` is `math.sqrt` or `numpy.sqrt`, which round alike."""
    px, py, pz, qx, qy, qz, qw, vx, vy, vz, wx, wy, wz, m1, m2, m3, m4 = state
    scale = 1.0 / sqrt((qx * qx + qy * qy) + (qz * qz + qw * qw))
    return (px, py, pz, scale * qx, scale * qy, scale * qz, scale * qw, vx, vy, vz, wx, wy, wz, m1, m2, m3, m4)
