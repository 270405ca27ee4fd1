"""Reporting periods: which days a report covers, and by which day it is due."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from functools import cache

from nq57xl.errors import Nq57Error
from nq57xl.plan.model import Period, Properties
from nq57xl.plan.workdays import rolled
from nq57xl.resources import read_schema
from nq57xl.text.normalise import bare

_CODE = re.compile(r"(20\d\d)(?:-(?:(0[1-9]|1[0-2])|(Q)([1-4])|(H)([12])|(9M)))?")
_SPOKEN = (
    (r"(?:thang |t)?(?P<part>0?[1-9]|1[0-2])(?:/| nam )(?P<year>20\d\d)", "{year}-{part:0>2}"),
    (r"(?:quy |q)(?P<part>i{1,3}|iv|[1-4])(?:/| nam )(?P<year>20\d\d)", "{year}-Q{part}"),
    (r"6 ?(?:thang dau nam |thang |t/)(?P<year>20\d\d)", "{year}-H1"),
    (r"6 ?thang cuoi nam (?P<year>20\d\d)", "{year}-H2"),
    (r"9 ?(?:thang (?:dau )?(?:nam )?|t/)(?P<year>20\d\d)", "{year}-9M"),
    (r"nam (?P<year>20\d\d)", "{year}"),
)
"""How people write a period, without accents, and its code."""
_ROMAN = ("I", "II", "III", "IV")


def _code_of(text: str) -> str:
    """The code of a period as people write it; the text itself where it is none of these."""
    for pattern, code in _SPOKEN:
        match = re.fullmatch(pattern, bare(text))
        if match is not None:
            part = match.groupdict().get("part", "").upper()
            return code.format(year=match["year"], part=_ROMAN.index(part) + 1 if part in _ROMAN else part)
    return text.strip().upper()


def parse_period(code: str, properties: Properties) -> Period:
    """The period that a code names ("2026-04", "2026-Q2", "2026-H1", "2026-9M", "2026"), or people's way of writing it.

    Days of the data follow Decree 09/2019/NĐ-CP, Article 12 (15th of the month before to 14th of the last month), or
    whole months when the plan says "calendar". Due days fall in the period's last month. Raises Nq57Error for any
    other code.
    """
    match = _CODE.fullmatch(_code_of(code))
    if match is None:
        raise Nq57Error(
            f"Kỳ báo cáo «{code}» không đúng: ghi tháng 2026-04, quý 2026-Q2, 6 tháng đầu năm 2026-H1, "
            "6 tháng cuối năm 2026-H2, 9 tháng 2026-9M hoặc năm 2026."
        )
    year = int(match[1])
    first, last, title = _months(match)
    start, cutoff = _window(year, first, last, properties)
    return Period(
        code=match[0],
        title=title,
        start=start,
        cutoff=cutoff,
        due=_due(year, last, properties.internal_day, properties),
        report_due=_due(year, last, properties.report_day, properties),
    )


def title_of(code: str) -> str:
    """A period's title in words, by its code: "tháng 4/2026"."""
    match = _CODE.fullmatch(code)
    return code if match is None else _months(match)[2]


def last_month(code: str) -> tuple[int, int]:
    """(year, month) in which a period ends, by its code: orders periods of all kinds. Raises ValueError for others."""
    return months_of(code)[-1]


def months_of(code: str) -> tuple[tuple[int, int], ...]:
    """(year, month) of each month of a period, by its code. Raises ValueError for what is no code."""
    match = _CODE.fullmatch(code)
    if match is None:
        raise ValueError(code)
    first, last, _ = _months(match)
    return tuple((int(match[1]), month) for month in range(first, last + 1))


def next_period(period: Period, properties: Properties) -> Period:
    """The period of the same kind that follows."""
    year, part = int(period.code[:4]), period.code[5:]
    if not part or part == "9M":
        return parse_period(f"{year + 1}{'-9M' if part else ''}", properties)
    letter = part.rstrip("0123456789")
    number, last = int(part[len(letter) :]), {"": 12, "Q": 4, "H": 2}[letter]
    year, number = (year + 1, 1) if number == last else (year, number + 1)
    return parse_period(f"{year}-{letter}{number:0{1 if letter else 2}d}", properties)


def _months(match: re.Match[str]) -> tuple[int, int, str]:
    """First and last month of the period, and its title in words."""
    year, month = match[1], match[2]
    if month:
        return int(month), int(month), f"tháng {int(month)}/{year}"
    if match[3]:
        last = 3 * int(match[4])
        return last - 2, last, f"quý {_ROMAN[int(match[4]) - 1]}/{year}"
    if match[5]:
        last = 6 * int(match[6])
        return last - 5, last, f"6 tháng {'đầu' if match[6] == '1' else 'cuối'} năm {year}"
    return (1, 9, f"9 tháng năm {year}") if match[7] else (1, 12, f"năm {year}")


def _window(year: int, first: int, last: int, properties: Properties) -> tuple[date, date]:
    if properties.cutoff == "calendar":
        return date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1])
    decree = _decree()
    before = date(year, first, 1) - timedelta(days=1)
    return before.replace(day=decree["first_day"]), date(year, last, decree["last_day"])


@cache
def _decree() -> dict[str, int]:
    """The days on which data of a period begin and end by the decree in force (schemas/periods.yml)."""
    days: dict[str, int] = read_schema("periods.yml")["decree"]
    return days


def _due(year: int, month: int, day: int, properties: Properties) -> date:
    """Last day that is still "trước ngày N"; a day that the month does not have is its last day."""
    first = date(year, month, 1)
    offset = day - 1 if properties.before_is_inclusive else day - 2
    due = min(first + timedelta(days=offset), first.replace(day=calendar.monthrange(year, month)[1]))
    if properties.due_roll:
        return rolled(due, properties)
    if properties.roll_weekends and due.weekday() >= calendar.SATURDAY:
        due += timedelta(days=7 - due.weekday())
    return due


def due_period(properties: Properties, today: date, issued: Period | None = None) -> Period:
    """The month that is to be issued or gathered on that day: the one whose own report is not yet due.

    `issued`: the latest period with forms; it stays the one at hand until its report is due, and the next one of its
    kind follows it.
    """
    if issued is not None:
        return issued if today <= issued.report_due else next_period(issued, properties)
    month = parse_period(f"{today:%Y-%m}", properties)
    return month if today <= month.report_due else next_period(month, properties)
