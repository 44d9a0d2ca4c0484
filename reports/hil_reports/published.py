"""What has been published of the controllers that ours are compared with, by the name ours have.

Van den Berghe et al. 2025, "Adaptive Surrogate Gradients for Sequential Reinforcement Learning in Spiking Neural
Networks" (arXiv 2510.24461). Its errors are of real flights; their number, length and speed are not published.
"""

from dataclasses import dataclass

SOURCE = "Van den Berghe et al. 2025, arXiv 2510.24461"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Figures of one controller; None where there is none."""

    hover_m: float
    trajectory_m: float | None
    trajectory_note: str = ""
    footprint_bytes: float | None = None
    activation_sparsity: float | None = None
    dense: float | None = None
    macs: float | None = None
    acs: float | None = None
    energy_j: float | None = None
    note: str = ""


PUBLISHED = {
    "snn": Published(
        hover_m=0.04,
        trajectory_m=0.24,
        footprint_bytes=158.3e3,
        activation_sparsity=0.79,
        dense=37.9e3,
        macs=4.6e3,
        acs=12.2e3,
        energy_j=97e-9,
        note="12.2k accumulations cannot go with a sparsity of 0.79 in this net: at most 10.3k can. The energy is an "
        "estimate, and does not follow from the formula below: at this sparsity that gives 33 nJ without fan-out.",
    ),
    "ann-history": Published(
        hover_m=0.10,
        trajectory_m=0.21,
        footprint_bytes=55.3e3,
        activation_sparsity=0.0,
        dense=13.7e3,
        macs=13.7e3,
        acs=0.0,
    ),
    "ann": Published(hover_m=0.25, trajectory_m=None, trajectory_note="not flyable"),
}
