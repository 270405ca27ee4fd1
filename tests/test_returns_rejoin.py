"""Returned forms are put together by keys, wherever things stand."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from nq57xl.forms.layout import layout
from nq57xl.records.findings import verdict_of
from nq57xl.records.form import Slot
from nq57xl.records.returns import RawCell, RawWorkbook
from nq57xl.returns.align import same
from nq57xl.returns.identify import identify
from nq57xl.returns.read import read_bytes
from nq57xl.returns.rejoin import rejoin
from nq57xl.returns.texts import cell_text
from nq57xl.text.cells import a1
from tests.returns_kit import (
    EVIDENCE,
    GUIDE,
    PROPOSALS,
    RESULTS,
    SIGNOFF,
    SUPPORTING,
    codes,
    edited,
    filled,
    form_of,
    issued,
    only,
    returned,
    said,
    source_of,
    with_cells,
)

UNITS = ["VP", "QLDT", "KHTC"]


def row_of(sheet: Worksheet, key: str) -> int:
    """1-based row with that key in column A."""
    return next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == key)


def column_of(sheet: Worksheet, name: str) -> int:
    return next(column for column in range(1, sheet.max_column + 1) if sheet.cell(1, column).value == name)


@pytest.mark.parametrize("unit", UNITS)
def test_a_form_returned_blank_says_nothing(unit: str) -> None:
    """The form as issued comes back without values and without findings, with a place for every entry cell."""
    back = returned(issued(unit), unit)
    assert (back.values, back.findings) == ((), ())
    slots = [slot for sheet in layout(form_of(unit)) for slot in sheet.slots if slot.role == "entry"]
    assert set(back.places) == {(slot.table, slot.key, slot.field) for slot in slots}
    assert back.issue_id == form_of(unit).issue_id


@pytest.mark.parametrize("unit", UNITS)
def test_round_trip(unit: str) -> None:
    """What was typed into every unlocked cell comes back exactly, at the cell where it was typed."""
    data, typed = filled(unit)
    back = returned(data, unit)
    assert codes(back) == []
    choices = {item.title: item.code for items in form_of(unit).schema.lists.values() for item in items}
    wanted = {place: choices.get(str(value), value) for place, value in typed.items()}
    assert {(item.sheet, item.cell): item.value for item in back.values} == wanted
    assert {(item.table, item.key, item.field): (item.sheet, item.cell) for item in back.values} == back.places


@pytest.mark.parametrize("unit", UNITS)
def test_identity(unit: str) -> None:
    """The identity stands in the hidden sheet; without that sheet the corner of every other sheet has the short id."""
    whole = identify(read_bytes(issued(unit)))
    assert whole is not None
    form = form_of(unit)
    assert (whole.issue_id, whole.short_id, whole.found_by) == (form.issue_id, form.short_id, "meta")
    assert (whole.period, whole.unit) == ("2026-04", unit)
    rest = identify(read_bytes(edited(lambda book: book.remove(book["_meta"]), issued(unit))))
    assert rest is not None
    assert (rest.issue_id, rest.short_id, rest.found_by) == (None, form.short_id, "short")


def test_no_form_has_no_identity() -> None:
    """Somebody's own workbook is not recognised, whatever its sheets are called."""

    def wipe(book: Workbook) -> None:
        for sheet in book.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    if not isinstance(cell.value, type(None)) and cell.coordinate in ("A1", "A2", "B2"):
                        cell.value = "Báo cáo"

    assert identify(read_bytes(edited(wipe))) is None


# --- moved, sorted, inserted ----------------------------------------------------------------------------------------


def sort_rows(book: Workbook) -> None:
    """Turns the rows of the supporting sheet upside down, keys included, as a sort on the whole sheet does."""
    sheet = book[SUPPORTING]
    lines = [row for row in range(1, sheet.max_row + 1) if str(sheet.cell(row, 1).value).startswith("supporting|")]
    texts = [[sheet.cell(row, column).value for column in range(1, sheet.max_column + 1)] for row in lines]
    for row, values in zip(lines, reversed(texts), strict=True):
        for column, value in enumerate(values, start=1):
            sheet.cell(row, column).value = value


