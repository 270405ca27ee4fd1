"""What a scan finds in a workbook and on each of its sheets, up to which limits: the same for every kind of file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from functools import lru_cache
from xml.etree.ElementTree import Element, TreeBuilder

import attrs
from attrs import define, field, frozen

from nq57xl.rules.findings import Finding, make
from nq57xl.text.addresses import a1, place_of
from nq57xl.xlsx.cells import CellLook, Place, RawCell, RawValue, Remark, Run
from nq57xl.xlsx.limits import LIMITS, Refused, refuse
from nq57xl.xlsx.package import Attributes, check_elements
from nq57xl.xlsx.shown import shown_text

ERRORS = frozenset({"#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!"})
"""What an error cell shows in every program."""
_BOX_CELLS = 5_000_000
"""Rows times columns of one sheet: what the reader allocates, about 24 bytes each."""
_MOST_REMARKS = 500
"""Comments, text boxes and pictures of a sheet that are told: a form has some three hundred entry cells."""
_REMARK_TEXT = 5_000
"""Letters of one of them."""
_BOOLEAN_FORMULAS = frozenset({"TRUE()", "FALSE()"})
"""LibreOffice writes booleans as these formulas: nobody typed them."""


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
    cells: dict[Place, RawCell] = field(factory=dict)
    """Texts whole, as another reader sees them: what is struck through is still in them."""
    looks: dict[Place, CellLook] = field(factory=dict)
    """Looks of text cells that tell something."""
    runs: dict[Place, tuple[Run, ...]] = field(factory=dict)
    """Runs of texts that have some with a font of their own."""
    merged: list[tuple[int, int, int, int]] = field(factory=list)
    """Merged areas, corners included."""
    hidden: list[tuple[int, int]] = field(factory=list)
    """First and last column of each run of hidden ones."""
    calls: bool = False
    """A formula reaches for another program or the network."""
    sure: set[Place] = field(factory=set)
    """Cells whose XML is plain enough, though other readers do not read it: CDATA."""
    unreadable: bool = False
    """There is a cell over which another reader gives up the whole sheet."""
    links: list[tuple[str, str]] = field(factory=list)
    """(area, relation) of hyperlinks to somewhere else."""
    remarks: list[Remark] = field(factory=list)

    def add_cell(
        self,
        place: Place,
        look: CellLook | None,
        value: RawValue,
        formula: str | None,
        *,
        code: str = "",
        number: float | None = None,
        error: str = "",
        link: str = "",
        doubt: str = "",
    ) -> None:
        """A cell, unless there is nothing in it: as RawCell has it, with where its formula leads.

        `code`: of its number format, told where that says more than the value.
        """
        if formula:
            if len(formula) < 8 and formula.upper() in _BOOLEAN_FORMULAS:
                formula = None
            else:
                self.calls = self.calls or _is_call(formula)
                if found := _LINK.match(formula):
                    link = found[1].replace('""', '"') or link
        if isinstance(value, str):
            self.letters += len(value)
            value = None if not value and formula is None else value
        if value is None and formula is None and not error and not doubt:
            return
        told = code if number is not None else ""
        if isinstance(value, str) and code not in ("", "@") and shown_text(value, code).strip() != value.strip():
            told = code  # a text that is shown with words around it, or not at all
        self.cells[place] = RawCell(value, formula, error, number=number, format=told, link=link, doubt=doubt)
        if look is not None and (look.font or look.struck):
            self.looks[place] = look

    def add_row(self, row: SheetScan, places: Sequence[Place], columns: int) -> None:
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
            self.check_extent()

    def check_extent(self) -> None:
        """Raises Refused when the sheet reaches farther than is safe to read."""
        if self.rows > LIMITS.rows or self.columns > LIMITS.columns or self.rows * self.columns > _BOX_CELLS:
            cell = a1(self.rows - 1, self.columns - 1)
            raise refuse("FILE_TOO_MANY_CELLS", sheet_title=self.name, sheet=self.name, cell=cell, value=cell)
        if self.values > LIMITS.value_cells:
            raise _too_many_values(self.name)

    def merge(self, area: tuple[int, int, int, int]) -> None:
        """One more merged area, up to a limit that nobody reaches with meaning."""
        if len(self.merged) < LIMITS.merged_areas:
            self.merged.append(area)

    def add_remark(self, remark: Remark) -> None:
        """One more, up to a limit that nobody reaches with meaning."""
        if len(self.remarks) < _MOST_REMARKS:
            long = len(remark.text) > _REMARK_TEXT
            self.remarks.append(attrs.evolve(remark, text=remark.text[:_REMARK_TEXT]) if long else remark)


@frozen
class Scan:
    """What the scan saw in the workbook, sheets in their order. Raises Refused when they hold more than is safe to
    read."""

    sheets: tuple[SheetScan, ...]
    program: str = ""
    notes: tuple[Finding, ...] = ()
    """What it carries beyond cells: macros, links ..."""
    date1904: bool = False
    saved_at: datetime | None = None
    """When it was saved, as its core properties tell."""

    def __attrs_post_init__(self) -> None:
        if sum(sheet.values for sheet in self.sheets) > LIMITS.value_cells:
            raise _too_many_values()
        if sum(sheet.letters for sheet in self.sheets) > LIMITS.text_letters:
            raise too_much_text()


class ElementReader:
    """Expat callbacks that take some elements whole, each as a tree, and are told of the tags of all others."""

    def __init__(self) -> None:
        self._tree = TreeBuilder()
        self._depth = self._elements = self._letters = 0
        """Elements open in what is taken whole, and all the elements and letters in it so far."""

    def takes(self, tag: str) -> bool:
        """Whether an element is taken whole."""
        raise NotImplementedError

    def whole(self, element: Element) -> None:
        """An element that is whole."""
        raise NotImplementedError

    def opened(self, tag: str, attributes: Attributes) -> None:
        """Another element begins."""

    def closed(self, tag: str) -> None:
        """Another element ends."""

    def start(self, tag: str, attributes: Attributes) -> None:
        """Of expat. Raises Refused for more elements than are read."""
        if self._depth or self.takes(tag):
            self._depth += 1
            self._elements += 1
            check_elements(self._elements)
            self._tree.start(tag, attributes)
        else:
            self.opened(tag, attributes)

    def text(self, piece: str) -> None:
        """Of expat. Raises Refused for more letters than are read."""
        if self._depth:
            self._letters += len(piece)
            if self._letters > LIMITS.text_letters:
                raise too_much_text()
            self._tree.data(piece)

    def end(self, tag: str) -> None:
        """Of expat."""
        if not self._depth:
            self.closed(tag)
            return
        self._tree.end(tag)
        self._depth -= 1
        if not self._depth:
            element, self._tree = self._tree.close(), TreeBuilder()
            self._elements = self._letters = 0
            self.whole(element)


def _too_many_values(sheet: str = "") -> Refused:
    """The exception for a workbook with more filled cells than are read; `sheet`: where that was found out."""
    return refuse("FILE_TOO_MANY_VALUES", limit=f"{LIMITS.value_cells:,}".replace(",", "."), sheet=sheet)


def check_count(sheets: Sequence[object]) -> None:
    """Raises Refused for a workbook without a sheet, or with more than are read."""
    if not sheets:
        raise refuse("FILE_BROKEN")
    if len(sheets) > LIMITS.sheets:
        raise refuse("FILE_TOO_MANY_SHEETS", count=len(sheets), limit=LIMITS.sheets)


def active_notes(
    *, macros: bool, links: bool, calls: bool, embedded: bool, queries: bool = False
) -> tuple[Finding, ...]:
    """Notes on what a workbook carries beyond cells, none of which is run or followed."""
    others = {
        "liên kết tới tệp khác": links,
        "liên kết DDE/OLE tới chương trình khác": calls,
        "đối tượng nhúng": embedded,
        "kết nối dữ liệu": queries,
    }
    notes = [make("MACROS_PRESENT")] if macros else []
    if told := ", ".join(title for title, present in others.items() if present):
        notes.append(make("ACTIVE_CONTENT", words={"value": told}, value=told))
    return tuple(notes)


def too_much_text() -> Refused:
    """The exception for more letters than are read, in one cell that is repeated or in all together."""
    return refuse("FILE_TOO_MUCH_TEXT", limit=LIMITS.text_letters // 1_000_000)


def too_long(sheet: str = "", place: Place | None = None) -> Refused:
    """The exception for a text that no cell can hold."""
    cell = a1(*place) if place else ""
    return refuse("FILE_TEXT_TOO_LONG", limit=LIMITS.cell_text, sheet=sheet, cell=cell, value=cell)


def place_told(reference: str) -> Place:
    """Row and column, 0-based, of an address that a file tells. Raises Refused for what is none."""
    try:
        return place_of(reference)
    except ValueError as error:
        raise refuse("FILE_UNSAFE", value="địa chỉ ô vô lý") from error


def iso_date(text: str) -> date | None:
    """A day, or a moment where a time of day is told: "2026-04-10", "2026-04-10T08:30:00.000Z"; None for anything else.

    A zone is dropped: what a program calls UTC may be anybody's midnight, and `convert` asks where that matters.
    """
    try:
        found = datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        return None
    return found.date() if found.time() == time() else found


_CALL = re.compile(r"\b(?:DDE|WEBSERVICE|CALL|REGISTER\.ID)\s*\(", re.IGNORECASE)
_CALLED = ("DDE", "WEBSERVICE", "CALL", "REGISTER")
_TOPIC = re.compile(r"\|\s*'")
_PROGRAM = re.compile(r"[A-Za-z]\w*\s*\Z")
_NAME = 200
"""Letters before the sign in which a program's name is looked for."""
_LINK = re.compile(r'\s*HYPERLINK\(\s*"((?:[^"]|"")*)"', re.IGNORECASE)
"""Where =HYPERLINK("https://…", "Xem tại đây") leads to."""


@lru_cache(maxsize=512)  # a column of checks is one formula, row by row
def _is_call(formula: str) -> bool:
    """Whether a formula reaches for another program or the network: =cmd|'/c calc'!A0, WEBSERVICE(...)."""
    upper = formula.upper()
    if any(name in upper for name in _CALLED) and _CALL.search(formula):
        return True
    topics = (found.start() for found in _TOPIC.finditer(formula)) if "|" in formula else ()
    return any(_PROGRAM.search(formula[max(0, at - _NAME) : at]) for at in topics)
