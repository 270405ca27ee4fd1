"""Days and times as files store them: ISO 8601 in .ods and some programs' .xlsx, serial numbers under a date format."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

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
