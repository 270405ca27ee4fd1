"""The rendered workbook: locks, validations, values, marks, paper, bytes."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import Cell
from openpyxl.utils.escape import unescape

from nq57xl.forms.layout import layout
from nq57xl.forms.render import render_form
from nq57xl.forms.styles import _password_of
from nq57xl.outputs.letters import FormToSend
from nq57xl.outputs.lists import render_sending_list
from nq57xl.rules.findings import Finding
from nq57xl.xlsx.write import clipped
from tests.amounts import amount
from tests.conftest import CheckOoxml
from tests.form_books import FINDINGS, VALUES, address_of, cell_of, opened, slots_of, validation_of
from tests.form_values import value
from tests.samples import sample_form


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
    book = opened(render_form(form))
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
    sheet = opened(render_form(sample_form()))["1. Kết quả"]
    protection = sheet.protection
    assert not protection.formatColumns and not protection.formatRows and not protection.autoFilter
    assert protection.insertRows and protection.formatCells
    assert sheet.auto_filter.ref == f"B3:{address_of('led', 'II.1.1', 'check')}"
    assert sheet.freeze_panes == "D4"


def test_password_follows_the_issue() -> None:
    """The password is the same for the same issue and another for another."""
    form = sample_form()
    password = _password_of(form.issue_id)
    assert password == _password_of(sample_form("QLDT").issue_id) != _password_of("another")
    assert len(password) == 12
    assert form.issue_id not in password


def test_every_entry_cell_has_one_validation() -> None:
    """One validation of an allowed kind for every entry cell, none overlapping, within Excel's limits."""
    book = opened(render_form(sample_form()))
    for title, slot in slots_of().values():
        cell = book[title].cell(slot.row + 1, slot.col + 1)
        assert isinstance(cell, Cell)
        rule = validation_of(cell)
        assert rule.type in ("list", "decimal", "whole", "date", "textLength")
        assert rule.showErrorMessage and rule.showInputMessage and rule.errorStyle in (None, "stop")
        assert 0 < len(rule.promptTitle or "") <= 32 and 0 < len(rule.prompt or "") <= 255
        assert 0 < len(rule.errorTitle or "") <= 32 and 0 < len(rule.error or "") <= 225


def test_validations_of_each_kind() -> None:
    """Lists come from named ranges, percents are fractions, dates follow the plan's year, measures their target."""
    book = opened(render_form(sample_form()))

    def rule(table: str, key: str, field: str) -> tuple[str | None, str | None, str | None]:
        cell = cell_of(book, table, key, field)
        found = validation_of(cell)
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
    book = opened(render_form(sample_form()))
    cell = cell_of(book, "led", "I.1", "completion_date")
    rule = validation_of(cell)
    assert rule.errorTitle == "Ngày hoàn thành"
    assert rule.error == (
        "«Ngày hoàn thành» phải là ngày từ 01/01/2025 đến 31/12/2026. Nhập theo dạng ngày/tháng/năm, ví dụ 10/04/2026."
    )


def test_values_are_written_typed() -> None:
    """Choices as their titles, percents and dates as numbers with their format, texts as text, unreadable as typed."""
    book = opened(render_form(sample_form(), VALUES))
    assert cell_of(book, "led", "I.1", "progress").value == "Đang thực hiện"
    percent = cell_of(book, "led", "I.1", "percent")
    assert (percent.value, percent.number_format) == (0.85, "0%")
    day = cell_of(book, "led", "I.1", "completion_date")
    assert (day.value, day.number_format) == (datetime(2026, 4, 10), "dd/mm/yyyy")
    text = cell_of(book, "led", "I.1", "result")
    assert (text.value, text.data_type, text.number_format) == ("=1+1 là chữ", "s", "@")
    assert cell_of(book, "led", "II.1.1", "progress").value == "Đang làm"
    assert cell_of(book, "indicator", "CT.II.1", "value").value == "Có"
    assert cell_of(book, "indicator", "CT.I.2", "value").value == 81.5
    assert cell_of(book, "led", "II.1.1", "percent").value is None


