"""The pass over a workbook before any reader sees it: extent, error cells, formulas, protection (pitfalls.md 0).

Also what lies beside the cells of a sheet: comments old and new, text boxes, pictures, hyperlinks.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import lru_cache

import attrs
from attrs import define, field, frozen

from nq57xl.rules.findings import Finding
from nq57xl.xlsx.cells import Remark
from nq57xl.xlsx.limits import refuse
from nq57xl.xlsx.package import Attributes, Package, local, parse_xml
from nq57xl.xlsx.scan_cells import Scan, SheetScan, active_notes, check_count, place_told
from nq57xl.xlsx.scan_sheet import read_sheet
from nq57xl.xlsx.scan_styles import read_shared

_Place = tuple[int, int]
_THREAD = "[Threaded comment]"
"""How the comment of the old kind begins that Excel writes beside a new one, for programs that know no new ones."""
_LINKED_CELLS = 1_000
"""Cells of one hyperlink that are told."""


@frozen
class _Relation:
    """Where a part leads to."""

    target: str
    """Another part; an address where it is `external`."""
    kind: str
    """Last word of its type."""
    external: bool = False


def _relations(package: Package, part: str) -> Mapping[str, _Relation]:
    """The relations of a part by their ids; "" is the package itself."""
    folder, name = posixpath.split(part)
    listed = posixpath.join(folder, "_rels", f"{name}.rels")
    if listed not in package:
        return {}
    content = package.content(listed)
    return (_listed if len(content) < _USUAL_PART else _listed.__wrapped__)(listed, folder, content)


_USUAL_PART = 1 << 14
"""Bytes: the lists of a form's parts and sheets have some 3 KB."""


@lru_cache(maxsize=100)  # nearly all forms have the same
def _listed(part: str, folder: str, content: bytes) -> Mapping[str, _Relation]:
    found: dict[str, _Relation] = {}

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "Relationship":
            target, kind = attributes.get("Target", ""), attributes.get("Type", "").rpartition("/")[2]
            external = attributes.get("TargetMode") == "External"
            if not external:
                joined = posixpath.normpath(posixpath.join(folder, target))
                target = target.lstrip("/") if target.startswith("/") else joined
            found[attributes.get("Id", "")] = _Relation(target, kind, external)

    parse_xml(part, (content,), start)
    return found


def _read_beside(package: Package, part: str, sheet: SheetScan) -> None:
    """Adds to the scan of a sheet what its relations lead to."""
    found = _relations(package, part)
    if not found:
        return
    threads = [item.target for item in found.values() if item.kind == "threadedComment"]
    threaded: dict[_Place, list[str]] = {}
    for target in threads:
        reader = _ThreadReader(threaded)
        package.parse(target, reader.start, reader.end, reader.text)
    for place, texts in threaded.items():
        sheet.add_remark(Remark("comment", "\n".join(texts), place, place))
    for item in found.values():
        if item.kind == "comments":
            comments = _CommentReader(sheet, threaded.keys())
            package.parse(item.target, comments.start, comments.end, comments.text)
        elif item.kind == "drawing":
            drawing = _DrawingReader(sheet)
            package.parse(item.target, drawing.start, drawing.end, drawing.text)
    for area, relation in sheet.links:
        if (leads := found.get(relation)) is not None and leads.external and leads.target:
            _link(sheet, area, leads.target)


def _link(sheet: SheetScan, area: str, target: str) -> None:
    """The cells of the area with where they lead to; a remark where there is nothing in them."""
    first, _, last = area.partition(":")
    (top, left), (bottom, right) = place_told(first), place_told(last or first)
    target = target.removeprefix("mailto:")
    if (bottom - top + 1) * (right - left + 1) > _LINKED_CELLS:
        bottom, right = top, left
    blank = True
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            cell = sheet.cells.get((row, column))
            if cell is not None:
                blank = False
                sheet.cells[row, column] = attrs.evolve(cell, link=target)
    if blank:
        sheet.add_remark(Remark("link", target, (top, left), (bottom, right)))


