"""Does the zip work where an office unpacks it? Runs it under wine from a folder with blanks and Vietnamese letters.

python -m tools.windows smoke ZIP

What comes out is held against what this machine's Python makes of the same. Each check is a function whose first line
says what it claims; the first that fails does not stop the others.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from pathlib import Path, PureWindowsPath

from attrs import frozen

from tools.windows.bundle import BUILD, DOWNLOADS, REPOSITORY, TOP
from tools.windows.desk_client import running_desk
from tools.windows.runtime import wine_only
from tools.windows.wine import Windows, new_windows

HOME = "C:\\Phần mềm của Sở (dùng chung)"
PROGRAM = f"{HOME}\\{TOP}"
OPTIONS = ("-B", "-X", "utf8")
DEMO = "C:\\Báo cáo tháng 4\\chạy thử"
COPY = "C:\\Báo cáo tháng 4\\bản sao"
PLANS = ("bql-2026", "sxd-2026")
PLAN, PERIOD = "sxd-2026", "2026-04"
FOLDERS = {
    "desktop": "B4BFCC3A-DB2C-424C-B029-7FE99A87C641",
    "programs": "A77F5D77-2E2B-44C3-A6A2-ABA601054A51",
    "documents": "FDD39AD0-238F-46AF-ADB4-6C85480369C7",
    "local": "F1B32785-6FBA-4FCF-9D55-7B8E7F157091",
}
"""What Windows calls a person's folders, wherever they were moved to."""
LARGE = 20_000_000
"""Bytes of a file that is dropped on the page."""
VOLATILE = {"sha256", "received_at", "id", "issue"}
"""Keys whose values differ between two runs of the demo, or are the time of the run."""


@frozen
class Trial:
    """What the checks work with."""

    windows: Windows
    here: Path
    """The demo as this machine made it."""

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs the unpacked interpreter."""
        return self.windows.run(f"{PROGRAM}\\python\\python.exe", *OPTIONS, *arguments)

    @cached_property
    def folders(self) -> dict[str, Path]:
        """Folders of the person who runs the program, as Windows tells them; where they lie on this machine."""
        asked = "from make_shortcuts import known_folder\n"
        asked += f"for identity in {[*FOLDERS.values()]}: print(known_folder(identity))"
        told = self.python("-c", asked).stdout.splitlines()
        return {name: self.windows.path(place) for name, place in zip(FOLDERS, told, strict=True)}

    @property
    def note(self) -> Path:
        """Where a running desk says so."""
        return self.folders["local"] / "NQ57" / "may-chu.json"

    def nq57xl(self, *arguments: str) -> str:
        """Runs a command in the unpacked program; its stdout. Fails when the command does."""
        result = self.python("-m", "nq57xl", *arguments)
        assert result.returncode == 0, f"{arguments}: exit {result.returncode}\n{result.stdout}{result.stderr}"
        return result.stdout


def libraries_load(trial: Trial) -> None:
    """Every library in the zip loads, with every part of it that is machine code."""
    app = trial.windows.path(f"{PROGRAM}\\app")
    modules = [path.relative_to(app).as_posix().split(".")[0].replace("/", ".") for path in app.rglob("*.pyd")]
    packages = {
        path.name.split(".")[0] for path in app.iterdir() if path.suffix == ".pyc" or (path / "__init__.pyc").exists()
    }
    names = sorted({*modules, *packages} - {"pypdfium2_cli"})
    told = trial.python("-c", f"import importlib\nfor name in {names}: importlib.import_module(name)")
    assert told.returncode == 0, told.stderr


def isolated(trial: Trial) -> None:
    """The interpreter looks nowhere but into its own folder."""
    told = trial.python("-c", "import sys; print(sys.flags.isolated, sys.flags.no_site, *sys.path, sep='|')")
    places = told.stdout.strip().split("|")
    assert places == ["1", "1", *(f"{PROGRAM}\\{name}" for name in ("python\\python313.zip", "python", "app"))], told


def version_and_help(trial: Trial) -> None:
    """--version and --help say the same as here."""
    for option in ("--version", "--help"):
        assert _lines(trial.nq57xl(option)) == _lines(_here(option))


def console(trial: Trial) -> None:
    """nq57xl.cmd hands on arguments with blanks and Vietnamese letters."""
    command = ["cmd", "/c", "nq57xl.cmd", "-w", f"{COPY}\\{PLAN}", "status", "--period", PERIOD, "--json"]
    result = trial.windows.run(*command, folder=PROGRAM)
    assert json.loads(result.stdout)["plan"] == PLAN, result


def double_click(trial: Trial) -> None:
    """NQ57.cmd opens the page, without a console; it makes both shortcuts, and none again that somebody deleted."""
    desktop, menu = (trial.folders[name] / "NQ57.lnk" for name in ("desktop", "programs"))
    assert not desktop.exists() and not menu.exists()
    trial.windows.start("cmd", "/c", "NQ57.cmd", folder=PROGRAM)
    _wait(menu.exists)
    _wait(trial.note.exists)
    # wine tells a shortcut's target in the letters of the code page only, but writes all of them
    assert "Phần mềm của Sở (dùng chung)".encode("utf-16-le") in menu.read_bytes()
    desktop.unlink()
    assert trial.python("-m", "make_shortcuts").returncode == 0
    assert menu.exists() and not desktop.exists()
    assert "<html" in running_desk(trial.note).page("/")


def second_start(trial: Trial) -> None:
    """A second start leads into the page that is open and ends."""
    port = json.loads(trial.note.read_text())["port"]
    assert re.fullmatch(rf"http://127\.0\.0\.1:{port}/vao\?ma=\S+", trial.nq57xl("serve", "--no-browser").strip())


def month_by_the_page(trial: Trial) -> None:
    """By the page: a new workspace, forms, files with Vietnamese names judged; the commands see the same; the end."""
    desk = running_desk(trial.note)
    home = desk.send("/chon/tao", [("ten", "Văn phòng Sở 2026"), ("nguon", PLAN)]).removesuffix("/ke-hoach")
    desk.send(f"{home}/phat-hanh/lam", [("ky", "2026-06"), ("don_vi", "VP"), ("don_vi", "KHTC")])
    folder = next(path.parent for path in trial.folders["documents"].glob("NQ57/*/phu-luc.xlsx"))
    name, strange = "Báo cáo tháng 6 – Văn phòng (lần 1).xlsx", "ảnh chụp.xlsx"
    form = _saved_again((folder / "out/2026-06/bieu-mau/NQ57_2026-06_VP.xlsx").read_bytes())
    result = desk.send(f"{home}/ky/2026-06/nhan", [], [(name, form), (strange, b"\x89PNG" + bytes(LARGE))])
    assert desk.page(result).count("VP") > 0
    assert "«Tiến độ»" in desk.page(f"{home}/tep/{sha256(form).hexdigest()}")
    status = json.loads(trial.nq57xl("-w", trial.windows.name(folder), "status", "--period", "2026-06", "--json"))
    attempts = {unit["code"]: unit["last_attempt"] for unit in status["units"] if unit["last_attempt"]}
    assert attempts == {"VP": "rejected"}, status
    assert [PureWindowsPath(item["file"]).name for item in status["unrecognised"]] == [strange]
    desk.open("/ket-thuc", method="POST")
    _wait(lambda: not trial.note.exists())


def _saved_again(data: bytes) -> bytes:
    """The workbook in other bytes, as a program saves it: byte for byte our own form is never judged."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, before.read(name))
    return buffer.getvalue()


