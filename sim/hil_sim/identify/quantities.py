"""Every quantity of the table, in the order in which one needs another, and how sure each is.

Uncertainties are joint: one draw of flights gives lag, exponent and gains together, so what depends on several of them
has the spread of the combination. Added in quadrature are what drawing again cannot show: when within a row a command
was given, and what sampling a fast loop does.
"""

from typing import Any

import numpy as np

from hil.core.vehicle import Vehicle
from hil_sim.fidelity.attitudes import Array
from hil_sim.fidelity.gain import gain_of
from hil_sim.identify.drag import Drag, drag
from hil_sim.identify.estimate import Estimate, judged
from hil_sim.identify.flown import Flown
from hil_sim.identify.lift import Lift, exponents, lift
from hil_sim.identify.motors import exponent, stopped_share
from hil_sim.identify.noise import Level, residual_force, residual_torque
from hil_sim.identify.resample import Clusters, spread, weights
from hil_sim.identify.turning import PITCH, ROLL, thrusts_at, turning, yaw_gains
from hil_sim.identify.voltage import Voltage, voltage

FORCE_CUTOFF_HZ, TORQUE_CUTOFF_HZ = 2.0, 0.46  # those of cf21-identified, for a base that states no residual
# What recording the commands of a fast loop at 100 Hz does, because it aliases what the loop adds above 50 Hz: flights
# simulated under pid-firmware (500 Hz) give lag and gains 9 to 14 % low and their ratio within 3 %; those under a
# controller of 100 Hz show no bias.
SAMPLED = 0.1
SAMPLED_RATIO = 0.05
SMOOTHED = 0.005  # of sag, drain and drag, for what smoothing leaves
RESIDUAL = 0.05  # of residuals: their spectra are taken to be first order
EXPONENT_STD = 0.1  # of an exponent that is the base's
EXPONENT_LEAST = 0.05  # of one that is found: few flights move thrust in few ways
STILL_RAD_S = 0.03  # RMS of roll and pitch rate below which nothing is known of how the vehicle turns
_WITH_EXPONENT = (
    *("roll_gain", "pitch_gain", "roll_gain_over_lag", "pitch_gain_over_lag", "yaw_gain"),
    *("drag_height_x_m", "drag_height_y_m"),
)


