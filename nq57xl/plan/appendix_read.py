"""Reads the master appendix phu-luc.xlsx, tolerant of everything that people do to it without changing its meaning."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import attrs

from nq57xl import resources
from nq57xl.errors import Nq57Error
from nq57xl.plan import model
from nq57xl.plan.appendix import CARD, NAME_KINDS, NAMES, NO, SETTINGS, TABLES, YES, AppendixColumn, AppendixSheet
from nq57xl.plan.appendix_kept import Appendix
from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.plan.model import DatedName, Plan, RowTable
from nq57xl.plan.periods import ad_hoc_code
from nq57xl.plan.units import understand
from nq57xl.rules import findings as catalogue
from nq57xl.rules.findings import Finding
from nq57xl.text.addresses import a1
from nq57xl.text.legacy import clean, fold
from nq57xl.text.typed import read_date
from nq57xl.xlsx.cells import RawSheet, RawWorkbook
from nq57xl.xlsx.limits import Refused, refuse
from nq57xl.xlsx.read import read_bytes
from nq57xl.xlsx.sniff import sniff

BUNDLED_PLANS: tuple[str, ...] = ("bql-2026", "sxd-2026")
"""Names of the master appendices that come with the program."""


def bundled_appendix(name: str) -> bytes:
    """The master appendix of that name (templates/plans). Raises Nq57Error for an unknown name."""
    if name not in BUNDLED_PLANS:
        raise Nq57Error(f"Không có kế hoạch mẫu «{name}»; các kế hoạch có sẵn: {', '.join(BUNDLED_PLANS)}.")
    return resources.find("templates", f"plans/{name}.xlsx").read_bytes()


_DATED_NAME = re.compile(r"(.+?)\s*\(\s*(?:đến|tới)(?:\s+hết)?(?:\s+ngày)?\s+([\d/.-]+)\s*\)\W*", re.IGNORECASE)
# codes become names of files, on Windows too
_CODES = ("code", "id")
_CODE = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,39})?")
_YES_NO = dict.fromkeys((fold(YES), "x", "có.", "true", "đúng", "1", "yes"), True)
_YES_NO |= dict.fromkeys((fold(NO), "không.", "false", "sai", "0", "no"), False)


def _text_of(raw: Any) -> str:  # noqa: ANN401 - a cell
    """The cell as text: whole numbers without ".0", dates as dd/mm/yyyy."""
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return YES if raw else NO
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() else repr(raw)
    if isinstance(raw, date):
        return f"{raw:%d/%m/%Y}"
    return clean(str(raw))


def _as_value(column: AppendixColumn, raw: Any) -> tuple[Any, bool]:  # noqa: ANN401 - a cell
    """The value, and whether the cell could be read."""
    text = _text_of(raw)
    if column.kind in ("text", "short"):
        return text, column.key not in _CODES or _CODE.fullmatch(text) is not None
    if column.kind == "names":
        return tuple(clean(part) for part in text.split("\n") if clean(part)), True
    if column.kind == "dated_names":
        found = [_DATED_NAME.fullmatch(line) for line in map(clean, text.split("\n")) if line]
        days = [(match, read_date(match[2])) for match in found if match]
        names = [DatedName(clean(match[1]), valid_to=day) for match, day in days if day]
        names.sort(key=lambda name: name.valid_to or date.max)
        return (tuple(names), True) if len(names) == len(found) else ((), False)
    if column.kind == "codes":
        return tuple(part for part in re.split(r"[,;\s]+", text) if part), True
    if column.kind == "choice":
        code = next((code for code, title in column.choices.items() if fold(title) == fold(text)), "")
        return code, bool(code) or not text
    low, high = column.limits
    value: Any = None
    if column.kind == "yes_no":
        value = _YES_NO.get(fold(text))
    elif column.kind == "date":
        day = raw.date() if isinstance(raw, datetime) else raw
        value = day if isinstance(day, date) else read_date(text)
    elif re.fullmatch(r"\d{1,6}", text) and low <= int(text) <= high:
        value = int(text)
    return value, value is not None or not text


def _wanted(column: AppendixColumn) -> tuple[str, str]:
    """What should stand in a cell of that column, and an example."""
    low, high = column.limits
    words = {
        "dated_names": ("tên cũ kèm ngày cuối dùng tên", "Phòng Quản lý đô thị (đến 30/06/2026)"),
        "yes_no": ("Có hoặc Không", YES),
        "date": ("ngày", "30/06/2026"),
        "whole": (f"số nguyên từ {low} đến {high}", str(max(low, min(20, high)))),
        "choice": ("một mục trong danh sách", next(iter(column.choices.values()), "")),
    }
    return words.get(column.kind, ("mã gồm chữ không dấu, chữ số, dấu chấm, gạch nối", "QLDT"))


_Grid = list[list[Any]]
"""Rows of cells: what stands in each, "" for nothing."""
_Row = dict[str, Any]
"""As `AppendixSheet.rows` gives them."""
_MAX_ROWS, _MAX_BOX = 20_000, 2_000_000

_ROWS: tuple[RowTable, ...] = ("tasks", "indicators")
_SEARCHED_ROWS = 30
"""Headings stand within the first rows; further down a row of texts is data."""


def read_appendix(data: bytes, name: str = "phu-luc.xlsx", used: frozenset[str] = frozenset()) -> Appendix:
    """The appendix in that workbook. Columns may stand in any order, with blank rows and columns of one's own.

    `used`: codes that rows had once, which no new row may get.
    Raises Nq57Error, in Vietnamese, when the file is no master appendix, is damaged or too large.
    """
    reader = _AppendixReader(_grids_of(data, name), name)
    card, names = reader.card(CARD), reader.names()
    tables = {sheet.id: reader.table(sheet) for sheet in TABLES}
    typed = _plan_of(card, names, tables, reader.card(SETTINGS))
    # rows stand under the headings that they name, wherever they were typed
    ranks: dict[tuple[str, int], int] = {
        (table, index): rank for table in _ROWS for rank, index in enumerate(typed.order(table))
    }
    places = {(table, ranks.get((table, index), index), key): at for (table, index, key), at in reader.places.items()}
    typed = typed.by_section()
    plan = understand(typed, used)
    new_codes = tuple(
        (*places[table, index, "code"], after.code)
        for table in ("units", *_ROWS)
        for index, (before, after) in enumerate(zip(getattr(typed, table), getattr(plan, table), strict=True))
        if not before.code
    )
    return Appendix(plan, new_codes, tuple(reader.findings), places)


def office_workbook(data: bytes, name: str) -> RawWorkbook:
    """A workbook of the office's own, read as safely as a stranger's.

    Raises Nq57Error naming the file when it is no .xlsx, damaged or too large.
    """
    try:
        if sniff(data) in ("xls", "ods"):
            raise refuse("FILE_OTHER")
        return read_bytes(data)
    except Refused as error:
        told = error.finding.message
        raise Nq57Error(f"Không đọc được tệp {name}, cần tệp .xlsx: {told[:1].lower()}{told[1:]}") from error


def _grids_of(data: bytes, name: str) -> dict[str, tuple[RawSheet, _Grid]]:
    """Folded title -> each sheet of the office's workbook, and its values row by row ("" for none).

    Raises Nq57Error as `office_workbook`, and for values so far from the table that no rows are made of them.
    """
    grids = {}
    for sheet in office_workbook(data, name).sheets:
        height = max((row for row, _ in sheet.cells), default=-1) + 1
        width = max((col for _, col in sheet.cells), default=-1) + 1
        if height > _MAX_ROWS or height * width > _MAX_BOX:
            raise Nq57Error(f"Trang «{sheet.name}» của tệp {name} có ô dữ liệu quá xa bảng: xóa các ô đó rồi lưu lại.")
        grid: _Grid = [[""] * width for _ in range(height)]
        for (row, col), cell in sheet.cells.items():
            grid[row][col] = "" if cell.value is None else cell.value
        grids[fold(sheet.name)] = (sheet, grid)
    return grids


def sheet_texts(data: bytes, name: str) -> dict[str, list[list[str]]]:
    """Folded title -> the texts of each sheet of the office's workbook, row by row. Raises Nq57Error as it is read."""
    grids = _grids_of(data, name)
    return {title: [[_text_of(value) for value in row] for row in grid] for title, (_, grid) in grids.items()}


