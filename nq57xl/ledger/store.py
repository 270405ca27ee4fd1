"""The ledger: the one authority on what was issued to whom, what came back, what the office did, what was written.

Here stand its opening and backups, and the part about the office itself: edits, closings, amendments, matched rows,
outputs; and what is kept of past periods. Rows are added, never changed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from sqlalchemy import func, insert, literal, select, tuple_

from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Source
from nq57xl.ledger import migrate, tables
from nq57xl.ledger.forms import PlansAndForms
from nq57xl.ledger.model import CellKey, Closing, Edit, FrozenPeriod, NewEdit, PeriodStatus, SignedCopy, UnitStatus
from nq57xl.ledger.returns import RecordedReturns, asked_before
from nq57xl.ledger.storage import chunks, level_of, storage_of, upsert
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.model import Amendment, Period, Plan, PlanRowChange
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.codec import CONVERTER, from_json, to_json
from nq57xl.rules.schema import Schema
from nq57xl.text.clock import Clock, iso

if TYPE_CHECKING:
    from nq57xl.plan.refine import RowMatch, RowPlace

_MATCH = "upward_match"
_KEPT_BACKUPS = 30
"""About three months of an office that runs ten writing commands a month."""
_KEPT_DAYS = 30
"""Days whose last copy is kept besides: `watch` makes thirty copies in one busy morning."""


class Ledger(PlansAndForms, RecordedReturns):
    """The ledger of one workspace. Writers hold `storage.writing` meanwhile."""

    upgraded = ""
    """What was done, in words, where a ledger of an earlier program was brought up to date when it was opened."""

    @classmethod
    def open(cls, workspace: Workspace, clock: Clock, person: str = "", *, read_only: bool = False) -> Ledger:
        """Opens the ledger; makes it when it is missing, and migrates an older one after a backup (see `upgraded`).

        `clock` and `person` (the user's name) tell when and by whom something is recorded.

        With `read_only` nothing on the disk changes: a missing ledger is seen as empty, an older one is migrated in
        memory. Raises Nq57Error when the file is damaged, of a newer program or not a ledger.
        """
        newest = migrate.MIGRATIONS[-1].number
        storage = storage_of(workspace, create=not read_only)
        found = level_of(storage)
        if not found:
            _require_not_lost(workspace)
        seen_only = read_only and found < newest
        engine = storage.in_memory(found) if seen_only else storage.engine(read_only=read_only)
        ledger = cls(workspace, clock, person, storage, engine)
        if found < newest:
            copy = ledger.backup("migrate") if found and not read_only else None
            with ledger.transaction() as connection:
                migrate.migrate(connection, clock.now())
                if found and not read_only:
                    kept = f"Bản sao trước khi nâng cấp: {copy}" if copy else "Máy chủ tự giữ bản sao lưu."
                    ledger.upgraded = (
                        f"Sổ dữ liệu do bản nq57xl cũ hơn lập: đã nâng cấp từ bước {found} lên bước {newest}, không bỏ "
                        f"dữ liệu nào. {kept}"
                    )
                    detail = {"from": found, "to": newest, "backup": copy.name if copy else ""}
                    ledger.add_event(connection, "upgrade", detail)
        return ledger

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def backup(self, command: str) -> Path | None:
        """A copy of the database under backup/, named by time and command; None where backups are the server's.

        The newest 30 are kept, and the last of each of the last 30 days that have any.
        """
        folder = self.workspace.backup
        name = f"nq57xl-{self._clock.now():%Y%m%d-%H%M%S}"
        slug = re.sub(r"[^a-z0-9]+", "-", command.lower()).strip("-") or "command"
        taken = {int(path.name[len(name) + 1 : len(name) + 4]) for path in folder.glob(f"{name}-[0-9][0-9][0-9]-*.db")}
        target = folder / f"{name}-{max(taken, default=0) + 1:03}-{slug}.db"
        if not self._storage.backup(target):
            return None
        # the one just made stays, even when the clock was set back
        others = sorted(path for path in folder.glob("nq57xl-*.db") if path != target)
        last_of_day = {path.name[: len("nq57xl-20260401")]: path for path in others}
        kept = {*list(last_of_day.values())[-_KEPT_DAYS:], *others[1 - _KEPT_BACKUPS :]}
        for path in others:
            if path not in kept:
                with contextlib.suppress(OSError):  # a copy that somebody looks into goes next time
                    path.unlink(missing_ok=True)
        return target

    def note_outputs(self, written: Iterable[tuple[str, str]]) -> None:
        """Notes that the program writes each content to its path: (path, SHA-256), see `Workspace.key_of`."""
        at = iso(self.now())
        noted = [{"path": tables.clean(path), "sha256": sha256, "written_at": at} for path, sha256 in written]
        with self.transaction() as connection:
            if noted:
                connection.execute(upsert(connection, tables.outputs).on_conflict_do_nothing(), noted)

    def was_written(self, path: str, sha256: str) -> bool:
        """That content at that path is the program's own."""
        about = tables.outputs.c
        query = select(about.sha256).where((about.path == tables.clean(path)) & (about.sha256 == sha256))
        return self.first(query) is not None

    def output_hashes(self, hashes: Iterable[str]) -> set[str]:
        """Those of the contents that are the program's own: a form issued, a marked form, a letter."""
        about = tables.outputs.c
        query = select(about.sha256)
        return {row[0] for some in chunks(set(hashes)) for row in self.rows(query.where(about.sha256.in_(some)))}

    def latest_outputs(self) -> dict[str, str]:
        """Path -> SHA-256 of what the program wrote there last."""
        about = tables.outputs.c
        query = select(about.path, about.sha256).order_by(about.written_at)
        return {row[0]: row[1] for row in self.rows(query)}

    def faults(self) -> list[str]:
        """What the database itself finds wrong with its pages and references; [] for nothing."""
        with self.viewing() as connection:
            if connection.dialect.name != "sqlite":
                return []  # the server keeps pages and references itself
            pages = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
            broken = [
                f"tham chiếu sai ở bảng {row[0]}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
            ]
        return [text for text in pages if text != "ok"] + broken

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
        found = []
        for row in self.rows(query):
            at = dt.datetime.fromisoformat(row.at)
            source = Source(row.path or row.name, row.name, row.file_sha256, row.size, at, "first_seen")
            new = tables.record_of(NewEdit, row._asdict(), "value", "before_value")
            found.append(Edit(row.id, row.period, new, source, at, row.who))
        return tuple(found)

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
        edit, decision, waiver = (
            self.first(select(func.max(table.c.id))) or 0  # of any period
            for table in (tables.edits, tables.decisions, tables.waivers)
        )
        return FrozenPeriod(
            period=period,
            plan_version=self.record_plan(plan),
            schema_version=schema_used.version,
            status=_mapped(
                status, lambda record: attrs.evolve(record, judged=attrs.evolve(record.judged, values=(), findings=()))
            ),
            last_return=max((record.id for record in self.returns(period.code)), default=0),
            last_edit=edit,
            last_decided=(decision, waiver),
        )

    def thaw(self, frozen: FrozenPeriod) -> PeriodStatus:
        """The status that was frozen, with values and findings as the office had decided then."""
        ids: set[int] = set()

        def note(record: ReturnRecord) -> ReturnRecord:
            ids.add(record.id)
            return record

        _mapped(frozen.status, note)
        about, wanted = tables.returns.c, tables.returns.c.id.in_(ids)
        then = (about.period == frozen.period.code) & (about.id <= frozen.last_return)
        with self.viewing() as connection:
            records = self._find(connection, wanted | then, valued=wanted, upto=frozen.last_decided)
        newest = {record.first_id or record.id: record for record in records}  # of each file the newest judgement
        found = {record.id: record.judged for record in (*records, *asked_before([*newest.values()]))}

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
        found = []
        for row in self.rows(select(tables.amendments).order_by(tables.amendments.c.id)):
            detail = json.loads(row.json)
            rows = CONVERTER.structure(detail["rows"], tuple[PlanRowChange, ...])
            since = {"effective_from": dt.date.fromisoformat(row.effective_from), "rows": rows}
            found.append(tables.record_of(Amendment, row._asdict() | detail | since | {"after": row.plan_version}))
        return tuple(found)

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


def _require_not_lost(workspace: Workspace) -> None:
    """An empty ledger never takes the place of one that was there. Raises Nq57Error pointing to the newest backup."""
    path = workspace.database
    kept = max(workspace.backup.glob("nq57xl-*.db"), key=lambda item: item.name, default=None)
    if kept is None and not any(workspace.archive.glob("??/*")):
        return
    if workspace.server:
        raise Nq57Error(
            "Sổ dữ liệu không có trên máy chủ, trong khi thư mục làm việc đã có báo cáo được lưu: hãy kiểm tra "
            "NQ57XL_LEDGER, hoặc nhờ người quản trị máy chủ khôi phục sổ từ bản sao lưu."
        )
    what = "bị rỗng" if path.exists() else "không còn"
    source = f"chép backup/{kept.name} thành nq57xl.db" if kept else "lấy lại nq57xl.db từ bản sao lưu"
    raise Nq57Error(
        f"Sổ dữ liệu nq57xl.db {what}, trong khi thư mục làm việc đã có báo cáo được lưu. Chương trình không lập sổ "
        f"mới để khỏi mất dấu các báo cáo đó: hãy {source}, rồi chạy lại."
    )


def _mapped(status: PeriodStatus, change: Callable[[ReturnRecord], ReturnRecord]) -> PeriodStatus:
    """The status with every return in it changed."""
    units = []
    for unit in status.units:
        changes: dict[str, Any] = {}
        for name in (attribute.name for attribute in attrs.fields(UnitStatus)):
            content = getattr(unit, name)
            if isinstance(content, ReturnRecord):
                changes[name] = change(content)
            elif isinstance(content, tuple) and content and isinstance(content[0], ReturnRecord):
                changes[name] = tuple(map(change, content))
        units.append(attrs.evolve(unit, **changes))
    return attrs.evolve(status, units=tuple(units), unrecognised=tuple(map(change, status.unrecognised)))
