"""What comes back, as understood: where it came from, its typed values and findings."""

from __future__ import annotations

import datetime as dt

from attrs import field, frozen

from nq57xl.forms.values import Source, Value
from nq57xl.rules.findings import Finding, Verdict


@frozen
class Return:
    """One returned form: identified, rejoined, typed; rules not yet applied."""

    source: Source
    issue_id: str | None
    """None: not recognised as one of the forms issued."""
    values: tuple[Value, ...] = ()
    findings: tuple[Finding, ...] = ()
    places: dict[tuple[str, str, str], tuple[str, str]] = field(factory=dict)
    """(table, key, field) -> (sheet, cell) as in the file sent, for blank cells too."""


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


_NEVER = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
"""Of files that do not tell when they were saved."""


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
    first_id: int = 0
    """Id of the first judgement of the same file for the period, where it was judged again; else 0."""
    taken: str = ""
    """The office's reason for taking it although it was rejected; "" for one judged as it stands."""

    @property
    def order(self) -> tuple[dt.datetime, dt.datetime, int]:
        """Which return counts: received time; of one time the one saved last; then order of collection (contract)."""
        source = self.judged.source
        return (source.received_at, source.saved_at or _NEVER, self.first_id or self.id)
