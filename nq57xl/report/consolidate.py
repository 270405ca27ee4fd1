"""Joins the counting returns of a period to the plan, row by row; a blank stays a blank, never a zero."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from attrs import frozen

from nq57xl.plan.names import name_on
from nq57xl.records.consolidation import (
    Consolidation,
    Contribution,
    Entry,
    FreeRow,
    RowState,
    Standing,
    TaskRow,
    Traced,
    UnitReport,
)
from nq57xl.records.ledger import Carried, PeriodStatus, UnitStatus
from nq57xl.records.plan import Period, Plan, Task
from nq57xl.records.returns import Value
from nq57xl.records.schema import Schema
from nq57xl.report.indicators import indicator_row
from nq57xl.report.timeliness import timeliness

SLOWEST_FIRST = ("not_started", "in_progress", "not_arisen", "ongoing", "done")
"""Order in which reports of a collective lead decide: the least advanced unit decides."""
COLLECTIVE_RULE = (
    "Nhiệm vụ có nhiều đơn vị chủ trì chỉ tính «Hoàn thành» khi tất cả các đơn vị đã hoàn thành; nếu không, lấy theo "
    "đơn vị chậm nhất (thứ tự từ chậm đến nhanh: Chưa thực hiện, Đang thực hiện, Chưa phát sinh, Thường xuyên, "
    "Hoàn thành); còn đơn vị chưa báo cáo thì ghi «Chưa báo cáo đủ»."
)

Cells = Mapping[tuple[str, str], Mapping[str, Value]]
"""(table, row key) -> field -> value, of one unit."""


@frozen
class Reports:
    """The counting returns by unit, and the names of units."""

    cells: Mapping[str, Cells]
    expected: frozenset[str]
    names: Mapping[str, str]
    before: Mapping[str, Cells]
    """Rows reported as done in an earlier period, by unit."""

    def row(self, unit: str, table: str, key: str) -> dict[str, Value]:
        """Typed cells of a unit's row by field; empty when there are none."""
        return dict(self.cells.get(unit, {}).get((table, key), {}))

    def has(self, unit: str) -> bool:
        """The unit has an accepted return."""
        return unit in self.cells


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
        indicators=tuple(indicator_row(item, reports) for item in plan.indicators),
        free=tuple(_free_rows(schema, status)),
        units=tuple(UnitReport(item, _signoff(item)) for item in status.units),
        traced=tuple(_traced(plan, schema, status)),
    )


def _reports(plan: Plan, status: PeriodStatus) -> Reports:
    names = {unit.code: unit.name for unit in plan.units} | {unit.code: unit.name for unit in status.units}
    cells = {unit.code: _by_row(unit) for unit in status.units if unit.counting is not None}
    before = {unit.code: _grouped(item.value for item in unit.carried) for unit in status.units}
    return Reports(cells, frozenset(unit.code for unit in status.units), names, before)


def _by_row(unit: UnitStatus) -> Cells:
    return _grouped(_values(unit))


def _grouped(values: Iterable[Value]) -> Cells:
    rows: dict[tuple[str, str], dict[str, Value]] = {}
    for value in values:
        rows.setdefault((value.table, value.key), {})[value.field] = value
    return rows


def _values(unit: UnitStatus) -> tuple[Value, ...]:
    """Typed cells of the counting return; a cell that holds nothing is none."""
    if unit.counting is None:
        return ()
    return tuple(item for item in unit.counting.judged.values if item.typed.strip() or item.value is not None)


def _task_row(task: Task, plan: Plan, period: Period, reports: Reports) -> TaskRow:
    entries = tuple(_entry(unit, task, plan, period, reports) for unit in task.lead_units)
    contributions = tuple(_contribution(unit, task, reports) for unit in task.support_units)
    return TaskRow(task, standing_of(task, entries, period, plan.settings.at_risk_days), entries, contributions)


