"""One file from outside to a RawWorkbook, or refused by name: sniff, scan, read with calamine, lay the scan over it."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import attrs

from nq57xl.rules.findings import Finding, make
from nq57xl.text.legacy import (
    TITLES,
    Charset,
    charset_of_font,
    converted,
    detect,
    is_capital_font,
    reads_better,
    surely_unicode,
)
from nq57xl.xlsx import limits
from nq57xl.xlsx.cells import RawCell, RawSheet, RawValue, RawWorkbook
from nq57xl.xlsx.decrypt import decrypt
from nq57xl.xlsx.package import without_tail
from nq57xl.xlsx.refused import Refused, refuse, too_large
from nq57xl.xlsx.scan import MACROS, Scan, scan_xlsx
from nq57xl.xlsx.scan_ods import scan_ods
from nq57xl.xlsx.scan_sheet import SheetScan
from nq57xl.xlsx.scan_styles import Runs
from nq57xl.xlsx.sniff import Kind, sniff

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


_Place = tuple[int, int]


def decode(
    cells: Mapping[_Place, RawCell], fonts: Mapping[_Place, str], runs: Mapping[_Place, Runs]
) -> dict[_Place, RawCell]:
    """The cells, those in a legacy charset with what they say in Unicode; values stay as they are.

    A rich text is converted run by run. Where a text reads as well either way, the font decides, unless other texts of
    the sheet in legacy fonts are plainly Unicode; without a font, nothing is guessed.
    """
    odd = {
        place: cell.value
        for place, cell in cells.items()
        if isinstance(cell.value, str) and (place in runs or _odd(cell.value))
    }
    if not odd:
        return dict(cells)
    first = {place: detect(text) for place, text in odd.items()}
    votes = Counter(charset for charset in first.values() if charset)
    hint = votes.most_common(1)[0][0] if votes else None
    trusted = _trusted(odd, fonts, first)
    decoded = dict(cells)
    for place, text in odd.items():
        said = _rich(runs[place], fonts.get(place, ""), text) if place in runs else None
        said = said or _decoded(text, fonts.get(place, ""), hint, trusted=trusted)
        if said is not None and said[0] != text:
            decoded[place] = attrs.evolve(cells[place], decoded=said[0], charset=TITLES[said[1]])
    return decoded


def _odd(text: str) -> bool:
    return not text.isascii() and not surely_unicode(text)


def _trusted(odd: Mapping[_Place, str], fonts: Mapping[_Place, str], first: Mapping[_Place, Charset | None]) -> bool:
    """Whether texts under legacy fonts are in their charset: at least one plainly is."""
    return any(first[place] == charset_of_font(fonts[place]) for place in odd if place in fonts)


def _decoded(text: str, font: str, hint: Charset | None, *, trusted: bool) -> tuple[str, Charset] | None:
    charset = charset_of_font(font)
    if charset is not None:
        better = reads_better(text, charset)
        if better or (better is None and trusted):
            said = converted(text, charset)
            return (said.upper() if is_capital_font(font) else said), charset
    charset = detect(text, hint)
    if charset is None and hint is not None and reads_better(text, hint):
        charset = hint
    return None if charset is None else (converted(text, charset), charset)


def _rich(runs: Runs, font: str, text: str) -> tuple[str, Charset] | None:
    """Each run by its own font; None when none of them is in a legacy charset, or the runs are not the text."""
    if "".join(piece for piece, _ in runs) != text:
        return None
    said, used = [], None
    for piece, own in runs:
        name = own or font
        charset = charset_of_font(name)
        if charset is None or surely_unicode(piece) or piece.isascii():
            said.append(piece)
            continue
        used = charset
        new = converted(piece, charset)
        said.append(new.upper() if is_capital_font(name) else new)
    return None if used is None else ("".join(said), used)


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
    sheets = tuple(_sheet(seen, seen.cells, scan, visible=seen.visible) for seen in scan.sheets)
    return RawWorkbook(sheets, scan.program, _notes(scan))


def _sheet(seen: SheetScan, values: dict[tuple[int, int], RawValue], scan: Scan, *, visible: bool) -> RawSheet:
    cells = decode(_cells(values, seen), seen.fonts, seen.runs)
    return RawSheet(seen.name, cells, visible, seen.protected, scan.date1904, tuple(seen.merged))


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
    return RawWorkbook(tuple(sheets), scan.program, _notes(scan), scan.saved_at)


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
