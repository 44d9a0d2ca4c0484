"""The tables of docs/controllers.md, measured anew: `python benchmarks/controllers.py gains` prints Markdown.

Every flight is simulated, by the bench's own pieces: a scenario, its plan, the closed loop, the flight loop, and the
metrics of a report. Flights are numbered by seed from 1; the same seeds give the same numbers.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hil.core.clock import SimulatedClock
from hil.core.interfaces import Controller
from hil.core.vehicle import GRAVITY_M_S2, Vehicle
from hil.flight_plan import plan_flight
from hil.flights.reader import read_flight
from hil.log import Log, LogWriter
from hil.registry import CONTROLLERS, load
from hil.runner import run
from hil.scenario.model import Scenario
from hil.targets.closed_loop import ClosedLoop
from hil_controllers.gains import Gains
from hil_controllers.geometric import Geometric
from hil_controllers.position_loop import PositionLoop
from hil_reports.metrics.attitude import tilt_p95_rad
from hil_reports.metrics.position import position_error, position_error_xy_mean_m, position_error_xy_rmse_m
from hil_reports.metrics.tracking import tracking_lag_s
from hil_sim.quadrotor import Quadrotor
from hil_sim.sensing import Sensing
from hil_sim.vehicle_files import load_vehicle

L2F, CF21 = "cf-l2f-original", "cf21-identified"
VEHICLES = (L2F, CF21)
Build = Callable[[Vehicle], Controller]


# ---- flights ----


def hold(vehicle: str, duration_s: float, **conditions: Any) -> Scenario:
    """Stay at one point, high enough never to meet the floor."""
    point = [0, 0, 10]
    start = {"position_m": point} | conditions.pop("start", {})
    return Scenario.model_validate(
        {"version": 1, "name": "hold", "vehicle": vehicle, "duration_s": duration_s, "start": start}
        | {"task": {"kind": "hold", "position_m": point}}
        | conditions
    )


def eight(vehicle: str, period_s: float, duration_s: float, **conditions: Any) -> Scenario:
    """A figure-eight of 2 m by 1 m, judged after its ramp of 2 s."""
    return Scenario.model_validate(
        {"version": 1, "name": "eight", "vehicle": vehicle, "duration_s": duration_s}
        | {"task": {"kind": "figure_eight", "scale_m": 1, "period_s": period_s, "ramp_s": 2}}
        | conditions
    )


def as_in_reality(vehicle: str) -> dict[str, Any]:
    """Sensors of a real Crazyflie; on the vehicle identified from one, its residual disturbance too."""
    return {"sensors": "real-2026", "disturbances": [{"kind": "residual"}] if vehicle == CF21 else []}


def flown(build: Build, scenario: Scenario, seed: int) -> Log:
    """One simulated flight, whatever it breaks."""
    plan = replace(plan_flight(scenario.model_copy(update={"seed": seed}), repeat=0), guarded=False)
    vehicle = load_vehicle(scenario.vehicle)
    target = ClosedLoop(
        name="sim",
        plant=Quadrotor(
            vehicle,
            disturbances=scenario.disturbances,
            randomise=scenario.randomise,
            action_delay_s=scenario.sensors.action_delay_s,
        ),
        controller=build(vehicle),
        sensing=Sensing(scenario.sensors),
        rate_hz=scenario.rate_hz,
        clock=SimulatedClock(),
    )
    info = plan.info(target, simulated=True)
    with LogWriter(info, None) as writer, target:
        return run(plan, target, clock=SimulatedClock(), writer=writer)


def flights(build: Build, scenario: Scenario, count: int) -> list[Log]:
    """Flights with the seeds 1 to `count`."""
    return [flown(build, scenario, seed) for seed in range(1, count + 1)]


def registered(name: str) -> Build:
    """A controller of the registry."""
    build: Build = load(CONTROLLERS, "controller", name)
    return build


# ---- what is said of flights ----


def table(*rows: Sequence[str]) -> None:
    """Print Markdown; the first row is the header."""
    head, *body = rows
    for row in (head, ["---"] * len(head), *body):
        print("| " + " | ".join(row) + " |")
    print()


def hover_errors(logs: Sequence[Log]) -> list[float]:
    """Mean horizontal distance of each flight, m."""
    return [position_error_xy_mean_m(log) for log in logs]


def eight_errors(logs: Sequence[Log]) -> list[float]:
    """Root mean square of the horizontal distance of each flight, m."""
    return [position_error_xy_rmse_m(log) for log in logs]


def worst_tilt_deg(logs: Sequence[Log]) -> float:
    """The 95th percentile of tilt in the flight where it is greatest, degrees."""
    return float(np.degrees(max(tilt_p95_rad(log) for log in logs)))


def distance_m(log: Log) -> Any:
    """Distance from the set-point, row by row."""
    return np.linalg.norm(position_error(log), axis=1)


# ---- the tables ----


def gains() -> None:
    """Gains in numbers, what unequal motors do, and the trade of k_p against k_v."""
    nominal = load_vehicle(CF21)
    g = Gains.of(nominal, 0.01)
    poles = np.roots([g.rotor_lag_s, 1.0, g.tilt_rate_1_s, g.tilt_1_s2]) * g.rotor_lag_s
    print(f"T = {1e3 * g.rotor_lag_s:.0f} ms: k_ω {g.tilt_rate_1_s:.1f}, k_R {g.tilt_1_s2:.0f}, heading", end=" ")
    print(f"{g.heading_1_s2:.1f} and {g.heading_rate_1_s:.1f}, k_p {g.position_1_s2:.1f},", end=" ")
    print(f"k_v {g.velocity_1_s:.1f}, k_i {g.integral_1_s3:.1f}; poles of tilt × T: {np.round(poles, 2)}")
    damping = g.velocity_1_s / (2 * g.position_1_s2**0.5)
    print(f"position: ω = {g.position_1_s2**0.5 * g.rotor_lag_s:.3f} / T, ζ = {damping:.2f}")
    each = nominal.motor_mismatch_std * GRAVITY_M_S2 * nominal.mass_kg / 4
    # four rotors, each at the same arm, differ independently
    mismatch = 2 * each * max(nominal.rotor_y_m) / nominal.inertia_kg_m2[0]
    offset_m = GRAVITY_M_S2 * mismatch / g.tilt_1_s2 / g.position_1_s2
    print(f"unequal motors of {CF21}: {mismatch:.1f} rad/s² of roll (standard deviation), {offset_m:.3f} m of offset")
    print(f"full thrust over weight of {CF21}, one motor weak: {nominal.thrust_to_weight():.2f}\n")

    rows = []
    for kp, kv in ((8.0, 4.5), (g.position_1_s2, g.velocity_1_s), (12.0, 5.0)):

        def build(vehicle: Vehicle, kp: float = kp, kv: float = kv) -> Controller:
            controller = Geometric(vehicle)
            other = replace(g, position_1_s2=kp, velocity_1_s=kv, integral_1_s3=0.06 * kp * kv)
            controller._position = PositionLoop(vehicle, other, 1.0 / controller.rate_hz)
            return controller

        still = flights(build, hold(CF21, 15, **as_in_reality(CF21)), 10)
        moving = flights(build, eight(CF21, 5.5, 13, **as_in_reality(CF21)), 10)
        errors = hover_errors(still)
        rows.append(
            [
                f"{kp:.3g}, {kv:.3g}",
                f"{np.mean(errors):.3f}, {max(errors):.3f}",
                f"{worst_tilt_deg(still):.1f}",
                f"{np.mean(eight_errors(moving)):.3f}",
            ]
        )
    table(
        ["k_p, k_v at T = 25 ms", "hover error, mean and worst, m", "tilt p95, worst, deg", "eight, RMSE, mean, m"],
        *rows,
    )


def reach() -> None:
    """What each controller reaches on each vehicle: worst of three seeds."""
    rows = []
    for name in ("geometric", "pid", "pid-firmware"):
        for vehicle in VEHICLES:
            build, real = registered(name), as_in_reality(vehicle)
            fast = eight_errors(flights(build, eight(vehicle, 3.5, 9), 3)) if vehicle == L2F else []
            still = flights(build, hold(vehicle, 15, **real), 3)
            used = np.concatenate([log.motors[log.judged()] for log in still])
            rows.append(
                [
                    f"`{name}`",
                    f"`{vehicle}`",
                    f"{max(hover_errors(flights(build, hold(vehicle, 8), 3))):.4f}",
                    f"{max(eight_errors(flights(build, eight(vehicle, 5.5, 13), 3))):.3f}",
                    f"{max(fast):.3f}" if fast else "–",
                    f"{max(hover_errors(still)):.3f}",
                    f"{worst_tilt_deg(still):.1f}",
                    f"{used.min():.2f} to {used.max():.2f}",
                    f"{max(eight_errors(flights(build, eight(vehicle, 5.5, 13, **real), 3))):.3f}",
                ]
            )
    table(
        [
            "controller",
            "vehicle",
            "hover, mean",
            "eight 5.5 s, RMSE",
            "eight 3.5 s",
            "hover as in reality",
            "its tilt, p95, deg",
            "its motor commands",
            "eight 5.5 s as in reality",
        ],
        *rows,
    )


def rates() -> None:
    """`geometric` at three rates, and at 100 Hz told the sensors' age: means over three seeds."""
    rows = []
    for vehicle in VEHICLES:
        for rate_hz, latency_s in ((100, 0.0), (200, 0.0), (500, 0.0), (100, 0.02)):

            def build(nominal: Vehicle, rate_hz: int = rate_hz, latency_s: float = latency_s) -> Controller:
                return Geometric(nominal, rate_hz=rate_hz, latency_s=latency_s)

            real = as_in_reality(vehicle)
            still = flights(build, hold(vehicle, 15, **real), 3)
            undisturbed = ["–", "–"]
            if not latency_s:  # without sensors there is no age to tell
                undisturbed = [
                    f"{np.mean(hover_errors(flights(build, hold(vehicle, 8), 3))):.4f}",
                    f"{np.mean(eight_errors(flights(build, eight(vehicle, 5.5, 13), 3))):.3f}",
                ]
            rows.append(
                [
                    f"`{vehicle}`",
                    f"{rate_hz}" + (f", `latency_s={latency_s}`" if latency_s else ""),
                    *undisturbed,
                    f"{np.mean(hover_errors(still)):.3f}",
                    f"{worst_tilt_deg(still):.1f}",
                    f"{np.mean(eight_errors(flights(build, eight(vehicle, 5.5, 13, **real), 3))):.3f}",
                ]
            )
    table(
        [
            "vehicle",
            "rate, Hz",
            "hover",
            "eight 5.5 s",
            "hover as in reality",
            "its tilt, p95, deg",
            "eight as in reality",
        ],
        *rows,
    )


