"""Writes the master appendix phu-luc.xlsx: a pleasant, validated workbook that the office edits.

Also the sheet «Soát kế hoạch» with what lint found, put into the office's own workbook.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import attrs
from attrs import evolve, frozen

from nq57xl.plan import appendix
from nq57xl.plan.appendix_styles import STYLES, set_up_page, write_cell, write_heading, write_line, write_top
from nq57xl.plan.model import Plan
from nq57xl.plan.review_questions import TITLE, Review, write_review
from nq57xl.rules.findings import Finding, Point, grouped
from nq57xl.rules.load import Clear
from nq57xl.text.addresses import a1
from nq57xl.xlsx.metrics import Text, row_height
from nq57xl.xlsx.patch import put_sheet
from nq57xl.xlsx.write import MESSAGE_LIMIT, TITLE_LIMIT, Workbook, Worksheet, clipped, sheet_prefix

_CARD_WIDTHS = (33.0, 62.0, 22.0, 22.0)
_LAST_ROW = 2000
"""Lists reach down to this row, so that rows added later are offered too."""
_LISTED = {"units": "Đơn vị", "sections": "Nhóm nhiệm vụ", "indicator_groups": "Nhóm chỉ tiêu"}
"""Lists of dropdowns that are filled from the first column of a sheet."""


def write_appendix(plan: Plan, review: Sequence[Review] = ()) -> bytes:
    """The workbook of that plan: every record of it, and empty validated rows. The same plan gives the same bytes.

    `review`: cells to mark, with a list of them on a sheet of its own, for a plan imported from a document.
    """
    titles = [
        appendix.GUIDE_TITLE,
        *((TITLE,) if review else ()),
        appendix.PLAN_TITLE,
        *(item.title for item in appendix.TABLES),
        appendix.SETTINGS_TITLE,
    ]
    with Workbook("Phụ lục gốc của kế hoạch", STYLES) as book:
        sheets = {title: book.sheet(title) for title in titles}
        for name, title in _LISTED.items():
            book.define_name(f"ds_{name}", _filled_part(title))
        _guide(sheets[appendix.GUIDE_TITLE])
        _plan_sheet(sheets[appendix.PLAN_TITLE], plan)
        rows = appendix.table_rows(plan)
        for table in appendix.TABLES:
            _table_sheet(sheets[table.title], table, rows[table.id])
        _settings_sheet(sheets[appendix.SETTINGS_TITLE], plan)
        if review:
            write_review(sheets, plan, review)
    return book.content


def _filled_part(title: str) -> str:
    """Formula for the first column of a sheet down to its last filled row: dropdowns show no empty lines."""
    first = appendix.HEADER_ROW + 2
    column = f"'{title}'!$A$1:$A${_LAST_ROW}"
    last = f'SUMPRODUCT(MAX(({column}<>"")*ROW({column})))'
    return f"='{title}'!$A${first}:INDEX({column},MAX({first},{last}))"


def _plan_sheet(sheet: Worksheet, plan: Plan) -> None:
    sheet.widths(_CARD_WIDTHS)
    note = "Nhập ở cột Nội dung; ô nào chưa biết thì để trống."
    write_top(sheet, "THÔNG TIN KẾ HOẠCH", note, _CARD_WIDTHS)
    _card(sheet, appendix.CARD, appendix.card_cells(plan.properties))
    start = appendix.NAMES_ROW
    write_heading(sheet, start - 2, appendix.NAMES.heading)
    columns = list(zip(appendix.NAMES.columns, _CARD_WIDTHS, strict=True))
    _header(sheet, start - 1, columns)
    _rows(sheet, start, columns, appendix.name_rows(plan.properties), appendix.NAMES.spare)
    set_up_page(sheet)


def _settings_sheet(sheet: Worksheet, plan: Plan) -> None:
    sheet.widths(_CARD_WIDTHS)
    write_top(sheet, "CÀI ĐẶT", "Các thông số dùng khi lập biểu mẫu và tổng hợp.", _CARD_WIDTHS)
    _card(sheet, appendix.SETTINGS, attrs.asdict(plan.settings))
    set_up_page(sheet)


def _card(sheet: Worksheet, lines: tuple[appendix.AppendixColumn, ...], cells: appendix.AppendixRow) -> None:
    head = appendix.CARD_ROW - 1
    sheet.text(head, 0, "Mục", "head")
    sheet.text(head, 1, "Nội dung", "head")
    sheet.across(head, 2, 3, "Cách nhập", "head")
    sheet.height(head, 20)
    for row, column in enumerate(lines, appendix.CARD_ROW):
        value = cells.get(column.key)
        sheet.text(row, 0, column.title, "label")
        write_cell(sheet, (row, 1), column, value)
        sheet.across(row, 2, 3, column.hint, "hint")
        texts = [
            Text(column.title, _CARD_WIDTHS[0] * 0.92),
            Text(appendix.shown(column, value), _CARD_WIDTHS[1]),
            Text(column.hint, _CARD_WIDTHS[2] + _CARD_WIDTHS[3]),
        ]
        sheet.height(row, row_height(texts))
        _validate(sheet, column, row, row, 1)


def _table_sheet(sheet: Worksheet, table: appendix.AppendixSheet, rows: list[appendix.AppendixRow]) -> None:
    if not any(row.get(column.key) for row in rows for column in table.columns if column.rare):
        table = evolve(table, columns=tuple(column for column in table.columns if not column.rare))
    widths = [column.width for column in table.columns]
    columns = list(zip(table.columns, widths, strict=True))
    head = appendix.HEADER_ROW
    sheet.widths(widths)
    write_top(sheet, table.heading, table.note, widths)
    _header(sheet, head, columns)
    last = _rows(sheet, head + 1, columns, rows, table.spare)
    set_up_page(sheet)
    sheet.head(head, last, (0, len(columns) - 1), 1)


_Columns = list[tuple[appendix.AppendixColumn, float]]
"""Each with its width; the names table stands in the columns of the card above it."""


def _header(sheet: Worksheet, row: int, columns: _Columns) -> None:
    for index, (column, _) in enumerate(columns):
        sheet.text(row, index, column.title, "head")
    # the filter button hides the last characters of a heading
    sheet.height(row, row_height([Text(column.title, width - 2.2, bold=True) for column, width in columns]) + 6)


def _rows(sheet: Worksheet, start: int, columns: _Columns, rows: list[appendix.AppendixRow], spare: int) -> int:
    """Writes rows and empty rows under them with their validations; returns the last row."""
    for row, cells in enumerate(rows, start):
        for index, (column, _) in enumerate(columns):
            write_cell(sheet, (row, index), column, cells.get(column.key))
        texts = [Text(appendix.shown(column, cells.get(column.key)), width) for column, width in columns]
        sheet.height(row, row_height(texts))
    free = start + len(rows)
    last = free + spare - 1
    for row in range(free, last + 1):
        for index, (column, _) in enumerate(columns):
            write_cell(sheet, (row, index), column, None, border=0)
        sheet.height(row, 18)
    # prepared rows get their borders with their text, so that empty ones are not printed
    filled = f"=COUNTA($A{free + 1}:${a1(free, len(columns) - 1)})>0"
    rule = {"type": "formula", "criteria": filled, "format": sheet.book.style("filled")}
    sheet.conditional_format(free, 0, last, len(columns) - 1, rule)
    for index, (column, _) in enumerate(columns):
        _validate(sheet, column, start, last, index)
    return last


_LISTS: Mapping[str, str | list[str]] = {
    **{name: f"=ds_{name}" for name in _LISTED},
    "yes_no": [appendix.YES, appendix.NO],
    **{name: list(titles.values()) for name, titles in appendix.LISTS.items()},
}


def _validate(sheet: Worksheet, column: appendix.AppendixColumn, first: int, last: int, index: int) -> None:
    """The cell's dropdown or limits, and its hint."""
    rule: dict[str, Any] = {"validate": "any"}
    if column.source:
        kind = "stop" if column.strict else "information"
        rule = {"validate": "list", "source": _LISTS[column.source], "error_type": kind}
    elif column.kind == "date":
        rule = {"validate": "date", "criteria": "between", "minimum": date(2000, 1, 1), "maximum": date(2100, 12, 31)}
    elif column.kind == "whole":
        low, high = column.limits
        rule = {"validate": "integer", "criteria": "between", "minimum": low, "maximum": high}
    rule |= {
        "input_title": clipped(column.title, TITLE_LIMIT),
        "input_message": clipped(column.hint, MESSAGE_LIMIT),
        "error_title": "Chưa đúng",
        "error_message": clipped(f"{column.title}: {column.hint}", MESSAGE_LIMIT),
    }
    sheet.data_validation(first, index, last, index, rule)


