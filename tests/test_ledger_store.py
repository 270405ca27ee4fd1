"""The ledger keeps what it is told, exactly, once, and all or nothing."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event
from sqlalchemy.exc import IntegrityError

from nq57xl.errors import LedgerBusyError, Nq57Error
from nq57xl.ledger import rows, store
from nq57xl.ledger.archive import archive_bytes
from nq57xl.ledger.clock import VIETNAM, FixedClock
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import Workspace
from nq57xl.records.codec import content_hash, from_json, to_json
from nq57xl.records.findings import Finding, Verdict
from nq57xl.records.form import Form
from nq57xl.records.plan import Plan
from nq57xl.records.returns import CellValue, Value
from tests.amounts import amount
from tests.ledger_kit import CLOCK, NOON, PERIOD, digest, dump, form, judged
from tests.samples import sample_plan


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


def issue(ledger: Ledger, *forms: Form) -> None:
    ledger.issue(forms, {item.issue_id: (f"{item.unit}.xlsx", digest(item.issue_id)) for item in forms})


def value(number: int, content: CellValue, typed: str = "") -> Value:
    return Value("led", f"I.{number}", "result", typed, content, "Kết quả", f"B{number}")


# opening


def test_read_only_makes_nothing(workspace: Workspace) -> None:
    """A read-only command on a workspace without a database sees an empty ledger and leaves the folder as it was."""
    with Ledger.open(workspace, CLOCK, read_only=True) as ledger:
        assert ledger.returns(PERIOD) == ()
        assert ledger.latest_period() is None
        assert ledger.events() == ()
        assert not ledger.known(digest("x"))
    assert list(workspace.root.iterdir()) == []


def test_read_only_refuses_writes(workspace: Workspace, ledger: Ledger) -> None:
    """A ledger opened read-only sees what is recorded and cannot change it."""
    ledger.event("Vũ", "generate")
    with Ledger.open(workspace, CLOCK, read_only=True) as reader:
        assert [item.what for item in reader.events()] == ["generate"]
        with pytest.raises(Nq57Error):
            reader.event("Vũ", "merge")
    assert [item.what for item in ledger.events()] == ["generate"]


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


def test_no_wal(workspace: Workspace, ledger: Ledger) -> None:
    """The database keeps a rollback journal, syncs fully and enforces references."""
    with ledger._engine.connect() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert asked == {"journal_mode": "delete", "synchronous": 2, "foreign_keys": 1}
    assert not list(workspace.root.glob("*-wal"))


def test_busy_database(workspace: Workspace, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that another program holds for too long is a LedgerBusyError, not a traceback."""
    monkeypatch.setattr("nq57xl.ledger.engine.BUSY_SECONDS", 0.1)
    with Ledger.open(workspace, CLOCK) as other, ledger._engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerBusyError):
            other.event("Vũ", "merge")


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
    assert ledger.issued_file(made.issue_id) == ("VP.xlsx", digest(made.issue_id))
    assert repr(ledger.form_by_id(made.issue_id)) == repr(made)  # the order of lists, sections and texts too
    assert from_json(to_json(made), Form) == made
    assert from_json(to_json(sample_plan()), Plan) == sample_plan()


def test_unknown_forms(ledger: Ledger) -> None:
    """What was never issued is None, for every way of asking."""
    issue(ledger, form())
    assert ledger.form_by_id("x") is None
    assert ledger.form_by_short("x") is None
    assert ledger.current_form("KHTC", PERIOD) is None
    assert ledger.current_form("VP", "2026-05") is None
    assert ledger.issued_file("x") is None


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


# returns


def test_return_round_trip(ledger: Ledger) -> None:
    """A return comes back equal: values of every type, findings, times, nothing rounded."""
    contents: tuple[CellValue, ...] = (
        0.1,
        1 / 3,
        1e-300,
        -0.0,
        80.0,
        dt.date(2026, 4, 14),
        "",
        None,
        "Đã xong\nDòng 2",
    )
    item = judged(
        "a",
        "accepted_with_warnings",
        values=tuple(value(number, content, str(content)) for number, content in enumerate(contents)),
        findings=(
            Finding("DATE_ODD", "warning", "Ngày lạ", "Xem lại", "Kết quả", "B7", "led", "I.1", "finished_on", "1/2"),
            Finding("MACROS", "note", "Có macro"),
        ),
    )
    (record,) = ledger.record_returns(PERIOD, [item], NOON, "Vũ")
    assert record.judged == item
    assert ledger.returns(PERIOD) == (record,)
    assert ledger.return_by_hash(item.source.sha256) == record
    found = ledger.returns(PERIOD)[0].judged.values
    assert [(type(one.value), repr(one.value)) for one in found] == [(type(one), repr(one)) for one in contents]


