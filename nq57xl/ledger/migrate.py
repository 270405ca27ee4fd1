"""Numbered steps from an empty database to the present one; each is recorded in the database that took it.

A step that has been released is never edited: what is wrong is put right by the next one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from attrs import frozen
from sqlalchemy import Connection, insert, inspect, text

from nq57xl.errors import Nq57Error
from nq57xl.ledger import tables
from nq57xl.text.clock import iso


@frozen
class Migration:
    """One step."""

    number: int
    name: str
    statements: tuple[str, ...]


_FIRST = (
    """CREATE TABLE plans (
        version TEXT NOT NULL PRIMARY KEY, json TEXT NOT NULL, recorded_at TEXT NOT NULL)""",
    """CREATE TABLE forms (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        issue_id TEXT NOT NULL UNIQUE, short_id TEXT NOT NULL UNIQUE,
        plan_version TEXT NOT NULL REFERENCES plans (version), schema_version TEXT NOT NULL,
        unit TEXT NOT NULL, period TEXT NOT NULL, version INTEGER NOT NULL,
        file TEXT NOT NULL, sha256 TEXT NOT NULL, json TEXT NOT NULL, issued_at TEXT NOT NULL,
        UNIQUE (period, unit, version))""",
    """CREATE TABLE files (
        sha256 TEXT NOT NULL PRIMARY KEY, path TEXT, name TEXT NOT NULL, size INTEGER NOT NULL,
        first_seen TEXT NOT NULL)""",
    """CREATE TABLE returns (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        sha256 TEXT NOT NULL UNIQUE REFERENCES files (sha256), period TEXT NOT NULL,
        path TEXT NOT NULL, name TEXT NOT NULL, received_at TEXT NOT NULL, received_basis TEXT NOT NULL,
        verdict TEXT NOT NULL, unit TEXT, form_period TEXT, issue_id TEXT,
        collected_at TEXT NOT NULL, who TEXT NOT NULL)""",
    "CREATE INDEX returns_by_period ON returns (period, id)",
    """CREATE TABLE return_values (
        return_id INTEGER NOT NULL REFERENCES returns (id), position INTEGER NOT NULL,
        row_table TEXT NOT NULL, row_key TEXT NOT NULL, field TEXT NOT NULL, typed TEXT NOT NULL,
        value TEXT, value_type TEXT NOT NULL CHECK (value_type IN ('text', 'number', 'date', 'none')),
        sheet TEXT NOT NULL, cell TEXT NOT NULL,
        PRIMARY KEY (return_id, position)) WITHOUT ROWID""",
    """CREATE TABLE return_findings (
        return_id INTEGER NOT NULL REFERENCES returns (id), position INTEGER NOT NULL,
        code TEXT NOT NULL, severity TEXT NOT NULL, message TEXT NOT NULL, fix TEXT NOT NULL,
        sheet TEXT NOT NULL, cell TEXT NOT NULL, row_table TEXT NOT NULL, task TEXT, field TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (return_id, position)) WITHOUT ROWID""",
    """CREATE TABLE outputs (
        path TEXT NOT NULL, sha256 TEXT NOT NULL, written_at TEXT NOT NULL, PRIMARY KEY (path, sha256))""",
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, detail TEXT NOT NULL)""",
)

_THIRD = (
    "ALTER TABLE returns ADD COLUMN sender TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE returns ADD COLUMN subject TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE return_values ADD COLUMN origin TEXT",
    """CREATE TABLE decisions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        return_id INTEGER NOT NULL REFERENCES returns (id),
        kind TEXT NOT NULL CHECK (kind IN ('exclude', 'readmit', 'received')),
        value TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL)""",
    """CREATE TABLE edits (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        period TEXT NOT NULL, unit TEXT NOT NULL, row_table TEXT NOT NULL, row_key TEXT NOT NULL, field TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('wording', 'figure', 'withdrawn')),
        typed TEXT NOT NULL, value TEXT,
        value_type TEXT NOT NULL CHECK (value_type IN ('text', 'number', 'date', 'none')),
        before TEXT NOT NULL, author TEXT NOT NULL, reason TEXT NOT NULL,
        file_sha256 TEXT NOT NULL, sheet TEXT NOT NULL, cell TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL)""",
    "CREATE INDEX edits_by_period ON edits (period, id)",
    """CREATE TABLE closings (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        period TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('close', 'reopen')),
        json TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL)""",
    """CREATE TABLE amendments (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        plan_version TEXT NOT NULL REFERENCES plans (version), effective_from TEXT NOT NULL,
        json TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL)""",
)

