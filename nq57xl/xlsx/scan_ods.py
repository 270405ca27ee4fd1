"""The pass over an OpenDocument spreadsheet, which is also its reader: content.xml holds values, formulas and texts.

Each row is read as a tree of its own once it is whole, and so are the styles; the rest of the file streams by.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

from attrs import define, field

from nq57xl.text.legacy import charset_of_font
from nq57xl.xlsx.cells import CellLook, Place, RawValue, Remark, Run
from nq57xl.xlsx.limits import LIMITS, refuse
from nq57xl.xlsx.package import Attributes, Package, local
from nq57xl.xlsx.scan_cells import (
    ERRORS,
    ElementReader,
    Scan,
    SheetScan,
    active_notes,
    check_count,
    iso_date,
    too_long,
    too_much_text,
)
from nq57xl.xlsx.shown import days_of, under_format

_PARENTS = 20
"""Styles that build on styles; LibreOffice makes two or three."""


@define
class _Style:
    parent: str = ""
    font: str = ""
    struck: bool | None = None
    raised: str = ""
    data: str = ""
    """Name of its number format."""
    visible: bool = True


_PAGE_FIELDS = frozenset({"sheet-name", "page-number", "page-count", "date", "time", "title", "file-name"})
"""What a program fills in on each page."""
_DATA_STYLES = frozenset({"number-style", "percentage-style", "currency-style", "date-style", "time-style"})
_PARTS = {
    "day": ("d", "dd"), "month": ("m", "mm"), "year": ("yy", "yyyy"), "hours": ("h", "hh"), "minutes": ("m", "mm"),
    "seconds": ("s", "ss"), "am-pm": ("AM/PM", "AM/PM"), "day-of-week": ("ddd", "dddd"), "fraction": ("# ?/?", "# ?/?"),
    "scientific-number": ("0.00E+00", "0.00E+00"),
}  # fmt: skip
"""Part of a number format -> what it is in a format's code, short and long."""


@define
class _OdsStyles:
    """Fonts, styles and number formats of styles.xml and content.xml, added in this order."""

    margins: list[str] = field(factory=list)
    """Texts of page headers and footers."""
    _faces: dict[str, str] = field(factory=dict)
    """Name of a font face -> the font's own name."""
    _styles: dict[tuple[str, str], _Style] = field(factory=dict)
    """By family and name."""
    _codes: dict[str, str] = field(factory=dict)
    """Name of a number format -> its code as an .xlsx would have it."""
    _looks: dict[str, CellLook | None] = field(factory=dict)

    def add(self, root: Element) -> None:
        """The fonts, styles, number formats and page headers in an element."""
        for item in root.iter():
            name = local(item.tag)
            if name == "font-face":
                self._faces[item.get("style:name", "")] = _bare(item.get("svg:font-family", ""))
            elif item.tag == "style:style":
                self._styles[item.get("style:family", ""), item.get("style:name", "")] = self._style(item)
            elif name in _DATA_STYLES:
                self._codes[item.get("style:name", "")] = _code(item)
            elif item.tag in ("style:header", "style:footer"):
                words: list[str] = []
                _add_page_words(item, words)
                self.margins.append("".join(words)[: LIMITS.cell_text])
                item.clear()  # else what stands within would be read once more for each level

    def _style(self, style: Element) -> _Style:
        made = _Style(style.get("style:parent-style-name", ""), data=style.get("style:data-style-name", ""))
        for item in style:
            if local(item.tag) == "table-properties":
                made.visible = item.get("table:display") != "false"
            elif local(item.tag) == "text-properties":
                face = item.get("style:font-name", "")
                made.font = self._faces.get(face, face) or _bare(item.get("fo:font-family", ""))
                line = item.get("style:text-line-through-style") or item.get("style:text-line-through-type")
                made.struck = None if line is None else line != "none"
                place = item.get("style:text-position", "")
                made.raised = "super" if re.match(r"super|[1-9]", place) else "sub" if re.match("sub|-", place) else ""
        return made

    def _chain(self, family: str, name: str) -> list[_Style]:
        """A style and those it builds on."""
        found: list[_Style] = []
        while len(found) < _PARENTS and (style := self._styles.get((family, name))) is not None:
            found.append(style)
            name = style.parent
        return found

    def look(self, name: str) -> CellLook | None:
        """What a cell's style tells; None where it tells nothing."""
        if name not in self._looks:
            run, chain = self.run("table-cell", name, ""), self._chain("table-cell", name)
            code = next((self._codes.get(style.data, "") for style in chain if style.data), "")
            self._looks[name] = CellLook(code, run.font, bool(run.struck)) if code or run.font or run.struck else None
        return self._looks[name]

    def run(self, family: str, name: str, text: str) -> Run:
        """A text in that style."""
        chain = self._chain(family, name)
        font = next((style.font for style in chain if style.font), "")
        struck = next((style.struck for style in chain if style.struck is not None), None)
        raised = next((style.raised for style in chain if style.raised), "")
        return Run(text, font if charset_of_font(font) else "", struck, raised)

    def visible(self, name: str) -> bool:
        """Whether a sheet of that style is shown."""
        style = self._styles.get(("table", name))
        return style is None or style.visible


