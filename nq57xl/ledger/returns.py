"""The part of the ledger about files and returns: seen, recorded, judged again, read with the office's decisions."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import attrs
from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select, tuple_

from nq57xl.forms.model import Source, Value
from nq57xl.ledger import tables
from nq57xl.ledger.decisions import OfficeDecisions
from nq57xl.ledger.storage import chunks, upsert
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.rules.codec import from_json, to_json
from nq57xl.rules.findings import Finding
from nq57xl.text.clock import in_vietnam, iso

_LOCKED = ("FILE_ENCRYPTED", "FILE_PASSWORD_WRONG")
_FAULTS = ("FILE_FAULT",)


@frozen
class _KnownFile:
    """What the ledger has of a file by its content: enough to pass over one that lies in the inbox since last month."""

    unit: str | None = None
    form_period: str | None = None
    """Of its newest judgement."""
    periods: frozenset[str] = frozenset()
    """For which it was judged."""
    closed: frozenset[str] = frozenset()
    """Those for which it could not be judged for a fault of the program's."""
    locked: frozenset[str] = frozenset()
    """Or for want of its password."""

    def is_shut(self, period: str, *, unlocking: bool) -> bool:
        """It could not be judged for the period, or, where it was never met for that, for any other one."""
        shut = self.closed | self.locked if unlocking else self.closed
        never_opened = self.periods == self.closed | self.locked
        return period in shut if period in self.periods else bool(shut) and never_opened


