"""The report of a suite as GitHub Markdown."""

from hil import __version__
from hil_reports.formats.findings import Findings, NetworkCost, PaperRow, flown, kilobyte, nanojoule, thousands
from hil_reports.formats.markdown import cell, table
from hil_reports.formats.numbers import interval, metric_label, percent, with_unit
from hil_reports.formats.suite_words import NOTES
from hil_reports.standings import Row, Standing


def short(value: float) -> str:
    """Three significant digits: as many as twenty flights can tell."""
    return f"{value:.3g}".replace("-", "−")


def render(found: Findings) -> str:
    """The suite as Markdown."""
    results = found.results
    parts = [
        f"## Suite {cell(results.name)}: {cell(results.vehicle)}, simulated",
        f"**{cell(found.headline)}**",
        "\n".join(f"- {cell(sentence)}" for sentence in found.sentences),
        "### Every condition",
        _grid(found),
        "### Beside the paper",
        table(
            ["controller", "hover, xy", "published", "figure-eight and square", "published"],
            [_paper(row) for row in found.paper],
        ),
        cell(NOTES["paper"]),
    ]
    if found.networks:
        remarks = [
            f"Published of {one.controller}: {one.published.note}"
            for one in found.networks
            if one.published and one.published.note
        ]
        parts += [
            "### Networks",
            _costs(found.networks),
            cell(" ".join([NOTES["operations"], *remarks])),
            cell(NOTES["energy"]),
        ]
        if activity := _activity(found.networks):
            parts += ["### Neurons", activity, cell(NOTES["window"])]
    if found.broken:
        parts += ["### Not flown", "\n".join(f"- {cell(text)}" for text in found.broken)]
    parts.append(f"_hil-bench {__version__}. {cell(NOTES['grid'])}_")
    return "\n\n".join(parts) + "\n"


def _grid(found: Findings) -> str:
    return table(
        ["condition", "metric", *map(cell, found.standings.controllers)],
        [
            [
                cell(row.condition.label),
                cell(metric_label(row.condition.metric, row.condition.unit)),
                *(_standing(row, name, one) for name, one in row.standings.items()),
            ]
            for row in found.standings.rows
        ],
    )


def _standing(row: Row, name: str, one: Standing) -> str:
    if one.survived is None:
        return "not flown"
    text = interval(one.mean, short, row.condition.unit)
    text = f"**{cell(text)}**" if name in row.unbeaten else cell(text)
    return f"{text} ({flown(one)})" if one.lost else text


def _paper(row: PaperRow) -> list[str]:
    published = row.published
    return [
        cell(row.controller),
        _ours(row.hover),
        with_unit(published.hover_m, "m") if published else "–",
        _ours(row.trajectory),
        "–" if published is None else published.trajectory_note or with_unit(published.trajectory_m, "m"),
    ]


def _ours(one: Standing) -> str:
    if one.survived is None:
        return "not flown"
    return cell(interval(one.mean, short, "m")) + (f" ({flown(one)})" if one.lost else "")


def _costs(networks: tuple[NetworkCost, ...]) -> str:
    head = ["", "parameters", "footprint", "connection sparsity", "activation sparsity", "dense", "eff. MACs"]
    head += ["eff. ACs", "energy, estimated", "with fan-out"]
    rows = []
    for one in networks:
        counted, spent, published = one.operations, one.energy, one.published
        rows.append(
            [
                f"{cell(one.controller)} ({one.shape})",
                f"{one.facts.parameters:,}",
                kilobyte(one.facts.footprint_bytes),
                short(one.connection_sparsity),
                "–" if one.activation_sparsity is None else short(one.activation_sparsity),
                *(
                    [thousands(counted.dense), thousands(counted.macs), thousands(counted.acs)]
                    if counted
                    else ["–"] * 3
                ),
                *([nanojoule(spent.without_fan_out_j), nanojoule(spent.with_fan_out_j)] if spent else ["–"] * 2),
            ]
        )
        if published and published.dense is not None:
            rows.append(
                [
                    f"{cell(one.controller)}, published",
                    "–",
                    kilobyte(published.footprint_bytes),
                    "–",
                    "–" if published.activation_sparsity is None else short(published.activation_sparsity),
                    *(thousands(published.dense), thousands(published.macs), thousands(published.acs)),
                    *(nanojoule(published.energy_j), "–"),
                ]
            )
    return table(head, rows)


def _activity(networks: tuple[NetworkCost, ...]) -> str:
    rows = [
        [
            cell(one.controller),
            cell(activity.condition),
            f"{index} ({layer.size})",
            short(layer.rate),
            percent(layer.dead),
            percent(layer.saturated),
            f"{activity.steps:,}",
        ]
        for one in networks
        for activity in one.activity
        for index, layer in enumerate(activity.layers, start=1)
    ]
    head = ["network", "condition", "layer (neurons)", "spikes per neuron and step", "dead", "saturated", "steps"]
    return table(head, rows) if rows else ""
