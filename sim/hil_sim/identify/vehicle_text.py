"""The vehicle file of what was identified: every number with where it is from. Also sensors for a scenario."""

from typing import Any

from hil.core.vehicle import GRAVITY_M_S2, Vehicle
from hil.scenario.sensor_presets import REAL_2026
from hil_sim.identify.estimate import Estimate
from hil_sim.identify.motors import shares, stopped_share
from hil_sim.identify.noise import Level
from hil_sim.identify.quantities import FORCE_CUTOFF_HZ, TORQUE_CUTOFF_HZ
from hil_sim.identify.study import Identified
from hil_sim.vehicle_files import read_vehicle


def vehicle_toml(found: Identified, name: str) -> str:
    """The text of a vehicle file; `load_vehicle` reads it."""
    count, simulated = len(found.flights), all(flight.simulated for flight in found.flights)
    kinds = f"{count} {'simulated' if simulated else 'recorded'} flight{'s' if count > 1 else ''}"
    lines = [
        f"name = {_text(name)}",
        "description = "
        + _text(
            f"Identified by hil identify from {kinds}, with {found.base.name} for what they do "
            "not show; ± are standard uncertainties."
        ),
        "",
        *_lines(_plain(found)),
    ]
    for table, entries in (("battery", _battery(found)), ("residual", _residual(found))):
        if entries:
            lines += ["", f"[{table}]", *_lines(entries)]
    return "\n".join(lines) + "\n"


NEGLIGIBLE = 1e-9  # uncertainties below are rounding, and not printed
Entries = dict[str, tuple[Any, str]]  # key → value, source


def _plain(found: Identified) -> Entries:
    base, mass = found.base, found.mass_kg
    arm_x, arm_y = (sum(map(abs, arms)) / 4 for arms in (base.rotor_x_m, base.rotor_y_m))
    roll, pitch, yaw = found["roll_gain"], found["pitch_gain"], found["yaw_gain"]
    inertia = (
        arm_y * mass / _used(roll),
        arm_x * mass / _used(pitch),
        base.torque_per_thrust_m * mass / _used(yaw),
    )
    given = "given: flights show forces and torques per mass only"
    copied = f"not identified: copied from {base.name}"
    lag = found["motor_lag_s"]
    entries: Entries = {
        "mass_kg": (mass, given if found.mass_given else f"ASSUMED: not in flights, copied from {base.name}"),
        "inertia_kg_m2": (
            inertia,
            "per mass, K = arm M / J: "
            + "; ".join(
                f"{axis} {_said(found, each)}" for axis, each in (("roll", roll), ("pitch", pitch), ("yaw", yaw))
            )
            + "; K goes with the motor lag, along a ridge",
        ),
        "rotor_x_m": (base.rotor_x_m, copied),
        "rotor_y_m": (base.rotor_y_m, copied),
        "rotor_torque_sign": (base.rotor_torque_sign, copied),
        "thrust_n": _thrust(found),
        "torque_per_thrust_m": (base.torque_per_thrust_m, copied),
        "motor_tau_up_s": _entry(found, lag, base.motor_tau_up_s),
        "motor_tau_down_s": _entry(found, lag, base.motor_tau_down_s),
        "yaw_zero_s": (base.yaw_zero_s, f"{copied}; the yaw gain was found beside it"),
        "command_delay_s": _entry(found, found["command_delay_s"], base.command_delay_s),
        "drag_1_s": (
            tuple(_used(found[f"drag_{a}_1_s"]) for a in "xyz"),
            _listed(found, {a: found[f"drag_{a}_1_s"] for a in "xyz"}),
        ),
        "drag_height_x_m": _entry(found, found["drag_height_x_m"], base.drag_height_x_m),
        "drag_height_y_m": _entry(found, found["drag_height_y_m"], base.drag_height_y_m),
        "rate_damping_1_s": (base.rate_damping_1_s, f"{copied}: below what torque gains are known to"),
        "rotor_momentum_kg_m2_s": (base.rotor_momentum_kg_m2_s, copied),
        "motor_mismatch_std": _entry(found, found["motor_mismatch_std"], base.motor_mismatch_std),
    }
    return entries


def _thrust(found: Identified) -> tuple[Any, str]:
    gamma, hover = found["thrust_exponent"], found["hover"]
    per_share = 0.25 * found.mass_kg * GRAVITY_M_S2
    s0, s1, s2 = shares(_used(gamma), stopped_share(found.base))
    m = 1.0 if found.with_voltage else _used(hover)  # motor state at hover
    of = "u V" if found.with_voltage else "u"
    source = f"{of} at hover {_said(found, hover)}"
    source += f"; near it T goes as ({of})^γ, γ {_said(found, gamma)}; thrust of stopped rotors: {found.base.name}"
    return (per_share * s0, per_share * s1 / m, per_share * s2 / m**2), source


