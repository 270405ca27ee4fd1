"""Judges edits by the rules of the form that the unit answered, as a return would be judged; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from nq57xl.checks.rows import Answer
from nq57xl.checks.run import check
from nq57xl.records.edits import CellKey, Edit, NewEdit
from nq57xl.records.findings import Finding
from nq57xl.records.returns import Return, Source, Value
from nq57xl.report.edit_read import Known

Cell = tuple[str, str, str]
"""(table, row key, field)."""


@frozen
class Case:
    """One unit's new edits."""

    known: Known
    source: Source
    """The return that counts."""
    held: tuple[Edit, ...]
    """Edits that hold already."""
    new: tuple[NewEdit, ...]


def judge_edits(cases: Sequence[Case], places: Mapping[CellKey, tuple[str, str]]) -> list[tuple[Finding, ...]]:
    """For each case what the rules find wrong with its edits that was not wrong before.

    `places`: sheet and cell of every line in bien-tap.xlsx. All cases are judged in one run.
    """
    answers = [answer for case in cases for answer in (_answer(case, (), places), _answer(case, case.new, places))]
    found = check(answers)
    results = []
    for number in range(len(cases)):
        before, after = found[2 * number], found[2 * number + 1]
        old = {_same(item) for item in before}
        results.append(tuple(item for item in after if _same(item) not in old))
    return results


def _same(item: Finding) -> tuple[str, str, str | None, str]:
    return (item.code, item.table, item.task, item.field)


def _answer(case: Case, new: Iterable[NewEdit], places: Mapping[CellKey, tuple[str, str]]) -> Answer:
    """The unit's report with its edits, of the rows that are edited now."""
    cells: dict[Cell, Value] = dict(case.known.own)
    for edit in (*(item.new for item in case.held), *new):
        cells.pop(edit.place[1:], None)
        if edit.kind != "withdrawn":
            cells[edit.place[1:]] = Value(
                edit.table, edit.key, edit.field, edit.typed, edit.value, edit.sheet, edit.cell
            )
        elif edit.place[1:] in case.known.own:
            cells[edit.place[1:]] = case.known.own[edit.place[1:]]
    where = _places(case, places)
    returned = Return(case.source, case.known.form.issue_id, tuple(cells.values()), (), where)
    return Answer(returned, case.known.form)


def _places(case: Case, places: Mapping[CellKey, tuple[str, str]]) -> dict[Cell, tuple[str, str]]:
    """Every cell of the rows that are edited now: its line in bien-tap.xlsx, else the edited cell of the row."""
    found: dict[Cell, tuple[str, str]] = {}
    for edit in case.new:
        for item in case.known.form.schema.table(edit.table).fields:
            cell = (edit.table, edit.key, item.name)
            found.setdefault(cell, places.get((edit.unit, *cell), (edit.sheet, edit.cell)))
    return found
