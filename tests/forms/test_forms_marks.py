"""The form that is sent back: the sheet "Cần sửa", marks and notes on the cells."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO

from openpyxl.workbook import Workbook

from nq57xl.forms.render import render_form
from nq57xl.rules.findings import Finding
from tests.form_books import FINDINGS, VALUES, address_of, cell_of, opened
from tests.samples import sample_form


def _fix_rows(book: Workbook) -> Iterator[tuple[str, ...]]:
    sheet = book["Cần sửa"]
    head = next(row for row in range(1, 20) if sheet.cell(row, 2).value == "TT")
    for row in range(head + 1, sheet.max_row + 1):
        yield tuple(str(sheet.cell(row, column).value or "") for column in range(2, 10))


def test_fix_sheet_lists_the_points_in_working_order() -> None:
    """Errors first, then warnings, each in the order of the sheets; links, tasks, typed values, remedies."""
    book = opened(render_form(sample_form(), VALUES, FINDINGS))
    assert book.sheetnames[0] == "Cần sửa"
    rows = list(_fix_rows(book))
    assert [(row[1], row[2], row[3]) for row in rows] == [
        ("PHẢI SỬA", "1. Kết quả", address_of("led", "I.1", "cause")),
        ("PHẢI SỬA", "1. Kết quả", address_of("led", "II.1.1", "progress")),
        ("Nên xem lại", "", ""),
        ("Nên xem lại", "1. Kết quả", address_of("led", "I.1", "percent")),
    ]
    assert rows[1][4].startswith("II.1.1. Duy trì")
    assert rows[1][5:] == ("Đang làm", "Không có.", "Chọn.")
    assert rows[2][4] == "Cả biểu mẫu"
    links = [str(cell.hyperlink.location) for row in book["Cần sửa"].iter_rows() for cell in row if cell.hyperlink]
    assert links == [f"'{title}'!{cell}" for _, _, title, cell, *_ in rows if cell]


def test_fix_sheet_counts() -> None:
    """The number of points stands on top; what was repaired is one calm line."""
    texts = [
        str(row[1].value)
        for row in opened(render_form(sample_form(), VALUES, FINDINGS))["Cần sửa"].iter_rows(max_row=8)
        if row[1].value
    ]
    assert "Có 2 điểm phải sửa và 2 điểm nên xem lại." in texts
    assert sum("Phần mềm đã tự chuẩn hóa 1 điểm" in text for text in texts) == 1
    only_warnings = [item for item in FINDINGS if item.severity == "warning"]
    sheet = opened(render_form(sample_form(), VALUES, only_warnings))["Cần sửa"]
    assert sheet.cell(4, 2).value == "Báo cáo đã được chấp nhận; có 2 điểm nên xem lại."


def test_marks_are_notes() -> None:
    """A marked cell has a note with message and remedy; it can still be typed in (its colour: test_forms_alive)."""
    book = opened(render_form(sample_form(), VALUES, FINDINGS))
    error, warning = cell_of(book, "led", "I.1", "cause"), cell_of(book, "led", "I.1", "percent")
    plain = cell_of(book, "led", "I.1", "result")
    assert error.comment is not None and warning.comment is not None and plain.comment is None
    assert error.comment.text == "CẦN SỬA: Chưa nhập «Nguyên nhân». Nhập."
    assert warning.comment.text == "NÊN XEM LẠI: Mâu thuẫn. Xem lại."
    assert not error.protection.locked


def test_notes_have_their_size() -> None:
    """Notes are set wide and high enough for their text, not left at the default size that cuts it."""
    with zipfile.ZipFile(BytesIO(render_form(sample_form(), VALUES, FINDINGS))) as parts:
        drawings = [parts.read(name).decode() for name in parts.namelist() if "vmlDrawing" in name]
    widths = [float(item) for drawing in drawings for item in re.findall(r";width:([\d.]+)pt", drawing)]
    assert len(widths) == 3
    assert min(widths) > 200


def test_several_findings_on_one_cell_share_a_note() -> None:
    """An error and a warning on one cell give one note."""
    twice = [*FINDINGS, Finding("X", "warning", "Nữa.", table="led", task="I.1", field="cause")]
    cell = cell_of(opened(render_form(sample_form(), VALUES, twice)), "led", "I.1", "cause")
    assert cell.comment is not None
    assert cell.comment.text == "CẦN SỬA: Chưa nhập «Nguyên nhân». Nhập.\nNÊN XEM LẠI: Nữa."


def test_no_fix_sheet_without_findings() -> None:
    """The empty and the prefilled form start with the guide."""
    assert opened(render_form(sample_form())).sheetnames[0] == "Hướng dẫn"
    assert opened(render_form(sample_form(), VALUES)).sheetnames[0] == "Hướng dẫn"
