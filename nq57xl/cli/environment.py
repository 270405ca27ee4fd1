"""What the machine and its environment say: the time, the user, LibreOffice. Nothing below this room reads them."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nq57xl.errors import Nq57Error
from nq57xl.text.clock import VIETNAM, Clock, in_vietnam

if TYPE_CHECKING:
    from nq57xl.commands.office import Office

_WINDOWS_PLACES = (r"LibreOffice\program\soffice.com", r"LibreOffice\program\soffice.exe")
_MAC_PLACE = "/Applications/LibreOffice.app/Contents/MacOS/soffice"


def office_at(folder: Path, announce: Callable[[str], None] | None = None) -> Office:
    """The office whose workspace the folder is, on this machine, with this user. Raises Nq57Error when it is none.

    `announce` hears in words what was done unasked.
    """
    from nq57xl.commands.office import Office

    server = os.environ.get("NQ57XL_LEDGER", "").strip()
    return Office.at(folder, clock(), person=_person(), soffice=_soffice(), announce=announce, server=server)


def clock() -> Clock:
    """The machine's clock, or the moment at which NQ57XL_NOW (ISO 8601; without an offset it is Vietnamese time) or
    SOURCE_DATE_EPOCH (seconds) fix it for reproducible runs; the first wins. Raises Nq57Error for an unreadable one."""
    for name in ("NQ57XL_NOW", "SOURCE_DATE_EPOCH"):
        text = os.environ.get(name, "").strip()
        if not text:
            continue
        try:
            if name == "NQ57XL_NOW":
                return Clock(in_vietnam(dt.datetime.fromisoformat(text)))
            return Clock(dt.datetime.fromtimestamp(int(text), VIETNAM))
        except (ValueError, OverflowError, OSError) as error:
            raise Nq57Error(f"Biến môi trường {name} có giá trị «{text}» không đọc được thành thời điểm.") from error
    return Clock()


def _person() -> str:
    """Name of the user, best effort: empty when the system does not tell."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _soffice() -> str | None:
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
