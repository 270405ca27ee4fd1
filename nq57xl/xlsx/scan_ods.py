"""The pass over an OpenDocument spreadsheet, which is also its reader: content.xml holds values, formulas and texts."""

from __future__ import annotations

import math
import re

from attrs import define, field

from nq57xl.text.addresses import a1
from nq57xl.text.legacy import charset_of_font
from nq57xl.xlsx import limits
from nq57xl.xlsx.cells import ERRORS, RawValue, iso_date, iso_time, serial_day
from nq57xl.xlsx.package import Attributes, Package, local
from nq57xl.xlsx.refused import refuse
from nq57xl.xlsx.scan import Scan, active_ods
from nq57xl.xlsx.scan_sheet import SheetScan, check_extent, check_total
from nq57xl.xlsx.scan_styles import DateFormat

_PARENTS = 20
"""Styles that build on styles; LibreOffice makes two or three."""
_CLOCK = frozenset({"hours", "minutes", "seconds", "am-pm"})


@define
class _Style:
    parent: str = ""
    font: str = ""
    data: str = ""
    """Name of its number format."""
    visible: bool = True


@define
class _OdsStyles:
    """Expat callbacks that gather fonts, styles and date formats of styles.xml and content.xml, in this order."""

    _faces: dict[str, str] = field(factory=dict)
    """Name of a font face -> the font's own name."""
    _styles: dict[tuple[str, str], _Style] = field(factory=dict)
    """By family and name."""
    _dates: dict[str, list[str]] = field(factory=dict)
    """Name of a date format -> its parts in order: "month", "day", "year"."""
    _open: _Style | None = None
    _date: list[str] | None = None

    def start(self, tag: str, attributes: Attributes) -> None:
        """Opens a font face, a style or a date format."""
        name = local(tag)
        if name == "font-face":
            self._faces[attributes.get("style:name", "")] = _bare(attributes.get("svg:font-family", ""))
        elif name == "style" and tag.startswith("style:"):
            parent, data = attributes.get("style:parent-style-name", ""), attributes.get("style:data-style-name", "")
            self._open = _Style(parent, data=data)
            self._styles[attributes.get("style:family", ""), attributes.get("style:name", "")] = self._open
        elif name == "date-style":
            self._date = self._dates.setdefault(attributes.get("style:name", ""), [])
        elif self._date is not None and tag.startswith("number:"):
            self._date.append(name)
        elif self._open is not None and name == "text-properties":
            face = attributes.get("style:font-name", "")
            self._open.font = self._faces.get(face, face) or _bare(attributes.get("fo:font-family", ""))
        elif self._open is not None and name == "table-properties":
            self._open.visible = attributes.get("table:display") != "false"

    def end(self, tag: str) -> None:
        """Closes a style or a date format."""
        name = local(tag)
        if name == "style":
            self._open = None
        elif name == "date-style":
            self._date = None

    def font(self, family: str, name: str) -> str:
        """The legacy font of a style, its own or that of the style it builds on; "" for any other."""
        for _ in range(_PARENTS):
            style = self._styles.get((family, name))
            if style is None:
                return ""
            if style.font:
                return style.font if charset_of_font(style.font) else ""
            name = style.parent
        return ""

    def date_format(self, name: str) -> DateFormat:
        """How cells of that style show a date."""
        style = self._styles.get(("table-cell", name))
        parts = self._dates.get(style.data, []) if style else []
        if "year" not in parts or "month" not in parts or _CLOCK & set(parts):
            return ""
        if "day" not in parts:
            return "month"
        month = parts.index("month")
        return "us" if month < parts.index("day") and month < parts.index("year") else ""

    def is_date(self, name: str) -> bool:
        """Whether cells of that style show a number as a day: SheetJS writes no other dates."""
        style = self._styles.get(("table-cell", name))
        return style is not None and bool({"day", "month", "year"} & set(self._dates.get(style.data, [])))

    def visible(self, name: str) -> bool:
        """Whether a sheet of that style is shown."""
        style = self._styles.get(("table", name))
        return style is None or style.visible


def _bare(family: str) -> str:
    """The first font of a list, without quotes: "'.VnTime', Arial"."""
    return family.split(",", maxsplit=1)[0].strip().strip("'\"")


_BOOLEAN_FORMULAS = frozenset({"OF:=TRUE()", "OF:=FALSE()"})
_BLANKS = re.compile(r"[ \t\r\n]+")
_NUMBERS = frozenset({"float", "percentage", "currency"})


