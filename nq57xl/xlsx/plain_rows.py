"""Rows of a sheet on their way to expat: ghosts passed over; of plain rows expat gets the texts alone, as one.

A callback for every tag costs more than all else that reading a sheet takes. A row whose cells are written as nearly
every program writes them is matched as a whole: what matches is well-formed but for its texts, which go through expat
as they would have gone.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from attrs import define, field, frozen

SEPARATOR = "\ufdd0"
"""Between the texts of a plain row: a character of no script. Who finds more than there must be refuses the file."""
_SEPARATOR = SEPARATOR.encode()
_EMPTY_CELL = re.compile(rb'<c (?=[^<>]*\br=")[^<>]*/>')
_ROW, _ROW_END = b"<row ", b"</row>"
_LONG_ROW = 1 << 20
"""A row of more bytes is handed on in pieces."""
_BEGIN = re.compile(rb'<row r="([1-9][0-9]{0,6})"[^<>]*(?<!/)>')
_SPACE = rb'(?: xml:space="preserve")?'
_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?: s="([0-9]{1,8})")?(?: t="([A-Za-z]+)")?(?:/>|>'
    rb'(<f(?: t="shared"(?: ref="[A-Z0-9:]+")? si="[0-9]+")?(?:/>|>[^<]*</f>))?'
    rb"(?:(<v)(?: ?/>|" + _SPACE + rb">([^<]*)</v>)|(<is)><t" + _SPACE + rb">([^<]*)</t></is>)?</c>)"
)
_STEP = _CELL.groups + 1

PlainCell = tuple[bytes, int, str, str | bytes | None, str]
"""A cell with something in it, but for its texts: letters of the column, style, type, formula, and the element of its
value, "v" or "is"; "" where there is none. A formula in bytes is the first of the cell's texts."""

_formulas: dict[bytes, str] = {}
"""What expat makes of formulas that were met before: every row of a form is checked by the same long ones."""
_FORMULAS = 1_000


@define
class PlainRows:
    """Cuts a sheet into what is read tag by tag, and plain rows, whose cells wait until expat comes to their texts."""

    waiting: deque[tuple[int, list[PlainCell]]] = field(factory=deque)
    """Of each plain row that was handed on and not yet read: how many texts, and its cells."""
    _folded: list[bytes] = field(factory=list)
    _cells: list[tuple[int, list[PlainCell]]] = field(factory=list)

    def chunks(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The XML without rows and cells that have a format and nothing else: a million of them cost no callback.

        Of ghost rows in a run the last is kept, so that a row without a number follows the right one. From where
        comments or the like could hide what belongs together, everything is kept as it is.
        """
        rest, start, plain = b"", 1, True  # the XML declaration stands at the very beginning
        for chunk in chunks:
            *rows, rest = (rest + chunk).split(_ROW_END)
            for number, (row, after) in enumerate(pairwise((*rows, b""))):
                ghost = _is_ghost(row)
                folded = _folded(row) if plain and not ghost else None
                other = row + _ROW_END if folded is None else folded.before
                if other and _hides(other, start):
                    yield from self._handed_on()
                    yield _ROW_END.join((*rows[number:], rest))
                    yield from chunks
                    return
                start = 0
                if other and not (ghost and _is_ghost(after)):
                    yield from self._handed_on()
                    yield _EMPTY_CELL.sub(b"", other)
                if folded is not None:
                    self._folded.append(folded.xml)
                    self._cells.append((folded.texts, folded.cells))
            if len(rest) > _LONG_ROW:
                yield from self._handed_on()
                yield rest
                if _hides(rest, start):
                    yield from chunks
                    return
                rest, start, plain = b"", 0, False  # expat is in the middle of something from here on
        yield from self._handed_on()
        yield rest

    def _handed_on(self) -> Iterator[bytes]:
        """The plain rows so far: expat reads a chunk that ends with an end tag before the next one is cut."""
        if self._folded:
            self.waiting.extend(self._cells)
            folded, self._folded, self._cells = b"".join(self._folded), [], []
            yield folded


@frozen
class _Folded:
    """A plain row."""

    before: bytes
    """What stands before it."""
    xml: bytes
    """The row with its texts alone."""
    texts: int
    cells: list[PlainCell]


def _folded(row: bytes) -> _Folded | None:
    """The row, given without its end tag; None for one that is not plain."""
    at = row.rfind(_ROW)
    begins = _BEGIN.match(row, max(at, 0))
    if begins is None or _SEPARATOR in row:
        return None
    parts: list[Any] = _CELL.split(row[begins.end() :])
    letters = parts[1::_STEP]
    if any(parts[::_STEP]) or len({*letters}) < len(letters) or not {*parts[2::_STEP]} <= {begins[1]}:
        return None  # something stands between the cells; an address stands there twice, or is of another row
    texts, cells = [begins[0]], []
    others = (parts[group::_STEP] for group in range(3, _STEP))
    for column, style, kind, formula, value, text, inline, string in zip(letters, *others, strict=False):
        known: str | bytes | None = None
        if formula:
            known = _formulas.get(formula, formula)
            if isinstance(known, bytes):
                texts.append(known[known.index(b">") + 1 : -4] if known.endswith(b"</f>") else b"")
        elif not (value or inline):
            continue
        name = ""
        if value:
            name = "v"
            texts.append(text or b"")
        elif inline:
            name = "is"
            texts.append(string)
        cells.append((column, int(style or 0), kind.decode() if kind else "n", known, name))
    return _Folded(row[:at], _SEPARATOR.join((*texts, _ROW_END)), len(texts) - 1, cells)


def remembered(formula: bytes, text: str) -> str:
    """The text that expat made of the formula, which need not go through it again."""
    if len(_formulas) > _FORMULAS:
        _formulas.clear()
    return _formulas.setdefault(formula, text)


def _is_ghost(row: bytes) -> bool:
    """Whether a row, without its end, holds no cell with anything in it: such a cell has an end tag of its own."""
    return row.startswith(b'<row r="') and b"</" not in row


def _hides(xml: bytes, start: int) -> bool:
    """Whether a comment, a CDATA section, an instruction may begin here."""
    return b"<!" in xml or xml.find(b"<?", start) >= 0
