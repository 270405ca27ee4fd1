"""Dates typed as text: the day always stands first (domain.md 6.1); a month alone is no date."""

from __future__ import annotations

import re
from datetime import date

from nq57xl.text.normalise import fold

_TIME = r"(?:[ t]+[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?)?"
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


def _day(year: str, month: str, day: str) -> date | None:
    full_year = 2000 + int(year) if len(year) == 2 else int(year)
    try:
        return date(full_year, int(month), int(day))
    except ValueError:
        return None