def scan_ods(data: bytes) -> Scan:
    """Streams styles.xml and content.xml; every sheet's `cells` are filled. Raises Refused as `scan_xlsx` does."""
    package = Package(data)
    if "content.xml" not in package:
        raise refuse("FILE_BROKEN")
    styles = _OdsStyles()
    package.parse("styles.xml", styles.start, styles.end, prefixed=True)
    reader = _ContentReader(styles)
    package.parse("content.xml", reader.start, reader.end, reader.text, prefixed=True)
    package.refuse_doctypes()
    sheets = tuple(reader.sheets)
    if not sheets:
        raise refuse("FILE_BROKEN")
    if len(sheets) > limits.SHEETS:
        raise refuse("FILE_TOO_MANY_SHEETS", count=len(sheets), limit=limits.SHEETS)
    check_total(sheets)
    formulas = (formula for sheet in sheets for formula, _ in sheet.formulas.values())
    active = active_ods(package.names(), formulas, links=reader.links, calls=reader.calls)
    return Scan(sheets, _program(package), active, reader.date1904)


def _program(package: Package) -> str:
    texts: list[str] = []
    inside = False

    def start(tag: str, _: Attributes) -> None:
        nonlocal inside
        inside = local(tag) == "generator"

    def text(piece: str) -> None:
        if inside and len(texts) < 4:
            texts.append(piece[:200])

    def end(_: str) -> None:
        nonlocal inside
        inside = False

    package.parse("meta.xml", start, end, text)
    return "".join(texts).strip()


