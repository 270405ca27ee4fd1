"""One writer at a time; the others learn who it is; the clock is the one that was asked for."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nq57xl.errors import LedgerBusyError, Nq57Error
from nq57xl.ledger.storage import writing
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import Workspace
from nq57xl.text import files
from nq57xl.text.clock import VIETNAM, Clock, in_vietnam
from tests.amounts import cases
from tests.ledger_kit import CLOCK, PERIOD

ROOT = Path(__file__).parents[2]

HOLD = """
import sys, time
from pathlib import Path
from nq57xl.ledger.storage import writing
from nq57xl.ledger.workspace import Workspace
from tests.ledger_kit import CLOCK
with writing(Workspace(Path(sys.argv[1])), "collect", CLOCK, "vũ.tran"):
    print("held", flush=True)
    time.sleep(60)
"""

WRITE = """
import sys
from pathlib import Path
from nq57xl.ledger.storage import writing
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import Workspace
from tests.ledger_kit import CLOCK, NOON, PERIOD, judged
workspace, name, locked = Workspace(Path(sys.argv[1])), sys.argv[2], sys.argv[3] == "locked"
for turn in range(4):
    items = [judged(f"{name} {turn} {number}") for number in range(3)] + [judged(f"common {turn}")]
    if locked:
        with writing(workspace, "collect", CLOCK, wait=60), Ledger.open(workspace, CLOCK) as ledger:
            ledger.backup("collect")
            ledger.record_returns(PERIOD, items, NOON)
    else:
        with Ledger.open(workspace, CLOCK) as ledger:
            ledger.record_returns(PERIOD, items, NOON)
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "Báo cáo tháng 4"
    root.mkdir()
    return Workspace(root)


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "PYTHONIOENCODING": "utf-8",
    }
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
        encoding="utf-8",
    )


@pytest.fixture
def other(workspace: Workspace) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    process = python(HOLD, str(workspace.root))
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


@pytest.mark.sqlite_file
def test_holder_is_named(workspace: Workspace, other: subprocess.Popen[str]) -> None:
    """The message names user, machine, command, time and process of the one who writes."""
    started = time.monotonic()
    with pytest.raises(LedgerBusyError) as caught, writing(workspace, "merge", CLOCK, wait=0.2):
        pass
    assert time.monotonic() - started < 5
    message = str(caught.value)
    for part in ("vũ.tran", "«collect»", "12:00:00 ngày 16/04/2026", str(other.pid), "chạy lại"):
        assert part in message


@pytest.mark.sqlite_file
def test_unnamed_holder(workspace: Workspace, other: subprocess.Popen[str]) -> None:
    """A side file that is damaged or missing costs the name, nothing else."""
    name = workspace.root / "nq57xl.lock.json"
    for content in ('{"user": "a"', "[]", '{"user": 1, "pid": "x"}', None):
        if content is None:
            name.unlink()
        else:
            name.write_text(content, encoding="utf-8")
        with pytest.raises(LedgerBusyError, match="Hãy chờ"), writing(workspace, "merge", CLOCK, wait=0.1):
            pass


def test_freed_by_death(workspace: Workspace, other: subprocess.Popen[str]) -> None:
    """The lock of a killed process is free at once, although its name still stands there."""
    other.kill()
    other.wait()
    name = workspace.root / "nq57xl.lock.json"
    assert name.exists()
    with writing(workspace, "merge", CLOCK, wait=1):
        found = json.loads(name.read_text(encoding="utf-8"))
        assert (found["pid"], found["command"]) == (os.getpid(), "merge")
    assert not name.exists()


def test_freed_by_failure(workspace: Workspace) -> None:
    """A command that fails lets go of the lock."""
    with pytest.raises(ValueError, match="x"), writing(workspace, "merge", CLOCK):
        raise ValueError("x")
    with writing(workspace, "merge", CLOCK, wait=0.1):
        pass


def test_leftovers_are_swept(workspace: Workspace) -> None:
    """What a killed command left half written is gone with the next command; finished and young foreign files stay."""
    kept = [workspace.report_dir(PERIOD) / "a.xlsx", workspace.root / ".young.nq57tmp"]
    left = [
        workspace.report_dir(PERIOD) / ".1.nq57tmp",
        workspace.archive / ".2.nq57tmp",
        workspace.backup / ".x.db.nq57tmp",
        workspace.backup / ".x.db.nq57tmp-journal",
        workspace.root / ".old.nq57tmp",
    ]
    for path in kept + left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"1")
    os.utime(left[-1], (0, 0))
    with writing(workspace, "merge", CLOCK):
        assert [path.exists() for path in kept] == [True, True]
        assert [path.exists() for path in left] == [False] * 5


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    """A mistyped folder is a message, and is not made."""
    with pytest.raises(Nq57Error, match="gõ nhầm"), writing(Workspace(tmp_path / "gõ nhầm"), "merge", CLOCK):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.sqlite_file
def test_lock_that_cannot_be_made(workspace: Workspace) -> None:
    """A folder in which nothing can be locked is a message."""
    workspace.lock.mkdir()
    with pytest.raises(Nq57Error, match="Không khóa được"), writing(workspace, "merge", CLOCK, wait=0.1):
        pass


def test_name_is_a_courtesy(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that cannot be written stops no command."""

    def fail(*_: object) -> None:
        raise Nq57Error("x")

    monkeypatch.setattr(files, "write_atomic", fail)
    with writing(workspace, "merge", CLOCK):
        assert not (workspace.root / "nq57xl.lock.json").exists()


@pytest.mark.sqlite_file
@pytest.mark.parametrize("way", ["locked", "bare"])
def test_two_writers_lose_nothing(workspace: Workspace, way: str) -> None:
    """Processes that write at once (three at night) lose nothing and record a common file once, also without a lock."""
    names = cases(["a", "b"], ["c"])
    writers = [python(WRITE, str(workspace.root), name, way) for name in names]
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert writer.returncode == 0, errors
    with Ledger.open(workspace, CLOCK, read_only=True) as ledger:
        found = [record.judged.source.name for record in ledger.returns(PERIOD)]
        assert len(ledger.events()) == 4 * len(names)
    expected = {f"{name} {turn} {number}.xlsx" for name in names for turn in range(4) for number in range(3)}
    assert sorted(found) == sorted(expected | {f"common {turn}.xlsx" for turn in range(4)})


# clock


def test_fixed_clock() -> None:
    """A fixed clock stands still and tells Vietnamese time; a naive moment is Vietnamese already."""
    assert Clock(dt.datetime(2026, 4, 16, 20, tzinfo=dt.UTC)).now().isoformat() == "2026-04-17T03:00:00+07:00"
    assert in_vietnam(dt.datetime(2026, 4, 16, 20)) == dt.datetime(2026, 4, 16, 20, tzinfo=VIETNAM)


def test_holder_file_is_json(workspace: Workspace) -> None:
    """The side file can be read by a person and by a program."""
    with writing(workspace, "collect", CLOCK):
        told = json.loads((workspace.root / "nq57xl.lock.json").read_text(encoding="utf-8"))
    assert told["since"] == "2026-04-16T12:00:00+07:00"
    assert set(told) == {"user", "host", "pid", "command", "since"}
