"""The one model that every reader gives: lines of text and tables of cells; body rows; small readings they share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Self

import attrs
from attrs import frozen

from nq57xl.errors import Nq57Error
from nq57xl.text.legacy import bare, clean

_MOST_PLACES = 1_000_000


@frozen
class Line:
    """A line or paragraph outside the tables."""

    text: str
    source: str
    """Where it stands: "trang 3", "đoạn 12", "dòng 40"."""


@frozen
class GridCell:
    """A cell as a reader finds it: its place in the grid, and how many rows and columns it covers."""

    row: int
    col: int
    text: str = ""
    source: str = ""
    rows: int = 1
    cols: int = 1
    doubt: str = ""
    """Why the reader itself is not sure of the text; empty when it is."""
    short: bool = False
    """The text plainly ends in this cell: there is room under it. A row cut by a page goes on in other cells only."""


@frozen
class GridTable:
    """A rectangular grid; every row has the same number of cells."""

    rows: tuple[tuple[GridCell, ...], ...]
    """At each place the cell that covers it."""
    page_starts: frozenset[int] = frozenset()
    """Rows that are the first on a page: they may go on with the row before."""
    unseen: tuple[tuple[str, str], ...] = ()
    """Texts that the document hides, with their place."""

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.rows[0]) if self.rows else 0

    def text(self, row: int, col: int) -> str:
        """The text of a place, of the merged cell that covers it too."""
        return self.rows[row][col].text

    def begins(self, row: int, col: int) -> bool:
        """True when no merged cell that began elsewhere covers the place."""
        cell = self.rows[row][col]
        return (cell.row, cell.col) == (row, col)

    def own(self, row: int) -> list[tuple[int, GridCell]]:
        """The cells that begin in that row and hold text, with their columns."""
        return [(col, cell) for col, cell in enumerate(self.rows[row]) if cell.text and self.begins(row, col)]

    def from_above(self, row: int, col: int) -> bool:
        """True when a merged cell that began in an earlier row covers the place."""
        return self.rows[row][col].row < row

    def source(self, row: int) -> str:
        """Where the row stands."""
        return next((cell.source for cell in self.rows[row] if cell.source), "")


@frozen
class Document:
    """A document as read, in its own order."""

    items: tuple[Line | GridTable, ...]

    @property
    def tables(self) -> list[GridTable]:
        """All tables."""
        return [item for item in self.items if isinstance(item, GridTable)]


def table_of(
    cells: Iterable[GridCell], page_starts: Iterable[int] = (), unseen: tuple[tuple[str, str], ...] = ()
) -> GridTable:
    """The grid of those cells; places without a cell are blank."""
    cells = [cell for cell in cells if cell.rows > 0 and cell.cols > 0]
    height = max((cell.row + cell.rows for cell in cells), default=0)
    width = max((cell.col + cell.cols for cell in cells), default=0)
    if max(height * width, sum(cell.rows * cell.cols for cell in cells)) > _MOST_PLACES:
        raise Nq57Error("Bảng trong văn bản quá lớn, không đọc được an toàn: hãy tách riêng phần phụ lục.")
    grid = [[GridCell(row, col) for col in range(width)] for row in range(height)]
    for cell in cells:
        for row in range(cell.row, cell.row + cell.rows):
            grid[row][cell.col : cell.col + cell.cols] = [cell] * cell.cols
    return GridTable(tuple(tuple(row) for row in grid), frozenset(page_starts), unseen)


@frozen
class SourceText:
    """A text of the document on its way into a cell of the plan."""

    text: str = ""
    source: str = ""
    doubt: str = ""
    """Why a person must look at it, in Vietnamese; empty when the reading is sure."""

    def doubted(self, reason: str) -> SourceText:
        """The same with a reason to look at it, where it has none yet."""
        return self if self.doubt else attrs.evolve(self, doubt=reason)

    def joined(self, lower: SourceText) -> SourceText:
        """The same with a text that goes on with it."""
        return attrs.evolve(self, text=join_lines(self.text, lower.text), source=self.source or lower.source)


@frozen
class BodyRow:
    """One body row."""

    values: dict[str, SourceText]
    """Field -> text of the row's own cells."""
    source: str
    merged: frozenset[str] = frozenset()
    """Fields whose cell is the lower part of a merged one."""
    tall: frozenset[str] = frozenset()
    """Fields whose cell reaches down into the next rows."""
    title: str = ""
    """The text of a row that is one wide cell."""
    starts_page: bool = False
    first: bool = False
    """True for the first row under headings that are not a repetition: another appendix may begin."""
    near_top: bool = False
    """True for the row after one that the page before began."""
    short: frozenset[str] = frozenset()
    """Fields whose text ends well above the lower border of its cell: no page cut it."""
    between: bool = False
    """True for a heading that stands as text between two tables."""

    def text(self, name: str) -> str:
        """The text of a field, empty when the row has none."""
        return self.values[name].text if name in self.values else ""

    def value(self, name: str) -> SourceText:
        """The text of a field with its place; a blank of the row for a field that it does not have."""
        return self.values.get(name, SourceText("", self.source))

    def having(self, values: Mapping[str, SourceText]) -> Self:
        """The row with those texts in place of its own."""
        return attrs.evolve(self, values={**self.values, **values})


