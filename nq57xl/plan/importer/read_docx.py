"""Reads a Word document: paragraphs and tables in their order, merges, drawn list numbers, tracked insertions."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from nq57xl.errors import Nq57Error
from nq57xl.plan.importer.docx_numbers import Numbers
from nq57xl.plan.importer.table import Document, Line, Placed, Table, table_of
from nq57xl.plan.importer.words import cell_text
from nq57xl.text.normalise import clean

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SKIPPED = {f"{_W}{name}" for name in ("del", "moveFrom", "footnoteReference", "pPr", "rPr", "instrText")}


def read_docx(data: bytes, name: str) -> Document:
    """The document. Raises Nq57Error when the file cannot be opened."""
    import docx

    try:
        document = docx.Document(io.BytesIO(data))
    except Exception as error:  # the library raises what its zip and XML layers raise
        raise Nq57Error(f"Không mở được {name}: tệp hỏng hoặc không phải .docx.") from error
    numbering = next((item for item in document.part.package.parts if item.partname == "/word/numbering.xml"), None)
    reader = _Reader(Numbers.of(getattr(numbering, "element", None)), _styles(document))
    return Document(tuple(reader.items(document.element.body)))


def _styles(document: Any) -> dict[str, tuple[str, int]]:  # noqa: ANN401 - a python-docx document
    """Paragraph style -> list and level that its paragraphs belong to."""
    found = {}
    for style in document.styles.element.iter(f"{_W}style"):
        numbered = _list_of(style.find(f"{_W}pPr"))
        if numbered:
            found[style.get(f"{_W}styleId")] = numbered
    return found


def _list_of(properties: Any) -> tuple[str, int] | None:  # noqa: ANN401 - an lxml element
    number = properties.find(f"{_W}numPr") if properties is not None else None
    if number is None:
        return None
    key, level = number.find(f"{_W}numId"), number.find(f"{_W}ilvl")
    if key is None:
        return None
    return key.get(f"{_W}val"), int(level.get(f"{_W}val")) if level is not None else 0


class _Reader:
    """Walks one document."""

    def __init__(self, numbers: Numbers, styles: dict[str, tuple[str, int]]) -> None:
        self.numbers, self.styles = numbers, styles
        self.paragraphs = self.tables = 0

    def items(self, parent: Any) -> Iterator[Line | Table]:  # noqa: ANN401 - an lxml element
        """Lines and tables under an element, those in content controls too."""
        for element in parent:
            if element.tag == f"{_W}p":
                self.paragraphs += 1
                for part in self.paragraph(element).split("\n"):
                    if clean(part):
                        yield Line(clean(part), f"đoạn {self.paragraphs}")
            elif element.tag == f"{_W}tbl":
                yield self.table(element)
            elif element.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"):
                yield from self.items(element)

    def paragraph(self, element: Any) -> str:  # noqa: ANN401 - an lxml element
        """The text of a paragraph with the number drawn before it."""
        text = "".join(_texts(element))
        properties = element.find(f"{_W}pPr")
        numbered = _list_of(properties)
        if numbered is None and properties is not None:
            style = properties.find(f"{_W}pStyle")
            numbered = self.styles.get(style.get(f"{_W}val")) if style is not None else None
        drawn = self.numbers.next(*numbered) if numbered and numbered[0] != "0" else ""
        return f"{drawn} {text}".strip() if drawn else text

    def table(self, element: Any) -> Table:  # noqa: ANN401 - an lxml element
        """The grid of a table: gridSpan merges columns, vMerge rows."""
        self.tables += 1
        number = self.tables
        placed: list[tuple[int, int, int, int, str, str]] = []
        open_cells: dict[int, int] = {}
        for row, line in enumerate(_rows(element)):
            col = _before(line)
            for cell in _cells(line):
                span, merge = _spans(cell)
                source = f"bảng {number}, dòng {row + 1}"
                text = cell_text(self.cell(cell))
                if merge == "continue" and col in open_cells:
                    top, above, _, cols, old, where = placed[open_cells[col]]
                    placed[open_cells[col]] = (
                        top,
                        above,
                        row - top + 1,
                        cols,
                        "\n".join(filter(None, (old, text))),
                        where,
                    )
                else:
                    open_cells[col] = len(placed)
                    placed.append((row, col, 1, span, text, source))
                col += span
        return table_of(Placed(top, left, text, where, rows, cols) for top, left, rows, cols, text, where in placed)

    def cell(self, element: Any) -> str:  # noqa: ANN401 - an lxml element
        """The paragraphs of a cell, of tables inside it too, a line each."""
        parts = []
        for child in element.iter(f"{_W}p"):
            parts.append(self.paragraph(child))
        return "\n".join(parts)


def _rows(table: Any) -> Iterator[Any]:  # noqa: ANN401 - lxml elements
    for child in table:
        if child.tag == f"{_W}tr":
            deleted = child.find(f"{_W}trPr/{_W}del") is not None
            if not deleted:
                yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml"):
            yield from _rows(child)


def _cells(row: Any) -> Iterator[Any]:  # noqa: ANN401 - lxml elements
    for child in row:
        if child.tag == f"{_W}tc":
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml"):
            yield from _cells(child)


def _before(row: Any) -> int:  # noqa: ANN401 - an lxml element
    skipped = row.find(f"{_W}trPr/{_W}gridBefore")
    return int(skipped.get(f"{_W}val")) if skipped is not None else 0


def _spans(cell: Any) -> tuple[int, str]:  # noqa: ANN401 - an lxml element
    """Columns that the cell covers, and "continue" when it goes on with the cell above."""
    span = cell.find(f"{_W}tcPr/{_W}gridSpan")
    merge = cell.find(f"{_W}tcPr/{_W}vMerge")
    going = "" if merge is None else merge.get(f"{_W}val") or "continue"
    return (int(span.get(f"{_W}val")) if span is not None else 1), going


def _texts(element: Any) -> Iterator[str]:  # noqa: ANN401 - an lxml element
    """The pieces of text under an element: what was deleted under tracking is not there."""
    for child in element:
        if child.tag in _SKIPPED:
            continue
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in (f"{_W}br", f"{_W}cr"):
            yield "\n"
        elif child.tag == f"{_W}tab":
            yield " "
        elif child.tag == f"{_W}noBreakHyphen":
            yield "-"
        else:
            yield from _texts(child)
