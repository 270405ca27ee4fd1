"""Rows and sheets that stand twice or were added, and text outside the entry cells."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from nq57xl.forms.render import render_form
from nq57xl.xlsx.limits import LIMITS
from tests.returns_kit import (
    PROPOSALS,
    RESULTS,
    codes,
    column_of,
    edited,
    filled,
    form_of,
    only,
    returned,
    row_of,
    said,
)


def repeat_row(key: str, change: Callable[[Worksheet, int], None]) -> Callable[[Workbook], None]:
    """Copies a row of the results below all others, then changes the copy."""

    def copy(book: Workbook) -> None:
        sheet = book[RESULTS]
        source, target = row_of(sheet, key), sheet.max_row + 1
        for column in range(1, sheet.max_column + 1):
            sheet.cell(target, column).value = sheet.cell(source, column).value
        change(sheet, target)

    return copy


def test_row_repeated() -> None:
    """A row twice with the same values counts once."""
    data, _ = filled()
    back = returned(edited(repeat_row("led|I.1", lambda sheet, row: None), data))
    assert (codes(back), only(back, "ROW_REPEATED").task) == (["ROW_REPEATED"], "I.1")
    assert said(back) == said(returned(data))


def test_row_duplicate() -> None:
    """A row twice with different values is an error: nobody knows which one counts."""

    def change(sheet: Worksheet, row: int) -> None:
        sheet.cell(row, column_of(sheet, "percent")).value = 0.9

    data, _ = filled()
    back = returned(edited(repeat_row("led|I.1", change), data))
    found = only(back, "ROW_DUPLICATE")
    assert (codes(back), found.severity, found.task) == (["ROW_DUPLICATE"], "error", "I.1")


def test_a_cell_in_doubt_gives_away_no_address() -> None:
    """Of a number that stands there twice with different content nothing is taken, nor the address within it."""

    def change(sheet: Worksheet, row: int) -> None:
        number, title = column_of(sheet, "evidence_number"), column_of(sheet, "evidence_title")
        for line, text in ((row_of(sheet, "led|I.1"), "258/BC-VP https://a.vn/258"), (row, "9/BC-VP https://a.vn/9")):
            sheet.cell(line, number).value, sheet.cell(line, title).value = text, None

    back = returned(edited(repeat_row("led|I.1", change), filled()[0]))
    assert only(back, "ROW_DUPLICATE").field == "evidence_number"
    assert ("led", "I.1", "evidence_link") not in back.cells


def test_two_keys_swapped_by_hand() -> None:
    """Keys typed over with another row's key never move values silently."""

    def change(book: Workbook) -> None:
        sheet = book[RESULTS]
        sheet.cell(row_of(sheet, "led|I.1"), 1).value = "led|II.1.1"

    data, _ = filled()
    assert "error" in {finding.severity for finding in returned(edited(change, data)).findings}


def test_copied_sheet() -> None:
    """A copy of a sheet that says the same is an extra sheet; one that says otherwise is an error."""

    def copy(book: Workbook) -> None:
        book.copy_worksheet(book[RESULTS])

    def differ(book: Workbook) -> None:
        sheet = book.copy_worksheet(book[RESULTS])
        sheet.cell(row_of(sheet, "led|I.1"), column_of(sheet, "result")).value = "Khác"

    data, _ = filled()
    assert only(returned(edited(copy, data)), "EXTRA_SHEET").severity == "note"
    assert said(returned(edited(copy, data))) == said(returned(data))
    assert only(returned(edited(differ, data)), "ROW_DUPLICATE").severity == "error"


# --- added ----------------------------------------------------------------------------------------------------------


