"""Notes of a marked form that some program has saved without the name of their author."""

from __future__ import annotations

from openpyxl.comments import Comment
from openpyxl.workbook import Workbook

from nq57xl.rules.findings import catalogue
from tests.returns_kit import codes, column_of, edited, returned, row_of

SHEET, ROW = "1. Kết quả", "led|I.1"


def noted(text: str) -> bytes:
    """The form with that note, nobody's, on the blank cell of the first row's result."""

    def change(book: Workbook) -> None:
        sheet = book[SHEET]
        sheet.cell(row_of(sheet, ROW), column_of(sheet, "result")).comment = Comment(text, "")

    return edited(change)


def test_our_own_note_without_an_author_says_nothing_for_the_unit() -> None:
    """The advice on a line of its own is ours, too; a line that somebody wrote under it is the unit's."""
    ours = f"CẦN SỬA: Chưa nhập «Kết quả trong kỳ».\n{catalogue()['PERCENT_FALLS'].fix}"
    assert "REMARK_ON_BLANK" not in codes(returned(noted(ours)))
    assert "REMARK_ON_BLANK" in codes(returned(noted(f"{ours}\nĐã họp 02 lần.")))
