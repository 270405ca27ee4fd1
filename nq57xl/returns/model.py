"""What comes back, as understood: where it came from, its typed values and findings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import cached_property

import attrs
from attrs import field, frozen

from nq57xl.forms.model import Form, FormCell, Source, Value, cells_of
from nq57xl.rules.findings import ACCEPTED, Finding, Verdict, make, verdict_of

_LOST = ("SHEET_MISSING", "ROW_MISSING", "COLUMN_MISSING", "COLUMN_DISPUTED", "CELLS_SHIFTED")
"""Findings that tell the cause of every cell without a value that follows from them."""


@frozen
class Return:
    """One returned form: identified, rejoined, typed; rules not yet applied."""

    source: Source
    form: Form
    """The form that came back, as it was issued."""
    values: tuple[Value, ...] = ()
    findings: tuple[Finding, ...] = ()
    places: dict[FormCell, tuple[str, str]] = field(factory=dict)
    """(sheet, cell) as in the file sent, for blank cells too."""

    @cached_property
    def cells(self) -> dict[FormCell, Value]:
        """Typed cells by their key."""
        return cells_of(self.values)

    @cached_property
    def in_error(self) -> frozenset[FormCell]:
        """Cells that already have an error of their own, or lost their row, column or sheet: no rule speaks again."""
        errors = [item for item in self.findings if item.severity == "error"]
        lost = {place for item in errors for place in self.lost_with(item)}
        return frozenset({item.form_cell for item in errors if item.field} | lost)

    def lost_with(self, cause: Finding) -> Iterator[FormCell]:
        """The cells of the sheet, row or column that a finding tells to be missing; of other findings none."""
        for place, (sheet, _) in self.places.items() if cause.code in _LOST else ():
            if sheet == cause.sheet and all(
                said in ("", own) for said, own in zip(cause.form_cell, place, strict=True)
            ):
                yield place

    def judged(self, findings: Iterable[Finding]) -> JudgedReturn:
        """The return with its verdict, which these findings, all that there are, lead to."""
        found = _receipt_first(findings)
        form = self.form
        return JudgedReturn(
            self.source, verdict_of(found), form.unit, form.period.code, form.issue_id, self.values, found
        )


_AFTER_RECEIPT, _OUTSIDE_PERIOD = "DATE_AFTER_RECEIPT", "DATE_OUTSIDE_PERIOD"
_DAYS_DONE = {"completion_date": "Ngày hoàn thành", "evidence_date": "Ngày văn bản"}


def days_after_receipt(values: Iterable[Value], received_at: dt.datetime) -> Iterator[Finding]:
    """An error for each completion or evidence date of a row reported as done that lies after the day of receipt
    (contract.md 3.4)."""
    cells = [value for value in values if value.table == "led"]
    done = {value.key for value in cells if value.field == "progress" and value.value == "done"}
    day = received_at.date()
    for item in cells:
        told = item.value.date() if isinstance(item.value, dt.datetime) else item.value
        if item.key in done and item.field in _DAYS_DONE and isinstance(told, dt.date) and told > day:
            words = {"field": _DAYS_DONE[item.field], "value": f"{told:%d/%m/%Y}", "day": f"{day:%d/%m/%Y}"}
            place = {"sheet": item.sheet, "cell": item.cell, "table": item.table, "task": item.key}
            yield make(_AFTER_RECEIPT, words=words, field=item.field, value=item.typed, **place)


def _receipt_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Of a day after the receipt only that is asked; that it lies outside the period is a note until then."""
    found = tuple(findings)
    places = {(item.sheet, item.cell) for item in found if item.code == _AFTER_RECEIPT}
    return tuple(
        attrs.evolve(item, severity="note" if (item.sheet, item.cell) in places else "warning")
        if item.code == _OUTSIDE_PERIOD and ((item.sheet, item.cell) in places or item.severity == "note")
        else item
        for item in found
    )


@frozen
class JudgedReturn:
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

    def received(self, when: dt.datetime) -> JudgedReturn:
        """As it is judged where the office has put right when it was received."""
        judged = attrs.evolve(self, source=attrs.evolve(self.source, received_at=when, received_basis="corrected"))
        if self.verdict != "rejected" and self.verdict not in ACCEPTED:
            return judged
        others = (item for item in self.findings if item.code != _AFTER_RECEIPT)
        found = _receipt_first((*others, *days_after_receipt(self.values, when)))
        return attrs.evolve(judged, verdict=verdict_of(found), findings=found)

    @property
    def filled(self) -> dict[FormCell, Value]:
        """Its cells that hold something, by their key."""
        return cells_of(item for item in self.values if item.typed.strip() or item.value is not None)

    @property
    def asks_back(self) -> bool:
        """It asks its unit for an answer: it was rejected, or something in it is to be explained."""
        if self.verdict == "accepted_with_warnings":
            return any(item.asks for item in self.findings)
        return self.verdict == "rejected"


@frozen
class AnsweredForm:
    """A form, and the return that answered it, as recorded."""

    form: Form
    judged: JudgedReturn

    @cached_property
    def cells(self) -> dict[FormCell, Value]:
        """Typed cells by their key."""
        return cells_of(self.judged.values)

    @cached_property
    def sound_cells(self) -> dict[FormCell, Value]:
        """Those that were understood and have no error of their own; none where the whole file is in doubt."""
        errors = [item for item in self.judged.findings if item.severity == "error"]
        if any(item.code in _DOUBTFUL for item in errors):
            return {}
        wrong = {item.form_cell for item in errors}
        return {
            key: value
            for key, value in self.cells.items()
            if value.value is not None and not {key, (*key[:2], "")} & wrong
        }


_DOUBTFUL = ("RECOGNISED_BY_CONTENT", "CHECK_FAILED")
"""Errors that put everything in a file in doubt."""


@frozen
class ReturnRecord:
    """One return as the ledger holds it."""

    id: int
    """Grows in the order of collection."""
    period: str
    """Period for which it was collected."""
    judged: JudgedReturn
    collected_at: dt.datetime
    excluded: str = ""
    """The office's reason for leaving it out; "" for a return that takes part."""
    first_id: int = 0
    """Id of the first judgement of the same file for the period, where it was judged again; else 0."""
    taken: str = ""
    """The office's reason for taking it although it was rejected; "" for one judged as it stands."""

    @property
    def order(self) -> tuple[dt.datetime, dt.datetime, int]:
        """Which return counts: received time; of one time the one saved last; order of collection (contract.md 4)."""
        source = self.judged.source
        saved_at = source.saved_at or dt.datetime.min.replace(tzinfo=dt.UTC)  # some files do not tell it
        return (source.received_at, saved_at, self.first_id or self.id)
