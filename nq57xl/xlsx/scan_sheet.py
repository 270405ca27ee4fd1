"""One sheet as the scan sees it: extent, error cells, formulas, protection, legacy fonts, odd dates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from attrs import define, field, frozen

from nq57xl.text.addresses import a1
from nq57xl.text.legacy import charset_of_font
from nq57xl.xlsx import limits
from nq57xl.xlsx.cells import RawValue, iso_date
from nq57xl.xlsx.package import Attributes, Package, local
from nq57xl.xlsx.refused import refuse
from nq57xl.xlsx.scan_styles import DateFormat, Runs, Styles, Texts

_Place = tuple[int, int]
"""(row, column), 0-based."""


@define
class SheetScan:
    """What the scan saw on one sheet; only cells with a value or a formula count."""

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
    errors: dict[_Place, str] = field(factory=dict)
    """"#REF!" by place."""
    formulas: dict[_Place, tuple[str, bool]] = field(factory=dict)
    """Formula text ("" when only its presence is known), and whether a calculated value is stored with it."""
    fonts: dict[_Place, str] = field(factory=dict)
    """Font by place, for legacy fonts only."""
    runs: dict[_Place, Runs] = field(factory=dict)
    """Runs of rich texts with a legacy font."""
    dates: dict[_Place, DateFormat] = field(factory=dict)
    """Cells that show dates oddly."""
    merged: list[tuple[int, int, int, int]] = field(factory=list)
    """Merged areas, corners included."""
    cells: dict[_Place, RawValue] = field(factory=dict)
    """Values, where the scan is the reader: all of an .ods; of an .xlsx the dates that are stored as ISO texts."""


def check_extent(sheet: SheetScan) -> None:
    """Raises Refused when the sheet reaches farther than is safe to read."""
    too_far = (
        sheet.rows > limits.ROWS
        or sheet.columns > limits.COLUMNS
        or sheet.rows * sheet.columns > limits.BOX_CELLS
        or sheet.values > limits.VALUE_CELLS
    )
    if too_far:
        cell = a1(sheet.rows - 1, sheet.columns - 1)
        raise refuse("FILE_TOO_MANY_CELLS", sheet_title=sheet.name, sheet=sheet.name, cell=cell, value=cell)


def check_total(sheets: Sequence[SheetScan]) -> None:
    """Raises Refused when all sheets together hold more than is safe to read."""
    if sum(sheet.values for sheet in sheets) > limits.VALUE_CELLS:
        raise refuse("FILE_TOO_MANY_CELLS", sheet_title=sheets[-1].name, value="")
    if sum(sheet.letters for sheet in sheets) > limits.TEXT_LETTERS:
        raise refuse("FILE_TOO_MUCH_TEXT", limit=limits.TEXT_LETTERS // 1_000_000)


@frozen
class Shared:
    """What all sheets of a workbook share."""

    styles: Styles
    texts: Texts


_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_EMPTY_CELL = re.compile(rb'<c (?=[^<>]*\br=")[^<>]*/>')
_TYPES = frozenset({"n", "s", "str", "inlineStr", "b", "e", "d"})
_ROW_END = b"</row>"
_LONG_ROW = 1 << 20
"""A row of more bytes is handed on in pieces."""
_BOOLEAN_FORMULAS = frozenset({"TRUE()", "FALSE()"})
"""LibreOffice writes booleans as these formulas: nobody typed them."""


def _place(reference: str) -> _Place | None:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def _without_ghosts(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The XML without rows and cells that have a format and nothing else: a million of them cost no callback.

    Of ghost rows in a run the last is kept, so that a row without a number follows the right one. Where comments or the
    like could hide what belongs together, everything is kept.
    """
    rest, start = b"", 1  # the XML declaration stands at the very beginning
    for chunk in chunks:
        rest += chunk
        if b"<!" in rest or rest.find(b"<?", start) >= 0:
            break
        *rows, rest = rest.split(_ROW_END)
        start = 0
        kept = (row for row, after in pairwise((*rows, b"")) if not (_is_ghost(row) and _is_ghost(after)))
        yield _EMPTY_CELL.sub(b"", b"".join(row + _ROW_END for row in kept))
        if len(rest) > _LONG_ROW:
            yield rest
            rest = b""
    yield rest
    yield from chunks


def _is_ghost(row: bytes) -> bool:
    """Whether a row, without its end, holds no cell with anything in it: such a cell has an end tag of its own."""
    return row.startswith(b'<row r="') and b"</" not in row


