"""Days that lie after the return itself came: nobody has completed or signed by then what is still to come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

import attrs

from nq57xl.forms.values import Value
from nq57xl.rules.findings import ACCEPTED, Finding, Verdict, make, verdict_of

CODE = "DATE_AFTER_RECEIPT"
_LESSER = "DATE_OUTSIDE_PERIOD"
_FIELDS = {"completion_date": "Ngày hoàn thành", "evidence_date": "Ngày văn bản"}


def days_after_receipt(values: Iterable[Value], received_at: dt.datetime) -> Iterator[Finding]:
    """Completion and evidence dates of rows reported as done that lie after the day of receipt (contract: error)."""
    cells = [value for value in values if value.table == "led"]
    done = {value.key for value in cells if value.field == "progress" and value.value == "done"}
    day = received_at.date()
    for item in cells:
        told = item.value.date() if isinstance(item.value, dt.datetime) else item.value
        if item.key in done and item.field in _FIELDS and isinstance(told, dt.date) and told > day:
            words = {"field": _FIELDS[item.field], "value": f"{told:%d/%m/%Y}", "day": f"{day:%d/%m/%Y}"}
            place = {"sheet": item.sheet, "cell": item.cell, "table": item.table, "task": item.key}
            yield make(CODE, words=words, field=item.field, value=item.typed, **place)


def judged_by_receipt(
    verdict: Verdict, values: Sequence[Value], findings: Sequence[Finding], received_at: dt.datetime
) -> tuple[Verdict, tuple[Finding, ...]]:
    """The verdict and the findings of a return whose time of receipt was put right."""
    if verdict != "rejected" and verdict not in ACCEPTED:
        return verdict, tuple(findings)
    others = tuple(item for item in findings if item.code != CODE)
    found = receipt_first((*others, *days_after_receipt(values, received_at)))
    return verdict_of(found), found


def receipt_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Of a day after the receipt only that is asked; that it lies outside the period is a note until then."""
    found = tuple(findings)
    places = {(item.sheet, item.cell) for item in found if item.code == CODE}
    return tuple(
        attrs.evolve(item, severity="note" if (item.sheet, item.cell) in places else "warning")
        if item.code == _LESSER and ((item.sheet, item.cell) in places or item.severity == "note")
        else item
        for item in found
    )
