"""From returned forms to the rows that rules look at: one dict for each row of a table in each return."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from nq57xl.records.form import Form, FormRow
from nq57xl.records.returns import Return, Value
from nq57xl.records.schema import Facts, Table

CellKey = tuple[str, str, str]
"""(table, row key, field)."""


@frozen
class Answer:
    """One return beside the form that it answers."""

    returned: Return
    form: Form

    @property
    def values(self) -> dict[CellKey, Value]:
        """Typed cells by their key."""
        return {(value.table, value.key, value.field): value for value in self.returned.values}

    @property
    def unreadable(self) -> set[CellKey]:
        """Cells that already have an error of their own: no rule speaks about them again."""
        return {
            (item.table, item.task or "", item.field)
            for item in self.returned.findings
            if item.severity == "error" and item.field
        }


@frozen
class Row:
    """One row of one return, as rules see it."""

    index: int
    """Position of the answer in the run."""
    key: str
    cells: Mapping[str, Any]
    """Fields by name, facts by "#name"; what frame_of takes."""
    silent: frozenset[str]
    """Fields that no rule may speak about: unreadable, or without a place in the file sent."""


def rows_of(table: Table, answers: Sequence[Answer]) -> Iterator[Row]:
    """Every row of that table in every answer; rows that are missing in the file, or locked, are left out."""
    for index, answer in enumerate(answers):
        held: dict[str, dict[str, Any]] = defaultdict(dict)
        placed: dict[str, set[str]] = defaultdict(set)
        names = {item.name for item in table.fields}
        for value in answer.returned.values:
            if value.table in (table.name, table.broadcast):
                held[value.key][value.field] = value.value
        for place_table, key, field in answer.returned.places:
            if place_table == table.name:
                placed[key].add(field)
        shared = held.get(table.broadcast, {}) if table.broadcast else {}
        unreadable = answer.unreadable
        for row in _form_rows(table, answer.form, placed):
            if not placed[row.key]:
                continue
            silent = {
                name for name in names if name not in placed[row.key] or (table.name, row.key, name) in unreadable
            }
            cells = {name: held[row.key].get(name) for name in names} | shared | _facts(row.facts, index, row.key)
            yield Row(index, row.key, cells, frozenset(silent))


def _form_rows(table: Table, form: Form, placed: Mapping[str, set[str]]) -> Iterator[FormRow]:
    issued = form.table(table.name)
    rows = issued.rows if issued else ()
    yield from (row for row in rows if row.open)
    if table.free and rows:  # rows that the unit added below the prepared ones
        known = {row.key for row in rows}
        yield from (FormRow(key, facts=rows[0].facts) for key in placed if key not in known)


def _facts(facts: Facts, index: int, key: str) -> dict[str, Any]:
    return {"#" + name: value for name, value in facts.items()} | {"#return": index, "#key": key}
