"""From what was trained to the network file that flies."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from hil.core.vehicle import Vehicle
from hil_controllers.network import LIF, Contract, Dense, Integral, Network
from hil_controllers.network.layers import Layer
from hil_controllers.training.config import Training
from hil_controllers.training.policies import Policy, Spiking


def network_of(
    policy: Policy, training: Training, vehicle: Vehicle, provenance: Mapping[str, Any], *, draft: bool = False
) -> Network:
    """The policy with its contract and golden vectors. Raises BadInput for one whose golden vectors cannot be made.

    While it still learns it is a `draft`, which may spike as it likes.
    """
    return Network.build(
        name=training.name,
        layers=_layers(policy),
        contract=contract_of(training, vehicle),
        provenance=provenance,
        seed=training.seed,
        draft=draft,
    )


def contract_of(training: Training, vehicle: Vehicle) -> Contract:
    """What networks of this training are given and answer."""
    integral = training.observation.integral
    return Contract.of(
        vehicle,
        latency_s=training.latency_s,
        sensors=training.sensors_name,
        action_history=training.network.history if training.network.kind == "ann" else 0,
        integral=Integral(gain_1_s=integral.gain_1_s, limit_m=integral.limit_m) if integral else None,
        position_clip_m=training.observation.position_clip_m,
        velocity_clip_m_s=training.observation.velocity_clip_m_s,
        position_lead_s=training.observation.position_lead_s,
        velocity_lead_s=training.observation.velocity_lead_s,
    )


def _layers(policy: Policy) -> list[Layer]:
    linear = [(_numbers(one.weight), _numbers(one.bias)) for one in policy.linear]
    linear[0][0][:, : len(policy.scales)] *= policy.scales.cpu().numpy()
    layers: list[Layer]
    if isinstance(policy, Spiking):
        layers = [
            LIF(weight, bias, beta=_numbers(leak), theta=_numbers(threshold))
            for (weight, bias), leak, threshold in zip(linear[:-1], policy.leak, policy.threshold, strict=True)
        ]
    else:
        layers = [Dense(weight, bias, "rational_tanh") for weight, bias in linear[:-1]]
    return [*layers, Dense(*linear[-1], "none")]


def _numbers(tensor: Any) -> Any:
    assert isinstance(tensor, Tensor)
    return tensor.detach().cpu().numpy().copy()
