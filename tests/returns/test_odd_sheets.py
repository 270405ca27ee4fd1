"""What people do to the sheet: one line a case, with the verdict, the codes at their cells, and every value."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Mapping

import openpyxl
import pytest
from attrs import field, frozen
from openpyxl.styles import PatternFill
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from nq57xl.rules.findings import Verdict
from tests.odd_kit import Change, Key, Outcome, at, outcome, outcomes, report, spoilt, untouched, xml_changed
from tests.returns_kit import (
    GUIDE,
    PROPOSALS,
    RESULTS,
    SUPPORTING,
    column_of,
    edited,
    issued,
    row_of,
)

INDICATORS = "3. Chỉ tiêu"
Told = Mapping[str, list[str]]
FIRST, SECOND = "led|I.1", "led|II.1.1"
TABLES = [RESULTS, SUPPORTING, INDICATORS, PROPOSALS]


@frozen
class Case:
    """One thing that is done to a report, and what comes of it."""

    name: str
    change: Change
    verdict: Verdict
    told: Told = field(factory=dict)
    """Code -> cells, each finding in order; nothing else may be told."""
    other: Mapping[Key, object] = field(factory=dict)
    """Values that differ from the untouched report; "nothing" for one that is gone. All others are the same."""


def on(sheet: str, change: Callable[[Worksheet], None]) -> Change:
    return lambda book: change(book[sheet])


def rename(book: Workbook) -> None:
    book[RESULTS].title = "KQ tháng 4"


def reorder(book: Workbook) -> None:
    book.move_sheet(PROPOSALS, -6)
    book.move_sheet(GUIDE, 5)


def duplicate(book: Workbook) -> None:
    book.copy_worksheet(book[RESULTS]).title = "1. Kết quả (2)"


def duplicate_and_change(book: Workbook) -> None:
    duplicate(book)
    sheet = book["1. Kết quả (2)"]
    sheet.cell(row_of(sheet, FIRST), column_of(sheet, "percent")).value = 0.5


def add_sheet(book: Workbook) -> None:
    book.create_sheet("Nháp", 2)["B7"] = "tính thử"


def remove(title: str) -> Change:
    return lambda book: book.remove(book[title])


def repeat(sheet: Worksheet, percent: float | None = None) -> None:
    """A row copied below all others, as Ctrl+C and Ctrl+V do; then perhaps another figure in the copy."""
    source, target = row_of(sheet, FIRST), sheet.max_row + 1
    for column in range(1, sheet.max_column + 1):
        sheet.cell(target, column).value = sheet.cell(source, column).value
    if percent is not None:
        sheet.cell(target, column_of(sheet, "percent")).value = percent


def repeat_column(sheet: Worksheet) -> None:
    """The column of percentages copied beside the table, with its heading and hidden key."""
    for row in range(1, sheet.max_row + 1):
        sheet.cell(row, 31).value = sheet.cell(row, column_of(sheet, "percent")).value


def exchange(sheet: Worksheet, *, first_column: int = 1) -> None:
    """Two rows exchanged, as sorting does, from that column on."""
    first, second = row_of(sheet, FIRST), row_of(sheet, SECOND)
    for column in range(first_column, sheet.max_column + 1):
        one, other = sheet.cell(first, column), sheet.cell(second, column)
        one.value, other.value = other.value, one.value


def hide_rows(sheet: Worksheet) -> None:
    sheet.row_dimensions[row_of(sheet, FIRST)].hidden = True


def filter_rows(sheet: Worksheet) -> None:
    sheet.auto_filter.ref = f"B3:H{sheet.max_row}"
    sheet.auto_filter.add_filter_column(3, ["Đang thực hiện"])
    sheet.row_dimensions[row_of(sheet, SECOND)].hidden = True


def hide_columns(sheet: Worksheet) -> None:
    sheet.column_dimensions["G"].hidden = True


def merge(sheet: Worksheet) -> None:
    """Two rows of one column become one cell: spreadsheet programs keep the upper one's content only."""
    column, first, second = column_of(sheet, "result"), row_of(sheet, FIRST), row_of(sheet, SECOND)
    sheet.merge_cells(start_row=first, end_row=second, start_column=column, end_column=column)


