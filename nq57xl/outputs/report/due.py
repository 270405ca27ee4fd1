"""The sheet "Sắp đến hạn": what will be due before the next report, at risk first; rows without a day apart."""

from __future__ import annotations

from collections.abc import Callable

from nq57xl.outputs.report.sheet_parts import Cells, grouped_rows, is_silent, list_sheet, timely
from nq57xl.plan.model import Period
from nq57xl.plan.periods import next_period
from nq57xl.results.consolidation import Consolidation, TaskRow
from nq57xl.xlsx.pages import Number, ReportColumn, ReportSheet

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
_Group = tuple[str, list[TaskRow]]


def due_page(c: Consolidation) -> ReportSheet:
    """The sheet: each row of the plan stands in one group at most; overdue rows stand in none."""
    later = next_period(c.period, c.plan.properties)
    note = (
        f"Số ngày còn lại tính từ ngày chốt số liệu {c.cutoff:%d/%m/%Y}; ngày chốt số liệu kỳ sau ({later.title}) là "
        f"{later.cutoff:%d/%m/%Y}. Nhiệm vụ đã quá hạn: xem trang «Chậm tiến độ - vướng mắc»."
    )
    lines = grouped_rows(groups(c), c, lambda row: _days_left(row, c), lambda entry, row: {})
    return list_sheet(c, NAME, COLUMNS, "NHIỆM VỤ SẮP ĐẾN HẠN", lines, note)


def _days_left(row: TaskRow, c: Consolidation) -> Cells:
    due = row.task.due
    left = Number((due - c.cutoff).days, "0") if due is not None else None
    return {"deliverable": row.task.deliverable, "left": left}


def groups(c: Consolidation) -> list[_Group]:
    """Titles and rows of the groups, in order; within a group the nearest day first."""
    later = next_period(c.period, c.plan.properties)
    margin = c.plan.settings.at_risk_days
    tests: list[tuple[str, Callable[[TaskRow], bool]]] = [
        (f"Nguy cơ chậm (còn không quá {margin} ngày)", timely("at_risk")),
        ("Đến hạn trước ngày chốt số liệu kỳ sau", lambda row: timely("on_track")(row) and _before(row, c, later)),
        ("Chưa báo cáo, đến hạn trước ngày chốt số liệu kỳ sau", lambda row: is_silent(row) and _before(row, c, later)),
        ("Có mốc trung gian trước ngày chốt số liệu kỳ sau", lambda row: _milestone(row, c, later)),
        ("Chưa hoàn thành, không xác định hạn", lambda row: timely("undated")(row) and row.standing.progress in _OPEN),
    ]
    found: list[_Group] = [(title, []) for title, _ in tests]
    for row in c.tasks:
        hit = next((i for i, (_, test) in enumerate(tests) if test(row)), None)
        if hit is not None:
            found[hit][1].append(row)
    for _, rows in found:
        rows.sort(key=lambda row: (row.task.due is None, row.task.due))
    return found


def _before(row: TaskRow, c: Consolidation, later: Period) -> bool:
    """Due after this period's last day of data and by the next one's."""
    return row.task.due is not None and c.cutoff <= row.task.due <= later.cutoff


def _milestone(row: TaskRow, c: Consolidation, later: Period) -> bool:
    near = any(c.cutoff < day <= later.cutoff for day in row.task.deadline.milestones)
    return near and (is_silent(row) or row.standing.progress in _OPEN)
