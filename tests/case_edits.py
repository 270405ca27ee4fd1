"""What a case can do to a whole workbook, by name: notes, drawings, copies, columns, parts. Knows nothing of nq57xl.

Each edit takes the book and what the table of cases says beside its name. `at` is a cell by its meaning
("led IV.1 result") or by its address ("1. Kết quả!L3"); `sheet` is a sheet's id (A1 ends in it) or its title.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from openpyxl.utils import column_index_from_string

from tests.case_book import AFTER_DRAWING, AFTER_LEGACY, MAIN, Book, Place

_TYPE = "application/vnd.openxmlformats-officedocument."
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_THREADS = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)


# --- comments -------------------------------------------------------------------------------------------------------


def note(book: Book, at: str, text: str, author: str = "Lan") -> None:
    """A comment of the old kind on a cell."""
    place = book.at(at)
    part = f"xl/comments{_number(place.part)}.xml"
    if part not in book.parts:
        vml = f"xl/drawings/vmlDrawing{_number(place.part)}.vml"
        lists = f'<comments xmlns="{MAIN}"><authors></authors><commentList></commentList></comments>'
        book.add(part, _HEAD + lists, _TYPE + "spreadsheetml.comments+xml")
        book.add(vml, _VML)
        _default(book, "vml", _TYPE + "vmlDrawing")
        book.relate(place.part, "comments", f"../{part.removeprefix('xl/')}")
        number = book.relate(place.part, "vmlDrawing", f"../{vml.removeprefix('xl/')}")
        book.before(place.part, f'<legacyDrawing xmlns:r="{_RELATIONS}" r:id="{number}"/>', AFTER_LEGACY)
    authors = book.text(part).count("<author>")
    book.replace(part, "</authors>", f"<author>{escape(author)}</author></authors>")
    body = f'<text><r><t xml:space="preserve">{escape(text)}</t></r></text>'
    book.replace(
        part, "</commentList>", f'<comment ref="{place.cell}" authorId="{authors}">{body}</comment></commentList>'
    )
    book.replace(f"xl/drawings/vmlDrawing{_number(place.part)}.vml", "</xml>", _vml_shape(place.cell) + "</xml>")


def thread(book: Book, at: str, texts: list[str], author: str = "Lan") -> None:
    """A comment of the new kind with its answers, and the old one that Excel writes beside it."""
    place = book.at(at)
    part = f"xl/threadedComments/threadedComment{_number(place.part)}.xml"
    book.add(part, _HEAD + f'<ThreadedComments xmlns="{_THREADS}"></ThreadedComments>', _TYPE + "threadedcomments+xml")
    book.relate(place.part, _KINDS + "threadedComment", f"../{part.removeprefix('xl/')}")
    person = f'<person displayName={quoteattr(author)} id="{{1}}" userId="Lan" providerId="None"/>'
    book.add("xl/persons/person.xml", f'{_HEAD}<personList xmlns="{_THREADS}">{person}</personList>')
    book.relate("xl/workbook.xml", _KINDS + "person", "persons/person.xml")
    for number, text in enumerate(texts):
        parent = ' parentId="{c0}"' if number else ""
        item = f'<threadedComment ref="{place.cell}" dT="2026-04-15T08:00:00.00" personId="{{1}}" id="{{c{number}}}"'
        book.replace(
            part,
            "</ThreadedComments>",
            f"{item}{parent}><text>{escape(text)}</text></threadedComment></ThreadedComments>",
        )
    old = "[Threaded comment]\n\nYour version of Excel allows you to read this threaded comment.\n\nComment:\n    "
    note(book, at, old + "\nReply:\n    ".join(texts), "tc={c0}")


_KINDS = "http://schemas.microsoft.com/office/2017/10/relationships/"
_VML = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"></xml>'
)


def _vml_shape(cell: str) -> str:
    row, column = _row_column(cell)
    return (
        '<v:shape type="#_x0000_t202" style="position:absolute;visibility:hidden"><x:ClientData ObjectType="Note">'
        f"<x:Row>{row - 1}</x:Row><x:Column>{column - 1}</x:Column></x:ClientData></v:shape>"
    )


# --- drawings -------------------------------------------------------------------------------------------------------


def textbox(book: Book, at: str, text: str) -> None:
    """A text box over a cell."""
    body = f"<a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p>"
    shape = (
        '<xdr:sp macro="" textlink=""><xdr:nvSpPr><xdr:cNvPr id="2" name="TextBox 1"/><xdr:cNvSpPr txBox="1"/>'
        f"</xdr:nvSpPr>{_SHAPE}<xdr:txBody><a:bodyPr/><a:lstStyle/>{body}</xdr:txBody></xdr:sp>"
    )
    _draw(book, book.at(at), shape)


def grouped_textbox(book: Book, at: str, text: str) -> None:
    """The same inside a group of shapes."""
    body = f"<a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p>"
    shape = (
        '<xdr:grpSp><xdr:nvGrpSpPr><xdr:cNvPr id="3" name="Group 2"/><xdr:cNvGrpSpPr/></xdr:nvGrpSpPr><xdr:grpSpPr/>'
        '<xdr:sp macro="" textlink=""><xdr:nvSpPr><xdr:cNvPr id="4" name="Oval 3"/><xdr:cNvSpPr/></xdr:nvSpPr>'
        f"{_SHAPE}<xdr:txBody><a:bodyPr/><a:lstStyle/>{body}</xdr:txBody></xdr:sp></xdr:grpSp>"
    )
    _draw(book, book.at(at), shape)


def picture(book: Book, at: str) -> None:
    """A picture over a cell: a stamp, a signature, a screenshot."""
    place = book.at(at)
    book.add("xl/media/image1.png", _PIXEL)
    _default(book, "png", "image/png")
    drawing = _drawing(book, place)
    number = book.relate(drawing, "image", "../media/image1.png")
    shape = (
        '<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="5" name="Picture 4"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill>'
        f'<a:blip xmlns:r="{_RELATIONS}" r:embed="{number}"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill>'
        f"{_SHAPE}</xdr:pic>"
    )
    _draw(book, place, shape)


_SHAPE = '<xdr:spPr><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr>'
_DRAWING = (
    '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"></xdr:wsDr>'
)


def _drawing(book: Book, place: Place) -> str:
    drawing = f"xl/drawings/drawing{_number(place.part)}.xml"
    if drawing not in book.parts:
        book.add(drawing, _HEAD + _DRAWING, _TYPE + "drawing+xml")
        number = book.relate(place.part, "drawing", f"../{drawing.removeprefix('xl/')}")
        book.before(place.part, f'<drawing xmlns:r="{_RELATIONS}" r:id="{number}"/>', AFTER_DRAWING)
    return drawing


def _draw(book: Book, place: Place, shape: str) -> None:
    row, column = _row_column(place.cell)
    anchor = (
        f"<xdr:twoCellAnchor><xdr:from><xdr:col>{column - 1}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{row - 1}"
        f"</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>{column}</xdr:col><xdr:colOff>0</xdr:colOff>"
        f"<xdr:row>{row}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to>{shape}<xdr:clientData/></xdr:twoCellAnchor>"
    )
    book.replace(_drawing(book, place), "</xdr:wsDr>", anchor + "</xdr:wsDr>")


# --- sheets ---------------------------------------------------------------------------------------------------------


def header(book: Book, sheet: str, text: str) -> None:
    """Words typed into a sheet's page header."""
    part = book.sheet(sheet)
    book.set(
        part, re.sub(r"<oddHeader>.*?</oddHeader>", f"<oddHeader>&amp;L{escape(text)}</oddHeader>", book.text(part))
    )


