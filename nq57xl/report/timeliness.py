"""Where a row stands against its deadline: the contract's table, in whole days only."""

from __future__ import annotations

import datetime as dt

from nq57xl.records.consolidation import Timeliness

_OPEN = ("in_progress", "not_started")


def timeliness(
    progress: str, due: dt.date | None, cutoff: dt.date, completed: dt.date | None, margin: int
) -> Timeliness:
    """Timeliness of a reported row (contract: "What a unit enters, and what is computed").

    `due` is D, `cutoff` is C, `completed` is F, `margin` the days of `at_risk`. A row that is done without a
    completion date cannot be said to be on time: it is `undated`. Raises ValueError for an unknown progress code.
    """
    if progress in ("ongoing", "not_arisen"):
        return Timeliness("not_applicable")
    if progress == "done":
        return _done(due, completed)
    if progress not in _OPEN:
        raise ValueError(f"unknown progress {progress!r}")
    if due is None:
        return Timeliness("undated")
    left = (_day(due) - _day(cutoff)).days
    if left < 0:
        return Timeliness("overdue", left)
    return Timeliness("at_risk" if left <= margin else "on_track", left)


def _done(due: dt.date | None, completed: dt.date | None) -> Timeliness:
    if due is None or completed is None:
        return Timeliness("undated")
    over = (_day(completed) - _day(due)).days
    return Timeliness("late" if over > 0 else "on_time", over)


def _day(moment: dt.date) -> dt.date:
    """The day of a date that may carry a time: 17:00 on the last day is still that day."""
    return moment.date() if isinstance(moment, dt.datetime) else moment
