"""The zip for an office: runtime, libraries, nq57xl, what is double-clicked. The same inputs give the same bytes.

NQ57/NQ57.cmd          starts the desk in the browser
NQ57/nq57xl.cmd        the same commands as everywhere, for a console
NQ57/HUONG-DAN.html    how to unpack and start, with its pictures in NQ57/hinh/
NQ57/PHIEN-BAN.txt     versions of everything inside
NQ57/python/           the runtime, isolated by python313._pth
NQ57/app/              the libraries as .pyc, nq57xl with its source
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

from packaging.utils import parse_wheel_filename

from tools.windows.libraries import unmet
from tools.windows.runtime import NUMBER, compile_sources, make_test_runtime, open_runtime, python_of_same_minor
from tools.windows.runtime import version_of as version_of_runtime
from tools.windows.wheels import fetch, locked_for_windows, needed, unpack

REPOSITORY = Path(__file__).resolve().parents[2]
PICTURES = REPOSITORY / "docs" / "pictures"
SHIPPED = Path(__file__).resolve().parent / "shipped"
BUILD = REPOSITORY / "build" / "windows"
DOWNLOADS = BUILD / "downloads"
TEST_RUNTIME = BUILD / f"python{NUMBER}"
TOP = "NQ57"
LARGEST = 75_000_000
"""Bytes of the zip: it goes by mail or on an old stick."""
LONGEST = 130
"""Letters of a path inside: Windows takes 260, and the office unpacks into a folder of its own."""
OWN = ("nq57xl", "make_shortcuts.py")
"""What keeps its source: an office may read what it runs."""
BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The time of every member: the first that a zip can tell."""


def build(runtime: Path | None, digest: str | None, output: Path) -> Path:
    """Builds the zip into a folder and returns its path. Without a runtime the one for tests goes in; the name of a zip
    says so unless its runtime is one whose SHA-256 was given."""
    tests_only = digest is None
    if runtime is None and not TEST_RUNTIME.is_dir():
        make_test_runtime(TEST_RUNTIME, DOWNLOADS)
    folder = BUILD / TOP
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    open_runtime(runtime or TEST_RUNTIME, digest, folder / "python")
    (folder / "python" / f"python{NUMBER}._pth").write_bytes(f"python{NUMBER}.zip\r\n.\r\n..\\app\r\n".encode())
    version = _fill_app(folder / "app")
    _add_shipped(folder)
    interpreter = version_of_runtime(folder / "python")
    (folder / "PHIEN-BAN.txt").write_bytes(_versions(folder / "app", version, interpreter, tests_only=tests_only))
    check(folder)
    output.mkdir(parents=True, exist_ok=True)
    target = output / f"NQ57-{version}-win64{'-chay-thu' if tests_only else ''}.zip"
    write_zip(folder, target)
    if target.stat().st_size > LARGEST:
        raise SystemExit(f"{target.name} has {target.stat().st_size:,} bytes, more than {LARGEST:,}")
    return target


def _fill_app(app: Path) -> str:
    """Unpacks nq57xl and what it needs; returns its version."""
    own = _own_wheel()
    locked = locked_for_windows((REPOSITORY / "requirements.lock").read_text(encoding="utf-8"))
    for wheel in (*needed([own], fetch(locked, DOWNLOADS)), own):
        unpack(wheel, app)
    shutil.copy(SHIPPED / "make_shortcuts.py", app)
    compile_sources(app, python_of_same_minor(), kept=OWN)
    return str(parse_wheel_filename(own.name)[1])


def _own_wheel() -> Path:
    folder = BUILD / "own"
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, check=True, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (wheel,) = folder.glob("nq57xl-*.whl")
    return wheel


def _add_shipped(folder: Path) -> None:
    for path in SHIPPED.iterdir():
        if path.suffix == ".cmd":  # cmd loses its place in files whose lines end otherwise
            (folder / path.name).write_bytes("\r\n".join(path.read_text("ascii").split("\n")).encode())
        elif path.suffix == ".html":
            shutil.copy(path, folder)
            for name in guide_pictures(path.read_text(encoding="utf-8")):
                (folder / "hinh").mkdir(exist_ok=True)
                shutil.copy(PICTURES / name, folder / "hinh")
    shutil.copy(REPOSITORY / "LICENSE", folder / "LICENSE.txt")
    write_icon(folder / "NQ57.ico")


def guide_pictures(page: str) -> list[str]:
    """Names of the pictures that the guide shows: those of docs/pictures."""
    return re.findall(r'src="hinh/([a-z0-9-]+\.png)"', page)


def write_icon(target: Path) -> None:
    """The picture of the shortcuts: without one they would show Python's."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGBA", (256, 256))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((8, 8, 247, 247), 44, fill="#b3261e")
    draw.text((128, 132), "57", fill="white", font=ImageFont.load_default(170), anchor="mm", stroke_width=5)
    picture.save(target, sizes=[(size, size) for size in (16, 24, 32, 48, 64, 256)])


def _versions(app: Path, version: str, interpreter: str, *, tests_only: bool) -> bytes:
    heading = [f"nq57xl {version}", f"Python {interpreter} (Windows 64 bit)"]
    if tests_only:
        heading.append("Bản chạy thử: không cài đặt, không phân phát. Bản phát hành dùng Python của python.org.")
    packages = sorted(path.name.removesuffix(".dist-info").replace("-", " ") for path in app.glob("*.dist-info"))
    lines = [*heading, "", "Thư viện kèm theo (giấy phép trong app\\*.dist-info):", *packages]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def check(folder: Path) -> None:
    """Refuses a folder that an office could not run: a library missing, a path too long or mixed up."""
    if lacking := unmet(folder):
        raise SystemExit(f"neither the folder nor Windows has {lacking}")
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
    if long := [name for name in names if len(name) > LONGEST]:
        raise SystemExit(f"paths of more than {LONGEST} letters: {long}")
    if strange := [name for name in names if not name.isascii() or set(name) & set('\\:*?"<>|')]:
        raise SystemExit(f"names that not every program unpacks: {strange}")
    if len({name.casefold() for name in names}) < len(names):
        raise SystemExit("two names differ in nothing but capitals")


def write_zip(folder: Path, target: Path) -> None:
    """Packs a folder under its own name, whole or not at all."""
    part = target.with_name(f"{target.name}.part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in _files(folder):
            member = zipfile.ZipInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}", BEGINNING)
            member.create_system = 0  # Python would name the system that it runs on
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, path.read_bytes())
    part.replace(target)


def _files(folder: Path) -> Iterable[Path]:
    return sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.as_posix())
