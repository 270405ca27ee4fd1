"""One sheet as the scan reads it: every cell with a value or a formula, how far they reach, what lies beside them.

A callback of expat for every tag costs more than all else that reading a sheet takes. A row whose cells are written as
nearly every program writes them is matched as a whole: what matches is well-formed but for its texts, which go through
expat as they would have gone.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import attrs
from attrs import define, field, frozen

from nq57xl.text.addresses import a1, column_of
from nq57xl.xlsx import limits
from nq57xl.xlsx.cells import DAYS_1904, ERRORS, CellLook, RawCell, RawValue, Remark, Run, iso_date, moment, text_cell
from nq57xl.xlsx.limits import refuse, too_many_values
from nq57xl.xlsx.package import Attributes, Package
from nq57xl.xlsx.scan_styles import RunReader, Texts, unescaped
from nq57xl.xlsx.shown import parse, shown_text

_SEPARATOR = "\ufdd0"
"""Between the texts of a plain row: a character of no script. Who finds more than there must be refuses the file."""
_SEPARATOR_BYTES = _SEPARATOR.encode()
_EMPTY_CELL = re.compile(rb'<c (?=[^<>]*\br=")[^<>]*/>')
_ROW, _ROW_END = b"<row ", b"</row>"
_LONG_ROW = 1 << 20
"""A row of more bytes is handed on in pieces."""
_BEGIN = re.compile(rb'<row r="([1-9][0-9]{0,6})"[^<>]*(?<!/)>')
_SPACE = rb'(?: xml:space="preserve")?'
_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?: s="([0-9]{1,8})")?(?: t="([A-Za-z]+)")?(?:/>|>'
    rb'(<f(?: t="shared"(?: ref="[A-Z0-9:]+")? si="[0-9]+")?(?:/>|>[^<]*</f>))?'
    rb"(?:(<v)(?: ?/>|" + _SPACE + rb">([^<]*)</v>)|(<is)><t" + _SPACE + rb">([^<]*)</t></is>)?</c>)"
)
_STEP = _CELL.groups + 1

_PlainCell = tuple[bytes, int, str, str | bytes | None, str]
"""A cell with something in it, but for its texts: letters of the column, style, type, formula, and the element of its
value, "v" or "is"; "" where there is none. A formula in bytes is the first of the cell's texts."""

_formulas: dict[bytes, str] = {}
"""What expat makes of formulas that were met before: every row of a form is checked by the same long ones."""
_FORMULAS = 1_000


