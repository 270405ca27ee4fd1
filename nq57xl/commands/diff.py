"""diff: what moved between two periods."""

from __future__ import annotations

from nq57xl.commands.collect import standing
from nq57xl.commands.consolidated import as_issued
from nq57xl.commands.merge import require_issued
from nq57xl.commands.office import Office
from nq57xl.ledger.store import Ledger
from nq57xl.plan.periods import parse_period
from nq57xl.records.comparison import Comparison
from nq57xl.records.consolidation import Consolidation
from nq57xl.records.plan import Plan
from nq57xl.report.compare import compare
from nq57xl.report.consolidate import consolidate


def diff(office: Office, first: str, second: str) -> Comparison:
    """Two periods compared, the earlier one first whatever the order given; each with the plan it was issued with.

    Raises Nq57Error when a code is no period or no form of it was issued.
    """
    with office.reading() as ledger:
        plan = office.appendix().plan
        sides = [_side(office, ledger, plan, code) for code in (first, second)]
    before, after = sorted(sides, key=lambda side: side.cutoff)
    return compare(before, after)


def _side(office: Office, ledger: Ledger, plan: Plan, code: str) -> Consolidation:
    period = parse_period(code, plan.properties)
    require_issued(ledger.current_forms(period.code), period)
    issued, period = as_issued(office, ledger, plan, period)
    return consolidate(issued, period, office.schema(), standing(ledger, issued, period))
