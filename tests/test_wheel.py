"""The wheel alone is enough: installed into an empty environment it plays the demo in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.amounts import amount
from tests.conftest import REPOSITORY

BIN = "Scripts" if os.name == "nt" else "bin"


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Runs a command on a console that is not UTF-8 and returns what it printed, which must be UTF-8 all the same."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHONPATH", "COV_"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**env, "PYTHONIOENCODING": "cp1258"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace") + done.stderr.decode("utf-8", "replace")
    return done.stdout.decode("utf-8")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout with the installed hatchling: no network."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=REPOSITORY)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel in it; the libraries are those of the running one, by a .pth file.

    Those of the extras are not: the file hides them.
    """
    folder = tmp_path_factory.mktemp("environment") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / BIN / "python"
    install = ("install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "--python", python, *install, wheel)
    ask = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    packages = Path(run(python, "-c", ask).strip())
    hidden = "import sys; sys.modules.update(pyarrow=None)"
    (packages / "libraries.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n{hidden}\n", encoding="utf-8")
    return folder


def test_the_wheel_holds_the_data(wheel: Path) -> None:
    """Templates and schemas travel inside the package; tests and outputs stay at home."""
    names = zipfile.ZipFile(wheel).namelist()
    for kind in ("schemas", "templates"):
        ours = {path.relative_to(REPOSITORY / kind).as_posix() for path in (REPOSITORY / kind).rglob("*.*")}
        inside = {name.removeprefix(f"nq57xl/_data/{kind}/") for name in names if f"_data/{kind}/" in name}
        assert {name for name in ours if "~$" not in name} == inside
    assert not [name for name in names if name.startswith(("tests", "tools", "out"))]


def test_the_installed_package_is_the_wheel(environment: Path) -> None:
    """Inside that environment nq57xl comes from the wheel, not from this checkout."""
    script = "import nq57xl; print(nq57xl.__file__)"
    where = Path(run(environment / BIN / "python", "-I", "-c", script).strip())
    assert environment in where.parents


def test_demo_from_the_wheel(environment: Path, tmp_path: Path) -> None:
    """`nq57xl demo` in an empty folder with spaces and Vietnamese letters writes both workbooks (by day that of one
    plan), without any extra."""
    folder = tmp_path / "Thư mục trống của Sở"
    folder.mkdir()
    assert " demo " in run(environment / BIN / "nq57xl", "--help")
    plans = amount(1, 2)
    short = (
        "from nq57xl.commands import demo as play; from nq57xl.cli import main; "
        f"play.BUNDLED_PLANS = play.BUNDLED_PLANS[:{plans}]"
    )
    said = run(environment / BIN / "python", "-c", f"{short}; main()", "demo", cwd=folder)
    reports = sorted(folder.rglob("tong-hop/bao-cao-tong-hop.xlsx"))
    assert len(reports) == plans
    assert all(zipfile.is_zipfile(path) for path in reports)
    assert "Báo cáo tổng hợp" in said
