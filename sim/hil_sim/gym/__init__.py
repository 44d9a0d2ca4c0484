"""Gymnasium environments on the batch plant: `import hil_sim.gym`, then `gymnasium.make("hil/Hover-v0")`.

Needs `hil-bench[gym]`. Ids: `hil/Hover-v0` shows the paper's 18 numbers, `hil/HoverPrivileged-v0` these and the last 32
actions, 146. `gymnasium.make_vec` of either gives the native vector environment.
"""

from importlib.util import find_spec


def needs(module: str, *, extra: str) -> None:
    """Raise ModuleNotFoundError, which says what to install, where the module is not."""
    if find_spec(module) is None:
        raise ModuleNotFoundError(f"{module} is not installed: pip install 'hil-bench[{extra}]'", name=module)


needs("gymnasium", extra="gym")
needs("numba", extra="gym")

from gymnasium import register  # noqa: E402  what is missing is named first

for _name, _privileged in (("Hover", False), ("HoverPrivileged", True)):
    register(
        id=f"hil/{_name}-v0",
        entry_point="hil_sim.gym.single:HoverEnv",
        vector_entry_point="hil_sim.gym.vector:HoverVectorEnv",
        kwargs={"privileged": _privileged},
    )