def footer(book: Book, sheet: str, text: str) -> None:
    """Words typed into a sheet's page footer."""
    part = book.sheet(sheet)
    book.set(
        part, re.sub(r"<oddFooter>.*?</oddFooter>", f"<oddFooter>&amp;C{escape(text)}</oddFooter>", book.text(part))
    )


def new_sheet(book: Book, title: str, cells: Mapping[str, Any]) -> None:
    """A sheet of the unit's own."""
    _new_part(book, title, f'{_HEAD}<worksheet xmlns="{MAIN}"><sheetData></sheetData></worksheet>')
    for cell, content in cells.items():
        book.store(Place(title, _last(book), cell), ' t="inlineStr"', f"<is><t>{escape(str(content))}</t></is>", 0)


def copy_sheet(book: Book, sheet: str, title: str, typed: Mapping[str, Any]) -> None:
    """A second copy of a sheet, as Excel's «Move or Copy» makes it, with other things typed into the copy."""
    part = book.sheet(sheet)
    before = book.parts[part]
    for key, content in typed.items():
        book.put(key, content)
    copy, book.parts[part] = book.parts[part], before
    _new_part(book, title, copy.decode("utf-8"))


def _last(book: Book) -> str:
    return f"xl/worksheets/sheet{_count(book)}.xml"