def test_rows_added() -> None:
    """Free rows typed below the prepared ones are taken, with keys that go on; the next table ends them."""

    def change(book: Workbook) -> None:
        sheet = book[PROPOSALS]
        title, reason, last = column_of(sheet, "title"), column_of(sheet, "reason"), row_of(sheet, "difficulty|06")
        sheet.insert_rows(last + 1, 3)
        sheet.cell(last + 1, title).value, sheet.cell(last + 3, title).value = "Thiếu nhân lực", "Thiếu kinh phí"
        row = row_of(sheet, "proposal|06") + 1
        sheet.insert_rows(row, 3)
        sheet.cell(row, title).value, sheet.cell(row, reason).value = "Số hóa hồ sơ", "Thông báo số 15"
        sheet.cell(row + 2, title).value = "Kho dữ liệu"

    back = returned(edited(change))
    assert set(codes(back)) == {"ROWS_ADDED", "ROWS_MOVED"}
    assert said(back) == {
        ("proposal", "07", "title"): "Số hóa hồ sơ",
        ("proposal", "07", "reason"): "Thông báo số 15",
        ("proposal", "08", "title"): "Kho dữ liệu",
        ("difficulty", "07", "content"): "Thiếu nhân lực",
        ("difficulty", "08", "content"): "Thiếu kinh phí",
    }
    assert back.places["proposal", "08", "deadline"][0] == PROPOSALS


def test_free_row_copied_with_its_key() -> None:
    """A free row that was copied with its hidden key and then typed over is a new row, not a contradiction."""

    def change(book: Workbook) -> None:
        sheet = book[PROPOSALS]
        title, first = column_of(sheet, "title"), row_of(sheet, "proposal|01")
        sheet.cell(first, title).value = "Việc một"
        row = sheet.max_row + 1
        sheet.cell(row, 1).value, sheet.cell(row, title).value = "proposal|01", "Việc hai"

    back = returned(edited(change))
    assert codes(back) == ["ROWS_ADDED"]
    assert set(said(back).values()) == {"Việc một", "Việc hai"}


def test_form_sent_back_with_added_rows() -> None:
    """Rows that were added stay the same rows when the form is sent back and returned again."""

    def change(book: Workbook) -> None:
        sheet = book[PROPOSALS]
        row = row_of(sheet, "proposal|06") + 1
        sheet.insert_rows(row)
        sheet.cell(row, column_of(sheet, "title")).value = "Số hóa hồ sơ"

    first = returned(edited(change))
    second = returned(render_form(form_of(), first.values))
    assert said(second) == said(first) == {("proposal", "07", "title"): "Số hóa hồ sơ"}
    assert set(codes(second)) == {"ROWS_ADDED", "ROWS_MOVED"}


def test_more_rows_than_a_form_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that says how many there are; the form that goes back holds one too many, and gets the same answer."""
    monkeypatch.setattr(LIMITS, "added_rows", 5)

    def added(count: int) -> Callable[[Workbook], None]:
        def change(book: Workbook) -> None:
            sheet = book[PROPOSALS]
            last = row_of(sheet, "difficulty|06")
            sheet.insert_rows(last + 1, count)
            for number in range(count):
                sheet.cell(last + 1 + number, column_of(sheet, "title")).value = f"Việc {number}"

        return change

    assert set(codes(returned(edited(added(5))))) == {"ROWS_ADDED", "ROWS_MOVED"}
    for count in (6, 60):
        back = returned(edited(added(count)))
        found = only(back, "ROWS_TOO_MANY")
        assert (found.severity, found.value, f" {count} dòng" in found.message) == ("error", "", True)
        assert set(said(back).values()) == {f"Việc {number}" for number in range(6)}
        again = returned(render_form(form_of(), back.values, back.findings))
        assert set(codes(again)) == {"ROWS_TOO_MANY", "ROWS_MOVED"}


def test_form_sent_back_is_read_like_the_first() -> None:
    """The first sheet "Cần sửa" of a form that was sent back, and its marks, are no part of the return."""
    data, _ = filled()

    def spoil(book: Workbook) -> None:
        sheet = book[RESULTS]
        sheet.cell(row_of(sheet, "led|I.1"), column_of(sheet, "percent")).value = "khoảng 80"

    back = returned(edited(spoil, data))
    assert codes(back) == ["VALUE_UNREADABLE"]
    again = returned(render_form(form_of(), back.values, back.findings))
    assert codes(again) == ["VALUE_UNREADABLE"]
    assert said(again) == said(back)


def test_text_outside() -> None:
    """Text in a cell that was issued blank is not lost silently: a note tells it; a name under the place for the
    signature is no row of a free table."""

    def change(book: Workbook) -> None:
        sheet = book[RESULTS]
        sheet.unmerge_cells(next(str(item) for item in sheet.merged_cells.ranges if item.min_row == 2))
        sheet["F2"] = "Gấp"
        book[PROPOSALS]["J40"] = "Ghi thêm"
        signature = row_of(book[PROPOSALS], "@4") + 1
        book[PROPOSALS].cell(signature, column_of(book[PROPOSALS], "reason")).value = "Trần Văn Minh"

    back = returned(edited(change))
    assert {(item.code, item.severity, item.value) for item in back.findings} == {
        ("OUTSIDE_ENTRY", "note", "Gấp"),
        ("OUTSIDE_ENTRY", "note", "Ghi thêm"),
        ("OUTSIDE_ENTRY", "note", "Trần Văn Minh"),
    }


def test_many_texts_outside() -> None:
    """A pasted table has one cause: one note."""

    def change(book: Workbook) -> None:
        for row in range(60, 100):
            book[RESULTS].cell(row, 9).value = row

    assert codes(returned(edited(change))) == ["OUTSIDE_ENTRY"]


def test_extra_sheet() -> None:
    """A sheet of the unit's own is a note."""

    def change(book: Workbook) -> None:
        book.create_sheet("Nháp")["A1"] = "tính thử"

    assert only(returned(edited(change)), "EXTRA_SHEET").sheet == "Nháp"


