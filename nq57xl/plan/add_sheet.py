"""Puts a sheet of the program's own into an office's workbook, at its end, and leaves every other part as it is.

The same reason as in `patch`: openpyxl would drop cached values, charts and whatever it does not know.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from attrs import field, frozen

from nq57xl.errors import Nq57Error
from nq57xl.plan.guard import sheet_parts
from nq57xl.text.cells import a1
from nq57xl.text.metrics import Text, merged_width, row_height
from nq57xl.text.normalise import fold

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
_LOOKS = {
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
class Cell:
    """One text of the sheet."""

    text: str
    look: str = "cell"
    """A key of the looks: title, note, head, bold, cell, link."""
    target: str = ""
    """Where a link leads: "'Nhiệm vụ'!K7"."""


@frozen
class Page:
    """A sheet of texts."""

    title: str
    """Tab name."""
    heading: str
    note: str
    widths: tuple[float, ...]
    """Of its columns, in characters."""
    heads: tuple[str, ...]
    rows: Sequence[Sequence[Cell]] = field(factory=tuple)


HEAD_ROW = 3
"""0-based row of the headings."""


def put_sheet(data: bytes, page: Page, name: str = "phu-luc.xlsx") -> bytes:
    """The workbook with that sheet at its end, or in place of the one of that name; the same input, the same bytes.

    Raises Nq57Error when the workbook's XML has a shape that cannot be added to safely.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as old:
            return _with_sheet(old, page)
    except LookupError as error:
        raise Nq57Error(
            f"Không thêm được trang «{page.title}» vào {name}: cấu trúc tệp khác thường. Hãy mở tệp bằng Excel hoặc "
            "LibreOffice, lưu lại rồi chạy lại lệnh."
        ) from error


def _with_sheet(old: zipfile.ZipFile, page: Page) -> bytes:
    styles_part = _related(old, "/styles")
    styles, looks = _with_styles(old.read(styles_part).decode("utf-8"))
    changed = {styles_part: styles}
    part = next((part for title, part in sheet_parts(old) if fold(title) == fold(page.title)), None)
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
    changed[part] = _xml(page, looks)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = changed.pop(item.filename).encode("utf-8") if item.filename in changed else old.read(item)
            new.writestr(item, content, compress_type=zipfile.ZIP_DEFLATED)
        for filename, text in changed.items():
            new.writestr(zipfile.ZipInfo(filename), text.encode("utf-8"), compress_type=zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _related(old: zipfile.ZipFile, kind: str) -> str:
    relations = old.read("xl/_rels/workbook.xml.rels").decode("utf-8")
    for element in re.findall(r"<Relationship\b[^>]*>", relations):
        if re.search(rf'Type="[^"]*{kind}"', element):
            target = _attribute(element, "Target")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise LookupError(kind)


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
    """The styles with those of the sheet, and the number of each look; what is there already is used again."""
    looks = {}
    for look, (font, fill, border, alignment) in _LOOKS.items():
        xml, font_id = _listed(xml, "fonts", "font", _FONTS[font])
        xml, fill_id = _listed(xml, "fills", "fill", fill)
        xml, border_id = _listed(xml, "borders", "border", border)
        form = (
            f'<xf numFmtId="49" fontId="{font_id}" fillId="{fill_id}" borderId="{border_id}" xfId="0" '
            'applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">'
            f"{alignment}</xf>"
        )
        xml, looks[look] = _listed(xml, "cellXfs", "xf", form)
    return xml, looks


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


def _xml(page: Page, looks: dict[str, int]) -> str:
    last = len(page.widths) - 1
    lines = {
        0: [Cell(page.heading, "title")],
        1: [Cell(page.note, "note")],
        HEAD_ROW: [Cell(text, "head") for text in page.heads],
        **dict(enumerate(page.rows, HEAD_ROW + 1)),
    }
    rows = "".join(_row(number, cells, page, looks) for number, cells in sorted(lines.items()))
    links = "".join(
        f'<hyperlink ref="{a1(number, col)}" location={quoteattr(cell.target)} display={quoteattr(cell.text)}/>'
        for number, cells in sorted(lines.items())
        for col, cell in enumerate(cells)
        if cell.target
    )
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width + 0.7109375}" customWidth="1"/>'
        for number, width in enumerate(page.widths, 1)
    )
    below = f'topLeftCell="{a1(HEAD_ROW + 1, 0)}" activePane="bottomLeft" state="frozen"'
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{_MAIN}">'
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<dimension ref="A1:{a1(max(lines), last)}"/>'
        f'<sheetViews><sheetView workbookViewId="0"><pane ySplit="{HEAD_ROW + 1}" {below}/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>{rows}</sheetData>'
        f'<mergeCells count="1"><mergeCell ref="A2:{a1(1, last)}"/></mergeCells>'
        f"{f'<hyperlinks>{links}</hyperlinks>' if links else ''}"
        '<pageMargins left="0.5" right="0.4" top="0.8" bottom="0.5" header="0.4" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
        '<headerFooter><oddHeader>&amp;C&amp;"Times New Roman,Regular"&amp;12&amp;P/&amp;N</oddHeader></headerFooter>'
        "</worksheet>"
    )


def _row(number: int, cells: Sequence[Cell], page: Page, looks: dict[str, int]) -> str:
    widths = page.widths if number != 1 else (merged_width(page.widths),)
    texts = [
        Text(cell.text, width, 11, cell.look in ("bold", "head")) for cell, width in zip(cells, widths, strict=False)
    ]
    height = 26.0 if number == 0 else row_height(texts)
    inner = "".join(
        f'<c r="{a1(number, col)}" s="{looks[cell.look]}" t="inlineStr"><is><t xml:space="preserve">{escape(cell.text)}'
        "</t></is></c>"
        if cell.text
        else f'<c r="{a1(number, col)}" s="{looks[cell.look]}"/>'
        for col, cell in enumerate(cells)
    )
    return f'<row r="{number + 1}" ht="{height:g}" customHeight="1">{inner}</row>'
