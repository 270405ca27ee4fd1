"""One file from outside to a RawWorkbook, or refused by name: sniffed, scanned, and read beside a second reader.

Texts are given as they say: without what is struck through, marks beside figures apart, in Unicode.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from itertools import compress
from pathlib import Path
from typing import Any

import attrs

from nq57xl.rules.findings import make
from nq57xl.text.legacy import common_charset, decoded, decoded_run, surely_unicode
from nq57xl.xlsx.cells import CellLook, Place, RawCell, RawSheet, RawValue, RawWorkbook, Run, cell_text, shown
from nq57xl.xlsx.limits import LIMITS, Refused, refuse, too_large
from nq57xl.xlsx.package import without_tail
from nq57xl.xlsx.scan import scan_xlsx
from nq57xl.xlsx.scan_cells import Scan, SheetScan
from nq57xl.xlsx.shown import days_of, is_temporal
from nq57xl.xlsx.sniff import decrypt, sniff

_CONVERT_SECONDS = 45
"""LibreOffice needs 2 to 10 seconds for a form; must be under the reader's own time limit."""

_PLAIN = CellLook()
_RAISED = {
    "super": str.maketrans("0123456789+-=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾"),
    "sub": str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎"),
}
_BETWEEN_WORDS = re.compile(r"(?<=\S) {2,}(?=\S)")


def _said(
    cells: Mapping[Place, RawCell], looks: Mapping[Place, CellLook], runs: Mapping[Place, Sequence[Run]]
) -> dict[Place, RawCell]:
    """The cells with what their texts say; `looks` and `runs` of those that have some.

    A mark above or below the line keeps its place there ("10³"), so that it never joins the digits before it.
    """
    done, live_runs = dict(cells), {}
    for place in runs.keys() | {place for place, look in looks.items() if look.struck}:
        done[place], live_runs[place] = _live(cells[place], runs.get(place, ()), looks.get(place, _PLAIN))
    fonts = {place: look.font for place, look in looks.items() if look.font}
    return done | dict(_decoded(done, fonts, live_runs))


def _live(cell: RawCell, runs: Sequence[Run], look: CellLook) -> tuple[RawCell, Sequence[Run]]:
    """The cell without what is struck through, and the runs that are not; all where none is left."""
    if not runs:
        return attrs.evolve(cell, struck=cell_text(cell), live=False), ()
    struck = [look.struck if run.struck is None else run.struck for run in runs]
    dead = "".join(run.text for run in compress(runs, struck))
    kept = [run for run, gone in zip(runs, struck, strict=True) if not gone] or runs
    if not dead.strip():
        return attrs.evolve(cell, value=_joined(kept)), kept
    if len(kept) == len(runs):
        return attrs.evolve(cell, struck=dead, live=False), kept
    return attrs.evolve(cell, value=_BETWEEN_WORDS.sub(" ", _joined(kept)).strip(), struck=dead), kept


def _joined(runs: Sequence[Run], texts: Sequence[str] = ()) -> str:
    """The texts of the runs, or those given in their place, as one.

    A mark above or below the line: by letters of its own where there are such, else apart from a digit before it.
    """
    whole = ""
    for run, text in zip(runs, texts or [run.text for run in runs], strict=True):
        marks = text.translate(_RAISED.get(run.raised, {}))
        if run.raised and not any(letter.isdecimal() or letter.isalpha() for letter in marks):
            whole += marks
        elif run.raised and whole[-1:].isdecimal() and text[:1].isalnum() and any(map(str.isdigit, text)):
            whole += f"^{text}"
        else:
            whole += text
    return whole


def _decoded(
    cells: Mapping[Place, RawCell], fonts: Mapping[Place, str], runs: Mapping[Place, Sequence[Run]]
) -> Iterator[tuple[Place, RawCell]]:
    """Those in a legacy charset with what they say in Unicode, each by its own letters; values stay as they are."""
    odd = {
        place: text
        for place, cell in cells.items()
        if isinstance(text := cell.value, str) and not text.isascii() and not surely_unicode(text)
    }
    rich = {place for place, pieces in runs.items() if any(run.font for run in pieces)}
    hint = common_charset(odd.values())
    for place in odd.keys() | rich:
        text, font = str(cells[place].value), fonts.get(place, "")
        found = None
        if place in rich:  # each run by its own font; nothing where no run's letters are of its font's charset
            said = [decoded_run(run.text, run.font or font) or (run.text, "") for run in runs[place]]
            if charset := next((charset for _, charset in reversed(said) if charset), ""):
                found = _joined(runs[place], [text for text, _ in said]), charset
        if found is None and place in odd:
            found = decoded(text, font, hint)
        if found is not None and found[0] != text:
            yield place, attrs.evolve(cells[place], decoded=found[0], charset=found[1])


def _to_xlsx(data: bytes, soffice: str, *, seconds: float = _CONVERT_SECONDS) -> bytes | None:
    """An .xls as .xlsx; None when LibreOffice (`soffice`: its program) fails or takes longer than `seconds`.

    Runs with a profile of its own in a temporary folder, so that an open LibreOffice neither hinders nor is hindered.
    """
    with tempfile.TemporaryDirectory(prefix="nq57xl-", ignore_cleanup_errors=True) as folder:
        source, target = Path(folder, "in.xls"), Path(folder, "out", "in.xlsx")
        source.write_bytes(data)
        command = [
            soffice,
            f"-env:UserInstallation={Path(folder, 'profile').as_uri()}",
            *("--headless", "--norestore", "--nolockcheck", "--nodefault"),
            "--infilter=MS Excel 97",  # without it a broken file is opened as plain text, and succeeds
            *("--convert-to", "xlsx", "--outdir", str(target.parent), str(source)),
        ]
        return target.read_bytes() if _run(command, seconds) and target.is_file() else None


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
            if sys.platform == "win32":
                subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
            else:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return False


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


