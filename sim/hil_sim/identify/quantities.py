"""The quantities of the table, from what the steps have found."""

from dataclasses import replace
from typing import Any

import numpy as np

from hil_sim.fidelity.gain import gain_of
from hil_sim.identify.estimate import Estimate, judged, undetermined
from hil_sim.identify.noise import Level, residual_force, residual_torque
from hil_sim.identify.resample import spread
from hil_sim.identify.steps import (
    CHARGES_DIFFER_V,
    DRAGS_DIFFER,
    DRAINS_DIFFER,
    SAGS_DIFFER,
    SAMPLED,
    SAMPLED_RATIO,
    Steps,
)
from hil_sim.identify.turning import PITCH, ROLL

FORCE_CUTOFF_HZ, TORQUE_CUTOFF_HZ = 2.0, 0.46  # those of cf21-identified, for a base that states no residual
SMOOTHED = 0.005  # of sag, drain and drag, for what smoothing leaves
# Standard deviation of drag over single flights of one vehicle: simulated, and the larger of x and y of recorded ones
DRAGS_DIFFER_OF_SIMULATED, DRAGS_DIFFER_AT_MOST = 0.05, 0.25
RESIDUALS_DIFFER = 0.3  # by how much those of recorded flights do, as DRAGS_DIFFER
RESIDUAL = 0.05  # of residuals: their spectra are taken to be first order


def estimates(of: Steps) -> list[Estimate]:
    """All of them, in the order of the table."""
    return [
        *_thrust(of),
        *_battery(of),
        of.lag,
        *_delays(of),
        *_gains(of),
        *_drags(of),
        *_residuals(of),
    ]


def unlike(of: Steps, found: dict[str, Estimate]) -> list[str]:
    """Quantities in which flights differ by more than those of one vehicle do, in words."""
    n = len(of.flights)
    if of.too_few:
        return []
    one_vehicle = DRAGS_DIFFER_OF_SIMULATED if all(flight.simulated for flight in of.flights) else DRAGS_DIFFER_AT_MOST
    by_motors = max(of.base.motor_mismatch_std, 0.02) / 2.0 / of.lift.gamma
    scatter = {"hover": (float(np.std(of.lift.hover, ddof=1) / np.mean(of.lift.hover)), by_motors)}
    for key, drawn in (("drag_x_1_s", of.drag.x), ("drag_y_1_s", of.drag.y)):
        value = found[key].value
        if value is not None:
            scatter[key] = (spread(drawn) * float(np.sqrt(n)) / value, one_vehicle)
    # the square of a scatter of n is itself as uncertain as √(2 / (n − 1)); 1 % of sets of one vehicle exceed this
    most = float(np.sqrt(1.0 + 2.33 * np.sqrt(2.0 / (n - 1)) + 1.5 / (n - 1)))
    return [
        f"{found[key].label} by {100 * by:.0f} %, at most {100 * most * usual:.0f} % expected"
        for key, (by, usual) in scatter.items()
        if by > most * usual
    ]


def ridge(of: Steps) -> dict[float, tuple[float, float, float]]:
    """The ridge for the exponent found; empty where it is not determined."""
    scale = float(of.per_gamma[0])
    return {lag: (scale * a, scale * b, d) for lag, (a, b, d) in of.turned.ridge.items()} if of.told else {}


