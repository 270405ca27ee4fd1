"""Forms that the plan has outlived: rows that were dropped or came since, units that ended since."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from nq57xl.checks.plan_rows import plan_rows
from nq57xl.ledger.store import Ledger
from nq57xl.plan.in_force import ended
from nq57xl.records.form import Form
from nq57xl.records.ledger import Judged, ReturnRecord
from nq57xl.records.plan import Period, Plan


def with_plan_rows(ledger: Ledger, plan: Plan, period: Period, judged: Sequence[Judged]) -> list[Judged]:
    """The returns with what became of their rows in the plan; facts that never change a verdict."""
    found = []
    for item in judged:
        form = ledger.form_by_id(item.issue_id) if item.issue_id else None
        own = form is not None and form.period.code == period.code
        told = tuple(plan_rows(form, plan)) if form is not None and own else ()
        found.append(attrs.evolve(item, findings=item.findings + told))
    return found


def still_asked(forms: Sequence[Form], plan: Plan, period: Period, records: Sequence[ReturnRecord]) -> tuple[Form, ...]:
    """The forms without those of units that ended before the cut-off day and sent nothing: nobody waits for them.

    Their rows have passed to the units that come after them.
    """
    gone = {unit.code for unit in plan.units if ended(unit, period.cutoff)}
    gone -= {record.judged.unit for record in records if record.judged.unit is not None}
    return tuple(form for form in forms if form.unit not in gone)
