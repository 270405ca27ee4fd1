"""The sheet "Sắp đến hạn": what will be due before the next report, at risk first; rows without a day apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nq57xl.plan.model import Period
from nq57xl.plan.periods import next_period
from nq57xl.results.consolidation import Consolidation, LeadEntry, TaskRow
from nq57xl.results.wording import (
    due_words,
    entry_words,
    numbered,
    percent_cell,
    report_title,
    shown,
    source_anchor,
    work_of,
)
from nq57xl.xlsx.pages import CellContent, Link, Number, ReportColumn, ReportLine, ReportSheet

NAME = "Sắp đến hạn"
COLUMNS = (
    ReportColumn("number", "TT", 4.5, "center"),
    ReportColumn("code", "Mã", 7, "center"),
    ReportColumn("work", "Nhiệm vụ", 30),
    ReportColumn("deliverable", "Sản phẩm đầu ra", 16),
    ReportColumn("unit", "Đơn vị chủ trì", 14),
    ReportColumn("deadline", "Thời hạn", 12, "center"),
    ReportColumn("left", "Số ngày còn lại", 8, "center"),
    ReportColumn("progress", "Tiến độ", 11, "center"),
    ReportColumn("percent", "Tỷ lệ", 6.5, "center"),
    ReportColumn("next_work", "Việc kỳ tới", 22),
    ReportColumn("difficulties", "Khó khăn, vướng mắc", 20),
    ReportColumn("source", "Nguồn", 10, "center", printed=False),
)
_OPEN = ("in_progress", "not_started")
_SILENT = ("unreported", "partly_reported")
_Group = tuple[str, list[TaskRow]]


def due_page(c: Consolidation) -> ReportSheet:
    """The page: each row of the plan stands in one group at most; overdue rows stand in none."""
    return ReportSheet(NAME, COLUMNS, tuple(_lines(c)), filtered=True, frozen_columns=2)


def _lines(c: Consolidation) -> Iterator[ReportLine]:
    later = next_period(c.period, c.plan.properties)
    yield ReportLine("title", {"number": "NHIỆM VỤ SẮP ĐẾN HẠN"})
    yield ReportLine("subtitle", {"number": f"{report_title(c)}, {c.period.title}"})
    note = (
        f"Số ngày còn lại tính từ ngày chốt số liệu {c.cutoff:%d/%m/%Y}; ngày chốt số liệu kỳ sau ({later.title}) là "
        f"{later.cutoff:%d/%m/%Y}. Nhiệm vụ đã quá hạn: xem trang «Chậm tiến độ - vướng mắc»."
    )
    yield ReportLine("note", {"number": note})
    yield ReportLine("head", {column.name: column.title for column in COLUMNS})
    for index, (title, rows) in enumerate(groups(c), start=1):
        yield ReportLine("section", {"number": str(index), "code": f"{title}: {len(rows)} đầu việc"})
        for number, row in enumerate(rows, start=1):
            yield from _row_lines(row, number, c)


def groups(c: Consolidation) -> list[_Group]:
    """Titles and rows of the groups, in order; within a group the nearest day first."""
    later = next_period(c.period, c.plan.properties)
    margin = c.plan.settings.at_risk_days
    tests: list[tuple[str, Callable[[TaskRow], bool]]] = [
        (f"Nguy cơ chậm (còn không quá {margin} ngày)", _timely("at_risk")),
        ("Đến hạn trước ngày chốt số liệu kỳ sau", lambda row: _timely("on_track")(row) and _before(row, c, later)),
        ("Chưa báo cáo, đến hạn trước ngày chốt số liệu kỳ sau", lambda row: _silent(row) and _before(row, c, later)),
        ("Có mốc trung gian trước ngày chốt số liệu kỳ sau", lambda row: _milestone(row, c, later)),
        (
            "Chưa hoàn thành, không xác định hạn",
            lambda row: _timely("undated")(row) and row.standing.progress in _OPEN,
        ),
    ]
    found: list[_Group] = [(title, []) for title, _ in tests]
    for row in c.tasks:
        hit = next((i for i, (_, test) in enumerate(tests) if test(row)), None)
        if hit is not None:
            found[hit][1].append(row)
    for _, rows in found:
        rows.sort(key=lambda row: (row.task.due is None, row.task.due))
    return found


def _timely(code: str) -> Callable[[TaskRow], bool]:
    return lambda row: row.standing.timeliness is not None and row.standing.timeliness.code == code


def _silent(row: TaskRow) -> bool:
    return row.standing.state in _SILENT


def _before(row: TaskRow, c: Consolidation, later: Period) -> bool:
    """Due after this period's last day of data and by the next one's."""
    return row.task.due is not None and c.cutoff <= row.task.due <= later.cutoff


def _milestone(row: TaskRow, c: Consolidation, later: Period) -> bool:
    near = any(c.cutoff < day <= later.cutoff for day in row.task.deadline.milestones)
    return near and (_silent(row) or row.standing.progress in _OPEN)


def _row_lines(row: TaskRow, number: int, c: Consolidation) -> Iterator[ReportLine]:
    due = row.task.due
    first: dict[str, CellContent] = {
        "number": str(number),
        "code": numbered(row.task),
        "work": work_of(row.task),
        "deliverable": row.task.deliverable,
        "deadline": due_words(row.task),
        "left": Number((due - c.cutoff).days, "0") if due is not None else None,
    }
    for entry in row.entries or (LeadEntry("", row.task.lead, False),):
        yield ReportLine("row" if first else "sub", first | _entry_cells(entry, row, c), 1)
        first = {}


def _entry_cells(entry: LeadEntry, row: TaskRow, c: Consolidation) -> dict[str, CellContent]:
    cells: dict[str, CellContent] = {
        "unit": entry.name,
        "progress": entry_words(entry, row, c)[0],
        "percent": percent_cell(entry.values.get("percent")),
        "next_work": shown(entry.values.get("next_work"), c.schema),
        "difficulties": shown(entry.values.get("difficulties"), c.schema),
    }
    if entry.values:
        cells["source"] = Link("dòng {row}", source_anchor(entry.unit, "led", row.task.code))
    return cells
