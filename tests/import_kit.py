"""What the tests of the importer share: a fixed day, documents made in a few lines, and their import."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Sequence

import docx
import openpyxl

from nq57xl.plan.importer.assemble import import_document
from nq57xl.plan.importer.read import read_document
from nq57xl.plan.review_questions import ReviewedPlan

TODAY = dt.date(2026, 11, 26)
HEAD = ("TT", "Nhiệm vụ", "Sản phẩm", "Cơ quan chủ trì", "Cơ quan phối hợp", "Thời hạn")


def saved(document: object) -> bytes:
    """The bytes of a python-docx document or an openpyxl workbook."""
    stream = io.BytesIO()
    document.save(stream)  # type: ignore[attr-defined]
    return stream.getvalue()


def imported(data: bytes, name: str) -> ReviewedPlan:
    """The import of a document of that name."""
    return import_document(read_document(data, name), name.rpartition(".")[0], TODAY)


def markdown(
    rows: Iterable[Sequence[str]], head: Sequence[str] = HEAD, front: str = "", foot: str = ""
) -> ReviewedPlan:
    """The import of a Markdown table of those rows, with text before and after it."""
    lines = [
        "| " + " | ".join(item.replace("\n", "<br>") for item in row) + " |"
        for row in (head, ["---"] * len(head), *rows)
    ]
    return imported(f"{front}\n\n{chr(10).join(lines)}\n\n{foot}\n".encode(), "x.md")


def shown_in_workbook(value: object, number_format: str) -> str:
    """What the importer reads in a workbook's cell with that value and format."""
    made = book([[value]])
    made.worksheets[0].cell(1, 1).number_format = number_format
    return read_document(saved(made), "x.xlsx").tables[0].text(0, 0)


def word(rows: Iterable[Sequence[str]], head: Sequence[str] = HEAD, front: Sequence[str] = ()) -> bytes:
    """A Word document with those lines and one table."""
    document = docx.Document()
    for line in front:
        document.add_paragraph(line)
    lines = [head, *rows]
    table = document.add_table(rows=len(lines), cols=len(head), style="Table Grid")
    for row, texts in zip(table.rows, lines, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    return saved(document)


def book(rows: Iterable[Sequence[object]]) -> openpyxl.Workbook:
    """A workbook whose first sheet holds those rows."""
    made = openpyxl.Workbook()
    for row in rows:
        made.worksheets[0].append(list(row))
    return made


def reasons(made: ReviewedPlan, field: str) -> list[str]:
    """Why cells of that field must be looked at."""
    return [item.reason for item in made.review if item.field == field]
