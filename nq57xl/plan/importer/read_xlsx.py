"""Reads a workbook made by others: each visible sheet is one table, its merges and shown numbers kept."""

from __future__ import annotations

import io
import re
from datetime import date, datetime, time
from typing import Any

from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_read import office_workbook
from nq57xl.plan.importer.document import Document, GridTable, Placed, table_of
from nq57xl.plan.importer.words import cell_text
from nq57xl.text.addresses import a1, column_of
from nq57xl.xlsx.shown import shown_text

_MAX_ROWS, _MAX_COLS = 5000, 60
_AMERICAN = r"m+[/-]d"
_FIRST = datetime(1899, 12, 30)
"""Day 0 of a workbook, as serial numbers from March 1900 on count."""
_REGIONAL = {"mm-dd-yy": "dd/mm/yyyy", "m/d/yy": "dd/mm/yyyy", "m/d/yy h:mm": "dd/mm/yyyy", "mmm-yy": "mm/yyyy"}
"""Built-in formats as the library writes them; they follow the computer's region: as a Vietnamese one shows them."""


def read_xlsx(data: bytes, name: str) -> Document:
    """The workbook's visible sheets. Raises Nq57Error when the file is damaged or too large."""
    import openpyxl

    office_workbook(data, name)  # looked through before openpyxl is trusted with it
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        formulas = openpyxl.load_workbook(io.BytesIO(data))
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        return Document(tuple(_Sheet(sheet, formulas[sheet.title]).table() for sheet in sheets))
    except Exception as error:  # the library raises what its zip and XML layers raise
        raise Nq57Error(f"Không mở được {name}: tệp hỏng hoặc không phải .xlsx.") from error


class _Sheet:
    """One sheet: its values, and the formulas that stand behind some."""

    def __init__(self, sheet: Any, formulas: Any) -> None:  # noqa: ANN401 - openpyxl sheets
        self.sheet, self.formulas = sheet, formulas
        self.computed: dict[tuple[int, int], int] = {}
        self.hidden = {
            col
            for key, item in sheet.column_dimensions.items()
            if item.hidden
            for col in range(item.min or column_of(key) + 1, min(item.max or 0, _MAX_COLS) + 1)
        }

    def table(self) -> GridTable:
        """What is shown; texts of hidden columns are kept apart."""
        areas = self.sheet.merged_cells.ranges
        spans = {(area.min_row, area.min_col): area for area in areas}
        inner = {
            (row, col)
            for area in areas
            for row in range(area.min_row, min(area.max_row, _MAX_ROWS) + 1)
            for col in range(area.min_col, min(area.max_col, _MAX_COLS) + 1)
        } - set(spans)
        height, width = min(self.sheet.max_row, _MAX_ROWS), min(self.sheet.max_column, _MAX_COLS)
        columns = {col: at for at, col in enumerate(item for item in range(1, width + 1) if item not in self.hidden)}
        placed: list[Placed] = []
        unseen: dict[int, list[str]] = {}
        for line in self.sheet.iter_rows(max_row=height, max_col=width):
            for cell in line:
                place = (cell.row, cell.column)
                text, area = self.text(cell), spans.get(place)
                if place in inner or (not text and area is None):
                    continue
                if cell.column not in columns:
                    unseen.setdefault(cell.column, []).append(text)
                    continue
                right = area.max_col if area else cell.column
                cols = sum(columns.get(col) is not None for col in range(cell.column, right + 1))
                rows = min(area.max_row, _MAX_ROWS) - area.min_row + 1 if area else 1
                at = (cell.row - 1, columns[cell.column])
                placed.append(Placed(*at, text, self.source(cell), rows, max(1, cols), self.doubt(cell, text)))
        lost = tuple(
            (f"cột ẩn {a1(0, col - 1)[:-1]}: {' | '.join(texts)}", self.sheet.title) for col, texts in unseen.items()
        )
        return table_of(placed, title=self.sheet.title, unseen=lost)

    def source(self, cell: Any) -> str:  # noqa: ANN401 - an openpyxl cell
        return f"trang {self.sheet.title}, ô {a1(cell.row - 1, cell.column - 1)}"

    def text(self, cell: Any) -> str:  # noqa: ANN401 - an openpyxl cell
        """The text shown, of a formula that counts rows too when no program has computed it."""
        counted = self.counted(cell.row, cell.column) if not cell.value else None
        if counted is not None:
            self.computed[cell.row, cell.column] = counted
        return shown(cell.value if counted is None else counted, cell.number_format or "")

    def counted(self, row: int, col: int) -> int | None:
        """The value of "=A5+1", "=ROW()-4" and the like; None for any other formula."""
        formula = self.formulas.cell(row, col).value
        if not isinstance(formula, str) or not formula.startswith("="):
            return None
        if rows := re.fullmatch(r"=\s*ROW\(\)\s*-\s*(\d{1,4})", formula, re.IGNORECASE):
            return row - int(rows[1])
        above = re.fullmatch(r"=\s*\$?([A-Z]{1,2})\$?(\d{1,4})\s*\+\s*1", formula, re.IGNORECASE)
        if above is None:
            return None
        place = (int(above[2]), column_of(above[1].upper()) + 1)
        value = self.computed.get(place, self.sheet.cell(*place).value)
        return int(value) + 1 if isinstance(value, int | float) else None

    def doubt(self, cell: Any, text: str) -> str:  # noqa: ANN401 - an openpyxl cell
        """Why the text may not be what was meant."""
        if isinstance(cell.value, str) and re.fullmatch(r"#[A-Z/0!?]+", cell.value):
            return "ô báo lỗi công thức"
        formula = self.formulas.cell(cell.row, cell.column).value
        if not text and isinstance(formula, str) and formula.startswith("="):
            return "công thức chưa có giá trị"
        if isinstance(cell.value, date) and re.match(_AMERICAN, (cell.number_format or "").lower()):
            american = cell.number_format.lower() not in ("mm-dd-yy", "m/d/yy")
            if american and cell.value.day <= 12 and cell.value.day != cell.value.month:
                return "ngày định dạng kiểu Mỹ, có thể đảo ngày và tháng"
        return ""


def shown(value: Any, number_format: str) -> str:  # noqa: ANN401 - a cell's value
    """The text that a person sees in the cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "x" if value else ""
    code = _REGIONAL.get(number_format.lower(), number_format)
    if isinstance(value, datetime | date):
        if code.lower() in ("general", "") or re.match(_AMERICAN, code.lower()):
            code = "dd/mm/yyyy"  # the stored day, in our order; an American format is doubted besides
        since = datetime.combine(value, value.time() if isinstance(value, datetime) else time()) - _FIRST
        return shown_text(since.total_seconds() / 86_400, code)
    if not isinstance(value, int | float):
        return cell_text(str(value))
    seen = shown_text(float(value), code)
    # without a format 2.3 is as likely the second row's third part as a figure: the point is kept
    return seen.replace(",", ".") if code.lower() in ("general", "") else seen
