"""The plan as its appendix holds it, its version, names that change with time, its amendments; and its JSON."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from attrs import evolve, field, frozen

from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.rules.codec import content_hash, json_fields
from nq57xl.rules.schema import LATER, vietnamese_date
from nq57xl.text.legacy import fold

Measure = Literal["percent", "number", "choice"]
_DueRoll = Literal["", "none", "before", "after"]
IndicatorKind = Literal["", "stock", "flow", "cumulative", "flow_stock"]
"""What a figure counts: what there is on the day, what came in the period, all since the start (domain.md 3.7).

`flow_stock`: the numerator is a flow, the denominator a stock; "": the plan does not say.
"""
_VocabularyCode = Literal["own", "A", "B", "C", "F"]


@frozen
class DatedName:
    """A name with its days of validity: an agency is renamed, the plan's wording stays."""

    name: str
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


@frozen
class Signatory:
    """The signature block (Decree 30/2020/NĐ-CP, Appendix I): authority line, position, name."""

    authority: str = ""
    """"KT. GIÁM ĐỐC"; empty when the head signs."""
    position: str = ""
    """"PHÓ GIÁM ĐỐC"."""
    name: str = ""


@frozen
class AdHocReport:
    """A report beside the calendar that somebody asked for (Decree 09/2019/NĐ-CP, Article 4), with its own days."""

    code: str
    """"2026-DX1"."""
    subject: str = ""
    """What it is about, in words."""
    start: dt.date | None = None
    cutoff: dt.date | None = None
    due: dt.date | None = None
    report_due: dt.date | None = None
    """None: as the units' due day."""
    rows: tuple[str, ...] = ()
    """Codes of tasks and indicators, or beginnings of them ("II", "CT.I"): what alone is asked; () for everything."""

    def asks_for(self, code: str) -> bool:
        """One of its rows is that row's code, or begins it: "II" and "II.2" name II.2.1."""
        return any(f"{code}.".casefold().startswith(f"{item.rstrip('.')}.".casefold()) for item in self.rows)


@frozen
class Properties:
    """What the plan says of itself, and the office's reporting regime."""

    id: str
    """Short ASCII id: "bql-2026"."""
    title: str
    year: int
    number: str = ""
    """Number of the plan's document; blank where unknown, never invented."""
    symbol: str = ""
    """"KH-SXD": the part of the number after the slash."""
    issued_on: dt.date | None = None
    agency: tuple[DatedName, ...] = ()
    """The issuing agency, newest last; the name valid on a day is `name_on`."""
    parent: tuple[DatedName, ...] = ()
    """The agency above it, as in the letterhead: "UBND TỈNH ĐỒNG NAI"."""
    recipient: tuple[DatedName, ...] = ()
    """Who receives the consolidated report: "UBND tỉnh Đồng Nai"."""
    place: tuple[DatedName, ...] = ()
    """Place name for the date line: "Đồng Nai"."""
    gatherer: str = ""
    """Code of the unit that gathers the reports."""
    internal_day: int = 20
    """Units report before this day of the month (of the period's last month)."""
    report_day: int = 25
    """The agency reports before this day."""
    before_is_inclusive: bool = False
    """False: "trước ngày 18" is due on the 17th (contract.md 3.2: the default)."""
    roll_weekends: bool = False
    """True: a due day on Saturday or Sunday moves to the Monday after; `due_roll` says it for every day off."""
    due_roll: _DueRoll = field(default="", metadata=LATER)
    """Where a due day that is a day off moves to; "": as `roll_weekends` says."""
    days_off: tuple[str, ...] = field(default=(), metadata=LATER)
    """Days on which nobody works this year beside weekends and public holidays (swapped days): "02/01/2026"."""
    days_worked: tuple[str, ...] = field(default=(), metadata=LATER)
    """Weekend days that are worked in their place."""
    ad_hoc: tuple[AdHocReport, ...] = field(default=(), metadata=LATER)
    """Reports beside the calendar."""
    cutoff: Literal["decree", "calendar"] = "decree"
    """"decree": Decree 09/2019/NĐ-CP, Article 12 (15th of the month before to 14th); "calendar": whole months."""
    signatory: Signatory = field(factory=Signatory)
    clear_criteria: tuple[str, ...] = ()
    """The "rõ" of this plan: ("rõ người", "rõ việc", ...): five or six, they differ by plan."""


