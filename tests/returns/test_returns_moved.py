"""Rows, columns and sheets that were moved, sorted or deleted: values are found by their keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from openpyxl.workbook.workbook import Workbook

from nq57xl.rules.findings import verdict_of
from tests.returns_kit import (
    GUIDE,
    PROPOSALS,
    RESULTS,
    SUPPORTING,
    codes,
    column_of,
    edited,
    filled,
    only,
    returned,
    row_of,
    said,
)


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
    back = returned(edited(lambda book: book[PROPOSALS].delete_rows(row_of(book[PROPOSALS], "proposal|06"))))
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
    back = returned(edited(lambda book: book.remove(book[SUPPORTING])))
    assert (codes(back), only(back, "SHEET_MISSING").sheet) == (["SHEET_MISSING"], SUPPORTING)
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
        for sheet in (book[RESULTS], book[PROPOSALS]):
            if line in ("row", "both"):
                sheet.delete_rows(1)
            if line in ("column", "both"):
                sheet.delete_cols(1)

    data, _ = filled()
    back = returned(edited(change, data))
    assert set(codes(back)) == {"LOCKED_CHANGED"}
    assert len(back.findings) == (4 if line == "both" else 2)
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
