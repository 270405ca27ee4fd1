"""What the office itself did, as recorded: edits, closings, amendments, matched rows; what is noted of past periods.

Rows are added, never changed.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
from sqlalchemy import func, insert, literal, select, tuple_

from nq57xl.forms.model import Source
from nq57xl.ledger import queries, tables
from nq57xl.ledger.model import CellKey, Closing, Edit, FrozenPeriod, NewEdit, PeriodStatus, UnitStatus
from nq57xl.ledger.storage import upsert
from nq57xl.ledger.store import Ledger
from nq57xl.plan.model import AmendedRow, Amendment, Period, Plan
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.codec import CONVERTER, from_json, to_json
from nq57xl.rules.schema import Schema
from nq57xl.text.clock import iso

if TYPE_CHECKING:
    from nq57xl.plan.refine import RowMatch, RowPlace


def add_edits(ledger: Ledger, period: str, new: Sequence[NewEdit], file: tuple[str, str]) -> None:
    """Records edits with their event, all or none; `file`: name and hash of their bien-tap.xlsx, in `files` already."""
    if not new:
        return
    common = {"period": period, "file_sha256": file[1], "at": iso(ledger.now()), "who": tables.clean(ledger.person)}
    cells = [{"unit": item.unit, "task": item.key, "field": item.field, "kind": item.kind} for item in new]
    with ledger.transaction() as connection:
        rows = [tables.row_of(item, "value", "before_value") | common for item in new]
        connection.execute(insert(tables.edits), rows)
        detail = {"period": period, "file": file[0], "sha256": file[1], "cells": cells}
        ledger.add_event(connection, "edit", detail)


def edits_of(ledger: Ledger, period: str) -> tuple[Edit, ...]:
    """Every edit ever made for the period, withdrawals too, in the order of recording."""
    query = (
        select(tables.edits, tables.files.c.name, tables.files.c.path, tables.files.c.size)
        .join(tables.files, tables.files.c.sha256 == tables.edits.c.file_sha256)
        .where(tables.edits.c.period == period)
        .order_by(tables.edits.c.id)
    )
    return tuple(_edit(row._asdict()) for row in ledger.rows(query))


def _last_edit(ledger: Ledger) -> int:
    """Id of the newest edit of any period; 0 before the first."""
    return int(ledger.rows(select(func.coalesce(func.max(tables.edits.c.id), 0)))[0][0])


def holding(edits: Sequence[Edit], upto: int | None = None) -> dict[CellKey, Edit]:
    """The newest edit of each cell, in the order of recording; one that was withdrawn is not there.

    `upto`: the id after which edits do not count.
    """
    newest: dict[CellKey, Edit] = {}
    for edit in edits:
        if upto is None or edit.id <= upto:
            newest.pop(edit.new.place, None)
            newest[edit.new.place] = edit
    return {place: edit for place, edit in newest.items() if edit.new.kind != "withdrawn"}


def _edit(row: tables.Row) -> Edit:
    at = dt.datetime.fromisoformat(row["at"])
    source = Source(row["path"] or row["name"], row["name"], row["file_sha256"], row["size"], at, "first_seen")
    new = tables.record_of(NewEdit, row, "value", "before_value")
    return Edit(row["id"], row["period"], new, source, at, row["who"])


_Refill = Callable[[ReturnRecord], ReturnRecord]


def closing_of(ledger: Ledger, period: str) -> Closing | None:
    """The closing that holds; None for a period that is open, or open again."""
    table = tables.closings
    query = select(table.c.kind, table.c.json).where(table.c.period == period).order_by(table.c.id.desc()).limit(1)
    row = next(iter(ledger.rows(query)), None)
    return from_json(row[1], Closing) if row is not None and row[0] == "close" else None


def record_closing(ledger: Ledger, period: str, reason: str, closing: Closing | None) -> None:
    """Records that the period is closed, or without `closing` that it is open again, with the event."""
    kind, text = "reopen", to_json({"reason": reason})
    detail: dict[str, Any] = {"period": period, "reason": reason}
    if closing is not None:
        kind, text, detail = "close", to_json(closing), detail | {"outputs": closing.outputs}
    row = {"period": period, "kind": kind, "json": text, "at": iso(ledger.now()), "who": tables.clean(ledger.person)}
    with ledger.transaction() as connection:
        connection.execute(insert(tables.closings), row)
        ledger.add_event(connection, kind, detail)


def freeze(ledger: Ledger, period: Period, plan: Plan, schema_used: Schema, status: PeriodStatus) -> FrozenPeriod:
    """The period as it stands; the plan is recorded. Values and findings stay in the ledger alone."""
    collected = ledger.returns(period.code)
    return FrozenPeriod(
        period=period,
        plan_version=ledger.record_plan(plan),
        schema_version=schema_used.version,
        status=_mapped(status, _stripped),
        last_return=max((record.id for record in collected), default=0),
        last_edit=_last_edit(ledger),
    )


def thaw(ledger: Ledger, frozen: FrozenPeriod) -> PeriodStatus:
    """The status that was frozen, with values and findings."""
    ids = {record.id for record in _records(frozen.status)}
    with ledger.viewing() as connection:
        found = queries.find(connection, tables.returns.c.id.in_(ids))
    return _mapped(frozen.status, _refill({record.id: record for record in found}))


def _stripped(record: ReturnRecord) -> ReturnRecord:
    return attrs.evolve(record, judged=attrs.evolve(record.judged, values=(), findings=()))


def _refill(found: Mapping[int, ReturnRecord]) -> _Refill:
    def refill(record: ReturnRecord) -> ReturnRecord:
        kept = found[record.id].judged
        return attrs.evolve(record, judged=attrs.evolve(record.judged, values=kept.values, findings=kept.findings))

    return refill


def _records(status: PeriodStatus) -> Sequence[ReturnRecord]:
    found: list[ReturnRecord] = []

    def note(record: ReturnRecord) -> ReturnRecord:
        found.append(record)
        return record

    _mapped(status, note)
    return found


def _mapped(status: PeriodStatus, change: _Refill) -> PeriodStatus:
    """The status with every return in it changed."""
    units = tuple(_mapped_unit(unit, change) for unit in status.units)
    return attrs.evolve(status, units=units, unrecognised=tuple(change(item) for item in status.unrecognised))


def _mapped_unit(unit: UnitStatus, change: _Refill) -> UnitStatus:
    changes: dict[str, Any] = {}
    for attribute in attrs.fields(UnitStatus):
        content = getattr(unit, attribute.name)
        if isinstance(content, ReturnRecord):
            changes[attribute.name] = change(content)
        elif isinstance(content, tuple) and content and isinstance(content[0], ReturnRecord):
            changes[attribute.name] = tuple(change(item) for item in content)
    return attrs.evolve(unit, **changes)


def states(ledger: Ledger) -> dict[str, str]:
    """What stands in the ledger of each period, as a mark that changes with it; under "" what concerns them all."""
    returned, decided = tables.returns.c, tables.decisions.c
    wanted = [
        select(table.c.period, func.max(table.c.id)).group_by(table.c.period)
        for table in (tables.forms, tables.returns, tables.closings, tables.edits)
    ]
    with_decisions = select(returned.period, func.max(decided.id)).join(
        tables.decisions, decided.return_id == returned.id
    )
    wanted.append(with_decisions.group_by(returned.period))
    wanted.append(select(literal(""), func.max(tables.amendments.c.id)))
    found: dict[str, str] = {}
    with ledger.viewing() as connection:
        for number, query in enumerate(wanted):
            for period, newest in connection.execute(query):
                found[period] = f"{found.get(period, '')} {number}:{newest}"
    return found


def past_periods(ledger: Ledger, marks: Mapping[str, str]) -> dict[str, str]:
    """What was noted of each period under its mark, as JSON; a period of which nothing was noted is not there."""
    about = tables.past_periods.c
    query = select(about.period, about.json).where(tuple_(about.period, about.mark).in_(sorted(marks.items())))
    return {row[0]: row[1] for row in ledger.rows(query)}


def note_past_periods(ledger: Ledger, marks: Mapping[str, str], texts: Mapping[str, str]) -> None:
    """Notes them, once for each mark."""
    rows = [{"period": period, "mark": marks[period], "json": tables.clean(text)} for period, text in texts.items()]
    if rows:
        with ledger.transaction() as connection:
            connection.execute(upsert(connection, tables.past_periods).on_conflict_do_nothing(), rows)


def record_amendment(
    ledger: Ledger,
    plans: tuple[Plan, Plan],
    effective_from: dt.date,
    changed: Sequence[AmendedRow],
    *,
    document: tuple[str, str],
) -> str:
    """Keeps both plans, old and new, and the amendment, with its event, all or nothing; returns the new version.

    `document`: name and SHA-256 of what brought the amendment.
    """
    now = ledger.now()
    with ledger.transaction() as connection:
        before, after = (queries.add_plan(connection, plan, now) for plan in plans)
        detail = {"before": before, "document": document[0], "sha256": document[1]}
        row = {
            "plan_version": after,
            "effective_from": effective_from.isoformat(),
            "json": json.dumps(detail | {"rows": CONVERTER.unstructure(tuple(changed))}, ensure_ascii=False),
            "at": iso(now),
            "who": tables.clean(ledger.person),
        }
        connection.execute(insert(tables.amendments), row)
        ledger.add_event(connection, "amend", detail | {"effective_from": effective_from.isoformat(), "after": after})
    return after


def amendments(ledger: Ledger) -> tuple[Amendment, ...]:
    """Every amendment, in the order in which they came: effective days never go back."""
    found = ledger.rows(select(tables.amendments).order_by(tables.amendments.c.id))
    return tuple(_amendment(row._asdict()) for row in found)


def _amendment(row: tables.Row) -> Amendment:
    detail = json.loads(row["json"])
    understood = {
        "effective_from": dt.date.fromisoformat(row["effective_from"]),
        "at": dt.datetime.fromisoformat(row["at"]),
        "rows": CONVERTER.structure(detail["rows"], tuple[AmendedRow, ...]),
    }
    return tables.record_of(Amendment, row | detail | understood | {"after": row["plan_version"]})


def version_until(ledger: Ledger, day: dt.date) -> Plan | None:
    """The plan that held on that day and has been amended since; None when the present appendix holds then."""
    later = (item for item in amendments(ledger) if item.effective_from > day)
    first = next(later, None)
    return None if first is None else ledger.plan(first.before)


def used_codes(ledger: Ledger) -> frozenset[str]:
    """Every code that a task or an indicator of any recorded version of the plan has had."""
    plans = [json.loads(row[0]) for row in ledger.rows(select(tables.plans.c.json))]
    return frozenset(row["code"] for plan in plans for table in ("tasks", "indicators") for row in plan[table])


_EVENT = "upward_match"


def row_matches(ledger: Ledger, plan_id: str) -> dict[RowPlace, RowMatch]:
    """The newest decision on each row of the superior plan of that id."""
    from nq57xl.plan.refine import RowMatch  # with all that reads and writes its workbook

    noted = [event.detail for event in ledger.events() if event.what == _EVENT and event.detail["plan_id"] == plan_id]
    found = [CONVERTER.structure(row, RowMatch) for detail in noted for row in detail["rows"]]
    return {match.place: match for match in found}


def record_matches(ledger: Ledger, plan_id: str, versions: tuple[str, str], matches: Sequence[RowMatch]) -> None:
    """Notes decisions; `versions`: of the superior plan and of the office's own, between which they were made."""
    superior, own = versions
    tables = CONVERTER.unstructure(tuple(matches))
    ledger.event(
        _EVENT,
        {
            "plan_id": plan_id,
            "superior_version": superior,
            "plan_version": own,
            "rows": tables,
            "text": f"{plan_id}: {len(tables)} dòng",
        },
    )
