"""Counts by hand: a net of 3 inputs, two spiking layers of 2 and one output, and the paper's shapes."""

import numpy as np
import pytest

from hil.core.errors import BadInput
from hil_reports.neurons import (
    activation_sparsity,
    connection_sparsity,
    dead_share,
    energy,
    operations,
    rates,
    read_neural_record,
    saturated_share,
)

SIZES, SPIKING = (3, 2, 2, 1), (True, True, False)
FULL = ((2, 2, 2), (2, 2), (1, 1))


def test_a_rate_is_a_count_over_steps():
    assert rates([0, 5, 10], 10).tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(("spikes", "steps"), [([11], 10), ([-1], 10), ([0], 0)])
def test_counts_that_cannot_be_are_refused(spikes, steps):
    with pytest.raises(BadInput, match="spike counts"):
        rates(spikes, steps)


def test_dead_never_spikes_and_saturated_always_does():
    rate = rates([0, 1, 9, 10], 10)
    assert (dead_share(rate), saturated_share(rate)) == (0.25, 0.25)


def test_activation_sparsity_is_the_share_of_silence():
    assert activation_sparsity([0.5, 0.25, 0.0, 0.25]) == 0.75


def test_connection_sparsity_is_the_share_of_zero_weights():
    assert connection_sparsity(SIZES, FULL) == 0.0
    assert connection_sparsity(SIZES, ((1, 2, 0), (2, 1), (1, 0))) == 1.0 - 7 / 12


def test_real_inputs_are_multiplied_and_spikes_accumulated():
    counted = operations(SIZES, SPIKING, FULL, [0.5, 0.25, 1.0, 0.0])
    assert (counted.dense, counted.macs) == (6 + 4 + 2, 6)
    assert counted.acs == 0.5 * 2 + 0.25 * 2 + 1.0 * 1


def test_a_weight_of_zero_is_no_effective_operation():
    counted = operations(SIZES, SPIKING, ((1, 2, 0), (0, 2), (1, 0)), [0.5, 0.25, 1.0, 1.0])
    assert (counted.dense, counted.macs, counted.acs) == (12, 3, 0.25 * 2 + 1.0)


def test_a_network_without_spikes_multiplies_everything():
    counted = operations((146, 64, 64, 4), (False,) * 3, ((64,) * 146, (64,) * 64, (4,) * 64))
    assert (counted.dense, counted.macs, counted.acs) == (13_696, 13_696, 0)  # published: 13.7k, 13.7k, 0


def test_the_papers_network_has_the_papers_dense_operations_and_multiplications():
    counted = operations((18, 256, 128, 4), SPIKING, ((256,) * 18, (128,) * 256, (4,) * 128), np.full(384, 0.21))
    assert (counted.dense, counted.macs) == (37_888, 4_608)  # published: 37.9k, 4.6k
    assert counted.acs == pytest.approx(0.21 * 33_280)


def test_a_sparsity_of_79_percent_allows_at_most_10_300_accumulations():
    rate = np.zeros(384)
    rate[:256] = 0.21 * 384 / 256  # all in the first layer, whose spikes fan out most
    assert activation_sparsity(rate) == pytest.approx(0.79)
    counted = operations((18, 256, 128, 4), SPIKING, ((256,) * 18, (128,) * 256, (4,) * 128), rate)
    assert counted.acs == pytest.approx(10_322, abs=1)


def test_rates_of_other_neurons_are_refused():
    with pytest.raises(BadInput, match="3 rates for 4 spiking neurons"):
        operations(SIZES, SPIKING, FULL, [0.5, 0.5, 0.5])


def test_energy_by_hand():
    spent = energy([0.5, 0.5, 1.0, 0.0], acs=10.0)
    base_pj = 4 * 81 + 2 * 1.7
    assert spent.without_fan_out_j == pytest.approx((base_pj + 2 * 23.6) * 1e-12)
    assert spent.with_fan_out_j == pytest.approx((base_pj + 10 * 23.6) * 1e-12)


def test_fan_out_costs_the_papers_network_165_nj():
    rate = np.full(384, 0.21)
    acs = operations((18, 256, 128, 4), SPIKING, ((256,) * 18, (128,) * 256, (4,) * 128), rate).acs
    assert (energy(rate, acs).with_fan_out_j - energy(rate, 0.0).with_fan_out_j) * 1e9 == pytest.approx(165, abs=1)


def test_a_record_reads_as_it_was_written(made, tmp_path):
    spikes, membranes, index = made.write_neurons(tmp_path)
    record = read_neural_record(tmp_path)
    assert np.array_equal(record.spikes, spikes)
    assert [layer.shape for layer in record.layers] == [(500, 256), (500, 128)]
    assert np.array_equal(record.membranes, membranes.astype(np.float32))
    assert (record.membrane_index, record.rate_hz) == (tuple(index), 100.0)


def test_a_missing_record_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match=r"neurons\.npz: missing"):
        read_neural_record(tmp_path)


@pytest.mark.parametrize("key", ["spikes", "layer_sizes", "membranes", "membrane_index", "threshold", "rate_hz"])
def test_a_record_without_a_part_names_it(made, tmp_path, key):
    made.write_neurons(tmp_path)
    data = dict(np.load(tmp_path / "neurons.npz"))
    del data[key]
    np.savez(tmp_path / "neurons.npz", **data)
    with pytest.raises(BadInput, match=f"lacks .*{key}"):
        read_neural_record(tmp_path)


def test_half_a_record_is_damaged(made, tmp_path):
    made.write_neurons(tmp_path)
    path = tmp_path / "neurons.npz"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(BadInput, match="damaged"):
        read_neural_record(tmp_path)


def test_membranes_of_other_neurons_are_damage(made, tmp_path):
    made.write_neurons(tmp_path)
    data = dict(np.load(tmp_path / "neurons.npz"))
    np.savez(tmp_path / "neurons.npz", **data | {"membrane_index": data["membrane_index"] + 500})
    with pytest.raises(BadInput, match="membrane_index names a neuron that is not there"):
        read_neural_record(tmp_path)
