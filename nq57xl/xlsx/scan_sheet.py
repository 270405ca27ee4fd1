"""One sheet of an .xlsx as the scan reads it: every cell with a value or a formula, and how far they reach.

A callback of expat for every tag costs more than all else that reading a sheet takes. A row whose cells are written as
nearly every program writes them is matched as a whole: what matches is well-formed but for its texts, which go through
expat as they would have gone, those of many rows at once. A short row is read once for all workbooks that have it:
forms share most of theirs.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any
from xml.etree.ElementTree import Element

from attrs import define

from nq57xl.text.addresses import place_of
from nq57xl.xlsx.cells import Place, RawValue, Remark, Run, text_cell
from nq57xl.xlsx.limits import LIMITS, Refused, refuse
from nq57xl.xlsx.package import Attributes, Package, xml_tree
from nq57xl.xlsx.scan_cells import ERRORS, ElementReader, SheetScan, iso_date, place_told, too_long
from nq57xl.xlsx.scan_styles import Shared, rich_text, unescaped
from nq57xl.xlsx.shown import is_temporal, under_format

_Text = tuple[str, tuple[Run, ...]]
"""A text, and its runs where one has a font of its own."""
_NO_RUNS: tuple[Run, ...] = ()
_MARGINS = frozenset({"oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"})
_LOOKED_AT = _MARGINS | {*("worksheet", "row", "c", "f", "v", "is", "mergeCell", "sheetProtection", "hyperlink", "col")}
_MOST_LINKS = 20_000
"""Hyperlinks of a sheet: a form with one in every entry cell has some thousand."""
_TYPES = frozenset({"n", "s", "str", "inlineStr", "b", "e", "d"})
_BOOLEANS = {"1": True, "true": True, "0": False, "false": False}
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NO_NUMBERS = frozenset({"nan", "inf", "infinity"})
_MARGIN_CODE = re.compile(r'&(?:"[^"]*"|[0-9]+|K[0-9A-Fa-f]{6}|K[0-9]{2}[+-][0-9]{3}|[LCR]|[A-Z&])')

_SEPARATOR = "\ufdd0"
"""Between the texts of a plain row: a character of no script. Who finds more than there must be refuses the file."""
_SEPARATOR_BYTES = _SEPARATOR.encode()
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

_PlainCell = tuple[Place, int, str, str | bytes | None, str]
"""A cell with something in it, but for its texts: place, style, type, formula, and the element of its value, "v" or
"is"; "" where there is none. A formula in bytes is the first of the cell's texts."""

_formulas: dict[bytes, str] = {}
"""What expat makes of formulas that were met before: every row of a form is checked by the same long ones."""
_FORMULAS = 1_000
_ROWS, _SHORT_ROW = 2_000, 8_000
"""Rows that are remembered, and bytes of the longest of them."""
_AT_ONCE = 1_000
"""Plain rows that are read as one at most: their texts, and long formulas, stand in memory together."""
_SHORT_RULE = 100
"""Tags in a rule for cells that is remembered: it cannot be nested too deep."""
_OTHER_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8[\"'])", re.IGNORECASE)


@define(eq=False)
class _PlainRow:
    """A row that is written plainly."""

    number: int
    """0-based."""
    texts: tuple[bytes, ...]
    """What stands in its cells, as XML."""
    cells: tuple[_PlainCell, ...]
    places: tuple[Place, ...]
    columns: int
    """Column of the last of them, plus one."""
    read: SheetScan | None = None
    """What it says, once it was read, where nothing of that stands elsewhere in the workbook."""


_Batch = list[tuple[_PlainRow, "SheetScan | None"]]
"""Rows, each with what it is known to say."""


@lru_cache(maxsize=_ROWS)
def _remembered_row(row: bytes, _looks: object, _date1904: bool) -> _PlainRow | None:
    """The same, once for all workbooks whose cells look the same."""
    return _folded(row)


