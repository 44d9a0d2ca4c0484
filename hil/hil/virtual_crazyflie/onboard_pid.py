"""The firmware's PID with all of its set-point modes: what flies velocity, attitude and height, and levels out.

`hil_controllers.pid_firmware` follows positions. Here each axis takes what its mode gives: a position goes through the
position PID, a velocity past it, and an axis that is off leaves attitude or thrust to the set-point. A yaw rate, and a
roll or pitch rate, turns the attitude wanted at that rate; for roll and pitch the firmware has a rate loop instead.
The outer loop is begun anew when the modes change, as in the firmware; in the air as if hovering, where the firmware
sinks for a moment. From the floor its climb integral starts at zero, as the firmware's does.
"""

import math

from hil.core.frames import euler_zyx, wrap_angle
from hil.core.types import AttitudeThrust, Command, State, Vec3
from hil.core.vehicle import Vehicle
from hil.virtual_crazyflie.measured_battery import MeasuredBattery
from hil.virtual_crazyflie.wanted import Mode, Wanted
from hil_controllers.actuation import FirmwareActuation
from hil_controllers.inner_loop import FIRMWARE_GAINS, INNER_RATE_HZ, MOTOR_UNITS, InnerLoop
from hil_controllers.pid_firmware import POSITION_RATE_HZ, POSITION_Z, THRUST_BASE, VELOCITY_MAX_M_S, FirmwarePosition

# Recorded take-offs to 1 m overshoot by 0.07 to 0.10 m; with an integral that goes on while the speed is limited: 0.3 m
HEIGHT_ERROR_MAX_M = VELOCITY_MAX_M_S / POSITION_Z.kp
YAW_AHEAD_MAX_RAD = math.radians(60.0)  # how far a yaw rate may turn the wanted yaw away from the real one; assumed


class OnboardPid:
    """PID at 500 Hz, its outer loop at 100 Hz."""

    rate_hz = INNER_RATE_HZ

    def __init__(self, vehicle: Vehicle) -> None:
        self._battery = MeasuredBattery(vehicle)
        hover = FirmwareActuation(vehicle, 1.0 / INNER_RATE_HZ).hover_fraction
        self._on_floor, self._in_air = FirmwarePosition(THRUST_BASE / MOTOR_UNITS), FirmwarePosition(hover)
        self._inner = InnerLoop(vehicle, FIRMWARE_GAINS, self._battery)
        self._every = INNER_RATE_HZ // POSITION_RATE_HZ
        self.reset()

    def reset(self, *, in_air: bool = False) -> None:
        """Forget everything; what comes is begun in the air, or on the floor."""
        self._outer = self._in_air if in_air else self._on_floor
        self._inner.reset()
        self._tick = 0
        self._modes: tuple[Mode, ...] | None = None
        self._attitude: Vec3 = (0.0, 0.0, 0.0)
        self.asked = AttitudeThrust(0.0, 0.0, 0.0, 0.0)  # of the inner loop, last

    def act(self, state: State, wanted: Wanted, battery_v: float) -> Command:
        """Duty for the next 2 ms."""
        self._battery.measure(battery_v)
        modes = wanted[:7]
        if modes != self._modes:
            self._begin(state, modes)
        self._aim(state, wanted)
        if self._tick % self._every == 0:
            self.asked = self._ask(state, wanted)
        self._tick += 1
        roll, pitch, yaw = self._attitude
        if wanted.x is not Mode.OFF:
            roll, pitch = self.asked.roll, self.asked.pitch
        self.asked = self.asked._replace(roll=roll, pitch=pitch, yaw=yaw)
        return self._inner.act(state, self.asked, wanted.rates[2] if wanted.feeds_forward else 0.0)

    def _begin(self, state: State, modes: tuple[Mode, ...]) -> None:
        if self._modes is not None:
            self._outer = self._in_air
        self._outer.reset()
        self._tick, self._modes = 0, modes
        self._attitude = euler_zyx(state.attitude)

    def _aim(self, state: State, wanted: Wanted) -> None:
        """Attitude wanted of the inner loop, where the modes say so, rad."""
        dt_s, now = 1.0 / self.rate_hz, euler_zyx(state.attitude)
        aims = []
        for k, mode in enumerate((wanted.roll, wanted.pitch, wanted.yaw)):
            aim = self._attitude[k]
            if mode is Mode.VELOCITY:
                ahead = wrap_angle(aim + wanted.rates[k] * dt_s - now[k])
                aim = now[k] + max(-YAW_AHEAD_MAX_RAD, min(YAW_AHEAD_MAX_RAD, ahead))
            elif mode is Mode.ABSOLUTE or (k == 2 and wanted.quat is Mode.ABSOLUTE):
                aim = wanted.attitude[k]
            aims.append(aim)
        self._attitude = (aims[0], aims[1], aims[2])

    def _ask(self, state: State, wanted: Wanted) -> AttitudeThrust:
        """Attitude and thrust of the outer loop; where it climbs as fast as it may, its height integral waits."""
        modes, here = (wanted.x, wanted.y, wanted.z), state.position
        x, y, z = (
            there if mode is Mode.ABSOLUTE else now
            for mode, there, now in zip(modes, wanted.position, here, strict=True)
        )
        far = z - here[2]
        climbs = abs(far) > HEIGHT_ERROR_MAX_M
        reached = self._outer.velocity(state, (x, y, here[2] if climbs else z))
        if climbs:
            reached = (reached[0], reached[1], math.copysign(VELOCITY_MAX_M_S, far))
        given = wanted.velocity if wanted.in_body else _from_world(wanted.velocity, state)
        vx, vy, vz = (
            velocity if mode is Mode.VELOCITY else by_position
            for mode, velocity, by_position in zip(modes, given, reached, strict=True)
        )
        asked = self._outer.attitude(state, (vx, vy, vz), self._attitude[2])
        return asked if wanted.z is not Mode.OFF else asked._replace(thrust=wanted.thrust)


def _from_world(velocity: Vec3, state: State) -> Vec3:
    """A world velocity as forward, left and up of the heading."""
    yaw = euler_zyx(state.attitude)[2]
    cos, sin = math.cos(yaw), math.sin(yaw)
    vx, vy, vz = velocity
    return (cos * vx + sin * vy, cos * vy - sin * vx, vz)
