"""Working days of an office: weekends, Vietnam's public holidays, and the days that are swapped each year."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from nq57xl.errors import Nq57Error
from nq57xl.plan.model import Properties

_SATURDAY = 5
_FARTHEST = 30
"""Days: no run of days off is longer."""


@lru_cache(maxsize=8)
def holidays_of(year: int) -> dict[date, str]:
    """Vietnam's public holidays of a year, Tết by the lunar calendar included, with their Vietnamese names."""
    import holidays

    return dict(holidays.country_holidays("VN", years=year, language="vi"))


def is_working_day(day: date, properties: Properties) -> bool:
    """Whether the office works on that day. Raises Nq57Error for a swapped day that is no day."""
    if day in _days(properties.days_worked):
        return True
    if day in _days(properties.days_off) or day.weekday() >= _SATURDAY:
        return False
    return day not in holidays_of(day.year)


def rolled(day: date, properties: Properties) -> date:
    """The day itself where it is worked; else the next working day before or after it, as the office set."""
    step = {"after": 1, "before": -1}.get(properties.due_roll, 0)
    for distance in range(_FARTHEST if step else 1):
        found = day + timedelta(days=step * distance)
        if is_working_day(found, properties):
            return found
    return day


@lru_cache(maxsize=64)
def _days(texts: tuple[str, ...]) -> frozenset[date]:
    try:
        return frozenset(datetime.strptime(text, "%d/%m/%Y").date() for text in texts)
    except ValueError as error:
        raise Nq57Error(
            f"Ngày nghỉ hoán đổi, ngày làm bù ghi sai ở phu-luc.xlsx ({', '.join(texts)}): ghi dạng 02/01/2026."
        ) from error
