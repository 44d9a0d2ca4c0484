"""How honest the uncertainties of `hil identify` are: the table of docs/identify.md, `python benchmarks/identify.py`.

Sets of four simulated flights (figure eight, circle, helix, waypoints; sensors real-2026, residual forces, unequal
motors), each flight with a seed of its own, of a vehicle that is known. Per quantity, over all sets and vehicles: mean
error, scatter of the errors and mean stated uncertainty, in percent of the truth; RMS of error over stated uncertainty.

With `--flights FOLDER`: sets of recorded flights of one vehicle, drawn so that two sets share none; per quantity and
size of set, RMS of their difference over its stated uncertainty, and of how many pairs both sets determine it.
"""

import argparse
import random
import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from hil.bench import Job, fly
from hil.core.vehicle import Vehicle
from hil.flights.find import find_flights
from hil.flights.reader import Flight, read_flight
from hil.scenario.model import Scenario
from hil.scenario.shipped import find
from hil_sim.fidelity.gain import gain_of
from hil_sim.fidelity.study import sorted_out
from hil_sim.identify.motors import exponent
from hil_sim.identify.study import Identified, identify
from hil_sim.vehicle_files import load_vehicle

BASE = "cf21-identified"
TASKS = ("figure_eight", "circle", "helix", "waypoints")
LIKE_100_HZ, LIKE_500_HZ = "geometric", "pid-firmware"
SLUGGISH = {
    "motor_tau_up_s": 0.06,
    "motor_tau_down_s": 0.06,
    "inertia_kg_m2": [1.45e-5, 2.2e-5, 3.2e-5],
    "thrust_n": [0.0, 0.0235, 0.0549],
    "drag_1_s": [0.30, 0.50, 0.2],
    "drag_height_x_m": 0.030,
    "drag_height_y_m": 0.040,
    "hover_v": 3.4,
    "reference_v": 2.7,
    "sag_v": 1.3,
    "drain_v_s": 0.004,
    "command_delay_s": 0.008,
}
NAMES = {
    "hover": "hover command × voltage",
    "thrust_exponent": "thrust exponent",
    "battery_hover_v": "voltage in hover",
    "battery_sag_v": "sag",
    "battery_drain_v_s": "drain",
    "motor_lag_s": "motor lag",
    "lag_and_delay_s": "lag + delay",
    "roll_gain": "torque gain roll",
    "pitch_gain": "torque gain pitch",
    "roll_gain_over_lag": "roll gain / lag",
    "pitch_gain_over_lag": "pitch gain / lag",
    "yaw_gain": "torque gain yaw",
    "drag_x_1_s": "drag x",
    "drag_y_1_s": "drag y",
    "drag_height_x_m": "height of drag x",
    "drag_height_y_m": "height of drag y",
    "motor_mismatch_std": "motor mismatch",
    "residual_force_z": "residual force z",
    "residual_torque_roll": "residual torque roll",
    "residual_torque_pitch": "residual torque pitch",
}
VEHICLES: dict[str, dict[str, object]] = {"base": {}, "sluggish": SLUGGISH}


def truth(vehicle: Vehicle) -> dict[str, float]:
    """The quantities that are compared."""
    gain = gain_of(vehicle)
    assert vehicle.battery is not None
    assert vehicle.residual is not None
    return {
        "hover": vehicle.battery.reference_v * vehicle.hover_motor,
        "thrust_exponent": exponent(vehicle),
        "battery_hover_v": vehicle.battery.hover_v,
        "battery_sag_v": vehicle.battery.sag_v,
        "battery_drain_v_s": vehicle.battery.drain_v_s,
        "motor_lag_s": gain.motor_lag_s,
        "lag_and_delay_s": gain.motor_lag_s + vehicle.command_delay_s,
        "roll_gain": gain.roll_rad_s2_per_n_kg,
        "pitch_gain": gain.pitch_rad_s2_per_n_kg,
        "roll_gain_over_lag": gain.fast_roll,
        "pitch_gain_over_lag": gain.fast_pitch,
        "yaw_gain": vehicle.torque_per_thrust_m * vehicle.mass_kg / vehicle.inertia_kg_m2[2],
        "drag_x_1_s": vehicle.drag_1_s[0],
        "drag_y_1_s": vehicle.drag_1_s[1],
        "drag_height_x_m": vehicle.drag_height_x_m,
        "drag_height_y_m": vehicle.drag_height_y_m,
        "motor_mismatch_std": vehicle.motor_mismatch_std,
        "residual_force_z": vehicle.residual.force_std_m_s2[2],
        "residual_torque_roll": vehicle.residual.torque_std_rad_s2[0],
        "residual_torque_pitch": vehicle.residual.torque_std_rad_s2[1],
    }


