"""What the report of a period knows: rows, indicators and units with what was reported, and how that is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from attrs import field, frozen

from nq57xl.forms.filled import cited
from nq57xl.forms.model import Source, Value
from nq57xl.ledger.model import Addendum, AppliedEdit, CellKey, Closing, PeriodStatus, UnitStatus
from nq57xl.plan.model import Indicator, Measure, Period, Plan, Task
from nq57xl.results.wording import (
    DONE_BEFORE,
    OUTSIDE,
    PARTLY_REPORTED,
    STAGES,
    TIMELINESS,
    UNREPORTED,
    points,
    result_text,
    shown,
)
from nq57xl.rules.load import Quality, Vocabulary
from nq57xl.rules.schema import CellValue, Schema, vietnamese_date, vietnamese_number
from nq57xl.text.legacy import one_line

_TimelinessCode = Literal["on_time", "late", "overdue", "at_risk", "on_track", "undated", "not_applicable"]
_RowState = Literal["reported", "unreported", "partly_reported", "done_before", "outside"]
"""`outside`: led only by units that get no form; `partly_reported`: some leads of a collective row are missing."""
_IndicatorState = Literal["reported", "no_data", "unreported", "outside"]


@frozen
class Timeliness:
    """Where a row stands against its deadline (contract.md 3.2: computed, never typed)."""

    code: _TimelinessCode
    days: int | None = None
    """Whole days: left until D when not done, negative when overdue; F − D when done; None where nothing is counted."""


class _Reported:
    """How far a row has come, as a whole or as one unit reports it."""

    progress: str | None
    timeliness: Timeliness | None

    @property
    def days_words(self) -> str:
        """ "Quá hạn 14 ngày", "Chậm 3 ngày", "Còn 5 ngày"; "" where no days are counted."""
        if self.timeliness is None or self.timeliness.days is None:
            return ""
        days = self.timeliness.days
        words = {"overdue": f"Quá hạn {-days} ngày", "late": f"Chậm {days} ngày"}
        left = f"Còn {days} ngày"
        return (words | {"at_risk": left, "on_track": left}).get(self.timeliness.code, "")

    def _told(self, c: Consolidation) -> tuple[str, str] | None:
        """Progress in words, and how the row stands against its deadline; "" where there is nothing to say."""
        if self.progress is None or self.timeliness is None:
            return None
        code = self.timeliness.code
        words = c.vocabulary.word(self.progress, code) or c.progress_words[self.progress]
        undated = self.progress == "done" and code == "undated"
        return words, "" if undated else TIMELINESS.get(code, "")

    @property
    def _stage(self) -> str:
        if self.progress is None or self.timeliness is None:
            return UNREPORTED
        if self.progress == "done":
            return STAGES[1 if self.timeliness.code == "late" else 0]
        return STAGES[{"on_track": 2, "at_risk": 3, "overdue": 4, "undated": 5}.get(self.timeliness.code, 6)]


@frozen
class LeadEntry(_Reported):
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

    @property
    def reported(self) -> bool:
        """The unit has told where the row stands."""
        return self.progress is not None

    def value(self, name: str) -> CellValue:
        """Typed value of a field, None when blank."""
        cell = self.values.get(name)
        return None if cell is None else cell.value

    def words(self, row: TaskRow, c: Consolidation) -> tuple[str, str]:
        """`RowStanding.words` of what the unit reported."""
        if self._is_before(row):
            return DONE_BEFORE, ""
        return self._told(c) or ((UNREPORTED if self.expected else OUTSIDE), "")

    def stage(self, row: TaskRow) -> str:
        """Which of STAGES the row is in by what the unit reported."""
        if self._is_before(row):
            return STAGES[0]
        return self._stage if self.reported or self.expected else OUTSIDE

    def _is_before(self, row: TaskRow) -> bool:
        return self.before or (row.standing.state == "done_before" and not self.reported)

    @property
    def done_later(self) -> str:
        """That the row is done, and when, where that is after the cut-off: not in this period's figures; else ""."""
        day = self.value("completion_date")
        if self.progress == "in_progress" and self.value("progress") == "done" and isinstance(day, dt.date):
            return f"hoàn thành sau ngày chốt, ngày {vietnamese_date(day)}"
        return ""

    def share(self, schema: Schema) -> str:
        """ "45%" of a row under way, or `done_later`; "" of any other."""
        under_way = self.progress == "in_progress"
        return self.done_later or (shown(self.values.get("percent"), schema) if under_way else "")

    def evidence(self, schema: Schema) -> str:
        """Evidence as documents are cited: number, date, abstract; the link on its own line."""
        title, link = (shown(self.values.get(name), schema) for name in ("evidence_title", "evidence_link"))
        return "\n".join(filter(None, (": ".join(filter(None, (self.document(schema), title))), link)))

    def document(self, schema: Schema) -> str:
        """Number and date as the unit cites its documents in one cell, else put together: "123/QĐ ngày 09/04/2026"."""
        number, day = (self.values.get(name) for name in ("evidence_number", "evidence_date"))
        if whole := cited(number, day):
            return whole
        first, second = shown(number, schema), shown(day, schema)
        return " ".join(filter(None, (first, f"ngày {second}" if second else "")))


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
class RowStanding(_Reported):
    """Where a whole row stands; of a collective lead by the stated rule (`COLLECTIVE_RULE`)."""

    state: _RowState
    progress: str | None = None
    timeliness: Timeliness | None = None
    decided_by: str = ""
    """Code of the unit whose report decides."""

    @property
    def is_done(self) -> bool:
        """The row is done, in this period or before it."""
        return self.state == "done_before" or self.progress == "done"

    def words(self, c: Consolidation) -> tuple[str, str]:
        """Progress, in the words that the office chose, and timeliness; a row that nobody reported has none."""
        if self.state == "reported" and (told := self._told(c)):
            return told
        return {"done_before": DONE_BEFORE, "partly_reported": PARTLY_REPORTED, "outside": OUTSIDE}.get(
            self.state, UNREPORTED
        ), ""

    @property
    def stage(self) -> str:
        """Which of STAGES the row is in."""
        return {"done_before": STAGES[0], "outside": OUTSIDE}.get(self.state) or self._stage


