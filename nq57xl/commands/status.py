"""status: who has reported in a period, and who has not. Nothing that writes a workbook is loaded for it."""

from __future__ import annotations

from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod, PeriodOverview


def status(office: Office, period_code: str | None) -> PeriodOverview:
    """Who has reported in the period. Raises Nq57Error when no form of it was issued."""
    with office.reading() as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        here.require_issued(or_months=True)
        if here.reported_months:
            from nq57xl.commands.consolidated import consolidated

            return PeriodOverview(here.plan, here.period, consolidated(here).status)
        closing = here.closing
        units = closing.own.status.units if closing is not None else ()
        gone = tuple(unit.name for unit in units if unit.counting is None)
        return PeriodOverview(here.plan, here.period, here.status(), gone)
