"""Changes parts of an office's workbook and leaves every other byte: XML looked at, texts put in, a sheet added."""

from __future__ import annotations

import datetime as dt
import io
import posixpath
import re
import zipfile
from collections.abc import Collection, Mapping, Sequence
from itertools import count
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from nq57xl.errors import Nq57Error
from nq57xl.text.addresses import place_of
from nq57xl.text.legacy import fold
from nq57xl.xlsx.metrics import Text, row_height
from nq57xl.xlsx.package import zip_entry
from nq57xl.xlsx.write import storable_text

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN_TAG, _REL_TAG = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}", f"{{{_OFFICE}}}"
_ESCAPED = re.compile(r"(_x[0-9A-Fa-f]{4}_)")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def _sheet_parts(archive: zipfile.ZipFile) -> tuple[dict[str, str], str]:
    """Title -> part name of each worksheet, and the part name of the styles."""
    targets, styles = {}, ""
    for item in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels")):
        target = item.get("Target", "")
        part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
        targets[item.get("Id", "")] = part
        styles = part if item.get("Type", "").endswith("/styles") else styles
    sheets = ElementTree.fromstring(archive.read("xl/workbook.xml")).iter(f"{_MAIN_TAG}sheet")
    parts = {item.get("name", ""): targets[item.get(f"{_REL_TAG}id", "")] for item in sheets}
    return {title: part for title, part in parts.items() if "worksheets/" in part}, styles


def _rewritten(old: zipfile.ZipFile, changed: dict[str, str]) -> bytes:
    """The package with those parts, new ones at its end; all else byte for byte."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as new:
        for item in old.infolist():
            xml = changed.pop(item.filename, None)
            content = old.read(item) if xml is None else xml.encode("utf-8")
            new.writestr(item, content, compress_type=zipfile.ZIP_DEFLATED)
        for name, xml in changed.items():
            new.writestr(zip_entry(name), xml.encode("utf-8"))
    return stream.getvalue()


def _xml(text: str) -> str:
    """A text as Excel writes it: what XML cannot hold as _x001F_, and what looks like that already as _x005F_x001F_."""
    text = _ESCAPED.sub(r"_x005F\1", storable_text(text))
    return escape(_UNPRINTABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text))


PatchedValue = str | float | dt.date
"""What is put into a cell: a text, which is never a formula; a number; a day, shown by the cell's own format.

"" leaves the cell blank.
"""
_EPOCH = dt.date(1899, 12, 30)


def put_values(
    data: bytes, values: Sequence[tuple[str, str, PatchedValue]], *, kept: Mapping[str, Collection[str]] | None = None
) -> bytes:
    """The workbook with those (sheet, cell, content) in place; the cells keep their format and lock.

    `kept`, for a form that is handed on: rows become as high as the texts put into them need, and formulas lose their
    results, so that every program that opens it computes them anew, but for those at these addresses (sheet title ->
    addresses), which somebody has typed: their results are what was meant.
    """
    wanted: dict[str, dict[str, PatchedValue]] = {}
    for sheet, cell, content in values:
        wanted.setdefault(sheet, {})[cell] = content
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as old:
            changed = {}
            for title, part in _sheet_parts(old)[0].items():
                if title not in wanted and kept is None:
                    continue
                xml = old.read(part).decode("utf-8")
                if cells := wanted.get(title):
                    xml = _sheet(xml, cells) if kept is None else _grown(_sheet(xml, cells), cells)
                changed[part] = xml if kept is None else _recomputed(xml, kept.get(title, ()))
            return _rewritten(old, changed)
    except LookupError:
        return _through_openpyxl(data, values)


def unlocked_cells(data: bytes) -> dict[str, frozenset[str]]:
    """Sheet title -> addresses of the cells that say themselves that they may be typed in, blank ones too.

    The package has been scanned before: here it is only taken apart.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts, styles_part = _sheet_parts(archive)
        styles = ElementTree.fromstring(archive.read(styles_part))
        found = [form.find(f"{_MAIN_TAG}protection") for form in styles.iterfind(f"{_MAIN_TAG}cellXfs/*")]
        free = {str(n) for n, item in enumerate(found) if item is not None and item.get("locked") in ("0", "false")}
        unlocked = {}
        for title, part in parts.items():
            cells = ElementTree.fromstring(archive.read(part)).iter(f"{_MAIN_TAG}c")
            unlocked[title] = frozenset(cell.get("r", "") for cell in cells if cell.get("s") in free)
        return unlocked


_MADE = re.compile(rb"<dcterms:(created|modified)\b[^>]*>([^<]+)</dcterms:")


