"""Rows that nearly every program writes alike, read as a whole.

A callback of expat for every tag costs more than all else that reading a sheet takes. A row whose cells are written as
nearly every program writes them is matched as a whole: what matches is well-formed but for its texts, which go through
expat as they would have gone, those of many rows at once. A short row is read once for all workbooks that have it:
forms share most of theirs.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any

from attrs import define, field, frozen

from nq57xl.text.addresses import column_of
from nq57xl.xlsx.limits import Refused
from nq57xl.xlsx.package import Attributes, parse_xml
from nq57xl.xlsx.scan_cells import SheetScan
from nq57xl.xlsx.scan_styles import Looks, Texts

_Place = tuple[int, int]
MARGINS = frozenset({"oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"})
_LOOKED_AT = MARGINS | {*("worksheet", "row", "c", "f", "v", "is", "mergeCell", "sheetProtection", "hyperlink", "col")}


@frozen
class Shared:
    """What all sheets of a workbook share."""

    looks: Looks
    texts: Texts
    date1904: bool = False


SEPARATOR = "\ufdd0"
"""Between the texts of a plain row: a character of no script. Who finds more than there must be refuses the file."""
_SEPARATOR_BYTES = SEPARATOR.encode()
_EMPTY_CELL = re.compile(rb'<c (?=[^<>]*\br=")[^<>]*/>')
_ROW, _ROW_END = b"<row ", b"</row>"
_LONG_ROW = 1 << 20
"""A row of more bytes is handed on in pieces."""
_BEGIN = re.compile(rb'<row r="([1-9][0-9]{0,6})"([^<>]*)(?<!/)>')
_ATTRIBUTE = re.compile(rb""" ([A-Za-z][A-Za-z0-9:._-]*)="[ !#-%'-;=?-~]*\"""")
_SPACE = rb'(?: xml:space="preserve")?'
_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?: s="([0-9]{1,8})")?(?: t="([A-Za-z]+)")?(?:/>|>'
    rb'(<f(?: t="shared"(?: ref="[A-Z0-9:]+")? si="[0-9]+")?(?:/>|>[^<]*</f>))?'
    rb"(?:(<v)(?: ?/>|" + _SPACE + rb">([^<]*)</v>)|(<is)><t" + _SPACE + rb">([^<]*)</t></is>)?</c>)"
)
_STEP = _CELL.groups + 1

_AROUND_ROWS = re.compile(rb"</sheetData>|(?:<\?xml[^<>]*\?>\s*)?<worksheet\b")
_OPENS = re.compile(rb"<(?:[\w.-]+:)?(?:[vf]|is|(?:odd|even|first)(?:Header|Footer))\b|</worksheet>")
"""Where texts are looked at from, or the sheet ends: what stands behind that is left as it is."""
_RULE = re.compile(
    rb'<mergeCell ref="([A-Z0-9:]+)" ?/>'
    rb"|<(conditionalFormatting|dataValidation)\b[^<>]*>[^<]*(?:<(?!/\2>)[^<]*)*</\2>"
    rb"|<[A-Za-z]+(?: [^<>]*)?/>"
)
"""What stands around the rows by the dozen: merged areas, and rules and the like, which tell the scan nothing."""

PlainCell = tuple["_Place", int, str, str | bytes | None, str]
"""A cell with something in it, but for its texts: place, style, type, formula, and the element of its value, "v" or
"is"; "" where there is none. A formula in bytes is the first of the cell's texts."""

_formulas: dict[bytes, str] = {}
"""What expat makes of formulas that were met before: every row of a form is checked by the same long ones."""
_FORMULAS = 1_000
_ROWS, _SHORT_ROW = 2_000, 8_000
"""Rows that are remembered, and bytes of the longest of them."""
_SHORT_RULE = 100
"""Tags in a rule for cells that is remembered: it cannot be nested too deep."""
_OTHER_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8[\"'])", re.IGNORECASE)


@define(eq=False)
class PlainRow:
    """A row that is written plainly."""

    number: int
    """0-based."""
    texts: tuple[bytes, ...]
    """What stands in its cells, as XML."""
    cells: tuple[PlainCell, ...]
    places: tuple[_Place, ...]
    columns: int
    """Column of the last of them, plus one."""
    read: SheetScan | None = None
    """What it says, once it was read, where nothing of that stands elsewhere in the workbook."""


Batch = list[tuple[PlainRow, "SheetScan | None"]]
"""Rows, each with what it is known to say."""


