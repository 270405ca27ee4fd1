"""Queries on plans and forms issued and on returns: what `Ledger` does with them inside its transactions."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

import attrs
import msgspec
from attrs import frozen
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    null,
    select,
    true,
    update,
)

from nq57xl.forms.model import Form, SheetLayout, Source, Value
from nq57xl.ledger import decisions, tables
from nq57xl.ledger.storage import add_rows, upsert
from nq57xl.ledger.workspace import Workspace, archived
from nq57xl.plan.model import Plan
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.rules.codec import CONVERTER, content_hash
from nq57xl.rules.findings import Finding
from nq57xl.rules.schema import Schema
from nq57xl.text.clock import iso


def add_plan(connection: Connection, plan: Plan, now: dt.datetime) -> str:
    """Records the plan under its content hash, once; returns the hash."""
    version = content_hash(plan)
    row = {"version": version, "json": _text(plan), "recorded_at": iso(now)}
    connection.execute(upsert(connection, tables.plans).on_conflict_do_nothing(), row)
    return version


def add_forms(
    connection: Connection, forms: Sequence[Form], files: Mapping[str, tuple[str, str]], now: dt.datetime
) -> None:
    """Records forms as issued; those that were recorded before stay as they are. `files`: issue id -> (name, SHA-256).

    The schema, which is most of a form's text and the same in every form of a period, is kept once by its own hash.
    """
    kept: dict[int, str] = {}
    for form in forms:
        query = select(tables.forms.c.id).where(tables.forms.c.issue_id == form.issue_id)
        if connection.execute(query).first() is None:
            if id(form.schema) not in kept:
                kept[id(form.schema)] = _add_schema(connection, form.schema)
            row = _form_row(form, files[form.issue_id], kept[id(form.schema)], now)
            connection.execute(insert(tables.forms), row)


def _add_schema(connection: Connection, schema: Schema) -> str:
    text = _text(schema)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    connection.execute(
        upsert(connection, tables.schemas).on_conflict_do_nothing(), {"sha256": sha256, "json": tables.clean(text)}
    )
    return sha256


def _form_row(form: Form, file: tuple[str, str], schema: str, now: dt.datetime) -> dict[str, Any]:
    fields = CONVERTER.unstructure(attrs.evolve(form, cells=(), schema=_NO_SCHEMA)) | {"schema": schema}
    return {
        "issue_id": form.issue_id,
        "short_id": form.short_id,
        "plan_version": form.plan_version,
        "schema_version": form.schema.version,
        "unit": form.unit,
        "period": form.period.code,
        "version": form.version,
        "file": file[0],
        "sha256": file[1],
        "json": _line(fields),
        "issued_at": iso(now),
        "cells": zlib.compress(_cells_text(form.cells)) if form.cells else None,
    }


@cache
def _one_form(*, cells: bool) -> Select[Any]:
    forms = tables.forms
    return select(forms.c.json, forms.c.cells if cells else null()).where(forms.c.issue_id == bindparam("wanted"))


def one_form(connection: Connection, issue_id: str, *, cells: bool = True) -> Form | None:
    """The form with that issue id; `cells`: with them as issued."""
    row = connection.execute(_one_form(cells=cells), {"wanted": issue_id}).first()
    if row is None:
        return None
    form = form_of(connection, row[0])
    return form if row[1] is None else attrs.evolve(form, cells=_CELLS.decode(zlib.decompress(row[1])))


_SCHEMA = '"schema":'
_KNOWN_SCHEMAS: dict[str, Schema] = {}
"""How a form names its schema -> the schema: a hash as JSON; in forms of earlier programs the schema itself."""


def form_of(connection: Connection, text: str) -> Form:
    """The form in that JSON, without its cells; forms with equal schemas share one.

    Raises cattrs.BaseValidationError.
    """
    start = text.index(_SCHEMA) + len(_SCHEMA)
    known = next((known for known in _KNOWN_SCHEMAS if text.startswith(known, start)), None)
    if known is None:
        content, end = json.JSONDecoder().raw_decode(text, start)
        known = text[start:end]
        if len(_KNOWN_SCHEMAS) >= _MOST_SCHEMAS:
            _KNOWN_SCHEMAS.clear()
        if isinstance(content, str):
            found = select(tables.schemas.c.json).where(tables.schemas.c.sha256 == content)
            content = json.loads(connection.execute(found).scalar_one())
        _KNOWN_SCHEMAS[known] = CONVERTER.structure(content, Schema)
    rest = json.loads(f"{text[:start]}null{text[start + len(known) :]}") | {"schema": _PLAIN_NO_SCHEMA}
    return attrs.evolve(CONVERTER.structure(rest, Form), schema=_KNOWN_SCHEMAS[known])


_CELLS = msgspec.json.Decoder(tuple[SheetLayout, ...])
_MOST_SCHEMAS = 16
_NO_SCHEMA = Schema("", {}, (), ())
_PLAIN_NO_SCHEMA = CONVERTER.unstructure(_NO_SCHEMA)


def _cells_text(cells: Iterable[SheetLayout]) -> bytes:
    return msgspec.json.encode([attrs.asdict(sheet, recurse=False) for sheet in cells])


def _text(record: Schema | Plan) -> str:
    """JSON with the keys in the record's own order: `to_json` sorts them, and the order of lists and sections shows."""
    return _line(CONVERTER.unstructure(record))


