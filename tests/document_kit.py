"""The document of random consolidations, read back from its XML."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from nq57xl.outputs.document import render_document
from nq57xl.results.model import Consolidation
from tests.report_books import consolidated


@cache
def rendered(which: str, seed: int) -> tuple[Consolidation, bytes]:
    """A consolidation of random returns and its document."""
    c = consolidated(which, seed)
    return c, render_document(c)


def opened(data: bytes) -> Any:  # noqa: ANN401 - python-docx has no types
    """The document as python-docx reads it."""
    return Document(io.BytesIO(data))


def blocks(document: Any) -> list[str]:  # noqa: ANN401
    """Texts of the paragraphs and table rows in the order of the pages; cells of a row are parted by tabs."""
    found = []
    for element in document.element.body:
        if element.tag == qn("w:p"):
            found.append(text_of(element))
        elif element.tag == qn("w:tbl"):
            found += ["\t".join(cell_texts(row)) for row in element.findall(qn("w:tr"))]
    return found


def cell_texts(row: Any) -> list[str]:  # noqa: ANN401
    """Texts of a row's cells, lines parted by line breaks."""
    return ["\n".join(text_of(p) for p in cell.iter(qn("w:p"))) for cell in row.findall(qn("w:tc"))]


def text_of(paragraph: Any) -> str:  # noqa: ANN401
    """Text of a paragraph with its line breaks."""
    parts = []
    for element in paragraph.iter(qn("w:t"), qn("w:br"), qn("w:tab")):
        parts.append(element.text or "" if element.tag == qn("w:t") else "\n" if element.tag == qn("w:br") else "\t")
    return "".join(parts)


def under(texts: list[str], heading: str) -> list[str]:
    """The blocks after that heading, up to the next one of sections I to V or the end of the main text."""
    start = texts.index(heading) + 1
    end = next(
        (i for i in range(start, len(texts)) if re.match(r"(?:[IV]+\. [A-ZĐÁÀ]{2}|\d\. |Trên đây là)", texts[i])), None
    )
    return texts[start:end]
