"""The columns of Word tables: borders dragged by hand leave slivers and rows that are off by some millimetres."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from nq57xl.plan.importer.docx_text import W

_NEAR = 150
"""Borders nearer than this are one, in twentieths of a point (2.6 mm)."""
_MOST_COLUMNS = 200

Span = tuple[int, int]
"""First column of a cell and the column after it."""


def rows_of(table: Any) -> Iterator[Any]:  # noqa: ANN401 - lxml elements
    """The rows, those in content controls too, without deleted ones."""
    for child in table:
        if child.tag == f"{W}tr":
            if child.find(f"{W}trPr/{W}del") is None:
                yield child
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins"):
            yield from rows_of(child)


def cells_of(row: Any) -> Iterator[Any]:  # noqa: ANN401 - lxml elements
    """The cells of a row."""
    for child in row:
        if child.tag == f"{W}tc":
            yield child
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}customXml"):
            yield from cells_of(child)


def number(element: Any, path: str, default: int) -> int:  # noqa: ANN401 - an lxml element
    """The whole number in the `val` of an element under another."""
    found = element.find(path)
    text = (found.get(f"{W}val") or "") if found is not None else ""
    return min(int(text), _MOST_COLUMNS) if text.isdigit() else default


def columns_of(table: Any) -> list[list[Span]]:  # noqa: ANN401 - an lxml element
    """For each row the columns that each of its cells covers, over the borders that the rows have in common."""
    places = _places(table)
    rows = [_spans(row, places) for row in rows_of(table)]
    common = _common(rows, places)
    if common is not None:
        return common
    used = sorted({border for row in rows for span in row for border in span})
    return [[(used.index(first), used.index(last)) for first, last in row] for row in rows]


def _places(table: Any) -> list[int]:  # noqa: ANN401 - an lxml element
    """Where each border of the grid stands; one more than the grid has columns."""
    found = [0]
    for column in table.findall(f"{W}tblGrid/{W}gridCol"):
        width = column.get(f"{W}w") or ""
        found.append(found[-1] + (int(width) if width.isdigit() and int(width) else 1000))
    return found


def _spans(row: Any, places: list[int]) -> list[Span]:  # noqa: ANN401 - an lxml element
    """The cells of a row between borders of the grid."""
    at = number(row, f"{W}trPr/{W}gridBefore", 0)
    found = []
    for cell in cells_of(row):
        following = at + max(1, number(cell, f"{W}tcPr/{W}gridSpan", 1))
        while len(places) <= following:
            places.append(places[-1] + 1000)
        found.append((at, following))
        at = following
    return found


def _common(rows: Sequence[list[Span]], places: list[int]) -> list[list[Span]] | None:
    """The rows over the borders of most of them, None when a cell would have no column left."""
    patterns = Counter(tuple(places[last] for _, last in row) for row in rows if len(row) > 2)
    if not patterns:
        return None
    best = max(patterns, key=lambda item: (patterns[item] > 1, len(item), patterns[item]))
    starts = next(places[row[0][0]] for row in rows if tuple(places[last] for _, last in row) == best)
    borders = [starts, *best]
    done = []
    for row in rows:
        spans = [(_nearest(borders, places[first]), _nearest(borders, places[last])) for first, last in row]
        if len(row) == len(best) and any(first == last for first, last in spans):
            # as many cells as the others have: each stands in its column, however far its borders were dragged
            spans = [(index, index + 1) for index in range(len(best))]
        if any(first >= last for first, last in spans if _wide(row, spans, first, last, places)):
            return None
        done.append(spans)
    return done


def _wide(row: list[Span], spans: list[Span], first: int, last: int, places: list[int]) -> bool:
    """True for a cell that is more than a sliver."""
    left, right = row[spans.index((first, last))]
    return places[right] - places[left] > _NEAR


def _nearest(borders: list[int], place: int) -> int:
    return min(range(len(borders)), key=lambda index: abs(borders[index] - place))
