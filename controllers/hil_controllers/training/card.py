"""What is told of a trained network beside its file: how it was made, what the bench measured, what it asks for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hil_controllers.network import Network
from hil_controllers.training.config import Training

if TYPE_CHECKING:
    from hil_controllers.training.session import Figures

_SHOWN = {
    "position_error_mean_m": "error, mean m",
    "position_error_xy_rmse_m": "error xy, RMSE m",
    "tilt_p95_rad": "tilt p95, rad",
}


def card(
    network: Network, training: Training, text: str, figures: "Sequence[Figures]", *, command: str, ended: str,
    update: int, cpu_s: float,
) -> str:  # fmt: skip
    """The card, in Markdown."""
    contract = network.contract
    rows = [
        "| flight | scenario | flights | survived | " + " | ".join(_SHOWN.values()) + " |",
        "|---|---|---|---|---|---|---|",
    ]
    for found in figures:
        flight = found.flight
        conditions = "".join(f"; `{key}: {value}`" for key, value in flight.set.items())
        values = " | ".join(f"{found.means[metric]:.4f}" for metric in _SHOWN)
        rows.append(
            f"| {flight.name} | {flight.scenario}{conditions} | {flight.repeats} | {found.survived:.1%} | {values} |"
        )
    observation = "\n".join(
        f"| {entry.name} | {entry.size} | {entry.frame} | {entry.unit} | "
        f"{'' if entry.clip is None else f'± {entry.clip:g}'} |"
        for entry in contract.observation
    )
    integral = contract.integral
    return f"""# {network.name} for {contract.vehicle.name}

{
        training.description or "A network trained by `hil train`."
    } All flights below are **simulated**, by the bench, with the
network as it is in the file.

```sh
{command}
```

Seed {training.seed}; best of the evaluations at update {update}; ended: {ended}; {cpu_s:.0f} CPU-seconds on one core,
evaluations included. {network.parameters} parameters, hash `{network.hash[:16]}`.

{chr(10).join(rows)}

Means are over the flights that survived, over the span that each scenario judges.

## Contract

| observation | numbers | frame | unit | clipped |
|---|---|---|---|---|
{observation}

Commands: {contract.command}, {", ".join(contract.motor_order)}, {contract.scaling}; {contract.rate_hz} Hz. Trained with
command delays of {contract.latency.least_s:g} to {contract.latency.most_s:g} s beyond the vehicle's own and sensors
`{contract.sensors}`. {
        f"The integral of the position error is added to it: {integral.gain_1_s:g} 1/s, at most {integral.limit_m:g} m."
        if integral
        else "No integral of the position error."
    } Yaw: {contract.yaw}.

## Training

```yaml
{text.strip()}
```
"""
