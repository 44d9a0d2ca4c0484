"""What is wrong with a recording: found and reported, never smoothed away.

Each function looks for one thing. Thresholds are physical: what a vehicle of this size cannot do, or what the sensor
cannot say. None of them changes a row.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hil.core.vehicle import GRAVITY_M_S2
from hil.flights.found import Found
from hil.flights.phases import Phases
from hil.flights.recording import Array, Recording

SETPOINT_STEP_M = 0.08  # between two rows
POSSIBLE_SPEED_M_S = 6.0  # a Crazyflie indoors stays well below
TRACKING_NOISE_M = 0.005
FROZEN_S = 0.1  # motion capture in flight repeats no position to the last digit for this long …
TRACKING_LOST_S = 0.5  # … and after this nobody knows where the vehicle is
NORM_TOLERANCE = 0.01
SHOCK_M_S2 = 4 * GRAVITY_M_S2
RATE_LIMIT_RAD_S = 20.0
TURN_DISAGREEMENT_RAD_S = 2.0
BATTERY_STEP_V = 0.2  # between two rows
BATTERY_RANGE_V = (2.5, 4.5)  # one LiPo cell
ESTIMATE_OFF_RAD = 0.17
UPSIDE_DOWN = 0.0  # cosine of tilt
CRASHED_SHARE = 0.1  # of the hover height
_QUANTITIES = (
    *("position", "velocity", "attitude", "rates", "acceleration", "turn_rate", "setpoint_position", "setpoint_yaw"),
    *("estimate_position", "estimate_velocity", "estimate_attitude", "motors", "battery_v"),
)
MERGE_S = 0.5  # occurrences closer than this are one finding


def look(recording: Recording, phases: Phases, rate_hz: float) -> list[Found]:
    """Everything found in a recording whose rows are in order, by row."""
    found: list[Found] = []
    for search in _SEARCHES:
        found += search(recording, phases, rate_hz)
    return sorted(found)


def not_finite(recording: Recording, phases: Phases, rate_hz: float) -> list[Found]:
    """Values that are missing, per quantity."""
    found = []
    for name in _QUANTITIES:
        values: Array = getattr(recording, name)
        rows = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
        if len(rows):
            text = f"{name} is not a number in {len(rows)} row{'s' if len(rows) > 1 else ''}, first here"
            found.append(Found(int(rows[0]), "not-a-number", text))
    return found


def bad_quaternions(recording: Recording, phases: Phases, rate_hz: float) -> list[Found]:
    """Attitudes whose quaternion is not of unit length."""
    norm = recording.attitude_norm
    off = np.isfinite(norm) & (np.abs(norm - 1) > NORM_TOLERANCE)
    return _spans(off, rate_hz, "quaternion", lambda rows: f"quaternion of length {_worst(norm[rows], 1.0):.3f}, not 1")


def setpoint_jumps(recording: Recording, phases: Phases, rate_hz: float) -> list[Found]:
    """Steps of the set-point, each with its whole length; one that comes back is an artefact of the recorder."""
    path = recording.setpoint_position
    step = np.linalg.norm(np.diff(path, axis=0), axis=1)
    found = []
    for rows in _runs(step > SETPOINT_STEP_M / 2):
        if step[rows].max() <= SETPOINT_STEP_M:
            continue
        first, last = int(rows[0]), int(rows[-1]) + 1
        net = float(np.linalg.norm(path[last] - path[first]))
        travelled = float(step[rows].sum())
        back = f", {travelled - net:.2f} m of it there and back" if travelled > net + SETPOINT_STEP_M else ""
        found.append(
            Found(first + 1, "setpoint-jump", f"set-point jumps {travelled:.2f} m in {_ms(rows, rate_hz)}{back}")
        )
    return found


def truth_jumps(recording: Recording, phases: Phases, rate_hz: float) -> list[Found]:
    """Positions no vehicle could reach in the time between two rows."""
    step = np.linalg.norm(np.diff(recording.position, axis=0), axis=1)
    time_s = np.maximum(np.diff(recording.stamp_s), 1.0 / rate_hz)
    jumped = _after(step > POSSIBLE_SPEED_M_S * time_s + TRACKING_NOISE_M)
    size = np.concatenate([[0.0], step])
    return _spans(
        jumped, rate_hz, "truth-jump", lambda r: f"motion capture jumps {np.nanmax(size[r]):.2f} m in one row"
    )


def frozen_truth(recording: Recording, phases: Phases, rate_hz: float) -> list[Found]:
    """Motion capture that repeats itself in flight: it has lost the vehicle."""
    found = []
    for rows in _runs(_frozen(recording, phases)):
        if len(rows) >= FROZEN_S * rate_hz:
            text = f"motion capture repeats one position for {len(rows) / rate_hz:.2f} s in flight"
            found.append(Found(int(rows[0]), "tracking-frozen", text))
    return found


def attitude_swings(recording: Recording, phases: Phases, rate_hz: float) -> list[Found]:
    """Motion-capture attitude that turns in a way the gyro did not feel, during the task."""
    apart = np.linalg.norm(recording.turn_rate - recording.rates, axis=1)
    swing = _within(apart > TURN_DISAGREEMENT_RAD_S, phases)
    return _spans(
        swing,
        rate_hz,
        "attitude-swing",
        lambda rows: f"motion capture turns {apart[rows].max():.1f} rad/s unlike the gyro",
    )


def imu_spikes(recording: Recording, phases: Phases, rate_hz: float) -> list[Found]:
    """Accelerations and rates that flight does not explain: touch-down, a collision, or a bad packet."""
    shock = np.linalg.norm(recording.acceleration, axis=1)
    turn = np.abs(recording.rates).max(axis=1)
    spike = (shock > SHOCK_M_S2) | (turn > RATE_LIMIT_RAD_S)
    return _spans(
        spike,
        rate_hz,
        "imu-spike",
        lambda r: f"IMU reads up to {np.nanmax(shock[r]) / GRAVITY_M_S2:.1f} g and {np.nanmax(turn[r]):.1f} rad/s",
    )


def battery_spikes(recording: Recording, phases: Phases, rate_hz: float) -> list[Found]:
    """Battery voltages that jump, or that no single cell has."""
    volts = recording.battery_v
    low, high = BATTERY_RANGE_V
    spike = _after(np.abs(np.diff(volts)) > BATTERY_STEP_V) | (volts < low) | (volts > high)
    return _spans(spike, rate_hz, "battery-spike", lambda rows: f"battery reads {_worst(volts[rows], 3.7):.2f} V")


def estimate_off(recording: Recording, phases: Phases, rate_hz: float) -> list[Found]:
    """An on-board attitude that does not fit motion capture, as a wrong sign or a turned marker frame would give."""
    task = slice(phases.start, phases.end + 1)
    dot = np.abs(np.sum(recording.attitude[task] * recording.estimate_attitude[task], axis=1))
    dot = dot[np.isfinite(dot)]
    angle = float(np.median(2 * np.arccos(np.clip(dot, 0, 1)))) if len(dot) else 0.0
    if angle <= ESTIMATE_OFF_RAD:
        return []
    text = f"on-board attitude is {np.degrees(angle):.0f}° from motion capture (median over the task)"
    return [Found(phases.start, "estimate-off", text)]


def interpolated(recording: Recording, phases: Phases, rate_hz: float) -> list[Found]:
    """Rows that lie on the straight line between their neighbours: the recorder drew them across lost packets.

    A lower bound: a packet lost alone leaves no row that shows it.
    """
    shares = {}
    task = slice(phases.start, phases.end + 1)
    for name, values in (
        ("motors", recording.motors),
        ("IMU", recording.rates),
        ("estimate", recording.estimate_position),
    ):
        shares[name] = _straight_share(recording.stamp_s[task], values[task])
    if max(shares.values(), default=0.0) < 0.001:
        return []
    listed = ", ".join(f"{name} {100 * share:.1f} %" for name, share in shares.items())
    return [
        Found(phases.start, "interpolated", f"at least these rows of the task were drawn across lost packets: {listed}")
    ]


def never_took_off(recording: Recording, phases: Phases, rate_hz: float) -> list[Found]:
    """A flight that was none: nothing in it can be judged."""
    if phases.took_off:
        return []
    if not np.isfinite(recording.position).all(axis=1).any():
        return [Found(phases.start, "abort", "motion capture recorded no position: nothing can be judged")]
    wanted = phases.hover_m - phases.ground_m
    text = f"never took off: at most {phases.highest_m:.2f} m above the ground, the set-point asked for {wanted:.2f} m"
    return [Found(phases.start, "abort", text)]


def cut_short(recording: Recording, phases: Phases, rate_hz: float) -> list[Found]:
    """A crash during the task, or motion capture or the recording itself lost for so long that nobody knows."""
    if not phases.took_off:
        return []
    cos_tilt = 1 - 2 * (recording.attitude[:, 0] ** 2 + recording.attitude[:, 1] ** 2)
    hover = phases.hover_m - phases.ground_m
    low = recording.position[:, 2] - phases.ground_m < CRASHED_SHARE * hover
    wanted_high = recording.setpoint_position[:, 2] - phases.ground_m > 0.5 * hover
    crashed = _within((cos_tilt < UPSIDE_DOWN) | (low & wanted_high), phases)
    first: list[Found] = []
    if crashed.any():
        row = int(np.argmax(crashed))
        how = "upside down" if cos_tilt[row] < UPSIDE_DOWN else "on the ground"
        first.append(Found(row, "abort", f"crashed: {how} in the middle of the task"))
    unknown = _frozen(recording, phases) | ~np.isfinite(recording.position).all(axis=1)
    lost = [rows for rows in _runs(_within(unknown, phases)) if len(rows) >= TRACKING_LOST_S * rate_hz]
    if lost:
        first.append(Found(int(lost[0][0]), "abort", f"motion capture lost for {len(lost[0]) / rate_hz:.2f} s"))
    silence_s = np.diff(recording.stamp_s)
    holes = np.flatnonzero(_within(_after(silence_s >= TRACKING_LOST_S), phases))
    if len(holes):
        row = int(holes[0])
        first.append(Found(row, "abort", f"nothing was recorded for {silence_s[row - 1]:.2f} s"))
    return sorted(first)[:1]


def phase_marks(recording: Recording, phases: Phases, rate_hz: float) -> list[Found]:
    """Where the task begins and ends, in words."""
    if not phases.took_off:
        return []
    marks = [Found(phases.start, "take-off", "airborne, and the set-point's climb is over: the task begins")]
    if phases.end + 1 < len(recording):
        marks.append(Found(phases.end + 1, "landing", "the set-point begins its landing: the task is over"))
    return marks


_Search = Callable[[Recording, Phases, float], Sequence[Found]]
_SEARCHES: tuple[_Search, ...] = (
    not_finite,
    bad_quaternions,
    setpoint_jumps,
    truth_jumps,
    frozen_truth,
    attitude_swings,
    imu_spikes,
    battery_spikes,
    estimate_off,
    interpolated,
    never_took_off,
    cut_short,
    phase_marks,
)


def _runs(mask: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Rows of each unbroken run of True."""
    rows = np.flatnonzero(mask)
    return [run for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(run)]


