"""What is told of a trained network beside its file: how it was made, what the bench measured, what it asks for."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hil_controllers.network import Network
from hil_controllers.training.config import FINAL_SEED, Flight, Training

if TYPE_CHECKING:
    from hil_controllers.training.session import Figures

_SHOWN = {
    "position_error_mean_m": "error, mean m",
    "position_error_xy_rmse_m": "error xy, RMSE m",
    "tilt_p95_rad": "tilt p95, rad",
}


def card(
    network: Network, training: Training, text: str, figures: "Sequence[Figures]", *, command: str, ended: str,
    update: int, cpu_s: float, dropped: int,
) -> str:  # fmt: skip
    """The card, in Markdown."""
    contract = network.contract
    rows = [
        f"| flight | scenario | flights | survived | {' | '.join(_SHOWN.values())} |",
        "|---|---|---|---|---|---|---|",
    ]
    for found in figures:
        flight = found.flight
        values = " | ".join(f"{found.means[metric]:.4f}" for metric in _SHOWN)
        rows.append(f"| {flight.name} | {_scenario(flight)} | {flight.repeats} | {found.survived:.1%} | {values} |")
    observation = "\n".join(
        f"| {entry.name} | {entry.size} | {entry.frame} | {entry.unit} | "
        f"{'' if entry.clip is None else f'± {entry.clip:g}'} |"
        for entry in contract.observation
    )
    integral = "No integral of the position error."
    if contract.integral is not None:
        gain, most = contract.integral.gain_1_s, contract.integral.limit_m
        integral = f"The integral of the position error is added to it: {gain:g} 1/s, at most {most:g} m."
    progress = training.evaluation.progress
    others = f"the flights above have other seeds (+ {FINAL_SEED}, unless their `set` gives one)"
    chosen = (
        f"The flights of `{progress.name}` ({_scenario(progress)}) chose the checkpoint and have the scenario's own "
        f"seed; {others if training.evaluation.final else 'they are the ones above'}."
    )
    gpu = " and a share of a GPU" if getattr(training.method, "device", "cpu") == "cuda" else ""
    steps = f" {dropped} updates without a finite gradient took no step." if dropped else ""
    return f"""# {network.name} for {contract.vehicle.name}

{training.description or "A network trained by `hil train`."}
All flights below are **simulated**, by the bench, with the network as it is in the file.

```sh
{command}
```

Seed {training.seed}; best of the evaluations at update {update}; ended: {ended}; {cpu_s:.0f} CPU-seconds on one
core{gpu}, evaluations included.{steps} {network.parameters} parameters, hash `{network.hash[:16]}`.

{chr(10).join(rows)}

Means are over the flights that survived, over the span that each scenario judges. What each flight changes of its
scenario is in the config at the end, under `evaluation`. {chosen}

## Contract

| observation | numbers | frame | unit | clipped |
|---|---|---|---|---|
{observation}

- Commands: {contract.command}, {", ".join(contract.motor_order)}, {contract.scaling}; {contract.rate_hz} Hz.
- Set-point taken ahead along its own motion: {contract.position_lead_s:g} s in position,
  {contract.velocity_lead_s:g} s in velocity.
- {integral}
- Trained with command delays of {contract.latency.least_s:g} to {contract.latency.most_s:g} s beyond the vehicle's
  own and sensors `{contract.sensors}`.
- Yaw: {contract.yaw}.

## Training

```yaml
{text.strip()}
```
"""


def _scenario(flight: Flight) -> str:
    """Its name, or that of its file: where the file stands is the machine's own."""
    return Path(flight.scenario).name
