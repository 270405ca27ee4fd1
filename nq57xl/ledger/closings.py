"""Closed periods as recorded: what a report was made from, so that it can be made again, the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
from sqlalchemy import insert, select

from nq57xl.ledger import returned, schema
from nq57xl.ledger.clock import iso
from nq57xl.ledger.edits import last_edit
from nq57xl.ledger.store import Ledger
from nq57xl.records.codec import from_json, to_json
from nq57xl.records.edits import Closing, FrozenPeriod
from nq57xl.records.ledger import PeriodStatus, ReturnRecord, UnitStatus
from nq57xl.records.plan import Period, Plan
from nq57xl.records.schema import Schema

Refill = Callable[[ReturnRecord], ReturnRecord]


def closing_of(ledger: Ledger, period: str) -> Closing | None:
    """The closing that holds; None for a period that is open, or open again."""
    table = schema.closings
    query = select(table.c.kind, table.c.json).where(table.c.period == period).order_by(table.c.id.desc()).limit(1)
    with ledger.viewing() as connection:
        row = connection.execute(query).first()
    return from_json(row[1], Closing) if row is not None and row[0] == "close" else None


def history_of(ledger: Ledger, period: str) -> tuple[tuple[str, dt.datetime, str], ...]:
    """(close or reopen, when, by whom) for everything that was decided on the period, oldest first."""
    table = schema.closings
    query = select(table.c.kind, table.c.at, table.c.who).where(table.c.period == period).order_by(table.c.id)
    with ledger.viewing() as connection:
        return tuple((row[0], dt.datetime.fromisoformat(row[1]), row[2]) for row in connection.execute(query))


def add_closing(ledger: Ledger, closing: Closing) -> None:
    """Records that the period is closed."""
    row = {"kind": "close", "json": to_json(closing), "at": iso(closing.at), "who": closing.who}
    _add(ledger, {"period": closing.period, **row})


def add_reopening(ledger: Ledger, period: str, reason: str, who: str) -> None:
    """Records that the period is open again."""
    row = {"kind": "reopen", "json": to_json({"reason": reason}), "at": iso(ledger.now()), "who": who}
    _add(ledger, {"period": period, **row})


def freeze(ledger: Ledger, period: Period, plan: Plan, schema_used: Schema, status: PeriodStatus) -> FrozenPeriod:
    """The period as it stands; the plan is recorded. Values and findings stay in the ledger alone."""
    collected = ledger.returns(period.code)
    return FrozenPeriod(
        period=period,
        plan_version=ledger.record_plan(plan),
        schema_version=schema_used.version,
        status=_mapped(status, _stripped),
        last_return=max((record.id for record in collected), default=0),
        last_edit=last_edit(ledger),
    )


def thaw(ledger: Ledger, frozen: FrozenPeriod) -> PeriodStatus:
    """The status that was frozen, with values and findings."""
    ids = {record.id for record in _records(frozen.status)}
    with ledger.viewing() as connection:
        found = returned.find(connection, schema.returns.c.id.in_(ids))
    return _mapped(frozen.status, _refill({record.id: record for record in found}))


def _add(ledger: Ledger, row: Mapping[str, str]) -> None:
    with ledger.transaction() as connection:
        connection.execute(insert(schema.closings), dict(row))


def _stripped(record: ReturnRecord) -> ReturnRecord:
    return attrs.evolve(record, judged=attrs.evolve(record.judged, values=(), findings=()))


def _refill(found: Mapping[int, ReturnRecord]) -> Refill:
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


def _mapped(status: PeriodStatus, change: Refill) -> PeriodStatus:
    """The status with every return in it changed."""
    units = tuple(_mapped_unit(unit, change) for unit in status.units)
    return attrs.evolve(status, units=units, unrecognised=tuple(change(item) for item in status.unrecognised))


def _mapped_unit(unit: UnitStatus, change: Refill) -> UnitStatus:
    changes: dict[str, Any] = {}
    for attribute in attrs.fields(UnitStatus):
        content = getattr(unit, attribute.name)
        if isinstance(content, ReturnRecord):
            changes[attribute.name] = change(content)
        elif isinstance(content, tuple) and content and isinstance(content[0], ReturnRecord):
            changes[attribute.name] = tuple(change(item) for item in content)
    return attrs.evolve(unit, **changes)
