from types import SimpleNamespace

import pytest

from hil.targets.crazyflie.link_quality import LinkQuality, spread


class Echoes:
    """A link that gives echoes back after `delay_s`, but for those whose number is in `loses`."""

    def __init__(self, delay_s=0.0, loses=()):
        self.time_s, self._delay_s, self._loses = 0.0, delay_s, loses
        self.pace = SimpleNamespace(now_s=lambda: self.time_s, hear=lambda: None)
        self._under_way = []

    def listen(self, port, channel, hear):
        self._hear = hear

    def send(self, port, channel, data):
        if data[1] not in self._loses:
            self._under_way.append((self.time_s + self._delay_s, data))

    def pass_time(self, quality, until_s):
        while self.time_s < until_s:
            quality.tend(self.time_s)
            for item in [one for one in self._under_way if one[0] <= self.time_s + 1e-9]:
                self._under_way.remove(item)
                self._hear(item[1])
            self.time_s = round(self.time_s + 0.01, 6)


def measured(link, until_s=3.0):
    quality = LinkQuality(link)
    quality.begin()
    link.pass_time(quality, until_s)
    return quality


def test_latency_is_the_time_there_and_back():
    assert measured(Echoes(delay_s=0.03)).latency_s == pytest.approx(0.03)


def test_loss_is_the_share_of_echoes_that_did_not_come_back():
    quality = measured(Echoes(loses=(2, 5, 9)), until_s=3.0)
    assert quality.loss_share == pytest.approx(3 / 30)


def test_an_echo_that_may_still_come_does_not_count():
    assert measured(Echoes(delay_s=0.3), until_s=0.2).loss_share is None


def test_before_the_first_echo_nothing_is_known():
    quality = LinkQuality(Echoes())
    assert quality.latency_s is None
    assert quality.summary()["latency_s"] is None


def test_what_is_under_way_arrives_within_the_longest_of_the_last_echoes():
    link = Echoes(delay_s=0.04)
    quality = measured(link, until_s=1.0)
    link._delay_s = 0.01
    link.pass_time(quality, 2.0)
    slow_before = quality.late_s
    link.pass_time(quality, 4.0)
    assert (slow_before, quality.late_s) == (pytest.approx(0.04), pytest.approx(0.01))


def test_before_the_first_echo_nothing_is_waited_for():
    assert LinkQuality(Echoes()).late_s == 0.0


def test_a_steady_link_has_no_jitter():
    assert measured(Echoes(delay_s=0.05)).summary()["jitter_s"] == pytest.approx(0.0, abs=1e-9)


def test_a_spread_is_median_and_extremes():
    assert spread([float(n) for n in range(100)]) == {"p50": 50.0, "p95": 95.0, "max": 99.0}
