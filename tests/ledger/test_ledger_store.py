"""The ledger keeps what it is told, exactly, once, and all or nothing."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from nq57xl.errors import LedgerBusyError, Nq57Error
from nq57xl.forms.layout import layout
from nq57xl.forms.model import Form
from nq57xl.ledger import store, tables
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.model import Plan
from nq57xl.rules.codec import content_hash, from_json, to_json
from nq57xl.text.clock import VIETNAM, Clock
from tests.amounts import amount
from tests.ledger_kit import CLOCK, NOON, PERIOD, digest, dump, form, issue
from tests.samples import sample_form, sample_plan


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "Báo cáo tháng 4 (Sở Xây dựng)"
    root.mkdir()
    return Workspace(root)


@pytest.fixture
def ledger(workspace: Workspace) -> Iterator[Ledger]:
    with Ledger.open(workspace, CLOCK) as opened:
        opened.record_plan(sample_plan())
        yield opened


# opening


def test_read_only_makes_nothing(workspace: Workspace) -> None:
    """A read-only command on a workspace without a database sees an empty ledger and leaves the folder as it was."""
    with Ledger.open(workspace, CLOCK, read_only=True) as ledger:
        assert ledger.returns(PERIOD) == ()
        assert ledger.latest_period() is None
        assert ledger.events() == ()
        assert not ledger.known_files([digest("x")])
    assert list(workspace.root.iterdir()) == []


def test_read_only_refuses_writes(workspace: Workspace, ledger: Ledger) -> None:
    """A ledger opened read-only sees what is recorded and cannot change it."""
    ledger.event("generate")
    with Ledger.open(workspace, CLOCK, read_only=True) as reader:
        assert [item.what for item in reader.events()] == ["generate"]
        with pytest.raises(Nq57Error):
            reader.event("merge")
    assert [item.what for item in ledger.events()] == ["generate"]


@pytest.mark.sqlite_file
@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to look like a file" * 40, b"SQLite format 3\0junk"]
)
def test_damaged_database(workspace: Workspace, content: bytes) -> None:
    """A damaged database is a message that points to backup/, and stays as it is."""
    workspace.database.write_bytes(content)
    for read_only in (False, True):
        with pytest.raises(Nq57Error, match="backup"):
            Ledger.open(workspace, CLOCK, read_only=read_only)
    assert workspace.database.read_bytes() == content


@pytest.mark.sqlite_file
def test_no_wal(workspace: Workspace, ledger: Ledger) -> None:
    """The database keeps a rollback journal, syncs fully and enforces references."""
    with ledger._engine.connect() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert asked == {"journal_mode": "delete", "synchronous": 2, "foreign_keys": 1}
    assert not list(workspace.root.glob("*-wal"))


@pytest.mark.sqlite_file
def test_busy_database(workspace: Workspace, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that another program holds for too long is a LedgerBusyError, not a traceback."""
    monkeypatch.setattr("nq57xl.ledger.storage._BUSY_SECONDS", 0.1)
    with Ledger.open(workspace, CLOCK) as other, ledger._engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerBusyError):
            other.event("merge")


# plans and forms


def test_plan_round_trip(ledger: Ledger) -> None:
    """A plan comes back equal under its content hash, and is kept once."""
    version = ledger.record_plan(sample_plan())
    assert version == content_hash(sample_plan())
    assert ledger.plan(version) == sample_plan()
    with pytest.raises(Nq57Error, match="khongco"):
        ledger.plan("khongco")


def test_form_round_trip(ledger: Ledger) -> None:
    """A form comes back equal: schema, rules, row facts and dates; by issue id, short id and unit."""
    made = form()
    issue(ledger, made)
    assert ledger.form_by_id(made.issue_id) == made
    assert ledger.form_by_short(made.short_id) == made
    assert ledger.current_form("VP", PERIOD) == made
    kept = ledger.rows(select(tables.forms.c.file, tables.forms.c.sha256))
    assert kept == [("VP.xlsx", digest(made.issue_id))]
    assert repr(ledger.form_by_id(made.issue_id)) == repr(made)  # the order of lists, sections and texts too
    assert from_json(to_json(made), Form) == made
    assert from_json(to_json(sample_plan()), Plan) == sample_plan()


