"""Reads a PDF with a text layer: ruled tables over many pages, joined where a page cut them."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

from nq57xl.errors import Nq57Error
from nq57xl.plan.importer.table import Cell, Document, Line, Placed, Table, table_of
from nq57xl.plan.importer.words import page_text
from nq57xl.text.normalise import clean

_NEAR = 3.0
"""Points by which the same rule may differ on two pages."""
_SETTINGS = {
    "vertical_strategy": "lines",
    "horizontal_strategy": "lines",
    "snap_tolerance": 3,
    "join_tolerance": 3,
    "intersection_tolerance": 4,
}
_LEAST_TEXT = 20
"""Fewer letters on all pages together: a scan."""

Box = tuple[float, float, float, float]


def read_pdf(data: bytes, name: str) -> Document:
    """The document. Raises Nq57Error for a scan without text, an encrypted or a damaged file."""
    import pdfplumber
    from pdfplumber.utils.exceptions import PdfminerException

    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    try:
        with pdfplumber.open(io.BytesIO(data)) as book:
            items = [item for page in book.pages for item in _page(page)]
    except PdfminerException as error:
        raise Nq57Error(f"Không mở được {name}: tệp hỏng hoặc có mật khẩu; hãy bỏ mật khẩu rồi lưu lại.") from error
    except Exception as error:  # the library lets through whatever a broken file makes it raise
        raise Nq57Error(f"Không đọc được {name}: tệp PDF hỏng.") from error
    if sum(len(_letters(item)) for item in items) < _LEAST_TEXT:
        raise Nq57Error(
            f"{name} là bản chụp (scan), không có lớp chữ: hãy dùng bản Word "
            "hoặc PDF xuất từ Word, hoặc nhận dạng chữ trước."
        )
    return Document(tuple(_stitched(items)))


def _letters(item: Line | tuple[Table, list[float]]) -> str:
    if isinstance(item, Line):
        return item.text
    return "".join(cell.text for row in item[0].rows for cell in row)


def _page(page: Any) -> Iterator[Line | tuple[Table, list[float]]]:  # noqa: ANN401 - a pdfplumber page
    """The lines and tables of a page from top to bottom; each table with the places of its columns."""
    page = page.dedupe_chars(tolerance=1)
    found = [item for item in page.find_tables(_SETTINGS) if len(item.cells) > 1]
    found.sort(key=lambda item: item.bbox[1])
    top = 0.0
    for item in found:
        yield from _lines(page, top, item.bbox[1])
        yield _table(page, item.cells)
        top = max(top, item.bbox[3])
    yield from _lines(page, top, page.height)


def _lines(page: Any, top: float, bottom: float) -> Iterator[Line]:  # noqa: ANN401 - a pdfplumber page
    if bottom - top < 4:
        return
    part = page.crop((0, max(0, top), page.width, min(bottom, page.height)), strict=False)
    for line in (part.extract_text(x_tolerance=1.5) or "").split("\n"):
        text = clean(line)
        # a bare number is the page's own
        if text and not text.isdigit():
            yield Line(text, f"trang {page.page_number}")


def _table(page: Any, cells: list[Box]) -> tuple[Table, list[float]]:  # noqa: ANN401 - a pdfplumber page
    """The grid: rules at nearly the same place are one; a cell covers the places between its own rules."""
    columns = _rules([x for cell in cells for x in (cell[0], cell[2])])
    rows = _rules([y for cell in cells for y in (cell[1], cell[3])])
    placed = []
    for box in cells:
        left, right = _index(columns, box[0]), _index(columns, box[2])
        above, below = _index(rows, box[1]), _index(rows, box[3])
        text = _cell_text(page, box)
        placed.append(Placed(above, left, text, f"trang {page.page_number}", below - above, right - left))
    return table_of(placed, page_starts=(0,)), columns


def _cell_text(page: Any, box: Box) -> str:  # noqa: ANN401 - a pdfplumber page
    left, top, right, bottom = box
    # a letter belongs to the cell that its middle is in
    inside = page.filter(
        lambda item: (
            item["object_type"] == "char"
            and left <= (item["x0"] + item["x1"]) / 2 <= right
            and top <= (item["top"] + item["bottom"]) / 2 <= bottom
        )
    )
    return page_text(inside.extract_text(x_tolerance=1.5, y_tolerance=3) or "")


def _rules(places: list[float]) -> list[float]:
    found: list[float] = []
    for place in sorted(places):
        if not found or place - found[-1] > _NEAR:
            found.append(place)
    return found


def _index(rules: list[float], place: float) -> int:
    return min(range(len(rules)), key=lambda index: abs(rules[index] - place))


def _stitched(items: list[Line | tuple[Table, list[float]]]) -> Iterator[Line | Table]:
    """The items with tables of the same columns that follow one another joined."""
    current: tuple[Table, list[float]] | None = None
    for item in items:
        if isinstance(item, Line):
            if current is not None:
                yield current[0]
            current = None
            yield item
        elif current is not None and (moved := _fitted(current, item)):
            current = moved
        else:
            if current is not None:
                yield current[0]
            current = item
    if current is not None:
        yield current[0]


def _fitted(first: tuple[Table, list[float]], second: tuple[Table, list[float]]) -> tuple[Table, list[float]] | None:
    """Both as one table over the rules of the two, None when their outer rules differ."""
    one, other = first[1], second[1]
    if abs(one[0] - other[0]) > 2 * _NEAR or abs(one[-1] - other[-1]) > 2 * _NEAR:
        return None
    # a page whose rows are all merged has fewer rules: each of them must be one of the fuller page
    fuller, fewer = (one, other) if len(one) >= len(other) else (other, one)
    if any(min(abs(place - rule) for rule in fuller) > 2 * _NEAR for place in fewer):
        return None
    cells = [*_again(first, fuller, 0), *_again(second, fuller, len(first[0].rows))]
    starts = {*first[0].page_starts, *(row + len(first[0].rows) for row in second[0].page_starts)}
    return table_of(cells, starts), fuller


def _again(part: tuple[Table, list[float]], rules: list[float], below: int) -> Iterator[Placed]:
    table, own = part
    for row, line in enumerate(table.rows):
        for col, cell in enumerate(line):
            if cell.owner is None:
                left, right = _index(rules, own[col]), _index(rules, own[min(col + cell.cols, len(own) - 1)])
                yield _placed(cell, row + below, left, right)


def _placed(cell: Cell, row: int, left: int, right: int) -> Placed:
    return Placed(row, left, cell.text, cell.source, cell.rows, max(1, right - left), cell.doubt)
