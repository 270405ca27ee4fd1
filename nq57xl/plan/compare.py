"""Compares a new version of the plan with the present one: rows by their texts, then codes; texts by what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
from attrs import frozen

from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix import CARD, INDICATOR_GROUPS, INDICATORS, SECTIONS, TASKS, AppendixSheet
from nq57xl.plan.model import (
    FieldChange,
    Indicator,
    Plan,
    PlanComparison,
    PlanRowChange,
    RowTable,
    Section,
    Task,
    same_text,
)
from nq57xl.text.legacy import fold

_LEAF, _PARENT = 0.65, 0.35
_PRODUCT = 0.15
_WITHOUT_SUBTASK = 0.97
"""Several sub-tasks share a task: the task alone tells a little less."""
_CODE_BONUS, _SECTION_BONUS, _NUMBER_BONUS = 0.08, 0.04, 0.02


@frozen
class _Levels:
    """Similarity from which a row continues another."""

    anywhere: float
    same_section: float
    same_code: float
    """Under the same stored code."""


_TASK_LEVELS = _Levels(0.74, 0.62, 0.4)
"""Two different tasks of the bundled plans come to 0.3 to 0.6, a few that share their opening words to 0.88."""
_INDICATOR_LEVELS = _Levels(0.86, 0.8, 0.5)
"""Indicators are short and alike ("Tỷ lệ công chức, viên chức ..."): different ones come to 0.5 to 0.89."""


@frozen
class _Sketch:
    """What a row is recognised by."""

    code: str
    """Stored code; "" where a code says nothing about identity."""
    section: str
    """A key that two sections share when they are the same one."""
    number: str
    leaf: str
    """What is to be done: the sub-task, or the task where there is none."""
    parent: str = ""
    """The task above it, where it says something else."""
    product: str = ""


def _folded(sketch: _Sketch) -> _Sketch:
    """The sketch with its texts as they are compared."""
    texts = (fold(text).strip(" .;,:") for text in (sketch.leaf, sketch.parent, sketch.product))
    return _Sketch(sketch.code, sketch.section, fold(sketch.number), *texts)


def _pair(
    old: Sequence[_Sketch], new: Sequence[_Sketch], levels: _Levels = _TASK_LEVELS
) -> dict[int, tuple[int, float]]:
    """Index of a new row -> (index of the old row that it continues, similarity of their texts); each at most once.

    The best pairs are taken first, ties go to the same code, section, number and the nearest position.
    """
    befores, afters = [_folded(item) for item in old], [_folded(item) for item in new]
    scored = sorted(_candidates(befores, afters, levels))
    found: dict[int, tuple[int, float]] = {}
    taken: set[int] = set()
    for _, _, i, j, similarity in scored:
        if i not in taken and j not in found:
            taken.add(i)
            found[j] = (i, similarity)
    return found


def _candidates(
    old: Sequence[_Sketch], new: Sequence[_Sketch], levels: _Levels
) -> Iterator[tuple[float, int, int, int, float]]:
    """(−score, distance of positions, old index, new index, similarity) of every pair that may be one row."""
    for i, before in enumerate(old):
        for j, after in enumerate(new):
            similarity = _likeness(before, after)
            same_code = bool(before.code) and before.code == after.code
            same_section = before.section == after.section
            wanted = levels.same_section if same_section else levels.anywhere
            if similarity < (levels.same_code if same_code else wanted):
                continue
            score = similarity + _CODE_BONUS * same_code + _SECTION_BONUS * same_section
            score += _NUMBER_BONUS * (before.number == after.number)
            yield -round(score, 6), abs(i - j), i, j, similarity


def _likeness(one: _Sketch, other: _Sketch) -> float:
    """How alike the texts of two folded rows are, 0 to 1."""
    leaf = _alike(one.leaf, other.leaf)
    if one.parent and other.parent:
        leaf = _LEAF * leaf + _PARENT * _alike(one.parent, other.parent)
    elif one.parent or other.parent:  # one of the documents has no column of sub-tasks
        leaf = max(leaf, _WITHOUT_SUBTASK * _alike(one.parent or one.leaf, other.parent or other.leaf))
    if not one.product or not other.product:
        return leaf
    return (1 - _PRODUCT) * leaf + _PRODUCT * _alike(one.product, other.product)


def _alike(one: str, other: str) -> float:
    from rapidfuzz import fuzz

    if one == other:
        return 1.0
    if not one or not other:
        return 0.0
    return max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other)) / 100


GENERAL = ("title", "number", "symbol", "issued_on")
_SHEETS: Mapping[RowTable, AppendixSheet] = {"tasks": TASKS, "indicators": INDICATORS}
_OWN = frozenset({"code", "section", "group", "number", "subnumber", "standard_deadline", "kind", "threshold"})
"""Columns that say where a row stands, and what the office adds to it."""
FIELDS = {
    table: tuple(column.key for column in sheet.columns if column.key not in _OWN) for table, sheet in _SHEETS.items()
}
"""The texts of a row that a new version may word otherwise."""
_PLACES = frozenset({"section", "group", "number", "subnumber"})
_HEADING_LEVELS = _Levels(0.72, 0.72, 0.55)

_Choice = str
"""What the office decided on a new row: the code that it continues, or "" for a row that is new."""


@frozen
class Decisions:
    """What the office corrected in the comparison."""

    continues: Mapping[tuple[RowTable, int], _Choice]
    """(table, index in the new plan) -> the old code that the row continues, "" for a new row."""
    left_out: frozenset[tuple[RowTable, int]] = frozenset()
    """Rows of the new document that do not come into the plan."""
    kept: frozenset[tuple[RowTable, str]] = frozenset()
    """Old rows that stay although the new document does not have them."""

    def require_known(self, old: Plan, name: str) -> None:
        """Raises Nq57Error, naming the workbook, where a code is none of the plan's, or is continued by two rows."""
        for table in FIELDS:
            known = {row.code for row in getattr(old, table)}
            codes = Counter(code for (of, _), code in self.continues.items() if of == table and code)
            for code, count in codes.items():
                where = f"{name}, trang «{_SHEETS[table].title}»"
                if code not in known:
                    raise Nq57Error(f"{where}: kế hoạch đang dùng không có mã {code}.")
                if count > 1:
                    raise Nq57Error(f"{where}: mã {code} được ghi cho hai dòng; chỉ giữ một.")


