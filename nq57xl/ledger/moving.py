"""A ledger taken from its file to a server and back, row by row, in one transaction; nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from nq57xl.errors import Nq57Error
from nq57xl.ledger import migrate, tables
from nq57xl.ledger.engine import changing, reading
from nq57xl.ledger.storage import Storage
from nq57xl.text.clock import Clock

_BATCH = 1000
"""Rows that travel together."""


def copy_ledger(source: Storage, target: Storage, clock: Clock) -> Mapping[str, int]:
    """Copies every row; returns how many each table has. `source` is at the newest level, `target` has no ledger yet.

    Raises Nq57Error where the target has one, or where what arrived differs from what was sent: then nothing is kept.
    """
    if target.level():
        raise Nq57Error("Nơi chuyển đến đã có sổ dữ liệu: không ghi đè. Hãy nhờ người quản trị kiểm tra.")
    left, right = source.engine(read_only=True), target.engine()
    try:
        with reading(left) as sent, changing(right) as received:
            migrate.migrate(received, clock.now())
            counts = {table.name: _copied(sent, received, table) for table in _recorded()}
            migrate.follow_ids(received)
            for table in _recorded():
                if any(one != other for one, other in zip(_rows(sent, table), _rows(received, table), strict=True)):
                    raise Nq57Error(f"Bảng {table.name} chép sang không khớp: vẫn dùng sổ ở nơi cũ.")
    finally:
        left.dispose()
        right.dispose()
    return counts


def _recorded() -> Iterator[Table]:
    """Every table but that of the steps taken, those that are referred to first."""
    return (table for table in tables.METADATA.sorted_tables if table is not tables.migrations)


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    order = [table.c.id] if "id" in table.c else list(table.primary_key.columns)
    for row in connection.execution_options(yield_per=_BATCH).execute(select(table).order_by(*order)):
        yield dict(row._mapping)


def _copied(sent: Connection, received: Connection, table: Table) -> int:
    count, batch = 0, list[dict[str, Any]]()
    for row in _rows(sent, table):
        batch.append(row)
        if len(batch) == _BATCH:
            received.execute(insert(table), batch)
            count, batch = count + len(batch), []
    if batch:
        received.execute(insert(table), batch)
    return count + len(batch)