@settings(max_examples=amount(200, 5000))
@given(st.one_of(st.text(st.characters(exclude_categories=())), st.floats(allow_nan=False), st.dates(), st.none()))
def test_cell_values_pack(content: CellValue) -> None:
    """Every text, number, date and blank survives packing; half characters become U+FFFD and nothing else changes."""
    text, kind = rows.pack(content)
    again = rows.unpack(text, kind)
    assert again == (rows.clean(content) if isinstance(content, str) else content)
    assert type(again) is type(content)
    if text is not None:
        text.encode()


def test_undecodable_file_name(ledger: Ledger) -> None:
    """A file name that is no UTF-8 spoils neither its own return nor the run."""
    item = judged("a")
    name = os.fsdecode("báo c".encode() + b"\xe1o.xlsx")
    odd = attrs.evolve(item, source=attrs.evolve(item.source, path=f"inbox/{name}", name=name))
    ledger.record_returns(PERIOD, [odd, judged("b")], NOON, "Vũ")
    assert len(ledger.returns(PERIOD)) == 2


def test_times_are_vietnamese(ledger: Ledger, workspace: Workspace) -> None:
    """Times are stored as ISO 8601 with +07:00, whatever zone they came in; a naive one is Vietnamese already."""
    utc = judged("a", received=dt.datetime(2026, 4, 17, 18, 30, tzinfo=dt.UTC))
    naive = judged("b", received=dt.datetime(2026, 4, 17, 8, 0))
    ledger.record_returns(PERIOD, [utc, naive], NOON, "Vũ")
    assert any("'2026-04-18T01:30:00+07:00'" in line for line in dump(workspace))
    assert any("'2026-04-17T08:00:00+07:00'" in line for line in dump(workspace))
    assert ledger.returns(PERIOD)[0].judged.source.received_at.utcoffset() == dt.timedelta(hours=7)


def test_same_file_twice(ledger: Ledger, workspace: Workspace) -> None:
    """Collecting a file again changes nothing, in the same run, in the next one, and for another period."""
    first = ledger.record_returns(PERIOD, [judged("a"), judged("a", "rejected")], NOON, "Vũ")
    before = dump(workspace)
    again = ledger.record_returns("2026-05", [judged("a", "duplicate"), judged("a")], NOON, "Lan")
    assert len(first) == 1
    assert again == ()
    assert dump(workspace) == before
    assert ledger.known(digest("a"))
    assert ledger.origin(digest("a")) == ("VP", PERIOD)
    assert ledger.origin(digest("b")) == (None, None)


def test_unreadable_files_stay_unknown(ledger: Ledger) -> None:
    """Files without a hash could not be read: they are not recorded, and do not make one another duplicates."""
    nothing = judged("a", "unrecognised", None)
    nothing = attrs.evolve(nothing, source=attrs.evolve(nothing.source, sha256=""))
    assert ledger.record_returns(PERIOD, [nothing, judged("b"), nothing], NOON, "Vũ") == ledger.returns(PERIOD)
    assert not ledger.known("")
    assert len(ledger.returns(PERIOD)) == 1


def test_run_all_or_nothing(ledger: Ledger, workspace: Workspace) -> None:
    """A failure in the last return of a run leaves no trace of the first."""
    before = dump(workspace)
    bad = attrs.evolve(judged("c"), verdict=cast(Verdict, None))
    with pytest.raises(IntegrityError):
        ledger.record_returns(PERIOD, [judged("a", values=(value(1, "x"),)), judged("b"), bad], NOON, "Vũ")
    assert dump(workspace) == before


def test_returns_of_one_period(ledger: Ledger) -> None:
    """Returns come in the order of collection, with their own values and findings, for the period asked for."""
    note = Finding("MACROS", "note", "Có macro")
    ledger.record_returns(PERIOD, [judged("b", values=(value(1, "b"), value(2, 2.0))), judged("a")], NOON, "Vũ")
    ledger.record_returns("2026-05", [judged("c", values=(value(1, "c"),))], NOON, "Vũ")
    ledger.record_returns(PERIOD, [judged("d", values=(value(1, "d"),), findings=(note,))], NOON, "Vũ")
    found = ledger.returns(PERIOD)
    assert [record.judged.source.sha256 for record in found] == [digest("b"), digest("a"), digest("d")]
    assert [[item.value for item in record.judged.values] for record in found] == [["b", 2.0], [], ["d"]]
    assert [len(record.judged.findings) for record in found] == [0, 0, 1]


