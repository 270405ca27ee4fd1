"""The command line as users and scripts rely on it: exit codes, stdout and stderr, JSON keys, UTF-8, no traceback."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nq57xl.cli import cli
from nq57xl.commands.demo import Department
from tests.april_kit import DUE
from tests.case_kit import nq57xl

FINDING_KEYS = {"code", "severity", "sheet", "cell", "task", "field", "value", "message", "fix"}


def run(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """nq57xl in a process of its own."""
    command = [sys.executable, "-m", "nq57xl", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, env={**os.environ, **environment}, check=False)


def here(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    """The same in this process: for what is said, where `run` shows that a process says it."""
    done = nq57xl(*arguments, now=dt.datetime.now().isoformat(timespec="seconds"))
    return subprocess.CompletedProcess(arguments, done.code, done.out.encode("utf-8"), done.err.encode("utf-8"))


def document(done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    """The one JSON document on stdout."""
    loaded: dict[str, Any] = json.loads(done.stdout.decode("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which April was issued, one good and one bad report lie in the inbox, collected once."""
    root = tmp_path_factory.mktemp("cli") / "Thư mục làm việc"
    assert here("init", root, "--plan", "bql-2026").returncode == 0
    assert here("-w", root, "generate", "--period", "2026-04").returncode == 0
    forms = root / "out" / "2026-04" / "bieu-mau"
    Department(1, DUE).fill(forms / "NQ57_2026-04_QLDT.xlsx", root / "inbox" / "2026-04-16" / "đầu tư.xlsx")
    Department(2, DUE).fill(forms / "NQ57_2026-04_VP.xlsx", root / "inbox" / "2026-04-16" / "vp.xlsx", mistakes=True)
    return root


@pytest.fixture(scope="module")
def collected(office: Path) -> dict[str, Any]:
    done = here("-w", office, "collect", "--period", "2026-04", "--json")
    assert done.returncode == 0
    return document(done)


def test_help_is_vietnamese_and_quick() -> None:
    """Help names every command of the contract; it does not load the heavy libraries (0.3 s on an idle machine)."""
    started = time.monotonic()
    done = run("--help")
    seconds = time.monotonic() - started
    text = done.stdout.decode("utf-8")
    for command in ("init", "show", "lint", "generate", "collect", "status", "merge", "demo"):
        assert f"\n  {command} " in text
    assert "Usage" not in text
    assert "Options" not in text
    assert seconds < 3, "a loaded machine is given ten times the promise"