def _folded(row: bytes) -> _PlainRow | None:
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
        place = place_of((column + begins[1]).decode())
        cells.append((place, int(style or 0), kind.decode() if kind else "n", known, name))
    places = tuple(cell[0] for cell in cells)
    return _PlainRow(number, tuple(texts), tuple(cells), places, max((column + 1 for _, column in places), default=0))


@lru_cache(maxsize=100)
def _without_idle(xml: bytes) -> tuple[bytes, Sequence[str]]:
    """What stands around the rows without what says nothing, and without merged areas, which are given apart."""
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
    try:
        tree = xml_tree("", xml)
    except Refused:
        return False
    return not any(item.tag in _LOOKED_AT and (item.tag != "col" or "hidden" in item.attrib) for item in tree.iter())


@lru_cache(maxsize=1_000)
def _is_sound(attributes: bytes) -> bool:
    """Whether expat would take the other attributes of a row's tag as they are."""
    names = _ATTRIBUTE.findall(attributes)
    return not _ATTRIBUTE.sub(b"", attributes).strip(b" ") and b"r" not in names and len({*names}) == len(names)


def _is_ghost(row: bytes) -> bool:
    """Whether a row, without its end, holds no cell with anything in it: such a cell has an end tag of its own."""
    return row.startswith(b'<row r="') and b"</" not in row


def _hides(xml: bytes, start: int) -> bool:
    """Whether a comment, a CDATA section, an instruction may begin here."""
    return b"<!" in xml or xml.find(b"<?", start) >= 0


@lru_cache(maxsize=100)
def _without_codes(text: str) -> str:
    """The words of a page header, those of its three parts on lines of their own."""
    return _MARGIN_CODE.sub(lambda code: "\n" if code[0] in ("&L", "&C", "&R") else "", text).strip()


def _number(text: str) -> RawValue:
    """The number; infinite where it is too large for one; the text itself where it is none."""
    return float(text) if _NUMBER.fullmatch(text) else text


def read_sheet(package: Package, part: str, sheet: SheetScan, shared: Shared) -> None:
    """Fills the sheet's scan from its part. Raises Refused for one beyond measure."""
    reader = _SheetReader(sheet, shared)
    chunks = reader.chunks(package.chunks(part))
    package.parse(part, reader.start, reader.end, reader.text, chunks=chunks, cdata=reader.note_cdata)
    sheet.check_extent()


