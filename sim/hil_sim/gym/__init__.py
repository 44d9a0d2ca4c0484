"""Gymnasium environments on the batch plant: `import hil_sim.gym`, then `gymnasium.make("hil/Hover-v0")`.

Needs `hil-bench[gym]`. Ids: `hil/Hover-v0` shows the paper's 18 numbers, `hil/HoverPrivileged-v0` these and the last 32
actions, 146. `gymnasium.make_vec` of either gives the native vector environment.
"""

from gymnasium import register

for _name, _privileged in (("Hover", False), ("HoverPrivileged", True)):
    register(
        id=f"hil/{_name}-v0",
        entry_point="hil_sim.gym.single:HoverEnv",
        vector_entry_point="hil_sim.gym.vector:HoverVectorEnv",
        kwargs={"privileged": _privileged},
    )