def new_workspace(trial: Trial) -> None:
    """By commands: a workspace is made, its forms written and one taken in, with a verdict."""
    folder = "C:\\Tháng 6 của Văn phòng"
    trial.nq57xl("init", folder, "--plan", PLAN)
    trial.nq57xl("-w", folder, "generate", "--period", "2026-06")
    form = trial.windows.path(f"{folder}\\out\\2026-06\\bieu-mau\\NQ57_2026-06_VP.xlsx")
    blank = trial.windows.path(f"{folder}\\inbox\\Biểu mẫu còn trống.xlsx")
    blank.write_bytes(_saved_again(form.read_bytes()))
    collected = json.loads(trial.nq57xl("-w", folder, "collect", "--period", "2026-06", "--json"))
    (judged,) = collected["returns"]
    assert (judged["verdict"], PureWindowsPath(judged["file"]).name) == ("rejected", blank.name), collected
    assert {finding["code"] for finding in judged["findings"]} == {"REQUIRED_BLANK"}, judged["findings"]


def demo(trial: Trial) -> None:
    """The whole loop gives for both plans what it gives here: the plan, who reported what and when, the findings."""
    trial.nq57xl("demo", DEMO)
    for plan in PLANS:
        for command in (("show", "--json"), ("status", "--period", PERIOD, "--json")):
            there = json.loads(trial.nq57xl("-w", f"{DEMO}\\{plan}", *command))
            assert _comparable(there) == _comparable(json.loads(_here("-w", str(trial.here / plan), *command)))


def open_workbook(trial: Trial) -> None:
    """A report that is open elsewhere is not written over, nor half; the message asks to close it; then it works."""
    folder, report = f"{DEMO}\\{PLAN}", f"{DEMO}\\{PLAN}\\out\\{PERIOD}\\tong-hop\\bao-cao-tong-hop.xlsx"
    before = trial.windows.path(report).read_bytes()
    trial.nq57xl("-w", folder, "exclude", "VP", "--period", PERIOD, "--reason", "thử tệp đang mở")
    holding = f"import sys; held = open({report!r}, 'rb'); print('open', flush=True); sys.stdin.read()"
    holder = trial.windows.start(f"{PROGRAM}\\python\\python.exe", *OPTIONS, "-c", holding)
    assert holder.stdout is not None and holder.stdout.readline().startswith(b"open")
    refused = trial.python("-m", "nq57xl", "-w", folder, "merge", "--period", PERIOD)
    assert (refused.returncode, "đóng tệp" in refused.stderr) == (1, True), refused
    assert trial.windows.path(report).read_bytes() == before
    holder.communicate(b"")
    trial.nq57xl("-w", folder, "merge", "--period", PERIOD)
    assert trial.windows.path(report).read_bytes() != before


