"""What a flight leaves of its chip: pil.json in the run folder.

uri, network     where the chip was, and the hash of what it carries
chip             cpu_id, clock_source (none, icount, dwt), clock_hz, sizes in bytes: flash, ram (static), stack
                 (reserved), stack_used (high-water mark), state
cost             unit (instructions, cycles or nothing), golden_steps; observation and network apart, mean and most;
                 worst: of both together in one step of the flight
link             requests repeated, answers that came late, frames dropped by the chip and by the bench
steps            of every step: cost_observation, cost_network, spikes per layer
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hil.core.whole_file import write_whole
from hil.link.messages import ClockSource
from hil.run_files import PIL
from hil.targets.pil.chip import Flight

# Instructions are not time: an emulator has no cycles, and none are made up.
UNITS = {ClockSource.NONE: None, ClockSource.ICOUNT: "instructions", ClockSource.DWT: "cycles"}


def write(run_dir: Path, flight: Flight, *, uri: str, golden_steps: int) -> None:
    """pil.json."""
    text = json.dumps(described(flight, uri=uri, golden_steps=golden_steps), indent=2, sort_keys=True)
    write_whole(run_dir / PIL, (text + "\n").encode())


def described(flight: Flight, *, uri: str, golden_steps: int) -> dict[str, Any]:
    """The same as plain data."""
    hello, told, counts = flight.hello, flight.statistics, flight.counts
    counted = hello.clock_source != ClockSource.NONE
    whole = [a + b for a, b in zip(flight.cost_observation, flight.cost_network, strict=True)]
    return {
        "uri": uri,
        "network": hello.network_hash.hex(),
        "chip": {
            "cpu_id": f"{hello.cpu_id:#010x}",
            "clock_source": ClockSource(hello.clock_source).name.lower(),
            "clock_hz": hello.clock_hz or None,
            "flash_bytes": hello.flash_bytes or None,
            "ram_bytes": hello.ram_bytes or None,
            "stack_bytes": hello.stack_bytes or None,
            "stack_used_bytes": (told.stack_used_bytes or None) if told else None,
            "state_bytes": hello.state_bytes,
        },
        "cost": {
            "unit": UNITS[ClockSource(hello.clock_source)],
            "golden_steps": golden_steps,
            "observation": _spread(flight.cost_observation) if counted else None,
            "network": _spread(flight.cost_network) if counted else None,
            "worst": max(whole) if counted and whole else None,
        },
        "link": {
            "repeats": counts.repeats if counts else None,
            "stale": counts.stale if counts else None,
            "dropped_by_bench": asdict(counts.dropped) if counts else None,
            "dropped_by_chip": (
                {name: getattr(told, f"dropped_{name}") for name in ("long", "cobs", "short", "crc")} if told else None
            ),
        },
        "steps": {
            "cost_observation": flight.cost_observation if counted else [],
            "cost_network": flight.cost_network if counted else [],
            "spikes": [list(counts) for counts in flight.spikes],
        },
    }


def _spread(costs: list[int]) -> dict[str, float] | None:
    return {"mean": sum(costs) / len(costs), "most": max(costs)} if costs else None
