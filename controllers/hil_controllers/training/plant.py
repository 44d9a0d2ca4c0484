"""The plant and its senses as torch functions that gradients go back through: `hil_sim`'s own equations, compiled."""

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable


class Step(Function):
    """States (n, 17) one control step later; gradients for the states and the commands (n, 4) of now and before."""

    @staticmethod
    def forward(ctx: Any, program: ModuleType, held: "Held", states: Tensor, *commands: Tensor) -> Tensor:  # noqa: D102
        given = np.stack([command.numpy() for command in commands[::-1]])
        stages = np.empty((len(held.lengths), *states.shape), np.float32)
        out = np.empty(states.shape, np.float32)
        program.step(
            states.numpy(),
            given,
            len(given) - 1,
            held.late,
            held.lengths,
            held.values,
            held.loads,
            held.time,
            stages,
            out,
        )
        ctx.kept = (program, held, given, stages)
        return torch.from_numpy(out)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, bar: Tensor) -> Any:  # noqa: D102
        program, held, given, stages = ctx.kept
        of_states, of_commands = np.empty(bar.shape, np.float32), np.zeros(given.shape, np.float32)
        program.step_vjp(
            stages, given, len(given) - 1, held.late, held.lengths, held.values, held.loads, held.time,
            bar.contiguous().numpy(), of_states, of_commands,
        )  # fmt: skip
        return None, None, torch.from_numpy(of_states), *(torch.from_numpy(one) for one in of_commands[::-1].copy())


class See(Function):
    """What controllers are shown (n, 18), and the memory of the senses (n, 12); gradients for what they see."""

    @staticmethod
    def forward(  # noqa: D102
        ctx: Any, program: ModuleType, other: np.ndarray, late: Tensor, now: Tensor, memory: Tensor
    ) -> tuple[Tensor, Tensor]:
        n = late.shape[0]
        given = [np.ascontiguousarray(one.numpy()) for one in (late, now, memory)]
        shown, remembered = np.empty((n, 18), np.float32), np.empty(given[2].shape, np.float32)
        program.see(*given, other, shown, remembered)
        ctx.kept = (program, other, given)
        return torch.from_numpy(shown), torch.from_numpy(remembered)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_shown: Tensor, of_memory: Tensor) -> Any:  # noqa: D102
        program, other, given = ctx.kept
        gradients = [np.empty(one.shape, np.float32) for one in given]
        program.see_vjp(*given, other, of_shown.contiguous().numpy(), of_memory.contiguous().numpy(), *gradients)
        return None, None, *(torch.from_numpy(one) for one in gradients)


class Held(NamedTuple):
    """What a control step depends on besides states and commands; nothing of it gets a gradient.

    values (n / 16, 48 · 16) tiles of parameters; loads (n / 16, 6 · 16) of forces (world, N) and torques (body, N m);
    late (pieces, n) how many control steps ago the command was given that a piece obeys; lengths (pieces,) s; time (n,)
    s since each vehicle's start.
    """

    values: np.ndarray
    loads: np.ndarray
    late: np.ndarray
    lengths: np.ndarray
    time: np.ndarray
