"""A virtual Crazyflie behind its link: datagrams from clients in, datagrams to clients out, one millisecond at a time.

No socket and no clock of its own: `server` has both. A client is whatever its datagrams are from. The vehicle answers
the one that spoke last; a null packet, by which clients scan, is answered to who sent it and changes nothing.

Time is the body's clock, which a reboot of the firmware does not set back.
"""

import math
from collections.abc import Iterable, Sequence

from hil.scenario.conditions import Delay, Disturbance, Fault, GyroBias, MotorEfficiency, Randomise
from hil.scenario.virtual_faults import BatterySag, LogOverrun, PoseDropout, Reset, Tumble
from hil.virtual_crazyflie.fault_schedule import FaultSchedule
from hil.virtual_crazyflie.firmware import VirtualCrazyflie
from hil.virtual_crazyflie.link_faults import LinkFaults, Peer
from hil.virtual_crazyflie.packet import NULL


class Linked:
    """The vehicle, the air around it and the faults to come. Faults of `task` count from boot until told otherwise."""

    def __init__(self, vehicle: VirtualCrazyflie, *, seed: int = 0, faults: Iterable[Fault] = ()) -> None:
        self.vehicle = vehicle
        self._air = LinkFaults(seed)
        self._to_come, self._of_scenario = FaultSchedule(), FaultSchedule()
        self._to_come.add(faults, task_at_ms=0)
        self._ended_by_next: list[int] = []  # the link faults of the scenario
        self._overrun_until_ms = 0.0
        self._peer: Peer | None = None
        self.phases: dict[str, int] = {}  # when each that was announced began last, ms
        self.begun: list[tuple[str, int]] = []  # kind of each fault that set in, and when, ms

    @property
    def now_ms(self) -> int:
        """Milliseconds that have passed."""
        return self.vehicle.body.now_ms

    @property
    def refused(self) -> bool:
        """Whether the port is closed now."""
        return self._air.refused(self.now_ms)

    def receive(self, datagram: bytes, peer: Peer) -> None:
        """Somebody sends a datagram; what arrives at once is answered at once."""
        self._set_in()
        self._air.send("up", datagram, peer, self.now_ms)
        self._arrive()

    def tick(self) -> None:
        """Let one millisecond pass."""
        self._set_in()
        self._arrive()
        self.vehicle.tick()
        self._send()
        self._arrive()

    def outgoing(self) -> list[tuple[bytes, Peer]]:
        """What reaches clients by now, in order, each once."""
        return self._air.arrived("down", self.now_ms)

    def add(self, faults: Iterable[Fault]) -> None:
        """More faults; those of the task count from now."""
        self._to_come.add(faults, task_at_ms=self.now_ms)
        self._set_in()

    def phase(self, name: str) -> Sequence[Fault]:
        """A phase of the flight begins now; gives the faults that will set in because of it."""
        self.phases[name] = self.now_ms
        begun = [fault for some in (self._to_come, self._of_scenario) for fault in some.phase(name, self.now_ms)]
        self._set_in()
        return begun

    def conditions(
        self,
        *,
        disturbances: Sequence[Disturbance],
        faults: Sequence[Fault],
        randomise: Randomise,
        seed: int,
        task_in_ms: int,
        goes_on: bool = False,
    ) -> None:
        """What a scenario does to the flight that begins now; the task's t = 0 is `task_in_ms` ahead.

        Faults of an earlier scenario that are still to come do not come, and the link is as it was before it. What
        broke on the vehicle stays broken. Where the same scenario `goes_on`, told in two parts because the begin of its
        task was not known before, all of that stays.
        """
        if not goes_on:
            self._air.seed(seed)
            while self._ended_by_next:
                self._air.end(self._ended_by_next.pop())
            self._of_scenario = FaultSchedule()
        self.vehicle.body.conditions(disturbances=disturbances, randomise=randomise, seed=seed, task_in_ms=task_in_ms)
        self._of_scenario.add(faults, task_at_ms=self.now_ms + task_in_ms)

    def _set_in(self) -> None:
        for fault in self._to_come.due(self.now_ms):
            self._begin(fault)
        for fault in self._of_scenario.due(self.now_ms):
            number = self._begin(fault)
            if number is not None:
                self._ended_by_next.append(number)
        self.vehicle.log_blocks.overrun = self.now_ms < self._overrun_until_ms

    def _begin(self, fault: Fault) -> int | None:
        """It sets in; the number of one of the link."""
        body = self.vehicle.body
        self.begun.append((fault.kind, self.now_ms))
        match fault:
            case MotorEfficiency():
                body.weaken(fault.motor, fault.factor)
            case GyroBias():
                body.bias_gyro(fault.bias_rad_s)
            case Delay():
                body.delay_commands(fault.added_s)
            case BatterySag():
                body.charge(fault.volts)
            case PoseDropout():
                body.blind(fault.for_s)
            case Tumble():
                body.tumble(fault.for_s)
            case Reset():
                self.vehicle.reboot()
            case LogOverrun():
                self._overrun_until_ms = math.inf if fault.for_s is None else self.now_ms + 1000.0 * fault.for_s
            case _:
                return self._air.begin(fault, self.now_ms)
        return None

    def _arrive(self) -> None:
        for datagram, peer in self._air.arrived("up", self.now_ms):
            if datagram == NULL:
                self._air.send("down", NULL, peer, self.now_ms)
                continue
            self._peer = peer
            self.vehicle.receive(datagram)
            self._send()

    def _send(self) -> None:
        for datagram in self.vehicle.outgoing():
            if self._peer is not None:
                self._air.send("down", datagram, self._peer, self.now_ms)
