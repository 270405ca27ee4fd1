"""Writes the master appendix phu-luc.xlsx: a pleasant, validated workbook that the office edits."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from attrs import evolve

from nq57xl.plan import appendix_sheets
from nq57xl.plan.appendix_sheets import (
    ACCENT,
    GUIDE,
    LINE,
    AppendixColumn,
    AppendixRow,
    AppendixSheet,
    card_cells,
    fit_page,
    name_rows,
    settings_cells,
    shown,
    table_rows,
)
from nq57xl.plan.model import Plan
from nq57xl.plan.review_questions import TITLE, Review
from nq57xl.plan.review_sheet import write_review
from nq57xl.text.addresses import a1
from nq57xl.xlsx.metrics import Text, row_height

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

FONT, SIZE = "Times New Roman", 11
_CREATED = datetime(2026, 1, 1)
"""A fixed day: the same plan gives the same bytes."""
_CARD_WIDTHS = (33.0, 62.0, 22.0, 22.0)
_LAST_ROW = 2000
"""Lists reach down to this row, so that rows added later are offered too."""
_MAX_PROMPT = 255

_Formats = dict[str, "Format"]


def write_appendix(plan: Plan, review: Sequence[Review] = ()) -> bytes:
    """The workbook of that plan: every record of it, and empty validated rows. The same plan gives the same bytes.

    `review`: cells to mark, with a list of them on a sheet of its own, for a plan imported from a document.
    """
    import xlsxwriter

    stream = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        # the default font sets the width of columns: with this one they are as wide in every program
        "default_format_properties": {"font_name": FONT, "font_size": SIZE},
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        book = xlsxwriter.Workbook(stream, options)
        _fill(book, plan, review)
        book.close()
    return stream.getvalue()


def _fill(book: Workbook, plan: Plan, review: Sequence[Review]) -> None:
    book.set_properties({"title": "Phụ lục gốc của kế hoạch", "created": _CREATED})
    formats = _formats(book)
    titles = [
        appendix_sheets.GUIDE_TITLE,
        appendix_sheets.PLAN_TITLE,
        *(item.title for item in appendix_sheets.TABLES),
        appendix_sheets.SETTINGS_TITLE,
    ]
    if review:
        titles.insert(1, TITLE)
    pages = {title: book.add_worksheet(title) for title in titles}
    for name, title in (("units", "Đơn vị"), ("sections", "Nhóm nhiệm vụ"), ("indicator_groups", "Nhóm chỉ tiêu")):
        book.define_name(f"ds_{name}", _filled_part(title))
    _guide(pages[appendix_sheets.GUIDE_TITLE], formats)
    _plan_sheet(pages[appendix_sheets.PLAN_TITLE], formats, plan)
    rows = table_rows(plan)
    for sheet in appendix_sheets.TABLES:
        _table_sheet(pages[sheet.title], formats, sheet, rows[sheet.id])
    _settings_sheet(pages[appendix_sheets.SETTINGS_TITLE], formats, plan)
    if review:
        write_review(book, pages, plan, review)


def _filled_part(title: str) -> str:
    """Formula for the first column of a sheet down to its last filled row: dropdowns show no empty lines."""
    first = appendix_sheets.HEADER_ROW + 2
    column = f"'{title}'!$A$1:$A${_LAST_ROW}"
    last = f'SUMPRODUCT(MAX(({column}<>"")*ROW({column})))'
    return f"='{title}'!$A${first}:INDEX({column},MAX({first},{last}))"


def _formats(book: Workbook) -> _Formats:
    base = {"font_name": FONT, "font_size": SIZE, "valign": "top"}
    cell = {**base, "border": 1, "border_color": LINE, "text_wrap": True}
    center = {**cell, "align": "center"}
    head = {**center, "bold": True, "bg_color": ACCENT, "valign": "vcenter"}
    definitions: dict[str, dict[str, Any]] = {
        "title": {**base, "bold": True, "font_size": 14, "valign": "vcenter"},
        "note": {**base, "italic": True, "text_wrap": True},
        "plain": {**base, "text_wrap": True},
        "step": {**base, "bold": True, "align": "center"},
        "head": head,
        "label": {**cell, "bold": True},
        "hint": {**cell, "italic": True},
        "text": cell,
        "text_center": center,
        "short": {**cell, "num_format": "@"},
        "short_center": {**center, "num_format": "@"},
        "whole": {**cell, "num_format": "0", "align": "left"},
        "date": {**cell, "num_format": "dd/mm/yyyy", "align": "left"},
        "date_center": {**center, "num_format": "dd/mm/yyyy"},
    }
    for name in ("text", "short", "date"):
        for variant in (name, f"{name}_center"):
            plain = {key: value for key, value in definitions[variant].items() if not key.startswith("border")}
            definitions[f"spare_{variant}"] = plain
    definitions["filled"] = {"border": 1, "border_color": LINE}
    return {name: book.add_format(definition) for name, definition in definitions.items()}


def _format(formats: _Formats, column: AppendixColumn, *, spare: bool = False) -> Format:
    kind = {"short": "short", "whole": "whole", "date": "date"}.get(column.kind, "text")
    name = f"{kind}_center" if column.center and kind != "whole" else kind
    return formats[f"spare_{name}" if spare else name]


def _borders_when_filled(page: Worksheet, formats: _Formats, first: int, last: int, columns: int) -> None:
    """Prepared rows get their borders with their text, so that empty ones are not printed."""
    cells = f"${a1(0, 0)[0]}{first + 1}:${a1(0, columns - 1)[0]}{first + 1}"
    rule = {"type": "formula", "criteria": f"=COUNTA({cells})>0", "format": formats["filled"]}
    page.conditional_format(first, 0, last, columns - 1, rule)


def _top(page: Worksheet, formats: _Formats, heading: str, note: str, widths: list[float]) -> None:
    """Heading and note over the table; the note runs over all columns."""
    page.write_string(0, 0, heading, formats["title"])
    page.set_row(0, 26)
    if note:
        page.merge_range(1, 0, 1, len(widths) - 1, note, formats["note"])
        page.set_row(1, _height([(note, sum(widths))]))


def _plan_sheet(page: Worksheet, formats: _Formats, plan: Plan) -> None:
    _columns(page, _CARD_WIDTHS)
    note = "Nhập ở cột Nội dung; ô nào chưa biết thì để trống."
    _top(page, formats, "THÔNG TIN KẾ HOẠCH", note, list(_CARD_WIDTHS))
    _card(page, formats, appendix_sheets.CARD, card_cells(plan.properties))
    start = appendix_sheets.NAMES_ROW
    page.write_string(start - 2, 0, appendix_sheets.NAMES.heading, formats["title"])
    page.set_row(start - 2, 26)
    _header(page, formats, start - 1, _widths(appendix_sheets.NAMES))
    _rows(page, formats, start, appendix_sheets.NAMES, name_rows(plan.properties))
    fit_page(page)


def _settings_sheet(page: Worksheet, formats: _Formats, plan: Plan) -> None:
    _columns(page, _CARD_WIDTHS)
    _top(page, formats, "CÀI ĐẶT", "Các thông số dùng khi lập biểu mẫu và tổng hợp.", list(_CARD_WIDTHS))
    _card(page, formats, appendix_sheets.SETTINGS, settings_cells(plan.settings))
    fit_page(page)


def _card(page: Worksheet, formats: _Formats, lines: tuple[AppendixColumn, ...], cells: AppendixRow) -> None:
    head = appendix_sheets.CARD_ROW - 1
    page.write_string(head, 0, "Mục", formats["head"])
    page.write_string(head, 1, "Nội dung", formats["head"])
    page.merge_range(head, 2, head, 3, "Cách nhập", formats["head"])
    page.set_row(head, 20)
    for row, column in enumerate(lines, appendix_sheets.CARD_ROW):
        value = cells.get(column.key)
        page.write_string(row, 0, column.title, formats["label"])
        _write(page, (row, 1), column, value, _format(formats, column))
        page.merge_range(row, 2, row, 3, column.hint, formats["hint"])
        texts = [
            (column.title, _CARD_WIDTHS[0] * 0.92),
            (shown(column, value), _CARD_WIDTHS[1]),
            (column.hint, _CARD_WIDTHS[2] + _CARD_WIDTHS[3]),
        ]
        page.set_row(row, _height(texts))
        _validate(page, column, row, row, 1)


def _table_sheet(page: Worksheet, formats: _Formats, sheet: AppendixSheet, rows: list[AppendixRow]) -> None:
    if not any(row.get(column.key) for row in rows for column in sheet.columns if column.rare):
        sheet = evolve(sheet, columns=tuple(column for column in sheet.columns if not column.rare))
    columns = _widths(sheet)
    _columns(page, [column.width for column in sheet.columns])
    _top(page, formats, sheet.heading, sheet.note, [column.width for column in sheet.columns])
    _header(page, formats, appendix_sheets.HEADER_ROW, columns)
    last = _rows(page, formats, appendix_sheets.HEADER_ROW + 1, sheet, rows)
    page.autofilter(appendix_sheets.HEADER_ROW, 0, last, len(columns) - 1)
    page.freeze_panes(appendix_sheets.HEADER_ROW + 1, 1)
    fit_page(page, repeat=appendix_sheets.HEADER_ROW)


def _widths(sheet: AppendixSheet) -> list[tuple[AppendixColumn, float]]:
    """Each column with its width; the names table stands in the columns of the card above it."""
    widths = _CARD_WIDTHS if sheet is appendix_sheets.NAMES else [column.width for column in sheet.columns]
    return list(zip(sheet.columns, widths, strict=True))


def _columns(page: Worksheet, widths: tuple[float, ...] | list[float]) -> None:
    for index, width in enumerate(widths):
        page.set_column(index, index, width)


def _header(page: Worksheet, formats: _Formats, row: int, columns: list[tuple[AppendixColumn, float]]) -> None:
    for index, (column, _) in enumerate(columns):
        page.write_string(row, index, column.title, formats["head"])
    # the filter button hides the last characters of a heading
    page.set_row(row, _height([(column.title, width - 2.2) for column, width in columns], bold=True) + 6)


def _rows(page: Worksheet, formats: _Formats, start: int, sheet: AppendixSheet, rows: list[AppendixRow]) -> int:
    """Writes rows and empty rows under them with their validations; returns the last row."""
    columns, spare = _widths(sheet), sheet.spare
    for row, cells in enumerate(rows, start):
        for index, (column, _) in enumerate(columns):
            _write(page, (row, index), column, cells.get(column.key), _format(formats, column))
        texts = [(shown(column, cells.get(column.key)), width) for column, width in columns]
        page.set_row(row, _height(texts))
    last = start + len(rows) + spare - 1
    for row in range(start + len(rows), last + 1):
        for index, (column, _) in enumerate(columns):
            page.write_blank(row, index, None, _format(formats, column, spare=True))
        page.set_row(row, 18)
    _borders_when_filled(page, formats, start + len(rows), last, len(columns))
    for index, (column, _) in enumerate(columns):
        _validate(page, column, start, last, index)
    return last


def _write(
    page: Worksheet,
    at: tuple[int, int],
    column: AppendixColumn,
    value: Any,  # noqa: ANN401 - any cell value
    style: Format,
) -> None:
    row, col = at
    text = shown(column, value)
    if column.kind == "date" and value is not None:
        page.write_datetime(row, col, datetime(value.year, value.month, value.day), style)
    elif column.kind == "whole" and value is not None:
        page.write_number(row, col, value, style)
    elif text:
        page.write_string(row, col, text, style)
    else:
        page.write_blank(row, col, None, style)


_LISTS: Mapping[str, str | list[str]] = {
    "units": "=ds_units",
    "sections": "=ds_sections",
    "indicator_groups": "=ds_indicator_groups",
    "yes_no": [appendix_sheets.YES, appendix_sheets.NO],
    "cutoff": list(appendix_sheets.CUTOFFS.values()),
    "vocabulary": list(appendix_sheets.VOCABULARIES.values()),
    "name_kind": list(appendix_sheets.NAME_KINDS.values()),
    "unit_kind": list(appendix_sheets.UNIT_KINDS),
}


def _validate(page: Worksheet, column: AppendixColumn, first: int, last: int, index: int) -> None:
    """The cell's dropdown or limits, and its hint."""
    rule: dict[str, Any] = {"validate": "any"}
    if column.source:
        rule = {
            "validate": "list",
            "source": _LISTS[column.source],
            "error_type": "stop" if column.strict else "information",
        }
    elif column.kind == "date":
        rule = {"validate": "date", "criteria": "between", "minimum": date(2000, 1, 1), "maximum": date(2100, 12, 31)}
    elif column.kind == "whole":
        low, high = column.limits
        rule = {"validate": "integer", "criteria": "between", "minimum": low, "maximum": high}
    rule |= {
        "input_title": column.title[:32],
        "input_message": column.hint[:_MAX_PROMPT],
        "error_title": "Chưa đúng",
        "error_message": f"{column.title}: {column.hint}"[:_MAX_PROMPT],
    }
    page.data_validation(first, index, last, index, rule)


def _guide(page: Worksheet, formats: _Formats) -> None:
    _columns(page, (5, 100))
    page.write_string(0, 0, "PHỤ LỤC GỐC CỦA KẾ HOẠCH", formats["title"])
    page.set_row(0, 26)
    for row, (mark, text) in enumerate(GUIDE, 2):
        page.write(row, 0, mark, formats["step"])  # a blank mark is written as a blank cell, not as an empty string
        page.write_string(row, 1, text, formats["plain"])
        page.set_row(row, _height([(text, 100)]) + 3)
    fit_page(page, landscape=True)


def _height(cells: Iterable[tuple[str, float]], *, bold: bool = False) -> float:
    """Height in points of a row that shows each (text, column width) whole."""
    return row_height([Text(text, width, SIZE, bold) for text, width in cells])