def saved_since_made(data: bytes) -> bool:
    """Whether a program has saved the workbook since it was made; True where its own times do not tell."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        name = "docProps/core.xml"
        times = dict(_MADE.findall(archive.read(name))) if name in archive.namelist() else {}
    return not times.get(b"created") or times.get(b"created") != times.get(b"modified")


_CACHED = re.compile(r"(<c\b[^>]*>\s*<f\b[^>]*?(?:/>|>[^<]*</f>)\s*)<v>[^<]*</v>")
_ADDRESS = re.compile(r'\br="([^"]*)"')


def _recomputed(xml: str, kept: Collection[str]) -> str:
    def without(found: re.Match[str]) -> str:
        at = _ADDRESS.search(found[1])
        return found[0] if at is not None and at[1] in kept else found[1]

    return _CACHED.sub(without, xml)


_ROW = re.compile(r"(<row\b([^>]*[^/])>)(.*?)</row>", re.DOTALL)


def _sheet(xml: str, cells: dict[str, PatchedValue]) -> str:
    """The sheet with those cells, in one pass over its rows. Raises LookupError for a row that is not there."""
    rows: dict[str, dict[str, PatchedValue]] = {}
    for cell, content in cells.items():
        rows.setdefault(cell.lstrip(_LETTERS), {})[cell] = content

    def patched(found: re.Match[str]) -> str:
        wanted = rows.pop(_attribute(found[2], "r"), {})
        inner = found[3]
        for cell, content in wanted.items():
            inner = _patched_row(inner, cell, cell.rstrip("0123456789"), content)
        return f"{found[1]}{inner}</row>"

    xml = _ROW.sub(patched, xml)
    if rows:
        raise LookupError(min(rows))
    return xml


def _grown(xml: str, cells: dict[str, PatchedValue]) -> str:
    """The sheet with its rows as high as the new texts need; a row without a height is fitted by every program."""
    widths: dict[int, float] = {}
    for col in re.findall(r"<col\b[^>]*>", xml):
        first, last = (int(_attribute(col, name)) for name in ("min", "max"))
        for number in range(first, min(last, first + _WIDE) + 1):
            widths[number - 1] = float(_attribute(col, "width"))
    texts: dict[int, list[Text]] = {}
    for cell, content in cells.items():
        row, col_number = place_of(cell)
        if isinstance(content, str):
            texts.setdefault(row, []).append(Text(content, widths.get(col_number, 9.0), indent=1))
    for row, needed in texts.items():
        found = re.search(rf'(<row\b[^>]*\br="{row + 1}"[^>]*?\bht=")([0-9.]+)"|<row\b[^>]*\br="{row + 1}"[^>]*>', xml)
        if found is not None and found[2]:
            height = row_height(needed, minimum=float(found[2]))
            xml = f"{xml[: found.start()]}{found[1]}{height:g}{xml[found.end() - 1 :]}"
    return xml


_WIDE = 200
"""Columns that have texts: what one element says of all the rest of a sheet is no column."""


def _patched_row(inner: str, cell: str, letters: str, value: PatchedValue) -> str:
    """The cells of a row with one of them set, in the order of the columns."""
    if value == "":
        content = "/>"
    elif isinstance(value, str):
        content = f' t="inlineStr"><is><t xml:space="preserve">{_xml(value)}</t></is></c>'
    else:
        number = (value - _EPOCH).days if isinstance(value, dt.date) else value
        content = f"><v>{number!r}</v></c>"
    at = len(inner)
    for found in re.finditer(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", inner, re.DOTALL):
        address = re.search(r'\br="([A-Z]+)\d+"', found[1])
        if address is None:
            raise LookupError(cell)
        if address[1] == letters:
            attributes = re.sub(r'\s+t="[^"]*"', "", found[1]).rstrip()
            return f"{inner[: found.start()]}<c{attributes}{content}{inner[found.end() :]}"
        if (len(address[1]), address[1]) > (len(letters), letters):
            at = found.start()
            break
    return f'{inner[:at]}<c r="{cell}"{content}{inner[at:]}'


def _through_openpyxl(data: bytes, values: Sequence[tuple[str, str, PatchedValue]]) -> bytes:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), rich_text=True)
    for sheet, cell, content in values:
        book[sheet][cell] = content
        if isinstance(content, str):
            book[sheet][cell].data_type = "s"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


_REL = f"{_OFFICE}/worksheet"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"


def put_sheet(data: bytes, title: str, added: bytes) -> bytes:
    """The workbook with the sheet of `added` at its end, or in place of its own of that title.

    `added`: a workbook of ours with that one sheet of texts, their formats and links; names go with it no more than
    what else a sheet may have. The same input gives the same bytes. Raises Nq57Error when the workbook's XML has a
    shape that cannot be added to safely.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(io.BytesIO(added)) as one:
            return _with_sheet(old, title, one)
    except LookupError as error:
        raise Nq57Error(
            f"Không thêm được trang «{title}» vào phu-luc.xlsx: cấu trúc tệp khác thường. Hãy mở tệp bằng Excel "
            "hoặc LibreOffice, lưu lại rồi chạy lại lệnh."
        ) from error


