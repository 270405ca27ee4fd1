"""Dates typed as text."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.text.typed import read_date


@pytest.mark.parametrize(
    "text",
    [
        "05/04/2026",
        "5/4/2026",
        "5-4-2026",
        "05.04.2026",
        "5/4/26",
        "05-04-26",
        "2026-04-05",
        "2026/4/5",
        "2026-04-05T00:00:00",
        "05/04/2026 08:30",
        "ngày 5 tháng 4 năm 2026",
        "Ngày 05/4/2026",
        " 5 / 4 / 2026\xa0",
    ],
)
def test_day_first(text: str) -> None:
    """The day stands before the month in every way of writing but the ISO one."""
    assert read_date(text) == date(2026, 4, 5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4/2026",
        "04/2026",
        "tháng 4/2026",
        "2026",
        "Quý I/2026",
        "31/2/2026",
        "13/13/2026",
        "4/13/2026",
        "0/4/2026",
        "5/4-2026",
        "5/4/202",
        "05042026",
        "5/4",
        "10/12",
        "trước 5/4/2026",
        "5/4/2026 - 6/4/2026",
        "46117",
        "5/4/20266",
        "5/4/2026 25:00",
        "5/4/2026 24:00",
        "2026-04-05T31:00",
    ],
)
def test_nothing_is_guessed(text: str) -> None:
    """A month alone, a day that does not exist, a month in front and everything else are no dates."""
    assert read_date(text) is None


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2999, 12, 31)), st.sampled_from("/-."), st.booleans())
def test_every_day_is_read_back(day: date, separator: str, padded: bool) -> None:
    """Every day, with or without leading zeros, with each separator."""
    parts = (f"{day.day:02d}", f"{day.month:02d}") if padded else (str(day.day), str(day.month))
    assert read_date(separator.join((*parts, f"{day.year:04d}"))) == day


@given(st.text(alphabet="0123456789/-. :tháng", max_size=20))
def test_never_raises(text: str) -> None:
    """Any text is a day or None."""
    assert read_date(text) is None or isinstance(read_date(text), date)
