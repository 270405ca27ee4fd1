"""Real returned workbooks, spoilt in every way at random: bytes, zip parts, XML, cell values, structure."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from functools import cache

import openpyxl
from openpyxl.cell.cell import Cell

from tests.case_book import Book
from tests.case_edits import EDITS
from tests.returns_kit import filled, issued

Source = random.Random

NASTY_TEXTS = (
    "=1+1", "=cmd|'/c calc'!A0", "@SUM(A1)", "'x", "\u202eabc", "Đã\u200b xong", "x" * 40_000, "1.234", "85 %", "≥ 90",
    "10/12", "31/02/2026", "tháng 4", "#REF!", "NQ57|0f8fad5bd9|results", "NQ57|aaaaaaaaaa|results", "led|I.1", "@head",
    "progress", "§· xong", "Ñaõ xong", "_x0041_", "\n\n", " ", "Hoàn thành", "Đang thực hiện", "led|I.9", "<a>&amp;",
)  # fmt: skip
NASTY_VALUES: tuple[object, ...] = (
    -1, 0, 1, 1.5, 85, 101, 1e308, -1e308, 0.1 + 0.2, True, False,
    date(2026, 12, 10), datetime(1900, 1, 1), date(2026, 6, 4),
)  # fmt: skip


@cache
def bases() -> tuple[bytes, ...]:
    """The form filled in by one unit and by another, and one as issued."""
    return filled()[0], filled("QLDT")[0], issued()


def spoilt(seed: int) -> bytes:
    """The workbook of that number: always the same."""
    source = random.Random(seed)
    data = source.choice(bases())
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        try:
            data = source.choice(MUTATIONS)(data, source)
        except Exception:
            return data  # what the last mutation left is broken beyond the next one
    return data


# --- bytes ----------------------------------------------------------------------------------------------------------


def _bytes(data: bytes, source: Source) -> bytes:
    spoiled = bytearray(data)
    how = source.randrange(5)
    at, length = source.randrange(len(data)), source.choice((1, 4, 100, 5000))
    if how == 0:
        for _ in range(source.choice((1, 3, 30))):
            spoiled[source.randrange(len(spoiled))] = source.randrange(256)
    elif how == 1:
        del spoiled[at:]
    elif how == 2:
        del spoiled[at : at + length]
    elif how == 3:
        spoiled[at:at] = source.randbytes(length)
    else:
        spoiled[at : at + length] = spoiled[at // 2 : at // 2 + length]
    return bytes(spoiled)


# --- parts ----------------------------------------------------------------------------------------------------------


def _unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zipped(parts: list[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return buffer.getvalue()


def _parts(data: bytes, source: Source) -> bytes:
    parts = list(_unzipped(data).items())
    one, other = source.randrange(len(parts)), source.randrange(len(parts))
    name, content = parts[one]
    how = source.randrange(7)
    if how == 0:
        del parts[one]
    elif how == 1:
        parts[one] = (name, parts[other][1])
    elif how == 2:
        parts[one] = (name, b"")
    elif how == 3:
        parts[one] = (name, content[: source.randrange(len(content) + 1)])
    elif how == 4:
        parts[one] = (source.choice((name.upper(), "xl\\" + name, "/" + name, "../" + name, name + " ")), content)
    elif how == 5:
        parts.append(
            (source.choice(("xl/vbaProject.bin", "xl/externalLinks/externalLink1.xml", "xl/media/x.emf")), content)
        )
    else:
        source.shuffle(parts)
    return _zipped(parts)


# --- XML ------------------------------------------------------------------------------------------------------------

_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_ELEMENT = re.compile(
    r"<(c|row|f|v|is|t|si|r|sheet|xf|mergeCell|dimension|Relationship)\b[^>]*?(?:/>|>.*?</\1>)", re.DOTALL
)
_ODD_VALUES = (
    "", "-1", "0", "1", "99999999999", "XFD1048576", "A1", "B9999999", "s", "e", "b", "str", "d", "inlineStr", "&amp;",
    "rId99",
)  # fmt: skip
_ODD_PIECES = ("<", ">", "&", "</c>", "<c>", "]]>", "<!--", "\x00", "&#0;", "<!DOCTYPE x>")


def _xml(data: bytes, source: Source) -> bytes:
    parts = _unzipped(data)
    sheets = [name for name in parts if name.endswith((".xml", ".rels"))]
    # sheets and strings three times as often as the rest
    name = source.choice(sheets + [part for part in sheets if "/worksheets/" in part or "shared" in part] * 2)
    text = parts[name].decode("utf-8", "replace")
    for _ in range(source.choice((1, 2, 8))):
        text = _xml_once(text, source)
    return _zipped([*({**parts, name: text.encode("utf-8", "replace")}).items()])


def _xml_once(text: str, source: Source) -> str:
    how = source.randrange(6)
    found = list((_ATTRIBUTE if how < 2 else _ELEMENT).finditer(text))
    if not found:
        return text
    one, other = source.choice(found), source.choice(found)
    if how == 0:
        return text[: one.start(2)] + source.choice(_ODD_VALUES) + text[one.end(2) :]
    if how == 1:
        return text[: one.start(2)] + other[2] + text[one.end(2) :]
    if how == 2:
        return text[: one.start()] + text[one.end() :]
    if how == 3:
        return text[: one.end()] + other[0] + text[one.end() :]
    if how == 4:
        return text[: one.start()] + other[0] + text[one.end() :]
    place = source.randrange(len(text))
    return text[:place] + source.choice(_ODD_PIECES) + text[place:]


# --- cells and structure ---------------------------------------------------------------------------------------------


def _book(data: bytes, change: Callable[[openpyxl.Workbook], None]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _cells(data: bytes, source: Source) -> bytes:
    def change(book: openpyxl.Workbook) -> None:
        for _ in range(source.choice((1, 3, 20))):
            sheet = source.choice(book.worksheets)
            cell = sheet.cell(source.randint(1, sheet.max_row + 2), source.randint(1, sheet.max_column + 1))
            if not isinstance(cell, Cell):
                continue
            if source.random() < 0.5:
                cell.value = source.choice(NASTY_TEXTS)[:32_767]
                cell.data_type = source.choice("ssf") if str(cell.value).startswith("=") else "s"
            else:
                cell.value = source.choice((*NASTY_VALUES, None))  # type: ignore[assignment]

    return _book(data, change)


def _structure(data: bytes, source: Source) -> bytes:
    def change(book: openpyxl.Workbook) -> None:
        sheet = source.choice(book.worksheets)
        line, how = source.randint(1, 20), source.randrange(9)
        if how == 0:
            sheet.insert_rows(line, source.randint(1, 3))
        elif how == 1:
            sheet.delete_rows(line, source.randint(1, 3))
        elif how == 2:
            sheet.insert_cols(source.randint(1, 9))
        elif how == 3:
            sheet.delete_cols(source.randint(1, 9))
        elif how == 4:
            sheet.title = source.choice(("Sheet1", "Kết quả (2)", "x" * 31))
        elif how == 5:
            book.remove(sheet)
        elif how == 6:
            book.copy_worksheet(sheet)
        elif how == 7:
            sheet.move_range(f"A{line}:Z{line + 3}", rows=source.randint(-1, 5))
        else:
            book.move_sheet(sheet, source.randint(-3, 3))

    return _book(data, change)


# --- cells as other programs and hasty people leave them ------------------------------------------------------------

_FORMATS = (
    '0.0"%"', "0.00\\%", "0,", "#,##0,,", '0" người"', '0"/120"', "[h]:mm", "dd/mm/yyyy hh:mm", "mm/yyyy", "mm/dd/yyyy",
    "[$-409]m/d/yy;@", 'yyyy"年"m"月"d"日";@', "General", "@", ";;;", "0.00E+00", "# ?/?",
)  # fmt: skip
_NUMBERS = (0, 0.5, 1, 1.05, 45, 1250, 46122, 46121.99965, 46121.7083333)
_WORDS = ("Chờ ý kiến", "-5% hồ sơ", "Đƣờng truyền", "\uf0b3 90%", "#N/A", "-", "Không có")


def _odd_cells(data: bytes, source: Source) -> bytes:
    """Formats, strike, raised digits, links, comments, boxes, copied rows and columns: what cases/ has, at random."""
    book = Book(data)
    keys = sorted(book.places)
    for _ in range(source.choice((1, 2, 5))):
        table, row, field = source.choice(keys)
        at = f"{table} {field}" if table == row else f"{table} {row} {field}"
        ODD_CELLS[source.choice(sorted(ODD_CELLS))](book, at, source)
    return book.packed(source.randrange(1000))


def _formatted(book: Book, at: str, source: Source) -> None:
    book.put(at, {"number": source.choice(_NUMBERS), "format": source.choice(_FORMATS)})


def _runs(book: Book, at: str, source: Source) -> None:
    run = {"text": source.choice(("1", "80% ", "Đã xong ")), source.choice(("strike", "super", "sub")): True}
    runs = [run, source.choice(_WORDS)] if source.random() < 0.5 else [source.choice(_WORDS), run]
    book.put(at, {"runs": runs, "shared": source.random() < 0.5})


def _linked(book: Book, at: str, source: Source) -> None:
    book.put(at, {"text": source.choice(("Xem tại đây", *_WORDS)), "link": "https://sxd.dongnai.gov.vn/1"})


def _noted(book: Book, at: str, source: Source) -> None:
    EDITS[source.choice(("note", "textbox", "grouped_textbox"))](book, at, text=source.choice(_WORDS))


def _struck(book: Book, at: str, _: Source) -> None:
    EDITS["strike"](book, at)


def _raw(book: Book, at: str, source: Source) -> None:
    inner = source.choice(
        ("<![CDATA[85]]>", "&#49;", "8<!-- x -->5", "NaN", "INF", "1E400", "2958465.7", "1e15", " 85 ", "0x55", "")
    )
    book.put(at, {"v": inner, "t": source.choice(("", "", "str", "e", "b", "d"))})


def _copied(book: Book, at: str, source: Source) -> None:
    typed = {at: source.choice((0.8, "Khác", None))}
    if source.random() < 0.5:
        EDITS["copy_row"](book, at, row=source.choice((45, 60)), typed=typed)
    else:
        EDITS["copy_column"](book, at, to=source.choice(("N", "P")), typed=typed)


ODD_CELLS: dict[str, Callable[[Book, str, Source], None]] = {
    "formatted": _formatted,
    "runs": _runs,
    "linked": _linked,
    "noted": _noted,
    "struck": _struck,
    "raw": _raw,
    "copied": _copied,
}
MUTATIONS = (_odd_cells, _bytes, _parts, _xml, _xml, _cells, _cells, _structure)
