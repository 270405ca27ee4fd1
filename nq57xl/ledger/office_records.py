"""The part of the ledger about what the office itself did: edits, closings, amendments, matched rows; and what is kept
of past periods.

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
from nq57xl.ledger import tables
from nq57xl.ledger.forms import PlansAndForms
from nq57xl.ledger.model import CellKey, Closing, Edit, FrozenPeriod, NewEdit, PeriodStatus, SignedCopy, UnitStatus
from nq57xl.ledger.returns import RecordedReturns
from nq57xl.ledger.storage import upsert
from nq57xl.plan.model import Amendment, Period, Plan, PlanRowChange
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.codec import CONVERTER, from_json, to_json
from nq57xl.rules.schema import Schema

if TYPE_CHECKING:
    from nq57xl.plan.refine import RowMatch, RowPlace

_MATCH = "upward_match"
_Change = Callable[[ReturnRecord], ReturnRecord]


class OfficeRecords(PlansAndForms, RecordedReturns):
    """What the office edited, closed, amended and matched."""

    def add_edits(self, period: str, new: Sequence[NewEdit], file: tuple[str, str]) -> None:
        """Records edits with their event, all or none; `file`: name and hash of their bien-tap.xlsx, in `files`
        already."""
        if not new:
            return
        common = self.stamped({"period": period, "file_sha256": file[1]})
        cells = [{"unit": item.unit, "task": item.key, "field": item.field, "kind": item.kind} for item in new]
        with self.transaction() as connection:
            rows = [tables.row_of(item, "value", "before_value") | common for item in new]
            connection.execute(insert(tables.edits), rows)
            detail = {"period": period, "file": file[0], "sha256": file[1], "cells": cells}
            self.add_event(connection, "edit", detail)

    def edits(self, period: str) -> tuple[Edit, ...]:
        """Every edit ever made for the period, withdrawals too, in the order of recording."""
        query = (
            select(tables.edits, tables.files.c.name, tables.files.c.path, tables.files.c.size)
            .join(tables.files, tables.files.c.sha256 == tables.edits.c.file_sha256)
            .where(tables.edits.c.period == period)
            .order_by(tables.edits.c.id)
        )
        return tuple(_edit(row._asdict()) for row in self.rows(query))

    def edits_held(self, period: str, upto: int | None = None) -> dict[CellKey, Edit]:
        """The newest edit of each cell, in the order of recording; one that was withdrawn is not there.

        `upto`: the id after which edits do not count.
        """
        newest: dict[CellKey, Edit] = {}
        for edit in self.edits(period):
            if upto is None or edit.id <= upto:
                newest.pop(edit.new.place, None)
                newest[edit.new.place] = edit
        return {place: edit for place, edit in newest.items() if edit.new.kind != "withdrawn"}

    def closing(self, period: str) -> Closing | None:
        """The closing that holds; None for a period that is open, or open again."""
        table = tables.closings
        query = select(table.c.kind, table.c.json).where(table.c.period == period).order_by(table.c.id.desc()).limit(1)
        row = next(iter(self.rows(query)), None)
        return from_json(row[1], Closing) if row is not None and row[0] == "close" else None

    def record_closing(self, period: str, reason: str, closing: Closing | None) -> None:
        """Records that the period is closed, or without `closing` that it is open again, with the event."""
        kind, text = "reopen", to_json({"reason": reason})
        detail: dict[str, Any] = {"period": period, "reason": reason}
        if closing is not None:
            kind, text, detail = "close", to_json(closing), detail | {"outputs": closing.outputs}
        with self.transaction() as connection:
            row = self.stamped({"period": period, "kind": kind, "json": text})
            connection.execute(insert(tables.closings), row)
            self.add_event(connection, kind, detail)

    def freeze(self, period: Period, plan: Plan, schema_used: Schema, status: PeriodStatus) -> FrozenPeriod:
        """The period as it stands; the plan is recorded. Values and findings stay in the ledger alone."""
        last_edit = self.first(select(func.max(tables.edits.c.id)))  # of any period
        return FrozenPeriod(
            period=period,
            plan_version=self.record_plan(plan),
            schema_version=schema_used.version,
            status=_mapped(status, _stripped),
            last_return=max((record.id for record in self.returns(period.code)), default=0),
            last_edit=last_edit or 0,
        )

    def thaw(self, frozen: FrozenPeriod) -> PeriodStatus:
        """The status that was frozen, with values and findings."""
        ids: set[int] = set()

        def note(record: ReturnRecord) -> ReturnRecord:
            ids.add(record.id)
            return record

        _mapped(frozen.status, note)
        with self.viewing() as connection:
            found = {record.id: record.judged for record in self._find(connection, tables.returns.c.id.in_(ids))}

        def refill(record: ReturnRecord) -> ReturnRecord:
            kept = found[record.id]
            return attrs.evolve(record, judged=attrs.evolve(record.judged, values=kept.values, findings=kept.findings))

        return _mapped(frozen.status, refill)

    def period_marks(self) -> dict[str, str]:
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
        with self.viewing() as connection:
            for number, query in enumerate(wanted):
                for period, newest in connection.execute(query):
                    found[period] = f"{found.get(period, '')} {number}:{newest}"
        return found

    def past_periods(self, marks: Mapping[str, str]) -> dict[str, str]:
        """What was noted of each period under its mark, as JSON; a period of which nothing was noted is not there."""
        about = tables.past_periods.c
        query = select(about.period, about.json).where(tuple_(about.period, about.mark).in_(sorted(marks.items())))
        return {row[0]: row[1] for row in self.rows(query)}

    def note_past_periods(self, marks: Mapping[str, str], texts: Mapping[str, str]) -> None:
        """Notes them, once for each mark."""
        rows = [{"period": period, "mark": marks[period], "json": tables.clean(text)} for period, text in texts.items()]
        if rows:
            with self.transaction() as connection:
                connection.execute(upsert(connection, tables.past_periods).on_conflict_do_nothing(), rows)

    def record_amendment(
        self,
        plans: tuple[Plan, Plan],
        effective_from: dt.date,
        changed: Sequence[PlanRowChange],
        *,
        document: tuple[str, str],
    ) -> str:
        """Keeps both plans, old and new, and the amendment, with its event, all or nothing; returns the new version.

        `document`: name and SHA-256 of what brought the amendment.
        """
        since = {"effective_from": effective_from.isoformat()}
        with self.transaction() as connection:
            before, after = (self._add_plan(connection, plan) for plan in plans)
            detail = {"before": before, "document": document[0], "sha256": document[1]}
            text = json.dumps(detail | {"rows": CONVERTER.unstructure(tuple(changed))}, ensure_ascii=False)
            connection.execute(insert(tables.amendments), self.stamped(since | {"plan_version": after, "json": text}))
            self.add_event(connection, "amend", detail | since | {"after": after})
        return after

    def amendments(self) -> tuple[Amendment, ...]:
        """Every amendment, in the order in which they came: effective days never go back."""
        found = self.rows(select(tables.amendments).order_by(tables.amendments.c.id))
        return tuple(_amendment(row._asdict()) for row in found)

    def plan_until(self, day: dt.date) -> Plan | None:
        """The plan that held on that day and has been amended since; None when the present appendix holds then."""
        first = next((item for item in self.amendments() if item.effective_from > day), None)
        return None if first is None else self.plan(first.before)

    def row_matches(self, plan_id: str) -> dict[RowPlace, RowMatch]:
        """The newest decision on each row of the superior plan of that id."""
        from nq57xl.plan.refine import RowMatch  # with all that reads and writes its workbook

        noted = [event.detail for event in self.events(_MATCH) if event.detail["plan_id"] == plan_id]
        found = [CONVERTER.structure(row, RowMatch) for detail in noted for row in detail["rows"]]
        return {match.place: match for match in found}

    def record_matches(self, plan_id: str, versions: tuple[str, str], matches: Sequence[RowMatch]) -> None:
        """Notes decisions; `versions`: of the superior plan and of the office's own, between which they were made."""
        detail = {
            "plan_id": plan_id,
            "superior_version": versions[0],
            "plan_version": versions[1],
            "rows": CONVERTER.unstructure(tuple(matches)),
            "text": f"{plan_id}: {len(matches)} dòng",
        }
        self.event(_MATCH, detail)

    def signed_copies(self, period: str | None = None) -> tuple[SignedCopy, ...]:
        """Signed copies filed for the period, or for whatever period, oldest first."""
        told = (event for event in self.events("attach") if period in (None, event.detail.get("period")))
        return tuple(
            SignedCopy(event.detail["unit"], event.detail["file"], event.detail["sha256"], event.at) for event in told
        )


