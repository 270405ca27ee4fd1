"""The layout: every cell known by its keys, as the contract of the sheets says."""

from __future__ import annotations

import pytest

from nq57xl.forms.layout import layout
from nq57xl.forms.model import SheetLayout, Slot
from tests.form_values import entry_slots
from tests.samples import ISSUE_ID, sample_form

UNITS = ("VP", "QLDT", "KHTC")


def _sheet(unit: str, sheet: str) -> SheetLayout:
    return next(item for item in layout(sample_form(unit)) if item.id == sheet)


def _slot(unit: str, sheet: str, row: str, col: str) -> Slot:
    return next(slot for slot in _sheet(unit, sheet).slots if (slot.row_key, slot.col_key) == (row, col))


@pytest.mark.parametrize("unit", UNITS)
def test_keys_are_unique(unit: str) -> None:
    """(sheet, row key, column key) names one cell, and no two slots share a cell."""
    slots = [slot for sheet in layout(sample_form(unit)) for slot in sheet.slots]
    assert len({(slot.sheet, slot.row_key, slot.col_key) for slot in slots}) == len(slots)
    assert len({(slot.sheet, slot.row, slot.col) for slot in slots}) == len(slots)


@pytest.mark.parametrize("unit", UNITS)
def test_every_row_and_column_has_its_key(unit: str) -> None:
    """Column A holds each slot's row key, row 1 its column key, A1 the sheet's identity."""
    for sheet in layout(sample_form(unit)):
        keys = {(slot.row, slot.col): slot.text for slot in sheet.slots if slot.role == "key"}
        assert keys[(0, 0)] == f"NQ57|{ISSUE_ID[:10]}|{sheet.id}"
        for slot in sheet.slots:
            if slot.role != "key":
                assert keys[(slot.row, 0)] == slot.row_key
                assert keys[(0, slot.col)] == slot.col_key


def test_sheets_in_order() -> None:
    """Guide, the sheets with rows, the hidden lists and the identity; all of a task on one."""
    ids = [sheet.id for sheet in layout(sample_form("VP"))]
    data = ["results", "supporting", "indicators", "proposals"]
    assert ids == ["guide", *data, "_lists", "_meta"]
    assert "indicators" not in [sheet.id for sheet in layout(sample_form("QLDT"))]


def test_entry_slot_of_each_kind() -> None:
    """Rows, cards and the statement name their entry cells as the contract says."""
    named = {(slot.table, slot.key, slot.field) for slot in entry_slots(sample_form("VP"))}
    assert {
        ("led", "I.1", "progress"),
        ("led", "I.1", "cause"),
        ("proposal", "06", "title"),
        ("difficulty", "06", "content"),
    } <= named
    assert {("signoff", "signoff", "prepared_by"), ("statement", "statement", "statement")} <= named
    assert _slot("VP", "proposals", "signoff|prepared_by", "reason").field == "prepared_by"
    assert _slot("VP", "results", "led|I.1", "check").role == "check"


def test_every_field_has_one_entry_cell() -> None:
    """Each field of each open row can be entered in exactly one place."""
    form = sample_form("VP")
    named = [(slot.table, slot.key, field) for slot in entry_slots(form) for field in slot.fields]
    wanted = [
        (table.table, row.key, field.name)
        for table in form.tables
        for row in table.rows
        if row.open
        for field in form.schema.table(table.table).fields
    ]
    assert sorted(named) == sorted(wanted)


def test_row_done_before_has_no_entry_cell() -> None:
    """A row done before the period is text only, and says so in its first entry column."""
    assert not [slot for slot in entry_slots(sample_form("VP")) if slot.key == "I.2"]
    assert _slot("VP", "results", "led|I.2", "progress").text == "Đã hoàn thành trước kỳ"
    assert _slot("VP", "results", "led|I.2", "percent").text == ""


def test_section_rows() -> None:
    """A heading row stands above the first row of each section."""
    rows = {slot.row_key: slot.row for slot in _sheet("VP", "results").slots}
    assert rows["@head"] < rows["#I"] < rows["led|I.1"] < rows["#II"] < rows["led|II.1.1"]
    assert _slot("VP", "results", "#II", "number").text == "II. Phát triển hạ tầng số, dữ liệu số"


def test_required_columns_are_marked_in_words() -> None:
    """A field that every row needs has (*) behind its heading."""
    assert _slot("VP", "results", "@head", "progress").text == "Tiến độ (*)"
    assert _slot("VP", "results", "@head", "percent").text == "Tỷ lệ hoàn thành"
    assert _slot("VP", "proposals", "signoff|approved_by", "title").text == "Lãnh đạo duyệt (*)"


def test_identity_rows() -> None:
    """The identity is text rows in the last sheet."""
    form = sample_form("VP")
    found = {slot.row_key: slot.text for slot in _sheet("VP", "_meta").slots if slot.col_key == "value" and slot.row}
    assert found == {
        "issue_id": ISSUE_ID,
        "short_id": ISSUE_ID[:10],
        "plan_id": "mau-2026",
        "plan_version": "abc123def456",
        "unit": "VP",
        "period": "2026-04",
        "version": "1",
        "schema": form.schema.version,
    }


def test_layout_is_pure_and_slots_are_split() -> None:
    """The same form has the same layout; entry and locked slots do not overlap."""
    form = sample_form("VP")
    assert layout(form) == layout(sample_form("VP"))
    places = {(slot.sheet, slot.row, slot.col) for slot in entry_slots(form)}
    assert not places & {
        (slot.sheet, slot.row, slot.col)
        for sheet in layout(form)
        for slot in sheet.slots
        if slot.role in ("text", "key")
    }


def test_letterhead_and_guide_lines() -> None:
    """The first sheet opens with the national heading and names unit, deadline and pages."""
    texts = [slot.text for slot in _sheet("VP", "guide").slots if slot.role == "text"]
    assert texts[:4] == [
        "UBND TỈNH ĐỒNG NAI",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "SỞ XÂY DỰNG",
        "Độc lập - Tự do - Hạnh phúc",
    ]
    assert "Chậm nhất thứ Sáu, ngày 17 tháng 4 năm 2026 (hằng tháng)" in texts
    assert "Kết quả thực hiện nhiệm vụ chủ trì (2 dòng cần điền, 1 dòng đã xong trước kỳ)" in texts
    assert not any(text.startswith(("#", "|", "[")) for text in texts)
