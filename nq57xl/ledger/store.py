"""The ledger: the one authority on what was issued to whom, what came back, and what was written."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import attrs
from attrs import frozen
from sqlalchemy import Connection, Engine, Select, delete, func, insert, select, tuple_

from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Form, Source
from nq57xl.ledger import decisions, migrate, queries, tables
from nq57xl.ledger.decisions import CellRemark, Decision, Waiver
from nq57xl.ledger.model import SignedCopy
from nq57xl.ledger.storage import Storage, changing, reading, storage_of, upsert
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.model import Plan
from nq57xl.returns.model import JudgedReturn, ReturnRecord, asked_before
from nq57xl.rules.codec import from_json
from nq57xl.text.clock import Clock, in_vietnam, iso

_KEPT_BACKUPS = 30
"""About three months of an office that runs ten writing commands a month."""
_KEPT_DAYS = 30
"""Days whose last copy is kept besides: `watch` makes thirty copies in one busy morning."""


@frozen
class Event:
    """One thing that somebody did."""

    id: int
    at: dt.datetime
    who: str
    what: str
    detail: dict[str, Any]


@frozen
class _Upgrade:
    """A ledger of an earlier program, brought up to date when it was opened."""

    before: int
    """Number of the last step that it had taken."""
    after: int
    backup: Path | None
    """The copy made before the first step; None where backups are the server's."""

    def describe(self) -> str:
        """What was done, in words."""
        copy = f"Bản sao trước khi nâng cấp: {self.backup}" if self.backup else "Máy chủ tự giữ bản sao lưu."
        return (
            f"Sổ dữ liệu do bản nq57xl cũ hơn lập: đã nâng cấp từ bước {self.before} lên bước {self.after}, "
            f"không bỏ dữ liệu nào. {copy}"
        )


