"""bao-cao.docx: the report to the People's Committee by Decree 30/2020/NĐ-CP, filled into a template of the office."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from nq57xl import resources
from nq57xl.errors import Nq57Error
from nq57xl.forms.wording import data_window, day_in_words
from nq57xl.outputs.document_sections import BodyFit, DocumentBody, Paragraph, document_body
from nq57xl.plan.model import name_on
from nq57xl.results.comparison import PeriodComparison, compare_periods
from nq57xl.results.consolidation import COLLECTIVE_RULE
from nq57xl.results.model import Consolidation, FreeRow, IndicatorEntry, IndicatorRow, LeadEntry, TaskRow
from nq57xl.results.overview import Figures, Overview, overview_of
from nq57xl.results.wording import shown
from nq57xl.text.legacy import one_line
from nq57xl.xlsx.package import repacked

_ON_ROW = (
    ("result", ""),
    ("kpi_achieved", "KPI: "),
    ("difficulties", "Khó khăn, vướng mắc: "),
    ("cause", "Nguyên nhân: "),
    ("proposal", "Đề xuất, kiến nghị: "),
    ("explanation", "Giải trình: "),
    ("next_work", "Việc kỳ tới: "),
)


_AppendixLine = dict[str, str | tuple[str, ...]]
"""A line of an appendix: a "heading" across the table, or "cells"."""
_OF_FREE = {
    "cause": "Nguyên nhân: ",
    "proposal": "Đề xuất, kiến nghị: ",
    "authority": "Cấp giải quyết: ",
    "reason": "Lý do, căn cứ: ",
}


def _heading(text: str) -> _AppendixLine:
    return {"heading": text, "cells": ()}


def _cells(*texts: str) -> _AppendixLine:
    return {"heading": "", "cells": texts}


def _task_rows(c: Consolidation) -> Iterator[_AppendixLine]:
    """Phụ lục I: number, task, leads, deadline, standing, results, difficulties, proposals, next work."""
    moved = compare_periods(c.earlier_periods[-1], c) if c.earlier_periods else None
    for section, title in c.sections:
        yield _heading(f"{section}. {title}")
        for row in c.tasks:
            task = row.task
            if task.section == section:
                results = "\n".join(_told(row, c, ("result", "kpi_achieved")))
                other = "\n".join(_told(row, c, ("difficulties", "cause", "proposal", "explanation", "next_work")))
                head = (task.subnumber or task.number, task.own_work, task.lead, task.deadline_words)
                yield _cells(*head, _standing(row, c, moved), results, other)
    yield from _free_rows(c)


def _free_rows(c: Consolidation) -> Iterator[_AppendixLine]:
    """What units told of no single task, so that nothing the text leaves out is missing: difficulties, new tasks."""

    def told(item: FreeRow, *names: str) -> str:
        texts = ((name, shown(item.values.get(name), c.schema).strip()) for name in names)
        return "\n".join(f"{_OF_FREE.get(name, '')}{text}" for name, text in texts if text)

    general, new = ([item for item in c.free if item.table == table] for table in ("difficulty", "proposal"))
    if general:
        yield _heading("Khó khăn, đề xuất không gắn với một đầu việc")
    for number, item in enumerate(general, start=1):
        asked = told(item, "cause", "proposal", "authority")
        yield _cells(str(number), told(item, "content"), item.name, "", "", "", asked)
    if new:
        yield _heading("Nhiệm vụ đề xuất bổ sung vào Kế hoạch")
    for number, item in enumerate(new, start=1):
        lead = f"Chủ trì: {item.text('lead')}" if item.text("lead") else ""
        who = "\n".join(filter(None, (f"{item.name} đề xuất", lead)))
        texts = (item.text("title"), who, item.text("deadline"), "", item.text("deliverable"), told(item, "reason"))
        yield _cells(str(number), *texts)


def _standing(row: TaskRow, c: Consolidation, moved: PeriodComparison | None) -> str:
    """Progress and timeliness; of several leads each one's; what changed since the period before."""
    lines = [text for text in row.standing.words(c) if text]
    if len(row.entries) > 1:
        lines += [f"{entry.name}: {_state(entry, row, c)}" for entry in row.entries]
    elif row.entries and row.standing.state == "reported":
        lines[0] = _state(row.entries[0], row, c)
    change = moved.change_of(row.task.code) if moved else ""
    return "\n".join([*lines, f"({change})"] if change and change not in lines else lines)


def _state(entry: LeadEntry, row: TaskRow, c: Consolidation) -> str:
    """ "Đang thực hiện, 45%" of one unit on a row."""
    progress, _ = entry.words(row, c)
    return ", ".join(filter(None, (progress, entry.share(c.schema))))


def _told(row: TaskRow, c: Consolidation, names: tuple[str, ...]) -> Iterator[str]:
    """The units' texts, each with its heading; evidence and supporters' contributions follow results."""
    for entry in row.entries:
        lines = [f"{head}{text}" for name, head in _ON_ROW if name in names and (text := _text(entry, name, c))]
        if "result" in names and (proof := entry.evidence(c.schema)):
            lines.append(f"Minh chứng: {proof}")
        if lines and len(row.entries) > 1:
            lines[0] = f"{entry.name}: {lines[0]}"
        yield from lines
    if "result" in names:
        for item in row.contributions:
            if item.state == "text":
                yield f"{item.name} (phối hợp): {shown(item.value, c.schema)}"