def paste_over_validations(sheet: Worksheet) -> None:
    """A cell pasted from elsewhere brings its own rules and text, and takes the list away."""
    sheet.data_validations.dataValidation = [DataValidation("whole", sqref="A1:Z99")]
    sheet.cell(row_of(sheet, FIRST), column_of(sheet, "progress")).value = "Gần xong"
    sheet.cell(row_of(sheet, SECOND), column_of(sheet, "percent")).value = -0.2


def edit_locked(sheet: Worksheet) -> None:
    sheet.cell(row_of(sheet, FIRST), column_of(sheet, "deadline")).value = "Trong tháng 12/2026"


def unprotect(book: Workbook) -> None:
    for sheet in book.worksheets:
        sheet.protection.sheet = False


def wipe_key(sheet: Worksheet) -> None:
    sheet.cell(row_of(sheet, FIRST), 1).value = None


def wipe_key_and_text(sheet: Worksheet, text: str = "work") -> None:
    """The key is gone, and a text of the row is worded anew."""
    row = row_of(sheet, FIRST)
    sheet.cell(row, 1).value = None
    sheet.cell(row, column_of(sheet, text)).value = "Làm việc khác hẳn"


def wipe_keys(book: Workbook) -> None:
    for sheet in book.worksheets:
        if sheet.title[0].isdigit():
            for row in range(1, sheet.max_row + 1):
                sheet.cell(row, 1).value = None


def ghosts(sheet: Worksheet) -> None:
    for row in range(200, 3000):
        sheet.cell(row, 5).fill = PatternFill("solid", fgColor="FFFF00")
    sheet.row_dimensions[1048576].height = 20


def stray(address: str) -> Change:
    return on(RESULTS, lambda sheet: sheet.__setitem__(address, "x"))


def foreign_row(sheet: Worksheet) -> None:
    """A row overwritten with another task, its figures included; the hidden key stays."""
    row = row_of(sheet, FIRST)
    for name, text in [
        ("number", "9"),
        ("work", "Lập quy hoạch mạng lưới trạm sạc xe điện công cộng"),
        ("product", "Đồ án được phê duyệt"),
        ("deadline", "Quý IV/2026"),
    ]:
        sheet.cell(row, column_of(sheet, name)).value = text


def typed_on(sheet: str) -> dict[Key, object]:
    """Everything that was typed on a sheet, gone."""
    return {key: "nothing" for key in untouched().values if at(key)[0] == sheet}


def typed_in(task: str, *fields: str) -> dict[Key, object]:
    """What was typed on a led row, gone: in those cells, or everything."""
    return {key: "nothing" for key in untouched().values if key[:2] == ("led", task) and key[2] in (fields or key)}


IN_RESULTS = f"{RESULTS}!"

