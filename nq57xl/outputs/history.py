"""The history of a unit or a row as a workbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from nq57xl.forms.page_setup import DECREE_PAGE
from nq57xl.forms.styles import STYLES
from nq57xl.xlsx.metrics import Text, row_height
from nq57xl.xlsx.write import Workbook

_HEADS = ("Kỳ", "Đơn vị", "Nội dung đã báo cáo", "Nhận lúc", "Thời hạn", "Điểm kiểm tra", "Biên tập")
_WIDTHS = (18.0, 22.0, 46.0, 16.0, 13.0, 38.0, 22.0)


def render_history(subject: str, lines: Sequence[Sequence[str]], created: dt.datetime) -> bytes:
    """The workbook's bytes: one row for each line; the same lines give the same bytes."""
    with Workbook(f"Quá trình báo cáo {subject}", STYLES, created=created) as book:
        sheet = book.sheet("Quá trình báo cáo")
        sheet.widths(_WIDTHS)
        last = len(_WIDTHS) - 1
        sheet.across(0, 0, last, f"QUÁ TRÌNH BÁO CÁO: {subject}", "heading")
        sheet.height(0, row_height([Text(subject, sum(_WIDTHS))]) + 6)
        for column, text in enumerate(_HEADS):
            sheet.text(1, column, text, "head")
        sheet.height(1, 20.0)
        for row, cells in enumerate(lines, start=2):
            for column, text in enumerate(cells):
                sheet.text(row, column, text, "text")
            measured = [Text(text, width, indent=1) for text, width in zip(cells, _WIDTHS, strict=True)]
            sheet.height(row, row_height(measured))
        sheet.page(DECREE_PAGE)
        sheet.print_area(0, 0, 1 + len(lines), last)
        sheet.head(1, 1 + len(lines), (0, last), 1)
    return book.content