def insert_rows(book: Workbook) -> None:
    book[RESULTS].insert_rows(3, 2)
    book[RESULTS].insert_rows(1)


def insert_columns(book: Workbook) -> None:
    book[RESULTS].insert_cols(5)
    book[RESULTS].insert_cols(1, 2)


def swap_columns(book: Workbook) -> None:
    sheet = book[RESULTS]
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    left, right = column_of(sheet, "percent"), column_of(sheet, "result")
    for row in range(1, sheet.max_row + 1):
        one, two = sheet.cell(row, left).value, sheet.cell(row, right).value
        sheet.cell(row, left).value, sheet.cell(row, right).value = two, one


@pytest.mark.parametrize("change", [sort_rows, insert_rows, insert_columns, swap_columns])
def test_moved(change: Callable[[Workbook], None]) -> None:
    """Sorted rows, inserted rows and columns, swapped columns: every value is found by its key, and told once."""
    data, _ = filled()
    back = returned(edited(change, data))
    assert [code for code in codes(back) if code != "LOCKED_FORMULA_CHANGED"] == ["ROWS_MOVED"]
    assert said(back) == said(returned(data))
    assert verdict_of(back.findings) == "accepted"


def test_sorted_without_the_hidden_keys() -> None:
    """Rows sorted by what can be seen, their hidden keys left behind: values follow the texts beside them."""

    def change(book: Workbook) -> None:
        sheet = book[SUPPORTING]
        lines = [row for row in range(1, sheet.max_row + 1) if str(sheet.cell(row, 1).value).startswith("supporting|")]
        texts = [[sheet.cell(row, column).value for column in range(2, sheet.max_column + 1)] for row in lines]
        for row, values in zip(lines, [*texts[1:], texts[0]], strict=True):
            for column, value in enumerate(values, start=2):
                sheet.cell(row, column).value = value

    data, _ = filled()
    back = returned(edited(change, data))
    assert said(back) == said(returned(data))
    assert set(codes(back)) == {"LOCKED_CHANGED", "ROWS_MOVED"}


def test_moved_cells_have_their_address_in_the_file_sent() -> None:
    """After an inserted row the places are those of the file sent."""
    data, _ = filled()
    before, after = returned(data), returned(edited(lambda book: book[RESULTS].insert_rows(2), data))
    key = ("led", "I.1", "progress")
    assert before.places[key][1] != after.places[key][1]
    value = next(item for item in after.values if (item.table, item.key, item.field) == key)
    assert (value.sheet, value.cell) == after.places[key]


def test_sheets_renamed_and_reordered() -> None:
    """Sheets are known by the marker in their corner; a new name is told, a new order is not."""

    def change(book: Workbook) -> None:
        book[RESULTS].title = "KQ tháng 4"
        book._sheets.reverse()  # type: ignore[attr-defined]

    data, _ = filled()
    back = returned(edited(change, data))
    found = only(back, "SHEET_RENAMED")
    assert (found.sheet, codes(back)) == ("KQ tháng 4", ["SHEET_RENAMED"])
    assert said(back) == said(returned(data))


# --- gone -----------------------------------------------------------------------------------------------------------


def test_deleted_row() -> None:
    """A deleted row is one error, named by its task; the rows below it are not told as moved."""
    back = returned(edited(lambda book: book[RESULTS].delete_rows(row_of(book[RESULTS], "led|I.1"))))
    found = only(back, "ROW_MISSING")
    assert (found.severity, found.sheet, found.table, found.task) == ("error", RESULTS, "led", "I.1")
    assert codes(back) == ["ROW_MISSING"]
    assert ("led", "I.1", "progress") in back.places


