"""cflib's own Crazyflie on a driver that breaks while it sends."""

import threading

import pytest

pytest.importorskip("cflib", reason="cflib is not installed: pip install 'hil-bench[crazyflie]'")

from hil.targets.crazyflie.packets import packet
from hil.targets.crazyflie.sending import crazyflie

ENOUGH_S = 20.0


class Driver:
    needs_resending = False

    def __init__(self, problem):
        self.problem, self.sent = problem, []

    def send_packet(self, sent):
        if self.problem is not None:
            problem, self.problem = self.problem, None
            raise problem
        self.sent.append(sent)


@pytest.fixture
def lost():
    return []


def made(problem, lost):
    cf = crazyflie(lost.append)
    cf.link = Driver(problem)
    return cf


def sends_from_another_thread(cf):
    thread = threading.Thread(target=cf.send_packet, args=(packet(15, 0, b"x"),), daemon=True)
    thread.start()
    thread.join(ENOUGH_S)
    return not thread.is_alive()


def test_a_driver_that_raises_is_a_link_that_broke_and_locks_nobody_out(lost):
    cf = made(BrokenPipeError(32, "Broken pipe"), lost)
    cf.send_packet(packet(15, 0, b"x"))
    assert lost == ["sending failed: [Errno 32] Broken pipe"]
    assert sends_from_another_thread(cf)


def test_ctrl_c_while_it_sends_goes_on_as_ctrl_c_and_locks_nobody_out(lost):
    cf = made(KeyboardInterrupt(), lost)
    with pytest.raises(KeyboardInterrupt):
        cf.send_packet(packet(15, 0, b"x"))
    assert lost == []
    assert sends_from_another_thread(cf)
    assert len(cf.link.sent) == 1
