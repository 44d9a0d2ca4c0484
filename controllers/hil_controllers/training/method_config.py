"""What each method of training may be told, by `kind`; defaults of the paper's methods are the paper's.

The paper is Van den Berghe et al., NeurIPS 2025 (arXiv 2510.24461); where its text and its released code differ, the
text's number is the default.
"""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from hil.scenario.beside import beside_scenario
from hil.scenario.fields import Strict
from hil_controllers.network.shipped import SUFFIX
from hil_controllers.training.number_fields import Count, Memory, Positive, Share, Sizes, Weight

Vehicles = Annotated[int, Field(ge=16, le=4096, multiple_of=16)]
Ticks = Annotated[int, Field(ge=0, le=10_000)]


class Loss(Strict):
    """Weights of the mean over vehicles and ticks of |p| + …; each is the length of a vector unless said."""

    position: Weight = Field(default=1.0, description="per m of position error")
    velocity: Weight = Field(default=0.1, description="per m/s of velocity error")
    rates: Weight = Field(default=0.004, description="per rad/s of body rates")
    yaw: Weight = Field(default=0.1, description="per unit of |sin yaw|, near enough")
    action_change: Weight = Field(default=0.2, description="per unit of change of the action (−1..1) from tick to tick")


class Apg(Strict):
    """Back-propagation through plant and network ("analytic policy gradient"), window after window."""

    kind: Literal["apg"]
    vehicles: Vehicles = Field(default=32, description="side by side")
    window: Annotated[int, Field(ge=2, le=1000)] = Field(default=50, description="control steps per update")
    learning_rate: Positive = Field(default=4e-3, description="Adam's, at the beginning")
    final_share: Share = Field(default=0.03, description="of the learning rate that is left at the end of its cosine")
    beta1: Memory = Field(default=0.9, description="Adam's")
    beta2: Memory = Field(default=0.99, description="Adam's")
    gradient_clip: Positive = Field(default=1.0, description="greatest norm of the gradient")
    gradient_decay: Share = Field(
        default=1.0, description="what is left of a state's gradient one control step earlier"
    )
    weight_decay: Share = Field(default=0.0, description="of all layers but the first, per update and learning rate")
    loss: Loss = Field(default_factory=Loss, description="what is made small")


class Sequences(Strict):
    """Flights that are kept, and sequences of them to learn from: what all methods with a replay share.

    An update is one step of the optimisers; an epoch is `updates_per_rollout` of them, after a roll-out of `vehicles`
    episodes.
    """

    vehicles: Vehicles = Field(default=64, description="episodes of a roll-out, side by side")
    updates_per_rollout: Count = Field(default=50, description="updates of an epoch")
    replay: Count = Field(
        default=500_000, description="steps kept, of whole episodes, whatever their end; the oldest go first"
    )
    sequence: Annotated[int, Field(ge=1, le=1000)] = Field(default=100, description="control steps of a sequence")
    warm_up: Ticks = Field(default=50, description="steps at its beginning that give the policy no loss")
    from_start: bool = Field(
        default=False, description="sequences that begin an episode need no warm-up: their memory is the flight's own"
    )
    batch: Annotated[int, Field(ge=1, le=65_536)] = Field(default=350, description="sequences of an update")
    learning_rate: Positive = Field(default=1e-3, description="Adam's, for the policy")
    final_share: Share = Field(default=1.0, description="of the learning rates that is left at the end, on a cosine")
    gradient_clip: Positive = Field(default=10.0, description="greatest norm of the policy's gradient")
    exploration_noise: Weight = Field(default=0.1, description="deviation of what is added to flown actions, −1..1")
    fence_m: Positive = Field(default=0.6, description="an episode is lost with a coordinate further off")
    curriculum_until: Share = Field(
        default=0.5, description="share of the training after which the reward is at its strictest"
    )
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="where networks learn; they fly on the CPU")


class Critics(Sequences):
    """Twin critics that are given the last 32 actions too, target networks for them and for the policy."""

    critic_hidden: Sizes = Field(default=(64, 64), description="neurons per layer of each critic")
    critic_learning_rate: Positive = Field(default=1e-3, description="Adam's, for the critics")
    critic_warm_up: Ticks = Field(
        default=0, description="steps at a sequence's beginning that give the critics no loss, as warm_up otherwise"
    )
    discount: Memory = Field(default=0.99, description="γ")
    polyak: Share = Field(default=0.01, description="share of the new in the target networks, per update")
    policy_delay: Count = Field(default=2, description="updates of the critics for each of the policy")
    policy_from: Ticks = Field(default=0, description="updates of the critics before the policy's first")
    target_noise: Weight = Field(default=0.2, description="deviation of what is added to the target actions")
    target_noise_clip: Weight = Field(default=0.5, description="its greatest size")
    alpha: Positive = Field(default=2.0, description="weight of Q over its mean size, in the policy's loss")
    saturation: Weight = Field(
        default=0.1, description="weight of the square of read-outs beyond ±1.5: commands at a limit have no gradient"
    )


class Guided(Strict):
    """A network that shows how: it flies, or says what it would do."""

    guide: str = Field(
        description="name of a network that ships for the vehicle, or path of a .safetensors relative to this file"
    )

    @field_validator("guide", mode="after")
    @classmethod
    def _beside_this_file(cls, guide: str, info: ValidationInfo) -> str:
        return str(beside_scenario(guide, info)) if guide.endswith(SUFFIX) else guide


class Td3(Critics):
    """Twin delayed deep deterministic policy gradient, alone from the first flight on.

    Fujimoto et al. 2018; with a sequence of 1 and no warm-up, on single transitions.
    """

    kind: Literal["td3"]


class Bc(Sequences, Guided):
    """Behavioural cloning: the guide flies, the policy imitates what it did."""

    kind: Literal["bc"]


class Cloning(Critics, Guided):
    """TD3 and cloning at once, λ of it fading (Fujimoto and Gu 2021)."""

    clone: Weight = Field(default=0.2, description="λ: weight of cloning at the beginning")
    clone_decay: Share = Field(default=0.99, description="what is left of λ an epoch later")
    guide_labels: Share = Field(
        default=0.0, description="share of sequences that clone what the guide would do, not what was done"
    )


class Td3Bc(Cloning):
    """No hand-over: the guide flies the first roll-outs, then the policy all of them, from their beginning."""

    kind: Literal["td3bc"]
    guide_rollouts: Count = Field(default=20, description="roll-outs that the guide flies")


class Td3BcJsrl(Cloning):
    """A jump start (Uchendu et al. 2023): the guide begins a flight, the policy ends it.

    The policy's share of an episode grows linearly until the guide has only the first `guide_least` steps.
    """

    kind: Literal["td3bc_jsrl"]
    guide_least: Ticks = Field(default=50, description="steps that the guide keeps at the end of the hand-over")
    hand_over_until: Share = Field(default=0.5, description="share of the training that the hand-over takes")


class Dagger(Sequences):
    """Imitation of the geometric controller where the policy itself leads (Ross, Gordon, Bagnell 2011)."""

    kind: Literal["dagger"]
    expert_until: Share = Field(
        default=0.2, description="share of the training after which the expert flies none of the episodes, from all"
    )


Method = Annotated[Apg | Td3 | Bc | Td3Bc | Td3BcJsrl | Dagger, Field(discriminator="kind")]
