"""Typed cells as cells of the report: percentages and days stay numbers, what is neither stays the typed text."""

from __future__ import annotations

import datetime as dt

from nq57xl.records.returns import Value
from nq57xl.report.layout import Content, Num

_EPOCH = dt.date(1899, 12, 30)


def percent_cell(value: Value | None) -> Content:
    """A percentage as a number, the typed text where it is none, nothing for a blank."""
    if value is None:
        return None
    if isinstance(value.value, int | float):
        fine = abs(value.value * 100 - round(value.value * 100)) > 1e-9
        return Num(float(value.value), "0.0%" if fine else "0%")
    return value.typed


def date_cell(value: Value | None) -> Content:
    """A date as a real date, the typed text where it is none, nothing for a blank."""
    if value is None:
        return None
    if isinstance(value.value, dt.date):
        day = value.value.date() if isinstance(value.value, dt.datetime) else value.value
        return Num((day - _EPOCH).days, "dd/mm/yyyy")
    return value.typed
