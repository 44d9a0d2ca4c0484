"""Slope schedules of the surrogate on single transitions: no memory, and no curriculum of the reward."""

from collections.abc import Mapping
from typing import Any

from hil_controllers.training.studies.claims import alike, fewer, more
from hil_controllers.training.studies.guides import FILES, GOOD
from hil_controllers.training.studies.returns import BEST, FIRST, REACHED, Plan, Returns

_SINGLE = {"sequence": 1, "warm_up": 0, "curriculum_until": 0.0, "batch": 256, "updates_per_rollout": 100}
_ALONE = {"kind": "td3", "exploration_noise": 0.4, "policy_from": 500, "critic_hidden": [128, 128]}
_SLOPES: Mapping[str, dict[str, Any]] = {
    "2": {"kind": "fixed", "k": 2.0},
    "50": {"kind": "fixed", "k": 50.0},
    "100": {"kind": "fixed", "k": 100.0},
    "interval": {"kind": "interval", "first": 1.0, "last": 100.0},
    "adaptive": {"kind": "adaptive", "floor": 1.0},
}
_PUBLISHED = {
    "bc": ("231; return 100 after 22 epochs", "259; 22", "222; 29", "232; 20", "251; 15"),
    "td3": ("383; return 100 after 42 epochs", "163; 161", "174; 149", "292; 37", "381; 50"),
}
_PASSES = 4


class Slopes(Returns):
    """Fixed, rising and adaptive slopes, for cloning and for TD3."""

    title = "Slope schedules on single transitions"
    kept_in = "slopes"
    about = (
        f"Single transitions, as in the paper: each observation is held for {_PASSES} network steps from zero, and the "
        "reward is at its strictest from the beginning. `bc` clones what the guide flew, `td3` learns alone. The "
        "adaptive slope follows the last ten tests; the scale of its score is not published, 100 here."
    )
    variants = {  # noqa: RUF012  constant
        f"{kind}-{slope}": Plan(published, _SINGLE | how, schedule, passes=_PASSES, times=times)
        for kind, how, times in (("bc", {"kind": "bc", "guide": FILES[GOOD]}, 2), ("td3", _ALONE, 16))
        for (slope, schedule), published in zip(_SLOPES.items(), _PUBLISHED[kind], strict=True)
    }
    charts = {  # noqa: RUF012  constant
        f"slopes-{kind}.svg": tuple(f"{kind}-{slope}" for slope in _SLOPES) for kind in _PUBLISHED
    }
    claims = (
        alike("cloning does not mind the slope: best returns within 15 % of the greatest", BEST,
              [f"bc-{slope}" for slope in _SLOPES], within=0.15, least=REACHED),
        fewer("cloning gets to return 100 soonest with the adaptive slope", FIRST,
              "bc-adaptive", ["bc-2", "bc-50", "bc-100", "bc-interval"]),
        more("TD3 earns more with slope 2 than with 50 and 100", BEST, "td3-2", ["td3-50", "td3-100"]),
        fewer("TD3 gets to return 100 sooner with slope 2 than with 50 and 100", FIRST, "td3-2", ["td3-50", "td3-100"]),
        more("TD3 earns more with the adaptive slope than with 50, 100 and the interval", BEST,
             "td3-adaptive", ["td3-50", "td3-100", "td3-interval"]),
        alike("and as much as with slope 2, within 5 %", BEST, ["td3-adaptive", "td3-2"], within=0.05, least=REACHED),
    )  # fmt: skip