def compare_plans(
    old: Plan, new: Plan, decisions: Decisions | None = None, *, same_file: bool = False, keep: bool = False
) -> PlanComparison:
    """Every difference between the two. Pure; the same plan twice gives no change.

    `same_file`: the new plan is an edited copy of the old one's workbook, so that its codes mean the same rows.
    `keep`: old rows that the new document does not name stay in the plan (it amends a part of it only); then its
    numbers and headings are its own, and say nothing about those of the plan.
    """
    sections = _match_sections(old, new)
    rows: list[PlanRowChange] = []
    for table, levels in (("tasks", _TASK_LEVELS), ("indicators", _INDICATOR_LEVELS)):
        rows += _Table(table, old, new, sections).compare(decisions, levels, same_file=same_file, keep=keep)  # type: ignore[arg-type]
    return PlanComparison(tuple(rows), tuple(_general(old, new, sections, keep=keep)), sections.pairs)


def nearest(plan: Plan, other: Plan, table: RowTable) -> dict[int, tuple[int, float]]:
    """Index of a row of `other` -> (index of the row of `plan` that says most nearly the same, likeness 0 to 1).

    Several rows of `other` may share one; a row that none resembles enough is not there.
    """
    rows = _Table(table, plan, other, _match_sections(plan, other))
    olds, news = (getattr(item, table) for item in (plan, other))
    levels = _TASK_LEVELS if table == "tasks" else _INDICATOR_LEVELS
    before, after = ([_folded(item) for item in rows.sketches(side, False, new=side is news)] for side in (olds, news))
    found: dict[int, tuple[int, float]] = {}
    for _, _, i, j, similarity in sorted(_candidates(before, after, levels)):
        found.setdefault(j, (i, similarity))
    return found


