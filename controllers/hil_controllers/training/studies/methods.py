"""Methods of training against each other, and with and without cloning and jump start, on sequences."""

from typing import Any

from hil_controllers.training.studies.claims import Claim, fewer, more
from hil_controllers.training.studies.guides import APG, FILES, GOOD, WEAK
from hil_controllers.training.studies.returns import BEST, END, FIRST, LENGTH, Plan, Returns

_TIMES = 4
_GUIDED, _BY_WEAK = {"guide": FILES[GOOD]}, {"guide": FILES[WEAK]}
_TUNED: dict[str, Any] = {"from_start": True}
_LABELS = {"clone": 10.0, "guide_labels": 1.0}
_TD3, _TD3BC, _TD3BC_JSRL = {"kind": "td3"}, {"kind": "td3bc"} | _GUIDED, {"kind": "td3bc_jsrl"} | _GUIDED
_JSRL_TUNED = _TD3BC_JSRL | _TUNED | {"guide_least": 0}
_HOW = (
    "Variants without a suffix have the paper's weights and hand-over, and a Q term whose gradient reaches the policy "
    "(in the released code it does not). `tuned`: λ = 10 instead of 0.2; the guide says what it *would* do, instead of "
    "clones of what was flown; a sequence that begins a flight counts from its first step; the guide hands over whole "
    "flights. Slope 2."
)


def _plan(published: str, method: dict[str, Any]) -> Plan:
    return Plan(published, method, times=_TIMES)


_SHARED = {
    "td3": _plan("≈ +10, length 35; in the ablation 36 ± 4.1", _TD3),
    "td3bc": _plan("≈ −145, length 300–400; in the ablation 32 ± 1.2", _TD3BC),
    "td3bc_jsrl": _plan("≈ 400–430, length 470; in the ablation 412 ± 6.7, return 100 after 2,200", _TD3BC_JSRL),
    "td3bc_jsrl-tuned": _plan("", _JSRL_TUNED | _LABELS),
}


class Methods(Returns):
    """Methods under one reward."""

    title = "Methods under one reward"
    kept_in = "methods"
    about = (
        "The paper's four methods, and three of hil's own: the tuned one, imitation of the geometric controller where "
        f"the network leads (`dagger`), and the plant's gradient (`apg`). {_HOW} `weak`: from a guide like "
        "the paper's, trained by TD3 until it flies for half the time."
    )
    variants = {  # noqa: RUF012  constant
        **_SHARED,
        "bc": _plan("≈ −180, length 300–400", {"kind": "bc"} | _GUIDED),
        "dagger": _plan("", {"kind": "dagger"}),
        "apg": _plan("", APG),
        "bc-weak": _plan("≈ −180, length 300–400", {"kind": "bc"} | _BY_WEAK),
        "td3bc_jsrl-weak": _plan("≈ 400–430, length 470", _TD3BC_JSRL | _BY_WEAK),
        "td3bc_jsrl-tuned-weak": _plan("", _JSRL_TUNED | _LABELS | _BY_WEAK),
    }
    guides = (GOOD, WEAK)
    charts = {  # noqa: RUF012  constant
        "training.svg": tuple(name for name in variants if not name.endswith("weak")),
        "training-weak.svg": tuple(name for name in variants if name.endswith("weak")),
    }
    claims = (
        Claim(
            "TD3 + BC with a jump start earns more than TD3 + BC, BC and TD3", BEST,
            more("td3bc_jsrl", ["td3bc", "bc", "td3"]),
        ),
        Claim("the same, tuned", BEST, more("td3bc_jsrl-tuned", ["td3bc", "bc", "td3"])),
        Claim(
            "TD3 + BC with a jump start gets beyond a weak guide, and beyond cloning it", BEST,
            more("td3bc_jsrl-weak", ["guide-weak", "bc-weak"]),
        ),
        Claim("the same, tuned", BEST, more("td3bc_jsrl-tuned-weak", ["guide-weak", "bc-weak"])),
        Claim("and is so at the end, too, tuned", END, more("td3bc_jsrl-tuned-weak", ["guide-weak", "bc-weak"])),
        Claim("TD3 alone falls sooner than BC and TD3 + BC", LENGTH, fewer("td3", ["bc", "td3bc"])),
        Claim("yet it earns more than they do", BEST, more("td3", ["bc", "td3bc"])),
    )  # fmt: skip


class Ablation(Returns):
    """With and without cloning and jump start."""

    title = "With and without cloning and jump start"
    kept_in = "methods"
    about = f"Cloning × jump start, as published and tuned. {_HOW}"
    variants = {  # noqa: RUF012  constant
        **_SHARED,
        "jsrl-without-bc": _plan("334 ± 25.6, return 100 after 33,030", _TD3BC_JSRL | {"clone": 0.0}),
        "jsrl-without-bc-tuned": _plan("", _JSRL_TUNED | {"clone": 0.0}),
        "td3bc-tuned": _plan("", _TD3BC | _TUNED | _LABELS),
        "td3-tuned": _plan("", _TD3 | _TUNED),
    }
    charts = {  # noqa: RUF012  constant
        "ablation.svg": ("td3bc_jsrl", "jsrl-without-bc", "td3bc", "td3"),
        "ablation-tuned.svg": ("td3bc_jsrl-tuned", "jsrl-without-bc-tuned", "td3bc-tuned", "td3-tuned"),
    }
    claims = tuple(
        claim
        for words, tuned in (("", ""), (", tuned", "-tuned"))
        for claim in (
            Claim(
                f"cloning and jump start earn more together than either, or neither{words}", BEST,
                more(f"td3bc_jsrl{tuned}", [f"jsrl-without-bc{tuned}", f"td3bc{tuned}", f"td3{tuned}"]),
            ),
            Claim(
                f"behind a jump start, cloning gets to return 100 sooner{words}", FIRST,
                fewer(f"td3bc_jsrl{tuned}", [f"jsrl-without-bc{tuned}"]),
            ),
            Claim(
                f"a jump start without cloning earns more than cloning without a jump start{words}", BEST,
                more(f"jsrl-without-bc{tuned}", [f"td3bc{tuned}"]),
            ),
        )
    )  # fmt: skip