def _line(content: Any) -> str:  # noqa: ANN401 - plain JSON
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


_LOCKED = ("FILE_ENCRYPTED", "FILE_PASSWORD_WRONG")
_FAULTS = ("FILE_FAULT",)
_SHUT = (*_LOCKED, *_FAULTS)


@frozen
class CollectRun:
    """What the returns of one run have in common."""

    workspace: Workspace
    at: dt.datetime
    """When they are collected."""
    who: str


def was_judged(connection: Connection, sha256: str, period: str | None = None) -> bool:
    """A file of that content was judged before: for that period, or for any."""
    table = tables.returns
    condition = table.c.sha256 == sha256
    if period is not None:
        condition &= table.c.period == period
    return connection.execute(select(table.c.id).where(condition)).first() is not None


def judged_hashes(connection: Connection, hashes: Iterable[str], period: str | None = None) -> set[str]:
    """Those of the contents that were judged before: for that period, or for any."""
    table = tables.returns
    found: set[str] = set()
    for some in chunks(set(hashes)):
        condition = table.c.sha256.in_(some) & ((table.c.period == period) if period is not None else true())
        found |= set(connection.execute(select(table.c.sha256).where(condition)).scalars())
    return found


def newest_judgement() -> ColumnElement[bool]:
    """The condition for `find` that leaves out judgements which a later one of the same file has taken the place of."""
    table, again = tables.returns, tables.returns.alias()
    first = func.coalesce(table.c.judged_again, table.c.id)
    later = select(again.c.id).where((again.c.judged_again == first) & (again.c.id > table.c.id))
    return ~later.exists()


_Item = TypeVar("_Item")
_CHUNK = 500
"""Values of one IN: databases take so many, and more."""


def chunks(items: Iterable[_Item]) -> Iterator[Sequence[_Item]]:
    """The items in pieces that one query takes."""
    rest = iter(items)
    while piece := list(islice(rest, _CHUNK)):
        yield piece


def see(connection: Connection, run: CollectRun, sources: Sequence[Source]) -> dict[str, dt.datetime]:
    """Notes the files and where they stand in the archive; returns when each content was first seen, by SHA-256."""
    files, noted = tables.files, []
    seen: dict[str, dt.datetime] = {}
    for hashes in chunks(source.sha256 for source in sources):
        query = select(files.c.sha256, files.c.first_seen).where(files.c.sha256.in_(hashes) & files.c.path.is_not(None))
        seen |= {sha256: dt.datetime.fromisoformat(at) for sha256, at in connection.execute(query)}
    fresh = [source for source in sources if source.sha256 not in seen]
    for source in fresh:
        kept = archived(run.workspace, source.sha256, verify=False)
        row = {"sha256": source.sha256, "path": run.workspace.key_of(kept) if kept else None}
        noted.append(row | {"name": tables.clean(source.name), "size": source.size, "first_seen": iso(run.at)})
    if noted:
        note = upsert(connection, files)
        path = func.coalesce(note.excluded.path, files.c.path)
        note = note.on_conflict_do_update(index_elements=[files.c.sha256], set_={"path": path})
        connection.execute(note, noted)
    for hashes in chunks(source.sha256 for source in fresh):
        query = select(files.c.sha256, files.c.first_seen).where(files.c.sha256.in_(hashes))
        seen |= {sha256: dt.datetime.fromisoformat(at) for sha256, at in connection.execute(query)}
    return seen


def add(connection: Connection, period: str, items: Sequence[JudgedReturn], run: CollectRun) -> list[ReturnRecord]:
    """Inserts returns with their files, values and findings; the ids follow the order given."""
    if not items:
        return []
    see(connection, run, [item.source for item in items])
    inserted = insert(tables.returns).returning(tables.returns.c.id, sort_by_parameter_order=True)
    made = [tables.return_row(item, period, run.at, run.who) for item in items]
    records = [
        ReturnRecord(int(return_id), period, item, run.at)
        for return_id, item in zip(connection.execute(inserted, made).scalars(), items, strict=True)
    ]
    _add_parts(connection, [(record.id, record.judged) for record in records])
    return records


