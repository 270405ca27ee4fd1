"""Files that are no returned form, or that mean harm: made here, byte by byte."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

import openpyxl

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = (
    f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
WORKBOOK = (
    f'<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
    '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
WORKBOOK_RELS = (
    f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)


def sheet(rows: str, *, head: str = "", tail: str = "") -> str:
    """A worksheet part with these <row> elements."""
    return f'<?xml version="1.0"?>{head}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{tail}</worksheet>'


def cell(reference: str, value: str = "1") -> str:
    return f'<c r="{reference}"><v>{value}</v></c>'


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip of these parts, in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def xlsx(sheet_xml: str | bytes, more: Mapping[str, str | bytes] | None = None) -> bytes:
    """A minimal .xlsx with one sheet part, and parts that replace or follow the usual ones."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": RELS,
        "xl/workbook.xml": WORKBOOK,
        "xl/_rels/workbook.xml.rels": WORKBOOK_RELS,
        "xl/worksheets/sheet1.xml": sheet_xml,
    }
    return zipped({**parts, **(more or {})})


def good() -> bytes:
    """A workbook that openpyxl wrote."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"] = "Nội dung"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def sparse_corner() -> bytes:
    """Two cells, 1.4 KB: a reader that allocates the box between them asks for hundreds of gigabytes."""
    return xlsx(sheet(f'<row r="1">{cell("A1")}</row><row r="1048576">{cell("XFD1048576")}</row>'))


def bomb() -> bytes:
    """60 MB of one letter in 60 KB."""
    text = "A" * 60_000_000
    return xlsx(sheet(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row>'))


def doctype() -> bytes:
    """A worksheet that declares entities."""
    head = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    return xlsx(sheet(f'<row r="1">{cell("A1")}</row>', head=head))


def good_sheet() -> str:
    """A worksheet with one cell."""
    return sheet(f'<row r="1">{cell("A1")}</row>')


def doctype_in(part: str, before: int = 0) -> bytes:
    """A DOCTYPE in that part, behind a comment of so many letters."""
    comment = f"<!--{'x' * before}-->" if before else ""
    return xlsx(good_sheet(), {part: f"<?xml version='1.0'?>{comment}<!DOCTYPE x><x/>"})


def nested(depth: int) -> bytes:
    """Elements within elements, beside the cells."""
    return xlsx(sheet(f'<row r="1">{cell("A1")}</row>', tail="<a>" * depth + "</a>" * depth))


def named(name: str) -> bytes:
    """A workbook with one more part of that name."""
    return xlsx(sheet(f'<row r="1">{cell("A1")}</row>'), {name: "x"})


def duplicate_parts() -> bytes:
    """Two parts of one name: programs differ in which they read."""
    data = named("xl/worksheets/sheet2.xml")
    return data.replace(b"xl/worksheets/sheet2.xml", b"xl/worksheets/sheet1.xml")


def lying_size() -> bytes:
    """A bomb whose directory declares a small size."""
    data = bytearray(bomb())
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(b"xl/worksheets/sheet1.xml"))
    struct.pack_into("<I", data, at + 24, 1000)
    return bytes(data)


def lying_size_with_checksum() -> bytes:
    """The same, with the checksum of the part's first thousand bytes."""
    data = bytearray(lying_size())
    start = sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>').removesuffix("</sheetData></worksheet>")
    head = (start + "A" * 1000)[:1000].encode()
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(b"xl/worksheets/sheet1.xml"))
    struct.pack_into("<I", data, at + 16, zlib.crc32(head))
    return bytes(data)


def ghosts(rows: int) -> bytes:
    """Formats on so many rows, eight cells each, and two values."""
    empty = "".join(f'<c r="{letter}%d" s="1"/>' for letter in "ABCDEFGH")
    body = "".join(f'<row r="{row}" s="1" customFormat="1">{empty}</row>' % ((row,) * 8) for row in range(3, rows + 1))
    return xlsx(sheet(f'<row r="1">{cell("A1")}</row><row r="2">{cell("B2")}</row>{body}'))


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504


def ole(*names: str) -> bytes:
    """An OLE file as far as its magic and the names in its directory go."""
    return OLE + b"".join(name.encode("utf-16-le").ljust(128, b"\x00") for name in names)


ENCRYPTED_XLS = (
    ole("Root Entry", "Workbook")
    + struct.pack("<HHHHHHII", 0x0809, 16, 0x0600, 5, 0, 0, 0, 0)
    + struct.pack("<HHH", 0x002F, 2, 0)
)

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 20
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 20
HTML = "<html><body><table><tr><td>Báo cáo</td></tr></table></body></html>".encode()
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
FODS = (
    b'<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    b'office:mimetype="application/vnd.oasis.opendocument.spreadsheet"/>'
)
XML_2003 = (
    b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
    b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
)
CSV = "TT;Nội dung;Kết quả\n1;Rà soát;Xong\n".encode()
DOCX = zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"})
XLSB = zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"\x83\x01\x00"})
ODT = zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"})
ENCRYPTED_ODS = zipped(
    {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": "<manifest:manifest><manifest:encryption-data/></manifest:manifest>",
        "content.xml": b"\x00\x01\x02",
    }
)
