"""The sheet "Chậm tiến độ - vướng mắc": overdue, at risk, undated and unreported rows, each in a group of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
from nq57xl.xlsx.pages import CellContent, Link, ReportColumn, ReportLine, ReportSheet

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
_TEXTS = ("difficulties", "cause", "proposal", "next_work")


def problem_page(c: Consolidation) -> ReportSheet:
    """The page: each row of the plan stands in one group at most."""
    return ReportSheet(NAME, COLUMNS, tuple(_lines(c)), filtered=True, frozen_columns=2)


def _lines(c: Consolidation) -> Iterator[ReportLine]:
    yield ReportLine("title", {"number": "NHIỆM VỤ CHẬM TIẾN ĐỘ, CÓ KHÓ KHĂN, VƯỚNG MẮC"})
    yield ReportLine("subtitle", {"number": f"{report_title(c)}, {c.period.title}"})
    margin = c.plan.settings.at_risk_days
    note = (
        f"Tính đến ngày chốt số liệu {c.cutoff:%d/%m/%Y}. Nguy cơ chậm: chưa hoàn thành, còn không quá {margin} ngày "
        "theo lịch là đến hạn."
    )
    yield ReportLine("note", {"number": note})
    yield ReportLine("head", {column.name: column.title for column in COLUMNS})
    for index, (title, rows) in enumerate(groups(c), start=1):
        yield ReportLine("section", {"number": str(index), "code": f"{title}: {len(rows)} đầu việc"})
        for number, row in enumerate(rows, start=1):
            yield from _row_lines(row, number, c)


def groups(c: Consolidation) -> list[tuple[str, list[TaskRow]]]:
    """Titles and rows of the groups, in order."""

    def timely(code: str) -> Callable[[TaskRow], bool]:
        return lambda row: row.standing.timeliness is not None and row.standing.timeliness.code == code

    tests: list[tuple[str, Callable[[TaskRow], bool]]] = [
        ("Quá hạn, chưa hoàn thành", timely("overdue")),
        ("Hoàn thành quá hạn", timely("late")),
        ("Nguy cơ chậm", timely("at_risk")),
        (
            "Không xác định hạn, có khó khăn, vướng mắc",
            lambda row: timely("undated")(row) and row.standing.progress != "done" and _has_difficulties(row),
        ),
        ("Nhiệm vụ khác có khó khăn, vướng mắc", _has_difficulties),
        ("Chưa báo cáo, hoặc chưa báo cáo đủ", lambda row: row.standing.state in ("unreported", "partly_reported")),
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


def _row_lines(row: TaskRow, number: int, c: Consolidation) -> Iterator[ReportLine]:
    first: dict[str, CellContent] = {
        "number": str(number),
        "code": numbered(row.task),
        "work": work_of(row.task),
        "deadline": due_words(row.task),
    }
    for entry in row.entries or (LeadEntry("", row.task.lead, False),):
        yield ReportLine("row" if first else "sub", first | _entry_cells(entry, row, c), 1)
        first = {}


def _entry_cells(entry: LeadEntry, row: TaskRow, c: Consolidation) -> dict[str, CellContent]:
    progress, timeliness = entry_words(entry, row, c)
    cells: dict[str, CellContent] = {
        "unit": entry.name,
        "progress": progress,
        "days": _days(entry) or timeliness,
        "percent": percent_cell(entry.values.get("percent")),
        **{name: shown(entry.values.get(name), c.schema) for name in _TEXTS},
    }
    if entry.values:
        cells["source"] = Link("dòng {row}", source_anchor(entry.unit, "led", row.task.code))
    return cells


def _days(entry: LeadEntry) -> str:
    state = entry.timeliness
    if state is None or state.days is None:
        return ""
    if state.code == "overdue":
        return f"Quá hạn {-state.days} ngày"
    if state.code == "late":
        return f"Chậm {state.days} ngày"
    return f"Còn {state.days} ngày" if state.code in ("at_risk", "on_track") else ""