def add_judgement(connection: Connection, before: ReturnRecord, item: JudgedReturn, run: CollectRun) -> ReturnRecord:
    """Inserts what the same file says when it is judged again; the decisions on it go on."""
    first = before.first_id or before.id
    row = tables.return_row(item, before.period, before.collected_at, run.who) | {"judged_again": first}
    return_id = int(connection.execute(insert(tables.returns).returning(tables.returns.c.id), row).scalar_one())
    _add_parts(connection, [(return_id, item)])
    wanted = select(tables.returns.c.id).where(tables.returns.c.id == before.id)
    for decision in decisions.of_returns(connection, wanted).get(before.id, ()):
        if decision.kind != "remark":  # those go on from return to return by themselves
            decisions.add(connection, attrs.evolve(decision, return_id=return_id))
    return find(connection, tables.returns.c.id == return_id)[0]


def _add_parts(connection: Connection, items: Sequence[tuple[int, JudgedReturn]]) -> None:
    """The values and findings of returns, by their ids."""
    values = [row for return_id, item in items for row in tables.value_rows(return_id, item.values)]
    findings = [row for return_id, item in items for row in tables.finding_rows(return_id, item.findings)]
    if values:
        add_rows(connection, tables.return_values, ("return_id", "position", *tables.VALUE_COLUMNS), values)
    if findings:
        connection.execute(insert(tables.return_findings), findings)


@frozen
class KnownFile:
    """What the ledger has of a file by its content: enough to pass over one that lies in the inbox since last month."""

    unit: str | None
    form_period: str | None
    """Of its newest judgement."""
    periods: frozenset[str]
    """For which it was judged."""
    closed: bool
    """It could not be judged for a fault of the program's."""
    locked: bool
    """Or for want of its password."""


def known_files(connection: Connection, hashes: Iterable[str]) -> dict[str, KnownFile]:
    """The files among these that were judged before, by SHA-256: two queries for a few hundred of them."""
    about, told = tables.returns.c, tables.return_findings.c
    found: dict[str, KnownFile] = {}
    for piece in chunks(hashes):
        shut = select(about.sha256, told.code).join(tables.return_findings, told.return_id == about.id)
        shut = shut.where(about.sha256.in_(piece) & (about.verdict == "unrecognised") & told.code.in_(_SHUT))
        codes: dict[str, set[str]] = {}
        for sha256, code in connection.execute(shut):
            codes.setdefault(sha256, set()).add(code)
        query = select(about.sha256, about.unit, about.form_period, about.period).where(about.sha256.in_(piece))
        for sha256, unit, form_period, period in connection.execute(query.order_by(about.id)):
            before = found[sha256].periods if sha256 in found else frozenset()
            own = codes.get(sha256, set())
            closed, locked = not own.isdisjoint(_FAULTS), not own.isdisjoint(_LOCKED)
            found[sha256] = KnownFile(unit, form_period, before | {period}, closed, locked)
    return found


def stayed_closed(connection: Connection, sha256: str, *, locked: bool) -> bool:
    """The file with that content is on record as one that could not be judged for a fault of the program's, or
    (`locked`) opened for want of its password."""
    about, told = tables.returns.c, tables.return_findings.c
    query = select(about.id).join(tables.return_findings, told.return_id == about.id)
    codes = (*_FAULTS, *_LOCKED) if locked else _FAULTS
    query = query.where((about.sha256 == sha256) & (about.verdict == "unrecognised") & told.code.in_(codes))
    return connection.execute(query).first() is not None


def reopen(connection: Connection, period: str, item: JudgedReturn, run: CollectRun) -> ReturnRecord:
    """Puts what a file says in the place of the record that it could not be opened.

    When and from whom it was received, its place in the order and the decisions on it stay.
    """
    table = tables.returns
    same = (table.c.sha256 == item.source.sha256) & (table.c.verdict == "unrecognised")
    closed = select(table.c.id).where(same).order_by(table.c.id)
    return_id = int(connection.execute(closed).scalars().first() or 0)
    row = tables.return_row(item, period, run.at, run.who)
    learnt = {name: row[name] for name in ("period", "verdict", "unit", "form_period", "issue_id")}
    connection.execute(update(table).where(table.c.id == return_id), learnt)
    connection.execute(delete(tables.return_findings).where(tables.return_findings.c.return_id == return_id))
    _add_parts(connection, [(return_id, item)])
    return find(connection, table.c.id == return_id)[0]


