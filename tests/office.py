"""LibreOffice as a test instrument: converts, recalculates, and types into cells as a person does (pitfalls.md 9).

Each test process has profiles of its own, so that tests may run side by side, and for each profile one LibreOffice
that stays open: starting it costs more than what it is asked to do.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

XLSX = "Calc MS Excel 2007 XML"
XLS = "MS Excel 97"
ODS = "calc8"

Target = Literal["xlsx", "ods", "xls", "pdf"]

_FILTERS: dict[Target, str] = {"xlsx": XLSX, "ods": ODS, "xls": XLS, "pdf": "calc_pdf_Export"}
_SECONDS = 180
"""How long one order may take on a busy machine."""
_TYPIST = Path(__file__).with_name("uno_typist.py")

_LOCALE = (
    '<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">'
    "<value>{}</value></prop></item>"
)
_RECALCULATE = "".join(
    f'<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="{name}" oor:op="fuse">'
    "<value>0</value></prop></item>"
    for name in ("OOXMLRecalcMode", "ODFRecalcMode")
)


class OfficeError(RuntimeError):
    """LibreOffice did not do what it was asked to."""


@functools.cache
def profile(use: Literal["plain", "recalculating", "typing"] = "plain", locale: str = "vi-VN") -> str:
    """URL of a LibreOffice profile of this process; "recalculating": every file is, on loading.

    `locale`: the regional setting; by default dates are typed day first and decimals with a comma, as in the offices
    that get the forms.
    """
    folder = Path(tempfile.mkdtemp(prefix="nq57xl-lo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    user = folder / "user"
    user.mkdir()
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{_LOCALE.format(locale)}{_RECALCULATE if use == 'recalculating' else ''}</oor:items>\n"
    )
    (user / "registrymodifications.xcu").write_text(text, encoding="utf-8")
    return folder.as_uri()


def soffice() -> str:
    """Path of the program. Raises OfficeError when it is not installed."""
    found = shutil.which("soffice")
    if found is None:
        raise OfficeError("soffice is not on this machine")
    return found


def convert(file: Path, to: Target = "xlsx", *, recalc: bool = False, out: Path | None = None) -> Path:
    """Converts a file and returns the new one, in the folder `out` (default: a "lo" folder beside the file)."""
    return convert_all([file], to, recalc=recalc, out=out)[0]


def convert_all(
    files: Sequence[Path], to: Target = "xlsx", *, recalc: bool = False, out: Path | None = None
) -> list[Path]:
    """`convert` for several files in one start of the program; `out` is by default beside the first."""
    folder = out if out is not None else files[0].parent / "lo"
    folder.mkdir(parents=True, exist_ok=True)
    results = [folder / f"{file.stem}.{to}" for file in files]
    for file, result in zip(files, results, strict=True):
        order = {"file": file.resolve().as_uri(), "out": result.resolve().as_uri(), "filter": _FILTERS[to]}
        _obeyed(_running(recalc), order, result)
    return results


@functools.cache
def _running(recalc: bool) -> subprocess.Popen[str]:
    return _started(profile("recalculating" if recalc else "plain"))


def _started(profile_url: str) -> subprocess.Popen[str]:
    command = ["/usr/bin/python3", str(_TYPIST), soffice(), profile_url]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8")
    atexit.register(_ended, process)
    return process


def _ended(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()


def _obeyed(process: subprocess.Popen[str], order: Mapping[str, object], result: Path) -> None:
    """Raises OfficeError when the order was not carried out; the next order then starts LibreOffice anew."""
    result.unlink(missing_ok=True)
    assert process.stdin is not None and process.stdout is not None
    watch = threading.Timer(_SECONDS, process.kill)
    watch.start()
    try:
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
    except OSError as error:
        line = json.dumps(str(error))
    finally:
        watch.cancel()
    wrong = json.loads(line or '"LibreOffice is gone"')
    if wrong is not None or not result.is_file():
        _ended(process)
        _running.cache_clear()
        raise OfficeError(f"{order['file']}: {wrong or 'nothing was saved'}")


def type_into(
    file: Path,
    out: Path,
    entries: list[tuple[str, str, str]],
    filter_name: str = XLSX,
    *,
    pasted: Sequence[tuple[str, str, str]] = (),
    moved: Sequence[tuple[str, str, str]] = (),
    locked: Sequence[tuple[Path, str]] = (),
    password: str = "",
    locale: str = "vi-VN",
) -> None:
    """Opens `file`, types each text into (sheet, A1 address) as at the keyboard, saves as `out`.

    Before that, `pasted` texts are copied from a new workbook with its formats and pasted at (sheet, address); after
    it, cells are `moved`: cut at (sheet, address) and pasted over another address. At the end it is also saved as each
    of the `locked` (file, filter) with that password.
    Typing into a locked cell is refused by LibreOffice and leaves the cell as it was.
    Raises OfficeError when anything else goes wrong.
    """
    with tempfile.TemporaryDirectory(prefix="nq57xl-typed-") as folder:
        # a copy: LibreOffice leaves its lock file beside what it opened when it aborts
        copy = Path(shutil.copy(file, folder))
        order = {
            "file": copy.as_uri(),
            "out": out.resolve().as_uri(),
            "filter": filter_name,
            "entries": entries,
            "pasted": list(pasted),
            "moved": list(moved),
            "copies": [(path.resolve().as_uri(), name) for path, name in locked],
            "password": password,
        }
        if not (entries or pasted or moved):
            _obeyed(_running(False), order, out)
            return
        process = _started(profile("typing", locale))  # one of its own: it may abort once it has typed
        _obeyed(process, order, out)
        _ended(process)
