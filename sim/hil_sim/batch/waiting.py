"""Which commands a batch obeys when: `hil_sim.timeline.LateCommands` for numbers of command sets ("slots")."""

from collections import deque

from hil_sim.quadrotor import LONGEST_STEP_NS


class Waiting:
    """Slots on their way to the motors, in order, all equally late."""

    def __init__(self, delay_ns: int) -> None:
        self._delay_ns = delay_ns
        self._active = 0
        self._waiting: deque[tuple[int, int]] = deque()

    def free_slot(self) -> int:
        """The lowest slot that nothing needs any more."""
        if not self._delay_ns:
            return 0
        busy = {self._active, *(slot for _, slot in self._waiting)}
        return next(slot for slot in range(len(busy) + 1) if slot not in busy)

    def pieces(self, slot: int, now_ns: int, end_ns: int) -> tuple[list[int], list[tuple[float, float]]]:
        """Send `slot` at `now_ns`; the slots obeyed until `end_ns`, and the (length, start) of each piece, s.

        A step is cut where a command takes effect and where RK4 would take too long a stride, just as for one vehicle.
        """
        if not self._delay_ns and end_ns - now_ns <= LONGEST_STEP_NS:
            self._active = slot
            return [slot], [((end_ns - now_ns) / 1e9, now_ns / 1e9)]
        self._waiting.append((now_ns + self._delay_ns, slot))
        slots, pieces = [], []
        while now_ns < end_ns:
            while self._waiting and self._waiting[0][0] <= now_ns:
                self._active = self._waiting.popleft()[1]
            until_ns = min(end_ns, self._waiting[0][0]) if self._waiting else end_ns
            count = -((now_ns - until_ns) // LONGEST_STEP_NS)
            slots += [self._active] * count
            pieces += [((until_ns - now_ns) / count / 1e9, now_ns / 1e9)] * count
            now_ns = until_ns
        return slots, pieces