def completed(old: Plan, new: Plan) -> Plan:
    """The new plan with what its document does not have at all: a whole table, or a column of it.

    A document that amends the tasks alone, or that prints no KPI, says nothing about the rest: that stays.
    """
    if not new.sections and old.sections and new.tasks:
        new = attrs.evolve(new, tasks=_under_headings(old, new), sections=old.sections)
    if not new.tasks:
        new = attrs.evolve(new, tasks=old.tasks, sections=old.sections)
    if not new.indicators:
        new = attrs.evolve(new, indicators=old.indicators, indicator_groups=old.indicator_groups)
    return new


def _under_headings(old: Plan, new: Plan) -> tuple[Task, ...]:
    """The tasks of a document without headings, each under that of the row it continues, else of the row before it."""
    olds, news = ([_Sketch("", "", "", *row.work) for row in plan.tasks] for plan in (old, new))
    pairs = _pair(olds, news)
    section = old.sections[-1].number if not pairs else old.tasks[pairs[min(pairs)][0]].section
    tasks = []
    for index, row in enumerate(new.tasks):
        section = old.tasks[pairs[index][0]].section if index in pairs else section
        tasks.append(attrs.evolve(row, section=section))
    return tuple(tasks)


@frozen
class _Sections:
    """How the headings of the new plan continue those of the old one."""

    pairs: Mapping[RowTable, Mapping[int, int]]
    """Index of a new heading -> index of the old one."""
    old_of: Mapping[RowTable, Mapping[str, str]]
    """Number of a new heading -> number of the old one that it continues; a number without a heading is its own."""

    def key(self, table: RowTable, number: str) -> str:
        """The old number of a new heading; a text that no heading has where the heading is new."""
        return self.old_of[table].get(number, number)


def _match_sections(old: Plan, new: Plan) -> _Sections:
    """The headings of the new plan beside those of the old one: by title, or by number where the title is reworded."""
    pairs: dict[RowTable, dict[int, int]] = {}
    numbers: dict[RowTable, dict[str, str]] = {}
    for table in FIELDS:
        befores, afters = old.headings(table), new.headings(table)
        olds, news = (
            [_Sketch(item.number, "", item.number, item.title) for item in items] for items in (befores, afters)
        )
        pairs[table] = {j: i for j, (i, _) in _pair(olds, news, _HEADING_LEVELS).items()}
        numbers[table] = {
            item.number: befores[pairs[table][j]].number if j in pairs[table] else f"\0{item.number}"
            for j, item in reversed(list(enumerate(afters)))
        }
    return _Sections(pairs, numbers)


