"""Looks at a document's content, not its name, and calls the reader for it; Markdown and HTML are read here."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from html import unescape
from html.parser import HTMLParser

from attrs import define, field

from nq57xl.errors import Nq57Error
from nq57xl.plan.importer.document import Document, GridTable, Line, Placed, table_of
from nq57xl.plan.importer.words import cell_text
from nq57xl.text.normalise import clean

_BLOCKS = {"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "section", "article", "header", "pre", "title"}
_SILENT = {"script", "style", "head"}
_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!<>|~&-])")
_CELL_MARKS = re.compile(r"\*\*|__|`|^#{1,6}\s+")
_MARKS = re.compile(r"\*\*|__|`|^#{1,6}\s+|^>\s+")


def read_markdown(text: str) -> Document:
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
    kept = [(number, line) for number, line in rows if not _RULE.fullmatch(line)]
    for row, (number, line) in enumerate(kept):
        parts = re.split(r"(?<!\\)\|", line.removeprefix("|").removesuffix("|"))
        for col, part in enumerate(parts):
            text = re.sub(r"<br\s*/?>", "\n", part)
            text = _ESCAPED.sub(r"\1", _CELL_MARKS.sub("", unescape(text).strip()))
            placed.append(Placed(row, col, cell_text(text), f"dòng {number}"))
    return table_of(placed)


def read_html(text: str) -> Document:
    """The page's lines and tables."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    parser.flush()
    return Document(tuple(parser.items))


@define
class _Open:
    """A table being read."""

    placed: list[Placed] = field(factory=list)
    taken: set[tuple[int, int]] = field(factory=set)
    row: int = -1
    text: list[str] | None = None
    span: tuple[int, int] = (1, 1)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.items: list[Line | GridTable] = []
        self.buffer: list[str] = []
        self.open: list[_Open] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in _SILENT:
            self.silent += 1
        elif tag == "table":
            self.flush()
            self.open.append(_Open())
        elif tag == "tr" and self.open:
            self.close_cell()
            self.open[-1].row += 1
        elif tag in ("td", "th") and self.open:
            self.close_cell()
            self.open[-1].text = []
            self.open[-1].span = (_count(values.get("rowspan")), _count(values.get("colspan")))
        elif tag == "br":
            self.put("\n")
        elif tag in _BLOCKS:
            self.end_block()

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in ("td", "th") and self.open:
            self.close_cell()
        elif tag == "table" and self.open:
            self.close_table()
        elif tag in _BLOCKS:
            self.end_block()

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.put(re.sub(r"\s+", " ", data))

    def put(self, text: str) -> None:
        if self.open and self.open[-1].text is not None:
            self.open[-1].text.append(text)
        else:
            self.buffer.append(text)

    def end_block(self) -> None:
        if self.open and self.open[-1].text is not None:
            self.open[-1].text.append("\n")
        else:
            self.flush()

    def flush(self) -> None:
        """Ends the line of text outside tables."""
        for part in "".join(self.buffer).split("\n"):
            if clean(part):
                self.items.append(Line(clean(part), f"dòng {self.getpos()[0]}"))
        self.buffer = []

    def close_cell(self) -> None:
        table = self.open[-1]
        if table.text is None:
            return
        row, col = max(table.row, 0), 0
        while (row, col) in table.taken:
            col += 1
        rows, cols = table.span
        table.taken |= {(row + down, col + right) for down in range(rows) for right in range(cols)}
        text = cell_text(re.sub(r"\n{2,}", "\n", "".join(table.text)))
        table.placed.append(Placed(row, col, text, f"dòng {self.getpos()[0]}", rows, cols))
        table.text = None

    def close_table(self) -> None:
        self.close_cell()
        done = table_of(self.open.pop().placed)
        if self.open and self.open[-1].text is not None:
            texts = [cell.text for row in done.rows for cell in row if cell.text]
            self.open[-1].text.append("\n" + "\n".join(texts) + "\n")
        elif done.rows:
            self.items.append(done)


def _count(text: str | None) -> int:
    return min(200, max(1, int(text))) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1


_KINDS = ".docx, .pdf, .xlsx, .txt, .md hoặc .html"
_MAX_BYTES = 100 * 2**20
_MAX_UNPACKED = 200 * 2**20
_MAX_TEXT = 10 * 2**20


def read_document(data: bytes, name: str) -> Document:
    """The document. Raises Nq57Error, in Vietnamese, for a file that holds no readable text."""
    if not data.strip():
        raise Nq57Error(f"Tệp {name} rỗng.")
    if len(data) > _MAX_BYTES:
        raise Nq57Error(f"Tệp {name} lớn hơn 100 MB: hãy tách riêng phần phụ lục.")
    if data[:5] == b"%PDF-" or b"%PDF-" in data[:1024]:
        from nq57xl.plan.importer.read_pdf import read_pdf

        return read_pdf(data, name)
    if data[:4] == b"PK\x03\x04":
        return _zipped(data, name)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Nq57Error(
            f"Tệp {name} là .doc/.xls kiểu cũ hoặc có mật khẩu: hãy mở và lưu lại thành .docx, .xlsx không mật khẩu."
        )
    return _text(data, name)


def _zipped(data: bytes, name: str) -> Document:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = set(archive.namelist())
            unpacked = sum(item.file_size for item in archive.infolist())
            declared = unpacked <= _MAX_UNPACKED and any(
                b"<!DOCTYPE" in _head(archive, part) for part in parts if part.endswith((".xml", ".rels"))
            )
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise Nq57Error(f"Không mở được {name}: tệp hỏng.") from error
    if unpacked > _MAX_UNPACKED:
        raise Nq57Error(f"Tệp {name} sau khi giải nén quá lớn, không đọc được an toàn.")
    if declared:
        raise Nq57Error(f"Tệp {name} có khai báo DOCTYPE, không mở vì lý do an toàn.")
    if "word/document.xml" in parts:
        from nq57xl.plan.importer.read_docx import read_docx

        return read_docx(data, name)
    if "xl/workbook.xml" in parts:
        from nq57xl.plan.importer.read_xlsx import read_xlsx

        return read_xlsx(data, name)
    raise Nq57Error(f"Tệp {name} không phải {_KINDS}: hãy lưu lại ở một trong các dạng đó.")


def _head(archive: zipfile.ZipFile, part: str) -> bytes:
    with archive.open(part) as stream:
        return stream.read(2000)


def _text(data: bytes, name: str) -> Document:
    if len(data) > _MAX_TEXT:
        raise Nq57Error(f"Tệp {name} lớn hơn 10 MB: hãy tách riêng phần phụ lục.")
    text = _decoded(data, name)
    head = text[:2000].casefold()
    if "<table" in text.casefold() or "<html" in head or "<!doctype html" in head:
        return read_html(text)
    if any(line.strip().startswith("|") for line in text.splitlines()):
        return read_markdown(text)
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
