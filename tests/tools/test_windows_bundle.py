"""The zip for Windows: which wheels go in, what stays out, the same bytes each time (smoke.py runs it)."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from tools.windows import bundle, runtime
from tools.windows.libraries import exported, imported, read_image, unmet
from tools.windows.wheels import LockedWheel, fetch, is_fat, locked_for_windows, needed, unpack

REPOSITORY = Path(__file__).resolve().parents[2]
COMPILER = runtime.COMPILER
HASHES = [character * 64 for character in "abcdef"]


def wheel(folder: Path, name: str, *requires: str, version: str = "1.0", members: tuple[str, ...] = ()) -> Path:
    """A wheel of nothing but its metadata and empty members."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    metadata = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {line}" for line in requires)]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}-{version}.dist-info/METADATA", "\n".join(metadata) + "\n")
        for member in members:
            archive.writestr(zipfile.ZipInfo(member), member)
    return path


def library(folder: Path, name: str, source: str, *options: str) -> Path:
    """A library for Windows, compiled from a line of C."""
    (folder / "source.c").write_text(source, encoding="ascii")
    command = [
        COMPILER,
        "-shared",
        "-nostdlib",
        "-Wl,-e,0",
        "-o",
        str(folder / name),
        str(folder / "source.c"),
        *options,
    ]
    subprocess.run(command, check=True, capture_output=True)
    return folder / name


def test_markers_are_read_for_windows() -> None:
    """Of a lock file's entries those count whose markers hold on Windows with the runtime's Python."""
    text = "".join(
        f"{entry} \\\n    --hash=sha256:{first} \\\n    --hash=sha256:{second}\n    # via other\n"
        for entry, first, second in (
            ("old==1.0 ; python_full_version < '3.12'", HASHES[0], HASHES[1]),
            ("old==2.0 ; python_full_version >= '3.12'", HASHES[2], HASHES[3]),
            ("Colour_Ama==0.4 ; sys_platform == 'win32'", HASHES[4], HASHES[5]),
            ("uvloop==1.0 ; sys_platform != 'win32'", HASHES[0], HASHES[1]),
            ("plain==3.1", HASHES[0], HASHES[1]),
        )
    )
    locked = locked_for_windows("# made by a tool\n" + text)
    assert [(entry.name, entry.version) for entry in locked] == [
        ("old", "2.0"),
        ("colour-ama", "0.4"),
        ("plain", "3.1"),
    ]
    assert locked[0].hashes == {HASHES[2], HASHES[3]}
    assert locked[0].requirement == f"old==2.0 --hash=sha256:{HASHES[2]} --hash=sha256:{HASHES[3]}"


def test_lock_file_names_each_package_once_for_windows() -> None:
    """requirements.lock has one version of each package for Windows, hashed, and all that pyproject.toml asks for."""
    locked = locked_for_windows((REPOSITORY / "requirements.lock").read_text(encoding="utf-8"))
    names = [entry.name for entry in locked]
    assert len(names) == len(set(names))
    assert all(entry.hashes for entry in locked)
    asked = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert {line.split(">")[0].split("[")[0] for line in asked} <= set(names)


def test_only_what_is_needed_goes_in(tmp_path: Path) -> None:
    """The libraries are those that nq57xl needs on Windows, also through an extra; what only builds stays out."""
    own = wheel(tmp_path, "own", "web[fast]>=1", "posix; sys_platform != 'win32'", "docs; extra == 'docs'")
    found = {
        "web": wheel(tmp_path, "web", "base", "quick; extra == 'fast'", "slow; extra == 'slow'"),
        "base": wheel(tmp_path, "base", "web"),
        "quick": wheel(tmp_path, "quick"),
        "hatchling": wheel(tmp_path, "hatchling"),
    }
    assert needed([own], found) == [found[name] for name in ("base", "quick", "web")]
    del found["quick"]
    with pytest.raises(SystemExit, match="quick"):
        needed([own], found)


