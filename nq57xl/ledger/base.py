"""What every part of the ledger rests on: whole transactions, the time and the person, the log of what was done."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Engine, Select, insert, select

from nq57xl.ledger import tables
from nq57xl.ledger.storage import Storage, changing, reading
from nq57xl.ledger.workspace import Workspace
from nq57xl.text.clock import Clock, iso


@frozen
class Event:
    """One thing that somebody did."""

    id: int
    at: dt.datetime
    who: str
    what: str
    detail: dict[str, Any]


class LedgerBase:
    """A ledger that is open. Its parts add what they know; each of their methods is one transaction."""

    def __init__(self, workspace: Workspace, clock: Clock, person: str, storage: Storage, engine: Engine) -> None:
        self.workspace = workspace
        self.person = person
        self._clock = clock
        self._storage = storage
        self._engine = engine

    def close(self) -> None:
        """Lets go of the file."""
        self._engine.dispose()

    def now(self) -> dt.datetime:
        """The time that is noted with what is recorded."""
        return self._clock.now()

    def viewing(self) -> contextlib.AbstractContextManager[Connection]:
        """One consistent view of the ledger."""
        return reading(self._engine)

    def transaction(self) -> contextlib.AbstractContextManager[Connection]:
        """One transaction, all or nothing."""
        return changing(self._engine)

    def rows(self, query: Select[Any]) -> Sequence[Any]:
        """Every row of a query."""
        with self.viewing() as connection:
            return connection.execute(query).all()

    def first(self, query: Select[Any]) -> Any:  # noqa: ANN401 - a column's value
        """First column of the first row; None where there is none."""
        return next((row[0] for row in self.rows(query.limit(1))), None)

    def event(self, what: str, detail: Mapping[str, Any] | None = None) -> None:
        """Notes what was done."""
        with self.transaction() as connection:
            self.add_event(connection, what, detail or {})

    def add_event(self, connection: Connection, what: str, detail: Mapping[str, Any]) -> None:
        """The same within a transaction of the caller's."""
        text = tables.clean(json.dumps(detail, ensure_ascii=False, sort_keys=True))
        connection.execute(insert(tables.events), self.stamped({"what": what, "detail": text}))

    def stamped(self, row: tables.Row) -> tables.Row:
        """The row with when and by whom it is recorded."""
        return row | {"at": iso(self.now()), "who": tables.clean(self.person)}

    def events(self, what: str | None = None) -> tuple[Event, ...]:
        """Everything noted, or everything of one kind, oldest first."""
        query = select(tables.events).order_by(tables.events.c.id)
        found = self.rows(query if what is None else query.where(tables.events.c.what == what))
        return tuple(
            Event(row.id, dt.datetime.fromisoformat(row.at), row.who, row.what, json.loads(row.detail)) for row in found
        )
