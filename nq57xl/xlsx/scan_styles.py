"""What the sheets of an .xlsx share: how cells look, where that matters (styles.xml), and sharedStrings.xml."""

from __future__ import annotations

import re
from functools import lru_cache
from xml.etree.ElementTree import Element

from attrs import define, field, frozen

from nq57xl.text.legacy import charset_of_font
from nq57xl.xlsx.cells import CellLook, Run
from nq57xl.xlsx.limits import LIMITS, refuse
from nq57xl.xlsx.package import Attributes, Package, xml_tree
from nq57xl.xlsx.scan_cells import too_long
from nq57xl.xlsx.shown import builtin

_STATED_STRINGS = 40 * LIMITS.value_cells
"""Strings that a workbook may say it has: the reader makes room for all of them before it looks."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def unescaped(text: str) -> str:
    """The text with its "_x000A_" as the characters that they stand for, as Excel shows it."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _says_yes(attributes: Attributes) -> bool:
    """Whether a switch such as <strike/> is on: it is where nothing else is said."""
    return attributes.get("val", "1") not in ("0", "false")


_USUAL_STYLES = 1 << 18
"""Bytes: a form's styles have some 15 KB."""


@frozen(eq=False)
class _Looks:
    """How the cells of a workbook look; one and the same for workbooks with the same styles."""

    by_style: tuple[CellLook | None, ...]
    """By style number; None where there is nothing to tell."""
    texts_only: frozenset[int] = field(init=False)
    """Numbers of the styles under which a text is nothing but a text."""

    @texts_only.default
    def _find_texts_only(self) -> frozenset[int]:
        return frozenset(number for number, look in enumerate(self.by_style) if look is None or look == _AS_TEXT)


_AS_TEXT = CellLook("@")


@frozen
class Shared:
    """What all sheets of a workbook share."""

    looks: _Looks
    date1904: bool
    texts: list[str] = field(factory=list)
    """The shared strings."""
    rich: dict[int, tuple[Run, ...]] = field(factory=dict)
    """Runs of those with runs that have a font of their own."""

    def text(self, stated: str) -> int | None:
        """Number of the shared string that a cell names by these figures; None where there is no such."""
        number = int(stated) if stated.isdecimal() and len(stated) < 9 else -1
        return number if 0 <= number < len(self.texts) else None


def read_shared(package: Package, styles: str, texts: str, *, date1904: bool) -> Shared:
    """The parts of those names. Raises Refused for a text beyond measure, or a count of texts that is no count."""
    content = package.content(styles)
    read = _looks_of if len(content) < _USUAL_STYLES else _looks_of.__wrapped__
    found = Shared(read(content), date1904)
    if texts in package:
        _read_texts(package, texts, found)
    return found


@lru_cache(maxsize=16)  # forms that one program saved share their styles
def _looks_of(content: bytes) -> _Looks:
    root = xml_tree("xl/styles.xml", content)
    codes = {_number(item, "numFmtId"): item.get("formatCode", "") for item in root.iterfind("numFmts/numFmt")}
    fonts = [_font(item) for item in root.iterfind("fonts/font")]
    cells = [(_number(item, "fontId"), _number(item, "numFmtId")) for item in root.iterfind("cellXfs/xf")]
    looks: dict[tuple[int, int], CellLook | None] = {}
    for font, number in cells:
        if (font, number) not in looks:
            legacy, struck = fonts[font] if 0 <= font < len(fonts) else ("", False)
            code = codes.get(number) or builtin(number)
            code = "" if code.casefold() == "general" else code
            looks[font, number] = CellLook(code, legacy, struck) if code or legacy or struck else None
    return _Looks(tuple(looks[key] for key in cells))


def _font(font: Element) -> tuple[str, bool]:
    """Name of a legacy font, "" for others; whether it strikes through."""
    name, strike = font.find("name"), font.find("strike")
    text = "" if name is None else name.get("val", "")
    return text if charset_of_font(text) else "", strike is not None and _says_yes(strike.attrib)


def _number(item: Element, name: str) -> int:
    text = item.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


@define
class RunReader:
    """Gathers the runs of one text, each with what its font tells; `plain` while no run has a font of its own."""

    runs: list[Run] = field(factory=list)
    plain: bool = True
    _pieces: list[str] = field(factory=list)
    _font: str = ""
    _struck: bool | None = None
    _raised: str = ""
    _phonetic: bool = False
    _inside: bool = False
    length: int = 0

    def start(self, tag: str, attributes: Attributes) -> None:
        """Opens a run, a text, or tells of the run's font."""
        if tag == "t":
            self._inside = not self._phonetic
        elif tag == "r":
            self._font, self._struck, self._raised = "", None, ""
        elif tag == "rPr":
            self.plain, self._struck = False, False  # a run with a font of its own has nothing from the cell's
        elif tag == "rFont":
            name = attributes.get("val", "")
            self._font = name if charset_of_font(name) else ""
        elif tag == "strike":
            self._struck = _says_yes(attributes)
        elif tag == "vertAlign":
            self._raised = {"superscript": "super", "subscript": "sub"}.get(attributes.get("val", ""), "")
        elif tag == "rPh":
            self._phonetic = True

    def text(self, piece: str) -> None:
        """A piece of a text."""
        if self._inside:
            self.length += len(piece)
            if self.length > LIMITS.cell_text:
                raise too_long()
            self._pieces.append(piece)

    def end(self, tag: str) -> None:
        """Closes a text."""
        if tag == "t" and self._inside:
            self.runs.append(Run(unescaped("".join(self._pieces)), self._font, self._struck, self._raised))
            self._pieces, self._inside = [], False
        elif tag == "rPh":
            self._phonetic = False

    def whole(self) -> str:
        """The text of all runs."""
        return self.runs[0].text if len(self.runs) == 1 else "".join(run.text for run in self.runs)


def _read_texts(package: Package, part: str, found: Shared) -> None:
    reader = RunReader()

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal reader
        if tag == "si":
            reader = RunReader()
        elif tag == "sst":
            _refuse_stated(attributes)
        else:
            reader.start(tag, attributes)

    def end(tag: str) -> None:
        if tag != "si":
            reader.end(tag)
            return
        if not reader.plain:
            found.rich[len(found.texts)] = tuple(reader.runs)
        found.texts.append(reader.whole())

    package.parse(part, start, end, lambda piece: reader.text(piece))  # noqa: PLW0108 - `reader` changes


def _refuse_stated(attributes: Attributes) -> None:
    for name in ("count", "uniqueCount"):
        stated = attributes.get(name, "0")
        if len(stated) > 8 or (stated.isdecimal() and int(stated) > _STATED_STRINGS):
            raise refuse("FILE_UNSAFE", value="khai báo số chuỗi dùng chung vô lý")
