"""The steps in which a vehicle is found, in the order in which one needs another, and how sure a number is.

Uncertainties are joint: one draw of flights gives lag, exponent and gains together, so what depends on several of them
has the spread of the combination. Added in quadrature are what drawing again cannot show: when within a row a command
was given, what sampling a fast loop does, and what two instruments differ by.
"""

import numpy as np

from hil.core.vehicle import Vehicle
from hil_sim.fidelity.attitudes import Array
from hil_sim.fidelity.gain import gain_of
from hil_sim.identify.drag import Drag, drag
from hil_sim.identify.estimate import Estimate, judged, undetermined
from hil_sim.identify.flown import Flown
from hil_sim.identify.lift import Lift, exponents, lift
from hil_sim.identify.motors import exponent, stopped_share
from hil_sim.identify.resample import Clusters, spread, student, weights
from hil_sim.identify.turning import thrusts_at, turning, yaw_gains
from hil_sim.identify.voltage import Voltage, voltage

# What recording the commands of a fast loop at 100 Hz does, because it aliases what the loop adds above 50 Hz: flights
# simulated under pid-firmware (500 Hz) give lag and gains 10 to 13 % low and their ratio within 3 %; those under a
# controller of 100 Hz show no such bias, nor do logs of 500 Hz (docs/identify.md).
SAMPLED = 0.1
SAMPLED_RATIO = 0.05
EXPONENT_STD = 0.1  # of an exponent that is the base's, at least
EXPONENTS = (1.0, 2.2)  # between which thrust can grow
EXPONENT_LEAST = 0.05  # of one that is found: few flights move thrust in few ways
# By how much recorded flights of one vehicle differ, relative standard deviation over 14 flights of NanoBench, each by
# itself: drag 0.23 and 0.09 (x, y), heights 0.25 and 0.10, sag 0.13 (0.17 by windows), drain 0.32.
# Few flights may agree by chance.
DRAGS_DIFFER, SAGS_DIFFER, DRAINS_DIFFER = 0.18, 0.17, 0.3
CHARGES_DIFFER_V = 0.1  # of the voltage in hover, likewise
EARLIEST_S = -0.005  # a best delay below, half a row at 100 Hz, says that rows are not of one time
STILL_RAD_S = 0.03  # RMS of roll and pitch rate below which nothing is known of how the vehicle turns
_WITH_EXPONENT = (
    *("roll_gain", "pitch_gain", "roll_gain_over_lag", "pitch_gain_over_lag", "yaw_gain"),
    *("drag_height_x_m", "drag_height_y_m"),
)


