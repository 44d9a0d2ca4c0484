"""A network from a file as a guide in training: it flies, or says what it would do."""

from pathlib import Path

import torch
from torch import nn

from hil.core.errors import BadInput, unknown_name
from hil.core.vehicle import Vehicle
from hil_controllers.network import LIF, Dense, Network
from hil_controllers.network.shipped import SUFFIX, shipped
from hil_controllers.training import policies
from hil_controllers.training.config import Training
from hil_controllers.training.export import contract_of
from hil_controllers.training.rollouts import Pilot, pilot_of


def guide_of(training: Training, vehicle: Vehicle, name: str, n: int) -> Pilot:
    """The pilot of n vehicles that a config's `guide` names. Raises BadInput for one that sees or flies otherwise."""
    network = Network.load(_file(name, vehicle))
    if refusal := network.contract.refusal(vehicle):
        raise BadInput(f"guide {name}: {refusal}")
    mine, its = contract_of(training, vehicle), network.contract
    for key in ("position_clip_m", "velocity_clip_m_s", "position_lead_s", "velocity_lead_s", "integral"):
        if getattr(mine, key) != getattr(its, key):
            raise BadInput(
                f"guide {name}: was trained with {key} {getattr(its, key)}, this training has {getattr(mine, key)}",
                hint="a guide has to be shown what the policy is shown: give both the same observation",
            )
    return pilot_of(policy_from(network), n)


def policy_from(network: Network) -> policies.Policy:
    """The network as a policy in torch, with the weights of the file. Raises BadInput for one of other layers."""
    *hidden, last = network.layers
    scales, fill = torch.ones(18), network.contract.history_fill
    sizes = tuple(layer.inputs for layer in network.layers)
    policy: policies.Policy
    if all(isinstance(layer, LIF) for layer in hidden) and not network.contract.action_history:
        policy = policies.Spiking(sizes, scales=scales, slope=2.0, fill=fill)
        for k, layer in enumerate(hidden):
            assert isinstance(layer, LIF)
            policy.leak[k].data = torch.from_numpy(layer.beta.copy())
            policy.threshold[k].data = torch.from_numpy(layer.theta.copy())
    elif all(isinstance(layer, Dense) and layer.activation == "rational_tanh" for layer in hidden):
        history = network.contract.action_history
        policy = policies.Dense((18, *sizes[1:]), scales=scales, history=history, fill=fill)
    else:
        raise BadInput(f"{network.name}: layers that cannot guide a training", hint="give a network of `hil train`")
    if network.readout != "rational_tanh" or not isinstance(last, Dense) or last.activation != "none":
        raise BadInput(f"{network.name}: a read-out that cannot guide a training", hint="give a network of `hil train`")
    for linear, layer in zip(policy.linear, network.layers, strict=True):
        assert isinstance(linear, nn.Linear)
        linear.weight.data = torch.from_numpy(layer.weight.copy())
        linear.bias.data = torch.from_numpy(layer.bias.copy())
    return policy


def _file(name: str, vehicle: Vehicle) -> Path:
    if name.endswith(SUFFIX):
        return Path(name)
    known = shipped(vehicle.name)
    if name not in known:
        raise BadInput(unknown_name("guide", name, known), hint=f"give one of these names, or a {SUFFIX} file")
    return known[name]
