"""Two returns of one unit for one period: what the newer leaves blank, and what it would say if that were filled in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from nq57xl.checks.rows import Answer, CellKey
from nq57xl.forms.frame import RETURN, frame_of, rows_of
from nq57xl.records.form import Form
from nq57xl.records.ledger import Judged
from nq57xl.records.returns import Value
from nq57xl.records.schema import Field, Table
from nq57xl.rules.predicates import Predicate, predicates_of
from nq57xl.text.normalise import fold

_DOUBTFUL = ("RECOGNISED_BY_CONTENT", "CHECK_FAILED")
"""Errors that put everything in a file in doubt."""
_ALIKE = 60.0
"""Share of letters, in percent, from which on two free rows are one row that somebody reworded."""
_COMPARED = 60
"""Free rows beyond so many are compared by equality alone."""


@frozen
class Half:
    """An earlier return of the same unit and period, beside the form that it answered."""

    judged: Judged
    form: Form

    @property
    def sound(self) -> dict[CellKey, Value]:
        """Its cells that were understood and have no error of their own."""
        errors = [item for item in self.judged.findings if item.severity == "error"]
        if any(item.code in _DOUBTFUL for item in errors):
            return {}
        cells = {(item.table, item.task or "", item.field) for item in errors}
        return {
            key: value
            for value in self.judged.values
            if value.value is not None
            and (key := (value.table, value.key, value.field)) not in cells
            and (value.table, value.key, "") not in cells
        }


@frozen
class Cell:
    """A cell that an earlier return filled, as the newer form would hold it."""

    key: CellKey
    """Its place in the newer return."""
    value: Value
    """As it stands in the earlier one."""
    half: Half


@frozen
class Beside:
    """An earlier return beside the newer one."""

    blank: tuple[Cell, ...]
    """The newer leaves them blank."""
    added: tuple[Cell, ...]
    """The same, of free rows that the newer does not have; their keys are those of the earlier return."""
    different: tuple[Cell, ...]
    """The newer says something else."""


def beside(answer: Answer, half: Half) -> Beside:
    """What the earlier return says beside the newer: only of rows and cells that the newer form asks for."""
    mine = {key: value for key, value in answer.values.items() if value.value is not None or value.typed.strip()}
    renamed, unmatched = _free_rows(answer, half, mine)
    blank, added, different = [], [], []
    for key, value in half.sound.items():
        if (key[0], key[1]) in unmatched:
            added.append(Cell(key, value, half))
            continue
        here = (key[0], renamed.get((key[0], key[1]), key[1]), key[2])
        if here not in answer.returned.places or not _same_question(answer.form, half.form, key):
            continue
        cell = Cell(here, value, half)
        if here not in mine:
            blank.append(cell)
        elif not _same(mine[here], value):
            different.append(cell)
    return Beside(tuple(blank), tuple(added), tuple(different))


def contradicting(answer: Answer, cells: Iterable[Cell]) -> set[CellKey]:
    """Those of the blank cells that would contradict what the newer return says, were they filled."""
    found: set[CellKey] = set()
    by_table: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_table[cell.key[0]].append(cell)
    for name, members in by_table.items():
        for table in answer.form.schema.tables:
            if name in (table.name, table.broadcast):
                found |= _contradicting_in(answer, table, members)
    return found


def field_of(form: Form, key: CellKey) -> Field:
    """The field of a cell."""
    return form.schema.table(key[0]).field(key[2])


# --- rows, each judged as if one of its blank cells were filled ------------------------------------------------------


def _contradicting_in(answer: Answer, table: Table, cells: Sequence[Cell]) -> set[CellKey]:
    """By the rules of one table, whose own cells they are or whose rows all see them."""
    predicates = [item for item in predicates_of(table, answer.form.schema) if item.name != "required_if"]
    rows = {str(row["#key"]): row for row in rows_of(answer.form, table.name, answer.returned.values)}
    trials: list[tuple[CellKey, Mapping[str, Any], Mapping[str, Any]]] = []
    for cell in cells:
        wanted = rows if cell.key[0] != table.name else {cell.key[1]}
        trials += [
            (cell.key, row, {**row, cell.key[2]: cell.value.value}) for key, row in rows.items() if key in wanted
        ]
    if not trials or not predicates:
        return set()
    before = _broken(table, answer, predicates, [row for _, row, _ in trials])
    after = _broken(table, answer, predicates, [row for _, _, row in trials])
    return {key for number, (key, _, _) in enumerate(trials) if after[number] - before[number]}


def _broken(
    table: Table, answer: Answer, predicates: Sequence[Predicate], rows: Sequence[Mapping[str, Any]]
) -> list[set[str]]:
    """The rules that each row breaks, each row by itself."""
    frame = frame_of([{**row, RETURN: number} for number, row in enumerate(rows)], table, answer.form.schema)
    broken: list[set[str]] = [set() for _ in rows]
    for predicate in predicates:
        try:
            mask = predicate.violated(frame)
        except Exception:  # a rule that cannot judge is told by the check itself
            continue
        for number in mask.index[mask]:
            broken[int(number)].add(predicate.rule.id)
    return broken


# --- the same cell, the same row -------------------------------------------------------------------------------------


def _same(one: Value, other: Value) -> bool:
    if isinstance(one.value, str) and isinstance(other.value, str):
        return fold(one.value) == fold(other.value)
    return one.value == other.value


def _same_question(newer: Form, earlier: Form, key: CellKey) -> bool:
    """Both versions of the form ask for the same kind of value there, and measure the row in the same way."""
    if newer.issue_id == earlier.issue_id:
        return True
    if newer.schema.version != earlier.schema.version and _kind(newer, key) != _kind(earlier, key):
        return False
    facts = [
        row.facts.get("measure")
        for form in (newer, earlier)
        if (table := form.table(key[0])) is not None
        for row in table.rows
        if row.key == key[1]
    ]
    return len(set(facts)) <= 1


def _kind(form: Form, key: CellKey) -> object:
    """Type and items of a field; nothing equal where the form does not have it."""
    try:
        field = field_of(form, key)
    except KeyError:
        return object()
    return field.type, form.schema.lists.get(field.choices)


def _free_rows(
    answer: Answer, half: Half, mine: Mapping[CellKey, Value]
) -> tuple[dict[tuple[str, str], str], set[tuple[str, str]]]:
    """Free rows go by what they say, not by their number: (table, earlier key) -> newer key, and those without one."""
    renamed: dict[tuple[str, str], str] = {}
    unmatched: set[tuple[str, str]] = set()
    for table in answer.form.schema.tables:
        if table.free:
            here, there = _texts(table, mine), _texts(table, half.sound)
            pairs = dict(_pairs(here, there))
            renamed |= {(table.name, key): pairs[key] for key in there if key in pairs}
            unmatched |= {(table.name, key) for key in there if key not in pairs}
    return renamed, unmatched


def _texts(table: Table, cells: Mapping[CellKey, Value]) -> dict[str, str]:
    """What each filled row of a free table is about: its first filled field, folded."""
    order = {field.name: number for number, field in enumerate(table.fields)}
    rows: dict[str, dict[int, str]] = defaultdict(dict)
    for (name, key, field), value in cells.items():
        if name == table.name:
            rows[key][order[field]] = fold(str(value.value if value.value is not None else value.typed))
    return {key: fields[min(fields)] for key, fields in rows.items()}


def _pairs(here: Mapping[str, str], there: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(earlier key, newer key) of the rows that are one, each used once: equal ones first, then much alike ones."""
    from rapidfuzz import fuzz

    free = dict(here)
    left = {}
    by_text: dict[str, list[str]] = defaultdict(list)
    for key, text in here.items():
        by_text[text].append(key)
    for key, text in there.items():
        if by_text[text]:
            found = by_text[text].pop(0)
            del free[found]
            yield key, found
        else:
            left[key] = text
    if max(len(free), len(left)) > _COMPARED:
        return
    for key, text in left.items():
        scores = {other: fuzz.ratio(text, words) for other, words in free.items()}
        best = max(scores, key=lambda other: scores[other], default=None)
        if best is not None and scores[best] >= _ALIKE:
            del free[best]
            yield key, best