def robustness() -> None:
    """Wide starts, rotors at random speeds, and vehicles that are not the nominal one."""
    wide = {"position_m": [0.5] * 3, "velocity_m_s": [1] * 3, "rates_rad_s": [1] * 3, "tilt_deg": 90}
    starts = {"wide, 6 s": (wide, 6.0, 100), "rotors at random, 4 s": ({"motors": "random"}, 4.0, 60)}
    rows = []
    for title, (spread, duration_s, count) in starts.items():
        for name in ("geometric", "pid"):
            for vehicle in VEHICLES:
                scenario = hold(vehicle, duration_s, start={"spread": spread})
                away = [distance_m(log) for log in flights(registered(name), scenario, count)]
                excursions = [float(metres.max()) for metres in away]
                back = sum(metres[-1] < 0.3 for metres in away)
                rows.append(
                    [
                        title,
                        f"`{name}`",
                        f"`{vehicle}`",
                        f"{back} of {count}",
                        f"{np.median(excursions):.2f}, {max(excursions):.2f}",
                    ]
                )
    table(["start", "controller", "vehicle", "within 0.3 m at the end", "furthest off, median and worst, m"], *rows)

    rows = []
    for vehicle, width in ((L2F, 0.2), (CF21, 0.1)):
        change = {"mass": width, "thrust": width, "inertia": 0.2}
        for name in ("geometric", "pid"):
            scenario = hold(vehicle, 12, randomise=change, settle_s=6, **as_in_reality(vehicle))
            logs = flights(registered(name), scenario, 20)
            sag_m = max(float(-position_error(log)[:, 2].min()) for log in logs)
            rows.append(
                [f"`{vehicle}`", f"±{width:.0%}", f"`{name}`", f"{sag_m:.2f}", f"{max(hover_errors(logs)):.3f}"]
            )
    table(["vehicle", "mass, thrust", "controller", "deepest sag, m", "hover error from 6 s on, worst, m"], *rows)


