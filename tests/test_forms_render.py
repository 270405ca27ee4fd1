"""The rendered workbook: locks, validations, values, marks, paper, bytes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import Cell
from openpyxl.utils.escape import unescape
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from nq57xl.forms.layout import layout, visible_specs
from nq57xl.forms.render import password_of, render_form, with_added_rows
from nq57xl.forms.render_sheet import sheet_widths
from nq57xl.forms.sending import render_sending_list
from nq57xl.forms.styles import ERROR_FILL, WARNING_FILL
from nq57xl.forms.validation import clip
from nq57xl.records.findings import Finding
from nq57xl.records.form import Slot
from nq57xl.records.returns import Value
from tests.conftest import CheckOoxml
from tests.form_values import random_values, value
from tests.samples import sample_form

VALUES: list[Value] = [
    value("led", "I.1", "progress", "in_progress"),
    value("led", "I.1", "percent", 0.85),
    value("led", "I.1", "result", "=1+1 là chữ"),
    value("led", "I.1", "completion_date", date(2026, 4, 10)),
    value("led", "II.1.1", "progress", None, "Đang làm"),
    value("indicator", "CT.II.1", "value", "yes"),
    value("indicator", "CT.I.2", "value", 81.5),
    value("proposal", "01", "title", "Số hóa hồ sơ"),
    value("proposal", "14", "title", "Dòng thêm"),
    value("statement", "statement", "statement", "none"),
]
FINDINGS = [
    Finding(
        "CONTRADICTION", "warning", "Mâu thuẫn.", "Xem lại.", table="led", task="I.1", field="percent", value="85%"
    ),
    Finding(
        "NOT_IN_LIST", "error", "Không có.", "Chọn.", table="led", task="II.1.1", field="progress", value="Đang làm"
    ),
    Finding("REQUIRED_BLANK", "error", "Chưa nhập «Nguyên nhân».", "Nhập.", table="led", task="I.1", field="cause"),
    Finding("NAME_OTHER_UNIT", "warning", "Tên tệp khác.", "Kiểm tra."),
    Finding("PERCENT_SCALED", "repaired", "Đã hiểu.", table="led", task="I.1", field="percent"),
    Finding("OTHER_PROGRAM", "note", "LibreOffice."),
]


def _open(workbook: bytes) -> Workbook:
    return openpyxl.load_workbook(BytesIO(workbook))


def _slots(unit: str = "VP") -> dict[tuple[str, str, str], tuple[str, Slot]]:
    return {
        (slot.table, slot.key, slot.field): (sheet.title, slot)
        for sheet in layout(sample_form(unit))
        for slot in sheet.slots
        if slot.role == "entry"
    }


def _cell(book: Workbook, table: str, key: str, field: str) -> Cell:
    title, slot = _slots()[(table, key, field)]
    found = book[title].cell(slot.row + 1, slot.col + 1)
    assert isinstance(found, Cell)
    return found


def _validation(cell: Cell) -> DataValidation:
    sheet = cell.parent
    assert isinstance(sheet, Worksheet)
    found: list[DataValidation] = [
        item for item in sheet.data_validations.dataValidation if cell.coordinate in item.sqref
    ]
    assert len(found) == 1, cell.coordinate
    return found[0]


@pytest.mark.parametrize("unit", ["VP", "QLDT", "KHTC"])
def test_strictly_valid(unit: str, check_ooxml: CheckOoxml) -> None:
    """Empty forms pass the strict checker."""
    check_ooxml(render_form(sample_form(unit)))


def test_marked_form_is_strictly_valid(check_ooxml: CheckOoxml) -> None:
    """A prefilled and marked form passes the strict checker as well."""
    check_ooxml(render_form(sample_form(), VALUES, FINDINGS))


def test_same_input_same_bytes() -> None:
    """Rendering twice gives the same bytes, empty and marked."""
    assert render_form(sample_form()) == render_form(sample_form())
    assert render_form(sample_form(), VALUES, FINDINGS) == render_form(sample_form(), VALUES, FINDINGS)


@pytest.mark.parametrize("unit", ["VP", "QLDT"])
def test_only_entry_cells_are_unlocked(unit: str) -> None:
    """In every sheet exactly the entry slots are unlocked, every sheet is protected, every column is locked."""
    form = sample_form(unit)
    book = _open(render_form(form))
    for sheet in layout(form):
        worksheet = book[sheet.title]
        entries = {(slot.row + 1, slot.col + 1) for slot in sheet.slots if slot.role == "entry"}
        unlocked = {
            (cell.row, cell.column) for row in worksheet.iter_rows() for cell in row if not cell.protection.locked
        }
        assert unlocked == entries, sheet.id
        assert worksheet.protection.sheet


def test_every_style_says_whether_it_is_locked() -> None:
    """Normal is unlocked, every other cell format says so explicitly, and all columns to the last are locked."""
    with zipfile.ZipFile(BytesIO(render_form(sample_form()))) as parts:
        styles = parts.read("xl/styles.xml").decode()
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    normal = re.search(r"<cellStyleXfs.*?</cellStyleXfs>", styles, re.S)
    cells = re.search(r"<cellXfs.*?</cellXfs>", styles, re.S)
    assert normal and cells
    assert '<protection locked="0"/>' in normal[0]
    formats = re.findall(r"<xf [^>]*?(?:/>|>.*?</xf>)", cells[0], re.S)
    assert all("<protection locked=" in item for item in formats[1:])
    locked = {number for number, item in enumerate(formats) if 'locked="1"' in item}
    for sheet in sheets:
        columns = [int(item) for item in re.findall(r'<col min="\d+" max="\d+"[^>]*? style="(\d+)"', sheet)]
        assert columns and set(columns) <= locked
        assert 'max="16384"' in sheet
        assert "XFD" not in re.findall(r"<dimension[^>]*>", sheet)[0]


def test_people_may_resize_and_filter() -> None:
    """Protection lets people format rows and columns, filter and select."""
    sheet = _open(render_form(sample_form()))["1. Kết quả"]
    protection = sheet.protection
    assert not protection.formatColumns and not protection.formatRows and not protection.autoFilter
    assert protection.insertRows and protection.formatCells
    assert sheet.auto_filter.ref == "B5:J10"
    assert sheet.freeze_panes == "D6"


def test_password_follows_the_issue() -> None:
    """The password is the same for the same issue and another for another."""
    form = sample_form()
    assert password_of(form) == password_of(sample_form("QLDT"))
    assert len(password_of(form)) == 12
    assert form.issue_id not in password_of(form)


def test_every_entry_cell_has_one_validation() -> None:
    """One validation of an allowed kind for every entry cell, none overlapping, within Excel's limits."""
    book = _open(render_form(sample_form()))
    for title, slot in _slots().values():
        cell = book[title].cell(slot.row + 1, slot.col + 1)
        assert isinstance(cell, Cell)
        rule = _validation(cell)
        assert rule.type in ("list", "decimal", "whole", "date", "textLength")
        assert rule.showErrorMessage and rule.showInputMessage and rule.errorStyle in (None, "stop")
        assert 0 < len(rule.promptTitle or "") <= 32 and 0 < len(rule.prompt or "") <= 255
        assert 0 < len(rule.errorTitle or "") <= 32 and 0 < len(rule.error or "") <= 225


