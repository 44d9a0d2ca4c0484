"""`--target pil`: the closed loop of `sil`, its network on a chip. Simulated time waits for every answer."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import final

from hil.controller_choice import DEFAULT_NETWORK, choose, network_file, refuse_target
from hil.core.breach import Breach, Reaction
from hil.core.clock import WallClock
from hil.core.interfaces import Target
from hil.core.types import Event, Sample, Setpoint, Start
from hil.targets.closed_loop import ClosedLoop, loop, planned
from hil.targets.order import Order, Prepared
from hil.targets.pil import kept
from hil.targets.pil.chip import Chip
from hil.targets.pil.lines import chip_line
from hil.vehicle_choice import vehicle_of
from hil_controllers.export.header import refuse
from hil_controllers.network.controller import NetworkController


@final
class Pil(Target):
    """A closed loop whose network is on a chip: opened before, and let go of after. What flies is the loop."""

    def __init__(self, flown: ClosedLoop, chip: Chip, *, uri: str, golden_steps: int) -> None:
        self.name = flown.name
        self.controller_name = flown.controller_name
        self.controller_family = flown.controller_family
        self.controller_hash = flown.controller_hash
        self.chip = chip
        self._loop, self._uri, self._golden_steps = flown, uri, golden_steps

    def open(self) -> None:
        """Start the chip, or find it, and let it replay the golden vectors. Raises TargetUnavailable, Refused."""
        self.chip.open()

    def reset(self, start: Start, *, seed: int) -> None:
        """Put plant, senses and chip at t = 0."""
        self._loop.reset(start, seed=seed)

    def approach(self) -> Iterator[Sequence[Sample]]:
        """Nothing to approach."""
        return self._loop.approach()

    def step(self, setpoint: Setpoint) -> Sequence[Sample]:
        """Ask the chip, log, advance by one tick. Raises LinkDead."""
        return self._loop.step(setpoint)

    def leave(self, reaction: Reaction) -> Iterator[Sequence[Sample]]:
        """Nothing to bring down."""
        return self._loop.leave(reaction)

    def alarm(self) -> Breach | None:
        """Samples tell all; a chip that is gone ends the flight by an error."""
        return self._loop.alarm()

    def news(self) -> Sequence[Event]:
        """Nothing happens that samples do not show."""
        return self._loop.news()

    def stop(self) -> None:
        """Nothing turns."""

    def close(self) -> None:
        """Let go of the chip; one that is emulated ends."""
        self.chip.close()

    def keep(self, run_dir: Path) -> None:
        """What the network was, and what it cost on the chip."""
        self._loop.keep(run_dir)
        if self.chip.flight is not None:
            kept.write(run_dir, self.chip.flight, uri=self._uri, golden_steps=self._golden_steps)


def build(order: Order) -> Prepared:
    """The rig of an order. Raises BadInput for a network without C, TargetUnavailable where tools are missing."""
    word = order.controller or DEFAULT_NETWORK
    refuse_target(word, "pil")
    vehicle = vehicle_of(order.scenario)
    network = choose(word, vehicle, force=order.force).network
    assert network is not None  # nothing else flies on a chip
    refuse(network)
    plan = planned("pil", order, vehicle, network)
    uri, line = chip_line(order.hardware.uri)
    clock = WallClock()  # of the link: it waits, whatever time the flight has
    chip = Chip(network, partial(line, network, clock), clock)
    controller = NetworkController(network, name=network_file(word, vehicle.name).stem, flown_by=chip)
    flown = loop("pil", order, vehicle, controller, compiled=True)
    return Prepared(Pil(flown, chip, uri=uri, golden_steps=len(network.golden)), plan, simulated=True)
