"""Looks at the XML of a workbook before calamine does: its size, its extent and its error cells (pitfalls: calamine
aborts on a stray cell in the last corner, and reads error cells as empty)."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from xml.etree import ElementTree
from xml.parsers import expat

from nq57xl.errors import Nq57Error

BadCells = dict[str, dict[str, str]]
"""Sheet title -> address -> "#REF!", or "" for a formula without a value: calamine reads both as empty."""

MAX_BYTES = 20 * 2**20
_MAX_UNPACKED = 200 * 2**20
_MAX_ROWS, _MAX_COLS, _MAX_BOX = 20_000, 500, 2_000_000
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")


def scan(data: bytes, name: str) -> BadCells:
    """The cells of each sheet that calamine reads as empty and that are not.

    Raises Nq57Error when the file is no .xlsx, damaged, or too large to read.
    """
    if len(data) > MAX_BYTES:
        raise Nq57Error(f"Tệp {name} lớn hơn 20 MB: hãy xóa ảnh, trang thừa rồi lưu lại.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(item.file_size for item in archive.infolist()) > _MAX_UNPACKED:
                raise Nq57Error(f"Tệp {name} sau khi giải nén quá lớn, không đọc được an toàn.")
            return {title: _sheet(archive.read(part), title, name) for title, part in sheet_parts(archive)}
    except (
        zipfile.BadZipFile,
        KeyError,
        ElementTree.ParseError,
        expat.ExpatError,
        zlib.error,
        RuntimeError,
        OSError,
    ) as error:
        raise Nq57Error(f"Không đọc được tệp {name}: tệp hỏng, có mật khẩu hoặc không phải .xlsx.") from error


def sheet_parts(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Title and part name of each worksheet."""
    relations = ElementTree.fromstring(_plain(archive.read("xl/_rels/workbook.xml.rels")))
    targets = {item.get("Id", ""): item.get("Target", "") for item in relations}
    book = ElementTree.fromstring(_plain(archive.read("xl/workbook.xml")))
    parts = []
    for item in book.iter(f"{_MAIN}sheet"):
        target = targets[item.get(f"{_REL}id", "")]
        part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
        if "worksheets/" in part:
            parts.append((item.get("name", ""), part))
    return parts


def _plain(xml: bytes) -> bytes:
    if b"<!DOCTYPE" in xml:
        raise Nq57Error("Tệp có khai báo DOCTYPE, không mở vì lý do an toàn.")
    return xml


def _sheet(xml: bytes, title: str, name: str) -> dict[str, str]:
    extent = _Extent()
    parser = expat.ParserCreate()
    parser.StartElementHandler = extent.start
    parser.EndElementHandler = extent.end
    parser.CharacterDataHandler = extent.text
    parser.Parse(_plain(xml), True)
    rows, cols = extent.rows, extent.cols
    if rows > _MAX_ROWS or cols > _MAX_COLS or rows * cols > _MAX_BOX:
        raise Nq57Error(f"Trang «{title}» của tệp {name} có ô dữ liệu quá xa bảng: hãy xóa các ô đó rồi lưu lại.")
    return extent.bad


class _Extent:
    """Last row and column that hold a value; error cells, and formulas without a value."""

    def __init__(self) -> None:
        self.rows = self.cols = 0
        self.bad: dict[str, str] = {}
        self._cell, self._error, self._inside, self._formula, self._value = "", False, False, False, False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "c":
            self._cell, self._error = attributes.get("r", ""), attributes.get("t") == "e"
            # a formula may have the empty text as its value
            self._formula, self._value = False, attributes.get("t") == "str"
        elif tag in ("v", "is", "f") and (match := _CELL.fullmatch(self._cell)):
            column = 0
            for letter in match[1]:
                column = column * 26 + ord(letter) - 64
            self.rows, self.cols = max(self.rows, int(match[2])), max(self.cols, column)
            self._formula |= tag == "f"
            self._inside = tag == "v"

    def end(self, tag: str) -> None:
        self._inside = False
        if tag.rpartition(":")[2] == "c" and self._formula and not self._value:
            self.bad[self._cell] = ""

    def text(self, data: str) -> None:
        self._value |= self._inside
        if self._inside and self._error:
            self.bad[self._cell] = self.bad.get(self._cell, "") + data