@pytest.mark.parametrize(
    "arguments",
    [["lạ"], ["collect", "--khong-co"], ["init"], ["generate"], ["collect", "--received", "hôm qua"]],
)
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    """Unknown command or option, missing argument, unreadable value: 2, a Vietnamese line on stderr."""
    done = (run if "lạ" in arguments else here)(*arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert "Lỗi" in done.stderr.decode("utf-8")


@pytest.mark.parametrize(
    "words",
    [
        "merge -o",
        "import x.pdf -o",
        "check a.xlsx --out",
        "amend --confirm",
        "init --plan bql-2026",
        "collect",
        "demo",
        "-w",
    ],
)
def test_an_empty_name_is_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """ "" names no file and no folder, and never the present one: 2, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    for name in ("", "  "):
        assert CliRunner().invoke(cli, [*words.split(), name]).exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words", ["merge -o", "import x.docx -o", "check a.xlsx --out", "history VP -o", "upward a.xlsx -o"]
)
def test_a_workbook_is_written_under_no_other_suffix(tmp_path: Path, words: str) -> None:
    """A workbook called .pdf, .xls or nothing opens in no program: 2, and nothing is written."""
    for name in ("a.pdf", "a.xls", "a"):
        done = CliRunner().invoke(cli, ["-w", str(tmp_path), *words.split(), str(tmp_path / name)])
        assert (done.exit_code, "phải có đuôi .xlsx" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("period", ["2026-13", "tháng 4", "2026-Q5", "04-2026"])
def test_a_failure_with_a_message_exits_1(office: Path, period: str) -> None:
    """A period that is none: 1, a message, no traceback."""
    done = here("-w", office, "generate", "--period", period)
    assert done.returncode == 1
    text = done.stderr.decode("utf-8")
    assert text.startswith("Lỗi: ")
    assert "Traceback" not in text


def test_collect_json_has_the_contracts_keys(office: Path, collected: dict[str, Any]) -> None:
    """One document: each file with verdict, unit, period, received time and basis; each finding whole."""
    assert set(collected) == {"period", "returns", "period_findings"}
    returns = {Path(item["file"]).name: item for item in collected["returns"]}
    for item in returns.values():
        keys = {"file", "sha256", "unit", "period", "received_at", "received_basis", "verdict", "findings"}
        assert set(item) == keys
        assert item["received_at"] == "2026-04-16T00:00:00+07:00"
        assert item["received_basis"] == "folder"
        assert all(set(finding) == FINDING_KEYS for finding in item["findings"])
    assert returns["đầu tư.xlsx"]["verdict"] == "accepted"
    assert (returns["vp.xlsx"]["verdict"], returns["vp.xlsx"]["unit"]) == ("rejected", "VP")
    errors = [item for item in returns["vp.xlsx"]["findings"] if item["severity"] == "error"]
    assert [(item["code"], item["sheet"], item["field"], item["value"]) for item in errors] == [
        ("VALUE_UNREADABLE", "1. Kết quả", "percent", "khoảng hơn một nửa"),
        ("REQUIRED_BLANK", "1. Kết quả", "result", ""),
    ]


def test_strict_exits_1_when_something_is_not_accepted(office: Path, collected: dict[str, Any], tmp_path: Path) -> None:
    """Known files are duplicates and fine; a file that is no form is not."""
    assert here("-w", office, "collect", "--strict").returncode == 0
    (tmp_path / "lạ.txt").write_text("a;b\n", encoding="utf-8")
    done = run("-w", office, "collect", tmp_path / "lạ.txt", "--strict", "--json")
    assert done.returncode == 1
    assert [item["verdict"] for item in document(done)["returns"]] == ["unrecognised"]


def test_status_json_has_the_contracts_keys(office: Path, collected: dict[str, Any]) -> None:
    """Due day, completeness, a line for each unit."""
    status = document(here("-w", office, "status", "--json"))
    assert {"plan", "period", "due", "complete", "units", "unrecognised"} <= set(status)
    assert (status["plan"], status["period"], status["due"], status["complete"]) == (
        "bql-2026",
        "2026-04",
        "2026-04-17",
        False,
    )
    units = {item["code"]: item for item in status["units"]}
    keys = {"code", "name", "state", "received_at", "on_time", "file", "sha256", "errors", "warnings", "last_attempt"}
    assert all(keys <= set(item) for item in units.values())
    assert {code: item["state"] for code, item in units.items()} == {
        "VP": "rejected",
        "QLCNC": "missing",
        "QLDT": "accepted",
        "QLDN": "missing",
    }
    assert units["QLDT"]["on_time"] is True
    assert units["QLCNC"]["received_at"] is None


def test_status_as_text_names_everybody(office: Path, collected: dict[str, Any]) -> None:
    """Ready to paste: who reported, who must correct, who is missing, the deadline."""
    text = here("-w", office, "status", "--text").stdout.decode("utf-8")
    for part in ("Phòng Quản lý Đầu tư", "Văn phòng", "Phòng Quản lý Công nghệ cao", "17/04/2026"):
        assert part in text


def test_show_and_lint_print_json(office: Path) -> None:
    """The plan with the contract's keys; findings with theirs; lint's warnings exit 0."""
    plan = document(here("-w", office, "show", "--json"))
    assert set(plan) == {"plan", "units", "sections", "tasks", "indicator_groups", "indicators"}
    assert [task["code"] for task in plan["tasks"]] == ["I.1", "I.2", "II.3", "III.4", "III.5", "III.6"]
    done = here("-w", office, "lint", "--json")
    assert done.returncode == 0
    assert all(set(finding) == FINDING_KEYS for finding in document(done)["findings"])


def test_output_is_utf8_whatever_the_console(office: Path) -> None:
    """PYTHONIOENCODING=cp1258, as on a Vietnamese Windows console: still UTF-8, every letter there."""
    done = run("-w", office, "status", PYTHONIOENCODING="cp1258")
    assert done.returncode == 0
    assert "Phòng Quản lý Công nghệ cao" in done.stdout.decode("utf-8")
    failed = run("-w", office / "không có", "status", PYTHONIOENCODING="cp1258")
    assert failed.returncode == 1
    assert "thư mục" in failed.stderr.decode("utf-8")


def test_export_writes_what_is_asked_for(office: Path, collected: dict[str, Any]) -> None:
    """The formats asked for, under another name when contacts are in them; an unknown format is wrong usage."""
    done = here("-w", office, "export", "--period", "2026-04", "--format", "json", "--contacts")
    assert done.returncode == 0
    (path,) = (Path(line) for line in done.stdout.decode("utf-8").splitlines())
    assert path.name == "du-lieu-noi-bo.json"
    facts = json.loads(path.read_bytes())["facts"]
    assert {"phone", "email"} & {fact["field"] for fact in facts}
    assert "nội bộ" in done.stderr.decode("utf-8")
    wrong = here("-w", office, "export", "--format", "xml")
    assert (wrong.returncode, wrong.stdout) == (2, b"")


def test_merge_prints_where_its_files_are(office: Path, collected: dict[str, Any]) -> None:
    """One path on each line of stdout, all there, the workbooks first; what is missing on stderr."""
    done = here("-w", office, "merge", "--period", "2026-04")
    assert done.returncode == 0
    paths = [Path(line) for line in done.stdout.decode("utf-8").splitlines()]
    expected = ["bao-cao-tong-hop.xlsx", "nguon-so-lieu.xlsx", "noi-bo.xlsx", "bao-cao.docx", "theo-doi.txt"]
    expected += ["theo-doi.html", "tong-quan.html"]
    assert [path.name for path in paths] == expected
    assert all(path.is_file() for path in paths)
    assert "Phòng Quản lý Công nghệ cao" in done.stderr.decode("utf-8")
