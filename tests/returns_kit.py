"""Forms that come back: issued, filled through their unlocked cells, edited, read and rejoined."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from datetime import date, datetime

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from nq57xl.cli import environment
from nq57xl.forms.model import Form, Source
from nq57xl.forms.render import render_form
from nq57xl.returns.model import Return
from nq57xl.returns.rejoin import rejoin
from nq57xl.rules.findings import Finding
from nq57xl.text.clock import VIETNAM
from nq57xl.xlsx.cells import RawCell, RawSheet, RawWorkbook
from nq57xl.xlsx.read import read_bytes
from tests.samples import sample_form

Typed = dict[tuple[str, str], str | float | date]
"""(sheet, cell) -> what was typed."""

RESULTS, SUPPORTING = "1. Kết quả", "2. Phối hợp"
PROPOSALS, GUIDE = "4. Đề xuất, ký xác nhận", "Hướng dẫn"


PROOF = {
    "evidence_number": "258/BC-VP ngày 06/4/2026; 259/BC-VP ngày 07/4/2026",
    "evidence_title": "Báo cáo kết quả, xem https://sxd.dongnai.gov.vn/vb/258",
}
"""What stands in the cells of two fields."""


@functools.cache
def form_of(unit: str = "VP") -> Form:
    return sample_form(unit)


@functools.cache
def issued(unit: str = "VP") -> bytes:
    """The workbook as it is sent out."""
    return render_form(form_of(unit))


def source_of(name: str = "a.xlsx") -> Source:
    return Source(name, name, "0" * 64, 1, datetime(2026, 4, 16, tzinfo=VIETNAM), "first_seen")


def returned(data: bytes, unit: str = "VP") -> Return:
    """The workbook read and rejoined with what was issued."""
    return rejoin(source_of(), read_bytes(data, soffice=environment._soffice()), form_of(unit))


def edited(change: Callable[[Workbook], None], data: bytes | None = None) -> bytes:
    """The workbook after a change by openpyxl, which knows nothing of forms."""
    book = openpyxl.load_workbook(io.BytesIO(issued() if data is None else data))
    change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@functools.cache
def filled(unit: str = "VP") -> tuple[bytes, Typed]:
    """The form with something typed into every unlocked cell, and what was typed where."""
    typed: Typed = {}

    def fill(book: Workbook) -> None:
        for sheet in book.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    if isinstance(cell, Cell) and not cell.protection.locked:
                        cell.value = typed[sheet.title, cell.coordinate] = _something(book, sheet, cell)

    return edited(fill, issued(unit)), typed


def _something(book: Workbook, sheet: Worksheet, cell: Cell) -> str | float | date:
    """A value that the cell's validation allows."""
    for rule in sheet.data_validations.dataValidation:
        if cell.coordinate in rule.sqref:
            if rule.type == "list":
                return _item(book, rule.formula1.lstrip("="))
            if rule.type == "decimal":
                return 0.25
            if rule.type == "date":
                return date(2026, 4, 10)
    name = str(sheet.cell(1, cell.column).value)
    if name in PROOF:
        return PROOF[name]
    return f"Nội dung ô {cell.coordinate} ở trang «{sheet.title}»"


def _item(book: Workbook, name: str) -> str:
    title, place = next(iter(book.defined_names[name].destinations))
    first = book[title][place.replace("$", "").split(":")[0]]
    return str(first.value)


def codes(back: Return) -> list[str]:
    return [finding.code for finding in back.findings]


def only(back: Return, code: str) -> Finding:
    """The one finding with that code."""
    found = [finding for finding in back.findings if finding.code == code]
    assert len(found) == 1, codes(back)
    return found[0]


def said(back: Return) -> dict[tuple[str, str, str], object]:
    """(table, key, field) -> typed value."""
    return {(item.table, item.key, item.field): item.value for item in back.values}


def with_cells(raw: RawWorkbook, name: str, cells: dict[tuple[int, int], RawCell | None]) -> RawWorkbook:
    """The raw workbook with some cells of a sheet replaced (None: emptied)."""

    def changed(sheet: RawSheet) -> RawSheet:
        if sheet.name != name:
            return sheet
        merged = {**sheet.cells, **cells}
        kept = {place: cell for place, cell in merged.items() if cell is not None}
        return RawSheet(sheet.name, kept, sheet.visible, sheet.protected)

    return RawWorkbook(tuple(changed(sheet) for sheet in raw.sheets), raw.program, raw.notes)


def row_of(sheet: Worksheet, key: str) -> int:
    """1-based row with that key in column A."""
    return next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == key)


def column_of(sheet: Worksheet, name: str) -> int:
    return next(column for column in range(1, sheet.max_column + 1) if sheet.cell(1, column).value == name)
