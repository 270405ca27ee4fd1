"""Changes parts of an office's workbook and leaves every other byte: XML looked at, texts put in, a sheet added."""

from __future__ import annotations

import datetime as dt
import io
import posixpath
import re
import zipfile
from collections.abc import Collection, Mapping, Sequence
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from attrs import field, frozen

from nq57xl.errors import Nq57Error
from nq57xl.text.addresses import a1, place_of
from nq57xl.text.legacy import fold
from nq57xl.xlsx.metrics import Text, merged_width, row_height
from nq57xl.xlsx.package import zip_entry
from nq57xl.xlsx.write import cell_text

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MAIN_TAG = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ESCAPED = re.compile(r"(_x[0-9A-Fa-f]{4}_)")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_REL_TAG = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def _sheet_parts(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Title and part name of each worksheet."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {item.get("Id", ""): item.get("Target", "") for item in relations}
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    parts = []
    for item in book.iter(f"{_MAIN_TAG}sheet"):
        target = targets[item.get(f"{_REL_TAG}id", "")]
        part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
        if "worksheets/" in part:
            parts.append((item.get("name", ""), part))
    return parts


def _plain(text: str) -> str:
    """A text as Excel writes it: what XML cannot hold as _x001F_, and what looks like that already as _x005F_x001F_."""
    text = _ESCAPED.sub(r"_x005F\1", cell_text(text))
    return _UNPRINTABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def _xml(text: str) -> str:
    return escape(_plain(text))


CellContent = str | float | dt.date
"""What is put into a cell: a text, which is never a formula; a number; a day, shown by the cell's own format.

"" leaves the cell blank.
"""
_EPOCH = dt.date(1899, 12, 30)


def put_values(data: bytes, values: Sequence[tuple[str, str, CellContent]], *, growing: bool = False) -> bytes:
    """The workbook with those (sheet, cell, content) in place; the cells keep their format and lock.

    `growing`: rows become as high as the texts put into them need.
    """
    wanted: dict[str, dict[str, CellContent]] = {}
    for sheet, cell, content in values:
        wanted.setdefault(sheet, {})[cell] = content
    try:
        return _patched(data, wanted, growing=growing)
    except LookupError:
        return _through_openpyxl(data, values)


def unlocked_cells(data: bytes) -> dict[str, frozenset[str]]:
    """Sheet title -> addresses of the cells that say themselves that they may be typed in, blank ones too.

    The package has been scanned before: here it is only taken apart.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        styles = ElementTree.fromstring(archive.read(_styles_part(archive)))
        formats = styles.find(f"{_MAIN_TAG}cellXfs")
        found = [form.find(f"{_MAIN_TAG}protection") for form in (formats if formats is not None else ())]
        free = {str(n) for n, item in enumerate(found) if item is not None and item.get("locked") in ("0", "false")}
        return {title: _with_style(archive.read(part), free) for title, part in _sheet_parts(archive)}


_MADE = re.compile(rb"<dcterms:(created|modified)\b[^>]*>([^<]+)</dcterms:")


def saved_since_made(data: bytes) -> bool:
    """Whether a program has saved the workbook since it was made; True where its own times do not tell."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        name = "docProps/core.xml"
        times = dict(_MADE.findall(archive.read(name))) if name in archive.namelist() else {}
    return not times.get(b"created") or times.get(b"created") != times.get(b"modified")


def _with_style(xml: bytes, styles: set[str]) -> frozenset[str]:
    cells = ElementTree.fromstring(xml).iter(f"{_MAIN_TAG}c")
    return frozenset(cell.get("r", "") for cell in cells if cell.get("s") in styles)


_CACHED = re.compile(r"(<c\b[^>]*>\s*<f\b[^>]*?(?:/>|>[^<]*</f>)\s*)<v>[^<]*</v>")


def without_results(data: bytes, kept: Mapping[str, Collection[str]]) -> bytes:
    """The workbook whose formulas have no results, so that every program that opens it computes them anew.

    `kept`: sheet title -> addresses of formulas that somebody has typed: their results are what was meant.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        parts = {part: kept.get(title, ()) for title, part in _sheet_parts(old)}
        for item in old.infolist():
            content = old.read(item)
            if item.filename in parts:
                content = _recomputed(content.decode("utf-8"), parts[item.filename]).encode("utf-8")
            new.writestr(item, content, compress_type=zipfile.ZIP_DEFLATED)
    return stream.getvalue()


_ADDRESS = re.compile(r'\br="([^"]*)"')


def _recomputed(xml: str, kept: Collection[str]) -> str:
    def without(found: re.Match[str]) -> str:
        at = _ADDRESS.search(found[1])
        return found[0] if at is not None and at[1] in kept else found[1]

    return _CACHED.sub(without, xml)


def _patched(data: bytes, wanted: dict[str, dict[str, CellContent]], *, growing: bool) -> bytes:
    """Raises LookupError when a row or cell cannot be found in the XML as written."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        parts = {part: wanted[title] for title, part in _sheet_parts(old) if title in wanted}
        for item in old.infolist():
            content = old.read(item)
            if item.filename in parts:
                xml = _sheet(content.decode("utf-8"), parts[item.filename])
                content = (_grown(xml, parts[item.filename]) if growing else xml).encode("utf-8")
            new.writestr(item, content, compress_type=zipfile.ZIP_DEFLATED)
    return stream.getvalue()


_ROW = re.compile(r"(<row\b([^>]*[^/])>)(.*?)</row>", re.DOTALL)


def _sheet(xml: str, cells: dict[str, CellContent]) -> str:
    """The sheet with those cells, in one pass over its rows. Raises LookupError for a row that is not there."""
    rows: dict[str, dict[str, CellContent]] = {}
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


def _grown(xml: str, cells: dict[str, CellContent]) -> str:
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


def _patched_row(inner: str, cell: str, letters: str, value: CellContent) -> str:
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


def _through_openpyxl(data: bytes, values: Sequence[tuple[str, str, CellContent]]) -> bytes:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), rich_text=True)
    for sheet, cell, content in values:
        book[sheet][cell] = content
        if isinstance(content, str):
            book[sheet][cell].data_type = "s"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_REL = f"{_OFFICE}/worksheet"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_FONT = '<name val="Times New Roman"/><family val="1"/>'
