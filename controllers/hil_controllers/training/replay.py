"""Flights to learn from: whole episodes, whatever their end, and sequences drawn from them.

Every episode is kept, lost or not, and however short: a sequence that reaches beyond its end is padded, and says so.
"""

from collections import deque
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from hil_controllers.training.config import HISTORY
from hil_controllers.training.policies import ACTIONS
from hil_controllers.training.rewarded import COSTS
from hil_sim.adjoint.senses import SHOWN


class Episodes(NamedTuple):
    """n episodes of up to L steps, padded; episode first."""

    shown: np.ndarray  # (n, L + 1, 18) what the policy was shown at each step, and after the last
    flown: np.ndarray  # (n, L, 4) actions in −1..1
    labels: np.ndarray  # (n, L, 4) what the guide would have done, or zeros
    costs: np.ndarray  # (n, L, 4) what each step cost
    steps: np.ndarray  # (n,) of the episode
    lost: np.ndarray  # (n,) whether it ended so; one that time ended did not


class Batch(NamedTuple):
    """B sequences of T steps, time first."""

    shown: Tensor  # (T + 1, B, 18)
    history: Tensor  # (T + 1, B, 128) the 32 actions before each step, oldest first
    flown: Tensor  # (T, B, 4)
    labels: Tensor  # (T, B, 4)
    costs: Tensor  # (T, B, 4)
    terminal: Tensor  # (T, B) 1 where the step lost the vehicle; the end of time is none
    valid: Tensor  # (T, B) 1 within the episode
    first: Tensor  # (B,) step of its episode that the sequence begins with


class Replay:
    """The last episodes, as many as fit into `capacity` rows, on a device.

    An episode lies in one piece: 32 rows of the action before the first, one for each step, and one for what is shown
    after the last.
    """

    _KEPT = ("_shown", "_flown", "_labels", "_costs")

    def __init__(self, capacity: int, steps: int, *, fill: float, device: str, generator: torch.Generator) -> None:
        self.fill = fill
        self._generator = generator
        self._rows = max(capacity, HISTORY + steps + 1)

        def zeros(columns: int) -> Tensor:
            return torch.zeros(self._rows, columns, dtype=torch.float32, device=device)

        self._shown, self._flown, self._labels, self._costs = (
            zeros(columns) for columns in (SHOWN, ACTIONS, ACTIONS, COSTS)
        )
        self._episodes: deque[tuple[int, int, bool]] = deque()  # first row, steps, whether lost; oldest first
        self._next = 0
        self._index()

    def __len__(self) -> int:
        return len(self._episodes)

    @property
    def steps(self) -> int:
        """Steps of all episodes that are kept."""
        return sum(steps for _, steps, _ in self._episodes)

    def add(self, episodes: Episodes) -> None:
        """Keep these episodes, all of them; the oldest make room."""
        shown, flown, labels, costs = (torch.from_numpy(part).to(self._shown.device) for part in episodes[:4])
        for k, (steps, lost) in enumerate(zip(episodes.steps.tolist(), episodes.lost.tolist(), strict=True)):
            row = self._room(HISTORY + steps + 1)
            self._episodes.append((row, steps, lost))
            begin, end = row + HISTORY, row + HISTORY + steps
            self._flown[row:begin] = self.fill
            self._shown[begin : end + 1] = shown[k, : steps + 1]
            self._flown[begin:end], self._labels[begin:end] = flown[k, :steps], labels[k, :steps]
            self._costs[begin:end] = costs[k, :steps]
        self._index()

    def _room(self, rows: int) -> int:
        """The first of so many free rows in one piece, behind the newest episode or at the very front."""
        at = self._next if self._next + rows <= self._rows else 0
        while self._episodes and _meet(self._episodes[0], at, rows, wrapped=at < self._next, newest=self._next):
            self._episodes.popleft()
        self._next = at + rows
        return at

    def _index(self) -> None:
        columns = np.array(self._episodes, np.int64).reshape(-1, 3).T
        self._first, self._steps, self._lost = torch.from_numpy(columns.copy()).to(self._shown.device)

    def sample(self, batch: int, ticks: int) -> Batch:
        """Sequences of so many steps, every step of every episode about as likely as any other.

        Their first step is drawn as if episodes went on before and after, then moved inside: beginnings, which a flight
        depends on, and ends, which the critics learn what losing is from, are seen as often as what is between.
        """
        device = self._shown.device
        which = torch.multinomial(self._steps.float(), batch, replacement=True, generator=self._generator)
        length = self._steps[which]
        drawn = torch.rand(batch, generator=self._generator, device=device)
        first = (drawn * (length + ticks - 1)).long() - (ticks - 1)
        first = torch.minimum(first, length - ticks).clamp(min=0)
        step = first + torch.arange(ticks + 1, device=device)[:, None]  # (T + 1, B)
        row = self._first[which] + torch.minimum(step, length)  # 32 rows before that of the step; padding: the last
        past = row[..., None] + torch.arange(HISTORY, device=device)
        inside = row[:-1] + HISTORY
        return Batch(
            shown=self._shown[row + HISTORY],
            history=self._flown[past].flatten(2),
            flown=self._flown[inside],
            labels=self._labels[inside],
            costs=self._costs[inside],
            terminal=((step[:-1] == length - 1) & (self._lost[which] == 1)).float(),
            valid=(step[:-1] < length).float(),
            first=first,
        )

    def snapshot(self) -> dict[str, Any]:
        """All episodes, and where the next goes."""
        used = max((first + HISTORY + steps + 1 for first, steps, _ in self._episodes), default=0)
        kept = {name: getattr(self, name)[:used].cpu().clone() for name in self._KEPT}
        return kept | {"next": self._next, "episodes": list(self._episodes)}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        self._next, self._episodes = snapshot["next"], deque(snapshot["episodes"])
        for name in self._KEPT:
            getattr(self, name)[: len(snapshot[name])] = snapshot[name].to(self._shown.device)
        self._index()


def _meet(oldest: tuple[int, int, bool], at: int, rows: int, *, wrapped: bool, newest: int) -> bool:
    """Whether the oldest episode is in the way of rows from `at` on, or, at a turn, behind the `newest`'s end."""
    first, steps, _ = oldest
    if wrapped and first >= newest:
        return True  # from the round before, in the rest at the end that the turn leaves unused
    return at < first + HISTORY + steps + 1 and first < at + rows