@frozen
class TaskRow:
    """One row ("đầu việc") of the plan with everything reported on it."""

    task: Task
    standing: RowStanding
    entries: tuple[LeadEntry, ...]
    """One for each lead unit, in the plan's order."""
    contributions: tuple[Contribution, ...]

    @property
    def percent(self) -> float | None:
        """The percentage of the whole row, as a fraction: 1 when done, else what the deciding unit typed."""
        if self.standing.is_done:
            return 1.0
        told = next((item.value("percent") for item in self.entries if item.unit == self.standing.decided_by), None)
        return float(told) if isinstance(told, int | float) else None

    @property
    def is_silent(self) -> bool:
        """Some unit has not told where the row stands."""
        return self.standing.state in ("unreported", "partly_reported")

    @property
    def is_open(self) -> bool:
        """Not known to be finished, and a row that a deadline applies to."""
        reported = self.standing.state == "reported"
        return self.is_silent or (reported and self.standing.progress in ("in_progress", "not_started"))

    def stands(self, code: str) -> bool:
        """It stands so against its deadline."""
        return self.standing.timeliness is not None and self.standing.timeliness.code == code

    def falls_due(self, first: dt.date, last: dt.date) -> bool:
        """Open, and due from the first of those days to the last."""
        return self.is_open and self.task.due is not None and first <= self.task.due <= last


@frozen
class IndicatorEntry:
    """What one unit reported on one indicator."""

    unit: str
    name: str
    state: _IndicatorState
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


