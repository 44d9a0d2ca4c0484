"""Piecewise polynomials from a file in the format of crazyswarm's `uav_trajectories`.

A header line, then one row per piece: duration, then eight coefficients in ascending powers for each of x, y, z, yaw.
Time restarts at each piece. The trailing comma, blank lines and lines that begin with # are allowed.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, ValidationInfo, field_validator

from hil.core.errors import BadInput
from hil.core.types import ZERO3, Setpoint, Start, Vec3
from hil.references.reference import Reference
from hil.references.task import Task
from hil.scenario.beside import beside_scenario
from hil.scenario.fields import Point

COLUMNS = 33
TERMS = 8
PIECE_MAX_S = 600.0
COEFFICIENT_MAX = 1e9  # far beyond any flight: x = c t⁷ crosses a room of 10 m within 0.1 s


class Piece(NamedTuple):
    """One piece: coefficients of x, y, z (m) and yaw (rad) in ascending powers of seconds."""

    duration_s: float
    axes: tuple[tuple[float, ...], ...]


class PolynomialReference(Reference):
    """Pieces one after the other, shifted and slowed; then the last point, at rest."""

    def __init__(self, pieces: Sequence[Piece], *, shift: Vec3, time_scale: float) -> None:
        self._pieces, self._shift, self._scale = tuple(pieces), shift, time_scale

    @property
    def duration_s(self) -> float:
        """Time until the last point."""
        return self._scale * sum(piece.duration_s for piece in self._pieces)

    def at(self, t_s: float) -> Setpoint:
        """Set-point at `t_s`."""
        left = t_s / self._scale
        for piece in self._pieces:
            if left < piece.duration_s:
                return self._setpoint(piece, left)
            left -= piece.duration_s
        last = self._pieces[-1]
        position, _, _, yaw, _ = self._setpoint(last, last.duration_s)
        return Setpoint(position, ZERO3, ZERO3, yaw)

    def _setpoint(self, piece: Piece, t: float) -> Setpoint:
        (x, vx, ax), (y, vy, ay), (z, vz, az), (yaw, yaw_rate, _) = (_evaluate(axis, t) for axis in piece.axes)
        sx, sy, sz = self._shift
        rate = 1 / self._scale
        return Setpoint(
            (x + sx, y + sy, z + sz),
            (vx * rate, vy * rate, vz * rate),
            (ax * rate * rate, ay * rate * rate, az * rate * rate),
            yaw,
            yaw_rate * rate,
        )


class Polynomial(Task):
    """A trajectory of polynomial pieces from a CSV file."""

    kind: Literal["polynomial"]
    file: str = Field(description="CSV of 33 columns (crazyswarm's uav_trajectories), relative to the scenario file")
    shift_m: Point | None = Field(
        None, description="added to every point; null = so that it begins at the start position"
    )
    time_scale: Annotated[float, Field(ge=0.01, le=100)] = Field(1.0, description="greater than 1 is slower")

    @field_validator("file", mode="after")
    @classmethod
    def _beside_the_scenario(cls, file: str, info: ValidationInfo) -> str:
        path = beside_scenario(file, info)
        if not path.is_file():
            raise ValueError(f"no such file: {path}")
        return str(path)

    def reference(self, start: Start) -> PolynomialReference:
        """The pieces, then the last point. Raises BadInput naming the file's bad line."""
        pieces = read_pieces(Path(self.file))
        shift = self.shift_m
        if shift is None:
            x, y, z = start.state.position
            x0, y0, z0 = (axis[0] for axis in pieces[0].axes[:3])
            shift = (x - x0, y - y0, z - z0)
        return PolynomialReference(pieces, shift=shift, time_scale=self.time_scale)


def read_pieces(path: Path) -> list[Piece]:
    """The pieces of a `uav_trajectories` CSV. Raises BadInput with file and line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as text: {error}") from error
    pieces = []
    header_seen = False
    for number, line in enumerate(lines, start=1):
        text = line.strip().rstrip(",").strip()
        if not text or text.startswith("#"):
            continue
        if not header_seen and text.lower().startswith("duration"):
            header_seen = True
            continue
        pieces.append(_piece(text.split(","), f"{path}:{number}"))
    if not pieces:
        raise BadInput(f"{path}: no pieces: expected rows of {COLUMNS} numbers after the header")
    return pieces


def _piece(cells: Sequence[str], where: str) -> Piece:
    if len(cells) != COLUMNS:
        raise BadInput(f"{where}: {len(cells)} columns, expected {COLUMNS} (duration, then 8 each for x, y, z, yaw)")
    numbers = []
    for column, cell in enumerate(cells, start=1):
        try:
            numbers.append(float(cell))
        except ValueError:
            raise BadInput(f"{where}: column {column}: {cell.strip()!r} is not a number") from None
        if not math.isfinite(numbers[-1]):
            raise BadInput(f"{where}: column {column}: {cell.strip()} is not finite")
        if column > 1 and abs(numbers[-1]) > COEFFICIENT_MAX:
            raise BadInput(f"{where}: column {column}: must be within ±{COEFFICIENT_MAX:g}, got {numbers[-1]:g}")
    if not 0 < numbers[0] <= PIECE_MAX_S:
        problem = "greater than 0" if numbers[0] <= 0 else f"at most {PIECE_MAX_S:g} s"
        raise BadInput(f"{where}: column 1: duration must be {problem}, got {numbers[0]:g}")
    return Piece(numbers[0], tuple(tuple(numbers[1 + TERMS * k : 1 + TERMS * (k + 1)]) for k in range(4)))


def _evaluate(coefficients: Sequence[float], t: float) -> tuple[float, float, float]:
    """Value, first and second derivative of a polynomial (Horner)."""
    value = first = second = 0.0
    for coefficient in reversed(coefficients):
        second = second * t + 2 * first
        first = first * t + value
        value = value * t + coefficient
    return value, first, second
