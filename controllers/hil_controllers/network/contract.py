"""What a network is given and what it answers: checked when it is loaded, and when it meets a vehicle.

The observation, float32, of state and set-point cast to float32 first:

    position error   p − p_lead (world, m), clipped per axis; with `integral`, see below         3
    rotation         R_world_body by rows                                                        9
    velocity error   v − v_lead (world, m/s), clipped per axis                                   3
    body rates       ω (body, rad/s)                                                             3
    action history   the last actions, each in [−1, 1], oldest first; at reset `history_fill`    4 each

p_lead = p_des + position_lead v_des and v_lead = v_des + velocity_lead a_des: the set-point a little ahead (or, for an
estimator that is late, behind) along its own motion. This is how a network learns of acceleration, the feed-forward of
a classical controller, without an input for it. v_des and a_des are 0 where a set-point says nothing.

With `integral`: e = clip(p − p_lead); I ← clip(I + gain dt e, ±limit); the entry is clip(e + I). I starts at zero. The
network itself has no integrator, and motors differ by a few per cent.
"""

import hashlib
import json
from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hil.core.errors import BadInput
from hil.core.vehicle import Vehicle

Lead = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
COMMAND: Literal["motor_fraction"] = "motor_fraction"
SCALING: Literal["u = (y + 1) / 2"] = "u = (y + 1) / 2"
YAW: Literal["set-points with a yaw other than 0 are refused"] = "set-points with a yaw other than 0 are refused"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class TrainedVehicle(_Part):
    """The vehicle a network was trained for: its name, and a hash of its numbers."""

    name: str
    hash: str


class Entry(_Part):
    """One group of observations: what it is, in which frame and unit, how many numbers, clipped to ± what."""

    name: str
    frame: str
    unit: str
    size: int
    clip: float | None = None


class Integral(_Part):
    """Integral of the position error: gain, 1/s, and the most it may come to per axis, m."""

    gain_1_s: Positive
    limit_m: Positive