def _delays(of: Steps) -> list[Estimate]:
    base, turned = of.base.command_delay_s, of.turned
    if not of.told:
        delay_s, lag_s = float(turned.delay_s[0]), float(turned.lag_s[0])
        return [
            of.untold("command_delay_s", "command delay", "s", delay_s, base),
            of.untold("lag_and_delay_s", "lag + delay", "s", lag_s + delay_s, gain_of(of.base).motor_lag_s + base),
        ]
    free = of.free
    both = free.lag_s + free.delay_s
    apart = turned.disagreement(lambda lag, delay, roll, pitch: delay)
    std = float(np.sqrt(of.widened(spread(turned.delay_s)) ** 2 + turned.offset_s**2 + apart**2))
    if of.lag.value is None:
        return [
            undetermined(
                "command_delay_s", "command delay", "s", base,
                f"beside the lag kept it would be {1000 * float(turned.delay_s[0]):.0f} ± {1000 * std:.0f} ms",
            ),
            undetermined("lag_and_delay_s", "lag + delay", "s", gain_of(of.base).motor_lag_s + base, "as the lag"),
        ]  # fmt: skip
    remark = "recorded rows are off by as much" if turned.offset_s > 0 else ""
    if turned.at_bound:
        remark = "bound: the best fit would be negative, so only lag + delay is determined"
    total = of.judged(
        "lag_and_delay_s", "lag + delay", "s", both, gain_of(of.base).motor_lag_s + base, sampled=SAMPLED,
        offset=float(np.sqrt(
            free.offset(lambda lag, roll, pitch: lag) ** 2 + free.offset_s**2
            + free.disagreement(lambda lag, delay, roll, pitch: lag + delay) ** 2
        )),
    )  # fmt: skip
    return [
        Estimate(
            key="command_delay_s", label="command delay", unit="s", value=float(turned.delay_s[0]), std=std,
            base=base, remark=remark,
        ),
        total,
    ]  # fmt: skip


def _thrust(of: Steps) -> list[Estimate]:
    base, hover = of.base, of.lift.hover
    n, mean = len(hover), float(np.mean(hover))
    # flights differ by their motors; with few flights, by how much is better known from the base vehicle
    expected = mean * max(base.motor_mismatch_std, 0.02) / 2.0 / of.lift.gamma
    variance = ((n - 1) * (float(np.var(hover, ddof=1)) if n > 1 else 0.0) + 2.0 * expected**2) / (n + 1)
    volts = of.flights[0].volts is not None
    reference = (
        None
        if volts != (base.battery is not None)
        else base.hover_motor * (base.battery.reference_v if base.battery is not None else 1.0)
    )
    mismatch, each = of.lift.mismatch, of.lift.mismatches
    # as far as motors go, and as far as flights of one set of motors do
    by_motor = max(mismatch, base.motor_mismatch_std) / float(np.sqrt(2.0 * (4 * n - 1)))
    by_flight = of.widened(float(np.std(each, ddof=1) / np.sqrt(n))) if n > 1 else 0.0
    return [
        Estimate(
            key="hover", label="hover command × voltage" if volts else "hover command", unit="V" if volts else "",
            value=mean, std=float(np.sqrt(variance / n)), base=reference,
            remark=f"of single flights ± {np.sqrt(variance):.2g}",
        ),
        of.exponent,
        judged(
            key="motor_mismatch_std", label="motor mismatch", unit="", value=mismatch,
            std=max(by_motor, by_flight), at_most=0.5,
            base=base.motor_mismatch_std,
            remark="an offset of the centre of gravity in it",
        ),
    ]  # fmt: skip


def _battery(of: Steps) -> list[Estimate]:
    if of.voltage is None:
        return []
    base, hover = of.base.battery, of.voltage.hover_v
    n = len(hover)
    apart = of.widened(float(np.std(hover, ddof=1) / np.sqrt(n)), CHARGES_DIFFER_V) if n > 1 else CHARGES_DIFFER_V
    reference = _thrust(of)[0]
    assert reference.std is not None
    # a quadratic law: more voltage needed to hover is more command, and that is more sag
    volts, sag_v = float(np.mean(hover)), max(float(of.voltage.sag_v[0]), 0.0)
    moved = reference.std * sag_v / max(volts - sag_v * float(np.mean(of.lift.hover)) / volts, 0.1)
    return [
        Estimate(
            key="battery_hover_v", label="voltage in hover at the start", unit="V", value=float(np.mean(hover)),
            std=float(np.hypot(apart, moved)), base=base.hover_v if base else None,
            remark="as charged" + (f", {hover.min():.2f} to {hover.max():.2f} V" if n > 1 else ""),
        ),
        of.judged(
            "battery_sag_v", "sag per unit command", "V", of.voltage.sag_v, base.sag_v if base else None,
            offset=SMOOTHED * float(of.voltage.sag_v[0]), differ=SAGS_DIFFER,
        ),
        of.judged(
            "battery_drain_v_s", "drain", "V/s", of.voltage.drain_v_s, base.drain_v_s if base else None,
            at_most=0.5, offset=SMOOTHED * float(of.voltage.drain_v_s[0]), differ=DRAINS_DIFFER,
        ),
    ]  # fmt: skip


