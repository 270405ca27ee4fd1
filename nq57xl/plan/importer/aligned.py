"""Tables without rules: columns told apart by the blanks that run down the page, rows by their numbers or rules."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

import attrs
from attrs import define, field, frozen

from nq57xl.plan.importer.headings import Headings, find_headings
from nq57xl.plan.importer.pdf_text import TextLine
from nq57xl.plan.importer.table import Line, Placed, Table, table_of
from nq57xl.plan.importer.words import page_text, roman_value
from nq57xl.text.normalise import clean

_NUMBER = re.compile(r"\(?(?:\d{1,3}(?:\.\d{1,3})*[a-z]?|[IVXLC]+|[A-H]|[a-zđ])[.)/:]?|[-–]")
_ANCHOR = re.compile(r"\(?(?:[IA]|0?1|1\.1|a)[.)/:]?")
_ROMAN_TITLE = re.compile(r"(?:(?:Phần|Mục|MỤC|PHẦN)\s+)?(?:[IVX]+|[A-H])\s*[.)/:–-]\s*\S")
_END = re.compile(r"(?:Nơi nhận|NƠI NHẬN|PHỤ LỤC|Phụ lục|\(?Kèm theo|TM\.|KT\.|Ghi chú:)")
_MOST_HEAD = 7
_MOST_LINES = 3000
"""Lines that the columns are told from: the beginning of a long table is enough."""
_UNSURE_ROW = "bảng không kẻ khung, ranh giới dòng không chắc"
_UNSURE_COLUMN = "bảng không kẻ khung, chữ lấn sang cột bên"


@frozen
class Page:
    """The lines of a page, and the horizontal rules across it."""

    lines: tuple[TextLine, ...]
    source: str
    unit: float
    """Width of an ordinary letter."""
    rules: tuple[float, ...] = ()
    sources: tuple[str, ...] = ()
    """Place of each line, where it differs from line to line."""

    def where(self, index: int) -> str:
        """The place of a line."""
        return self.sources[index] if self.sources else self.source


@define
class _Grid:
    """The columns of a table being read, over its pages."""

    borders: list[float]
    heads: Headings
    texts: list[str] = field(factory=list)


def aligned(pages: Sequence[Page]) -> list[Line | Table] | None:
    """The pages with their tables; None when no headings stand over columns."""
    items: list[Line | Table] = []
    grid: _Grid | None = None
    found = False
    for number, page in enumerate(pages):
        at = 0
        while at < len(page.lines):
            head = _head(page, at, grid is None)
            if head is None and grid is None:
                items += [Line(clean(line.text), page.where(at + index)) for index, line in enumerate(page.lines[at:])]
                break
            start, body = head[:2] if head else (at, at)
            items += (
                [Line(clean(page.lines[index].text), page.where(index)) for index in range(at, start)] if head else []
            )
            if head and (grid is None or head[2] != grid.texts):
                grid = _Grid(_borders(_stretch(pages, number, body), head[3], page.unit), head[4], head[2])
            assert grid is not None
            end = next(
                (index for index in range(body, len(page.lines)) if _END.match(page.lines[index].text)), len(page.lines)
            )
            items.append(_table(page, (start, body, end), grid))
            found = True
            at = end
            if end < len(page.lines):
                grid = None
                items.append(Line(clean(page.lines[end].text), page.where(end)))
                at += 1
    return items if found else None


def _ends(line: TextLine) -> bool:
    """True for a line that is no row of the table any more: a title in capitals, a signature."""
    title = line.text.isupper() and len(line.words) > 2 and not _ROMAN_TITLE.match(line.text)
    return _END.match(line.text) is not None or (title and not _NUMBER.fullmatch(line.words[0][2]))


def _stretch(pages: Sequence[Page], number: int, body: int) -> list[TextLine]:
    """The lines of the table from its first row on, over the following pages too."""
    lines = [*pages[number].lines[body:], *(line for page in pages[number + 1 :] for line in page.lines)]
    return list(itertools.takewhile(lambda line: not _ends(line), lines[:_MOST_LINES]))


_Head = tuple[int, int, list[str], list[tuple[float, float]], Headings]


def _head(page: Page, at: int, far: bool) -> _Head | None:
    """First line of the headings, first line under them, their texts, their places; None when there are none."""
    last = len(page.lines) if far else min(len(page.lines), at + _MOST_HEAD)
    for index in range(at + 1, last):
        if not (_ANCHOR.fullmatch(page.lines[index].words[0][2]) or _ROMAN_TITLE.match(page.lines[index].text)
                or (not far and index < at + _MOST_HEAD)):  # fmt: skip
            continue
        found = [item for height in range(1, _MOST_HEAD) if index - height >= at
                 and (item := _head_of(page, index - height, index)) is not None]  # fmt: skip
        if found:
            return max(found, key=lambda item: (len(item[4].columns), item[0]))
    return None


def _head_of(page: Page, start: int, end: int) -> _Head | None:
    """Those lines as headings."""
    lines = list(page.lines[start:end])
    numbered = bool(lines) and _counts(lines[-1])
    columns = _clusters(lines[:-1] if numbered and len(lines) > 1 else lines, page.unit)
    if len(columns) < 3 or (not numbered and _counts(page.lines[end])):
        return None
    texts = [page_text("\n".join(text for _, text in parts)) for _, _, parts in columns]
    table = table_of([Placed(0, col, text, page.source) for col, text in enumerate(texts)])
    heads = find_headings(table)
    if heads is None or heads.sure < 3:
        return None
    return start, end, texts, [(left, right) for left, right, _ in columns], heads


def _counts(line: TextLine) -> bool:
    """True for a line that numbers the columns."""
    digits = [re.sub(r"[()\[\]]", "", word) for _, _, word in line.words]
    numbers = [int(item) for item in digits if item.isdigit()]
    return (
        len(numbers) >= 2
        and len(numbers) >= len(digits) - 2
        and all(b - a == 1 for a, b in itertools.pairwise(numbers))
    )


def _segments(line: TextLine, unit: float) -> Iterator[tuple[float, float, str]]:
    """The runs of words with no wide blank between them."""
    current: tuple[float, float, str] | None = None
    for left, right, text in line.words:
        if current is not None and left - current[1] < 1.5 * unit:
            current = (current[0], right, f"{current[2]} {text}")
        else:
            if current is not None:
                yield current
            current = (left, right, text)
    if current is not None:
        yield current


_Column = tuple[float, float, list[tuple[float, str]]]


def _clusters(lines: Sequence[TextLine], unit: float) -> list[_Column]:
    """Segments that stand over one another, as columns from left to right."""
    columns: list[_Column] = []
    for line in lines:
        for left, right, text in _segments(line, unit):
            touched = [item for item in columns if item[0] < right and left < item[1]]
            if len(touched) > 1:
                # a heading over several columns
                continue
            known = touched[0] if touched else (left, right, [])
            if touched:
                columns.remove(known)
            columns.append((min(left, known[0]), max(right, known[1]), [*known[2], (line.top, text)]))
    return sorted(columns, key=lambda item: item[0])


def _borders(lines: Sequence[TextLine], places: Sequence[tuple[float, float]], unit: float) -> list[float]:
    """Between each two headings the place that the fewest lines cross, in the middle of the widest such blank."""
    step = unit / 2
    found = [places[0][0] - 20 * unit]
    for one, other in itertools.pairwise(places):
        start, end = (one[0] + one[1]) / 2, (other[0] + other[1]) / 2
        count = max(1, int((end - start) / step))
        marks = [start + index * (end - start) / count for index in range(count + 1)]
        crossed = [sum(_crosses(line, mark, unit) for line in lines) for mark in marks]
        least = min(crossed)
        runs: list[list[int]] = []
        for index, number in enumerate(crossed):
            if number <= least + len(lines) // 60:
                if runs and runs[-1][-1] == index - 1:
                    runs[-1].append(index)
                else:
                    runs.append([index])
        widest = max(runs, key=len)
        found.append((marks[widest[0]] + marks[widest[-1]]) / 2)
    return [*found, places[-1][1] + 20 * unit]


def _crosses(line: TextLine, mark: float, unit: float) -> bool:
    return any(left - 0.05 * unit < mark < right + 0.05 * unit for left, right, _ in _segments(line, unit * 0.75))


def _table(page: Page, span: tuple[int, int, int], grid: _Grid) -> Table:
    """The headings, if the page has them, and the rows under them."""
    start, body, end = span
    placed: list[Placed] = []
    row = 0
    if body > start:
        placed = [Placed(0, col, text, page.where(start)) for col, text in enumerate(grid.texts)]
        row = 1
    lines = [index for index in range(body, end) if not _counts(page.lines[index])]
    for first, last, doubt in _bands(page, lines, grid):
        band = [index for index in lines if first <= index < last]
        placed += _row(page, band, grid, row, doubt)
        row += 1
    return table_of(placed if _in_order(placed) else [_doubted(cell) for cell in placed], page_starts=(0,))


def _in_order(placed: Sequence[Placed]) -> bool:
    """True when nearly every row begins with a number or is a title: the rows were told apart."""
    rows = {cell.row for cell in placed}
    known = {cell.row for cell in placed if cell.col == 0 and (cell.cols > 1 or _NUMBER.fullmatch(cell.text))}
    return len(known) + 1 >= 0.95 * len(rows)


def _doubted(cell: Placed) -> Placed:
    return attrs.evolve(cell, doubt=cell.doubt or _UNSURE_ROW) if cell.row else cell


def _bands(page: Page, lines: list[int], grid: _Grid) -> Iterator[tuple[int, int, str]]:
    """First line of each row, the line after it, and why the border is unsure."""
    if not lines:
        return
    limit = grid.borders[1]
    starts = [index for index in lines if _begins(page.lines[index], limit) or _is_title(page.lines[index], grid)]
    starts = [index for index in starts if not _is_rest(page, index, starts)]
    top, bottom = page.lines[lines[0]].top, page.lines[lines[-1]].bottom
    rules = [rule for rule in page.rules if top < rule < bottom]
    if len(rules) >= max(2, 0.6 * len(starts)):
        yield from _ruled_bands(page, lines, rules)
        return
    middle = (
        bool(starts)
        and starts[0] != lines[0]
        and grid.heads.columns.get("number") == 0
        and _centred(page, starts, grid)
    )
    if middle:
        starts = [lines[0], *(_cut_between(page, one, other, grid) for one, other in itertools.pairwise(starts))]
    elif not starts or starts[0] != lines[0]:
        starts = [lines[0], *starts]
    for first, last in itertools.pairwise([*starts, lines[-1] + 1]):
        yield first, last, _UNSURE_ROW if middle else ""


def _ruled_bands(page: Page, lines: list[int], rules: list[float]) -> Iterator[tuple[int, int, str]]:
    current = [lines[0]]
    for index in lines[1:]:
        one, other = page.lines[current[-1]], page.lines[index]
        if any((one.top + one.bottom) / 2 < rule <= (other.top + other.bottom) / 2 for rule in rules):
            yield current[0], index, ""
            current = []
        current.append(index)
    yield current[0], lines[-1] + 1, ""


def _begins(line: TextLine, limit: float) -> bool:
    """True when a number stands in the first column of the line."""
    left, right, text = line.words[0]
    return (left + right) / 2 < limit and _NUMBER.fullmatch(text) is not None


def _is_rest(page: Page, index: int, starts: list[int]) -> bool:
    """True for the second half of a number that its narrow column broke: "0" over "1", "I" over "V"."""
    if index - 1 not in starts:
        return False
    one, other = page.lines[index - 1].words[0][2], page.lines[index].words[0][2]
    if one.isdigit() and other.rstrip(".").isdigit():
        return int(other.rstrip(".")) != int(one) + 1
    return len(one) <= 3 and roman_value(one) is not None and roman_value(one + other.rstrip(".")) is not None


def _is_title(line: TextLine, grid: _Grid) -> bool:
    """True for the heading of a section that runs over the columns."""
    return (
        _ROMAN_TITLE.match(line.text) is not None
        and line.words[0][0] < grid.borders[1] + (grid.borders[2] - grid.borders[1]) / 2
    )


def _centred(page: Page, starts: list[int], grid: _Grid) -> bool:
    """True when the numbers stand in the middle of their rows: text of a new row comes before its number."""
    before = page.lines[starts[0] - 1] if starts[0] else None
    return before is not None and sum(text[:1].isupper() for text in _texts(before, grid) if text) >= 2


def _cut_between(page: Page, one: int, other: int, grid: _Grid) -> int:
    """Where the row of the second number begins: where most columns begin a sentence."""

    def score(index: int) -> float:
        return sum(
            1.0 if text[:1].isupper() or text[:1].isdigit() else -1.5
            for text in _texts(page.lines[index], grid)
            if text
        )

    return max(range(one + 1, other + 1), key=score)


def _texts(line: TextLine, grid: _Grid) -> list[str]:
    """The words of the line, column by column."""
    found: list[list[str]] = [[] for _ in range(len(grid.borders) - 1)]
    for left, right, text in line.words:
        found[_column((left + right) / 2, grid)].append(text)
    return [" ".join(words) for words in found]


def _column(place: float, grid: _Grid) -> int:
    inner = grid.borders[1:-1]
    return sum(place > border for border in inner)


def _row(page: Page, band: list[int], grid: _Grid, row: int, doubt: str) -> Iterator[Placed]:
    """The cells of a row; a title over the columns is one wide cell."""
    source = page.where(band[0])
    lines = [page.lines[index] for index in band]
    if all(_over(line, grid, page.unit) for line in lines) and (_is_title(lines[0], grid) or len(lines) == 1):
        yield Placed(row, 0, page_text("\n".join(line.text for line in lines)), source, 1, len(grid.borders) - 1)
        return
    cells: list[list[str]] = [[] for _ in range(len(grid.borders) - 1)]
    unsure: set[int] = set()
    for line in lines:
        for col, text in enumerate(_texts(line, grid)):
            if text:
                cells[col].append(text)
        for left, right, _ in line.words:
            inner = enumerate(grid.borders[1:-1])
            crossed = [col for col, border in inner if left + 0.3 * page.unit < border < right - 0.3 * page.unit]
            unsure |= {beside for col in crossed for beside in (col, col + 1)}
    for col, texts in enumerate(cells):
        if texts:
            why = _UNSURE_COLUMN if col in unsure else doubt
            yield Placed(row, col, page_text("\n".join(texts)), source, doubt=why)


def _over(line: TextLine, grid: _Grid, unit: float) -> bool:
    """True when a run of words reaches over a border of columns, or stands alone at the left."""
    segments = list(_segments(line, unit))
    inner = grid.borders[2:-1]
    return len(segments) == 1 and (
        any(segments[0][0] < border < segments[0][1] for border in inner) or segments[0][0] < grid.borders[1]
    )
