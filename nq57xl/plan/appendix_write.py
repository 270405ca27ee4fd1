"""Writes the master appendix phu-luc.xlsx: a pleasant, validated workbook that the office edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from attrs import evolve

from nq57xl.plan.appendix import (
    CARD,
    GUIDE_LINES,
    GUIDE_TITLE,
    NAMES,
    SETTINGS,
    TABLES,
    AppendixColumn,
    AppendixSheet,
    cells_of,
)
from nq57xl.plan.appendix_styles import STYLES, set_up_page, write_top
from nq57xl.plan.model import Plan
from nq57xl.plan.review_questions import TITLE, Review, write_review
from nq57xl.text.addresses import a1, place_of
from nq57xl.xlsx.metrics import Text, row_height
from nq57xl.xlsx.write import FONT, MESSAGE_LIMIT, TITLE_LIMIT, Workbook, Worksheet, clipped, storable_text

_CARD_WIDTHS = (33.0, 62.0, 22.0, 22.0)
_LAST_ROW = 2000
"""Lists reach down to this row, so that rows added later are offered too."""
_LISTED = {"units": "Đơn vị", "sections": "Nhóm nhiệm vụ", "indicator_groups": "Nhóm chỉ tiêu"}
"""Lists of dropdowns that are filled from the first column of a sheet."""


def write_appendix(plan: Plan, review: Sequence[Review] = ()) -> bytes:
    """The workbook of that plan: every record of it, and empty validated rows. The same plan gives the same bytes.

    `review`: cells to mark, with a list of them on a sheet of its own, for a plan imported from a document.
    """
    titles = [GUIDE_TITLE, *((TITLE,) if review else ()), *(item.title for item in (CARD, *TABLES, SETTINGS))]
    with Workbook("Phụ lục gốc của kế hoạch", STYLES) as book:
        sheets = {title: book.sheet(title) for title in titles}
        for name, title in _LISTED.items():
            book.define_name(f"ds_{name}", _filled_part(title))
        _guide(sheets[GUIDE_TITLE])
        _card(sheets[CARD.title], CARD, plan)
        # the names with their days of validity stand under the card of the plan, in its columns
        write_top(sheets[CARD.title], NAMES.heading, row=NAMES.first_row - 2)
        _rows(sheets[CARD.title], NAMES, plan)
        for table in TABLES:
            _table_sheet(sheets[table.title], table, plan)
        _card(sheets[SETTINGS.title], SETTINGS, plan)
        if review:
            _mark(sheets, plan, review)
            write_review(sheets[TITLE], plan, review)
    return book.content


def _filled_part(title: str) -> str:
    """Formula for the first column of a sheet down to its last filled row: dropdowns show no empty lines."""
    first = TABLES[0].first_row + 1
    column = f"'{title}'!$A$1:$A${_LAST_ROW}"
    last = f'SUMPRODUCT(MAX(({column}<>"")*ROW({column})))'
    return f"='{title}'!$A${first}:INDEX({column},MAX({first},{last}))"


def _card(sheet: Worksheet, card: AppendixSheet, plan: Plan) -> None:
    (cells,) = card.rows(plan)
    sheet.widths(_CARD_WIDTHS)
    write_top(sheet, card.heading, card.note, _CARD_WIDTHS)
    head = card.first_row - 1
    sheet.text(head, 0, "Mục", "head")
    sheet.text(head, 1, "Nội dung", "head")
    sheet.across(head, 2, 3, "Cách nhập", "head")
    sheet.height(head, 20)
    for row, column in enumerate(card.columns, card.first_row):
        value = cells.get(column.key)
        sheet.text(row, 0, column.title, "label")
        _write_cell(sheet, (row, 1), column, value)
        sheet.across(row, 2, 3, column.hint, "hint")
        texts = [
            Text(column.title, _CARD_WIDTHS[0] * 0.92),
            Text(column.shown(value), _CARD_WIDTHS[1]),
            Text(column.hint, _CARD_WIDTHS[2] + _CARD_WIDTHS[3]),
        ]
        sheet.height(row, row_height(texts))
        _validate(sheet, column, row, row, 1)
    set_up_page(sheet)


def _table_sheet(sheet: Worksheet, table: AppendixSheet, plan: Plan) -> None:
    rows = table.rows(plan)
    if not any(row.get(column.key) for row in rows for column in table.columns if column.rare):
        table = evolve(table, columns=tuple(column for column in table.columns if not column.rare))
    widths = [column.width for column in table.columns]
    sheet.widths(widths)
    write_top(sheet, table.heading, table.note, widths)
    last = _rows(sheet, table, plan)
    set_up_page(sheet)
    sheet.head(table.first_row - 1, last, (0, len(widths) - 1), 1)


_FORMATS = {"short": "@", "whole": "0", "date": "dd/mm/yyyy"}


def _write_cell(
    sheet: Worksheet, place: tuple[int, int], column: AppendixColumn, value: object, **changes: object
) -> None:
    """A value of that column at (row, column); `changes`: properties of its format that differ from the usual ones."""
    style = STYLES["cell"] | ({"num_format": _FORMATS[column.kind]} if column.kind in _FORMATS else {})
    if column.center or column.kind in ("whole", "date"):
        style |= {"align": "center" if column.center else "left"}
    typed = column.kind in ("date", "whole") and value is not None
    sheet.value(*place, value if typed else column.shown(value), sheet.book.format(style | changes))


def _mark(sheets: Mapping[str, Worksheet], plan: Plan, review: Sequence[Review]) -> None:
    """The cells of those points, each with what is to be looked at."""
    known = cells_of(plan)
    for point in review:
        if point.sheet in sheets and point.cell:
            sheet, place = sheets[point.sheet], place_of(point.cell)
            column, value = known.get((point.sheet, point.cell), (AppendixColumn("", ""), None))
            align = "center" if column.center else "left"
            _write_cell(sheet, place, column, value, bg_color="#FFF2CC", align=align)
            source = f"\nNguồn: {point.source}" if point.source else ""
            options = {"author": "nq57xl", "font_name": FONT, "font_size": 10, "x_scale": 1.6}
            sheet.write_comment(*place, storable_text(f"Cần rà soát: {point.reason}{source}"), options)


def _rows(sheet: Worksheet, table: AppendixSheet, plan: Plan) -> int:
    """Writes headings, rows and empty rows under them with their validations; returns the last row."""
    head, rows = table.first_row - 1, table.rows(plan)
    for index, column in enumerate(table.columns):
        sheet.text(head, index, column.title, "head")
    # the filter button hides the last characters of a heading
    titles = [Text(column.title, column.width - 2.2, bold=True) for column in table.columns]
    sheet.height(head, row_height(titles) + 6)
    for row, cells in enumerate(rows, table.first_row):
        for index, column in enumerate(table.columns):
            _write_cell(sheet, (row, index), column, cells.get(column.key))
        sheet.height(row, row_height([Text(item.shown(cells.get(item.key)), item.width) for item in table.columns]))
    free = table.first_row + len(rows)
    last = free + table.spare - 1
    for row in range(free, last + 1):
        for index, column in enumerate(table.columns):
            _write_cell(sheet, (row, index), column, None, border=0)
        sheet.height(row, 18)
    # prepared rows get their borders with their text, so that empty ones are not printed
    filled = f"=COUNTA($A{free + 1}:${a1(free, len(table.columns) - 1)})>0"
    rule = {"type": "formula", "criteria": filled, "format": sheet.book.style("filled")}
    sheet.conditional_format(free, 0, last, len(table.columns) - 1, rule)
    for index, column in enumerate(table.columns):
        _validate(sheet, column, table.first_row, last, index)
    return last


def _validate(sheet: Worksheet, column: AppendixColumn, first: int, last: int, index: int) -> None:
    """The cell's dropdown or limits, and its hint."""
    rule: dict[str, Any] = {"validate": "any"}
    if column.source:
        listed = f"=ds_{column.source}" if column.source in _LISTED else list(column.choices.values())
        kind = "stop" if column.strict else "information"
        rule = {"validate": "list", "source": listed, "error_type": kind}
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
    write_top(sheet, "PHỤ LỤC GỐC CỦA KẾ HOẠCH")
    for row, (mark, text) in enumerate(GUIDE_LINES, 2):
        sheet.text(row, 0, mark, "step")
        sheet.text(row, 1, text, "plain")
        sheet.height(row, row_height([Text(text, 100)]) + 3)
    set_up_page(sheet)
