"""A stand-in for what is behind the link: it answers every packet with itself, and sends its time every 10 ms."""

from types import SimpleNamespace

import pytest

from hil.core.types import LEVEL, ZERO3, State


class StandIn:
    def __init__(self):
        self.body = SimpleNamespace(
            now_ms=0,
            state=State(ZERO3, ZERO3, LEVEL, ZERO3),
            motors_fraction=(0.0, 0.0, 0.0, 0.0),
            on_ground=True,
            motors_off_ms=None,
            on_ground_ms=7,
            battery_v=4.1,
            truth=lambda at_ms: [SimpleNamespace(at_ms=ms, state=self.body.state, motors=(0.5,) * 4, battery_v=4.0)
                                 if ms <= self.body.now_ms else None for ms in at_ms],
            conditions=lambda **words: self.told.append(("conditions", words)),
            **{name: lambda *a, name=name: self.told.append((name, *a))
               for name in ("weaken", "bias_gyro", "delay_commands", "charge", "blind", "tumble")},
        )  # fmt: skip
        self.flight = SimpleNamespace(log_values={"supervisor.info": lambda: 0x20E})
        self.log_blocks = SimpleNamespace(overrun=False)
        self.boots = 1
        self.told = []
        self.heard = []  # (ms, datagram)
        self._out = []

    @property
    def now_ms(self):
        return self.body.now_ms

    def receive(self, datagram):
        self.heard.append((self.body.now_ms, datagram))
        self._out.append(datagram)

    def tick(self):
        self.body.now_ms += 1
        if self.body.now_ms % 10 == 0:
            self._out.append(b"\x52" + self.body.now_ms.to_bytes(4, "little"))

    def outgoing(self):
        out, self._out = self._out, []
        return out

    def reboot(self):
        self.boots += 1


@pytest.fixture
def inside():
    return StandIn()