class Latency(_Part):
    """Command delays that the network met in training, beyond those of the vehicle, s."""

    least_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    most_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Contract(_Part):
    """The contract of a network. `Contract.of` makes one; a file's must say what this version builds."""

    vehicle: TrainedVehicle
    observation: tuple[Entry, ...]
    position_clip_m: Positive
    velocity_clip_m_s: Positive
    position_lead_s: Lead
    velocity_lead_s: Lead
    integral: Integral | None
    action_history: Annotated[int, Field(ge=0, le=1000)]
    history_fill: Annotated[float, Field(ge=-1, le=1)]
    command: Literal["motor_fraction"]
    motor_order: tuple[Literal["M1"], Literal["M2"], Literal["M3"], Literal["M4"]]
    scaling: Literal["u = (y + 1) / 2"]
    yaw: Literal["set-points with a yaw other than 0 are refused"]
    rate_hz: Annotated[int, Field(ge=1, le=1000)]
    latency: Latency
    sensors: str

    @model_validator(mode="after")
    def _observation_as_built(self) -> Self:
        built = observation_entries(self.position_clip_m, self.velocity_clip_m_s, self.action_history)
        for number, (said, made) in enumerate(zip(self.observation, built, strict=False)):
            if said != made:
                raise ValueError(f"observation {number} is {_words(said)}, but {_words(made)} is what is built")
        if len(self.observation) != len(built):
            raise ValueError(f"observation: {len(self.observation)} groups, but {len(built)} are built")
        return self

    @classmethod
    def of(
        cls,
        vehicle: Vehicle,
        *,
        latency_s: tuple[float, float],
        sensors: str,
        action_history: int = 0,
        integral: Integral | None = None,
        position_clip_m: float = 0.5,
        velocity_clip_m_s: float = 2.0,
        position_lead_s: float = 0.0,
        velocity_lead_s: float = 0.0,
        rate_hz: int = 100,
    ) -> "Contract":
        """The contract of a network trained for this vehicle, these delays (least, most) and this sensor preset."""
        return cls(
            vehicle=TrainedVehicle(name=vehicle.name, hash=vehicle_hash(vehicle)),
            observation=observation_entries(position_clip_m, velocity_clip_m_s, action_history),
            position_clip_m=position_clip_m,
            velocity_clip_m_s=velocity_clip_m_s,
            position_lead_s=position_lead_s,
            velocity_lead_s=velocity_lead_s,
            integral=integral,
            action_history=action_history,
            history_fill=2.0 * vehicle.hover_command - 1.0,
            command=COMMAND,
            motor_order=("M1", "M2", "M3", "M4"),
            scaling=SCALING,
            yaw=YAW,
            rate_hz=rate_hz,
            latency=Latency(least_s=latency_s[0], most_s=latency_s[1]),
            sensors=sensors,
        )

    @classmethod
    def read(cls, data: Any) -> "Contract":
        """The contract that plain data describes. Raises BadInput with the first thing that is wrong."""
        try:
            return cls.model_validate_json(json.dumps(data))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, ("contract", *first["loc"])))
            raise BadInput(f"{where}: {first['msg'].removeprefix('Value error, ')}") from error

    @classmethod
    def as_built(cls, data: dict[str, Any]) -> "Contract":
        """The contract that plain data describes, with what this version builds in place of all that is another."""
        clips = (data["position_clip_m"], data["velocity_clip_m_s"], data["action_history"])
        built = [entry.model_dump() for entry in observation_entries(*clips)]
        fixed = {"command": COMMAND, "motor_order": ["M1", "M2", "M3", "M4"], "scaling": SCALING, "yaw": YAW}
        known = {key: value for key, value in data.items() if key in cls.model_fields}
        return cls.read({**known, "observation": built, **fixed})

    @property
    def inputs(self) -> int:
        """Numbers in an observation."""
        return sum(entry.size for entry in self.observation)

    def input_name(self, index: int) -> str:
        """What input `index` is: `velocity_error[1]`."""
        for entry in self.observation:
            if index < entry.size:
                return f"{entry.name}[{index}]"
            index -= entry.size
        raise IndexError(index)

    def refusal(self, vehicle: Vehicle) -> str | None:
        """Why a network with this contract must not fly this vehicle, or None."""
        if vehicle_hash(vehicle) == self.vehicle.hash:
            return None
        if vehicle.name == self.vehicle.name:
            return f"trained for another {vehicle.name}: the vehicle's numbers have changed since"
        return f"trained for {self.vehicle.name}, not for {vehicle.name}"


def observation_entries(position_clip_m: float, velocity_clip_m_s: float, action_history: int) -> tuple[Entry, ...]:
    """The groups of an observation, in order."""
    history = Entry(name="action_history", frame="M1..M4, oldest first", unit="1", size=4 * action_history)
    return (
        Entry(name="position_error", frame="world", unit="m", size=3, clip=position_clip_m),
        Entry(name="rotation_matrix", frame="body to world, by rows", unit="1", size=9),
        Entry(name="velocity_error", frame="world", unit="m/s", size=3, clip=velocity_clip_m_s),
        Entry(name="body_rates", frame="body, x forward, y left, z up", unit="rad/s", size=3),
        *((history,) if action_history else ()),
    )


def vehicle_hash(vehicle: Vehicle) -> str:
    """sha256 of a vehicle's numbers; neither its name nor how far its battery is charged counts."""
    numbers = asdict(vehicle)
    del numbers["name"]
    if numbers["battery"]:
        del numbers["battery"]["hover_v"]
    return hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()


def _words(entry: Entry) -> str:
    clip = "" if entry.clip is None else f", clipped to ±{entry.clip:g}"
    return f"{entry.name} ({entry.size}, {entry.frame}, {entry.unit}{clip})"
