import pytest

from hil.core.errors import BadInput
from hil.scenario.conditions import Fault, GyroBias, MotorEfficiency
from hil.scenario.fault_words import KINDS, fault_from, fault_of, with_faults
from hil.scenario.model import Scenario
from hil.scenario.shipped import shipped_dir
from hil.scenario.virtual_faults import LinkDelay, LinkLoss, Reset

NEEDED = {
    "battery": "volts=3.2",
    "delay": "added_s=0.01",
    "gyro_bias": "bias_rad_s=[0,1,0]",
    "link_delay": "added_s=0.01",
    "link_duplication": "share=0.1",
    "link_loss": "share=0.1",
    "motor_efficiency": "motor=2,factor=0.5",
}


@pytest.fixture
def hover():
    return Scenario.load(shipped_dir() / "hover.yaml")


def test_words_say_what_a_scenario_would(hover):
    assert fault_of("link_loss:share=0.05,at_s=3") == LinkLoss(kind="link_loss", share=0.05, at_s=3.0)
    assert fault_of(" reset ") == Reset(kind="reset")


def test_a_list_among_the_words_keeps_its_commas():
    found = fault_of("gyro_bias:bias_rad_s=[0, 1.5, 0],at_s=2,in_phase=land")
    assert found == GyroBias(kind="gyro_bias", bias_rad_s=(0.0, 1.5, 0.0), at_s=2.0, in_phase="land")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_said(kind):
    fault: Fault = fault_of(f"{kind}:{NEEDED.get(kind, '')}")
    assert (fault.kind, fault_from(fault.model_dump(mode="json"), "again")) == (kind, fault)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("link_los:share=0.1", "unknown fault 'link_los'; did you mean 'link_loss'?"),
        ("", "unknown fault ''"),
        ("link_loss", "share: missing"),
        ("link_loss:share", "'share' is not key=value"),
        ("link_loss:share=0.1,", "'' is not key=value"),
        ("link_loss:share=2", "share: must be less than or equal to 1, got 2"),
        ("link_loss:share=0", "share: must be greater than 0"),
        ("link_loss:share=much", "share: must be a number, got 'much'"),
        ("link_loss:share=[", "share: not YAML"),
        ("link_loss:share=0.1,share=0.2", "share is given twice"),
        ("link_loss:shar=0.1", "shar: unknown key; did you mean 'share'?"),
        ("link_loss:share=0.1,direction=sideways", "direction: must be 'up', 'down' or 'both'"),
        ("link_loss:share=0.1,in_phase=takeoff", "in_phase: must be"),
        ("link_loss:kind=reset,share=0.1", "'kind=reset' is not key=value"),
        ("reset:for_s=3", "for_s: unknown key"),
        ("battery:volts=-1", "volts: must be greater than or equal to 0"),
        ("link_blackout:at_s=-1", "at_s: must be greater than or equal to 0"),
        ("motor_efficiency:motor=5,factor=0", "motor: must be less than or equal to 4"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_the_words_as_typed(word, told):
    with pytest.raises(BadInput) as error:
        fault_of(word)
    assert error.value.message.startswith(f"--fault {word}: ")
    assert told in error.value.message
    assert "\n" not in error.value.message


def test_faults_of_the_command_line_come_after_the_scenarios(hover):
    first = MotorEfficiency(kind="motor_efficiency", motor=1, factor=0.9)
    second = LinkDelay(kind="link_delay", added_s=0.02)
    changed = with_faults(with_faults(hover, [first]), [second])
    assert (changed.faults, changed.path) == ((first, second), hover.path)
    assert with_faults(hover, []) is hover


def test_a_fault_of_the_task_after_its_end_is_refused(hover):
    with pytest.raises(BadInput, match="the flight ends at"):
        with_faults(hover, [fault_of("reset:at_s=500")])
    assert with_faults(hover, [fault_of("reset:at_s=500,in_phase=land")]).faults


def test_more_faults_than_a_scenario_may_have_are_refused(hover):
    with pytest.raises(BadInput, match="more than 100"):
        with_faults(hover, [fault_of("reset")] * 101)