def _repeat(attributes: Attributes, name: str) -> int:
    text = attributes.get(name, "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 9 else 1


class _CellText:
    """The text of one cell as it is built up: paragraphs, breaks, spans with fonts of their own."""

    def __init__(self, styles: _OdsStyles) -> None:
        self._styles = styles
        self._pieces: list[tuple[str, str]] = []
        self._fonts: list[str] = []
        self._paragraphs = self._length = 0
        self._inside = False

    def start(self, name: str, attributes: Attributes) -> None:
        """Opens a paragraph or a span; breaks, tabs and counted blanks are letters."""
        if name in ("p", "h"):
            if self._paragraphs:
                self._add("\n")
            self._paragraphs, self._inside = self._paragraphs + 1, True
        elif name == "span":
            font = self._styles.font("text", attributes.get("text:style-name", ""))
            self._fonts.append(font or (self._fonts[-1] if self._fonts else ""))
        elif name == "s":
            self._add(" " * min(_repeat(attributes, "text:c"), limits.CELL_TEXT + 1))
        elif name in ("tab", "line-break"):
            self._add("\t" if name == "tab" else "\n")

    def end(self, name: str) -> None:
        """Closes a paragraph or a span."""
        if name in ("p", "h"):
            self._inside, self._fonts = False, []
        elif name == "span" and self._fonts:
            self._fonts.pop()

    def text(self, piece: str) -> None:
        """Blanks count once, as OpenDocument says; those between paragraphs do not count."""
        if self._inside:
            self._add(_BLANKS.sub(" ", piece))

    def _add(self, piece: str) -> None:
        self._length += len(piece)
        if self._length > limits.CELL_TEXT:
            raise refuse("FILE_TEXT_TOO_LONG", limit=limits.CELL_TEXT)
        self._pieces.append((piece, self._fonts[-1] if self._fonts else ""))

    @property
    def whole(self) -> str:
        """All of it."""
        return "".join(piece for piece, _ in self._pieces)

    @property
    def runs(self) -> tuple[tuple[str, str], ...]:
        """Its runs, where one has a legacy font."""
        return tuple(self._pieces) if any(charset_of_font(font) for _, font in self._pieces) else ()


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
        self._shown = _CellText(styles)
        self._depth = 0
        """Tables inside cells (sub-tables) are not sheets."""

    def start(self, tag: str, attributes: Attributes) -> None:
        """Opens a table, row or cell; notes, drawings and links to programs are passed over."""
        name = local(tag)
        if self._skipped or name in ("annotation", "dde-link", "tracked-changes") or tag.startswith("draw:"):
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
            self._cell, self._shown = attributes, _CellText(self._styles)
            self._merge(attributes)
        elif name == "table-source":  # LibreOffice keeps what it last saw of another workbook as a table
            self.links = True
            self.sheets[-1].name = ""
        elif self._cell is not None and tag.startswith("text:"):
            self._shown.start(name, attributes)

    def _merge(self, attributes: Attributes) -> None:
        rows = _repeat(attributes, "table:number-rows-spanned")
        columns = _repeat(attributes, "table:number-columns-spanned")
        merged = self.sheets[-1].merged
        if (rows > 1 or columns > 1) and len(merged) < limits.MERGED_AREAS:
            merged.append((self._row, self._column, self._row + rows - 1, self._column + columns - 1))

    def _open_table(self, attributes: Attributes) -> None:
        self._row = self._column = 0
        self._columns = []
        visible = self._styles.visible(attributes.get("table:style-name", ""))
        protected = attributes.get("table:protected") == "true"
        self.sheets.append(SheetScan(attributes.get("table:name", ""), visible, protected))

    def text(self, piece: str) -> None:
        """A piece of what a cell shows."""
        if self._cell is not None and not self._skipped:
            self._shown.text(piece)

    def end(self, tag: str) -> None:
        """Closes a table, row or cell."""
        name = local(tag)
        if self._skipped:
            self._skipped -= 1
        elif name == "table" and tag.startswith("table:"):
            self._depth -= 1
            if self._depth == 0 and not self.sheets[-1].name:
                self.sheets.pop()
        elif self._depth == 0:
            self._styles.end(tag)
        elif self._depth == 1:
            self._end_inside(tag, name)

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
        sheet.rows = max(sheet.rows, self._row + self._row_repeat)
        sheet.columns = max(sheet.columns, self._column + self._repeat)
        sheet.values += self._row_repeat * self._repeat
        check_extent(sheet)
        for row in range(self._row, self._row + self._row_repeat):
            for column in range(self._column, self._column + self._repeat):
                self._note_one(sheet, (row, column), attributes, kind or "")

    def _note_one(self, sheet: SheetScan, place: tuple[int, int], attributes: Attributes, kind: str) -> None:
        text, formula = self._shown.whole, attributes.get("table:formula")
        style = self._style_at(place, attributes)
        value = _value(attributes, kind, text)
        if isinstance(value, float) and self._styles.is_date(style):
            value = serial_day(value)
        if isinstance(value, str):
            sheet.letters += len(value)
            if len(value) > limits.CELL_TEXT:
                raise refuse("FILE_TEXT_TOO_LONG", limit=limits.CELL_TEXT, value=a1(*place))
        if _is_error(attributes, formula, text.strip()):
            sheet.errors[place] = text.strip() or "#N/A"
        elif value is not None and value != "":
            sheet.cells[place] = value
        if formula is not None and formula.upper() not in _BOOLEAN_FORMULAS:
            sheet.formulas[place] = (formula.partition("=")[2], bool(kind))
        self._note_style(sheet, place, style)

    def _style_at(self, place: tuple[int, int], attributes: Attributes) -> str:
        """The cell's own style, else its row's, else its column's."""
        own = attributes.get("table:style-name", "") or self._row_style
        return own or next((style for end, style in self._columns if place[1] < end), "")

    def _note_style(self, sheet: SheetScan, place: tuple[int, int], name: str) -> None:
        if font := self._styles.font("table-cell", name):
            sheet.fonts[place] = font
        if how := self._styles.date_format(name):
            sheet.dates[place] = how
        if runs := self._shown.runs:
            sheet.runs[place] = runs


def _is_error(attributes: Attributes, formula: str | None, text: str) -> bool:
    """LibreOffice marks errors of its own; other programs leave their names as texts."""
    if attributes.get("calcext:value-type") == "error" or text in ERRORS:
        return True
    return formula is not None and text.startswith(("#", "Err:"))


def _value(attributes: Attributes, kind: str, text: str) -> RawValue:
    """The value that the attributes tell; the text that is shown where they tell none."""
    if kind in _NUMBERS:
        return _number(attributes.get("office:value", ""), text)
    if kind == "date":
        return iso_date(attributes.get("office:date-value", "")) or text
    if kind == "time":
        found = iso_time(attributes.get("office:time-value", ""))
        return text if found is None else found
    if kind == "boolean":
        return attributes.get("office:boolean-value") == "true"
    return attributes.get("office:string-value", text) if kind else None


def _number(stated: str, text: str) -> RawValue:
    try:
        number = float(stated)
    except ValueError:
        return text
    return number if math.isfinite(number) else text
