"""Dates typed as text: the day always stands first (domain.md 6.1); a month alone is no date."""

from __future__ import annotations

import re
from datetime import date

from nq57xl.text.legacy import fold

_TIME = r"(?:[ t]+(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?)?"
_DAY_FIRST = re.compile(rf"(?:ngày )?([0-3]?[0-9]) ?([-/.]) ?([01]?[0-9]) ?\2 ?([0-9]{{4}}|[0-9]{{2}}){_TIME}")
_YEAR_FIRST = re.compile(rf"([0-9]{{4}})([-/.])([01]?[0-9])\2([0-3]?[0-9]){_TIME}")
_WORDS = re.compile(r"(?:ngày )?([0-3]?[0-9]) tháng ([01]?[0-9]) năm ([0-9]{4})")


def read_date(text: str) -> date | None:
    """The day that the whole text names: "5/4/2026", "05-04-26", "5.4.2026", "2026-04-05", "ngày 5 tháng 4 năm 2026".

    Two-digit years are 20yy. A time of day is dropped. Anything else, and a day that does not exist, is None.
    """
    folded = fold(text)
    if match := _DAY_FIRST.fullmatch(folded):
        return _day(match[4], match[3], match[1])
    if match := _YEAR_FIRST.fullmatch(folded):
        return _day(match[1], match[3], match[4])
    if match := _WORDS.fullmatch(folded):
        return _day(match[3], match[2], match[1])
    return None


_NO_DAY = re.compile(
    r"(?:(?:cuối|đầu|giữa|trong|hết|trước|đến|từ) )*(?:"
    r"(?:tháng|t\.?) ?[01]?[0-9](?: ?(?:[-/.]|năm) ?(?:[0-9]{4}|[0-9]{2}))?"
    r"|[01]?[0-9] ?[-/.] ?20[0-9]{2}|20[0-9]{2} ?[-/.] ?[01]?[0-9]"
    r"|(?:quý|q\.?) ?(?:[1-4]|i{1,3}|iv)(?: ?(?:[-/.,]|năm)? ?(?:[0-9]{4}|[0-9]{2}))?"
    r"|(?:năm )?20[0-9]{2})"
)


def lacks_day(text: str) -> bool:
    """Whether the whole text names a month, a quarter or a year, and no day: "tháng 4/2026", "Quý II", "4/2026"."""
    return _NO_DAY.fullmatch(fold(text)) is not None


def swapped(day: date) -> date | None:
    """The day with day and month exchanged; None where that is no other day."""
    return None if day.day > 12 or day.day == day.month else date(day.year, day.day, day.month)


def _day(year: str, month: str, day: str) -> date | None:
    full_year = 2000 + int(year) if len(year) == 2 else int(year)
    try:
        return date(full_year, int(month), int(day))
    except ValueError:
        return None
