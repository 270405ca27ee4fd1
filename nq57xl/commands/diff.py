"""diff: what moved between two periods."""

from __future__ import annotations

from nq57xl.commands.consolidated import consolidated
from nq57xl.commands.merge import require_issued
from nq57xl.commands.office import Office
from nq57xl.ledger.store import Ledger
from nq57xl.records.comparison import Comparison
from nq57xl.records.consolidation import Consolidation
from nq57xl.report.compare import compare


def diff(office: Office, first: str, second: str) -> Comparison:
    """Two periods compared, the earlier one first whatever the order given, as the report of the later one has them.

    Raises Nq57Error when a code is no period or no form of it was issued.
    """
    with office.reading() as ledger:
        before, after = sorted((_side(office, ledger, code) for code in (first, second)), key=lambda side: side.cutoff)
    known = {item.period.code: item for item in after.earlier}
    return compare(known.get(before.period.code, before), after)


def _side(office: Office, ledger: Ledger, code: str) -> Consolidation:
    plan, period = office.valid(code, ledger)
    require_issued(ledger.current_forms(period.code), period)
    return consolidated(office, ledger, plan, period)
