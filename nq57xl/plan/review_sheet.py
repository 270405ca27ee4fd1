"""What a person must review in an imported appendix: marks and notes on the cells, and the sheet «Cần rà soát»."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nq57xl.plan import appendix_sheets
from nq57xl.plan.appendix_rows import card_cells, name_rows, settings_cells, table_rows
from nq57xl.plan.appendix_sheets import AppendixColumn
from nq57xl.plan.appendix_styles import MARKED, set_up_page, write_cell, write_line, write_top
from nq57xl.plan.model import Plan
from nq57xl.plan.review_questions import ANSWER, FIELD, KEY, REASON, TITLE, Question, Review, questions_of
from nq57xl.text.addresses import a1, place_of
from nq57xl.xlsx.metrics import Text, row_height
from nq57xl.xlsx.write import FONT, Worksheet, cell_text, sheet_prefix

_COLUMNS = {
    "STT": 6,
    "Trang": 16,
    "Ô": 8,
    "Mã": 11,
    "Mục": 20,
    "Nguồn": 22,
    REASON: 36,
    "Nội dung đang ghi": 60,
}
_WIDTHS = tuple(_COLUMNS.values())
_ANSWER = 6
_QUESTION_COLUMNS = (
    (0, 0, "STT"),
    (1, 4, "Câu hỏi"),
    (5, 5, "Đang ghi"),
    (_ANSWER, _ANSWER, ANSWER),
    (7, 7, "Các ô liên quan"),
)
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


def write_review(sheets: dict[str, Worksheet], plan: Plan, review: Sequence[Review]) -> None:
    """Marks the cells of those points and fills the sheet «Cần rà soát»; `sheets` by title."""
    known = places(plan)
    for point in review:
        if point.sheet in sheets and point.cell:
            sheet, place = sheets[point.sheet], place_of(point.cell)
            column, value = known.get((point.sheet, point.cell), (AppendixColumn("", ""), None))
            write_cell(sheet, place, column, value, bg_color=MARKED, align="center" if column.center else "left")
            source = f"\nNguồn: {point.source}" if point.source else ""
            options = {"author": "nq57xl", "font_name": FONT, "font_size": 10, "x_scale": 1.6}
            sheet.write_comment(*place, cell_text(f"Cần rà soát: {point.reason}{source}"), options)
    _list(sheets[TITLE], plan, review)


def _list(sheet: Worksheet, plan: Plan, review: Sequence[Review]) -> None:
    questions = questions_of(plan, review)
    sheet.widths(_WIDTHS)
    sheet.set_column(_HIDDEN, _HIDDEN, 12, None, {"hidden": True})
    asked = sum(not question.detail for question in questions)
    heading = f"CẦN RÀ SOÁT SAU KHI NHẬP KẾ HOẠCH: {asked} CÂU HỎI CHO {len(review)} CHỖ"
    write_top(sheet, heading, _NOTE, _WIDTHS)
    start = appendix_sheets.HEADER_ROW
    for first, last, name in _QUESTION_COLUMNS:
        sheet.across(start, first, last, name, "head")
    sheet.text(start, _HIDDEN, KEY, "head")
    number = 0
    for line, question in enumerate(questions, 1):
        number += not question.detail
        _question(sheet, start + line, "" if question.detail else str(number), question, plan)
    under = start + len(questions) + 2
    sheet.text(under, 0, "TỪNG CHỖ", "title")
    _points(sheet, under + 1, review)
    set_up_page(sheet, repeat=appendix_sheets.HEADER_ROW)
    sheet.freeze_panes(appendix_sheets.HEADER_ROW + 1, 0)


def _question(sheet: Worksheet, row: int, number: str, question: Question, plan: Plan) -> None:
    """A line with its dropdown."""
    cells = ", ".join(f"{title}!{cell}" for title, cell in question.cells[:12])
    more = f" … ({len(question.cells)} ô)" if len(question.cells) > 12 else ""
    texts = [number, question.text, question.proposal, "", cells + more]
    heights = []
    for (first, last, name), text in zip(_QUESTION_COLUMNS, texts, strict=True):
        style = "answer" if name == ANSWER else "detail" if question.detail else "cell"
        sheet.across(row, first, last, text[:_LONGEST], style)
        heights.append(Text(text, sum(_WIDTHS[first : last + 1])))
    sheet.text(row, _HIDDEN, question.key, "key")
    listed: list[str] | str = list(question.options)
    if len(",".join(question.options)) > _LONGEST_LIST or any("," in option for option in question.options):
        last_unit = appendix_sheets.HEADER_ROW + 1 + max(1, len(plan.units))
        listed = f"='{appendix_sheets.UNITS.title}'!$B${appendix_sheets.HEADER_ROW + 2}:$B${last_unit}"
    stop = {"error_title": "Trả lời", "error_message": "Chọn một mục trong danh sách."}
    rule = {"validate": "list", "source": listed, "show_error": question.strict, **stop}
    sheet.data_validation(row, _ANSWER, row, _ANSWER, rule)
    sheet.height(row, row_height(heights))


def _points(sheet: Worksheet, start: int, review: Sequence[Review]) -> None:
    """A line for each point, with a link to its cell."""
    titles = {
        (table.title, column.key): column.title
        for table in (*appendix_sheets.TABLES, appendix_sheets.NAMES)
        for column in table.columns
    }
    titles |= {(appendix_sheets.PLAN_TITLE, column.key): column.title for column in appendix_sheets.CARD}
    titles |= {(appendix_sheets.PLAN_TITLE, key): name for key, name in appendix_sheets.NAME_KINDS.items()}
    for index, name in enumerate((*_COLUMNS, FIELD)):
        sheet.text(start, index, name, "head")
    for row, point in enumerate(review, start + 1):
        texts = [
            str(row - start),
            point.sheet or "(chưa đưa vào)",
            point.cell,
            point.task,
            titles.get((point.sheet, point.field), point.field),
            point.source,
            point.reason,
            point.value if len(point.value) <= _LONGEST else f"{point.value[:_LONGEST]}…",
        ]
        write_line(sheet, row, texts, _WIDTHS, "cell")
        sheet.text(row, _HIDDEN, point.field, "key")
        if point.cell:
            sheet.link(row, 2, point.cell, f"{sheet_prefix(point.sheet)}{point.cell}", "link")
    sheet.autofilter(start, 0, start + max(1, len(review)), len(_COLUMNS) - 1)
