"""One file from outside to a RawWorkbook, or refused by name: sniffed, scanned, and read beside a second reader."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import attrs

from nq57xl.rules.findings import Finding, make
from nq57xl.xlsx import limits
from nq57xl.xlsx.cells import RawCell, RawSheet, RawValue, RawWorkbook, cell_text, days_of, shown
from nq57xl.xlsx.decrypt import decrypt
from nq57xl.xlsx.package import without_tail
from nq57xl.xlsx.refused import Refused, refuse, too_large
from nq57xl.xlsx.scan import MACROS, Scan, scan_xlsx
from nq57xl.xlsx.scan_ods import scan_ods
from nq57xl.xlsx.scan_sheet import SheetScan, is_temporal
from nq57xl.xlsx.sniff import Kind, sniff
from nq57xl.xlsx.texts import said

_Place = tuple[int, int]

_FILTERS = {".xls": "MS Excel 97", ".ods": "calc8"}
"""Without a filter LibreOffice opens a broken file as plain text, and succeeds."""


def to_xlsx(data: bytes, suffix: str, soffice: str, *, seconds: float = limits.CONVERT_SECONDS) -> bytes | None:
    """The workbook as .xlsx; None when LibreOffice (`soffice`: its program) fails or takes longer than `seconds`.

    Runs with a profile of its own in a temporary folder, so that an open LibreOffice neither hinders nor is hindered.
    """
    with tempfile.TemporaryDirectory(prefix="nq57xl-", ignore_cleanup_errors=True) as folder:
        source, target = Path(folder, f"in{suffix}"), Path(folder, "out", "in.xlsx")
        source.write_bytes(data)
        command = [
            soffice,
            f"-env:UserInstallation={Path(folder, 'profile').as_uri()}",
            *("--headless", "--norestore", "--nolockcheck", "--nodefault"),
            *((f"--infilter={_FILTERS[suffix]}",) if suffix in _FILTERS else ()),
            *("--convert-to", "xlsx", "--outdir", str(target.parent), str(source)),
        ]
        if not _run(command, seconds):
            return None
        return target.read_bytes() if target.is_file() else None


def _run(command: list[str], seconds: float) -> bool:
    """Runs the command to its end; kills it with its children after `seconds`."""
    options: dict[str, int | bool] = {"start_new_session": True}
    if sys.platform == "win32":
        options = {"creationflags": subprocess.CREATE_NO_WINDOW}
    with _room(), contextlib.suppress(OSError):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)  # type: ignore[call-overload]
        try:
            return bool(process.wait(timeout=seconds) == 0)
        except subprocess.TimeoutExpired:
            _kill(process)
    return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def _room() -> Iterator[None]:
    """Lifts the reader's memory limit while the child starts: LibreOffice maps more than a reader may have."""
    try:
        import resource
    except ImportError:  # Windows
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


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
    "tnef": "FILE_WINMAIL",
    "flat": "FILE_FLAT_XML",
    "other": "FILE_OTHER",
}


def read_file(path: Path, passwords: Sequence[str] = (), soffice: str | None = None) -> RawWorkbook:
    """The workbook in this file, with every non-empty cell at its place; an encrypted one by the password that fits.

    `soffice`: path of LibreOffice's program, for .xls; None where there is none.

    Raises Refused with the finding for a file that is not read; OSError when it cannot be opened.
    """
    size = path.stat().st_size
    if size > limits.FILE_BYTES:
        raise Refused(too_large(size))
    return read_bytes(path.read_bytes(), passwords, soffice)


def read_bytes(data: bytes, passwords: Sequence[str] = (), soffice: str | None = None) -> RawWorkbook:
    """`read_file` for content already in memory."""
    kind = sniff(data)
    if kind == "encrypted":
        raw = _read_plain(content := decrypt(data, passwords), sniff(content), soffice)
        return attrs.evolve(raw, notes=(*raw.notes, make("FILE_DECRYPTED")))
    return _read_plain(data, kind, soffice)


def _read_plain(data: bytes, kind: Kind, soffice: str | None) -> RawWorkbook:
    if code := _REFUSED.get(kind):
        raise refuse(code)
    if kind == "xls":
        return _read_xls(data, soffice)
    if kind == "ods":
        return _read_ods(scan_ods(data))
    data = without_tail(data)
    return _assemble(data, scan_xlsx(data))


def _read_ods(scan: Scan) -> RawWorkbook:
    """All that is to be known of an .ods stands in the scan."""
    sheets = tuple(_sheet(seen, seen.cells, scan) for seen in scan.sheets)
    return RawWorkbook(sheets, scan.program, _notes(scan))


def _sheet(seen: SheetScan, cells: Mapping[_Place, RawCell], scan: Scan) -> RawSheet:
    texts = said(cells, seen.looks, seen.runs)
    beside = (tuple(seen.merged), tuple(seen.remarks), tuple(seen.hidden))
    return RawSheet(seen.name, texts, seen.visible, seen.protected, scan.date1904, *beside)


