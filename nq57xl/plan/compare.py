"""Compares a new version of the plan with the present one: rows by their texts, then codes; texts by what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import attrs
from attrs import field, frozen

from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix import INDICATOR_GROUPS, INDICATORS, NAME_KINDS, SECTIONS, SHEETS, TASKS, AppendixSheet
from nq57xl.plan.model import (
    FieldChange,
    Indicator,
    Plan,
    PlanComparison,
    PlanRowChange,
    RowTable,
    Section,
    Settings,
    Task,
    same_text,
)
from nq57xl.text.legacy import fold

_LEAF, _PARENT = 0.65, 0.35
_PRODUCT = 0.15
_WITHOUT_SUBTASK = 0.97
"""Several sub-tasks share a task: the task alone tells a little less."""
_CODE_BONUS, _SECTION_BONUS, _NUMBER_BONUS = 0.08, 0.04, 0.02


_Levels = tuple[float, float, float]
"""Similarity from which a row continues another: anywhere, in the same section, under the same stored code."""
_LEVELS: Mapping[RowTable, _Levels] = {
    # two different tasks of the bundled plans come to 0.3 to 0.6, a few that share their opening words to 0.88
    "tasks": (0.74, 0.62, 0.4),
    # indicators are short and alike ("Tỷ lệ công chức, viên chức ..."): different ones come to 0.5 to 0.89
    "indicators": (0.86, 0.8, 0.5),
}
_HEADING_LEVELS = (0.72, 0.72, 0.55)


def _folded(text: str) -> str:
    return fold(text)


def _compared(text: str) -> str:
    return fold(text).strip(" .;,:")


@frozen
class _Sketch:
    """What a row is recognised by; its texts as they are compared."""

    code: str
    """Stored code; "" where a code says nothing about identity."""
    section: str
    """A key that two sections share when they are the same one."""
    number: str = field(converter=_folded)
    leaf: str = field(converter=_compared)
    """What is to be done: the sub-task, or the task where there is none."""
    parent: str = field(default="", converter=_compared)
    """The task above it, where it says something else."""
    product: str = field(default="", converter=_compared)


def _pair(old: Sequence[_Sketch], new: Sequence[_Sketch], levels: _Levels) -> dict[int, tuple[int, float]]:
    """Index of a new row -> (index of the old row that it continues, similarity of their texts); each at most once.

    The best pairs are taken first, ties go to the same code, section, number and the nearest position.
    """
    found: dict[int, tuple[int, float]] = {}
    taken: set[int] = set()
    for _, _, i, j, similarity in sorted(_candidates(old, new, levels)):
        if i not in taken and j not in found:
            taken.add(i)
            found[j] = (i, similarity)
    return found


def _candidates(
    old: Sequence[_Sketch], new: Sequence[_Sketch], levels: _Levels
) -> Iterator[tuple[float, int, int, int, float]]:
    """(−score, distance of positions, old index, new index, similarity) of every pair that may be one row."""
    anywhere, in_section, under_code = levels
    for i, before in enumerate(old):
        for j, after in enumerate(new):
            similarity = _likeness(before, after)
            same_code = bool(before.code) and before.code == after.code
            same_section = before.section == after.section
            if similarity >= (under_code if same_code else in_section if same_section else anywhere):
                score = similarity + _CODE_BONUS * same_code + _SECTION_BONUS * same_section
                score += _NUMBER_BONUS * (before.number == after.number)
                yield -round(score, 6), abs(i - j), i, j, similarity


def _likeness(one: _Sketch, other: _Sketch) -> float:
    """How alike the texts of two rows are, 0 to 1."""
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
    return max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other)) / 100


GENERAL = ("title", "number", "symbol", "issued_on")
_SHEETS: Mapping[RowTable, AppendixSheet] = {"tasks": TASKS, "indicators": INDICATORS}
_HEADING_SHEETS: Mapping[RowTable, AppendixSheet] = {"tasks": SECTIONS, "indicators": INDICATOR_GROUPS}
_PLACES = frozenset({"section", "group", "number", "subnumber"})
"""Columns that say where a row stands."""
OWN_COLUMNS: Mapping[RowTable, tuple[str, ...]] = {
    "tasks": ("standard_deadline",),
    "indicators": ("kind", "threshold"),
}
"""What the office adds to a row: no document says it."""
FIELDS = {
    table: tuple(column.key for column in sheet.columns if column.key not in {"code", *_PLACES, *OWN_COLUMNS[table]})
    for table, sheet in _SHEETS.items()
}
"""The texts of a row that a new version may word otherwise."""
_LONGEST = 120
"""Characters of a row that name it in a message."""


@frozen
class Decisions:
    """What the office corrected in the comparison."""

    continues: Mapping[tuple[RowTable, int], str]
    """(table, index in the new plan) -> the old code that the row continues, "" for a new row."""
    left_out: frozenset[tuple[RowTable, int]] = frozenset()
    """Rows of the new document that do not come into the plan."""
    kept: frozenset[tuple[RowTable, str]] = frozenset()
    """Old rows that stay although the new document does not have them."""
    lines: frozenset[tuple[RowTable, str]] = frozenset()
    """(table, key of the row) of every line that stands in the workbook."""

    def require_whole(self, proposed: PlanComparison, name: str) -> None:
        """Raises Nq57Error, naming the workbook, where a line of that comparison is no longer there, a code is none of
        the plan's, or is continued by two rows."""
        for row in proposed.rows:
            if (row.table, row.key) not in self.lines:
                text = next(item.line() for item in (proposed.after(row), proposed.before(row)) if item is not None)
                raise Nq57Error(
                    f"{name}, trang «{_SHEETS[row.table].title}»: thiếu dòng «{text[:_LONGEST]}». Không xóa dòng nào "
                    "của bảng (không đưa vào kế hoạch thì ghi «bỏ»); hãy lập lại bảng so sánh."
                )
        for table in FIELDS:
            known = {row.code for row in getattr(proposed.old, table)}
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
    tables = {table: _ComparedTable(table, old, new) for table in _SHEETS}
    rows = [row for one in tables.values() for row in one.compare(decisions, same_file=same_file, keep=keep)]
    general = [item for item in general_changes(old, new) if item.field in GENERAL and item.after]
    general = [item for item in general if not same_text(item.before, item.after)]
    general += (item for one in tables.values() for item in one.heading_changes(keep=keep))
    headings = {table: one.headings for table, one in tables.items()}
    return PlanComparison(old, new, tuple(rows), tuple(general), headings, same_file, keep)


