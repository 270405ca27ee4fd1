"""The part of the ledger about plans and the forms made of them: recorded as issued, found again."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

import attrs
import msgspec
from attrs import define, field
from sqlalchemy import Connection, Select, bindparam, func, insert, null, select

from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Form, SheetLayout
from nq57xl.ledger import tables
from nq57xl.ledger.storage import OpenLedger, chunks, upsert
from nq57xl.plan.model import Plan
from nq57xl.rules.codec import CONVERTER, content_hash, from_json
from nq57xl.rules.schema import Schema
from nq57xl.text.clock import iso


@define(eq=False, slots=False)
class PlansAndForms(OpenLedger):
    """Plans by the hash of their content; forms by unit, period and version."""

    _forms: dict[str, Form] = field(factory=dict, init=False)
    _bare_forms: dict[str, Form] = field(factory=dict, init=False)

    def close(self) -> None:
        """Lets go of the file, and of the forms in memory."""
        super().close()
        self._forms.clear()
        self._bare_forms.clear()

    def record_plan(self, plan: Plan) -> str:
        """Keeps the plan under its content hash; returns the hash. Before `issue`, which refers to it."""
        with self.transaction() as connection:
            return self._add_plan(connection, plan)

    def _add_plan(self, connection: Connection, plan: Plan) -> str:
        row = {"version": content_hash(plan), "json": _text(plan), "recorded_at": iso(self.now())}
        connection.execute(upsert(connection, tables.plans).on_conflict_do_nothing(), row)
        return row["version"]

    def plan(self, version: str) -> Plan:
        """The plan of that version, by section: earlier programs recorded it in the order of the appendix.

        Raises Nq57Error when the ledger has none.
        """
        text = self.first(select(tables.plans.c.json).where(tables.plans.c.version == version))
        if text is None:
            raise Nq57Error(f"Sổ dữ liệu không có phiên bản kế hoạch «{version}».")
        return from_json(text, Plan).by_section()

    def used_codes(self) -> frozenset[str]:
        """Every code that a task or an indicator of any recorded version of the plan has had."""
        plans = [json.loads(row[0]) for row in self.rows(select(tables.plans.c.json))]
        return frozenset(row["code"] for plan in plans for table in ("tasks", "indicators") for row in plan[table])

    def issue(self, forms: Sequence[Form], files: Mapping[str, tuple[str, str]]) -> None:
        """Records forms as issued, all or none; known ones stay as they are. `files`: issue id -> (name, SHA-256).

        The schema, which is most of a form's text and the same in every form of a period, is kept once by its own hash.
        """
        kept: dict[int, str] = {}
        with self.transaction() as connection:
            for form in forms:
                query = select(tables.forms.c.id).where(tables.forms.c.issue_id == form.issue_id)
                if connection.execute(query).first() is not None:
                    continue
                if id(form.schema) not in kept:
                    text = _text(form.schema)
                    kept[id(form.schema)] = hashlib.sha256(text.encode()).hexdigest()
                    schema = {"sha256": kept[id(form.schema)], "json": tables.clean(text)}
                    connection.execute(upsert(connection, tables.schemas).on_conflict_do_nothing(), schema)
                plain = CONVERTER.unstructure(attrs.evolve(form, cells=(), schema=_NO_SCHEMA))
                cells = msgspec.json.encode([attrs.asdict(sheet, recurse=False) for sheet in form.cells])
                row = {
                    "issue_id": form.issue_id,
                    "short_id": form.short_id,
                    "plan_version": form.plan_version,
                    "unit": form.unit,
                    "version": form.version,
                    "schema_version": form.schema.version,
                    "period": form.period.code,
                    "file": files[form.issue_id][0],
                    "sha256": files[form.issue_id][1],
                    "json": _line(plain | {"schema": kept[id(form.schema)]}),
                    "issued_at": iso(self.now()),
                    "cells": zlib.compress(cells) if form.cells else None,
                }
                connection.execute(insert(tables.forms), row)

    def current_form(self, unit: str, period: str) -> Form | None:
        """The form of the highest version issued to the unit for the period."""
        issue_id = self.newest_issues([unit], period).get(unit)
        return None if issue_id is None else self.form_by_id(issue_id)

    def form_by_id(self, issue_id: str, *, cells: bool = True) -> Form | None:
        """The form with that issue id; `cells`: with every cell as issued, which is dear, and for reading it alone."""
        kept = self._forms if cells else self._bare_forms
        if issue_id not in kept:
            with self.viewing() as connection:
                row = connection.execute(_one_form(cells=cells), {"wanted": issue_id}).first()
                if row is None:
                    return None
                bare = _form_of(connection, row[0])
            _keep(self._bare_forms, bare, _KEPT_BARE_FORMS)
            if cells:
                whole = bare if row[1] is None else attrs.evolve(bare, cells=_CELLS.decode(zlib.decompress(row[1])))
                _keep(kept, whole, _KEPT_FORMS)
        return kept[issue_id]

    def form_by_short(self, short_id: str) -> Form | None:
        """The form with that short id."""
        issue_id = self.first(select(tables.forms.c.issue_id).where(tables.forms.c.short_id == short_id))
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
        with self.viewing() as connection:
            rows = connection.execute(query.order_by(newest.c.first)).all()
            found = tuple(self._bare_forms.get(row[0]) or _form_of(connection, row[1]) for row in rows)
        for form in found:
            _keep(self._bare_forms, form, _KEPT_BARE_FORMS)
        return found

    def newest_issues(self, units: Collection[str], period: str) -> dict[str, str]:
        """Unit -> issue id of the highest version issued to it for the period."""
        about = tables.forms.c
        query = select(about.unit, about.issue_id).where(about.period == period).order_by(about.version)
        return {row[0]: row[1] for some in chunks(units) for row in self.rows(query.where(about.unit.in_(some)))}

    def latest_period(self) -> str | None:
        """Code of the period whose first form was issued last: a new version of an older one does not bring it back."""
        return next(reversed(self.periods()), None)

    def periods(self) -> tuple[str, ...]:
        """Codes of the periods for which a form was issued, in the order of first issue."""
        forms = tables.forms
        query = select(forms.c.period).group_by(forms.c.period).order_by(func.min(forms.c.id))
        return tuple(row[0] for row in self.rows(query))


_KEPT_FORMS, _KEPT_BARE_FORMS = 128, 1024
"""Forms in memory: a form with its cells is some 400 KB."""


def _keep(kept: dict[str, Form], form: Form, most: int) -> None:
    """One more of the forms in memory; the oldest makes room."""
    if len(kept) >= most and form.issue_id not in kept:
        kept.pop(next(iter(kept)))
    kept[form.issue_id] = form


@cache
def _one_form(*, cells: bool) -> Select[Any]:
    forms = tables.forms
    return select(forms.c.json, forms.c.cells if cells else null()).where(forms.c.issue_id == bindparam("wanted"))


_SCHEMA = '"schema":'
_KNOWN_SCHEMAS: dict[str, Schema] = {}
"""How a form names its schema -> the schema: a hash as JSON; in forms of earlier programs the schema itself."""
_MOST_SCHEMAS = 16
_NO_SCHEMA = Schema("", {}, (), ())
_PLAIN_NO_SCHEMA = CONVERTER.unstructure(_NO_SCHEMA)
_CELLS = msgspec.json.Decoder(tuple[SheetLayout, ...])


def _form_of(connection: Connection, text: str) -> Form:
    """The form in that JSON, without its cells; forms with equal schemas share one.

    Raises cattrs.BaseValidationError.
    """
    start = text.index(_SCHEMA) + len(_SCHEMA)
    known = next((known for known in _KNOWN_SCHEMAS if text.startswith(known, start)), None)
    if known is None:
        content, end = json.JSONDecoder().raw_decode(text, start)
        known = text[start:end]
        if len(_KNOWN_SCHEMAS) >= _MOST_SCHEMAS:
            _KNOWN_SCHEMAS.clear()
        if isinstance(content, str):
            found = select(tables.schemas.c.json).where(tables.schemas.c.sha256 == content)
            content = json.loads(connection.execute(found).scalar_one())
        _KNOWN_SCHEMAS[known] = CONVERTER.structure(content, Schema)
    rest = json.loads(f"{text[:start]}null{text[start + len(known) :]}") | {"schema": _PLAIN_NO_SCHEMA}
    return attrs.evolve(CONVERTER.structure(rest, Form), schema=_KNOWN_SCHEMAS[known])


def _text(record: Schema | Plan) -> str:
    """JSON with the keys in the record's own order: `to_json` sorts them, and the order of lists and sections shows."""
    return _line(CONVERTER.unstructure(record))


def _line(content: Any) -> str:  # noqa: ANN401 - plain JSON
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
