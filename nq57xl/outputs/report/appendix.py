"""The sheet "Phụ lục tổng hợp": the plan in its own order and wording, and beside each row what was reported."""

from __future__ import annotations

from collections.abc import Iterator

from nq57xl.outputs.report.sheet_parts import Cells, head_of, heading, source_link
from nq57xl.results.comparison import PeriodComparison
from nq57xl.results.consolidation import COLLECTIVE_RULE, Consolidation, Contribution, LeadEntry, TaskRow
from nq57xl.results.figures import sections_of
from nq57xl.results.wording import (
    NOTHING,
    UNREPORTED,
    date_cell,
    due_words,
    entry_stage,
    entry_words,
    evidence_words,
    percent_cell,
    shown,
    stage_words,
    standing_words,
)
from nq57xl.xlsx.pages import ReportColumn, ReportLine, ReportSheet

NAME = "Phụ lục tổng hợp"
_SUPPORT_SPANS = {"number": "reporter", "progress": "explanation"}
TASK_ROW, UNIT_ROW, SUPPORT_ROW = "NV", "ĐV", "PH"
_TEXTS = ("result", "kpi_achieved", "difficulties", "cause", "proposal", "next_work", "explanation")
COLUMNS = (
    ReportColumn("number", "TT", 4.5, "center"),
    ReportColumn("task", "Nhiệm vụ", 17.5),
    ReportColumn("subtask", "Tiểu nhiệm vụ", 18),
    ReportColumn("deliverable", "Sản phẩm đầu ra", 13),
    ReportColumn("kpi", "KPI", 11.5),
    ReportColumn("lead", "Đơn vị chủ trì", 9),
    ReportColumn("support", "Đơn vị phối hợp", 9),
    ReportColumn("deadline", "Thời hạn", 10.5, "center"),
    ReportColumn("note", "Ghi chú", 8.5),
    ReportColumn("reporter", "Đơn vị báo cáo", 9.5),
    ReportColumn("progress", "Tiến độ", 9, "center"),
    ReportColumn("timeliness", "So với thời hạn", 8.5, "center"),
    ReportColumn("percent", "Tỷ lệ", 6.5, "center"),
    ReportColumn("result", "Kết quả trong kỳ", 22),
    ReportColumn("kpi_achieved", "Mức đạt KPI", 10),
    ReportColumn("completion_date", "Ngày hoàn thành", 10.5, "center"),
    ReportColumn("evidence", "Minh chứng", 12.5),
    ReportColumn("difficulties", "Khó khăn, vướng mắc", 12),
    ReportColumn("cause", "Nguyên nhân", 10),
    ReportColumn("proposal", "Đề xuất, kiến nghị", 12),
    ReportColumn("next_work", "Việc kỳ tới", 10),
    ReportColumn("explanation", "Giải trình", 8.5),
    ReportColumn("source", "Nguồn", 10, "center", printed=False),
    ReportColumn("kind", "Loại dòng", 10, printed=False, hidden=True),
    ReportColumn("section", "Nhóm", 8, printed=False, hidden=True),
    ReportColumn("code", "Mã", 10, printed=False, hidden=True),
    ReportColumn("unit", "Mã đơn vị", 10, printed=False, hidden=True),
    ReportColumn("stage", "Tình trạng chung", 10, printed=False, hidden=True),
)


_CHANGE = ReportColumn("change", "So với kỳ trước", 9.5)


def appendix_page(c: Consolidation, compared: PeriodComparison | None) -> ReportSheet:
    """The page, with the change since the period before where there is one; figures count its lines of kind "NV"."""
    columns: tuple[ReportColumn, ...] = COLUMNS
    if compared is not None:
        place = next(i for i, column in enumerate(COLUMNS) if column.name == "kpi_achieved")
        columns = (*COLUMNS[:place], _CHANGE, *COLUMNS[place:])
    return ReportSheet(NAME, columns, tuple(_lines(c, columns, compared)), paper="A3", filtered=True, frozen_columns=2)


def _lines(
    c: Consolidation, columns: tuple[ReportColumn, ...], compared: PeriodComparison | None
) -> Iterator[ReportLine]:
    rule = [COLLECTIVE_RULE] if any(len(row.entries) > 1 for row in c.tasks) else []
    yield from heading(c, "PHỤ LỤC TỔNG HỢP", *rule)
    yield ReportLine("band", {"number": "NỘI DUNG KẾ HOẠCH", "reporter": f"KẾT QUẢ THỰC HIỆN {c.period.title.upper()}"})
    yield head_of(columns)
    for number, title in sections_of(c):
        yield ReportLine("section", {"number": number, "task": title})
        for row in c.tasks:
            if row.task.section == number:
                yield from _task_lines(row, c, compared.change_of(row.task.code) if compared else "")