class Quantities:
    """The steps, in order: each takes what those before have found."""

    def __init__(self, flights: list[Flown], base: Vehicle) -> None:
        self.flights, self.base = flights, base
        self.clusters = Clusters(len(flights))
        for number, flight in enumerate(flights):
            self.clusters.of(number, flight.t_s[flight.windows[:, 0]])
            self.clusters.of(number, flight.t_s[flight.rows])
        self.draws = weights(self.clusters)
        self.stopped, self.exponent_unknown = stopped_share(base), False
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
            per_velocity=_or_of(base, balance),
        )  # fmt: skip
        still = np.sqrt(np.mean(np.concatenate([f.rates[f.rows, :2] for f in flights]) ** 2)) < STILL_RAD_S
        self.told = not still and not self.turned.direct
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
        self.exponent = self._judged(
            "thrust_exponent", "thrust exponent at hover", "", gammas, exponent(base),
            at_most=0.15, sampled=SAMPLED_RATIO, offset=EXPONENT_LEAST,
            remark="d ln T / d ln (u V)" if flights[0].volts is not None else "d ln T / d ln u, voltage unseen",
        )  # fmt: skip
        self.exponent_unknown = self.exponent.value is None
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

    def ridge(self) -> dict[float, tuple[float, float, float]]:
        """The ridge for the exponent found; empty where it is not determined."""
        scale = float(self.per_gamma[0])
        return {lag: (scale * a, scale * b, d) for lag, (a, b, d) in self.turned.ridge.items()} if self.told else {}

    def estimates(self) -> list[Estimate]:
        """All of them, in the order of the table."""
        return [
            *self._thrust(),
            *self._battery(),
            self.lag,
            *self._delays(),
            *self._gains(),
            *self._drags(),
            *self._residuals(),
        ]

    def _judged(
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
        at_most: float = 0.3,
    ) -> Estimate:
        value = float(values[0])
        if key in _WITH_EXPONENT:
            unsure = EXPONENT_STD if self.exponent_unknown else EXPONENT_LEAST
            offset = float(np.hypot(offset, value * unsure / exponent(self.base)))
        std = float(np.sqrt(spread(values) ** 2 + offset**2 + (0.0 if self.all_held else sampled * value) ** 2))
        return judged(key=key, label=label, unit=unit, value=value, std=std, base=base, remark=remark, at_most=at_most)

    def _untold(self, key: str, label: str, unit: str, direct: float, base: float) -> Estimate:
        why = (
            f"no estimator error recorded, and a direct fit ({direct:.3g}) is biased by feedback"
            if self.turned.direct
            else "the vehicle hardly turns"
        )
        return Estimate(
            key=key, label=label, unit=unit, value=None, std=None, base=base, remark=f"not determined: {why}: kept"
        )

    def _lag(self) -> Estimate:
        base = gain_of(self.base).motor_lag_s
        if not self.told:
            return self._untold("motor_lag_s", "motor lag", "s", float(self.turned.lag_s[0]), base)
        remark = "up and down alike" + ("; holds all of the delay" if self.turned.at_bound else "")
        return self._judged(
            "motor_lag_s", "motor lag", "s", self.turned.lag_s, base, remark=remark, sampled=SAMPLED,
            offset=float(np.hypot(
                self.turned.offset(lambda lag, roll, pitch: lag),
                self.turned.disagreement(lambda lag, delay, roll, pitch: lag),
            )),
        )  # fmt: skip

    def _delays(self) -> list[Estimate]:
        base, turned = self.base.command_delay_s, self.turned
        if not self.told:
            return [self._untold("command_delay_s", "command delay", "s", float(turned.delay_s[0]), base)]
        free = self.free
        both = free.lag_s + free.delay_s
        apart = turned.disagreement(lambda lag, delay, roll, pitch: delay)
        std = float(np.sqrt(spread(turned.delay_s) ** 2 + turned.offset_s**2 + apart**2))
        remark = "recorded rows are off by as much" if turned.offset_s > 0 else ""
        if turned.at_bound:
            remark = "bound: the best fit would be negative"
            remark += "" if self.lag.value is None else ", so only lag + delay is determined"
        return [
            Estimate(
                key="command_delay_s", label="command delay", unit="s", value=float(turned.delay_s[0]), std=std,
                base=base, remark=remark,
            ),
            self._judged(
                "lag_and_delay_s", "lag + delay", "s", both, gain_of(self.base).motor_lag_s + base, sampled=SAMPLED,
                offset=float(np.sqrt(
                    free.offset(lambda lag, roll, pitch: lag) ** 2 + free.offset_s**2
                    + free.disagreement(lambda lag, delay, roll, pitch: lag + delay) ** 2
                )),
            ),
        ]  # fmt: skip

    def _thrust(self) -> list[Estimate]:
        base, hover = self.base, self.lift.hover
        n, mean = len(hover), float(np.mean(hover))
        # flights differ by their motors; with few flights, by how much is better known from the base vehicle
        expected = mean * max(base.motor_mismatch_std, 0.02) / 2.0 / self.lift.gamma
        variance = ((n - 1) * (float(np.var(hover, ddof=1)) if n > 1 else 0.0) + 2.0 * expected**2) / (n + 1)
        volts = self.flights[0].volts is not None
        reference = (
            None
            if volts != (base.battery is not None)
            else base.hover_motor * (base.battery.reference_v if base.battery is not None else 1.0)
        )
        mismatch = self.lift.mismatch
        return [
            Estimate(
                key="hover", label="hover command × voltage" if volts else "hover command", unit="V" if volts else "",
                value=mean, std=float(np.sqrt(variance / n)), base=reference,
                remark=f"of single flights ± {np.sqrt(variance):.2g}",
            ),
            self.exponent,
            judged(
                key="motor_mismatch_std", label="motor mismatch", unit="", value=mismatch,
                std=max(mismatch, base.motor_mismatch_std) / float(np.sqrt(2.0 * (4 * n - 1))), at_most=0.5,
                base=base.motor_mismatch_std,
                remark="an offset of the centre of gravity in it",
            ),
        ]  # fmt: skip

    def _battery(self) -> list[Estimate]:
        if self.voltage is None:
            return []
        base, hover = self.base.battery, self.voltage.hover_v
        apart = float(np.std(hover, ddof=1)) / float(np.sqrt(len(hover))) if len(hover) > 1 else 0.1
        reference = self._thrust()[0]
        assert reference.std is not None
        # a quadratic law: more voltage needed to hover is more command, and that is more sag
        volts, sag_v = float(np.mean(hover)), max(float(self.voltage.sag_v[0]), 0.0)
        moved = reference.std * sag_v / max(volts - sag_v * float(np.mean(self.lift.hover)) / volts, 0.1)
        return [
            Estimate(
                key="battery_hover_v", label="voltage in hover at the start", unit="V", value=float(np.mean(hover)),
                std=float(np.hypot(apart, moved)), base=base.hover_v if base else None,
                remark=f"as charged: {hover.min():.2f} to {hover.max():.2f} V",
            ),
            self._judged(
                "battery_sag_v", "sag per unit command", "V", self.voltage.sag_v, base.sag_v if base else 0.0,
                offset=SMOOTHED * float(self.voltage.sag_v[0]),
            ),
            self._judged(
                "battery_drain_v_s", "drain", "V/s", self.voltage.drain_v_s, base.drain_v_s if base else 0.0,
                at_most=0.5, offset=SMOOTHED * float(self.voltage.drain_v_s[0]),
            ),
        ]  # fmt: skip

    def _gains(self) -> list[Estimate]:
        was, turned, per_gamma = gain_of(self.base), self.turned, self.per_gamma
        scale = float(per_gamma[0])
        unit, fast = "rad/s² per N/kg", "rad/s³ per N/kg"
        found: list[Estimate] = []
        lag_s = float(turned.lag_s[0])
        remark = (
            f"beside the lag of {lag_s:.3g} s {'found' if self.lag.value is not None else 'kept'}; along a ridge, below"
        )
        apart_s = turned.disagreement(lambda lag, delay, roll, pitch: lag)
        for number, (axis, gains, old, old_fast) in enumerate(
            (
                ("roll", turned.roll, was.roll_rad_s2_per_n_kg, was.fast_roll),
                ("pitch", turned.pitch, was.pitch_rad_s2_per_n_kg, was.fast_pitch),
            )
        ):
            key, label = f"{axis}_gain", f"torque gain {axis}"
            if not self.told:
                found.append(self._untold(key, label, unit, float(gains[0]), old))
                continue
            # instruments differ in the gain at this lag, and in the lag, which moves the gain along the ridge
            beside = turned.disagreement(lambda lag, delay, *gain, k=number: gain[k])
            along = turned.slope(number) * apart_s
            early = turned.offset(lambda lag, *gain, k=number: gain[k])
            early_fast = turned.offset(lambda lag, *gain, k=number: gain[k] / lag)
            found.append(
                self._judged(
                    key, label, unit, gains * per_gamma, old, sampled=SAMPLED, remark=remark,
                    offset=scale * float(np.sqrt(early**2 + beside**2 + along**2)),
                )
            )  # fmt: skip
            found.append(
                self._judged(
                    f"{key}_over_lag", f"{label} / lag", fast, gains * per_gamma / turned.lag_s, old_fast,
                    offset=scale * float(np.hypot(early_fast, beside / lag_s)), sampled=SAMPLED_RATIO,
                )
            )  # fmt: skip
        base = self.base
        yaw = base.torque_per_thrust_m * base.mass_kg / base.inertia_kg_m2[2]
        found.append(
            self._judged(
                "yaw_gain", "torque gain yaw", unit, self.yaw * per_gamma, yaw, sampled=SAMPLED,
                remark=f"WEAK, with the base's rotor zero of {base.yaw_zero_s:g} s",
            )
        )  # fmt: skip
        return found

    def _drags(self) -> list[Estimate]:
        base, found = self.base, self.drag
        dx = self._judged("drag_x_1_s", "drag x", "1/s", found.x, base.drag_1_s[0], offset=SMOOTHED * base.drag_1_s[0])
        dy = self._judged("drag_y_1_s", "drag y", "1/s", found.y, base.drag_1_s[1], offset=SMOOTHED * base.drag_1_s[1])
        dz = self._judged(
            "drag_z_1_s", "drag z", "1/s", found.z, base.drag_1_s[2], sampled=SAMPLED, remark="of climbing; weak"
        )
        arm_x, arm_y = (float(np.mean(np.abs(arms))) for arms in (base.rotor_x_m, base.rotor_y_m))
        with np.errstate(divide="ignore", invalid="ignore"):
            # differential thrust goes with its exponent, whose draws are those of 1 / per_gamma
            x, y = (
                slope * arm / along * self.per_gamma[0] / self.per_gamma
                for slope, arm, along in (
                    (found.pitch_per_vx, arm_x, found.x),
                    (-found.roll_per_vy, arm_y, found.y),
                )
            )
        more: dict[str, Any] = {"remark": "above the centre of gravity; goes with the arm", "sampled": SAMPLED_RATIO}
        hx = self._judged("drag_height_x_m", "height of drag x", "m", x, base.drag_height_x_m, **more)
        hy = self._judged("drag_height_y_m", "height of drag y", "m", y, base.drag_height_y_m, **more)
        return [dx, dy, dz, hx, hy]

    def _residuals(self) -> list[Estimate]:
        base, drags = self.base, self._drags()
        old = base.residual
        cutoffs = (old.force_cutoff_hz, old.torque_cutoff_hz) if old else (FORCE_CUTOFF_HZ, TORQUE_CUTOFF_HZ)
        force = residual_force(
            self.flights, self.thrusts, np.array([each.used for each in drags[:3]], dtype=float), cutoffs[0]
        )
        found = {each.key: each for each in self._gains()}
        gains = [found["roll_gain"], found["pitch_gain"]]
        torque = residual_torque(
            self.flights,
            [thrust @ np.stack([ROLL, PITCH], axis=1) for thrust in self.thrusts],
            np.array([each.used for each in gains], dtype=float),
            np.nan_to_num(np.array([self.drag.roll_per_vy[0], self.drag.pitch_per_vx[0]])),
            cutoffs[1],
        )
        old_force, old_torque = (old.force_std_m_s2, old.torque_std_rad_s2) if old else ((None,) * 3, (None,) * 3)
        tilted = not all(flight.simulated for flight in self.flights)
        return [
            _level(f"residual_force_{a}", f"residual force {a}", "m/s²", force, k, old_force[k])
            if a == "z" or not tilted
            else Estimate(
                key=f"residual_force_{a}", label=f"residual force {a}", unit="m/s²", value=None, std=None,
                base=old_force[k], remark=f"not determined: at most {force.values[k]:.2g}, but the attitude of motion "
                "capture may be off, 0.17 m/s² for 1°: kept",
            )
            for k, a in enumerate("xyz")
        ] + [
            _level(f"residual_torque_{a}", f"residual torque {a}", "rad/s²", torque, k, old_torque[k], gains[k])
            for k, a in enumerate(("roll", "pitch"))
        ]  # fmt: skip


