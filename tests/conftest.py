"""Networks for all tests: some with random weights, which only answer, and some made by hand, which hover."""

from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from hil.core.vehicle import GRAVITY_M_S2
from hil_controllers.network import LIF, Contract, Dense, Integral, Network
from hil_sim.vehicle_files import load_vehicle

VEHICLE = load_vehicle("cf-l2f-original")


def contract(*, history=0, integral=None, vehicle=VEHICLE, latency_s=(0.0, 0.02), sensors="l2f-original"):
    return Contract.of(vehicle, latency_s=latency_s, sensors=sensors, action_history=history, integral=integral)


def lif(rng, n, inputs, gain):
    return LIF(
        rng.normal(0.0, gain / np.sqrt(inputs), (n, inputs)),
        rng.normal(0.0, 0.2, n),
        rng.uniform(-0.1, 1.1, n),
        rng.uniform(0.3, 1.0, n),
    )


def dense(rng, n, inputs, activation="none"):
    return Dense(rng.normal(0.0, 1 / np.sqrt(inputs), (n, inputs)), rng.normal(0.3, 0.1, n), activation)


def snn(*, sizes=(256, 128), seed=1, name="snn", integral=None, history=0, vehicle=VEHICLE, readout="rational_tanh"):
    rng = np.random.default_rng(seed)
    layers, inputs = [], 18 + 4 * history
    for n in sizes:
        layers.append(lif(rng, n, inputs, 2.0 if layers else 1.5))
        inputs = n
    return Network.build(
        name=name,
        layers=(*layers, dense(rng, 4, inputs)),
        contract=contract(history=history, integral=integral, vehicle=vehicle),
        provenance={"made by": "tests", "seed": seed},
        readout=readout,
    )


def ann(*, history=32, seed=1, activation="rational_tanh", vehicle=VEHICLE, readout="rational_tanh"):
    rng = np.random.default_rng(seed)
    inputs = 18 + 4 * history
    layers = (dense(rng, 64, inputs, activation), dense(rng, 64, 64, activation), dense(rng, 4, 64))
    name = "ann-history" if history else "ann"
    return Network.build(name=name, layers=layers, contract=contract(history=history, vehicle=vehicle), readout=readout)


def state_feedback(vehicle):
    """Gains (4, 18) from observation to motor command, and the command at hover: a vehicle that holds its place.

    Errors of position and velocity ask for a tilt, errors of tilt and rates for torque, with fixed gains.
    """
    hover, (jx, jy, jz) = vehicle.hover_command, vehicle.inertia_kg_m2
    slope = 2.0 * vehicle.mass_kg * GRAVITY_M_S2 / 4.0 / hover  # N, of one rotor's thrust over its command
    lag = vehicle.motor_tau_up_s
    stiff, damp = 0.24 / lag**2, 0.8 / lag  # of tilt, 1/s², and rates, 1/s, behind motors with this lag
    sway, drift = 0.0024 / lag**2, 0.07 / lag  # of position, 1/s², and velocity, 1/s
    px, py, pz, r10, r20, r21, vx, vy, vz, wx, wy, wz = np.eye(18)[[0, 1, 2, 6, 9, 10, 12, 13, 14, 15, 16, 17]]
    roll = stiff * ((sway * py + drift * vy) / GRAVITY_M_S2 - r21) - damp * wx
    pitch = stiff * (-(sway * px + drift * vx) / GRAVITY_M_S2 + r20) - damp * wy
    yaw = -0.1 * stiff * r10 - 0.3 * damp * wz
    up = -4.0 * pz - 3.5 * vz
    arm, turn = max(vehicle.rotor_y_m), vehicle.torque_per_thrust_m
    rows = [
        up * vehicle.mass_kg + np.sign(y) * roll * jx / arm - np.sign(x) * pitch * jy / arm + sign * yaw * jz / turn
        for x, y, sign in zip(vehicle.rotor_x_m, vehicle.rotor_y_m, vehicle.rotor_torque_sign, strict=True)
    ]
    return np.array(rows) / (4.0 * slope), hover


