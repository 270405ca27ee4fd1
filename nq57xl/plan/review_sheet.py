"""What a person must review in an imported appendix: marks and notes on the cells, and the sheet «Cần rà soát»."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import frozen

from nq57xl.plan import appendix_sheets
from nq57xl.plan.appendix_sheets import AppendixColumn, card_cells, name_rows, settings_cells, table_rows
from nq57xl.plan.model import Plan
from nq57xl.text.addresses import a1
from nq57xl.xlsx.metrics import Text, row_height

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

TITLE = "Cần rà soát"
"""Name of the sheet; the reader of the appendix passes it over."""
_FILL = "#FFF2CC"
_FONT = {"font_name": "Times New Roman", "font_size": 11, "valign": "top"}
_COLUMNS = (
    ("STT", 6),
    ("Trang", 16),
    ("Ô", 8),
    ("Mã", 11),
    ("Mục", 20),
    ("Nguồn", 22),
    ("Cần xem vì", 36),
    ("Nội dung đang ghi", 60),
)
_NOTE = (
    "Mỗi dòng là một chỗ phần mềm chưa chắc khi đọc văn bản. Bấm vào ô để đến đúng chỗ, đối chiếu với văn bản, "
    "sửa nếu sai. "
    "Xem xong có thể xóa cả trang này; các trang khác không phụ thuộc vào nó."
)
_LONGEST = 4000


@frozen
class Review:
    """A cell, or a text without one, that a person must look at."""

    sheet: str
    """Title of the sheet; empty for a text that landed nowhere."""
    cell: str
    task: str
    """Code of the task or indicator."""
    field: str
    source: str
    """Page, paragraph, line or cell of the document."""
    reason: str
    value: str = ""
    """The best guess, as in the cell; or the text that landed nowhere."""


def places(plan: Plan) -> dict[tuple[str, str], tuple[AppendixColumn, Any]]:
    """(title of the sheet, address) -> column and value of every cell that the appendix of that plan holds."""
    found: dict[tuple[str, str], tuple[AppendixColumn, Any]] = {}
    cards = (
        (appendix_sheets.PLAN_TITLE, appendix_sheets.CARD, card_cells(plan.properties)),
        (appendix_sheets.SETTINGS_TITLE, appendix_sheets.SETTINGS, settings_cells(plan.settings)),
    )
    for title, lines, cells in cards:
        for row, column in enumerate(lines, appendix_sheets.CARD_ROW):
            found[title, a1(row, 1)] = (column, cells.get(column.key))
    tables = [(appendix_sheets.NAMES, appendix_sheets.NAMES_ROW, name_rows(plan.properties))]
    tables += [
        (sheet, appendix_sheets.HEADER_ROW + 1, rows)
        for sheet in appendix_sheets.TABLES
        for rows in (table_rows(plan)[sheet.id],)
    ]
    for sheet, start, rows in tables:
        for row, cells in enumerate(rows, start):
            for index, column in enumerate(sheet.columns):
                found[sheet.title, a1(row, index)] = (column, cells.get(column.key))
    return found


def write_review(book: Workbook, pages: dict[str, Worksheet], plan: Plan, review: Sequence[Review]) -> None:
    """Marks the cells of those points and fills the sheet «Cần rà soát»."""
    known = places(plan)
    formats: dict[tuple[str, bool], Format] = {}
    for point in review:
        if point.sheet in pages and point.cell:
            column, value = known.get((point.sheet, point.cell), (AppendixColumn("", ""), None))
            _mark(book, pages[point.sheet], formats, point, (column, value))
    _list(book, pages[TITLE], review)


def _mark(
    book: Workbook,
    page: Worksheet,
    formats: dict[tuple[str, bool], Format],
    point: Review,
    cell: tuple[AppendixColumn, Any],
) -> None:
    from nq57xl.plan.appendix_sheets import LINE, shown

    column, value = cell
    number_format = {"short": "@", "whole": "0", "date": "dd/mm/yyyy"}.get(column.kind, "General")
    key = (number_format, column.center)
    if key not in formats:
        look = {
            **_FONT,
            "border": 1,
            "border_color": LINE,
            "text_wrap": True,
            "bg_color": _FILL,
            "num_format": number_format,
        }
        formats[key] = book.add_format({**look, "align": "center" if column.center else "left"})
    style, text = formats[key], shown(column, value)
    if column.kind == "date" and value is not None:
        page.write_datetime(point.cell, datetime(value.year, value.month, value.day), style)
    elif column.kind == "whole" and value is not None:
        page.write_number(point.cell, value, style)
    elif text:
        page.write_string(point.cell, text, style)
    else:
        page.write_blank(point.cell, None, style)
    source = f"\nNguồn: {point.source}" if point.source else ""
    note = f"Cần rà soát: {point.reason}{source}"
    page.write_comment(
        point.cell, note, {"author": "nq57xl", "font_name": "Times New Roman", "font_size": 10, "x_scale": 1.6}
    )


def _list(book: Workbook, page: Worksheet, review: Sequence[Review]) -> None:
    from nq57xl.plan.appendix_sheets import ACCENT, LINE, fit_page

    title = book.add_format({**_FONT, "bold": True, "font_size": 14, "valign": "vcenter"})
    note = book.add_format({**_FONT, "italic": True, "text_wrap": True})
    head = book.add_format(
        {**_FONT, "bold": True, "border": 1, "border_color": LINE, "bg_color": ACCENT, "align": "center"}
    )
    cell = book.add_format({**_FONT, "border": 1, "border_color": LINE, "text_wrap": True})
    link = book.add_format({**_FONT, "border": 1, "border_color": LINE, "underline": 1})
    titles = {
        (sheet.title, column.key): column.title
        for sheet in (*appendix_sheets.TABLES, appendix_sheets.NAMES)
        for column in sheet.columns
    }
    titles |= {(appendix_sheets.PLAN_TITLE, column.key): column.title for column in appendix_sheets.CARD}
    titles |= {(appendix_sheets.PLAN_TITLE, key): name for key, name in appendix_sheets.NAME_KINDS.items()}
    widths = [width for _, width in _COLUMNS]
    for index, (name, width) in enumerate(_COLUMNS):
        page.set_column(index, index, width)
        page.write_string(appendix_sheets.HEADER_ROW, index, name, head)
    page.write_string(0, 0, "NHỮNG CHỖ CẦN RÀ SOÁT SAU KHI NHẬP KẾ HOẠCH", title)
    page.set_row(0, 26)
    page.merge_range(1, 0, 1, len(_COLUMNS) - 1, _NOTE, note)
    page.set_row(1, row_height([Text(_NOTE, sum(widths), 11, False)]))
    for number, point in enumerate(review, 1):
        row = appendix_sheets.HEADER_ROW + number
        value = point.value if len(point.value) <= _LONGEST else f"{point.value[:_LONGEST]}…"
        name = titles.get((point.sheet, point.field), point.field)
        texts = [
            str(number),
            point.sheet or "(chưa đưa vào)",
            point.cell,
            point.task,
            name,
            point.source,
            point.reason,
            value,
        ]
        for index, text in enumerate(texts):
            page.write_string(row, index, text, cell)
        if point.cell:
            page.write_url(row, 2, f"internal:'{point.sheet}'!{point.cell}", link, point.cell)
        page.set_row(row, row_height([Text(text, width, 11, False) for text, width in zip(texts, widths, strict=True)]))
    fit_page(page, repeat=appendix_sheets.HEADER_ROW)
    page.freeze_panes(appendix_sheets.HEADER_ROW + 1, 0)
    page.autofilter(appendix_sheets.HEADER_ROW, 0, appendix_sheets.HEADER_ROW + max(1, len(review)), len(_COLUMNS) - 1)
