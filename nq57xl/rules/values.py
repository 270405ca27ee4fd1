"""Values in sentences, and the limits of a field: numbers, percentages, dates that depend on the plan's year."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from nq57xl.rules.schema import Field

_SYMBOL = re.compile(r"(year_start|year_end)(?:([+-]\d+)y)?")


def date_limit(symbol: str, year: int) -> date:
    """The day that a limit means in a plan's year: "year_start-1y", "year_end" or an ISO date.

    Raises ValueError for any other text: schema files are checked when they are loaded.
    """
    match = _SYMBOL.fullmatch(symbol)
    if match is None:
        return date.fromisoformat(symbol)
    shifted = year + int(match[2] or 0)
    return date(shifted, 1, 1) if match[1] == "year_start" else date(shifted, 12, 31)


def vietnamese_date(day: date) -> str:
    """A day as people read it here: 05/04/2026."""
    return f"{day:%d/%m/%Y}"


_LONG = 1e15
"""From here on a number is no longer written with all its digits."""


def vietnamese_number(value: float) -> str:
    """A number as people read it here: 1.234,5; "1e+308" beyond what people write."""
    whole = abs(value) < _LONG and value == int(value)
    text = f"{int(value):,}" if whole else f"{value:,.10g}"
    return text.replace(",", "\0").replace(".", ",").replace("\0", ".")


def vietnamese_percent(fraction: float) -> str:
    """A fraction as a percentage: 0.855 is "85,5%"."""
    return vietnamese_number(round(fraction * 100, 8)) + "%"


_NUMERIC = ("percent", "number", "whole", "measure")


def is_blank(value: object) -> bool:
    """Whether the frame holds nothing there."""
    missing = value is None or value == ""
    return missing or value != value  # noqa: PLR0124 - NaN and NaT differ from themselves


def shown(value: Any, field: Field) -> str:  # noqa: ANN401 - a cell's value
    """The value as people read it, by the field's type."""
    if is_blank(value):
        return "(trống)"
    if field.type == "date":
        return vietnamese_date(value)
    if field.type == "percent":
        return vietnamese_percent(float(value))
    return vietnamese_number(float(value)) if field.type in _NUMERIC else f"«{value}»"
