"""What is done to the vehicle and to what it senses: sensors, disturbances, randomisation, faults.

Defaults are "nothing": an empty model leaves the nominal vehicle with perfect sensing.
"""

from typing import Annotated, Literal

from pydantic import Field

from hil.scenario.fields import (
    Angle,
    Distances,
    DurationOrZero,
    Forces,
    Frequency,
    NewtonMetresOrZero,
    NewtonsOrZero,
    NonNegative,
    Point,
    Rates,
    RatesOrZero,
    SmallAngles,
    Span,
    SpeedsOrZero,
    Strict,
    Torques,
    Velocities,
)
from hil.scenario.virtual_faults import At, FirmwareFault, InPhase, LinkFault

ZERO: tuple[float, float, float] = (0.0, 0.0, 0.0)


class Sensors(Strict):
    """How the state the controller sees differs from the truth, and how late its commands act."""

    position_noise_m: Distances = Field(default=ZERO, description="standard deviation, world x y z")
    velocity_noise_m_s: SpeedsOrZero = Field(default=ZERO, description="standard deviation, world x y z")
    attitude_noise_rad: SmallAngles = Field(default=ZERO, description="standard deviation, body roll pitch yaw")
    rates_noise_rad_s: RatesOrZero = Field(default=ZERO, description="standard deviation, body x y z, white")
    noise_correlation_s: DurationOrZero = Field(
        default=0.0, description="correlation time of position, velocity and attitude noise; 0 = white"
    )
    attitude_bias_rad: SmallAngles = Field(
        default=ZERO, description="standard deviation of a bias drawn once per flight, body roll pitch yaw"
    )
    rates_bias_rad_s: RatesOrZero = Field(
        default=ZERO, description="standard deviation of a gyro bias drawn once per flight, body x y z"
    )
    estimator_lag_s: DurationOrZero = Field(
        default=0.0, description="age of the position, velocity and attitude the controller sees"
    )
    gyro_cutoff_hz: Frequency | None = Field(
        default=None, description="second-order low-pass on the rates; null = none"
    )
    action_delay_s: DurationOrZero = Field(
        default=0.0, description="time from decision to motor, on top of the vehicle's own"
    )


class Gust(Strict):
    """A force for a while."""

    kind: Literal["gust"]
    at_s: DurationOrZero = Field(description="when it begins")
    for_s: Span = Field(description="how long it lasts")
    force_world_n: Forces = Field(description="force, world")


class Force(Strict):
    """A force for the whole flight: a fixed part plus a Gaussian part drawn once per flight."""

    kind: Literal["force"]
    force_world_n: Forces = Field(default=ZERO, description="fixed part, world")
    std_n: NewtonsOrZero = Field(default=0.0, description="standard deviation of the drawn part, per axis")


class Torque(Strict):
    """A torque for the whole flight: a fixed part plus a Gaussian part drawn once per flight."""

    kind: Literal["torque"]
    torque_body_n_m: Torques = Field(default=ZERO, description="fixed part, body")
    std_n_m: NewtonMetresOrZero = Field(default=0.0, description="standard deviation of the drawn part, per axis")


class Kick(Strict):
    """An instant change of velocity and rates."""

    kind: Literal["kick"]
    at_s: DurationOrZero = Field(description="when")
    velocity_world_m_s: Velocities = Field(default=ZERO, description="added to the velocity, world")
    rates_body_rad_s: Rates = Field(default=ZERO, description="added to the rates, body")


class Residual(Strict):
    """The slow random force and torque that real flights show and no term explains, as the vehicle file states them."""

    kind: Literal["residual"]
    scale: NonNegative = Field(default=1.0, description="times what the vehicle file states; 1 = as measured")


Disturbance = Annotated[Gust | Force | Torque | Kick | Residual, Field(discriminator="kind")]

Share = Annotated[float, Field(ge=0, le=0.9)]


class Randomise(Strict):
    """Half-widths of uniform relative changes, drawn once per flight: 0.2 means ±20 %."""

    mass: Share = Field(default=0.0, description="of the mass")
    inertia: Share = Field(default=0.0, description="of the moments of inertia, all alike")
    thrust: Share = Field(default=0.0, description="of the thrust at a given command, all motors alike")
    motor_lag: Share = Field(default=0.0, description="of the motors' time constants")
    drag: Share = Field(default=0.0, description="of the drag")


class MotorEfficiency(Strict):
    """One motor gives less thrust from some instant on."""

    kind: Literal["motor_efficiency"]
    motor: Annotated[int, Field(ge=1, le=4)] = Field(description="which one, 1..4")
    factor: Annotated[float, Field(ge=0, le=1)] = Field(description="thrust left, 0..1")
    at_s: At = 0.0
    in_phase: InPhase = "task"


class GyroBias(Strict):
    """The gyro reads wrong by a constant from some instant on."""

    kind: Literal["gyro_bias"]
    bias_rad_s: Rates = Field(description="added to what the gyro reads, body")
    at_s: At = 0.0
    in_phase: InPhase = "task"


class Delay(Strict):
    """Commands reach the motors later from some instant on."""

    kind: Literal["delay"]
    added_s: Span = Field(description="delay on top of what there is")
    at_s: At = 0.0
    in_phase: InPhase = "task"


PlantFault = MotorEfficiency | GyroBias | Delay
Fault = Annotated[PlantFault | LinkFault | FirmwareFault, Field(discriminator="kind")]


class Spread(Strict):
    """Half-widths of the uniform spread of starts around the nominal one."""

    position_m: Distances = Field(default=ZERO, description="half-width, world x y z")
    velocity_m_s: SpeedsOrZero = Field(default=ZERO, description="half-width, world x y z")
    rates_rad_s: RatesOrZero = Field(default=ZERO, description="half-width, body x y z")
    tilt_deg: Annotated[float, Field(ge=0, le=180)] = Field(
        default=0.0, description="greatest total angle; attitudes are uniform on the rotations within it"
    )
    nominal_share: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0, description="share of flights that start exactly nominal"
    )
    motors: Literal["hover", "random"] = Field(
        default="hover", description="random: each rotor uniform between stopped and full"
    )


class StartSpec(Strict):
    """Where a flight starts, in the air at hover thrust or on the ground with the rotors stopped."""

    position_m: Point = Field(default=(0.0, 0.0, 1.0), description="where, world; z above the ground")
    velocity_m_s: Velocities = Field(default=ZERO, description="how fast, world")
    yaw_deg: Angle = Field(default=0.0, description="heading about world z; roll and pitch are zero")
    motors: Literal["hover", "stopped"] = Field(
        default="hover", description="hover: rotors at hover speed; stopped: as on the ground"
    )
    spread: Spread = Field(default_factory=Spread, description="chance around this start, drawn per flight")
