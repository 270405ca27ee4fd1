"""Writes "Cần sửa", the first sheet of a form that goes back: how many points, and each with a link to its cell."""

from __future__ import annotations

from collections.abc import Sequence

from nq57xl.forms.marks import Point
from nq57xl.forms.page_setup import protect, set_up_page
from nq57xl.forms.render_sheet import Page, safe
from nq57xl.forms.styles import SIZE, FormWorkbook, FormWorksheet
from nq57xl.forms.wording import deadline_in_words, period_line, shorten
from nq57xl.rules.grouping import grouped
from nq57xl.text.metrics import Text, merged_width, row_height

FIX_TITLE = "Cần sửa"
_HEADS = ("TT", "Mức độ", "Trang", "Ô", "Đầu việc, nội dung", "Đã nhập", "Điểm cần xem", "Cách xử lý")
_WIDTHS = (5.0, 12.0, 15.0, 8.0, 28.0, 20.0, 34.0, 34.0)
_LEVELS = {"error": "PHẢI SỬA", "warning": "Nên xem lại"}
_LINK = 3
_SHOWN = 300
"""Characters of what was typed; the cell itself holds all of it."""
_REPEATED = 6
"""From so many equal points on, one sentence above the table says what they have in common."""


def write_fix(book: FormWorkbook, page: Page, points: Sequence[Point], repaired: int) -> None:
    """The sheet, before all others."""
    sheet = book.sheet(FIX_TITLE)
    set_up_page(book, sheet, page.form, _WIDTHS)
    sheet.write_string(0, 0, f"NQ57|{page.form.short_id}|fix", book.look("key"))
    sheet.set_row(0, None, None, {"hidden": True})
    row = 1
    for text, name, size in _lines(page, points, repaired):
        look = book.look(name)
        sheet.merge_range(row, 1, row, len(_WIDTHS), "", look)
        sheet.write_string(row, 1, text, look)
        sheet.set_row(row, row_height([Text(text, merged_width(_WIDTHS), size, name == "heading")], minimum=21.0))
        row += 1
    if points:
        _table(book, sheet, points, row)
    sheet.print_area(1, 1, row + len(points), len(_WIDTHS))
    protect(sheet, page.password)


def summary(errors: int, warnings: int) -> str:
    """How many points there are, in one sentence."""
    if errors and warnings:
        return f"Có {errors} điểm phải sửa và {warnings} điểm nên xem lại."
    if errors:
        return f"Có {errors} điểm phải sửa."
    if warnings:
        return f"Biểu mẫu đã được nhận; có {warnings} điểm nên xem lại."
    return "Biểu mẫu đã được nhận, không có điểm nào phải sửa."


def _lines(page: Page, points: Sequence[Point], repaired: int) -> list[tuple[str, str, float]]:
    form = page.form
    errors = sum(point.finding.severity == "error" for point in points)
    lines = [
        ("CÁC ĐIỂM CẦN SỬA TRONG BIỂU MẪU", "heading", 14.0),
        (f"{form.unit_name}. {period_line(form.period)}. {deadline_in_words(form.period.due)}.", "subheading", SIZE),
        (summary(errors, len(points) - errors), "note_bold", SIZE),
    ]
    if points:
        lines.append(
            (
                "Bấm vào địa chỉ ở cột «Ô» để đến đúng ô; ô cần sửa có viền đậm và lời nhắc. Các ô khác giữ nguyên như "
                f"đơn vị đã nhập. Sửa xong, lưu lại và gửi chính tệp này về {form.gatherer}.",
                "note",
                SIZE,
            )
        )
    lines += [(text, "note", SIZE) for text in _repeated(points)]
    if repaired:
        lines.append(
            (
                f"Phần mềm đã tự chuẩn hóa {repaired} điểm về cách nhập hoặc ô khóa; đơn vị không cần làm gì thêm.",
                "note",
                SIZE,
            )
        )
    return lines


def _repeated(points: Sequence[Point]) -> list[str]:
    """What many cells lack alike; the table below names each of them, with its link."""
    found = grouped([point.placed for point in points], least=_REPEATED)
    return [f"Trang «{item.first.sheet}»: {item.text}" for item in found if item.count > 1]


def _table(book: FormWorkbook, sheet: FormWorksheet, points: Sequence[Point], head: int) -> None:
    for column, text in enumerate(_HEADS, start=1):
        sheet.write_string(head, column, text, book.look("head"))
    sheet.set_row(head, 27.0)
    for number, point in enumerate(points, start=1):
        _point(book, sheet, point, (head + number, number))
    sheet.repeat_rows(head)
    sheet.freeze_panes(head + 1, 0)
    sheet.autofilter(head, 1, head + len(points), len(_WIDTHS))


def _point(book: FormWorkbook, sheet: FormWorksheet, point: Point, place: tuple[int, int]) -> None:
    """One point at (row, its number)."""
    (row, number), finding = place, point.finding
    texts = (
        str(number),
        _LEVELS[finding.severity],
        point.sheet_title,
        point.cell,
        point.subject,
        shorten(finding.value, _SHOWN),
        finding.message,
        finding.fix,
    )
    for column, text in enumerate(texts, start=1):
        if column == _LINK + 1 and point.slot is not None:
            title = point.sheet_title.replace("'", "''")
            sheet.write_url(row, column, f"internal:'{title}'!{text}", book.look("link"), text, "Bấm để đến ô")
        else:
            level = "error_text" if finding.severity == "error" else "text_center"
            look = book.look({1: "text_center", 2: level}.get(column, "text"))
            # a blank is written as one: openpyxl saves an empty string as a cell that Excel would repair
            sheet.write_string(row, column, safe(text), look) if text else sheet.write_blank(row, column, None, look)
    measured = [Text(text, width, indent=1) for text, width in zip(texts, _WIDTHS, strict=True)]
    sheet.set_row(row, row_height(measured, minimum=33.0))
