"""The sheet "So với kỳ trước": every row and indicator beside what the period before said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from nq57xl.outputs.report.indicators import gap_cell, result_cell
from nq57xl.outputs.report.sheet_parts import Cells, head_of
from nq57xl.results.comparison import IndicatorChange, PeriodComparison, TaskChange
from nq57xl.results.consolidation import Consolidation, RowStanding
from nq57xl.results.figures import MISSED, REACHED, UNDER_WAY
from nq57xl.results.wording import numbered, report_title, standing_words, work_of
from nq57xl.xlsx.pages import Number, ReportColumn, ReportLine, ReportSheet

NAME = "So với kỳ trước"
COLUMNS = (
    ReportColumn("number", "TT", 5, "center"),
    ReportColumn("code", "Mã", 8, "center"),
    ReportColumn("work", "Nhiệm vụ, chỉ tiêu", 56),
    ReportColumn("old_progress", "Tiến độ, kết quả", 13, "center"),
    ReportColumn("old_timeliness", "So với thời hạn", 12, "center"),
    ReportColumn("old_percent", "Tỷ lệ", 7.5, "center"),
    ReportColumn("progress", "Tiến độ, kết quả", 13, "center"),
    ReportColumn("timeliness", "So với thời hạn", 12, "center"),
    ReportColumn("percent", "Tỷ lệ", 7.5, "center"),
    ReportColumn("change", "Thay đổi", 22),
    ReportColumn("move", "Loại thay đổi", 12, printed=False, hidden=True),
)


def change_page(c: Consolidation, compared: PeriodComparison) -> ReportSheet:
    """The page of a consolidation and its comparison with the period before."""
    body = tuple(_lines(c, compared))
    before, after = compared.before.title.upper(), c.period.title.upper()
    above = (
        ReportLine("title", {"number": "SO VỚI KỲ TRƯỚC"}),
        ReportLine("subtitle", {"number": f"{report_title(c)}: {c.period.title} so với {compared.before.title}"}),
        ReportLine("para", {"number": counts(compared)}),
        ReportLine("band", {"number": "", "old_progress": before, "progress": after, "change": ""}),
        head_of(COLUMNS),
    )
    return ReportSheet(NAME, COLUMNS, (*above, *body), paper="A3", filtered=True, frozen_columns=2)


def _lines(c: Consolidation, compared: PeriodComparison) -> Iterator[ReportLine]:
    section = None
    titles = {item.number: item.title for item in c.plan.sections}
    still = [row for row in compared.moved("same", "none") if not row.newly_overdue]
    rows = [row for row in compared.rows if row.newly_overdue or row.move not in ("same", "none")]
    for number, row in enumerate(rows, start=1):
        if row.task.section != section and row.move != "dropped":
            section = row.task.section
            yield ReportLine("section", {"number": section, "code": titles.get(section, "")})
        yield ReportLine("row", {"number": str(number), **_row_cells(row, c)}, 1)
    if still:
        yield ReportLine("section", {"number": "", "code": f"Không thay đổi: {len(still)} đầu việc"})
        codes = ", ".join(numbered(row.task) for row in still)
        yield ReportLine("row", {"code": codes, "move": "same"}, 1, spans={"code": "change"})
    yield from _indicator_lines(c, compared.indicators)


def _indicator_lines(c: Consolidation, indicators: Sequence[IndicatorChange]) -> Iterator[ReportLine]:
    """Each indicator that has a result in one of the periods; the others in one line."""
    if indicators:
        yield ReportLine("section", {"number": "", "code": "Chỉ tiêu"})
    silent = [item for item in indicators if item.before is None and item.after is None]
    told = [item for item in indicators if item not in silent]
    units = Counter(item.indicator.code for item in told)
    for number, item in enumerate(told, start=1):
        name = item.name if units[item.indicator.code] > 1 else ""
        yield ReportLine("row", {"number": str(number), **_indicator_cells(item, c, name)}, 1)
    if silent:
        names = dict.fromkeys(f"{item.indicator.group}.{item.indicator.number}" for item in silent)
        words = f"Cả hai kỳ chưa có số liệu: chỉ tiêu {', '.join(names)}"
        yield ReportLine("row", {"code": words, "move": "no_data"}, 1, spans={"code": "change"})


def counts(compared: PeriodComparison) -> str:
    """How many rows moved, in one sentence."""
    silent = len(compared.moved("silent"))
    parts = [
        (len(compared.newly_done), "mới hoàn thành"),
        (len(compared.newly_overdue), "mới quá hạn"),
        (len(compared.moved("raised")), "tăng tỷ lệ"),
        (len(compared.moved("lowered")), "giảm tỷ lệ"),
        (len(compared.moved("moved")), "chuyển mức tiến độ"),
        (len(compared.moved("same")), "không thay đổi"),
        (silent, "kỳ này chưa có báo cáo"),
        (len(compared.moved("new")), "mới đưa vào kế hoạch"),
        (len(compared.moved("dropped")), "không còn trong kế hoạch"),
    ]
    told = ", ".join(f"{count:02d} đầu việc {words}" for count, words in parts if count)
    return f"So với {compared.before.title}: {told or 'không có đầu việc nào để so sánh'}."


def _row_cells(row: TaskChange, c: Consolidation) -> Cells:
    cells: Cells = {
        "code": numbered(row.task),
        "work": work_of(row.task),
        "change": row.words,
        "move": row.move,
    }
    for prefix, standing, percent in (
        ("old_", row.before, row.percent_before),
        ("", row.after, row.percent_after),
    ):
        progress, timeliness = _standing(standing, c)
        cells |= {f"{prefix}progress": progress, f"{prefix}timeliness": timeliness}
        cells[f"{prefix}percent"] = None if percent is None else Number(percent, "0%")
    return cells


def _standing(standing: RowStanding | None, c: Consolidation) -> tuple[str, str]:
    return ("", "") if standing is None else standing_words(standing, c)


def _indicator_cells(item: IndicatorChange, c: Consolidation, name: str) -> Cells:
    """`name` of the unit, where several report the indicator."""
    judged = any(row.judged for row in c.indicators if row.indicator.code == item.indicator.code)
    short = MISSED if judged else UNDER_WAY
    return {
        "code": f"{item.indicator.group}.{item.indicator.number}",
        "work": f"{item.indicator.indicator} ({name})" if name else item.indicator.indicator,
        "old_progress": result_cell(item.before, item.measure, c),
        "old_timeliness": _reached(item.reached_before, UNDER_WAY),
        "progress": result_cell(item.after, item.measure, c),
        "timeliness": _reached(item.reached_after, short),
        "change": gap_cell(item.difference, item.measure),
        "move": "indicator",
    }


def _reached(reached: bool | None, short: str) -> str:
    return "" if reached is None else (REACHED if reached else short)
