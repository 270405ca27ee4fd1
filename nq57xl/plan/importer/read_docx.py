"""Reads a Word document: paragraphs and tables in their order, merges, drawn list numbers, tracked insertions."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import attrs

from nq57xl.errors import Nq57Error
from nq57xl.plan.importer.docx_grid import cells_of, columns_of, rows_of
from nq57xl.plan.importer.docx_numbers import Numbers
from nq57xl.plan.importer.docx_text import W, texts
from nq57xl.plan.importer.table import Document, Line, Placed, Table, table_of
from nq57xl.plan.importer.words import cell_text
from nq57xl.text.normalise import clean, one_line


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
    found: dict[str, tuple[str, int]] = {}
    parents: dict[str, str] = {}
    for style in document.styles.element.iter(f"{W}style"):
        name, based = style.get(f"{W}styleId") or "", style.find(f"{W}basedOn")
        numbered = _list_of(style.find(f"{W}pPr"))
        if numbered:
            found[name] = numbered
        elif based is not None:
            parents[name] = based.get(f"{W}val") or ""
    for name in parents:
        above, steps = name, 0
        while above not in found and above in parents and steps < 20:
            above, steps = parents[above], steps + 1
        if above in found:
            found[name] = found[above]
    return found


def _list_of(properties: Any) -> tuple[str, int] | None:  # noqa: ANN401 - an lxml element
    number = properties.find(f"{W}numPr") if properties is not None else None
    if number is None:
        return None
    key, level = number.find(f"{W}numId"), number.find(f"{W}ilvl")
    if key is None:
        return None
    depth = (level.get(f"{W}val") or "") if level is not None else ""
    return key.get(f"{W}val") or "0", int(depth) if depth.isdigit() else 0


class _Reader:
    """Walks one document."""

    def __init__(self, numbers: Numbers, styles: dict[str, tuple[str, int]]) -> None:
        self.numbers, self.styles = numbers, styles
        self.paragraphs = self.tables = 0

    def items(self, parent: Any) -> Iterator[Line | Table]:  # noqa: ANN401 - an lxml element
        """Lines and tables under an element, those in content controls too."""
        for element in parent:
            if element.tag == f"{W}p":
                self.paragraphs += 1
                for part in self.paragraph(element).split("\n"):
                    if clean(part):
                        yield Line(clean(part), f"đoạn {self.paragraphs}")
            elif element.tag == f"{W}tbl":
                yield self.table(element)
            elif element.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}customXml"):
                yield from self.items(element)

    def paragraph(self, element: Any) -> str:  # noqa: ANN401 - an lxml element
        """The text of a paragraph with the number drawn before it."""
        text = "".join(texts(element))
        properties = element.find(f"{W}pPr")
        numbered = _list_of(properties)
        if numbered is None and properties is not None:
            style = properties.find(f"{W}pStyle")
            numbered = self.styles.get(style.get(f"{W}val")) if style is not None else None
        drawn = self.numbers.next(*numbered) if numbered and numbered[0] != "0" else ""
        return f"{drawn} {text}".strip() if drawn else text

    def table(self, element: Any) -> Table:  # noqa: ANN401 - an lxml element
        """The grid of a table: gridSpan merges columns, vMerge rows."""
        self.tables += 1
        source = f"bảng {self.tables}"
        placed: list[Placed] = []
        above: dict[int, int] = {}
        for row, (line, spans) in enumerate(zip(rows_of(element), columns_of(element), strict=True)):
            open_cells: dict[int, int] = {}
            for cell, (left, right) in zip(cells_of(line), spans, strict=True):
                text = cell_text(self.cell(cell))
                if left >= right and not text:
                    continue
                if _goes_on(cell) and left in above:
                    placed[above[left]] = _taller(placed[above[left]], row, text)
                    open_cells[left] = above[left]
                    continue
                open_cells[left] = len(placed)
                placed.append(Placed(row, left, text, f"{source}, dòng {row + 1}", 1, max(1, right - left)))
            above = open_cells
        return table_of(placed)

    def cell(self, element: Any) -> str:  # noqa: ANN401 - an lxml element
        """The paragraphs of a cell, of tables inside it too, a line each."""
        parts = []
        for child in element.iter(f"{W}p"):
            # paragraphs of a text box come with the paragraph that holds it
            if not any(parent.tag == f"{W}txbxContent" for parent in child.iterancestors(f"{W}txbxContent")):
                parts.append(self.paragraph(child))
        return "\n".join(parts)


def _goes_on(cell: Any) -> bool:  # noqa: ANN401 - an lxml element
    """True when the cell goes on with the one above."""
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    return merge is not None and (merge.get(f"{W}val") or "continue") == "continue"


def _taller(cell: Placed, row: int, text: str) -> Placed:
    """The merged cell down to that row; Word keeps texts under a merge that nobody sees."""
    doubt = cell.doubt
    if any(letter.isalpha() for letter in text) and one_line(text) not in one_line(cell.text):
        doubt = "ô gộp có chữ ẩn ở dòng dưới"
    return attrs.evolve(cell, rows=row - cell.row + 1, doubt=doubt)
