"""Log blocks: made, started, and seen to deliver at the rate asked for.

cflib makes a block and unpacks what it sends; what gets lost on the way is noticed here, by what does not come.
Blocks are started apart: firmware delivers nothing of those that expire in the same millisecond beyond about six.
"""

import statistics
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from hil.core.errors import TargetUnavailable
from hil.targets.crazyflie.link import Link, LinkSilent
from hil.targets.crazyflie.pace import is_past

PORT, SETTINGS = 5, 1
APART_S: Final = 0.003
_DELETE, _START_V2 = 2, 8
_CFLIB_STEP_MS = 10  # what cflib counts periods in; others are set by START_V2, in ms
_START_S, _AGAIN_S = 2.0, 0.1
_ATTEMPTS = 3
_WATCHED_PERIODS, _WATCHED_LEAST_S = 10, 0.2
_LEAST_SHARE = 0.4  # of the rows, for a block that works on a link that loses some

Hear = Callable[[int, Mapping[str, float]], None]  # stamp, ms, 24 bits; values by variable


class Block:
    """Some variables, sent together every `period_ms`."""

    def __init__(self, name: str, variables: Sequence[str], period_ms: int, hear: Hear) -> None:
        self.name, self.period_ms = name, period_ms
        self._variables, self._hear = tuple(variables), hear
        self._config: Any = None
        self._stamps: list[int] | None = None  # while it is being watched

    def start(self, link: Link) -> None:
        """Have it sent, and see it come. Raises TargetUnavailable with what is wrong."""
        link.pace.wait_until(link.pace.now_s() + APART_S)
        problem = ""
        for _ in range(_ATTEMPTS):
            self._create(link)
            problem = self._started(link) or self._watched(link)
            if not problem:
                return
            self.delete(link)
        raise TargetUnavailable(f"log block {self.name}: {problem}", hint="is the link overloaded? --set rate_hz=50")

    def delete(self, link: Link) -> None:
        """Have it sent no more, if there is a link to say so."""
        config, self._config = self._config, None
        if config is None or link.cf is None:
            return
        try:
            asked = bytes((_DELETE, config.id))
            link.ask(PORT, SETTINGS, asked, answer=asked, within_s=0.5)
        except LinkSilent:
            pass

    def _create(self, link: Link) -> None:
        from cflib.crazyflie.log import LogConfig

        self._config = config = LogConfig(self.name, max(self.period_ms, _CFLIB_STEP_MS))
        for variable in self._variables:
            config.add_variable(variable)
        try:
            link.cf.log.add_config(config)
        except KeyError as missing:
            raise TargetUnavailable(
                f"the vehicle's firmware does not log what the bench needs: {missing.args[0]}",
                hint="update the firmware to 2026.08 or later",
            ) from missing
        config.data_received_cb.add_callback(self._received)

    def _started(self, link: Link) -> str:
        config, changed = self._config, threading.Event()
        config.started_cb.add_callback(lambda *_: changed.set())
        deadline_s = link.pace.now_s() + _START_S
        while not config.started:
            if config.err_no:
                return f"the vehicle refused it with error {config.err_no}"
            if is_past(link.pace, deadline_s) or link.lost:
                return link.lost or "the vehicle does not answer"
            config.start()
            link.pace.wait_for(changed, link.pace.now_s() + _AGAIN_S)
        if self.period_ms % _CFLIB_STEP_MS or self.period_ms < _CFLIB_STEP_MS:
            asked = struct.pack("<BB", _START_V2, config.id)
            answer = link.ask(PORT, SETTINGS, asked + struct.pack("<H", self.period_ms), answer=asked)
            if answer[2]:
                return f"the vehicle cannot send it every {self.period_ms} ms: error {answer[2]}"
        return ""

    def _watched(self, link: Link) -> str:
        """What is wrong with its rate, or nothing."""
        watch_s = max(_WATCHED_PERIODS * self.period_ms / 1000, _WATCHED_LEAST_S)
        self._stamps = []
        link.pace.wait_until(link.pace.now_s() + watch_s)
        stamps, self._stamps = self._stamps, None
        expected = watch_s * 1000 / self.period_ms
        if len(stamps) < max(_LEAST_SHARE * expected, 2):
            return f"{len(stamps)} packets came in {watch_s:g} s, {expected:.0f} were to come"
        period_ms = statistics.median((b - a) % (1 << 24) for a, b in pairwise(sorted(set(stamps))))
        if abs(period_ms - self.period_ms) > max(1, 0.1 * self.period_ms):
            return f"it comes every {period_ms:g} ms instead of every {self.period_ms} ms"
        return ""

    def _received(self, stamp_ms: int, values: Mapping[str, float], _: Any) -> None:
        if self._stamps is not None:
            self._stamps.append(stamp_ms)
        self._hear(stamp_ms, values)