@define
class PlainRows:
    """Cuts a sheet into what is read tag by tag, and plain rows, whose cells wait until expat comes to their texts."""

    _shared: Shared
    _shortened: Callable[[bytes], bytes]
    """What expat needs to see of what stands around the rows."""
    waiting: deque[Batch] = field(factory=deque)
    """The plain rows that were handed on and not yet read."""
    _rows: Batch = field(factory=list)

    def chunks(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The XML without rows and cells that have a format and nothing else: a million of them cost no callback.

        Of ghost rows in a run the last is kept, so that a row without a number follows the right one. From where
        comments or the like could hide what belongs together, everything is kept as it is.
        """
        rest, start, plain = b"", 1, True  # the XML declaration stands at the very beginning
        for chunk in chunks:
            rest += chunk
            plain = plain and not (start and _OTHER_ENCODING.match(rest))
            *rows, rest = rest.split(_ROW_END)
            for number, (row, after) in enumerate(pairwise((*rows, b""))):
                ghost = _is_ghost(row)
                at = max(row.rfind(_ROW), 0)
                found = self._plain_row(row[at:]) if plain and not ghost else None
                other = row + _ROW_END if found is None else row[:at]
                if other and _hides(other, start):
                    yield from self._handed_on()
                    yield _ROW_END.join((*rows[number:], rest))
                    yield from chunks
                    return
                start = 0
                if other and not (ghost and _is_ghost(after)):
                    yield from self._handed_on()
                    yield _EMPTY_CELL.sub(b"", self._shortened(other) if plain else other)
                if found is not None:
                    self._rows.append((found, found.read))
            if len(rest) > _LONG_ROW:
                yield from self._handed_on()
                yield rest
                if _hides(rest, start):
                    yield from chunks
                    return
                rest, start, plain = b"", 0, False  # expat is in the middle of something from here on
        yield from self._handed_on()
        yield self._shortened(rest) if plain and not _hides(rest, start) else rest

    def _plain_row(self, row: bytes) -> PlainRow | None:
        shared = self._shared
        return _remembered_row(row, shared.looks, shared.date1904) if len(row) < _SHORT_ROW else _folded(row)

    def _handed_on(self) -> Iterator[bytes]:
        """The plain rows so far as one, with the texts that are not known: expat reads a chunk that ends with an end
        tag before the next one is cut.
        """
        if self._rows:
            texts = chain.from_iterable(row.texts for row, known in self._rows if known is None)
            self.waiting.append(self._rows)
            self._rows = []
            yield _SEPARATOR_BYTES.join((b"<row>", *texts)) + _ROW_END


@lru_cache(maxsize=_ROWS)
def _remembered_row(row: bytes, _looks: Looks, _date1904: bool) -> PlainRow | None:
    """The same, once for all workbooks whose cells look the same."""
    return _folded(row)


def _folded(row: bytes) -> PlainRow | None:
    """The row, given without its end tag; None for one that is not plain."""
    begins = _BEGIN.match(row)
    if begins is None or _SEPARATOR_BYTES in row or not _is_sound(begins[2]):
        return None
    parts: list[Any] = _CELL.split(row[begins.end() :])
    letters = parts[1::_STEP]
    if any(parts[::_STEP]) or len({*letters}) < len(letters) or not {*parts[2::_STEP]} <= {begins[1]}:
        return None  # something stands between the cells; an address stands there twice, or is of another row
    number, texts, cells = int(begins[1]) - 1, [], []
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
        cells.append(((number, _column(column)), int(style or 0), kind.decode() if kind else "n", known, name))
    places = tuple(cell[0] for cell in cells)
    return PlainRow(number, tuple(texts), tuple(cells), places, max((column + 1 for _, column in places), default=0))


@lru_cache(maxsize=1_000)
def _column(letters: bytes) -> int:
    return column_of(letters.decode())


def without_idle(xml: bytes) -> tuple[bytes, Sequence[str]]:
    """What stands around the rows without what says nothing, and without merged areas, which are given apart."""
    return _remembered_around(xml) if len(xml) < _SHORT_ROW else _without_idle(xml)


def _without_idle(xml: bytes) -> tuple[bytes, Sequence[str]]:
    merged: list[str] = []
    later = False
    """Merged areas come up that are told later: those after them stay in their order."""

    def shorten(found: re.Match[bytes]) -> bytes:
        nonlocal later
        if found[1] and not later:
            merged.append(found[1].decode())
            return b""
        if _is_idle(found[0]):
            return b""
        later = later or b"mergeCell" in found[0]
        return found[0]

    if not _AROUND_ROWS.match(xml):
        return xml, ()
    opens = _OPENS.search(xml)
    if opens is None and not xml.endswith(b"<sheetData>"):
        return xml, ()
    end = opens.start() if opens else len(xml)
    tags = xml[:end].translate(None, _NO_BRACKETS)
    if tags != b"<>" * (len(tags) // 2):  # what looks like an element may stand within a tag
        return xml, ()
    return _RULE.sub(shorten, xml[:end]) + xml[end:], merged


_remembered_around = lru_cache(maxsize=100)(_without_idle)
_NO_BRACKETS = bytes({*range(256)} - {*b"<>"})


def _is_idle(xml: bytes) -> bool:
    """Whether an element is well-formed and the scan looks at nothing in it."""
    for name in _OF_ITS_OWN:
        before, said, after = xml.partition(name)
        area, _, after = after.partition(b'"')
        if said and not area.translate(None, _AREAS):
            xml = before + name + b'"' + after
    return len(xml) < _SHORT_ROW and xml.count(b"<") < _SHORT_RULE and _says_nothing(xml)


_OF_ITS_OWN = (b' sqref="', b' xr:uid="')
"""Attributes in which rules that say the same differ."""
_AREAS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:{-} "


@lru_cache(maxsize=1_000)
def _says_nothing(xml: bytes) -> bool:
    seen = False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal seen
        seen = seen or (tag in _LOOKED_AT and not (tag == "col" and "hidden" not in attributes))

    try:
        parse_xml("", (xml,), start)
    except Refused:
        return False
    return not seen


@lru_cache(maxsize=1_000)
def _is_sound(attributes: bytes) -> bool:
    """Whether expat would take the other attributes of a row's tag as they are."""
    names = _ATTRIBUTE.findall(attributes)
    return not _ATTRIBUTE.sub(b"", attributes).strip(b" ") and b"r" not in names and len({*names}) == len(names)


def remembered(formula: bytes, text: str) -> str:
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
