"""Other quadrotor simulators, where they are installed: one call is one step of 10 ms.

Their models differ from ours and from each other: crazyflow adds drag, gyroscopics and uneven rotors, MuJoCo contact.
"""

from collections.abc import Callable, Iterator
from importlib.metadata import version

Case = tuple[tuple[str, str, str, int], Callable[[], object]]

MUJOCO_MODEL = """
<mujoco>
  <option timestep="0.01" integrator="RK4" gravity="0 0 -9.81"/>
  <worldbody>
    <geom type="plane" size="5 5 0.1"/>
    <body name="drone" pos="0 0 1">
      <freejoint/>
      <inertial pos="0 0 0" mass="0.0319" diaginertia="1.66e-5 1.66e-5 2.93e-5"/>
      <geom type="box" size="0.03 0.03 0.01" mass="0"/>
      <site name="m1" pos="0.0325 -0.0325 0"/> <site name="m2" pos="-0.0325 -0.0325 0"/>
      <site name="m3" pos="-0.0325 0.0325 0"/> <site name="m4" pos="0.0325 0.0325 0"/>
    </body>
  </worldbody>
  <actuator>
    <general site="m1" gear="0 0 1 0 0 -0.006" dyntype="filterexact" dynprm="0.06"/>
    <general site="m2" gear="0 0 1 0 0 0.006" dyntype="filterexact" dynprm="0.06"/>
    <general site="m3" gear="0 0 1 0 0 -0.006" dyntype="filterexact" dynprm="0.06"/>
    <general site="m4" gear="0 0 1 0 0 0.006" dyntype="filterexact" dynprm="0.06"/>
  </actuator>
</mujoco>
"""


def crazyflow() -> Iterator[Case]:
    """Batched, JAX: first principles, rotor commands, RK4 at 100 Hz and its default of Euler at 500 Hz."""
    import jax
    import numpy as np
    from crazyflow.sim import Sim

    for n in (1_024, 16_384):
        for integrator, freq in (("rk4", 100), ("euler", 500)):
            rates = dict.fromkeys(("freq", "attitude_freq", "body_rate_freq", "force_torque_freq"), freq)
            sim = Sim(
                n_worlds=n,
                drone="cf2x_L250",
                dynamics="first_principles",
                control="rotor_vel",
                integrator=integrator,
                state_freq=100,
                **rates,
            )
            sim.reset()
            command = np.full((n, 1, 4), 15_000.0, np.float32)

            def step(sim: Sim = sim, command: "np.ndarray" = command, count: int = freq // 100) -> object:
                sim.rotor_vel_control(command)
                sim.step(count)
                return jax.block_until_ready(sim.data.states.pos)

            step()
            yield (f"crazyflow {version('crazyflow')}", f"its own, {integrator} {freq} Hz", "float32", n), step


def mujoco() -> Iterator[Case]:
    """One vehicle, C through Python: RK4 at 100 Hz."""
    import mujoco

    model = mujoco.MjModel.from_xml_string(MUJOCO_MODEL)
    data = mujoco.MjData(model)
    data.ctrl[:] = 0.0319 * 9.81 / 4
    yield (f"mujoco {version('mujoco')}", "its own, RK4 100 Hz", "float64", 1), lambda: mujoco.mj_step(model, data)


RIVALS = {"crazyflow": crazyflow, "mujoco": mujoco}