class RecordedReturns(OfficeDecisions):
    """Every file ever seen, by its content; every return, in the order of collection."""

    def first_seen(self, sources: Sequence[Source], at: dt.datetime) -> dict[str, dt.datetime]:
        """Notes the files as seen at that moment, before they are read; returns when each content was first seen.

        A run that was killed thus leaves the time at which a file came, and the next run finds it. By SHA-256.
        """
        with self.transaction() as connection:
            return self._see(connection, [source for source in sources if source.sha256], in_vietnam(at))

    def _see(self, connection: Connection, sources: Sequence[Source], at: dt.datetime) -> dict[str, dt.datetime]:
        """The same; says where they stand in the archive, too."""
        files = tables.files
        seen = {source.sha256: at for source in sources}
        archived: set[str] = set()
        for some in chunks(list(seen)):
            query = select(files.c.sha256, files.c.first_seen, files.c.path).where(files.c.sha256.in_(some))
            for sha256, first, path in connection.execute(query):
                seen[sha256] = dt.datetime.fromisoformat(first)
                if path is not None:
                    archived.add(sha256)
        noted = []
        for source in sources:
            if source.sha256 not in archived:
                kept = self.workspace.archived(source.sha256, verify=False)
                row = {"sha256": source.sha256, "path": self.workspace.key_of(kept) if kept else None}
                noted.append(row | {"name": tables.clean(source.name), "size": source.size, "first_seen": iso(at)})
        if noted:
            note = upsert(connection, files)
            path = func.coalesce(note.excluded.path, files.c.path)
            note = note.on_conflict_do_update(index_elements=[files.c.sha256], set_={"path": path})
            connection.execute(note, noted)
        return seen

    def seen_hashes(self) -> set[str]:
        """SHA-256 of all files that were ever looked at."""
        return {row[0] for row in self.rows(select(tables.files.c.sha256))}

    def files(self) -> dict[str, str]:
        """SHA-256 -> name of every file that should be in the archive."""
        about = tables.files.c
        query = select(about.sha256, about.name).where(about.path.is_not(None)).order_by(about.sha256)
        return {row[0]: row[1] for row in self.rows(query)}

    def known_files(self, hashes: Iterable[str]) -> dict[str, _KnownFile]:
        """The files among these that were judged and recorded before, for whatever period, by SHA-256."""
        with self.viewing() as connection:
            return _known_files(connection, set(hashes))

    def record_returns(
        self, period: str, judged: Sequence[JudgedReturn], collected_at: dt.datetime
    ) -> tuple[ReturnRecord, ...]:
        """Records a whole run with its event, all or nothing; returns what is new.

        Known files and duplicates are passed over, and files without a hash: they could not be read at all, so the
        next run meets them afresh. A file that stayed closed for want of a password or for a fault of the program's,
        and is open now, is judged again, with an event that says so.
        """
        at = in_vietnam(collected_at)
        told = [item for item in judged if item.source.sha256 and item.verdict != "duplicate"]
        with self.transaction() as connection:
            met = _known_files(connection, {item.source.sha256 for item in told})
            known = {sha256: file for sha256, file in met.items() if period in file.periods}
            fresh = {item.source.sha256: item for item in reversed(told) if item.source.sha256 not in known}
            new = self._add(connection, period, [*reversed(fresh.values())], at)
            for item in told:
                file = known.get(item.source.sha256)
                if file is not None and file.is_shut(period, unlocking=True) and item.verdict != "unrecognised":
                    del known[item.source.sha256]
                    same = (tables.returns.c.sha256 == item.source.sha256) & (tables.returns.c.period == period)
                    (before,) = self._find(connection, same & _newest_judgement())
                    new.append(self._add_judgement(connection, before, item))
                    self.add_event(connection, "reread", {"period": period, "file": item.source.path})
            if new:
                counts = Counter(record.judged.verdict for record in new)
                self.add_event(connection, "collect", {"period": period, "verdicts": counts})
        return tuple(new)

    def _add(
        self, connection: Connection, period: str, items: Sequence[JudgedReturn], at: dt.datetime
    ) -> list[ReturnRecord]:
        """Inserts returns with their files, values and findings; the ids follow the order given."""
        if not items:
            return []
        self._see(connection, [item.source for item in items], at)
        inserted = insert(tables.returns).returning(tables.returns.c.id, sort_by_parameter_order=True)
        ids = connection.execute(inserted, [self._row(item, period, at) for item in items]).scalars()
        records = [ReturnRecord(number, period, item, at) for number, item in zip(ids, items, strict=True)]
        _add_parts(connection, [(record.id, record.judged) for record in records])
        return records

    def judge_again(self, before: ReturnRecord, item: JudgedReturn, reason: str) -> None:
        """Records what the file of a return says when it is judged again, with its event."""
        detail = {
            "period": before.period,
            "unit": item.unit,
            "file": item.source.path,
            "sha256": item.source.sha256,
            "before": before.judged.verdict,
            "after": item.verdict,
            "reason": reason,
        }
        with self.transaction() as connection:
            self._add_judgement(connection, before, item)
            self.add_event(connection, "recheck", detail)

    def _add_judgement(self, connection: Connection, before: ReturnRecord, item: JudgedReturn) -> ReturnRecord:
        """Another judgement of a return's file. The one before stays, since a closed report shows it; when and from
        whom the file came, its place in the order and the decisions on it go on."""
        source = attrs.evolve(before.judged.source, saved_at=item.source.saved_at)
        row = self._row(attrs.evolve(item, source=source), before.period, before.collected_at)
        row |= {"judged_again": before.first_id or before.id}
        inserted = insert(tables.returns).returning(tables.returns.c.id)
        return_id = int(connection.execute(inserted, row).scalar_one())
        _add_parts(connection, [(return_id, item)])
        self._pass_on(connection, before.id, return_id)
        return self._find(connection, tables.returns.c.id == return_id)[0]

    def _row(self, judged: JudgedReturn, period: str, collected_at: dt.datetime) -> tables.Row:
        """The row of `returns`."""
        source = judged.source
        row = {name: getattr(judged, name) for name in ("verdict", "unit", "form_period", "issue_id")}
        row |= {name: tables.clean(getattr(source, name)) for name in ("sha256", "path", "name", "sender", "subject")}
        row |= {"received_at": iso(source.received_at), "received_basis": source.received_basis}
        row |= {"saved_at": iso(source.saved_at) if source.saved_at else ""}
        return row | {"period": period, "collected_at": iso(collected_at), "who": tables.clean(self.person)}

    def returns(
        self, period: str, *, units: Collection[str] | None = None, valued: bool = True
    ) -> tuple[ReturnRecord, ...]:
        """Every return collected for the period, of all units or some, in the order of collection, with values and
        findings.

        Not `valued`: without the values of units on whose returns nothing was decided; `with_values` brings them.
        """
        about = tables.returns.c
        condition = (about.period == period) & _newest_judgement()
        if units is not None:
            condition &= about.unit.in_(sorted(units))
        decisions_on, decided = tables.returns.alias(), tables.decisions.c
        on_decided = select(decisions_on.c.unit).join(tables.decisions, decided.return_id == decisions_on.c.id)
        with self.viewing() as connection:
            found = self._find(connection, condition, valued=None if valued else about.unit.in_(on_decided))
        return asked_before(found)

    def with_values(self, records: Sequence[ReturnRecord], ids: Collection[int]) -> tuple[ReturnRecord, ...]:
        """Returns that were read without their values, those of these ids with them."""
        lacking = [record.id for record in records if record.id in ids and not record.judged.values]
        values: dict[int, list[Value]] = {}
        with self.viewing() as connection:
            for some in chunks(lacking):
                values |= _values(connection, tables.return_values.c.return_id.in_(some))
        return tuple(
            attrs.evolve(record, judged=attrs.evolve(record.judged, values=tuple(values[record.id])))
            if record.id in values
            else record
            for record in records
        )

    def progress(self, wanted: Collection[tuple[str, str]]) -> Iterator[ReturnRecord]:
        """Every return collected of these (period, unit): of rows led how far each has come, and everything of those
        that are done; without findings where nothing was decided."""
        about = tables.returns.c
        with self.viewing() as connection:
            for some in chunks(sorted(wanted)):
                condition = tuple_(about.period, about.unit).in_(some) & _newest_judgement()
                yield from self._find(connection, condition, progress_only=True)

    def return_by_hash(self, sha256: str, period: str | None = None) -> ReturnRecord | None:
        """The return that was recorded of the file with that content, for that period or the one it came for last."""
        condition = (tables.returns.c.sha256 == sha256) & _newest_judgement()
        if period is not None:
            condition &= tables.returns.c.period == period
        with self.viewing() as connection:
            return next(reversed(self._find(connection, condition)), None)

    def find_returns(self, wanted: str, *, sha256: bool) -> tuple[ReturnRecord, ...]:
        """The returns with that path, end of path or file name; with `sha256` also those whose hash begins so."""
        about, name = tables.returns.c, tables.clean(wanted)
        condition = (about.path == name) | (about.name == name)
        for sign in "/!":
            condition |= about.path.iendswith(f"{sign}{name}", autoescape=True)
        if sha256:
            condition |= about.sha256.startswith(name.casefold(), autoescape=True)
        with self.viewing() as connection:
            return self._find(connection, condition & _newest_judgement())

    def strangers(self, period: str) -> tuple[JudgedReturn, ...]:
        """What was handed in for the period and is nobody's form."""
        about = tables.returns.c
        condition = (about.period == period) & (about.verdict == "unrecognised") & about.unit.is_(None)
        with self.viewing() as connection:
            return tuple(item.judged for item in self._find(connection, condition & _newest_judgement()))

    def handed_in(self) -> set[tuple[str, str]]:
        """(period, unit) of every return of a unit."""
        about = tables.returns.c
        query = select(about.period, about.unit).where(about.unit.is_not(None)).distinct()
        return {(row[0], row[1]) for row in self.rows(query)}

    def reported(self, period: str) -> list[tuple[str, str, str]]:
        """(path, SHA-256, unit) of every return of a form of the period, in the order of collection."""
        about = tables.returns.c
        query = select(about.path, about.sha256, about.unit).where(about.form_period == period)
        return [(row[0], row[1], row[2]) for row in self.rows(query.where(about.unit.is_not(None)).order_by(about.id))]

    def erase_values(self, period: str, fields: Collection[tuple[str, str]]) -> int:
        """Erases what the returns of a period say in those cells, by (table, field), for good; gives how many said
        something. The one thing recorded that is ever taken away: a person's contacts."""
        table = tables.return_values
        returns = select(tables.returns.c.id).where(tables.returns.c.period == period)
        named = tuple_(table.c.row_table, table.c.field).in_(sorted(fields))
        with self.transaction() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA secure_delete=ON")  # else it stands in the file's free pages
            return connection.execute(delete(table).where(table.c.return_id.in_(returns) & named)).rowcount

    def _find(
        self,
        connection: Connection,
        condition: ColumnElement[bool],
        *,
        valued: ColumnElement[bool] | None = None,
        progress_only: bool = False,
        upto: tuple[int, int] | None = None,
    ) -> tuple[ReturnRecord, ...]:
        """Returns that fulfil a condition on `returns`, in the order of collection, as the office's decisions and
        waivers leave them, or left them (`upto`): six queries in all.

        `valued`: which of them come with their values; None: all. `progress_only`: of rows led how far each has come,
        and everything of those that are done; findings of returns alone on which something was decided."""
        about, said, told = tables.returns, tables.return_values, tables.return_findings
        query = select(about, tables.files.c.size).join(tables.files).where(condition).order_by(about.c.id)
        rows = [row._asdict() for row in connection.execute(query)]
        wanted = select(about.c.id).where(condition)
        of_wanted = said.c.return_id.in_(wanted if valued is None else wanted.where(valued))
        values = _values(connection, of_wanted & _of_progress() if progress_only else of_wanted)
        of_findings: ColumnElement[bool] = told.c.return_id.in_(wanted)
        if progress_only:  # which a verdict follows from where the office decided something
            of_findings &= told.c.return_id.in_(select(tables.decisions.c.return_id))
        findings = _parts(connection, told, _FINDING, lambda row: Finding(*row), of_findings)
        found = (_record(row, values.get(row["id"], ()), findings.get(row["id"], ())) for row in rows)
        return self._as_decided(connection, found, wanted, upto)