_FOURTH = (
    "ALTER TABLE edits ADD COLUMN before_value TEXT",
    "ALTER TABLE edits ADD COLUMN before_type TEXT NOT NULL DEFAULT 'none'",
)

_FIFTH = (
    # a file may be judged for several periods, and again: SQLite drops a UNIQUE only with its table, children first
    """CREATE TABLE returns_new (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        sha256 TEXT NOT NULL REFERENCES files (sha256), period TEXT NOT NULL,
        path TEXT NOT NULL, name TEXT NOT NULL, received_at TEXT NOT NULL, received_basis TEXT NOT NULL,
        verdict TEXT NOT NULL, unit TEXT, form_period TEXT, issue_id TEXT,
        collected_at TEXT NOT NULL, who TEXT NOT NULL,
        sender TEXT NOT NULL DEFAULT '', subject TEXT NOT NULL DEFAULT '',
        saved_at TEXT NOT NULL DEFAULT '', judged_again INTEGER REFERENCES returns_new (id))""",
    """INSERT INTO returns_new SELECT id, sha256, period, path, name, received_at, received_basis, verdict, unit,
        form_period, issue_id, collected_at, who, sender, subject, '', NULL FROM returns""",
    """CREATE TABLE return_values_new (
        return_id INTEGER NOT NULL REFERENCES returns_new (id), position INTEGER NOT NULL,
        row_table TEXT NOT NULL, row_key TEXT NOT NULL, field TEXT NOT NULL, typed TEXT NOT NULL,
        value TEXT, value_type TEXT NOT NULL CHECK (value_type IN ('text', 'number', 'date', 'none')),
        sheet TEXT NOT NULL, cell TEXT NOT NULL, origin TEXT,
        PRIMARY KEY (return_id, position)) WITHOUT ROWID""",
    """INSERT INTO return_values_new SELECT return_id, position, row_table, row_key, field, typed, value, value_type,
        sheet, cell, origin FROM return_values""",
    """CREATE TABLE return_findings_new (
        return_id INTEGER NOT NULL REFERENCES returns_new (id), position INTEGER NOT NULL,
        code TEXT NOT NULL, severity TEXT NOT NULL, message TEXT NOT NULL, fix TEXT NOT NULL,
        sheet TEXT NOT NULL, cell TEXT NOT NULL, row_table TEXT NOT NULL, task TEXT, field TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (return_id, position)) WITHOUT ROWID""",
    """INSERT INTO return_findings_new SELECT return_id, position, code, severity, message, fix, sheet, cell,
        row_table, task, field, value FROM return_findings""",
    """CREATE TABLE decisions_new (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        return_id INTEGER NOT NULL REFERENCES returns_new (id),
        kind TEXT NOT NULL CHECK (kind IN ('exclude', 'readmit', 'received', 'take')),
        value TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL)""",
    "INSERT INTO decisions_new SELECT id, return_id, kind, value, reason, at, who FROM decisions",
    "DROP TABLE decisions",
    "DROP TABLE return_values",
    "DROP TABLE return_findings",
    "DROP TABLE returns",
    "ALTER TABLE returns_new RENAME TO returns",
    "ALTER TABLE return_values_new RENAME TO return_values",
    "ALTER TABLE return_findings_new RENAME TO return_findings",
    "ALTER TABLE decisions_new RENAME TO decisions",
    "CREATE INDEX returns_by_period ON returns (period, id)",
    "CREATE INDEX returns_by_file ON returns (sha256)",
    "CREATE INDEX returns_again ON returns (judged_again)",
)

_SIXTH = (
    """CREATE TABLE waivers (
        id INTEGER PRIMARY KEY AUTOINCREMENT, ends INTEGER REFERENCES waivers (id),
        unit TEXT NOT NULL, code TEXT NOT NULL, task TEXT NOT NULL, field TEXT NOT NULL,
        since TEXT NOT NULL, until TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL)""",
)

