"""Queries on returns: what `Ledger` does with them inside its transactions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Select, Table, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from nq57xl.ledger import archive, decisions, rows, schema
from nq57xl.ledger.clock import iso
from nq57xl.ledger.workspace import Workspace
from nq57xl.records.findings import Finding
from nq57xl.records.ledger import Judged, ReturnRecord
from nq57xl.records.returns import Source, Value


@frozen
class Run:
    """What the returns of one run have in common."""

    workspace: Workspace
    at: dt.datetime
    """When they are collected."""
    who: str


def known(connection: Connection, sha256: str) -> bool:
    """A file of that content was judged before."""
    query = select(schema.returns.c.id).where(schema.returns.c.sha256 == sha256)
    return connection.execute(query).first() is not None


def origin(connection: Connection, sha256: str) -> tuple[str | None, str | None]:
    """(unit, period of the form) of the return with that content."""
    query = select(schema.returns.c.unit, schema.returns.c.form_period).where(schema.returns.c.sha256 == sha256)
    row = connection.execute(query).first()
    return (None, None) if row is None else (row[0], row[1])


def see(connection: Connection, run: Run, source: Source) -> dt.datetime:
    """Notes the file and where it stands in the archive; returns when that content was first seen."""
    kept = archive.archived(run.workspace, source.sha256, verify=False)
    row = {
        "sha256": source.sha256,
        "path": run.workspace.key_of(kept) if kept else None,
        "name": rows.clean(source.name),
        "size": source.size,
        "first_seen": iso(run.at),
    }
    files = schema.files
    note = upsert(files)
    path = func.coalesce(note.excluded.path, files.c.path)
    note = note.on_conflict_do_update(index_elements=[files.c.sha256], set_={"path": path})
    seen = connection.execute(note.returning(files.c.first_seen), row).scalar_one()
    return dt.datetime.fromisoformat(seen)


def add(connection: Connection, period: str, item: Judged, run: Run) -> ReturnRecord:
    """Inserts one return with its file, values and findings."""
    see(connection, run, item.source)
    row = rows.return_row(item, period, run.at, run.who)
    return_id = int(connection.execute(insert(schema.returns).returning(schema.returns.c.id), row).scalar_one())
    if item.values:
        connection.execute(insert(schema.return_values), rows.value_rows(return_id, item.values))
    if item.findings:
        connection.execute(insert(schema.return_findings), rows.finding_rows(return_id, item.findings))
    return ReturnRecord(return_id, period, item, run.at)


def find(connection: Connection, condition: ColumnElement[bool]) -> tuple[ReturnRecord, ...]:
    """Returns that fulfil a condition on `schema.returns`, in the order of collection, as the office's decisions leave
    them: four queries in all."""
    query = (
        select(schema.returns, schema.files.c.size).join(schema.files).where(condition).order_by(schema.returns.c.id)
    )
    found = [dict(row) for row in connection.execute(query).mappings()]
    wanted = select(schema.returns.c.id).where(condition)
    values: dict[int, list[Value]] = {}
    for row in _parts(connection, schema.return_values, wanted):
        values.setdefault(row["return_id"], []).append(rows.value_of(row))
    findings: dict[int, list[Finding]] = {}
    for row in _parts(connection, schema.return_findings, wanted):
        findings.setdefault(row["return_id"], []).append(rows.finding_of(row))
    decided = decisions.of_returns(connection, wanted)
    records = (
        rows.record_of(row, tuple(values.get(row["id"], ())), tuple(findings.get(row["id"], ()))) for row in found
    )
    return tuple(decisions.applied(record, decided.get(record.id, ())) for record in records)


def named(wanted: str, *, sha256: bool) -> ColumnElement[bool]:
    """The condition for `find`: the path, the end of the path, the file name, or with `sha256` how the hash begins."""
    table = schema.returns
    ends = table.c.path.endswith(f"/{wanted}", autoescape=True) | table.c.path.endswith(f"!{wanted}", autoescape=True)
    condition = (table.c.path == wanted) | (table.c.name == wanted) | ends
    return condition | table.c.sha256.startswith(wanted.casefold(), autoescape=True) if sha256 else condition


def verdicts(judged: Sequence[Judged]) -> dict[str, int]:
    """How many returns of each verdict, for the event."""
    counts: dict[str, int] = {}
    for item in judged:
        counts[item.verdict] = counts.get(item.verdict, 0) + 1
    return dict(sorted(counts.items()))


def _parts(connection: Connection, table: Table, wanted: Select[tuple[int]]) -> list[rows.Row]:
    """Rows of a table that belong to the returns wanted, in their order."""
    query = select(table).where(table.c.return_id.in_(wanted)).order_by(table.c.return_id, table.c.position)
    return [dict(row) for row in connection.execute(query).mappings()]
