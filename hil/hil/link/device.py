"""The side that answers, in Python: what `controllers/firmware/protocol` does in C, byte for byte."""

import math
from collections.abc import Callable
from typing import Any, Protocol

from hil.link.frames import Frame, FrameReader, encode
from hil.link.messages import (
    ANSWER,
    HELLO,
    MESSAGES,
    RESET,
    STATE,
    STATISTICS,
    STEP,
    HelloAnswer,
    Nothing,
    ResetAnswer,
    StateAnswer,
    StateRequest,
    StatisticsAnswer,
    Status,
    StepAnswer,
    StepRequest,
)
from hil.link.packing import WrongLength, fields, pack, unpack

STATE_PART = fields(StateAnswer)["data"].count  # bytes of state in an answer


class Refusal(Exception):  # a status on its way to the answer
    """A request is answered with `status` and changes nothing."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.name)
        self.status = status


class Controller(Protocol):
    """What decides; the same three things that the C asks of its controller."""

    def reset(self) -> None:
        """Forget everything."""
        ...

    def act(self, request: StepRequest) -> StepAnswer:
        """Decide; `step` of the answer is filled in later. Raises Refusal, and then nothing has changed."""
        ...

    def state(self) -> bytes:
        """The state as bytes."""
        ...


class Device:
    """Bytes in, answers out. A request that comes again, byte for byte, is answered from memory and not done again."""

    def __init__(self, controller: Controller, hello: HelloAnswer) -> None:
        self._controller, self._hello = controller, hello
        self._reader = FrameReader()
        self._last: tuple[int, int, int] | None = None
        self._answer = b""
        self._step = 0
        self._requests = self._repeats = self._refused = self._echoes = self._cost_worst = 0
        self._answers: dict[int, Callable[[Any], tuple[object, ...]]] = {
            HELLO.code: lambda _: self._hello,
            RESET.code: self._reset,
            STEP.code: self._act,
            STATE.code: self._state,
            STATISTICS.code: lambda _: self._statistics(),
        }
        self._requests_of = {message.code: message.request for message in MESSAGES}

    def feed(self, data: bytes) -> bytes:
        """What the device says to these bytes."""
        *ended, rest = data.split(b"\0")
        # one frame at a time: what an answer counts does not depend on how the bytes were cut
        parts = [part + b"\0" for part in ended] + [rest]
        return b"".join(self._answered(frame) for part in parts for frame in self._reader.feed(part))

    def _answered(self, frame: Frame) -> bytes:
        if frame.type & ANSWER:
            self._echoes += 1
            return b""
        key = (frame.type, frame.sequence, frame.crc32)
        if key == self._last:
            self._repeats += 1
            return self._answer
        status, body = Status.OK, b""
        try:
            body = pack(self._done(frame))
        except Refusal as refusal:
            status = refusal.status
            self._refused += 1
        self._requests += 1
        self._last = key
        self._answer = encode(frame.type | ANSWER, status, frame.sequence, body)
        return self._answer

    def _done(self, frame: Frame) -> tuple[object, ...]:
        if frame.type not in self._answers:
            raise Refusal(Status.UNKNOWN_TYPE)
        try:
            request = unpack(self._requests_of[frame.type], frame.body)
        except WrongLength:
            raise Refusal(Status.BAD_LENGTH) from None
        return self._answers[frame.type](request)

    def _reset(self, _: Nothing) -> ResetAnswer:
        self._controller.reset()
        self._step = 0
        return ResetAnswer(0)

    def _act(self, request: StepRequest) -> StepAnswer:
        *vectors, _ = request
        if not all(math.isfinite(number) for vector in vectors for number in vector):
            raise Refusal(Status.NOT_FINITE)
        answer = self._controller.act(request)
        self._step += 1
        self._cost_worst = max(self._cost_worst, answer.cost_observation + answer.cost_network)
        return answer._replace(step=self._step)

    def _state(self, request: StateRequest) -> StateAnswer:
        data, offset = self._controller.state(), request.offset
        if offset > len(data):
            raise Refusal(Status.BAD_VALUE)
        return StateAnswer(offset, data[offset : offset + STATE_PART])

    def _statistics(self) -> StatisticsAnswer:
        dropped = self._reader.dropped
        return StatisticsAnswer(
            self._requests,
            self._repeats,
            self._refused,
            dropped.long,
            dropped.cobs,
            dropped.short,
            dropped.crc,
            self._echoes,
            self._cost_worst,
            stack_used_bytes=0,
        )
