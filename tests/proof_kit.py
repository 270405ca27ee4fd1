"""Forms for the proof tests: each form of both bundled plans, and large ones made from the plans' own rows."""

from __future__ import annotations

import functools
from datetime import date

import attrs

from nq57xl.forms.build import build_form, reporting_units
from nq57xl.forms.model import Form
from nq57xl.plan.appendix_read import BUNDLED_PLANS, bundled_appendix, read_appendix
from nq57xl.plan.deadlines import Target
from nq57xl.plan.model import Indicator, Plan, Task
from nq57xl.plan.periods import parse_period
from nq57xl.rules.load import load_schema
from tests.samples import ISSUE_ID

WORD_TARGET = Target("Có", "=", None, "")
"""A target in words: its result is answered with yes or no, which no indicator of the bundled plans asks for."""

PAST = date(2026, 2, 28)
"""A deadline before every cut-off used here, so that overdue rows take their share."""


@functools.cache
def plan_of(name: str) -> Plan:
    """A bundled plan."""
    return read_appendix(bundled_appendix(name)).plan


def form_of(plan: Plan, unit: str, period: str = "2026-04") -> Form:
    """The form of one unit as it would be issued."""
    return build_form(
        plan,
        load_schema(),
        unit,
        parse_period(period, plan.properties),
        issue_id=ISSUE_ID,
        version=1,
        issued_on=date(2026, 4, 1),
        plan_version="x",
    )


@functools.cache
def real_forms() -> dict[str, Form]:
    """Every form of both bundled plans: "sxd-2026_VP" -> form."""
    return {
        f"{name}_{unit.code}": form_of(plan_of(name), unit.code)
        for name in BUNDLED_PLANS
        for unit in reporting_units(plan_of(name), parse_period("2026-04", plan_of(name).properties))
    }


def large_form(name: str, period: str, *, led: int, supporting: int, indicators: int, free: int) -> Form:
    """A form with so many rows of each kind, repeated from the tasks and indicators of a bundled plan.

    Indicators of all three measures take turns. Plans without indicators borrow those of the other plan.
    """
    plan = plan_of(name)
    unit = next(item.code for item in plan.units if not item.external)
    groups, samples = next(
        (other.indicator_groups, other.indicators) for other in (plan, *map(plan_of, BUNDLED_PLANS)) if other.indicators
    )
    tasks = [_task(plan, number, (unit,), ()) for number in range(led)]
    tasks += [_task(plan, led + number, (), (unit,)) for number in range(supporting)]
    sections, headings = ([item.number for item in items] for items in (plan.sections, groups))
    followed = [_indicator(samples, number, unit) for number in range(indicators)]
    large = attrs.evolve(
        plan,
        tasks=tuple(sorted(tasks, key=lambda task: sections.index(task.section))),
        indicator_groups=groups,
        indicators=tuple(sorted(followed, key=lambda item: headings.index(item.group))),
        settings=attrs.evolve(plan.settings, free_rows=free),
    )
    return form_of(large, unit, period)


def _task(plan: Plan, number: int, lead: tuple[str, ...], support: tuple[str, ...]) -> Task:
    open_tasks = [task for task in plan.tasks if not task.done_before]
    task = open_tasks[number % len(open_tasks)]
    due = PAST if number % 3 == 0 else task.standard_deadline
    return attrs.evolve(
        task, code=f"{task.code}.{number:04d}", lead_units=lead, support_units=support, standard_deadline=due
    )


def _indicator(samples: tuple[Indicator, ...], number: int, unit: str) -> Indicator:
    item = samples[number % len(samples)]
    measures = (
        {"unit": "%"},
        {"unit": "hồ sơ", "target": Target("≥ 80 hồ sơ", ">=", 80.0, "hồ sơ")},
        {"unit": "", "target": WORD_TARGET},
    )
    return attrs.evolve(item, code=f"{item.code}.{number:04d}", lead_units=(unit,), **measures[number % 3])
