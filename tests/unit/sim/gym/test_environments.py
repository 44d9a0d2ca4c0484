"""What an environment shows, rewards and ends, held against plain numpy."""

from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers.vector import RecordEpisodeStatistics

import hil_sim.gym  # noqa: F401  registers the ids
from hil.core.errors import BadInput, HilError
from hil.scenario.conditions import Randomise
from hil_sim.batch.plant import BatchPlant
from hil_sim.gym.presets import End, Starts
from hil_sim.reward import REWARDS
from hil_sim.variation import varied
from hil_sim.vehicle_files import load_vehicle

HOVER = 2.0 * load_vehicle("cf-l2f-package").hover_command - 1.0


def actions_of(n, steps, seed=0):
    return np.random.default_rng(seed).uniform(-1.2, 1.2, (steps, n, 4)).astype(np.float32)


def rotation(quat_xyzw):
    x, y, z, w = quat_xyzw.T
    rows = [
        *(1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        *(2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        *(2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    ]
    return np.stack(rows, axis=1)


@pytest.mark.parametrize(("name", "width"), [("hil/Hover-v0", 18), ("hil/HoverPrivileged-v0", 146)])
@pytest.mark.filterwarnings("ignore:.*A Box observation space m..imum value is -?infinity")
def test_gymnasium_accepts_the_environment(name, width):
    env = gymnasium.make(name)
    assert env.observation_space.shape == (width,)
    check_env(env.unwrapped, skip_render_check=True)


def test_make_vec_gives_the_native_environment_and_wrappers_of_gymnasium_work_on_it():
    env = gymnasium.make_vec("hil/Hover-v0", num_envs=20, end=End(fence_m=0.6, steps=30))
    assert type(env.unwrapped).__name__ == "HoverVectorEnv"
    wrapped = RecordEpisodeStatistics(env)
    wrapped.reset(seed=1)
    lengths = []
    for action in actions_of(20, 70):
        *_, infos = wrapped.step(action)
        if "episode" in infos:
            lengths += infos["episode"]["l"][infos["_episode"]].tolist()
    assert max(lengths) == 30
    assert len(lengths) >= 40


def test_what_is_seen_is_the_state_of_the_plant(make_vec):
    env = make_vec(20, noise="none", end="endless")
    env.reset(seed=3)
    for action in actions_of(20, 25):
        seen, *_ = env.step(action)
    states = env.plant.states
    assert seen.dtype == np.float32
    assert seen[:, :3].tolist() == states[:, :3].tolist()
    assert seen[:, 3:12] == pytest.approx(rotation(states[:, 3:7]), abs=1e-6)
    assert seen[:, 12:].tolist() == states[:, 7:13].tolist()


@pytest.mark.parametrize("curriculum", [0, 2, 6])
def test_the_reward_is_that_of_the_preset_at_this_step_of_the_curriculum(make_vec, curriculum):
    env = make_vec(20, curriculum=curriculum, end="endless")
    env.reset(seed=3)
    for action in actions_of(20, 10):
        _, rewards, *_ = env.step(action)
    alive, of_position, of_velocity, of_attitude, of_action = REWARDS["paper"].weights(curriculum)
    s, a = env.plant.states.astype(np.float64), np.clip(action, -1.0, 1.0)
    cost = (
        of_position * (s[:, :3] ** 2).sum(axis=1)
        + of_velocity * (s[:, 7:10] ** 2).sum(axis=1)
        + of_attitude * (1.0 - s[:, 6] ** 2)
        + of_action * ((a - HOVER) ** 2).sum(axis=1)
    )
    assert rewards == pytest.approx(alive - cost, abs=1e-5)


def test_the_curriculum_is_linear_in_six_steps_from_lenient_to_strict():
    weights = np.array([REWARDS["paper"].weights(step) for step in range(7)])
    assert weights[0].tolist() == [1.0, 1.0, 0.01, 0.25, 0.14]
    assert weights[6] == pytest.approx([1.0, 3.5, 0.10, 0.25, 0.50])
    assert np.diff(weights, axis=0) == pytest.approx(np.tile((weights[6] - weights[0]) / 6, (6, 1)))


def test_the_curriculum_can_be_changed_between_steps(make_vec):
    env = make_vec(4, curriculum=0, end="endless")
    env.reset(seed=1)
    hover = np.full((4, 4), HOVER, np.float32)
    _, lenient, *_ = env.step(hover)
    env.set_curriculum(6)
    _, strict, *_ = env.step(hover)
    assert (strict < lenient).all()


def test_hovering_at_the_goal_costs_nothing(make_vec):
    env = make_vec(3, starts="hover", noise="none")
    env.reset(seed=0)
    for _ in range(20):
        _, rewards, terminated, truncated, _ = env.step(np.full((3, 4), HOVER, np.float32))
    assert rewards == pytest.approx(np.ones(3), abs=1e-6)
    assert not (terminated | truncated).any()


def test_a_time_out_is_a_truncation_and_leaving_the_fence_a_termination(make_vec):
    env = make_vec(2, starts="hover", noise="none", end=End(fence_m=0.1, steps=50))
    env.reset(seed=0)
    hover, fall = np.full(4, HOVER, np.float32), np.full(4, -1.0, np.float32)
    ended = {}
    for step in range(1, 51):
        _, _, terminated, truncated, _ = env.step(np.stack([hover, fall]))
        for k in range(2):
            if (terminated[k] or truncated[k]) and k not in ended:
                ended[k] = (step, bool(terminated[k]), bool(truncated[k]))
    assert ended[0] == (50, False, True)
    assert ended[1][1:] == (True, False)
    assert 10 < ended[1][0] < 40


def test_an_end_that_is_both_is_a_termination(make_vec):
    def ended(steps):
        env = make_vec(1, starts="hover", noise="none", end=End(fence_m=0.05, steps=steps))
        env.reset(seed=0)
        for step in range(1, 100):
            _, _, terminated, truncated, _ = env.step(np.full((1, 4), -1.0, np.float32))
            if terminated[0] or truncated[0]:
                return step, bool(terminated[0]), bool(truncated[0])
        return None

    step, *kind = ended(100)
    assert kind == [True, False]
    assert ended(step) == (step, True, False)
    assert ended(step - 1) == (step - 1, False, True)


def test_a_state_that_is_not_a_number_terminates(make_vec):
    env = make_vec(17, end="endless")
    env.reset(seed=0)
    states = env.plant.states
    states[3, 8] = np.nan
    env.plant.reset(states, np.arange(17))
    for _ in range(2):
        _, rewards, terminated, *_ = env.step(np.full((17, 4), HOVER, np.float32))
        if terminated.any():
            break
    assert np.flatnonzero(terminated).tolist() == [3]
    assert np.isfinite(rewards).all()


def test_the_past_actions_of_an_episode_begin_as_its_rotors_turn_and_end_with_the_last(make_vec):
    env = make_vec(20, privileged=True, noise="none", end="endless")
    first, _ = env.reset(seed=5)
    rotors = env.plant.states[:, 13:]
    assert first[:, 18:].reshape(20, 32, 4) == pytest.approx(np.tile(2 * rotors[:, None] - 1, (1, 32, 1)), abs=1e-6)
    actions = actions_of(20, 40)
    for count, action in enumerate(actions, start=1):
        seen, *_ = env.step(action)
        past = seen[:, 18:].reshape(20, 32, 4)
        known = np.clip(actions[max(0, count - 32) : count], -1.0, 1.0).transpose(1, 0, 2)
        assert np.array_equal(past[:, -len(known[0]) :], known)


@pytest.mark.parametrize("vehicle", ["cf-l2f-package", "cf21-identified"])
def test_vehicles_move_as_in_the_batch_plant(make_vec, vehicle):
    """The same start, the same commands: a delay and a battery too."""
    widths = Randomise(mass=0.1, motor_lag=0.2)
    env = make_vec(20, vehicle=vehicle, end="endless", starts="paper", randomise=widths, action_delay_s=0.008)
    env.reset(seed=9)
    nominal = load_vehicle(vehicle)
    vehicles, efficiency = zip(*(varied(nominal, widths, seed=9 + k) for k in range(20)), strict=True)
    plant = BatchPlant(vehicles, nominal=nominal, efficiency=efficiency, action_delay_s=0.008)
    plant.reset(env.plant.states)
    for action in actions_of(20, 30):
        env.step(action)
        plant.step(np.float32(0.5) * action + np.float32(0.5), 0.01)
    assert np.abs(env.plant.states - plant.states).max() < 1e-5


def test_starts_are_distributed_as_the_preset_says(make_vec):
    stats = pytest.importorskip("scipy.stats")
    n = 20_000
    env = make_vec(n, starts="paper", noise="none")
    env.reset(seed=11)
    states = env.plant.states
    nominal = (states[:, :3] == 0).all(axis=1)
    assert nominal.mean() == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / n))
    assert (states[nominal, 3:13] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]).all()
    others = states[~nominal]
    for columns, width in ((slice(0, 3), 0.5), (slice(7, 10), 1.0), (slice(10, 13), 1.0)):
        for column in others[:, columns].T:
            assert stats.kstest(column, "uniform", (-width, 2 * width)).pvalue > 0.005
    for column in states[:, 13:].T:
        assert stats.kstest(column, "uniform").pvalue > 0.005
    angle = 2 * np.arccos(np.clip(np.abs(others[:, 6]), 0, 1))
    greatest = np.pi / 2
    assert angle.max() <= greatest + 1e-3

    def share(t):
        return (t - np.sin(t)) / (greatest - np.sin(greatest))  # of the rotations by at most 90°

    assert stats.kstest(angle, share).pvalue > 0.005
    axis = others[:, 3:6] / np.linalg.norm(others[:, 3:6], axis=1, keepdims=True)
    for column in axis.T:
        assert stats.kstest(column, "uniform", (-1, 2)).pvalue > 0.005  # of a direction, each coordinate is