class _AppendixReader:
    """Reads one workbook; collects findings and the places of cells on the way."""

    def __init__(self, grids: dict[str, tuple[RawSheet, _Grid]], name: str) -> None:
        self.grids, self.name = grids, name
        self.findings: list[Finding] = []
        self.places: dict[tuple[str, int, str], tuple[str, str]] = {}

    def _grid(self, sheet: AppendixSheet) -> tuple[str, _Grid]:
        found = self.grids.get(fold(sheet.title))
        if found is not None:
            return found[0].name, found[1]
        if not sheet.optional:
            raise Nq57Error(f"Tệp {self.name} không phải phụ lục gốc: thiếu trang «{sheet.title}».")
        return sheet.title, []

    def card(self, sheet: AppendixSheet) -> _Row:
        """Field -> value of a sheet with one field a line: the value stands right of its name."""
        own, grid = self._grid(sheet)
        known = {fold(line.title): line for line in reversed(sheet.columns)}
        cells: _Row = {}
        for row, values in enumerate(grid):
            for col, value in enumerate(values[:-1]):
                line = known.get(fold(_text_of(value)))
                if line is not None and line.key not in cells:
                    cells[line.key] = self._value(own, row, col + 1, line, values[col + 1])
                    self.places[sheet.id, 0, line.key] = (own, a1(row, col + 1))
                    break
        if not cells and not sheet.optional:
            raise Nq57Error(f"Tệp {self.name} không phải phụ lục gốc: trang «{sheet.title}» không có mục nào đọc được.")
        return cells

    def names(self) -> list[_Row]:
        """The dated names under the plan's card."""
        rows = self.table(NAMES, search=len(self._grid(NAMES)[1]))
        told = {(item.sheet, item.cell) for item in self.findings}
        for index, row in enumerate(rows):
            place = self.places["names", index, "kind"]
            if not row["kind"] and place not in told:
                self._unreadable(place, "Loại tên", "", ("loại tên", NAME_KINDS["agency"]))
        return rows

    def table(self, sheet: AppendixSheet, search: int = _SEARCHED_ROWS) -> list[_Row]:
        """The rows of a table under its headings; blank rows are passed over."""
        title, grid = self._grid(sheet)
        head = self._head(sheet, title, grid, search)
        if head is None:
            return []
        start, columns = head
        rows: list[_Row] = []
        for row, values in enumerate(grid[start + 1 :], start + 1):
            if not any(_text_of(values[col]) for _, col in columns if col is not None):
                continue
            cells: _Row = {}
            for column, col in columns:
                value = values[col] if col is not None else ""
                cells[column.key] = self._value(title, row, col or 0, column, value)
                if col is not None:
                    self.places[sheet.id, len(rows), column.key] = (title, a1(row, col))
            rows.append(cells)
        return rows

    def _head(
        self, sheet: AppendixSheet, title: str, grid: _Grid, search: int
    ) -> tuple[int, list[tuple[AppendixColumn, int | None]]] | None:
        """Row of the headings and the place of each column, by its text."""
        best: list[str] = [column.title for column in sheet.columns]
        for row, values in enumerate(grid[:search]):
            texts = [fold(_text_of(value)) for value in values]
            found: list[tuple[AppendixColumn, int | None]] = []
            for column in sheet.columns:  # by its own title first, then by the other titles people use
                titles = map(fold, (column.title, *column.others))
                found.append((column, next((texts.index(title) for title in titles if title in texts), None)))
            missing = [column.title for column, col in found if col is None and not column.optional]
            if not missing:
                return row, found
            if len(missing) < len(best):
                best = missing
        if sheet.optional and not grid:
            return None
        missed = ", ".join(f"«{item}»" for item in best)
        raise Nq57Error(f"Trang «{title}» của tệp {self.name} thiếu cột {missed}: hãy khôi phục tên cột.")

    def _value(self, sheet: str, row: int, col: int, column: AppendixColumn, raw: Any) -> Any:  # noqa: ANN401 - a cell
        cell = a1(row, col)
        found = self.grids[fold(sheet)][0].cells.get((row, col))
        if found is not None and (found.error or (found.formula is not None and found.value is None)):
            code, words = ("ERROR_CELL" if found.error else "FORMULA_NO_VALUE"), {"field": column.title}
            words["value"] = found.error
            self.findings.append(catalogue.make(code, words=words, sheet=sheet, cell=cell, value=found.error))
        value, readable = _as_value(column, raw)
        if not readable:
            self._unreadable((sheet, cell), column.title, _text_of(raw), _wanted(column))
        return value

    def _unreadable(self, place: tuple[str, str], title: str, value: str, wanted: tuple[str, str]) -> None:
        """`wanted`: what should stand there, with an example."""
        words = {"field": title, "value": value, "wanted": wanted[0], "example": wanted[1]}
        found = catalogue.make("VALUE_UNREADABLE", words=words, sheet=place[0], cell=place[1], value=value)
        self.findings.append(found)