def same_ledger_same_bytes(trial: Trial) -> None:
    """The same ledger gives the same report, byte for byte, as here: workbooks, document, texts."""
    made = []
    for folder in (trial.here / PLAN, trial.windows.path(f"{COPY}\\{PLAN}")):
        shutil.rmtree(folder / "out" / PERIOD / "tong-hop")
    _here("-w", str(trial.here / PLAN), "merge", "--period", PERIOD)
    trial.nq57xl("-w", f"{COPY}\\{PLAN}", "merge", "--period", PERIOD)
    for folder in (trial.here / PLAN, trial.windows.path(f"{COPY}\\{PLAN}")):
        made.append(_listed(folder / "out" / PERIOD / "tong-hop"))
    differing = sorted(name for name in made[0].keys() | made[1].keys() if made[0].get(name) != made[1].get(name))
    assert made[0] and not differing, differing


def hostile_member(trial: Trial) -> None:
    """A workbook with a member whose name has a backslash is refused, as here."""
    good = trial.windows.path(f"{COPY}\\{PLAN}\\out\\{PERIOD}\\bieu-mau\\NQ57_{PERIOD}_VP.xlsx")
    hostile = trial.windows.path("C:\\Tệp lạ.xlsx")
    shutil.copy(good, hostile)
    with zipfile.ZipFile(hostile, "a") as archive:
        archive.writestr(zipfile.ZipInfo("xl\\x.xml"), "<x/>")
    result = trial.python("-m", "nq57xl", "-w", f"{COPY}\\{PLAN}", "check", "C:\\Tệp lạ.xlsx", "--json")
    (judged,) = json.loads(result.stdout)["returns"]
    assert [finding["code"] for finding in judged["findings"]] == ["FILE_UNSAFE"], judged


def nothing_written(trial: Trial) -> None:
    """The program's folder is as it was unpacked, so that two people can use one."""
    assert _listed(trial.windows.path(PROGRAM)) == json.loads((trial.here.parent / "unpacked.json").read_text())


CHECKS: tuple[Callable[[Trial], None], ...] = (
    isolated,
    version_and_help,
    libraries_load,
    console,
    double_click,
    second_start,
    month_by_the_page,
    new_workspace,
    demo,
    open_workbook,
    same_ledger_same_bytes,
    hostile_member,
    nothing_written,
)


def smoke(path: Path, made: Path | None = None) -> None:
    """Tries a zip; raises SystemExit when a check fails. `made` is a demo of this machine's, else one is made."""
    with tempfile.TemporaryDirectory(prefix="nq57xl-windows-") as name:
        here = Path(name) / "here" / "demo"
        if made is None:
            _here("demo", str(here))
        else:
            shutil.copytree(made, here)
        with new_windows(Path(name) / "there") as windows:
            failed = _try_all(_unpacked(windows, path, here))
    if failed:
        raise SystemExit(f"{len(failed)} of {len(CHECKS)} checks failed: {', '.join(failed)}")


def _try_all(trial: Trial) -> list[str]:
    failed = []
    for check in CHECKS:
        start = time.monotonic()
        outcome = "ok"
        try:
            check(trial)
        except Exception:
            outcome = "FAILED"
            print(traceback.format_exc(), file=sys.stderr)
            failed.append(check.__name__)
        print(f"{outcome:8}{time.monotonic() - start:6.1f} s  {check.__doc__}", flush=True)
    return failed


def _unpacked(windows: Windows, path: Path, here: Path) -> Trial:
    """The zip as an office unpacks it, with what only wine needs; a copy of the demo made here."""
    place = windows.path(HOME)
    with zipfile.ZipFile(path) as archive:
        assert all(member.startswith(f"{TOP}/") for member in archive.namelist())
        archive.extractall(place)
    only = BUILD / "wine"
    if not only.is_dir():
        wine_only(only, DOWNLOADS)
    for library in only.iterdir():
        shutil.copy(library, place / TOP / "python")
    shutil.copytree(here, windows.path(COPY))
    (here.parent / "unpacked.json").write_text(json.dumps(_listed(place / TOP)))
    return Trial(windows, here)


def _listed(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in folder.rglob("*")
    }


def _here(*arguments: str) -> str:
    """Runs a command with this machine's Python; its stdout."""
    command = [sys.executable, "-m", "nq57xl", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY).stdout


def _wait(met: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not met():
        assert time.monotonic() < end, "waited 60 s"
        time.sleep(0.2)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def _comparable(value: object) -> object:
    """A JSON document without what differs between two runs, and files by their names alone."""
    if isinstance(value, dict):
        kept = {key: part for key, part in value.items() if key not in VOLATILE}
        return {key: PureWindowsPath(part).name if key == "file" else _comparable(part) for key, part in kept.items()}
    return [_comparable(part) for part in value] if isinstance(value, list) else value
