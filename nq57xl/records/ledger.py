"""What the ledger tells the other rooms: returns as recorded, and where each unit stands in a period."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from attrs import frozen

from nq57xl.records.findings import Finding, Verdict
from nq57xl.records.returns import ReceivedBasis, Source, Value

UnitState = Literal["missing", "rejected", "accepted", "accepted_with_warnings"]


@frozen
class Judged:
    """One return with its verdict, as `collect` hands it to the ledger."""

    source: Source
    verdict: Verdict
    """Its own verdict: accepted, accepted_with_warnings, rejected or unrecognised."""
    unit: str | None
    form_period: str | None
    """Period of the form that came back."""
    issue_id: str | None
    values: tuple[Value, ...] = ()
    findings: tuple[Finding, ...] = ()


@frozen
class ReturnRecord:
    """One return as the ledger holds it."""

    id: int
    """Grows in the order of collection."""
    period: str
    """Period for which it was collected."""
    judged: Judged
    collected_at: dt.datetime
    excluded: str = ""
    """The office's reason for leaving it out; "" for a return that takes part."""

    @property
    def order(self) -> tuple[dt.datetime, int]:
        """Which return counts: received time, then order of collection (contract)."""
        return (self.judged.source.received_at, self.id)


@frozen
class Carried:
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
    received_at: dt.datetime | None
    """Of the return that counts; of the newest attempt where none is accepted."""
    received_basis: ReceivedBasis | None
    on_time: bool | None
    """None where nothing was received."""
    days_late: int
    """0 when on time or nothing was received."""
    file: str
    sha256: str
    errors: int
    """Findings of severity error in the newest attempt, when the state is rejected."""
    warnings: int
    last_attempt: Verdict | None
    """Verdict of the newest return that takes part."""
    counting: ReturnRecord | None
    """The accepted return that counts."""
    newest: ReturnRecord | None
    """The newest return that takes part, whatever its verdict."""
    carried: tuple[Carried, ...] = ()
    """Of the rows that the unit's form shows as done before the period because an earlier return said so."""
    excluded: tuple[ReturnRecord, ...] = ()
    """Returns that the office has left out, oldest first, each with its reason."""
    after_close: bool = False
    """The newest return came after the period was closed."""
    attempts: tuple[Attempt, ...] = ()
    """Everything that it handed in for the period, oldest first."""


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
