"""What an environment can be told by name: rewards, starts, ends, noise; each name also stands for an object to adapt.

Sources: the paper is Van den Berghe et al., "Adaptive Surrogate Gradients for Sequential Reinforcement Learning in
Spiking Neural Networks" (NeurIPS 2025); L2F is Eschmann, Albani, Loianno, "Learning to Fly in Seconds" (RA-L 2024).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from hil.core.errors import BadInput, unknown_name
from hil.scenario.conditions import Sensors
from hil.scenario.sensor_presets import PRESETS as SENSORS
from hil_sim.reward import Span

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """Distribution of the first state of an episode, about the goal, at rest and level where nothing is spread.

    Attitudes are uniform on the rotations by at most `angle_deg` in all. `rotors`: fractions of full speed, uniform,
    each rotor for itself; None: all as the nominal vehicle hovers.
    """

    nominal_share: float = 0.0  # of starts at the goal and level
    nominal_at_rest: bool = True  # whether those have no velocity and rates either
    position_m: float = 0.0  # half-width, each axis
    velocity_m_s: float = 0.0
    rates_rad_s: float = 0.0
    angle_deg: float = 0.0
    rotors: Span | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.angle_deg <= 170.0:
            raise BadInput(f"angle_deg of starts must be 0..170, not {self.angle_deg}")
        if not 0.0 <= self.nominal_share <= 1.0:
            raise BadInput(f"nominal_share of starts must be 0..1, not {self.nominal_share}")
        if self.rotors is not None and not 0.0 <= self.rotors[0] <= self.rotors[1] <= 1.0:
            raise BadInput(f"rotors of starts must be 0 ≤ least ≤ greatest ≤ 1, not {self.rotors}")


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """When an episode ends: a coordinate further than `fence_m` from the goal terminates, `steps` truncate."""

    fence_m: float
    steps: int

    def __post_init__(self) -> None:
        if not self.fence_m > 0.0 or not 1 <= self.steps < 2**24:  # beyond, float32 does not count
            raise BadInput(f"an end needs fence_m > 0 and steps of 1..{2**24 - 1}, not {self.fence_m} and {self.steps}")


STARTS: Mapping[str, Starts] = MappingProxyType(
    {
        "paper": Starts(
            nominal_share=0.1, position_m=0.5, velocity_m_s=1.0, rates_rad_s=1.0, angle_deg=90.0, rotors=(0.0, 1.0)
        ),
        "l2f-original": Starts(
            nominal_share=0.1,
            nominal_at_rest=False,
            position_m=0.2,
            velocity_m_s=1.0,
            rates_rad_s=1.0,
            angle_deg=90.0,
            rotors=(0.5, 0.5),
        ),
        "hover": Starts(),
    }
)

ENDS: Mapping[str, End] = MappingProxyType(
    {
        "training": End(fence_m=0.6, steps=500),  # the paper and L2F
        "evaluation": End(fence_m=2.0, steps=500),
        "endless": End(fence_m=1000.0, steps=2**24 - 1),
    }
)


def chosen(kind: str, given: str | Kind, known: Mapping[str, Kind]) -> Kind:
    """The preset of this name, or the object itself. Raises BadInput for an unknown name."""
    if not isinstance(given, str):
        return given
    if given not in known:
        raise BadInput(unknown_name(kind, given, known))
    return known[given]


def noise_std(given: str | Sensors) -> tuple[float, ...]:
    """Standard deviations of white noise on the 18 observations.

    Of the sensors only noise is used, that of attitude on each entry of the rotation matrix, as the training
    environments of the paper and of L2F do. Raises BadInput for sensors with a lag, a memory, a bias or a filter, which
    an environment does not have.
    """
    std = _white(chosen("noise", given, SENSORS))
    if std is None:
        fitting = ", ".join(name for name, sensors in SENSORS.items() if _white(sensors))
        raise BadInput(
            f"noise {given!r} is more than white noise, or not alike about all axes",
            hint=f"an environment knows {fitting}; the flight loop knows all",
        )
    return std


def _white(sensors: Sensors) -> tuple[float, ...] | None:
    p, v = sensors.position_noise_m, sensors.velocity_noise_m_s
    q, w = sensors.attitude_noise_rad, sensors.rates_noise_rad_s
    plain = Sensors(position_noise_m=p, velocity_noise_m_s=v, attitude_noise_rad=q, rates_noise_rad_s=w)
    return (*p, *(q[0],) * 9, *v, *w) if sensors == plain and len(set(q)) == 1 else None
