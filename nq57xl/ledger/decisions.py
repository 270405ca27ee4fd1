"""What the office decides on returns afterwards: one left out, taken back in, accepted all the same, a time put right.

The return itself is never rewritten: a decision stands beside it, and the newest one of its kind holds. Warnings that
the office takes as explained for good (waivers) are laid over every return that is read.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import attrs
from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Select, insert, select

from nq57xl.forms.model import FormCell, Value, cells_of
from nq57xl.ledger import tables
from nq57xl.ledger.storage import OpenLedger
from nq57xl.plan.periods import is_ad_hoc, months_of, title_of
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.rules.findings import ACCEPTED, REMARKED, Finding, Waived, make, verdict_of

DecisionKind = Literal["exclude", "readmit", "received", "take", "remark"]


@frozen
class Decision:
    """One decision on one return."""

    return_id: int
    kind: DecisionKind
    value: str
    """Of `received`: the time put right, ISO 8601 with +07:00; of `remark`: JSON of its cell; else ""."""
    reason: str
    at: dt.datetime
    who: str


@frozen
class CellRemark:
    """What the office says of one cell of a return, told with each return of the unit until it is answered."""

    id: int
    """Of its decision."""
    return_id: int
    unit: str
    period: str
    cell: FormCell
    sheet: str
    """Where the cell stands in the return that was remarked upon."""
    address: str
    held: tuple[str, str]
    """What stood in the cell and in its row's explanation."""
    text: str
    at: dt.datetime

    def is_answered(self, record: ReturnRecord) -> bool:
        """The unit has changed the cell since, or explained itself in its row."""
        own, answer = held_of(record, self.cell)
        return own != self.held[0] or answer not in ("", self.held[1])


_ANSWERS = ("explanation", "note")
"""Fields in which a row explains itself: of a led row, of an indicator."""


def held_of(record: ReturnRecord, cell: FormCell) -> tuple[str, str]:
    """What stands in a cell of the return, and in its row's explanation, to see later whether they have changed."""
    cells = cells_of(record.judged.values)
    table, key, _ = cell
    item = cells.get(cell)
    shared = [one for one in record.judged.values if item and (one.sheet, one.cell) == (item.sheet, item.cell)]
    own = " ".join(_content(one) for one in shared) if item and item.cell else _content(item)
    answers = "".join(_content(cells.get((table, key, name))) for name in _ANSWERS)
    return own, answers if cell[2] not in _ANSWERS else ""


def _content(item: Value | None) -> str:
    if item is None:
        return ""
    return " ".join(str(item.typed if item.value is None else item.value).split())


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
        ended = bool(self.ended) and not is_ad_hoc(self.ended) and months_of(period)[-1] >= months_of(self.ended)[-1]
        return not ended and months_of(self.since)[-1] <= months_of(period)[-1] <= months_of(self.until)[-1]


