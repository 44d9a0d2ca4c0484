"""The description as the tables of docs/link.md: `python -m hil.link.tables`. A test compares."""

from hil.link.messages import ANSWER, FAULT, MESSAGES, FaultReport, Status
from hil.link.packing import AnyBody, fields, layout, size


def tables() -> str:
    """Markdown: the messages, the fields of each body, the statuses."""
    parts = [
        "| type | message | asks with | answers with |",
        "|---|---|---|---|",
        *(
            f"| 0x{m.code:02X} / 0x{m.code | ANSWER:02X} | {m.name} | {_bytes(m.request)} | {_bytes(m.answer)} |"
            for m in MESSAGES
        ),
        f"| 0x{FAULT:02X} | fault | | {_bytes(FaultReport)}, unasked |",
    ]
    head = ["", "| byte | field | type | |", "|---|---|---|---|"]
    for name, body in _named():
        parts += ["", f"**{name}**: {(body.__doc__ or '').strip()}", *head]
        at = 0
        for field, wire in fields(body).items():
            count = f" × up to {wire.count}" if wire.up_to else f" × {wire.count}" if wire.count > 1 else ""
            parts.append(f"| {at} | `{field}` | {wire.kind}{count} | {wire.means} |")
            at += size(wire)
    parts += ["", "| status | |", "|---|---|", *(f"| {status.value} | {status.name} |" for status in Status)]
    return "\n".join(parts) + "\n"


def _named() -> list[tuple[str, AnyBody]]:
    named: list[tuple[str, AnyBody]] = []
    for message in MESSAGES:
        named += [(f"{message.name}, request", message.request), (f"{message.name}, answer", message.answer)]
    named.append(("fault", FaultReport))
    return [(name, body) for name, body in named if fields(body)]


def _bytes(body: AnyBody) -> str:
    fixed, _, rest = layout(body)
    if rest is not None:
        return f"{fixed.size} … {fixed.size + size(rest)} bytes"
    return f"{fixed.size} bytes" if fixed.size else "nothing"


if __name__ == "__main__":
    print(tables(), end="")