class SheetReader:
    """Expat callbacks for one worksheet part."""

    def __init__(self, sheet: SheetScan, shared: Shared) -> None:
        self._sheet = sheet
        self._styles, self._texts = shared.styles, shared.texts
        self._style = self._length = 0
        self._pieces: list[tuple[str, str]] = []
        self._font = ""
        self._row = self._column = -1
        self._type = ""
        self._formula: str | None = None
        self._value = ""
        self._has_value = False
        self._inside = ""
        self._places: set[int] = set()

    def read(self, package: Package, part: str) -> None:
        """Fills the sheet's scan from the part."""
        package.parse(part, self._start, self._end, self._text, chunks=_without_ghosts(package.chunks(part)))

    def _start(self, tag: str, attributes: Attributes) -> None:
        tag = local(tag)
        if tag == "c":
            self._cell(attributes)
        elif tag == "row":
            self._row = int(attributes["r"]) - 1 if attributes.get("r", "").isdecimal() else self._row + 1
            self._column = -1
        elif tag == "f":
            self._formula, self._inside = "", "f"
        elif tag in ("v", "t"):
            self._has_value, self._inside = True, tag
        elif tag == "is" and self._type != "inlineStr":
            raise refuse("FILE_BROKEN")
        elif tag == "r":
            self._font = ""
        elif tag == "rFont":
            self._font = attributes.get("val", "")
        elif tag == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif tag == "sheetProtection":
            self._sheet.protected = attributes.get("sheet", "0") in ("1", "true")

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        top, bottom = _place(first), _place(last)
        if top is not None and bottom is not None and len(self._sheet.merged) < limits.MERGED_AREAS:
            self._sheet.merged.append((*top, *bottom))

    def _cell(self, attributes: Attributes) -> None:
        place = _place(attributes.get("r", ""))
        if place is None:
            self._column += 1
        else:
            self._row, self._column = place
        self._refuse_twice((self._row, self._column))
        self._type, self._formula, self._value, self._has_value = attributes.get("t", "n"), None, "", False
        self._pieces, self._font = [], ""
        style = attributes.get("s", "0")
        self._style, self._length = int(style) if style.isdecimal() and len(style) < 9 else 0, 0

    def _text(self, piece: str) -> None:
        if self._inside == "f" and self._formula is not None:
            self._formula = (self._formula + piece)[: limits.CELL_TEXT]
        elif self._inside:
            self._length += len(piece)
            if self._inside == "t" and self._length <= limits.CELL_TEXT:
                self._pieces.append((piece, self._font))
            if len(self._value) < 64:  # only errors and numbers of strings are looked at, and they are short
                self._value += piece

    def _end(self, tag: str) -> None:
        tag = local(tag)
        if tag in ("f", "v", "t"):
            self._inside = ""
        elif tag == "c" and (self._has_value or self._formula is not None):
            self._note()

    def _note(self) -> None:
        sheet, place = self._sheet, (self._row, self._column)
        self._refuse_unsure(place)
        sheet.rows, sheet.columns = max(sheet.rows, place[0] + 1), max(sheet.columns, place[1] + 1)
        sheet.values += 1
        if self._type == "e":
            sheet.errors[place] = self._value or "#N/A"
        if self._type == "d" and (day := iso_date(self._value)) is not None:
            sheet.cells[place] = day
        if self._formula is not None and self._formula.upper() not in _BOOLEAN_FORMULAS:
            stored = self._has_value and (self._value != "" or self._type == "str")
            sheet.formulas[place] = (self._formula, stored)
        self._note_style(place)
        self._note_text(place)

    def _refuse_unsure(self, place: _Place) -> None:
        """Programs differ in how they read a cell of a type that there is not, or one that stands twice."""
        if self._type not in _TYPES:
            raise refuse("FILE_BROKEN")
        self._places.add(place[0] << 14 | place[1])

    def _refuse_twice(self, place: _Place) -> None:
        if place[0] << 14 | place[1] in self._places:
            raise refuse("FILE_BROKEN")

    def _note_style(self, place: _Place) -> None:
        if font := self._styles.fonts.get(self._style):
            self._sheet.fonts[place] = font
        if shown := self._styles.dates.get(self._style):
            self._sheet.dates[place] = shown

    def _note_text(self, place: _Place) -> None:
        if self._type == "s" and self._value.isdecimal() and len(self._value) < 9:
            number = int(self._value)
            if number < len(self._texts.lengths):
                self._sheet.letters += self._texts.lengths[number]
            if number in self._texts.rich:
                self._sheet.runs[place] = self._texts.rich[number]
        else:
            self._sheet.letters += self._length
            if any(charset_of_font(font) for _, font in self._pieces):
                self._sheet.runs[place] = tuple(self._pieces)
        if self._length > limits.CELL_TEXT:
            cell = a1(*place)
            raise refuse("FILE_TEXT_TOO_LONG", limit=limits.CELL_TEXT, sheet=self._sheet.name, cell=cell, value=cell)
