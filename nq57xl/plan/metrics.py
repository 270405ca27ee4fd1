"""How many lines a text takes in a cell: Times New Roman widths, so that no row is too low for its text."""

from __future__ import annotations

import math
import unicodedata

# Advance widths of Times New Roman in thousandths of the em; letters with marks are as wide as their base letter.
_GROUPS = {
    250: " ,.",
    278: "/:;\\ijlt'|",
    333: "!()-I[]`fr‘’",
    389: "Js",
    444: '?acez“”"',
    500: "#$*0123456789_bdghknopquvxyđ–«»{}^",
    556: "FPSơư~",
    564: "+<=>×≥≤",
    611: "ELTZ",
    667: "BCR",
    722: "ADGHKNOQUVXYwĐ",
    778: "&mƠƯ",
    889: "M%",
    944: "W@",
    1000: "—…",
}
_WIDTHS = {letter: width for width, letters in _GROUPS.items() for letter in letters}
_DEFAULT = 700
_BOLD = 1.08
_SAFETY = 1.04
"""Programs round glyphs differently at screen sizes; a few percent keep the last word in."""


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Width in pixels at 96 dpi."""
    base = sum(_WIDTHS.get(unicodedata.normalize("NFD", letter)[0], _DEFAULT) for letter in text)
    return base / 1000 * size * 96 / 72 * (_BOLD if bold else 1) * _SAFETY


def pixels(width: float) -> float:
    """Room for text in a column of that width in characters of the default font, in pixels."""
    return width * 7 + 5 - 8


def line_count(text: str, width: float, size: float, bold: bool = False) -> int:
    """Lines that the wrapped text takes in a column of that width."""
    room = pixels(width)
    return sum(_wrapped(line, room, size, bold) for line in text.split("\n")) if text else 1


def _wrapped(line: str, room: float, size: float, bold: bool) -> int:
    lines, used = 1, 0.0
    space = text_width(" ", size, bold)
    for word in line.split(" "):
        width = text_width(word, size, bold)
        if used and used + space + width > room:
            lines, used = lines + 1, 0.0
        if width > room:
            broken = math.ceil(width / room)
            lines, used = lines + broken - 1, width - (broken - 1) * room
        else:
            used += (space if used else 0.0) + width
    return lines


def row_height(cells: list[tuple[str, float]], size: float, bold: bool = False) -> float:
    """Height in points for a row of (text, column width)."""
    lines = max((line_count(text, width, size, bold) for text, width in cells), default=1)
    # 409 points is the highest row that Excel knows
    return min(409.0, max(18.0, lines * size * 1.32 + 4))
