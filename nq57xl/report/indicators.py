"""Indicators against their targets: a value, or numerator over denominator; values of units are never added up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from nq57xl.records.consolidation import IndicatorEntry, IndicatorRow
from nq57xl.records.plan import Comparator, Indicator
from nq57xl.records.returns import Value
from nq57xl.text.normalise import fold

Measure = Literal["percent", "number", "choice"]
_EQUAL = 1e-9


class _Reports(Protocol):
    @property
    def expected(self) -> frozenset[str]: ...

    @property
    def names(self) -> Mapping[str, str]: ...

    def row(self, unit: str, table: str, key: str) -> dict[str, Value]: ...


def measure_of(indicator: Indicator) -> Measure:
    """How the result of an indicator is told: by its target, else by its printed unit of measure."""
    if "%" in (indicator.target.unit, indicator.unit.strip()):
        return "percent"
    wordless = indicator.target.value is None and fold(indicator.target.text) in ("có", "không")
    return "choice" if wordless else "number"


def indicator_row(indicator: Indicator, reports: _Reports) -> IndicatorRow:
    """The indicator with the entry of each unit that follows it."""
    entries = tuple(_entry(indicator, unit, reports) for unit in indicator.lead_units)
    return IndicatorRow(indicator, measure_of(indicator), entries)


def _entry(indicator: Indicator, unit: str, reports: _Reports) -> IndicatorEntry:
    name = reports.names.get(unit, unit)
    values = reports.row(unit, "indicator", indicator.code)
    result, computed = _result(values, measure_of(indicator))
    told = "numerator" in values and "denominator" in values
    if result is None and not told:
        if "no_data" in values:
            return IndicatorEntry(unit, name, "no_data", values)
        return IndicatorEntry(unit, name, "unreported" if unit in reports.expected else "outside", values)
    reached, gap = _against_target(indicator, result)
    return IndicatorEntry(unit, name, "reported", values, result, computed, reached, gap)


def _result(values: dict[str, Value], measure: Measure) -> tuple[float | str | None, bool]:
    stated = values["value"].value if "value" in values else None
    if isinstance(stated, int | float):
        return float(stated), False
    if isinstance(stated, str):
        return stated, False
    part, whole = (values[name].value if name in values else None for name in ("numerator", "denominator"))
    # a quotient says something only where the target is a percentage, and nothing when the whole is zero
    if measure == "percent" and isinstance(part, int | float) and isinstance(whole, int | float) and whole:
        return part / whole, True
    return None, False


def _against_target(indicator: Indicator, result: float | str | None) -> tuple[bool | None, float | None]:
    target = indicator.target
    if isinstance(result, str):
        wanted = "no" if fold(target.text) == "không" else "yes"
        return (result == wanted if measure_of(indicator) == "choice" else None), None
    if result is None or target.value is None:
        return None, None
    gap = result - target.value
    return _holds(gap, target.comparator or ">="), round(gap, 10)


def _holds(gap: float, comparator: Comparator) -> bool:
    near = abs(gap) <= _EQUAL
    return {
        ">=": gap > 0 or near,
        "<=": gap < 0 or near,
        ">": gap > 0 and not near,
        "<": gap < 0 and not near,
        "=": near,
    }[comparator]
