"""The compiled passes against the same networks in torch, over a window with delays, noise, paths and a memory."""

import numpy as np
import pytest
import torch

from hil_controllers.training.plant import Held, See, Step

NETWORKS = {
    "snn": "{kind: snn, hidden: [48, 24]}",
    "ann": "{kind: ann, hidden: [16, 16]}",
    "ann-history": "{kind: ann, hidden: [16, 16], history: 8}",
}
VEHICLES = {"cf-l2f-original": "l2f-original", "cf21-identified": "real-2026"}


@pytest.mark.parametrize("vehicle", VEHICLES)
@pytest.mark.parametrize("network", NETWORKS)
def test_states_actions_and_gradients_of_a_window_are_those_of_torch(trainer, vehicle, network):
    one = trainer(
        vehicle=vehicle, sensors=VEHICLES[vehicle], network=NETWORKS[network], learning_rate="1.0e-9",
        observation="integral: {gain_1_s: 0.3, limit_m: 0.1}, scales: {position: 5, rates: 0.3}, velocity_lead_s: 0.1",
    )  # fmt: skip
    one.update()
    one.update()  # so that there is a memory
    flights, policy, compiled = one._flights, one.policy, one._pass
    chance = np.random.default_rng(6)
    of_states = chance.normal(size=(flights.ticks, flights.n, 17)).astype(np.float32)
    of_actions = chance.normal(size=(flights.ticks, flights.n, 4)).astype(np.float32)

    flights.begin()
    compiled.begin()
    begin = _Beginning(one)
    for t in range(flights.ticks):
        flights.move(t, compiled.forward(t, flights.look(t)))
    flights.begin_back(of_states)
    compiled.of_actions[compiled.history :] = of_actions
    for t in range(flights.ticks - 1, -1, -1):
        compiled.of_actions[compiled.history + t] += flights.move_back(t)
        flights.look_back(t, compiled.backward(t))
    compiled.end()
    mine = [parameter.grad.clone() for parameter in policy.parameters()]

    policy.zero_grad()
    states, total = begin.fly(of_states, of_actions)
    total.backward()
    after = torch.from_numpy(flights.states[flights.lag + 1 :])
    assert torch.stack(states).detach() == pytest.approx(after, abs=1e-4)
    for own, parameter in zip(mine, policy.parameters(), strict=True):
        largest = float(parameter.grad.abs().max())
        assert largest > 0
        assert float((own - parameter.grad).abs().max()) < 2e-4 * largest


class _Beginning:
    """Everything at the beginning of a window, to fly it again in torch."""

    def __init__(self, one):
        self.one, flights = one, one._flights
        self.states = [torch.from_numpy(flights.states[k].copy()) for k in range(flights.lag + 1)]
        self.commands = [torch.from_numpy(flights.commands[k].copy()) for k in range(flights._kept)][::-1]
        self.senses = torch.from_numpy(flights._senses[0].copy())
        compiled = one._pass
        if compiled.history:
            past = compiled.actions[: compiled.history].transpose(1, 0, 2).reshape(flights.n, -1)
            self.memory = (torch.from_numpy(past.copy()),)
        elif hasattr(compiled, "_spikes"):
            pairs = zip(compiled._potentials, compiled._spikes, strict=True)
            self.memory = tuple(torch.from_numpy(kept[0].copy()) for pair in pairs for kept in pair)
        else:
            self.memory = ()

    def fly(self, of_states, of_actions):
        flights, policy = self.one._flights, self.one.policy
        states, commands, senses, memory = self.states, self.commands, self.senses, self.memory
        total = torch.zeros(())
        for t in range(flights.ticks):
            shown, senses = See.apply(
                flights.program, flights._other[t], states[-1 - flights.lag][:, :10], states[-1][:, 10:13], senses
            )
            action, memory = policy.act(shown, memory)
            commands = [(action + 1.0) * 0.5, *commands[:-1]]
            how = Held(flights._tiles, flights._loads[t], flights._late, flights._lengths, flights.time[t])
            states = [*states, Step.apply(flights.program, how, states[-1], *commands)]
            total = total + (states[-1] * torch.from_numpy(of_states[t])).sum()
            total = total + (action * torch.from_numpy(of_actions[t])).sum()
        return states[flights.lag + 1 :], total