def _text(entry: LeadEntry, name: str, c: Consolidation) -> str:
    return shown(entry.values.get(name), c.schema).strip()


def _indicator_rows(c: Consolidation) -> Iterator[_AppendixLine]:
    """Phụ lục II: number, indicator, unit of measure, target, result, standing, who follows it, source and note."""

    def noted(entry: IndicatorEntry) -> str:
        return "; ".join(filter(None, (shown(entry.values.get(name), c.schema).strip() for name in ("source", "note"))))

    for number, title in c.groups:
        yield _heading(f"{number}. {title}")
        for row in (row for row in c.indicators if row.indicator.group == number):
            item, entries = row.indicator, row.entries
            gaps = [row.gap_words(entry) for entry in entries if len(entries) == 1]
            yield _cells(
                item.number,
                item.indicator,
                item.unit,
                item.target.text,
                "\n".join(_by_unit(row, entry, row.result_words(entry)) for entry in entries),
                "\n".join(filter(None, (row.state, *gaps))),
                ", ".join(entry.name for entry in entries) or item.lead,
                "\n".join(filter(None, (_by_unit(row, entry, noted(entry)) for entry in entries))),
            )


def _by_unit(row: IndicatorRow, entry: IndicatorEntry, words: str) -> str:
    """With several units each text names its own."""
    return f"{entry.name}: {words}" if words and len(row.entries) > 1 else words


def _counts_table(c: Consolidation, f: Figures) -> dict[str, Any]:
    """The table before Phụ lục I: rows of the plan by group and where they stand, without columns of nothing."""
    stages = [words for words in c.stages if f.total.stages.get(words)]
    rows = []
    for section in (*f.sections, f.total):
        title = f"{section.code}. {section.title}" if section.code else section.title
        rows.append((title, str(section.total), *(str(section.stages.get(words, 0)) for words in stages)))
    return {"heads": ("Nhóm nhiệm vụ", "Tổng số", *stages), "rows": rows[:-1], "total": rows[-1]}


