"""The plan as `show --json` prints it (contract: JSON)."""

from __future__ import annotations

from datetime import date
from typing import Any

from nq57xl.plan.model import Indicator, Plan, Task, name_on


def plan_json(plan: Plan) -> dict[str, Any]:
    """The plan as it was understood, exactly in the contract's shape; dates as ISO text."""
    properties = plan.properties
    return {
        "plan": {
            "id": properties.id,
            "title": properties.title,
            "agency": name_on(properties.agency, properties.issued_on or date(properties.year, 1, 1)),
            "year": properties.year,
        },
        "units": [
            {"code": unit.code, "name": unit.name, "aliases": list(unit.aliases), "external": unit.external}
            for unit in plan.units
        ],
        "sections": [{"number": item.number, "title": item.title} for item in plan.sections],
        "tasks": [_task(task) for task in plan.tasks],
        "indicator_groups": [{"number": item.number, "title": item.title} for item in plan.indicator_groups],
        "indicators": [_indicator(item) for item in plan.indicators],
    }


def _task(task: Task) -> dict[str, Any]:
    due = task.deadline.date
    return {
        "code": task.code,
        "section": task.section,
        "number": task.number,
        "subnumber": task.subnumber,
        "task": task.task,
        "subtask": task.subtask,
        "deliverable": task.deliverable,
        "kpi": task.kpi,
        "lead": task.lead,
        "lead_units": list(task.lead_units),
        "support": task.support,
        "support_units": list(task.support_units),
        "deadline": task.deadline.text,
        "deadline_kind": task.deadline.kind,
        "deadline_date": due.isoformat() if due else None,
        "milestones": [day.isoformat() for day in task.deadline.milestones],
        "note": task.note,
    }


def _indicator(item: Indicator) -> dict[str, Any]:
    return {
        "code": item.code,
        "group": item.group,
        "number": item.number,
        "indicator": item.indicator,
        "unit": item.unit,
        "target": item.target.text,
        "comparator": item.target.comparator,
        "target_value": item.target.value,
        "lead": item.lead,
        "lead_units": list(item.lead_units),
    }
