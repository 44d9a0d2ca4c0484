"""`hil bench plant` with rivals beside it, written as docs/performance.md.

python benchmarks/plant.py --out docs/performance.md --json performance.json
"""

import argparse
import json
import sys
from importlib.util import find_spec
from pathlib import Path

from rivals import RIVALS

from hil_sim.batch.benchmark import Benchmark, Speed, measured

COMMAND = "python benchmarks/plant.py --out docs/performance.md"


def page(result: Benchmark, absent: list[str]) -> str:
    """The measurements as Markdown."""
    ours = [speed for speed in result.speeds if speed.model in result.models]
    rivals = [speed for speed in result.speeds if speed.model not in result.models]
    reference = {speed.vehicles: speed for speed in ours if speed.what == "kernel" and speed.dtype == "float32"}
    gate = [s for s in ours if (s.what, s.model, s.dtype) == ("kernel", "base", "float32") and s.ratio_to_numpy]
    least = min(s.ratio_to_numpy for s in gate if s.ratio_to_numpy)
    lines = [
        "# Performance of the batch plant",
        "",
        f"Written by `{COMMAND}`; `hil bench plant` measures the same without rivals, `--json` for machines.",
        "",
        f"One step is 10 ms of RK4 without delay. CPU time of one core; all cases in turn in each of {result.rounds}",
        "rounds of one run; medians, with quartiles. A busy machine moves the absolute numbers; ratios within the run",
        "move less, and the gate is a ratio.",
        "",
        *(f"- **{model}**: {meaning}" for model, meaning in result.models.items()),
        "",
        "| what | model | dtype | vehicles | µs a call | quartiles | M steps/s | × numpy |",
        "|---|---|---|--:|--:|--:|--:|--:|",
        *(
            _row(speed) + f" {speed.ratio_to_numpy:.1f} |" if speed.ratio_to_numpy else _row(speed) + " |"
            for speed in ours
        ),
        "",
        f"Gate: the base kernel is at least 12 × numpy. Measured: {least:.1f} × at the least.",
        "",
        "`kernel` is the compiled loop alone; `BatchPlant.step` checks, clips and lays out the commands, too; `numpy`",
        "is the same program on arrays: what serves without numba.",
        "",
        "## Rivals in the same run",
        "",
        "Each with its own model and in its own way; one call is 10 ms of simulated time. The last column compares",
        "with our kernel over as many vehicles: the full model, or for one vehicle the base model.",
        "",
        "| what | model | dtype | vehicles | µs a call | quartiles | M × 10 ms/s | our kernel is faster by |",
        "|---|---|---|--:|--:|--:|--:|--:|",
        *(_row(speed) + f" {speed.call_us / reference[speed.vehicles].call_us:.0f} × |" for speed in rivals),
        "",
        f"Not installed, so not measured: {', '.join(absent) or 'none'}.",
        "",
        "## Machine",
        "",
        *(f"- {name}: {value}" for name, value in result.environment.items()),
    ]
    return "\n".join(lines) + "\n"


def _row(speed: Speed) -> str:
    low, high = speed.call_us_quartiles
    return (
        f"| {speed.what} | {speed.model} | {speed.dtype} | {speed.vehicles:,} | {speed.call_us:,.2f} "
        f"| {low:,.2f} .. {high:,.2f} | {speed.million_steps_s:.3g} |"
    )


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="Markdown file to write.")
    parser.add_argument("--json", type=Path, help="JSON file to write.")
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    installed = [name for name in RIVALS if find_spec(name)]
    others = dict(case for name in installed for case in RIVALS[name]())
    result = measured(rounds=given.rounds, others=others)
    text = page(result, [name for name in RIVALS if name not in installed])
    sys.stdout.write(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")
    if given.json:
        given.json.write_text(json.dumps(result.as_json(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
