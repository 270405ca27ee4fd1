"""Builds the form of one unit for one period from the plan: which rows, which locked texts, which facts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from nq57xl.forms.guide import guide_of
from nq57xl.forms.wording import shorten
from nq57xl.plan.names import name_on
from nq57xl.records.form import Form, FormRow, FormTable
from nq57xl.records.plan import Indicator, Period, Plan, Task, Unit
from nq57xl.records.schema import Facts, Schema
from nq57xl.text.normalise import fold

SHORT_ID_LENGTH = 10


def reporting_units(plan: Plan, period: Period) -> tuple[Unit, ...]:
    """Units that get a form: inside the agency, valid in the period, with something to report or to gather."""
    busy = {plan.properties.gatherer}
    for task in plan.tasks:
        busy |= {*task.lead_units, *task.support_units}
    for indicator in plan.indicators:
        busy |= set(indicator.lead_units)
    return tuple(unit for unit in plan.units if unit.code in busy and not unit.external and _valid(unit, period))


def build_form(
    plan: Plan,
    schema: Schema,
    unit_code: str,
    period: Period,
    *,
    issue_id: str,
    version: int,
    issued_on: date,
    plan_version: str,
    workspace: Path | None = None,
) -> Form:
    """The form of that unit. Raises KeyError for a unit that the plan does not have.

    `workspace` is where an office may keep its own wording of the guide (templates/texts/huong-dan.md.j2).
    """
    names = {unit.code: unit.name for unit in plan.units}
    day = period.cutoff
    form = Form(
        issue_id=issue_id,
        short_id=issue_id[:SHORT_ID_LENGTH],
        version=version,
        plan_id=plan.properties.id,
        plan_version=plan_version,
        plan_title=plan.properties.title,
        agency=name_on(plan.properties.agency, day),
        parent=name_on(plan.properties.parent, day),
        place=name_on(plan.properties.place, day),
        unit=unit_code,
        unit_name=names[unit_code],
        gatherer=names.get(plan.properties.gatherer, plan.properties.gatherer),
        recipient=name_on(plan.properties.recipient, day),
        period=period,
        issued_on=issued_on,
        year=plan.properties.year,
        schema=schema,
        tables=_tables(plan, unit_code, period),
    )
    return guide_of(form, workspace)


def _valid(unit: Unit, period: Period) -> bool:
    starts = unit.valid_from is None or unit.valid_from <= period.cutoff
    return starts and (unit.valid_to is None or unit.valid_to >= period.start)


def _tables(plan: Plan, unit: str, period: Period) -> tuple[FormTable, ...]:
    base: Facts = {
        "year": plan.properties.year,
        "period_start": period.start.isoformat(),
        "period_end": period.cutoff.isoformat(),
    }
    sections = {item.number: item.title for item in plan.sections}
    groups = {item.number: item.title for item in plan.indicator_groups}
    led = tuple(_led_row(task, base, period) for task in plan.tasks if unit in task.lead_units)
    supporting = tuple(_supporting_row(task, base, period) for task in plan.tasks if unit in task.support_units)
    followed = tuple(_indicator_row(item, base) for item in plan.indicators if unit in item.lead_units)
    free = tuple(
        FormRow(f"{number:02d}", {"number": str(number)}, dict(base))
        for number in range(1, plan.settings.free_rows + 1)
    )
    tables = [
        _table("led", led, sections),
        _table("supporting", supporting, sections),
        FormTable("statement", (FormRow("statement", facts=dict(base)),) if supporting else ()),
        _table("indicator", followed, groups),
        FormTable("proposal", free),
        FormTable("difficulty", free),
        FormTable("signoff", (FormRow("signoff", facts=dict(base)),)),
    ]
    return tuple(table for table in tables if table.rows)


def _table(name: str, rows: tuple[FormRow, ...], sections: dict[str, str]) -> FormTable:
    """The table with the headings of those sections that have a row in it."""
    present = {row.section for row in rows}
    return FormTable(name, rows, {number: title for number, title in sections.items() if number in present})


def _work(task: Task) -> str:
    """What is to be done: the sub-task, under its task where the two differ (the plans often repeat one)."""
    if not task.subtask or fold(task.subtask) == fold(task.task):
        return task.task
    return f"{task.task}\n- {task.subtask}" if task.task else task.subtask


def _deadline(task: Task) -> str:
    """As printed, with the office's own date where it gave another, and the plan's note ("Thực hiện khi có …")."""
    parts = [task.deadline.text]
    if task.standard_deadline is not None and task.standard_deadline != task.deadline.date:
        parts.append(f"(hạn chuẩn {task.standard_deadline:%d/%m/%Y})")
    if task.note:
        parts.append(f"({task.note})")
    return "\n".join(part for part in parts if part)


def _task_facts(task: Task, base: Facts, period: Period) -> Facts:
    due = task.due
    return {
        **base,
        "overdue": due is not None and period.cutoff > due,
        "due": due.isoformat() if due else None,
        "done_before": task.done_before,
    }


def _led_row(task: Task, base: Facts, period: Period) -> FormRow:
    texts = {
        "number": task.subnumber or task.number,
        "work": _work(task),
        "product": "\n".join(filter(None, [task.deliverable, f"KPI: {task.kpi}" if task.kpi else ""])),
        "deadline": _deadline(task),
        "short": shorten(task.subtask or task.task),
        "support": task.support,
    }
    return FormRow(task.code, texts, _task_facts(task, base, period), task.section, open=not task.done_before)


def _supporting_row(task: Task, base: Facts, period: Period) -> FormRow:
    texts = {
        "number": task.subnumber or task.number,
        "work": _work(task),
        "lead": task.lead,
        "deadline": _deadline(task),
    }
    return FormRow(task.code, texts, _task_facts(task, base, period), task.section, open=not task.done_before)


def _indicator_row(item: Indicator, base: Facts) -> FormRow:
    texts = {"number": item.number, "indicator": item.indicator, "unit": item.unit, "target": item.target.text}
    facts: Facts = {
        **base,
        "measure": _measure(item),
        "comparator": item.target.comparator,
        "target_value": item.target.value,
    }
    return FormRow(item.code, texts, facts, item.group)


def _measure(item: Indicator) -> str:
    """How the result is entered: a target in words ("Có") asks for yes or no."""
    if item.unit.strip() == "%" or item.target.unit == "%":
        return "percent"
    wordless = item.target.value is None and fold(item.target.text) in ("có", "không")
    return "choice" if wordless else "number"
