"""The sheet "Chậm tiến độ - vướng mắc": overdue, at risk, undated and unreported rows, each in a group of its own."""

from __future__ import annotations

from collections.abc import Callable

from nq57xl.outputs.report.sheet_parts import grouped_rows, is_silent, list_sheet, timely
from nq57xl.results.consolidation import Consolidation, LeadEntry, TaskRow
from nq57xl.results.wording import entry_words
from nq57xl.xlsx.pages import ReportColumn, ReportSheet

NAME = "Chậm tiến độ - vướng mắc"
COLUMNS = (
    ReportColumn("number", "TT", 4.5, "center"),
    ReportColumn("code", "Mã", 7, "center"),
    ReportColumn("work", "Nhiệm vụ", 29),
    ReportColumn("unit", "Đơn vị báo cáo", 13),
    ReportColumn("deadline", "Thời hạn", 11, "center"),
    ReportColumn("days", "So với thời hạn", 11.5, "center"),
    ReportColumn("progress", "Tiến độ", 10, "center"),
    ReportColumn("percent", "Tỷ lệ", 6.5, "center"),
    ReportColumn("difficulties", "Khó khăn, vướng mắc", 20),
    ReportColumn("cause", "Nguyên nhân", 16),
    ReportColumn("proposal", "Đề xuất, kiến nghị", 17),
    ReportColumn("next_work", "Việc kỳ tới", 13),
    ReportColumn("source", "Nguồn", 10, "center", printed=False),
)


def problem_page(c: Consolidation) -> ReportSheet:
    """The sheet: each row of the plan stands in one group at most."""
    note = (
        f"Tính đến ngày chốt số liệu {c.cutoff:%d/%m/%Y}. Nguy cơ chậm: chưa hoàn thành, còn không quá "
        f"{c.plan.settings.at_risk_days} ngày theo lịch là đến hạn."
    )
    lines = grouped_rows(
        groups(c), c, lambda row: {}, lambda entry, row: {"days": _days(entry) or entry_words(entry, row, c)[1]}
    )
    return list_sheet(c, NAME, COLUMNS, "NHIỆM VỤ CHẬM TIẾN ĐỘ, CÓ KHÓ KHĂN, VƯỚNG MẮC", lines, note)


def groups(c: Consolidation) -> list[tuple[str, list[TaskRow]]]:
    """Titles and rows of the groups, in order."""
    tests: list[tuple[str, Callable[[TaskRow], bool]]] = [
        ("Quá hạn, chưa hoàn thành", timely("overdue")),
        ("Hoàn thành quá hạn", timely("late")),
        ("Nguy cơ chậm", timely("at_risk")),
        (
            "Không xác định hạn, có khó khăn, vướng mắc",
            lambda row: timely("undated")(row) and row.standing.progress != "done" and _has_difficulties(row),
        ),
        ("Nhiệm vụ khác có khó khăn, vướng mắc", _has_difficulties),
        ("Chưa báo cáo, hoặc chưa báo cáo đủ", is_silent),
    ]
    found: list[tuple[str, list[TaskRow]]] = [(title, []) for title, _ in tests]
    for row in c.tasks:
        hits = [i for i, (_, test) in enumerate(tests) if test(row)]
        # a row that is not fully reported belongs with the silent ones, whatever its other units say
        if hits:
            found[-1 if len(tests) - 1 in hits else hits[0]][1].append(row)
    return found


def _has_difficulties(row: TaskRow) -> bool:
    """Some unit tells of difficulties or a cause on this row."""
    return any(name in entry.values for entry in row.entries for name in ("difficulties", "cause"))


def _days(entry: LeadEntry) -> str:
    state = entry.timeliness
    if state is None or state.days is None:
        return ""
    if state.code == "overdue":
        return f"Quá hạn {-state.days} ngày"
    if state.code == "late":
        return f"Chậm {state.days} ngày"
    return f"Còn {state.days} ngày" if state.code in ("at_risk", "on_track") else ""
