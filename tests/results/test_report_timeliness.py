"""Timeliness of a row: the contract's table, cell by cell."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.results.consolidation import _timeliness

CUTOFF = dt.date(2026, 4, 14)
DAYS = st.dates(dt.date(2025, 1, 1), dt.date(2027, 12, 31))


@pytest.mark.parametrize(
    ("progress", "due", "completed", "code", "days"),
    [
        ("done", dt.date(2026, 3, 31), dt.date(2026, 3, 31), "on_time", 0),
        ("done", dt.date(2026, 3, 31), dt.date(2026, 4, 1), "late", 1),
        ("done", None, dt.date(2026, 4, 1), "undated", None),
        ("done", dt.date(2026, 3, 31), None, "undated", None),
        ("in_progress", dt.date(2026, 4, 13), None, "overdue", -1),
        ("not_started", dt.date(2026, 4, 13), None, "overdue", -1),
        ("in_progress", dt.date(2026, 4, 14), None, "at_risk", 0),
        ("in_progress", dt.date(2026, 4, 19), None, "at_risk", 5),
        ("not_started", dt.date(2026, 4, 20), None, "on_track", 6),
        ("in_progress", None, None, "undated", None),
        ("ongoing", dt.date(2026, 1, 1), None, "not_applicable", None),
        ("ongoing", None, None, "not_applicable", None),
        ("not_arisen", dt.date(2026, 1, 1), None, "not_applicable", None),
    ],
)
def test_the_contracts_table(
    progress: str, due: dt.date | None, completed: dt.date | None, code: str, days: int | None
) -> None:
    """Every cell of the contract's table, at its limits, with a margin of 5 days."""
    found = _timeliness(progress, due, CUTOFF, completed, 5)
    assert (found.code, found.days) == (code, days)


def test_an_unknown_progress_is_refused() -> None:
    """A code that the list does not have is an error of the program, not a bucket."""
    with pytest.raises(ValueError, match="paused"):
        _timeliness("paused", None, CUTOFF, None, 5)


def test_only_whole_days_count() -> None:
    """A completion date that carries a time of day is still on time on the last day."""
    evening = dt.datetime(2026, 3, 31, 23, 59)
    assert _timeliness("done", dt.date(2026, 3, 31), CUTOFF, evening, 5).code == "on_time"


@given(progress=st.sampled_from(["in_progress", "not_started"]), due=DAYS, cutoff=DAYS, margin=st.integers(0, 60))
def test_open_rows_fall_into_one_of_three(progress: str, due: dt.date, cutoff: dt.date, margin: int) -> None:
    """For any days an open row with a deadline is overdue, at risk or on track, as the day counts say."""
    expected = "overdue" if cutoff > due else "at_risk" if (due - cutoff).days <= margin else "on_track"
    assert _timeliness(progress, due, cutoff, None, margin).code == expected