def test_added_rows_are_kept() -> None:
    """A free row beyond the prepared ones comes back as a further row with its key, unlocked."""
    form = sample_form().with_added_rows(VALUES)
    table = form.table("proposal")
    assert table is not None
    assert [row.key for row in table.rows][-1] == "14"
    sheet = opened(render_form(sample_form(), VALUES))["4. Đề xuất, ký xác nhận"]
    last = next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == "proposal|14")
    assert (sheet.cell(last, 1).value, sheet.cell(last, 3).value) == ("proposal|14", "Dòng thêm")
    assert not sheet.cell(last, 3).protection.locked


def test_values_of_locked_rows_are_left_out() -> None:
    """A value for a row that is done before the period is written nowhere."""
    book = opened(render_form(sample_form(), [value("led", "I.2", "result", "không ghi")]))
    texts = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "không ghi" not in texts


def test_texts_that_excel_cannot_hold() -> None:
    """Lone surrogates and over-long texts do not stop the form that goes back."""
    values = [value("led", "I.1", "result", None, "a\ud800b"), value("led", "I.1", "cause", "x" * 40000)]
    book = opened(render_form(sample_form(), values))
    assert cell_of(book, "led", "I.1", "result").value == "a\ufffdb"
    assert cell_of(book, "led", "I.1", "cause").value == "x" * 32767


def test_values_that_excel_has_no_number_for() -> None:
    """Days before 1900 and infinite numbers go back as the text that was typed."""
    values = [
        value("led", "I.1", "completion_date", date(1826, 4, 10), "10/4/1826"),
        value("indicator", "CT.I.2", "value", float("inf"), "1e999"),
    ]
    book = opened(render_form(sample_form(), values))
    assert cell_of(book, "led", "I.1", "completion_date").value == "10/4/1826"
    assert cell_of(book, "indicator", "CT.I.2", "value").value == "1e999"


@given(st.lists(st.text(max_size=60), min_size=3, max_size=3))
@settings(max_examples=amount(3, 200))
def test_any_typed_text_can_go_back(texts: list[str]) -> None:
    """Whatever was typed, even control characters and formulas, the form that goes back opens and has it as text."""
    cells = [("led", "I.1", "result"), ("led", "I.1", "percent"), ("difficulty", "01", "authority")]
    values = [value(*cell, None, typed) for cell, typed in zip(cells, texts, strict=True)]
    finding = Finding("X", "error", texts[0], texts[1], table="led", task="I.1", field="percent", value=texts[2])
    book = opened(render_form(sample_form(), values, [finding]))
    for cell, typed in zip(cells, texts, strict=True):
        found = cell_of(book, *cell)
        assert found.data_type in ("s", "n")
        if typed.strip().isprintable() and typed.strip():
            assert unescape(str(found.value)) == typed.strip()


def test_identity_in_hidden_sheets() -> None:
    """Lists are hidden, the identity veryHidden, key row and key column hidden."""
    book = opened(render_form(sample_form()))
    assert (book["_lists"].sheet_state, book["_meta"].sheet_state) == ("hidden", "veryHidden")
    assert {row[0].value: row[1].value for row in book["_meta"].iter_rows(min_row=2)}["unit"] == "VP"
    sheet = book["1. Kết quả"]
    assert sheet["A1"].value == "NQ57|0f8fad5bd9|results"
    assert sheet.row_dimensions[1].hidden and sheet.column_dimensions["A"].hidden


def test_sending_list(check_ooxml: CheckOoxml) -> None:
    """The sending list has a row for each unit with file, due day, address and a covering text; twice the same."""
    emails = {"VP": "vp.sxd@dongnai.gov.vn", "KHTC": ""}
    forms = [FormToSend.of(sample_form(unit), Path(f"NQ57_2026-04_{unit}.xlsx"), to) for unit, to in emails.items()]
    workbook = render_sending_list(forms)
    assert workbook == render_sending_list(forms)
    check_ooxml(workbook)
    sheet = opened(workbook).worksheets[0]
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
    assert opened(render_sending_list([])).worksheets[0].max_row == 2


def test_clipping_counts_as_excel_does() -> None:
    """Limits count UTF-16 units; a cut text ends with an ellipsis between words."""
    assert clipped("vừa đủ", 6) == "vừa đủ"
    assert clipped("một hai ba", 8) == "một…"
    assert len(clipped("😀" * 40, 32).encode("utf-16-le")) // 2 <= 32
