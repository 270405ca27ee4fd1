"""What the accepted returns of a period say together, beside the plan; a blank stays a blank, never a zero."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Literal

from attrs import field, frozen

from nq57xl.forms.model import Source, Value
from nq57xl.ledger.model import Addendum, AppliedEdit, CarriedCell, CellKey, Closing, PeriodStatus, UnitStatus
from nq57xl.plan.deadlines import Comparator, Deadline
from nq57xl.plan.model import Indicator, Measure, Period, Plan, Task, name_on
from nq57xl.plan.periods import parse_period
from nq57xl.rules.load import Quality, Vocabulary
from nq57xl.rules.schema import CellValue, Schema
from nq57xl.text.legacy import fold

_TimelinessCode = Literal["on_time", "late", "overdue", "at_risk", "on_track", "undated", "not_applicable"]
_RowState = Literal["reported", "unreported", "partly_reported", "done_before", "outside"]
"""`outside`: led only by units that get no form; `partly_reported`: some leads of a collective row are missing."""
IndicatorState = Literal["reported", "no_data", "unreported", "outside"]


@frozen
class Timeliness:
    """Where a row stands against its deadline (contract: computed, never typed)."""

    code: _TimelinessCode
    days: int | None = None
    """Whole days: left until D when not done, negative when overdue; F − D when done; None where nothing is counted."""


@frozen
class LeadEntry:
    """What one unit reported on one row it leads."""

    unit: str
    name: str
    expected: bool
    """False: the unit gets no form."""
    values: dict[str, Value] = field(factory=dict)
    """Typed cells by field; a blank cell is not here."""
    progress: str | None = None
    """Progress code; None: not reported, which is never "not started"."""
    timeliness: Timeliness | None = None
    before: bool = False
    """True: reported as done in an earlier period; the values are those of that return."""
    after_cutoff: dt.date | None = None
    """The day on which it was completed, where that is after the cut-off: in progress in this period's figures."""

    @property
    def reported(self) -> bool:
        """The unit has told where the row stands."""
        return self.progress is not None

    def value(self, name: str) -> CellValue:
        """Typed value of a field, None when blank."""
        cell = self.values.get(name)
        return None if cell is None else cell.value


@frozen
class Contribution:
    """What one supporting unit reported on one row."""

    unit: str
    name: str
    state: Literal["text", "nothing", "unreported", "outside"]
    """`nothing`: "không phát sinh", on the row or by the unit's one statement for all."""
    value: Value | None = None
    """The text, where there is one."""


@frozen
class RowStanding:
    """Where a whole row stands; of a collective lead by the stated rule (`COLLECTIVE_RULE`)."""

    state: _RowState
    progress: str | None = None
    timeliness: Timeliness | None = None
    decided_by: str = ""
    """Code of the unit whose report decides."""


@frozen
class TaskRow:
    """One row ("đầu việc") of the plan with everything reported on it."""

    task: Task
    standing: RowStanding
    entries: tuple[LeadEntry, ...]
    """One for each lead unit, in the plan's order."""
    contributions: tuple[Contribution, ...]


@frozen
class IndicatorEntry:
    """What one unit reported on one indicator."""

    unit: str
    name: str
    state: IndicatorState
    values: dict[str, Value] = field(factory=dict)
    result: float | str | None = None
    """The value, or numerator over denominator; a percentage is a fraction; "yes", "no" for a choice."""
    shown: float | str | None = None
    """The result as all pages show it and as it is compared with the target: see `_rounded_result`."""
    computed: bool = False
    """True: the result is numerator over denominator."""
    reached: bool | None = None
    """None: nothing to compare, or no target that a number can be compared with."""
    gap: float | None = None
    """What is shown − target, in the target's unit (fraction for percentages)."""


@frozen
class IndicatorRow:
    """One indicator with what its units reported; values of several units are never added up."""

    indicator: Indicator
    entries: tuple[IndicatorEntry, ...]
    due: dt.date
    """The day by which the target is to be reached: the one that it names, else the end of the plan's year."""
    judged: bool
    """The day has come: what is short of the target now has missed it."""

    @property
    def measure(self) -> Measure:
        """How its results are told."""
        return self.indicator.measure


@frozen
class FreeRow:
    """One row that a unit added by itself: a proposed task, a general difficulty."""

    table: str
    unit: str
    name: str
    key: str
    values: dict[str, Value]

    def text(self, name: str) -> str:
        """Typed text of a field, "" when blank."""
        cell = self.values.get(name)
        return "" if cell is None else cell.typed


@frozen
class UnitReport:
    """One expected unit with the sign-off of its counting return."""

    status: UnitStatus
    signoff: dict[str, Value]

    def text(self, name: str) -> str:
        """Typed text of a sign-off field, "" when blank."""
        cell = self.signoff.get(name)
        return "" if cell is None else cell.typed


@frozen
class TracedCell:
    """One typed cell of a counting return with where it came from: a line of "Nguồn số liệu"."""

    unit: str
    name: str
    value: Value
    source: Source
    contact: bool
    """True: a personal contact, shown in noi-bo.xlsx only."""


@frozen
class PastPeriod:
    """What the report of a later period shows of one long before it."""

    period: Period
    counts: dict[str, int]
    """Of rows, units and indicators, by the names of `results.overview.trend_counts`."""
    results: dict[str, float]
    """"indicator code|unit code" -> the result as shown, where it is a number."""
    edits: tuple[AppliedEdit, ...]
    """Those that were applied: a cell that still holds may be one of them."""


