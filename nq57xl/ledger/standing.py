"""Where the units stand: which return counts, and the status of a period. Pure functions over records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from nq57xl.ledger.clock import in_vietnam
from nq57xl.records.findings import ACCEPTED, Severity
from nq57xl.records.form import Form
from nq57xl.records.ledger import Attempt, PeriodStatus, ReturnRecord, UnitState, UnitStatus
from nq57xl.records.plan import Period


def counting(records: Iterable[ReturnRecord]) -> ReturnRecord | None:
    """The return that counts among those of one unit: the newest accepted one by (received time, order of collection).

    A rejected return never displaces an accepted one; a form of another period never counts, and neither does a return
    that the office has left out.
    """
    return _newest(record for record in records if _accepted(record))


def superseded(records: Iterable[ReturnRecord]) -> tuple[ReturnRecord, ...]:
    """Accepted returns of one unit that do not count because a newer one does, oldest first."""
    found = tuple(records)
    winner = counting(found)
    return tuple(
        sorted((item for item in found if _accepted(item) and item is not winner), key=lambda item: item.order)
    )


def period_status(
    plan_id: str,
    period: Period,
    forms: Sequence[Form],
    records: Sequence[ReturnRecord],
    emails: Mapping[str, str],
    *,
    expected: Mapping[str, str] | None = None,
) -> PeriodStatus:
    """The period at one moment.

    `forms`: those issued for the period (of several versions for a unit the highest is taken); `records`: the returns
    collected for it; `emails`: by unit code; `expected`: code -> name of the units that the plan expects to report, in
    its order, also those whose form was not issued yet: a unit that got no form is missing all the same.
    """
    names = dict(expected or {}) | {form.unit: form.unit_name for form in sorted(forms, key=lambda form: form.version)}
    of_unit: dict[str, list[ReturnRecord]] = {}
    for record in records:
        if record.judged.unit is not None:
            of_unit.setdefault(record.judged.unit, []).append(record)
    units = tuple(
        _unit_status(code, name, period, of_unit.get(code, []), emails.get(code, "")) for code, name in names.items()
    )
    return PeriodStatus(
        plan_id=plan_id,
        period=period.code,
        due=period.due,
        complete=bool(units) and all(unit.counting is not None for unit in units),
        units=units,
        unrecognised=tuple(
            record for record in records if record.judged.verdict == "unrecognised" and not record.excluded
        ),
    )


def _unit_status(code: str, name: str, period: Period, records: Sequence[ReturnRecord], email: str) -> UnitStatus:
    """Where one unit stands, from its own returns; those that were left out only stand beside it."""
    everything = sorted(records, key=lambda record: record.order)
    left_out = tuple(record for record in records if record.excluded)
    records = [record for record in records if not record.excluded]
    winner = counting(records)
    shown = winner or _newest(record for record in records if record.judged.verdict == "rejected")
    newest = _newest(records)
    source = shown.judged.source if shown else None
    late = max(0, (_day(shown) - period.due).days) if shown else 0
    state: UnitState = "missing"
    if shown is not None:
        state = "rejected" if winner is None else _accepted_state(winner)
    return UnitStatus(
        code=code,
        name=name,
        email=email,
        state=state,
        received_at=in_vietnam(source.received_at) if source else None,
        received_basis=source.received_basis if source else None,
        on_time=late == 0 if shown else None,
        days_late=late,
        file=source.path if source else "",
        sha256=source.sha256 if source else "",
        errors=_count(shown, "error") if winner is None else 0,
        warnings=_count(shown, "warning"),
        last_attempt=newest.judged.verdict if newest else None,
        counting=winner,
        newest=newest,
        excluded=tuple(sorted(left_out, key=lambda record: record.order)),
        attempts=tuple(_attempt(record, winner) for record in everything),
    )


def _attempt(record: ReturnRecord, winner: ReturnRecord | None) -> Attempt:
    source = record.judged.source
    replaced = _accepted(record) and record is not winner
    return Attempt(
        name=source.name,
        sha256=source.sha256,
        received_at=in_vietnam(source.received_at),
        received_basis=source.received_basis,
        verdict="superseded" if replaced else record.judged.verdict,
        errors=_count(record, "error"),
        warnings=_count(record, "warning"),
        excluded=record.excluded,
    )


def _accepted(record: ReturnRecord) -> bool:
    """It was accepted, is of the period that it was collected for, and was not left out."""
    return record.judged.verdict in ACCEPTED and record.judged.form_period == record.period and not record.excluded


def _accepted_state(record: ReturnRecord) -> UnitState:
    """The state that an accepted return gives its unit."""
    return "accepted_with_warnings" if record.judged.verdict == "accepted_with_warnings" else "accepted"


def _newest(records: Iterable[ReturnRecord]) -> ReturnRecord | None:
    """The newest in the contract's order."""
    return max(records, key=lambda record: record.order, default=None)


def _day(record: ReturnRecord) -> dt.date:
    """The day of reception in Viet Nam."""
    return in_vietnam(record.judged.source.received_at).date()


def _count(record: ReturnRecord | None, severity: Severity) -> int:
    """How many findings of that severity."""
    return sum(1 for finding in record.judged.findings if finding.severity == severity) if record else 0
