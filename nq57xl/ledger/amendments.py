"""The amendments of the plan in the ledger: which version held until which day, and every code ever given."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

from sqlalchemy import insert, select

from nq57xl.ledger import queries, tables
from nq57xl.ledger.store import Ledger
from nq57xl.plan.model import AmendedRow, Amendment, Plan
from nq57xl.plan.refine import RowMatch, RowPlace
from nq57xl.rules.codec import CONVERTER
from nq57xl.text.clock import iso


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