class _SheetReader(ElementReader):
    """One worksheet part, cut into what is read tag by tag, cells and page headers whole, and plain rows, many of which
    are read as one: their cells wait until expat comes to their texts.
    """

    def __init__(self, sheet: SheetScan, shared: Shared) -> None:
        super().__init__()
        self._sheet, self._shared = sheet, shared
        self._row = self._column = -1
        self._cdata = False
        self._rows: _Batch = []
        self._waiting: deque[_Batch] = deque()
        """The plain rows that were handed on and not yet read."""

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
                    if len(self._rows) >= _AT_ONCE:
                        yield from self._handed_on()
            if len(rest) > _LONG_ROW:
                yield from self._handed_on()
                yield rest
                if _hides(rest, start):
                    yield from chunks
                    return
                rest, start, plain = b"", 0, False  # expat is in the middle of something from here on
        yield from self._handed_on()
        yield self._shortened(rest) if plain and not _hides(rest, start) else rest

    def _plain_row(self, row: bytes) -> _PlainRow | None:
        shared = self._shared
        return _remembered_row(row, shared.looks, shared.date1904) if len(row) < _SHORT_ROW else _folded(row)

    def _handed_on(self) -> Iterator[bytes]:
        """The plain rows so far as one, with the texts that are not known: expat reads a chunk that ends with an end
        tag before the next one is cut.
        """
        if self._rows:
            texts = chain.from_iterable(row.texts for row, known in self._rows if known is None)
            self._waiting.append(self._rows)
            self._rows = []
            yield _SEPARATOR_BYTES.join((b"<row>", *texts)) + _ROW_END

    def takes(self, tag: str) -> bool:
        if tag == "c":
            self._cdata = False
            return True
        return tag in _MARGINS or (tag == "row" and bool(self._waiting))

    def whole(self, element: Element) -> None:
        if element.tag == "row":
            self._read_plain(self._waiting.popleft(), element.text or "")
        elif self._waiting:
            raise refuse("FILE_BROKEN")  # a row within a cell or text
        elif element.tag == "c":
            self._read_cell(element)
        else:
            text = "".join(element.itertext())
            if len(text) > LIMITS.cell_text:
                raise too_long(self._sheet.name)
            self._sheet.add_remark(Remark("margin", _without_codes(text)))

    def _shortened(self, xml: bytes) -> bytes:
        if self._depth:
            return xml
        shorten = _without_idle if len(xml) < _SHORT_ROW else _without_idle.__wrapped__
        shortened, merged = shorten(xml)
        for area in merged:
            self._merge(area)
        return shortened

    def note_cdata(self) -> None:
        """A CDATA section begins."""
        self._cdata = True

    def opened(self, tag: str, attributes: Attributes) -> None:
        """Rows, and what stands after them: merged areas, protection, links, drawings."""
        if tag == "row":
            number = attributes.get("r")
            self._row, self._column = self._row + 1 if number is None else place_told(f"A{number}")[0], -1
        elif tag == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif tag == "sheetProtection":
            self._sheet.protected = attributes.get("sheet", "0") in ("1", "true")
        elif tag == "hyperlink" and len(self._sheet.links) < _MOST_LINKS:
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            if relation:
                self._sheet.links.append((attributes.get("ref", ""), relation))
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = (attributes.get(name, "") for name in ("min", "max"))
            if first.isdecimal() and last.isdecimal() and len(self._sheet.hidden) < LIMITS.columns:
                self._sheet.hidden.append((int(first) - 1, int(last) - 1))

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        if first and last:
            self._sheet.merge((*place_told(first), *place_told(last)))

    def _read_plain(self, rows: _Batch, text: str) -> None:
        """Plain rows at their end: their texts are there."""
        _, *texts = text.split(_SEPARATOR)
        if len(texts) != sum(len(row.texts) for row, known in rows if known is None):
            raise refuse("FILE_BROKEN")  # a separator of somebody's own
        left, sheet = iter(texts), self._sheet
        for row, known in rows:
            if known is None:
                self._sheet = SheetScan(sheet.name)
                self._read_cells(row.cells, left)
                if all(kind != "s" for _, _, kind, _, _ in row.cells):
                    row.read = self._sheet
            sheet.add_row(known or self._sheet, row.places, row.columns)
        self._sheet = sheet
        self._row, self._column = rows[-1][0].number, -1

    def _read_cells(self, cells: Sequence[_PlainCell], left: Iterator[str]) -> None:
        """The cells of a plain row, with the texts that are left."""
        sheet, shared, texts_only = self._sheet, self._shared, self._shared.looks.texts_only
        styles = len(shared.looks.by_style)
        for place, style, kind, known, value in cells:
            if not isinstance(known, bytes):
                formula = known
            else:
                if len(_formulas) > _FORMULAS:
                    _formulas.clear()
                formula = _formulas.setdefault(known, next(left)[: LIMITS.cell_text])
            text = next(left) if value else ""
            if len(text) > LIMITS.cell_text:
                raise too_long(sheet.name, place)
            if formula is None and (style in texts_only or style >= styles):
                whole = None  # the text of a cell that holds one and nothing to note
                if value == "is":
                    whole = unescaped(text) if kind == "inlineStr" else None
                elif kind == "s" and (number := shared.text(text)) is not None and number not in shared.rich:
                    whole = shared.texts[number]
                if whole:
                    sheet.letters += len(whole)
                    sheet.cells[place] = text_cell(whole)
                if whole is not None:
                    continue
            strings = [(unescaped(text), ())] if value == "is" else []
            self._add(place, kind, style, formula, [text] if value == "v" else [], strings)

    def _read_cell(self, cell: Element) -> None:
        """A cell that is read tag by tag."""
        sheet, reference, style = self._sheet, cell.get("r"), cell.get("s", "0")
        if reference is None:
            self._column += 1
        else:
            self._row, self._column = place_told(reference)
        place = (self._row, self._column)
        if place in sheet.cells:  # programs differ in which of the two they read
            raise refuse("FILE_BROKEN")
        parts = list(cell.iter())
        formulas, values = (["".join(item.itertext()) for item in parts if item.tag == tag] for tag in ("f", "v"))
        formula = formulas[-1][: LIMITS.cell_text] if formulas else None
        strings = [rich_text(item, sheet.name, place) for item in parts if item.tag == "is"]
        if sum(map(len, values)) > LIMITS.cell_text:
            raise too_long(sheet.name, place)
        if not values and not strings and formula is None:
            return
        sheet.reach(1, place[0] + 1, place[1] + 1)
        kind = cell.get("t", "n")
        if self._cdata:
            sheet.sure.add(place)
            sheet.unreadable |= kind == "s"
        number = int(style) if style.isdecimal() and len(style) < 9 else 0
        self._add(place, kind, number, formula, values, strings)

    def _add(  # noqa: PLR0917 - what stands in a cell
        self, place: Place, kind: str, style: int, formula: str | None, values: Sequence[str], strings: Sequence[_Text]
    ) -> None:
        """Adds a cell as far as it can be told from its own XML."""
        if kind not in _TYPES:
            raise refuse("FILE_BROKEN")
        sheet, looks = self._sheet, self._shared.looks.by_style
        look = looks[style] if style < len(looks) else None
        code = look.format if look is not None else ""
        text, doubt = values[0] if values else None, ""
        if len(values) + len(strings) > 1:
            doubt, sheet.unreadable = "» và «".join([*values, *(string for string, _ in strings)]), True
        value: RawValue = None
        number, error, runs = None, "", _NO_RUNS
        if text is None and strings:
            value, runs = strings[0]
            doubt = doubt if kind == "inlineStr" else doubt or strings[0][0]
        elif kind == "n" and text is not None:
            value = _number(text)
            if isinstance(value, float) and math.isfinite(value):
                number, value = under_format(value, code, date1904=self._shared.date1904)
                sheet.unreadable |= value is number and is_temporal(code)
            else:
                sheet.unreadable = True
                if isinstance(value, float) or text.strip().lstrip("+-").lower() in _NO_NUMBERS:
                    value, error = None, text.strip()
        elif kind == "e" and text is not None:
            error = text or "#N/A"
            sheet.unreadable |= text not in ERRORS  # over another name calamine gives up the sheet
        elif text is not None:
            value, told, runs = self._other(place, kind, text)
            doubt = doubt or told
        if runs:
            sheet.runs[place] = runs
        if value is None or value == "":  # what a formula shows is nothing only where it was worked out
            known = formula is not None and not error and (text or (text == "" and kind == "str"))
            value = "" if known else None
        sheet.add_cell(place, look, value, formula, code=code, number=number, error=error, doubt=doubt)

    def _other(self, place: Place, kind: str, text: str) -> tuple[RawValue, str, tuple[Run, ...]]:
        """A value of another type than number and error, what is in doubt of it, and the runs of a text."""
        shared = self._shared
        if kind == "s" and (index := shared.text(text)) is not None:
            return shared.texts[index], "", shared.rich.get(index, _NO_RUNS)
        if kind == "b" and text in _BOOLEANS:
            return _BOOLEANS[text], "", _NO_RUNS
        if kind in ("s", "b"):
            self._sheet.unreadable = True
            return None, text, _NO_RUNS
        if kind == "d" and (day := iso_date(text)) is not None:
            self._sheet.sure.add(place)  # readers differ over zones and fractions of seconds
            return day, "", _NO_RUNS
        return unescaped(text), "", _NO_RUNS
