"""What the ledger tells: returns as recorded, where each unit stands, the office's edits, closed periods."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from attrs import field, frozen

from nq57xl.forms.model import ReceivedBasis, Source, Value
from nq57xl.plan.model import Period
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.findings import Finding, Verdict
from nq57xl.rules.load import Quality, Vocabulary
from nq57xl.rules.schema import CellValue, Schema
from nq57xl.text.clock import moment_words

UnitState = Literal["missing", "rejected", "accepted", "accepted_with_warnings"]


@frozen
class CarriedCell:
    """A typed cell of an earlier period that still holds: of a row reported as done, shown locked since."""

    value: Value
    source: Source


@frozen
class Attempt:
    """One file that a unit handed in, in few words."""

    name: str
    sha256: str
    received_at: dt.datetime
    received_basis: ReceivedBasis
    verdict: Verdict
    """Of its own; `superseded` where a newer accepted one counts."""
    errors: int
    warnings: int
    excluded: str = ""
    """The office's reason for leaving it out."""


@frozen
class UnitStatus:
    """Where one unit stands in one period."""

    code: str
    name: str
    email: str
    state: UnitState
    received_at: dt.datetime | None = None
    """Of the return that counts; of the newest attempt where none is accepted."""
    received_basis: ReceivedBasis | None = None
    on_time: bool | None = None
    """None where nothing was received."""
    days_late: int = 0
    """0 when on time or nothing was received."""
    file: str = ""
    sha256: str = ""
    errors: int = 0
    """Findings of severity error in the newest attempt, when the state is rejected."""
    warnings: int = 0
    last_attempt: Verdict | None = None
    """Verdict of the newest return that takes part."""
    counting: ReturnRecord | None = None
    """The accepted return that counts."""
    newest: ReturnRecord | None = None
    """The newest return that takes part, whatever its verdict."""
    first: ReturnRecord | None = None
    """The first return that was read and takes part, whatever its verdict: as the unit sent it unasked."""
    carried: tuple[CarriedCell, ...] = ()
    """Of the rows that the unit's form shows as done before the period because an earlier return said so."""
    excluded: tuple[ReturnRecord, ...] = ()
    """Returns that the office has left out, oldest first, each with its reason."""
    after_close: bool = False
    """The newest return came after the period was closed."""
    attempts: tuple[Attempt, ...] = ()
    """Everything that it handed in for the period, oldest first."""

    @property
    def excluded_words(self) -> str:
        """ "Bản nhận lúc 08:05 ngày 17/04/2026 không đưa vào tổng hợp: lý do", for each return left out."""
        words = "; ".join(
            f"bản nhận lúc {moment_words(item.judged.source.received_at)} không đưa vào tổng hợp: {item.excluded}"
            for item in self.excluded
        )
        return words[:1].upper() + words[1:]


@frozen
class SignedCopy:
    """The signed copy (.pdf) that follows a unit's return; in the archive by its hash, never read as data."""

    unit: str
    file: str
    """Its name."""
    sha256: str
    at: dt.datetime
    """When it was filed."""


@frozen
class PeriodStatus:
    """The whole period at one moment: what `status` prints and `merge` consolidates."""

    plan_id: str
    period: str
    due: dt.date
    complete: bool
    """Every unit that was issued a form has an accepted return."""
    units: tuple[UnitStatus, ...]
    unrecognised: tuple[ReturnRecord, ...]
    period_findings: tuple[Finding, ...] = ()
    closed_at: dt.datetime | None = None
    """When the office closed the period; None while it is open, and in what was frozen then."""
    reminded_at: dt.datetime | None = None
    """When units were reminded last, as the office noted it."""
    signed: tuple[SignedCopy, ...] = ()
    """Signed copies that were filed, oldest first."""
    reminded: tuple[str, ...] = ()
    """Codes of the units reminded then."""


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
    before_value: CellValue = None
    """What `before` meant; None for a blank, and in edits recorded by programs that did not keep it."""

    @property
    def place(self) -> CellKey:
        """The cell of the unit's report."""
        return (self.unit, self.table, self.key, self.field)

    def still_about(self, own: Value | None) -> bool:
        """The unit's cell says what it said when the edit was made, however it is spelled now."""
        if own is None:
            return not self.before
        return own.typed == self.before or (own.value is not None and own.value == self.before_value)


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
    last_decided: tuple[int, int] | None = None
    """The same of decisions on returns and of waivers; None in what was frozen by programs that did not keep it."""


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
class ChangedCell:
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
    changes: tuple[ChangedCell, ...]
    edits: tuple[AppliedEdit, ...]
    """Edits recorded after the close."""

    def __bool__(self) -> bool:
        return bool(self.late or self.changes or self.edits)
