"""The task that a recorded flight was given, to be flown again by something else."""

from typing import Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from hil.core.errors import BadInput, FlightDataError
from hil.core.types import Setpoint, Start
from hil.flights.find import WHERE_TO_GET_THEM
from hil.flights.reader import Flight, read_flight
from hil.references.reference import Reference
from hil.references.task import Task
from hil.scenario.beside import beside_scenario


class RecordedReference(Reference):
    """The set-points of a recording from t = 0 on, each held until the next: position and yaw only, as they were sent.

    They may jump, so no thrust demand is defined for them.
    """

    must_be_feasible = False

    def __init__(self, flight: Flight) -> None:
        log = flight.log
        sent = np.isfinite(log.reference).all(axis=1) & np.isfinite(log["setpoint_yaw_rad"])
        rows = (log["t_s"] >= 0) & (log["t_s"] <= flight.task_duration_s) & sent
        if not rows.any():
            raise FlightDataError(f"{flight.path}: no set-point during the task: nothing to fly")
        self.judge_from_s = flight.judge_from_s
        self.judge_to_s = flight.judge_to_s
        self._tick = log["tick"][rows]
        self._rate_hz = log.info.rate_hz
        self._setpoints = [
            Setpoint((x, y, z), None, None, yaw)
            for x, y, z, yaw in zip(
                *log.reference[rows].T.tolist(), log["setpoint_yaw_rad"][rows].tolist(), strict=True
            )
        ]

    def at(self, t_s: float) -> Setpoint:
        """The last set-point sent at or before `t_s`; the task's last one afterwards."""
        tick = t_s * self._rate_hz + 1e-6  # 0.29 * 100 is 28.999…: the row at that very instant counts
        row = int(np.searchsorted(self._tick, tick, side="right")) - 1
        return self._setpoints[max(row, 0)]


class Recorded(Task):
    """The set-points of a recorded flight."""

    kind: Literal["recorded"]
    flight: str | None = Field(
        None, description="recording, relative to the scenario file; null = the one given with --flight"
    )

    @field_validator("flight", mode="after")
    @classmethod
    def _beside_the_scenario(cls, flight: str | None, info: ValidationInfo) -> str | None:
        if flight is None:
            return None
        path = beside_scenario(flight, info)
        if not path.exists():
            raise ValueError(f"no such recording: {path}")
        return str(path)

    @property
    def lacks_flight(self) -> bool:
        """Whether none is named, here or with --flight."""
        return self.flight is None

    def recording(self) -> Flight:
        """The recording: also says where the flight started, how long it took and how full its battery was."""
        if self.flight is None:
            raise BadInput("the task `recorded` needs a recorded flight", hint=f"--flight FILE; {WHERE_TO_GET_THEM}")
        return read_flight(self.flight)

    def reference(self, start: Start) -> RecordedReference:
        """What the recorded vehicle was told, wherever this one starts."""
        return RecordedReference(self.recording())
