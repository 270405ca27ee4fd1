"""The consolidation of a period as the ledger has it: what merge, the document, the exports and diff all start from."""

from __future__ import annotations

import attrs

from nq57xl.commands.collect import standing
from nq57xl.commands.earlier import History
from nq57xl.commands.office import Office
from nq57xl.ledger.store import Ledger
from nq57xl.records.consolidation import Consolidation
from nq57xl.records.plan import Period, Plan
from nq57xl.report.consolidate import consolidate


def consolidated(office: Office, ledger: Ledger, plan: Plan, period: Period) -> Consolidation:
    """The period's consolidation, with those of the earlier periods of its kind under `earlier`, oldest first."""
    schema = office.schema()
    before = [
        consolidate(plan, item, schema, standing(ledger, plan, item)) for item in History(ledger, plan).periods(period)
    ]
    here = consolidate(plan, period, schema, standing(ledger, plan, period))
    return attrs.evolve(here, earlier=tuple(reversed(before)))