def slope_at(command):
    """Input of rational_tanh that gives this command, and its slope there."""
    x = np.linspace(-3.0, 3.0, 60001)
    y = x * (27.0 + x * x) / (27.0 + 9.0 * x * x)
    k = int(np.searchsorted(y, 2.0 * command - 1.0))
    return x[k], (y[k + 1] - y[k - 1]) / (x[k + 1] - x[k - 1])


def flying_ann(vehicle=VEHICLE, *, name="ann", history=0, **terms):
    """A dense network that hovers: state feedback, and nothing of the history."""
    gains, hover = state_feedback(vehicle)
    offset, slope = slope_at(hover)
    weight = np.concatenate((2.0 * gains / slope, np.zeros((4, 4 * history))), axis=1)
    made = contract(history=history, vehicle=vehicle, **terms)
    return Network.build(name=name, layers=(Dense(weight, np.full(4, offset)),), contract=made)


def flying_snn(vehicle=VEHICLE, *, name="snn", levels=60):
    """A spiking network that hovers: each motor's feedback as a row of thresholds, of which a step spikes some.

    β = θ = 0, so that s = [w x > threshold]: the more of them spike, the greater the command.
    """
    gains, hover = state_feedback(vehicle)
    offset, slope = slope_at(hover)
    weight, reach = np.repeat(2.0 * gains / slope, levels, axis=0), 0.2
    thresholds = np.tile(np.linspace(-reach, reach, levels), 4)
    read = np.repeat(np.eye(4), levels, axis=1) * 2.0 * reach / levels
    layers = (
        LIF(weight, -thresholds, np.zeros(4 * levels), np.zeros(4 * levels)),
        Dense(read, np.full(4, offset - reach)),
    )
    return Network.build(name=name, layers=layers, contract=contract(vehicle=vehicle))


INTEGRAL = Integral(gain_1_s=0.8, limit_m=0.1)
KINDS = {
    "snn": lambda: snn(),
    "snn with integral": lambda: snn(integral=INTEGRAL),
    "snn with history": lambda: snn(sizes=(40, 24), history=4),
    "three spiking layers": lambda: snn(sizes=(33, 17, 9)),
    "ann-history": lambda: ann(),
    "ann": lambda: ann(history=0),
}


@pytest.fixture(scope="session")
def networks():
    """Makers of networks (`snn`, `ann`), of their parts, and `of(kind)` for the kinds below, each made once."""
    return SimpleNamespace(
        snn=snn,
        ann=ann,
        flying_ann=flying_ann,
        flying_snn=flying_snn,
        contract=contract,
        lif=lif,
        dense=dense,
        of=cache(lambda kind: KINDS[kind]()),
        vehicle=VEHICLE,
    )


@pytest.fixture(params=KINDS)
def network(request, networks):
    """One network of each kind."""
    return networks.of(request.param)


@pytest.fixture(scope="session")
def trained(networks, tmp_path_factory):
    """A folder of networks as they ship, for two vehicles: made by hand, they hover; `wild` is random."""
    folder = tmp_path_factory.mktemp("trained")
    for vehicle in (VEHICLE, load_vehicle("cf21-identified")):
        made = (
            flying_snn(vehicle),
            flying_ann(vehicle, name="ann-history", history=32),
            flying_ann(vehicle),
            snn(vehicle=vehicle, integral=INTEGRAL, name="wild"),
        )
        for network in made:
            network.save(folder / vehicle.name / f"{network.name}.safetensors")
    return folder


@pytest.fixture
def networks_ship(trained, monkeypatch):
    """As if those networks shipped."""
    monkeypatch.setattr("hil_controllers.network.shipped.trained_dir", lambda: trained)
    return trained
