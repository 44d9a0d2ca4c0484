"""All columns of a flight as text."""

from pathlib import Path

from hil.log import COLUMNS, Log


def to_csv(log: Log, path: Path) -> None:
    """One header line, one line per row, every digit; an empty field is not recorded."""
    table = log.stack(*COLUMNS).tolist()
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(",".join(COLUMNS) + "\n")
        for tick, *values in table:
            file.write(",".join([str(int(tick)), *("" if v != v else repr(v) for v in values)]) + "\n")
