"""The side that asks: one request in flight, the same bytes again when no answer comes, a deadline on every wait."""

from dataclasses import dataclass
from typing import TypeVar

from hil.core.clock import Clock
from hil.link.dead import LinkDead, Stranger, faulted, refused
from hil.link.frames import Dropped, Frame, FrameReader, encode
from hil.link.messages import (
    ANSWER,
    FAULT,
    RESET,
    STATE,
    STATISTICS,
    STEP,
    Message,
    Nothing,
    StateRequest,
    StatisticsAnswer,
    Status,
    StepAnswer,
    StepRequest,
)
from hil.link.packing import WrongLength, pack, unpack
from hil.link.transport import Transport

Asked = TypeVar("Asked", bound=tuple[object, ...])
Answered = TypeVar("Answered", bound=tuple[object, ...])


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer may take: `tries` times the same bytes, `each_s` apart."""

    tries: int = 4  # three repeats: a line that loses more is broken
    each_s: float = 2.0  # a loaded machine with an emulator takes up to 0.2 s


PATIENT = Patience()


@dataclass(slots=True)
class LinkCounts:
    """What went wrong without doing harm."""

    dropped: Dropped  # frames from the chip that were none
    repeats: int = 0  # requests sent again
    stale: int = 0  # answers to requests that had been answered, or given up


class Client:
    """Asks a peer over an open transport. After LinkDead, close the transport: the peer's state is unknown."""

    def __init__(self, transport: Transport, clock: Clock, patience: Patience = PATIENT) -> None:
        self._transport, self._clock = transport, clock
        self._patience = patience
        self._reader = FrameReader()
        self._sequence = 0
        self.counts = LinkCounts(self._reader.dropped)

    def reset(self) -> None:
        """Make the next step the first of a flight."""
        self.ask(RESET, Nothing())

    def step(self, request: StepRequest) -> StepAnswer:
        """One control step, done exactly once. Raises RequestRefused where a number is not finite."""
        try:
            return self.ask(STEP, request)
        except OverflowError:  # no float32: it would be infinite there
            raise refused(STEP.name, Status.NOT_FINITE) from None

    def state(self, size: int) -> bytes:
        """The network's state, `size` bytes of it (`HelloAnswer.state_bytes`), as it lies in the chip's memory."""
        data = b""
        while len(data) < size:
            part = self.ask(STATE, StateRequest(len(data))).data
            if not part:
                raise Stranger(f"the chip's state ends after {len(data)} bytes of {size}")
            data += part
        return data[:size]

    def statistics(self) -> StatisticsAnswer:
        """The chip's counts since it started."""
        return self.ask(STATISTICS, Nothing())

    def ask(self, message: Message[Asked, Answered], request: Asked, patience: Patience | None = None) -> Answered:
        """The answer to a request. Raises LinkDead, RequestRefused, or Stranger for an answer of the wrong length."""
        patience = patience or self._patience
        self._sequence = (self._sequence + 1) & 0xFFFF
        sent = encode(message.code, 0, self._sequence, pack(request))
        start_s = self._clock.now_s()
        for attempt in range(1, patience.tries + 1):
            deadline_s = start_s + attempt * patience.each_s
            self._transport.write(sent, deadline_s)
            frame = self._answer(message.code | ANSWER, deadline_s)
            if frame is not None:
                break
            self.counts.repeats += attempt < patience.tries
        else:
            raise self._silence(message.name, patience)
        if frame.status != Status.OK:
            raise refused(message.name, frame.status)
        try:
            return unpack(message.answer, frame.body)
        except WrongLength as error:
            raise Stranger(
                f"the chip's answer to {message.name} has {len(frame.body)} bytes: it speaks another protocol",
                hint="build its firmware anew from this version",
            ) from error

    def _answer(self, type_: int, deadline_s: float) -> Frame | None:
        while True:
            found = None
            for frame in self._reader.feed(self._transport.read(deadline_s)):
                if frame.type == FAULT:
                    raise faulted(frame.body)
                if found is None and (frame.type, frame.sequence) == (type_, self._sequence):
                    found = frame
                else:
                    self.counts.stale += 1
            if found is not None or self._clock.now_s() >= deadline_s:  # asked last: a peer may babble for ever
                return found

    def _silence(self, name: str, patience: Patience) -> LinkDead:
        waited_s = patience.tries * patience.each_s
        words = self._transport.last_words()
        return LinkDead(
            f"no answer to {name} from {self._transport.name} in {waited_s:.3g} s (sent {patience.tries} times)"
            + (f"; {words}" if words else ""),
            hint="is the firmware running, on this line, at this speed?",
        )
