"""The amendments of the plan in the ledger: which version held until which day, and every code ever given."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select

from nq57xl.ledger import queries, rows, tables
from nq57xl.ledger.store import Ledger
from nq57xl.plan.model import AmendedRow, Amendment, Plan
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
            "who": rows.clean(ledger.person),
        }
        connection.execute(insert(tables.amendments), row)
        ledger.add_event(connection, "amend", detail | {"effective_from": effective_from.isoformat(), "after": after})
    return after


def amendments(ledger: Ledger) -> tuple[Amendment, ...]:
    """Every amendment, in the order in which they came: effective days never go back."""
    with ledger.viewing() as connection:
        found = connection.execute(select(tables.amendments).order_by(tables.amendments.c.id)).mappings().all()
    return tuple(_amendment(row) for row in found)


def _amendment(row: Any) -> Amendment:  # noqa: ANN401 - a row of SQLAlchemy
    detail = json.loads(row["json"])
    return Amendment(
        id=row["id"],
        effective_from=dt.date.fromisoformat(row["effective_from"]),
        before=detail["before"],
        after=row["plan_version"],
        document=detail["document"],
        sha256=detail["sha256"],
        at=dt.datetime.fromisoformat(row["at"]),
        who=row["who"],
        rows=CONVERTER.structure(detail["rows"], tuple[AmendedRow, ...]),
    )


def version_until(ledger: Ledger, day: dt.date) -> Plan | None:
    """The plan that held on that day and has been amended since; None when the present appendix holds then."""
    later = (item for item in amendments(ledger) if item.effective_from > day)
    first = next(later, None)
    return None if first is None else ledger.plan(first.before)


def used_codes(ledger: Ledger) -> frozenset[str]:
    """Every code that a task or an indicator of any recorded version of the plan has had."""
    with ledger.viewing() as connection:
        texts = connection.execute(select(tables.plans.c.json)).scalars().all()
    plans = [json.loads(text) for text in texts]
    return frozenset(row["code"] for plan in plans for table in ("tasks", "indicators") for row in plan[table])
