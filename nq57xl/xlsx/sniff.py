"""What a file is, by its content and never by its extension."""

from __future__ import annotations

import re
import struct
import zipfile
from typing import Literal

from nq57xl.xlsx.package import ZIP_ERRORS, open_zip
from nq57xl.xlsx.refused import Refused

Kind = Literal[
    "xlsx", "xlsm", "xlsb", "xls", "ods", "encrypted", "zip", "docx", "pdf", "html", "csv", "picture", "empty",
    "broken", "msg", "tnef", "flat", "other",
]  # fmt: skip

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TNEF = b"\x78\x9f\x3e\x22"
"""winmail.dat: attachments as Outlook sends them to its own kind ([MS-OXTNEF] 2.1.3.1)."""
_ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|meta|style|frameset)\b", re.IGNORECASE)
_HEAD = 4096
_BOF, _FILEPASS, _FIRST_RECORDS = b"\x09\x08\x10\x00\x00\x06\x05\x00", 0x2F, 12
_FLAT = re.compile(
    rb"<office:document\b.*opendocument\.spreadsheet|urn:schemas-microsoft-com:office:spreadsheet", re.DOTALL
)
_MIMETYPE = "application/vnd.oasis.opendocument."


def sniff(data: bytes) -> Kind:
    """The kind of the file with this content. "csv" stands for any plain text, "zip" for any archive, "flat" for
    spreadsheets that are one XML file (.fods, XML Spreadsheet 2003).

    Raises Refused for an archive that is broken or beyond measure.
    """
    if not data:
        return "empty"
    head = data[:_HEAD]
    if head.startswith(b"PK"):
        return _zipped(data)
    if is_ole(head):
        return _ole(data)
    if head.startswith(_TNEF):
        return "tnef"
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(_ARCHIVES):
        return "zip"
    if _picture(head):
        return "picture"
    return _text(head)


def is_ole(data: bytes) -> bool:
    """The file is a container of Microsoft's old kind, as are .xls and every workbook that Excel encrypts."""
    return data.startswith(_OLE)


def _picture(head: bytes) -> bool:
    if head.startswith(_PICTURES):
        return not head.startswith(b"BM") or b"\x00" in head  # a text may begin with "BM"
    return (head[:4] == b"RIFF" and head[8:12] == b"WEBP") or (head[4:8] == b"ftyp" and head[8:11] in (b"hei", b"mif"))


def _zipped(data: bytes) -> Kind:
    try:
        with open_zip(data) as archive:
            return package_kind(archive)
    except ZIP_ERRORS:
        return "broken"
    except Refused as refusal:
        if refusal.finding.code != "FILE_BROKEN":
            raise
        return "broken"


def package_kind(archive: zipfile.ZipFile) -> Kind:
    """The kind of a zip by its parts; raises what zipfile raises for a broken one."""
    infos = {info.filename: info for info in archive.infolist()}
    names = {name.replace("\\", "/").lower() for name in infos}
    if any(info.flag_bits & 1 for info in infos.values()):
        return "encrypted"
    if "mimetype" in infos:
        return _open_document(archive)
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(name.startswith("word/") for name in names):
        return "docx"
    if "[content_types].xml" not in names:
        return "zip"
    content = next(name for name in infos if name.lower() == "[content_types].xml")
    with archive.open(content) as part:
        types = part.read(1 << 20)
    if b"ms-excel.sheet.macroEnabled" in types or b"ms-excel.template.macroEnabled" in types:
        return "xlsm"
    return "xlsx" if b"spreadsheetml" in types else "other"


def _open_document(archive: zipfile.ZipFile) -> Kind:
    with archive.open("mimetype") as part:
        mimetype = part.read(200).decode("ascii", "replace").strip()
    if not mimetype.startswith(_MIMETYPE):
        return "other"
    try:
        with archive.open("META-INF/manifest.xml") as part:
            if b"encryption-data" in part.read(1 << 20):
                return "encrypted"
    except KeyError:
        pass
    kind = mimetype.removeprefix(_MIMETYPE)
    return "ods" if kind.startswith("spreadsheet") else "docx" if kind.startswith("text") else "other"


def _ole(data: bytes) -> Kind:
    """An OLE file by the names in its directory, which are UTF-16."""

    def has(name: str) -> bool:
        return name.encode("utf-16-le") in data

    if has("EncryptedPackage") or has("EncryptionInfo"):
        return "encrypted"
    if has("Workbook\0") or has("Book\0"):
        return "encrypted" if _xls_encrypted(data) else "xls"
    if has("__substg1.0_"):
        return "msg"
    return "docx" if has("WordDocument") else "other"


def _xls_encrypted(data: bytes) -> bool:
    """Whether a FILEPASS record follows the beginning of the workbook's stream ([MS-XLS] 2.4.117)."""
    at = data.find(_BOF)
    for _ in range(_FIRST_RECORDS):
        if at < 0 or at + 4 > len(data):
            return False
        kind, length = struct.unpack_from("<HH", data, at)
        if kind == _FILEPASS:
            return True
        at += 4 + length
    return False


def _text(head: bytes) -> Kind:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "ignore").encode()
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"{\\rtf"):
        return "docx"
    if start.startswith(b"<?xml") and _FLAT.search(start):
        return "flat"
    if start[:13].lower() == b"mime-version:" or (start.startswith(b"<") and _MARKUP.search(start)):
        return "html"
    if b"\x00" in head or start.startswith(b"<?xml"):
        return "other"
    control = sum(byte < 32 and byte not in b"\t\n\r\f\v\x1a" for byte in head)
    return "csv" if control * 50 <= len(head) else "other"