@define
class _CommentReader:
    """Expat callbacks for comments of the old kind."""

    _sheet: SheetScan
    _threaded: Collection[_Place]
    """Places that have comments of the new kind."""
    _authors: list[str] = field(factory=list)
    _author: str = ""
    _place: _Place | None = None
    _pieces: list[str] = field(factory=list)
    _inside: bool = False

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "comment":
            number = attributes.get("authorId", "")
            known = number.isdecimal() and len(number) < 6 and int(number) < len(self._authors)
            self._author = self._authors[int(number)] if known else ""
            self._place = place_told(attributes.get("ref", ""))
        if tag in ("comment", "author"):
            self._pieces = []
        self._inside = tag == "author" or (tag == "t" and self._place is not None)

    def text(self, piece: str) -> None:
        if self._inside:
            self._pieces.append(piece)

    def end(self, tag: str) -> None:
        self._inside = False
        if tag == "author":
            self._authors.append("".join(self._pieces).strip())
        elif tag == "comment" and self._place is not None:
            text = "".join(self._pieces)
            if text.startswith(_THREAD):
                text = text.partition("Comment:")[2] or text.rpartition("\n\n")[2]
            if self._place not in self._threaded and text.strip():
                self._sheet.add_remark(Remark("comment", text.strip(), self._place, self._place, self._author))
            self._place = None


@define
class _ThreadReader:
    """Expat callbacks for comments of the new kind, answers included."""

    _found: dict[_Place, list[str]]
    _place: _Place | None = None
    _pieces: list[str] | None = None

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "threadedComment":
            self._place = place_told(attributes.get("ref", ""))
        elif tag == "text" and self._place is not None:
            self._pieces = []

    def text(self, piece: str) -> None:
        if self._pieces is not None:
            self._pieces.append(piece)

    def end(self, tag: str) -> None:
        if tag == "text" and self._pieces is not None and self._place is not None:
            if text := "".join(self._pieces).strip():
                self._found.setdefault(self._place, []).append(text)
            self._pieces = None


_COORDINATES = frozenset({"row", "col", "rowOff", "colOff"})


@define
class _DrawingReader:
    """Expat callbacks for a drawing: what stands on its shapes, and where the pictures lie."""

    _sheet: SheetScan
    _corners: dict[str, dict[str, int]] = field(factory=dict)
    """"from" and "to" of the anchor -> "row", "col", and how far beyond their beginning."""
    _corner: str = ""
    _inside: str = ""
    _pieces: list[str] = field(factory=list)
    _picture: bool = False
    _passed: int = 0
    """Within what is said a second time, for old programs."""

    def start(self, tag: str, attributes: Attributes) -> None:
        if self._passed or tag == "Fallback":
            self._passed += 1
        elif tag.endswith("Anchor"):
            self._corners, self._pieces, self._picture = {}, [], False
        elif tag in ("from", "to"):
            self._corner = tag
        elif tag in _COORDINATES or tag == "t":
            self._inside = tag
        elif tag in ("p", "br") and self._pieces:
            self._pieces.append("\n")
        elif tag in ("pic", "graphicFrame"):
            self._picture = True

    def text(self, piece: str) -> None:
        if self._passed:
            return
        if self._inside == "t":
            self._pieces.append(piece)
        elif self._inside and self._corner and piece.isdecimal() and len(piece) < 10:
            self._corners.setdefault(self._corner, {})[self._inside] = int(piece)

    def end(self, tag: str) -> None:
        if self._passed:
            self._passed -= 1
        elif tag == self._inside:
            self._inside = ""
        elif tag in ("from", "to"):
            self._corner = ""
        elif tag.endswith("Anchor"):
            self._note()

    def _note(self) -> None:
        begins, ends = self._corners.get("from"), self._corners.get("to")
        first = (begins.get("row", 0), begins.get("col", 0)) if begins else None
        last = first
        if first is not None and ends:  # a corner that lies at the very beginning of a cell leaves it free
            bottom = ends.get("row", 0) - (not ends.get("rowOff"))
            last = max(first[0], bottom), max(first[1], ends.get("col", 0) - (not ends.get("colOff")))
        if text := "".join(self._pieces).strip():
            self._sheet.add_remark(Remark("box", text, first, last))
        if self._picture:
            self._sheet.add_remark(Remark("picture", "", first, last))