def vehicle_file(folder: Path, name: str) -> Path:
    """The base vehicle's file with other numbers."""
    text = (files("hil_sim.vehicles") / f"{BASE}.toml").read_text(encoding="utf-8")
    for key, value in VEHICLES[name].items():
        text = re.sub(rf"(?m)^{key} = \{{value = [^=]*?, source", f"{key} = {{value = {value}, source", text)
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def sets(path: Path, controller: str, count: int, folder: Path) -> Iterator[list[Flight]]:
    """Flights, four at a time; those that crash stay in, for identify to leave out."""
    seed = 0
    for _ in range(count):
        flights = []
        for task in TASKS:
            seed += 1
            scenario = Scenario.load(find([task])[0], {"vehicle": str(path), "seed": 1000 * len(controller) + seed})
            job = Job(scenario=scenario, target="sim", controller=controller, out=folder / f"{path.stem}-{seed}")
            flights.append(read_flight(Path(fly(job).run_dir or "")))
        yield flights


def compared(controller: str, count: int) -> dict[str, list[tuple[float, float]]]:
    """Per quantity, relative error and relative stated uncertainty of every set."""
    found: dict[str, list[tuple[float, float]]] = {}
    for name in VEHICLES:
        with TemporaryDirectory() as folder:
            path = vehicle_file(Path(folder), name)
            true = truth(load_vehicle(path))
            for flights in sets(path, controller, count, Path(folder)):
                result: Identified = identify(flights, load_vehicle(BASE), held=lambda _: controller == LIKE_100_HZ)
                for key, value in true.items():
                    each = result[key]
                    if each.value is not None and each.std is not None:
                        found.setdefault(key, []).append((each.value / value - 1.0, each.std / value))
    return found


def apart(flights: Sequence[Flight], size: int, shuffles: int) -> dict[str, list[float]]:
    """Per quantity, difference over stated uncertainty of pairs of sets of this size that share no flight."""
    found: dict[str, list[float]] = {}
    base, order = load_vehicle(BASE), list(range(len(flights)))
    chance = random.Random(1)
    for _ in range(shuffles):
        chance.shuffle(order)
        starts = range(0, len(order) - size + 1, size)
        sets_of = [identify([flights[i] for i in order[start : start + size]], base) for start in starts]
        for one, other in zip(sets_of[::2], sets_of[1::2], strict=False):
            for key in NAMES:
                values = [each[key] for each in (one, other)]
                found.setdefault(key, [])
                if all(each.value is not None for each in values):
                    a, b = values
                    found[key].append((a.value - b.value) / float(np.hypot(a.std, b.std)))  # type: ignore[operator, arg-type]
    return found


def print_apart(folder: Path) -> None:
    """The table for recorded flights: sets of two, four and seven."""
    flights = [flight for path in find_flights(None, folder, {}) if not sorted_out([flight := read_flight(path)])[1]]
    columns = {size: apart(flights, size, shuffles) for size, shuffles in ((2, 6), (4, 8), (7, 8))}
    print("| quantity | " + " | ".join(f"sets of {size}" for size in columns) + " |")
    print("|---|---|---|---|")
    for key in columns[2]:
        cells = [
            f"{np.sqrt(np.mean(np.square(of[key]))):.1f} ({len(of[key])})" if of[key] else "–"
            for of in columns.values()
        ]
        print(f"| {NAMES[key]} | " + " | ".join(cells) + " |")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=12, help="sets of four flights per vehicle and controller")
    parser.add_argument("--flights", type=Path, help="folder of recorded flights of one vehicle")
    asked = parser.parse_args()
    if asked.flights is not None:
        print_apart(asked.flights)
        return
    count = asked.sets
    columns = {controller: compared(controller, count) for controller in (LIKE_100_HZ, LIKE_500_HZ)}
    print("| quantity | " + " | ".join(f"{c}: bias, scatter, stated, RMS" for c in columns) + " |")
    print("|---|---|---|")
    for key in truth(load_vehicle(BASE)):
        cells = []
        for found in columns.values():
            error, stated = np.array(found.get(key, [])).reshape(-1, 2).T
            ratio = np.sqrt(np.mean((error / stated) ** 2))
            cells.append(
                f"{100 * error.mean():+.1f}, {100 * error.std():.1f}, {100 * stated.mean():.1f} %, {ratio:.1f}"
                + ("" if len(error) == 2 * count else f" (in {len(error)} of {2 * count})")
            )
        print(f"| {NAMES[key]} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
