"""The sending list: which file goes to whom, by when, with a covering text ready to paste."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

from nq57xl.forms.build import text_about
from nq57xl.forms.model import Form
from nq57xl.forms.page_setup import DECREE_PAGE
from nq57xl.forms.styles import STYLES
from nq57xl.forms.wording import deadline_in_words, period_line
from nq57xl.xlsx.metrics import Text, row_height
from nq57xl.xlsx.write import Workbook, Worksheet

SENDING_LIST = "danh-sach-gui.xlsx"
_SHEET = "Danh sách gửi"
_HEADS = ("TT", "Đơn vị", "Mã", "Tệp biểu mẫu", "Hạn gửi về", "Thư điện tử", "Tiêu đề thư", "Nội dung thư")
_WIDTHS = (5.0, 18.0, 8.0, 22.0, 11.0, 19.0, 20.0, 52.0)
_CENTRED = (0, 2, 4)
_LAST = len(_WIDTHS) - 1


def render_sending_list(
    forms: Sequence[Form], files: Mapping[str, str], emails: Mapping[str, str], workspace: Path | None = None
) -> bytes:
    """The workbook's bytes; `files` and `emails` by unit code. The same arguments give the same bytes."""
    issued = max((form.issued_on for form in forms), default=dt.date(2026, 1, 1))
    with Workbook(_SHEET, STYLES, created=dt.datetime.combine(issued, dt.time(8))) as book:
        sheet = book.sheet(_SHEET)
        sheet.widths(_WIDTHS)
        head = _heading(sheet, forms)
        for number, form in enumerate(forms, start=1):
            texts = (
                str(number),
                form.unit_name,
                form.unit,
                files.get(form.unit, ""),
                f"{form.period.due:%d/%m/%Y}",
                emails.get(form.unit, "") or "(chưa có)",
                subject(form),
                covering_text(form, workspace),
            )
            for column, text in enumerate(texts):
                sheet.text(head + number, column, text, "text_center" if column in _CENTRED else "text")
            measured = [Text(text, width, indent=1) for text, width in zip(texts, _WIDTHS, strict=True)]
            sheet.height(head + number, row_height(measured))
        sheet.page(DECREE_PAGE)
        sheet.print_area(0, 0, head + len(forms), _LAST)
        sheet.head(head, head + len(forms), (0, _LAST), 2)
    return book.content


def covering_text(form: Form, workspace: Path | None = None) -> str:
    """The text of the message that the form goes with."""
    return text_about(form, "texts/thu-gui-bieu-mau.txt.j2", workspace).strip()


def subject(form: Form) -> str:
    """Subject of the message that the form goes with."""
    return f"Biểu mẫu báo cáo {form.period.title} - {form.unit_name}"


def _heading(sheet: Worksheet, forms: Sequence[Form]) -> int:
    """Title and period; gives the row of the column heads."""
    lines = [("DANH SÁCH GỬI BIỂU MẪU BÁO CÁO", "heading")]
    if forms:
        due = deadline_in_words(forms[0].period.due)
        lines.append((f"{period_line(forms[0].period)}. Hạn gửi về: {due[0].lower()}{due[1:]}.", "subheading"))
        lines.append(("Mỗi đơn vị một tệp; chép tiêu đề, nội dung thư ở hai cột cuối khi gửi.", "note"))
    for row, (text, style) in enumerate(lines):
        sheet.across(row, 0, _LAST, text, style)
        sheet.height(row, 24.0)
    for column, text in enumerate(_HEADS):
        sheet.text(len(lines), column, text, "head")
    sheet.height(len(lines), 30.0)
    return len(lines)