class OfficeDecisions(OpenLedger):
    """Decisions, remarks and waivers, recorded and laid over the returns that are read."""

    def decide(self, decision: Decision, detail: Mapping[str, Any]) -> None:
        """Records the office's decision on a return with its event; `detail` tells of the return."""
        with self.transaction() as connection:
            connection.execute(insert(tables.decisions), tables.row_of(decision))
            self.add_event(connection, decision.kind, detail)

    def remarks(self, period: str) -> tuple[CellRemark, ...]:
        """The office's remarks on cells of the period's returns, answered ones too, oldest first."""
        with self.viewing() as connection:
            return _remarks(connection, tables.returns.c.period == period)

    def waivers(self) -> tuple[Waiver, ...]:
        """Every waiver, oldest first, those that have ended too."""
        with self.viewing() as connection:
            return _waivers(connection)

    def waive(self, waiver: Waiver) -> int:
        """Records a waiver, or with `ends` the end of one, with its event; returns its number."""
        detail = {"unit": waiver.unit, "period": waiver.since, "code": waiver.code, "reason": waiver.reason}
        row = {name: value for name, value in tables.row_of(waiver).items() if name not in ("id", "ended")}
        with self.transaction() as connection:
            number = connection.execute(insert(tables.waivers).returning(tables.waivers.c.id), row).scalar_one()
            self.add_event(connection, "unwaive" if waiver.ends else "waive", detail | {"until": waiver.until})
        return int(number)

    def under_waivers(self, period: str, judged: Sequence[JudgedReturn]) -> list[JudgedReturn]:
        """What was just judged for the period, as the ledger's waivers show it."""
        known = self.waivers()
        return [_under_waivers(item, period, known) for item in judged]

    def as_decided(self, period: str, records: Sequence[ReturnRecord]) -> tuple[ReturnRecord, ...]:
        """Other judgements of returns of the period, as the decisions on these and the waivers would leave them."""
        with self.viewing() as connection:
            wanted = select(tables.returns.c.id).where(tables.returns.c.period == period)
            return self._as_decided(connection, records, wanted)

    def _as_decided(
        self,
        connection: Connection,
        records: Iterable[ReturnRecord],
        wanted: Select[tuple[int]],
        upto: tuple[int, int] | None = None,
    ) -> tuple[ReturnRecord, ...]:
        """The returns as decisions, remarks and waivers leave them; `wanted` selects their ids.

        `upto`: ids of the last decision and of the last waiver that count; None: all do.
        """
        counts = [tables.decisions.c.id <= upto[0]] if upto else []
        decided, remarks = _of_returns(connection, wanted, *counts), _remarks(connection, *counts)
        waivers = _waivers(connection, *([tables.waivers.c.id <= upto[1]] if upto else []))
        found = []
        for record in records:
            own = _with_remarks(_applied(record, decided.get(record.id, ())), remarks)
            judged = _under_waivers(own.judged, own.period, waivers)
            found.append(own if judged is own.judged else attrs.evolve(own, judged=judged))
        return tuple(found)

    def _pass_on(self, connection: Connection, before: int, after: int) -> None:
        """The decisions on a return hold for another judgement of its file; remarks go on by themselves."""
        wanted = select(tables.returns.c.id).where(tables.returns.c.id == before)
        for decision in _of_returns(connection, wanted).get(before, ()):
            if decision.kind != "remark":
                row = tables.row_of(attrs.evolve(decision, return_id=after))
                connection.execute(insert(tables.decisions), row)


def _of_returns(
    connection: Connection, wanted: Select[tuple[int]], *conditions: ColumnElement[bool]
) -> dict[int, tuple[Decision, ...]]:
    """The decisions on the returns whose ids are selected, oldest first, by return."""
    table = tables.decisions
    query = select(table).where(table.c.return_id.in_(wanted), *conditions).order_by(table.c.id)
    found: dict[int, tuple[Decision, ...]] = {}
    for row in connection.execute(query):
        item = tables.record_of(Decision, row._asdict())
        found[item.return_id] = (*found.get(item.return_id, ()), item)
    return found


def _applied(record: ReturnRecord, decisions: tuple[Decision, ...]) -> ReturnRecord:
    """The return as the decisions on it, oldest first, leave it."""
    for item in decisions:
        if item.kind == "received":
            when = dt.datetime.fromisoformat(item.value)
            record = attrs.evolve(record, judged=record.judged.received(when))
        elif item.kind == "take":
            record = _taken(record, item.reason)
        elif item.kind in ("exclude", "readmit"):
            record = attrs.evolve(record, excluded=item.reason if item.kind == "exclude" else "")
    return record