def _gains(of: Steps) -> list[Estimate]:
    was, turned, per_gamma = gain_of(of.base), of.turned, of.per_gamma
    scale = float(per_gamma[0])
    unit, fast = "rad/s² per N/kg", "rad/s³ per N/kg"
    found: list[Estimate] = []
    lag_s = float(turned.lag_s[0])
    remark = f"beside the lag of {lag_s:.3g} s " + (
        "found; along a ridge, below"
        if of.lag.value is not None
        else "kept, and ± at that lag only; along a ridge, below"
    )
    apart_s = turned.disagreement(lambda lag, delay, roll, pitch: lag)
    for number, (axis, gains, old, old_fast) in enumerate(
        (
            ("roll", turned.roll, was.roll_rad_s2_per_n_kg, was.fast_roll),
            ("pitch", turned.pitch, was.pitch_rad_s2_per_n_kg, was.fast_pitch),
        )
    ):
        key, label = f"{axis}_gain", f"torque gain {axis}"
        if not of.told:
            found.append(of.untold(key, label, unit, float(gains[0]), old))
            fastest = float(gains[0] / turned.lag_s[0])
            found.append(of.untold(f"{key}_over_lag", f"{label} / lag", fast, fastest, old_fast))
            continue
        # instruments differ in the gain at this lag, and in the lag, which moves the gain along the ridge
        beside = turned.disagreement(lambda lag, delay, *gain, k=number: gain[k])
        along = turned.slope(number) * apart_s
        early = turned.offset(lambda lag, *gain, k=number: gain[k])
        early_fast = turned.offset(lambda lag, *gain, k=number: gain[k] / lag)
        found.append(
            of.judged(
                key, label, unit, gains * per_gamma, old, sampled=SAMPLED, remark=remark,
                offset=scale * float(np.sqrt(early**2 + beside**2 + along**2)),
            )
        )  # fmt: skip
        found.append(
            of.judged(
                f"{key}_over_lag", f"{label} / lag", fast, gains * per_gamma / turned.lag_s, old_fast,
                offset=scale * float(np.hypot(early_fast, beside / lag_s)), sampled=SAMPLED_RATIO,
            )
        )  # fmt: skip
    base = of.base
    yaw = base.torque_per_thrust_m * base.mass_kg / base.inertia_kg_m2[2]
    found.append(
        of.judged(
            "yaw_gain", "torque gain yaw", unit, of.yaw * per_gamma, yaw, sampled=SAMPLED,
            remark=f"WEAK, with the base's rotor zero of {base.yaw_zero_s:g} s",
        )
    )  # fmt: skip
    return found