_BLANK_NUMBER, _BLANK_DAY = "        ", "ngày      tháng      năm        "
"""Room for what is written in by hand or by the office's document system (Decree 30: never invented)."""
_UNPRINTABLE = re.compile(
    "[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""What XML cannot hold, and signs that turn the direction of reading."""


def render_document(c: Consolidation, workspace: Path | None = None) -> bytes:
    """The document as .docx. The same consolidation and template give the same bytes.

    Texts from outside are values, never templates: nothing in them is run. Raises Nq57Error as `filled_docx`.
    """
    return filled_docx("bao-cao.docx", _safe(_context(c)), workspace)


def filled_docx(name: str, words: Mapping[str, Any], workspace: Path | None) -> bytes:
    """A Word template filled in; `workspace` is where an office keeps its own copy of it (templates/NAME).

    Raises Nq57Error when that one cannot be read or names something unknown.
    """
    from docx.opc.exceptions import PackageNotFoundError
    from docxtpl import DocxTemplate
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    path = resources.find("templates", name, workspace)
    written = io.BytesIO()
    try:
        template = DocxTemplate(path)
        template.render(words, SandboxedEnvironment(undefined=StrictUndefined), autoescape=True)
        _fit_columns(template.docx)
        template.save(written)
    except (TemplateError, PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise Nq57Error(f"Mẫu templates/{name} sai: {error}. Hãy sửa lại mẫu hoặc xóa để dùng mẫu có sẵn.") from error
    return repacked(written.getvalue())


def _context(c: Consolidation) -> dict[str, Any]:
    """Everything that the template may name (docs/van-phong.md)."""
    view, own = overview_of(c), c.plan.properties
    body = _body(view)
    parent, agency, recipient, place = c.letterhead
    letters = own.symbol.partition("-")[2]  # the agency's, as in the plan's number
    number = f"{_BLANK_NUMBER}/BC" + (f"-{letters}" if letters else "")
    reader = f", kính báo cáo {_in_full(recipient)}" if recipient else ""
    # whoever gathers above is named by both plans
    above = [unit.name for unit in c.plan.units if unit.external and unit.name.startswith("Sở Khoa học và Công nghệ")]
    copies = ["Như trên", *(f"{name} (tổng hợp)" for name in above), "Lãnh đạo cơ quan", "Các phòng, đơn vị"]
    return {
        "parent": parent.upper(),
        "agency": agency.upper(),
        "agency_name": agency,
        "number": number,
        "place": place,
        "day": f"ngày      tháng      năm {c.period.report_due.year}",
        "title": f"{c.title}, {c.period.title}",
        "recipients": [_in_full(name.strip()) for name in recipient.split(";") if name.strip()],
        "gaps": body.gaps,
        "basis": _basis(c),
        "counts": _counts_table(c, view.figures),
        **body.parts,
        "sections": [{"title": title, "part": part} for title, part in body.groups],
        "closing": f"Trên đây là kết quả thực hiện Kế hoạch {c.period.title} của {agency}{reader}",
        "signature": own.signatory,
        "copies": [*(f"- {line};" for line in copies), f"- Lưu: VT{', ' + own.gatherer if own.gatherer else ''}."],
        "attached": f"Kèm theo Báo cáo số {number} {_BLANK_DAY} của {agency}",
        "period": c.period.title,
        "task_rows": [*_task_rows(c)],
        "task_note": f"Ghi chú: {COLLECTIVE_RULE}" if any(len(row.entries) > 1 for row in c.tasks) else "",
        "indicator_rows": [*_indicator_rows(c)],
    }


_PAGE_LINES = 39.0
"""Lines of a page, with what stands between paragraphs."""
_FRAME_LINES = 35.0
"""Letterhead, headings of I to V, closing and signature."""
_SMALL_PLAN, _PAGES = 10, (2.9, 5)
"""Up to so many tasks the body is meant to take three pages, else five."""
_FITS = (
    BodyFit("results"),
    BodyFit("results", 8, 800),
    BodyFit("results", 5, 600),
    BodyFit("results", 3, 400),
    BodyFit("results", 2, 300),
    BodyFit("names", 8, 600),
    BodyFit("names", 5, 400),
    BodyFit("done", 8, 600),
    BodyFit("done", 5, 400),
    BodyFit("done", 3, 400),
    BodyFit("codes", 5, 400),
    BodyFit("codes", 3, 400),
    BodyFit("codes", 2, 300),
    BodyFit("codes", 1, 300),
    BodyFit("counts", 1, 300),
    BodyFit("counts", 0, 150),
)
"""The first with which the body keeps within its pages is taken."""


def _body(view: Overview) -> DocumentBody:
    """The sections with as much detail as there is room for: a body is read when it is short."""
    c = view.consolidation
    room = _PAGES[len(c.tasks) > _SMALL_PLAN] * _PAGE_LINES - _FRAME_LINES
    room -= sum(Paragraph(text).lines for text in (c.title, _basis(c)))
    for fit in _FITS:
        body = document_body(view, fit)
        if body.lines <= room:
            break
    return body


def placeholders(c: Consolidation) -> int:
    """How many highlighted places of the document are left for the office to write."""
    parts = document_body(overview_of(c), BodyFit()).parts.values()
    return sum(part.blank for paragraphs in parts for part in paragraphs)


def _basis(c: Consolidation) -> str:
    """The opening: by which plan, on which period, with figures of which days.

    A plan is first cited by kind, number, day, agency and subject (Decree 30/2020/NĐ-CP); the unknown is left blank.
    """
    own = c.plan.properties
    number = f"{own.number or _BLANK_NUMBER}{f'/{own.symbol}' if own.symbol else ''}"
    day = day_in_words(own.issued_on) if own.issued_on else _BLANK_DAY
    agency = name_on(own.agency, own.issued_on) if own.issued_on else c.letterhead[1]
    title = re.sub(r"^kế hoạch\s+", "", one_line(own.title), flags=re.IGNORECASE)
    cited = f"Kế hoạch số {number} {day} của {agency} {title[:1].lower()}{title[1:]}".strip()
    return (
        f"Thực hiện {cited} (sau đây gọi tắt là Kế hoạch), {c.letterhead[1]} báo cáo kết quả thực hiện "
        f"{c.period.title} (số liệu {data_window(c.period)}) như sau:"
    )


def _safe(value: Any) -> Any:  # noqa: ANN401 - any part of the context
    """The value with every text escaped for XML; braces, too, so that no text can look like a template."""
    from markupsafe import Markup, escape

    if isinstance(value, str):
        text = _UNPRINTABLE.sub("", value).replace("\t", " ")
        return Markup(str(escape(text)).replace("{", "&#123;").replace("}", "&#125;"))
    if isinstance(value, Mapping):
        return {key: _safe(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_safe(item) for item in value]
    if attrs.has(type(value)):
        return attrs.evolve(
            value, **{item.name: _safe(getattr(value, item.name)) for item in attrs.fields(type(value))}
        )
    return value


def _fit_columns(docx: Any) -> None:  # noqa: ANN401 - python-docx has no types
    """Columns as wide as the cells of the first row ask for: docxtpl makes all of them equal where it adds some."""
    from docx.oxml.ns import qn

    for table in docx.tables:
        grid = table._tbl.tblGrid.findall(qn("w:gridCol"))
        asked = [int(cell._tc.width or 0) for cell in table.rows[0].cells]
        if len(grid) == len(asked) and all(asked):
            whole = sum(int(column.get(qn("w:w"))) for column in grid)
            for column, width in zip(grid, asked, strict=True):
                column.set(qn("w:w"), str(round(whole * width / sum(asked))))


def _in_full(name: str) -> str:
    """A recipient without the abbreviation of letterheads: "UBND tỉnh" is "Ủy ban nhân dân tỉnh"."""
    return re.sub(r"\bUBND\b", "Ủy ban nhân dân", name)