def _known_files(connection: Connection, hashes: Collection[str]) -> dict[str, _KnownFile]:
    """One query for a few hundred of them."""
    about, told = tables.returns.c, tables.return_findings.c
    shut = (told.return_id == about.id) & (about.verdict == "unrecognised") & told.code.in_((*_LOCKED, *_FAULTS))
    query = select(about.sha256, about.unit, about.form_period, about.period, told.code)
    query = query.outerjoin(tables.return_findings, shut).where(_newest_judgement()).order_by(about.id)
    found: dict[str, _KnownFile] = {}
    for piece in chunks(hashes):
        for sha256, unit, form_period, period, code in connection.execute(query.where(about.sha256.in_(piece))):
            before = found.get(sha256, _KnownFile())
            found[sha256] = _KnownFile(
                unit,
                form_period,
                before.periods | {period},
                before.closed | ({period} if code in _FAULTS else set()),
                before.locked | ({period} if code in _LOCKED else set()),
            )
    return found


def _newest_judgement() -> ColumnElement[bool]:
    """The condition that leaves out judgements which a later one of the same file has taken the place of."""
    table, again = tables.returns, tables.returns.alias()
    first = func.coalesce(table.c.judged_again, table.c.id)
    later = select(again.c.id).where((again.c.judged_again == first) & (again.c.id > table.c.id))
    return ~later.exists()


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


