"""`hil bench plant`, `run` and `report`, with rivals beside the plant, written as docs/performance.md.

python benchmarks/performance.py --out docs/performance.md --json performance.json
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import chdir
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap
from typing import NamedTuple

from rivals import RIVALS

from hil.batch_benchmark import LOGGED, NETWORKS, FlightBenchmark, FlightSpeed, measured_flights
from hil.report_benchmark import ReportBenchmark, measured_report
from hil.stopwatch import one_core
from hil_sim.batch.benchmark import MODELS
from hil_sim.benchmark import PlantBenchmark, Speed, measured_plant

COMMAND = "python benchmarks/performance.py --out docs/performance.md"
OF_PLANT = ("kernel", "BatchPlant.step", "numpy")
OF_ENVIRONMENT = ("VectorEnv.step", "VectorEnv, noisy")
Of = tuple[str, str, str, int]  # what, model, dtype, vehicles


class Goal(NamedTuple):
    """What we want of a case; never asserted, as it depends on the machine."""

    of: Of
    wanted: str
    figure: Callable[[Speed], float]
    met: Callable[[float], bool]


def _m_steps_s(speed: Speed) -> float:
    return speed.million_steps_s


def _x_numpy(speed: Speed) -> float:
    return speed.ratio_to_numpy or 0.0


GOALS = (
    Goal(("kernel", "base", "float32", 16_384), "≥ 100 M steps/s", _m_steps_s, lambda found: found >= 100),
    Goal(("kernel", "base", "float32", 16_384), "≥ 12 × numpy", _x_numpy, lambda found: found >= 12),
    Goal(("kernel", "full", "float32", 16_384), "≥ 70 M steps/s", _m_steps_s, lambda found: found >= 70),
    Goal(("kernel", "base", "float32", 1), "≤ 1 µs a call", lambda speed: speed.call_us, lambda found: found <= 1),
    Goal(("VectorEnv.step", "base", "float32", 1_024), "≥ 40 M steps/s", _m_steps_s, lambda found: found >= 40),
    Goal(("VectorEnv, noisy", "base", "float32", 1_024), "≥ 15 M steps/s", _m_steps_s, lambda found: found >= 15),
)
# of flights: what, goal, figure, from where on it is met
FLIGHT_GOALS: tuple[tuple[str, str, Callable[[FlightSpeed], float], float], ...] = (
    (NETWORKS, "≥ 334 flights/s: 10,000 of 5 s in 30 s", lambda speed: speed.flights_s, 10_000 / 30),
    (LOGGED, "≥ 500 × real time, logged", lambda speed: speed.times_real, 500.0),
)


def page(plant: PlantBenchmark, flights: FlightBenchmark, report: ReportBenchmark, absent: Sequence[str]) -> str:
    """The measurements as Markdown."""
    sections = (
        _head(flights),
        _plant(plant),
        _rivals(plant, absent),
        _environment(plant),
        _goals(plant),
        _flights(flights),
        _report(report),
        _machine(plant, flights, report),
    )
    return "\n".join(line for section in sections for line in (*section, "")).rstrip() + "\n"


def _head(flights: FlightBenchmark) -> Iterator[str]:
    machine = flights.environment
    yield from ("# Performance", "")
    yield from _prose(
        f"Written by `{COMMAND}`. `hil bench plant`, `run` and `report` measure the same without rivals: `--json` for "
        "machines, `--min-ratio` for gates."
    )
    yield ""
    yield from _prose(
        f"**All figures are from one machine: {machine['cpu']}, {machine['vectors']}, {machine['cores']} cores** "
        "([more](#machine)). The cases of a section take turns in every round; figures are medians of the rounds, with "
        "quartiles. A busy machine moves the absolute numbers; ratios within the run move less, and every gate is a "
        "ratio."
    )


def _plant(plant: PlantBenchmark) -> Iterator[str]:
    yield from ("## Batch plant", "")
    yield from _prose(
        f"CPU time of one core; a call is one step of 10 ms of RK4 without delay; {plant.rounds} rounds. Memory that "
        "is freed stays with the process, so that numpy meets no page faults."
    )
    yield ""
    yield from (f"- **{name}**: {plant.legend[name]}" for name in (*MODELS, *OF_PLANT))
    yield ""
    yield from _steps(_of(plant, OF_PLANT))
    yield ""
    yield from _prose(
        "Gate (`hil bench plant --min-ratio 12`): how much faster than numpy the base kernel is, at the least of its "
        f"sizes; here {plant.gated_ratio:.1f} ×."
    )


def _environment(plant: PlantBenchmark) -> Iterator[str]:
    yield from ("## Environment", "")
    if plant.absent:
        yield f"Not installed, so not measured: {', '.join(plant.absent)}."
        return
    yield from _prose(
        "In the same rounds as the plant: the Gymnasium environment `HoverVectorEnv` with its default autoreset. "
        "Episodes end after 500 steps, staggered, so that at every step some begin anew; what a step returns is kept "
        "until the next has returned. × numpy is over the bare plant in numpy, which neither sees nor rewards nor "
        "begins episodes."
    )
    yield ""
    yield from (f"- **{name}**: {plant.legend[name]}" for name in OF_ENVIRONMENT)
    yield ""
    yield from _steps(_of(plant, OF_ENVIRONMENT))


def _steps(speeds: Sequence[Speed]) -> Iterator[str]:
    yield "| what | model | dtype | vehicles | µs a call | quartiles | M steps/s | × numpy |"
    yield "|---|---|---|--:|--:|--:|--:|--:|"
    for speed in speeds:
        yield _step(speed) + (f" {speed.ratio_to_numpy:.1f} |" if speed.ratio_to_numpy else " |")


def _goals(plant: PlantBenchmark) -> Iterator[str]:
    yield from ("## Goals", "")
    yield "What we aim for; never asserted, since it depends on the machine."
    yield ""
    yield "| what | model | vehicles | goal | measured | |"
    yield "|---|---|--:|--:|--:|---|"
    speeds = {(s.what, s.model, s.dtype, s.vehicles): s for s in plant.speeds}
    for goal in GOALS:
        if goal.of in speeds:
            found = goal.figure(speeds[goal.of])
            what, model, _, n = goal.of
            verdict = "met" if goal.met(found) else "not met"
            yield f"| {what} | {model} | {n:,} | {goal.wanted} | {found:.3g} | {verdict} |"


def _rivals(plant: PlantBenchmark, absent: Sequence[str]) -> Iterator[str]:
    # of the full model where there is one: it comes last
    kernels = {s.vehicles: s for s in plant.speeds if (s.what, s.dtype) == ("kernel", "float32")}
    yield from ("### Rivals in the same rounds", "")
    yield from _prose(
        "Each with its own model and in its own way; one call is 10 ms of simulated time. The last column compares "
        "with our kernel over as many vehicles: the full model, or for one vehicle the base model."
    )
    yield ""
    yield "| what | model | dtype | vehicles | µs a call | quartiles | M × 10 ms/s | our kernel is faster by |"
    yield "|---|---|---|--:|--:|--:|--:|--:|"
    for speed in plant.speeds:
        if speed.what not in plant.legend:
            yield _step(speed) + f" {speed.call_us / kernels[speed.vehicles].call_us:.0f} × |"
    yield ""
    yield f"Not installed, so not measured: {', '.join(absent) or 'none'}."


def _flights(flights: FlightBenchmark) -> Iterator[str]:
    yield from ("## Flights", "")
    yield from _prose(
        f"Wall time of hover flights of {flights.duration_s:g} s under a real vehicle's noise, battery and unequal "
        f"motors; {flights.rounds} rounds; one thread. The first row has a controller of its own, the least array code "
        "that hovers; the others fly what they are named after. Gate (`hil bench run --min-ratio 10`): the first row "
        f"over `run`, here {flights.gated_ratio:.1f} ×."
    )
    yield ""
    yield from (f"- **{name}**: {meaning}" for name, meaning in flights.legend.items())
    yield ""
    yield "| what | flights | s | quartiles | flights/s | × real time | × run |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for speed in flights.speeds:
        low, high = speed.seconds_quartiles
        yield (
            f"| {speed.what} | {speed.flights:,} | {speed.seconds:.2f} | {low:.2f} .. {high:.2f} "
            f"| {speed.flights_s:,.1f} | {speed.times_real:,.0f} | {speed.ratio_to_run:.2f} |"
        )
    speeds = {speed.what: speed for speed in flights.speeds}
    wanted = [(speeds[what], *goal) for what, *goal in FLIGHT_GOALS if what in speeds]
    if wanted:
        yield from ("", "Goals for networks, never asserted either:", "")
        yield from ("| what | goal | measured | |", "|---|--:|--:|---|")
    for speed, goal, figure, least in wanted:
        found = figure(speed)
        yield f"| {speed.what} | {goal} | {found:,.0f} | {'met' if found >= least else 'not met'} |"
    if flights.absent:
        yield from ("", f"Not installed, so flown by numpy: {', '.join(flights.absent)}.")


def _report(report: ReportBenchmark) -> Iterator[str]:
    yield from ("## Report", "")
    yield from _prose(
        f"Wall time of `hil report` over run folders of hover flights of {report.duration_s:g} s; {report.rounds} "
        f"rounds. Making the folders as `hil run` does took {1e3 * report.flying_s:.0f} ms a flight in the same run; "
        "the last column is how much faster the report is."
    )
    yield ""
    yield from (f"- **{name}**: {meaning}" for name, meaning in report.legend.items())
    yield ""
    yield "| what | flights | s | quartiles | ms a flight | × flying |"
    yield "|---|--:|--:|--:|--:|--:|"
    for speed in report.speeds:
        low, high = speed.seconds_quartiles
        yield (
            f"| {speed.what} | {speed.flights:,} | {speed.seconds:.3f} | {low:.3f} .. {high:.3f} "
            f"| {speed.flight_ms:.2f} | {speed.ratio_to_flying:.1f} |"
        )


def _machine(plant: PlantBenchmark, flights: FlightBenchmark, report: ReportBenchmark) -> Iterator[str]:
    yield from ("## Machine", "")
    loads = (result.environment["load_1_min"] for result in (flights, report, plant))
    shown = flights.environment | {
        "load_1_min": "{} as flights began; then, own work included, {} as report and {} as plant did".format(*loads),
        "pinned_to_core": f"{plant.environment['pinned_to_core']} (plant, environment, rivals)",
    }
    yield from (f"- {name}: {value}" for name, value in shown.items() if value is not None)


def _prose(text: str) -> list[str]:
    return wrap(text, 118, break_long_words=False, break_on_hyphens=False)


def _of(plant: PlantBenchmark, whats: Sequence[str]) -> list[Speed]:
    return [speed for speed in plant.speeds if speed.what in whats]


def _step(speed: Speed) -> str:
    low, high = speed.call_us_quartiles
    return (
        f"| {speed.what} | {speed.model} | {speed.dtype} | {speed.vehicles:,} | {speed.call_us:,.2f} "
        f"| {low:,.2f} .. {high:,.2f} | {speed.million_steps_s:.3g} |"
    )


def beside_rivals(rounds: int) -> PlantBenchmark:
    """The plant, with those rivals in its rounds that are installed."""
    with TemporaryDirectory() as folder, chdir(folder), one_core():  # mujoco leaves a log; threads of rivals count, too
        cases = dict(case for name, rival in RIVALS.items() if find_spec(name) for case in rival())
        return measured_plant(rounds=rounds, others=cases)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="Markdown file to write.")
    parser.add_argument("--json", type=Path, help="JSON file to write.")
    parser.add_argument("--rounds", type=int, default=9, help="Of plant, environment and rivals.")
    parser.add_argument("--flights", type=int, default=1000, help="At once.")
    parser.add_argument("--reported", type=int, default=100, help="Flights in the greater report.")
    given = parser.parse_args()
    absent = [name for name in RIVALS if not find_spec(name)]
    flights = measured_flights(given.flights)
    report = measured_report(given.reported)
    # in a process of its own: rivals' libraries want to be imported first, and keep threads and memory
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        plant = pool.submit(beside_rivals, given.rounds).result()
    text = page(plant, flights, report, absent)
    sys.stdout.write(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")
    if given.json:
        found = {"plant": plant.as_json(), "run": flights.as_json(), "report": report.as_json(), "absent": absent}
        given.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
