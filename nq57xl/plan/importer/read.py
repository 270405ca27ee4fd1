"""Looks at a document's content and calls the reader for it; Markdown, HTML and strangers' workbooks are read here."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from datetime import date, datetime, time
from html import unescape
from html.parser import HTMLParser
from typing import Any

from attrs import define, field

from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_read import office_workbook
from nq57xl.plan.importer.document import Document, GridCell, GridTable, Line, cell_text, table_of
from nq57xl.text.addresses import a1, column_of
from nq57xl.text.legacy import clean
from nq57xl.xlsx.shown import shown_text

_BLOCKS = {"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "section", "article", "header", "pre", "title"}
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
    kept = [(number, line) for number, line in rows if not _RULE.fullmatch(line)]
    for row, (number, line) in enumerate(kept):
        parts = re.split(r"(?<!\\)\|", line.removeprefix("|").removesuffix("|"))
        for col, part in enumerate(parts):
            text = re.sub(r"<br\s*/?>", "\n", part)
            text = _ESCAPED.sub(r"\1", _CELL_MARKS.sub("", unescape(text).strip()))
            placed.append(GridCell(row, col, cell_text(text), f"dòng {number}"))
    return table_of(placed)


def _read_html(text: str) -> Document:
    """The page's lines and tables."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    parser.flush()
    return Document(tuple(parser.items))


@define
class _Open:
    """A table being read."""

    placed: list[GridCell] = field(factory=list)
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
        table.placed.append(GridCell(row, col, text, f"dòng {self.getpos()[0]}", rows, cols))
        table.text = None

    def close_table(self) -> None:
        self.close_cell()
        done = table_of(self.open.pop().placed)
        if self.open and self.open[-1].text is not None:
            texts = [cell.text for row in range(len(done.rows)) for _, cell in done.own(row)]
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
        from nq57xl.plan.importer.read import _read_xlsx

        return _read_xlsx(data, name)
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
_AMERICAN = r"m+[/-]d"
_FIRST = datetime(1899, 12, 30)
"""Day 0 of a workbook, as serial numbers from March 1900 on count."""
_REGIONAL = {"mm-dd-yy": "dd/mm/yyyy", "m/d/yy": "dd/mm/yyyy", "m/d/yy h:mm": "dd/mm/yyyy", "mmm-yy": "mm/yyyy"}
"""Built-in formats as the library writes them; they follow the computer's region: as a Vietnamese one shows them."""


def _read_xlsx(data: bytes, name: str) -> Document:
    """The workbook's visible sheets. Raises Nq57Error when the file is damaged or too large."""
    import openpyxl

    office_workbook(data, name)  # looked through before openpyxl is trusted with it
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        formulas = openpyxl.load_workbook(io.BytesIO(data))
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        return Document(tuple(_Sheet(sheet, formulas[sheet.title]).table() for sheet in sheets))
    except Exception as error:  # the library raises what its zip and XML layers raise
        raise Nq57Error(f"Không mở được {name}: tệp hỏng hoặc không phải .xlsx.") from error


