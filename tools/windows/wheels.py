"""The locked wheels for Windows: which of a lock file are meant, fetched by hash, unpacked without their fat."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from email.parser import HeaderParser
from fnmatch import fnmatch
from hashlib import sha256
from pathlib import Path

from attrs import frozen
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

PYTHON = "3.13"
PLATFORM = "win_amd64"
ENVIRONMENT = {
    "implementation_name": "cpython",
    "implementation_version": f"{PYTHON}.0",
    "os_name": "nt",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "platform_release": "10",
    "platform_system": "Windows",
    "platform_version": "10.0.19045",
    "python_full_version": f"{PYTHON}.0",
    "python_version": PYTHON,
    "sys_platform": "win32",
}
"""What the markers of the lock file are asked about; pip would ask about the machine that builds."""

FAT = (
    "*/tests/*",
    "*/sboms/*",
    "*.data/*",
    "*.dist-info/RECORD",
    "*.dist-info/WHEEL",
    "*.dist-info/top_level.txt",
    *(f"*.{ending}" for ending in ("pyi", "pyx", "pxd", "pxi", "h", "hpp", "c", "cpp", "lib", "exe", "typed")),
    "numpy/f2py/*",
    "numpy/_pyinstaller/*",
    "sqlalchemy/testing/*",
    # written for Python 2
    "olefile/olefile2.py",
    # pictures of rarer kinds, letters and colours in pictures: PDF pages are read here, not drawn
    *(f"PIL/_{part}.*.pyd" for part in ("avif", "webp", "imagingft", "imagingcms", "imagingtk")),
    # colours for printed source code; names of holidays in other languages
    "pygments/lexers/[!_]*",
    "holidays/locale/[!ev]*",
)
"""Members of wheels that nobody runs: tests, what compilers need, lists of what the wheel itself was built from, parts
that are loaded only when asked for and that nq57xl never asks for."""


@frozen
class LockedWheel:
    """One entry of a lock file that is meant for Windows."""

    name: str
    """As packaging writes it: lower case, hyphens."""
    version: str
    hashes: frozenset[str]
    """SHA-256 in hexadecimal of each file that may stand for it."""

    @property
    def requirement(self) -> str:
        """The line that pip is given."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{value}" for value in sorted(self.hashes))])


def locked_for_windows(text: str) -> list[LockedWheel]:
    """The entries of a hashed requirements file whose markers hold on Windows, in the file's order."""
    wheels = []
    for entry in re.split(r"\n(?=[A-Za-z0-9])", f"\n{text}")[1:]:
        requirement = Requirement(entry.split("\n", 1)[0].rstrip(" \\"))
        if requirement.marker is None or requirement.marker.evaluate(ENVIRONMENT):
            (version,) = (part.version for part in requirement.specifier)
            hashes = frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", entry))
            wheels.append(LockedWheel(canonicalize_name(requirement.name), version, hashes))
    return wheels


def fetch(wheels: Iterable[LockedWheel], folder: Path) -> dict[str, Path]:
    """The file of each wheel by its name; downloads what the folder lacks. Every file's hash is one of its entry's."""
    wheels = list(wheels)
    folder.mkdir(parents=True, exist_ok=True)
    found = _found(wheels, folder)
    missing = [wheel for wheel in wheels if wheel.name not in found]
    if missing:
        listed = folder / "missing.txt"
        listed.write_text("".join(f"{wheel.requirement}\n" for wheel in missing), encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "-qqq", "--disable-pip-version-check", "--no-deps"]
        command += ["--platform", PLATFORM, "--python-version", PYTHON, "--only-binary=:all:", "--require-hashes"]
        subprocess.run([*command, "-r", str(listed), "-d", str(folder)], check=True)
        listed.unlink()
        found = _found(wheels, folder)
    absent = sorted({wheel.name for wheel in wheels} - found.keys())
    if absent:
        raise SystemExit(f"no wheel for Windows with a hash of the lock file: {', '.join(absent)}")
    return found


def _found(wheels: Iterable[LockedWheel], folder: Path) -> dict[str, Path]:
    hashes = {(wheel.name, wheel.version): wheel.hashes for wheel in wheels}
    found = {}
    for path in sorted(folder.glob("*.whl")):
        name, version, _, _ = parse_wheel_filename(path.name)
        if sha256(path.read_bytes()).hexdigest() in hashes.get((name, str(version)), ()):
            found[str(name)] = path
    return found


def needed(roots: Iterable[Path], wheels: dict[str, Path]) -> list[Path]:
    """The wheels that the roots need, directly or through others, by name: the lock file also holds what builds."""
    reached: dict[str, set[str]] = {}
    waiting = [(requirement, path) for path in roots for requirement in _required(path, set())]
    while waiting:
        requirement, asking = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name not in wheels:
            raise SystemExit(f"the lock file lacks {name} for Windows, which {asking.name} needs")
        extras = reached.get(name, set()) | requirement.extras
        if name not in reached or extras != reached[name]:
            reached[name] = extras
            waiting += [(further, wheels[name]) for further in _required(wheels[name], extras)]
    return [wheels[name] for name in sorted(reached)]


def _required(path: Path, extras: set[str]) -> Iterator[Requirement]:
    with zipfile.ZipFile(path) as wheel:
        (name,) = (name for name in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        lines = HeaderParser().parsestr(wheel.read(name).decode()).get_all("Requires-Dist", [])
    for requirement in map(Requirement, lines):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({**ENVIRONMENT, "extra": extra}) for extra in ("", *extras)):
            yield requirement


def unpack(path: Path, target: Path) -> None:
    """Writes what a wheel holds, without its fat and its scripts."""
    with zipfile.ZipFile(path) as wheel:
        for member in wheel.infolist():
            name = re.sub(r"^[^/]+\.data/(?:purelib|platlib)/", "", member.filename)
            if member.is_dir() or is_fat(name):
                continue
            place = target / name
            if not place.resolve().is_relative_to(target.resolve()):
                raise SystemExit(f"{path.name}: a member outside: {name}")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(wheel.read(member))


def is_fat(name: str) -> bool:
    """Whether a member of a wheel stays out."""
    return any(fnmatch(name, pattern) for pattern in FAT)
