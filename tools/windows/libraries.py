"""What programs for Windows ask for: reads the import and export tables of .exe, .dll and .pyd files (PE32+)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

WINDOWS = frozenset(
    (
        *("advapi32.dll", "bcrypt.dll", "bcryptprimitives.dll", "crypt32.dll", "gdi32.dll", "iphlpapi.dll"),
        *("kernel32.dll", "msvcrt.dll", "ntdll.dll", "ole32.dll", "oleaut32.dll", "propsys.dll", "psapi.dll"),
        *("rpcrt4.dll", "secur32.dll", "shell32.dll", "shlwapi.dll", "ucrtbase.dll", "user32.dll", "userenv.dll"),
        *("version.dll", "winmm.dll", "ws2_32.dll"),
    )
)
"""Libraries that every Windows 10 has; the names that begin with api-ms-win- besides. Not msvcp140 and its kin: those
come with other programs or not at all."""


@frozen
class Image:
    """A file of machine code, as it lies on disk."""

    data: bytes
    tables: tuple[int, int]
    """Addresses in memory of the export and the import table; 0 where there is none."""
    sections: tuple[tuple[int, int, int], ...]
    """Address in memory, size and place in the file of each section."""

    def place(self, address: int) -> int:
        """Where in the file an address in memory lies; raises ValueError outside of every section."""
        for start, size, offset in self.sections:
            if start <= address < start + size:
                return address - start + offset
        raise ValueError(f"no section holds {address:#x}")

    def text(self, address: int) -> str:
        """The text that ends with a zero byte at an address in memory."""
        start = self.place(address)
        return self.data[start : self.data.index(b"\0", start)].decode("ascii")


def read_image(path: Path) -> Image:
    """The tables and sections of a file of machine code for 64 bits; raises ValueError for any other file."""
    data = path.read_bytes()
    if data[:2] != b"MZ":
        raise ValueError(f"{path.name} is no program or library of Windows")
    (start,) = struct.unpack_from("<I", data, 0x3C)
    signature, machine, count, _, _, _, optional, _ = struct.unpack_from("<4sHHIIIHH", data, start)
    (magic,) = struct.unpack_from("<H", data, start + 24)
    if (signature, machine, magic) != (b"PE\0\0", 0x8664, 0x20B):
        raise ValueError(f"{path.name} is not for Windows of 64 bits")
    exports, _, imports, _ = struct.unpack_from("<4I", data, start + 24 + 112)
    sections = []
    for number in range(count):
        size, address, _, offset = struct.unpack_from("<4I", data, start + 24 + optional + 40 * number + 8)
        sections.append((address, size, offset))
    return Image(data, (exports, imports), tuple(sections))


def imported(path: Path) -> Iterator[str]:
    """Names of the libraries without which a file does not load, in lower case."""
    image = read_image(path)
    if image.tables[1]:
        entry = image.place(image.tables[1])
        while (name := struct.unpack_from("<5I", image.data, entry)[3]) != 0:
            yield image.text(name).lower()
            entry += 20


def exported(path: Path) -> list[str]:
    """Names that a library offers."""
    image = read_image(path)
    if not image.tables[0]:
        return []
    table = struct.unpack_from("<10I", image.data, image.place(image.tables[0]))
    count, names = table[6], image.place(table[8])
    return [image.text(address) for address in struct.unpack_from(f"<{count}I", image.data, names)]


def unmet(folder: Path) -> dict[str, list[str]]:
    """Libraries that neither the folder nor Windows has, each with the files that ask for them."""
    files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in (".exe", ".dll", ".pyd")]
    known = WINDOWS | {path.name.lower() for path in files}
    lacking: dict[str, list[str]] = {}
    for path in files:
        for name in imported(path):
            if name not in known and not name.startswith("api-ms-win-"):
                lacking.setdefault(name, []).append(path.relative_to(folder).as_posix())
    return lacking