def is_copy(new: Plan, old: Plan) -> bool:
    """The new plan was read from an edited copy of the old one's workbook: most of what the office entered is there.

    A later document of the office that was imported has the same id, but nothing of that.
    """
    entered, found = _entered(old), _entered(new)
    return new.properties.id == old.properties.id and 2 * len(entered & found) >= len(entered)


def _entered(plan: Plan) -> set[tuple[object, ...]]:
    """What the office enters into its appendix and no document says, each with the record that it belongs to."""
    units = {(unit.code, unit.email, unit.valid_from, unit.valid_to, *unit.successors) for unit in plan.units}
    groups = {(group.name, *group.members) for group in plan.groups}
    names = {attrs.astuple(item) for kind in NAME_KINDS for item in getattr(plan.properties, kind)}
    rows = {
        (row.code, getattr(row, name))
        for table in _SHEETS
        for row in getattr(plan, table)
        for name in OWN_COLUMNS[table]
    }
    settings = {
        (item, value) for item, value in attrs.asdict(plan.settings).items() if value != getattr(Settings(), item)
    }
    return settings | {item for item in units | groups | names | rows if any(item[1:])}


def nearest(plan: Plan, other: Plan, table: RowTable) -> dict[int, tuple[int, float]]:
    """Index of a row of `other` -> (index of the row of `plan` that says most nearly the same, likeness 0 to 1).

    Several rows of `other` may share one; a row that none resembles enough is not there.
    """
    found: dict[int, tuple[int, float]] = {}
    for _, _, i, j, similarity in sorted(_candidates(*_ComparedTable(table, plan, other).sketches(), _LEVELS[table])):
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
    pairs = _pair(olds, news, _LEVELS["tasks"])
    section = old.sections[-1].number if not pairs else old.tasks[pairs[min(pairs)][0]].section
    tasks = []
    for index, row in enumerate(new.tasks):
        section = old.tasks[pairs[index][0]].section if index in pairs else section
        tasks.append(attrs.evolve(row, section=section))
    return tuple(tasks)


