"""Motors one by one, on firmware that has `motorPowerSet`; no virtual vehicle has, so the link is made up."""

import struct
import threading

import pytest

pytest.importorskip("cflib", reason="cflib is not installed: pip install 'hil-bench[crazyflie]'")

from hil.cli import motor_check as command
from hil.core.breach import Reaction
from hil.core.clock import SimulatedClock
from hil.core.errors import TargetUnavailable
from hil.core.vehicle_status import Info
from hil.targets.crazyflie import motor_check, motor_override
from hil.targets.crazyflie.link import LinkSilent

NAMES = ["motorPowerSet.enable", *(f"motorPowerSet.m{i}" for i in (1, 2, 3, 4))]


class _Element:
    pytype = "<H"

    def __init__(self, ident):
        self.ident = ident

    def get_readable_access(self):
        return "RW"


class FakeLink:
    """Answers for arming and parameters as firmware does; notes what each motor was told, and whether it was armed.

    `motorPowerSet.enable` overrides whatever else stops motors, as in firmware: only writing 0 to it does.
    """

    def __init__(self, info=Info.CAN_BE_ARMED, *, silent_after=10_000):
        self.pace, self.info, self.silent_after = SimulatedClock(), info, silent_after
        self.values = dict.fromkeys(NAMES, 0)
        self.turned, self.emergency = [], False
        self.lost, self.uri = None, "radio://0/80/2M"
        self.cf = self
        self.param = self.toc = self

    def get_element(self, group, name):
        full = f"{group}.{name}"
        return _Element(NAMES.index(full)) if full in NAMES else None

    def ask(self, port, channel, data, *, answer, within_s=1.0, again_s=0.1):
        self.silent_after -= 1
        if self.silent_after < 0:
            raise LinkSilent("nothing")
        if port == 9:
            return self._supervise(channel, data)
        name = NAMES[struct.unpack_from("<H", data)[0]]
        if channel == 2:
            assert Info.ARMED in self.info
            self.values[name] = struct.unpack_from("<H", data, 2)[0]
            if self.values["motorPowerSet.enable"]:
                self.turned.append(tuple(self.values[f"motorPowerSet.m{i}"] for i in (1, 2, 3, 4)))
            return data
        return data + b"\x00" + struct.pack("<H", self.values[name])

    def _supervise(self, channel, data):
        if channel == 0:
            return b"\x8c" + struct.pack("<H", int(self.info))
        self.info = self.info | Info.ARMED if data == b"\x01\x01" else self.info & ~Info.ARMED
        return bytes((0x81, 1, Info.ARMED in self.info))

    @property
    def turning(self):
        return self.values["motorPowerSet.enable"] != 0 and any(self.values[name] for name in NAMES[1:])

    def send(self, port, channel, data):
        if self.lost:
            raise OSError("the link broke")

    def send_past_locks(self, port, channel, data):
        self.send(port, channel, data)
        self.hear(port, channel, data)

    def hear(self, port, channel, data):
        self.emergency |= (port, channel, data) == (9, 1, b"\x03")
        if (port, channel, data[:1]) == (2, 3, b"\0"):
            group, name, rest = data[1:].split(b"\0", 2)
            assert rest[0] == 0x08
            self.values[f"{group.decode()}.{name.decode()}"] = rest[1]


class FakeBlock:
    """The command of each motor, as it is told."""

    def __init__(self, name, variables, period_ms, hear):
        self.hear, self.link = hear, None

    def start(self, link):
        self.link = link

    def delete(self, link):
        most = [max((turned[i] for turned in link.turned[-1:]), default=0) for i in range(4)]
        self.hear(0, {f"motor.m{i + 1}": most[i] for i in range(4)})


@pytest.fixture(autouse=True)
def block(monkeypatch):
    monkeypatch.setattr(motor_check, "Block", FakeBlock)


def test_each_motor_turns_alone_in_its_turn():
    link = FakeLink()
    told = list(motor_check.check_motors(link))
    assert [turned.motors for turned in told] == [(1,), (2,), (3,), (4,)]
    assert [turned.given[turned.motors[0]] for turned in told] == pytest.approx([motor_check.FRACTION] * 4, abs=1e-4)
    power = round(motor_check.FRACTION * 65535)
    assert link.turned == [tuple(power if i == k else 0 for i in range(4)) for k in range(4)]


def test_afterwards_no_motor_is_enabled_and_the_vehicle_disarmed():
    link = FakeLink()
    list(motor_check.check_motors(link))
    assert link.values["motorPowerSet.enable"] == 0
    assert Info.ARMED not in link.info
    assert not link.emergency


def test_a_vehicle_that_armed_itself_stays_armed():
    link = FakeLink(Info.ARMED | Info.AUTO_ARM)
    list(motor_check.check_motors(link))
    assert Info.ARMED in link.info


def test_an_interruption_while_a_motor_turns_gives_the_motors_back_and_sends_the_emergency_stop():
    link = FakeLink()
    with pytest.raises(KeyboardInterrupt):
        list(motor_check.check_motors(link, lambda: link.turning))
    assert link.turned
    assert link.emergency
    assert not link.turning


def test_whoever_leaves_early_leaves_no_motor_turning():
    link = FakeLink()
    checking = motor_check.check_motors(link)
    next(checking)
    link.values["motorPowerSet.enable"] = 1
    with pytest.raises(KeyboardInterrupt):
        checking.throw(KeyboardInterrupt)
    assert link.emergency
    assert not link.turning


@pytest.mark.parametrize("answers", range(9, 16))
def test_a_vehicle_that_answers_no_more_is_told_to_stop_all_the_same(answers):
    link = FakeLink(silent_after=answers)
    with pytest.raises(LinkSilent):
        list(motor_check.check_motors(link))
    assert link.emergency
    assert not link.turning


def test_where_the_link_broke_the_motors_are_given_back_by_another(monkeypatch):
    link = FakeLink()
    monkeypatch.setattr(motor_check, "emergency_stop", lambda uri, within_s: motor_override.let_go(link.hear))

    def enough():
        link.lost = "unplugged" if link.turning else None
        return link.turning

    with pytest.raises(KeyboardInterrupt):
        list(motor_check.check_motors(link, enough))
    assert link.turned
    assert not link.turning


def test_an_order_from_elsewhere_cuts_until_the_check_can_turn_nothing_more():
    link = FakeLink(Info.CAN_BE_ARMED | Info.ARMED)
    order = command._Order(link)
    assert not order.is_given()
    obeying = threading.Thread(target=order.obey, args=(Reaction.STOP,))
    obeying.start()
    assert order.told.wait(5.0)
    link.values.update({"motorPowerSet.enable": 1, "motorPowerSet.m1": 9000})  # by the exchange the check was in
    assert order.is_given()
    obeying.join(5.0)
    assert not obeying.is_alive()
    assert not link.turning
    assert link.emergency


@pytest.mark.parametrize("lost", [None, "unplugged"])
def test_an_order_that_may_not_have_arrived_is_not_told_as_obeyed(monkeypatch, lost):
    monkeypatch.setattr(command, "_NOTICED_WITHIN_S", 0.1)
    monkeypatch.setattr(motor_check, "emergency_stop", lambda uri, within_s: None)
    link = FakeLink()
    link.lost = lost
    with pytest.raises(TargetUnavailable, match=lost or "hangs"):
        command._Order(link).obey(Reaction.STOP)
