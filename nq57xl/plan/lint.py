"""What is wrong or doubtful in the master appendix itself: findings with the PLAN_ codes of the catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nq57xl.plan import sheets
from nq57xl.plan.misprints import suspects
from nq57xl.plan.units import Resolver
from nq57xl.records.findings import Finding
from nq57xl.records.plan import Indicator, Plan, Task
from nq57xl.rules import catalogue
from nq57xl.text.cells import a1

Places = Mapping[tuple[str, int, str], tuple[str, str]]
NEED_NO_DAY = ("ongoing", "done")
"""Kinds of deadline that do not ask for a Hạn chuẩn."""
_REQUIRED = ("id", "title", "year", "gatherer")
_REQUIRED_NAMES = ("agency", "recipient")
_PROSE = ("task", "subtask", "deliverable", "kpi", "lead", "support", "deadline", "note")
_INDICATOR_PROSE = ("indicator", "unit", "target", "lead", "note")


def lint(
    plan: Plan, findings_from_reading: tuple[Finding, ...] = (), places: Places | None = None
) -> tuple[Finding, ...]:
    """Findings on an understood plan, those of reading first; errors before warnings.

    `places` are those of `read_appendix`; without them cells are where `write_appendix` puts them.
    """
    linter = _Linter(plan, places or {})
    found = [finding for check in CHECKS for finding in check(linter)]
    ranked = sorted([*findings_from_reading, *found], key=lambda item: item.severity != "error")
    return tuple(ranked)


class _Linter:
    """The plan with what several checks need: its resolver and the places of its cells."""

    def __init__(self, plan: Plan, places: Places) -> None:
        self.plan = plan
        self.resolver = Resolver(plan.units, plan.groups)
        self._places = places

    def make(self, code: str, table: str, index: int, field: str, **words: Any) -> Finding:  # noqa: ANN401
        """A finding at one cell."""
        sheet, cell = self._places.get((table, index, field)) or layout_place(table, index, field)
        record = getattr(self.plan, table)[index] if table in ("tasks", "indicators") else None
        return catalogue.make(
            code,
            words={"column": _title(table, field), **words},
            sheet=sheet,
            cell=cell,
            task=record.code if record is not None else None,
            field=field,
            value=str(words.get("value", "")),
        )


def layout_place(table: str, index: int, field: str) -> tuple[str, str]:
    """Sheet and cell of a field as `write_appendix` lays them out."""
    if table == "card":
        row = next(row for row, line in enumerate(sheets.CARD, sheets.CARD_ROW) if line.key == field)
        return sheets.PLAN_TITLE, a1(row, 1)
    if table == "names":
        return sheets.PLAN_TITLE, a1(sheets.NAMES_ROW + index, sheets.NAMES.column(field))
    sheet = next(item for item in sheets.TABLES if item.id == table)
    return sheet.title, a1(sheets.HEADER_ROW + 1 + index, sheet.column(field))


def _title(table: str, field: str) -> str:
    if table in ("card", "names"):
        columns = (*sheets.CARD, *sheets.NAMES.columns)
    else:
        columns = next(item for item in sheets.TABLES if item.id == table).columns
    return next(column.title for column in columns if column.key == field)


def _properties(linter: _Linter) -> Iterator[Finding]:
    """Properties without which no form can be made."""
    properties = linter.plan.properties
    for field in _REQUIRED:
        if not getattr(properties, field):
            yield linter.make("PLAN_PROPERTY_MISSING", "card", 0, field, value=_title("card", field))
    for field in _REQUIRED_NAMES:
        if not getattr(properties, field):
            yield linter.make("PLAN_PROPERTY_MISSING", "names", 0, "name", value=sheets.NAME_KINDS[field])
    known = {unit.code for unit in linter.plan.units if not unit.external}
    if properties.gatherer and properties.gatherer not in known:
        yield linter.make("PLAN_UNIT_UNRESOLVED", "card", 0, "gatherer", value=properties.gatherer)


def _groups(linter: _Linter) -> Iterator[Finding]:
    """Members of groups that are no units."""
    known = {unit.code for unit in linter.plan.units}
    for index, group in enumerate(linter.plan.groups):
        for code in group.members:
            if code not in known:
                yield linter.make("PLAN_GROUP_MEMBER_UNKNOWN", "groups", index, "members", group=group.name, value=code)


def _sections(linter: _Linter) -> Iterator[Finding]:
    """Rows under a section or group that does not exist."""
    plan = linter.plan
    numbers = {item.number for item in plan.sections}
    for index, task in enumerate(plan.tasks):
        if task.section not in numbers:
            yield linter.make("PLAN_SECTION_UNKNOWN", "tasks", index, "section", value=task.section)
    numbers = {item.number for item in plan.indicator_groups}
    for index, item in enumerate(plan.indicators):
        if item.group not in numbers:
            yield linter.make("PLAN_SECTION_UNKNOWN", "indicators", index, "group", value=item.group)


def _codes(linter: _Linter) -> Iterator[Finding]:
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


def _leads(linter: _Linter) -> Iterator[Finding]:
    """Leads and supports that are missing, unknown or collective."""
    rows: list[tuple[str, int, Task | Indicator]] = [("tasks", i, task) for i, task in enumerate(linter.plan.tasks)]
    rows += [("indicators", i, item) for i, item in enumerate(linter.plan.indicators)]
    for table, index, row in rows:
        resolution = linter.resolver.resolve(row.lead)
        if not resolution.codes and not resolution.unresolved:
            yield linter.make("PLAN_LEAD_MISSING", table, index, "lead")
        elif len(row.lead_units) > 1:
            yield linter.make("PLAN_COLLECTIVE_LEAD", table, index, "lead", value=row.lead)
        for field in ("lead", "support"):
            for part in linter.resolver.resolve(getattr(row, field, "")).unresolved:
                yield linter.make("PLAN_UNIT_UNRESOLVED", table, index, field, value=part)


def _tasks(linter: _Linter) -> Iterator[Finding]:
    """Deadlines without a day, missing deliverables and KPIs."""
    for index, task in enumerate(linter.plan.tasks):
        if task.due is None and task.deadline.kind not in NEED_NO_DAY:
            yield linter.make("PLAN_DEADLINE_UNPARSED", "tasks", index, "deadline", value=task.deadline.text)
        if not task.deliverable:
            yield linter.make("PLAN_DELIVERABLE_MISSING", "tasks", index, "deliverable")
        if not task.kpi:
            yield linter.make("PLAN_KPI_MISSING", "tasks", index, "kpi")


def _targets(linter: _Linter) -> Iterator[Finding]:
    """Targets that could not be read."""
    for index, item in enumerate(linter.plan.indicators):
        if item.target.comparator is None:
            yield linter.make("PLAN_TARGET_UNPARSED", "indicators", index, "target", value=item.target.text)


def _misprints(linter: _Linter) -> Iterator[Finding]:
    """Words that look misprinted, each once a cell."""
    plan = linter.plan
    for table, records, fields in (
        ("tasks", plan.tasks, _PROSE),
        ("indicators", plan.indicators, _INDICATOR_PROSE),
        ("sections", plan.sections, ("title",)),
        ("indicator_groups", plan.indicator_groups, ("title",)),
    ):
        for index, record in enumerate(records):
            for field in fields:
                value = getattr(record, field)
                text = value if isinstance(value, str) else value.text
                told = list(suspects(text))
                if field in ("lead", "support") and not told:
                    told = list(linter.resolver.resolve(text).near)
                for suspect, likely in told:
                    yield linter.make("PLAN_MISPRINT", table, index, field, value=suspect, likely=likely)


CHECKS: tuple[Callable[[_Linter], Iterator[Finding]], ...] = (
    _properties,
    _groups,
    _sections,
    _codes,
    _leads,
    _tasks,
    _targets,
    _misprints,
)
"""Every check of the plan, in the order in which findings are told."""