def test_deleted_free_row() -> None:
    """A prepared row of a free table is the unit's own to delete."""
    back = returned(edited(lambda book: book[PROPOSALS].delete_rows(row_of(book[PROPOSALS], "proposal|12"))))
    assert (codes(back), verdict_of(back.findings)) == (["LOCKED_CHANGED"], "accepted")


def test_deleted_entry_column() -> None:
    """A deleted entry column is one error."""
    back = returned(edited(lambda book: book[RESULTS].delete_cols(column_of(book[RESULTS], "percent"))))
    found = only(back, "COLUMN_MISSING")
    assert (found.severity, found.field, codes(back)) == ("error", "percent", ["COLUMN_MISSING"])


def test_deleted_text_column() -> None:
    """A deleted column of plan texts loses no data: repaired."""
    data, _ = filled()
    back = returned(edited(lambda book: book[RESULTS].delete_cols(column_of(book[RESULTS], "product")), data))
    assert (codes(back), verdict_of(back.findings)) == (["LOCKED_CHANGED"], "accepted")
    assert said(back) == said(returned(data))


def test_deleted_sheet() -> None:
    """A deleted entry sheet is one error, and not one for each of its rows."""
    back = returned(edited(lambda book: book.remove(book[EVIDENCE])))
    assert (codes(back), only(back, "SHEET_MISSING").sheet) == (["SHEET_MISSING"], EVIDENCE)
    assert ("led", "I.1", "evidence_number") in back.places


@pytest.mark.parametrize("name", [GUIDE, "_lists", "_meta"])
def test_deleted_locked_sheet(name: str) -> None:
    """The guide, the lists and the identity hold nothing that was typed: the return is accepted without them."""
    data, _ = filled()
    back = returned(edited(lambda book: book.remove(book[name]), data))
    assert (codes(back), verdict_of(back.findings)) == (["LOCKED_CHANGED"], "accepted")
    assert said(back) == said(returned(data))


@pytest.mark.parametrize("line", ["row", "column", "both"])
def test_deleted_keys(line: str) -> None:
    """Without the hidden row, the hidden column or both, the values are found by the locked texts."""

    def change(book: Workbook) -> None:
        for sheet in (book[RESULTS], book[PROPOSALS], book[SIGNOFF]):
            if line in ("row", "both"):
                sheet.delete_rows(1)
            if line in ("column", "both"):
                sheet.delete_cols(1)

    data, _ = filled()
    back = returned(edited(change, data))
    assert set(codes(back)) == {"LOCKED_CHANGED"}
    assert len(back.findings) == (6 if line == "both" else 3)
    assert said(back) == said(returned(data))


def test_emptied_keys() -> None:
    """Keys that were wiped out, corner included, are restored by position and locked texts."""

    def change(book: Workbook) -> None:
        for row in range(1, book[RESULTS].max_row + 1):
            book[RESULTS].cell(row, 1).value = None

    data, _ = filled()
    back = returned(edited(change, data))
    assert set(codes(back)) == {"LOCKED_CHANGED"}
    assert said(back) == said(returned(data))


# --- twice ----------------------------------------------------------------------------------------------------------


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
    """Free rows typed below the prepared ones are taken, with keys that go on."""

    def change(book: Workbook) -> None:
        sheet = book[PROPOSALS]
        row, title, reason = sheet.max_row + 1, column_of(sheet, "title"), column_of(sheet, "reason")
        sheet.cell(row, title).value, sheet.cell(row, reason).value = "Số hóa hồ sơ", "Thông báo số 15"
        sheet.cell(row + 2, title).value = "Kho dữ liệu"

    back = returned(edited(change))
    assert codes(back) == ["ROWS_ADDED"]
    assert said(back) == {
        ("proposal", "13", "title"): "Số hóa hồ sơ",
        ("proposal", "13", "reason"): "Thông báo số 15",
        ("proposal", "14", "title"): "Kho dữ liệu",
    }
    assert back.places["proposal", "14", "deadline"][0] == PROPOSALS


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
    from nq57xl.forms.render import render_form

    def change(book: Workbook) -> None:
        sheet = book[PROPOSALS]
        sheet.cell(sheet.max_row + 1, column_of(sheet, "title")).value = "Số hóa hồ sơ"

    first = returned(edited(change))
    second = returned(render_form(form_of(), first.values))
    assert said(second) == said(first) == {("proposal", "13", "title"): "Số hóa hồ sơ"}
    assert codes(second) == ["ROWS_ADDED"]