_REFUSED: dict[str, str] = {
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


def read_bytes(data: bytes, passwords: Sequence[str] = (), soffice: str | None = None) -> RawWorkbook:
    """The workbook, with every non-empty cell at its place; an encrypted one by the password that fits.

    `soffice`: path of LibreOffice's program, for .xls; None where there is none. Raises Refused with the finding for a
    file that is not read.
    """
    if len(data) > LIMITS.file_bytes:
        raise Refused(too_large(len(data)))
    kind = sniff(data)
    if kind == "encrypted":
        raw = _read_plain(content := decrypt(data, passwords), sniff(content), soffice)
        return attrs.evolve(raw, notes=(*raw.notes, make("FILE_DECRYPTED")))
    return _read_plain(data, kind, soffice)


def _read_plain(data: bytes, kind: str, soffice: str | None) -> RawWorkbook:
    if code := _REFUSED.get(kind):
        raise refuse(code)
    if kind == "ods":  # all that is to be known of it stands in the scan
        from nq57xl.xlsx.scan_ods import scan_ods

        scan = scan_ods(data)
        return RawWorkbook(tuple(_sheet(seen, seen.cells, scan) for seen in scan.sheets), scan.program, scan.notes)
    if kind != "xls":
        data = without_tail(data)
        return _assemble(data, scan_xlsx(data))
    # through LibreOffice: other readers take percents for times in some programs' files (pitfalls.md 1.4)
    if soffice is None:
        raise refuse("FILE_XLS")
    converted = _to_xlsx(data, soffice)
    if converted is None:
        raise refuse("FILE_BROKEN")
    raw = _assemble(converted, scan_xlsx(converted))
    note = make("CONVERTED", words={"format": ".xls"})
    # the program told is the converter's, not the one that the unit used
    return RawWorkbook(raw.sheets, "", (*raw.notes, note), raw.saved_at)


def _sheet(seen: SheetScan, cells: Mapping[Place, RawCell], scan: Scan) -> RawSheet:
    texts = _said(cells, seen.looks, seen.runs)
    beside = (tuple(seen.merged), tuple(seen.remarks), tuple(seen.hidden))
    return RawSheet(seen.name, texts, seen.visible, seen.protected, scan.date1904, *beside)


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
                cells: Mapping[Place, RawCell] = seen.cells
                if about.typ == SheetTypeEnum.WorkSheet and seen.values:
                    cells = _compared(seen, _rows(book, index, seen))
                sheets.append(_sheet(seen, cells, scan))
    except PasswordError as error:
        raise refuse("FILE_ENCRYPTED") from error
    except (CalamineError, OSError, ValueError) as error:
        raise refuse("FILE_BROKEN") from error
    return RawWorkbook(tuple(sheets), scan.program, scan.notes, scan.saved_at)


def _rows(book: Any, index: int, seen: SheetScan) -> list[list[RawValue]] | None:  # noqa: ANN401 - calamine's workbook
    """What calamine reads on a sheet; None where it gives up, and it is known why."""
    from python_calamine import CalamineError

    try:
        rows: list[list[RawValue]] = book.get_sheet_by_index(index).to_python(skip_empty_area=False)
    except BaseException as error:
        # a panic of the reader's own language is no Exception
        gives_up = isinstance(error, CalamineError | ArithmeticError) or type(error).__name__ == "PanicException"
        if not (gives_up and seen.unreadable):
            raise
        return None
    return rows


def _compared(seen: SheetScan, rows: list[list[RawValue]] | None) -> Mapping[Place, RawCell]:
    """The cells of the scan; in those that calamine reads otherwise both readings, and nothing sure."""
    if rows is None:
        return seen.cells
    cells = seen.cells
    filled = sum(len(line) - line.count("") for line in rows)
    doubtful: dict[Place, RawCell] = {}
    for place, cell in cells.items():
        row, column = place
        try:
            other = rows[row][column]
        except IndexError:
            other = ""
        if other != "":
            filled -= 1
        if other != cell.value and not cell.doubt and place not in seen.sure and not _agree(cell, other):
            texts = filter(str.strip, (cell_text(cell), shown(other)))
            doubtful[place] = attrs.evolve(cell, doubt="» và «".join(dict.fromkeys(texts)))
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
        mine, others = (text.replace("\r\n", "\n").strip() for text in (value or "", other))
        return mine == others
    number = cell.number
    if number is None or not isinstance(other, int | float | date | time | timedelta):
        return False
    my_days, other_days = days_of(value), days_of(other)
    if my_days is not None and other_days is not None:
        return abs(my_days - other_days) < _SECOND
    if other_days is None:  # one of them shows the number as a day, the other as a number
        return other == number
    return abs(other_days - number) < _SECOND or is_temporal(cell.format)


_SECOND = 1.2e-5
"""In days."""
