"""What the accepted returns of a period say together, beside the plan; a blank stays a blank, never a zero."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from attrs import frozen

from nq57xl.forms.model import Value
from nq57xl.ledger.model import CarriedCell, PeriodStatus, UnitStatus
from nq57xl.plan.deadlines import Comparator, Deadline
from nq57xl.plan.model import Indicator, Measure, Period, Plan, Task, name_on
from nq57xl.plan.periods import parse_period
from nq57xl.results.model import (
    Consolidation,
    Contribution,
    FreeRow,
    IndicatorEntry,
    IndicatorRow,
    LeadEntry,
    RowStanding,
    TaskRow,
    Timeliness,
    TracedCell,
    UnitReport,
)
from nq57xl.rules.schema import Schema
from nq57xl.text.legacy import fold

_OPEN = ("in_progress", "not_started")
_BY_DAY = re.compile(r"\b(?:đến|hết|trước|trong|chậm nhất)\s.*", re.IGNORECASE | re.DOTALL)


def _timeliness(
    progress: str, due: dt.date | None, cutoff: dt.date, completed: dt.date | None, margin: int
) -> Timeliness:
    """Timeliness of a reported row (contract.md 3.2).

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


_EQUAL = 1e-9


_Cells = Mapping[tuple[str, str], Mapping[str, Value]]
"""(table, row key) -> field -> value, of one unit."""


@frozen
class _UnitReturns:
    """The counting returns by unit, and the names of units."""

    cells: Mapping[str, _Cells]
    expected: frozenset[str]
    names: Mapping[str, str]
    before: Mapping[str, _Cells]
    """Rows reported as done in an earlier period, by unit."""

    def row(self, unit: str, table: str, key: str) -> dict[str, Value]:
        """Typed cells of a unit's row by field; empty when there are none."""
        return dict(self.cells.get(unit, {}).get((table, key), {}))


def _indicator_row(indicator: Indicator, plan: Plan, period: Period, reports: _UnitReturns) -> IndicatorRow:
    """The indicator with the entry of each unit that follows it.

    Data of a year end on its last day of data (14 December by Decree 09/2019/NĐ-CP, Article 12): there is no later
    report in which a target of the year could be judged.
    """
    entries = tuple(_indicator_entry(indicator, unit, reports) for unit in indicator.lead_units)
    year = plan.properties.year
    due = _target_day(indicator, year) or dt.date(year, 12, 31)
    last = min(due, parse_period(str(year), plan.properties).cutoff) if due.year == year else due
    return IndicatorRow(indicator, entries, due, period.cutoff >= last)


def _target_day(indicator: Indicator, year: int) -> dt.date | None:
    """The day that a target or its note names: "≥ 90% đến hết quý II/2026"."""
    named = _BY_DAY.search(f"{indicator.target.text} {indicator.note}")
    return Deadline.read(named[0], year).date if named else None


def _indicator_entry(indicator: Indicator, unit: str, reports: _UnitReturns) -> IndicatorEntry:
    name = reports.names.get(unit, unit)
    values = reports.row(unit, "indicator", indicator.code)
    result, computed = _result(values, indicator.measure)
    told = "numerator" in values and "denominator" in values
    if result is None and not told:
        if "no_data" in values:
            return IndicatorEntry(unit, name, "no_data", values)
        return IndicatorEntry(unit, name, "unreported" if unit in reports.expected else "outside", values)
    shown = _rounded_result(result, indicator)
    reached, gap = _against_target(indicator, shown)
    return IndicatorEntry(unit, name, "reported", values, result, shown, computed, reached, gap)


def _result(values: dict[str, Value], measure: Measure) -> tuple[float | str | None, bool]:
    stated = values["value"].value if "value" in values else None
    if isinstance(stated, int | float | str):
        return stated if isinstance(stated, str) else float(stated), False
    part, whole = (values[name].value if name in values else None for name in ("numerator", "denominator"))
    # a quotient says something only where the target is a percentage, and nothing when the whole is zero
    if measure == "percent" and isinstance(part, int | float) and isinstance(whole, int | float) and whole:
        return part / whole, True
    return None, False


_DECIMALS = 4
"""Of a result as shown: percentages, which are fractions here, to two decimals."""
_LONG = 1e15
"""A number from here on is no longer told with all its digits."""