@define
class PlainRows:
    """Cuts a sheet into what is read tag by tag, and plain rows, whose cells wait until expat comes to their texts."""

    waiting: deque[tuple[int, list[_PlainCell]]] = field(factory=deque)
    """Of each plain row that was handed on and not yet read: how many texts, and its cells."""
    _folded: list[bytes] = field(factory=list)
    _cells: list[tuple[int, list[_PlainCell]]] = field(factory=list)

    def chunks(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The XML without rows and cells that have a format and nothing else: a million of them cost no callback.

        Of ghost rows in a run the last is kept, so that a row without a number follows the right one. From where
        comments or the like could hide what belongs together, everything is kept as it is.
        """
        rest, start, plain = b"", 1, True  # the XML declaration stands at the very beginning
        for chunk in chunks:
            *rows, rest = (rest + chunk).split(_ROW_END)
            for number, (row, after) in enumerate(pairwise((*rows, b""))):
                ghost = _is_ghost(row)
                folded = _folded(row) if plain and not ghost else None
                other = row + _ROW_END if folded is None else folded.before
                if other and _hides(other, start):
                    yield from self._handed_on()
                    yield _ROW_END.join((*rows[number:], rest))
                    yield from chunks
                    return
                start = 0
                if other and not (ghost and _is_ghost(after)):
                    yield from self._handed_on()
                    yield _EMPTY_CELL.sub(b"", other)
                if folded is not None:
                    self._folded.append(folded.xml)
                    self._cells.append((folded.texts, folded.cells))
            if len(rest) > _LONG_ROW:
                yield from self._handed_on()
                yield rest
                if _hides(rest, start):
                    yield from chunks
                    return
                rest, start, plain = b"", 0, False  # expat is in the middle of something from here on
        yield from self._handed_on()
        yield rest

    def _handed_on(self) -> Iterator[bytes]:
        """The plain rows so far: expat reads a chunk that ends with an end tag before the next one is cut."""
        if self._folded:
            self.waiting.extend(self._cells)
            folded, self._folded, self._cells = b"".join(self._folded), [], []
            yield folded


@frozen
class _Folded:
    """A plain row."""

    before: bytes
    """What stands before it."""
    xml: bytes
    """The row with its texts alone."""
    texts: int
    cells: list[_PlainCell]


def _folded(row: bytes) -> _Folded | None:
    """The row, given without its end tag; None for one that is not plain."""
    at = row.rfind(_ROW)
    begins = _BEGIN.match(row, max(at, 0))
    if begins is None or _SEPARATOR_BYTES in row:
        return None
    parts: list[Any] = _CELL.split(row[begins.end() :])
    letters = parts[1::_STEP]
    if any(parts[::_STEP]) or len({*letters}) < len(letters) or not {*parts[2::_STEP]} <= {begins[1]}:
        return None  # something stands between the cells; an address stands there twice, or is of another row
    texts, cells = [begins[0]], []
    others = (parts[group::_STEP] for group in range(3, _STEP))
    for column, style, kind, formula, value, text, inline, string in zip(letters, *others, strict=False):
        known: str | bytes | None = None
        if formula:
            known = _formulas.get(formula, formula)
            if isinstance(known, bytes):
                texts.append(known[known.index(b">") + 1 : -4] if known.endswith(b"</f>") else b"")
        elif not (value or inline):
            continue
        name = ""
        if value:
            name = "v"
            texts.append(text or b"")
        elif inline:
            name = "is"
            texts.append(string)
        cells.append((column, int(style or 0), kind.decode() if kind else "n", known, name))
    return _Folded(row[:at], _SEPARATOR_BYTES.join((*texts, _ROW_END)), len(texts) - 1, cells)


def _remembered(formula: bytes, text: str) -> str:
    """The text that expat made of the formula, which need not go through it again."""
    if len(_formulas) > _FORMULAS:
        _formulas.clear()
    return _formulas.setdefault(formula, text)


def _is_ghost(row: bytes) -> bool:
    """Whether a row, without its end, holds no cell with anything in it: such a cell has an end tag of its own."""
    return row.startswith(b'<row r="') and b"</" not in row


def _hides(xml: bytes, start: int) -> bool:
    """Whether a comment, a CDATA section, an instruction may begin here."""
    return b"<!" in xml or xml.find(b"<?", start) >= 0


_MOST_COLUMNS = 500
"""Last column with a value: the same reason."""
_BOX_CELLS = 5_000_000
"""Rows times columns of one sheet: what the reader allocates, about 24 bytes each."""
_MOST_LINKS = 20_000
"""Hyperlinks of a sheet: a form with one in every entry cell has some thousand."""
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

    def add_remark(self, remark: Remark) -> None:
        """One more, up to a limit that nobody reaches with meaning."""
        if len(self.remarks) < _MOST_REMARKS:
            self.remarks.append(attrs.evolve(remark, text=remark.text[:_REMARK_TEXT]))


def check_extent(sheet: SheetScan) -> None:
    """Raises Refused when the sheet reaches farther than is safe to read."""
    too_far = sheet.rows > limits.ROWS or sheet.columns > _MOST_COLUMNS or sheet.rows * sheet.columns > _BOX_CELLS
    if too_far:
        cell = a1(sheet.rows - 1, sheet.columns - 1)
        raise refuse("FILE_TOO_MANY_CELLS", sheet_title=sheet.name, sheet=sheet.name, cell=cell, value=cell)
    if sheet.values > limits.VALUE_CELLS:
        raise too_many_values(sheet.name)


def check_total(sheets: Sequence[SheetScan]) -> None:
    """Raises Refused when all sheets together hold more than is safe to read."""
    if sum(sheet.values for sheet in sheets) > limits.VALUE_CELLS:
        raise too_many_values()
    if sum(sheet.letters for sheet in sheets) > limits.TEXT_LETTERS:
        raise refuse("FILE_TOO_MUCH_TEXT", limit=limits.TEXT_LETTERS // 1_000_000)


@frozen
class Shared:
    """What all sheets of a workbook share."""

    looks: tuple[CellLook | None, ...]
    """By style number."""
    texts: Texts
    date1904: bool = False


_REFERENCE = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
_TYPES = frozenset({"n", "s", "str", "inlineStr", "b", "e", "d"})
_BOOLEAN_FORMULAS = frozenset({"TRUE()", "FALSE()"})
"""LibreOffice writes booleans as these formulas: nobody typed them."""
_BOOLEANS = {"1": True, "true": True, "0": False, "false": False}
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NO_NUMBERS = frozenset({"nan", "inf", "infinity"})
_MARGINS = frozenset({"oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"})


_CALL = re.compile(r"\b(?:DDE|WEBSERVICE|CALL|REGISTER\.ID)\s*\(", re.IGNORECASE)
_CALLED = ("DDE", "WEBSERVICE", "CALL", "REGISTER")
_TOPIC = re.compile(r"\|\s*'")
_PROGRAM = re.compile(r"[A-Za-z]\w*\s*\Z")
_NAME = 200
"""Letters before the sign in which a program's name is looked for."""
_LINK = re.compile(r'\s*HYPERLINK\(\s*"((?:[^"]|"")*)"', re.IGNORECASE)


_MARGIN_CODE = re.compile(r'&(?:"[^"]*"|[0-9]+|K[0-9A-Fa-f]{6}|K[0-9]{2}[+-][0-9]{3}|[LCR]|[A-Z&])')


def _without_codes(text: str) -> str:
    """The words of a page header, those of its three parts on lines of their own."""
    return _MARGIN_CODE.sub(lambda code: "\n" if code[0] in ("&L", "&C", "&R") else "", text).strip()


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


@lru_cache(maxsize=20_000)  # every sheet of every form has the same addresses
def place_of(reference: str) -> _Place:
    """Row and column, 0-based, of an address such as "B7". Raises Refused for what is none."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise refuse("FILE_UNSAFE", value="địa chỉ ô vô lý")
    return int(match[2]) - 1, column_of(match[1].upper())


@lru_cache(maxsize=1_000)
def _column_of(letters: bytes) -> int:
    return place_of(f"{letters.decode()}1")[1]


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


def _number(text: str) -> RawValue:
    """The number; infinite where it is too large for one; the text itself where it is none."""
    return float(text) if _NUMBER.fullmatch(text) else text


class SheetReader:
    """Expat callbacks for one worksheet part."""

    def __init__(self, sheet: SheetScan, shared: Shared) -> None:
        self._sheet, self._shared = sheet, shared
        self._row = self._column = -1
        self._place: _Place | None = None
        self._type, self._style = "n", 0
        self._formula: str | None = None
        self._pieces: list[str] = []
        self._length = 0
        self._values: list[str] = []
        """What stands in each <v> of the cell: one, if somebody means well."""
        self._strings: list[RunReader] = []
        """Each <is> of the cell."""
        self._run: RunReader | None = None
        self._inside = ""
        self._cdata = False
        self._doubt = ""
        self._rows = PlainRows()
        self._plain: tuple[int, list[_PlainCell]] | None = None
        """The plain row that is being read."""

    def read(self, package: Package, part: str) -> None:
        """Fills the sheet's scan from the part."""
        chunks = self._rows.chunks(package.chunks(part))
        package.parse(part, self._start, self._end, self._text, chunks=chunks, cdata=self._note_cdata)

    def _note_cdata(self) -> None:
        self._cdata = True

    def _start(self, tag: str, attributes: Attributes) -> None:
        if self._run is not None:
            if self._rows.waiting:
                raise refuse("FILE_BROKEN")  # a row within a text
            self._run.start(tag, attributes)
        elif tag == "c":
            self._open(attributes)
        elif tag == "row":
            self._open_row(attributes.get("r"))
        elif tag == "f":
            self._formula, self._inside = "", "f"
        elif tag == "v":
            self._pieces, self._inside = [], "v"
        elif tag == "is":
            self._run = RunReader()
            self._strings.append(self._run)
        elif self._place is None:
            self._beside(tag, attributes)

    def _beside(self, tag: str, attributes: Attributes) -> None:
        """What stands after the rows: merged areas, protection, links, drawings, page headers."""
        if tag == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif tag == "sheetProtection":
            self._sheet.protected = attributes.get("sheet", "0") in ("1", "true")
        elif tag == "hyperlink" and len(self._sheet.links) < _MOST_LINKS:
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            if relation:
                self._sheet.links.append((attributes.get("ref", ""), relation))
        elif tag in _MARGINS:
            self._pieces, self._inside = [], tag
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = (attributes.get(name, "") for name in ("min", "max"))
            if first.isdecimal() and last.isdecimal() and len(self._sheet.hidden) < _MOST_COLUMNS:
                self._sheet.hidden.append((int(first) - 1, int(last) - 1))

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        if first and last and len(self._sheet.merged) < limits.MERGED_AREAS:
            self._sheet.merged.append((*place_of(first), *place_of(last)))

    def _open_row(self, number: str | None) -> None:
        self._row, self._column = self._row + 1, -1
        if number is not None:
            self._row = place_of(f"A{number}")[0]
        if self._rows.waiting:
            self._plain, self._pieces = self._rows.waiting.popleft(), []

    def _read_plain(self, count: int, cells: Sequence[_PlainCell]) -> None:
        """A plain row at its end: its texts are there."""
        texts = "".join(self._pieces).split(_SEPARATOR)
        if len(texts) != count + 2 or self._place is not None:  # a separator of somebody's own; a row within a cell
            raise refuse("FILE_BROKEN")
        left, sheet, looks, row = iter(texts[1:]), self._sheet, self._shared.looks, self._row
        for letters, style, kind, formula, value in cells:
            place = (row, _column_of(letters))
            if place in sheet.cells:  # programs differ in which of the two they read
                raise refuse("FILE_BROKEN")
            said = _remembered(formula, next(left)[: limits.CELL_TEXT]) if isinstance(formula, bytes) else formula
            text = next(left) if value else ""
            if len(text) > limits.CELL_TEXT:
                self._place = place
                self._refuse_long()
            self._reach(place)
            if (
                value == "is"
                and kind == "inlineStr"
                and formula is None
                and (style >= len(looks) or looks[style] is None)
            ):
                if whole := unescaped(text):
                    sheet.letters += len(whole)
                    sheet.cells[place] = text_cell(whole)
                continue
            self._type, self._style, self._formula = kind, style, said
            self._values = [text] if value == "v" else []
            self._strings = [RunReader([Run(unescaped(text))])] if value == "is" else []
            self._note(place)

    def _open(self, attributes: Attributes) -> None:
        reference = attributes.get("r")
        if reference is None:
            self._column += 1
        else:
            self._row, self._column = place_of(reference)
        self._place = (self._row, self._column)
        if self._place in self._sheet.cells:  # programs differ in which of the two they read
            raise refuse("FILE_BROKEN")
        self._type, self._formula = attributes.get("t", "n"), None
        self._values, self._strings, self._cdata, self._length = [], [], False, 0
        style = attributes.get("s", "0")
        self._style = int(style) if style.isdecimal() and len(style) < 9 else 0

    def _text(self, piece: str) -> None:
        if self._plain is not None:
            self._pieces.append(piece)
        elif self._run is not None:
            self._run.text(piece)
        elif self._inside == "f" and self._formula is not None:
            self._formula = (self._formula + piece)[: limits.CELL_TEXT]
        elif self._inside:
            self._length += len(piece)
            if self._length > limits.CELL_TEXT:
                self._refuse_long()
            self._pieces.append(piece)

    def _refuse_long(self) -> None:
        cell = a1(*self._place) if self._place else ""
        raise refuse("FILE_TEXT_TOO_LONG", limit=limits.CELL_TEXT, sheet=self._sheet.name, cell=cell, value=cell)

    def _end(self, tag: str) -> None:
        if self._plain is not None:
            self._read_plain(*self._plain)
            self._plain = None
        elif tag == "v" and self._inside == "v":
            self._values.append("".join(self._pieces))
            self._inside = ""
        elif tag == "c" and self._place is not None:
            if self._values or self._strings or self._formula is not None:
                self._reach(self._place)
                self._note(self._place)
            self._place = None
        elif tag == "is":
            self._run = None
        elif self._run is not None:
            self._run.end(tag)
        elif tag == self._inside:
            if tag in _MARGINS:
                self._sheet.add_remark(Remark("margin", _without_codes("".join(self._pieces))))
            self._inside = ""

    def _reach(self, place: _Place) -> None:
        """Counts a cell with something in it."""
        sheet = self._sheet
        sheet.values += 1
        if place[0] >= sheet.rows or place[1] >= sheet.columns:
            sheet.rows, sheet.columns = max(sheet.rows, place[0] + 1), max(sheet.columns, place[1] + 1)
        if sheet.values > limits.VALUE_CELLS:
            check_extent(sheet)

    def _note(self, place: _Place) -> None:
        sheet = self._sheet
        if self._type not in _TYPES:
            raise refuse("FILE_BROKEN")
        if self._cdata:
            sheet.sure.add(place)
            sheet.unreadable |= self._type == "s"
        looks = self._shared.looks
        look = looks[self._style] if self._style < len(looks) else None
        cell = self._cell(place, look)
        if cell is not None:
            sheet.cells[place] = cell
            if look is not None and (look.font or look.struck):
                sheet.looks[place] = look

    def _cell(self, place: _Place, look: CellLook | None) -> RawCell | None:
        """The cell as far as it can be told from its own XML; None for one without anything in it."""
        text = self._values[0] if self._values else None
        self._doubt = ""
        if len(self._values) + len(self._strings) > 1:
            self._doubt = "» và «".join([*self._values, *(string.whole() for string in self._strings)])
            self._sheet.unreadable = True
        value: RawValue = None
        number, error, formula = None, "", self._entered_formula()
        if text is None:
            value = self._inline(place) if self._strings else None
        elif self._type == "n":
            value = _number(text)
            if isinstance(value, float) and math.isfinite(value):
                number, value = under_format(value, look, date1904=self._shared.date1904)
                self._sheet.unreadable |= value is number and look is not None and is_temporal(look.format)
            else:
                self._sheet.unreadable = True
                if isinstance(value, float) or text.strip().lstrip("+-").lower() in _NO_NUMBERS:
                    value, error = None, text.strip()
        elif self._type == "s":
            value = self._shared_text(place, text)
        elif self._type == "e":
            error = text or "#N/A"
            self._sheet.unreadable |= text not in ERRORS  # over another name calamine gives up the sheet
        else:
            value = self._other(place, text)
        if isinstance(value, str):
            self._sheet.letters += len(value)
        if value is None or value == "":
            if formula is None and not error and not self._doubt:
                return None
            value = "" if formula is not None and not error and (text or (text == "" and self._type == "str")) else None
        code = look.format if look is not None and (number is not None or shows_more(value, look.format)) else ""
        link = link_of(formula) if formula else ""
        return RawCell(value, formula, error, number=number, format=code, link=link, doubt=self._doubt)

    def _entered_formula(self) -> str | None:
        """The formula, where it is one that somebody entered."""
        formula = self._formula
        if not formula:
            return formula
        if len(formula) < 8 and formula.upper() in _BOOLEAN_FORMULAS:
            return None
        self._sheet.calls = self._sheet.calls or is_call(formula)
        return formula

    def _shared_text(self, place: _Place, text: str) -> RawValue:
        texts = self._shared.texts
        number = int(text) if text.isdecimal() and len(text) < 9 else -1
        if not 0 <= number < len(texts.whole):
            self._sheet.unreadable, self._doubt = True, self._doubt or text
            return None
        if number in texts.rich:
            self._sheet.runs[place] = texts.rich[number]
        return texts.whole[number]

    def _inline(self, place: _Place) -> str:
        string = self._strings[0]
        if self._type != "inlineStr":
            self._doubt = self._doubt or string.whole()
        if not string.plain:
            self._sheet.runs[place] = tuple(string.runs)
        return string.whole()

    def _other(self, place: _Place, text: str) -> RawValue:
        """A value of another type than number, shared text and error."""
        if self._type == "b":
            if text not in _BOOLEANS:
                self._sheet.unreadable, self._doubt = True, self._doubt or text
            return _BOOLEANS.get(text)
        if self._type == "d" and (day := iso_date(text)) is not None:
            self._sheet.sure.add(place)  # readers differ over zones and fractions of seconds
            return day
        return unescaped(text)
