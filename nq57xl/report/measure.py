"""Where a text breaks in a column: row heights are computed, and a text too long for a row is split between lines.

LibreOffice does not fit the rows of a generated file, and Excel does not fit merged cells (pitfalls.md 3).
"""

from __future__ import annotations

import re
from functools import lru_cache

from nq57xl.text import metrics

LINE_HEIGHT = 1.28
"""Height of a line over the font size: Excel gives each line of Times New Roman 10 a height of 12.75 points."""
_SAFETY = 1.06
"""Screens round each letter to whole pixels; a row a little too high is better than a cut one."""
_POINTS_PER_CHARACTER = 5.25
_WORD = re.compile(r"\S+\s*|\s+")
_SHORT = 40
"""Letters of a text that often fits on one line: measured as a whole first."""


def column_points(width: float) -> float:
    """Room for text in a column of that width (characters of the default font), in points."""
    return width * _POINTS_PER_CHARACTER / _SAFETY


def line_height(size: float) -> float:
    """Height of one line in points."""
    return size * LINE_HEIGHT


def wrap(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """The lines into which a text falls in a column of `width` characters; joined they are the text again.

    A line keeps the blank or line break at its end. An empty text is one empty line.
    """
    return list(wrapped_lines(text, width, size, bold))


@lru_cache(maxsize=16_384)
def wrapped_lines(text: str, width: float, size: float, bold: bool) -> tuple[str, ...]:
    """As `wrap`; kept, because names of units and texts of the plan come again and again."""
    room = column_points(width)
    lines: list[str] = []
    for part in text.splitlines(keepends=True):
        lines += _wrap_line(part, room, size, bold=bold)
    if not lines or text.endswith(("\n", "\r")):
        lines.append("")
    return tuple(lines)


@lru_cache(maxsize=65_536)
def text_width(text: str, size: float, bold: bool) -> float:
    """Width of a word in points; kept, because a language has few words."""
    return metrics.text_width(text, size, bold)


def _wrap_line(text: str, room: float, size: float, *, bold: bool) -> list[str]:
    if len(text) < _SHORT and text_width(text, size, bold) <= room:
        return [text]
    lines, line, used = [], "", 0.0
    for word in _words(text):
        rest = word
        wide = text_width(rest.rstrip(), size, bold)
        if line and used + wide > room:
            lines.append(line)
            line, used = "", 0.0
        while wide > room and len(rest) > 1:  # a word longer than the column breaks between letters
            head = _fitting(rest, room, size, bold=bold)
            lines.append(rest[:head])
            rest = rest[head:]
            wide = text_width(rest.rstrip(), size, bold)
        line += rest
        used += text_width(rest.rstrip("\r\n"), size, bold)
    return [*lines, line] if line else lines


def _words(text: str) -> list[str]:
    """Words with the blanks that follow them."""
    return _WORD.findall(text)


def _fitting(word: str, room: float, size: float, *, bold: bool) -> int:
    """How many letters of a word fit; at least one."""
    used = 0.0
    for index, letter in enumerate(word):
        used += text_width(letter, size, bold)
        if used > room:
            # programs rather break a file name or address behind a sign than between letters
            sign = max(word.rfind(sign, 0, index) for sign in "-/") + 1
            return sign or max(index, 1)
    return len(word)