def test_starts_of_l2f_keep_their_velocities_at_the_goal_and_half_turning_rotors(make_vec):
    env = make_vec(2_000, starts="l2f-original", noise="none")
    env.reset(seed=2)
    states = env.plant.states
    nominal = (states[:, :3] == 0).all(axis=1)
    assert 0.05 < nominal.mean() < 0.15
    assert (states[nominal, 7:10] != 0).any(axis=1).all()
    assert np.abs(states[:, :3]).max() <= 0.2
    assert (states[:, 13:] == 0.5).all()


@pytest.mark.parametrize(
    ("noise", "std"), [("l2f-package", (0.05, 0.001, 0.1, 0.2)), ("l2f-original", (0.001, 0.001, 0.002, 0.002))]
)
def test_noise_has_the_deviations_of_the_preset_and_is_drawn_anew_each_step(make_vec, noise, std):
    n = 4_000
    noisy, true = (make_vec(n, noise=kind, starts="hover", end="endless") for kind in (noise, "none"))
    hover = np.full((n, 4), HOVER, np.float32)
    errors = [env.reset(seed=1)[0] for env in (noisy, true)]
    errors = [errors[0] - errors[1], *(noisy.step(hover)[0] - true.step(hover)[0] for _ in range(2))]
    expected = np.repeat(std, (3, 9, 3, 3))
    for error in errors:  # of a reset, and of steps
        assert error.std(axis=0) == pytest.approx(expected, rel=0.05)
        assert (np.abs(error.mean(axis=0)) < 4 * expected / np.sqrt(n)).all()
        assert np.abs(np.corrcoef(error.T) - np.eye(18)).max() < 5 / np.sqrt(n)
    for a, b in ((0, 1), (1, 2)):
        for k in range(18):
            assert abs(np.corrcoef(errors[a][:, k], errors[b][:, k])[0, 1]) < 5 / np.sqrt(n)


