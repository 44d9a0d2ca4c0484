"""Observation in numpy, of one vehicle or of many: the definition that compiled kernels and C must equal, bit for bit.

Shapes are those of one vehicle; of n vehicles all of them have (n,) in front.
"""

import numpy as np

from hil_controllers.network.contract import Contract
from hil_controllers.network.layers import Float32

ONE, TWO = np.float32(1), np.float32(2)


def observe(state: Float32, setpoint: Float32, integral: Float32, history: Float32, contract: Contract) -> Float32:
    """Observation (inputs,) of a state (13,) and a set-point (11,), columns as in `hil.core.arrays`.

    `integral` (3,) is that of this step, `history` (k, 4) the actions before it.
    """
    error = position_error(state, setpoint, contract)
    if contract.integral is not None:
        error = within(error + integral, contract.position_clip_m)
    wanted = said(setpoint[..., 3:6]) + np.float32(contract.velocity_lead_s) * said(setpoint[..., 6:9])
    velocity = within(state[..., 3:6] - wanted, contract.velocity_clip_m_s)
    past = history.reshape(*history.shape[:-2], 4 * contract.action_history)
    return np.concatenate((error, rotation(state[..., 6:10]), velocity, state[..., 10:13], past), axis=-1)


def position_error(state: Float32, setpoint: Float32, contract: Contract) -> Float32:
    """Difference p − p_lead, clipped, (3,)."""
    wanted = setpoint[..., 0:3] + np.float32(contract.position_lead_s) * said(setpoint[..., 3:6])
    return within(state[..., 0:3] - wanted, contract.position_clip_m)


def said(values: Float32) -> Float32:
    """The values, 0 where nothing is said."""
    return np.where(np.isnan(values), np.float32(0), values)


def integrated(integral: Float32, state: Float32, setpoint: Float32, contract: Contract) -> Float32:
    """The integral of the position error one step on, (3,); zero for a contract without one."""
    if contract.integral is None:
        return integral
    gain = np.float32(contract.integral.gain_1_s / contract.rate_hz)
    return within(integral + gain * position_error(state, setpoint, contract), contract.integral.limit_m)


def rotation(quat_xyzw: Float32) -> Float32:
    """R_world_body by rows, (9,)."""
    x, y, z, w = np.moveaxis(quat_xyzw, -1, 0)
    return np.stack(
        (
            *(ONE - TWO * (y * y + z * z), TWO * (x * y - w * z), TWO * (x * z + w * y)),
            *(TWO * (x * y + w * z), ONE - TWO * (x * x + z * z), TWO * (y * z - w * x)),
            *(TWO * (x * z - w * y), TWO * (y * z + w * x), ONE - TWO * (x * x + y * y)),
        ),
        axis=-1,
    )


def within(values: Float32, limit: float) -> Float32:
    """The values, each within ±limit."""
    most = np.float32(limit)
    return np.minimum(np.maximum(values, -most), most)
