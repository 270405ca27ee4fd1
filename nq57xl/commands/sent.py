"""What each unit has sent for a period so far: the ledger's returns, then those of the run, in order."""

from __future__ import annotations

from collections import defaultdict

from attrs import define, field

from nq57xl.checks.halves import Half
from nq57xl.ledger.store import Ledger
from nq57xl.records.findings import ACCEPTED
from nq57xl.records.ledger import Judged
from nq57xl.records.returns import Source


@define
class Sent:
    """Returns of one period, accepted and rejected; those that the office has left out are not among them."""

    ledger: Ledger
    period: str
    _by_unit: dict[str, list[Judged]] | None = field(default=None, init=False)

    def before(self, source: Source, unit: str) -> list[Half]:
        """The unit's returns that came before that file, oldest first."""
        halves = []
        for judged in self._known()[unit]:
            form = self.ledger.form_by_id(judged.issue_id or "")
            other = judged.source
            if form is not None and other.sha256 != source.sha256 and other.received_at <= source.received_at:
                halves.append(Half(judged, form))
        return halves

    def add(self, judged: Judged) -> None:
        """Takes a return of the run; they come in the order of their received times."""
        if judged.unit is not None and judged.form_period == self.period:
            self._known()[judged.unit].append(judged)

    def _known(self) -> dict[str, list[Judged]]:
        if self._by_unit is None:
            self._by_unit = defaultdict(list)
            for record in sorted(self.ledger.returns(self.period), key=lambda record: record.order):
                judged = record.judged
                read = judged.verdict in ACCEPTED or judged.verdict == "rejected"
                if judged.unit is not None and read and judged.form_period == self.period and not record.excluded:
                    self._by_unit[judged.unit].append(judged)
        return self._by_unit
