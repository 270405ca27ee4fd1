"""The pass over a workbook before any reader sees it: extent, error cells, formulas, protection (pitfalls.md 0)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from attrs import frozen

from nq57xl.xlsx import limits
from nq57xl.xlsx.package import Attributes, Package, local
from nq57xl.xlsx.refused import refuse
from nq57xl.xlsx.scan_sheet import Shared, SheetReader, SheetScan, check_extent, check_total
from nq57xl.xlsx.scan_styles import read_styles, read_texts

MACROS, EXTERNAL, DDE, EMBEDDED, QUERIES = (
    "macro",
    "liên kết tới tệp khác",
    "liên kết DDE/OLE tới chương trình khác",
    "đối tượng nhúng",
    "kết nối dữ liệu",
)
_CALL = re.compile(r"\b(?:DDE|WEBSERVICE|CALL|REGISTER\.ID)\s*\(", re.IGNORECASE)
_TOPIC = re.compile(r"\|\s*'")
_PROGRAM = re.compile(r"[A-Za-z]\w*\s*\Z")
_NAME = 200
"""Letters before the sign in which a program's name is looked for."""


def is_call(formula: str) -> bool:
    """Whether a formula reaches for another program or the network: =cmd|'/c calc'!A0, WEBSERVICE(...)."""
    if _CALL.search(formula):
        return True
    topics = (found.start() for found in _TOPIC.finditer(formula))
    return any(_PROGRAM.search(formula[max(0, at - _NAME) : at]) for at in topics)


def _active_xlsx(package: Package, formulas: Iterable[str]) -> tuple[str, ...]:
    """Vietnamese names of what an .xlsx carries, in a fixed order."""
    names = [name.lower() for name in package.names()]
    links = [name for name in names if "/externallinks/" in name and name.endswith(".xml")]
    programs = any(_reaches_programs(package, name) for name in links) or any(map(is_call, formulas))
    found = {
        MACROS: any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names),
        EXTERNAL: bool(links),
        DDE: programs,
        EMBEDDED: any(part in name for name in names for part in ("/embeddings/", "/activex/", "/ctrlprops/")),
        QUERIES: any(
            name.endswith(("/connections.xml", "customdata/item1.data")) or "/querytables/" in name for name in names
        ),
    }
    return tuple(title for title, present in found.items() if present)


def active_ods(
    names: Iterable[str], formulas: Iterable[str], *, links: bool = False, calls: bool = False
) -> tuple[str, ...]:
    """The same for an OpenDocument spreadsheet: by the names of its parts, and by what its content links to."""
    lowered = [name.lower() for name in names]
    found = {
        MACROS: any(name.startswith(("basic/", "scripts/")) and name.count("/") > 1 for name in lowered),
        EXTERNAL: links,
        DDE: calls or any(map(is_call, formulas)),
        EMBEDDED: any(name.startswith("object ") for name in lowered),
    }
    return tuple(title for title, present in found.items() if present)


def _reaches_programs(package: Package, part: str) -> bool:
    """Whether an external link is a DDE or OLE link, and not one to a workbook."""
    found = False

    def start(tag: str, _: Attributes) -> None:
        nonlocal found
        found = found or local(tag) in ("ddeLink", "oleLink")

    package.parse(part, start)
    return found


@frozen
class Scan:
    """What the scan saw in the workbook, sheets in their order."""

    sheets: tuple[SheetScan, ...]
    program: str = ""
    active: tuple[str, ...] = ()
    """What it carries beyond cells: macros, links ... (`scan_active`)."""
    date1904: bool = False
    saved_at: datetime | None = None
    """When it was saved, as its core properties tell."""


def scan_xlsx(data: bytes) -> Scan:
    """Streams every sheet of an .xlsx or .xlsm, transitional or strict. Raises Refused."""
    package = Package(data)
    workbook = _workbook_part(package)
    (sheets, date1904), targets = _sheet_list(package, workbook), _relations(package, workbook)
    if not sheets:
        raise refuse("FILE_BROKEN")
    if len(sheets) > limits.SHEETS:
        raise refuse("FILE_TOO_MANY_SHEETS", count=len(sheets), limit=limits.SHEETS)
    by_kind = {kind: part for part, kind in targets.values()}
    shared = Shared(
        read_styles(package, by_kind.get("styles", "")), read_texts(package, by_kind.get("sharedStrings", ""))
    )
    for relation, sheet in sheets:
        part, kind = targets.get(relation, ("", ""))
        if kind == "worksheet" and part in package:
            SheetReader(sheet, shared).read(package, part)
            check_extent(sheet)
    check_total([sheet for _, sheet in sheets])
    formulas = (formula for _, sheet in sheets for formula, _ in sheet.formulas.values())
    package.refuse_doctypes()
    return Scan(
        tuple(sheet for _, sheet in sheets),
        _program(package),
        _active_xlsx(package, formulas),
        date1904,
        _saved_at(package),
    )


def _workbook_part(package: Package) -> str:
    """The main part, which the package's relations name; its usual place when they do not."""
    for part, kind in _relations(package, "").values():
        if kind == "officeDocument" and part in package:
            return part
    if "xl/workbook.xml" in package:
        return "xl/workbook.xml"
    raise refuse("FILE_BROKEN")


def _relations(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """Relation id -> (target part, last word of the type) of a part; "" is the package itself."""
    folder, name = posixpath.split(part)
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: Attributes) -> None:
        if local(tag) == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[attributes.get("Id", "")] = (path, attributes.get("Type", "").rpartition("/")[2])

    package.parse(posixpath.join(folder, "_rels", f"{name}.rels"), start)
    return found


def _sheet_list(package: Package, workbook: str) -> tuple[list[tuple[str, SheetScan]], bool]:
    """(relation, sheet) in order, and whether days are counted from 1904."""
    found: list[tuple[str, SheetScan]] = []
    date1904 = False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal date1904
        if local(tag) == "workbookPr":
            date1904 = attributes.get("date1904") in ("1", "true")
        elif local(tag) == "sheet":
            # r:id, whatever the prefix; "sheetId" is another attribute
            relation = next((value for key, value in attributes.items() if ":" in key and local(key) == "id"), "")
            visible = attributes.get("state", "visible") == "visible"
            found.append((relation, SheetScan(attributes.get("name", ""), visible)))

    package.parse(workbook, start)
    return found, date1904


def _program(package: Package) -> str:
    """The program that docProps/app.xml names."""
    return _properties(package, "docProps/app.xml", ("Application",)).get("Application", "").strip()


def _saved_at(package: Package) -> datetime | None:
    """When a program last saved the workbook, by docProps/core.xml; None where it does not tell, or tells nonsense."""
    text = _properties(package, "docProps/core.xml", ("modified",)).get("modified", "").strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _properties(package: Package, part: str, names: tuple[str, ...]) -> dict[str, str]:
    """Texts of the elements of these names in a part of properties."""
    texts: dict[str, str] = {}
    inside = ""

    def start(tag: str, _: Attributes) -> None:
        nonlocal inside
        inside = local(tag)

    def text(piece: str) -> None:
        if inside in names:
            texts[inside] = (texts.get(inside, "") + piece)[:200]

    def end(_: str) -> None:
        nonlocal inside
        inside = ""

    package.parse(part, start, end, text)
    return texts