_PARTS = {100: "C", 90: "XC", 50: "L", 40: "XL", 10: "X", 9: "IX", 5: "V", 4: "IV", 1: "I"}
_MARK = re.compile(r"(?<=[^\s])[¹²³⁰⁴-⁹]{1,3}(?=$|[\s.,;:)])", re.MULTILINE)
_MEASURE = re.compile(r"(?:^|[^\w])[kdc]?m$|(?<![/\d])\d{1,3}$")
_BULLET = re.compile(r"(?:[-–—+•*●▪]|\d{1,2}[.)]|[a-zđ]\))\s*\S")
_HYPHEN = re.compile(r"[^\W_]-$")
_TAIL = re.compile(r"[-/][^\W_]")
_CODE = re.compile(r"\d-[A-ZĐ]+/[A-ZĐ]+$")
_CODE_HEAD = re.compile(r"\d/(?:\d{4}/)?[A-ZĐ]{0,4}$")
_CODE_TAIL = re.compile(r"(?:\d{4}/)?[A-ZĐ]{0,6}-[A-ZĐ]")
# a symbol such as KH/BCĐTW that is wider than its column is cut in the middle: it fills a line alone
_CUT_WORD = re.compile(r"(?!\S*/\d{4}$)\S*/\S*[^\W_]")
# a day or a month in numbers, as the one word of its kind
_DATE = re.compile(r"\(?(?:\d{1,2}/)?\d{1,2}/\d{4}[.,;)]?")
_CAPITALS = re.compile(r"[A-ZĐ]{1,5}(?![^\W\d_])")


def roman(number: int) -> str:
    """4 is "IV"; numbers up to 199."""
    text = ""
    for value, letters in _PARTS.items():
        text, number = text + letters * (number // value), number % value
    return text


_VALUES = {roman(number): number for number in range(1, 100)}


def roman_value(text: str) -> int | None:
    """The value of a Roman number, None when the text is none."""
    return _VALUES.get(text.strip().upper())


def join_lines(first: str, second: str) -> str:
    """Two lines of one text: at a "-" between letters or digits without a blank."""
    if not first or not second:
        return first or second
    together = _HYPHEN.search(first) or (_TAIL.match(second) and first[-1].isalnum())
    together = together or is_cut_date(first, second)
    together = together or (_CODE.search(first) and re.fullmatch(r"[A-ZĐ]{1,5}(?:\W.*)?", second, re.DOTALL))
    together = together or (_CODE_HEAD.search(first) and _CODE_TAIL.match(second))
    return f"{first}{second}" if together else f"{first} {second}"


def is_cut_date(first: str, second: str) -> bool:
    """True for "15/10/20" over "26": a column too narrow for a day cuts it."""
    one, other = first.split()[-1:], second.split()[:1]
    return bool(one and other) and _DATE.fullmatch(one[0] + other[0]) is not None and not _DATE.fullmatch(one[0])


def page_text(text: str) -> str:
    """The lines of a page joined to one text; a list keeps its lines."""
    lines: list[str] = []
    before = ""
    for line in clean(text).split("\n"):
        if lines and line and _CUT_WORD.fullmatch(before) and _CAPITALS.match(line):
            lines[-1] += line
        elif lines and line and not (_BULLET.match(line) and lines[-1][-1:] in ".;:,"):
            lines[-1] = join_lines(lines[-1], line)
        elif line:
            lines.append(line)
        before = line
    return "\n".join(lines)


def _without_marks(text: str) -> str:
    """The text without marks of footnotes: raised figures behind a word or a date, not behind "m" or another figure."""
    return _MARK.sub(lambda match: match[0] if _MEASURE.search(text[: match.start()]) else "", text)


def paragraph_text(text: str) -> str:
    """The paragraphs of a cell: a line that goes on in the middle of a sentence is joined to the one before."""
    lines: list[str] = []
    for line in _without_marks(clean(text)).split("\n"):
        if lines and line and (_HYPHEN.search(lines[-1]) or line[0].islower()) and not _BULLET.match(line):
            lines[-1] = join_lines(lines[-1], line)
        elif line:
            lines.append(line)
    return "\n".join(lines)


def whole_key(text: str) -> str:
    """Key of a column heading: its letters without accents and case, what stands in brackets too."""
    return " ".join(re.sub(r"[^a-z]+", " ", bare(text)).split())
