"""Quarters, half-years, nine months and the year on the desk: the months that they are made of, and what those lack."""

from __future__ import annotations

from attrs import frozen

from nq57xl.commands.collect import standing
from nq57xl.commands.office import Office
from nq57xl.ledger.edits import closing_of
from nq57xl.ledger.store import Ledger
from nq57xl.plan.model import Period, Plan
from nq57xl.plan.periods import months_of, parse_period


@frozen
class MonthPart:
    """One month of a longer period."""

    period: Period
    issued: bool
    missing: tuple[str, ...] = ()
    """Names of units without an accepted return."""


@frozen
class PeriodMark:
    """Where a period of the year stands, without looking at its returns."""

    issued: bool
    """It has forms of its own."""
    closed: bool
    months: tuple[int, int]
    """How many months of it have forms, of how many."""

    @property
    def from_months(self) -> bool:
        """It can be consolidated from its months."""
        return not self.issued and self.months[1] > 1 and self.months[0] > 0


def month_parts(office: Office, ledger: Ledger, plan: Plan, period: Period) -> tuple[MonthPart, ...]:
    """The months of a longer period, each with the units that it lacks; () for a month."""
    codes = [f"{year}-{month:02d}" for year, month in months_of(period.code)]
    if len(codes) == 1:
        return ()
    issued, parts = set(ledger.periods()), []
    for code in codes:
        if code not in issued:
            parts.append(MonthPart(parse_period(code, plan.properties), issued=False))
            continue
        own, days = office.valid(code, ledger)
        units = standing(office, ledger, own, days).units
        parts.append(MonthPart(days, True, tuple(unit.name for unit in units if unit.counting is None)))
    return tuple(parts)


def period_marks(office: Office, periods: tuple[Period, ...]) -> dict[str, PeriodMark]:
    """By code of the period."""
    with office.reading() as ledger:
        issued = set(ledger.periods())
        marks = {}
        for period in periods:
            months = [f"{year}-{month:02d}" for year, month in months_of(period.code)]
            count = sum(code in issued for code in months)
            closed = period.code in issued and closing_of(ledger, period.code) is not None
            marks[period.code] = PeriodMark(period.code in issued, closed, (count, len(months)))
        return marks
