"""Older databases are brought up to date, newer and foreign ones are refused."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import inspect

from nq57xl.errors import Nq57Error
from nq57xl.ledger import migrate, tables
from nq57xl.ledger.migrate import MIGRATIONS, _Migration
from nq57xl.ledger.storage import _memory_engine, changing
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import Workspace
from tests.ledger_kit import CLOCK, NOON, PERIOD, dump, judged

RELEASED = {1: "e5ea67e36dbb", 2: "d66369103dc4", 3: "aab894d41965"}
"""Fingerprints of the steps that offices have taken; a new step adds a line, no line ever changes."""

NEXT = _Migration(
    MIGRATIONS[-1].number + 1,
    "exclusions",
    (
        "CREATE TABLE exclusions (return_id INTEGER NOT NULL REFERENCES returns (id), reason TEXT NOT NULL)",
        "ALTER TABLE returns ADD COLUMN remark TEXT",
    ),
)


@pytest.fixture
def older(tmp_path: Path) -> Workspace:
    """A workspace whose ledger was written before the step NEXT existed."""
    workspace = Workspace(tmp_path)
    with Ledger.open(workspace, CLOCK) as ledger:
        ledger.record_returns(PERIOD, [judged("a")], NOON)
    return workspace


def steps(workspace: Workspace) -> list[int]:
    connection = sqlite3.connect(workspace.database)
    try:
        return [number for (number,) in connection.execute("SELECT number FROM migrations ORDER BY number")]
    finally:
        connection.close()


@pytest.mark.sqlite_file
def test_older_ledger_is_migrated(older: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening an older ledger takes the missing steps, records them, keeps the data, and backs it up before."""
    monkeypatch.setattr(migrate, "MIGRATIONS", (*MIGRATIONS, NEXT))
    before = dump(older)
    with Ledger.open(older, CLOCK) as ledger:
        assert [record.judged.source.name for record in ledger.returns(PERIOD)] == ["a.xlsx"]
    assert steps(older) == [item.number for item in (*MIGRATIONS, NEXT)]
    (copy,) = older.backup.iterdir()
    assert copy.name.endswith("-migrate.db")
    connection = sqlite3.connect(copy)
    assert list(connection.iterdump()) == before
    connection.close()
    after = dump(older)
    with Ledger.open(older, CLOCK):
        pass
    assert dump(older) == after


@pytest.mark.sqlite_file
def test_read_only_migrates_in_memory(older: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only command understands an older ledger and leaves the file as it is."""
    monkeypatch.setattr(migrate, "MIGRATIONS", (*MIGRATIONS, NEXT))
    before = older.database.read_bytes()
    with Ledger.open(older, CLOCK, read_only=True) as ledger:
        assert len(ledger.returns(PERIOD)) == 1
    assert older.database.read_bytes() == before
    assert not older.backup.exists()


def test_failed_step_changes_nothing(older: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that fails half-way leaves the database as it was, table definitions too."""
    broken = _Migration(NEXT.number, "broken", (*NEXT.statements, "INSERT INTO nowhere VALUES (1)"))
    monkeypatch.setattr(migrate, "MIGRATIONS", (*MIGRATIONS, broken))
    before = dump(older)
    with pytest.raises(Nq57Error):
        Ledger.open(older, CLOCK)
    assert dump(older) == before


@pytest.mark.sqlite_file
@pytest.mark.parametrize("read_only", [False, True])
def test_newer_ledger_is_refused(older: Workspace, monkeypatch: pytest.MonkeyPatch, read_only: bool) -> None:
    """A ledger of a newer program is refused with the remedy, and not touched."""
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "MIGRATIONS", (*MIGRATIONS, NEXT))
        Ledger.open(older, CLOCK).close()
    before = older.database.read_bytes()
    with pytest.raises(Nq57Error, match="cập nhật chương trình"):
        Ledger.open(older, CLOCK, read_only=read_only)
    assert older.database.read_bytes() == before


@pytest.mark.sqlite_file
def test_foreign_database_is_refused(tmp_path: Path) -> None:
    """An SQLite database of another program is refused and not touched."""
    workspace = Workspace(tmp_path)
    connection = sqlite3.connect(workspace.database)
    connection.execute("CREATE TABLE contacts (name TEXT)")
    connection.commit()
    connection.close()
    before = workspace.database.read_bytes()
    with pytest.raises(Nq57Error, match="không phải sổ dữ liệu"):
        Ledger.open(workspace, CLOCK)
    assert workspace.database.read_bytes() == before


@pytest.mark.sqlite_file
def test_empty_file_is_a_new_ledger(tmp_path: Path) -> None:
    """A file of no bytes, as a process killed at the very start leaves it, becomes a ledger."""
    workspace = Workspace(tmp_path)
    workspace.database.touch()
    with Ledger.open(workspace, CLOCK, read_only=True) as ledger:
        assert ledger.events() == ()
    with Ledger.open(workspace, CLOCK) as ledger:
        ledger.event("generate")
    assert steps(workspace) == [item.number for item in MIGRATIONS]


def test_tables_are_as_declared() -> None:
    """The steps lead to exactly the tables, columns, keys and references that the queries are written for."""
    engine = _memory_engine()
    with changing(engine) as connection:
        migrate.migrate(connection, NOON)
    found = inspect(engine)
    assert set(found.get_table_names()) == set(tables.METADATA.tables)
    for name, table in tables.METADATA.tables.items():
        keys = found.get_pk_constraint(name)["constrained_columns"]
        assert keys == [column.name for column in table.primary_key], name
        columns = {item["name"]: item["nullable"] and item["name"] not in keys for item in found.get_columns(name)}
        assert columns == {column.name: bool(column.nullable) for column in table.columns}, name
        references = {(key["constrained_columns"][0], key["referred_table"]) for key in found.get_foreign_keys(name)}
        assert references == {(key.parent.name, key.column.table.name) for key in table.foreign_keys}, name


def test_released_steps_are_not_edited() -> None:
    """A step that an office may have taken stays as it was: what is wrong is put right by the next one."""
    found = {
        step.number: hashlib.sha256("\n".join(step.statements).encode()).hexdigest()[:12]
        for step in MIGRATIONS
        if step.number in RELEASED
    }
    assert found == RELEASED
    assert [step.number for step in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))