def _guide(sheet: Worksheet) -> None:
    sheet.widths((5, 100))
    write_heading(sheet, 0, "PHỤ LỤC GỐC CỦA KẾ HOẠCH")
    for row, (mark, text) in enumerate(appendix.GUIDE, 2):
        sheet.text(row, 0, mark, "step")
        sheet.text(row, 1, text, "plain")
        sheet.height(row, row_height([Text(text, 100)]) + 3)
    set_up_page(sheet)


_LINT_TITLE = "Soát kế hoạch"
"""Name of the sheet; the reader of the appendix passes it over."""
_SEVERITIES = {"error": "Phải sửa", "warning": "Nên xem lại", "note": "Ghi nhận", "repaired": "Đã sửa giúp"}
_LINT_NOTE = (
    "Phần mềm lập trang này bằng «nq57xl lint --write»; chạy lại thì trang được lập lại. «Phải sửa» thì sửa mới phát "
    "hành được biểu mẫu; «Nên xem lại», «Ghi nhận» là điều nên xem. Bấm vào ô để đến đúng chỗ. Có thể xóa cả trang này."
)
_LINT_COLUMNS = {"STT": 6, "Mức": 12, "Tiêu chí": 14, "Ô": 16, "Mã": 11, "Nội dung": 58, "Đề xuất": 66}
"""Headings and widths."""
_PLACE, _CONTENT = 3, 5
_MANY = 3
"""Findings of one pattern from which they stand under a common line."""
_LONGEST_TEXT = 1500
_NOTHING = "Không có điểm nào cần sửa."


