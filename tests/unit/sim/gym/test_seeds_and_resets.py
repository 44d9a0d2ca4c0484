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


@pytest.mark.parametrize("privileged", [False, True])
def test_a_reset_in_the_same_step_gives_both_the_last_observation_and_the_first(make_vec, privileged):
    """Held against NEXT_STEP, where each of them has a step of its own."""
    same = make_vec(30, end=SHORT, autoreset_mode="SameStep", privileged=privileged)
    following = make_vec(30, end=SHORT, autoreset_mode="NextStep", privileged=privileged)
    hover = np.full((30, 4), 0.3, np.float32)
    same.reset(seed=7)
    following.reset(seed=7)
    seen_ends = 0
    for _ in range(24):
        now, reward, terminated, truncated, infos = same.step(hover)
        later, reward_later, terminated_later, *_ = following.step(hover)
        fresh = terminated & ~np.isnan(reward)
        assert np.array_equal(terminated[fresh], terminated_later[fresh])
        if fresh.any():
            k = np.flatnonzero(fresh)[0]
            assert infos["_final_obs"].tolist() == (terminated | truncated).tolist()
            assert infos["final_obs"][k].tobytes() == later[k].tobytes()
            assert reward[k] == reward_later[k]
            first, *_ = following.step(hover)
            assert now[k].tobytes() == first[k].tobytes()
            seen_ends += 1
            break
        assert "final_obs" not in infos
        assert now.tobytes() == later.tobytes()
    assert seen_ends == 1


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
    with pytest.raises(BadInput, match=r"environments \[2\] have ended"):
        env.step(actions)
    mask = terminated.copy()
    fresh, _ = env.reset(options={"reset_mask": mask})
    assert np.array_equal(fresh[~mask], seen[~mask])
    assert fresh[2, :3].tolist() == [0.0, 0.0, 0.0]
    env.step(actions)


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
def test_the_step_is_packed_arithmetic_without_fused_operations():
    from hil_sim.batch.program import LANES, TILE, module
    from hil_sim.gym import kernel
    from hil_sim.gym.program import EXTENSION

    names = {}
    text = module(frozenset(), "float32", varying=(), extension=EXTENSION.text).replace("cache=True, ", "")
    exec(compile(text, "<program>", "exec"), names)
    f32, f64, flag = np.float32, np.float64, np.bool_
    names["step"](
        np.ones(TILE, f32), np.ones(0, f32), np.ones(60, f32), np.ones(64, f32), np.zeros(1, np.int64),
        np.array([0.01, 0.0], f32), np.zeros(64, f32), 0, np.zeros(32, np.uint32), np.zeros(LANES, np.uint32),
        np.ones(18, f32), True, (f32(1),) * 6, np.ones(2, f32), (f32(0),) * 9, False, np.zeros(0, np.int64), f32(0), 15,
        np.zeros(LANES, np.int32), np.zeros((LANES, 4), f32), np.zeros(LANES, np.int64),
        np.zeros((LANES, kernel.SEEN), f32), np.zeros((LANES, kernel.SEEN), f32), np.zeros(LANES, f64),
        np.zeros(LANES, flag), np.zeros(LANES, flag),
    )  # fmt: skip
    (assembly,) = names["step"].inspect_asm().values()
    assert len(re.findall(r"\bv?(?:add|sub|mul|div|sqrt)p[sd]\b", assembly)) > 400
    assert len(re.findall(r"\bv?p(?:xor|add)[dq]?\b", assembly)) > 60, "the random numbers are packed, too"
    assert not re.search(r"\bvf(?:n?m(?:add|sub))", assembly)