def _drags(of: Steps) -> list[Estimate]:
    base, found = of.base, of.drag
    dx, dy = (
        of.judged(
            f"drag_{axis}_1_s", f"drag {axis}", "1/s", values, old, offset=SMOOTHED * old, differ=DRAGS_DIFFER
        )
        for axis, values, old in (("x", found.x, base.drag_1_s[0]), ("y", found.y, base.drag_1_s[1]))
    )  # fmt: skip
    # flights of known vehicles gave 13 % too little at a stated 3 %: it cannot be told from how thrust is modelled
    dz = undetermined("drag_z_1_s", "drag z", "1/s", base.drag_1_s[2], "too like an error of thrust")
    arm_x, arm_y = (float(np.mean(np.abs(arms))) for arms in (base.rotor_x_m, base.rotor_y_m))
    with np.errstate(divide="ignore", invalid="ignore"):
        # differential thrust goes with its exponent, whose draws are those of 1 / per_gamma
        x, y = (
            slope * arm / along * of.per_gamma[0] / of.per_gamma
            for slope, arm, along in (
                (found.pitch_per_vx, arm_x, found.x),
                (-found.roll_per_vy, arm_y, found.y),
            )
        )
    more: dict[str, Any] = {"remark": "above the centre of gravity; goes with the arm", "sampled": SAMPLED_RATIO}
    more["differ"] = DRAGS_DIFFER
    hx = of.judged("drag_height_x_m", "height of drag x", "m", x, base.drag_height_x_m, **more)
    hy = of.judged("drag_height_y_m", "height of drag y", "m", y, base.drag_height_y_m, **more)
    return [dx, dy, dz, hx, hy]


def _residuals(of: Steps) -> list[Estimate]:
    base, drags = of.base, _drags(of)
    old = base.residual
    cutoffs = (old.force_cutoff_hz, old.torque_cutoff_hz) if old else (FORCE_CUTOFF_HZ, TORQUE_CUTOFF_HZ)
    force = residual_force(of.flights, of.thrusts, np.array([each.used for each in drags[:3]], dtype=float), cutoffs[0])
    found = {each.key: each for each in _gains(of)}
    gains = [found["roll_gain"], found["pitch_gain"]]
    torque = residual_torque(
        of.flights,
        [thrust @ np.stack([ROLL, PITCH], axis=1) for thrust in of.thrusts],
        np.array([each.used for each in gains], dtype=float),
        np.nan_to_num(np.array([of.drag.roll_per_vy[0], of.drag.pitch_per_vx[0]])),
        cutoffs[1],
    )
    old_force, old_torque = (old.force_std_m_s2, old.torque_std_rad_s2) if old else ((None,) * 3, (None,) * 3)
    tilted = not all(flight.simulated for flight in of.flights)
    if of.too_few:
        return [
            undetermined(f"residual_force_{a}", f"residual force {a}", "m/s²", old_force[k], of.too_few)
            for k, a in enumerate("xyz")
        ] + [
            undetermined(f"residual_torque_{a}", f"residual torque {a}", "rad/s²", old_torque[k], of.too_few)
            for k, a in enumerate(("roll", "pitch"))
        ]
    force, torque = (_widened(of, level) for level in (force, torque))
    return [
        _level(f"residual_force_{a}", f"residual force {a}", "m/s²", force, k, old_force[k])
        if a == "z" or not tilted
        else undetermined(
            f"residual_force_{a}", f"residual force {a}", "m/s²", old_force[k],
            f"at most {force.values[k]:.2g}, and attitude of motion capture that is off by 1° looks like 0.17 m/s²",
        )
        for k, a in enumerate("xyz")
    ] + [
        _level(f"residual_torque_{a}", f"residual torque {a}", "rad/s²", torque, k, old_torque[k], gains[k])
        for k, a in enumerate(("roll", "pitch"))
    ]  # fmt: skip


def _widened(of: Steps, level: Level) -> Level:
    """Uncertainties as few flights make them."""
    if level.stds is None:
        return level
    both = zip(level.values, level.stds, strict=True)
    return replace(level, stds=tuple(of.widened(std, RESIDUALS_DIFFER * value) for value, std in both))


def _level(
    key: str, label: str, unit: str, level: Level, axis: int, base: float | None, gain: Estimate | None = None
) -> Estimate:
    """A residual; a torque is as uncertain as the gain it was found with."""
    assert level.stds is not None  # there are two flights
    value = level.values[axis]
    std = float(np.hypot(level.stds[axis], RESIDUAL * value))
    if gain is not None and gain.value is not None and gain.std is not None:
        std = float(np.hypot(std, value * gain.std / gain.value))
    remark = "RMS over all frequencies"
    return judged(key=key, label=label, unit=unit, value=value, std=std, base=base, remark=remark, at_most=0.5)
