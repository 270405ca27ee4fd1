"""Reads a workbook made by others: each visible sheet is one table, its merges and shown numbers kept."""

from __future__ import annotations

import io
import re
from datetime import date, datetime
from typing import Any

from nq57xl.errors import Nq57Error
from nq57xl.plan.guard import scan
from nq57xl.plan.importer.table import Document, Placed, Table, table_of
from nq57xl.plan.importer.words import cell_text
from nq57xl.text.cells import a1

_MAX_ROWS, _MAX_COLS = 5000, 60


def read_xlsx(data: bytes, name: str) -> Document:
    """The workbook's visible sheets. Raises Nq57Error when the file is damaged or too large."""
    import openpyxl

    scan(data, name)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    except Exception as error:  # the library raises what its zip and XML layers raise
        raise Nq57Error(f"Không mở được {name}: tệp hỏng hoặc không phải .xlsx.") from error
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    return Document(tuple(_table(sheet) for sheet in sheets))


def _table(sheet: Any) -> Table:  # noqa: ANN401 - an openpyxl sheet
    spans = {(area.min_row, area.min_col): area for area in sheet.merged_cells.ranges}
    inner = {
        (row, col)
        for area in spans.values()
        for row in range(area.min_row, min(area.max_row, _MAX_ROWS) + 1)
        for col in range(area.min_col, min(area.max_col, _MAX_COLS) + 1)
    } - set(spans)
    placed = []
    for line in sheet.iter_rows(max_row=min(sheet.max_row, _MAX_ROWS), max_col=min(sheet.max_column, _MAX_COLS)):
        for cell in line:
            place = (cell.row, cell.column)
            text, area = shown(cell.value, cell.number_format or ""), spans.get(place)
            if place in inner or (not text and area is None):
                continue
            rows = min(area.max_row, _MAX_ROWS) - area.min_row + 1 if area else 1
            cols = min(area.max_col, _MAX_COLS) - area.min_col + 1 if area else 1
            source = f"trang {sheet.title}, ô {a1(cell.row - 1, cell.column - 1)}"
            placed.append(Placed(cell.row - 1, cell.column - 1, text, source, rows, cols, _doubt(cell.value)))
    return table_of(placed, title=sheet.title)


def _doubt(value: Any) -> str:  # noqa: ANN401 - a cell's value
    return "ô báo lỗi công thức" if isinstance(value, str) and re.fullmatch(r"#[A-Z/0!?]+", value) else ""


def shown(value: Any, number_format: str) -> str:  # noqa: ANN401 - a cell's value
    """The text that a person sees in the cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "x" if value else ""
    if isinstance(value, datetime | date):
        return _day(value, number_format.lower())
    if isinstance(value, int | float):
        return _number(float(value), number_format)
    return cell_text(str(value))


def _day(value: date, number_format: str) -> str:
    """A date by the precision of its format: "m/yyyy" is a month (domain.md 6.2)."""
    plain = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", number_format)
    if "d" in plain or not ("m" in plain or "y" in plain):
        return f"{value:%d/%m/%Y}"
    if "m" not in plain:
        return f"{value:%Y}"
    label = "Tháng " if "tháng" in number_format else ""
    return f"{label}{value.month:02d}/{value.year}" if "mm" in plain else f"{label}{value.month}/{value.year}"


def _number(value: float, number_format: str) -> str:
    if "%" in number_format:
        places = len(re.sub(r".*\.", "", number_format.split("%", maxsplit=1)[0])) if "." in number_format else 0
        return f"{value * 100:.{places}f}%".replace(".", ",")
    if value.is_integer():
        text = str(int(value))
        width = len(number_format) if re.fullmatch(r"0+", number_format) else 0
        return text.zfill(width)
    return repr(value)
