"""What a suite says, in words and numbers: computed here once, printed by every format."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hil.suite.results import Condition, ControllerInfo, NetworkFacts, SpikeCounts, SuiteResults
from hil_reports import neurons
from hil_reports.formats.numbers import number, with_unit
from hil_reports.published import PUBLISHED, Published
from hil_reports.standings import Duel, Standing, Standings, over_conditions, standing, standings

HOVER_METRIC, TRAJECTORY_METRIC = "position_error_xy_mean_m", "position_error_mean_m"
EXAMPLES = 3  # conditions that a sentence names


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One controller in the paper's table."""

    controller: str
    hover: Standing
    trajectory: Standing
    published: Published | None


@dataclass(frozen=True, slots=True)
class LayerActivity:
    """The neurons of one spiking layer in one condition, over every step of all its flights."""

    size: int
    rate: float  # spikes per neuron and step
    dead: float  # share that never spikes
    saturated: float  # share that spikes in every step


@dataclass(frozen=True, slots=True)
class Activity:
    """A spiking network in one condition."""

    condition: str
    steps: int
    layers: tuple[LayerActivity, ...]


@dataclass(frozen=True, slots=True)
class NetworkCost:
    """What one network is and costs; what its spikes decide is of the suite's recorded condition."""

    controller: str
    facts: NetworkFacts
    connection_sparsity: float
    activation_sparsity: float | None  # None: it did not fly there; 0 is assumed of what does not spike
    operations: neurons.Operations | None
    energy: neurons.Energy | None  # None of what does not spike: the constants are of spikes
    activity: tuple[Activity, ...]
    published: Published | None

    @property
    def shape(self) -> str:
        """Such as 18-256-128-4."""
        return "-".join(map(str, self.facts.layer_sizes))


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the report of a suite says."""

    results: SuiteResults
    standings: Standings
    headline: str
    sentences: tuple[str, ...]
    paper: tuple[PaperRow, ...]
    networks: tuple[NetworkCost, ...]
    broken: tuple[str, ...]  # controller and condition, and why nothing was flown or recorded


def findings(results: SuiteResults) -> Findings:
    """Everything a suite says."""
    found = standings(results)
    focus, *others = found.controllers
    return Findings(
        results=results,
        standings=found,
        headline=_headline(found),
        sentences=tuple(_against(found, focus, other) for other in others),
        paper=_paper(results),
        networks=tuple(
            _cost(results, index, controller.network, controller)
            for index, controller in enumerate(results.controllers)
            if controller.network
        ),
        broken=(
            *(
                f"{name}, {row.condition.label}: {one.error}"
                for row in found.rows
                for name, one in row.standings.items()
                if one.error
            ),
            *(
                f"{one.name}, {results.recorded_cell}, the flight with its neurons: {one.unrecorded}"
                for one in results.controllers
                if one.unrecorded
            ),
        ),
    )


def _headline(found: Standings) -> str:
    """Who is beaten least often, by how many conditions."""
    count = len(found.counted)
    if not count:
        return "Nothing was flown."
    by_times: dict[int, list[str]] = {}
    for name in found.controllers:
        by_times.setdefault(found.unbeaten(name), []).append(name)
    (most, first), *rest = sorted(by_times.items(), reverse=True)
    are = "is" if len(first) == 1 else "are"
    others = "".join(f"; {_and(names)} in {times or 'none'}" for times, names in rest)
    return f"{_and(first)} {are} unbeaten in {most or 'none'} of {count} conditions{others}."


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _against(found: Standings, a: str, b: str) -> str:
    """One sentence on two controllers over all conditions."""
    duels = found.duels(a, b)
    better = [(condition, duel) for condition, duel in duels if duel.winner == a]
    worse = [(condition, duel) for condition, duel in duels if duel.winner == b]
    few = sum(duel.untold == "few" for _, duel in duels)
    broken = [condition.label for condition, duel in duels if duel.untold == "not flown"]
    neither = len(duels) - len(better) - len(worse) - few - len(broken)
    untold = f"; too few flights to tell in {few}" if few else ""
    untold += f"; not flown by both in {len(broken)} ({', '.join(broken)})" if broken else ""
    return (
        f"{a} against {b}, {len(duels)} conditions: {a} is better in {_listed(found, better)}, "
        f"{b} in {_listed(found, worse)}; no clear difference in {neither or 'none'}{untold}."
    )


def _listed(found: Standings, chosen: Sequence[tuple[Condition, Duel]]) -> str:
    """As `5 (gust: 0.01 m against 0.02 m; … and 2 more)`, the winner's figure first, the clearest first."""
    if not chosen:
        return "none"
    rows = {row.condition.label: row for row in found.rows}
    ordered = sorted(chosen, key=lambda pair: -_clearness(pair[1], rows[pair[0].label].standings))
    told = [_example(condition, duel, rows[condition.label].standings) for condition, duel in ordered[:EXAMPLES]]
    more = [f"and {len(chosen) - EXAMPLES} more"] if len(chosen) > EXAMPLES else []
    return f"{len(chosen)} ({'; '.join(told + more)})"


