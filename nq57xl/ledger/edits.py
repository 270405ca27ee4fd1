"""The office's edits as recorded: rows are added and never changed; the newest one of a cell holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import cast

from sqlalchemy import func, insert, select

from nq57xl.ledger import rows, schema
from nq57xl.ledger.clock import iso
from nq57xl.ledger.store import Ledger
from nq57xl.records.edits import CellKey, Edit, EditKind, NewEdit
from nq57xl.records.returns import Source


def add_edits(ledger: Ledger, period: str, new: Sequence[NewEdit], sha256: str, who: str) -> None:
    """Records edits that came with the bien-tap.xlsx of that hash, all or none; the file is noted in `files` before."""
    at = iso(ledger.now())
    with ledger.transaction() as connection:
        for item in new:
            connection.execute(insert(schema.edits), _row(item, period, sha256, at, who))


def edits_of(ledger: Ledger, period: str) -> tuple[Edit, ...]:
    """Every edit ever made for the period, withdrawals too, in the order of recording."""
    query = (
        select(schema.edits, schema.files.c.name, schema.files.c.path, schema.files.c.size)
        .join(schema.files, schema.files.c.sha256 == schema.edits.c.file_sha256)
        .where(schema.edits.c.period == period)
        .order_by(schema.edits.c.id)
    )
    with ledger.viewing() as connection:
        return tuple(_edit(dict(row)) for row in connection.execute(query).mappings())


def last_edit(ledger: Ledger) -> int:
    """Id of the newest edit of any period; 0 before the first."""
    with ledger.viewing() as connection:
        return int(connection.execute(select(func.coalesce(func.max(schema.edits.c.id), 0))).scalar_one())


def holding(edits: Sequence[Edit], upto: int | None = None) -> dict[CellKey, Edit]:
    """The newest edit of each cell, in the order of recording; one that was withdrawn is not there.

    `upto`: the id after which edits do not count.
    """
    newest: dict[CellKey, Edit] = {}
    for edit in edits:
        if upto is None or edit.id <= upto:
            newest.pop(edit.new.place, None)
            newest[edit.new.place] = edit
    return {place: edit for place, edit in newest.items() if edit.new.kind != "withdrawn"}


def _row(item: NewEdit, period: str, sha256: str, at: str, who: str) -> rows.Row:
    value, kind = rows.pack(item.value)
    return {
        "period": period,
        "unit": item.unit,
        "row_table": item.table,
        "row_key": rows.clean(item.key),
        "field": item.field,
        "kind": item.kind,
        "typed": rows.clean(item.typed),
        "value": value,
        "value_type": kind,
        "before": rows.clean(item.before),
        "author": rows.clean(item.author),
        "reason": rows.clean(item.reason),
        "file_sha256": sha256,
        "sheet": rows.clean(item.sheet),
        "cell": item.cell,
        "at": at,
        "who": rows.clean(who),
    }


def _edit(row: rows.Row) -> Edit:
    new = NewEdit(
        unit=row["unit"],
        table=row["row_table"],
        key=row["row_key"],
        field=row["field"],
        kind=cast(EditKind, row["kind"]),
        typed=row["typed"],
        value=rows.unpack(row["value"], row["value_type"]),
        before=row["before"],
        author=row["author"],
        reason=row["reason"],
        sheet=row["sheet"],
        cell=row["cell"],
    )
    at = dt.datetime.fromisoformat(row["at"])
    source = Source(row["path"] or row["name"], row["name"], row["file_sha256"], row["size"], at, "first_seen")
    return Edit(row["id"], row["period"], new, source, at, row["who"])