def _read_xls(data: bytes, soffice: str | None) -> RawWorkbook:
    """Through LibreOffice: other readers take percents for times in some programs' files (pitfalls.md 0.4)."""
    if soffice is None:
        raise refuse("FILE_XLS")
    converted = to_xlsx(data, ".xls", soffice)
    if converted is None:
        raise refuse("FILE_BROKEN")
    raw = _assemble(converted, scan_xlsx(converted))
    note = make("CONVERTED", words={"format": ".xls"})
    # the program told is the converter's, not the one that the unit used
    return RawWorkbook(raw.sheets, "", (*raw.notes, note), raw.saved_at)


def _assemble(data: bytes, scan: Scan) -> RawWorkbook:
    """The scan's cells, each beside what calamine reads there: where they differ, neither is believed.

    calamine gives up on a whole sheet for some cells (`SheetScan.unreadable`); then the scan alone speaks.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

    sheets: list[RawSheet] = []
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            if len(book.sheets_metadata) != len(scan.sheets):
                raise refuse("FILE_BROKEN")
            for index, (about, seen) in enumerate(zip(book.sheets_metadata, scan.sheets, strict=True)):
                cells: Mapping[_Place, RawCell] = seen.cells
                if about.typ == SheetTypeEnum.WorkSheet and seen.values:
                    cells = _compared(seen, _rows(book, index, seen))
                sheets.append(_sheet(seen, cells, scan))
    except PasswordError as error:
        raise refuse("FILE_ENCRYPTED") from error
    except (CalamineError, OSError, ValueError) as error:
        raise refuse("FILE_BROKEN") from error
    return RawWorkbook(tuple(sheets), scan.program, _notes(scan), scan.saved_at)


def _rows(book: Any, index: int, seen: SheetScan) -> list[list[RawValue]] | None:  # noqa: ANN401 - calamine's workbook
    """What calamine reads on a sheet; None where it gives up, and it is known why."""
    from python_calamine import CalamineError

    try:
        rows: list[list[RawValue]] = book.get_sheet_by_index(index).to_python(skip_empty_area=False)
    except (CalamineError, ArithmeticError):
        if not seen.unreadable:
            raise
        return None
    except BaseException as error:  # a panic of the reader's own language is no Exception
        if not seen.unreadable or type(error).__name__ != "PanicException":
            raise
        return None
    return rows


def _compared(seen: SheetScan, rows: list[list[RawValue]] | None) -> Mapping[_Place, RawCell]:
    """The cells of the scan; in those that calamine reads otherwise both readings, and nothing sure."""
    if rows is None:
        return seen.cells
    cells = seen.cells
    filled = sum(len(line) - line.count("") for line in rows)
    doubtful: dict[_Place, RawCell] = {}
    for place, cell in cells.items():
        row, column = place
        other = rows[row][column] if row < len(rows) and column < len(rows[row]) else ""
        filled -= other != ""
        if other != cell.value and not cell.doubt and place not in seen.sure and not _agree(cell, other):
            doubtful[place] = attrs.evolve(cell, doubt=_both(cell, other))
    if filled:
        for row, line in enumerate(rows):
            for column, value in enumerate(line):
                if value != "" and (row, column) not in cells:
                    doubtful[row, column] = RawCell(None, doubt=shown(value))
    return {**cells, **doubtful} if doubtful else cells


def _agree(cell: RawCell, other: RawValue) -> bool:
    """Whether two readings of one cell are the same but for what readers may do as they like."""
    value = cell.value
    if cell.error or isinstance(value, bool) or isinstance(other, bool):
        return bool(cell.error)
    if isinstance(other, str) and (value is None or isinstance(value, str)):
        return _text(value or "") == _text(other)
    number = cell.number
    if number is None or not isinstance(other, int | float | date | time | timedelta):
        return False
    mine, others = days_of(value), days_of(other)
    if mine is not None and others is not None:
        return abs(mine - others) < _SECOND
    if others is None:  # one of them shows the number as a day, the other as a number
        return other == number
    return abs(others - number) < _SECOND or is_temporal(cell.format)


_SECOND = 1.2e-5
"""In days."""


def _text(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _both(cell: RawCell, other: RawValue) -> str:
    """The two readings, in words for a message."""
    return "» và «".join(dict.fromkeys(text for text in (cell_text(cell), shown(other)) if text.strip()))


def _notes(scan: Scan) -> tuple[Finding, ...]:
    notes = [make("MACROS_PRESENT")] if MACROS in scan.active else []
    others = [title for title in scan.active if title != MACROS]
    if others:
        notes.append(make("ACTIVE_CONTENT", words={"value": ", ".join(others)}, value=", ".join(others)))
    return tuple(notes)