def test_validations_of_each_kind() -> None:
    """Lists come from named ranges, percents are fractions, dates follow the plan's year, measures their target."""
    book = _open(render_form(sample_form()))

    def rule(table: str, key: str, field: str) -> tuple[str | None, str | None, str | None]:
        cell = _cell(book, table, key, field)
        found = _validation(cell)
        return found.type, found.formula1, found.formula2

    assert rule("led", "I.1", "progress") == ("list", "ds_progress", None)
    assert rule("led", "I.1", "percent") == ("decimal", "0", "1")
    assert rule("led", "I.1", "completion_date") == ("date", "45658", "46387")
    assert rule("led", "I.1", "result") == ("textLength", "2000", None)
    assert rule("indicator", "CT.I.1", "value") == ("decimal", "0", "1")
    assert rule("indicator", "CT.I.2", "value") == ("decimal", "0", None)
    assert rule("indicator", "CT.II.1", "value") == ("list", "ds_yes_no", None)
    names = book.defined_names
    assert names["ds_progress"].attr_text == "_lists!$B$2:$B$6"
    assert [book["_lists"].cell(row, 2).value for row in (2, 6)] == ["Chưa thực hiện", "Chưa phát sinh"]


def test_stop_text_names_cause_and_remedy() -> None:
    """The stop alert of a date says what is allowed and how to type it."""
    book = _open(render_form(sample_form()))
    cell = _cell(book, "led", "I.1", "completion_date")
    rule = _validation(cell)
    assert rule.errorTitle == "Ngày hoàn thành"
    assert rule.error == (
        "«Ngày hoàn thành» phải là ngày từ 01/01/2025 đến 31/12/2026. Nhập theo dạng ngày/tháng/năm, ví dụ 10/04/2026."
    )