UNDECIDED = "Cần xác định"
"""Kind of an external unit that leads rows and of which the office has not yet said that it is outside."""


@frozen
class Unit:
    """A unit that leads, supports, gathers or receives."""

    code: str
    """ASCII: "VP", "QLDT"."""
    name: str
    aliases: tuple[str, ...] = ()
    kind: str = ""
    """"Văn phòng", "Phòng chuyên môn", "Đơn vị sự nghiệp", "Cơ quan ngoài"..."""
    external: bool = False
    """True: outside the agency; gets no form."""
    email: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    successors: tuple[str, ...] = ()
    """Codes of the units that go on with its rows after `valid_to`: one after a merger, several after a split."""
    former_names: tuple[DatedName, ...] = ()
    """Names it had before, each with the last day of its validity; `name` is the one after them."""

    def ended(self, day: dt.date) -> bool:
        """Its last day lies before that day."""
        return self.valid_to is not None and self.valid_to < day

    def exists(self, day: dt.date) -> bool:
        """It has begun by that day and not ended."""
        return not self.ended(day) and (self.valid_from is None or self.valid_from <= day)


@frozen
class UnitGroup:
    """A collective name used in the plan's columns, with its members."""

    name: str
    """"Các phòng chuyên môn; đơn vị trực thuộc Sở"."""
    members: tuple[str, ...]
    """Unit codes."""
    aliases: tuple[str, ...] = ()


def same_text(one: str, other: str) -> bool:
    """The two say the same: case, spaces, dashes and the last punctuation do not matter."""
    return fold(one).rstrip(" .;,") == fold(other).rstrip(" .;,")


@frozen
class Section:
    """A group of tasks, or of indicators, under a Roman number."""

    number: str
    title: str


class _PlanRow:
    """A task or an indicator."""

    __slots__ = ()

    def printed(self, field: str) -> str:
        """One of its texts as printed."""
        value = getattr(self, field)
        return value if isinstance(value, str) else str(value.text)


@frozen
class Task(_PlanRow):
    """One row ("đầu việc") of the appendix."""

    code: str
    """Stored and stable: "II.2.1"."""
    section: str
    number: str
    subnumber: str | None
    task: str
    """Text without its printed number, as all texts here."""
    subtask: str
    deliverable: str
    kpi: str
    lead: str
    """As printed."""
    support: str
    deadline: Deadline
    note: str = ""
    standard_deadline: dt.date | None = None
    """The office's own "Hạn chuẩn"; wins over the parsed deadline."""
    responsible: str = ""
    """Who answers for the row ("rõ trách nhiệm"): a column that few plans have."""
    authority: str = ""
    """Who decides on it ("rõ thẩm quyền"): likewise."""
    lead_units: tuple[str, ...] = ()
    """Codes, resolved; several for a collective lead."""
    support_units: tuple[str, ...] = ()
    """Codes, resolved, without the leads."""

    def led_by(self, leads: tuple[str, ...], supports: tuple[str, ...]) -> Task:
        """The task with those units; a lead is never among its own supporters."""
        return evolve(self, lead_units=leads, support_units=tuple(code for code in supports if code not in leads))

    @property
    def heading(self) -> str:
        """Number of the heading above it."""
        return self.section

    @property
    def work(self) -> tuple[str, str]:
        """What is to be done, and the task above it where that says something else."""
        return (self.subtask, self.task) if self.subtask and not same_text(self.subtask, self.task) else (self.task, "")

    @property
    def own_work(self) -> str:
        """What is to be done, in one text: the sub-task, or the task where there is none."""
        return self.subtask or self.task

    @property
    def cited_number(self) -> str:
        """Number as leaders cite it: "II.2.1"."""
        return f"{self.section}.{self.subnumber or self.number}"

    @property
    def deadline_words(self) -> str:
        """Deadline as printed, with the day that counts beneath where it is not the text itself."""
        due, text = self.due, self.deadline.text
        if due is None or vietnamese_date(due) in text or f"{due.day}/{due.month}/{due.year}" in text:
            return text
        word = "Hạn chuẩn" if self.standard_deadline else "Tính đến"
        return f"{text}\n({word}: {vietnamese_date(due)})".strip()

    def line(self, *, with_code: bool = False) -> str:
        """The row in a few words: its code or printed number, what is to be done, for whom and until when."""
        head = f"[{self.code}]" if with_code else self.cited_number
        return f"{head} {self.own_work} ({'; '.join(filter(None, (self.lead, self.deadline.text)))})"

    @property
    def due(self) -> dt.date | None:
        """D of contract.md 3.2: the office's own date, else the parsed one."""
        return self.standard_deadline or self.deadline.date

    @property
    def done_before(self) -> bool:
        """The plan itself says that the row is already done."""
        return self.deadline.kind == "done"