class Steps:
    """What is found of the flights; of draws (r,) the first is that of all flights."""

    def __init__(self, flights: list[Flown], base: Vehicle) -> None:
        self.flights, self.base = flights, base
        self.clusters = Clusters(len(flights))
        for number, flight in enumerate(flights):
            self.clusters.of(number, flight.t_s[flight.windows[:, 0]])
            self.clusters.of(number, flight.t_s[flight.rows])
        self.draws = weights(self.clusters)
        self.too_few = self.clusters.too_few
        self.stopped, self.exponent_std = stopped_share(base), EXPONENT_LEAST
        self.all_held = all(flight.held for flight in flights)

        first = lift(flights, gamma=exponent(base), drag_z_1_s=base.drag_1_s[2])
        balance = drag(
            flights,
            [thrusts_at(first, k, flight, gain_of(base).motor_lag_s, self.stopped) for k, flight in enumerate(flights)],
            self.clusters,
            self.draws[:1],
        )
        damping_1_s = base.rate_damping_1_s
        self.turned = turning(
            flights, first, self.clusters, self.draws, stopped=self.stopped, damping_1_s=damping_1_s,
            per_velocity=_balancing(base, balance),
        )  # fmt: skip
        still = np.sqrt(np.mean(np.concatenate([f.rates[f.rows, :2] for f in flights]) ** 2)) < STILL_RAD_S
        self.why_untold = (
            self.too_few
            or ("the vehicle hardly turns" if still else "")
            or (
                "no estimator error recorded, and a direct fit ({:.3g}) is biased by feedback"
                if self.turned.direct
                else ""
            )
            or ("" if self.turned.found else "no signal")
        )
        self.told = not self.why_untold
        self.lag = self._lag()
        self.free = self.turned
        if self.told and self.lag.value is None:
            self.turned = self.turned.beside(gain_of(base).motor_lag_s)
        lag_s, delay_s = self.lag.used, float(self.turned.delay_s[0]) if self.told else base.command_delay_s
        assert lag_s is not None
        gammas = exponents(
            flights,
            first,
            self.clusters,
            self.draws,
            lag_s=lag_s,
            delay_s=delay_s,
            stopped=self.stopped,
            drag_z_1_s=base.drag_1_s[2],
        )
        self.exponent = self.judged(
            "thrust_exponent", "thrust exponent at hover", "", gammas, exponent(base),
            at_most=0.15, sampled=SAMPLED_RATIO, offset=EXPONENT_LEAST,
            remark="d ln T / d ln (u V)" if flights[0].volts is not None else "d ln T / d ln u, voltage unseen",
        )  # fmt: skip
        if self.exponent.value is None:
            self.exponent_std = _unsure(float(gammas[0]), exponent(base))
        gamma = self.exponent.used
        assert gamma is not None
        # gains were found for thrust of the base's exponent; near hover they go with one over it
        self.per_gamma = exponent(base) / (gammas if self.exponent.value is not None else np.full(len(gammas), gamma))
        self.lift: Lift = lift(flights, gamma=gamma, drag_z_1_s=base.drag_1_s[2])
        self.thrusts = [thrusts_at(self.lift, k, flight, lag_s, self.stopped) for k, flight in enumerate(flights)]
        self.drag: Drag = drag(flights, self.thrusts, self.clusters, self.draws)
        reference_v = float(np.mean(self.lift.hover))
        self.voltage: Voltage | None = voltage(flights, reference_v, self.clusters, self.draws)
        self.yaw = yaw_gains(
            flights,
            first,
            self.clusters,
            self.draws,
            stopped=self.stopped,
            lag_s=lag_s,
            delay_s=delay_s,
            zero_s=base.yaw_zero_s,
            damping_1_s=damping_1_s,
        )

    def judged(
        self,
        key: str,
        label: str,
        unit: str,
        values: Array,
        base: float | None,
        *,
        remark: str = "",
        sampled: float = 0.0,
        offset: float = 0.0,
        differ: float = 0.0,
        at_most: float = 0.3,
    ) -> Estimate:
        """An estimate from draws (r,): `sampled` of it where commands are samples, and `offset`, add to the spread.

        `differ` is the share by which single recorded flights are known to differ.
        """
        if self.too_few:
            return undetermined(key, label, unit, base, self.too_few)
        value = float(values[0])
        if key in _WITH_EXPONENT:
            offset = float(np.hypot(offset, value * self.exponent_std / exponent(self.base)))
        drawn = self.widened(spread(values), differ * abs(value))
        std = float(np.sqrt(drawn**2 + offset**2 + (0.0 if self.all_held else sampled * value) ** 2))
        return judged(key=key, label=label, unit=unit, value=value, std=std, base=base, remark=remark, at_most=at_most)

    def widened(self, drawn: float, differ: float = 0.0) -> float:
        """A spread over few flights, as wide as 68 % certainty takes; `differ`, of single recorded flights, is believed
        as if two flights more had shown it.
        """
        n = len(self.flights)
        if self.clusters.whole:  # n drawn out of n spread less than n others would
            drawn *= float(np.sqrt(n / (n - 1)))
        if differ == 0.0 or all(flight.simulated for flight in self.flights):
            return drawn * student(n - 1)
        both = np.sqrt(((n - 1) * drawn**2 + 2.0 * differ**2 / n) / (n + 1))
        return float(np.maximum(drawn, both)) * student(n + 1)

    def untold(self, key: str, label: str, unit: str, direct: float, base: float) -> Estimate:
        """What cannot be told because nothing moves the vehicle that is known not to be an answer."""
        return undetermined(key, label, unit, base, self.why_untold.format(direct))

    def _lag(self) -> Estimate:
        base = gain_of(self.base).motor_lag_s
        if not self.told:
            return self.untold("motor_lag_s", "motor lag", "s", float(self.turned.lag_s[0]), base)
        turned = self.turned
        remark = "up and down alike" + ("; holds all of the delay" if turned.at_bound else "")
        found = self.judged(
            "motor_lag_s", "motor lag", "s", turned.lag_s, base, remark=remark, sampled=SAMPLED,
            offset=float(np.hypot(
                turned.offset(lambda lag, roll, pitch: lag),
                turned.disagreement(lambda lag, delay, roll, pitch: lag),
            )),
        )  # fmt: skip
        if found.value is None or found.std is None:
            return found
        why = ""
        if turned.at_edge:
            why = f"{found.value:g} s or beyond"
        elif turned.unbound_s < EARLIEST_S - 1e-9:
            why = (
                f"{found.value:.3f} ± {found.std:.3f} s if delays are at least 0, but {1000 * turned.unbound_s:.0f} ms "
                "would fit better: rows of the recording are not of one time"
            )
        return undetermined(found.key, found.label, found.unit, base, why) if why else found


def _unsure(found: float, kept: float) -> float:
    """Standard uncertainty of the base's exponent: flights that do not tell it may still speak against it."""
    apart = float(np.clip(found, *EXPONENTS)) - kept if np.isfinite(found) else 0.0
    return float(np.hypot(EXPONENT_STD, apart))


def _balancing(base: Vehicle, found: Drag) -> tuple[float, float]:
    """Differential thrust that balances drag per v_y and v_x, N/kg per m/s: the base's where flights are too slow."""
    arm_x, arm_y = (float(np.mean(np.abs(arms))) for arms in (base.rotor_x_m, base.rotor_y_m))
    roll, pitch = float(found.roll_per_vy[0]), float(found.pitch_per_vx[0])
    return (
        roll if np.isfinite(roll) else -base.drag_height_y_m * base.drag_1_s[1] / arm_y,
        pitch if np.isfinite(pitch) else base.drag_height_x_m * base.drag_1_s[0] / arm_x,
    )
