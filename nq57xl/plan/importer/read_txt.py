"""Reads text extracted from a PDF: lines only; its tables are told apart later."""

from __future__ import annotations

from nq57xl.plan.importer.table import Document, Line
from nq57xl.text.normalise import clean


def read_txt(text: str) -> Document:
    """The lines of the text."""
    lines = enumerate(text.splitlines(), 1)
    return Document(tuple(Line(clean(line), f"dòng {number}") for number, line in lines if clean(line)), plain=True)