def _add_page_words(element: Element, words: list[str]) -> None:
    """Adds the texts of a page header but for what programs fill in."""
    if local(element.tag) not in _PAGE_FIELDS:
        words.append(element.text or "")
        for item in element:
            _add_page_words(item, words)
            words.append(item.tail or "")


def _code(data: Element) -> str:
    """The code of a number format."""
    code = "[h]" if data.get("number:truncate-on-overflow") == "false" else ""
    for item in data:
        text = item.text or ""
        if item.tag == "number:text" and text:
            sign = local(data.tag) == "percentage-style" and text.strip() == "%"
            code += text if sign else '"{}"'.format(text.replace('"', ""))
        elif item.tag.startswith("number:"):
            code += _part(item, code)
    return code


def _part(part: Element, before: str) -> str:
    """A part of a number format as it stands in a format's code."""
    name = local(part.tag)
    if name == "number":
        places = part.get("number:decimal-places", part.get("number:min-decimal-places", "0"))
        digits = part.get("number:min-integer-digits", "1")
        whole = "0" * min(int(digits), 20) if digits.isdecimal() else ""
        whole = "#,##0" if part.get("number:grouping") == "true" else whole or "0"
        decimals = f".{'0' * min(int(places), 20)}" if places.isdecimal() and int(places) else ""
        return whole + decimals + "," * (len(part.get("number:display-factor", "1")) // 3)
    if name == "hours" and before.startswith("[h]"):
        return ""
    if name == "month" and part.get("number:textual") == "true":
        return "mmm"
    short, long = _PARTS.get(name, ("", ""))
    return long if part.get("number:style") == "long" else short


def _bare(family: str) -> str:
    """The first font of a list, without quotes: "'.VnTime', Arial"."""
    return family.split(",", maxsplit=1)[0].strip().strip("'\"")


_BLANKS = re.compile(r"[ \t\r\n]+")
_NUMBERS = frozenset({"float", "percentage", "currency"})
_DURATION = re.compile(r"PT([0-9]{1,6})H([0-9]{1,2})M([0-9]{1,2})(?:[.,][0-9]+)?S")


def scan_ods(data: bytes) -> Scan:
    """Reads styles.xml and content.xml; every sheet's `cells` are filled. Raises Refused as `scan_xlsx` does."""
    package = Package(data)
    if "content.xml" not in package:
        raise refuse("FILE_BROKEN")
    reader = _ContentReader()
    reader.styles.add(package.tree("styles.xml", prefixed=True))
    package.parse("content.xml", reader.start, reader.end, reader.text, prefixed=True)
    package.refuse_doctypes()
    check_count(reader.sheets)
    for text in dict.fromkeys(filter(None, map(str.strip, reader.styles.margins))):
        reader.sheets[0].add_remark(Remark("margin", text))
    names = [name.lower() for name in package.names()]
    notes = active_notes(
        macros=any(name.startswith(("basic/", "scripts/")) and name.count("/") > 1 for name in names),
        links=reader.links,
        calls=reader.calls or any(sheet.calls for sheet in reader.sheets),
        embedded=any(name.startswith("object ") for name in names),
    )
    return Scan(tuple(reader.sheets), package.text("meta.xml", "generator"), notes, reader.date1904)


def _repeat(element: Element, name: str) -> int:
    text = element.get(name, "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 9 else 1


class _OdsText:
    """The text of one cell or remark: its paragraphs, with breaks, and spans with styles of their own."""

    def __init__(self, styles: _OdsStyles, paragraphs: Iterable[Element], sheet: str, place: Place | None) -> None:
        self._styles, self._where, self._length = styles, (sheet, place), 0
        self._runs: list[Run] = []
        self.links: list[str] = []
        for number, paragraph in enumerate(paragraphs):
            if number:
                self._add("\n", ())
            self._read(paragraph, ())

    def _read(self, element: Element, spans: tuple[str, ...]) -> None:
        """Blanks count once, as OpenDocument says; breaks, tabs and counted blanks are letters.

        A paragraph within is given after this one.
        """
        self._add(_BLANKS.sub(" ", element.text or ""), spans)
        for item in element:
            name = local(item.tag)
            if name == "s":
                self._add(" " * min(_repeat(item, "text:c"), LIMITS.cell_text + 1), spans)
            elif name in ("tab", "line-break"):
                self._add("\t" if name == "tab" else "\n", spans)
            elif not _is_beside(item) and item.tag not in _PARAGRAPHS:
                if name == "a":
                    self.links.append(item.get("xlink:href", ""))
                self._read(item, (item.get("text:style-name", ""), *spans) if name == "span" else spans)
            self._add(_BLANKS.sub(" ", item.tail or ""), spans)

    def _add(self, piece: str, spans: tuple[str, ...]) -> None:
        if not piece:
            return
        self._length += len(piece)
        if self._length > LIMITS.cell_text:
            raise too_long(*self._where)
        run = Run(piece)
        for name in spans:
            own = self._styles.run("text", name, piece)
            struck = own.struck if run.struck is None else run.struck
            run = Run(piece, run.font or own.font, struck, run.raised or own.raised)
        self._runs.append(run)

    @property
    def whole(self) -> str:
        """All of it."""
        return "".join(run.text for run in self._runs)

    @property
    def runs(self) -> tuple[Run, ...]:
        """Its runs, where one has a font of its own."""
        told = any(run.font or run.struck is not None or run.raised for run in self._runs)
        return tuple(self._runs) if told else ()


_PARAGRAPHS = frozenset({"text:p", "text:h"})


def _is_beside(element: Element) -> bool:
    """Whether it is a comment or a drawing, and no part of what the cell says."""
    return local(element.tag) == "annotation" or element.tag.startswith("draw:")


def _parts(element: Element, *, beside: bool) -> Iterator[Element]:
    """The comments and drawings in a cell, or else its paragraphs; tables inside cells (sub-tables) are not read."""
    for item in element:
        if _is_beside(item):
            if beside:
                yield item
        elif item.tag != "table:table":
            if item.tag in _PARAGRAPHS and not beside:
                yield item
            yield from _parts(item, beside=beside)


_WHOLE = _DATA_STYLES | {"font-face", "style", "header", "footer"}
"""Elements outside tables that are read once they are whole; in tables it is rows, and each drawing beside them."""


class _ContentReader(ElementReader):
    """The rows of sheets, and styles, each whole; places are counted, because OpenDocument gives no addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[SheetScan] = []
        self.styles = _OdsStyles()
        self.links = self.calls = self.date1904 = False
        self._columns: list[tuple[int, str]] = []
        """(first column after the group, default style)."""
        self._row = self._skipped = 0
        self._table = False
        """Within a sheet."""

    def takes(self, tag: str) -> bool:
        """In tables rows and drawings beside them, else fonts, styles and page headers."""
        if self._skipped or not self._table:
            return not self._skipped and local(tag) in _WHOLE
        return local(tag) == "table-row" or tag.startswith("draw:")

    def opened(self, tag: str, attributes: Attributes) -> None:
        """A table or a column; links to programs are passed over, and a table that stands among the rows of another."""
        name = local(tag)
        if self._skipped or name in ("dde-link", "tracked-changes") or (tag == "table:table" and self._table):
            self._skipped += 1
            self.calls = self.calls or name == "dde-link"
        elif tag == "table:table":
            self._table, self._row, self._columns = True, 0, []
            visible = self.styles.visible(attributes.get("table:style-name", ""))
            protected = attributes.get("table:protected") == "true"
            self.sheets.append(SheetScan(attributes.get("table:name", ""), visible, protected))
        elif name == "table-column" and self._table:
            first = self._columns[-1][0] if self._columns else 0
            last = first + _repeat(Element(tag, attributes), "table:number-columns-repeated")
            self._columns.append((last, attributes.get("table:default-cell-style-name", "")))
        elif name == "table-source" and self._table:
            # LibreOffice keeps what it last saw of another workbook as a table
            self.links = True
            self.sheets[-1].name = ""
        self.date1904 = self.date1904 or attributes.get("table:date-value", "").startswith("1904")

    def closed(self, tag: str) -> None:
        """A table."""
        if self._skipped:
            self._skipped -= 1
        elif tag == "table:table":
            self._table = False
            if not self.sheets[-1].name:
                self.sheets.pop()

    def whole(self, element: Element) -> None:
        """A row, a drawing, or a style."""
        if local(element.tag) == "table-row":
            self._read_row(element)
        elif self._table:
            self._note_beside(element, None)
        else:
            self.styles.add(element)

    def _note_beside(self, element: Element, place: Place | None) -> None:
        """A comment or drawing."""
        tags = {item.tag for item in element.iter()}
        paragraphs = (item for item in element.iter() if item.tag in _PARAGRAPHS)
        text = _OdsText(self.styles, paragraphs, self.sheets[-1].name, place).whole.strip()
        if local(element.tag) == "annotation":
            author = next((item.text or "" for item in element.iter() if local(item.tag) == "creator"), "")[:200]
            remark = Remark("comment", text, place, place, author)
        else:
            remark = Remark("picture" if tags & {"draw:image", "draw:object"} else "box", text, place, place)
        if text or remark.kind == "picture":
            self.sheets[-1].add_remark(remark)

    def _read_row(self, row: Element) -> None:
        down, column = _repeat(row, "table:number-rows-repeated"), 0
        for cell in row:
            if local(cell.tag) in ("table-cell", "covered-table-cell"):
                across = _repeat(cell, "table:number-columns-repeated")
                own = cell.get("table:style-name", "") or row.get("table:default-cell-style-name", "")
                self._read_cell(cell, own, (self._row, column), (down, across))
                column += across
        self._row += down

    def _read_cell(self, cell: Element, style: str, place: Place, size: tuple[int, int]) -> None:
        """A cell with something in it, as often as it is repeated; `style`: its own or its row's."""
        sheet, (row, column), (down, across) = self.sheets[-1], place, size
        rows, columns = (_repeat(cell, f"table:number-{name}-spanned") for name in ("rows", "columns"))
        if rows > 1 or columns > 1:
            sheet.merge((row, column, row + rows - 1, column + columns - 1))
        for item in _parts(cell, beside=True):
            self._note_beside(item, place)
        shown = _OdsText(self.styles, _parts(cell, beside=False), sheet.name, place)
        text = shown.whole
        kind = cell.get("office:value-type") or ("string" if text else "")
        if cell.get("table:formula") is None and not kind:
            return
        sheet.reach(down * across, row + down, column + across)
        sheet.check_extent()
        if down * across * len(text) > LIMITS.text_letters:
            raise too_much_text()
        for line in range(row, row + down):
            for number in range(column, column + across):
                own = style or next((told for end, told in self._columns if number < end), "")
                self._add_cell((line, number), self.styles.look(own), cell, kind, shown)

    def _add_cell(self, place: Place, look: CellLook | None, cell: Element, kind: str, shown: _OdsText) -> None:
        sheet, text, formula = self.sheets[-1], shown.whole, cell.get("table:formula")
        code = (look.format if look is not None else "") or ("0%" if kind == "percentage" else "")
        value = _value(cell, kind, text)
        number, error = days_of(value), ""
        if isinstance(value, float):
            if math.isfinite(value):
                number, value = under_format(value, code, date1904=self.date1904)
            else:
                value, number, error = None, None, cell.get("office:value", "").strip()
        said = text.strip()
        marked = cell.get("calcext:value-type") == "error" or said in ERRORS
        # LibreOffice marks errors of its own; other programs leave their names as texts
        if marked or (formula is not None and said.startswith(("#", "Err:"))):
            value, number, error = None, None, said or "#N/A"
        if isinstance(value, str) and len(value) > LIMITS.cell_text:
            raise too_long(sheet.name, place)
        if value == "" and not kind:
            value = None
        if runs := shown.runs if value == text else ():
            sheet.runs[place] = runs
        formula = None if formula is None else formula.partition("=")[2]
        link = next(filter(None, shown.links), "")
        sheet.add_cell(place, look, value, formula, code=code, number=number, error=error, link=link)


def _value(cell: Element, kind: str, text: str) -> RawValue:
    """The value that the attributes tell; the text that is shown where they tell none."""
    if kind in _NUMBERS:
        try:
            return float(cell.get("office:value", ""))
        except ValueError:
            return text
    if kind == "date":
        return iso_date(cell.get("office:date-value", "")) or text
    if kind == "time":
        match = _DURATION.fullmatch(cell.get("office:time-value", "").strip())
        if match is None:
            return text
        found = timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3]))
        return found if found >= timedelta(days=1) else (datetime.min + found).time()
    if kind == "boolean":
        return cell.get("office:boolean-value") == "true"
    return cell.get("office:string-value", text) if kind else None