def estimates() -> None:
    """Real flights: the factor by which the estimated velocity is off, beside the lag behind the set-point."""
    folder = os.environ.get("HIL_FLIGHTS")
    if not folder:
        raise SystemExit("HIL_FLIGHTS is not set: it names the folder of the recordings of docs/controllers.md")
    page = (Path(__file__).parents[1] / "docs" / "controllers.md").read_text(encoding="utf-8")
    rows, factors, lags = [], [], []
    for path in sorted(Path(folder).rglob("*.csv")):
        if f"| `{path.stem}` |" not in page:
            continue
        log = read_flight(path).log
        judged = log.judged()
        true = log.velocity[judged, :2]
        seen = log.stack("estimate_velocity_x_m_s", "estimate_velocity_y_m_s")[judged]
        factors.append(float(np.sum(seen * true) / np.sum(true * true)))
        lags.append(tracking_lag_s(log))
        rows.append([f"`{path.stem}`", f"{factors[-1]:.2f}", f"{lags[-1]:.2f}"])
    table(["flight", "estimated velocity / true", "lag, s"], *rows)
    print(f"correlation of the two over {len(rows)} flights: {np.corrcoef(factors, lags)[0, 1]:.2f}")


TABLES = (gains, reach, rates, robustness, estimates)


def main() -> None:
    """Print the tables of one subcommand."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    tables = parser.add_subparsers(dest="table", required=True)
    for make in TABLES:
        tables.add_parser(make.__name__, help=make.__doc__).set_defaults(make=make)
    parser.parse_args().make()


if __name__ == "__main__":
    main()
