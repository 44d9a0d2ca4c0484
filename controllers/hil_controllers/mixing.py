"""Forces of four rotors from a collective and three torques, and back, within what the rotors can do.

    F = Σ f_i      τ_x = Σ y_i f_i      τ_y = −Σ x_i f_i      τ_z = κ Σ σ_i f_i

κ is torque per thrust, σ_i the sense of rotor i's drag torque about +z. Where a wanted change does not fit, roll and
pitch are kept first, then the collective, and yaw is given up first: a quadrotor that cannot tilt crashes, one that is
low recovers, one that is turned does neither (Brescianini, D'Andrea 2018, "Tilt-prioritized quadrocopter attitude
control"; Faessler, Falanga, Scaramuzza 2017, "Thrust mixing, saturation, and body-rate control").
"""

from hil.core.errors import BadInput
from hil.core.types import Vec3, Vec4
from hil.core.vehicle import Vehicle


class Mixer:
    """Rotor forces, N, of a collective, N, and body torques, N m, and the reverse."""

    def __init__(self, vehicle: Vehicle) -> None:
        kappa = vehicle.torque_per_thrust_m
        self._x, self._y = vehicle.rotor_x_m, vehicle.rotor_y_m
        self._k = tuple(kappa * sign for sign in vehicle.rotor_torque_sign)
        rows = [[1.0] * 4, list(self._y), [-x for x in self._x], list(self._k)]
        try:
            self._inverse = _inverse(rows)
        except ZeroDivisionError:
            raise BadInput(
                f"vehicle {vehicle.name!r}: its rotors cannot give thrust, roll, pitch and yaw independently",
                hint="check rotor_x_m, rotor_y_m, rotor_torque_sign and torque_per_thrust_m",
            ) from None

    def torques(self, forces: Vec4) -> Vec3:
        """Steady body torques of four rotor forces, N m."""
        f1, f2, f3, f4 = forces
        x, y, k = self._x, self._y, self._k
        return (
            y[0] * f1 + y[1] * f2 + y[2] * f3 + y[3] * f4,
            -(x[0] * f1 + x[1] * f2 + x[2] * f3 + x[3] * f4),
            k[0] * f1 + k[1] * f2 + k[2] * f3 + k[3] * f4,
        )

    def change(self, collective: float, torques: Vec3, room: tuple[Vec4, Vec4]) -> tuple[Vec4, bool]:
        """Change of rotor forces for a change of collective and torques, within `room` = (≤ 0, ≥ 0) per rotor.

        Rotors are taken to surround the centre of gravity evenly: a quarter of the collective each. The second
        value says whether something had to be given up.
        """
        low, high = room
        roll, pitch, yaw = torques
        tilt = [row[1] * roll + row[2] * pitch for row in self._inverse]
        turn = [row[3] * yaw for row in self._inverse]
        lift = collective / 4
        d1, d2, d3, d4 = whole = (
            tilt[0] + turn[0] + lift, tilt[1] + turn[1] + lift, tilt[2] + turn[2] + lift, tilt[3] + turn[3] + lift,
        )  # fmt: skip
        if all(a <= d <= b for a, d, b in zip(low, whole, high, strict=True)):
            return (d1, d2, d3, d4), False
        share = _share_that_fits(tilt, low, high)
        d1, d2, d3, d4 = (share * d for d in tilt)
        least = max(low[0] - d1, low[1] - d2, low[2] - d3, low[3] - d4)
        most = min(high[0] - d1, high[1] - d2, high[2] - d3, high[3] - d4)
        lift = min(most, max(least, lift))
        d1, d2, d3, d4 = d1 + lift, d2 + lift, d3 + lift, d4 + lift
        left = 1.0
        for i, d in enumerate((d1, d2, d3, d4)):
            if turn[i] > 0.0:
                left = min(left, (high[i] - d) / turn[i])
            elif turn[i] < 0.0:
                left = min(left, (low[i] - d) / turn[i])
        left = max(0.0, left)
        t1, t2, t3, t4 = turn
        return (d1 + left * t1, d2 + left * t2, d3 + left * t3, d4 + left * t4), True


def _share_that_fits(change: list[float], low: Vec4, high: Vec4) -> float:
    """Greatest share ≤ 1 of a change that some common lift brings between low and high."""
    share = 1.0
    for i in range(4):
        for j in range(4):
            apart = change[j] - change[i]
            if share * apart > high[j] - low[i]:
                share = (high[j] - low[i]) / apart
    return share


def _inverse(matrix: list[list[float]]) -> tuple[tuple[float, ...], ...]:
    """Gauss-Jordan with pivoting. (4, 4)."""
    n = len(matrix)
    rows = [[*row, *(1.0 if i == j else 0.0 for j in range(n))] for i, row in enumerate(matrix)]
    for column in range(n):
        pivot = max(range(column, n), key=lambda r: abs(rows[r][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for other in range(n):
            if other != column:
                factor = rows[other][column]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[column], strict=True)]
    return tuple(tuple(row[n:]) for row in rows)
