"""A fresh Windows of wine's in a folder, in which programs are run as from a console that shows nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

from attrs import frozen

PROGRAM = "/usr/lib/wine/wine64"
"""Where Debian has it when only the 64-bit half is installed."""
OVERRIDES = "mscoree,mshtml=;ucrtbase,vcruntime140,vcruntime140_1=n,b"
"""No .NET, no browser engine; the C library that lies beside the program before wine's own, which lacks functions."""
SECONDS = 900


@frozen
class Windows:
    """One prefix; what runs in it sees neither the screen nor the home of whoever started it."""

    folder: Path

    def path(self, name: str) -> Path:
        """Where a path of drive C lies on this machine."""
        drive, *parts = PureWindowsPath(name).parts
        if drive.upper() != "C:\\":
            raise ValueError(f"{name} is not on drive C")
        return self.folder.joinpath("prefix", "drive_c", *parts)

    def name(self, path: Path) -> str:
        """What Windows calls a file of drive C."""
        return str(PureWindowsPath("C:\\", *path.relative_to(self.path("C:\\")).parts))

    @property
    def environment(self) -> dict[str, str]:
        """Variables of a run."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "TZ", "TMPDIR")}
        wine = {"WINEPREFIX": str(self.folder / "prefix"), "WINEARCH": "win64", "WINEDEBUG": "-all"}
        return {**kept, **wine, "WINEDLLOVERRIDES": OVERRIDES, "HOME": str(self.folder / "home"), "LC_ALL": "C.UTF-8"}

    def start(self, *command: str, folder: str = "C:\\") -> subprocess.Popen[bytes]:
        """Starts a program. All three streams are pipes: of files and of nothing Python under wine 8 makes none."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [wine_program(), *command],
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            cwd=self.path(folder),
            env=self.environment,
        )

    def run(self, *command: str, folder: str = "C:\\") -> subprocess.CompletedProcess[str]:
        """Runs a program to its end; its words as UTF-8."""
        process = self.start(*command, folder=folder)
        try:
            out, err = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return subprocess.CompletedProcess(
            command, process.returncode, out.decode(errors="replace"), err.decode(errors="replace")
        )


def wine_program() -> str:
    """The program that runs others; raises SystemExit where wine is not installed."""
    found = shutil.which("wine64") or (PROGRAM if Path(PROGRAM).exists() else None)
    if found is None:
        raise SystemExit("needs wine64")
    return found


@contextlib.contextmanager
def new_windows(folder: Path) -> Iterator[Windows]:
    """A Windows made in a folder and ended at the end."""
    windows = Windows(folder)
    (folder / "home").mkdir(parents=True)
    (folder / "prefix").mkdir()
    subprocess.run(
        [wine_program(), "wineboot", "-i"], check=True, env=windows.environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=SECONDS,
    )  # fmt: skip
    try:
        yield windows
    finally:
        server = shutil.which("wineserver") or str(Path(wine_program()).with_name("wineserver"))
        subprocess.run([server, "-k"], check=False, env=windows.environment)
