"""What concerns several units, or the plan since the form was issued: it never changes the verdict on a return."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from attrs import frozen

from nq57xl.forms.model import Form
from nq57xl.forms.values import Value
from nq57xl.plan.model import Plan
from nq57xl.rules.findings import Finding, make

_IDLE = ("not_started", "not_arisen")


@frozen
class Reported:
    """The counting return of one unit: its form and its typed cells."""

    form: Form
    values: Mapping[tuple[str, str, str], Value]

    def progress(self, task: str) -> str | None:
        """Progress code of a task that the unit leads, None when it did not report it."""
        value = self.values.get(("led", task, "progress"))
        return str(value.value) if value and value.value else None

    def words(self, code: str) -> str:
        """What people read for a progress code."""
        return next((item.title for item in self.form.schema.lists["progress"] if item.code == code), code)


def _lead_and_support(reports: Mapping[str, Reported]) -> Iterator[Finding]:
    """A lead says that nothing happened while a supporter reports work on the same task."""
    for lead in reports.values():
        for key, value in lead.values.items():
            if key[0] != "led" or key[2] != "progress" or value.value not in _IDLE:
                continue
            for other in reports.values():
                text = other.values.get(("supporting", key[1], "contribution"))
                if text is not None and other.form.unit != lead.form.unit:
                    words = {
                        "task": key[1],
                        "lead": lead.form.unit_name,
                        "support": other.form.unit_name,
                        "progress": lead.words(str(value.value)),
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


def _several_leads(reports: Mapping[str, Reported]) -> Iterator[Finding]:
    """Units that lead one task together report different progress."""
    tasks: dict[str, dict[str, str]] = {}
    for report in reports.values():
        for table, key, field in report.values:
            progress = report.progress(key) if (table, field) == ("led", "progress") else None
            if progress is not None:
                tasks.setdefault(key, {})[report.form.unit_name] = report.words(progress)
    for key, units in tasks.items():
        if len(set(units.values())) > 1:
            said = "; ".join(f"{name}: {words}" for name, words in units.items())
            yield make("LEADS_DISAGREE", words={"task": key, "value": said}, table="led", task=key, field="progress")


_PERIOD_CHECKS: tuple[Callable[[Mapping[str, Reported]], Iterator[Finding]], ...] = (_lead_and_support, _several_leads)


def check_period(reports: Mapping[str, Reported]) -> tuple[Finding, ...]:
    """All findings over the counting returns of a period, by unit code."""
    return tuple(finding for check in _PERIOD_CHECKS for finding in check(reports))


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
