"""Warnings that the office takes as explained for good: laid over every return that is read, never written into it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import attrs
from attrs import frozen
from sqlalchemy import Connection, insert, select

from nq57xl.ledger import tables
from nq57xl.plan.periods import is_ad_hoc, last_month, title_of
from nq57xl.returns.model import JudgedReturn
from nq57xl.rules.findings import Finding, Waived, verdict_of

_NEVER = ("TAKEN_WITH_ERROR",)
"""Warnings in whose place an error stood: the office answers for them, and nobody waives them."""


@frozen
class Waiver:
    """One waiver: which warnings of a unit it covers, and for which periods."""

    unit: str
    code: str
    """Of the finding."""
    task: str
    """Code of the row; "": every row."""
    field: str
    """"": every field."""
    since: str
    """Code of the first period for which it holds."""
    until: str
    """Code of the last one."""
    reason: str
    at: dt.datetime
    who: str
    ends: int | None = None
    """Set: this row ends the waiver of that number, from the period `since` on."""
    id: int = 0
    """Its number, which the ledger gives."""
    ended: str = ""
    """Code of the period from which on it was ended by hand."""

    def covers(self, unit: str | None, period: str, item: Finding) -> bool:
        """It holds for that finding on a return of that unit and period."""
        return (
            self._holds_in(period)
            and item.severity == "warning"
            and (self.unit, self.code) == (unit, item.code)
            and self.task in ("", item.task)
            and self.field in ("", item.field)
        )

    def _holds_in(self, period: str) -> bool:
        """One of the calendar's periods holds from month to month; one of an ad hoc report for that report alone."""
        if is_ad_hoc(period) or is_ad_hoc(self.until):
            return period == self.until and not self.ended
        ended = bool(self.ended) and not is_ad_hoc(self.ended) and last_month(period) >= last_month(self.ended)
        return not ended and last_month(self.since) <= last_month(period) <= last_month(self.until)


def add(connection: Connection, waiver: Waiver) -> int:
    """Records it; returns its number."""
    row = {name: value for name, value in tables.row_of(waiver).items() if name not in ("id", "ended")}
    return int(connection.execute(insert(tables.waivers).returning(tables.waivers.c.id), row).scalar_one())


def of_office(connection: Connection) -> tuple[Waiver, ...]:
    """Every waiver, oldest first, with the period from which it was ended."""
    found: dict[int, Waiver] = {}
    for row in connection.execute(select(tables.waivers).order_by(tables.waivers.c.id)).mappings():
        item = tables.record_of(Waiver, {**row, "at": dt.datetime.fromisoformat(row["at"])})
        if item.ends is None:
            found[item.id] = item
        else:
            found[item.ends] = attrs.evolve(found[item.ends], ended=item.since)
    return tuple(found.values())


def refuses(code: str) -> bool:
    """A warning of that code cannot be waived."""
    return code in _NEVER


def applied(judged: JudgedReturn, period: str, waivers: Sequence[Waiver]) -> JudgedReturn:
    """The return as the waivers show it: what they cover says so, and is accepted where nothing else asks."""
    own = [item for item in waivers if item.unit == judged.unit]
    findings = tuple(_shown(item, judged.unit, period, own) for item in judged.findings) if own else judged.findings
    if findings == judged.findings:
        return judged
    verdict = judged.verdict
    if verdict == "accepted_with_warnings":
        verdict = verdict_of(findings)
    return attrs.evolve(judged, verdict=verdict, findings=findings)


def _shown(item: Finding, unit: str | None, period: str, waivers: Sequence[Waiver]) -> Finding:
    for waiver in waivers:
        if waiver.covers(unit, period, item):
            told = f"Đã được miễn giải trình đến hết {title_of(waiver.until)}: {waiver.reason.rstrip('.')}."
            return attrs.evolve(item, waived=Waived(waiver.until, waiver.reason), fix=told)
    return item