def test_each_environment_has_a_vehicle_of_its_own_where_chance_makes_them(make_vec):
    settings = {"starts": "hover", "noise": "none", "end": "endless"}
    alike, drawn = (make_vec(5, **settings, **more) for more in ({}, {"randomise": Randomise(thrust=0.1)}))
    for env in (alike, drawn):
        env.reset(seed=4)
        for _ in range(10):
            env.step(np.full((5, 4), HOVER, np.float32))
    assert len(np.unique(alike.plant.states[:, 2])) == 1
    assert len(np.unique(drawn.plant.states[:, 2])) == 5


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_envs": 0}, "num_envs must be at least 1"),
        ({"reward": "papers"}, "unknown reward 'papers'; did you mean 'paper'"),
        ({"starts": "everywhere"}, "unknown starts 'everywhere'"),
        ({"end": "never"}, "unknown end 'never'"),
        ({"noise": "l2f"}, "unknown noise 'l2f'"),
        ({"noise": "real-2026"}, "'real-2026' is more than white noise"),
        ({"curriculum": 7}, "curriculum must be 0..6, not 7"),
        ({"vehicle": "cf22"}, "unknown vehicle 'cf22'"),
        ({"vehicle": Path("cf22.toml")}, "cannot read vehicle file cf22.toml"),
        ({"autoreset_mode": "Next"}, "unknown autoreset_mode 'Next'; did you mean 'NextStep'"),
    ],
)
def test_a_wrong_setting_says_what_would_be_right(make_vec, settings, message):
    with pytest.raises(BadInput, match=message):
        make_vec(**settings)


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: Starts(angle_deg=180.0), r"0\.\.170"),
        (lambda: Starts(nominal_share=1.5), r"0\.\.1"),
        (lambda: Starts(rotors=(0.6, 0.5)), "least ≤ greatest"),
        (lambda: End(fence_m=0.0, steps=5), "fence_m > 0"),
        (lambda: End(fence_m=1.0, steps=0), "steps of 1"),
    ],
)
def test_a_preset_of_ones_own_is_checked(mistake, message):
    with pytest.raises(BadInput, match=message):
        mistake()