def _rounded_result(result: float | str | None, indicator: Indicator) -> float | str | None:
    """A result as it is shown and compared: a number to four decimals, or to as many as its target has.

    A page that shows 90,0 % of 90 % says "Đạt": nobody sees the digits that a finer comparison would go by.
    """
    if not isinstance(result, float) or abs(result) >= _LONG:
        return result
    target = Decimal(repr(indicator.target.value or 0)).normalize().as_tuple().exponent
    decimals = max(_DECIMALS, -target if isinstance(target, int) else 0)
    return float(Decimal(repr(result)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def _against_target(indicator: Indicator, result: float | str | None) -> tuple[bool | None, float | None]:
    target = indicator.target
    if isinstance(result, str):
        wanted = "no" if fold(target.text) == "không" else "yes"
        return (result == wanted if indicator.measure == "choice" else None), None
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


SLOWEST_FIRST = ("not_started", "in_progress", "not_arisen", "ongoing", "done")
"""Order in which reports of a collective lead decide: the least advanced unit decides."""
COLLECTIVE_RULE = (
    "Nhiệm vụ có nhiều đơn vị chủ trì chỉ tính «Hoàn thành» khi tất cả các đơn vị đã hoàn thành; nếu không, lấy theo "
    "đơn vị chậm nhất (thứ tự từ chậm đến nhanh: Chưa thực hiện, Đang thực hiện, Chưa phát sinh, Thường xuyên, "
    "Hoàn thành); còn đơn vị chưa báo cáo thì ghi «Chưa báo cáo đủ»."
)


def consolidate(plan: Plan, period: Period, schema: Schema, status: PeriodStatus) -> Consolidation:
    """The period's consolidation from the accepted returns in `status`; pure, the same input gives the same record."""
    reports = _reports(plan, status)
    return Consolidation(
        plan=plan,
        period=period,
        schema=schema,
        status=status,
        letterhead=_letterhead(plan, period.report_due),
        tasks=tuple(_task_row(task, plan, period, reports) for task in plan.tasks),
        indicators=tuple(_indicator_row(item, plan, period, reports) for item in plan.indicators),
        free=tuple(_free_rows(schema, status, reports)),
        units=tuple(UnitReport(item, _signoff(item)) for item in status.units),
        traced=tuple(_traced(plan, schema, status)),
    )


def _reports(plan: Plan, status: PeriodStatus) -> _UnitReturns:
    names = {unit.code: unit.name for unit in plan.units} | {unit.code: unit.name for unit in status.units}
    cells = {unit.code: _grouped(_values(unit)) for unit in status.units if unit.counting is not None}
    before = {unit.code: _grouped(item.value for item in unit.carried) for unit in status.units}
    return _UnitReturns(cells, frozenset(unit.code for unit in status.units), names, before)


def _grouped(values: Iterable[Value]) -> _Cells:
    rows: dict[tuple[str, str], dict[str, Value]] = {}
    for value in values:
        rows.setdefault((value.table, value.key), {})[value.field] = value
    return rows


def _values(unit: UnitStatus) -> Iterable[Value]:
    """Typed cells of the counting return; a cell that holds nothing is none."""
    return unit.counting.judged.filled.values() if unit.counting else ()


def _task_row(task: Task, plan: Plan, period: Period, reports: _UnitReturns) -> TaskRow:
    entries = tuple(_entry(unit, task, plan, period, reports) for unit in task.lead_units)
    contributions = tuple(_contribution(unit, task, reports) for unit in task.support_units)
    return TaskRow(task, _standing_of(task, entries, period, plan.settings.at_risk_days), entries, contributions)


def _entry(unit: str, task: Task, plan: Plan, period: Period, reports: _UnitReturns) -> LeadEntry:
    values = reports.row(unit, "led", task.code)
    done = dict(reports.before.get(unit, {}).get(("led", task.code), {}))
    before = "progress" in done and "progress" not in values
    if before:
        values = done
    progress = values["progress"].value if "progress" in values else None
    who = (unit, reports.names.get(unit, unit), unit in reports.expected)
    if not isinstance(progress, str) or progress not in SLOWEST_FIRST:
        return LeadEntry(*who, values)
    told = values["completion_date"].value if "completion_date" in values else None
    completed = _day(told) if isinstance(told, dt.date) else None
    later = completed if progress == "done" and completed is not None and completed > period.cutoff else None
    if later is not None:
        progress = "in_progress"
    state = _timeliness(progress, task.due, period.cutoff, completed, plan.settings.at_risk_days)
    return LeadEntry(*who, values, progress, state, before, later)


def _standing_of(task: Task, entries: tuple[LeadEntry, ...], period: Period, margin: int) -> RowStanding:
    """Where the row stands as a whole: by its one lead, or by COLLECTIVE_RULE."""
    if task.done_before:
        return RowStanding("done_before")
    expected = [entry for entry in entries if entry.expected or entry.reported]
    if not expected:
        return RowStanding("outside")
    if all(entry.before for entry in expected):
        return RowStanding("done_before")
    reported = [entry for entry in expected if entry.reported]
    if len(reported) < len(expected):
        return RowStanding("partly_reported" if reported else "unreported")
    slowest = min(reported, key=lambda entry: SLOWEST_FIRST.index(entry.progress or ""))
    if slowest.progress != "done":
        return RowStanding("reported", slowest.progress, slowest.timeliness, slowest.unit)
    days = [entry.value("completion_date") for entry in reported]
    known = [day for day in days if isinstance(day, dt.date)]
    last = max(known) if len(known) == len(days) else None
    decider = next((entry.unit for entry in reported if entry.value("completion_date") == last), slowest.unit)
    return RowStanding("reported", "done", _timeliness("done", task.due, period.cutoff, last, margin), decider)


def _contribution(unit: str, task: Task, reports: _UnitReturns) -> Contribution:
    name = reports.names.get(unit, unit)
    if unit not in reports.expected:
        return Contribution(unit, name, "outside")
    row = reports.row(unit, "supporting", task.code)
    if "contribution" in row:
        return Contribution(unit, name, "text", row["contribution"])
    stated = reports.row(unit, "statement", "statement")
    if "nothing" in row or "statement" in stated:
        return Contribution(unit, name, "nothing", row.get("nothing") or stated.get("statement"))
    return Contribution(unit, name, "unreported")


def _free_rows(schema: Schema, status: PeriodStatus, reports: _UnitReturns) -> Iterable[FreeRow]:
    for table in (item.name for item in schema.tables if item.free):
        for unit in status.units:
            own = [key for told, key in reports.cells.get(unit.code, {}) if told == table]
            for key in sorted(own, key=lambda key: (len(key), key)):
                yield FreeRow(table, unit.code, unit.name, key, reports.row(unit.code, table, key))


def _signoff(unit: UnitStatus) -> dict[str, Value]:
    return {value.field: value for value in _values(unit) if value.table == "signoff"}


def _traced(plan: Plan, schema: Schema, status: PeriodStatus) -> Iterable[TracedCell]:
    """Every typed cell in the order in which people look for it: unit, table, row of the plan, field."""
    fields = ((table.name, item.name) for table in schema.tables for item in table.fields)
    order_of_field = {pair: index for index, pair in enumerate(fields)}
    tables = {table.name: index for index, table in enumerate(schema.tables)}
    rows = {code: i for i, code in enumerate([*(t.code for t in plan.tasks), *(x.code for x in plan.indicators)])}

    def place(value: Value) -> tuple[int, int, int, str, int, str]:
        pair = (value.table, value.field)
        row = rows.get(value.key, len(rows))
        field = order_of_field.get(pair, 999)
        return (tables.get(value.table, len(tables)), row, len(value.key), value.key, field, value.field)

    for unit in status.units:
        own = unit.counting.judged.source if unit.counting else None
        cells = [CarriedCell(value, value.origin or own) for value in _values(unit)] if own else []
        told = {(cell.value.table, cell.value.key) for cell in cells}
        cells += [cell for cell in unit.carried if (cell.value.table, cell.value.key) not in told]
        for cell in sorted(cells, key=lambda cell: place(cell.value)):
            value = cell.value
            known = schema.find(value.table, value.field)
            contact = known.contact if known is not None else value.field in ("phone", "email")
            yield TracedCell(unit.code, unit.name, value, cell.source, contact)


def _letterhead(plan: Plan, day: dt.date) -> tuple[str, str, str, str]:
    own = plan.properties
    return (name_on(own.parent, day), name_on(own.agency, day), name_on(own.recipient, day), name_on(own.place, day))
