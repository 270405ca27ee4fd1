"""What concerns several units, or the plan since the form was issued: it never changes the verdict on a return."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nq57xl.forms.model import Form
from nq57xl.plan.model import Plan
from nq57xl.returns.model import AnsweredForm
from nq57xl.rules.findings import Finding, make

_IDLE = ("not_started", "not_arisen")


def _progress_words(form: Form, code: object) -> str:
    """What people read for a progress code."""
    return next((item.title for item in form.schema.lists["progress"] if item.code == code), str(code))


def _lead_and_support(answered: Sequence[AnsweredForm]) -> Iterator[Finding]:
    """A lead says that nothing happened while a supporter reports work on the same task."""
    for lead in answered:
        for key, value in lead.cells.items():
            if key[0] != "led" or key[2] != "progress" or value.value not in _IDLE:
                continue
            for other in answered:
                text = other.cells.get(("supporting", key[1], "contribution"))
                if text is not None and other.form.unit != lead.form.unit:
                    words = {
                        "task": key[1],
                        "lead": lead.form.unit_name,
                        "support": other.form.unit_name,
                        "progress": _progress_words(lead.form, value.value),
                    }
                    yield make(
                        "LEAD_SUPPORT_DISAGREE",
                        words=words,
                        table="supporting",
                        task=key[1],
                        field="contribution",
                        value=text.typed,
                        sheet=text.sheet,
                        cell=text.cell,
                    )


def _several_leads(answered: Sequence[AnsweredForm]) -> Iterator[Finding]:
    """Units that lead one task together report different progress."""
    tasks: dict[str, dict[str, str]] = {}
    for report in answered:
        for (table, key, field), value in report.cells.items():
            if (table, field) == ("led", "progress") and value.value is not None:
                tasks.setdefault(key, {})[report.form.unit_name] = _progress_words(report.form, value.value)
    for key, units in tasks.items():
        if len(set(units.values())) > 1:
            said = "; ".join(f"{name}: {words}" for name, words in units.items())
            yield make("LEADS_DISAGREE", words={"task": key, "value": said}, table="led", task=key, field="progress")


_PERIOD_CHECKS: tuple[Callable[[Sequence[AnsweredForm]], Iterator[Finding]], ...] = (_lead_and_support, _several_leads)


def check_period(answered: Sequence[AnsweredForm]) -> tuple[Finding, ...]:
    """All findings over the counting returns of a period, one for each unit."""
    return tuple(finding for check in _PERIOD_CHECKS for finding in check(answered))


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