def _count(book: Book) -> int:
    return sum(1 for name in book.parts if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name))


def _new_part(book: Book, title: str, text: str) -> None:
    part = f"xl/worksheets/sheet{_count(book) + 1}.xml"
    book.add(part, text, _TYPE + "spreadsheetml.worksheet+xml")
    number = book.relate("xl/workbook.xml", "worksheet", part.removeprefix("xl/"))
    sheet = f'<sheet name={quoteattr(title)} sheetId="{_count(book) + 50}" r:id="{number}"/></sheets>'
    book.replace("xl/workbook.xml", "</sheets>", sheet)


def rename(book: Book, sheet: str, title: str) -> None:
    """A sheet under another name."""
    place = next(place for place in book.places.values() if place.part == book.sheet(sheet))
    book.replace("xl/workbook.xml", f"name={quoteattr(place.sheet)}", f"name={quoteattr(title)}")


# --- rows and columns -----------------------------------------------------------------------------------------------


def swap_headings(book: Book, first: str, second: str) -> None:
    """The visible headings of two columns exchanged; hidden keys and data stay."""
    one, other = (_heading(book, book.at(key)) for key in (first, second))
    a, b = book.raw(one), book.raw(other)
    _replace_inner(book, one, a, b)
    _replace_inner(book, other, b, a)


def swap_keys(book: Book, first: str, second: str) -> None:
    """The hidden keys of two columns exchanged; headings and data stay."""
    one, other = (f"{place.sheet}!{_letters(place.cell)}1" for place in (book.at(first), book.at(second)))
    a, b = book.raw(one), book.raw(other)
    _replace_inner(book, one, a, b)
    _replace_inner(book, other, b, a)


def swap_cells(book: Book, first: str, second: str) -> None:
    """What stands in two cells exchanged: data that were moved with their heading."""
    a, b = book.raw(first), book.raw(second)
    _replace_inner(book, first, a, b)
    _replace_inner(book, second, b, a)


def copy_column(book: Book, at: str, to: str, typed: Mapping[str, Any] | None = None) -> None:
    """The whole column of a cell, with heading and key, a second time at the column `to`; other things typed in it.

    `typed` names cells of the first column: what it says goes into the copy.
    """
    place = book.at(at)
    letters = _letters(place.cell)
    for cell in re.findall(rf'<c r="({letters}\d+)"', book.text(place.part)):
        raw = book.raw(f"{place.sheet}!{cell}")
        kind, inner, style = _taken(raw)
        book.store(Place(place.sheet, place.part, f"{to}{cell.removeprefix(letters)}"), kind, inner, style)
    for key, content in (typed or {}).items():
        book.put(f"{place.sheet}!{to}{book.at(key).cell.removeprefix(letters)}", content)


