"""What the accepted returns of a period say together, beside the plan; which rows are late or overdue.

A blank stays a blank, never a zero."""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    if progress not in ("done", "in_progress", "not_started"):
        raise ValueError(f"unknown progress {progress!r}")
    reached = completed if progress == "done" else cutoff
    if due is None or reached is None:
        return Timeliness("undated")
    over = (_day(reached) - _day(due)).days
    if progress == "done":
        return Timeliness("late" if over > 0 else "on_time", over)
    if over > 0:
        return Timeliness("overdue", -over)
    return Timeliness("at_risk" if -over <= margin else "on_track", -over)


def _day(moment: dt.date) -> dt.date:
    """The day of a date that may carry a time: 17:00 on the last day is still that day."""
    return moment.date() if isinstance(moment, dt.datetime) else moment


_Cells = Mapping[tuple[str, str], dict[str, Value]]
"""(table, row key) -> field -> value, of one unit."""


@frozen
class _UnitReturns:
    """The counting returns of a period by unit, beside its plan."""

    plan: Plan
    period: Period
    cells: Mapping[str, _Cells]
    expected: frozenset[str]
    names: Mapping[str, str]
    before: Mapping[str, _Cells]
    """Rows reported as done in an earlier period, by unit."""

    def row(self, unit: str, table: str, key: str) -> dict[str, Value]:
        """Typed cells of a unit's row by field; empty when there are none."""
        return self.cells.get(unit, {}).get((table, key), {})

    def task_row(self, task: Task) -> TaskRow:
        """The row with what its leads and its supporters reported."""
        entries = tuple(self._entry(unit, task) for unit in task.lead_units)
        contributions = tuple(self._contribution(unit, task) for unit in task.support_units)
        return TaskRow(task, self._standing(task, entries), entries, contributions)

    def _entry(self, unit: str, task: Task) -> LeadEntry:
        values = self.row(unit, "led", task.code)
        done = self.before.get(unit, {}).get(("led", task.code), {})
        before = "progress" in done and "progress" not in values
        if before:
            values = done
        progress = values["progress"].value if "progress" in values else None
        who = (unit, self.names.get(unit, unit), unit in self.expected)
        if not isinstance(progress, str) or progress not in SLOWEST_FIRST:
            return LeadEntry(*who, values)
        told = values["completion_date"].value if "completion_date" in values else None
        completed = _day(told) if isinstance(told, dt.date) else None
        cutoff = self.period.cutoff
        if progress == "done" and completed is not None and completed > cutoff:
            progress = "in_progress"  # done in the next period's figures
        state = _timeliness(progress, task.due, cutoff, completed, self.plan.settings.at_risk_days)
        return LeadEntry(*who, values, progress, state, before)

    def _standing(self, task: Task, entries: Sequence[LeadEntry]) -> RowStanding:
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
        decider = next((entry.unit for entry, day in zip(reported, days, strict=True) if day == last), slowest.unit)
        state = _timeliness("done", task.due, self.period.cutoff, last, self.plan.settings.at_risk_days)
        return RowStanding("reported", "done", state, decider)

    def _contribution(self, unit: str, task: Task) -> Contribution:
        name = self.names.get(unit, unit)
        if unit not in self.expected:
            return Contribution(unit, name, "outside")
        row = self.row(unit, "supporting", task.code)
        if "contribution" in row:
            return Contribution(unit, name, "text", row["contribution"])
        stated = self.row(unit, "statement", "statement")
        if "nothing" in row or "statement" in stated:
            return Contribution(unit, name, "nothing", row.get("nothing") or stated.get("statement"))
        return Contribution(unit, name, "unreported")

    def indicator_row(self, indicator: Indicator) -> IndicatorRow:
        """The indicator with the entry of each unit that follows it.

        Data of a year end on its last day of data (14 December by Decree 09/2019/NĐ-CP, Article 12): there is no later
        report in which a target of the year could be judged.
        """
        entries = tuple(self._indicator_entry(indicator, unit) for unit in indicator.lead_units)
        year = self.plan.properties.year
        named = _BY_DAY.search(f"{indicator.target.text} {indicator.note}")  # "≥ 90% đến hết quý II/2026"
        due = (Deadline.read(named[0], year).date if named else None) or dt.date(year, 12, 31)
        last = min(due, parse_period(str(year), self.plan.properties).cutoff) if due.year == year else due
        return IndicatorRow(indicator, entries, due, self.period.cutoff >= last)

    def _indicator_entry(self, indicator: Indicator, unit: str) -> IndicatorEntry:
        name = self.names.get(unit, unit)
        values = self.row(unit, "indicator", indicator.code)
        result, computed = _result(values, indicator.measure)
        told = "numerator" in values and "denominator" in values
        if result is None and not told:
            if "no_data" in values:
                return IndicatorEntry(unit, name, "no_data", values)
            return IndicatorEntry(unit, name, "unreported" if unit in self.expected else "outside", values)
        shown = _rounded_result(result, indicator)
        reached, gap = _against_target(indicator, shown)
        return IndicatorEntry(unit, name, "reported", values, result, shown, computed, reached, gap)


