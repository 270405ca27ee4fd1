"""What is wrong or doubtful in the master appendix itself: findings with the PLAN_ codes of the catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from nq57xl.plan import lint_clear, sheets
from nq57xl.plan.lint_numbers import numbers
from nq57xl.plan.linter import Linter, Places, card_title
from nq57xl.plan.misprints import odd_ones, outliers, suspects
from nq57xl.records.findings import Finding
from nq57xl.records.plan import Plan

_REQUIRED = ("id", "title", "year", "gatherer")
_REQUIRED_NAMES = ("agency", "recipient")
_PROSE = ("task", "subtask", "deliverable", "kpi", "lead", "support", "deadline", "note")
_UNIT_FIELDS = ("lead", "support")
_INDICATOR_PROSE = ("indicator", "unit", "target", "lead", "note")


def lint(
    plan: Plan, findings_from_reading: tuple[Finding, ...] = (), places: Places | None = None
) -> tuple[Finding, ...]:
    """Findings on an understood plan, those of reading first; errors before warnings before notes.

    Which "rõ" are checked follows from the plan's own criteria and schemas/clear.yml; what keeps forms from being
    made is told whatever they are. `places` are those of `read_appendix`; without them cells are where
    `write_appendix` puts them.
    """
    linter = Linter(plan, places or {})
    wanted = plan.properties.clear_criteria
    found = [
        finding
        for check in CHECKS
        for finding in check(linter)
        if finding.severity == "error" or linter.clear.applies(finding.code, wanted)
    ]
    ranks = {"error": 0, "warning": 1}
    return tuple(sorted([*findings_from_reading, *found], key=lambda item: ranks.get(item.severity, 2)))


def _properties(linter: Linter) -> Iterator[Finding]:
    """Properties without which no form can be made."""
    properties = linter.plan.properties
    for field in _REQUIRED:
        if not getattr(properties, field):
            yield linter.make("PLAN_PROPERTY_MISSING", "card", 0, field, value=card_title(field))
    for field in _REQUIRED_NAMES:
        if not getattr(properties, field):
            yield linter.make("PLAN_PROPERTY_MISSING", "names", 0, "name", value=sheets.NAME_KINDS[field])
    known = {unit.code for unit in linter.plan.units if not unit.external}
    if properties.gatherer and properties.gatherer not in known:
        yield linter.make("PLAN_UNIT_UNRESOLVED", "card", 0, "gatherer", value=properties.gatherer)


def _groups(linter: Linter) -> Iterator[Finding]:
    """Members of groups that are no units."""
    known = {unit.code for unit in linter.plan.units}
    for index, group in enumerate(linter.plan.groups):
        for code in group.members:
            if code not in known:
                yield linter.make("PLAN_GROUP_MEMBER_UNKNOWN", "groups", index, "members", group=group.name, value=code)


def _sections(linter: Linter) -> Iterator[Finding]:
    """Rows under a section or group that does not exist."""
    plan = linter.plan
    numbers = {item.number for item in plan.sections}
    for index, task in enumerate(plan.tasks):
        if task.section not in numbers and (task.section or numbers):
            yield linter.make("PLAN_SECTION_UNKNOWN", "tasks", index, "section", value=task.section)
    numbers = {item.number for item in plan.indicator_groups}
    for index, item in enumerate(plan.indicators):
        if item.group not in numbers and (item.group or numbers):
            yield linter.make("PLAN_SECTION_UNKNOWN", "indicators", index, "group", value=item.group)


def _codes(linter: Linter) -> Iterator[Finding]:
    """Codes used twice, by every row that uses one."""
    tables: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("units", linter.plan.units),
        ("tasks", linter.plan.tasks),
        ("indicators", linter.plan.indicators),
    )
    for table, records in tables:
        # forms are named by the unit's code, and Windows does not tell "vp" from "VP"
        counts = Counter(record.code.casefold() for record in records)
        for index, record in enumerate(records):
            if counts[record.code.casefold()] > 1:
                yield linter.make("PLAN_DUPLICATE_CODE", table, index, "code", value=record.code)


def _misprints(linter: Linter) -> Iterator[Finding]:
    """Words that look misprinted, each once a cell."""
    cells = [
        (place, value if isinstance(value, str) else value.text)
        for table, records, fields in (
            ("tasks", linter.plan.tasks, _PROSE),
            ("indicators", linter.plan.indicators, _INDICATOR_PROSE),
            ("sections", linter.plan.sections, ("title",)),
            ("indicator_groups", linter.plan.indicator_groups, ("title",)),
        )
        for index, record in enumerate(records)
        for place, value in ((((table, index, field)), getattr(record, field)) for field in fields)
    ]
    odd = outliers([text for (_, _, field), text in cells if field not in _UNIT_FIELDS])
    for (table, index, field), text in cells:
        told = list(suspects(text))
        if field in _UNIT_FIELDS:
            told = told or list(linter.resolver.resolve(text).near)
        elif not told:
            told = list(odd_ones(text, odd))
        for suspect, likely in told:
            yield linter.make("PLAN_MISPRINT", table, index, field, value=suspect, likely=likely)


CHECKS: tuple[Callable[[Linter], Iterator[Finding]], ...] = (
    _properties,
    _groups,
    lint_clear.ended_units,
    _sections,
    _codes,
    numbers,
    lint_clear.leads,
    lint_clear.work,
    lint_clear.deadlines,
    lint_clear.results,
    lint_clear.targets,
    lint_clear.answerable,
    _misprints,
)
"""Every check of the plan, in the order in which findings are told."""
