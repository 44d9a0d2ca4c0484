"""Which commands a batch obeys when: `hil_sim.timeline.LateCommands` for numbers of command sets ("slots")."""

from collections.abc import Sequence

from hil.scenario.conditions import Delay
from hil_sim.quadrotor import LONGEST_STEP_NS
from hil_sim.timeline import LateCommands

Pieces = tuple[list[int], list[tuple[float, float]]]  # the slot obeyed in each piece; its length and when it begins, s


class Waiting:
    """Slots on their way to the motors, in order, all equally late; where none ever is late, slot 0 is all there is."""

    def __init__(self, delay_s: float, delays: Sequence[Delay]) -> None:
        self.late = delay_s != 0.0 or bool(delays)
        self._commands = LateCommands(0, delay_s=delay_s, faults=delays)

    def free_slot(self) -> int:
        """The lowest slot that nothing needs any more."""
        if not self.late:
            return 0
        busy = self._commands.needed()
        return next(slot for slot in range(len(busy) + 1) if slot not in busy)

    def issue(self, slot: int, now_ns: int) -> None:
        """Send the commands in `slot`."""
        if self.late:
            self._commands.issue(now_ns, slot)

    def active(self, now_ns: int) -> int:
        """The slot that is obeyed at `now_ns`; ask in order of time."""
        return self._commands.active(now_ns)

    def pieces(self, now_ns: int, end_ns: int) -> Pieces:
        """What is flown until `end_ns`, in order.

        It is cut where a command takes effect and where RK4 would take too long a stride, just as for one vehicle.
        """
        if not self.late and now_ns < end_ns <= now_ns + LONGEST_STEP_NS:
            return [0], [((end_ns - now_ns) / 1e9, now_ns / 1e9)]
        slots, pieces = [], []
        while now_ns < end_ns:
            slot = self.active(now_ns)
            until_ns = min(end_ns, self._commands.next_change_ns())
            count = -((now_ns - until_ns) // LONGEST_STEP_NS)
            slots += [slot] * count
            pieces += [((until_ns - now_ns) / count / 1e9, now_ns / 1e9)] * count
            now_ns = until_ns
        return slots, pieces
