import threading
import time

import pytest

from hil.targets.crazyflie.pace import LockStepPace, WallPace, is_past


class Vehicle:
    """Takes its time when told to; answers `event` once it has come to `answers_at_ms`."""

    def __init__(self, answers_at_ms=None):
        self.now_ms, self.advances, self.barriers = 0, [], 0
        self.event, self._answers_at_ms = threading.Event(), answers_at_ms

    def advance(self, to_ms):
        self.advances.append(to_ms)
        self.now_ms = to_ms

    def barrier(self):
        self.barriers += 1
        if self._answers_at_ms is not None and self.now_ms >= self._answers_at_ms:
            self.event.set()

    def pace(self):
        return LockStepPace(0, self.advance, self.barrier)


def test_time_passes_in_pieces_that_a_socket_can_hold_each_heard_to_its_end():
    vehicle = Vehicle()
    vehicle.pace().wait_until(0.05)
    assert vehicle.advances == [20, 40, 50]
    assert vehicle.barriers == 3


def test_what_is_answered_at_once_takes_no_time():
    vehicle = Vehicle(answers_at_ms=0)
    pace = vehicle.pace()
    assert pace.wait_for(vehicle.event, 1.0)
    assert pace.now_s() == 0.0


def test_what_is_answered_later_takes_exactly_as_long():
    vehicle = Vehicle(answers_at_ms=7)
    pace = vehicle.pace()
    assert pace.wait_for(vehicle.event, 1.0)
    assert pace.now_s() == 0.007


def test_what_is_never_answered_takes_until_the_deadline():
    vehicle = Vehicle()
    pace = vehicle.pace()
    assert not pace.wait_for(vehicle.event, 0.1)
    assert pace.now_s() == 0.1


@pytest.mark.parametrize("begin_ms", range(13300, 13320))
def test_waiting_in_a_loop_until_a_time_comes_to_an_end(begin_ms):
    pace = LockStepPace(begin_ms, lambda to_ms: None, lambda: None)
    deadline_s = pace.now_s() + 0.6
    for _ in range(10):
        if is_past(pace, deadline_s):
            return
        pace.wait_for(threading.Event(), min(pace.now_s() + 0.1, deadline_s))
    raise AssertionError(f"still {deadline_s - pace.now_s()} s to go")


def test_a_fraction_of_a_millisecond_is_waited_for_as_a_whole_one():
    pace = Vehicle().pace()
    pace.wait_until(0.0003)
    assert pace.now_s() == 0.001


@pytest.mark.parametrize(("now_ms", "then_s"), [(0, 2.0), (1999, 2.0), (2000, 4.0)])
def test_flights_begin_at_even_times_however_long_it_took_to_connect(now_ms, then_s):
    pace = LockStepPace(now_ms, lambda to_ms: None, lambda: None)
    pace.begin_evenly(2.0)
    assert pace.now_s() == then_s


def test_by_the_wall_an_event_ends_the_wait():
    pace, event = WallPace(), threading.Event()
    threading.Timer(0.01, event.set).start()
    before_s = time.perf_counter()
    assert pace.wait_for(event, pace.now_s() + 60.0)
    assert time.perf_counter() - before_s < 30.0
