"""The sending list: which file goes to whom, by when, with a covering text ready to paste."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from nq57xl import resources
from nq57xl.forms.build import fill
from nq57xl.forms.model import Form
from nq57xl.forms.page_setup import set_up_sheet_paper
from nq57xl.forms.styles import SIZE, FormWorkbook
from nq57xl.forms.wording import deadline_in_words, period_line
from nq57xl.xlsx.metrics import Text, row_height

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

_SHEET = "Danh sách gửi"
_HEADS = ("TT", "Đơn vị", "Mã", "Tệp biểu mẫu", "Hạn gửi về", "Thư điện tử", "Tiêu đề thư", "Nội dung thư")
_WIDTHS = (5.0, 18.0, 8.0, 22.0, 11.0, 19.0, 20.0, 52.0)
_CENTRED = (1, 3, 5)


def render_sending_list(
    forms: Sequence[Form], files: Mapping[str, str], emails: Mapping[str, str], workspace: Path | None = None
) -> bytes:
    """The workbook's bytes; `files` and `emails` by unit code. The same arguments give the same bytes."""
    buffer = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with FormWorkbook(buffer) as book:
            issued = max((form.issued_on for form in forms), default=dt.date(2026, 1, 1))
            book.set_properties({"title": _SHEET, "created": dt.datetime.combine(issued, dt.time(8))})
            sheet = book.sheet(_SHEET)
            row = _heading(book, sheet, forms)
            for number, form in enumerate(forms, start=1):
                email = emails.get(form.unit, "")
                texts = _texts(number, form, files.get(form.unit, ""), email, covering_text(form, workspace))
                _line(book, sheet, row + number, texts)
            _finish(book, sheet, row, row + len(forms))
    return buffer.getvalue()


def covering_text(form: Form, workspace: Path | None = None) -> str:
    """The text of the message that the form goes with."""
    template = resources.find("templates", "texts/thu-gui-bieu-mau.txt.j2", workspace).read_text(encoding="utf-8")
    return fill(template, form).strip()


def subject(form: Form) -> str:
    """Subject of that message."""
    return f"Biểu mẫu báo cáo {form.period.title} - {form.unit_name}"


def _heading(book: FormWorkbook, sheet: Worksheet, forms: Sequence[Form]) -> int:
    """Title and period; gives the row of the column heads."""
    lines = [("DANH SÁCH GỬI BIỂU MẪU BÁO CÁO", "heading")]
    if forms:
        due = deadline_in_words(forms[0].period.due)
        lines.append((f"{period_line(forms[0].period)}. Hạn gửi về: {due[0].lower()}{due[1:]}.", "subheading"))
        lines.append(("Mỗi đơn vị một tệp; chép tiêu đề, nội dung thư ở hai cột cuối khi gửi.", "note"))
    for row, (text, name) in enumerate(lines):
        sheet.merge_range(row, 0, row, len(_WIDTHS) - 1, "", book.look(name))
        sheet.write_string(row, 0, text, book.look(name))
        sheet.set_row(row, 24.0)
    for column, text in enumerate(_HEADS):
        sheet.write_string(len(lines), column, text, book.look("head"))
    sheet.set_row(len(lines), 30.0)
    return len(lines)


def _texts(number: int, form: Form, file: str, email: str, text: str) -> tuple[str, ...]:
    due = f"{form.period.due:%d/%m/%Y}"
    return (str(number), form.unit_name, form.unit, file, due, email or "(chưa có)", subject(form), text)


def _line(book: FormWorkbook, sheet: Worksheet, row: int, texts: tuple[str, ...]) -> None:
    for column, text in enumerate(texts):
        look = book.look("text_center" if column + 1 in _CENTRED else "text")
        sheet.write_string(row, column, text, look)
    measured = [Text(text, width, SIZE, indent=1) for text, width in zip(texts, _WIDTHS, strict=True)]
    sheet.set_row(row, row_height(measured))


def _finish(book: FormWorkbook, sheet: Worksheet, head: int, last: int) -> None:
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    set_up_sheet_paper(sheet)
    sheet.print_area(0, 0, last, len(_WIDTHS) - 1)
    sheet.repeat_rows(head)
    sheet.freeze_panes(head + 1, 2)
    if last > head:
        sheet.autofilter(head, 0, last, len(_WIDTHS) - 1)
