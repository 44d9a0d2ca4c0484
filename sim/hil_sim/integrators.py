"""One step of an ordinary differential equation, for any derivative of a 17-tuple; inputs are held over the step.

Unrolled: a loop over a tuple costs a Python step half as much again, and keeps a compiler from making registers of it.
"""

from collections.abc import Callable

from hil_sim.dynamics import Scalars

Derivative = Callable[[Scalars, Scalars, Scalars], Scalars]


def euler(derivative: Derivative, state: Scalars, inputs: Scalars, constants: Scalars, h: float) -> Scalars:
    """State after `h` seconds, first order."""
    return advanced(state, derivative(state, inputs, constants), h)


def rk4(derivative: Derivative, state: Scalars, inputs: Scalars, constants: Scalars, h: float) -> Scalars:
    """State after `h` seconds, fourth order (the classical Runge-Kutta method)."""
    half = 0.5 * h
    a = derivative(state, inputs, constants)
    b = derivative(advanced(state, a, half), inputs, constants)
    c = derivative(advanced(state, b, half), inputs, constants)
    d = derivative(advanced(state, c, h), inputs, constants)
    return advanced(state, summed(a, b, c, d), h * (1.0 / 6.0))


def advanced(s: Scalars, k: Scalars, h: float) -> Scalars:
    """Sum s + h k."""
    s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15, s16 = s
    k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11, k12, k13, k14, k15, k16 = k
    return (
        s0 + h * k0,
        s1 + h * k1,
        s2 + h * k2,
        s3 + h * k3,
        s4 + h * k4,
        s5 + h * k5,
        s6 + h * k6,
        s7 + h * k7,
        s8 + h * k8,
        s9 + h * k9,
        s10 + h * k10,
        s11 + h * k11,
        s12 + h * k12,
        s13 + h * k13,
        s14 + h * k14,
        s15 + h * k15,
        s16 + h * k16,
    )


def summed(a: Scalars, b: Scalars, c: Scalars, d: Scalars) -> Scalars:
    """Sum a + 2 b + 2 c + d."""
    a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16 = a
    b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15, b16 = b
    c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16 = c
    d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12, d13, d14, d15, d16 = d
    return (
        (a0 + d0) + 2.0 * (b0 + c0),
        (a1 + d1) + 2.0 * (b1 + c1),
        (a2 + d2) + 2.0 * (b2 + c2),
        (a3 + d3) + 2.0 * (b3 + c3),
        (a4 + d4) + 2.0 * (b4 + c4),
        (a5 + d5) + 2.0 * (b5 + c5),
        (a6 + d6) + 2.0 * (b6 + c6),
        (a7 + d7) + 2.0 * (b7 + c7),
        (a8 + d8) + 2.0 * (b8 + c8),
        (a9 + d9) + 2.0 * (b9 + c9),
        (a10 + d10) + 2.0 * (b10 + c10),
        (a11 + d11) + 2.0 * (b11 + c11),
        (a12 + d12) + 2.0 * (b12 + c12),
        (a13 + d13) + 2.0 * (b13 + c13),
        (a14 + d14) + 2.0 * (b14 + c14),
        (a15 + d15) + 2.0 * (b15 + c15),
        (a16 + d16) + 2.0 * (b16 + c16),
    )
