"""Queries on returns: what `Ledger` does with them inside its transactions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Select, Table, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from nq57xl.ledger import archive, decisions, rows, schema
from nq57xl.ledger.clock import iso
from nq57xl.ledger.workspace import Workspace
from nq57xl.records.findings import Finding
from nq57xl.records.ledger import Judged, ReturnRecord
from nq57xl.records.returns import Source, Value

_CLOSED = ("FILE_ENCRYPTED", "FILE_PASSWORD_WRONG")


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
    _add_parts(connection, return_id, item)
    return ReturnRecord(return_id, period, item, run.at)


def _add_parts(connection: Connection, return_id: int, item: Judged) -> None:
    if item.values:
        connection.execute(insert(schema.return_values), rows.value_rows(return_id, item.values))
    if item.findings:
        connection.execute(insert(schema.return_findings), rows.finding_rows(return_id, item.findings))


def stayed_closed(connection: Connection, sha256: str) -> bool:
    """The file with that content is on record as one that could not be opened for want of its password."""
    about, told = schema.returns.c, schema.return_findings.c
    query = select(about.id).join(schema.return_findings, told.return_id == about.id)
    query = query.where((about.sha256 == sha256) & (about.verdict == "unrecognised") & told.code.in_(_CLOSED))
    return connection.execute(query).first() is not None


def reopen(connection: Connection, period: str, item: Judged, run: Run) -> ReturnRecord:
    """Puts what a file says in the place of the record that it could not be opened.

    When and from whom it was received, its place in the order and the decisions on it stay.
    """
    table = schema.returns
    return_id = int(connection.execute(select(table.c.id).where(table.c.sha256 == item.source.sha256)).scalar_one())
    row = rows.return_row(item, period, run.at, run.who)
    learnt = {name: row[name] for name in ("period", "verdict", "unit", "form_period", "issue_id")}
    connection.execute(update(table).where(table.c.id == return_id), learnt)
    connection.execute(delete(schema.return_findings).where(schema.return_findings.c.return_id == return_id))
    _add_parts(connection, return_id, item)
    return find(connection, table.c.id == return_id)[0]


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