def _result(values: dict[str, Value], measure: Measure) -> tuple[float | str | None, bool]:
    """The result of an indicator, and whether it is numerator over denominator."""
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
    compare = _COMPARED[target.comparator or ">="]
    return compare(0.0 if abs(gap) <= _EQUAL else gap, 0.0), round(gap, 10)


_EQUAL = 1e-9
_COMPARED: Mapping[Comparator, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}


SLOWEST_FIRST = ("not_started", "in_progress", "not_arisen", "ongoing", "done")
"""Order in which reports of a collective lead decide: the least advanced unit decides."""
COLLECTIVE_RULE = (
    "Nhiệm vụ có nhiều đơn vị chủ trì chỉ tính «Hoàn thành» khi tất cả các đơn vị đã hoàn thành; nếu không, lấy theo "
    "đơn vị chậm nhất (thứ tự từ chậm đến nhanh: Chưa thực hiện, Đang thực hiện, Chưa phát sinh, Thường xuyên, "
    "Hoàn thành); còn đơn vị chưa báo cáo thì ghi «Chưa báo cáo đủ»."
)


def consolidate(plan: Plan, period: Period, schema: Schema, status: PeriodStatus) -> Consolidation:
    """The period's consolidation from the accepted returns in `status`; pure, the same input gives the same record."""
    reports = _UnitReturns(
        plan=plan,
        period=period,
        cells={unit.code: _grouped(_values(unit)) for unit in status.units if unit.counting is not None},
        expected=frozenset(unit.code for unit in status.units),
        names={unit.code: unit.name for unit in plan.units} | {unit.code: unit.name for unit in status.units},
        before={unit.code: _grouped(item.value for item in unit.carried) for unit in status.units},
    )
    own, day = plan.properties, period.report_due
    return Consolidation(
        plan=plan,
        period=period,
        schema=schema,
        status=status,
        letterhead=(
            name_on(own.parent, day),
            name_on(own.agency, day),
            name_on(own.recipient, day),
            name_on(own.place, day),
        ),
        tasks=tuple(map(reports.task_row, plan.tasks)),
        indicators=tuple(map(reports.indicator_row, plan.indicators)),
        free=tuple(_free_rows(schema, status, reports)),
        units=tuple(
            UnitReport(item, {value.field: value for value in _values(item) if value.table == "signoff"})
            for item in status.units
        ),
        traced=tuple(_traced(plan, schema, status)),
    )


def _grouped(values: Iterable[Value]) -> _Cells:
    rows: dict[tuple[str, str], dict[str, Value]] = {}
    for value in values:
        rows.setdefault((value.table, value.key), {})[value.field] = value
    return rows


def _values(unit: UnitStatus) -> Iterable[Value]:
    """Typed cells of the counting return; a cell that holds nothing is none."""
    return unit.counting.judged.filled.values() if unit.counting else ()


def _free_rows(schema: Schema, status: PeriodStatus, reports: _UnitReturns) -> Iterable[FreeRow]:
    for table in (item.name for item in schema.tables if item.free):
        for unit in status.units:
            own = [key for told, key in reports.cells.get(unit.code, {}) if told == table]
            for key in sorted(own, key=lambda key: (len(key), key)):
                yield FreeRow(table, unit.code, unit.name, key, reports.row(unit.code, table, key))


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
