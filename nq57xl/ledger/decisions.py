"""What the office decides on returns afterwards: one left out, taken back in, accepted all the same, a time put right.

The return itself is never rewritten: a decision stands beside it, and the newest one of its kind holds.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import attrs
from attrs import frozen
from sqlalchemy import Connection, Select, insert, select

from nq57xl.ledger import rows, tables
from nq57xl.returns.model import ReturnRecord
from nq57xl.returns.receipt_days import judged_by_receipt
from nq57xl.rules.findings import Finding, make

DecisionKind = Literal["exclude", "readmit", "received", "take"]


@frozen
class Decision:
    """One decision on one return."""

    return_id: int
    kind: DecisionKind
    value: str
    """Of `received`: the time put right, ISO 8601 with +07:00; else ""."""
    reason: str
    at: dt.datetime
    who: str


def add(connection: Connection, decision: Decision) -> None:
    """Records a decision; what was decided before stays on record."""
    connection.execute(insert(tables.decisions), rows.row_of(decision))


def of_returns(connection: Connection, wanted: Select[tuple[int]]) -> dict[int, tuple[Decision, ...]]:
    """The decisions on the returns whose ids are selected, oldest first, by return."""
    table = tables.decisions
    query = select(table).where(table.c.return_id.in_(wanted)).order_by(table.c.id)
    found: dict[int, tuple[Decision, ...]] = {}
    for row in connection.execute(query).mappings():
        item = rows.record_of(Decision, {**row, "at": dt.datetime.fromisoformat(row["at"])})
        found[item.return_id] = (*found.get(item.return_id, ()), item)
    return found


def applied(record: ReturnRecord, decisions: tuple[Decision, ...]) -> ReturnRecord:
    """The return as the decisions on it, oldest first, leave it."""
    for item in decisions:
        if item.kind == "received":
            when = dt.datetime.fromisoformat(item.value)
            judged = record.judged
            source = attrs.evolve(judged.source, received_at=when, received_basis="corrected")
            verdict, findings = judged_by_receipt(judged.verdict, judged.values, judged.findings, when)
            judged = attrs.evolve(judged, source=source, verdict=verdict, findings=findings)
            record = attrs.evolve(record, judged=judged)
        elif item.kind == "take":
            record = _taken(record, item.reason)
        else:
            record = attrs.evolve(record, excluded=item.reason if item.kind == "exclude" else "")
    return record


def _taken(record: ReturnRecord, reason: str) -> ReturnRecord:
    """A rejected return that the office takes on its own responsibility: cells with errors are blank, and named."""
    judged = record.judged
    if judged.verdict != "rejected":
        return attrs.evolve(record, taken=reason)
    wrong = {(item.table, item.task, item.field) for item in judged.findings if item.severity == "error"}
    values = tuple(
        value
        for value in judged.values
        if (value.table, value.key, value.field) not in wrong and (value.table, value.key, "") not in wrong
    )
    findings = tuple(_as_taken(item) if item.severity == "error" else item for item in judged.findings)
    judged = attrs.evolve(judged, verdict="accepted_with_warnings", values=values, findings=findings)
    return attrs.evolve(record, judged=judged, taken=reason)


def _as_taken(item: Finding) -> Finding:
    told = make("TAKEN_WITH_ERROR", words={"message": item.message})
    return attrs.evolve(item, code=told.code, severity=told.severity, message=told.message, fix=item.fix)
