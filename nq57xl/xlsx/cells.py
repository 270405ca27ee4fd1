"""Cells, sheets and workbooks as a file has them, before anything is understood; a raw cell as text."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Literal

from attrs import frozen

from nq57xl.rules.findings import Finding
from nq57xl.rules.values import vietnamese_date
from nq57xl.text.normalise import unmasked

RawValue = str | float | bool | date | datetime | time | timedelta | None


@frozen
class RawCell:
    """One non-empty cell as the file has it."""

    value: RawValue
    formula: str | None = None
    """Formula text when the cell has one ("" when only its presence is known)."""
    error: str = ""
    """"#REF!" ... when it is an error cell."""
    decoded: str | None = None
    """What the text says in Unicode, when it stands in a legacy charset."""
    charset: str = ""
    """Name of that charset: "TCVN3 (ABC)", "VNI"."""
    date_format: Literal["", "us", "month"] = ""
    """How the cell shows a date, where that is odd: month first, or without the day."""


@frozen
class RawSheet:
    """One sheet: cells by (row, column), 0-based."""

    name: str
    cells: dict[tuple[int, int], RawCell]
    visible: bool = True
    protected: bool = True
    date1904: bool = False
    """Days are counted from 1904-01-01: matters for a date whose format was lost."""
    merged: tuple[tuple[int, int, int, int], ...] = ()
    """Merged areas: first row and column, last row and column, all 0-based and included."""

    def covered_by(self, place: tuple[int, int]) -> tuple[int, int] | None:
        """The first cell of the merged area that hides this place; None for a place that can be seen."""
        for top, left, bottom, right in self.merged:
            if top <= place[0] <= bottom and left <= place[1] <= right and place != (top, left):
                return top, left
        return None


@frozen
class RawWorkbook:
    """A workbook as read, before anything is understood."""

    sheets: tuple[RawSheet, ...]
    program: str = ""
    """Name of the program that saved it, if told."""
    notes: tuple[Finding, ...] = ()
    """Facts of the file: macros present, converted from another format ..."""
    saved_at: datetime | None = None
    """When a program last saved it, if told."""


ERRORS = frozenset({"#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!"})
"""What an error cell shows in every program."""
_SHOWN = 80
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
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1].rstrip() + "…"


_EPOCH = datetime(1899, 12, 30)
_DURATION = re.compile(r"PT([0-9]{1,6})H([0-9]{1,2})M([0-9]{1,2})(?:[.,][0-9]+)?S")


def iso_date(text: str) -> date | None:
    """A day, or a moment where a time of day is told: "2026-04-10", "2026-04-10T08:30:00.000Z"; None for anything else.

    A zone is dropped: what a program calls UTC may be anybody's midnight, and `convert` asks where that matters.
    """
    try:
        found = datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        return None
    return found.date() if found.time() == time() else found


def iso_time(text: str) -> time | timedelta | None:
    """A time of day or a duration: "PT08H30M00S"; None for anything else."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        return None
    found = timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3]))
    return found if found >= timedelta(days=1) else (datetime.min + found).time()


def serial_day(number: float) -> date | float:
    """The day, or the moment, that is so many days after 1899-12-30; the number itself where that is no day."""
    try:
        found = _EPOCH + timedelta(days=number)
    except OverflowError:
        return number
    return found.date() if found.time() == time() else found