@frozen
class _LintLine:
    """A line of the sheet: its texts, where its place leads, whether it stands over others."""

    texts: tuple[str, ...]
    target: str = ""
    over_others: bool = False


def with_lint_sheet(data: bytes, plan: Plan, findings: Sequence[Finding], workspace: Path | None = None) -> bytes:
    """The workbook with the sheet of those findings; everything else in it stays as it is. Raises Nq57Error."""
    clear = Clear.load(workspace)
    points = grouped(findings, _MANY)
    lines = [line for number, point in enumerate(points, 1) for line in _lint_lines(number, point, plan, clear)]
    heading = f"SOÁT KẾ HOẠCH: {len(findings)} ĐIỂM, {len(points)} NHÓM" if findings else "SOÁT KẾ HOẠCH"
    widths = list(_LINT_COLUMNS.values())
    with Workbook(_LINT_TITLE, STYLES) as book:
        sheet = book.sheet(_LINT_TITLE)
        sheet.widths(widths)
        write_top(sheet, heading, _LINT_NOTE, widths)
        write_line(sheet, appendix.HEADER_ROW, list(_LINT_COLUMNS), widths, "head")
        for row, line in enumerate(lines or [_LintLine(("",) * _CONTENT + (_NOTHING, ""))], appendix.HEADER_ROW + 1):
            write_line(sheet, row, line.texts, widths, "cell")
            for col in (0, 1, *((_CONTENT,) if line.over_others else ())):
                sheet.text(row, col, line.texts[col], "label")
            if line.target:
                sheet.link(row, _PLACE, line.texts[_PLACE], line.target, "link")
        sheet.freeze_panes(appendix.HEADER_ROW + 1, 0)
        set_up_page(sheet)
    return put_sheet(data, _LINT_TITLE, book.content)


def _lint_lines(number: int, point: Point, plan: Plan, clear: Clear) -> Iterator[_LintLine]:
    """One line for a single finding; for several of a pattern a common line, and one for each under it."""
    first = point.first
    asked = clear.asks_for(first.code, plan.properties.clear_criteria)
    start = (str(number), _SEVERITIES[first.severity], asked[:1].upper() + asked[1:])
    if point.count < _MANY:
        yield _LintLine((*start, *_place(first), first.message, first.fix), _target(first))
        return
    same_fix = all(item.fix == first.fix for item in point.findings)
    headline = f"{point.headline.removesuffix('.')}: {point.count} chỗ."
    yield _LintLine((*start, "", "", headline, first.fix if same_fix else ""), over_others=True)
    for item in point.findings:
        said = item.value or item.message
        said = said if len(said) <= _LONGEST_TEXT else f"{said[:_LONGEST_TEXT]}…"
        yield _LintLine(("", "", "", *_place(item), said, "" if same_fix else item.fix), _target(item))


def _place(item: Finding) -> tuple[str, str]:
    return f"{item.sheet}!{item.cell}" if item.cell else item.sheet, item.task or ""


def _target(item: Finding) -> str:
    return f"{sheet_prefix(item.sheet)}{item.cell}" if item.cell else ""