_LINE, _ACCENT = "FF8A97A5", "FFDDE7F0"
_EDGES = "".join(f'<{side} style="thin"><color rgb="{_LINE}"/></{side}>' for side in ("left", "right", "top", "bottom"))
_FONTS = {
    "plain": f'<font><sz val="11"/>{_FONT}</font>',
    "bold": f'<font><b/><sz val="11"/>{_FONT}</font>',
    "title": f'<font><b/><sz val="14"/>{_FONT}</font>',
    "italic": f'<font><i/><sz val="11"/>{_FONT}</font>',
    "link": f'<font><u/><sz val="11"/>{_FONT}</font>',
}
_NO_FILL, _ACCENT_FILL = (
    '<fill><patternFill patternType="none"/></fill>',
    f'<fill><patternFill patternType="solid"><fgColor rgb="{_ACCENT}"/><bgColor indexed="64"/></patternFill></fill>',
)
_NO_BORDER = "<border><left/><right/><top/><bottom/><diagonal/></border>"
_BORDER = f"<border>{_EDGES}<diagonal/></border>"
_STYLES = {
    "title": ("title", _NO_FILL, _NO_BORDER, '<alignment vertical="center"/>'),
    "note": ("italic", _NO_FILL, _NO_BORDER, '<alignment vertical="top" wrapText="1"/>'),
    "head": (
        "bold",
        _ACCENT_FILL,
        _BORDER,
        '<alignment horizontal="center" vertical="center" wrapText="1"/>',
    ),
    "bold": ("bold", _NO_FILL, _BORDER, '<alignment vertical="top" wrapText="1"/>'),
    "cell": ("plain", _NO_FILL, _BORDER, '<alignment vertical="top" wrapText="1"/>'),
    "link": ("link", _NO_FILL, _BORDER, '<alignment vertical="top" wrapText="1"/>'),
}