@frozen
class Consolidation:
    """Everything that the report of a period shows."""

    plan: Plan
    period: Period
    schema: Schema
    status: PeriodStatus
    letterhead: tuple[str, str, str, str]
    """Parent agency, agency, recipient and place, by their names valid on the day the report is due."""
    tasks: tuple[TaskRow, ...]
    indicators: tuple[IndicatorRow, ...]
    free: tuple[FreeRow, ...]
    units: tuple[UnitReport, ...]
    traced: tuple[TracedCell, ...]
    earlier_periods: tuple[Consolidation, ...] = ()
    """Periods of the same kind before this one, oldest first, each without earlier ones of its own."""
    past: tuple[PastPeriod, ...] = ()
    """Those before `earlier_periods`, oldest first: what trends show of them."""
    vocabulary: Vocabulary = field(factory=Vocabulary)
    """The words of the report, by the office's setting."""
    quality: Quality | None = None
    """The scheme of the quality score; None: the office has not set it on."""
    edits: tuple[AppliedEdit, ...] = ()
    """The office's own edits, in the order of recording; `values` and `traced` hold those that are applied."""
    closing: Closing | None = None
    """Set: the period is closed, and everything here is as it was then."""
    office_texts: Mapping[str, str] = field(factory=dict)
    """What the office itself says in the document, by name: "judgement", "steering"."""
    addendum: Addendum | None = None
    """Of a closed period: what came afterwards; None while there is nothing."""
    months: tuple[str, ...] = ()
    """Titles of the months that a longer period is made of; empty where its own forms were answered."""

    @property
    def missing(self) -> tuple[UnitStatus, ...]:
        """Units without an accepted return."""
        return tuple(item.status for item in self.units if item.status.counting is None)

    @property
    def edited(self) -> dict[CellKey, AppliedEdit]:
        """The edits that are applied, by (unit, table, row key, field)."""
        return {item.edit.new.place: item for item in self.edits if item.state == "applied"}

    @cached_property
    def percents(self) -> frozenset[str]:
        """Codes of the indicators that are told in percent."""
        return frozenset(item.code for item in self.plan.indicators if item.measure == "percent")

    @property
    def cutoff(self) -> dt.date:
        """C of the contract."""
        return self.period.cutoff


_OPEN = ("in_progress", "not_started")
_BY_DAY = re.compile(r"\b(?:đến|hết|trước|trong|chậm nhất)\s.*", re.IGNORECASE | re.DOTALL)


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
    if isinstance(stated, int | float):
        return float(stated), False
    if isinstance(stated, str):
        return stated, False
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
        free=tuple(_free_rows(schema, status)),
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


def _values(unit: UnitStatus) -> tuple[Value, ...]:
    """Typed cells of the counting return; a cell that holds nothing is none."""
    if unit.counting is None:
        return ()
    return tuple(item for item in unit.counting.judged.values if item.typed.strip() or item.value is not None)


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
    if not isinstance(progress, str) or progress not in SLOWEST_FIRST:
        return LeadEntry(unit, reports.names.get(unit, unit), unit in reports.expected, values)
    told = values["completion_date"].value if "completion_date" in values else None
    completed = _day(told) if isinstance(told, dt.date) else None
    later = completed if progress == "done" and completed is not None and completed > period.cutoff else None
    if later is not None:
        progress = "in_progress"
    state = timeliness(progress, task.due, period.cutoff, completed, plan.settings.at_risk_days)
    expected = unit in reports.expected
    return LeadEntry(unit, reports.names.get(unit, unit), expected, values, progress, state, before, later)


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
        state: _RowState = "partly_reported" if reported else "unreported"
        return RowStanding(state)
    slowest = min(reported, key=lambda entry: SLOWEST_FIRST.index(entry.progress or ""))
    if slowest.progress != "done":
        return RowStanding("reported", slowest.progress, slowest.timeliness, slowest.unit)
    days = [entry.value("completion_date") for entry in reported]
    known = [day for day in days if isinstance(day, dt.date)]
    last = max(known) if len(known) == len(days) else None
    decider = next((entry.unit for entry in reported if entry.value("completion_date") == last), slowest.unit)
    return RowStanding("reported", "done", timeliness("done", task.due, period.cutoff, last, margin), decider)


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


def _traced(plan: Plan, schema: Schema, status: PeriodStatus) -> Iterable[TracedCell]:
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
        cells = [CarriedCell(value, value.origin or own) for value in _values(unit)] if own else []
        told = {(cell.value.table, cell.value.key) for cell in cells}
        cells += [cell for cell in unit.carried if (cell.value.table, cell.value.key) not in told]
        for cell in sorted(cells, key=lambda cell: place(cell.value)):
            value = cell.value
            known = fields.get((value.table, value.field))
            contact = known.contact if known is not None else value.field in ("phone", "email")
            yield TracedCell(unit.code, unit.name, value, cell.source, contact)


def _letterhead(plan: Plan, day: dt.date) -> tuple[str, str, str, str]:
    own = plan.properties
    return (name_on(own.parent, day), name_on(own.agency, day), name_on(own.recipient, day), name_on(own.place, day))
