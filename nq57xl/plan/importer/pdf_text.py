"""Letters of a PDF page made lines and cells: words that a narrow column cut, footnote marks, clipped headings."""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import define, field, frozen

from nq57xl.plan.importer.words import DATE, page_text
from nq57xl.text.normalise import clean
from nq57xl.text.syllables import is_syllable

_SAME_LINE = 3.0
"""Points by which the tops of letters of one line may differ."""
_GAP = 1.5
"""Points between letters that are a blank."""
_TIGHT = 1.0
"""Points by which the room left on a line may be misjudged."""
_HEAD, _TAIL = re.compile(r"[^\W_]+"), re.compile(r"[^\W_]+$")
_UNSURE = "chữ bị ngắt dòng ở cột hẹp"

Letter = dict[str, Any]
"""A letter as pdfplumber gives it."""
Box = tuple[float, float, float, float]


@define
class TextLine:
    """A line of letters."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    first: float
    """Width of its first letter."""
    open: bool
    """A blank ends it: the program broke the line there."""
    words: list[tuple[float, float, str]] = field(factory=list)
    """Left, right and text of each word."""


@frozen
class CellText:
    """What a cell says."""

    text: str = ""
    doubt: str = ""
    above: float = 0.0
    """Heights of a line that are free over the text."""
    below: float = 0.0
    """The same under it."""


def lines_of(letters: Iterable[Letter]) -> list[TextLine]:
    """The lines from top to bottom; digits set small and high are marks of footnotes."""
    kept = _without_marks(list(letters))
    rows: list[list[Letter]] = []
    for letter in sorted(kept, key=lambda item: item["top"]):
        if rows and letter["top"] - rows[-1][0]["top"] <= _SAME_LINE:
            rows[-1].append(letter)
        else:
            rows.append([letter])
    return [line for row in rows if (line := _line(row)) is not None]


def _without_marks(letters: list[Letter]) -> list[Letter]:
    sizes = [item["size"] for item in letters if item["text"].strip()]
    if not sizes or min(sizes) > 0.75 * (usual := statistics.median(sizes)):
        return letters
    return [item for index, item in enumerate(letters)
            if item["size"] > 0.75 * usual or not item["text"].isdigit() or _is_unit(letters[:index])]  # fmt: skip


def _is_unit(before: list[Letter]) -> bool:
    """True after "m" or "km": the digit makes it a square or a cube."""
    return re.search(r"(?:^|[^\w])k?m[23]?$", "".join(item["text"] for item in before[-5:])) is not None


def _line(row: list[Letter]) -> TextLine | None:
    row.sort(key=lambda item: item["x0"])
    words: list[tuple[float, float, str]] = []
    blank, first = True, 0.0
    for letter in row:
        if not letter["text"].strip():
            blank = True
            continue
        if blank or not words or letter["x0"] - words[-1][1] > _GAP:
            words.append((letter["x0"], letter["x1"], letter["text"]))
        else:
            left, right, text = words[-1]
            words[-1] = (left, max(right, letter["x1"]), text + letter["text"])
        first = first or letter["x1"] - letter["x0"]
        blank = False
    if not words:
        return None
    top, bottom = min(item["top"] for item in row), max(item["bottom"] for item in row)
    text = " ".join(word for _, _, word in words)
    return TextLine(text, words[0][0], words[-1][1], top, bottom, first, blank, words)


def cell_of(letters: Sequence[Letter], box: Box, pad: float) -> CellText:
    """The text of a cell; `pad` is the room that the table leaves between a rule and its text."""
    lines = lines_of(letters)
    if not lines:
        return CellText()
    texts, doubt = [lines[0].text], ""
    width = box[2] - box[0] - 2 * pad
    for before, line in itertools.pairwise(lines):
        cut = _cut(before, line, width)
        if cut is None:
            doubt = _UNSURE
        if cut:
            texts[-1] += line.text
        else:
            texts.append(line.text)
    height = max(1.0, statistics.median(line.bottom - line.top for line in lines))
    text = page_text("\n".join(texts))
    return CellText(text, doubt, (lines[0].top - box[1]) / height, (box[3] - lines[-1].bottom) / height)


def _cut(before: TextLine, line: TextLine, width: float) -> bool | None:
    """True when a word was cut for want of room, None when the words alone cannot tell."""
    left, right, _ = before.words[0]
    if before.open or len(before.words) > 1:
        return False
    word = line.words[0][2]
    if DATE.fullmatch(before.text + word) and not DATE.fullmatch(before.text):
        return True
    if right - left + line.first + _TIGHT <= width:
        return False
    tail, head = _TAIL.search(before.text), _HEAD.match(line.text)
    if head is None or (tail is None and not before.text.endswith("/")):
        return False
    if tail is None:
        return head[0].isdigit() and before.text[-2:-1].isdigit()
    one, other = tail[0], head[0]
    if one[-1].isdigit() and other[0].isdigit():
        return len(re.split(r"\D", one)[-1] + re.split(r"\D", other)[0]) <= 4
    if one[-1].isdigit() or other[0].isdigit():
        return False
    if one.isupper() and other.isupper():
        return True if len(other) == 1 or "/" in before.text else None
    if is_syllable(one) and is_syllable(other):
        return None if is_syllable(one + other) and not other[0].isupper() else False
    return not other[0].isupper() and (is_syllable(one + other) or not is_syllable(other))


def pad_of(cells: Iterable[tuple[Box, Sequence[Letter]]]) -> float:
    """How near the table's texts come to its rules: no text stands nearer."""
    rooms = [min(min(item["x0"] for item in letters) - box[0], box[2] - max(item["x1"] for item in letters))
             for box, letters in cells if letters]  # fmt: skip
    rooms = sorted(room for room in rooms if 0.5 < room < 12)
    return rooms[len(rooms) // 20] if rooms else 2.0


def line_text(line: TextLine) -> str:
    """The line as plain text."""
    return clean(line.text)
