"""What a scan finds on one sheet, up to which limits; what single cells say beyond their values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import attrs
from attrs import define, field

from nq57xl.text.addresses import a1, column_of
from nq57xl.xlsx.cells import DAYS_1904, CellLook, RawCell, RawValue, Remark, Run, moment
from nq57xl.xlsx.limits import LIMITS, Refused, refuse
from nq57xl.xlsx.shown import parse, shown_text

_BOX_CELLS = 5_000_000
"""Rows times columns of one sheet: what the reader allocates, about 24 bytes each."""
_MOST_REMARKS = 500
"""Comments, text boxes and pictures of a sheet that are told: a form has some three hundred entry cells."""
_REMARK_TEXT = 5_000
"""Letters of one of them."""

_Place = tuple[int, int]
"""(row, column), 0-based."""


@define
class SheetScan:
    """What the scan read on one sheet; only cells with a value or a formula count."""

    name: str
    visible: bool = True
    protected: bool = False
    rows: int = 0
    """Last row with a value, plus one."""
    columns: int = 0
    letters: int = 0
    """All texts together, each as often as a cell shows it."""
    values: int = 0
    """How many cells hold something."""
    cells: dict[_Place, RawCell] = field(factory=dict)
    """Texts whole, as another reader sees them: what is struck through is still in them."""
    looks: dict[_Place, CellLook] = field(factory=dict)
    """Looks of text cells that tell something."""
    runs: dict[_Place, tuple[Run, ...]] = field(factory=dict)
    """Runs of texts that have some with a font of their own."""
    merged: list[tuple[int, int, int, int]] = field(factory=list)
    """Merged areas, corners included."""
    hidden: list[tuple[int, int]] = field(factory=list)
    """First and last column of each run of hidden ones."""
    calls: bool = False
    """A formula reaches for another program or the network."""
    sure: set[_Place] = field(factory=set)
    """Cells whose XML is plain enough, though other readers do not read it: CDATA."""
    unreadable: bool = False
    """There is a cell over which another reader gives up the whole sheet."""
    links: list[tuple[str, str]] = field(factory=list)
    """(area, relation) of hyperlinks to somewhere else."""
    remarks: list[Remark] = field(factory=list)

    def add_row(self, row: SheetScan, places: Sequence[_Place], columns: int) -> None:
        """What was read in a row with something at these places; `columns`: the last of them, plus one."""
        if not self.cells.keys().isdisjoint(places):  # programs differ in which of the two they read
            raise refuse("FILE_BROKEN")
        self.cells |= row.cells
        if row.looks or row.runs or row.sure:
            self.looks |= row.looks
            self.runs |= row.runs
            self.sure |= row.sure
        self.letters += row.letters
        self.calls |= row.calls
        self.unreadable |= row.unreadable
        if places:
            self.reach(len(places), places[0][0] + 1, columns)

    def reach(self, values: int, rows: int, columns: int) -> None:
        """Counts cells with something in them, the last of which stands there."""
        self.values += values
        if rows > self.rows or columns > self.columns:
            self.rows, self.columns = max(self.rows, rows), max(self.columns, columns)
        if self.values > LIMITS.value_cells:
            check_extent(self)

    def add_remark(self, remark: Remark) -> None:
        """One more, up to a limit that nobody reaches with meaning."""
        if len(self.remarks) < _MOST_REMARKS:
            long = len(remark.text) > _REMARK_TEXT
            self.remarks.append(attrs.evolve(remark, text=remark.text[:_REMARK_TEXT]) if long else remark)


def check_extent(sheet: SheetScan) -> None:
    """Raises Refused when the sheet reaches farther than is safe to read."""
    too_far = sheet.rows > LIMITS.rows or sheet.columns > LIMITS.columns or sheet.rows * sheet.columns > _BOX_CELLS
    if too_far:
        cell = a1(sheet.rows - 1, sheet.columns - 1)
        raise refuse("FILE_TOO_MANY_CELLS", sheet_title=sheet.name, sheet=sheet.name, cell=cell, value=cell)
    if sheet.values > LIMITS.value_cells:
        raise _too_many_values(sheet.name)


def check_total(sheets: Sequence[SheetScan]) -> None:
    """Raises Refused when all sheets together hold more than is safe to read."""
    if sum(sheet.values for sheet in sheets) > LIMITS.value_cells:
        raise _too_many_values()
    if sum(sheet.letters for sheet in sheets) > LIMITS.text_letters:
        raise refuse("FILE_TOO_MUCH_TEXT", limit=LIMITS.text_letters // 1_000_000)


def _too_many_values(sheet: str = "") -> Refused:
    """The exception for a workbook with more filled cells than are read; `sheet`: where that was found out."""
    return refuse("FILE_TOO_MANY_VALUES", limit=f"{LIMITS.value_cells:,}".replace(",", "."), sheet=sheet)


_REFERENCE = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")


@lru_cache(maxsize=20_000)  # every sheet of every form has the same addresses
def place_of(reference: str) -> _Place:
    """Row and column, 0-based, of an address such as "B7". Raises Refused for what is none."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise refuse("FILE_UNSAFE", value="địa chỉ ô vô lý")
    return int(match[2]) - 1, column_of(match[1].upper())


_CALL = re.compile(r"\b(?:DDE|WEBSERVICE|CALL|REGISTER\.ID)\s*\(", re.IGNORECASE)
_CALLED = ("DDE", "WEBSERVICE", "CALL", "REGISTER")
_TOPIC = re.compile(r"\|\s*'")
_PROGRAM = re.compile(r"[A-Za-z]\w*\s*\Z")
_NAME = 200
"""Letters before the sign in which a program's name is looked for."""
_LINK = re.compile(r'\s*HYPERLINK\(\s*"((?:[^"]|"")*)"', re.IGNORECASE)


@lru_cache(maxsize=512)  # a column of checks is one formula, row by row
def is_call(formula: str) -> bool:
    """Whether a formula reaches for another program or the network: =cmd|'/c calc'!A0, WEBSERVICE(...)."""
    upper = formula.upper()
    if any(name in upper for name in _CALLED) and _CALL.search(formula):
        return True
    topics = (found.start() for found in _TOPIC.finditer(formula)) if "|" in formula else ()
    return any(_PROGRAM.search(formula[max(0, at - _NAME) : at]) for at in topics)


def link_of(formula: str) -> str:
    """Where =HYPERLINK("https://…", "Xem tại đây") leads to; "" for any other formula."""
    found = _LINK.match(formula)
    return found[1].replace('""', '"') if found else ""


def under_format(number: float, look: CellLook | None, *, date1904: bool) -> tuple[float, RawValue]:
    """The number, counted from 1899-12-30 where it is a day, and what it is under its format."""
    if look is None or not look.format:
        return number, number
    if date1904 and parse(look.format).sections[0].kind in ("day", "month", "year"):
        number += DAYS_1904
    return number, moment(number, look.format)


def is_temporal(code: str) -> bool:
    """Whether a number format shows a day, a time or hours gone by."""
    return bool(code) and parse(code).sections[0].kind in ("day", "month", "year", "time", "duration")


def shows_more(value: RawValue, code: str) -> bool:
    """Whether a text is shown with words around it, or not at all."""
    return isinstance(value, str) and code not in ("", "@") and shown_text(value, code).strip() != value.strip()
