"""Periods: which days they cover, and by when they are due."""

from __future__ import annotations

import datetime as dt

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.errors import Nq57Error
from nq57xl.plan.model import DatedName, Properties, name_on
from nq57xl.plan.periods import parse_period

DAY = dt.date
BQL = Properties(id="bql-2026", title="", year=2026, internal_day=18, report_day=20)


@pytest.mark.parametrize(
    ("code", "title", "days"),
    [
        ("2026-04", "tháng 4/2026", "2026-03-15 2026-04-14 2026-04-17 2026-04-19"),
        ("2026-01", "tháng 1/2026", "2025-12-15 2026-01-14 2026-01-17 2026-01-19"),
        ("2026-12", "tháng 12/2026", "2026-11-15 2026-12-14 2026-12-17 2026-12-19"),
        ("2026-Q1", "quý I/2026", "2025-12-15 2026-03-14 2026-03-17 2026-03-19"),
        ("2026-Q2", "quý II/2026", "2026-03-15 2026-06-14 2026-06-17 2026-06-19"),
        ("2026-H1", "6 tháng đầu năm 2026", "2025-12-15 2026-06-14 2026-06-17 2026-06-19"),
        ("2026-H2", "6 tháng cuối năm 2026", "2026-06-15 2026-12-14 2026-12-17 2026-12-19"),
        ("2026-9M", "9 tháng năm 2026", "2025-12-15 2026-09-14 2026-09-17 2026-09-19"),
        ("2026", "năm 2026", "2025-12-15 2026-12-14 2026-12-17 2026-12-19"),
    ],
)
def test_decree_windows(code: str, title: str, days: str) -> None:
    """The data run from the 15th to the 14th (Decree 09/2019, Article 12); "trước ngày 18" is due on the 17th."""
    period = parse_period(code, BQL)
    assert (period.code, period.title) == (code, title)
    assert [str(day) for day in (period.start, period.cutoff, period.due, period.report_due)] == days.split()


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("4/2026", "2026-04"),
        ("04/2026", "2026-04"),
        ("T4/2026", "2026-04"),
        ("Tháng 04 năm 2026", "2026-04"),
        ("quý II/2026", "2026-Q2"),
        ("Quý IV năm 2026", "2026-Q4"),
        ("Q2/2026", "2026-Q2"),
        ("6T/2026", "2026-H1"),
        ("6 tháng cuối năm 2026", "2026-H2"),
        ("9T/2026", "2026-9M"),
        ("9 tháng đầu năm 2026", "2026-9M"),
        ("năm 2026", "2026"),
    ],
)
def test_as_people_write_it(written: str, code: str) -> None:
    """A period is understood as people write it; its own title is read back to the same code."""
    period = parse_period(written, BQL)
    assert (period.code, parse_period(period.title, BQL).code) == (code, code)


def test_calendar_cutoff() -> None:
    """With the calendar rule a period has whole months."""
    period = parse_period("2026-Q1", attrs.evolve(BQL, cutoff="calendar"))
    assert (period.start, period.cutoff) == (DAY(2026, 1, 1), DAY(2026, 3, 31))


def test_inclusive_day() -> None:
    """`before_is_inclusive` takes the named day itself."""
    assert parse_period("2026-04", attrs.evolve(BQL, before_is_inclusive=True)).due == DAY(2026, 4, 18)


@pytest.mark.parametrize(
    ("day", "inclusive", "due"),
    [
        (31, True, DAY(2026, 2, 28)),
        (31, False, DAY(2026, 2, 28)),
        (30, False, DAY(2026, 2, 28)),
        (1, False, DAY(2026, 1, 31)),
    ],
)
def test_day_that_the_month_lacks(day: int, inclusive: bool, due: dt.date) -> None:
    """A day that the month does not have is its last day; "trước ngày 1" is the last day of the month before."""
    properties = attrs.evolve(BQL, internal_day=day, before_is_inclusive=inclusive)
    assert parse_period("2026-02", properties).due == due


def test_weekend_rolls_only_when_set() -> None:
    """17 October 2026 is a Saturday: it stays, unless weekends roll to Monday."""
    assert parse_period("2026-10", BQL).due == DAY(2026, 10, 17)
    assert parse_period("2026-10", attrs.evolve(BQL, roll_weekends=True)).due == DAY(2026, 10, 19)


@pytest.mark.parametrize(
    "code", ["", "2026-13", "2026-00", "2026-Q5", "2026-H3", "13/2026", "2026-4", "26-04", "1999", "x"]
)
def test_wrong_code(code: str) -> None:
    """Any other code is refused with a Vietnamese message that shows the right forms."""
    with pytest.raises(Nq57Error, match=r"Kỳ báo cáo .* không đúng.*2026-Q2"):
        parse_period(code, BQL)


@given(st.integers(2001, 2098), st.integers(1, 12), st.integers(1, 31), st.booleans(), st.booleans())
def test_months_follow_one_another(year: int, month: int, day: int, inclusive: bool, roll: bool) -> None:
    """Each month's data begin on the day after the last month's end, and its due day is near its last month."""
    properties = attrs.evolve(BQL, internal_day=day, before_is_inclusive=inclusive, roll_weekends=roll)
    this = parse_period(f"{year}-{month:02d}", properties)
    after = parse_period(f"{year + month // 12}-{month % 12 + 1:02d}", properties)
    assert after.start - this.cutoff == dt.timedelta(days=1)
    assert dt.timedelta(days=-1) <= this.due - DAY(year, month, 1) <= dt.timedelta(days=32)


def test_name_on_a_day() -> None:
    """The parent agency's name follows its validity; a day that no name covers gets the nearest one before."""
    names = (
        DatedName("UBND TỈNH ĐỒNG NAI", valid_to=DAY(2026, 4, 29)),
        DatedName("UBND THÀNH PHỐ ĐỒNG NAI", valid_from=DAY(2026, 4, 30), valid_to=DAY(2026, 12, 31)),
    )
    assert name_on(names, DAY(2026, 4, 29)) == "UBND TỈNH ĐỒNG NAI"
    assert name_on(names, DAY(2026, 4, 30)) == "UBND THÀNH PHỐ ĐỒNG NAI"
    assert name_on(names, DAY(2027, 1, 1)) == "UBND THÀNH PHỐ ĐỒNG NAI"
    assert name_on(tuple(reversed(names)), DAY(2026, 5, 1)) == "UBND THÀNH PHỐ ĐỒNG NAI"
    assert name_on((), DAY(2026, 5, 1)) == ""
    assert name_on((DatedName("A", valid_from=DAY(2026, 1, 1)),), DAY(2025, 1, 1)) == "A"