def find(
    connection: Connection,
    condition: ColumnElement[bool],
    *,
    valued: ColumnElement[bool] | None = None,
    progress_only: bool = False,
) -> tuple[ReturnRecord, ...]:
    """Returns that fulfil a condition on `schema.returns`, in the order of collection, as the office's decisions
    and waivers leave them: six queries in all.

    `valued`: which of them come with their values; None: all. `progress_only`: of rows led how far each has come, and
    everything of those that are done; without findings."""
    query = (
        select(tables.returns, tables.files.c.size).join(tables.files).where(condition).order_by(tables.returns.c.id)
    )
    found = [dict(row) for row in connection.execute(query).mappings()]
    wanted = select(tables.returns.c.id).where(condition)
    values = _values(
        connection, wanted if valued is None else wanted.where(valued), _of_progress() if progress_only else None
    )
    findings: dict[int, list[Finding]] = {}
    told = () if progress_only else _parts(connection, tables.return_findings, tables.FINDING_COLUMNS, wanted)
    for return_id, *row in told:
        findings.setdefault(return_id, []).append(Finding(**dict(zip(tables.FINDING_FIELDS, row, strict=True))))
    decided = decisions.of_returns(connection, wanted)
    records = (
        tables.return_of(row, tuple(values.get(row["id"], ())), tuple(findings.get(row["id"], ()))) for row in found
    )
    waived, remarks = decisions.waivers_of(connection), decisions.remarks_of(connection)
    decided_on = (
        decisions.with_remarks(decisions.applied(record, decided.get(record.id, ())), remarks) for record in records
    )
    return tuple(
        attrs.evolve(record, judged=decisions.under_waivers(record.judged, record.period, waived)) if waived else record
        for record in decided_on
    )


def unit_decided_on() -> ColumnElement[bool]:
    """The condition for returns of units on whose returns, or an earlier one of theirs, the office decided something:
    decisions look at values."""
    of, decided = tables.returns.alias(), tables.decisions
    return tables.returns.c.unit.in_(select(of.c.unit).join(decided, decided.c.return_id == of.c.id))


def values_of(connection: Connection, ids: Sequence[int]) -> dict[int, list[Value]]:
    """The values of those returns, by return."""
    found: dict[int, list[Value]] = {}
    for some in chunks(ids):
        found |= _values(connection, select(tables.returns.c.id).where(tables.returns.c.id.in_(some)))
    return found


def _values(
    connection: Connection, wanted: Select[tuple[int]], narrowed: ColumnElement[bool] | None = None
) -> dict[int, list[Value]]:
    values: dict[int, list[Value]] = {}
    for return_id, *row in _parts(connection, tables.return_values, tables.VALUE_COLUMNS, wanted, narrowed):
        values.setdefault(return_id, []).append(tables.value_of(row))
    return values


def named(wanted: str, *, sha256: bool) -> ColumnElement[bool]:
    """The condition for `find`: the path, the end of the path, the file name, or with `sha256` how the hash begins."""
    table = tables.returns
    ends = table.c.path.iendswith(f"/{wanted}", autoescape=True) | table.c.path.iendswith(f"!{wanted}", autoescape=True)
    condition = (table.c.path == wanted) | (table.c.name == wanted) | ends
    return condition | table.c.sha256.startswith(wanted.casefold(), autoescape=True) if sha256 else condition


def _of_progress() -> ColumnElement[bool]:
    """The values of led rows that say how far a row has come, and every value of a row that says that it is done."""
    table, other = tables.return_values, tables.return_values.alias()
    done = select(other.c.return_id).where(
        (other.c.return_id == table.c.return_id)
        & (other.c.row_table == table.c.row_table)
        & (other.c.row_key == table.c.row_key)
        & (other.c.field == "progress")
        & (other.c.value == "done")
    )
    return (table.c.row_table == "led") & (table.c.field.in_(("progress", "percent")) | done.exists())


def _parts(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    wanted: Select[tuple[int]],
    narrowed: ColumnElement[bool] | None = None,
) -> Iterator[Sequence[Any]]:
    """Return id and those columns of the rows that belong to the returns wanted, in their order."""
    query = select(table.c.return_id, *(table.c[name] for name in columns)).where(table.c.return_id.in_(wanted))
    query = query if narrowed is None else query.where(narrowed)
    # tuples: a return has a hundred of them
    return iter(connection.execute(query.order_by(table.c.return_id, table.c.position)))