@frozen
class _Table:
    """The rows of one kind in both plans."""

    table: RowTable
    old: Plan
    new: Plan
    sections: _Sections

    def compare(
        self, decisions: Decisions | None, levels: _Levels, *, same_file: bool, keep: bool
    ) -> Iterator[PlanRowChange]:
        """New rows in their order, then the old ones that none of them continues."""
        befores, afters = getattr(self.old, self.table), getattr(self.new, self.table)
        silent = _PLACES if keep else frozenset()
        if not same_file:  # a document without such a column says nothing of it: texts that no row fills stay
            silent |= {field for field in FIELDS[self.table] if not any(row.printed(field) for row in afters)}
        pairs = _pair(self.sketches(befores, same_file), self.sketches(afters, same_file, new=True), levels)
        if decisions is not None:
            pairs = self._decided(decisions, befores, pairs)
        left_out = decisions.left_out if decisions else frozenset()
        kept = decisions.kept if decisions else frozenset()
        for j, after in enumerate(afters):
            if (self.table, j) in left_out:
                continue
            if j not in pairs:
                yield PlanRowChange(self.table, None, j, 0.0, ("added",))
                continue
            i, similarity = pairs[j]
            yield self._continued((befores[i], after), j, similarity, silent)
        gone = set(range(len(befores))) - {i for j, (i, _) in pairs.items() if (self.table, j) not in left_out}
        for i in sorted(gone):
            stays = (self.table, befores[i].code) in kept if decisions else keep
            yield PlanRowChange(self.table, befores[i].code, None, 0.0, ("kept" if stays else "dropped",))

    def _decided(
        self, decisions: Decisions, befores: Sequence[Task | Indicator], found: Mapping[int, tuple[int, float]]
    ) -> dict[int, tuple[int, float]]:
        """The pairs as the office wants them; the similarity found before stays beside a pair that it left."""
        places = {row.code: i for i, row in enumerate(befores)}
        pairs = {}
        for (table, j), code in decisions.continues.items():
            if table == self.table and code in places:
                i = places[code]
                pairs[j] = (i, found[j][1] if found.get(j, (-1, 0.0))[0] == i else 0.0)
        return pairs

    def sketches(self, rows: Sequence[Task | Indicator], same_file: bool, *, new: bool = False) -> list[_Sketch]:
        """What each row of either plan (`new`: the other one) is recognised by."""
        return [self._sketch(row, same_file, new=new) for row in rows]

    def _sketch(self, row: Task | Indicator, same_file: bool, *, new: bool) -> _Sketch:
        key = self.sections.key(self.table, row.heading) if new else row.heading
        code = row.code if same_file else ""
        if isinstance(row, Indicator):
            return _Sketch(code, key, row.number, row.indicator, product=row.unit)
        leaf, parent = row.work
        product = f"{row.deliverable} {row.kpi}".strip()
        return _Sketch(code, key, row.subnumber or row.number, leaf, parent, product)

    def _continued(
        self, rows: tuple[Task | Indicator, Task | Indicator], index: int, similarity: float, silent: frozenset[str]
    ) -> PlanRowChange:
        before, after = rows
        titles = {column.key: column.title for column in _SHEETS[self.table].columns}
        fields = [
            FieldChange(field, titles[field], before.printed(field), after.printed(field))
            for field in FIELDS[self.table]
            if field not in silent and not same_text(before.printed(field), after.printed(field))
        ]
        kinds = ["changed"] if fields else []
        section = "section" if self.table == "tasks" else "group"
        if section not in silent and self.sections.key(self.table, after.heading) != before.heading:
            kinds.append("moved")
        places = (section, "number", "subnumber")
        printed = [(field, titles[field]) for field in places if field in titles and field not in silent]
        for field, title in printed:
            one, other = getattr(before, field) or "", getattr(after, field) or ""
            if not same_text(one, other):
                fields.append(FieldChange(field, title, one, other))
                if field != section or "moved" not in kinds:
                    kinds.append("renumbered")
        return PlanRowChange(self.table, before.code, index, similarity, tuple(dict.fromkeys(kinds)), tuple(fields))


def _general(old: Plan, new: Plan, sections: _Sections, *, keep: bool) -> Iterator[FieldChange]:
    for field in GENERAL:
        before, after = getattr(old.properties, field), getattr(new.properties, field)
        if after and not same_text(_words(before), _words(after)):
            yield FieldChange(field, CARD.name_of(field), _words(before), _words(after))
    for table, title in (("tasks", SECTIONS.title), ("indicators", INDICATOR_GROUPS.title)):
        befores, afters = old.headings(table), new.headings(table)  # type: ignore[arg-type]
        pairs = sections.pairs[table]  # type: ignore[index]
        for j, item in enumerate(afters):
            was = befores[pairs[j]] if j in pairs else None
            differs = was is None or was.number != item.number or not same_text(was.title, item.title)
            if differs and (was is None or not keep):
                yield FieldChange(table, title, _heading(was), _heading(item))
        for i, item in enumerate(befores):
            if i not in pairs.values() and not keep:
                yield FieldChange(table, title, _heading(item), "")


def _heading(item: Section | None) -> str:
    return "" if item is None else f"{item.number}. {item.title}"


def _words(value: Any) -> str:  # noqa: ANN401 - a text, a day or nothing
    return "" if value is None else f"{value:%d/%m/%Y}" if hasattr(value, "strftime") else str(value)
