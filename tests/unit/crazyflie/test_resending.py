from itertools import pairwise
from types import SimpleNamespace

import pytest

from hil.targets.crazyflie.resending import Unanswered


def packet(port, channel, *data):
    return SimpleNamespace(port=port, channel=channel, data=bytearray(data))


def test_what_is_answered_is_not_sent_again():
    unanswered = Unanswered()
    unanswered.sent(packet(5, 0, 2, 7, 0), 0.0)
    unanswered.received(packet(5, 0, 2, 7, 0, 7, 112, 109))
    assert unanswered.due(10.0) == []


def test_what_is_not_answered_is_sent_again_less_and_less_often():
    unanswered = Unanswered()
    asked = packet(2, 1, 7, 0)
    unanswered.sent(asked, 0.0)
    times = [ms for ms in range(400) if unanswered.due(ms / 1000)]
    assert times[0] == 30
    gaps = [b - a for a, b in pairwise(times)]
    assert gaps == sorted(gaps)
    assert unanswered.resent == len(times)


def test_an_answer_to_something_else_does_not_count():
    unanswered = Unanswered()
    unanswered.sent(packet(2, 1, 7, 0), 0.0)
    unanswered.received(packet(2, 1, 8, 0, 0))
    unanswered.received(packet(5, 2, 7, 0, 0))
    assert len(unanswered.due(1.0)) == 1


@pytest.mark.parametrize(("asked", "answer"), [((15, 1, 0), (15, 1, 66, 105)), ((13, 1, 0), (13, 1, 0, 12))])
def test_greetings_are_sent_again_late_for_their_answer_makes_cflib_begin_anew(asked, answer):
    unanswered = Unanswered()
    unanswered.sent(packet(*asked), 0.0)
    assert unanswered.due(0.9) == []
    assert len(unanswered.due(1.0)) == 1
    unanswered.received(packet(*answer))
    assert unanswered.due(9.0) == []


def test_echoes_and_set_points_are_not_waited_for():
    unanswered = Unanswered()
    unanswered.sent(packet(15, 0, 1, 2), 0.0)
    unanswered.sent(packet(7, 0, 7, 0), 0.0)
    assert unanswered.due(9.0) == []
