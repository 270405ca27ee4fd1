"""Old or odd spreadsheet formats, turned into .xlsx by LibreOffice where it is installed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from nq57xl.returns import limits

_WINDOWS_PLACES = (r"LibreOffice\program\soffice.com", r"LibreOffice\program\soffice.exe")
_FILTERS = {".xls": "MS Excel 97", ".ods": "calc8"}
"""Without a filter LibreOffice opens a broken file as plain text, and succeeds."""
_MAC_PLACE = "/Applications/LibreOffice.app/Contents/MacOS/soffice"


@cache
def soffice() -> str | None:
    """Path of LibreOffice's program; None where it is not installed. NQ57XL_SOFFICE overrides ("" means none)."""
    stated = os.environ.get("NQ57XL_SOFFICE")
    if stated is not None:
        return stated or None
    for name in ("soffice", "libreoffice"):
        if found := shutil.which(name):
            return found
    folders = [os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)")]
    places = [Path(folder, place) for folder in folders if folder for place in _WINDOWS_PLACES]
    return next((str(place) for place in (*places, Path(_MAC_PLACE)) if place.is_file()), None)


def to_xlsx(data: bytes, suffix: str, *, seconds: float = limits.CONVERT_SECONDS) -> bytes | None:
    """The workbook as .xlsx; None when LibreOffice is missing, fails or takes longer than `seconds`.

    Runs with a profile of its own in a temporary folder, so that an open LibreOffice neither hinders nor is hindered.
    """
    program = soffice()
    if program is None:
        return None
    with tempfile.TemporaryDirectory(prefix="nq57xl-", ignore_cleanup_errors=True) as folder:
        source, target = Path(folder, f"in{suffix}"), Path(folder, "out", "in.xlsx")
        source.write_bytes(data)
        command = [
            program,
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