CASES = [
    Case("renamed sheet", rename, "accepted", {"SHEET_RENAMED": ["KQ tháng 4!"]}),
    Case("sheets in another order", reorder, "accepted"),
    Case("copied sheet", duplicate, "accepted", {"EXTRA_SHEET": ["1. Kết quả (2)!"]}),
    Case(
        "copied sheet that says otherwise",
        duplicate_and_change,
        "rejected",
        {"ROW_DUPLICATE": [f"{RESULTS}!H5"]},
        {("led", "I.1", "percent"): None},
    ),
    Case("deleted sheet", remove(RESULTS), "rejected", {"SHEET_MISSING": [f"{RESULTS}!"]}, typed_on(RESULTS)),
    Case("deleted guide", remove(GUIDE), "accepted", {"LOCKED_CHANGED": [f"{GUIDE}!"]}),
    Case("added sheet", add_sheet, "accepted", {"EXTRA_SHEET": ["Nháp!"]}),
    Case("inserted rows", on(RESULTS, lambda sheet: sheet.insert_rows(8, 2)), "accepted", {"ROWS_MOVED": [IN_RESULTS]}),
    Case(
        "deleted row",
        on(RESULTS, lambda sheet: sheet.delete_rows(row_of(sheet, FIRST))),
        "rejected",
        {"ROW_MISSING": [IN_RESULTS]},
        typed_in("I.1"),
    ),
    Case("sorted rows", on(RESULTS, exchange), "accepted", {"ROWS_MOVED": [IN_RESULTS]}),
    Case(
        "sorted rows, hidden keys left behind",
        on(RESULTS, lambda sheet: exchange(sheet, first_column=2)),
        "accepted",
        {"ROWS_MOVED": [IN_RESULTS], "LOCKED_CHANGED": [f"{RESULTS}!A8", f"{RESULTS}!A5"]},
    ),
    Case("row repeated", on(RESULTS, repeat), "accepted", {"ROW_REPEATED": [f"{RESULTS}!G9"]}),
    Case(
        "row repeated with other figures",
        on(RESULTS, lambda sheet: repeat(sheet, 0.9)),
        "rejected",
        {"ROW_DUPLICATE": [f"{RESULTS}!H5"]},
        {("led", "I.1", "percent"): None},
    ),
    Case("hidden rows", on(RESULTS, hide_rows), "accepted"),
    Case("filtered rows", on(RESULTS, filter_rows), "accepted"),
    Case("inserted column", on(RESULTS, lambda sheet: sheet.insert_cols(5)), "accepted", {"ROWS_MOVED": [IN_RESULTS]}),
    Case("repeated column", on(RESULTS, repeat_column), "accepted", {"COLUMN_REPEATED": [f"{RESULTS}!AE5"]}),
    Case("hidden columns", on(RESULTS, hide_columns), "accepted"),
    Case(
        "deleted entry column",
        on(RESULTS, lambda sheet: sheet.delete_cols(column_of(sheet, "percent"))),
        "rejected",
        {"COLUMN_MISSING": [IN_RESULTS]},
        {**typed_in("I.1", "percent"), **typed_in("II.1.1", "percent")},
    ),
    Case(
        "deleted column of plan texts",
        on(RESULTS, lambda sheet: sheet.delete_cols(column_of(sheet, "product"))),
        "accepted",
        {"LOCKED_CHANGED": [f"{RESULTS}!D1"]},
    ),
    Case(
        "entry cells merged",
        on(RESULTS, merge),
        "rejected",
        {"CELL_MERGED": [f"{RESULTS}!J8"]},
        typed_in("II.1.1", "result"),
    ),
    Case(
        "validations pasted over",
        on(RESULTS, paste_over_validations),
        "rejected",
        {"NOT_IN_LIST": [f"{RESULTS}!G5"], "OUT_OF_RANGE": [f"{RESULTS}!H8"]},
        {("led", "I.1", "progress"): None, ("led", "II.1.1", "percent"): -0.2},
    ),
    Case("locked text edited", on(RESULTS, edit_locked), "accepted", {"LOCKED_CHANGED": [f"{RESULTS}!E5"]}),
    Case("protection removed", unprotect, "accepted", {"PROTECTION_GONE": [IN_RESULTS]}),
    Case("key wiped in a row", on(RESULTS, wipe_key), "accepted", {"LOCKED_KEY_GONE": [f"{RESULTS}!A5"]}),
    Case(
        "key wiped and text reworded in a row",
        on(RESULTS, wipe_key_and_text),
        "rejected",
        {"LOCKED_KEY_GONE": [f"{RESULTS}!A5"], "LOCKED_CHANGED": [f"{RESULTS}!C5"]},
    ),
    Case(
        "keys wiped in every row of every sheet",
        wipe_keys,
        "accepted",
        {"LOCKED_CHANGED": [f"{sheet}!A1" for sheet in TABLES]},
    ),
    Case(
        "row overwritten with another task", on(RESULTS, foreign_row), "rejected", {"ROW_REPLACED": [f"{RESULTS}!C5"]}
    ),
    Case("ghost formats", on(RESULTS, ghosts), "accepted"),
    Case("stray sign not so far away", stray("Z5000"), "accepted", {"OUTSIDE_ENTRY": [f"{RESULTS}!Z5000"]}),
]