def test_values_are_written_typed() -> None:
    """Choices as their titles, percents and dates as numbers with their format, texts as text, unreadable as typed."""
    book = _open(render_form(sample_form(), VALUES))
    assert _cell(book, "led", "I.1", "progress").value == "Đang thực hiện"
    percent = _cell(book, "led", "I.1", "percent")
    assert (percent.value, percent.number_format) == (0.85, "0%")
    day = _cell(book, "led", "I.1", "completion_date")
    assert (day.value, day.number_format) == (datetime(2026, 4, 10), "dd/mm/yyyy")
    text = _cell(book, "led", "I.1", "result")
    assert (text.value, text.data_type, text.number_format) == ("=1+1 là chữ", "s", "@")
    assert _cell(book, "led", "II.1.1", "progress").value == "Đang làm"
    assert _cell(book, "indicator", "CT.II.1", "value").value == "Có"
    assert _cell(book, "indicator", "CT.I.2", "value").value == 81.5
    assert _cell(book, "led", "II.1.1", "percent").value is None


def test_added_rows_are_kept() -> None:
    """A free row beyond the prepared ones comes back as a further row with its key, unlocked."""
    form = with_added_rows(sample_form(), VALUES)
    table = form.table("proposal")
    assert table is not None
    assert [row.key for row in table.rows][-1] == "14"
    sheet = _open(render_form(sample_form(), VALUES))["6. Đề xuất mới"]
    last = sheet.max_row
    assert (sheet.cell(last, 1).value, sheet.cell(last, 3).value) == ("proposal|14", "Dòng thêm")
    assert not sheet.cell(last, 3).protection.locked


def test_values_of_locked_rows_are_left_out() -> None:
    """A value for a row that is done before the period is written nowhere."""
    book = _open(render_form(sample_form(), [value("led", "I.2", "result", "không ghi")]))
    texts = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "không ghi" not in texts


def test_texts_that_excel_cannot_hold() -> None:
    """Lone surrogates and over-long texts do not stop the form that goes back."""
    values = [value("led", "I.1", "result", None, "a\ud800b"), value("led", "I.1", "cause", "x" * 40000)]
    book = _open(render_form(sample_form(), values))
    assert _cell(book, "led", "I.1", "result").value == "a?b"
    assert _cell(book, "led", "I.1", "cause").value == "x" * 32767


def test_values_that_excel_has_no_number_for() -> None:
    """Days before 1900 and infinite numbers go back as the text that was typed."""
    values = [
        value("led", "I.1", "completion_date", date(1826, 4, 10), "10/4/1826"),
        value("indicator", "CT.I.2", "value", float("inf"), "1e999"),
    ]
    book = _open(render_form(sample_form(), values))
    assert _cell(book, "led", "I.1", "completion_date").value == "10/4/1826"
    assert _cell(book, "indicator", "CT.I.2", "value").value == "1e999"