def test_sheet_of_another_form() -> None:
    """A sheet that carries another form's id is not taken for this form's, whatever its name."""

    def change(book: Workbook) -> None:
        sheet = book[RESULTS]
        sheet["A1"] = str(sheet["A1"].value).replace(form_of().short_id, "ffffffffff")

    assert sorted(codes(returned(edited(change)))) == ["EXTRA_SHEET", "SHEET_MISSING"]


def test_formulas_gone() -> None:
    """A program that drops all formulas is one finding; a check cell that was typed over is one at its cell."""

    def drop(book: Workbook, only_first: bool = False) -> None:
        for sheet in [book[RESULTS]] if only_first else book.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        cell.value = "ok"
                        if only_first:
                            return

    assert codes(returned(edited(drop))) == ["LOCKED_FORMULA_CHANGED"]
    found = only(returned(edited(lambda book: drop(book, only_first=True))), "LOCKED_FORMULA_CHANGED")
    assert (found.severity, found.sheet, found.value) == ("repaired", RESULTS, "ok")
    assert (found.table, found.task) == ("led", "I.1")


def test_progress_typed_over() -> None:
    """The first sheet's live line is a formula like the checks: typed over, it is one finding at its cell."""

    def change(book: Workbook) -> None:
        cell = next(cell for row in book["Hướng dẫn"].iter_rows() for cell in row if cell.data_type == "f")
        cell.value = "Đã điền đủ"

    found = only(returned(edited(change)), "LOCKED_FORMULA_CHANGED")
    assert (found.severity, found.sheet, found.value, found.task) == ("repaired", "Hướng dẫn", "Đã điền đủ", None)


def test_protection_gone() -> None:
    """Protection that is gone is one note, however many sheets lost it."""

    def change(book: Workbook) -> None:
        for sheet in book.worksheets:
            sheet.protection.sheet = False

    assert only(returned(edited(change)), "PROTECTION_GONE").severity == "note"


def test_merged_entry_cells() -> None:
    """Entry cells that were merged say what their first cell says."""

    def change(book: Workbook) -> None:
        sheet = book[PROPOSALS]
        row, column = row_of(sheet, "proposal|01"), column_of(sheet, "title")
        sheet.cell(row, column).value = "Việc một"
        sheet.merge_cells(start_row=row, end_row=row + 1, start_column=column, end_column=column + 1)

    back = returned(edited(change))
    assert (codes(back), said(back)) == ([], {("proposal", "01", "title"): "Việc một"})


def test_findings_point_at_their_cell() -> None:
    """A bad cell is told with sheet, cell, table, task, field and what was typed."""

    def change(book: Workbook) -> None:
        sheet = book[RESULTS]
        sheet.cell(row_of(sheet, "led|I.1"), column_of(sheet, "percent")).value = "nhiều"

    back = returned(edited(change))
    found = only(back, "VALUE_UNREADABLE")
    place = (found.sheet, found.cell)
    assert place == back.places["led", "I.1", "percent"]
    assert (found.table, found.task, found.field, found.value) == ("led", "I.1", "percent", "nhiều")
    assert [(item.value, item.typed) for item in back.values] == [(None, "nhiều")]