def test_cells_of_a_form_come_back_as_issued(ledger: Ledger) -> None:
    """Every cell comes back as the same record with the same types; a form read without its cells has none of them."""
    made = sample_form("VP")
    made = attrs.evolve(made, plan_version=content_hash(sample_plan()), cells=layout(made))
    assert all(sheet.lines[0] for sheet in made.cells)  # what was worked out of them is not recorded with them
    issue(ledger, made)
    found = ledger.form_by_id(made.issue_id)
    assert found is not None and found.cells == made.cells and any(slot.also for slot in found.cells[1].slots)
    assert repr(found.cells) == repr(made.cells)
    assert ledger.form_by_id(made.issue_id, cells=False) == attrs.evolve(made, cells=())
    assert ledger.current_forms(made.period.code) == (attrs.evolve(made, cells=()),)


def test_newest_issues(ledger: Ledger) -> None:
    """Of each unit asked for, the form of the highest version of that period, whichever was recorded last."""
    issue(ledger, form("VP", 2), form("VP"), form("QLDT"), form("KHTC"), form("VP", 3, period="2026-05"))
    newest = {unit: form(unit, version).issue_id for unit, version in (("VP", 2), ("QLDT", 1))}
    assert ledger.newest_issues({"VP", "QLDT", "X"}, PERIOD) == newest
    assert ledger.newest_issues((), PERIOD) == {}


def test_unknown_forms(ledger: Ledger) -> None:
    """What was never issued is None, for every way of asking."""
    issue(ledger, form())
    assert ledger.form_by_id("x") is None
    assert ledger.form_by_short("x") is None
    assert ledger.current_form("KHTC", PERIOD) is None
    assert ledger.current_form("VP", "2026-05") is None


def test_current_forms(ledger: Ledger) -> None:
    """The highest version of each unit counts, in the order of first issue, for that period only."""
    issue(ledger, form("VP"), form("QLDT"))
    issue(ledger, form("QLDT", 2), form("VP", 2), form("KHTC", period="2026-05"))
    issue(ledger, form("VP", 3))
    assert [(item.unit, item.version) for item in ledger.current_forms(PERIOD)] == [("VP", 3), ("QLDT", 2)]
    assert ledger.form_by_id(form("VP").issue_id) == form("VP")


def test_latest_period(ledger: Ledger) -> None:
    """The latest period is the one issued last; a new version for an older one does not bring that one back."""
    issue(ledger, form())
    issue(ledger, form(period="2026-05"))
    issue(ledger, form(version=2))
    assert ledger.latest_period() == "2026-05"


def test_issue_all_or_nothing(ledger: Ledger) -> None:
    """One form that cannot be recorded (its short id is taken) keeps the others out too."""
    taken = attrs.evolve(form("QLDN"), short_id=form("VP").short_id)
    with pytest.raises(IntegrityError):
        issue(ledger, form("VP"), form("QLDT"), taken)
    assert ledger.current_forms(PERIOD) == ()


def test_issue_again(workspace: Workspace, ledger: Ledger) -> None:
    """Issuing the same form again changes nothing."""
    issue(ledger, form())
    before = dump(workspace)
    issue(ledger, form())
    assert dump(workspace) == before


def test_issue_needs_its_plan(workspace: Workspace) -> None:
    """A form whose plan was not recorded is refused: a return could not be judged by it later."""
    with Ledger.open(workspace, CLOCK) as ledger, pytest.raises(IntegrityError):
        issue(ledger, form())


# outputs, events, backups


