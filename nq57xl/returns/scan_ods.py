"""The same pass over an OpenDocument spreadsheet: content.xml, where rows and cells may be declared as repeated."""

from __future__ import annotations

from nq57xl.returns import limits
from nq57xl.returns.parts import Attributes, Package, local
from nq57xl.returns.refused import refuse
from nq57xl.returns.scan import Scan
from nq57xl.returns.scan_active import active_ods
from nq57xl.returns.scan_sheet import SheetScan, check_extent

_BOOLEAN_FORMULAS = frozenset({"OF:=TRUE()", "OF:=FALSE()"})


def scan_ods(data: bytes) -> Scan:
    """Streams content.xml. Raises Refused as `scan_xlsx` does."""
    package = Package(data)
    package.refuse_doctypes()
    if "content.xml" not in package:
        raise refuse("FILE_BROKEN")
    reader = _ContentReader()
    package.parse("content.xml", reader.start, reader.end, reader.text)
    if not reader.sheets:
        raise refuse("FILE_BROKEN")
    if len(reader.sheets) > limits.SHEETS:
        raise refuse("FILE_TOO_MANY_SHEETS", count=len(reader.sheets), limit=limits.SHEETS)
    for sheet in reader.sheets:
        check_extent(sheet)
    formulas = (formula for sheet in reader.sheets for formula, _ in sheet.formulas.values())
    return Scan(tuple(reader.sheets), _program(package), active_ods(package.names(), formulas))


def _program(package: Package) -> str:
    texts: list[str] = []
    inside = False

    def start(tag: str, _: Attributes) -> None:
        nonlocal inside
        inside = local(tag) == "generator"

    def text(piece: str) -> None:
        if inside and len(texts) < 4:
            texts.append(piece[:200])

    def end(_: str) -> None:
        nonlocal inside
        inside = False

    package.parse("meta.xml", start, end, text)
    return "".join(texts).strip()


def _repeat(attributes: Attributes, name: str) -> int:
    text = attributes.get(name, "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 9 else 1


class _ContentReader:
    """Expat callbacks; places are counted, because OpenDocument gives no addresses."""

    def __init__(self) -> None:
        self.sheets: list[SheetScan] = []
        self._row = self._column = 0
        self._row_repeat = self._repeat = 1
        self._cell: Attributes | None = None
        self._shown = ""
        self._depth = 0
        """Tables inside cells (sub-tables) are not sheets."""

    def start(self, tag: str, attributes: Attributes) -> None:
        """Opens a table, row or cell."""
        name = local(tag)
        if name == "table" and tag.startswith("table:"):
            self._depth += 1
            if self._depth == 1:
                self._open_table(attributes)
        elif self._depth != 1:
            return
        elif name == "table-row":
            self._column, self._row_repeat = 0, _repeat(attributes, "table:number-rows-repeated")
        elif name in ("table-cell", "covered-table-cell"):
            self._repeat = _repeat(attributes, "table:number-columns-repeated")
            self._cell, self._shown = attributes, ""

    def _open_table(self, attributes: Attributes) -> None:
        self._row = self._column = 0
        protected = attributes.get("table:protected") == "true"
        self.sheets.append(SheetScan(attributes.get("table:name", ""), True, protected))

    def text(self, piece: str) -> None:
        """Keeps the beginning of what a cell shows: an error's name."""
        if self._cell is not None and len(self._shown) < 64:
            self._shown += piece

    def end(self, tag: str) -> None:
        """Closes a table, row or cell."""
        name = local(tag)
        if name == "table" and tag.startswith("table:"):
            self._depth -= 1
        elif self._depth != 1:
            return
        elif name == "table-row":
            self._row += self._row_repeat
        elif name in ("table-cell", "covered-table-cell") and self._cell is not None:
            self._note(self._cell)
            self._column += self._repeat
            self._cell = None

    def _note(self, attributes: Attributes) -> None:
        formula = attributes.get("table:formula")
        kind = attributes.get("office:value-type")
        if formula is None and kind is None:
            return
        sheet = self.sheets[-1]
        sheet.rows = max(sheet.rows, self._row + self._row_repeat)
        sheet.columns = max(sheet.columns, self._column + self._repeat)
        sheet.values += self._row_repeat * self._repeat
        if sheet.values > limits.VALUE_CELLS:
            check_extent(sheet)
        if attributes.get("calcext:value-type") == "error" or (formula and self._shown.startswith(("#", "Err:"))):
            sheet.errors[self._row, self._column] = self._shown.strip() or "#N/A"
        if formula is not None and formula.upper() not in _BOOLEAN_FORMULAS:
            sheet.formulas[self._row, self._column] = (formula.partition("=")[2], kind is not None)
