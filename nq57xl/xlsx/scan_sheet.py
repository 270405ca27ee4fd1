"""One sheet as the scan reads it: every cell with a value or a formula, how far they reach, what lies beside them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from nq57xl.text.addresses import a1
from nq57xl.xlsx.cells import ERRORS, CellLook, RawCell, RawValue, Remark, Run, iso_date, text_cell
from nq57xl.xlsx.limits import LIMITS, refuse
from nq57xl.xlsx.package import Attributes, Package
from nq57xl.xlsx.scan_cells import (
    SheetScan,
    is_call,
    is_temporal,
    link_of,
    place_of,
    shows_more,
    under_format,
)
from nq57xl.xlsx.scan_rows import MARGINS, SEPARATOR, Batch, PlainCell, PlainRows, Shared, remembered, without_idle
from nq57xl.xlsx.scan_styles import RunReader, unescaped

_Place = tuple[int, int]
_MOST_LINKS = 20_000
"""Hyperlinks of a sheet: a form with one in every entry cell has some thousand."""
_TYPES = frozenset({"n", "s", "str", "inlineStr", "b", "e", "d"})
_BOOLEAN_FORMULAS = frozenset({"TRUE()", "FALSE()"})
"""LibreOffice writes booleans as these formulas: nobody typed them."""
_BOOLEANS = {"1": True, "true": True, "0": False, "false": False}
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NO_NUMBERS = frozenset({"nan", "inf", "infinity"})
_MARGIN_CODE = re.compile(r'&(?:"[^"]*"|[0-9]+|K[0-9A-Fa-f]{6}|K[0-9]{2}[+-][0-9]{3}|[LCR]|[A-Z&])')


@lru_cache(maxsize=100)
def _without_codes(text: str) -> str:
    """The words of a page header, those of its three parts on lines of their own."""
    return _MARGIN_CODE.sub(lambda code: "\n" if code[0] in ("&L", "&C", "&R") else "", text).strip()


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
        self._rows = PlainRows(shared, self._shortened)
        self._plain: Batch | None = None
        """The plain rows that are being read."""

    def read(self, package: Package, part: str) -> None:
        """Fills the sheet's scan from the part."""
        chunks = self._rows.chunks(package.chunks(part))
        package.parse(part, self._start, self._end, self._text, chunks=chunks, cdata=self._note_cdata)

    def _shortened(self, xml: bytes) -> bytes:
        if self._inside or self._run is not None:
            return xml
        shortened, merged = without_idle(xml)
        for area in merged:
            self._merge(area)
        return shortened

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
        elif tag in MARGINS:
            self._pieces, self._inside = [], tag
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = (attributes.get(name, "") for name in ("min", "max"))
            if first.isdecimal() and last.isdecimal() and len(self._sheet.hidden) < LIMITS.columns:
                self._sheet.hidden.append((int(first) - 1, int(last) - 1))

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        if first and last and len(self._sheet.merged) < LIMITS.merged_areas:
            self._sheet.merged.append((*place_of(first), *place_of(last)))

    def _open_row(self, number: str | None) -> None:
        if self._rows.waiting:
            self._plain, self._pieces = self._rows.waiting.popleft(), []
            return
        self._row, self._column = self._row + 1, -1
        if number is not None:
            self._row = place_of(f"A{number}")[0]

    def _read_plain(self, rows: Batch) -> None:
        """Plain rows at their end: their texts are there."""
        _, *texts = "".join(self._pieces).split(SEPARATOR)
        if len(texts) != sum(len(row.texts) for row, known in rows if known is None) or self._place is not None:
            raise refuse("FILE_BROKEN")  # a separator of somebody's own; a row within a cell
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

    def _read_cells(self, cells: Sequence[PlainCell], left: Iterator[str]) -> None:
        """The cells of a plain row, with the texts that are left."""
        sheet, texts_only, styles = self._sheet, self._shared.looks.texts_only, len(self._shared.looks.by_style)
        for place, style, kind, formula, value in cells:
            said = remembered(formula, next(left)[: LIMITS.cell_text]) if isinstance(formula, bytes) else formula
            text = next(left) if value else ""
            if len(text) > LIMITS.cell_text:
                self._place = place
                self._refuse_long()
            if formula is None and (style in texts_only or style >= styles):
                whole = self._whole_text(kind, value, text)
                if whole is not None:
                    if whole:
                        sheet.letters += len(whole)
                        sheet.cells[place] = text_cell(whole)
                    continue
            self._type, self._style, self._formula = kind, style, said
            self._values = [text] if value == "v" else []
            self._strings = [RunReader([Run(unescaped(text))])] if value == "is" else []
            self._note(place)

    def _whole_text(self, kind: str, value: str, text: str) -> str | None:
        """The text of a cell that holds one and nothing to note."""
        if value == "is":
            return unescaped(text) if kind == "inlineStr" else None
        shared = self._shared.texts
        if kind == "s" and text.isdecimal() and len(text) < 9 and int(text) < len(shared.whole):
            return None if int(text) in shared.rich else shared.whole[int(text)]
        return None

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
            self._formula = (self._formula + piece)[: LIMITS.cell_text]
        elif self._inside:
            self._length += len(piece)
            if self._length > LIMITS.cell_text:
                self._refuse_long()
            self._pieces.append(piece)

    def _refuse_long(self) -> None:
        cell = a1(*self._place) if self._place else ""
        raise refuse("FILE_TEXT_TOO_LONG", limit=LIMITS.cell_text, sheet=self._sheet.name, cell=cell, value=cell)

    def _end(self, tag: str) -> None:
        if self._plain is not None:
            self._read_plain(self._plain)
            self._plain = None
        elif tag == "v" and self._inside == "v":
            self._values.append("".join(self._pieces))
            self._inside = ""
        elif tag == "c" and self._place is not None:
            if self._values or self._strings or self._formula is not None:
                self._sheet.reach(1, self._place[0] + 1, self._place[1] + 1)
                self._note(self._place)
            self._place = None
        elif tag == "is":
            self._run = None
        elif self._run is not None:
            self._run.end(tag)
        elif tag == self._inside:
            if tag in MARGINS:
                self._sheet.add_remark(Remark("margin", _without_codes("".join(self._pieces))))
            self._inside = ""

    def _note(self, place: _Place) -> None:
        sheet = self._sheet
        if self._type not in _TYPES:
            raise refuse("FILE_BROKEN")
        if self._cdata:
            sheet.sure.add(place)
            sheet.unreadable |= self._type == "s"
        looks = self._shared.looks.by_style
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
