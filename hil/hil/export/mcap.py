"""A flight as MCAP: one JSON channel per thing a person plots. The same log gives the same bytes.

Times are nanoseconds from the first row, so that take-off (t < 0) has a place; `t_s` in each message is the flight's.
"""

import json
from pathlib import Path
from typing import Any

from hil.core.errors import BadInput
from hil.log import COLUMNS, Log

# topic → field of the message → column of the log
TOPICS: dict[str, dict[str, str]] = {
    "/pose": {
        **{a: f"position_{a}_m" for a in "xyz"},
        **{f"quat_{a}": f"quat_{a}" for a in "xyzw"},
    },
    "/velocity": {a: f"velocity_{a}_m_s" for a in "xyz"},
    "/rates": {a: f"rate_{a}_rad_s" for a in "xyz"},
    "/reference": {
        **{a: f"setpoint_position_{a}_m" for a in "xyz"},
        **{f"v{a}": f"setpoint_velocity_{a}_m_s" for a in "xyz"},
        "yaw": "setpoint_yaw_rad",
    },
    "/estimate": {
        **{a: f"estimate_position_{a}_m" for a in "xyz"},
        **{f"quat_{a}": f"estimate_quat_{a}" for a in "xyzw"},
    },
    "/motors": {f"m{i}": f"motor_{i}_fraction" for i in (1, 2, 3, 4)},
    "/battery": {"volts": "battery_v"},
    "/timing": {"compute_s": "compute_s", "round_trip_s": "round_trip_s"},
}


def to_mcap(log: Log, path: Path) -> None:
    """Write an MCAP file; a value that was not recorded is left out of its message, events go to `/events`.

    Raises BadInput without the `mcap` package.
    """
    try:
        from mcap.writer import CompressionType, Writer
    except ImportError as error:
        raise BadInput("MCAP export needs the package mcap", hint="pip install 'hil-bench[mcap]'") from error

    table = {name: log[name].tolist() for name in COLUMNS}
    first_s = min([*table["t_s"][:1], *(event.t_s for event in log.events)], default=0.0)
    with path.open("wb") as file:
        writer: Any = Writer(file, compression=CompressionType.NONE)
        writer.start(profile="", library="hil-bench")
        channels = {topic: _channel(writer, topic, _number_schema(topic)) for topic in [*TOPICS]}
        channels["/events"] = _channel(writer, "/events", _EVENT_SCHEMA)
        messages: list[tuple[int, str, dict[str, Any]]] = [
            (_nanoseconds(event.t_s - first_s), "/events", {"t_s": event.t_s, "kind": event.kind, "text": event.text})
            for event in log.events
        ]
        for row, t_s in enumerate(table["t_s"]):
            for topic, columns in TOPICS.items():
                values = {field: table[name][row] for field, name in columns.items()}
                known = {field: value for field, value in values.items() if value == value}
                if known:
                    messages.append((_nanoseconds(t_s - first_s), topic, {"t_s": t_s} | known))
        messages.sort(key=lambda message: message[0])
        for sequence, (time_ns, topic, message) in enumerate(messages):
            data = json.dumps(message, allow_nan=False).encode()
            writer.add_message(channels[topic], time_ns, data, time_ns, sequence)
        writer.finish()


def _channel(writer: Any, topic: str, schema: dict[str, Any]) -> int:
    schema_id = writer.register_schema(f"hil{topic.replace('/', '.')}", "jsonschema", json.dumps(schema).encode())
    return int(writer.register_channel(topic, "json", schema_id))


def _number_schema(topic: str) -> dict[str, Any]:
    properties: dict[str, Any] = {"t_s": {"type": "number", "description": "flight time"}}
    properties |= {field: {"type": "number", "description": name} for field, name in TOPICS[topic].items()}
    return {"type": "object", "properties": properties, "required": ["t_s"]}


_EVENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"t_s": {"type": "number"}, "kind": {"type": "string"}, "text": {"type": "string"}},
    "required": ["t_s", "kind", "text"],
}


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)