@frozen
class TextCell:
    """One text of the sheet."""

    text: str
    style: str = "cell"
    """title, note, head, bold, cell or link."""
    target: str = ""
    """Where a link leads: "'Nhiệm vụ'!K7"."""


@frozen
class TextSheet:
    """A sheet of texts."""

    title: str
    """Tab name."""
    heading: str
    note: str
    widths: tuple[float, ...]
    """Of its columns, in characters."""
    heads: tuple[str, ...]
    rows: Sequence[Sequence[TextCell]] = field(factory=tuple)


_HEAD_ROW = 3
"""0-based row of the headings."""


def put_sheet(data: bytes, page: TextSheet) -> bytes:
    """The workbook with that sheet at its end, or in place of the one of that name; the same input, the same bytes.

    Raises Nq57Error when the workbook's XML has a shape that cannot be added to safely.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as old:
            return _with_sheet(old, page)
    except LookupError as error:
        raise Nq57Error(
            f"Không thêm được trang «{page.title}» vào phu-luc.xlsx: cấu trúc tệp khác thường. Hãy mở tệp bằng Excel "
            "hoặc LibreOffice, lưu lại rồi chạy lại lệnh."
        ) from error


def _with_sheet(old: zipfile.ZipFile, page: TextSheet) -> bytes:
    styles_part = _styles_part(old)
    styles_xml, styles = _with_styles(old.read(styles_part).decode("utf-8"))
    changed = {styles_part: styles_xml}
    part = next((part for title, part in _sheet_parts(old) if fold(title) == fold(page.title)), None)
    if part is None:
        part = _free_part(old)
        relations = old.read("xl/_rels/workbook.xml.rels").decode("utf-8")
        rid = _free_id(relations)
        target = part.removeprefix("xl/")
        link = f'<Relationship Id="{rid}" Type="{_REL}" Target="{target}"/>'
        changed["xl/_rels/workbook.xml.rels"] = _before(relations, "</Relationships>", link)
        changed["xl/workbook.xml"] = _with_entry(old.read("xl/workbook.xml").decode("utf-8"), page.title, rid)
        types = old.read("[Content_Types].xml").decode("utf-8")
        entry = f'<Override PartName="/{part}" ContentType="{_TYPE}"/>'
        changed["[Content_Types].xml"] = _before(types, "</Types>", entry)
    changed[part] = _sheet_xml(page, styles)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = changed.pop(item.filename).encode("utf-8") if item.filename in changed else old.read(item)
            new.writestr(item, content, compress_type=zipfile.ZIP_DEFLATED)
        for filename, text in changed.items():
            new.writestr(zip_entry(filename), text.encode("utf-8"))
    return stream.getvalue()


def _styles_part(old: zipfile.ZipFile) -> str:
    relations = old.read("xl/_rels/workbook.xml.rels").decode("utf-8")
    for element in re.findall(r"<Relationship\b[^>]*>", relations):
        if re.search(r'Type="[^"]*/styles"', element):
            target = _attribute(element, "Target")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise LookupError("styles")


def _attribute(element: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', element)
    if found is None:
        raise LookupError(name)
    return found[1]


def _free_part(old: zipfile.ZipFile) -> str:
    taken = set(old.namelist())
    return next(part for n in range(1, 1000) if (part := f"xl/worksheets/sheet{n}.xml") not in taken)


def _free_id(relations: str) -> str:
    taken = set(re.findall(r'\bId="([^"]*)"', relations))
    return next(rid for n in range(1, 1000) if (rid := f"rId{n}") not in taken)


def _before(xml: str, end: str, added: str) -> str:
    at = xml.rfind(end)
    if at < 0:
        raise LookupError(end)
    return xml[:at] + added + xml[at:]


def _with_entry(xml: str, title: str, rid: str) -> str:
    sheets = re.findall(r"<sheet\b[^>]*>", xml)
    if not sheets:
        raise LookupError("sheet")
    number = max(int(_attribute(item, "sheetId")) for item in sheets) + 1
    # declared here: openpyxl declares the prefix on each element of its own
    entry = f'<sheet xmlns:r="{_OFFICE}" name={quoteattr(title)} sheetId="{number}" r:id="{rid}"/>'
    return _before(xml, "</sheets>", entry)


def _with_styles(xml: str) -> tuple[str, dict[str, int]]:
    """The styles with those of the sheet, and the number of each style; what is there already is used again."""
    styles = {}
    for name, (font, fill, border, alignment) in _STYLES.items():
        xml, font_id = _listed(xml, "fonts", "font", _FONTS[font])
        xml, fill_id = _listed(xml, "fills", "fill", fill)
        xml, border_id = _listed(xml, "borders", "border", border)
        form = (
            f'<xf numFmtId="49" fontId="{font_id}" fillId="{fill_id}" borderId="{border_id}" xfId="0" '
            'applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">'
            f"{alignment}</xf>"
        )
        xml, styles[name] = _listed(xml, "cellXfs", "xf", form)
    return xml, styles


def _listed(xml: str, plural: str, single: str, element: str) -> tuple[str, int]:
    """The styles with that element in its list, and its index."""
    block = re.search(rf"<{plural}\b[^>]*>(.*?)</{plural}>", xml, re.DOTALL)
    if block is None:
        raise LookupError(plural)
    items = re.findall(rf"<{single}\b(?:[^>]*/>|.*?</{single}>)", block[1], re.DOTALL)
    if element in items:
        return xml, items.index(element)
    opening = re.sub(r'\bcount="\d+"', f'count="{len(items) + 1}"', xml[block.start() : block.start(1)])
    return f"{xml[: block.start()]}{opening}{block[1]}{element}{xml[block.end(1) :]}", len(items)


def _sheet_xml(page: TextSheet, styles: dict[str, int]) -> str:
    last = len(page.widths) - 1
    lines = {
        0: [TextCell(page.heading, "title")],
        1: [TextCell(page.note, "note")],
        _HEAD_ROW: [TextCell(text, "head") for text in page.heads],
        **dict(enumerate(page.rows, _HEAD_ROW + 1)),
    }
    rows = "".join(_row(number, cells, page, styles) for number, cells in sorted(lines.items()))
    links = "".join(
        f'<hyperlink ref="{a1(number, col)}" location={quoteattr(cell.target)} display={quoteattr(_plain(cell.text))}/>'
        for number, cells in sorted(lines.items())
        for col, cell in enumerate(cells)
        if cell.target
    )
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width + 0.7109375}" customWidth="1"/>'
        for number, width in enumerate(page.widths, 1)
    )
    below = f'topLeftCell="{a1(_HEAD_ROW + 1, 0)}" activePane="bottomLeft" state="frozen"'
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{_MAIN}">'
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<dimension ref="A1:{a1(max(lines), last)}"/>'
        f'<sheetViews><sheetView workbookViewId="0"><pane ySplit="{_HEAD_ROW + 1}" {below}/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>{rows}</sheetData>'
        f'<mergeCells count="1"><mergeCell ref="A2:{a1(1, last)}"/></mergeCells>'
        f"{f'<hyperlinks>{links}</hyperlinks>' if links else ''}"
        '<pageMargins left="0.5" right="0.4" top="0.8" bottom="0.5" header="0.4" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
        '<headerFooter><oddHeader>&amp;C&amp;"Times New Roman,Regular"&amp;12&amp;P/&amp;N</oddHeader></headerFooter>'
        "</worksheet>"
    )


def _row(number: int, cells: Sequence[TextCell], page: TextSheet, styles: dict[str, int]) -> str:
    widths = page.widths if number != 1 else (merged_width(page.widths),)
    texts = [
        Text(cell.text, width, 11, cell.style in ("bold", "head")) for cell, width in zip(cells, widths, strict=False)
    ]
    height = 26.0 if number == 0 else row_height(texts)
    inner = "".join(
        f'<c r="{a1(number, col)}" s="{styles[cell.style]}" t="inlineStr"><is><t xml:space="preserve">{_xml(cell.text)}'
        "</t></is></c>"
        if cell.text
        else f'<c r="{a1(number, col)}" s="{styles[cell.style]}"/>'
        for col, cell in enumerate(cells)
    )
    return f'<row r="{number + 1}" ht="{height:g}" customHeight="1">{inner}</row>'
