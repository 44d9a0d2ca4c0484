"""A recorder's stamps as ticks of a regular clock, and everything that was wrong with them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.core.errors import FlightDataError
from hil.flights.found import Found
from hil.flights.recording import Array

OFF_GRID_SHARE = 0.2  # of a period: a stamp further than this from its tick is irregular
LONGEST_GAP_S = 60.0  # a flight's battery lasts minutes: a stamp further ahead is a wrong stamp
MERGE_S = 0.5  # occurrences closer than this are one finding


@dataclass(frozen=True, slots=True)
class Ticks:
    """Rows worth keeping, and their ticks: strictly rising, with a hole where rows are missing."""

    rate_hz: float
    kept: NDArray[np.intp]  # (m,) rows of the recording
    number: NDArray[np.int64]  # (m,) 0 is the first kept row


def nominal_rate_hz(stamp_s: Array) -> float:
    """Whole number of rows per second that most stamps keep to. Raises FlightDataError."""
    steps = np.diff(stamp_s[np.isfinite(stamp_s)])
    steps = steps[steps > 0]
    if len(steps) == 0:
        raise FlightDataError("time stands still: no stamp is later than the one before it")
    rate = 1.0 / float(np.median(steps))
    if rate < 1:
        raise FlightDataError(f"{rate:.2g} rows per second: too few to judge a flight")
    return float(round(rate))


def to_ticks(stamp_s: Array, rate_hz: float) -> tuple[Ticks, list[Found]]:
    """Ticks of a recording; rows whose stamp is missing, wrong, repeated or goes back are left out and reported.

    A tick is round((stamp − first stamp) · rate): the recorder's clock is believed, so a row is never moved by more
    than half a period and an error never adds up. Raises FlightDataError where most stamps are out of order.
    """
    found: list[Found] = []
    kept: list[int] = []
    number: list[int] = []
    first = latest = np.nan
    for row, stamp in enumerate(stamp_s):
        if not np.isfinite(stamp):
            found.append(Found(row, "bad-stamp", "row without a time stamp left out"))
        elif kept and stamp > latest + LONGEST_GAP_S:
            found.append(Found(row, "bad-stamp", f"stamped {stamp - latest:.3g} s after its predecessor: row left out"))
        elif not kept:
            first = latest = stamp
            kept.append(row)
            number.append(0)
        elif stamp < latest:
            found.append(Found(row, "backward-stamp", f"time goes back by {_ms(latest - stamp)}: row left out"))
        else:
            tick = round((stamp - first) * rate_hz)
            if tick <= number[-1]:
                found.append(
                    Found(row, "repeated-stamp", f"stamped {_ms(stamp - latest)} after its predecessor: row left out")
                )
                continue
            if tick > number[-1] + 1:
                lost = tick - number[-1] - 1
                found.append(
                    Found(
                        row,
                        "gap",
                        f"{lost} row{'s' if lost > 1 else ''} missing before this one ({_ms(stamp - latest)})",
                    )
                )
            latest = stamp
            kept.append(row)
            number.append(tick)
    if len(kept) < 2 or len(kept) < len(stamp_s) / 2:
        raise FlightDataError(f"time stamps are unusable: only {len(kept)} of {len(stamp_s)} are in order")
    found = _merged(found, rate_hz)
    ticks = Ticks(rate_hz, np.asarray(kept, dtype=np.intp), np.asarray(number, dtype=np.int64))
    off_s = np.abs((stamp_s[ticks.kept] - first) - ticks.number / rate_hz)
    irregular = np.flatnonzero(off_s * rate_hz > OFF_GRID_SHARE)
    if len(irregular):
        worst = float(off_s[irregular].max())
        text = f"{len(irregular)} of {len(kept)} stamps are off the {rate_hz:.0f} Hz clock, by up to {_ms(worst)}"
        found.append(Found(int(ticks.kept[irregular[0]]), "irregular-stamps", text))
    return ticks, found


def _merged(found: list[Found], rate_hz: float) -> list[Found]:
    """The same, with rows of trouble of one kind as one finding."""
    clusters: list[list[Found]] = []
    latest: dict[str, list[Found]] = {}
    for one in found:
        cluster = latest.get(one.kind)
        if cluster is not None and one.row - cluster[-1].row <= MERGE_S * rate_hz:
            cluster.append(one)
        else:
            latest[one.kind] = cluster = [one]
            clusters.append(cluster)
    return [
        cluster[0]
        if len(cluster) == 1
        else cluster[0]._replace(text=f"{cluster[0].text}; {len(cluster) - 1} more follow")
        for cluster in clusters
    ]


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms"