@given(st.lists(st.text(max_size=60), min_size=3, max_size=3))
@settings(max_examples=15)
def test_any_typed_text_can_go_back(texts: list[str]) -> None:
    """Whatever was typed, even control characters and formulas, the form that goes back opens and has it as text."""
    cells = [("led", "I.1", "result"), ("led", "I.1", "percent"), ("difficulty", "01", "authority")]
    values = [value(*cell, None, typed) for cell, typed in zip(cells, texts, strict=True)]
    finding = Finding("X", "error", texts[0], texts[1], table="led", task="I.1", field="percent", value=texts[2])
    book = _open(render_form(sample_form(), values, [finding]))
    for cell, typed in zip(cells, texts, strict=True):
        found = _cell(book, *cell)
        assert found.data_type in ("s", "n")
        if typed.strip().isprintable() and typed.strip():
            assert unescape(str(found.value)) == typed.strip()


def _fix_rows(book: Workbook) -> Iterator[tuple[str, ...]]:
    sheet = book["Cần sửa"]
    head = next(row for row in range(1, 20) if sheet.cell(row, 2).value == "TT")
    for row in range(head + 1, sheet.max_row + 1):
        yield tuple(str(sheet.cell(row, column).value or "") for column in range(2, 10))


def test_fix_sheet_lists_the_points_in_working_order() -> None:
    """Errors first, then warnings, each in the order of the sheets; links, tasks, typed values, remedies."""
    book = _open(render_form(sample_form(), VALUES, FINDINGS))
    assert book.sheetnames[0] == "Cần sửa"
    rows = list(_fix_rows(book))
    assert [(row[1], row[2], row[3]) for row in rows] == [
        ("PHẢI SỬA", "1. Kết quả", "G10"),
        ("PHẢI SỬA", "3. Vướng mắc", "E7"),
        ("Nên xem lại", "", ""),
        ("Nên xem lại", "1. Kết quả", "H7"),
    ]
    assert rows[0][4].startswith("II.1.1. Duy trì")
    assert rows[0][5:] == ("Đang làm", "Không có.", "Chọn.")
    assert rows[2][4] == "Cả biểu mẫu"
    links = [str(cell.hyperlink.location) for row in book["Cần sửa"].iter_rows() for cell in row if cell.hyperlink]
    assert sorted(links) == ["'1. Kết quả'!G10", "'1. Kết quả'!H7", "'3. Vướng mắc'!E7"]


def test_fix_sheet_counts() -> None:
    """The number of points stands on top; what was repaired is one calm line."""
    texts = [
        str(row[1].value)
        for row in _open(render_form(sample_form(), VALUES, FINDINGS))["Cần sửa"].iter_rows(max_row=8)
        if row[1].value
    ]
    assert "Có 2 điểm phải sửa và 2 điểm nên xem lại." in texts
    assert sum("Phần mềm đã tự chuẩn hóa 1 điểm" in text for text in texts) == 1
    only_warnings = [item for item in FINDINGS if item.severity == "warning"]
    sheet = _open(render_form(sample_form(), VALUES, only_warnings))["Cần sửa"]
    assert sheet.cell(4, 2).value == "Biểu mẫu đã được nhận; có 2 điểm nên xem lại."


def test_marks_are_fill_border_and_note() -> None:
    """A marked cell has another fill, a bold border and a note with message and remedy; it can still be typed in."""
    book = _open(render_form(sample_form(), VALUES, FINDINGS))
    error, warning = _cell(book, "led", "I.1", "cause"), _cell(book, "led", "I.1", "percent")
    plain = _cell(book, "led", "I.1", "result")
    assert (error.border.left.style, warning.border.left.style, plain.border.left.style) == (
        "medium",
        "mediumDashed",
        "thin",
    )
    assert len({cell.fill.fgColor.rgb for cell in (error, warning, plain)}) == 3
    assert error.comment is not None and warning.comment is not None and plain.comment is None
    assert error.comment.text == "CẦN SỬA: Chưa nhập «Nguyên nhân».\nNhập."
    assert warning.comment.text == "NÊN XEM LẠI: Mâu thuẫn.\nXem lại."
    assert not error.protection.locked