def test_changed_download_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel on disk counts by its hash: whole it is not asked for again, changed it is, and refused."""
    asked: list[str] = []
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: asked.append(Path(command[command.index("-r") + 1]).read_text())
    )
    path = wheel(tmp_path, "some")
    digest = sha256(path.read_bytes()).hexdigest()
    entry = LockedWheel("some", "1.0", frozenset([digest]))
    assert fetch([entry], tmp_path) == {"some": path}
    assert asked == []
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(SystemExit, match="some"):
        fetch([entry], tmp_path)
    assert asked == [f"some==1.0 --hash=sha256:{digest}\n"]


def test_fat_stays_out(tmp_path: Path) -> None:
    """Tests, sources of machine code and scripts are left out; what a wheel puts elsewhere comes to its place."""
    members = (
        "some/__init__.py",
        "some/testing.py",
        "some/tests/test_it.py",
        "some/core.pyi",
        "some-1.0.data/platlib/some/fast.pyd",
        "some-1.0.data/scripts/some.py",
        "some-1.0.dist-info/RECORD",
        "some-1.0.dist-info/licenses/LICENSE",
    )
    unpack(wheel(tmp_path, "some", members=members), tmp_path / "app")
    left = {path.relative_to(tmp_path / "app").as_posix() for path in (tmp_path / "app").rglob("*") if path.is_file()}
    kept = {"some/__init__.py", "some/testing.py", "some/fast.pyd"}
    assert left == {*kept, "some-1.0.dist-info/METADATA", "some-1.0.dist-info/licenses/LICENSE"}


def test_own_files_are_never_fat() -> None:
    """No file of nq57xl, templates/ or schemas/ is taken for fat of a wheel."""
    listed = subprocess.run(["git", "ls-files", "nq57xl"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    data = [path for top in ("templates", "schemas") for path in (REPOSITORY / top).rglob("*")]
    names = listed.stdout.split() + [f"nq57xl/_data/{path.relative_to(REPOSITORY).as_posix()}" for path in data]
    assert len(names) > 100
    assert [name for name in names if is_fat(name) and not name.endswith("py.typed")] == []


def test_member_outside_is_refused(tmp_path: Path) -> None:
    """A wheel with a member that would lie outside of the folder is refused."""
    with pytest.raises(SystemExit, match="outside"):
        unpack(wheel(tmp_path, "some", members=("../elsewhere.py",)), tmp_path / "app")
    assert not (tmp_path / "elsewhere.py").exists()


def test_same_folder_same_zip(tmp_path: Path) -> None:
    """Whatever the order, times and rights of its files, a folder gives the same zip, and whole."""
    names = ["b.txt", "a/c.txt", "a/b.txt"]
    zips = []
    for number, order in enumerate((names, names[::-1])):
        folder = tmp_path / str(number) / "NQ57"
        for name in order:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(name * 100, encoding="utf-8")
            (folder / name).chmod(0o600 + number * 0o111)
        bundle.write_zip(folder, tmp_path / f"{number}.zip")
        zips.append((tmp_path / f"{number}.zip").read_bytes())
    assert zips[0] == zips[1]
    with zipfile.ZipFile(tmp_path / "0.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["NQ57/a/b.txt", "NQ57/a/c.txt", "NQ57/b.txt"]
        assert {member.create_system for member in archive.infolist()} == {0}


def test_sources_are_compiled_once_and_for_good(tmp_path: Path) -> None:
    """Libraries keep their compiled files only, nq57xl its source too; compiled twice they are the same bytes."""
    found = []
    for number in range(2):
        folder = tmp_path / str(number)
        for name in ("library/sets.py", "nq57xl/own.py"):
            (folder / name).parent.mkdir(parents=True)
            (folder / name).write_text(
                "WORDS = {'a', 'b', 'c', 'd'}\nif 1 in {'x', 'y', 'z'}: pass\n", encoding="utf-8"
            )
        runtime.compile_sources(folder, Path(sys.executable), kept=("nq57xl",))
        found.append({path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py*")})
    cached = f"nq57xl/__pycache__/own.{sys.implementation.cache_tag}.pyc"
    assert set(found[0]) == {"library/sets.pyc", "nq57xl/own.py", cached}
    assert found[0] == found[1]
    assert found[0][cached][4] == 0b01, "the flag of a hash that is not looked at"


def test_runtime_is_what_its_hash_says(tmp_path: Path) -> None:
    """A runtime's zip is taken with the right SHA-256 only, and only if it is one."""
    source = tmp_path / "embed.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for name in runtime.PARTS:
            archive.writestr(name, name)
    digest = sha256(source.read_bytes()).hexdigest()
    runtime.open_runtime(source, digest.upper(), tmp_path / "good")
    assert sorted(path.name for path in (tmp_path / "good").iterdir()) == sorted(runtime.PARTS)
    for wrong in (None, "0" * 64):
        with pytest.raises(runtime.RuntimeRefused):
            runtime.open_runtime(source, wrong, tmp_path / "bad")
    (tmp_path / "good" / "python313.dll").unlink()
    with pytest.raises(runtime.RuntimeRefused, match=r"python313\.dll"):
        runtime.open_runtime(tmp_path / "good", None, tmp_path / "copy")


