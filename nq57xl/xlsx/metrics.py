"""Widths of Times New Roman text, where it breaks in a column, and the row heights that follow: no text is cut off."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

DEFAULT_SIZE = 11.0
"""Size of the workbook's default font, in points: column widths count its digits."""
_MAX_ROW_HEIGHT = 409.5
"""Excel's limit, in points."""
_POINTS_PER_CHARACTER = 5.25
"""A column unit is one digit: 7 pixels at 96 dots per inch for Times New Roman 11 (and Calibri 11)."""
_SAFETY = 1.06
"""Screens round each letter to whole pixels; the widest rounding met makes a line 5 to 6 % longer."""
_INDENT = 1.4
"""Width of a step of indentation in characters."""
_CELL_MARGIN = 5 / 7
"""Inner margin of a column in characters: 5 of 7 pixels each."""
_LINE = 1.3
"""Height of a line over the font size: Excel gives a line of Times New Roman 12 a height of 15.75 points."""
_PADDING = 5.0
"""Room above and below the text, in points: letters do not touch the border."""
_WORD = re.compile(r"\S+\s*|\s+")
"""A word with the blanks that follow it."""
_SHORT = 40
"""Letters of a text that often fits on one line: measured as a whole first."""
_UNKNOWN = 1000
"""Width in 1/1000 em of a letter that the table lacks: as wide as a Chinese one."""


class Text(NamedTuple):
    """One wrapped text in a row: its column's width in characters, its size and weight."""

    text: str
    width: float
    size: float = DEFAULT_SIZE
    bold: bool = False
    indent: int = 0
    """Steps of indentation."""


def merged_width(widths: Sequence[float]) -> float:
    """Width in characters of cells merged across columns: the inner margins count as room, too."""
    return sum(widths) + max(len(widths) - 1, 0) * _CELL_MARGIN


def printed_points(width: float) -> float:
    """Width of a column on paper in points: LibreOffice, the widest, takes 5.5 a character and 3.9 beside."""
    return width * 5.5 + 3.9


@cache
def _widths(bold: bool) -> dict[str, int]:
    path = Path(__file__).with_name("times_widths.json")
    groups: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["bold" if bold else "regular"]
    return {letter: int(width) for width, letters in groups.items() for letter in letters}


def text_width(text: str, size: float = DEFAULT_SIZE, bold: bool = False) -> float:
    """Width of one line of text in points."""
    return _thousandths(text, bold) * size / 1000


@lru_cache(maxsize=1 << 16)  # a language has few words
def _thousandths(text: str, bold: bool) -> int:
    """Width of one line of text in thousandths of its size."""
    table = _widths(bold)
    return sum(table.get(letter, _UNKNOWN) for letter in text)


def _column_points(width: float) -> float:
    """Room for text in a column of that width (characters of the default font), in points."""
    return width * _POINTS_PER_CHARACTER / _SAFETY


def line_height(size: float) -> float:
    """Height of one line in points."""
    return size * _LINE


@lru_cache(maxsize=16_384)  # names of units and texts of the plan come again and again
def wrapped(
    text: str, width: float, size: float = DEFAULT_SIZE, bold: bool = False, indent: int = 0
) -> tuple[str, ...]:
    """The lines into which a text falls in a column of `width` characters, less so many steps of indentation; joined
    they are the text again.

    A line keeps the blank or line break at its end. An empty text is one empty line.
    """
    room = _column_points(width - indent * _INDENT)
    lines: list[str] = []
    for part in text.splitlines(keepends=True):
        if len(part) < _SHORT and text_width(part, size, bold) <= room:
            lines.append(part)
            continue
        line, used = "", 0.0
        for word in _WORD.findall(part):
            rest = word
            wide = _thousandths(rest.rstrip(), bold)
            if line and used + wide * size / 1000 > room:
                lines.append(line)
                line, used = "", 0.0
            while wide * size / 1000 > room and len(rest) > 1:  # a word longer than the column breaks between letters
                head = _fitting(rest, room, size, bold)
                lines.append(rest[:head])
                rest = rest[head:]
                wide -= _thousandths(lines[-1], bold)
            line += rest
            used += text_width(rest.rstrip("\r\n"), size, bold)
        if line:
            lines.append(line)
    if not lines or text.endswith(("\n", "\r")):
        lines.append("")
    return tuple(lines)


def _fitting(word: str, room: float, size: float, bold: bool) -> int:
    """How many letters of a word fit; at least one."""
    used = 0.0
    for index, letter in enumerate(word):
        used += text_width(letter, size, bold)
        if used > room:
            # programs rather break a file name or address behind a sign than between letters
            sign = max(word.rfind(sign, 0, index) for sign in "-/") + 1
            return sign or max(index, 1)
    return len(word)


def row_height(texts: Iterable[Text], minimum: float = 18.0) -> float:
    """Height in points of a row that shows every text whole, in steps of a pixel; never above Excel's limit."""
    height = max([minimum, *(len(wrapped(*item)) * line_height(item.size) + _PADDING for item in texts)])
    return min(-(-height // 0.75) * 0.75, _MAX_ROW_HEIGHT)