def test_notes_have_their_size() -> None:
    """Notes are set wide and high enough for their text, not left at the default size that cuts it."""
    with zipfile.ZipFile(BytesIO(render_form(sample_form(), VALUES, FINDINGS))) as parts:
        drawings = [parts.read(name).decode() for name in parts.namelist() if "vmlDrawing" in name]
    widths = [float(item) for drawing in drawings for item in re.findall(r";width:([\d.]+)pt", drawing)]
    assert len(widths) == 3
    assert min(widths) > 200


def test_several_findings_on_one_cell_share_a_note() -> None:
    """An error and a warning on one cell give one note, shown as the error."""
    twice = [*FINDINGS, Finding("X", "warning", "Nữa.", table="led", task="I.1", field="cause")]
    cell = _cell(_open(render_form(sample_form(), VALUES, twice)), "led", "I.1", "cause")
    assert cell.comment is not None
    assert cell.comment.text == "CẦN SỬA: Chưa nhập «Nguyên nhân».\nNhập.\nNÊN XEM LẠI: Nữa."
    assert cell.border.left.style == "medium"


def test_no_fix_sheet_without_findings() -> None:
    """The empty and the prefilled form start with the guide."""
    assert _open(render_form(sample_form())).sheetnames[0] == "Hướng dẫn"
    assert _open(render_form(sample_form(), VALUES)).sheetnames[0] == "Hướng dẫn"


def test_identity_in_hidden_sheets() -> None:
    """Lists are hidden, the identity veryHidden, key row and key column hidden."""
    book = _open(render_form(sample_form()))
    assert (book["_lists"].sheet_state, book["_meta"].sheet_state) == ("hidden", "veryHidden")
    assert {row[0].value: row[1].value for row in book["_meta"].iter_rows(min_row=2)}["unit"] == "VP"
    sheet = book["1. Kết quả"]
    assert sheet["A1"].value == "NQ57|0f8fad5bd9|results"
    assert sheet.row_dimensions[1].hidden and sheet.column_dimensions["A"].hidden


def test_paper() -> None:
    """A4 landscape, one page wide, the decree's margins, repeated heading, page number on top."""
    book = _open(render_form(sample_form()))
    sheet = book["1. Kết quả"]
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr is not None and sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, 0)
    assert [round(25.4 * item) for item in (sheet.page_margins.left, sheet.page_margins.right)] == [30, 15]
    assert sheet.print_title_rows == "$5:$5"
    header = sheet.oddHeader
    assert header is not None and "&P/&N" in str(header.center.text)


def test_signatures_stay_with_what_they_sign() -> None:
    """The sign-off sheet is one page, whatever stands in it; tables are one page wide and as long as they are."""
    book = _open(render_form(sample_form()))
    setup = book["8. Ký xác nhận"].page_setup
    assert (setup.fitToWidth, setup.fitToHeight) == (None, None)  # both 1, Excel's default
    assert book["1. Kết quả"].page_setup.fitToHeight == 0


def test_red_for_wrong_before_amber_for_missing() -> None:
    """A check with any part that is wrong turns red though it begins with what is missing; amber comes second."""
    sheet = _open(render_form(sample_form()))["1. Kết quả"]
    ((where, rules),) = [(str(item.sqref), item.rules) for item in sheet.conditional_formatting]
    assert where == "J7 J10"
    fills = [rule.dxf.fill.bgColor.rgb[-6:] for rule in sorted(rules, key=lambda rule: rule.priority)]
    assert fills == [ERROR_FILL[1:], WARNING_FILL[1:]]
    assert all(rule.stopIfTrue for rule in rules)
    red = min(rules, key=lambda rule: rule.priority)
    assert red.type == "expression" and "J7" in red.formula[0] and "Thiếu: " in red.formula[0]


