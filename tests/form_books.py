"""Forms opened again with openpyxl, for the tests that look at their cells."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from nq57xl.forms.layout import layout
from nq57xl.forms.model import Slot, Value
from nq57xl.rules.findings import Finding
from nq57xl.text.addresses import a1
from tests.form_values import value
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


def opened(workbook: bytes) -> Workbook:
    return openpyxl.load_workbook(BytesIO(workbook))


def slots_of(unit: str = "VP") -> dict[tuple[str, str, str], tuple[str, Slot]]:
    return {
        (slot.table, slot.key, field): (sheet.title, slot)
        for sheet in layout(sample_form(unit))
        for slot in sheet.slots
        if slot.role == "entry"
        for field in slot.fields
    }


def cell_of(book: Workbook, table: str, key: str, field: str) -> Cell:
    title, slot = slots_of()[(table, key, field)]
    found = book[title].cell(slot.row + 1, slot.col + 1)
    assert isinstance(found, Cell)
    return found


def validation_of(cell: Cell) -> DataValidation:
    sheet = cell.parent
    assert isinstance(sheet, Worksheet)
    found: list[DataValidation] = [
        item for item in sheet.data_validations.dataValidation if cell.coordinate in item.sqref
    ]
    assert len(found) == 1, cell.coordinate
    return found[0]


def address_of(table: str, key: str, field: str) -> str:
    """Where that entry cell of Văn phòng's form was issued ("check": the row's live check), wherever that is."""
    return next(
        a1(slot.row, slot.col)
        for sheet in layout(sample_form("VP"))
        for slot in sheet.slots
        if (slot.table, slot.key) == (table, key) and field in (("check",) if slot.role == "check" else slot.fields)
    )
