"""Pages as data: lines of cells are placed on rows, with heights, before anything is written; charts, addresses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Literal

import attrs
from attrs import field, frozen

from nq57xl.text.addresses import letters_of
from nq57xl.xlsx.metrics import line_height, merged_width, wrapped

_MAX_HEIGHT = 300.0
"""Points. Excel allows 409; a row never breaks over pages, so a lower limit keeps pages full."""
_PADDING = 3.0
_PAPER_PIXELS = {"A4": 1036, "A3": 1497}
"""Width of landscape paper between margins of 10 mm at 96 dots per inch, less 1 % for the rounding of programs."""

_Kind = Literal[
    "title", "subtitle", "italic", "alert", "para", "note", "band", "head", "section", "group", "row", "sub", "total",
    "space", "words", "lead",
]  # fmt: skip
"""`words`: texts without borders, over part of the width; `lead`: the same in bold over a rule."""
_MERGED = ("title", "subtitle", "italic", "alert", "para", "note")
_SIZES: dict[str, float] = {
    "title": 14, "subtitle": 13, "italic": 12, "para": 13, "alert": 13, "note": 10, "group": 12, "lead": 11,
}  # fmt: skip
_BOLD = ("title", "subtitle", "alert", "head", "band", "section", "group", "total", "lead")
_PAPER_POINTS = {"A4": 508.0, "A3": 754.0}
"""Height of landscape paper between the margins of `book`, less 1 %."""


@frozen
class Number:
    """A number with the format it is shown in."""

    value: float
    format: str = "#,##0"


@frozen
class Link:
    """A text that leads to an anchor, also in a workbook beside this one; plain text where there is no such anchor.

    "{row}" becomes the number of its row, "{label}" what the anchor is called there.
    """

    text: str
    anchor: str


@frozen
class LinkTarget:
    """Where an anchor stands."""

    sheet: str
    row: int
    """0-based."""
    file: str = ""
    """Name of the workbook beside this one; "" for this one."""
    label: str = ""


@frozen
class FileLink:
    """A text that opens another file, by its path from the workbook's folder, with forward slashes."""

    text: str
    path: str


@frozen
class Formula:
    """A live formula with its value as it is now."""

    text: str
    value: float | str
    format: str = '#,##0;-#,##0;"-"'


@frozen
class Sparkline:
    """A small chart in the cell, of the numbers of its own row between two columns."""

    first: str
    """Column name."""
    last: str


CellContent = str | Number | Link | FileLink | Formula | Sparkline | None


@frozen
class ReportColumn:
    """A column of a page."""

    name: str
    title: str
    width: float
    """Characters of the default font."""
    align: Literal["left", "center", "right"] = "left"
    printed: bool = True
    """False: stands right of the print area; not measured, written on a line's first row only."""
    hidden: bool = False
    """Seen nowhere; such a column is not printed, either."""
    longest: int = 0
    """Characters of what is typed here at most; 0: nothing is typed here."""


@frozen
class ReportLine:
    """One line as the reader sees it; it may need several rows."""

    kind: _Kind
    cells: Mapping[str, CellContent] = field(factory=dict)
    level: int = 0
    """Outline level."""
    anchors: tuple[str, ...] = ()
    """Names under which links find this line."""
    height: float = 0
    """For `space`: points."""
    spans: Mapping[str, str] = field(factory=dict)
    """Columns whose cell reaches to another column: first -> last."""

    @property
    def merged(self) -> bool:
        """It is one text over the whole width."""
        return self.kind in _MERGED


@frozen
class PlacedRow(ReportLine):
    """One row of a sheet: a line, or a part of one, with its height in points."""

    row: int = 0
    """0-based."""
    first: bool = True
    last: bool = True
    """First and last row of its line: the rows between have no rule above or below."""


