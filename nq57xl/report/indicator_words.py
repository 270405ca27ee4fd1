"""Results and gaps of indicators in words, for texts: 85,5%; 120; Có; thấp hơn mục tiêu 4,5 điểm %."""

from __future__ import annotations

from typing import Literal

from nq57xl.records.consolidation import IndicatorEntry, IndicatorRow
from nq57xl.rules.limits import vietnamese_number, vietnamese_percent

Measure = Literal["percent", "number", "choice"]


def result_text(result: float | str | None, measure: Measure) -> str:
    """A result as leaders read it, percentages to two decimals; "" for none."""
    if result is None:
        return ""
    if isinstance(result, str):
        return {"yes": "Có", "no": "Không"}.get(result, result)
    return vietnamese_percent(round(result, 4)) if measure == "percent" else vietnamese_number(result)


def difference_text(difference: float | None, measure: Measure) -> str:
    """ "+5,2 điểm %" of percentages, "+3" of numbers, "0" where nothing moved, "" where nothing can be compared."""
    if difference is None:
        return ""
    number = _points(difference, measure)
    unit = " điểm %" if measure == "percent" and number else ""
    return f"{'+' if number > 0 else ''}{vietnamese_number(number)}{unit}"


def entry_result(row: IndicatorRow, entry: IndicatorEntry) -> str:
    """What one unit reported of an indicator; with numerator and denominator where they were given."""
    words = result_text(entry.result, row.measure)
    if not entry.computed:
        return words
    cells = [entry.values[name].value for name in ("numerator", "denominator")]
    return words + f" ({'/'.join(vietnamese_number(cell) for cell in cells if isinstance(cell, int | float))})"


def gap_words(row: IndicatorRow, entry: IndicatorEntry) -> str:
    """ "thấp hơn mục tiêu 4,5 điểm %"; "" where no gap can be told."""
    if not entry.gap:
        return ""
    number = _points(entry.gap, row.measure)
    unit = " điểm %" if row.measure == "percent" else ""
    return f"{'cao' if number > 0 else 'thấp'} hơn mục tiêu {vietnamese_number(abs(number))}{unit}"


def _points(difference: float, measure: Measure) -> float:
    return round(difference * 100, 2) if measure == "percent" else round(difference, 6)
