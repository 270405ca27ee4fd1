"""The pass over a workbook before any reader sees it: extent, error cells, formulas, protection (pitfalls.md 1).

Also what lies beside the cells of a sheet: comments old and new, text boxes, pictures, hyperlinks.
"""

from __future__ import annotations

import contextlib
import posixpath
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from xml.etree.ElementTree import Element

import attrs
from attrs import frozen

from nq57xl.rules.findings import Finding
from nq57xl.xlsx.cells import Place, Remark
from nq57xl.xlsx.limits import refuse
from nq57xl.xlsx.package import Attributes, Package, local, xml_tree
from nq57xl.xlsx.scan_cells import ElementReader, Scan, SheetScan, active_notes, check_count, place_told
from nq57xl.xlsx.scan_sheet import read_sheet
from nq57xl.xlsx.scan_styles import read_shared

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
    for item in xml_tree(part, content).iter("Relationship"):
        target, external = item.get("Target", ""), item.get("TargetMode") == "External"
        if not external:
            joined = posixpath.normpath(posixpath.join(folder, target))
            target = target.lstrip("/") if target.startswith("/") else joined
        found[item.get("Id", "")] = _Relation(target, item.get("Type", "").rpartition("/")[2], external)
    return found


def _read_beside(package: Package, part: str, sheet: SheetScan) -> None:
    """Adds to the scan of a sheet what its relations lead to."""
    found = _relations(package, part)
    if not found:
        return
    threads = [item.target for item in found.values() if item.kind == "threadedComment"]
    threaded: dict[Place, list[str]] = {}
    for comment in chain.from_iterable(package.tree(target).iter("threadedComment") for target in threads):
        if text := comment.findtext("text", "").strip():
            threaded.setdefault(place_told(comment.get("ref", "")), []).append(text)
    for place, texts in threaded.items():
        sheet.add_remark(Remark("comment", "\n".join(texts), place, place))
    for item in found.values():
        if item.kind == "comments":
            _read_comments(package.tree(item.target), sheet, threaded.keys())
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


def _read_comments(root: Element, sheet: SheetScan, threaded: Collection[Place]) -> None:
    """Comments of the old kind; `threaded`: places that have comments of the new kind."""
    authors = [(item.text or "").strip() for item in root.iterfind("authors/author")]
    for comment in root.iterfind("commentList/comment"):
        place, number = place_told(comment.get("ref", "")), comment.get("authorId", "")
        text = "".join(item.text or "" for item in comment.iter("t"))
        if text.startswith(_THREAD):
            text = text.partition("Comment:")[2] or text.rpartition("\n\n")[2]
        if place not in threaded and text.strip():
            known = number.isdecimal() and len(number) < 6 and int(number) < len(authors)
            sheet.add_remark(Remark("comment", text.strip(), place, place, authors[int(number)] if known else ""))


class _DrawingReader(ElementReader):
    """What stands on the shapes of a drawing, and where its pictures lie; each shape by itself, because copying leaves
    tens of thousands that nobody sees.
    """

    def __init__(self, sheet: SheetScan) -> None:
        super().__init__()
        self._sheet = sheet
        self._passed = 0
        """Elements open in what is said a second time, for old programs."""

    def takes(self, tag: str) -> bool:
        return not self._passed and tag.endswith("Anchor")

    def opened(self, tag: str, attributes: Attributes) -> None:
        self._passed += self._passed > 0 or tag == "Fallback"

    def closed(self, tag: str) -> None:
        self._passed -= self._passed > 0

    def whole(self, element: Element) -> None:
        for item in list(element.iter()):
            for fallback in item.findall("Fallback"):
                item.remove(fallback)
        first, last = _corners(element)
        pieces: list[str] = []
        for item in element.iter():
            if item.tag == "t":
                pieces.append(item.text or "")
            elif item.tag in ("p", "br") and pieces:
                pieces.append("\n")
        if text := "".join(pieces).strip():
            self._sheet.add_remark(Remark("box", text, first, last))
        if any(item.tag in ("pic", "graphicFrame") for item in element.iter()):
            self._sheet.add_remark(Remark("picture", "", first, last))


def _corners(anchor: Element) -> tuple[Place | None, Place | None]:
    """The first cell that a drawing covers and the last."""
    begins, ends = (
        {item.tag: int(text) for item in anchor.iterfind(f"{corner}/*") if (text := item.text or "").isdecimal()
         and len(text) < 10}
        for corner in ("from", "to")
    )  # fmt: skip
    if not begins:
        return None, None
    first = last = begins.get("row", 0), begins.get("col", 0)
    if ends:  # a corner that lies at the very beginning of a cell leaves it free
        bottom, right = (ends.get(side, 0) - (not ends.get(f"{side}Off")) for side in ("row", "col"))
        last = max(first[0], bottom), max(first[1], right)
    return first, last


def _notes(package: Package, *, calls: bool) -> tuple[Finding, ...]:
    """What the names of its parts tell of the workbook; `calls`: whether its formulas reach for programs."""
    names = [name.lower() for name in package.names()]
    links = [name for name in names if "/externallinks/" in name and name.endswith(".xml")]
    programs: list[str] = []  # links that are DDE or OLE links, and not ones to a workbook
    for name in links:
        package.parse(name, lambda tag, _: programs.append(tag) if tag in ("ddeLink", "oleLink") else None)
    return active_notes(
        macros=any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names),
        links=bool(links),
        calls=bool(programs) or calls,
        embedded=any(part in name for name in names for part in ("/embeddings/", "/activex/", "/ctrlprops/")),
        queries=any(
            name.endswith(("/connections.xml", "customdata/item1.data")) or "/querytables/" in name for name in names
        ),
    )


def scan_xlsx(data: bytes) -> Scan:
    """Reads every sheet of an .xlsx or .xlsm, transitional or strict. Raises Refused."""
    package = Package(data)
    # the main part, which the package's relations name; its usual place when they do not
    named = (item.target for item in _relations(package, "").values() if item.kind == "officeDocument")
    workbook = next((part for part in (*named, "xl/workbook.xml") if part in package), None)
    if workbook is None:
        raise refuse("FILE_BROKEN")
    content = package.content(workbook)
    about = _about_sheets if len(content) < _USUAL_PART else _about_sheets.__wrapped__
    listed, date1904 = about(workbook, content)
    sheets = [(relation, SheetScan(name, visible)) for relation, name, visible in listed]
    targets = _relations(package, workbook)
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
    program, saved_at = package.text("docProps/app.xml", "Application"), None
    with contextlib.suppress(ValueError):  # where it tells nothing, or nonsense
        saved_at = datetime.fromisoformat(package.text("docProps/core.xml", "modified"))
        saved_at = saved_at if saved_at.tzinfo else saved_at.replace(tzinfo=UTC)
    return Scan(tuple(sheet for _, sheet in sheets), program, notes, date1904, saved_at)


@lru_cache(maxsize=100)
def _about_sheets(part: str, content: bytes) -> tuple[list[tuple[str, str, bool]], bool]:
    """(relation, name, whether it is seen) of each sheet in order, and whether days are counted from 1904."""
    root, found = xml_tree(part, content), []
    for sheet in root.iter("sheet"):
        # r:id, whatever the prefix; "sheetId" is another attribute
        relation = next((value for key, value in sheet.items() if ":" in key and local(key) == "id"), "")
        found.append((relation, sheet.get("name", ""), sheet.get("state", "visible") == "visible"))
    return found, any(item.get("date1904") in ("1", "true") for item in root.iter("workbookPr"))
