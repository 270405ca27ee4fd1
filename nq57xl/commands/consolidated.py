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
from nq57xl.rules.vocabulary import load_vocabulary


def consolidated(office: Office, ledger: Ledger, plan: Plan, period: Period) -> Consolidation:
    """The period's consolidation, with those of the earlier periods of its kind under `earlier`, oldest first.

    An earlier period stands with the plan that it was issued with: later changes of the plan do not reach back.
    """
    before = [_alone(office, ledger, *as_issued(ledger, plan, item)) for item in History(ledger, plan).periods(period)]
    vocabulary = load_vocabulary(plan.settings.vocabulary, office.workspace.root)
    return attrs.evolve(_alone(office, ledger, plan, period), earlier=tuple(reversed(before)), vocabulary=vocabulary)


def as_issued(ledger: Ledger, plan: Plan, period: Period) -> tuple[Plan, Period]:
    """Plan and days of the newest form issued for the period; those given where none was issued."""
    forms = ledger.current_forms(period.code)
    if not forms:
        return plan, period
    newest = max(forms, key=lambda form: (form.issued_on, form.version))
    return ledger.plan(newest.plan_version), newest.period


def _alone(office: Office, ledger: Ledger, plan: Plan, period: Period) -> Consolidation:
    return consolidate(plan, period, office.schema(), standing(ledger, plan, period))
