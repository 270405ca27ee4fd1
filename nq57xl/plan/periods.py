"""Reporting periods: which days a report covers and by which day it is due; working days, holidays, swapped days."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, timedelta
from functools import cache, lru_cache

from nq57xl.errors import Nq57Error
from nq57xl.plan.model import Period, Properties
from nq57xl.resources import read_schema
from nq57xl.text.legacy import bare

_FARTHEST = 30
"""Days: no run of days off is longer."""


@lru_cache(maxsize=8)
def _holidays(year: int) -> dict[date, str]:
    """Vietnam's public holidays of a year, Tết by the lunar calendar included, with their Vietnamese names."""
    import holidays

    return dict(holidays.country_holidays("VN", years=year, language="vi"))


def day_off(day: date, properties: Properties) -> str:
    """Why the office does not work on that day: the holiday's name, else "ngày nghỉ"; "" for a working day.

    Raises Nq57Error for a swapped day that is no day.
    """
    if day in _days(properties.days_worked):
        return ""
    usual = "ngày nghỉ" if day in _days(properties.days_off) or day.weekday() >= calendar.SATURDAY else ""
    return _holidays(day.year).get(day, usual)


@lru_cache(maxsize=64)
def _days(texts: tuple[str, ...]) -> frozenset[date]:
    try:
        return frozenset(datetime.strptime(text, "%d/%m/%Y").date() for text in texts)
    except ValueError as error:
        raise Nq57Error(
            f"Ngày nghỉ hoán đổi, ngày làm bù ghi sai ở phu-luc.xlsx ({', '.join(texts)}): ghi dạng 02/01/2026."
        ) from error


_CODE = re.compile(r"(20\d\d)(?:-(?:(0[1-9]|1[0-2])|(Q)([1-4])|(H)([12])|(9M)))?")
_AD_HOC = re.compile(r"(?:(20\d\d)-)?DX([1-9]\d?)")
_SPOKEN = (
    (r"(?:thang |t)?(?P<part>0?[1-9]|1[0-2])(?:/| nam )(?P<year>20\d\d)", "{year}-{part:0>2}"),
    (r"(?:quy |q)(?P<part>i{1,3}|iv|[1-4])(?:/| nam )(?P<year>20\d\d)", "{year}-Q{part}"),
    (r"6 ?(?:thang dau nam |thang |t/)(?P<year>20\d\d)", "{year}-H1"),
    (r"6 ?thang cuoi nam (?P<year>20\d\d)", "{year}-H2"),
    (r"9 ?(?:thang (?:dau )?(?:nam )?|t/)(?P<year>20\d\d)", "{year}-9M"),
    (r"nam (?P<year>20\d\d)", "{year}"),
    (r"(?:bao cao )?(?:dot xuat|dx) ?(?:lan |so )?(?P<part>[1-9]\d?)(?:/| nam )(?P<year>20\d\d)", "{year}-DX{part}"),
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
    """The period that a code names ("2026-04", "2026-Q2", "2026", "2026-DX1"), or people's way of writing it.

    Days of the data follow Decree 09/2019/NĐ-CP, Article 12 (15th of the month before to 14th of the last month), or
    whole months when the plan says "calendar". Due days fall in the period's last month. An ad hoc report has the days
    that the office gave it (sheet «Báo cáo đột xuất»). Raises Nq57Error for any other code, and without those days.
    """
    typed = _code_of(code)
    if _AD_HOC.fullmatch(typed) is not None:
        return _ad_hoc(ad_hoc_code(typed, properties.year), properties)
    match = _CODE.fullmatch(typed)
    if match is None:
        raise Nq57Error(
            f"Kỳ báo cáo «{code}» không đúng: ghi tháng 2026-04, quý 2026-Q2, 6 tháng đầu năm 2026-H1, "
            "6 tháng cuối năm 2026-H2, 9 tháng 2026-9M, năm 2026 hoặc đột xuất 2026-DX1."
        )
    year = int(match[1])
    first, last, title = _months(match)
    due, report_due = (_due(year, last, day, properties) for day in (properties.internal_day, properties.report_day))
    return Period(match[0], title, *_window(year, first, last, properties), due, report_due)


def title_of(code: str) -> str:
    """A period's title in words, by its code: "tháng 4/2026"."""
    if is_ad_hoc(code):
        year, _, number = code.partition("-DX")
        return f"đột xuất lần {number} năm {year}"
    match = _CODE.fullmatch(code)
    return code if match is None else _months(match)[2]


def is_ad_hoc(code: str) -> bool:
    """The code is that of an ad hoc report: "2026-DX1"."""
    return _AD_HOC.fullmatch(code) is not None and code.startswith("20")


def ad_hoc_code(typed: str, year: int) -> str:
    """The code of an ad hoc report as offices type it: "DX1" is "2026-DX1" in a plan of 2026; other texts stay."""
    match = _AD_HOC.fullmatch(typed.strip().upper())
    return typed if match is None else f"{match[1] or year}-DX{match[2]}"


def _ad_hoc(code: str, properties: Properties) -> Period:
    """The ad hoc report of that code with the office's own days."""
    known = next((item for item in properties.ad_hoc if item.code == code), None)
    if known is None or known.start is None or known.cutoff is None or known.due is None:
        raise Nq57Error(
            f"Chưa có đủ ngày của báo cáo {title_of(code)}: ghi mã {code.partition('-')[2]}, số liệu từ ngày, ngày "
            "chốt, hạn gửi ở trang «Báo cáo đột xuất» của phu-luc.xlsx."
        )
    due = known.report_due or known.due
    return Period(code, title_of(code), known.start, known.cutoff, known.due, due, known.subject)


def months_of(code: str) -> tuple[str, ...]:
    """Codes of the months of a period; none for an ad hoc report. Raises ValueError for what is no code."""
    if is_ad_hoc(code):
        return ()
    if (match := _CODE.fullmatch(code)) is None:
        raise ValueError(code)
    first, last, _ = _months(match)
    return tuple(f"{match[1]}-{month:02d}" for month in range(first, last + 1))


def next_period(period: Period, properties: Properties) -> Period:
    """The period of the same kind that follows; after an ad hoc report the month that is not yet over."""
    if is_ad_hoc(period.code):
        month = parse_period(f"{period.cutoff:%Y-%m}", properties)
        return month if month.cutoff > period.cutoff else next_period(month, properties)
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
    before = date(year, first, 1) - timedelta(days=1)
    decree = _decree()
    return before.replace(day=decree["first_day"]), date(year, last, decree["last_day"])


@cache
def _decree() -> dict[str, int]:
    """The days on which data of a period begin and end by the decree in force; `log` and `verify` do without."""
    days: dict[str, int] = read_schema("periods.yml")["decree"]
    return days


def _due(year: int, month: int, day: int, properties: Properties) -> date:
    """Last day that is still "trước ngày N"; a day that the month does not have is its last day.

    A day off moves to the next working day before or after it, as the office set.
    """
    first = date(year, month, 1)
    offset = day - 1 if properties.before_is_inclusive else day - 2
    due = min(first + timedelta(days=offset), first.replace(day=calendar.monthrange(year, month)[1]))
    if properties.due_roll:
        step = {"after": 1, "before": -1}.get(properties.due_roll, 0)
        near = (due + timedelta(days=step * distance) for distance in range(_FARTHEST if step else 1))
        return next((found for found in near if not day_off(found, properties)), due)
    if properties.roll_weekends and due.weekday() >= calendar.SATURDAY:
        due += timedelta(days=7 - due.weekday())
    return due