def _edit(row: tables.Row) -> Edit:
    at = dt.datetime.fromisoformat(row["at"])
    source = Source(row["path"] or row["name"], row["name"], row["file_sha256"], row["size"], at, "first_seen")
    new = tables.record_of(NewEdit, row, "value", "before_value")
    return Edit(row["id"], row["period"], new, source, at, row["who"])


def _stripped(record: ReturnRecord) -> ReturnRecord:
    return attrs.evolve(record, judged=attrs.evolve(record.judged, values=(), findings=()))


def _mapped(status: PeriodStatus, change: _Change) -> PeriodStatus:
    """The status with every return in it changed."""
    units = tuple(_mapped_unit(unit, change) for unit in status.units)
    return attrs.evolve(status, units=units, unrecognised=tuple(change(item) for item in status.unrecognised))


def _mapped_unit(unit: UnitStatus, change: _Change) -> UnitStatus:
    changes: dict[str, Any] = {}
    for attribute in attrs.fields(UnitStatus):
        content = getattr(unit, attribute.name)
        if isinstance(content, ReturnRecord):
            changes[attribute.name] = change(content)
        elif isinstance(content, tuple) and content and isinstance(content[0], ReturnRecord):
            changes[attribute.name] = tuple(change(item) for item in content)
    return attrs.evolve(unit, **changes)


def _amendment(row: tables.Row) -> Amendment:
    detail = json.loads(row["json"])
    understood = {
        "effective_from": dt.date.fromisoformat(row["effective_from"]),
        "rows": CONVERTER.structure(detail["rows"], tuple[PlanRowChange, ...]),
    }
    return tables.record_of(Amendment, row | detail | understood | {"after": row["plan_version"]})
