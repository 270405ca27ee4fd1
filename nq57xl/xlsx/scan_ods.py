"""The pass over an OpenDocument spreadsheet, which is also its reader: content.xml holds values, formulas and texts."""

from __future__ import annotations

import math
import re
from datetime import datetime, time, timedelta
from typing import Literal

from attrs import define, field

from nq57xl.text.legacy import charset_of_font
from nq57xl.xlsx.cells import CellLook, RawValue, Remark, Run
from nq57xl.xlsx.limits import LIMITS, refuse
from nq57xl.xlsx.package import Attributes, Package, local
from nq57xl.xlsx.scan_cells import (
    ERRORS,
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


_DATA_STYLES = frozenset({"number-style", "percentage-style", "currency-style", "date-style", "time-style"})
_PARTS = {
    "day": ("d", "dd"), "month": ("m", "mm"), "year": ("yy", "yyyy"), "hours": ("h", "hh"), "minutes": ("m", "mm"),
    "seconds": ("s", "ss"), "am-pm": ("AM/PM", "AM/PM"), "day-of-week": ("ddd", "dddd"), "fraction": ("# ?/?", "# ?/?"),
    "scientific-number": ("0.00E+00", "0.00E+00"),
}  # fmt: skip
"""Part of a number format -> what it is in a format's code, short and long."""


@define
class _OdsStyles:
    """Expat callbacks that gather fonts, styles and number formats of styles.xml and content.xml, in this order."""

    margins: list[str] = field(factory=list)
    """Texts of page headers and footers."""
    _faces: dict[str, str] = field(factory=dict)
    """Name of a font face -> the font's own name."""
    _styles: dict[tuple[str, str], _Style] = field(factory=dict)
    """By family and name."""
    _codes: dict[str, str] = field(factory=dict)
    """Name of a number format -> its code as an .xlsx would have it."""
    _open: _Style | None = None
    _data: str | None = None
    """Name of the number format that is being read."""
    _percent: bool = False
    _inside: str = ""
    _looks: dict[str, CellLook | None] = field(factory=dict)

    def start(self, tag: str, attributes: Attributes) -> None:
        """Opens a font face, a style or a number format."""
        name = local(tag)
        if name == "font-face":
            self._faces[attributes.get("style:name", "")] = _bare(attributes.get("svg:font-family", ""))
        elif name == "style" and tag.startswith("style:"):
            parent, data = attributes.get("style:parent-style-name", ""), attributes.get("style:data-style-name", "")
            self._open = _Style(parent, data=data)
            self._styles[attributes.get("style:family", ""), attributes.get("style:name", "")] = self._open
        elif name in _DATA_STYLES:
            self._data, self._percent = attributes.get("style:name", ""), name == "percentage-style"
            hours = attributes.get("number:truncate-on-overflow") == "false"
            self._codes[self._data] = "[h]" if hours else ""
        elif self._data is not None and tag.startswith("number:"):
            self._inside = name
            self._codes[self._data] += _part(name, attributes, self._codes[self._data])
        elif self._open is not None and name == "text-properties":
            self._note_font(self._open, attributes)
        elif self._open is not None and name == "table-properties":
            self._open.visible = attributes.get("table:display") != "false"
        elif name in ("header", "footer") and tag.startswith("style:"):
            self._inside = "margin"
            self.margins.append("")
        elif name in ("sheet-name", "page-number", "page-count", "date", "time", "title", "file-name"):
            self._inside = "" if self._inside == "margin" else self._inside

    def _note_font(self, style: _Style, attributes: Attributes) -> None:
        face = attributes.get("style:font-name", "")
        style.font = self._faces.get(face, face) or _bare(attributes.get("fo:font-family", ""))
        line = attributes.get("style:text-line-through-style") or attributes.get("style:text-line-through-type")
        style.struck = None if line is None else line != "none"
        place = attributes.get("style:text-position", "")
        style.raised = "super" if re.match(r"super|[1-9]", place) else "sub" if re.match("sub|-", place) else ""

    def text(self, piece: str) -> None:
        """Words within a number format, and those of page headers."""
        if self._data is not None and self._inside == "text":
            sign = self._percent and piece.strip() == "%"
            self._codes[self._data] += piece if sign else '"{}"'.format(piece.replace('"', ""))
        elif self._inside == "margin" and self.margins and len(self.margins[-1]) < LIMITS.cell_text:
            self.margins[-1] += piece

    def end(self, tag: str) -> None:
        """Closes a style or a number format."""
        name = local(tag)
        if name == "style":
            self._open = None
        elif name in _DATA_STYLES:
            self._data = None
        elif name in ("header", "footer") or self._data is not None:
            self._inside = ""
        elif self.margins and name in ("sheet-name", "page-number", "page-count", "date", "time", "title", "file-name"):
            self._inside = "margin"

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
            run = self.run("table-cell", name, "")
            code = next(
                (self._codes.get(style.data, "") for style in self._chain("table-cell", name) if style.data), ""
            )
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


def _part(name: str, attributes: Attributes, before: str) -> str:
    """A part of a number format as it stands in a format's code."""
    if name == "number":
        places = attributes.get("number:decimal-places", attributes.get("number:min-decimal-places", "0"))
        digits = attributes.get("number:min-integer-digits", "1")
        whole = (
            "#,##0"
            if attributes.get("number:grouping") == "true"
            else "0" * min(int(digits), 20)
            if digits.isdecimal()
            else "0"
        )
        scaled = "," * (len(attributes.get("number:display-factor", "1")) // 3)
        return (
            (whole or "0") + (f".{'0' * min(int(places), 20)}" if places.isdecimal() and int(places) else "") + scaled
        )
    if name == "hours" and before.startswith("[h]"):
        return ""
    if name == "month" and attributes.get("number:textual") == "true":
        return "mmm"
    short, long = _PARTS.get(name, ("", ""))
    return long if attributes.get("number:style") == "long" else short


def _bare(family: str) -> str:
    """The first font of a list, without quotes: "'.VnTime', Arial"."""
    return family.split(",", maxsplit=1)[0].strip().strip("'\"")


_BLANKS = re.compile(r"[ \t\r\n]+")
_NUMBERS = frozenset({"float", "percentage", "currency"})


def scan_ods(data: bytes) -> Scan:
    """Streams styles.xml and content.xml; every sheet's `cells` are filled. Raises Refused as `scan_xlsx` does."""
    package = Package(data)
    if "content.xml" not in package:
        raise refuse("FILE_BROKEN")
    styles = _OdsStyles()
    package.parse("styles.xml", styles.start, styles.end, styles.text, prefixed=True)
    reader = _ContentReader(styles)
    package.parse("content.xml", reader.start, reader.end, reader.text, prefixed=True)
    package.refuse_doctypes()
    check_count(reader.sheets)
    for text in dict.fromkeys(filter(None, map(str.strip, styles.margins))):
        reader.sheets[0].add_remark(Remark("margin", text))
    names = [name.lower() for name in package.names()]
    notes = active_notes(
        macros=any(name.startswith(("basic/", "scripts/")) and name.count("/") > 1 for name in names),
        links=reader.links,
        calls=reader.calls or any(sheet.calls for sheet in reader.sheets),
        embedded=any(name.startswith("object ") for name in names),
    )
    return Scan(tuple(reader.sheets), package.text("meta.xml", "generator"), notes, reader.date1904)


def _repeat(attributes: Attributes, name: str) -> int:
    text = attributes.get(name, "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 9 else 1


class _OdsText:
    """The text of one cell or remark as it is built up: paragraphs, breaks, spans with styles of their own."""

    def __init__(self, styles: _OdsStyles) -> None:
        self._styles = styles
        self._runs: list[Run] = []
        self._spans: list[str] = []
        self._paragraphs = self._length = 0
        self._inside = False
        self.links: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:
        """Opens a paragraph or a span; breaks, tabs and counted blanks are letters."""
        if name in ("p", "h"):
            if self._paragraphs:
                self._add("\n")
            self._paragraphs, self._inside = self._paragraphs + 1, True
        elif name == "span":
            self._spans.append(attributes.get("text:style-name", ""))
        elif name == "a":
            self.links.append(attributes.get("xlink:href", ""))
        elif name == "s":
            self._add(" " * min(_repeat(attributes, "text:c"), LIMITS.cell_text + 1))
        elif name in ("tab", "line-break"):
            self._add("\t" if name == "tab" else "\n")

    def end(self, name: str) -> None:
        """Closes a paragraph or a span."""
        if name in ("p", "h"):
            self._inside, self._spans = False, []
        elif name == "span" and self._spans:
            self._spans.pop()

    def text(self, piece: str) -> None:
        """Blanks count once, as OpenDocument says; those between paragraphs do not count."""
        if self._inside:
            self._add(_BLANKS.sub(" ", piece))

    def _add(self, piece: str) -> None:
        self._length += len(piece)
        if self._length > LIMITS.cell_text:
            raise too_long()
        run = Run(piece)
        for name in reversed(self._spans):
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


class _ContentReader:
    """Expat callbacks; places are counted, because OpenDocument gives no addresses."""

    def __init__(self, styles: _OdsStyles) -> None:
        self.sheets: list[SheetScan] = []
        self.links = self.calls = self.date1904 = False
        self._styles = styles
        self._columns: list[tuple[int, str]] = []
        """(first column after the group, default style)."""
        self._row = self._column = self._skipped = 0
        self._row_repeat = self._repeat = 1
        self._row_style = ""
        self._cell: Attributes | None = None
        self._shown = _OdsText(styles)
        self._remark: _OdsText | None = None
        """Text of the comment or drawing that is being read, beside what the cell says."""
        self._kind: Literal["comment", "box", "picture"] = "comment"
        self._author = ""
        self._creator = False
        self._depth = 0
        """Tables inside cells (sub-tables) are not sheets."""

    def start(self, tag: str, attributes: Attributes) -> None:
        """Opens a table, row or cell; links to programs are passed over, comments and drawings read beside."""
        name = local(tag)
        if self._remark is not None:
            self._inside_remark(tag, name, attributes)
        elif self._depth and (name == "annotation" or tag.startswith("draw:")):
            self._skipped, self._remark, self._author = 1, _OdsText(self._styles), ""
            self._kind = "comment" if name == "annotation" else "box"
        elif self._skipped or name in ("dde-link", "tracked-changes"):
            self._skipped += 1
            self.calls = self.calls or name == "dde-link"
        elif name == "table" and tag.startswith("table:"):
            self._depth += 1
            if self._depth == 1:
                self._open_table(attributes)
        elif self._depth == 0:
            self._styles.start(tag, attributes)
            self.date1904 = self.date1904 or attributes.get("table:date-value", "").startswith("1904")
        elif self._depth == 1:
            self._inside_table(tag, name, attributes)

    def _inside_remark(self, tag: str, name: str, attributes: Attributes) -> None:
        self._skipped += 1
        self._creator = name == "creator"
        if name in ("image", "object") and tag.startswith("draw:") and self._kind == "box":
            self._kind = "picture"
        elif self._remark is not None and tag.startswith("text:"):
            self._remark.start(name, attributes)

    def _inside_table(self, tag: str, name: str, attributes: Attributes) -> None:
        if name == "table-row":
            self._column, self._row_repeat = 0, _repeat(attributes, "table:number-rows-repeated")
            self._row_style = attributes.get("table:default-cell-style-name", "")
        elif name == "table-column":
            first = self._columns[-1][0] if self._columns else 0
            width = _repeat(attributes, "table:number-columns-repeated")
            self._columns.append((first + width, attributes.get("table:default-cell-style-name", "")))
        elif name in ("table-cell", "covered-table-cell"):
            self._repeat = _repeat(attributes, "table:number-columns-repeated")
            self._cell, self._shown = attributes, _OdsText(self._styles)
            self._merge(attributes)
        elif name == "table-source":  # LibreOffice keeps what it last saw of another workbook as a table
            self.links = True
            self.sheets[-1].name = ""
        elif self._cell is not None and tag.startswith("text:"):
            self._shown.start(name, attributes)

    def _merge(self, attributes: Attributes) -> None:
        rows = _repeat(attributes, "table:number-rows-spanned")
        columns = _repeat(attributes, "table:number-columns-spanned")
        if rows > 1 or columns > 1:
            self.sheets[-1].merge((self._row, self._column, self._row + rows - 1, self._column + columns - 1))

    def _open_table(self, attributes: Attributes) -> None:
        self._row = self._column = 0
        self._columns = []
        visible = self._styles.visible(attributes.get("table:style-name", ""))
        protected = attributes.get("table:protected") == "true"
        self.sheets.append(SheetScan(attributes.get("table:name", ""), visible, protected))

    def text(self, piece: str) -> None:
        """A piece of what a cell shows, or of what is said beside it."""
        if self._remark is not None and self._creator:
            self._author = (self._author + piece)[:200]
        elif self._remark is not None:
            self._remark.text(piece)
        elif self._cell is not None and not self._skipped:
            self._shown.text(piece)
        elif self._depth == 0:
            self._styles.text(piece)

    def end(self, tag: str) -> None:
        """Closes a table, row or cell."""
        name = local(tag)
        if self._skipped:
            self._end_skipped(tag, name)
        elif name == "table" and tag.startswith("table:"):
            self._depth -= 1
            if self._depth == 0 and not self.sheets[-1].name:
                self.sheets.pop()
        elif self._depth == 0:
            self._styles.end(tag)
        elif self._depth == 1:
            self._end_inside(tag, name)

    def _end_skipped(self, tag: str, name: str) -> None:
        self._skipped -= 1
        self._creator = False
        if self._remark is not None and tag.startswith("text:"):
            self._remark.end(name)
        if self._remark is not None and not self._skipped:
            text, place = self._remark.whole.strip(), (self._row, self._column) if self._cell is not None else None
            if text or self._kind == "picture":
                self.sheets[-1].add_remark(Remark(self._kind, text, place, place, self._author))
            self._remark = None

    def _end_inside(self, tag: str, name: str) -> None:
        if name == "table-row":
            self._row += self._row_repeat
        elif name in ("table-cell", "covered-table-cell") and self._cell is not None:
            self._note(self._cell)
            self._column += self._repeat
            self._cell = None
        elif tag.startswith("text:"):
            self._shown.end(name)

    def _note(self, attributes: Attributes) -> None:
        """Writes down a cell with something in it, as often as it is repeated."""
        text, formula = self._shown.whole, attributes.get("table:formula")
        kind = attributes.get("office:value-type") or ("string" if text else None)
        if formula is None and kind is None:
            return
        sheet = self.sheets[-1]
        cells = self._row_repeat * self._repeat
        sheet.reach(cells, self._row + self._row_repeat, self._column + self._repeat)
        sheet.check_extent()
        if cells * len(text) > LIMITS.text_letters:
            raise too_much_text()
        for row in range(self._row, self._row + self._row_repeat):
            for column in range(self._column, self._column + self._repeat):
                self._note_one(sheet, (row, column), attributes, kind or "")

    def _note_one(self, sheet: SheetScan, place: tuple[int, int], attributes: Attributes, kind: str) -> None:
        text, formula = self._shown.whole, attributes.get("table:formula")
        look = self._styles.look(self._style_at(place, attributes))
        code = (look.format if look is not None else "") or ("0%" if kind == "percentage" else "")
        value = _value(attributes, kind, text)
        number, error = days_of(value), ""
        if isinstance(value, float):
            if math.isfinite(value):
                number, value = under_format(value, code, date1904=self.date1904)
            else:
                value, number, error = None, None, attributes.get("office:value", "").strip()
        if _is_error(attributes, formula, text.strip()):
            value, number, error = None, None, text.strip() or "#N/A"
        if isinstance(value, str) and len(value) > LIMITS.cell_text:
            raise too_long(sheet.name, place)
        if value == "" and not kind:
            value = None
        if runs := self._shown.runs if value == text else ():
            sheet.runs[place] = runs
        formula = None if formula is None else formula.partition("=")[2]
        link = next(filter(None, self._shown.links), "")
        sheet.add_cell(place, look, value, formula, code=code, number=number, error=error, link=link)

    def _style_at(self, place: tuple[int, int], attributes: Attributes) -> str:
        """The cell's own style, else its row's, else its column's."""
        own = attributes.get("table:style-name", "") or self._row_style
        return own or next((style for end, style in self._columns if place[1] < end), "")


def _is_error(attributes: Attributes, formula: str | None, text: str) -> bool:
    """LibreOffice marks errors of its own; other programs leave their names as texts."""
    if attributes.get("calcext:value-type") == "error" or text in ERRORS:
        return True
    return formula is not None and text.startswith(("#", "Err:"))


def _value(attributes: Attributes, kind: str, text: str) -> RawValue:
    """The value that the attributes tell; the text that is shown where they tell none."""
    if kind in _NUMBERS:
        try:
            return float(attributes.get("office:value", ""))
        except ValueError:
            return text
    if kind == "date":
        return iso_date(attributes.get("office:date-value", "")) or text
    if kind == "time":
        found = _iso_time(attributes.get("office:time-value", ""))
        return text if found is None else found
    if kind == "boolean":
        return attributes.get("office:boolean-value") == "true"
    return attributes.get("office:string-value", text) if kind else None


_DURATION = re.compile(r"PT([0-9]{1,6})H([0-9]{1,2})M([0-9]{1,2})(?:[.,][0-9]+)?S")


def _iso_time(text: str) -> time | timedelta | None:
    """A time of day or a duration: "PT08H30M00S"; None for anything else."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        return None
    found = timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3]))
    return found if found >= timedelta(days=1) else (datetime.min + found).time()