class _Sheet:
    """One sheet: its values, and the formulas that stand behind some."""

    def __init__(self, sheet: Any, formulas: Any) -> None:  # noqa: ANN401 - openpyxl sheets
        self.sheet, self.formulas = sheet, formulas
        self.computed: dict[tuple[int, int], int] = {}
        self.hidden = {
            col
            for key, item in sheet.column_dimensions.items()
            if item.hidden
            for col in range(item.min or column_of(key) + 1, min(item.max or 0, _MAX_COLS) + 1)
        }

    def table(self) -> GridTable:
        """What is shown; texts of hidden columns are kept apart."""
        areas = self.sheet.merged_cells.ranges
        spans = {(area.min_row, area.min_col): area for area in areas}
        inner = {
            (row, col)
            for area in areas
            for row in range(area.min_row, min(area.max_row, _MAX_ROWS) + 1)
            for col in range(area.min_col, min(area.max_col, _MAX_COLS) + 1)
        } - set(spans)
        height, width = min(self.sheet.max_row, _MAX_ROWS), min(self.sheet.max_column, _MAX_COLS)
        columns = {col: at for at, col in enumerate(item for item in range(1, width + 1) if item not in self.hidden)}
        placed: list[GridCell] = []
        unseen: dict[int, list[str]] = {}
        for line in self.sheet.iter_rows(max_row=height, max_col=width):
            for cell in line:
                place = (cell.row, cell.column)
                text, area = self.text(cell), spans.get(place)
                if place in inner or (not text and area is None):
                    continue
                if cell.column not in columns:
                    unseen.setdefault(cell.column, []).append(text)
                    continue
                right = area.max_col if area else cell.column
                cols = sum(columns.get(col) is not None for col in range(cell.column, right + 1))
                rows = min(area.max_row, _MAX_ROWS) - area.min_row + 1 if area else 1
                at = (cell.row - 1, columns[cell.column])
                placed.append(GridCell(*at, text, self.source(cell), rows, max(1, cols), self.doubt(cell, text)))
        lost = tuple(
            (f"cột ẩn {a1(0, col - 1)[:-1]}: {' | '.join(texts)}", self.sheet.title) for col, texts in unseen.items()
        )
        return table_of(placed, title=self.sheet.title, unseen=lost)

    def source(self, cell: Any) -> str:  # noqa: ANN401 - an openpyxl cell
        return f"trang {self.sheet.title}, ô {a1(cell.row - 1, cell.column - 1)}"

    def text(self, cell: Any) -> str:  # noqa: ANN401 - an openpyxl cell
        """The text shown, of a formula that counts rows too when no program has computed it."""
        counted = self.counted(cell.row, cell.column) if not cell.value else None
        if counted is not None:
            self.computed[cell.row, cell.column] = counted
        return shown(cell.value if counted is None else counted, cell.number_format or "")

    def counted(self, row: int, col: int) -> int | None:
        """The value of "=A5+1", "=ROW()-4" and the like; None for any other formula."""
        formula = self.formulas.cell(row, col).value
        if not isinstance(formula, str) or not formula.startswith("="):
            return None
        if rows := re.fullmatch(r"=\s*ROW\(\)\s*-\s*(\d{1,4})", formula, re.IGNORECASE):
            return row - int(rows[1])
        above = re.fullmatch(r"=\s*\$?([A-Z]{1,2})\$?(\d{1,4})\s*\+\s*1", formula, re.IGNORECASE)
        if above is None:
            return None
        place = (int(above[2]), column_of(above[1].upper()) + 1)
        value = self.computed.get(place, self.sheet.cell(*place).value)
        return int(value) + 1 if isinstance(value, int | float) else None

    def doubt(self, cell: Any, text: str) -> str:  # noqa: ANN401 - an openpyxl cell
        """Why the text may not be what was meant."""
        if isinstance(cell.value, str) and re.fullmatch(r"#[A-Z/0!?]+", cell.value):
            return "ô báo lỗi công thức"
        formula = self.formulas.cell(cell.row, cell.column).value
        if not text and isinstance(formula, str) and formula.startswith("="):
            return "công thức chưa có giá trị"
        if isinstance(cell.value, date) and re.match(_AMERICAN, (cell.number_format or "").lower()):
            american = cell.number_format.lower() not in ("mm-dd-yy", "m/d/yy")
            if american and cell.value.day <= 12 and cell.value.day != cell.value.month:
                return "ngày định dạng kiểu Mỹ, có thể đảo ngày và tháng"
        return ""


def shown(value: Any, number_format: str) -> str:  # noqa: ANN401 - a cell's value
    """The text that a person sees in the cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "x" if value else ""
    code = _REGIONAL.get(number_format.lower(), number_format)
    if isinstance(value, datetime | date):
        if code.lower() in ("general", "") or re.match(_AMERICAN, code.lower()):
            code = "dd/mm/yyyy"  # the stored day, in our order; an American format is doubted besides
        since = datetime.combine(value, value.time() if isinstance(value, datetime) else time()) - _FIRST
        return shown_text(since.total_seconds() / 86_400, code)
    if not isinstance(value, int | float):
        return cell_text(str(value))
    seen = shown_text(float(value), code)
    # without a format 2.3 is as likely the second row's third part as a figure: the point is kept
    return seen.replace(",", ".") if code.lower() in ("general", "") else seen
