"""The sheet "Chậm, vướng, giải trình": late tasks, those at risk or due, difficulties, and what is to be explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nq57xl.outputs.report.explanations import explanation_lines
from nq57xl.outputs.report.sheet_parts import SOURCE, grouped_rows, list_sheet
from nq57xl.plan.model import Period
from nq57xl.plan.periods import next_period
from nq57xl.results.consolidation import Consolidation, TaskRow
from nq57xl.results.overview import falls_due, is_open, is_silent, timely
from nq57xl.results.wording import numbered
from nq57xl.rules.schema import vietnamese_date
from nq57xl.xlsx.pages import ReportColumn, ReportLine, ReportSheet

NAME = "Chậm, vướng, giải trình"
COLUMNS = (
    ReportColumn("number", "TT", 4.5, "center"),
    ReportColumn("code", "Mã", 7, "center"),
    ReportColumn("work", "Nhiệm vụ, chỉ tiêu", 28),
    ReportColumn("unit", "Đơn vị", 11),
    ReportColumn("deadline", "Thời hạn", 10.5, "center"),
    ReportColumn("standing", "Tiến độ, so với thời hạn", 11.5, "center"),
    ReportColumn("difficulties", "Khó khăn, vướng mắc; nội dung cần giải trình", 24),
    ReportColumn("cause", "Nguyên nhân, giải trình của đơn vị", 27),
    ReportColumn("proposal", "Đề xuất, kiến nghị", 21),
    ReportColumn("next_work", "Việc kỳ tới", 18),
    SOURCE,
)


def problem_page(c: Consolidation) -> ReportSheet:
    """The sheet: each row of the plan stands in one group at most; what is to be explained follows."""
    later = next_period(c.period, c.plan.properties)
    note = (
        f"Tính đến ngày chốt số liệu {vietnamese_date(c.cutoff)}; ngày chốt số liệu kỳ sau ({later.title}) là "
        f"{vietnamese_date(later.cutoff)}. Nguy cơ chậm: chưa hoàn thành, còn không quá {c.plan.settings.at_risk_days} "
        "ngày theo lịch là đến hạn."
    )
    return list_sheet(c, NAME, COLUMNS, "CHẬM TIẾN ĐỘ, KHÓ KHĂN, VƯỚNG MẮC, GIẢI TRÌNH", _lines(c), note)


def _lines(c: Consolidation) -> Iterator[ReportLine]:
    shown = groups(c)
    yield from grouped_rows(shown, c)
    told = {row.task.code for _, rows in shown for row in rows}
    rest = [row for row in c.tasks if is_open(row) and row.task.due is None and row.task.code not in told]
    number = sum(bool(rows) for _, rows in shown)
    if rest:
        number += 1
        title = f"Đang thực hiện, không xác định được ngày hết hạn, không nêu khó khăn: {len(rest)} đầu việc"
        yield ReportLine("section", {"number": str(number), "code": title})
        # one line: their results stand with the plan
        codes = ", ".join(numbered(row.task) for row in rest)
        yield ReportLine("row", {"work": codes}, 1, spans={"work": "next_work"})
    yield from explanation_lines(c, number)


def groups(c: Consolidation) -> list[tuple[str, list[TaskRow]]]:
    """Titles and rows of the groups, in order; in those of coming deadlines the nearest day first."""
    later = next_period(c.period, c.plan.properties)
    margin = c.plan.settings.at_risk_days
    tests: list[tuple[str, Callable[[TaskRow], bool]]] = [
        ("Quá hạn, chưa hoàn thành", timely("overdue")),
        ("Hoàn thành quá hạn", timely("late")),
        ("Chưa báo cáo, hoặc chưa báo cáo đủ", is_silent),
        (f"Nguy cơ chậm (còn không quá {margin} ngày)", timely("at_risk")),
        ("Đến hạn trước ngày chốt số liệu kỳ sau", lambda row: falls_due(row, c, later.cutoff)),
        ("Có mốc trung gian trước ngày chốt số liệu kỳ sau", lambda row: _milestone(row, c, later)),
        ("Nhiệm vụ khác có khó khăn, vướng mắc", _has_difficulties),
    ]
    found: list[tuple[str, list[TaskRow]]] = [(title, []) for title, _ in tests]
    for row in c.tasks:
        hit = 2 if is_silent(row) else next((i for i, (_, test) in enumerate(tests) if test(row)), None)
        if hit is not None:
            found[hit][1].append(row)
    for _, rows in found[3:5]:
        rows.sort(key=lambda row: (row.task.due is None, row.task.due))
    return found


def _has_difficulties(row: TaskRow) -> bool:
    """Some unit tells of difficulties or a cause on this row in this period."""
    told = [entry for entry in row.entries if not entry.before]
    return any(name in entry.values for entry in told for name in ("difficulties", "cause"))


def _milestone(row: TaskRow, c: Consolidation, later: Period) -> bool:
    return is_open(row) and any(c.cutoff < day <= later.cutoff for day in row.task.deadline.milestones)
