"""A document made a plan, with a list of the cells that a person must look at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import attrs

from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix import CARD, NAME_KINDS, SHEETS, cells_of
from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.plan.importer.document import Document, SourceText
from nq57xl.plan.importer.headings import HeadingWords, heading_words
from nq57xl.plan.importer.properties import FoundProperties, properties_of
from nq57xl.plan.importer.structure import Draft, Outline, outlines_of
from nq57xl.plan.importer.units import propose_units
from nq57xl.plan.model import Indicator, Plan, Section, Task
from nq57xl.plan.review_questions import Review, ReviewedPlan
from nq57xl.plan.units import Resolver, understand
from nq57xl.text.legacy import fold, one_line


def import_document(document: Document, stem: str, today: date, known: HeadingWords | None = None) -> ReviewedPlan:
    """The plan that the document holds. Raises Nq57Error when no table of tasks is in it.

    `stem`: name of the file, for the plan's id; `today`: the day whose year stands in where the document tells none;
    `known`: the headings, with those that an office taught.
    """
    known = known or heading_words()
    tasks, indicators, lines = outlines_of(document, known)
    if not tasks.drafts and not indicators.drafts:
        raise Nq57Error(_no_table(document, known))
    days = (Deadline.read(draft.text("deadline"), today.year).date for draft in tasks.drafts)
    found = properties_of(lines, stem, today, [day.year for day in days if day])
    return _Assembly(tasks, indicators, found).imported()


def _no_table(document: Document, known: HeadingWords) -> str:
    """Why no plan was found: the table most like one, and the headings that were not understood."""
    names = "Nhiệm vụ, Đơn vị chủ trì, Thời hạn"
    told = f"Không tìm thấy bảng nhiệm vụ trong văn bản: bảng cần có dòng tên cột, ví dụ {names}."
    near = [(found, table) for table in document.tables if (found := known.nearest(table))]
    if not near:
        tables = f"có {len(document.tables)} bảng" if document.tables else "không có bảng nào đọc được"
        return f"{told} Văn bản {tables}. PDF không kẻ khung, bản chụp: hãy dùng bản Word."
    (row, understood, others), table = max(near, key=lambda item: len(item[0][1]))
    unknown = f", chưa hiểu {_quoted(others)}" if others else ""
    return (
        f"{told} Bảng gần giống nhất ở {table.source(row)}: hiểu được {_quoted(understood)}{unknown}. Nếu đó là bảng "
        "nhiệm vụ, hãy thêm tên cột vào schemas/import_headings.yml của thư mục làm việc rồi chạy "
        "«nq57xl -w THƯ_MỤC import …»."
    )


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f"«{one_line(text)}»" for text in texts)


class _Assembly:
    def __init__(self, tasks: Outline, indicators: Outline, found: FoundProperties) -> None:
        self.tasks, self.indicators, self.found = tasks, indicators, found
        leads = [draft.text("lead") for draft in (*tasks.drafts, *indicators.drafts)]
        supports = [draft.text("support") for draft in tasks.drafts]
        agency, parent = ("".join(item.name for item in names[:1])
                          for names in (found.properties.agency, found.properties.parent))  # fmt: skip
        known = [found.gatherer] if found.gatherer else []
        self.proposal = propose_units(leads, supports, agency, known, parent)
        self.review: list[Review] = []

    def imported(self) -> ReviewedPlan:
        plan = understand(self._plan())
        resolver = Resolver(plan.units, plan.groups)
        self._properties(plan)
        for table, index, name, reason in self.proposal.doubts:
            self._add(SHEETS[table].place(index, name), "", name, ("", reason))
        self._outline("sections", self.tasks)
        for index, draft in enumerate(self.tasks.drafts):
            odd = _odd(draft, self.tasks, resolver, plan)
            self._row("tasks", index, plan.tasks[index].code, _doubts(draft, odd))
        self._outline("indicator_groups", self.indicators)
        for index, draft in enumerate(self.indicators.drafts):
            odd = _odd_lead(draft, self.indicators, resolver, "chưa có đơn vị theo dõi")
            self._row("indicators", index, plan.indicators[index].code, _doubts(draft, odd))
        self._columns()
        for value in (*self.tasks.loose, *self.indicators.loose):
            self.review.append(Review("", "", "", "", value.source, f"chưa đưa vào phụ lục: {value.doubt}", value.text))
        return ReviewedPlan(plan, tuple(_with_values(self.review, plan)))

    def _plan(self) -> Plan:
        units, groups = self.proposal.units, self.proposal.groups
        gatherer = Resolver(units, groups).resolve(self.found.gatherer).codes[:1] if self.found.gatherer else ()
        sections, indicator_groups = (
            tuple(Section(item.number.text, one_line(item.title.text)) for item in outline.groups)
            for outline in (self.tasks, self.indicators)
        )
        return Plan(
            attrs.evolve(self.found.properties, gatherer="".join(gatherer)),
            units,
            groups,
            sections,
            tuple(_task(draft) for draft in self.tasks.drafts),
            indicator_groups,
            tuple(_indicator(draft) for draft in self.indicators.drafts),
        )

    def _properties(self, plan: Plan) -> None:
        lines, kinds = [column.key for column in CARD.columns], list(NAME_KINDS)
        for key, reason in self.found.doubts.items():
            place = (self.found.sources.get(key, ""), reason)
            if key in lines:
                self._add(CARD.place(0, key), "", key, place)
            elif key in kinds:
                before = sum(len(getattr(plan.properties, kind)) for kind in kinds[: kinds.index(key)])
                self._add(SHEETS["names"].place(before, "name"), "", key, place)

    def _outline(self, table: str, outline: Outline) -> None:
        for index, group in enumerate(outline.groups):
            doubts = [(key, item) for key, item in (("number", group.number), ("title", group.title)) if item.doubt]
            self._row(table, index, group.number.text, doubts)

    def _row(self, table: str, index: int, code: str, doubts: Iterable[tuple[str, SourceText]]) -> None:
        for key, value in doubts:
            self._add(SHEETS[table].place(index, key), code, key, (value.source, value.doubt))

    def _columns(self) -> None:
        """One point for each column that was found by likeness only, or that every plan has and this one not: its
        first cell."""
        drafts, fields = self.tasks.drafts, self.tasks.body.fields
        blank = [name for name in ("lead", "deadline") if not any(draft.text(name) for draft in drafts)]
        missing = [(name, "văn bản không có cột này: hãy điền cả cột") for name in blank if name not in fields]
        for table, outline, told in (("tasks", self.tasks, missing), ("indicators", self.indicators, [])):
            guessed = [(name, "tên cột lạ, đoán theo từ gần giống: hãy xem cả cột") for name in outline.body.doubts]
            for name, reason in [*guessed, *told] if outline.drafts else ():
                self._add(SHEETS[table].place(0, name), "", name, (outline.drafts[0].source, reason))

    def _add(self, cell: tuple[str, str], task: str, name: str, place: tuple[str, str]) -> None:
        known = next((index for index, item in enumerate(self.review) if (item.sheet, item.cell) == cell), None)
        if known is None:
            self.review.append(Review(*cell, task, name, *place))
        elif place[1] not in self.review[known].reason:
            old = self.review[known]
            self.review[known] = attrs.evolve(old, reason=f"{old.reason}; {place[1]}")


def _task(draft: Draft) -> Task:
    printed: dict[str, Any] = {
        key: draft.text(key) for key in ("task", "subtask", "deliverable", "kpi", "lead", "support", "note")
    }
    deadline, subnumber = Deadline(one_line(draft.text("deadline"))), one_line(draft.text("subnumber")) or None
    number = one_line(draft.text("number"))
    return Task("", draft.section, number, subnumber, deadline=deadline, **printed)


def _indicator(draft: Draft) -> Indicator:
    number, unit, target = (one_line(draft.text(key)) for key in ("number", "unit", "target"))
    lead, note = draft.text("lead"), draft.text("note")
    return Indicator("", draft.section, number, draft.text("indicator"), unit, Target(target), lead, note=note)


def _doubts(draft: Draft, odd: Iterable[tuple[str, str]]) -> list[tuple[str, SourceText]]:
    """The doubtful cells of a row: what the reading doubted, and what does not look like what it should be."""
    found = {key: value for key, value in draft.values.items() if value.doubt}
    for key, reason in odd:
        found[key] = (found.get(key) or draft.value(key)).doubted(reason)
    return list(found.items())


def _odd(draft: Draft, outline: Outline, resolver: Resolver, plan: Plan) -> Iterable[tuple[str, str]]:
    for name in outline.body.disagreeing:
        yield name, "tên cột và nội dung cột không khớp"
    if not draft.text("task") and not draft.text("subtask"):
        yield "task", "dòng không có nội dung nhiệm vụ"
    yield from _odd_lead(draft, outline, resolver, "chưa có đơn vị chủ trì")
    if len(draft.text("lead")) > 200:
        yield "lead", "chưa nhận ra đơn vị"
    if "deadline" in outline.body.fields and not re.search(r"\d|\w{2}", draft.text("deadline")):
        yield "deadline", "chưa có thời hạn"
    if resolver.resolve(draft.text("support")).unresolved:
        yield "support", "chưa nhận ra đơn vị"
    yield from _shifted(draft, plan.properties.year)


def _shifted(draft: Draft, year: int) -> Iterable[tuple[str, str]]:
    """Cells that look as if they stood in another column."""
    subtask, reason = fold(draft.text("subtask")), "nội dung có vẻ lệch cột"
    if subtask and subtask in (fold(draft.text("kpi")), fold(draft.text("deliverable"))):
        for key in ("subtask", "deliverable", "kpi"):
            yield key, reason
    deadline = Deadline.read(draft.text("deadline"), year)
    if deadline.kind == "unknown" and re.search(r"\d", draft.text("deadline")):
        yield "deadline", "không đọc được ngày, tháng trong ô"
    for key in ("lead", "support", "deliverable"):
        text = draft.text(key)
        kinds = ("date", "month", "quarter", "year")
        if text and len(text) < 20 and deadline.kind == "unknown" and Deadline.read(text, year).kind in kinds:
            yield key, reason
            yield "deadline", reason
    if deadline.kind == "unknown" and re.match(r"(?:các |phòng |văn phòng|sở |ubnd )", fold(draft.text("deadline"))):
        yield "deadline", reason


def _odd_lead(draft: Draft, outline: Outline, resolver: Resolver, missing: str) -> Iterable[tuple[str, str]]:
    lead = draft.text("lead")
    if "lead" in outline.body.fields and not lead:
        yield "lead", missing
    elif resolver.resolve(lead).unresolved:
        yield "lead", "chưa nhận ra đơn vị"


def _with_values(review: list[Review], plan: Plan) -> Iterable[Review]:
    """The points with the text of their cells."""
    known = cells_of(plan)
    for item in review:
        column, value = known.get((item.sheet, item.cell), (None, None))
        yield attrs.evolve(item, value=column.shown(value)) if column else item