class _ComparedTable:
    """One table of both plans, its headings side by side: by title, or by number where the title is reworded."""

    def __init__(self, table: RowTable, old: Plan, new: Plan) -> None:
        self.table = table
        self.olds: Sequence[Task | Indicator] = getattr(old, table)
        self.news: Sequence[Task | Indicator] = getattr(new, table)
        self.old_headings, self.new_headings = old.headings(table), new.headings(table)
        befores, afters = (
            [_Sketch(item.number, "", item.number, item.title) for item in items]
            for items in (self.old_headings, self.new_headings)
        )
        self.headings = {j: i for j, (i, _) in _pair(befores, afters, _HEADING_LEVELS).items()}
        """Index of a new heading -> index of the old one."""
        self._old_numbers = {
            item.number: self.old_headings[self.headings[j]].number if j in self.headings else f"\0{item.number}"
            for j, item in reversed(list(enumerate(self.new_headings)))
        }

    def _old_number(self, number: str) -> str:
        """The old number of a new heading, a text that no heading has where the heading is new; a number without a
        heading is its own."""
        return self._old_numbers.get(number, number)

    def compare(self, decisions: Decisions | None, *, same_file: bool, keep: bool) -> Iterator[PlanRowChange]:
        """New rows in their order, then the old ones that none of them continues."""
        silent = _PLACES if keep else frozenset()
        if not same_file:  # a document without such a column says nothing of it: texts that no row fills stay
            silent |= {name for name in FIELDS[self.table] if not any(row.printed(name) for row in self.news)}
        pairs = _pair(*self.sketches(same_file=same_file), _LEVELS[self.table])
        left_out, kept = frozenset[tuple[RowTable, int]](), {(self.table, row.code) for row in self.olds if keep}
        if decisions is not None:  # the similarity found before stays beside a pair that the office left
            found, left_out, kept = pairs, decisions.left_out, set(decisions.kept)
            places = {row.code: i for i, row in enumerate(self.olds)}
            said = [(j, places.get(code)) for (of, j), code in decisions.continues.items() if of == self.table]
            pairs = {j: (i, found[j][1] if found.get(j, (-1,))[0] == i else 0.0) for j, i in said if i is not None}
        gone = dict.fromkeys(range(len(self.olds)))
        for j in range(len(self.news)):
            if (self.table, j) in left_out:
                continue
            if j not in pairs:
                yield PlanRowChange(self.table, None, j, kinds=("added",))
                continue
            gone.pop(pairs[j][0], None)
            yield self._continued(*pairs[j], j, silent, same_file=same_file)
        for i in gone:
            code = self.olds[i].code
            yield PlanRowChange(self.table, code, kinds=("kept" if (self.table, code) in kept else "dropped",))

    def sketches(self, *, same_file: bool = False) -> tuple[list[_Sketch], list[_Sketch]]:
        """What each old and each new row is recognised by."""
        return (
            [_sketch(row, row.heading, same_file=same_file) for row in self.olds],
            [_sketch(row, self._old_number(row.heading), same_file=same_file) for row in self.news],
        )

    def _continued(
        self, i: int, similarity: float, j: int, silent: frozenset[str], *, same_file: bool
    ) -> PlanRowChange:
        before, after = self.olds[i], self.news[j]
        sheet, section = _SHEETS[self.table], "section" if self.table == "tasks" else "group"
        fields = [
            FieldChange(name, sheet.name_of(name), before.printed(name), after.printed(name))
            for name in FIELDS[self.table]
            if name not in silent and not same_text(before.printed(name), after.printed(name))
        ]
        for column in (column for column in sheet.columns if same_file and column.key in OWN_COLUMNS[self.table]):
            one, other = (column.shown(getattr(row, column.key)) for row in (before, after))
            if one != other:
                fields.append(FieldChange(column.key, column.title, one, other))
        kinds = ["changed"] if fields else []
        if section not in silent and self._old_number(after.heading) != before.heading:
            kinds.append("moved")
        for name in (section, "number", "subnumber"):
            one, other = (getattr(row, name, "") or "" for row in (before, after))
            if name not in silent and not same_text(one, other):
                fields.append(FieldChange(name, sheet.name_of(name), one, other))
                if name != section or "moved" not in kinds:
                    kinds.append("renumbered")
        return PlanRowChange(self.table, before.code, j, similarity, tuple(dict.fromkeys(kinds)), tuple(fields))

    def heading_changes(self, *, keep: bool) -> Iterator[FieldChange]:
        """Headings that are new, reworded, renumbered or gone."""
        title = _HEADING_SHEETS[self.table].title
        for j, item in enumerate(self.new_headings):
            was = self.old_headings[self.headings[j]] if j in self.headings else None
            differs = was is None or was.number != item.number or not same_text(was.title, item.title)
            if differs and (was is None or not keep):
                yield FieldChange(self.table, title, _heading(was), _heading(item))
        for i, item in enumerate(self.old_headings):
            if i not in self.headings.values() and not keep:
                yield FieldChange(self.table, title, _heading(item), "")


