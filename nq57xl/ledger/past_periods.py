"""What later reports show of a period, noted once; and by what it is known that it still holds."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, literal, select, tuple_

from nq57xl.ledger import tables
from nq57xl.ledger.engine import upsert
from nq57xl.ledger.store import Ledger


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
