"""What the sheets of an .xlsx share: how cells look, where that matters (styles.xml), and sharedStrings.xml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from xml.etree.ElementTree import Element

from attrs import field, frozen

from nq57xl.text.legacy import charset_of_font
from nq57xl.xlsx.cells import CellLook, Run
from nq57xl.xlsx.limits import LIMITS, refuse
from nq57xl.xlsx.package import Attributes, Package, xml_tree
from nq57xl.xlsx.scan_cells import ElementReader, too_long
from nq57xl.xlsx.shown import builtin

_STATED_STRINGS = 40 * LIMITS.value_cells
"""Strings that a workbook may say it has: the reader makes room for all of them before it looks."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def unescaped(text: str) -> str:
    """The text with its "_x000A_" as the characters that they stand for, as Excel shows it."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _says_yes(attributes: Mapping[str, str]) -> bool:
    """Whether a switch such as <strike/> is on: it is where nothing else is said."""
    return attributes.get("val", "1") not in ("0", "false")


_USUAL_STYLES = 1 << 18
"""Bytes: a form's styles have some 15 KB."""


@frozen(eq=False)
class _Looks:
    """How the cells of a workbook look; one and the same for workbooks with the same styles."""

    by_style: tuple[CellLook | None, ...]
    """By style number; None where there is nothing to tell."""
    texts_only: frozenset[int]
    """Numbers of the styles under which a text is nothing but a text."""


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
        reader = _TextReader(found)
        package.parse(texts, reader.start, reader.end, reader.text)
    return found


@lru_cache(maxsize=16)  # forms that one program saved share their styles
def _looks_of(content: bytes) -> _Looks:
    root = xml_tree("xl/styles.xml", content)
    codes = {_number(item, "numFmtId"): item.get("formatCode", "") for item in root.iterfind("numFmts/numFmt")}
    fonts = []  # name of a legacy font, "" for others; whether it strikes through
    for item in root.iterfind("fonts/font"):
        name, strike = item.find("name"), item.find("strike")
        title = "" if name is None else name.get("val", "")
        fonts.append((title if charset_of_font(title) else "", strike is not None and _says_yes(strike.attrib)))
    cells = [(_number(item, "fontId"), _number(item, "numFmtId")) for item in root.iterfind("cellXfs/xf")]
    looks: dict[tuple[int, int], CellLook | None] = {}
    for font, number in cells:
        if (font, number) not in looks:
            legacy, struck = fonts[font] if 0 <= font < len(fonts) else ("", False)
            code = codes.get(number) or builtin(number)
            code = "" if code.casefold() == "general" else code
            looks[font, number] = CellLook(code, legacy, struck) if code or legacy or struck else None
    by_style, as_text = tuple(looks[key] for key in cells), (None, CellLook("@"))
    return _Looks(by_style, frozenset(number for number, look in enumerate(by_style) if look in as_text))


def _number(item: Element, name: str) -> int:
    text = item.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def rich_text(element: Element, sheet: str = "", place: tuple[int, int] | None = None) -> tuple[str, tuple[Run, ...]]:
    """The text of an element, and its runs where one has a font of its own; sheet and place: where it stands.

    Raises Refused for one that no cell can hold.
    """
    runs: list[Run] = []
    if len(element) == 1 and element[0].tag == "t" and not len(element[0]):  # as nearly all are
        whole = unescaped(element[0].text or "")
    else:
        runs = list(_runs(element))
        whole = "".join(run.text for run in runs)
    if len(whole) > LIMITS.cell_text:
        raise too_long(sheet, place)
    return whole, tuple(runs) if any(run.struck is not None for run in runs) else ()


def _runs(element: Element) -> Iterator[Run]:
    """Each with what its font tells; one with a font of its own has nothing from the cell's."""
    for item in element:
        pieces = [item] if item.tag == "t" else item.findall("t") if item.tag == "r" else []
        text = unescaped("".join(chain.from_iterable(piece.itertext() for piece in pieces)))
        font = item.find("rPr")
        if font is not None and pieces:
            told = {part.tag: part for part in font}
            name, raised = (told[tag].get("val", "") if tag in told else "" for tag in ("rFont", "vertAlign"))
            struck = "strike" in told and _says_yes(told["strike"].attrib)
            yield Run(text, name if charset_of_font(name) else "", struck, _RAISED.get(raised, ""))
        elif pieces:
            yield Run(text)


_RAISED = {"superscript": "super", "subscript": "sub"}


class _TextReader(ElementReader):
    """The shared strings."""

    def __init__(self, found: Shared) -> None:
        super().__init__()
        self._found = found

    def takes(self, tag: str) -> bool:
        return tag == "si"

    def opened(self, tag: str, attributes: Attributes) -> None:
        for name in ("count", "uniqueCount") if tag == "sst" else ():
            stated = attributes.get(name, "0")
            if len(stated) > 8 or (stated.isdecimal() and int(stated) > _STATED_STRINGS):
                raise refuse("FILE_UNSAFE", value="khai báo số chuỗi dùng chung vô lý")

    def whole(self, element: Element) -> None:
        text, runs = rich_text(element)
        if runs:
            self._found.rich[len(self._found.texts)] = runs
        self._found.texts.append(text)
