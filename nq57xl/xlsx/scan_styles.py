"""What the scan learns from styles.xml and sharedStrings.xml: legacy fonts, odd date formats, lengths of texts."""

from __future__ import annotations

import re
from typing import Literal

from attrs import define, field, frozen

from nq57xl.text.legacy import charset_of_font
from nq57xl.xlsx import limits
from nq57xl.xlsx.package import Attributes, Package, local
from nq57xl.xlsx.refused import refuse

DateFormat = Literal["", "us", "month"]
"""How a cell shows a date: "us" month first, "month" without the day; "" day first, year first or unknown."""

Runs = tuple[tuple[str, str], ...]
"""(text, font) of the runs of a rich text; the font is "" where the run has the cell's own."""

_MONTH_ONLY = frozenset({17})
"""Built-in number formats without a day: mmm-yy. 14 and 22 follow each machine's locale and tell nothing."""
_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')


@frozen
class Styles:
    """By style number: the legacy font, and the way of showing dates, where there is something to tell."""

    fonts: dict[int, str]
    dates: dict[int, DateFormat]


@define
class Texts:
    """The shared strings, as far as the scan needs them."""

    lengths: list[int] = field(factory=list)
    rich: dict[int, Runs] = field(factory=dict)
    """Strings with at least one run in a legacy font."""


def date_format(code: str) -> DateFormat:
    """How a number format shows a day: "mm/dd/yyyy" is "us", "m/yyyy" is "month"."""
    letters = _LITERAL.sub("", code.split(";", maxsplit=1)[0]).lower()
    if "y" not in letters or "m" not in letters or "h" in letters or "s" in letters:
        return ""
    order = [letters.find(letter) for letter in "dmy"]
    if order[0] < 0:
        return "month"
    return "us" if order[1] < order[0] and order[1] < order[2] else ""


def read_styles(package: Package, part: str) -> Styles:
    """The styles of a workbook; empty where there is nothing odd in them."""
    reader = _StyleReader()
    if part in package:
        package.parse(part, reader.start, reader.end)
    fonts: dict[int, str] = {}
    dates: dict[int, DateFormat] = {}
    for number, (font, code) in enumerate(reader.cells):
        name = reader.fonts[font] if 0 <= font < len(reader.fonts) else ""
        if charset_of_font(name):
            fonts[number] = name
        shown: DateFormat = "month" if code in _MONTH_ONLY else date_format(reader.codes.get(code, ""))
        if shown:
            dates[number] = shown
    return Styles(fonts, dates)


class _StyleReader:
    """Expat callbacks for styles.xml."""

    def __init__(self) -> None:
        self.fonts: list[str] = []
        self.codes: dict[int, str] = {}
        self.cells: list[tuple[int, int]] = []
        self._inside = ""

    def start(self, tag: str, attributes: Attributes) -> None:
        """Fonts, number formats and cell styles in their order."""
        tag = local(tag)
        if tag in ("fonts", "cellXfs", "numFmts", "dxfs", "cellStyleXfs"):
            self._inside = tag
        elif tag == "font" and self._inside == "fonts":
            self.fonts.append("")
        elif tag == "name" and self._inside == "fonts" and self.fonts:
            self.fonts[-1] = attributes.get("val", "")
        elif tag == "numFmt" and self._inside == "numFmts":
            self.codes[_number(attributes, "numFmtId")] = attributes.get("formatCode", "")
        elif tag == "xf" and self._inside == "cellXfs":
            self.cells.append((_number(attributes, "fontId"), _number(attributes, "numFmtId")))

    def end(self, tag: str) -> None:
        """Leaves a group."""
        if local(tag) == self._inside:
            self._inside = ""


def _number(attributes: Attributes, name: str) -> int:
    text = attributes.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def read_texts(package: Package, part: str) -> Texts:
    """Lengths of the shared strings, and those with runs in legacy fonts. Raises Refused for one beyond measure."""
    reader = _TextReader()
    if part in package:
        package.parse(part, reader.start, reader.end, reader.text)
    return reader.found


class _TextReader:
    """Expat callbacks for sharedStrings.xml."""

    def __init__(self) -> None:
        self.found = Texts()
        self._runs: list[tuple[str, str]] = []
        self._pieces: list[str] = []
        self._font = ""
        self._length = 0
        self._in_text = self._legacy = self._phonetic = False

    def start(self, tag: str, attributes: Attributes) -> None:
        """Opens a string, a run or a text."""
        tag = local(tag)
        if tag == "si":
            self._runs, self._length, self._legacy, self._font = [], 0, False, ""
        elif tag == "r":
            self._font = ""
        elif tag == "rFont":
            self._font = attributes.get("val", "")
            self._legacy = self._legacy or charset_of_font(self._font) is not None
        elif tag == "rPh":
            self._phonetic = True
        elif tag == "t" and not self._phonetic:
            self._pieces, self._in_text = [], True

    def text(self, piece: str) -> None:
        """A piece of a text."""
        if self._in_text:
            self._length += len(piece)
            if self._length > limits.CELL_TEXT:
                raise refuse("FILE_TEXT_TOO_LONG", limit=limits.CELL_TEXT)
            self._pieces.append(piece)

    def end(self, tag: str) -> None:
        """Closes a text or a string."""
        tag = local(tag)
        if tag == "t" and self._in_text:
            self._runs.append(("".join(self._pieces), self._font))
            self._in_text = False
        elif tag == "rPh":
            self._phonetic = False
        elif tag == "si":
            if self._legacy:
                self.found.rich[len(self.found.lengths)] = tuple(self._runs)
            self.found.lengths.append(self._length)