def _notes(package: Package, *, calls: bool) -> tuple[Finding, ...]:
    """What the names of its parts tell of the workbook; `calls`: whether its formulas reach for programs."""
    names = [name.lower() for name in package.names()]
    links = [name for name in names if "/externallinks/" in name and name.endswith(".xml")]
    return active_notes(
        macros=any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names),
        links=bool(links),
        calls=any(_reaches_programs(package, name) for name in links) or calls,
        embedded=any(part in name for name in names for part in ("/embeddings/", "/activex/", "/ctrlprops/")),
        queries=any(
            name.endswith(("/connections.xml", "customdata/item1.data")) or "/querytables/" in name for name in names
        ),
    )


def _reaches_programs(package: Package, part: str) -> bool:
    """Whether an external link is a DDE or OLE link, and not one to a workbook."""
    found = False

    def start(tag: str, _: Attributes) -> None:
        nonlocal found
        found = found or tag in ("ddeLink", "oleLink")

    package.parse(part, start)
    return found


def scan_xlsx(data: bytes) -> Scan:
    """Reads every sheet of an .xlsx or .xlsm, transitional or strict. Raises Refused."""
    package = Package(data)
    workbook = _workbook_part(package)
    (sheets, date1904), targets = _sheet_list(package, workbook), _relations(package, workbook)
    check_count(sheets)
    by_kind = {item.kind: item.target for item in targets.values()}
    shared = read_shared(package, by_kind.get("styles", ""), by_kind.get("sharedStrings", ""), date1904=date1904)
    for relation, sheet in sheets:
        leads = targets.get(relation)
        if leads is not None and leads.kind == "worksheet" and leads.target in package:
            read_sheet(package, leads.target, sheet, shared)
            _read_beside(package, leads.target, sheet)
    package.refuse_doctypes()
    notes = _notes(package, calls=any(sheet.calls for _, sheet in sheets))
    program = package.text("docProps/app.xml", "Application")
    return Scan(tuple(sheet for _, sheet in sheets), program, notes, date1904, _saved_at(package))


def _workbook_part(package: Package) -> str:
    """The main part, which the package's relations name; its usual place when they do not."""
    for item in _relations(package, "").values():
        if item.kind == "officeDocument" and item.target in package:
            return item.target
    if "xl/workbook.xml" in package:
        return "xl/workbook.xml"
    raise refuse("FILE_BROKEN")


def _sheet_list(package: Package, workbook: str) -> tuple[list[tuple[str, SheetScan]], bool]:
    """(relation, sheet) in order, and whether days are counted from 1904."""
    content = package.content(workbook)
    about = _about_sheets if len(content) < _USUAL_PART else _about_sheets.__wrapped__
    sheets, date1904 = about(workbook, content)
    return [(relation, SheetScan(name, visible)) for relation, name, visible in sheets], date1904


@lru_cache(maxsize=100)
def _about_sheets(part: str, content: bytes) -> tuple[list[tuple[str, str, bool]], bool]:
    found: list[tuple[str, str, bool]] = []
    date1904 = False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal date1904
        if tag == "workbookPr":
            date1904 = attributes.get("date1904") in ("1", "true")
        elif tag == "sheet":
            # r:id, whatever the prefix; "sheetId" is another attribute
            relation = next((value for key, value in attributes.items() if ":" in key and local(key) == "id"), "")
            found.append((relation, attributes.get("name", ""), attributes.get("state", "visible") == "visible"))

    parse_xml(part, (content,), start)
    return found, date1904


def _saved_at(package: Package) -> datetime | None:
    """When a program last saved the workbook, by docProps/core.xml; None where it does not tell, or tells nonsense."""
    text = package.text("docProps/core.xml", "modified")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