@frozen
class Indicator(_PlanRow):
    """One indicator with its target."""

    code: str
    """"CT.III.2": cannot be taken for a task's code."""
    group: str
    number: str
    indicator: str
    unit: str
    """Unit of measure as printed."""
    target: Target
    lead: str
    lead_units: tuple[str, ...] = ()
    note: str = ""
    kind: IndicatorKind = field(default="", metadata=LATER)
    threshold: int | None = field(default=None, metadata=LATER)
    """The office's own limit of movement in percent of the earlier figure; None: that of the rule (schemas/)."""

    @property
    def heading(self) -> str:
        """Number of the heading above it."""
        return self.group

    def line(self, *, with_code: bool = False) -> str:
        """The row in a few words: its code or printed number, what is measured, its target."""
        head = f"[{self.code}]" if with_code else f"{self.group}.{self.number}"
        return f"{head} {self.indicator} ({self.target.text} {self.unit})"

    def kind_of(self, field: str) -> IndicatorKind:
        """What the figure in that field counts: parts of a ratio may be of different kinds."""
        if self.kind == "flow_stock":
            return "stock" if field == "denominator" else "flow"
        return self.kind

    @property
    def measure(self) -> Measure:
        """How its result is told: by its target, else by its printed unit of measure."""
        if "%" in (self.target.unit, self.unit.strip()):
            return "percent"
        wordless = self.target.value is None and fold(self.target.text) in ("có", "không")
        return "choice" if wordless else "number"

    @property
    def is_countable(self) -> bool:
        """Whether its unit of measure has no fractions: papers, people, meetings."""
        return self.measure == "number" and _COUNTED.match(fold(self.unit)) is not None


_COUNTED = re.compile(
    r"(?:số |lượt )?(?:hồ sơ|thủ tục|văn bản|người|cán bộ|công chức|viên chức|biên chế|cuộc|lớp|lượt|nhiệm vụ|việc|"
    r"dự án|dịch vụ|doanh nghiệp|đơn vị|xã|phường|cơ sở|hệ thống|phần mềm|mô hình|đề án|đề tài|sản phẩm|cái|bộ|chiếc|"
    r"tài khoản)"
)
"""Units of measure of which there are no fractions."""


@frozen
class Settings:
    """Settings that the office may change in the master appendix."""

    at_risk_days: int = 5
    """Margin of `at_risk` in days (Khánh Hòa asks for a remedy plan 5 days ahead)."""
    free_rows: int = 6
    """Prepared rows of a free table."""
    vocabulary: _VocabularyCode = "own"
    """Words of the report (`schemas/vocabularies.yml`)."""
    remind_days_before: int = field(default=1, metadata=LATER)
    """`remind` is due so many days before the due day."""
    remind_days_after: int = field(default=1, metadata=LATER)
    """And so many after it; always on the day after the cut-off, too."""
    quality_score: bool = False
    """True: noi-bo.xlsx scores the reports by the six principles (`schemas/quality.yml`)."""