def test_form_sent_back_is_read_like_the_first() -> None:
    """The first sheet "Cần sửa" of a form that was sent back, and its marks, are no part of the return."""
    from nq57xl.forms.render import render_form

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
    """Text in a cell that was issued blank is not lost silently: a note tells it."""

    def change(book: Workbook) -> None:
        sheet = book[RESULTS]
        sheet.unmerge_cells(next(str(item) for item in sheet.merged_cells.ranges if item.min_row == 2))
        sheet["F2"] = "Gấp"
        book[SIGNOFF]["J40"] = "Ghi thêm"

    back = returned(edited(change))
    assert {(item.code, item.severity, item.value) for item in back.findings} == {
        ("OUTSIDE_ENTRY", "note", "Gấp"),
        ("OUTSIDE_ENTRY", "note", "Ghi thêm"),
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


# --- any change to any locked cell ----------------------------------------------------------------------------------


@functools.cache
def base() -> RawWorkbook:
    return read_bytes(filled()[0])


@functools.cache
def locked() -> tuple[Slot, ...]:
    return tuple(slot for sheet in layout(form_of()) for slot in sheet.slots if slot.role != "entry")


@functools.cache
def titles() -> dict[str, str]:
    return {sheet.id: sheet.title for sheet in layout(form_of())}


CHANGES = st.one_of(
    st.none(),
    st.text(min_size=1, max_size=30).map(RawCell),
    st.floats(allow_nan=False, allow_infinity=False).map(RawCell),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(RawCell),
    st.just(RawCell(None, error="#REF!")),
    st.just(RawCell("x", formula="A1")),
)


def is_changed(slot: Slot, cell: RawCell | None) -> bool:
    """Whether a person would see another cell than the issued one."""
    if slot.role in ("check", "formula"):
        return cell is None or cell.formula is None
    if cell is None:
        return slot.text != ""
    return cell.formula is not None or not same(cell_text(cell), slot.text)


@given(st.lists(st.tuples(st.integers(0, 10**6), CHANGES), min_size=1, max_size=3, unique_by=lambda item: item[0]))
def test_any_change_to_a_locked_cell_is_found(changes: list[tuple[int, RawCell | None]]) -> None:
    """Whatever happens to locked cells: each is told at its cell, and no typed value is lost or moved."""
    slots = {locked()[number % len(locked())]: cell for number, cell in changes}
    assume(all(is_changed(slot, cell) for slot, cell in slots.items()))
    # all texts of a line changed at once would be another line: see test_deleted_row
    assume(
        len({(slot.sheet, slot.row) for slot in slots}) == len({(slot.sheet, slot.col) for slot in slots}) == len(slots)
    )
    raw = base()
    for slot, cell in slots.items():
        raw = with_cells(raw, titles()[slot.sheet], {(slot.row, slot.col): cell})
    back = rejoin(source_of(), raw, form_of())
    told = {(item.sheet, item.cell) for item in back.findings if item.code.startswith("LOCKED_")}
    assert told == {(titles()[slot.sheet], a1(slot.row, slot.col)) for slot in slots}
    assert said(back) == said(rejoin(source_of(), base(), form_of()))
    assert verdict_of(back.findings) == "accepted"
