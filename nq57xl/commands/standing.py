"""Where a period stands: which return of each unit counts, what concerns several units, what came after a close."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from attrs import frozen

from nq57xl.commands.office import Office, not_issued
from nq57xl.commands.previous_reports import PreviousReports
from nq57xl.forms.build import reporting_units
from nq57xl.forms.model import Form
from nq57xl.ledger.model import Closing, PeriodStatus, UnitStatus
from nq57xl.ledger.store import Ledger
from nq57xl.plan.model import Period, Plan
from nq57xl.plan.periods import months_of, parse_period
from nq57xl.results.standing import period_status, same_time
from nq57xl.returns.check import check_period
from nq57xl.returns.model import AnsweredForm, ReturnRecord
from nq57xl.rules.findings import Finding


@frozen
class PeriodOverview:
    """A period with its plan and status."""

    plan: Plan
    period: Period
    status: PeriodStatus
    missing_at_close: tuple[str, ...] = ()
    """Of a closed period: names of the units without an accepted return when it was closed."""


def standing(office: Office, ledger: Ledger, plan: Plan, period: Period) -> PeriodStatus:
    """Where every unit stands in the period, with what concerns several units."""
    records = ledger.returns(period.code, valued=False)
    forms = _still_asked(ledger.current_forms(period.code), plan, period, records)
    emails = {unit.code: unit.email for unit in plan.units}
    expected = {unit.code: unit.name for unit in reporting_units(plan, period)}
    told = period_status(plan.properties.id, period, forms, records, emails, expected=expected)
    records = ledger.with_values(
        records, {one.id for unit in told.units for one in (unit.counting, unit.newest) if one}
    )
    status = period_status(plan.properties.id, period, forms, records, emails, expected=expected)
    counting = [unit.counting.judged for unit in status.units if unit.counting]
    forms_answered = ((ledger.form_by_id(judged.issue_id or "", cells=False), judged) for judged in counting)
    answered = [AnsweredForm(form, judged) for form, judged in forms_answered if form is not None]
    units = _with_done_rows(ledger, plan, status, forms)
    found = (*_between_units(answered), *same_time(records, {unit.code: unit.name for unit in status.units}))
    signed = ledger.signed_copies(period.code)
    copies = {copy.sha256 for copy in signed}
    unknown = tuple(record for record in status.unrecognised if record.judged.source.sha256 not in copies)
    findings = office.in_own_words(found)
    return attrs.evolve(status, units=units, period_findings=findings, signed=signed, unrecognised=unknown)


def _between_units(answered: Sequence[AnsweredForm]) -> Sequence[Finding]:
    """What concerns several units; the returns have their verdicts, whatever becomes of this."""
    try:
        return tuple(check_period(answered))
    except Exception:
        from nq57xl.commands.judge import fault

        return (fault("so sánh báo cáo của các đơn vị với nhau"),)


def _with_done_rows(ledger: Ledger, plan: Plan, status: PeriodStatus, forms: Sequence[Form]) -> tuple[UnitStatus, ...]:
    """The units with what earlier returns said of rows that the form that counts shows as done before the period."""
    used = {form.unit: form for form in forms}
    for unit in status.units:
        issue_id = unit.counting.judged.issue_id if unit.counting else None
        if form := ledger.form_by_id(issue_id, cells=False) if issue_id else None:
            used[unit.code] = form
    carried = PreviousReports(ledger, plan).carried(used)
    return tuple(attrs.evolve(unit, carried=carried.get(unit.code, ())) for unit in status.units)


def reported_months(ledger: Ledger, plan: Plan, period: Period) -> tuple[Period, ...]:
    """The months that a longer period without forms of its own is made of, oldest first; () for any other period."""
    return () if period.code in ledger.periods() else issued_months(ledger, plan, period)


def issued_months(ledger: Ledger, plan: Plan, period: Period) -> tuple[Period, ...]:
    """The months of a longer period that have forms, oldest first."""
    codes = months_of(period.code)
    issued = ledger.periods()
    if len(codes) < 2:
        return ()
    return tuple(parse_period(code, plan.properties) for code in codes if code in issued)


def with_reminder(ledger: Ledger, status: PeriodStatus) -> PeriodStatus:
    """The status, telling when units were reminded last."""
    noted = [event for event in ledger.events("remind") if event.detail["period"] == status.period]
    if not noted:
        return status
    return attrs.evolve(status, reminded_at=noted[-1].at, reminded=tuple(noted[-1].detail["units"]))


def with_closing(status: PeriodStatus, closing: Closing | None) -> PeriodStatus:
    """The status, telling what came after the close."""
    if closing is None:
        return status
    last = closing.own.last_return
    units = tuple(
        attrs.evolve(unit, after_close=unit.newest is not None and unit.newest.id > last) for unit in status.units
    )
    return attrs.evolve(status, units=units, closed_at=closing.at)


def require_reported(ledger: Ledger, plan: Plan, period: Period) -> None:
    """Raises Nq57Error when there are neither forms of the period nor, for a longer one, of a month of it."""
    if period.code not in ledger.periods() and not reported_months(ledger, plan, period):
        raise not_issued(period)


def _still_asked(
    forms: Sequence[Form], plan: Plan, period: Period, records: Sequence[ReturnRecord]
) -> tuple[Form, ...]:
    """The forms without those of units that ended before the cut-off day and sent nothing: nobody waits for them.

    Their rows have passed to the units that come after them.
    """
    gone = {unit.code for unit in plan.units if unit.ended(period.cutoff)}
    gone -= {record.judged.unit for record in records if record.judged.unit is not None}
    return tuple(form for form in forms if form.unit not in gone)
