"""The pass over a workbook before any reader sees it: extent, error cells, formulas, protection (pitfalls.md 0)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from attrs import define, field, frozen

from nq57xl.returns import limits
from nq57xl.returns.parts import Attributes, Package, local
from nq57xl.returns.refused import refuse
from nq57xl.text.cells import a1

Place = tuple[int, int]
"""(row, column), 0-based."""


@define
class SheetScan:
    """What the scan saw on one sheet; only cells with a value or a formula count."""

    name: str
    visible: bool = True
    protected: bool = False
    rows: int = 0
    """Last row with a value, plus one."""
    columns: int = 0
    values: int = 0
    """How many cells hold something."""
    errors: dict[Place, str] = field(factory=dict)
    """"#REF!" by place."""
    formulas: dict[Place, tuple[str, bool]] = field(factory=dict)
    """Formula text ("" when only its presence is known), and whether a calculated value is stored with it."""


@frozen
class Scan:
    """What the scan saw in the workbook, sheets in their order."""

    sheets: tuple[SheetScan, ...]
    program: str = ""
    macros: bool = False
    external: bool = False
    """Links to other workbooks."""
    embedded: bool = False
    """OLE objects or controls."""


def check_extent(sheet: SheetScan) -> None:
    """Raises Refused when the sheet reaches farther than is safe to read."""
    too_far = (
        sheet.rows > limits.ROWS
        or sheet.columns > limits.COLUMNS
        or sheet.rows * sheet.columns > limits.BOX_CELLS
        or sheet.values > limits.VALUE_CELLS
    )
    if too_far:
        raise refuse("FILE_TOO_MANY_CELLS", sheet_title=sheet.name, value=a1(sheet.rows - 1, sheet.columns - 1))


def scan_xlsx(data: bytes) -> Scan:
    """Streams every sheet of an .xlsx or .xlsm, transitional or strict. Raises Refused."""
    package = Package(data)
    package.refuse_doctypes()
    workbook = _workbook_part(package)
    sheets, targets = _sheet_list(package, workbook), _relations(package, workbook)
    if not sheets:
        raise refuse("FILE_BROKEN")
    if len(sheets) > limits.SHEETS:
        raise refuse("FILE_UNSAFE", value="quá nhiều trang")
    for relation, sheet in sheets:
        part, kind = targets.get(relation, ("", ""))
        if kind == "worksheet" and part in package:
            _SheetReader(sheet).read(package, part)
            check_extent(sheet)
    if sum(sheet.values for _, sheet in sheets) > limits.VALUE_CELLS:
        raise refuse("FILE_TOO_MANY_CELLS", sheet_title=sheets[-1][1].name, value="")
    names = [name.lower() for name in package.names()]
    return Scan(
        tuple(sheet for _, sheet in sheets),
        _program(package),
        macros=any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names),
        external=any("externallinks/" in name for name in names),
        embedded=any("/embeddings/" in name or "/activex/" in name for name in names),
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


def _sheet_list(package: Package, workbook: str) -> list[tuple[str, SheetScan]]:
    found: list[tuple[str, SheetScan]] = []

    def start(tag: str, attributes: Attributes) -> None:
        if local(tag) == "sheet":
            # r:id, whatever the prefix; "sheetId" is another attribute
            relation = next((value for key, value in attributes.items() if ":" in key and local(key) == "id"), "")
            visible = attributes.get("state", "visible") == "visible"
            found.append((relation, SheetScan(attributes.get("name", ""), visible)))

    package.parse(workbook, start)
    return found


def _program(package: Package) -> str:
    """The program that docProps/app.xml names, with its version."""
    texts: dict[str, str] = {}
    inside = ""

    def start(tag: str, _: Attributes) -> None:
        nonlocal inside
        inside = local(tag)

    def text(piece: str) -> None:
        if inside in ("Application", "AppVersion"):
            texts[inside] = (texts.get(inside, "") + piece)[:200]

    def end(_: str) -> None:
        nonlocal inside
        inside = ""

    package.parse("docProps/app.xml", start, end, text)
    return texts.get("Application", "").strip()


_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_EMPTY_CELL = re.compile(rb'<c (?=[^<>]*\br=")[^<>]*/>')
_BOOLEAN_FORMULAS = frozenset({"TRUE()", "FALSE()"})
"""LibreOffice writes booleans as these formulas: nobody typed them."""


def _place(reference: str) -> Place | None:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def _without_ghosts(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The XML without cells that have a format and nothing else: a million of them cost a regex and no callback."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        cut = rest.rfind(b">") + 1
        yield _EMPTY_CELL.sub(b"", rest[:cut])
        rest = rest[cut:]
    yield rest


class _SheetReader:
    """Expat callbacks for one worksheet part."""

    def __init__(self, sheet: SheetScan) -> None:
        self._sheet = sheet
        self._row = self._column = -1
        self._type = ""
        self._formula: str | None = None
        self._value = ""
        self._has_value = False
        self._inside = ""

    def read(self, package: Package, part: str) -> None:
        """Fills the sheet's scan from the part."""
        package.parse(part, self._start, self._end, self._text, chunks=_without_ghosts(package.chunks(part)))

    def _start(self, tag: str, attributes: Attributes) -> None:
        tag = local(tag)
        if tag == "c":
            self._cell(attributes)
        elif tag == "row":
            self._row = int(attributes["r"]) - 1 if attributes.get("r", "").isdecimal() else self._row + 1
            self._column = -1
        elif tag == "f":
            self._formula, self._inside = "", "f"
        elif tag in ("v", "t"):
            self._has_value, self._inside = True, tag
        elif tag == "sheetProtection":
            self._sheet.protected = attributes.get("sheet", "0") in ("1", "true")

    def _cell(self, attributes: Attributes) -> None:
        place = _place(attributes.get("r", ""))
        if place is None:
            self._column += 1
        else:
            self._row, self._column = place
        self._type, self._formula, self._value, self._has_value = attributes.get("t", "n"), None, "", False

    def _text(self, piece: str) -> None:
        if self._inside == "f" and self._formula is not None:
            self._formula = (self._formula + piece)[: limits.CELL_TEXT]
        elif self._inside and len(self._value) < 64:  # only errors are looked at, and they are short
            self._value += piece

    def _end(self, tag: str) -> None:
        tag = local(tag)
        if tag in ("f", "v", "t"):
            self._inside = ""
        elif tag == "c" and (self._has_value or self._formula is not None):
            self._note()

    def _note(self) -> None:
        sheet, place = self._sheet, (self._row, self._column)
        sheet.rows, sheet.columns = max(sheet.rows, place[0] + 1), max(sheet.columns, place[1] + 1)
        sheet.values += 1
        if self._type == "e":
            sheet.errors[place] = self._value or "#N/A"
        if self._formula is not None and self._formula.upper() not in _BOOLEAN_FORMULAS:
            stored = self._has_value and (self._value != "" or self._type == "str")
            sheet.formulas[place] = (self._formula, stored)
