"""The office's own hand on the units' reports, and periods that it has frozen."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from attrs import field, frozen

from nq57xl.records.ledger import PeriodStatus
from nq57xl.records.plan import Period
from nq57xl.records.quality import Quality
from nq57xl.records.returns import CellValue, Source, Value
from nq57xl.records.schema import Schema
from nq57xl.records.vocabulary import Vocabulary

EditKind = Literal["wording", "figure", "withdrawn"]
EditState = Literal["applied", "outdated", "unreported"]
"""`outdated`: the unit has sent another value since; `unreported`: it has no accepted return now."""
CellKey = tuple[str, str, str, str]
"""(unit, table, row key, field)."""


@frozen
class NewEdit:
    """One line of bien-tap.xlsx as the office filled it in, read and found good."""

    unit: str
    table: str
    key: str
    field: str
    kind: EditKind
    typed: str
    """As typed; "" when withdrawn."""
    value: CellValue
    before: str
    """What the unit had typed into that cell in the return that counted then; "" for a blank cell."""
    author: str
    """Who edits, as typed."""
    reason: str
    sheet: str
    """In the bien-tap.xlsx that brought it."""
    cell: str

    @property
    def place(self) -> CellKey:
        """The cell of the unit's report."""
        return (self.unit, self.table, self.key, self.field)


@frozen
class Edit:
    """One edit as the ledger holds it; the newest one of a cell holds."""

    id: int
    """Grows in the order of recording."""
    period: str
    new: NewEdit
    source: Source
    """The bien-tap.xlsx that brought it, archived; received when the edit was recorded."""
    at: dt.datetime
    who: str
    """User of the system who ran the command."""


@frozen
class AppliedEdit:
    """An edit beside the return that counts: what it changed, or why it changes nothing."""

    edit: Edit
    name: str
    """Of the unit."""
    state: EditState
    original: Value | None = None
    """The unit's own cell in the return that counts; None where it is blank."""


@frozen
class FrozenPeriod:
    """A period as it stood when a report that shows it was frozen."""

    period: Period
    plan_version: str
    """Content hash of the plan, which the ledger keeps."""
    schema_version: str
    status: PeriodStatus
    """Returns without their values and findings: those are in the ledger for good."""
    last_return: int
    """Id of the newest return that had been collected for it; 0 before the first."""
    last_edit: int
    """Id of the newest edit that had been recorded, of whatever period; 0 before the first."""


@frozen
class Closing:
    """A period that the office has closed, with everything that its report was made from."""

    period: str
    reason: str
    at: dt.datetime
    who: str
    frozen: tuple[FrozenPeriod, ...]
    """Earlier periods of the kind, oldest first, then the period itself."""
    schemas: dict[str, Schema] = field(factory=dict)
    """By version."""
    vocabulary: Vocabulary = field(factory=Vocabulary)
    quality: Quality | None = None
    outputs: dict[str, str] = field(factory=dict)
    """Path as the ledger names outputs -> SHA-256 of what was written at the close."""

    @property
    def own(self) -> FrozenPeriod:
        """The closed period itself."""
        return self.frozen[-1]


@frozen
class Change:
    """One cell that is otherwise now than in the frozen report."""

    unit: str
    table: str
    key: str
    field: str
    name: str
    """Of the unit."""
    old: Value | None
    """In the frozen report; None where it was blank."""
    new: Value | None
    """Now; None where it is blank."""
    source: Source | None
    """The file that says so now; None where the unit has no accepted return any more."""
    cause: Literal["return", "edit", "decision"]
    """A later return, an edit of the office, or a return that was left out or admitted again."""


@frozen
class LateReturn:
    """A return that came after the close, whether it changes anything or not."""

    unit: str
    name: str
    source: Source
    verdict: str
    counts: bool
    """It is the return that counts now."""


@frozen
class Addendum:
    """What came after the close; the frozen figures stay as they are."""

    late: tuple[LateReturn, ...]
    changes: tuple[Change, ...]
    edits: tuple[AppliedEdit, ...]
    """Edits recorded after the close."""

    def __bool__(self) -> bool:
        return bool(self.late or self.changes or self.edits)