@frozen
class ReportSheet:
    """One sheet: its columns and lines, and how it prints."""

    name: str
    columns: tuple[ReportColumn, ...]
    lines: tuple[ReportLine, ...]
    size: float = 10
    paper: Literal["A4", "A3"] = "A4"
    scale: int = 90
    """Per cent; with `size` 10 the printed text has 9 pt."""
    filtered: bool = False
    """Autofilter on the rows under the (last) heading row."""
    frozen_columns: int = 0
    sparse: bool = False
    """True: cells that a line does not name stay without borders."""
    printed_to: str = ""
    """Anchor of the first line that is not printed; "" where all are."""
    sizes: Mapping[str, float] = field(factory=dict)
    """Font sizes by kind of line, where they are not the usual ones."""

    def size_of(self, kind: str) -> float:
        """Font size of the lines of that kind, in points."""
        return self.sizes.get(kind) or _SIZES.get(kind, self.size)

    def band_spans(self, line: ReportLine) -> dict[str, tuple[int, int]]:
        """First and last column of each text of a band: it reaches to where the next one begins."""
        starts = [i for i, column in enumerate(self.columns) if column.name in line.cells]
        last = max(i for i, column in enumerate(self.columns) if column.printed)
        ends = [start - 1 for start in starts[1:]] + [last]
        return {self.columns[start].name: (start, end) for start, end in zip(starts, ends, strict=True)}

    def placed(self) -> PlacedSheet:
        """Every line on its rows, the columns widened or narrowed to the width of the paper."""
        printed = [column for column in self.columns if column.printed]
        room = _PAPER_PIXELS[self.paper] * 100 / self.scale - 5 * len(printed)
        factor = room / 7 / sum(column.width for column in printed)
        widths = {column.name: int(column.width * factor * 7) / 7 for column in printed}
        columns = (attrs.evolve(column, width=widths.get(column.name, column.width)) for column in self.columns)
        page = attrs.evolve(self, columns=tuple(columns))
        rows: list[PlacedRow] = []
        for line in page.lines:
            rows += _place_line(line, page, widths, len(rows))
        return PlacedSheet(page, tuple(rows))

    def rows_needed(self, text: str, column: str) -> int:
        """Rows over which a text is spread in that column of a placed self."""
        width, size = next(item.width for item in self.columns if item.name == column), self.size
        return math.ceil(len(wrapped(text, width, size, False)) / _lines_in_row(size))


@frozen
class PlacedSheet:
    """A page with every line on its rows."""

    page: ReportSheet
    rows: tuple[PlacedRow, ...]
    _ranges: dict[str, str] = field(factory=dict, init=False, repr=False, eq=False)
    """Thousands of formulas name the same few columns."""

    def anchors(self) -> dict[str, tuple[str, int]]:
        """Anchor -> (sheet name, row)."""
        return {name: (self.page.name, row.row) for row in reversed(self.rows) for name in row.anchors}

    def index(self, name: str) -> int:
        """Position of a column."""
        return next(i for i, column in enumerate(self.page.columns) if column.name == name)

    @property
    def heads(self) -> tuple[int, ...]:
        """Rows of the column headings at the top."""
        found: list[int] = []
        for row in self.rows:
            if row.kind in ("head", "band"):
                found.append(row.row)
            elif found:
                break
        return tuple(found)

    @property
    def end(self) -> int:
        """Last row of the block under the headings at the top; the last row of all where there is none."""
        heads = self.heads
        for row in self.rows[heads[-1] + 1 :] if heads else ():
            if row.kind in ("space", "group"):
                return max(row.row - 1, heads[-1])
        return self.rows[-1].row

    @property
    def repeats(self) -> bool:
        """The headings at the top are printed on every page: no other table or text follows theirs."""
        return self.page.filtered and self.end == self.rows[-1].row

    @property
    def last_printed(self) -> int:
        """Last row of the print area."""
        for row in self.rows:
            if self.page.printed_to and self.page.printed_to in row.anchors:
                return row.row - 1
        return self.rows[-1].row

    def range_of(self, name: str) -> str:
        """The cells of a column under the headings: "'Phụ lục tổng hợp'!$K$6:$K$99"."""
        if name not in self._ranges:
            letter = letters_of_column(self.page.columns, name)
            first = (self.heads[-1] if self.heads else 0) + 2
            last = max(self.end + 1, first)
            self._ranges[name] = f"'{self.page.name}'!${letter}${first}:${letter}${last}"
        return self._ranges[name]

    def count(self, **words: str) -> str:
        """A count of the rows whose columns hold those words; a value that begins with "$" is an address."""
        tests = []
        for name, word in words.items():
            quoted = word.replace('"', '""')
            tests += [self.range_of(name), word if word.startswith("$") else f'"{quoted}"']
        return f"COUNTIFS({','.join(tests)})"

    def orphan_breaks(self) -> list[int]:
        """Rows that must begin a new printed page, so that no heading of a section stands alone at the foot of one."""
        room = _PAPER_POINTS[self.page.paper] * 100 / self.page.scale
        repeated = sum(row.height for row in self.rows if row.row in self.heads) if self.repeats else 0.0
        breaks, used = [], 0.0
        for index, row in enumerate(self.rows[: self.last_printed + 1]):
            need = row.height
            if row.kind in ("section", "group"):
                # a table under its heading, to the space or heading that ends it: small ones stay on one page
                under = takewhile(lambda row: row.kind not in ("space", "group"), self.rows[index + 1 :])
                block = sum(item.height for item in under) if self.page.sparse else room
                need += block if row.height + block <= room else _heading_needs(self.rows[index + 1 :])
            if used + need > room and used > repeated:
                if row.kind in ("section", "group"):
                    breaks.append(row.row)
                used = repeated
            used += row.height
        return breaks


def _heading_needs(after: Sequence[PlacedRow]) -> float:
    """Height of what must stand on one page with a heading: further headings and the first row."""
    height = 0.0
    for row in after:
        height += row.height
        if row.kind not in ("section", "group", "head"):
            break
    return height