def test_printed_text_is_at_least_nine_points() -> None:
    """No sheet is so wide that fitting it to the page shrinks its text of size 11 under 9 points."""
    for spec in visible_specs(sample_form()):
        pixels = sum(7 * width + 5 for width in sheet_widths(spec))
        assert 252 / 25.4 * 96 / pixels * 11 >= 9, spec.id


def test_every_row_has_its_height() -> None:
    """No row is left to the program's own guess."""
    for sheet in _open(render_form(sample_form())):
        if sheet.sheet_state == "visible":
            heights = [sheet.row_dimensions[row].height for row in range(2, sheet.max_row + 1)]
            assert all(height and height >= 15 for height in heights), sheet.title


def test_rows_grow_as_one_types() -> None:
    """Rows of a table have heights that no person chose, so that programs fit them as one types; banners keep it."""
    form = sample_form("VP")
    with zipfile.ZipFile(BytesIO(render_form(form))) as parts:
        for number, sheet in enumerate(layout(form), start=1):
            text = parts.read(f"xl/worksheets/sheet{number}.xml").decode()
            rows = {int(row): rest for row, rest in re.findall(r'<row r="(\d+)"([^>]*)>', text)}
            assert 'formatRows="0"' in text or sheet.hidden
            entries = {slot.row + 1 for slot in sheet.slots if slot.role == "entry" and slot.table != "statement"}
            assert all(" ht=" in rows[row] and "customHeight" not in rows[row] for row in entries)
            banners = (
                {slot.row + 1 for slot in sheet.slots if slot.row_key[:1] in ("@", "#")} if not sheet.hidden else set()
            )
            assert all("customHeight" in rows[row] for row in banners)


def test_size_of_a_form_with_thirty_rows() -> None:
    """A filled form of about 30 rows stays under 60 KB."""
    form = sample_form()
    assert sum(len(table.rows) for table in form.tables) >= 30
    assert len(render_form(form, random_values(form, 1))) < 60_000


def test_sending_list(check_ooxml: CheckOoxml) -> None:
    """The sending list has a row for each unit with file, due day, address and a covering text; twice the same."""
    forms = [sample_form("VP"), sample_form("KHTC")]
    files = {form.unit: f"NQ57_2026-04_{form.unit}.xlsx" for form in forms}
    workbook = render_sending_list(forms, files, {"VP": "vp.sxd@dongnai.gov.vn"})
    assert workbook == render_sending_list(forms, files, {"VP": "vp.sxd@dongnai.gov.vn"})
    check_ooxml(workbook)
    sheet = _open(workbook).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)]
    assert rows[0][:6] == [
        "1",
        "Văn phòng Sở",
        "VP",
        "NQ57_2026-04_VP.xlsx",
        "17/04/2026",
        "vp.sxd@dongnai.gov.vn",
    ]
    assert rows[1][5] == "(chưa có)"
    text = str(rows[1][7])
    assert text.startswith("Kính gửi: Phòng Kế hoạch tài chính,")
    assert "Chậm nhất thứ Sáu, ngày 17 tháng 4 năm 2026" in text
    assert "{{" not in text


def test_sending_list_of_nothing() -> None:
    """No forms yet: a list with headings only."""
    assert _open(render_sending_list([], {}, {})).worksheets[0].max_row == 2


def test_clipping_counts_as_excel_does() -> None:
    """Limits count UTF-16 units; a cut text ends with an ellipsis between words."""
    assert clip("vừa đủ", 6) == "vừa đủ"
    assert clip("một hai ba", 8) == "một…"
    assert len(clip("😀" * 40, 32).encode("utf-16-le")) // 2 <= 32
