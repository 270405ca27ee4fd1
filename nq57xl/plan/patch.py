"""Puts texts into single cells of a workbook and leaves everything else as it is, byte for byte.

openpyxl would drop every cached formula value on saving, so that a date which the office computes would be read as
blank until Excel has opened the file again. It is the way out only for a workbook whose XML has an unusual shape.
"""

from __future__ import annotations

import io
import re
import zipfile
from xml.sax.saxutils import escape

from nq57xl.plan.guard import sheet_parts

Cells = dict[str, str]
"""Address -> text."""


def put_texts(data: bytes, texts: tuple[tuple[str, str, str], ...]) -> bytes:
    """The workbook with those (sheet, cell, text) in place."""
    wanted: dict[str, Cells] = {}
    for sheet, cell, text in texts:
        wanted.setdefault(sheet, {})[cell] = text
    try:
        return _patched(data, wanted)
    except LookupError:
        return _through_openpyxl(data, texts)


def _patched(data: bytes, wanted: dict[str, Cells]) -> bytes:
    """Raises LookupError when a row or cell cannot be found in the XML as written."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        parts = {part: wanted[title] for title, part in sheet_parts(old) if title in wanted}
        for item in old.infolist():
            content = old.read(item)
            if item.filename in parts:
                content = _sheet(content.decode("utf-8"), parts[item.filename]).encode("utf-8")
            new.writestr(item, content, compress_type=zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _sheet(xml: str, cells: Cells) -> str:
    for cell, text in cells.items():
        letters = cell.rstrip("0123456789")
        number = cell[len(letters) :]
        row = re.search(rf'<row\b[^>]*\br="{number}"[^>]*[^/]>(.*?)</row>', xml, re.DOTALL)
        if row is None:
            raise LookupError(cell)
        xml = xml[: row.start(1)] + _row(row[1], cell, letters, text) + xml[row.end(1) :]
    return xml


def _row(inner: str, cell: str, letters: str, text: str) -> str:
    """The cells of a row with one of them set, in the order of the columns."""
    content = f't="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
    at = len(inner)
    for found in re.finditer(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", inner, re.DOTALL):
        address = re.search(r'\br="([A-Z]+)\d+"', found[1])
        if address is None:
            raise LookupError(cell)
        if address[1] == letters:
            attributes = re.sub(r'\s+t="[^"]*"', "", found[1]).rstrip()
            return f"{inner[: found.start()]}<c{attributes} {content}{inner[found.end() :]}"
        if (len(address[1]), address[1]) > (len(letters), letters):
            at = found.start()
            break
    return f'{inner[:at]}<c r="{cell}" {content}{inner[at:]}'


def _through_openpyxl(data: bytes, texts: tuple[tuple[str, str, str], ...]) -> bytes:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), rich_text=True)
    for sheet, cell, text in texts:
        book[sheet][cell] = text
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
