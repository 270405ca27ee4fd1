"""A document made a plan, with a list of the cells that a person must look at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import attrs

from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix import CARD, NAME_KINDS, NAMES, SHEETS, cells_of
from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.plan.importer.document import Document, SourceText
from nq57xl.plan.importer.headings import HeadingWords, heading_words
from nq57xl.plan.importer.properties import FoundProperties, properties_of
from nq57xl.plan.importer.structure import Draft, Outline, outlines_of
from nq57xl.plan.importer.units import ProposedUnits, propose_units
from nq57xl.plan.model import Indicator, Plan, Section, Task
from nq57xl.plan.review_questions import Review, ReviewedPlan
from nq57xl.plan.units import Resolver, understand
from nq57xl.text.legacy import fold, one_line

_Point = tuple[str, int, str, str, SourceText]
"""Id of a sheet, row in it, field, code of the task, and what a person must look at, with its place and why."""


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
    proposal = propose_units(
        [draft.text("lead") for draft in (*tasks.drafts, *indicators.drafts)],
        [draft.text("support") for draft in tasks.drafts],
        agency="".join(item.name for item in found.properties.agency[:1]),
        parent="".join(item.name for item in found.properties.parent[:1]),
        gatherer=found.gatherer,
    )
    plan = understand(_plan(tasks, indicators, found, proposal))
    resolver = Resolver(plan.units, plan.groups)
    points = [
        *_property_points(found, plan),
        *((table, index, name, "", SourceText(doubt=reason)) for table, index, name, reason in proposal.doubts),
        *_row_points("sections", "tasks", tasks, plan, lambda draft: _odd(draft, tasks, resolver, plan)),
        *_row_points("indicator_groups", "indicators", indicators, plan,
                     lambda draft: _odd_lead(draft, indicators, resolver, "chưa có đơn vị theo dõi")),
        *_column_points(tasks, indicators),
    ]  # fmt: skip
    loose = (Review("", "", "", "", value.source, f"chưa đưa vào phụ lục: {value.doubt}", value.text)
             for value in (*tasks.loose, *indicators.loose))  # fmt: skip
    return ReviewedPlan(plan, (*_reviews(points, plan), *loose))


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


def _plan(tasks: Outline, indicators: Outline, found: FoundProperties, proposal: ProposedUnits) -> Plan:
    gatherers = Resolver(proposal.units, proposal.groups).resolve(found.gatherer).codes
    sections, indicator_groups = (
        tuple(Section(item.number.text, one_line(item.title.text)) for item in outline.groups)
        for outline in (tasks, indicators)
    )
    return Plan(
        attrs.evolve(found.properties, gatherer="".join(gatherers[:1])),
        proposal.units,
        proposal.groups,
        sections,
        tuple(_task(draft) for draft in tasks.drafts),
        indicator_groups,
        tuple(_indicator(draft) for draft in indicators.drafts),
    )


def _property_points(found: FoundProperties, plan: Plan) -> Iterable[_Point]:
    lines, kinds = [column.key for column in CARD.columns], list(NAME_KINDS)
    for key, reason in found.doubts.items():
        why = SourceText("", found.sources.get(key, ""), reason)
        if key in lines:
            yield CARD.id, 0, key, "", why
        elif key in kinds:
            before = sum(len(getattr(plan.properties, kind)) for kind in kinds[: kinds.index(key)])
            yield NAMES.id, before, "name", "", attrs.evolve(why, text=key)


def _row_points(
    groups: str, rows: str, outline: Outline, plan: Plan, odd: Callable[[Draft], Iterable[tuple[str, str]]]
) -> Iterable[_Point]:
    """The doubtful cells of sections and rows: what the reading doubted, and what does not look like what it should
    be."""
    for index, group in enumerate(outline.groups):
        for key, value in (("number", group.number), ("title", group.title)):
            if value.doubt:
                yield groups, index, key, group.number.text, value
    for index, draft in enumerate(outline.drafts):
        doubts = {key: value for key, value in draft.values.items() if value.doubt}
        for key, reason in odd(draft):
            doubts[key] = (doubts.get(key) or draft.value(key)).doubted(reason)
        for key, value in doubts.items():
            yield rows, index, key, getattr(plan, rows)[index].code, value


def _column_points(tasks: Outline, indicators: Outline) -> Iterable[_Point]:
    """The first cell of each column that was found by likeness only, or that every plan has and this one not."""
    for table, outline, needed in (("tasks", tasks, ("lead", "deadline")), ("indicators", indicators, ())):
        told = [(name, "tên cột lạ, đoán theo từ gần giống: hãy xem cả cột") for name in outline.body.doubts]
        for name in needed:
            if name not in outline.body.fields and not any(draft.text(name) for draft in outline.drafts):
                told.append((name, "văn bản không có cột này: hãy điền cả cột"))
        for name, reason in told if outline.drafts else ():
            yield table, 0, name, "", SourceText("", outline.drafts[0].source, reason)


def _reviews(points: Iterable[_Point], plan: Plan) -> Iterable[Review]:
    """One record for each cell, with all reasons and the cell's text."""
    found: dict[tuple[str, str], Review] = {}
    known = cells_of(plan)
    for table, index, key, code, why in points:
        cell = SHEETS[table].place(index, key)
        if cell not in found:
            column, value = known.get(cell, (None, None))
            shown = column.shown(value) if column else ""
            found[cell] = Review(*cell, code, why.text if table == NAMES.id else key, why.source, why.doubt, shown)
        elif why.doubt not in found[cell].reason:
            found[cell] = attrs.evolve(found[cell], reason=f"{found[cell].reason}; {why.doubt}")
    return found.values()


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
