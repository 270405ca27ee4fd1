"""The pass over a workbook before any reader sees it: extent, error cells, formulas, protection (pitfalls.md 0)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from attrs import frozen

from nq57xl.xlsx import limits
from nq57xl.xlsx.package import Attributes, Package, local
from nq57xl.xlsx.refused import refuse
from nq57xl.xlsx.remarks import read_beside, relations
from nq57xl.xlsx.scan_sheet import Shared, SheetReader, SheetScan, check_extent, check_total
from nq57xl.xlsx.scan_styles import read_styles, read_texts

MACROS, EXTERNAL, DDE, EMBEDDED, QUERIES = (
    "macro",
    "liên kết tới tệp khác",
    "liên kết DDE/OLE tới chương trình khác",
    "đối tượng nhúng",
    "kết nối dữ liệu",
)


def _active_xlsx(package: Package, *, calls: bool) -> tuple[str, ...]:
    """Vietnamese names of what an .xlsx carries, in a fixed order."""
    names = [name.lower() for name in package.names()]
    links = [name for name in names if "/externallinks/" in name and name.endswith(".xml")]
    programs = any(_reaches_programs(package, name) for name in links) or calls
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


def active_ods(names: Iterable[str], *, links: bool, calls: bool) -> tuple[str, ...]:
    """The same for an OpenDocument spreadsheet: by the names of its parts, and by what its content links to."""
    lowered = [name.lower() for name in names]
    found = {
        MACROS: any(name.startswith(("basic/", "scripts/")) and name.count("/") > 1 for name in lowered),
        EXTERNAL: links,
        DDE: calls,
        EMBEDDED: any(name.startswith("object ") for name in lowered),
    }
    return tuple(title for title, present in found.items() if present)


def _reaches_programs(package: Package, part: str) -> bool:
    """Whether an external link is a DDE or OLE link, and not one to a workbook."""
    found = False

    def start(tag: str, _: Attributes) -> None:
        nonlocal found
        found = found or tag in ("ddeLink", "oleLink")

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
    """Reads every sheet of an .xlsx or .xlsm, transitional or strict. Raises Refused."""
    package = Package(data)
    workbook = _workbook_part(package)
    (sheets, date1904), targets = _sheet_list(package, workbook), relations(package, workbook)
    if not sheets:
        raise refuse("FILE_BROKEN")
    if len(sheets) > limits.SHEETS:
        raise refuse("FILE_TOO_MANY_SHEETS", count=len(sheets), limit=limits.SHEETS)
    by_kind = {item.kind: item.target for item in targets.values()}
    looks = read_styles(package, by_kind.get("styles", ""))
    shared = Shared(looks, read_texts(package, by_kind.get("sharedStrings", "")), date1904)
    for relation, sheet in sheets:
        leads = targets.get(relation)
        if leads is not None and leads.kind == "worksheet" and leads.target in package:
            SheetReader(sheet, shared).read(package, leads.target)
            check_extent(sheet)
            read_beside(package, leads.target, sheet)
    found = tuple(sheet for _, sheet in sheets)
    check_total(found)
    package.refuse_doctypes()
    active = _active_xlsx(package, calls=any(sheet.calls for sheet in found))
    return Scan(found, _program(package), active, date1904, _saved_at(package))


def _workbook_part(package: Package) -> str:
    """The main part, which the package's relations name; its usual place when they do not."""
    for item in relations(package, "").values():
        if item.kind == "officeDocument" and item.target in package:
            return item.target
    if "xl/workbook.xml" in package:
        return "xl/workbook.xml"
    raise refuse("FILE_BROKEN")


def _sheet_list(package: Package, workbook: str) -> tuple[list[tuple[str, SheetScan]], bool]:
    """(relation, sheet) in order, and whether days are counted from 1904."""
    found: list[tuple[str, SheetScan]] = []
    date1904 = False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal date1904
        if tag == "workbookPr":
            date1904 = attributes.get("date1904") in ("1", "true")
        elif tag == "sheet":
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
        inside = tag

    def text(piece: str) -> None:
        if inside in names:
            texts[inside] = (texts.get(inside, "") + piece)[:200]

    def end(_: str) -> None:
        nonlocal inside
        inside = ""

    package.parse(part, start, end, text)
    return texts