def test_version_of_a_runtime(tmp_path: Path) -> None:
    """The version is the one that the interpreter's library states; a build of no release is refused."""
    (tmp_path / runtime.LIBRARY).write_bytes(b"MZ\0 main tags/v3.13.11\0 3.13.0")
    assert runtime.version_of(tmp_path) == "3.13.11"
    (tmp_path / runtime.LIBRARY).write_bytes(b"MZ\0 3.13.0 heads/main")
    with pytest.raises(runtime.RuntimeRefused):
        runtime.version_of(tmp_path)


@pytest.mark.needs(COMPILER)
def test_missing_library_is_named(tmp_path: Path) -> None:
    """A library that neither the folder nor Windows has is named with who asks for it."""
    (tmp_path / "app").mkdir()
    source = "__declspec(dllexport) int four(void) { return 4; } __declspec(dllexport) int five(void) { return 5; }"
    given = library(tmp_path, "msvcp140.dll", source)
    asking = library(
        tmp_path, "app/fast.pyd", "int four(void); __declspec(dllexport) int f(void) { return four(); }", str(given)
    )
    assert exported(given) == ["five", "four"]
    assert list(imported(asking)) == ["msvcp140.dll"]
    assert unmet(tmp_path) == {}
    given.rename(tmp_path / "other.dll")
    assert unmet(tmp_path) == {"msvcp140.dll": ["app/fast.pyd"]}


def test_what_is_no_program_is_refused(tmp_path: Path) -> None:
    """A file that only has the name of a library is refused, not taken for one that asks for nothing."""
    (tmp_path / "fast.pyd").write_bytes(b"\x7fELF")
    with pytest.raises(ValueError, match=r"fast\.pyd"):
        read_image(tmp_path / "fast.pyd")


def test_names_that_windows_cannot_hold_are_refused(tmp_path: Path) -> None:
    """A folder is refused for a path too long, a name that is not ASCII, or two that differ in capitals."""
    for number, names in enumerate((["a" * 131], ["hướng.txt"], ["Read.txt", "read.txt"])):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name in names:
            (folder / name).touch()
        with pytest.raises(SystemExit):
            bundle.check(folder)


def test_what_is_double_clicked_is_plain() -> None:
    """The .cmd files are ASCII, name every program by the folder they lie in, quoted, and never let Python write."""
    for path in sorted(bundle.SHIPPED.glob("*.cmd")):
        starts = [line for line in path.read_bytes().decode("ascii").split("\n") if "-m " in line]
        assert starts, path.name
        for line in starts:
            assert '"%~dp0python\\python' in line and " -B " in line
    assert 'pythonw.exe" -B -X utf8 -m nq57xl serve' in (bundle.SHIPPED / "NQ57.cmd").read_text("ascii")


def test_guide_asks_for_nothing_from_elsewhere() -> None:
    """The guide loads nothing but its pictures, which lie beside it with the files that it names."""
    text = (bundle.SHIPPED / "HUONG-DAN.html").read_text(encoding="utf-8").replace('src="hinh/', "")
    assert [word for word in ("http:", "https:", "src=", "<script", "@import", "url(") if word in text] == []
    for name in ("NQ57.cmd", "nq57xl", "PHIEN-BAN.txt", "Unblock"):
        assert name in text


def test_the_guides_pictures_are_there() -> None:
    """The guide in the zip shows pages of the desk; each picture is one of docs/pictures and small."""
    names = bundle.guide_pictures((bundle.SHIPPED / "HUONG-DAN.html").read_text(encoding="utf-8"))
    assert len(names) >= 2
    assert all((bundle.PICTURES / name).stat().st_size < 150_000 for name in names)
