"""What a person must review in an imported appendix: marks and notes on the cells, and the sheet «Cần rà soát»."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nq57xl.plan import appendix_sheets
from nq57xl.plan.appendix_sheets import AppendixColumn, card_cells, name_rows, settings_cells, table_rows
from nq57xl.plan.model import Plan
from nq57xl.plan.review_questions import ANSWER, FIELD, KEY, REASON, TITLE, Question, Review, questions_of
from nq57xl.text.addresses import a1
from nq57xl.xlsx.metrics import Text, row_height

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_FILL, _ANSWER_FILL = "#FFF2CC", "#E2EFDA"
_FONT = {"font_name": "Times New Roman", "font_size": 11, "valign": "top"}
_COLUMNS = (
    ("STT", 6),
    ("Trang", 16),
    ("Ô", 8),
    ("Mã", 11),
    ("Mục", 20),
    ("Nguồn", 22),
    (REASON, 36),
    ("Nội dung đang ghi", 60),
)
_QUESTION_COLUMNS = ((0, 0, "STT"), (1, 4, "Câu hỏi"), (5, 5, "Đang ghi"), (6, 6, ANSWER), (7, 7, "Các ô liên quan"))
"""First and last column, and the heading."""
_HIDDEN = len(_COLUMNS)
_NOTE = (
    "Chọn câu trả lời ở cột xanh: một câu trả lời áp dụng cho mọi ô của câu hỏi; để trống là chưa xem. Trả lời xong, "
    "lưu tệp rồi chạy «nq57xl import --review TỆP» hoặc «nq57xl init THƯ_MỤC --plan TỆP». Danh sách từng ô ở dưới: bấm "
    "vào ô để đến đúng chỗ, đối chiếu với văn bản, sửa nếu sai. Xem xong có thể xóa cả trang này; các trang khác không "
    "phụ thuộc vào nó."
)
_LONGEST, _LONGEST_LIST = 4000, 255


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
    _list(book, pages[TITLE], plan, review)


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


def _list(book: Workbook, page: Worksheet, plan: Plan, review: Sequence[Review]) -> None:
    from nq57xl.plan.appendix_sheets import fit_page

    formats = _formats(book)
    questions = questions_of(plan, review)
    widths = [width for _, width in _COLUMNS]
    for index, width in enumerate(widths):
        page.set_column(index, index, width)
    page.set_column(_HIDDEN, _HIDDEN, 12, None, {"hidden": True})
    asked = sum(not question.detail for question in questions)
    page.write_string(
        0, 0, f"CẦN RÀ SOÁT SAU KHI NHẬP KẾ HOẠCH: {asked} CÂU HỎI CHO {len(review)} CHỖ", formats["title"]
    )
    page.set_row(0, 26)
    page.merge_range(1, 0, 1, len(_COLUMNS) - 1, _NOTE, formats["note"])
    page.set_row(1, row_height([Text(_NOTE, sum(widths), 11, False)]))
    start = appendix_sheets.HEADER_ROW
    for first, last, name in _QUESTION_COLUMNS:
        _put(page, start, (first, last), name, formats["head"])
    page.write_string(start, _HIDDEN, KEY, formats["head"])
    number = 0
    for line, question in enumerate(questions, 1):
        number += not question.detail
        _question(page, (start + line, number), question, plan, formats)
    under = start + len(questions) + 2
    page.write_string(under, 0, "TỪNG CHỖ", formats["title"])
    _points(page, under + 1, review, formats)
    fit_page(page, repeat=appendix_sheets.HEADER_ROW)
    page.freeze_panes(appendix_sheets.HEADER_ROW + 1, 0)


def _formats(book: Workbook) -> dict[str, Format]:
    from nq57xl.plan.appendix_sheets import ACCENT, LINE

    cell = {**_FONT, "border": 1, "border_color": LINE, "text_wrap": True}
    looks: dict[str, dict[str, Any]] = {
        "title": {**_FONT, "bold": True, "font_size": 14, "valign": "vcenter"},
        "note": {**_FONT, "italic": True, "text_wrap": True},
        "head": {**_FONT, "bold": True, "border": 1, "border_color": LINE, "bg_color": ACCENT, "align": "center"},
        "cell": cell,
        "detail": {**cell, "italic": True, "indent": 1},
        "answer": {**cell, "bg_color": _ANSWER_FILL, "locked": False},
        "link": {**_FONT, "border": 1, "border_color": LINE, "underline": 1},
    }
    return {name: book.add_format(look) for name, look in looks.items()}


def _put(page: Worksheet, row: int, span: tuple[int, int], text: str, style: Format) -> None:
    first, last = span
    if first == last:
        page.write_string(row, first, text, style)
    else:
        page.merge_range(row, first, row, last, text, style)


def _question(
    page: Worksheet, place: tuple[int, int], question: Question, plan: Plan, formats: dict[str, Format]
) -> None:
    """A line with its dropdown; `place`: its row and its number."""
    row, number = place
    cells = ", ".join(f"{sheet}!{cell}" for sheet, cell in question.cells[:12])
    more = f" … ({len(question.cells)} ô)" if len(question.cells) > 12 else ""
    texts = ["" if question.detail else str(number), question.text, question.proposal, "", cells + more]
    for (first, last, _), text in zip(_QUESTION_COLUMNS, texts, strict=True):
        style = formats["answer"] if first == 6 else formats["detail" if question.detail else "cell"]
        _put(page, row, (first, last), text[:_LONGEST], style)
    page.write_string(row, _HIDDEN, question.key)
    listed: list[str] | str = list(question.options)
    if len(",".join(question.options)) > _LONGEST_LIST or any("," in option for option in question.options):
        last_unit = appendix_sheets.HEADER_ROW + 1 + max(1, len(plan.units))
        listed = f"='{appendix_sheets.UNITS.title}'!$B${appendix_sheets.HEADER_ROW + 2}:$B${last_unit}"
    page.data_validation(row, 6, row, 6, {"validate": "list", "source": listed, "show_error": question.strict,
                         "error_title": "Trả lời", "error_message": "Chọn một mục trong danh sách."})  # fmt: skip
    widths = [width for _, width in _COLUMNS]
    heights = [
        Text(text, sum(widths[first : last + 1]), 11, False)
        for (first, last, _), text in zip(_QUESTION_COLUMNS, texts, strict=True)
    ]
    page.set_row(row, row_height(heights))


def _points(page: Worksheet, start: int, review: Sequence[Review], formats: dict[str, Format]) -> None:
    """A line for each point, with a link to its cell."""
    titles = {
        (sheet.title, column.key): column.title
        for sheet in (*appendix_sheets.TABLES, appendix_sheets.NAMES)
        for column in sheet.columns
    }
    titles |= {(appendix_sheets.PLAN_TITLE, column.key): column.title for column in appendix_sheets.CARD}
    titles |= {(appendix_sheets.PLAN_TITLE, key): name for key, name in appendix_sheets.NAME_KINDS.items()}
    widths = [width for _, width in _COLUMNS]
    for index, (name, _) in enumerate(_COLUMNS):
        page.write_string(start, index, name, formats["head"])
    page.write_string(start, _HIDDEN, FIELD, formats["head"])
    for number, point in enumerate(review, 1):
        row = start + number
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
            page.write_string(row, index, text, formats["cell"])
        page.write_string(row, _HIDDEN, point.field)
        if point.cell:
            page.write_url(row, 2, f"internal:'{point.sheet}'!{point.cell}", formats["link"], point.cell)
        page.set_row(row, row_height([Text(text, width, 11, False) for text, width in zip(texts, widths, strict=True)]))
    page.autofilter(start, 0, start + max(1, len(review)), len(_COLUMNS) - 1)
