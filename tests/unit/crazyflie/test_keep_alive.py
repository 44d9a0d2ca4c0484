import threading
import time

from hil.targets.crazyflie import keep_alive
from hil.targets.crazyflie.keep_alive import KeepAlive
from hil.targets.crazyflie.supervision import KEEP_ALIVE_S, STILL_HERE, STOP_PACKETS, stop_motors

ENOUGH_S = 20.0  # for what takes a fraction of it on an idle machine


class Sent:
    def __init__(self):
        self.packets, self.some = [], threading.Semaphore(0)

    def send(self, port, channel, data):
        self.packets.append((port, channel, data))
        self.some.release()


def test_in_simulated_time_it_is_told_four_times_a_second():
    link = Sent()
    alive = KeepAlive(link, threaded=False)
    alive.begin()
    for ms in range(0, 1000, 10):
        alive.tend(ms / 1000)
    assert link.packets == [(9, 1, STILL_HERE)] * (1 + round(1 / KEEP_ALIVE_S))


def test_before_it_begins_and_after_it_ends_nothing_is_told():
    link = Sent()
    alive = KeepAlive(link, threaded=False)
    alive.tend(0.0)
    assert link.packets == []
    alive.begin()
    alive.end()
    alive.tend(9.0)
    assert len(link.packets) == 1


def test_by_the_wall_a_thread_tells_it_while_the_flight_loop_is_busy():
    link = Sent()
    alive = KeepAlive(link, threaded=True)
    alive.begin()
    try:
        assert all(link.some.acquire(timeout=ENOUGH_S) for _ in range(3))
    finally:
        alive.end()
    assert "keep alive" not in {thread.name for thread in threading.enumerate()}


def test_a_flight_loop_that_hangs_is_not_covered_up(monkeypatch):
    monkeypatch.setattr(keep_alive, "HUNG_S", -1.0)
    link = Sent()
    alive = KeepAlive(link, threaded=True)
    alive.begin()
    time.sleep(3 * KEEP_ALIVE_S)
    alive.end()
    assert len(link.packets) == 1  # of the beginning


def test_stopping_tells_the_vehicle_again_and_again_in_every_way():
    link = Sent()
    stop_motors(link.send)
    assert link.packets.count((9, 1, b"\x03")) == STOP_PACKETS
    assert link.packets.count((7, 0, b"\x00")) == STOP_PACKETS


def test_stopping_raises_nothing():
    def broken(port, channel, data):
        raise OSError("no device")

    stop_motors(broken)
