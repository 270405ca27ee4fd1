"""The sheet "Theo đơn vị": rows that each unit leads by progress and timeliness, and its report in time or late."""

from __future__ import annotations

from collections.abc import Iterator

from nq57xl.outputs.report.sheet_parts import Cells, head_of, heading
from nq57xl.results.consolidation import Consolidation, UnitReport
from nq57xl.results.figures import RowCounts, figures, progress_buckets, timeliness_buckets
from nq57xl.results.wording import PARTLY_REPORTED, STATES, UNREPORTED
from nq57xl.xlsx.pages import (
    ColumnRanges,
    Formula,
    Number,
    ReportColumn,
    ReportLine,
    ReportSheet,
    letter_of,
)

NAME = "Theo đơn vị"
_Buckets = tuple[tuple[str, ...], tuple[str, ...]]
"""Columns by progress, and by timeliness."""


def unit_page(c: Consolidation, appendix: ColumnRanges) -> ReportSheet:
    """The page; its counts are formulas over the lines of the placed appendix."""
    return ReportSheet(NAME, _columns(c), tuple(_lines(c, appendix)), filtered=True, frozen_columns=2)


def _columns(c: Consolidation) -> tuple[ReportColumn, ...]:
    progress, timely = progress_buckets(c), timeliness_buckets()
    return (
        ReportColumn("number", "TT", 4, "center"),
        ReportColumn("unit", "Đơn vị", 23),
        ReportColumn("state", "Tình trạng báo cáo", 14),
        ReportColumn("late", "Số ngày chậm", 6.5, "center"),
        ReportColumn("led", "Số đầu việc chủ trì", 7.5, "center"),
        *(ReportColumn(f"p{i}", words, 7.5, "center") for i, words in enumerate(progress)),
        *(ReportColumn(f"t{i}", words, 7.5, "center") for i, words in enumerate(timely)),
        ReportColumn("asked", "Số đầu việc phối hợp", 7.5, "center"),
        ReportColumn("told", "Có nội dung phối hợp", 7.5, "center"),
        ReportColumn("code", "Mã đơn vị", 10, printed=False),
    )


def _lines(c: Consolidation, appendix: ColumnRanges) -> Iterator[ReportLine]:
    columns, f = _columns(c), figures(c)
    note = (
        "Tiến độ và thời hạn tính theo báo cáo của chính đơn vị chủ trì. Nhiệm vụ có nhiều đơn vị chủ trì được đếm ở "
        "từng đơn vị, nên cộng các đơn vị có thể lớn hơn số đầu việc của kế hoạch. Ô trống ở cột Số ngày chậm: chưa "
        "nhận báo cáo."
    )
    yield from heading(c, "KẾT QUẢ THEO ĐƠN VỊ", note)
    bands = {"number": "", "state": "NỘP BÁO CÁO", "led": "TIẾN ĐỘ", "t0": "SO VỚI THỜI HẠN", "asked": "PHỐI HỢP"}
    yield ReportLine("band", bands)
    yield head_of(columns)
    reports = {report.status.code: report for report in c.units}
    support = _support(c)
    buckets = progress_buckets(c), timeliness_buckets()
    top = 5
    for number, unit in enumerate(f.units, start=1):
        cells = _report_cells(reports.get(unit.code))
        asked, told = support.get(unit.code, (0, 0))
        cells |= {"number": str(number), "unit": unit.title, "code": unit.code}
        cells |= {"asked": Number(asked, '0;-0;"-"'), "told": Number(told, '0;-0;"-"')}
        counts = _counts(unit, buckets, appendix, columns, top + number)
        # where a unit that supports nothing said "không phát sinh"
        yield ReportLine("row", cells | counts, anchors=(f"statement|{unit.code}|statement",))
    if f.units:
        yield ReportLine("total", _sums(c, f.units, columns, top + 1, support))


def _counts(
    unit: RowCounts, buckets: _Buckets, appendix: ColumnRanges, columns: tuple[ReportColumn, ...], row: int
) -> Cells:
    """Live counts of the unit's own lines; `row` is the number of the line, from 1."""
    code = f"${letter_of(columns, 'code')}{row}"
    cells: Cells = {"led": Formula(appendix.count(unit=code), unit.total)}
    for kind, name, titles, counts in (
        ("p", "progress", buckets[0], unit.progress),
        ("t", "timeliness", buckets[1], unit.timeliness),
    ):
        for index, words in enumerate(titles):
            head = f"{letter_of(columns, f'{kind}{index}')}$5"
            text = appendix.count(unit=code, **{name: f"${head}"})
            if words == UNREPORTED:
                text += "+" + appendix.count(unit=code, progress=PARTLY_REPORTED)
            cells[f"{kind}{index}"] = Formula(text, counts.get(words, 0))
    return cells


def _report_cells(report: UnitReport | None) -> Cells:
    if report is None:
        return {"state": "Không gửi biểu"}
    unit = report.status
    return {"state": STATES[unit.state], "late": Number(unit.days_late, "0") if unit.on_time is not None else None}


def _support(c: Consolidation) -> dict[str, tuple[int, int]]:
    """Unit -> rows that it supports, and those on which it told something."""
    counts: dict[str, tuple[int, int]] = {}
    for row in c.tasks:
        for item in row.contributions:
            asked, told = counts.get(item.unit, (0, 0))
            counts[item.unit] = (asked + 1, told + (item.state == "text"))
    return counts


def _sums(
    c: Consolidation,
    units: tuple[RowCounts, ...],
    columns: tuple[ReportColumn, ...],
    first: int,
    support: dict[str, tuple[int, int]],
) -> Cells:
    values = {"led": sum(unit.total for unit in units)}
    values |= {f"p{i}": sum(u.progress.get(words, 0) for u in units) for i, words in enumerate(progress_buckets(c))}
    values |= {f"t{i}": sum(u.timeliness.get(words, 0) for u in units) for i, words in enumerate(timeliness_buckets())}
    shown = [support.get(unit.code, (0, 0)) for unit in units]
    values |= {"asked": sum(asked for asked, _ in shown), "told": sum(told for _, told in shown)}
    cells: Cells = {"unit": "Cộng theo đơn vị"}
    for name, value in values.items():
        letter = letter_of(columns, name)
        cells[name] = Formula(f"SUM({letter}{first}:{letter}{first + len(units) - 1})", value)
    return cells
