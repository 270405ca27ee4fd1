"""Looks at a document's content and calls the reader for it; Markdown, HTML and strangers' workbooks are read here."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from html import unescape
from typing import Any

from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_read import office_workbook
from nq57xl.plan.importer.document import Document, GridCell, GridTable, Line, paragraph_text, table_of
from nq57xl.text.addresses import a1, letters_of, place_of
from nq57xl.text.legacy import clean
from nq57xl.xlsx.cells import RawCell, RawSheet, readable
from nq57xl.xlsx.limits import Refused
from nq57xl.xlsx.package import Package
from nq57xl.xlsx.shown import shown_text

_BLOCKS = {"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "header", "pre", "title", "br"}
_BLOCKS |= {"table", "tr", "td", "th"}
_SILENT = {"script", "style", "head"}
_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!<>|~&-])")
_CELL_MARKS = re.compile(r"\*\*|__|`|^#{1,6}\s+")
_MARKS = re.compile(r"\*\*|__|`|^#{1,6}\s+|^>\s+")


def _read_markdown(text: str) -> Document:
    """The text: runs of lines with | are tables."""
    items: list[Line | GridTable] = []
    rows: list[tuple[int, str]] = []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.strip().startswith("|") or (rows and "|" in line):
            rows.append((number, line.strip()))
            continue
        if rows:
            items.append(_markdown_table(rows))
            rows = []
        if clean(line):
            items.append(Line(clean(_MARKS.sub("", line.strip())), f"dòng {number}"))
    return Document(tuple(items))


def _markdown_table(rows: list[tuple[int, str]]) -> GridTable:
    placed = []
    for row, (number, line) in enumerate(item for item in rows if not _RULE.fullmatch(item[1])):
        for col, part in enumerate(re.split(r"(?<!\\)\|", line.removeprefix("|").removesuffix("|"))):
            text = re.sub(r"<br\s*/?>", "\n", part)
            text = _ESCAPED.sub(r"\1", _CELL_MARKS.sub("", unescape(text).strip()))
            placed.append(GridCell(row, col, paragraph_text(text), f"dòng {number}"))
    return table_of(placed)


def _read_html(text: str) -> Document:
    """The page's lines and tables."""
    from lxml import etree, html

    items: list[Line | GridTable] = []
    line, place = "", 0
    try:
        page = html.document_fromstring(text.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    except etree.ParserError:  # nothing but comments
        return Document(())
    for piece, number in (*_pieces(page), ("\n", 0)):
        if isinstance(piece, str) and piece != "\n":
            line, place = line + piece, place or number
            continue
        if clean(line):
            items.append(Line(clean(line), f"dòng {place}"))
        line, place = "", 0
        if isinstance(piece, GridTable) and piece.rows:
            items.append(piece)
    return Document(tuple(items))


def _pieces(element: Any, *, within: bool = False) -> Iterator[tuple[str | GridTable, int]]:  # noqa: ANN401 - of lxml
    """Texts, line breaks and tables under an element, each with its line; `within` a cell a table is texts, too."""
    place = element.sourceline or 0
    if not isinstance(element.tag, str) or element.tag in _SILENT:
        return
    if element.tag == "table" and not within:
        yield _html_table(element), place
        return
    block = element.tag in _BLOCKS
    yield "\n" if block else "", place
    yield re.sub(r"\s+", " ", element.text or ""), place
    for child in element:
        yield from _pieces(child, within=within)
        yield re.sub(r"\s+", " ", child.tail or ""), place
    yield "\n" if block else "", place


def _html_table(table: Any) -> GridTable:  # noqa: ANN401 - of lxml
    placed: list[GridCell] = []
    taken: set[tuple[int, int]] = set()
    rows_of = [item for item in table.iter("tr") if next(item.iterancestors("table")) is table]
    for row, line in enumerate(rows_of or [table]):
        col = 0
        for cell in line.iterchildren("td", "th"):
            while (row, col) in taken:
                col += 1
            rows, cols = _count(cell.get("rowspan")), _count(cell.get("colspan"))
            taken |= {(row + down, col + right) for down in range(rows) for right in range(cols)}
            text = "".join(piece for piece, _ in _pieces(cell, within=True) if isinstance(piece, str))
            text = paragraph_text(re.sub(r"\n{2,}", "\n", text))
            placed.append(GridCell(row, col, text, f"dòng {cell.sourceline}", rows, cols))
    return table_of(placed)


def _count(text: str | None) -> int:
    return min(200, max(1, int(text))) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1


_KINDS = ".docx, .pdf, .xlsx, .txt, .md hoặc .html"
_MAX_BYTES = 100 * 2**20
_MAX_TEXT = 10 * 2**20


def read_document(data: bytes, name: str) -> Document:
    """The document. Raises Nq57Error, in Vietnamese, for a file that holds no readable text."""
    if not data.strip():
        raise Nq57Error(f"Tệp {name} rỗng.")
    if len(data) > _MAX_BYTES:
        raise Nq57Error(f"Tệp {name} lớn hơn 100 MB: hãy tách riêng phần phụ lục.")
    if b"%PDF-" in data[:1024]:
        from nq57xl.plan.importer.read_pdf import read_pdf

        return read_pdf(data, name)
    if data[:4] == b"PK\x03\x04":
        return _zipped(data, name)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        what = "là .doc/.xls kiểu cũ hoặc có mật khẩu: hãy mở và lưu lại thành .docx, .xlsx không mật khẩu."
        raise Nq57Error(f"Tệp {name} {what}")
    return _text(data, name)


def _zipped(data: bytes, name: str) -> Document:
    try:
        package = Package(data)
        package.refuse_doctypes()
    except Refused as error:
        told = error.finding.message
        raise Nq57Error(f"Không mở được {name}: {told[:1].lower()}{told[1:]}") from error
    if "word/document.xml" in package:
        from nq57xl.plan.importer.read_docx import read_docx

        return read_docx(data, name)
    if "xl/workbook.xml" in package:
        return Document(tuple(_Sheet(sheet).table() for sheet in office_workbook(data, name).sheets if sheet.visible))
    raise Nq57Error(f"Tệp {name} không phải {_KINDS}: hãy lưu lại ở một trong các dạng đó.")


def _text(data: bytes, name: str) -> Document:
    if len(data) > _MAX_TEXT:
        raise Nq57Error(f"Tệp {name} lớn hơn 10 MB: hãy tách riêng phần phụ lục.")
    text = _decoded(data, name)
    head = text[:2000].casefold()
    if "<table" in text.casefold() or "<html" in head or "<!doctype html" in head:
        return _read_html(text)
    if any(line.strip().startswith("|") for line in text.splitlines()):
        return _read_markdown(text)
    from nq57xl.plan.importer.read_txt import read_txt

    return read_txt(text, name)


def _decoded(data: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1258"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Nq57Error(f"Tệp {name} không phải {_KINDS}: hãy lưu lại ở một trong các dạng đó.")


_MAX_ROWS, _MAX_COLS = 5000, 60
_AMERICAN = re.compile(r"m+[/-]d", re.IGNORECASE)
_REGIONAL = {"[$-F800]dd/mm/yyyy h:mm": "dd/mm/yyyy", "[$-F800]mmm-yy": "mm/yyyy"}
"""Built-in formats that follow the computer's region, as plans mean them."""


class _Sheet:
    """One sheet of a workbook as a person sees it; what is hidden or struck through is kept apart."""

    def __init__(self, sheet: RawSheet) -> None:
        self.sheet = sheet
        self.counted: dict[tuple[int, int], int] = {}
        """Of formulas that count rows and that no program has computed."""

    def table(self) -> GridTable:
        """The grid of what is shown."""
        sheet, placed, unseen = self.sheet, list[GridCell](), defaultdict[str, list[str]](list)
        hidden = {col for first, last in sheet.hidden for col in range(first, min(last + 1, _MAX_COLS))}
        columns = {col: at for at, col in enumerate(col for col in range(_MAX_COLS) if col not in hidden)}
        areas = {(top, left): (bottom, right) for top, left, bottom, right in sheet.merged}
        inner: set[tuple[int, int]] = set()
        for (top, left), (bottom, right) in areas.items():
            rows, cols = range(top, min(bottom + 1, _MAX_ROWS)), range(left, min(right + 1, _MAX_COLS))
            inner.update(itertools.product(rows, cols))
        for row, col in sorted({*sheet.cells, *areas} - (inner - areas.keys())):
            if row >= _MAX_ROWS or col >= _MAX_COLS:
                continue
            cell = sheet.cells.get((row, col), RawCell(None))
            text, source = self.text(cell, row, col), f"trang {sheet.name}, ô {a1(row, col)}"
            if col not in columns:
                unseen[f"cột ẩn {letters_of(col)}"].append(text)
                continue
            if cell.struck:
                unseen["chữ gạch ngang"].append(cell.struck)
            bottom, right = areas.get((row, col), (row, col))
            wide = sum(item in columns for item in range(col, right + 1))
            high = min(bottom, _MAX_ROWS - 1) - row + 1
            if text or (row, col) in areas:
                placed.append(GridCell(row, columns[col], text, source, high, max(1, wide), _doubt(cell, text)))
        lost = tuple((f"{what}: {' | '.join(texts)}", sheet.name) for what, texts in unseen.items())
        return table_of(placed, unseen=lost)

    def text(self, cell: RawCell, row: int, col: int) -> str:
        """The text shown, of a formula that counts rows too when no program has computed it."""
        if not cell.value and cell.formula and (counted := self._count(cell.formula, row)) is not None:
            self.counted[row, col] = counted
            return str(counted)
        return _shown(cell) if cell.live else ""

    def _count(self, formula: str, row: int) -> int | None:
        """The value of "A5+1", "ROW()-4" and the like; None for any other formula."""
        if rows := re.fullmatch(r"\s*ROW\(\)\s*-\s*(\d{1,4})", formula, re.IGNORECASE):
            return row + 1 - int(rows[1])
        above = re.fullmatch(r"\s*\$?([A-Z]{1,2})\$?(\d{1,4})\s*\+\s*1", formula, re.IGNORECASE)
        if above is None:
            return None
        place = place_of(f"{above[1].upper()}{above[2]}")
        value = self.counted.get(place) or self.sheet.cells.get(place, RawCell(None)).number
        return int(value) + 1 if value is not None else None


def _doubt(cell: RawCell, text: str) -> str:
    """Why the text may not be what was meant."""
    if cell.error or re.fullmatch(r"#[A-Z/0!?]+", text):
        return "ô báo lỗi công thức"
    if not text and cell.formula is not None:
        return "công thức chưa có giá trị"
    day = cell.value
    if isinstance(day, date) and _AMERICAN.match(cell.format) and day.day <= 12 and day.day != day.month:
        return "ngày định dạng kiểu Mỹ, có thể đảo ngày và tháng"
    return f"ô đọc được hai cách: «{cell.doubt}»" if cell.doubt else ""


def _shown(cell: RawCell) -> str:
    """The text that a person sees in the cell."""
    if isinstance(cell.value, bool):
        return "x" if cell.value else ""
    if cell.number is None or cell.error:
        return paragraph_text(readable(cell))
    code = _REGIONAL.get(cell.format, cell.format)
    if isinstance(cell.value, date) and _AMERICAN.match(code):
        code = "dd/mm/yyyy"  # the stored day, in our order; it is doubted besides
    seen = shown_text(cell.number, code or "General")
    # without a format 2.3 is as likely the second row's third part as a figure: the point is kept
    return seen if code else seen.replace(",", ".")
