"""How wide a text is and how it wraps, in Times New Roman: row heights are computed, never left to a program.

LibreOffice does not fit the rows of a generated file, and Excel does not fit merged cells (pitfalls.md 3).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

LINE_HEIGHT = 1.3
"""Height of a line of Vietnamese text in font sizes; marks above capitals need more than Latin text."""
_SAFETY = 1.05
"""Programs differ in hinting; a row a little too high is better than a cut one."""
_BY_WIDTH = {
    250: " .,",
    278: "ijlt/:;\\|",
    333: "fr-()[]'!IJ“”‘’`",
    389: "s",
    444: "acezé?",
    500: "bdghknopquvxy0123456789_$*",
    564: "+=<>~≥≤",
    556: "FPS",
    611: "ELTZ",
    667: "BCR",
    722: "ADGHKNOQUVXYw&w",
    778: "m",
    889: "M",
    944: "W%@",
}
_WIDTHS = {letter: width for width, letters in _BY_WIDTH.items() for letter in letters}
_HORN = "\u031b"


@lru_cache(maxsize=4096)
def _letter(letter: str) -> int:
    """Width of one letter in thousandths of the font size."""
    base, *marks = unicodedata.normalize("NFD", letter)
    if unicodedata.combining(base):
        return 0
    base = {"đ": "d", "Đ": "D"}.get(base, base)
    default = 1000 if unicodedata.east_asian_width(base) in "WF" else 700
    return _WIDTHS.get(base, default) + (60 if _HORN in marks else 0)


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of one line in points."""
    return sum(map(_letter, text)) * size / 1000 * (1.07 if bold else 1.0) * _SAFETY


def column_points(width: float) -> float:
    """Room for text in a column of that width (characters of the default font), in points."""
    return (width * 7) * 0.75 - 2


def wrap(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """The lines into which a text falls in a column of `width` characters; joined they are the text again.

    A line keeps the blank or line break at its end. An empty text is one empty line.
    """
    room = column_points(width)
    lines: list[str] = []
    for part in text.splitlines(keepends=True):
        lines += _wrap_line(part, room, size, bold=bold)
    if not lines or text.endswith("\n"):
        lines.append("")
    return lines


def _wrap_line(text: str, room: float, size: float, *, bold: bool) -> list[str]:
    lines, line, used = [], "", 0.0
    for word in _words(text):
        wide = text_width(word.rstrip(), size, bold=bold)
        if line and used + wide > room:
            lines.append(line)
            line, used = "", 0.0
        while wide > room and len(word) > 1:  # a word longer than the column breaks between letters
            head = _fitting(word, room, size, bold=bold)
            lines.append(word[:head])
            word = word[head:]  # noqa: PLW2901 - the rest of the same word
            wide = text_width(word.rstrip(), size, bold=bold)
        line += word
        used += text_width(word, size, bold=bold)
    return [*lines, line] if line else lines


def _words(text: str) -> list[str]:
    """Words with the blanks that follow them."""
    words, start = [], 0
    for index in range(1, len(text)):
        if text[index - 1].isspace() and not text[index].isspace():
            words.append(text[start:index])
            start = index
    return [*words, text[start:]] if text else []


def _fitting(word: str, room: float, size: float, *, bold: bool) -> int:
    """How many letters of a word fit; at least one."""
    used = 0.0
    for index, letter in enumerate(word):
        used += text_width(letter, size, bold=bold)
        if used > room:
            return max(index, 1)
    return len(word)


def line_height(size: float) -> float:
    """Height of one line in points."""
    return size * LINE_HEIGHT
