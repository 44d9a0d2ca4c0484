"""What a bench and a chip say to each other: the one description of the wire.

Python packs by it (`packing`), the C header is generated from it (`c_header`), and so is the table in docs/link.md.
Every number is little-endian and packed without gaps. A body has the fields in their order here.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Generic, NamedTuple, TypeVar

from hil.core.types import Quat, Vec3, Vec4

PROTOCOL = 1  # counts up when bytes of a body change their meaning and the layout's checksum would not tell
BODY_MAX = 240  # bytes; a frame then needs a single COBS block, and a chip little memory
ANSWER = 0x80  # set in the type of an answer: an echoed request is none

SAYS_VELOCITY, SAYS_ACCELERATION = 1, 2  # bits of `said`


class Status(IntEnum):
    """The second byte of an answer. With any but OK the body is empty, and unless DIVERGED nothing has changed."""

    OK = 0
    BAD_LENGTH = 1  # the body is not as long as its type says
    UNKNOWN_TYPE = 2
    NOT_FINITE = 3  # a number in the request is NaN or infinite
    BAD_VALUE = 4  # a field is outside what it may be
    DIVERGED = 5  # a motor command came out as NaN: reset before the next step


class ClockSource(IntEnum):
    """What a chip counts its work in."""

    NONE = 0  # nothing: costs are 0
    ICOUNT = 1  # instructions, in an emulator: never time
    DWT = 2  # cycles of the core


@dataclass(frozen=True, slots=True)
class Wire:
    """How a field crosses: `count` numbers of `kind`, or up to `count`, as many as there are, in the last of a body."""

    kind: str  # a key of `packing.KINDS`
    count: int = 1
    means: str = ""
    up_to: bool = False


class Nothing(NamedTuple):
    """An empty body."""


class HelloAnswer(NamedTuple):
    """What the chip is."""

    protocol: Annotated[int, Wire("u32", means="version of this description")]
    layout_crc32: Annotated[int, Wire("u32", means="checksum of this description")]
    network_hash: Annotated[bytes, Wire("u8", 32, "sha256 of the network the image was made of")]
    weights_crc32: Annotated[int, Wire("u32", means="checksum of the weights in flash, computed at start")]
    clock_source: Annotated[int, Wire("u8", means="what costs are counted in: 0 nothing, 1 icount, 2 DWT")]
    spiking_layers: Annotated[int, Wire("u8", means="how many spike counts a step answers")]
    observation_floats: Annotated[int, Wire("u16", means="inputs of the network")]
    rate_hz: Annotated[int, Wire("u32", means="steps the network was trained for")]
    clock_hz: Annotated[int, Wire("u32", means="of the core; 0 unknown")]
    cpu_id: Annotated[int, Wire("u32", means="CPUID register; 0 on a host")]
    state_bytes: Annotated[int, Wire("u32", means="of the network's state")]
    flash_bytes: Annotated[int, Wire("u32", means="of the image; 0 unknown")]
    ram_bytes: Annotated[int, Wire("u32", means="static; 0 unknown")]
    stack_bytes: Annotated[int, Wire("u32", means="reserved; 0 unknown")]


class ResetAnswer(NamedTuple):
    """The next step is the first of a flight."""

    step: Annotated[int, Wire("u32", means="0")]


class StepRequest(NamedTuple):
    """State and set-point of one control step. What is not said crosses as zeros, its bit in `said` off."""

    position_m: Annotated[Vec3, Wire("f32", 3, "world")]
    velocity_m_s: Annotated[Vec3, Wire("f32", 3, "world")]
    quat_xyzw: Annotated[Quat, Wire("f32", 4, "body to world")]
    rates_rad_s: Annotated[Vec3, Wire("f32", 3, "body")]
    setpoint_position_m: Annotated[Vec3, Wire("f32", 3, "world")]
    setpoint_velocity_m_s: Annotated[Vec3, Wire("f32", 3, "world")]
    setpoint_acceleration_m_s2: Annotated[Vec3, Wire("f32", 3, "world, without gravity")]
    said: Annotated[int, Wire("u32", means="bit 0: velocity is said, bit 1: acceleration is")]


class StepAnswer(NamedTuple):
    """What the controller decided, and what it cost."""

    motors: Annotated[Vec4, Wire("f32", 4, "fraction 0..1, M1..M4")]
    step: Annotated[int, Wire("u32", means="steps since reset, this one included")]
    cost_observation: Annotated[int, Wire("u32", means="of building the observation, in the clock source's unit")]
    cost_network: Annotated[int, Wire("u32", means="of the network, likewise")]
    spikes: Annotated[tuple[int, ...], Wire("u16", 8, "per spiking layer, first to last", up_to=True)]


class StateRequest(NamedTuple):
    """Asks for a part of the network's state, membranes first."""

    offset: Annotated[int, Wire("u32", means="bytes into the state, 0 .. state_bytes")]


class StateAnswer(NamedTuple):
    """As much of the state as fits."""

    offset: Annotated[int, Wire("u32", means="as asked")]
    data: Annotated[bytes, Wire("u8", 232, "the state as it lies in memory", up_to=True)]


class StatisticsAnswer(NamedTuple):
    """Counts since the chip started; `reset` leaves them."""

    requests: Annotated[int, Wire("u32", means="answered anew")]
    repeats: Annotated[int, Wire("u32", means="answered from memory")]
    refused: Annotated[int, Wire("u32", means="answered with a status other than OK")]
    dropped_long: Annotated[int, Wire("u32", means="frames longer than any can be")]
    dropped_cobs: Annotated[int, Wire("u32", means="frames that are no COBS")]
    dropped_short: Annotated[int, Wire("u32", means="frames shorter than any can be")]
    dropped_crc: Annotated[int, Wire("u32", means="frames with a wrong checksum")]
    dropped_answers: Annotated[int, Wire("u32", means="frames that answer: the line echoes")]
    cost_worst: Annotated[int, Wire("u32", means="observation and network, of any one step")]
    stack_used_bytes: Annotated[int, Wire("u32", means="high-water mark; 0 unknown")]


class FaultReport(NamedTuple):
    """Registers of a processor that faulted. Comes unasked, once; nothing is answered after it."""

    cfsr: Annotated[int, Wire("u32", means="configurable fault status")]
    hfsr: Annotated[int, Wire("u32", means="hard fault status")]
    address: Annotated[int, Wire("u32", means="BFAR or MMFAR; 0 where neither is valid")]
    pc: Annotated[int, Wire("u32", means="of the instruction that faulted")]
    lr: Annotated[int, Wire("u32", means="where its function returns to")]


Asked = TypeVar("Asked", bound=tuple[object, ...])
Answered = TypeVar("Answered", bound=tuple[object, ...])


@dataclass(frozen=True, slots=True)
class Message(Generic[Asked, Answered]):
    """A question and its answer; `code` is the type byte of the question, `code | ANSWER` that of the answer."""

    name: str
    code: int
    request: type[Asked]
    answer: type[Answered]


HELLO = Message("hello", 0x01, Nothing, HelloAnswer)
RESET = Message("reset", 0x02, Nothing, ResetAnswer)
STEP = Message("step", 0x03, StepRequest, StepAnswer)
STATE = Message("state", 0x04, StateRequest, StateAnswer)
STATISTICS = Message("statistics", 0x05, Nothing, StatisticsAnswer)
MESSAGES: tuple[Message[tuple[object, ...], tuple[object, ...]], ...] = (HELLO, RESET, STEP, STATE, STATISTICS)  # type: ignore[assignment]
FAULT = 0xEE  # type byte of a FaultReport
