"""From returned forms to the rows that rules look at: one dict for each row of a table in each return."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from nq57xl.forms import frame
from nq57xl.records.form import Form
from nq57xl.records.returns import Return, Value
from nq57xl.records.schema import Table
from nq57xl.rules.condition import fields_of

CellKey = tuple[str, str, str]
"""(table, row key, field)."""

GONE = ("SHEET_MISSING", "ROW_MISSING", "COLUMN_MISSING")
"""Findings that tell the cause of every blank cell that follows from them."""


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
        """Cells in which something was typed that is no value."""
        return {key for key, item in self.values.items() if item.value is None and item.typed.strip()}

    @property
    def told(self) -> set[CellKey]:
        """Cells that already have an error of their own, or lost their row, column or sheet: no rule speaks again."""
        errors = [item for item in self.returned.findings if item.severity == "error"]
        gone = [item for item in errors if item.code in GONE]
        return {(item.table, item.task or "", item.field) for item in errors if item.field} | {
            place
            for place, (sheet, _) in self.returned.places.items()
            if any(
                item.sheet == sheet and item.task in (None, place[1]) and item.field in ("", place[2]) for item in gone
            )
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
    unreadable: frozenset[str]
    """Those of them that hold something: filled for rules that ask no more (frame.UNREADABLE stands in `cells`)."""


def rows_of(table: Table, answers: Sequence[Answer]) -> Iterator[Row]:
    """Every row of that table in every answer; rows that are missing in the file, or locked, are left out."""
    names = {item.name for item in table.fields}
    for index, answer in enumerate(answers):
        unreadable = answer.unreadable
        fields = fields_of(table, answer.form.schema)
        placed: dict[str, set[str]] = defaultdict(set)
        for place_table, key, field in answer.returned.places:
            if place_table == table.name:
                placed[key].add(field)
        told = answer.told
        for cells in frame.rows_of(answer.form, table.name, answer.returned.values, index):
            key = str(cells["#key"])
            silent = {name for name in names if name not in placed[key] or (table.name, key, name) in told}
            if silent == names:
                continue
            wrong = {
                name
                for name in fields
                if {(table.name, key, name), (table.broadcast, table.broadcast, name)} & unreadable
            }
            marks = {name: frame.UNREADABLE.get(fields[name].type, 0.0) for name in wrong}
            yield Row(index, key, {**cells, **marks}, frozenset(silent), frozenset(wrong))
