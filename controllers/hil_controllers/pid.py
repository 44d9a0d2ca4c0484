"""Cascaded PID with velocity and acceleration feed-forward, and lags compensated where they are known.

    a    = a_ref + T_a j_ref + D v_ref + k_p e_p + k_i ∫e_p + k_d (v_ref − v)        at 100 Hz, world
    roll, pitch, thrust: those at which thrust over mass is a + g ẑ; then inner_loop.py at 500 Hz

T_a is the first-order lag of the attitude loop, so the reference's acceleration is asked for T_a early (j_ref is its
slope); D v_ref carries the nominal drag. Behind it stands the firmware's inner structure with gains placed for this
vehicle's torque gain and motor lag, and the motors led (actuation.py): with T the time constant that the lead leaves,
tilt obeys T s³ + s² + k_ω s + k_R, k_ω = 0.7 / T, k_R = 0.1125 / T² as in geometric.py, hence attitude gain k_R / k_ω
and T_a = k_ω / k_R. The integral of the rate loop carries unequal motors.
"""

import math
from dataclasses import dataclass
from typing import Self

from hil.core.interfaces import Controller, OuterLoop
from hil.core.types import ZERO3, AttitudeThrust, Setpoint, State, Vec3
from hil.core.vehicle import GRAVITY_M_S2, Vehicle
from hil_controllers.actuation import LeadActuation
from hil_controllers.inner_loop import INNER_RATE_HZ, MOTOR_UNITS, Cascade, InnerGains, InnerLoop
from hil_controllers.pid_axis import PidGains

OUTER_RATE_HZ = 100
POSITION_ERROR_MAX_M = 0.5
LATERAL_MAX_M_S2 = 5.0
VERTICAL_MAX_M_S2 = 0.38 * GRAVITY_M_S2
INTEGRAL_MAX_M_S2 = (1.5, 1.5, 3.0)
JERK_LAG_S = 0.02