def _task_lines(row: TaskRow, c: Consolidation, change: str) -> Iterator[ReportLine]:
    progress, timeliness = standing_words(row.standing, c)
    cells: Cells = {
        **_plan_cells(row),
        "kind": TASK_ROW,
        "section": row.task.section,
        "code": row.task.code,
        "progress": progress,
        "timeliness": timeliness,
        "stage": stage_words(row.standing),
        "change": change,
    }
    if len(row.entries) == 1:
        entry = row.entries[0]
        cells["unit"] = entry.unit
        yield ReportLine("row", _entry_cells(entry, row, c) | cells, 1, (f"led|{entry.unit}|{row.task.code}",))
    else:
        yield ReportLine("row", {**cells, "reporter": f"Chung {len(row.entries)} đơn vị" if row.entries else ""}, 1)
        for entry in row.entries:
            yield _unit_line(entry, row, c)
    yield from _support_lines(row, c)


def _plan_cells(row: TaskRow) -> Cells:
    task = row.task
    return {
        "number": task.subnumber or task.number,
        "task": task.task,
        "subtask": task.subtask,
        "deliverable": task.deliverable,
        "kpi": task.kpi,
        "lead": task.lead,
        "support": task.support,
        "deadline": due_words(task),
        "note": task.note,
    }


def _unit_line(entry: LeadEntry, row: TaskRow, c: Consolidation) -> ReportLine:
    progress, timeliness = entry_words(entry, row, c)
    own: Cells = {
        "kind": UNIT_ROW,
        "section": row.task.section,
        "code": row.task.code,
        "progress": progress,
        "timeliness": timeliness,
        "unit": entry.unit,
        "stage": entry_stage(entry, row),
    }
    own["number"] = "Từng đơn vị chủ trì"
    anchor = f"led|{entry.unit}|{row.task.code}"
    return ReportLine("sub", _entry_cells(entry, row, c) | own, 2, (anchor,), spans={"number": "note"})


def _entry_cells(entry: LeadEntry, row: TaskRow, c: Consolidation) -> Cells:
    """What a unit typed on the row, as shown."""
    cells: Cells = {"reporter": entry.name}
    if row.standing.state == "done_before" and not entry.values:
        return cells
    cells |= {name: shown(entry.values.get(name), c.schema) for name in _TEXTS}
    cells["percent"] = percent_cell(entry.values.get("percent"))
    cells["completion_date"] = date_cell(entry.values.get("completion_date"))
    cells["evidence"] = evidence_words(entry, c.schema)
    if entry.values:
        cells["source"] = source_link(entry.unit, "led", row.task.code)
    return cells


def _support_lines(row: TaskRow, c: Consolidation) -> Iterator[ReportLine]:
    """A line for each contribution, one more for those with nothing to tell; both reach over many columns."""
    base: Cells = {"kind": SUPPORT_ROW, "section": row.task.section, "code": row.task.code}
    for item in row.contributions:
        if item.state == "text":
            source = source_link(item.unit, "supporting", row.task.code)
            cells: Cells = {
                "number": f"Phối hợp: {item.name}",
                "progress": shown(item.value, c.schema),
            }
            anchor = f"supporting|{item.unit}|{row.task.code}"
            yield ReportLine("sub", base | cells | {"source": source}, 2, (anchor,), spans=_SUPPORT_SPANS)
    rest = _silent(row)
    if rest:
        silent = [item for item in row.contributions if item.state != "text"]
        anchors = tuple(f"supporting|{item.unit}|{row.task.code}" for item in silent)
        # the first line is where a unit's one statement for all shows
        anchors += tuple(f"statement|{item.unit}|statement" for item in silent if item.state == "nothing")
        yield ReportLine("sub", base | {"number": "Phối hợp", "progress": rest}, 2, anchors, spans=_SUPPORT_SPANS)


def _silent(row: TaskRow) -> str:
    """Supporters with nothing to tell, and those who have not told; rows done before the period ask nobody."""

    def names(items: list[Contribution]) -> str:
        return "; ".join(item.name for item in items)

    if row.standing.state == "done_before":
        return ""
    nothing = [item for item in row.contributions if item.state == "nothing"]
    unreported = [item for item in row.contributions if item.state == "unreported"]
    parts = [(NOTHING, nothing), (UNREPORTED, unreported)]
    return "\n".join(f"{words}: {names(items)}." for words, items in parts if items)
