"""What became of the rows of a form since it was issued: dropped from the plan, or joined by new ones."""

from __future__ import annotations

from collections.abc import Iterator

from nq57xl.records.findings import Finding
from nq57xl.records.form import Form
from nq57xl.records.plan import Plan
from nq57xl.rules.catalogue import make

_OF_PLAN = ("led", "supporting", "indicator")


def plan_rows(form: Form, plan: Plan) -> Iterator[Finding]:
    """Facts for the sender of a form that the plan has outlived; the form itself is judged as it was issued.

    `plan`: the version that holds for the form's period, with the units that exist then.
    """
    shown = {name: {row.key for row in table.rows} for name in _OF_PLAN if (table := form.table(name)) is not None}
    wanted = _rows_of(form.unit, plan)
    present = {task.code for task in plan.tasks} | {item.code for item in plan.indicators}
    dropped = sorted({key for keys in shown.values() for key in keys if key not in present})
    if dropped:
        yield make("PLAN_ROWS_DROPPED", words={"value": ", ".join(dropped)}, value=", ".join(dropped))
    new = [code for name in _OF_PLAN for code in wanted[name] if code not in shown.get(name, set())]
    if new and shown:
        told = ", ".join(dict.fromkeys(new))
        yield make("PLAN_ROWS_NEW", words={"value": told}, value=told)


def _rows_of(unit: str, plan: Plan) -> dict[str, list[str]]:
    """Codes of the rows that a form of that unit shows now, by table."""
    return {
        "led": [task.code for task in plan.tasks if unit in task.lead_units],
        "supporting": [task.code for task in plan.tasks if unit in task.support_units],
        "indicator": [item.code for item in plan.indicators if unit in item.lead_units],
    }