def _spans(mask: NDArray[np.bool_], rate_hz: float, kind: str, text: Callable[[NDArray[np.intp]], str]) -> list[Found]:
    """One finding per cluster of True rows."""
    rows = np.flatnonzero(mask)
    clusters = np.split(rows, np.flatnonzero(np.diff(rows) > MERGE_S * rate_hz) + 1)
    return [Found(int(cluster[0]), kind, text(cluster)) for cluster in clusters if len(cluster)]


def _after(between: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask over pairs of rows, as a mask over the later row of each pair."""
    return np.concatenate([[False], between])


def _within(mask: NDArray[np.bool_], phases: Phases) -> NDArray[np.bool_]:
    inside = np.zeros_like(mask)
    inside[phases.start : phases.end + 1] = mask[phases.start : phases.end + 1]
    return inside


def _frozen(recording: Recording, phases: Phases) -> NDArray[np.bool_]:
    flying = recording.position[:, 2] - phases.ground_m > 0.5 * (phases.hover_m - phases.ground_m)
    return _after((np.diff(recording.position, axis=0) == 0).all(axis=1)) & flying


def _straight_share(stamp_s: Array, values: Array) -> float:
    """Share of rows at which every column goes on exactly as before: same slope, and a slope at all."""
    if len(values) < 3:
        return 0.0
    slope = np.diff(values, axis=0) / np.diff(stamp_s)[:, None]
    bend = np.abs(np.diff(slope, axis=0))
    straight = (bend <= 1e-3 * np.abs(slope[1:]) + 1e-7) & (slope[1:] != 0)
    return float(np.mean(straight.all(axis=1)))


def _worst(values: Array, usual: float) -> float:
    return float(values[np.nanargmax(np.abs(values - usual))])


def _ms(rows: NDArray[np.intp], rate_hz: float) -> str:
    return f"{1e3 * len(rows) / rate_hz:.0f} ms"