def _with_sheet(old: zipfile.ZipFile, title: str, one: zipfile.ZipFile) -> bytes:
    def xml(name: str) -> str:
        return old.read(name).decode("utf-8")

    parts, styles_part = _sheet_parts(old)
    sheet, texts, formats = (one.read(f"xl/{part}.xml").decode("utf-8") for part in _ADDED)
    styles_xml, numbers = _with_formats(xml(styles_part), formats)
    changed = {styles_part: styles_xml}
    part = next((part for own, part in parts.items() if fold(own) == fold(title)), None)
    if part is None:
        part = next(name for n in count(1) if (name := f"xl/worksheets/sheet{n}.xml") not in old.namelist())
        relations = xml("xl/_rels/workbook.xml.rels")
        taken = re.findall(r'\bId="([^"]*)"', relations)
        rid = next(name for n in count(1) if (name := f"rId{n}") not in taken)
        link = f'<Relationship Id="{rid}" Type="{_REL}" Target="{part.removeprefix("xl/")}"/>'
        book = xml("xl/workbook.xml")
        numbered = [int(_attribute(item, "sheetId")) for item in re.findall(r"<sheet\b[^>]*>", book)]
        if not numbered:
            raise LookupError("sheet")
        # declared here: openpyxl declares the prefix on each element of its own
        declared = f'xmlns:r="{_OFFICE}" name={quoteattr(title)} sheetId="{max(numbered) + 1}"'
        sheet_entry = f'<sheet {declared} r:id="{rid}"/>'
        entry = f'<Override PartName="/{part}" ContentType="{_TYPE}"/>'
        changed |= {
            "xl/_rels/workbook.xml.rels": _before(relations, "</Relationships>", link),
            "xl/workbook.xml": _before(book, "</sheets>", sheet_entry),
            "[Content_Types].xml": _before(xml("[Content_Types].xml"), "</Types>", entry),
        }
    changed[part] = _standing_alone(sheet, texts, numbers)
    return _rewritten(old, changed)


def _attribute(element: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', element)
    if found is None:
        raise LookupError(name)
    return found[1]


def _before(xml: str, end: str, added: str) -> str:
    at = xml.rfind(end)
    if at < 0:
        raise LookupError(end)
    return xml[:at] + added + xml[at:]


_ADDED = ("worksheets/sheet1", "sharedStrings", "styles")
"""Parts of a workbook of ours."""
_ADDED_CELL = re.compile(r'<c r="([A-Z]+[0-9]+)" s="([0-9]+)"(?:/>| t="s"><v>([0-9]+)</v></c>)')
_OWN_ID = re.compile(r'\b(font|fill|border)Id="([0-9]+)"')


def _standing_alone(sheet: str, texts: str, numbers: Sequence[int]) -> str:
    """The sheet with its texts in its cells, and the numbers that its formats have in the workbook."""
    shared = re.findall(r"<si>(.*?)</si>", texts, re.DOTALL)

    def cell(found: re.Match[str]) -> str:
        content = f' t="inlineStr"><is>{shared[int(found[3])]}</is></c>' if found[3] else "/>"
        return f'<c r="{found[1]}" s="{numbers[int(found[2])]}"{content}'

    # one more sheet that is selected would be edited with the other
    return _ADDED_CELL.sub(cell, sheet).replace(' tabSelected="1"', "", 1)


def _with_formats(xml: str, added: str) -> tuple[str, list[int]]:
    """The styles with the formats of another workbook, and the number that each of these has among them."""
    numbers: dict[str, list[int]] = {}

    def renumbered(found: re.Match[str]) -> str:
        return f'{found[1]}Id="{numbers[found[1]][int(found[2])]}"'

    for plural, single in (("fonts", "font"), ("fills", "fill"), ("borders", "border"), ("cellXfs", "xf")):
        numbers[single] = []
        for element in _elements(added, plural, single)[1]:
            xml, number = _listed(xml, plural, single, _OWN_ID.sub(renumbered, element))
            numbers[single].append(number)
    return xml, numbers["xf"]


def _elements(xml: str, plural: str, single: str) -> tuple[re.Match[str], list[str]]:
    """A list of the styles, and what is in it."""
    block = re.search(rf"<{plural}\b[^>]*>(.*?)</{plural}>", xml, re.DOTALL)
    if block is None:
        raise LookupError(plural)
    return block, re.findall(rf"<{single}\b(?:[^>]*/>|.*?</{single}>)", block[1], re.DOTALL)


def _listed(xml: str, plural: str, single: str, element: str) -> tuple[str, int]:
    """The styles with that element in its list, and its index; what is there already is used again."""
    block, items = _elements(xml, plural, single)
    if element in items:
        return xml, items.index(element)
    opening = re.sub(r'\bcount="\d+"', f'count="{len(items) + 1}"', xml[block.start() : block.start(1)])
    return f"{xml[: block.start()]}{opening}{block[1]}{element}{xml[block.end(1) :]}", len(items)