@functools.cache
def done() -> dict[str, Outcome]:
    """What becomes of each, by name."""
    return dict(zip([case.name for case in CASES], outcomes([spoilt(case.change) for case in CASES]), strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    """The verdict, every finding with its cell, and every value."""
    found = done()[case.name]
    assert (found.verdict, found.told()) == (case.verdict, dict(case.told))
    wanted = {**untouched().values, **case.other}
    assert found.values == {key: value for key, value in wanted.items() if value != "nothing"}


def test_the_report_itself_says_nothing() -> None:
    """What the cases spoil is right: no finding at all, so that every finding of a case comes from its change."""
    assert (untouched().verdict, untouched().findings) == ("accepted", ())
    assert len(untouched().values) > 40


def test_stray_sign_in_the_last_cell() -> None:
    """A sign in XFD1048576 would cost the reader half a terabyte: the file is refused, and the cell named."""
    found = outcome(spoilt(stray("XFD1048576")))
    (finding,) = found.findings
    assert (found.verdict, finding.code) == ("unrecognised", "FILE_TOO_MANY_CELLS")
    assert (finding.sheet, finding.cell) == (RESULTS, "XFD1048576")


@pytest.mark.parametrize("area", ["J5:J8", "I8:J8"])
def test_what_a_merged_area_hides_is_not_taken(area: str) -> None:
    """LibreOffice can keep the contents under a merged area: nobody sees them, so they are asked for."""
    merged = f'<mergeCell ref="{area}"/></mergeCells>'
    part = f"xl/worksheets/sheet{openpyxl.load_workbook(io.BytesIO(report())).sheetnames.index(RESULTS) + 1}.xml"
    found = outcome(xml_changed(report(), part, lambda text: text.replace("</mergeCells>", merged)))
    (finding,) = found.findings
    key = ("led", "II.1.1", "result")
    assert (found.verdict, finding.code, finding.cell) == ("rejected", "CELL_MERGED", "J8")
    assert (finding.table, finding.task, finding.field) == key
    assert finding.value == untouched().values[key]
    assert key not in found.values


def test_confidence_is_told() -> None:
    """A row without its key is known by its texts: how surely stands in the message; half sure asks to be confirmed."""
    for change, share, severity in [
        (wipe_key, "100%", "repaired"),
        (lambda sheet: wipe_key_and_text(sheet, "deadline"), "94%", "repaired"),
        (lambda sheet: wipe_key_and_text(sheet, "product"), "67%", "warning"),
        (wipe_key_and_text, "42%", "error"),
    ]:
        found = outcome(spoilt(on(RESULTS, change)))
        told = next(item for item in found.findings if item.code == "LOCKED_KEY_GONE")
        assert (told.severity, share in told.message, told.task) == (severity, True, "I.1"), told.message
        assert bool(told.fix) == (severity != "repaired")


def test_another_unit_s_tables_under_this_unit_s_keys() -> None:
    """Another unit's filled tables pasted over this unit's: the keys are this unit's, the figures are not."""
    other = openpyxl.load_workbook(io.BytesIO(report("QLDT")))

    def paste(book: Workbook) -> None:
        for title in (RESULTS,):
            target = book[title]
            for merged in [f"{area}" for area in target.merged_cells.ranges]:
                target.unmerge_cells(merged)
            for row, values in enumerate(other[title].iter_rows(min_row=4, min_col=2, values_only=True), start=4):
                for column, value in enumerate(values, start=2):
                    if value is not None:
                        target.cell(row, column).value = value

    found = outcome(spoilt(paste))
    assert found.verdict == "rejected"
    assert "ROW_REPLACED" in found.told()


def test_a_row_that_moved_whole_is_not_taken_for_replaced() -> None:
    """Only rows with figures beside foreign texts are errors: a blank row's texts are restored."""

    def change(book: Workbook) -> None:
        sheet = book[RESULTS]
        foreign_row(sheet)
        for name in ("progress", "percent", "result"):
            sheet.cell(row_of(sheet, FIRST), column_of(sheet, name)).value = None

    found = outcome(edited(change, issued()))
    assert set(found.told()) >= {"LOCKED_CHANGED"}
    assert "ROW_REPLACED" not in found.told()
