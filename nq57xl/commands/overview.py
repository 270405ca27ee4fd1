"""The period's first page as it stands now, for the desk: without writing anything."""

from __future__ import annotations

from nq57xl.commands.consolidated import consolidated
from nq57xl.commands.office import Office
from nq57xl.results.overview import Overview, overview_of


def overview(office: Office, period_code: str) -> Overview:
    """The first page of the period. Raises Nq57Error where the appendix or the ledger cannot be read."""
    with office.reading() as ledger:
        plan, period = office.valid(period_code, ledger)
        return overview_of(consolidated(office, ledger, plan, period))
