"""A comparison as JSON: `diff --json`."""

from __future__ import annotations

from typing import Any

from nq57xl.records.comparison import Comparison, IndicatorChange, RowChange, UnitChange
from nq57xl.records.consolidation import Standing


def comparison_json(c: Comparison) -> dict[str, Any]:
    """Every row, indicator and unit of both periods, with stable codes; percentages are fractions."""
    return {
        "before": c.before.code,
        "after": c.after.code,
        "newly_done": [row.task.code for row in c.newly_done],
        "newly_overdue": [row.task.code for row in c.newly_overdue],
        "rows": [_row(row) for row in c.rows],
        "indicators": [_indicator(item) for item in c.indicators],
        "units": [_unit(item) for item in c.units],
    }


def _row(row: RowChange) -> dict[str, Any]:
    return {
        "task": row.task.code,
        "change": row.move,
        "words": row.words,
        "newly_done": row.newly_done,
        "newly_overdue": row.newly_overdue,
        "before": _standing(row.before, row.percent_before),
        "after": _standing(row.after, row.percent_after),
    }


def _standing(standing: Standing | None, percent: float | None) -> dict[str, Any] | None:
    if standing is None:
        return None
    state = standing.timeliness
    return {
        "state": standing.state,
        "progress": standing.progress,
        "timeliness": state.code if state else None,
        "days": state.days if state else None,
        "percent": percent,
    }


def _indicator(item: IndicatorChange) -> dict[str, Any]:
    return {
        "indicator": item.indicator.code,
        "unit": item.unit,
        "measure": item.measure,
        "before": item.before,
        "after": item.after,
        "state_before": item.state_before,
        "state_after": item.state_after,
        "difference": item.difference,
        "reached_before": item.reached_before,
        "reached_after": item.reached_after,
    }


def _unit(item: UnitChange) -> dict[str, Any]:
    return {
        "unit": item.unit,
        "name": item.name,
        "reported_before": item.reported_before,
        "reported_after": item.reported_after,
        "on_time_before": item.on_time_before,
        "on_time_after": item.on_time_after,
    }