def _battery(found: Identified) -> Entries:
    if not found.with_voltage:
        return {}
    return {
        "hover_v": _entry(found, found["battery_hover_v"], None, "at the start of the flights, as they were charged: "),
        "reference_v": _entry(found, found["hover"], None, "u V at hover: "),
        "sag_v": _entry(found, found["battery_sag_v"], None),
        "drain_v_s": _entry(found, found["battery_drain_v_s"], None),
    }


def _residual(found: Identified) -> Entries:
    base = found.base.residual
    copied = f"copied from {found.base.name}" if base else "ASSUMED, as for cf21-identified"
    force = [found[f"residual_force_{a}"] for a in "xyz"]
    torque = [found[f"residual_torque_{a}"] for a in ("roll", "pitch")]
    yaw = base.torque_std_rad_s2[2] if base else 0.0
    return {
        "force_std_m_s2": (
            tuple(each.used or 0.0 for each in force),
            _listed(found, dict(zip("xyz", force, strict=True))),
        ),
        "force_cutoff_hz": (base.force_cutoff_hz if base else FORCE_CUTOFF_HZ, copied),
        "torque_std_rad_s2": (
            (*(each.used or 0.0 for each in torque), yaw),
            _listed(found, dict(zip(("roll", "pitch"), torque, strict=True))) + f"; yaw {copied}",
        ),
        "torque_cutoff_hz": (base.torque_cutoff_hz if base else TORQUE_CUTOFF_HZ, copied),
    }


def _entry(found: Identified, of: Estimate, kept: float | None, before: str = "") -> tuple[Any, str]:
    value = kept if of.value is None and kept is not None else _used(of)
    remark = f" ({of.remark})" if of.remark and of.value is not None else ""
    return value, f"{before}{_said(found, of)}{remark}"


def _said(found: Identified, of: Estimate) -> str:
    if of.value is None:
        return (
            "ASSUMED: not identified, and " + f"{found.base.name} has none"
            if of.base is None
            else (f"not identified, that of {found.base.name}")
        )
    count = len(found.flights)
    spread = "" if of.std is None or of.std <= NEGLIGIBLE * abs(of.value) else f" ± {of.std:.2g}"
    unit = f" {of.unit}" if of.unit else ""
    return f"{of.value:.4g}{spread}{unit}, identified from {count} flight{'s' if count > 1 else ''}"


def _listed(found: Identified, each: dict[str, Estimate]) -> str:
    return "; ".join(f"{name} {_said(found, of)}" for name, of in each.items())


def _used(of: Estimate) -> float:
    return 0.0 if of.used is None else of.used


def _lines(entries: Entries) -> list[str]:
    return [
        f"{key} = {{value = {_value(value)}, source = {_text(source)}}}" for key, (value, source) in entries.items()
    ]


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return repr(float(f"{value:.6g}"))


def _text(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def sensors_yaml(found: Identified) -> str:
    """What the controller of these flights saw, as the `sensors:` of a scenario."""
    of = found.senses
    lines = ["sensors:"]

    def put(key: str, level: Level | None, digits: int = 2, *, single: bool = False, more: str = "") -> None:
        if level is None:
            return
        values = [f"{value:.{digits}g}" for value in level.values]
        if level.stds is not None and max(level.stds) > NEGLIGIBLE:
            more = "± " + ", ".join(f"{std:.1g}" for std in level.stds) + ("; " + more if more else "")
        comment = f"  # {more}" if more else ""
        lines.append(f"  {key}: {values[0] if single else '[' + ', '.join(values) + ']'}{comment}")

    put("position_noise_m", of.position_m)
    put("velocity_noise_m_s", of.velocity_m_s)
    put("attitude_noise_rad", of.attitude_rad)
    put("rates_noise_rad_s", of.gyro_rad_s, more="as if white, from what is above 15 Hz")
    put("noise_correlation_s", of.correlation_s, single=True)
    if of.lag_s is not None and of.lag_s.values[0] >= 0:
        put("estimator_lag_s", of.lag_s, single=True)
    cutoff_hz = REAL_2026.gyro_cutoff_hz
    if cutoff_hz is not None and not any(flight.simulated for flight in found.flights):
        lines.append(
            f"  gyro_cutoff_hz: {cutoff_hz:g}  # assumed, as in Crazyflie firmware; that of flights cannot be seen"
        )
    return "\n".join(lines)


def as_vehicle(found: Identified, name: str) -> Vehicle:
    """The vehicle that the file describes."""
    return read_vehicle(vehicle_toml(found, name), where=name)