def _plan_of(card: _Row, names: list[_Row], tables: dict[str, list[_Row]], settings: _Row) -> Plan:
    """The plan that those cells hold, not yet understood."""
    return Plan(
        properties=_properties(card, names, tables["ad_hoc"]),
        units=tuple(model.Unit(**row | {"external": bool(row.get("external"))}) for row in tables["units"]),
        groups=tuple(model.UnitGroup(**row) for row in tables["groups"]),
        sections=tuple(model.Section(**row) for row in tables["sections"]),
        tasks=tuple(
            model.Task(**row | {"subnumber": row["subnumber"] or None, "deadline": Deadline(row["deadline"])})
            for row in tables["tasks"]
        ),
        indicator_groups=tuple(model.Section(**row) for row in tables["indicator_groups"]),
        indicators=tuple(model.Indicator(**row | {"target": Target(row["target"])}) for row in tables["indicators"]),
        settings=model.Settings(**{key: value for key, value in settings.items() if value not in (None, "")}),
    )


def _properties(card: _Row, names: list[_Row], ad_hoc: list[_Row]) -> model.Properties:
    known = {item.name for item in attrs.fields(model.Properties)}
    plain = {key: value for key, value in card.items() if key in known and value is not None}
    plain["cutoff"] = card.get("cutoff") or "decree"
    year = plain.setdefault("year", 0)
    plain["ad_hoc"] = tuple(model.AdHocReport(**row | {"code": ad_hoc_code(row["code"], year)}) for row in ad_hoc)
    signatory = model.Signatory(*(card.get(key) or "" for key in ("authority", "position", "signer")))
    dated: dict[str, Any] = {
        kind: tuple(
            DatedName(row["name"], row.get("valid_from"), row.get("valid_to"))
            for row in names
            if row["kind"] == kind and row["name"]
        )
        for kind in NAME_KINDS
    }
    return model.Properties(**plain, **dated, signatory=signatory)
