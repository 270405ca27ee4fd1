"""A cell's value in the sentences of rules."""

from __future__ import annotations

from typing import Any

from nq57xl.records.schema import Field
from nq57xl.rules.limits import vietnamese_date, vietnamese_number, vietnamese_percent

NUMERIC = ("percent", "number", "whole", "measure")


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
    return vietnamese_number(float(value)) if field.type in NUMERIC else f"«{value}»"
