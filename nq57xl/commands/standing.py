"""A period of an office: its plan, its days, where every unit stands in it, what concerns several units."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from attrs import frozen

from nq57xl.commands.office import Office, fault
from nq57xl.commands.previous_reports import PreviousReports
from nq57xl.errors import Nq57Error
from nq57xl.forms.build import reporting_units
from nq57xl.forms.model import Form
from nq57xl.ledger.model import Closing, PeriodStatus, UnitStatus
from nq57xl.ledger.store import Ledger
from nq57xl.plan.model import Period, Plan
from nq57xl.plan.periods import months_of, parse_period
from nq57xl.plan.units import in_force
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


@frozen
class OfficePeriod:
    """One period as a command works on it, while the ledger is open."""

    office: Office
    ledger: Ledger
    plan: Plan
    """The one that holds on the cut-off day; of an ad hoc report the rows that it asks for."""
    period: Period

    @classmethod
    def of(cls, office: Office, ledger: Ledger, code: str | None = None) -> OfficePeriod:
        """The period asked for, else the latest one issued, with the plan that holds on its cut-off day.

        The present appendix is the newest version of the plan, an earlier one stands as it was when it was amended, and
        units have the names that they had on the day. What the office keeps for itself (settings, e-mails, dated names,
        successors) is always that of the present appendix. Raises Nq57Error for a code that is none, and without one
        before anything was issued.
        """
        present = office.appendix().plan
        code = code or ledger.latest_period()
        if code is None:
            raise Nq57Error("Chưa phát hành biểu mẫu kỳ nào: hãy chạy «nq57xl generate --period KỲ» trước.")
        period = parse_period(code, present.properties)
        plan = in_force(present, period.cutoff, ledger.plan_until(period.cutoff))
        return cls(office, ledger, plan.asked_in(period), parse_period(period.code, plan.properties))

    @property
    def code(self) -> str:
        """Of the period: 2026-04."""
        return self.period.code

    @property
    def closing(self) -> Closing | None:
        """What was noted when the period was closed; None while it is open."""
        return self.ledger.closing(self.code)

    @property
    def months(self) -> tuple[Period, ...]:
        """The months of a longer period that have forms, oldest first; () for a month."""
        codes, issued = months_of(self.code), self.ledger.periods()
        return tuple(parse_period(code, self.plan.properties) for code in codes if code in issued and len(codes) > 1)

    @property
    def reported_months(self) -> tuple[Period, ...]:
        """The months that a longer period without forms of its own is made of; () for any other period."""
        return () if self.code in self.ledger.periods() else self.months

    def require_issued(self, *, or_months: bool = False) -> None:
        """Raises Nq57Error when there are neither forms of the period nor, with `or_months`, of a month of it."""
        if self.code not in self.ledger.periods() and not (or_months and self.months):
            raise Nq57Error(
                f"Chưa phát hành biểu mẫu {self.period.title}: hãy chạy «nq57xl generate --period {self.code}» trước."
            )

    def standing(self) -> PeriodStatus:
        """Where every unit stands in the period, with what concerns several units."""
        ledger, plan, period = self.ledger, self.plan, self.period
        records = ledger.returns(period.code, valued=False)
        forms = self._still_asked(records)
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
        names = {unit.code: unit.name for unit in status.units}
        found = self.office.in_own_words((*_between_units(answered), *same_time(records, names)))
        signed = ledger.signed_copies(period.code)
        copies = {copy.sha256 for copy in signed}
        unknown = tuple(record for record in status.unrecognised if record.judged.source.sha256 not in copies)
        units = self._with_done_rows(status, forms)
        return attrs.evolve(status, units=units, period_findings=found, signed=signed, unrecognised=unknown)

    def status(self) -> PeriodStatus:
        """The same, telling what came after a close and when units were reminded last."""
        status, closing = self.standing(), self.closing
        if closing is not None:
            last = closing.own.last_return
            units = tuple(
                attrs.evolve(unit, after_close=unit.newest is not None and unit.newest.id > last)
                for unit in status.units
            )
            status = attrs.evolve(status, units=units, closed_at=closing.at)
        noted = [event for event in self.ledger.events("remind") if event.detail["period"] == self.code]
        if not noted:
            return status
        return attrs.evolve(status, reminded_at=noted[-1].at, reminded=tuple(noted[-1].detail["units"]))

    def _still_asked(self, records: Sequence[ReturnRecord]) -> tuple[Form, ...]:
        """The forms without those of units that ended before the cut-off day and sent nothing: nobody waits for them.

        Their rows have passed to the units that come after them.
        """
        gone = {unit.code for unit in self.plan.units if unit.ended(self.period.cutoff)}
        gone -= {record.judged.unit for record in records if record.judged.unit is not None}
        return tuple(form for form in self.ledger.current_forms(self.code) if form.unit not in gone)

    def _with_done_rows(self, status: PeriodStatus, forms: Sequence[Form]) -> tuple[UnitStatus, ...]:
        """The units with what earlier returns said of rows that the form that counts shows as done before it."""
        used = {form.unit: form for form in forms}
        for unit in status.units:
            issue_id = unit.counting.judged.issue_id if unit.counting else None
            if form := self.ledger.form_by_id(issue_id, cells=False) if issue_id else None:
                used[unit.code] = form
        carried = PreviousReports(self.ledger, self.plan).carried(used)
        return tuple(attrs.evolve(unit, carried=carried.get(unit.code, ())) for unit in status.units)


def _between_units(answered: Sequence[AnsweredForm]) -> Sequence[Finding]:
    """What concerns several units; the returns have their verdicts, whatever becomes of this."""
    try:
        return tuple(check_period(answered))
    except Exception:
        return (fault("so sánh báo cáo của các đơn vị với nhau"),)