def shift_down(book: Book, at: str, rows: int = 1) -> None:
    """What stands in a column from a cell on moved down, as «insert cells» does on a sheet without protection."""
    place = book.at(at)
    letters, first = _letters(place.cell), _row_column(place.cell)[0]
    lines = [int(row) for row in re.findall(rf'<c r="{letters}(\d+)"', book.text(place.part)) if int(row) >= first]
    taken = {row: _taken(book.raw(f"{place.sheet}!{letters}{row}")) for row in lines}
    for row in lines:
        book.store(Place(place.sheet, place.part, f"{letters}{row}"), "", "", taken[row][2])
    for row in reversed(lines):
        kind, inner, style = taken[row]
        book.store(Place(place.sheet, place.part, f"{letters}{row + rows}"), kind, inner, style)


def copy_row(book: Book, at: str, row: int, typed: Mapping[str, Any] | None = None) -> None:
    """The whole row of a cell, with its hidden key, a second time as row `row`; other things typed in it.

    `typed` names cells of the first row: what it says goes into the copy.
    """
    place = book.at(at)
    first = _row_column(place.cell)[0]
    for cell in re.findall(rf'<c r="([A-Z]+{first})"', book.text(place.part)):
        kind, inner, style = _taken(book.raw(f"{place.sheet}!{cell}"))
        book.store(Place(place.sheet, place.part, f"{_letters(cell)}{row}"), kind, inner, style)
    for key, content in (typed or {}).items():
        book.put(f"{place.sheet}!{_letters(book.at(key).cell)}{row}", content)


def locked_text(book: Book, old: str, new: str) -> None:
    """Printed words of the form replaced wherever they stand: as another unit's or month's sheet would have them."""
    book.replace("xl/sharedStrings.xml", escape(old), escape(new), count=-1)


def meta(book: Book, name: str, value: str) -> None:
    """One line of the hidden sheet that carries the form's identity changed."""
    part = book.sheet("_meta")
    strings = re.findall(r"<si>(.*?)</si>", book.text("xl/sharedStrings.xml"), re.DOTALL)
    for row in re.findall(r"<row\b.*?</row>", book.text(part), re.DOTALL):
        found = re.findall(r'<c r="([AB]\d+)"[^>]*><v>(\d+)</v></c>', row)
        if len(found) == 2 and re.sub("<[^>]*>", "", strings[int(found[0][1])]) == name:
            book.store(Place("_meta", part, found[1][0]), ' t="inlineStr"', f"<is><t>{escape(value)}</t></is>", 0)
            return
    raise KeyError(name)


# --- parts ----------------------------------------------------------------------------------------------------------


def date1904(book: Book) -> None:
    """Days are counted from 1904."""
    text = book.text("xl/workbook.xml")
    book.set("xl/workbook.xml", re.sub(r"<workbookPr\b", '<workbookPr date1904="1"', text, count=1))


def program(book: Book, name: str) -> None:
    """The program that saved the file, as it says of itself."""
    text = re.sub(r"<Application>.*?</Application>", f"<Application>{escape(name)}</Application>", book.text(_APP))
    book.set(_APP, text)


_APP = "docProps/app.xml"


def saved(book: Book, at: str) -> None:
    """When the file was saved, by its core properties."""
    text = book.text("docProps/core.xml")
    book.set("docProps/core.xml", re.sub(r"(<dcterms:modified[^>]*>)[^<]*", rf"\g<1>{at}", text))


def part_text(book: Book, part: str, old: str, new: str, repeat: int = 1) -> None:
    """A piece of a part's XML replaced; `part` may be a sheet's id."""
    name = part if part in book.parts else book.sheet(part)
    book.replace(name, old, new * repeat)


def part_pattern(book: Book, part: str, pattern: str, new: str) -> None:
    """The first match of a pattern in a part's XML replaced."""
    name = part if part in book.parts else book.sheet(part)
    text, count = re.subn(pattern, new, book.text(name), count=1, flags=re.DOTALL)
    if not count:
        raise ValueError(f"{part} has no {pattern!r}")
    book.set(name, text)