_EIGHTH = (
    """CREATE TABLE decisions_new (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        return_id INTEGER NOT NULL REFERENCES returns (id),
        kind TEXT NOT NULL CHECK (kind IN ('exclude', 'readmit', 'received', 'take', 'remark')),
        value TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL)""",
    "INSERT INTO decisions_new SELECT id, return_id, kind, value, reason, at, who FROM decisions",
    "DROP TABLE decisions",
    "ALTER TABLE decisions_new RENAME TO decisions",
)
_NINTH = (
    """CREATE TABLE past_periods (
        period TEXT NOT NULL, mark TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (period, mark))""",
    "CREATE INDEX outputs_by_content ON outputs (sha256)",
)
_TENTH = ("CREATE TABLE schemas (sha256 TEXT NOT NULL PRIMARY KEY, json TEXT NOT NULL)",)
MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "forms, returns, values, findings, outputs, events", _FIRST),
    Migration(2, "every cell of a form as it was issued", ("ALTER TABLE forms ADD COLUMN cells BLOB",)),
    Migration(3, "senders, origins, decisions on returns, the office's edits, closed periods, amendments", _THIRD),
    Migration(4, "what a unit's cell meant when the office edited it", _FOURTH),
    Migration(5, "files judged for several periods and again, when saved, returns taken by the office", _FIFTH),
    Migration(6, "warnings waived", _SIXTH),
    Migration(7, "what a statement said", ("ALTER TABLE return_values ADD COLUMN stated TEXT NOT NULL DEFAULT ''",)),
    Migration(8, "the office's remarks on cells", _EIGHTH),
    Migration(9, "what later reports show of a period", _NINTH),
    Migration(10, "the schema of forms kept once", _TENTH),
)


def level(connection: Connection) -> int:
    """Number of the last step that the database took; 0 for an empty one.

    Raises Nq57Error when the file is an SQLite database of some other program.
    """
    found = set(inspect(connection).get_table_names())
    if "migrations" in found:
        return int(connection.execute(text("SELECT coalesce(max(number), 0) FROM migrations")).scalar_one())
    if found:
        raise Nq57Error("Tệp nq57xl.db không phải sổ dữ liệu của nq57xl. Hãy chuyển tệp đó đi nơi khác.")
    return 0


def refuse_newer(found: int, known: int) -> None:
    """Raises Nq57Error when the database took steps that this program does not know."""
    if found > known:
        raise Nq57Error(
            f"Sổ dữ liệu nq57xl.db do bản nq57xl mới hơn tạo ra (bước {found}, bản này chỉ biết đến bước {known}). "
            "Hãy cập nhật chương trình; bản này không mở sổ để tránh làm hỏng dữ liệu."
        )


def migrate(connection: Connection, now: dt.datetime, steps: tuple[Migration, ...] = MIGRATIONS) -> int:
    """Takes the steps that are missing; returns the new level. The caller's transaction makes it all or nothing."""
    found = level(connection)
    refuse_newer(found, steps[-1].number)
    own = _dialect(connection)
    columns = "number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL"
    connection.exec_driver_sql(own(f"CREATE TABLE IF NOT EXISTS migrations ({columns})"))
    for step in steps:
        if step.number > found:
            for statement in step.statements:
                connection.exec_driver_sql(own(statement))
            row = {"number": step.number, "name": step.name, "applied_at": iso(now)}
            connection.execute(insert(tables.migrations), row)
    follow_ids(connection)
    return steps[-1].number


def _dialect(connection: Connection) -> Callable[[str], str]:
    """Turns a statement written for SQLite into one for the server; text sorts by its bytes on both."""
    if connection.dialect.name != "postgresql":
        return lambda statement: statement
    words = {
        "INTEGER PRIMARY KEY AUTOINCREMENT": "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        " WITHOUT ROWID": "",
        " TEXT": ' TEXT COLLATE "C"',
        " BLOB": " BYTEA",
    }

    def own(statement: str) -> str:
        for word, other in words.items():
            statement = statement.replace(word, other)
        return statement

    return own


def follow_ids(connection: Connection) -> None:
    """On a server the next row ids follow the highest there is: rows may have come with ids of their own."""
    if connection.dialect.name != "postgresql":
        return
    there = set(inspect(connection).get_table_names())
    for table in tables.METADATA.sorted_tables:
        if "id" in table.c and table.name in there:
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "
                f"(SELECT coalesce(max(id), 0) + 1 FROM {table.name}), false)"
            )