@frozen
class Plan:
    """A whole plan. `plan.appendix_read` makes it, with leads, supports, deadlines and targets understood."""

    properties: Properties
    units: tuple[Unit, ...] = ()
    groups: tuple[UnitGroup, ...] = ()
    sections: tuple[Section, ...] = ()
    tasks: tuple[Task, ...] = ()
    indicator_groups: tuple[Section, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    settings: Settings = field(factory=Settings)

    @property
    def version(self) -> str:
        """Content hash of the plan: 12 hex digits."""
        return content_hash(self)

    @property
    def rows(self) -> tuple[Task | Indicator, ...]:
        """Every row: tasks, then indicators."""
        return (*self.tasks, *self.indicators)

    def headings(self, table: RowTable) -> tuple[Section, ...]:
        """The headings over the rows of that table."""
        return self.sections if table == "tasks" else self.indicator_groups

    def order(self, table: RowTable) -> list[int]:
        """The indices of that table's rows by their headings, under one heading in their own order.

        Rows of an unknown heading come last.
        """
        rows: Sequence[Task | Indicator] = getattr(self, table)
        places = {item.number: place for place, item in reversed(list(enumerate(self.headings(table))))}
        return sorted(range(len(rows)), key=lambda index: places.get(rows[index].heading, len(places)))

    def by_section(self) -> Plan:
        """The plan with its rows as forms and reports have them: by section or group, then in their own order."""
        return evolve(
            self,
            tasks=tuple(self.tasks[index] for index in self.order("tasks")),
            indicators=tuple(self.indicators[index] for index in self.order("indicators")),
        )

    def asked_in(self, period: Period) -> Plan:
        """The plan with those rows alone that the period asks for: an ad hoc report may choose some."""
        report = next((item for item in self.properties.ad_hoc if item.code == period.code), None)
        if report is None or not report.rows:
            return self
        tasks = tuple(row for row in self.tasks if report.asks_for(row.code))
        indicators = tuple(row for row in self.indicators if report.asks_for(row.code))
        numbers, groups = {row.section for row in tasks}, {row.group for row in indicators}
        return evolve(
            self,
            tasks=tasks,
            sections=tuple(item for item in self.sections if item.number in numbers),
            indicators=indicators,
            indicator_groups=tuple(item for item in self.indicator_groups if item.number in groups),
        )

    def as_json(self) -> dict[str, Any]:
        """The plan as it was understood, exactly in the shape of contract.md 6; dates as ISO text."""
        properties = self.properties
        agency = name_on(properties.agency, properties.issued_on or date(properties.year, 1, 1))
        return {
            "plan": {**json_fields(properties, "id title year"), "agency": agency},
            "units": [json_fields(unit, "code name aliases external") for unit in self.units],
            "sections": [json_fields(item, "number title") for item in self.sections],
            "tasks": [_task_json(task) for task in self.tasks],
            "indicator_groups": [json_fields(item, "number title") for item in self.indicator_groups],
            "indicators": [_indicator_json(item) for item in self.indicators],
        }


def _task_json(task: Task) -> dict[str, Any]:
    printed = "code section number subnumber task subtask deliverable kpi lead lead_units support support_units"
    days = json_fields(task.deadline, "date milestones")
    return {
        **json_fields(task, printed),
        "deadline": task.deadline.text,
        "deadline_kind": task.deadline.kind,
        "deadline_date": days["date"],
        "milestones": days["milestones"],
        "note": task.note,
    }


def _indicator_json(item: Indicator) -> dict[str, Any]:
    target = {"target": item.target.text, "comparator": item.target.comparator, "target_value": item.target.value}
    return json_fields(item, "code group number indicator unit") | target | json_fields(item, "lead lead_units")


@frozen
class Period:
    """A reporting period with its days."""

    code: str
    """"2026-04", "2026-Q2", "2026-H1", "2026", "2026-DX1"."""
    title: str
    """In words: "tháng 4/2026", "quý II/2026", "6 tháng đầu năm 2026", "năm 2026", "đột xuất lần 1 năm 2026"."""
    start: dt.date
    """First day of the data."""
    cutoff: dt.date
    """C of contract.md 3.2: last day of the data."""
    due: dt.date
    """Last day on which a unit's report is on time."""
    report_due: dt.date
    """Last day for the agency's own report."""
    subject: str = field(default="", metadata=LATER)
    """What an ad hoc report is about."""


def name_on(names: tuple[DatedName, ...], day: date) -> str:
    """The name valid on that day, the newest when several are.

    On a day that no validity covers: the last name that had begun, else the first of all; empty when there is none.
    """
    if not names:
        return ""
    begun = [item for item in names if item.valid_from is None or item.valid_from <= day]
    valid = [item for item in begun if item.valid_to is None or item.valid_to >= day]
    chosen = valid or begun or [names[0]]
    return sorted(chosen, key=lambda item: item.valid_from or date.min)[-1].name


RowTable = Literal["tasks", "indicators"]
_KIND_WORDS = {
    "added": "thêm mới",
    "dropped": "không còn",
    "kept": "giữ nguyên",
    "changed": "sửa nội dung",
    "moved": "chuyển nhóm",
    "renumbered": "đánh số lại",
}
"""What may have become of a row. `kept`: not in the new document, but the office keeps the row; a row may be changed,
moved and renumbered at once."""


@frozen
class FieldChange:
    """One text before and after."""

    field: str
    """Name of the record's field, or what it is about where it is no row's: "title", "sections", "units"."""
    title: str
    """What people call it: "Thời hạn in trong kế hoạch"."""
    before: str
    after: str


@frozen
class PlanRowChange:
    """One row of the old or the new plan with its counterpart in the other; of an amendment: what it did to a row."""

    table: RowTable
    code: str | None
    """Code of the old row, of an amendment's that of the row from then on; None for a row that is new."""
    index: int | None = field(default=None, metadata=LATER)
    """Index of the row in the new plan's table; None for a row that is not there, and of an amendment."""
    similarity: float = field(default=0.0, metadata=LATER)
    """Of the two texts, 0 to 1; 0 for a row without a counterpart, and of an amendment."""
    kinds: tuple[str, ...] = ()
    """Of `_KIND_WORDS`; empty: continues unchanged."""
    fields: tuple[FieldChange, ...] = ()

    @property
    def key(self) -> str:
        """What names its line in a comparison: its index in the new plan, or the old code that none continues."""
        return f"-{self.code}" if self.index is None else f"+{self.index}"

    @property
    def words(self) -> str:
        """What has become of it, for people."""
        return ", ".join(_KIND_WORDS[kind] for kind in self.kinds)


def _counts_in_words(rows: Iterable[PlanRowChange]) -> str:
    """How many of those rows are of which kind: "2 thêm mới, 1 không còn"; "" where none is of any."""
    counts = Counter(kind for row in rows for kind in row.kinds)
    return ", ".join(f"{counts[kind]} {words}" for kind, words in _KIND_WORDS.items() if counts[kind])


@frozen
class PlanComparison:
    """Everything that differs between two versions of a plan."""

    old: Plan
    new: Plan
    rows: tuple[PlanRowChange, ...]
    """Tasks, then indicators: in the new plan's order, then the old rows that it does not have."""
    general: tuple[FieldChange, ...] = ()
    """The plan's own properties, sections, groups and units."""
    headings: Mapping[RowTable, Mapping[int, int]] = field(factory=dict)
    """Index of a new heading -> index of the old one that it continues."""
    same_file: bool = False
    """The new plan is an edited copy of the old one's workbook, so that its codes mean the same rows."""
    partial: bool = False
    """The new one amends a part of the plan only: old rows that it does not name stay."""

    def before(self, row: PlanRowChange) -> Task | Indicator | None:
        """The row as it was; None for a new one."""
        return next((item for item in getattr(self.old, row.table) if item.code == row.code), None)

    def after(self, row: PlanRowChange) -> Task | Indicator | None:
        """The row in its new wording; None where the new plan does not have it."""
        return None if row.index is None else getattr(self.new, row.table)[row.index]

    @property
    def changes(self) -> tuple[PlanRowChange, ...]:
        """The rows of which something is to be said."""
        return tuple(row for row in self.rows if row.kinds)

    @property
    def heading_changes(self) -> tuple[FieldChange, ...]:
        """Those of `general` that are about headings."""
        return tuple(item for item in self.general if item.field in ("tasks", "indicators"))

    def of(self, table: RowTable) -> tuple[PlanRowChange, ...]:
        """The rows of that table."""
        return tuple(row for row in self.rows if row.table == table)

    def counts_in_words(self, table: RowTable) -> str:
        """How many rows of that table are of which kind, in words."""
        return _counts_in_words(self.of(table))


@frozen
class Amendment:
    """One amendment as the ledger keeps it."""

    id: int
    effective_from: dt.date
    before: str
    """Version of the plan until then, as it stood on the day of the amendment."""
    after: str
    """Version that the amendment brought in."""
    document: str
    """Name of the new appendix or document."""
    sha256: str
    """Of its content; a copy lies in the archive."""
    at: dt.datetime
    who: str
    rows: tuple[PlanRowChange, ...] = ()

    @property
    def counts_in_words(self) -> str:
        """How many rows it did what to, in words."""
        return _counts_in_words(self.rows)