_VALUE = ("row_table", "row_key", "field", "typed", "value", "value_type", "sheet", "cell", "origin", "stated")
_FINDING = ("code", "severity", "message", "fix", "sheet", "cell", "row_table", "task", "field", "value")
"""What is read of `return_values` and `return_findings`; the second in the order of a Finding's fields."""
_Part = TypeVar("_Part")


def _parts(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    made: Callable[[Sequence[Any]], _Part],
    condition: ColumnElement[bool],
) -> dict[int, list[_Part]]:
    """What belongs to each return, in its order, made of those columns."""
    query = select(table.c.return_id, *(table.c[name] for name in columns)).where(condition)
    found: dict[int, list[_Part]] = {}
    # tuples: a return has a hundred of them
    for return_id, *row in connection.execute(query.order_by(table.c.return_id, table.c.position)):
        found.setdefault(return_id, []).append(made(row))
    return found


def _values(connection: Connection, condition: ColumnElement[bool]) -> dict[int, list[Value]]:
    return _parts(connection, tables.return_values, _VALUE, _value_of, condition)


def _value_of(row: Sequence[Any]) -> Value:
    table, key, field, typed, value, kind, sheet, cell, origin, stated = row
    file = from_json(origin, Source) if origin else None
    return Value(table, key, field, typed, tables.unpack(value, kind), sheet, cell, file, stated)


