"""What later reports show of an earlier period, made once and kept: December costs what January did."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from attrs import define, field

from nq57xl import __version__
from nq57xl.commands.office import Office
from nq57xl.ledger.store import Ledger
from nq57xl.plan.model import Period, Plan
from nq57xl.plan.periods import parse_period
from nq57xl.results.consolidation import Consolidation, PastPeriod
from nq57xl.results.figures import past_period, past_periods
from nq57xl.rules.codec import from_json, to_json


@define
class KeptPeriods:
    """What the ledger keeps of earlier periods, as of now."""

    office: Office
    ledger: Ledger
    plan: Plan
    _basis: bytes = field(init=False)
    """What every period follows from, beside what the ledger has of it: program, rules, plan."""

    def __attrs_post_init__(self) -> None:
        """Rules and appendix are read once."""
        parts = f"{__version__} {self.office.schema().version} ".encode()
        self._basis = parts + self.office.workspace.appendix.read_bytes()

    def get(self, period: Period, make: Callable[[], Consolidation]) -> PastPeriod:
        """The period as kept from what stands in the ledger and the appendix now; made anew where that has changed."""
        kept = self.ledger.past_period(period.code, self._mark(period))
        return past_period(make()) if kept is None else from_json(kept, PastPeriod)

    def keep(self, c: Consolidation) -> None:
        """Keeps the periods before this one for the reports of the months to come."""
        for item in past_periods(c):
            mark = self._mark(item.period)
            if self.ledger.past_period(item.period.code, mark) is None:
                self.ledger.note_past_period(item.period.code, mark, to_json(item))

    def _mark(self, period: Period) -> str:
        """What the period follows from: its own returns and those before it, decisions, edits; and the basis."""
        days = ((code, parse_period(code, self.plan.properties)) for code in self.ledger.periods())
        upto = [code for code, other in days if other.cutoff <= period.cutoff]
        return hashlib.sha256(self.ledger.state_of(upto).encode() + self._basis).hexdigest()[:24]
