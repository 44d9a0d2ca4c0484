"""What is done to the vehicle and to what it senses: sensors, disturbances, randomisation, faults.

Defaults are "nothing": an empty model leaves the nominal vehicle with perfect sensing.
"""

from typing import Annotated, Literal

from pydantic import Field

from hil.scenario.fields import NonNegative, NonNegativeTriple, Number, Positive, Strict, Triple

ZERO: tuple[float, float, float] = (0.0, 0.0, 0.0)


class Sensors(Strict):
    """How the state the controller sees differs from the truth, and how late its commands act."""

    position_noise_m: NonNegativeTriple = Field(ZERO, description="standard deviation, world x y z")
    velocity_noise_m_s: NonNegativeTriple = Field(ZERO, description="standard deviation, world x y z")
    attitude_noise_rad: NonNegativeTriple = Field(ZERO, description="standard deviation, body roll pitch yaw")
    rates_noise_rad_s: NonNegativeTriple = Field(ZERO, description="standard deviation, body x y z, white")
    noise_correlation_s: NonNegative = Field(
        0.0, description="correlation time of position, velocity and attitude noise; 0 = white"
    )
    attitude_bias_rad: NonNegativeTriple = Field(
        ZERO, description="standard deviation of a bias drawn once per flight, body roll pitch yaw"
    )
    rates_bias_rad_s: NonNegativeTriple = Field(
        ZERO, description="standard deviation of a gyro bias drawn once per flight, body x y z"
    )
    estimator_lag_s: NonNegative = Field(0.0, description="age of the position, velocity and attitude the controller sees")
    gyro_cutoff_hz: Positive | None = Field(None, description="second-order low-pass on the rates; null = none")
    action_delay_s: NonNegative = Field(0.0, description="time from decision to motor, on top of the vehicle's own")


class Gust(Strict):
    """A force for a while."""

    kind: Literal["gust"]
    at_s: NonNegative
    for_s: Positive
    force_world_n: Triple


class Force(Strict):
    """A force for the whole flight: a fixed part plus a Gaussian part drawn once per flight."""

    kind: Literal["force"]
    force_world_n: Triple = ZERO
    std_n: NonNegative = Field(0.0, description="standard deviation of the drawn part, per axis")


class Torque(Strict):
    """A torque for the whole flight: a fixed part plus a Gaussian part drawn once per flight."""

    kind: Literal["torque"]
    torque_body_n_m: Triple = ZERO
    std_n_m: NonNegative = Field(0.0, description="standard deviation of the drawn part, per axis")


class Kick(Strict):
    """An instant change of velocity and rates."""

    kind: Literal["kick"]
    at_s: NonNegative
    velocity_world_m_s: Triple = ZERO
    rates_body_rad_s: Triple = ZERO


class Residual(Strict):
    """The slow random force and torque that real flights show and no term explains, as the vehicle file states them."""

    kind: Literal["residual"]
    scale: NonNegative = 1.0


Disturbance = Annotated[Gust | Force | Torque | Kick | Residual, Field(discriminator="kind")]

Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]


class Randomise(Strict):
    """Half-widths of uniform relative changes, drawn once per flight: 0.2 means ±20 %."""

    mass: Share = 0.0
    inertia: Share = 0.0
    thrust: Share = 0.0
    motor_lag: Share = 0.0
    drag: Share = 0.0


class MotorEfficiency(Strict):
    """One motor gives less thrust from some instant on."""

    kind: Literal["motor_efficiency"]
    motor: Annotated[int, Field(ge=1, le=4)]
    factor: Annotated[float, Field(ge=0, le=1)]
    at_s: NonNegative = 0.0


class GyroBias(Strict):
    """The gyro reads wrong by a constant from some instant on."""

    kind: Literal["gyro_bias"]
    bias_rad_s: Triple
    at_s: NonNegative = 0.0


class Delay(Strict):
    """Commands reach the motors later from some instant on."""

    kind: Literal["delay"]
    added_s: Positive
    at_s: NonNegative = 0.0


Fault = Annotated[MotorEfficiency | GyroBias | Delay, Field(discriminator="kind")]


class Spread(Strict):
    """Half-widths of the uniform spread of starts around the nominal one."""

    position_m: NonNegativeTriple = ZERO
    velocity_m_s: NonNegativeTriple = ZERO
    rates_rad_s: NonNegativeTriple = ZERO
    tilt_deg: Annotated[float, Field(ge=0, le=180)] = Field(
        0.0, description="greatest total angle; attitudes are uniform on the rotations within it"
    )
    nominal_share: Annotated[float, Field(ge=0, le=1)] = Field(0.0, description="share of flights that start exactly nominal")
    motors: Literal["hover", "random"] = Field("hover", description="random: each rotor uniform between stopped and full")


class StartSpec(Strict):
    """Where a flight starts, in the air at hover thrust or on the ground with the rotors stopped."""

    position_m: Triple = (0.0, 0.0, 1.0)
    velocity_m_s: Triple = ZERO
    yaw_deg: Number = 0.0
    motors: Literal["hover", "off"] = "hover"
    spread: Spread = Field(default_factory=Spread)