class Ledger:
    """The ledger of one workspace. Writers hold `lock.writing` meanwhile; each method is one transaction."""

    def __init__(self, workspace: Workspace, clock: Clock, person: str, storage: Storage, engine: Engine) -> None:
        self._workspace = workspace
        self._storage = storage
        self._clock = clock
        self.person = person
        self._engine = engine
        self._forms: dict[str, Form] = {}
        self._bare_forms: dict[str, Form] = {}
        self.upgraded: _Upgrade | None = None

    @classmethod
    def open(cls, workspace: Workspace, clock: Clock, person: str = "", *, read_only: bool = False) -> Ledger:
        """Opens the ledger; makes it when it is missing, and migrates an older one after a backup (see `upgraded`).

        `clock` and `person` (the user's name) tell when and by whom something is recorded.

        With `read_only` nothing on the disk changes: a missing ledger is seen as empty, an older one is migrated in
        memory. Raises Nq57Error when the file is damaged, of a newer program or not a ledger.
        """
        newest = migrate.MIGRATIONS[-1].number
        storage = storage_of(workspace, create=not read_only)
        found = storage.level()
        if not found:
            _require_not_lost(workspace)
        migrate.refuse_newer(found, newest)
        if read_only and found < newest:
            engine = storage.in_memory(found)
        else:
            engine = storage.engine(read_only=read_only)
            if read_only:
                return cls(workspace, clock, person, storage, engine)
        ledger = cls(workspace, clock, person, storage, engine)
        if found < newest:
            if found and not read_only:
                ledger.upgraded = _Upgrade(found, newest, ledger.backup("migrate"))
            with changing(engine) as connection:
                migrate.migrate(connection, clock.now(), migrate.MIGRATIONS)
                if ledger.upgraded:
                    detail = {
                        "from": found,
                        "to": newest,
                        "backup": ledger.upgraded.backup.name if ledger.upgraded.backup else "",
                    }
                    ledger.add_event(connection, "upgrade", detail)
        return ledger

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the file, and of the forms in memory."""
        self._engine.dispose()
        self._forms.clear()
        self._bare_forms.clear()

    @property
    def workspace(self) -> Workspace:
        """Whose ledger it is."""
        return self._workspace

    def now(self) -> dt.datetime:
        """The time that is noted with what is recorded."""
        return self._clock.now()

    def viewing(self) -> contextlib.AbstractContextManager[Connection]:
        """One consistent view, for the queries of the modules beside this one."""
        return reading(self._engine)

    def transaction(self) -> contextlib.AbstractContextManager[Connection]:
        """One transaction, all or nothing, for the modules beside this one."""
        return changing(self._engine)

    def rows(self, query: Select[Any]) -> Sequence[Any]:
        """Every row of a query."""
        with reading(self._engine) as connection:
            return connection.execute(query).all()

    def _first(self, query: Select[Any]) -> Any:  # noqa: ANN401 - a column's value
        """First column of the first row; None where there is none."""
        return next((row[0] for row in self.rows(query.limit(1))), None)

    def backup(self, command: str) -> Path | None:
        """A copy of the database under backup/, named by time and command; None where backups are the server's.

        The newest 30 are kept, and the last of each of the last 30 days that have any.
        """
        folder = self._workspace.backup
        name = f"nq57xl-{self._clock.now():%Y%m%d-%H%M%S}"
        slug = re.sub(r"[^a-z0-9]+", "-", command.lower()).strip("-") or "command"
        taken = {int(path.name[len(name) + 1 : len(name) + 4]) for path in folder.glob(f"{name}-[0-9][0-9][0-9]-*.db")}
        target = folder / f"{name}-{max(taken, default=0) + 1:03}-{slug}.db"
        if not self._storage.backup(target):
            return None
        _prune(folder, target)
        return target

    # plans and forms

    def record_plan(self, plan: Plan) -> str:
        """Keeps the plan under its content hash; returns the hash. Before `issue`, which refers to it."""
        with changing(self._engine) as connection:
            return queries.add_plan(connection, plan, self._clock.now())

    def plan(self, version: str) -> Plan:
        """The plan of that version, by section: earlier programs recorded it in the order of the appendix.

        Raises Nq57Error when the ledger has none.
        """
        text = self._first(select(tables.plans.c.json).where(tables.plans.c.version == version))
        if text is None:
            raise Nq57Error(f"Sổ dữ liệu không có phiên bản kế hoạch «{version}».")
        return from_json(text, Plan).by_section()

    def issue(self, forms: Sequence[Form], files: Mapping[str, tuple[str, str]]) -> None:
        """Records forms as issued, all or none; known ones stay as they are. `files`: issue id -> (name, SHA-256)."""
        with changing(self._engine) as connection:
            queries.add_forms(connection, forms, files, self._clock.now())

    def current_form(self, unit: str, period: str) -> Form | None:
        """The form of the highest version issued to the unit for the period."""
        forms = tables.forms
        query = select(forms.c.issue_id).where((forms.c.unit == unit) & (forms.c.period == period))
        issue_id = self._first(query.order_by(forms.c.version.desc()))
        return None if issue_id is None else self.form_by_id(issue_id)

    def form_by_id(self, issue_id: str, *, cells: bool = True) -> Form | None:
        """The form with that issue id; `cells`: with every cell as issued, which is dear, and for reading it alone."""
        kept = self._forms if cells else self._bare_forms
        if issue_id not in kept:
            with reading(self._engine) as connection:
                found = queries.one_form(connection, issue_id, cells=cells)
            if found is None:
                return None
            _keep(kept, found, _KEPT_FORMS if cells else _KEPT_BARE_FORMS)
            if cells:
                _keep(self._bare_forms, attrs.evolve(found, cells=()), _KEPT_BARE_FORMS)
        return kept[issue_id]

    def form_by_short(self, short_id: str) -> Form | None:
        """The form with that short id."""
        issue_id = self._first(select(tables.forms.c.issue_id).where(tables.forms.c.short_id == short_id))
        return None if issue_id is None else self.form_by_id(issue_id)

    def current_forms(self, period: str) -> tuple[Form, ...]:
        """The highest version for each unit, without its cells, in the order in which units were first issued one."""
        forms = tables.forms
        newest = (
            select(forms.c.unit, func.max(forms.c.version).label("version"), func.min(forms.c.id).label("first"))
            .where(forms.c.period == period)
            .group_by(forms.c.unit)
            .subquery()
        )
        same = (forms.c.unit == newest.c.unit) & (forms.c.version == newest.c.version)
        query = select(forms.c.issue_id, forms.c.json).join(newest, same).where(forms.c.period == period)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(newest.c.first)).all()
            found = tuple(self._bare_forms.get(row[0]) or queries.form_of(connection, row[1]) for row in rows)
        for form in found:
            _keep(self._bare_forms, form, _KEPT_BARE_FORMS)
        return found

    def newest_issues(self, units: Collection[str], period: str) -> dict[str, str]:
        """Unit -> issue id of the highest version issued to it for the period."""
        forms = tables.forms
        query = select(forms.c.unit, forms.c.issue_id).where(forms.c.period == period).order_by(forms.c.version)
        with reading(self._engine) as connection:
            return {
                row[0]: row[1]
                for some in queries.chunks(units)
                for row in connection.execute(query.where(forms.c.unit.in_(some)))
            }

    def latest_period(self) -> str | None:
        """Code of the period whose first form was issued last: a new version of an older one does not bring it back."""
        return next(reversed(self.periods()), None)

    def periods(self) -> tuple[str, ...]:
        """Codes of the periods for which a form was issued, in the order of first issue."""
        forms = tables.forms
        query = select(forms.c.period).group_by(forms.c.period).order_by(func.min(forms.c.id))
        return tuple(row[0] for row in self.rows(query))

    def issued_file(self, issue_id: str) -> tuple[str, str] | None:
        """(file name, SHA-256) of the form as issued."""
        forms = tables.forms
        query = select(forms.c.file, forms.c.sha256).where(forms.c.issue_id == issue_id)
        return next(((row[0], row[1]) for row in self.rows(query)), None)

    # returns

    def was_judged(self, sha256: str, period: str | None = None) -> bool:
        """A file of that content was judged and recorded before: for that period, or for whatever period."""
        with reading(self._engine) as connection:
            return queries.was_judged(connection, sha256, period)

    def judged_hashes(self, sources: Sequence[Source]) -> set[str]:
        """Those of the files whose content was judged and recorded before, for whatever period."""
        with reading(self._engine) as connection:
            return queries.judged_hashes(connection, [source.sha256 for source in sources])

    def known_files(self, sources: Sequence[Source]) -> dict[str, queries.KnownFile]:
        """Those of the files that were judged before, by SHA-256."""
        with reading(self._engine) as connection:
            return queries.known_files(connection, {source.sha256 for source in sources})

    def output_hashes(self, sources: Sequence[Source]) -> set[str]:
        """Those of the files whose content is the program's own."""
        table = tables.outputs
        with reading(self._engine) as connection:
            return {
                sha256
                for hashes in queries.chunks({source.sha256 for source in sources})
                for sha256 in connection.execute(select(table.c.sha256).where(table.c.sha256.in_(hashes))).scalars()
            }

    def stayed_closed(self, sha256: str, *, locked: bool) -> bool:
        """The file was recorded, but not judged for a fault of the program's; `locked`: or for want of its password."""
        with reading(self._engine) as connection:
            return queries.stayed_closed(connection, sha256, locked=locked)

    def return_by_hash(self, sha256: str, period: str | None = None) -> ReturnRecord | None:
        """The return that was recorded of the file with that content, for that period or the one it came for last."""
        condition = (tables.returns.c.sha256 == sha256) & queries.newest_judgement()
        if period is not None:
            condition &= tables.returns.c.period == period
        with reading(self._engine) as connection:
            return next(reversed(queries.find(connection, condition)), None)

    def first_seen(self, sources: Sequence[Source], at: dt.datetime) -> dict[str, dt.datetime]:
        """Notes the files as seen at that moment, before they are read; returns when each content was first seen.

        A run that was killed thus leaves the time at which a file came, and the next run finds it. By SHA-256.
        """
        run = queries.CollectRun(self._workspace, in_vietnam(at), "")
        with changing(self._engine) as connection:
            return queries.see(connection, run, [source for source in sources if source.sha256])

    def record_returns(
        self, period: str, judged: Sequence[JudgedReturn], collected_at: dt.datetime
    ) -> tuple[ReturnRecord, ...]:
        """Records a whole run with its event, all or nothing; returns what is new.

        Known files and duplicates are passed over, and files without a hash: they could not be read at all, so the
        next run meets them afresh. A file that stayed closed for want of a password or for a fault of the program's,
        and is open now, is recorded in the place of its own record, with an event that says so.
        """
        run = queries.CollectRun(self._workspace, in_vietnam(collected_at), self.person)
        with changing(self._engine) as connection:
            told = [item for item in judged if item.source.sha256 and item.verdict != "duplicate"]
            known = queries.judged_hashes(connection, [item.source.sha256 for item in told], period)
            fresh = {item.source.sha256: item for item in reversed(told) if item.source.sha256 not in known}
            new = queries.add(connection, period, [*reversed(fresh.values())], run)
            for item in told:
                opened = item.source.sha256 in known and item.verdict != "unrecognised"
                if opened and queries.stayed_closed(connection, item.source.sha256, locked=True):
                    new.append(queries.reopen(connection, period, item, run))
                    self.add_event(connection, "reread", {"period": period, "file": item.source.path})
            if new:
                counts = Counter(record.judged.verdict for record in new)
                self.add_event(connection, "collect", {"period": period, "verdicts": counts})
        return tuple(new)

    def returns(self, period: str, *, valued: bool = True) -> tuple[ReturnRecord, ...]:
        """Every return collected for the period, in the order of collection, with values and findings.

        Not `valued`: without the values of units on whose returns nothing was decided; `with_values` brings them.
        """
        condition = (tables.returns.c.period == period) & queries.newest_judgement()
        some = None if valued else queries.unit_decided_on()
        with reading(self._engine) as connection:
            return asked_before(queries.find(connection, condition, valued=some))

    def progress(self, wanted: Collection[tuple[str, str]]) -> Iterator[ReturnRecord]:
        """Every return collected of these (period, unit), without findings: of rows led how far each has come, and
        everything of those that are done."""
        about = tables.returns.c
        with reading(self._engine) as connection:
            for some in queries.chunks(sorted(wanted)):
                condition = tuple_(about.period, about.unit).in_(some) & queries.newest_judgement()
                yield from queries.find(connection, condition, progress_only=True)

    def with_values(self, records: Sequence[ReturnRecord], ids: Collection[int]) -> tuple[ReturnRecord, ...]:
        """Returns that were read without their values, those of these ids with them."""
        lacking = [record.id for record in records if record.id in ids and not record.judged.values]
        with reading(self._engine) as connection:
            values = queries.values_of(connection, lacking)
        return tuple(
            attrs.evolve(record, judged=attrs.evolve(record.judged, values=tuple(values[record.id])))
            if record.id in values
            else record
            for record in records
        )

    def returns_of(self, units: Collection[str], period: str) -> tuple[ReturnRecord, ...]:
        """`returns` of some units alone."""
        about = tables.returns.c
        with reading(self._engine) as connection:
            condition = (about.period == period) & about.unit.in_(sorted(units)) & queries.newest_judgement()
            return asked_before(queries.find(connection, condition))

    def judge_again(self, before: ReturnRecord, item: JudgedReturn, reason: str) -> ReturnRecord:
        """Records what the file of a return says when it is judged again, with its event; the first judgement stays."""
        run = queries.CollectRun(self._workspace, self.now(), self.person)
        with changing(self._engine) as connection:
            record = queries.add_judgement(connection, before, item, run)
            detail = {
                "period": before.period,
                "unit": item.unit,
                "file": item.source.path,
                "sha256": item.source.sha256,
                "before": before.judged.verdict,
                "after": item.verdict,
                "reason": reason,
            }
            self.add_event(connection, "recheck", detail)
        return record

    def find_returns(self, wanted: str, *, sha256: bool) -> tuple[ReturnRecord, ...]:
        """The returns with that path or file name; with `sha256` also those whose hash begins so."""
        with reading(self._engine) as connection:
            condition = queries.named(tables.clean(wanted), sha256=sha256) & queries.newest_judgement()
            return queries.find(connection, condition)

    def decide(self, decision: Decision, detail: Mapping[str, Any]) -> None:
        """Records the office's decision on a return with its event; `detail` tells of the return."""
        told = {"reason": decision.reason, **({"at": decision.value} if decision.value else {}), **detail}
        with changing(self._engine) as connection:
            decisions.add(connection, decision)
            self.add_event(connection, decision.kind, told)

    def remarks(self, period: str) -> tuple[CellRemark, ...]:
        """The office's remarks on cells of the period's returns, answered ones too, oldest first."""
        with reading(self._engine) as connection:
            return decisions.remarks_of(connection, tables.returns.c.period == period)

    def remark(self, decision: Decision, detail: Mapping[str, Any]) -> None:
        """Records a remark on a cell, or the end of one, with its event."""
        with changing(self._engine) as connection:
            decisions.add(connection, decision)
            self.add_event(connection, "remark", detail)

    # waivers

    def waivers(self) -> tuple[Waiver, ...]:
        """Every waiver, oldest first, those that have ended too."""
        with reading(self._engine) as connection:
            return decisions.waivers_of(connection)

    def waive(self, waiver: Waiver) -> int:
        """Records a waiver, or with `ends` the end of one, with its event; returns its number."""
        detail = {"unit": waiver.unit, "period": waiver.since, "code": waiver.code, "reason": waiver.reason}
        with changing(self._engine) as connection:
            number = decisions.add_waiver(connection, waiver)
            self.add_event(connection, "unwaive" if waiver.ends else "waive", detail | {"until": waiver.until})
        return number

    def under_waivers(self, period: str, judged: Sequence[JudgedReturn]) -> list[JudgedReturn]:
        """What was just judged for the period, as the ledger's waivers show it."""
        known = self.waivers()
        return [decisions.under_waivers(item, period, known) for item in judged]

    def erase_values(self, period: str, fields: Collection[tuple[str, str]]) -> int:
        """Erases what the returns of a period say in those cells, by (table, field), for good; gives how many said
        something. The one thing recorded that is ever taken away: a person's contacts."""
        table = tables.return_values
        returns = select(tables.returns.c.id).where(tables.returns.c.period == period)
        named = tuple_(table.c.row_table, table.c.field).in_(sorted(fields))
        with changing(self._engine) as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA secure_delete=ON")  # else it stands in the file's free pages
            return connection.execute(delete(table).where(table.c.return_id.in_(returns) & named)).rowcount

    def signed_copies(self, period: str) -> tuple[SignedCopy, ...]:
        """Signed copies filed for the period, oldest first."""
        told = (event for event in self.events("attach") if event.detail.get("period") == period)
        return tuple(
            SignedCopy(event.detail["unit"], event.detail["file"], event.detail["sha256"], event.at) for event in told
        )

    def attached(self) -> set[str]:
        """SHA-256 of every signed copy, of whatever period."""
        return {event.detail["sha256"] for event in self.events("attach")}

    def strangers(self, period: str) -> tuple[JudgedReturn, ...]:
        """What was handed in for the period and is nobody's form."""
        about = tables.returns.c
        condition = (about.period == period) & (about.verdict == "unrecognised") & about.unit.is_(None)
        with reading(self._engine) as connection:
            found = queries.find(connection, condition & queries.newest_judgement())
        return tuple(record.judged for record in found)

    def seen_hashes(self) -> set[str]:
        """SHA-256 of all files that were ever looked at."""
        return {row[0] for row in self.rows(select(tables.files.c.sha256))}

    def handed_in(self) -> set[tuple[str, str]]:
        """(period, unit) of every return of a unit."""
        about = tables.returns.c
        query = select(about.period, about.unit).where(about.unit.is_not(None)).distinct()
        return {(row[0], row[1]) for row in self.rows(query)}

    def reported(self, period: str) -> list[tuple[str, str, str]]:
        """(path, SHA-256, unit) of every return of a form of the period, in the order of collection."""
        about = tables.returns.c
        query = select(about.path, about.sha256, about.unit).where(about.form_period == period)
        return [(row[0], row[1], row[2]) for row in self.rows(query.where(about.unit.is_not(None)).order_by(about.id))]

    # outputs and events

    def note_output(self, path: str, sha256: str) -> None:
        """Notes that the program writes that content to that path (see `Workspace.key_of`)."""
        self.note_outputs((path, sha256))

    def note_outputs(self, *written: tuple[str, str]) -> None:
        """The same for many (path, SHA-256), in one transaction."""
        at = iso(self._clock.now())
        noted = [{"path": tables.clean(path), "sha256": sha256, "written_at": at} for path, sha256 in written]
        with changing(self._engine) as connection:
            if noted:
                connection.execute(upsert(connection, tables.outputs).on_conflict_do_nothing(), noted)

    def was_written(self, path: str, sha256: str) -> bool:
        """That content at that path is the program's own."""
        table = tables.outputs
        query = select(table.c.sha256).where((table.c.path == tables.clean(path)) & (table.c.sha256 == sha256))
        return self._first(query) is not None

    def files(self) -> dict[str, str]:
        """SHA-256 -> name of every file that should be in the archive."""
        table = tables.files
        query = select(table.c.sha256, table.c.name).where(table.c.path.is_not(None)).order_by(table.c.sha256)
        return {row[0]: row[1] for row in self.rows(query)}

    def latest_outputs(self) -> dict[str, str]:
        """Path -> SHA-256 of what the program wrote there last."""
        table = tables.outputs
        query = select(table.c.path, table.c.sha256).order_by(table.c.written_at)
        return {row[0]: row[1] for row in self.rows(query)}

    def faults(self) -> list[str]:
        """What the database itself finds wrong with its pages and references; [] for nothing."""
        with reading(self._engine) as connection:
            if connection.dialect.name != "sqlite":
                return []  # the server keeps pages and references itself
            pages = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
            broken = [
                f"tham chiếu sai ở bảng {row[0]}" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
            ]
        return [text for text in pages if text != "ok"] + broken

    def is_output(self, sha256: str) -> bool:
        """That content is the program's own: a form issued, a marked form, a letter."""
        return self._first(select(tables.outputs.c.path).where(tables.outputs.c.sha256 == sha256)) is not None

    def event(self, what: str, detail: Mapping[str, Any] | None = None) -> None:
        """Notes what was done."""
        with changing(self._engine) as connection:
            self.add_event(connection, what, detail or {})

    def events(self, what: str | None = None) -> tuple[Event, ...]:
        """Everything noted, or everything of one kind, oldest first."""
        query = select(tables.events).order_by(tables.events.c.id)
        found = self.rows(query if what is None else query.where(tables.events.c.what == what))
        return tuple(
            Event(row.id, dt.datetime.fromisoformat(row.at), row.who, row.what, json.loads(row.detail)) for row in found
        )

    def add_event(self, connection: Connection, what: str, detail: Mapping[str, Any]) -> None:
        """The same within a transaction of the caller's."""
        row = {
            "at": iso(self._clock.now()),
            "who": tables.clean(self.person),
            "what": what,
            "detail": tables.clean(json.dumps(detail, ensure_ascii=False, sort_keys=True)),
        }
        connection.execute(insert(tables.events), row)


_KEPT_FORMS, _KEPT_BARE_FORMS = 128, 1024
"""Forms in memory: a form with its cells is some 400 KB."""


def _keep(kept: dict[str, Form], form: Form, most: int) -> None:
    """One more of the forms in memory; the oldest makes room."""
    if len(kept) >= most and form.issue_id not in kept:
        kept.pop(next(iter(kept)))
    kept[form.issue_id] = form


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


def _prune(folder: Path, newest: Path) -> None:
    """Removes the backups that are not to be kept; never the one just made, even when the clock was set back."""
    others = sorted(path for path in folder.glob("nq57xl-*.db") if path != newest)
    last = {path.name[: len("nq57xl-20260401")]: path for path in others}
    of_days = set(list(last.values())[-_KEPT_DAYS:])
    for path in others[: max(0, len(others) - (_KEPT_BACKUPS - 1))]:
        if path in of_days:
            continue
        with contextlib.suppress(OSError):  # a copy that somebody looks into goes next time
            path.unlink(missing_ok=True)