def _lines_in_row(size: float) -> int:
    return int((_MAX_HEIGHT - _PADDING) // line_height(size))


def _place_line(line: ReportLine, page: ReportSheet, widths: Mapping[str, float], top: int) -> list[PlacedRow]:
    if line.kind == "space":
        return [PlacedRow(line.kind, line.cells, line.level, line.anchors, line.height, {}, top)]
    size = page.size_of(line.kind)
    texts = {name: wrapped(text, width, size, bold) for name, text, width, bold in _measured(line, page, widths)}
    per_row = _lines_in_row(size)
    count = math.ceil(max(map(len, texts.values()), default=1) / per_row)
    placed = []
    for number in range(count):
        part = {name: lines[number * per_row : (number + 1) * per_row] for name, lines in texts.items()}
        height = round(max([1, *map(len, part.values())]) * line_height(size) + _PADDING, 2)
        first, last = number == 0, number == count - 1
        cells = line.cells if count == 1 else _cells(line, part, first=first)
        anchors = line.anchors if first else ()
        placed.append(PlacedRow(line.kind, cells, line.level, anchors, height, line.spans, top + number, first, last))
    return placed


def _measured(line: ReportLine, page: ReportSheet, widths: Mapping[str, float]) -> list[tuple[str, str, float, bool]]:
    """(column, text, width, bold) of every text that wraps on this line; `widths` of the printed columns."""
    bold = line.kind in _BOLD
    if line.kind in ("row", "sub", "total") and not line.spans:  # most lines of most pages
        cells = line.cells.items()
        return [(name, text, widths[name], bold) for name, item in cells if name in widths and (text := _text(item))]
    columns = [column for column in page.columns if column.printed]
    full = _width_of(columns)
    if line.merged:
        return [(name, text, full, bold) for name, text in line.cells.items() if isinstance(text, str)]
    if line.kind == "band":
        spans = page.band_spans(line)
        wide = {name: _width_of(page.columns[first : last + 1]) for name, (first, last) in spans.items()}
        return [(name, str(line.cells[name]), wide[name], True) for name in spans]
    if line.kind in ("section", "group"):  # one text that runs on over empty cells; a section has a number before it
        texts = {column.name: _text(line.cells[column.name]) for column in columns if column.name in line.cells}
        longest = max(texts, key=lambda name: len(texts[name]), default="")
        return [(longest, texts[longest], full * 0.9, bold)] if longest else []
    names, found = [column.name for column in page.columns], []
    for column in columns:
        if text := _text(line.cells.get(column.name)):
            begin, end = names.index(column.name), names.index(line.spans.get(column.name, column.name))
            found.append((column.name, text, _width_of(page.columns[begin : end + 1]), bold))
    return found


def _width_of(columns: Sequence[ReportColumn]) -> float:
    return merged_width([column.width for column in columns])


def _text(content: CellContent) -> str:
    """What is measured: numbers and formulas are short and never wrap."""
    if content is None or content.__class__ is str:
        return content or ""
    if isinstance(content, Link):
        return content.text.replace("{row}", "0000").replace("{label}", "0000-0000")
    if isinstance(content, FileLink):
        return content.text
    return content if isinstance(content, str) else ""


def _cells(line: ReportLine, part: Mapping[str, Sequence[str]], *, first: bool) -> dict[str, CellContent]:
    cells: dict[str, CellContent] = {}
    for name, content in line.cells.items():
        if isinstance(content, str) and name in part:
            text = "".join(part[name])
            text = text if first and text == content else text.strip("\n")
            cells[name] = text or None
        elif first:
            cells[name] = content
    return cells


@frozen
class Series:
    """One series of a chart: its name and its values stand on the chart's source sheet."""

    head: tuple[int, int]
    """Row and column of its name."""
    values: tuple[int, int, int, int]
    """First row, first column, last row, last column."""
    fill: str
    """Colour: "#1F3864"."""
    pattern: str = ""
    """Name of a pattern in that colour on white; "": the whole surface."""


@frozen
class Chart:
    """A chart over a block of the page: stacked bars, or lines of percentages."""

    title: str
    anchor: str
    """Line at which it stands."""
    x: int
    """Pixels from the left edge."""
    y: int
    """Pixels below the anchor."""
    width: int
    """Pixels."""
    height: int
    source: str
    """Name of the sheet that holds its figures."""
    categories: tuple[int, int, int, int]
    """First row, first column, last row, last column."""
    series: tuple[Series, ...]
    kind: Literal["bar", "line"] = "bar"
    legend: Literal["right", "bottom", "none"] = "bottom"
    """`right` and `none`: room is left beside the bars, so that charts above one another begin and end alike."""


def letters_of_column(columns: Sequence[ReportColumn], name: str) -> str:
    """Letters of a column by its name: "AB"."""
    return letters_of(next(i for i, column in enumerate(columns) if column.name == name))
