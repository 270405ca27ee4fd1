"""The sheet "Theo đơn vị": who has reported and when, and how far the rows are that each unit leads."""

from __future__ import annotations

from collections.abc import Iterator

from nq57xl.outputs.report.sheet_parts import Cells, head_of, heading, source_link
from nq57xl.outputs.report.submissions import NO, YES, person, signed_day, state_words
from nq57xl.results.consolidation import Consolidation, UnitReport
from nq57xl.results.figures import RowCounts, figures, stage_buckets
from nq57xl.results.wording import moment_words
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
_DASH = '0;-0;"-"'


def unit_page(c: Consolidation, plan: ColumnRanges) -> ReportSheet:
    """The page; its counts are formulas over the lines of the placed plan, and the overview counts its rows."""
    return ReportSheet(NAME, _columns(c), tuple(_lines(c, plan)), filtered=True, frozen_columns=2)


def _columns(c: Consolidation) -> tuple[ReportColumn, ...]:
    return (
        ReportColumn("number", "TT", 4, "center"),
        ReportColumn("unit", "Đơn vị", 19),
        ReportColumn("state", "Tình trạng báo cáo", 16),
        ReportColumn("moment", "Nhận lúc", 10, "center"),
        ReportColumn("late", "Số ngày chậm", 6.5, "center"),
        ReportColumn("people", "Người lập; người duyệt", 17),
        ReportColumn("led", "Số đầu việc chủ trì", 6.5, "center"),
        *(ReportColumn(f"s{i}", words, 7.5, "center") for i, words in enumerate(stage_buckets(c))),
        ReportColumn("asked", "Số đầu việc phối hợp", 7, "center"),
        ReportColumn("told", "Có nội dung phối hợp", 7, "center"),
        ReportColumn("source", "Nguồn số", 8, "center"),
        ReportColumn("code", "Mã đơn vị", 10, printed=False),
        ReportColumn("expected", "Phải báo cáo", 10, printed=False, hidden=True),
        ReportColumn("received", "Đã nhận", 10, printed=False, hidden=True),
        ReportColumn("accepted", "Được chấp nhận", 10, printed=False, hidden=True),
        ReportColumn("on_time", "Đúng hạn", 10, printed=False, hidden=True),
    )


def _lines(c: Consolidation, plan: ColumnRanges) -> Iterator[ReportLine]:
    columns, f = _columns(c), figures(c)
    note = (
        f"Hạn các đơn vị nộp báo cáo: hết ngày {c.status.due:%d/%m/%Y}. Nhiệm vụ có nhiều đơn vị chủ trì được đếm ở "
        "từng đơn vị theo báo cáo của chính đơn vị đó, nên cộng các đơn vị có thể lớn hơn số đầu việc của kế hoạch. "
        "Các lần gửi, tệp và mã băm: xem nguon-so-lieu.xlsx."
    )
    yield from heading(c, "KẾT QUẢ VÀ TÌNH HÌNH BÁO CÁO THEO ĐƠN VỊ", note)
    yield ReportLine("band", {"number": "", "state": "NỘP BÁO CÁO", "led": "ĐẦU VIỆC CHỦ TRÌ", "asked": "PHỐI HỢP"})
    yield head_of(columns)
    reports = {report.status.code: report for report in c.units}
    support = _support(c)
    top = 5
    for number, unit in enumerate(f.units, start=1):
        asked, told = support.get(unit.code, (0, 0))
        cells = _report_cells(reports.get(unit.code))
        copies = [f"Bản ký: {copy.file}" for copy in c.status.signed if copy.unit == unit.code]
        cells |= {"people": "\n".join([str(cells.get("people") or ""), *copies]).strip()} if copies else {}
        cells |= {"number": str(number), "unit": unit.title, "code": unit.code}
        cells |= {"asked": Number(asked, _DASH), "told": Number(told, _DASH)}
        counts = _counts(unit, stage_buckets(c), plan, columns, top + number)
        # where a unit that supports nothing said "không phát sinh"
        anchors = (f"statement|{unit.code}|statement", f"signoff|{unit.code}|signoff")
        yield ReportLine("row", cells | counts, anchors=anchors)
    if f.units:
        yield ReportLine("total", _sums(c, f.units, columns, top + 1, support))


def _counts(
    unit: RowCounts, stages: tuple[str, ...], plan: ColumnRanges, columns: tuple[ReportColumn, ...], row: int
) -> Cells:
    """Live counts of the unit's own lines; `row` is the number of the line, from 1."""
    code = f"${letter_of(columns, 'code')}{row}"
    cells: Cells = {"led": Formula(plan.count(unit=code), unit.total)}
    for index, words in enumerate(stages):
        head = f"${letter_of(columns, f's{index}')}$5"
        cells[f"s{index}"] = Formula(plan.count(unit=code, stage=head), unit.stages.get(words, 0))
    return cells


def _report_cells(report: UnitReport | None) -> Cells:
    if report is None:
        return {"state": "Ngoài diện gửi biểu"}
    unit = report.status
    people = [text.replace("\n", ", ") for text in (person(report, "prepared"), person(report, "approved")) if text]
    signed = signed_day(report)
    return {
        "state": state_words(report),
        "moment": moment_words(unit.received_at),
        "late": Number(unit.days_late, _DASH) if unit.on_time is not None else None,
        "people": "\n".join([*people, *([f"Duyệt ngày {signed}"] if signed else [])]),
        "source": source_link(unit.code, "signoff", "signoff") if unit.counting is not None else None,
        "expected": YES,
        "received": YES if unit.newest is not None or unit.excluded else NO,
        "accepted": YES if unit.counting is not None else NO,
        "on_time": "" if unit.on_time is None else (YES if unit.on_time else NO),
    }


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
    values |= {f"s{i}": sum(unit.stages.get(words, 0) for unit in units) for i, words in enumerate(stage_buckets(c))}
    shown = [support.get(unit.code, (0, 0)) for unit in units]
    values |= {"asked": sum(asked for asked, _ in shown), "told": sum(told for _, told in shown)}
    cells: Cells = {"unit": "Cộng theo đơn vị"}
    for name, value in values.items():
        letter = letter_of(columns, name)
        cells[name] = Formula(f"SUM({letter}{first}:{letter}{first + len(units) - 1})", value)
    return cells