def _or_of(base: Vehicle, found: Drag) -> tuple[float, float]:
    """Differential thrust that balances drag per v_y and v_x, N/kg per m/s: the base's where flights are too slow."""
    arm_x, arm_y = (float(np.mean(np.abs(arms))) for arms in (base.rotor_x_m, base.rotor_y_m))
    roll, pitch = float(found.roll_per_vy[0]), float(found.pitch_per_vx[0])
    return (
        roll if np.isfinite(roll) else -base.drag_height_y_m * base.drag_1_s[1] / arm_y,
        pitch if np.isfinite(pitch) else base.drag_height_x_m * base.drag_1_s[0] / arm_x,
    )


def _level(
    key: str, label: str, unit: str, level: Level, axis: int, base: float | None, gain: Estimate | None = None
) -> Estimate:
    """A residual; a torque is as uncertain as the gain it was found with."""
    value, std = level.values[axis], level.stds[axis] if level.stds else None
    std = None if std is None else float(np.hypot(std, RESIDUAL * value))
    if gain is not None and gain.value is not None and gain.std is not None:
        std = float(np.hypot(std or 0.0, value * gain.std / gain.value))
    remark = "RMS over all frequencies"
    return Estimate(key=key, label=label, unit=unit, value=value, std=std, base=base, remark=remark)
