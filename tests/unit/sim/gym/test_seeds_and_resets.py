"""Environment i of seed s is the environment of seed s + i, whatever batch it is in and however episodes follow."""

import hashlib
import os
import platform
import re
import subprocess
import sys

import numpy as np
import pytest

from hil.core.errors import BadInput
from hil.scenario.conditions import Randomise
from hil_sim.gym.presets import End

STEPS = 90
SHORT = End(fence_m=0.6, steps=25)


def actions_of(steps=STEPS, n=40):
    return np.random.default_rng(1).uniform(-1.0, 1.0, (steps, n, 4)).astype(np.float32)


def alone(make, seed, actions, **settings):
    """Observations, rewards, terminations, truncations of one environment that is reset as soon as it ends."""
    env = make(end=SHORT, **settings)
    rows = [(env.reset(seed=seed)[0], 0.0, False, False)]
    for action in actions:
        if rows[-1][2] or rows[-1][3]:
            rows.append((env.reset()[0], 0.0, False, False))
        else:
            rows.append(env.step(action)[:4])
    return rows


@pytest.mark.parametrize("n", [1, 5, 16, 23])
@pytest.mark.parametrize(
    "settings",
    [{}, {"privileged": True, "vehicle": "cf21-identified", "randomise": Randomise(mass=0.2)}],
    ids=["paper", "privileged, drawn vehicles, delay, battery"],
)
def test_each_environment_of_many_is_the_one_of_its_seed_alone(make, make_vec, n, settings):
    actions = actions_of()
    env = make_vec(n, end=SHORT, **settings)
    rows = [env.reset(seed=100)[0]]
    rewards, ends = [], []
    for action in actions[:, :n]:
        seen, reward, terminated, truncated, _ = env.step(action)
        rows.append(seen)
        rewards.append(reward)
        ends.append((terminated, truncated))
    for k in {0, n // 2, n - 1}:
        expected = alone(make, 100 + k, actions[:, k], **settings)
        for step, (seen, reward, terminated, truncated) in enumerate(expected):
            assert rows[step][k].tobytes() == seen.tobytes(), (k, step)
            if step:
                assert (rewards[step - 1][k], *(bool(end[k]) for end in ends[step - 1])) == (
                    reward,
                    terminated,
                    truncated,
                )
        assert sum(terminated or truncated for *_, terminated, truncated in expected) >= 3, "episodes have to end"


def test_another_seed_is_another_flight(make):
    first, again, other = (alone(make, seed, actions_of()[:5, 0]) for seed in (1, 1, 2))
    assert [row[0].tobytes() for row in first] == [row[0].tobytes() for row in again]
    assert first[3][0].tobytes() != other[3][0].tobytes()


@pytest.mark.parametrize(
    "settings", [{}, {"privileged": True, "vehicle": "cf21-identified"}], ids=["paper", "privileged"]
)
def test_a_reset_in_the_same_step_gives_the_last_observation_and_the_first(make, make_vec, settings):
    """Three ends and more, terminations and truncations, each held against the environment alone."""
    n, actions = 21, actions_of()
    env = make_vec(n, end=SHORT, autoreset_mode="SameStep", **settings)
    first, _ = env.reset(seed=100)
    steps = [env.step(action) for action in actions[:, :n]]
    for k in (0, 7, n - 1):
        single, terminations, truncations = make(end=SHORT, **settings), 0, 0
        assert single.reset(seed=100 + k)[0].tobytes() == first[k].tobytes()
        for action, (seen, rewards, terminated, truncated, infos) in zip(actions[:, k], steps, strict=True):
            alone, reward, lost, late, _ = single.step(action)
            assert (rewards[k], terminated[k], truncated[k]) == (reward, lost, late)
            assert ("final_obs" in infos and bool(infos["_final_obs"][k])) == (lost or late)
            if lost or late:
                assert infos["final_obs"][k].tobytes() == alone.tobytes()
                alone, _ = single.reset()
            assert seen[k].tobytes() == alone.tobytes()
            terminations, truncations = terminations + lost, truncations + late
        assert terminations + truncations >= 3


def test_with_autoreset_disabled_ended_episodes_have_to_be_reset_and_the_others_go_on(make_vec):
    env = make_vec(6, end=End(fence_m=0.6, steps=1000), autoreset_mode="Disabled", starts="hover", noise="none")
    env.reset(seed=1)
    actions = np.full((6, 4), 0.32, np.float32)
    actions[2] = -1.0
    for _ in range(200):
        seen, _, terminated, *_ = env.step(actions)
        if terminated.any():
            break
    assert np.flatnonzero(terminated).tolist() == [2]
    with pytest.raises(BadInput, match=r"environment 2 has ended"):
        env.step(actions)
    mask = terminated.copy()
    fresh, _ = env.reset(options={"reset_mask": mask})
    assert np.array_equal(fresh[~mask], seen[~mask])
    assert fresh[2, :3].tolist() == [0.0, 0.0, 0.0]
    env.step(actions)


def test_a_partial_reset_shows_the_others_what_they_saw_their_past_actions_too(make_vec):
    env = make_vec(100, end=End(fence_m=0.6, steps=10_000), autoreset_mode="Disabled", starts="hover", privileged=True)
    env.reset(seed=1)
    seen, *_ = env.step(np.full((100, 4), 0.31, np.float32))
    spoilt = [np.full(seen.shape, 777.0, np.float32) for _ in range(4)]  # what freed memory holds
    del spoilt
    fresh, _ = env.reset(options={"reset_mask": np.arange(100) == 0})
    assert fresh[1:].tobytes() == seen[1:].tobytes()
    assert fresh[0].tobytes() != seen[0].tobytes()


def test_an_ended_episode_is_not_forgotten_when_another_is_reset(make_vec):
    env = make_vec(3, end=End(fence_m=0.6, steps=5), autoreset_mode="Disabled", starts="hover", noise="none")
    env.reset(seed=1)
    for _ in range(5):
        _, _, _, truncated, _ = env.step(np.full((3, 4), 0.32, np.float32))
    assert truncated.all()
    env.reset(options={"reset_mask": np.array([True, True, False])})
    with pytest.raises(BadInput, match="environment 2 has ended"):
        env.step(np.full((3, 4), 0.32, np.float32))


@pytest.mark.parametrize("vehicle", ["cf-l2f-package", "cf21-identified"])
def test_an_environment_that_has_flown_for_long_begins_as_a_new_one(make_vec, vehicle):
    """A battery's age is the episode's, whatever the plant's clock says."""
    used, new = (make_vec(3, vehicle=vehicle, end=End(fence_m=0.6, steps=80)) for _ in range(2))
    used.reset(seed=9)
    for _ in range(6000):
        used.step(np.full((3, 4), 0.3, np.float32))
    assert used.reset(seed=3)[0].tobytes() == new.reset(seed=3)[0].tobytes()
    for action in actions_of(150, 3):
        for a, b in zip(used.step(0.3 * action)[:4], new.step(0.3 * action)[:4], strict=True):
            assert a.tobytes() == b.tobytes()


def test_a_battery_grows_old_within_an_episode_and_is_fresh_in_the_next(make_vec):
    env = make_vec(1, vehicle="cf21-identified", starts="hover", noise="none", end=End(fence_m=1000.0, steps=400))
    env.reset(seed=1)
    motors = []
    for _ in range(801):
        env.step(np.ones((1, 4), np.float32))
        motors.append(float(env.plant.states[0, 13]))
    assert motors[398] < motors[60] - 0.002
    assert motors[400 + 61] == pytest.approx(motors[60], abs=1e-6)


def test_all_64_bits_of_a_seed_count(make_vec):
    starts = [make_vec(1).reset(seed=seed)[0].tobytes() for seed in (5, 5 + 2**32, 5 + 2**62)]
    assert len(set(starts)) == 3


def test_without_a_seed_environments_differ_from_each_other_and_from_those_of_another_process(make_vec):
    envs = [make_vec(4) for _ in range(2)]
    starts = [row.tobytes() for env in envs for row in env.reset(seed=[None, 5, None, None])[0]]
    assert starts[1] == starts[5]
    assert len(set(starts)) == 7


def test_seeds_of_some_leave_the_chance_and_the_vehicles_of_the_others(make_vec):
    env, other = (make_vec(3, randomise=Randomise(mass=0.2), starts="hover") for _ in range(2))
    env.reset(seed=1)
    other.reset(seed=1)
    env.reset(seed=[None, 77, None])
    other.reset(seed=[None, None, None])
    a, b = (each.step(np.full((3, 4), 0.5, np.float32))[0] for each in (env, other))
    assert [bool((x == y).all()) for x, y in zip(a, b, strict=True)] == [True, False, True]


@pytest.mark.parametrize("seed", [np.int32(3), np.uint64(3), 3])
def test_a_seed_may_be_any_whole_number(make_vec, seed):
    assert make_vec(2).reset(seed=seed)[0].tobytes() == make_vec(2).reset(seed=[3, 4])[0].tobytes()


def hash_of(n=64):
    """Hash of everything that 60 noisy steps of n environments give."""
    from hil_sim.gym.vector import HoverVectorEnv

    env = HoverVectorEnv(n, end=SHORT, privileged=True)
    digest = hashlib.sha256(env.reset(seed=3)[0].tobytes())
    for action in actions_of(60, n):
        for part in env.step(action)[:4]:
            digest.update(part.tobytes())
    return digest.hexdigest()


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the emulated instruction set is x86's")
def test_another_instruction_set_changes_no_bit():
    environment = {**os.environ, "NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": ""}
    program = f"import runpy; print(runpy.run_path({__file__!r})['hash_of']())"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hash_of()


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="reads x86 assembly")
def test_the_step_is_packed_arithmetic_without_fused_operations(make_vec):
    from hil_sim.batch.program import module
    from hil_sim.gym.program import EXTENSION

    env, names = make_vec(16), {}
    env.reset(seed=0)
    text = module(frozenset({"idle-thrust"}), "float32", varying=(), extension=EXTENSION.text)
    exec(compile(text.replace("cache=True, ", ""), "<program>", "exec"), names)
    names["step"](
        *env._tiles.whole, np.zeros(1, np.int64), np.array([0.01, 0.0], np.float32), np.zeros(64, np.float32), 0,
        env._environments, env._settings, np.zeros(0, np.int64), np.zeros(16, np.int64), np.zeros((0, 18), np.float32),
        np.zeros((16, 18), np.float32), np.zeros(16), np.zeros(16, np.bool_), np.zeros(16, np.bool_),
    )  # fmt: skip
    (assembly,) = names["step"].inspect_asm().values()
    assert len(re.findall(r"\bv?(?:add|sub|mul|div|sqrt)p[sd]\b", assembly)) > 400
    assert len(re.findall(r"\bv?p(?:xor|add)[dq]?\b", assembly)) > 60, "the random numbers are packed, too"
    assert not re.search(r"\bvf(?:n?m(?:add|sub))", assembly)
