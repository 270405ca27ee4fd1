"""Makes the amended plan: the new wording under the old codes, with what the office has entered itself."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import attrs
from attrs import frozen

from nq57xl.plan import sheets
from nq57xl.plan.compare import FIELDS, GENERAL, headings, match_sections
from nq57xl.plan.importer.words import roman
from nq57xl.plan.review_sheet import Review
from nq57xl.plan.understand import understand
from nq57xl.plan.units import Resolver
from nq57xl.records.amendment import Comparison, RowChange, RowTable
from nq57xl.records.plan import DatedName, Indicator, Plan, Properties, Settings, Task, Unit
from nq57xl.text.normalise import fold

Row = TypeVar("Row", Task, Indicator)


def amended(
    old: Plan,
    new: Plan,
    comparison: Comparison,
    used: frozenset[str],
    *,
    same_file: bool = False,
    effective_from: dt.date | None = None,
) -> Plan:
    """The plan that holds from now on, understood.

    A row that continues another keeps its code and, while its deadline is the same, its Hạn chuẩn; a new row gets a
    code that is not among `used` (every code that any version had). Units keep their codes and e-mails; settings stay.
    """
    used = used | {row.code for row in old.tasks} | {row.code for row in old.indicators}
    units = _units(old, new, effective_from, same_file=same_file)
    tasks = _outline(old, new, "tasks", comparison)
    indicators = _outline(old, new, "indicators", comparison)
    changes = [[item for item in comparison.rows if item.table == table] for table in FIELDS]
    plan = Plan(
        properties=_properties(old.properties, new.properties, same_file=same_file),
        units=units,
        groups=_groups(old, new, units),
        sections=tasks.headings,
        tasks=_rows(old.tasks, new.tasks, changes[0], tasks, used),
        indicator_groups=indicators.headings,
        indicators=_rows(old.indicators, new.indicators, changes[1], indicators, used),
        settings=_filled(old.settings, new.settings) if same_file else old.settings,
    )
    return understand(plan, used)


def _rows(
    old: Sequence[Row], new: Sequence[Row], changes: Sequence[RowChange], outline: _Outline, used: frozenset[str]
) -> tuple[Row, ...]:
    """The rows of one table: the new ones in their order, each kept old one at the end of its section."""
    befores = {row.code: row for row in old}
    given = set(used)
    rows: list[Row] = []
    for change in changes:
        if change.index is None:
            continue
        after = new[change.index]
        if change.code is None:
            rows.append(attrs.evolve(after, code="" if after.code in given else after.code))
            given.add(after.code)
        else:
            rows.append(_continued(befores[change.code], after, change))
    for change in changes:
        if "kept" in change.kinds and change.code is not None:
            _insert(rows, befores[change.code], outline)
    return tuple(rows)


def _continued(before: Row, after: Row, change: RowChange) -> Row:
    """The row in its new wording; a text that says the same stays letter by letter, so that no form changes for it."""
    told = {item.field for item in change.fields}
    same: dict[str, Any] = {item: getattr(before, item) for item in FIELDS[change.table] if item not in told}
    if isinstance(before, Task) and isinstance(after, Task):
        for name in ("number", "subnumber"):
            if name not in told:
                same[name] = getattr(before, name)
        kept = before.standard_deadline if "deadline" not in told else None
        same["standard_deadline"] = after.standard_deadline or kept
    return attrs.evolve(after, code=before.code, **same)


def _insert(rows: list[Row], row: Row, outline: _Outline) -> None:
    """Puts an old row behind the last row of its section, which may have another number now."""
    name = "section" if isinstance(row, Task) else "group"
    number = outline.numbers.get(getattr(row, name), getattr(row, name))
    places = [index for index, item in enumerate(rows) if getattr(item, name) == number]
    changed: Any = {name: number}
    rows.insert(places[-1] + 1 if places else len(rows), attrs.evolve(row, **changed))


@frozen
class _Outline:
    """The headings of one table in the amended plan."""

    headings: tuple[Any, ...]
    """The new ones, and the old ones that only kept rows stand under."""
    numbers: Mapping[str, str]
    """Number of an old heading -> its number now."""


def _outline(old: Plan, new: Plan, table: RowTable, comparison: Comparison) -> _Outline:
    sections = match_sections(old, new)
    kept = {change.code for change in comparison.rows if change.table == table and "kept" in change.kinds}
    rows: Sequence[Task | Indicator] = getattr(old, table)
    needed = {row.section if isinstance(row, Task) else row.group for row in rows if row.code in kept}
    placed = list(headings(new, table))
    befores = headings(old, table)
    numbers = {befores[i].number: placed[j].number for j, i in sections.pairs[table].items()}
    for heading in befores:
        if heading.number in needed and heading.number not in numbers:
            taken = {item.number for item in placed}
            free = (roman(number) for number in itertools.count(len(placed) + 1))
            number = heading.number if heading.number not in taken else next(item for item in free if item not in taken)
            numbers[heading.number] = number
            placed.append(attrs.evolve(heading, number=number))
    return _Outline(tuple(placed), numbers)


def _properties(old: Properties, new: Properties, *, same_file: bool) -> Properties:
    """The old properties with what the new plan says of itself; the id never changes."""
    if same_file:
        return attrs.evolve(_filled(old, new), id=old.id)
    told: Any = {name: getattr(new, name) for name in (*GENERAL, "clear_criteria") if getattr(new, name)}
    return attrs.evolve(old, **told)


Record = TypeVar("Record", Properties, Settings)


def _filled(old: Record, new: Record) -> Record:
    """The new record, with the old values where the new one says nothing of its own."""
    defaults = {item.name: item.default for item in attrs.fields(type(new))}
    blank = ("", (), None, 0)
    told: Any = {
        name: getattr(new, name)
        for name, default in defaults.items()
        if getattr(new, name) not in blank and getattr(new, name) != default
    }
    return attrs.evolve(old, **told)


def moved_review(review: Sequence[Review], comparison: Comparison, plan: Plan) -> tuple[Review, ...]:
    """The points of an imported document that are about rows, at the places of those rows in the amended plan."""
    found = []
    for sheet, table in ((sheets.TASKS, "tasks"), (sheets.INDICATORS, "indicators")):
        changes = [row for row in comparison.rows if row.table == table]
        kept = {row.code for row in changes if "kept" in row.kinds}
        rows: Sequence[Task | Indicator] = getattr(plan, table)
        places = [place for place, row in enumerate(rows) if row.code not in kept]
        indexes = [row.index for row in changes if row.index is not None]
        placed = dict(zip(indexes, places, strict=True))
        first = sheets.HEADER_ROW + 2
        for point in review:
            letters = point.cell.rstrip("0123456789")
            if point.sheet != sheet.title or not letters:
                continue
            place = placed.get(int(point.cell[len(letters) :]) - first)
            if place is not None:
                found.append(attrs.evolve(point, cell=f"{letters}{place + first}", task=rows[place].code))
    return tuple(found)


def _renamed(before: Unit, after: Unit, effective_from: dt.date | None) -> Unit:
    """The unit under its new name; the old one held until the day before, unless the office says otherwise."""
    after = attrs.evolve(after, email=after.email or before.email)
    if effective_from is None or before.name == after.name or after.former_names != before.former_names:
        return after
    until = DatedName(before.name, valid_to=effective_from - dt.timedelta(days=1))
    return attrs.evolve(after, former_names=(*after.former_names, until))


def _units(old: Plan, new: Plan, effective_from: dt.date | None, *, same_file: bool) -> tuple[Unit, ...]:
    """The office's units, with those that only the new plan names; codes and e-mails stay."""
    units = list(old.units)
    places = {unit.code: index for index, unit in enumerate(units)}
    resolver = Resolver(old.units, old.groups)
    for unit in new.units:
        if same_file and unit.code in places:
            index = places[unit.code]
            units[index] = _renamed(units[index], unit, effective_from)
        elif same_file or not _known(unit, resolver):
            code = "" if unit.code in places else unit.code
            units.append(attrs.evolve(unit, code=code))
    return understand(Plan(old.properties, tuple(units))).units


def _known(unit: Unit, resolver: Resolver) -> bool:
    found = resolver.resolve(unit.name)
    return bool(found.codes) and not found.unresolved


def _groups(old: Plan, new: Plan, units: tuple[Unit, ...]) -> tuple[Any, ...]:
    """The office's groups, and those that only the new plan names, with members by the office's own codes."""
    resolver = Resolver(units, old.groups)
    names = {unit.code: unit.name for unit in new.units}
    known = {fold(name) for group in old.groups for name in (group.name, *group.aliases)}
    added = []
    for group in new.groups:
        if fold(group.name) in known or resolver.resolve(group.name).codes:
            continue
        members = (code for member in group.members for code in resolver.resolve(names.get(member, member)).codes)
        added.append(attrs.evolve(group, members=tuple(dict.fromkeys(members))))
    return (*old.groups, *added)