def test_outputs(ledger: Ledger) -> None:
    """Only a content that was noted for that very path is the program's own there; older ones stay so."""
    ledger.note_outputs([("out/a.xlsx", digest("1"))])
    ledger.note_outputs([("out/a.xlsx", digest("2"))])
    ledger.note_outputs([("out/a.xlsx", digest("2"))])
    assert ledger.was_written("out/a.xlsx", digest("1"))
    assert ledger.was_written("out/a.xlsx", digest("2"))
    assert not ledger.was_written("out/a.xlsx", digest("3"))
    assert not ledger.was_written("out/b.xlsx", digest("1"))


@pytest.mark.sqlite_file
def test_backups(workspace: Workspace, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup is a database that can be opened as it was; the newest ones are kept, also within one second."""
    monkeypatch.setattr(store, "_KEPT_BACKUPS", 3)
    ledger.event("before")
    first = ledger.backup("collect --period 2026-04")
    assert first is not None
    assert first.name == "nq57xl-20260416-120000-001-collect-period-2026-04.db"
    restored = Workspace(workspace.root / "khôi phục")
    restored.root.mkdir()
    restored.database.write_bytes(first.read_bytes())
    ledger.event("after")
    with Ledger.open(restored, CLOCK) as copy:
        assert [item.what for item in copy.events()] == ["before"]
    names = [path.name for path in (ledger.backup("merge") for _ in range(4)) if path]
    assert sorted(path.name for path in workspace.backup.iterdir()) == names[1:]


@pytest.mark.sqlite_file
def test_a_busy_morning_leaves_the_days_before(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many copies in one day do not push out the last copy of each day before; the oldest days go."""
    monkeypatch.setattr(store, "_KEPT_BACKUPS", 3)
    monkeypatch.setattr(store, "_KEPT_DAYS", 2)
    for day, count in ((13, 1), (14, 2), (15, 2), (16, 6)):
        with Ledger.open(workspace, Clock(NOON.replace(day=day))) as opened:
            for _ in range(count):
                opened.backup("collect")
    kept = sorted(path.name[7:15] + path.name[22:26] for path in workspace.backup.iterdir())
    assert kept == ["20260415-002", "20260416-004", "20260416-005", "20260416-006"]


@pytest.mark.sqlite_file
def test_backup_with_clock_set_back(workspace: Workspace, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """The backup just made is kept, even when the clock says that it is the oldest."""
    monkeypatch.setattr(store, "_KEPT_BACKUPS", 2)
    ledger.backup("a")
    ledger.backup("b")
    with Ledger.open(workspace, Clock(dt.datetime(2020, 1, 1, tzinfo=VIETNAM))) as earlier:
        made = earlier.backup("c")
    assert made is not None and made.exists()
    assert len(list(workspace.backup.iterdir())) == 2


# killed at any point


DIE_IN_COMMIT = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 2")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE events SET what = 'half written'")
for _ in range(50):
    connection.execute("INSERT INTO events (at, who, what, detail) VALUES ('', '', '', ?)", ("x" * 100_000,))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.sqlite_file
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs SIGKILL")
@pytest.mark.parametrize("read_only", [True, False])
def test_half_written_pages(workspace: Workspace, ledger: Ledger, read_only: bool) -> None:
    """A process killed after its pages reached the disk leaves a journal; whoever opens next, reads the old state."""
    ledger.event("generate")
    ledger.close()
    subprocess.run([sys.executable, "-c", DIE_IN_COMMIT, str(workspace.database)], check=False)
    assert b"half written" in workspace.database.read_bytes()
    with Ledger.open(workspace, CLOCK, read_only=read_only) as again:
        assert [item.what for item in again.events()] == ["generate"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_killed_anywhere(tmp_path: Path) -> None:
    """A run killed by SIGKILL at any of its steps, or at any moment, and run again gives the same ledger and files."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.ledger_kit", str(tmp_path), str(amount(9, 1)), str(amount(4, 100))],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    killed, interrupted = map(int, done.stdout.split())
    assert killed > amount(12, 100)
    assert interrupted > amount(0, 1)
