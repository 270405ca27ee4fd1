"""status: who has reported in a period, and who has not. Nothing that writes a workbook is loaded for it."""

from __future__ import annotations

from nq57xl.commands.office import Office
from nq57xl.commands.standing import (
    PeriodOverview,
    reported_months,
    require_reported,
    standing,
    with_closing,
    with_reminder,
)
from nq57xl.ledger.model import PeriodStatus


def status(office: Office, period_code: str | None) -> PeriodOverview:
    """Who has reported in the period. Raises Nq57Error when no form of it was issued."""
    with office.reading() as ledger:
        plan, period = office.valid(period_code, ledger)
        require_reported(ledger, plan, period)
        if reported_months(ledger, plan, period):
            from nq57xl.commands.consolidated import consolidated

            return PeriodOverview(plan, period, consolidated(office, ledger, plan, period).status)
        closing = ledger.closing(period.code)
        here = with_closing(standing(office, ledger, plan, period), closing)
        gone = _missing(closing.own.status) if closing is not None else ()
        return PeriodOverview(plan, period, with_reminder(ledger, here), gone)


def _missing(status: PeriodStatus) -> tuple[str, ...]:
    return tuple(unit.name for unit in status.units if unit.counting is None)
