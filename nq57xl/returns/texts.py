"""A raw cell as the text that a person would say stands in it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from nq57xl.records.returns import RawCell, RawValue
from nq57xl.rules.limits import vietnamese_date
from nq57xl.text.normalise import unmasked

ERRORS = frozenset({"#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!"})
"""What an error cell shows in every program."""
SHOWN = 80
"""Letters of a typed text that a message repeats; the finding itself keeps the whole."""


def plain_number(value: float) -> str:
    """A number as it would be typed here: 1234,5; whole numbers without a decimal part."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.15g}".replace(".", ",")


def shown(value: RawValue) -> str:
    """The value as text, as near to what was typed as the file tells; text is unchanged."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return plain_number(float(value))
    if isinstance(value, datetime):
        return f"{vietnamese_date(value.date())} {value:%H:%M}"
    if isinstance(value, date):
        return vietnamese_date(value)
    if isinstance(value, time):
        return f"{value:%H:%M:%S}"
    return str(value) if isinstance(value, timedelta) else value


def cell_text(cell: RawCell | None) -> str:
    """What stands in the cell, errors by their names; "" for no cell."""
    if cell is None:
        return ""
    return cell.error or shown(cell.value)


def readable(cell: RawCell | None) -> str:
    """The same in Unicode, where the cell's text is in a legacy charset."""
    return cell.decoded if cell is not None and cell.decoded is not None else cell_text(cell)


def short(text: str) -> str:
    """The text cut for a message."""
    line = " ".join(unmasked(text).split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1].rstrip() + "…"