def _entry(unit: str, task: Task, plan: Plan, period: Period, reports: Reports) -> Entry:
    values = reports.row(unit, "led", task.code)
    done = dict(reports.before.get(unit, {}).get(("led", task.code), {}))
    before = "progress" in done and "progress" not in values
    if before:
        values = done
    progress = values["progress"].value if "progress" in values else None
    if not isinstance(progress, str) or progress not in SLOWEST_FIRST:
        return Entry(unit, reports.names.get(unit, unit), unit in reports.expected, values)
    completed = values["completion_date"].value if "completion_date" in values else None
    state = timeliness(
        progress,
        task.due,
        period.cutoff,
        completed if isinstance(completed, dt.date) else None,
        plan.settings.at_risk_days,
    )
    return Entry(unit, reports.names.get(unit, unit), unit in reports.expected, values, progress, state, before)


def standing_of(task: Task, entries: tuple[Entry, ...], period: Period, margin: int) -> Standing:
    """Where the row stands as a whole: by its one lead, or by COLLECTIVE_RULE."""
    if task.done_before:
        return Standing("done_before")
    expected = [entry for entry in entries if entry.expected or entry.reported]
    if not expected:
        return Standing("outside")
    if all(entry.before for entry in expected):
        return Standing("done_before")
    reported = [entry for entry in expected if entry.reported]
    if len(reported) < len(expected):
        state: RowState = "partly_reported" if reported else "unreported"
        return Standing(state)
    slowest = min(reported, key=lambda entry: SLOWEST_FIRST.index(entry.progress or ""))
    if slowest.progress != "done":
        return Standing("reported", slowest.progress, slowest.timeliness, slowest.unit)
    days = [entry.value("completion_date") for entry in reported]
    known = [day for day in days if isinstance(day, dt.date)]
    last = max(known) if len(known) == len(days) else None
    decider = next((entry.unit for entry in reported if entry.value("completion_date") == last), slowest.unit)
    return Standing("reported", "done", timeliness("done", task.due, period.cutoff, last, margin), decider)


def _contribution(unit: str, task: Task, reports: Reports) -> Contribution:
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


def _free_rows(schema: Schema, status: PeriodStatus) -> Iterable[FreeRow]:
    for table in (item.name for item in schema.tables if item.free):
        for unit in status.units:
            rows: dict[str, dict[str, Value]] = {}
            for value in _values(unit):
                if value.table == table:
                    rows.setdefault(value.key, {})[value.field] = value
            for key in sorted(rows, key=lambda key: (len(key), key)):
                yield FreeRow(table, unit.code, unit.name, key, rows[key])


def _signoff(unit: UnitStatus) -> dict[str, Value]:
    return {value.field: value for value in _values(unit) if value.table == "signoff"}


def _traced(plan: Plan, schema: Schema, status: PeriodStatus) -> Iterable[Traced]:
    """Every typed cell in the order in which people look for it: unit, table, row of the plan, field."""
    fields = {(table.name, item.name): item for table in schema.tables for item in table.fields}
    order_of_field = {pair: index for index, pair in enumerate(fields)}
    tables = {table.name: index for index, table in enumerate(schema.tables)}
    rows = {code: i for i, code in enumerate([*(t.code for t in plan.tasks), *(x.code for x in plan.indicators)])}

    def place(value: Value) -> tuple[int, int, int, str, int, str]:
        pair = (value.table, value.field)
        row = rows.get(value.key, len(rows))
        return (
            tables.get(value.table, len(tables)),
            row,
            len(value.key),
            value.key,
            order_of_field.get(pair, 999),
            value.field,
        )

    for unit in status.units:
        own = unit.counting.judged.source if unit.counting else None
        cells = [Carried(value, value.origin or own) for value in _values(unit)] if own else []
        told = {(cell.value.table, cell.value.key) for cell in cells}
        cells += [cell for cell in unit.carried if (cell.value.table, cell.value.key) not in told]
        for cell in sorted(cells, key=lambda cell: place(cell.value)):
            value = cell.value
            known = fields.get((value.table, value.field))
            contact = known.contact if known is not None else value.field in ("phone", "email")
            yield Traced(unit.code, unit.name, value, cell.source, contact)


def _letterhead(plan: Plan, day: dt.date) -> tuple[str, str, str, str]:
    own = plan.properties
    return (name_on(own.parent, day), name_on(own.agency, day), name_on(own.recipient, day), name_on(own.place, day))