def test_queries_do_not_grow(ledger: Ledger) -> None:
    """Reading the returns of a period takes the same number of queries for two returns as for forty."""
    said: list[str] = []
    event.listen(Engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    counts = []
    for batch in (range(2), range(2, 40)):
        items = [judged(f"r{number}", values=(value(1, "x"),)) for number in batch]
        ledger.record_returns(PERIOD, items, NOON, "Vũ")
        said.clear()
        ledger.returns(PERIOD)
        counts.append(len(said))
    assert counts[0] == counts[1] <= 5


def test_first_seen(ledger: Ledger) -> None:
    """A file keeps the moment at which it was first seen, also when the run that saw it was killed."""
    item = judged("a")
    assert ledger.first_seen([item.source], NOON) == {item.source.sha256: NOON}
    later = NOON + dt.timedelta(hours=13)
    assert not ledger.known(item.source.sha256)
    assert ledger.first_seen([item.source], later) == {item.source.sha256: NOON}
    ledger.record_returns(PERIOD, [item], later, "Vũ")
    assert ledger.first_seen([item.source], later) == {item.source.sha256: NOON}


def test_where_the_content_is_kept(ledger: Ledger, workspace: Workspace) -> None:
    """The ledger says where in the archive a file stands, also when it was seen before it was archived."""
    archived, over_limit = judged("a"), judged("b", "unrecognised", None)
    ledger.first_seen([archived.source, over_limit.source], NOON)
    archive_bytes(workspace, b"a", digest("a"), "a.xlsx")
    ledger.record_returns(PERIOD, [archived, over_limit], NOON, "Vũ")
    with ledger._engine.connect() as connection:
        found = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT name, path FROM files")}
    assert found == {"a.xlsx": f"archive/{digest('a')[:2]}/{digest('a')}.xlsx", "b.xlsx": None}


def test_run_is_an_event(ledger: Ledger) -> None:
    """A run that records something is an event of its own transaction; a run of duplicates is none."""
    ledger.record_returns(PERIOD, [judged("a"), judged("b", "rejected"), judged("c")], NOON, "Vũ")
    ledger.record_returns(PERIOD, [judged("a")], NOON, "Vũ")
    (noted,) = ledger.events()
    assert (noted.at, noted.who, noted.what) == (NOON, "Vũ", "collect")
    assert noted.detail == {"period": PERIOD, "verdicts": {"accepted": 2, "rejected": 1}}


# outputs, events, backups


def test_outputs(ledger: Ledger) -> None:
    """Only a content that was noted for that very path is the program's own there; older ones stay so."""
    ledger.note_output("out/a.xlsx", digest("1"))
    ledger.note_output("out/a.xlsx", digest("2"))
    ledger.note_output("out/a.xlsx", digest("2"))
    assert ledger.was_written("out/a.xlsx", digest("1"))
    assert ledger.was_written("out/a.xlsx", digest("2"))
    assert not ledger.was_written("out/a.xlsx", digest("3"))
    assert not ledger.was_written("out/b.xlsx", digest("1"))


def test_backups(workspace: Workspace, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup is a database that can be opened as it was; the newest ones are kept, also within one second."""
    monkeypatch.setattr(store, "KEPT_BACKUPS", 3)
    ledger.event("Vũ", "before")
    first = ledger.backup("collect --period 2026-04")
    assert first.name == "nq57xl-20260416-120000-001-collect-period-2026-04.db"
    restored = Workspace(workspace.root / "khôi phục")
    restored.root.mkdir()
    restored.database.write_bytes(first.read_bytes())
    ledger.event("Vũ", "after")
    with Ledger.open(restored, CLOCK) as copy:
        assert [item.what for item in copy.events()] == ["before"]
    names = [ledger.backup("merge").name for _ in range(4)]
    assert sorted(path.name for path in workspace.backup.iterdir()) == names[1:]


def test_backup_with_clock_set_back(workspace: Workspace, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """The backup just made is kept, even when the clock says that it is the oldest."""
    monkeypatch.setattr(store, "KEPT_BACKUPS", 2)
    ledger.backup("a")
    ledger.backup("b")
    with Ledger.open(workspace, FixedClock(dt.datetime(2020, 1, 1, tzinfo=VIETNAM))) as earlier:
        made = earlier.backup("c")
    assert made.exists()
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs SIGKILL")
@pytest.mark.parametrize("read_only", [True, False])
def test_half_written_pages(workspace: Workspace, ledger: Ledger, read_only: bool) -> None:
    """A process killed after its pages reached the disk leaves a journal; whoever opens next, reads the old state."""
    ledger.event("Vũ", "generate")
    ledger.close()
    subprocess.run([sys.executable, "-c", DIE_IN_COMMIT, str(workspace.database)], check=False)
    assert b"half written" in workspace.database.read_bytes()
    with Ledger.open(workspace, CLOCK, read_only=read_only) as again:
        assert [item.what for item in again.events()] == ["generate"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_killed_anywhere(tmp_path: Path) -> None:
    """A run killed by SIGKILL at any of its steps, or at any moment, and run again gives the same ledger and files."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.ledger_kit", str(tmp_path), str(amount(3, 1)), str(amount(10, 100))],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    assert done.returncode == 0, done.stderr
    killed, interrupted = map(int, done.stdout.split())
    assert killed > 30
    assert interrupted > 2