def _clearness(duel: Duel, of: dict[str, Standing]) -> float:
    """How much apart they are: the share of flights that one lost more, above any ratio of errors."""
    if duel.by == "survival" and duel.survival is not None:
        return 1.0 + abs(duel.survival.value)
    means = [abs(one.mean.value) for one in (of[duel.a], of[duel.b]) if one.mean]
    return 1.0 - min(means) / max(means) if len(means) == 2 and max(means) > 0.0 else 0.0


def _example(condition: Condition, duel: Duel, of: dict[str, Standing]) -> str:
    winner, loser = (duel.a, duel.b) if duel.better == "a" else (duel.b, duel.a)
    if duel.by == "survival":
        return f"{condition.label}: {flown(of[winner])} flown to the end against {flown(of[loser])}"
    return f"{condition.label}: {_mean(of[winner], condition)} against {_mean(of[loser], condition)}"


def flown(one: Standing) -> str:
    """As "19 of 20"."""
    return "–" if one.survived is None else f"{round(one.survived.value * one.survived.n)} of {one.survived.n}"


def lost(one: Standing) -> str:
    """As "1 of 20"."""
    return "–" if one.survived is None else f"{round((1.0 - one.survived.value) * one.survived.n)} of {one.survived.n}"


def _mean(one: Standing, condition: Condition) -> str:
    return with_unit(float(f"{one.mean.value:.3g}") if one.mean else None, condition.unit)


def _paper(results: SuiteResults) -> tuple[PaperRow, ...]:
    hover = over_conditions(results, "hover", HOVER_METRIC)
    trajectory = over_conditions(results, "trajectory", TRAJECTORY_METRIC)
    return tuple(
        PaperRow(
            controller.name,
            standing(hover[controller.name], HOVER_METRIC),
            standing(trajectory[controller.name], TRAJECTORY_METRIC),
            PUBLISHED.get(controller.name),
        )
        for controller in results.controllers
    )


def _cost(results: SuiteResults, index: int, facts: NetworkFacts, controller: ControllerInfo) -> NetworkCost:
    spikes = {
        condition.label: of[index].spikes for condition, of in zip(results.conditions, results.results, strict=True)
    }
    spiking = any(facts.spiking_layers)
    there = spikes[results.recorded_cell]
    rate = neurons.rates(there.spikes, there.steps) if there else ()
    known = not spiking or there is not None
    counted = neurons.operations(facts.layer_sizes, facts.spiking_layers, facts.fan_out, rate) if known else None
    return NetworkCost(
        controller=controller.name,
        facts=facts,
        connection_sparsity=neurons.connection_sparsity(facts.layer_sizes, facts.fan_out),
        activation_sparsity=(neurons.activation_sparsity(rate) if spiking else 0.0) if known else None,
        operations=counted,
        energy=neurons.energy(rate, counted.acs) if spiking and counted else None,
        activity=tuple(
            _activity(condition.label, found, facts)
            for condition in results.conditions
            if condition.paper and (found := spikes[condition.label]) is not None
        ),
        published=PUBLISHED.get(controller.name),
    )


def _activity(label: str, counts: SpikeCounts, facts: NetworkFacts) -> Activity:
    rate, first, layers = neurons.rates(counts.spikes, counts.steps), 0, []
    for size, spikes in zip(facts.layer_sizes[1:], facts.spiking_layers, strict=True):
        if spikes:
            of = rate[first : first + size]
            layers.append(LayerActivity(size, float(of.mean()), neurons.dead_share(of), neurons.saturated_share(of)))
            first += size
    return Activity(label, counts.steps, tuple(layers))


def as_json(found: Findings) -> dict[str, Any]:
    """Plain data: every number of the report, without the single flights."""
    from dataclasses import asdict

    return {
        "suite": found.results.name,
        "vehicle": found.results.vehicle,
        "headline": found.headline,
        "sentences": list(found.sentences),
        "conditions": [
            asdict(row.condition)
            | {
                "label": row.condition.label,
                "same_flights_as_before": row.again,
                "unbeaten": list(row.unbeaten),
                "controllers": {name: asdict(one) for name, one in row.standings.items()},
                "pairs": [asdict(duel) | {"winner": duel.winner} for duel in row.duels],
            }
            for row in found.standings.rows
        ],
        "paper": [asdict(row) for row in found.paper],
        "networks": [asdict(network) for network in found.networks],
        "broken": list(found.broken),
        "provenance": found.results.provenance,
    }


def thousands(value: float | None) -> str:
    """As 37.9k."""
    return "–" if value is None else f"{value / 1e3:.1f}k" if value >= 1000 else number(value)


def nanojoule(value: float | None) -> str:
    """As "97 nJ"."""
    return "–" if value is None else f"{1e9 * value:.3g} nJ"


def kilobyte(value: float | None) -> str:
    """As "158.3 kB" (1000 bytes)."""
    return "–" if value is None else f"{value / 1e3:.1f} kB"