def _taken(record: ReturnRecord, reason: str) -> ReturnRecord:
    """A rejected return that the office takes on its own responsibility: cells with errors are blank, and named."""
    judged = record.judged
    if judged.verdict != "rejected":
        return attrs.evolve(record, taken=reason)
    wrong = {(item.table, item.task, item.field) for item in judged.findings if item.severity == "error"}
    values = tuple(item for item in judged.values if wrong.isdisjoint((item.form_cell, (item.table, item.key, ""))))
    findings = list(judged.findings)
    for place, item in enumerate(judged.findings):
        if item.severity == "error":
            told = make("TAKEN_WITH_ERROR", words={"message": item.message})
            findings[place] = attrs.evolve(item, code=told.code, severity=told.severity, message=told.message)
    judged = attrs.evolve(judged, verdict="accepted_with_warnings", values=values, findings=tuple(findings))
    return attrs.evolve(record, judged=judged, taken=reason)


def _remarks(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[CellRemark, ...]:
    """The remarks on returns that fulfil the conditions, oldest first; those that were withdrawn are not among them.

    A decision without words withdraws the remark whose number is its value.
    """
    decided, returns = tables.decisions, tables.returns
    query = select(decided, returns.c.unit, returns.c.period).join(returns).where(*conditions)
    found: dict[str, CellRemark] = {}
    for row in connection.execute(query.where(decided.c.kind == "remark").order_by(decided.c.id)).mappings():
        if not row["reason"]:
            found.pop(row["value"], None)
            continue
        table, key, field, sheet, address, own, answer = json.loads(row["value"])
        where = (row["id"], row["return_id"], row["unit"], row["period"], (table, key, field), sheet, address)
        at = dt.datetime.fromisoformat(row["at"])
        found[str(row["id"])] = CellRemark(*where, (own, answer), row["reason"], at)
    return tuple(found.values())


def _with_remarks(record: ReturnRecord, remarks: Iterable[CellRemark]) -> ReturnRecord:
    """The return with the office's remarks on it and on the unit's earlier ones, as far as they are not answered."""
    judged = record.judged
    own = {
        (item.cell, item.text): item
        for item in remarks
        if (item.unit, item.period) == (judged.unit, record.period) and item.return_id <= record.id
        if not item.is_answered(record)
    }
    if not own or judged.verdict == "unrecognised":
        return record
    cells, findings = cells_of(judged.values), list(judged.findings)
    for item in own.values():
        value = cells.get(item.cell)
        table, key, field = item.cell
        sheet, cell = (value.sheet, value.cell) if value is not None and value.cell else (item.sheet, item.address)
        about = {"table": table, "task": key, "field": field, "sheet": sheet, "cell": cell}
        findings.append(make(REMARKED, words={"text": item.text}, value=value.typed if value else "", **about))
    verdict = verdict_of(tuple(findings)) if judged.verdict in ACCEPTED else judged.verdict
    return attrs.evolve(record, judged=attrs.evolve(judged, findings=tuple(findings), verdict=verdict))


def _waivers(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[Waiver, ...]:
    """The waivers that fulfil the conditions, oldest first, with the period from which each was ended."""
    found: dict[int, Waiver] = {}
    for row in connection.execute(select(tables.waivers).where(*conditions).order_by(tables.waivers.c.id)):
        item = tables.record_of(Waiver, row._asdict())
        if item.ends is None:
            found[item.id] = item
        else:
            found[item.ends] = attrs.evolve(found[item.ends], ended=item.since)
    return tuple(found.values())


def _under_waivers(judged: JudgedReturn, period: str, waivers: Sequence[Waiver]) -> JudgedReturn:
    """The return as the waivers show it: what they cover says so, and is accepted where nothing else asks."""
    findings = list(judged.findings)
    for place, item in enumerate(judged.findings):
        waiver = next((waiver for waiver in waivers if waiver.covers(judged.unit, period, item)), None)
        if waiver is not None:
            told = f"Đã được miễn giải trình đến hết {title_of(waiver.until)}: {waiver.reason.rstrip('.')}."
            findings[place] = attrs.evolve(item, waived=Waived(waiver.until, waiver.reason), fix=told)
    if tuple(findings) == judged.findings:
        return judged
    verdict = verdict_of(tuple(findings)) if judged.verdict == "accepted_with_warnings" else judged.verdict
    return attrs.evolve(judged, verdict=verdict, findings=tuple(findings))
