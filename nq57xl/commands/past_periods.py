"""What later reports show of an earlier period, made once and kept: December costs what January did."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from nq57xl import __version__
from nq57xl.commands.office import Office
from nq57xl.ledger.store import Ledger
from nq57xl.plan.model import Period, Plan
from nq57xl.plan.periods import parse_period
from nq57xl.results.consolidation import Consolidation, PastPeriod
from nq57xl.results.figures import past_period, past_periods
from nq57xl.rules.codec import from_json, to_json


def noted_or_made(
    office: Office, ledger: Ledger, plan: Plan, period: Period, make: Callable[[], Consolidation]
) -> PastPeriod:
    """The period as noted from what stands in the ledger and the appendix now; made anew where that has changed."""
    noted = ledger.past_period(period.code, _mark(office, ledger, plan, period))
    return past_period(make()) if noted is None else from_json(noted, PastPeriod)


def note_past_periods(office: Office, ledger: Ledger, c: Consolidation) -> None:
    """Notes the periods before this one for the reports of the months to come."""
    for item in past_periods(c):
        mark = _mark(office, ledger, c.plan, item.period)
        if ledger.past_period(item.period.code, mark) is None:
            ledger.note_past_period(item.period.code, mark, to_json(item))


def _mark(office: Office, ledger: Ledger, plan: Plan, period: Period) -> str:
    """What the period follows from: its own returns and those before it, decisions, edits, plan, rules, program."""
    days = ((code, parse_period(code, plan.properties)) for code in ledger.periods())
    upto = [code for code, other in days if other.cutoff <= period.cutoff]
    parts = (__version__, office.schema().version, ledger.state_of(upto))
    return hashlib.sha256(" ".join(parts).encode() + office.workspace.appendix.read_bytes()).hexdigest()[:24]
