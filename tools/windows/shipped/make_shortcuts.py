"""Makes the shortcut «NQ57» in the start menu of whoever runs it, and on the desktop the first time.

Needs no administrator and no other program. Those that exist are made anew when the folder has moved. The one on the
desktop comes only together with that in the start menu: whoever deletes it does not want it.
"""

from __future__ import annotations

import ctypes
import sys
import uuid
from pathlib import Path

assert sys.platform == "win32"

DESKTOP = "B4BFCC3A-DB2C-424C-B029-7FE99A87C641"
PROGRAMS = "A77F5D77-2E2B-44C3-A6A2-ABA601054A51"
DOCUMENTS = "FDD39AD0-238F-46AF-ADB4-6C85480369C7"
SHELL_LINK = "00021401-0000-0000-C000-000000000046"
I_SHELL_LINK = "000214F9-0000-0000-C000-000000000046"
I_PERSIST_FILE = "0000010B-0000-0000-C000-000000000046"

NAME = "NQ57.lnk"
ARGUMENTS = "-B -X utf8 -m nq57xl serve"
DESCRIPTION = "Thu thập và tổng hợp báo cáo thực hiện Nghị quyết 57-NQ/TW"
LONGEST = 32767


def main() -> None:
    """Makes what is missing."""
    ctypes.oledll.ole32.CoInitialize(None)
    program = Path(sys.executable).with_name("pythonw.exe")
    desktop, menu = known_folder(DESKTOP) / NAME, known_folder(PROGRAMS) / NAME
    if not menu.exists():
        wanted = [desktop, menu]
    elif shortcut_target(menu) != program:
        wanted = [path for path in (desktop, menu) if path.exists()]
    else:
        wanted = []
    for path in wanted:
        save_shortcut(path, program)


def known_folder(identity: str) -> Path:
    """A folder of this user's, wherever it was moved to."""
    place = ctypes.c_wchar_p()
    ctypes.oledll.shell32.SHGetKnownFolderPath(_guid(identity), 0, None, ctypes.byref(place))
    if place.value is None:
        raise OSError(f"no folder {identity}")
    return Path(place.value)


def save_shortcut(path: Path, program: Path) -> None:
    """Writes a shortcut that starts the desk; raises OSError when the folder takes none."""
    link, file = _new_link()
    text = ctypes.WINFUNCTYPE(ctypes.HRESULT, ctypes.c_wchar_p)
    text(20, "SetPath")(link, str(program))
    text(11, "SetArguments")(link, ARGUMENTS)
    text(7, "SetDescription")(link, DESCRIPTION)
    text(9, "SetWorkingDirectory")(link, str(known_folder(DOCUMENTS)))
    icon = ctypes.WINFUNCTYPE(ctypes.HRESULT, ctypes.c_wchar_p, ctypes.c_int)(17, "SetIconLocation")
    icon(link, str(program.parents[1] / "NQ57.ico"), 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    ctypes.WINFUNCTYPE(ctypes.HRESULT, ctypes.c_wchar_p, ctypes.c_int)(6, "Save")(file, str(path), 1)


def shortcut_target(path: Path) -> Path:
    """The program that a shortcut starts."""
    link, file = _new_link()
    ctypes.WINFUNCTYPE(ctypes.HRESULT, ctypes.c_wchar_p, ctypes.c_uint32)(5, "Load")(file, str(path), 0)
    told = ctypes.create_unicode_buffer(LONGEST)
    get = ctypes.WINFUNCTYPE(ctypes.HRESULT, ctypes.c_wchar_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint32)
    get(3, "GetPath")(link, told, LONGEST, None, 0)
    return Path(told.value)


def _new_link() -> tuple[ctypes.c_void_p, ctypes.c_void_p]:
    """A shortcut of the shell's, and the same as something to load and save; methods go by their place in each."""
    link, file = ctypes.c_void_p(), ctypes.c_void_p()
    create = ctypes.oledll.ole32.CoCreateInstance
    create(_guid(SHELL_LINK), None, 1, _guid(I_SHELL_LINK), ctypes.byref(link))
    query = ctypes.WINFUNCTYPE(ctypes.HRESULT, ctypes.c_void_p, ctypes.c_void_p)(0, "QueryInterface")
    query(link, _guid(I_PERSIST_FILE), ctypes.byref(file))
    return link, file


def _guid(text: str) -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(uuid.UUID(text).bytes_le, 16)


if __name__ == "__main__":
    main()