def test_wrong_actions_are_refused(make_vec):
    env = make_vec(3)
    with pytest.raises(BadInput, match="comes after reset"):
        env.step(np.zeros((3, 4)))
    env.reset(seed=0)
    with pytest.raises(BadInput, match=r"must have shape \(3, 4\), not \(4,\)$"):
        env.step(np.zeros(4))
    actions = np.zeros((3, 4))
    actions[1, 2] = np.nan
    with pytest.raises(HilError, match="action of environment 1 is not finite"):
        env.step(actions)


def test_one_environment_speaks_of_itself(make):
    env = make(starts="hover", end=End(fence_m=1.0, steps=2))
    env.reset(seed=0)
    with pytest.raises(BadInput, match=r"an action must have shape \(4,\), not \(3,\)"):
        env.step(np.zeros(3))
    for _ in range(2):
        *_, truncated, _ = env.step(np.zeros(4))
    assert truncated
    with pytest.raises(BadInput, match=r"the episode has ended; reset\(\) begins the next"):
        env.step(np.zeros(4))
    with pytest.raises(BadInput, match="are for many environments"):
        make(autoreset_mode="SameStep")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"seed": -1}, "a seed must be"),
        ({"seed": [1, 2]}, "2 seeds for 3 environments"),
        ({"seed": 1.5}, "a seed must be a whole number, not 1.5"),
        ({"seed": [1, "two", 3]}, "a seed must be a whole number, not 'two'"),
        ({"options": {"mask": np.ones(3, bool)}}, "unknown reset option 'mask'"),
        ({"options": {"reset_mask": np.zeros(3, bool)}}, "at least one True"),
        ({"options": {"reset_mask": np.array([True, False, False])}}, "the first reset is of all"),
        ({"options": {"reset_mask": np.ones(2, bool)}}, r"must be \(3,\)"),
    ],
)
def test_a_wrong_reset_is_refused(make_vec, asked, message):
    with pytest.raises(BadInput, match=message):
        make_vec(3).reset(**asked)