def _sketch(row: Task | Indicator, section: str, *, same_file: bool) -> _Sketch:
    code = row.code if same_file else ""
    if isinstance(row, Indicator):
        return _Sketch(code, section, row.number, row.indicator, product=row.unit)
    return _Sketch(code, section, row.subnumber or row.number, *row.work, f"{row.deliverable} {row.kpi}")


def general_changes(old: Plan, new: Plan) -> Iterator[FieldChange]:
    """What differs beside rows and headings: properties, settings, names, units, groups, ad hoc reports; no e-mails."""
    for sheet in (sheet for sheet in SHEETS.values() if sheet.id not in (*_SHEETS, "sections", "indicator_groups")):
        befores, afters = (_texts(sheet, plan) for plan in (old, new))
        for key in dict.fromkeys((*befores, *afters)):
            before, after = befores.get(key, {}), afters.get(key, {})
            changed = [column for column in sheet.columns if before.get(column.key, "") != after.get(column.key, "")]
            if sheet.card:
                yield from (FieldChange(item.key, item.title, before[item.key], after[item.key]) for item in changed)
            elif changed:
                told = (
                    "; ".join(f"{item.title}: {side[item.key]}" for item in changed if side.get(item.key))
                    for side in (before, after)
                )
                yield FieldChange(sheet.id, f"{sheet.title}, {key}", *told)


def _texts(sheet: AppendixSheet, plan: Plan) -> dict[str, dict[str, str]]:
    """What names a record of that sheet -> key of a column -> what stands there."""
    names = sheet.columns[: 2 if sheet.id == "names" else 1]
    return {
        " ".join(column.shown(cells[column.key]) for column in names) if not sheet.card else "": {
            column.key: column.shown(cells[column.key]) for column in sheet.columns if column.key != "email"
        }
        for cells in sheet.rows(plan)
    }


def _heading(item: Section | None) -> str:
    return "" if item is None else f"{item.number}. {item.title}"