def _record(row: tables.Row, values: Iterable[Value], findings: Iterable[Finding]) -> ReturnRecord:
    """The record of a row of `returns` joined with `files.size`."""
    parts = {"source": tables.record_of(Source, row), "values": tuple(values), "findings": tuple(findings)}
    judged = tables.record_of(JudgedReturn, row | parts)
    at = dt.datetime.fromisoformat(row["collected_at"])
    return ReturnRecord(row["id"], row["period"], judged, at, first_id=row["judged_again"] or 0)


def _add_parts(connection: Connection, items: Sequence[tuple[int, JudgedReturn]]) -> None:
    """Inserts the values and findings of returns, by their ids."""
    values = []  # of plain tuples, because a return has a hundred of them
    for return_id, item in items:
        for position, said in enumerate(item.values):
            place = (_name(said.table), _name(said.key), _name(said.field))
            origin = tables.clean(to_json(said.origin)) if said.origin else None
            content = (tables.clean(said.typed), *tables.pack(said.value))
            where = (_name(said.sheet), said.cell, origin, _name(said.stated))
            values.append((return_id, position, *place, *content, *where))
    findings = [
        tables.row_of(finding) | {"return_id": return_id, "position": position}
        for return_id, item in items
        for position, finding in enumerate(item.findings)
    ]
    if values:  # straight by the driver: SQLAlchemy takes longer over each than SQLite
        columns = ("return_id", "position", *_VALUE)
        marks = ", ".join(["?" if connection.dialect.paramstyle == "qmark" else "%s"] * len(columns))
        connection.exec_driver_sql(f"INSERT INTO return_values ({', '.join(columns)}) VALUES ({marks})", values)
    if findings:
        connection.execute(insert(tables.return_findings), findings)


_name = lru_cache(maxsize=4096)(tables.clean)
"""Of texts that stand in every return: rows, fields, sheets."""


def asked_before(records: Sequence[ReturnRecord]) -> tuple[ReturnRecord, ...]:
    """A period's returns, in their order; movements that their units were asked about in an earlier run say so.

    Told of the same figures again, without an explanation, they are listed and not asked back a second time.
    """
    asked: dict[str, dict[tuple[str, ...], dt.datetime]] = {}
    known: dict[int, ReturnRecord] = {}
    for record in sorted(records, key=lambda record: record.order):
        of_unit = asked.setdefault(record.judged.unit or "", {})
        findings = list(record.judged.findings)
        for place, item in enumerate(record.judged.findings):
            if item.is_open and item.once and record.period == record.judged.form_period:
                key = (item.code, item.table, item.task or "", item.field, item.message)
                if of_unit.setdefault(key, record.collected_at) < record.collected_at:
                    findings[place] = attrs.evolve(item, asked_before=True)
        judged = attrs.evolve(record.judged, findings=tuple(findings))
        known[record.id] = record if judged == record.judged else attrs.evolve(record, judged=judged)
    return tuple(known[record.id] for record in records)
