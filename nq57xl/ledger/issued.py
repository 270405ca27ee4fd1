"""Queries on plans and forms issued: what `Ledger` does with them inside its transactions."""

from __future__ import annotations

import datetime as dt
import json
import zlib

import attrs
from sqlalchemy import ColumnElement, Connection, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from nq57xl.ledger import schema
from nq57xl.ledger.clock import iso
from nq57xl.records.codec import CONVERTER, content_hash, from_json
from nq57xl.records.form import Form, SheetLayout
from nq57xl.records.plan import Plan


def add_plan(connection: Connection, plan: Plan, now: dt.datetime) -> str:
    """Records the plan under its content hash, once; returns the hash."""
    version = content_hash(plan)
    row = {"version": version, "json": _text(plan), "recorded_at": iso(now)}
    connection.execute(upsert(schema.plans).on_conflict_do_nothing(), row)
    return version


def plan(connection: Connection, version: str) -> Plan | None:
    """The plan of that version."""
    text = connection.execute(select(schema.plans.c.json).where(schema.plans.c.version == version)).scalar()
    return None if text is None else from_json(text, Plan)


def add_form(connection: Connection, form: Form, file: tuple[str, str], now: dt.datetime) -> None:
    """Records the form as issued; nothing when it was recorded before."""
    query = select(schema.forms.c.id).where(schema.forms.c.issue_id == form.issue_id)
    if connection.execute(query).first() is not None:
        return
    row = {
        "issue_id": form.issue_id,
        "short_id": form.short_id,
        "plan_version": form.plan_version,
        "schema_version": form.schema.version,
        "unit": form.unit,
        "period": form.period.code,
        "version": form.version,
        "file": file[0],
        "sha256": file[1],
        "json": _text(attrs.evolve(form, cells=())),
        "issued_at": iso(now),
        "cells": zlib.compress(_text(form.cells).encode()) if form.cells else None,
    }
    connection.execute(insert(schema.forms), row)


def one_form(connection: Connection, condition: ColumnElement[bool]) -> Form | None:
    """The form of the highest version that fulfils a condition on `schema.forms`, with every cell as issued."""
    forms = schema.forms
    query = select(forms.c.json, forms.c.cells).where(condition).order_by(forms.c.version.desc()).limit(1)
    row = connection.execute(query).first()
    if row is None:
        return None
    form = from_json(row[0], Form)
    if row[1] is None:
        return form
    return attrs.evolve(form, cells=from_json(zlib.decompress(row[1]).decode(), tuple[SheetLayout, ...]))


def current_forms(connection: Connection, period: str) -> tuple[Form, ...]:
    """The highest version for each unit, without its cells, in the order in which the units were first issued one."""
    forms = schema.forms
    newest = (
        select(forms.c.unit, func.max(forms.c.version).label("version"), func.min(forms.c.id).label("first"))
        .where(forms.c.period == period)
        .group_by(forms.c.unit)
        .subquery()
    )
    same = (forms.c.unit == newest.c.unit) & (forms.c.version == newest.c.version)
    query = select(forms.c.json).join(newest, same).where(forms.c.period == period).order_by(newest.c.first)
    return tuple(from_json(text, Form) for text in connection.execute(query).scalars())


def latest_period(connection: Connection) -> str | None:
    """The period whose first form was issued last: a new version for an older month does not bring that month back."""
    forms = schema.forms
    query = select(forms.c.period).group_by(forms.c.period).order_by(func.min(forms.c.id).desc()).limit(1)
    return connection.execute(query).scalar()


def periods(connection: Connection) -> tuple[str, ...]:
    """Codes of the periods for which a form was issued, in the order of first issue."""
    forms = schema.forms
    query = select(forms.c.period).group_by(forms.c.period).order_by(func.min(forms.c.id))
    return tuple(connection.execute(query).scalars())


def issued_file(connection: Connection, issue_id: str) -> tuple[str, str] | None:
    """(file name, SHA-256) of the form as issued."""
    forms = schema.forms
    row = connection.execute(select(forms.c.file, forms.c.sha256).where(forms.c.issue_id == issue_id)).first()
    return None if row is None else (row[0], row[1])


def _text(record: Form | Plan | tuple[SheetLayout, ...]) -> str:
    """JSON with the keys in the record's own order: `to_json` sorts them, and the order of lists and sections shows."""
    return json.dumps(CONVERTER.unstructure(record), ensure_ascii=False, separators=(",", ":"))
