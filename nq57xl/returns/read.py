"""One file from outside to a RawWorkbook, or refused by name: sniff, scan, read with calamine, lay the scan over it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import attrs

from nq57xl.records.findings import Finding
from nq57xl.records.returns import RawCell, RawSheet, RawValue, RawWorkbook
from nq57xl.returns import convert_format, limits
from nq57xl.returns.decode import decode
from nq57xl.returns.decrypt import decrypt
from nq57xl.returns.refused import Refused, refuse
from nq57xl.returns.scan import Scan, scan_xlsx
from nq57xl.returns.scan_active import MACROS
from nq57xl.returns.scan_ods import scan_ods
from nq57xl.returns.scan_sheet import SheetScan
from nq57xl.returns.sniff import Kind, sniff
from nq57xl.returns.sources import too_large
from nq57xl.rules.catalogue import make

_REFUSED: dict[Kind, str] = {
    "xlsb": "FILE_XLSB",
    "encrypted": "FILE_ENCRYPTED",
    "zip": "FILE_ARCHIVE",
    "docx": "FILE_WORD",
    "pdf": "FILE_PDF",
    "html": "FILE_HTML",
    "csv": "FILE_CSV",
    "picture": "FILE_PICTURE",
    "empty": "FILE_EMPTY",
    "broken": "FILE_BROKEN",
    "msg": "FILE_MSG",
    "other": "FILE_OTHER",
}


def read_file(path: Path, passwords: Sequence[str] = ()) -> RawWorkbook:
    """The workbook in this file, with every non-empty cell at its place; an encrypted one by the password that fits.

    Raises Refused with the finding for a file that is not read; OSError when it cannot be opened.
    """
    size = path.stat().st_size
    if size > limits.FILE_BYTES:
        raise Refused(too_large(size))
    return read_bytes(path.read_bytes(), passwords)


def read_bytes(data: bytes, passwords: Sequence[str] = ()) -> RawWorkbook:
    """`read_file` for content already in memory."""
    kind = sniff(data)
    if kind == "encrypted":
        raw = _read_plain(content := decrypt(data, passwords), sniff(content))
        return attrs.evolve(raw, notes=(*raw.notes, make("FILE_DECRYPTED")))
    return _read_plain(data, kind)


def _read_plain(data: bytes, kind: Kind) -> RawWorkbook:
    if code := _REFUSED.get(kind):
        raise refuse(code)
    if kind == "xls":
        return _read_xls(data)
    if kind == "ods":
        return _read_ods(scan_ods(data))
    return _assemble(data, scan_xlsx(data))


def _read_ods(scan: Scan) -> RawWorkbook:
    """All that is to be known of an .ods stands in the scan."""
    sheets = tuple(_sheet(seen, seen.cells, scan, visible=seen.visible) for seen in scan.sheets)
    return RawWorkbook(sheets, scan.program, _notes(scan))


def _sheet(seen: SheetScan, values: dict[tuple[int, int], RawValue], scan: Scan, *, visible: bool) -> RawSheet:
    cells = decode(_cells(values, seen), seen.fonts, seen.runs)
    return RawSheet(seen.name, cells, visible, seen.protected, scan.date1904, tuple(seen.merged))


def _read_xls(data: bytes) -> RawWorkbook:
    """Through LibreOffice: other readers take percents for times in some programs' files (pitfalls.md 0.4)."""
    converted = convert_format.to_xlsx(data, ".xls")
    if converted is None:
        raise refuse("FILE_XLS" if convert_format.soffice() is None else "FILE_BROKEN")
    raw = _assemble(converted, scan_xlsx(converted))
    note = make("CONVERTED", words={"format": ".xls"})
    # the program told is the converter's, not the one that the unit used
    return RawWorkbook(raw.sheets, "", (*raw.notes, note))


def _assemble(data: bytes, scan: Scan) -> RawWorkbook:
    """calamine's values under the scan's errors and formulas."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    scanned = {sheet.name: sheet for sheet in scan.sheets}
    sheets: list[RawSheet] = []
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            for index, about in enumerate(book.sheets_metadata):
                seen = scanned.get(about.name, SheetScan(about.name))
                visible = about.visible == SheetVisibleEnum.Visible
                rows = _rows(book, index) if about.typ == SheetTypeEnum.WorkSheet and seen.values else []
                sheets.append(_sheet(seen, {**_by_place(rows), **seen.cells}, scan, visible=visible))
    except PasswordError as error:
        raise refuse("FILE_ENCRYPTED") from error
    except (CalamineError, OSError, ValueError) as error:
        raise refuse("FILE_BROKEN") from error
    return RawWorkbook(tuple(sheets), scan.program, _notes(scan))


def _rows(book: object, index: int) -> list[list[RawValue]]:
    read: Callable[[int], object] = book.get_sheet_by_index  # type: ignore[attr-defined]
    rows: list[list[RawValue]] = read(index).to_python(skip_empty_area=False)  # type: ignore[attr-defined]
    return rows


def _by_place(rows: list[list[RawValue]]) -> dict[tuple[int, int], RawValue]:
    return {
        (row, column): _plain(value)
        for row, line in enumerate(rows)
        for column, value in enumerate(line)
        if value is not None and value != ""
    }


def _cells(values: dict[tuple[int, int], RawValue], seen: SheetScan) -> dict[tuple[int, int], RawCell]:
    """Non-empty cells; error and formula cells as the scan saw them, because calamine shows them as empty."""
    cells = {place: RawCell(value) for place, value in values.items()}
    for place, (formula, stored) in seen.formulas.items():
        value = cells[place].value if place in cells else ("" if stored else None)
        cells[place] = RawCell(value, formula)
    for place, error in seen.errors.items():
        cells[place] = RawCell(None, cells[place].formula if place in cells else None, error)
    for place, how in seen.dates.items():
        if place in cells and isinstance(cells[place].value, date):
            cells[place] = attrs.evolve(cells[place], date_format=how)
    return cells


def _plain(value: RawValue) -> RawValue:
    """Whole numbers may come as int: inside, every number is a float."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _notes(scan: Scan) -> tuple[Finding, ...]:
    notes = [make("MACROS_PRESENT")] if MACROS in scan.active else []
    others = [title for title in scan.active if title != MACROS]
    if others:
        notes.append(make("ACTIVE_CONTENT", words={"value": ", ".join(others)}, value=", ".join(others)))
    return tuple(notes)
