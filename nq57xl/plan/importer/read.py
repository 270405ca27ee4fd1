"""Looks at a document's content, not its name, and calls the reader for it."""

from __future__ import annotations

import io
import zipfile
import zlib

from nq57xl.errors import Nq57Error
from nq57xl.plan.importer.table import Document

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
    from nq57xl.plan.importer.read_web import read_html, read_markdown

    if len(data) > _MAX_TEXT:
        raise Nq57Error(f"Tệp {name} lớn hơn 10 MB: hãy tách riêng phần phụ lục.")
    text = _decoded(data, name)
    head = text[:2000].casefold()
    if "<table" in text.casefold() or "<html" in head or "<!doctype html" in head:
        return read_html(text)
    if any(line.strip().startswith("|") for line in text.splitlines()):
        return read_markdown(text)
    from nq57xl.plan.importer.read_txt import read_txt

    return read_txt(text)


def _decoded(data: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1258"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Nq57Error(f"Tệp {name} không phải {_KINDS}: hãy lưu lại ở một trong các dạng đó.")