def encoded(book: Book, part: str, codec: str, declared: str = "") -> None:
    """A part saved in another encoding, and what its declaration says of it."""
    name = part if part in book.parts else book.sheet(part)
    text = book.text(name)
    if declared:
        text = text.replace('encoding="UTF-8"', f'encoding="{declared}"', 1)
    book.parts[name] = text.encode(codec, "xmlcharrefreplace")


def remove_part(book: Book, part: str) -> None:
    """A part missing from the zip."""
    del book.parts[part]


def new_part(book: Book, part: str, text: str) -> None:
    """A part that no form has."""
    book.add(part, text)


# --- help -----------------------------------------------------------------------------------------------------------


def _number(part: str) -> str:
    return re.sub(r"\D", "", part.rpartition("/")[2])


def _row_column(cell: str) -> tuple[int, int]:
    return int(re.sub(r"\D", "", cell)), column_index_from_string(_letters(cell))


def _letters(cell: str) -> str:
    return re.sub(r"\d", "", cell)


def _default(book: Book, extension: str, content_type: str) -> None:
    if f'Extension="{extension}"' not in book.text("[Content_Types].xml"):
        line = f'<Default Extension="{extension}" ContentType="{content_type}"/><Override'
        book.replace("[Content_Types].xml", "<Override", line)


def _heading(book: Book, place: Place) -> str:
    """The heading above an entry cell: its sheet's row with the key "@head"."""
    strings = re.findall(r"<si>(.*?)</si>", book.text("xl/sharedStrings.xml"), re.DOTALL)
    for cell, index in re.findall(r'<c r="(A\d+)"[^>]*t="s"[^>]*><v>(\d+)</v>', book.text(place.part)):
        if re.sub("<[^>]*>", "", strings[int(index)]) == "@head":
            return f"{place.sheet}!{_letters(place.cell)}{cell[1:]}"
    raise KeyError(place)


def _taken(raw: str) -> tuple[str, str, int]:
    """Type, inside and style of a cell's XML."""
    kind = re.search(r' t="[^"]*"', raw)
    style = re.search(r' s="(\d+)"', raw)
    inner = "" if raw.endswith("/>") else raw[raw.index(">") + 1 : -len("</c>")]
    return kind[0] if kind else "", inner, int(style[1]) if style else 0


def _replace_inner(book: Book, at: str, old: str, new: str) -> None:
    kind, inner, _ = _taken(new)
    book.store(book.at(at), kind, inner, _taken(old)[2])


def put(book: Book, at: str, content: Any) -> None:  # noqa: ANN401 - whatever a table of cases holds
    """Types into a cell after the edits before."""
    book.put(at, content)


def link(book: Book, at: str, target: str) -> None:
    """A hyperlink over a cell that keeps its text."""
    book.link(book.at(at), target)


def strike(book: Book, at: str) -> None:
    """A cell struck through that keeps its content."""
    place = book.at(at)
    kind, inner, style = _taken(book.raw(at))
    book.store(place, kind, inner, book.styled(style, {"strike": True}))


def merge_cells(book: Book, first: str, last: str) -> None:
    """A merged area from one cell to another."""
    one, other = book.at(first), book.at(last)
    area = f'<mergeCell ref="{one.cell}:{other.cell}"/>'
    if "<mergeCells" in book.text(one.part):
        book.replace(one.part, "</mergeCells>", area + "</mergeCells>")
    else:
        book.before(
            one.part, f'<mergeCells count="1">{area}</mergeCells>', "phoneticPr|conditionalFormatting|dataValid"
        )


EDITS: Mapping[str, Callable[..., None]] = {
    edit.__name__: edit
    for edit in (
        note, thread, textbox, grouped_textbox, picture, header, footer, new_sheet, copy_sheet, rename,
        swap_headings, swap_keys, swap_cells, copy_column, shift_down, copy_row, locked_text, meta,
        date1904, program, saved, part_text, part_pattern, encoded, remove_part, new_part, put, link, strike,
        merge_cells,
    )
}  # fmt: skip
"""Every edit by its name."""