REACHED, UNDER_WAY, MISSED, NO_DATA = "Đạt", "Đang phấn đấu", "Không đạt", "Chưa có số liệu"
"""`UNDER_WAY`: short of a target whose day has not come; `MISSED`: of one whose day has."""
UNCOMPARED = "Chưa so sánh được"
INDICATOR_STATES = (REACHED, UNDER_WAY, MISSED, NO_DATA, UNCOMPARED, UNREPORTED)


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

    @property
    def state(self) -> str:
        """Where it stands: reached when every unit that follows it has reached the target."""
        entries = [entry for entry in self.entries if entry.state != "outside"]
        if not entries or any(entry.state == "unreported" for entry in entries):
            return UNREPORTED
        if any(entry.state == "no_data" for entry in entries):
            return NO_DATA
        if any(entry.reached is None for entry in entries):
            return UNCOMPARED
        return REACHED if all(entry.reached for entry in entries) else self.short

    @property
    def short(self) -> str:
        """What a result below the target is called: the target of a year is not missed in April."""
        return MISSED if self.judged else UNDER_WAY

    def result_words(self, entry: IndicatorEntry) -> str:
        """What one unit reported of it; with numerator and denominator where they were given."""
        words = result_text(entry.shown, self.measure)
        if not entry.computed:
            return words
        cells = [entry.values[name].value for name in ("numerator", "denominator")]
        return words + f" ({'/'.join(vietnamese_number(cell) for cell in cells if isinstance(cell, int | float))})"

    def gap_words(self, entry: IndicatorEntry) -> str:
        """ "thấp hơn mục tiêu 4,5 điểm %", or what is still to go by when; "" where no gap can be told."""
        if not entry.gap:
            return ""
        number, unit = points(entry.gap, self.measure)
        if not entry.reached and not self.judged:
            return f"còn {vietnamese_number(abs(number))}{unit} đến ngày {vietnamese_date(self.due)}"
        return f"{'cao' if number > 0 else 'thấp'} hơn mục tiêu {vietnamese_number(abs(number))}{unit}"


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

    @property
    def place(self) -> CellKey:
        """Unit, table, row key, field."""
        return (self.unit, *self.value.form_cell)


@frozen
class PastPeriod:
    """What the report of a later period shows of one long before it."""

    period: Period
    counts: dict[str, int]
    """Of rows, units and indicators, by the names of `results.overview.Figures.trend`."""
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
        """C of contract.md 3.2."""
        return self.period.cutoff

    @property
    def title(self) -> str:
        """Subject of the report: "Kết quả thực hiện Kế hoạch triển khai ..."."""
        title = one_line(self.plan.properties.title)
        if not title.casefold().startswith("kế hoạch"):
            title = f"Kế hoạch {title[:1].lower()}{title[1:]}"
        return f"Kết quả thực hiện {title}"

    @property
    def sections(self) -> list[tuple[str, str]]:
        """Number and title of every section that has rows, in the plan's order."""
        titles = {section.number: section.title for section in self.plan.sections}
        return [(number, titles.get(number, "")) for number in dict.fromkeys(row.task.section for row in self.tasks)]

    @property
    def groups(self) -> list[tuple[str, str]]:
        """Number and title of every indicator group that has indicators."""
        titles = {group.number: group.title for group in self.plan.indicator_groups}
        present = dict.fromkeys(row.indicator.group for row in self.indicators)
        return [(number, titles.get(number, "")) for number in present]

    @property
    def stages(self) -> tuple[str, ...]:
        """Those of STAGES that are counted: the one for outside leads only where the plan has such rows."""
        outside = any(row.standing.state == "outside" for row in self.tasks)
        return STAGES if outside else tuple(words for words in STAGES if words != OUTSIDE)

    @cached_property
    def progress_words(self) -> dict[str, str]:
        """Progress code -> words, in the order of the list."""
        return {item.code: item.title for item in self.schema.lists["progress"]}

    @property
    def progress_order(self) -> tuple[str, ...]:
        """Every wording of a reported row, most advanced first, each once."""
        order = ("done", "in_progress", "ongoing", "not_started", "not_arisen")
        words = (self.vocabulary.words.get(code) or {"": self.progress_words[code]} for code in order)
        return tuple(dict.fromkeys(word for of_code in words for word in of_code.values()))
