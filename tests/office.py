"""LibreOffice as a test instrument: converts, recalculates, and types into cells as a person does (pitfalls.md 9).

Each process has profiles of its own, so that tests may run side by side.
"""

from __future__ import annotations

import atexit
import functools
import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

XLSX = "Calc MS Excel 2007 XML"
XLS = "MS Excel 97"
ODS = "calc8"

Target = Literal["xlsx", "ods", "xls", "pdf", "csv"]

_FILTERS = {"xlsx": f"xlsx:{XLSX}", "ods": f"ods:{ODS}", "xls": "xls:MS Excel 97", "pdf": "pdf:calc_pdf_Export"}
_TYPIST = Path(__file__).with_name("uno_typist.py")

# vi-VN: dates are typed day first and decimals with a comma, as in the offices that get the forms
_LOCALE = (
    '<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">'
    "<value>vi-VN</value></prop></item>"
)
_RECALCULATE = "".join(
    f'<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="{name}" oor:op="fuse">'
    "<value>0</value></prop></item>"
    for name in ("OOXMLRecalcMode", "ODFRecalcMode")
)


class OfficeError(RuntimeError):
    """LibreOffice did not do what it was asked to."""


@functools.cache
def profile(recalc: bool = False) -> str:
    """URL of this process's LibreOffice profile; with `recalc` one that recalculates every file on loading."""
    folder = Path(tempfile.mkdtemp(prefix="nq57xl-lo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    user = folder / "user"
    user.mkdir()
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{_LOCALE}{_RECALCULATE if recalc else ''}</oor:items>\n"
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
    command = [
        soffice(),
        f"-env:UserInstallation={profile(recalc)}",
        "--headless",
        "--norestore",
        "--convert-to",
        _FILTERS.get(to, to),
        "--outdir",
        str(folder),
        *map(str, files),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180 + 10 * len(files), check=False)
    results = [folder / f"{file.stem}.{to}" for file in files]
    missing = [str(result) for result in results if not result.is_file()]
    if missing:
        raise OfficeError(f"no {', '.join(missing)}: {done.stdout}{done.stderr}")
    return results


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
) -> None:
    """Opens `file`, types each text into (sheet, A1 address) as at the keyboard, saves as `out`.

    Before that, `pasted` texts are copied from a new workbook with its formats and pasted at (sheet, address); after
    it, cells are `moved`: cut at (sheet, address) and pasted over another address. At the end it is also saved as each
    of the `locked` (file, filter) with that password.
    Typing into a locked cell is refused by LibreOffice and leaves the cell as it was. Needs the system's Python with
    python3-uno (marker needs("uno")). Raises OfficeError when anything else goes wrong.
    """
    with tempfile.TemporaryDirectory(prefix="nq57xl-typed-") as folder:
        # a copy: LibreOffice leaves its lock file beside what it opened when it aborts
        copy = Path(shutil.copy(file, folder))
        order = {
            "soffice": soffice(),
            "profile": profile(),
            "file": copy.as_uri(),
            "out": out.resolve().as_uri(),
            "filter": filter_name,
            "entries": entries,
            "pasted": list(pasted),
            "moved": list(moved),
            "copies": [(path.resolve().as_uri(), name) for path, name in locked],
            "password": password,
        }
        done = subprocess.run(
            ["/usr/bin/python3", str(_TYPIST)],
            input=json.dumps(order),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
    if done.returncode != 0 or not out.is_file():
        raise OfficeError(done.stdout + done.stderr)
