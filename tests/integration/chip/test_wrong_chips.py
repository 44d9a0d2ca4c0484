"""Images that were made wrong are told before anything flies: must-fail twins of every check."""

import pytest

from hil.core.arrays import setpoint_of, state_of
from hil.core.clock import WallClock
from hil.core.errors import HilError, Refused
from hil.link.dead import Stranger
from hil.log import Log
from hil.targets.pil.chip import Chip

KINDS = ["snn with history", "ann"]
FUSED = "-ffp-contract=fast"
PERMUTED = ("hil_network.c", "motors[k] = command > 1.0f", "motors[k ^ 1u] = command > 1.0f")
IN_DEGREES = ("hil_network.c", "x[15 + k] = state->rates_rad_s[k];", "x[15 + k] = state->rates_rad_s[k] * 57.29578f;")


def opened(network, chips, path):
    """What opening a chip with this image comes to: nothing, or the error."""
    chip = Chip(network, lambda: chips.line_to(path), WallClock())
    try:
        chip.open()
    except HilError as error:
        return error
    finally:
        chip.close()
    return None


@pytest.mark.parametrize("kind", KINDS)
def test_images_as_they_are_pass(chips, networks, kind):
    network = networks.of(kind)
    assert opened(network, chips, chips.made(network)) is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("edit", [PERMUTED, IN_DEGREES], ids=["permuted output", "gyro in degrees"])
def test_another_meaning_of_inputs_or_outputs_is_refused(chips, networks, kind, edit):
    network = networks.of(kind)
    error = opened(network, chips, chips.made(network, edits=[edit]))
    assert isinstance(error, Refused)
    assert "differs from the definition at golden step" in error.message


@pytest.mark.parametrize("kind", KINDS)
def test_contraction_is_refused(chips, networks, kind):
    network = networks.of(kind)
    error = opened(network, chips, chips.made(network, flags=[FUSED]))
    assert isinstance(error, Refused)
    assert "differs from the definition at golden step" in error.message


@pytest.mark.parametrize("kind", KINDS)
def test_one_flipped_bit_of_a_weight_is_told(chips, networks, kind, tmp_path):
    network = networks.of(kind)
    image = bytearray(chips.made(network).read_bytes())
    weights = network.layers[0].weight.T.astype("<f4").tobytes()
    at = image.index(weights[:64])
    image[at] ^= 1
    (tmp_path / "flipped.elf").write_bytes(image)
    error = opened(network, chips, tmp_path / "flipped.elf")
    assert isinstance(error, Stranger)
    assert "the weights on the chip are damaged" in error.message


def test_another_network_is_told(chips, networks):
    network, other = networks.of("snn"), networks.of("snn with integral")
    error = opened(network, chips, chips.made(other))
    assert isinstance(error, Stranger)
    assert f"carries network {other.hash[:12]}, not {network.hash[:12]}" in error.message


def test_another_rate_is_told(chips, networks):
    network = networks.of("ann")
    edit = ("network_on_link.c", "hello->rate_hz = HIL_NETWORK_RATE_HZ;", "hello->rate_hz = 500;")
    error = opened(network, chips, chips.made(network, edits=[edit]))
    assert isinstance(error, Stranger)
    assert "500 steps a second, not 100" in error.message


def test_a_chip_that_begins_anew_in_flight_is_told(chips, networks):
    network = networks.of("ann")
    edit = ("hil_link.c", "answer.step = ++link->step;", "answer.step = ++link->step == 300 ? 1 : link->step;")
    chip = Chip(network, lambda: chips.line_to(chips.made(network, edits=[edit])), WallClock())
    chip.open()
    try:
        chip.reset()
        with pytest.raises(Stranger, match="at step 1, not 300"):
            flown(chip, network, 300)
    finally:
        chip.close()


def flown(chip, network, steps):
    state = state_of(network.golden.state[0].astype(float))
    setpoint = setpoint_of(network.golden.setpoint[0].astype(float))
    return [chip.act(state, setpoint) for _ in range(steps)]


def test_a_wrong_image_flies_nothing_and_exits_4(hil, chips, monkeypatch, tmp_path):
    monkeypatch.setattr("hil.targets.pil.lines.image_of", lambda network, line: chips.made(network, edits=[PERMUTED]))
    answer = hil("run", "hover", "-t", "pil", "--no-report")
    assert answer.code == 4
    assert "differs from the definition at golden step 0" in answer.out
    assert [len(Log.open(folder)) for folder in (tmp_path / "runs").iterdir()] == [0]
