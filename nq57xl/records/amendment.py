"""An amendment of the plan: how the rows of a new version continue those of the old one, and what the ledger keeps."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from attrs import field, frozen

RowTable = Literal["tasks", "indicators"]
ChangeKind = Literal["added", "dropped", "kept", "changed", "moved", "renumbered"]
"""`kept`: not in the new document, but the office keeps the row; a row may be changed, moved and renumbered at once."""


@frozen
class FieldChange:
    """One text before and after."""

    field: str
    """Name of the record's field, or what it is about where it is no row's: "title", "sections", "units"."""
    title: str
    """What people call it: "Thời hạn in trong kế hoạch"."""
    before: str
    after: str


@frozen
class RowChange:
    """One row of the old or the new plan with its counterpart in the other."""

    table: RowTable
    code: str | None
    """Code of the old row; None for a row that is new."""
    index: int | None
    """Index of the row in the new plan's table; None for a row that is not there."""
    similarity: float
    """Of the two texts, 0 to 1; 0 for a row without a counterpart."""
    kinds: tuple[ChangeKind, ...] = ()
    """Empty: continues unchanged."""
    fields: tuple[FieldChange, ...] = ()


@frozen
class Comparison:
    """Everything that differs between two versions of a plan."""

    rows: tuple[RowChange, ...]
    """Tasks, then indicators: in the new plan's order, then the old rows that it does not have."""
    general: tuple[FieldChange, ...] = ()
    """The plan's own properties, sections, groups and units."""

    @property
    def changes(self) -> tuple[RowChange, ...]:
        """The rows of which something is to be said."""
        return tuple(row for row in self.rows if row.kinds)

    def count(self, kind: ChangeKind, table: RowTable) -> int:
        """How many rows of that table are of that kind."""
        return sum(row.table == table and kind in row.kinds for row in self.rows)


@frozen
class Amendment:
    """One amendment as the ledger keeps it."""

    id: int
    effective_from: dt.date
    before: str
    """Version of the plan until then, as it stood on the day of the amendment."""
    after: str
    """Version that the amendment brought in."""
    document: str
    """Name of the new appendix or document."""
    sha256: str
    """Of its content; a copy lies in the archive."""
    at: dt.datetime
    who: str
    rows: tuple[AmendedRow, ...] = ()


@frozen
class AmendedRow:
    """What an amendment did to one row."""

    table: RowTable
    code: str
    """The row's code, in the old plan and in the new one alike."""
    kinds: tuple[ChangeKind, ...]
    fields: tuple[FieldChange, ...] = field(default=())
