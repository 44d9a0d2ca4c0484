"""Where the vehicle is told it is: by a positioning system on board, or by what a client sends to port 6.

On board: position and yaw 100 times a second, 20 ms old, with a slow error of a centimetre and a fast one of
millimetres. 20 ms is the lag measured between motion capture and the estimate fed by it; a slow error of this size is
what lighthouse and radio positioning leave. From a client: as it comes, error and age being the client's.
"""

from typing import NamedTuple

from hil.core.chance import rng
from hil.core.frames import euler_zyx
from hil.core.types import Quat, Vec3
from hil.virtual_crazyflie.body import Body
from hil_sim.noise import FlightNoise

PERIOD_MS, AGE_MS = 10, 20
SLOW_M: Vec3 = (0.013, 0.013, 0.006)
SLOW_S = 1.0
FAST_M = 0.002
YAW_NOISE_RAD = 0.007  # 0.4°


class Fix(NamedTuple):
    """One measurement."""

    position: Vec3  # world, m
    yaw: float | None = None  # rad
    attitude: Quat | None = None  # xyzw
    position_std_m: float = 0.01
    attitude_std_rad: float = 0.05


class OnBoard:
    """A positioning system on board."""

    def __init__(self, body: Body, seed: int) -> None:
        self._body = body
        self._slow = FlightNoise((*SLOW_M, YAW_NOISE_RAD), (SLOW_S,) * 4, rng(seed, "positioning"))
        self._fast = FlightNoise((FAST_M,) * 3, (0.0,) * 3, rng(seed, "fast positioning"))

    def fix(self) -> Fix:
        """The next measurement, 10 ms after the last."""
        self._slow.advance(PERIOD_MS / 1000.0)
        self._fast.advance(PERIOD_MS / 1000.0)
        (then,) = self._body.truth([self._body.now_ms - AGE_MS])
        state = then.state if then is not None else self._body.state
        x, y, z = (
            true + slow + fast
            for true, slow, fast in zip(state.position, self._slow.components, self._fast.components, strict=False)
        )
        return Fix((x, y, z), yaw=euler_zyx(state.attitude)[2] + self._slow.components[3])
