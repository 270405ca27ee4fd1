"""What a unit said by one statement for many rows, or by "như kỳ trước" for one, as the values that it stands for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import attrs

from nq57xl.forms.model import Form, FormRow
from nq57xl.forms.values import PREFILLED, FormCell, Value, cells_of
from nq57xl.forms.wording import AGAIN, UNCHANGED
from nq57xl.text.legacy import fold

_UNCHANGED: FormCell = ("unchanged", "unchanged", "unchanged")
_NO_DATA: FormCell = ("no_data_rest", "no_data_rest", "no_data_rest")
_SAME = "same"
"""Code of "như kỳ trước" among the choices of progress."""


def with_statements(form: Form, values: Sequence[Value]) -> tuple[Value, ...]:
    """The values with those that statements stand for: as the last period's return said them, or "no data".

    Each names the cell where it was typed then, and the statement with its cell. A row of which something was typed is
    left to what was typed; of a row marked "như kỳ trước" what was typed beside the mark goes before.
    """
    cells = cells_of(values)
    filled = {(item.table, item.key) for item in values}
    added = [*_repeated(form, cells, filled), *_without_data(form, cells, filled)]
    replaced = cells_of(added)
    return (*(item for cell, item in cells.items() if cell not in replaced), *added)


def with_prefilled(form: Form, values: Sequence[Value]) -> tuple[Value, ...]:
    """The values, those that stand as they stood when the form was issued with what they had been filled in from."""
    known = {cell: item for cell, item in cells_of(form.values).items() if item.stated.startswith(PREFILLED)}
    return tuple(
        attrs.evolve(item, stated=before.stated)
        if (before := known.get((item.table, item.key, item.field))) and not item.stated and _same(item, before)
        else item
        for item in values
    )


def _same(item: Value, before: Value) -> bool:
    one, other = item.value, before.value
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9)
    if isinstance(one, str) and isinstance(other, str):
        return fold(one) == fold(other)
    return bool(one == other)


def _repeated(form: Form, cells: Mapping[FormCell, Value], filled: set[tuple[str, str]]) -> Iterator[Value]:
    statement = cells.get(_UNCHANGED)
    for row in _rows(form, "led"):
        progress = cells.get(("led", row.key, "progress"))
        if progress is not None and progress.value == _SAME:
            yield from _as_before(row, cells, progress, AGAIN)
        elif statement is not None and statement.value is not None and ("led", row.key) not in filled:
            yield from _as_before(row, cells, statement, UNCHANGED)


def _as_before(row: FormRow, cells: Mapping[FormCell, Value], said: Value, words: str) -> Iterator[Value]:
    times = int(row.facts.get("repeats") or 0) + 1
    stated = f"{words} (trang «{said.sheet}», ô {said.cell}), kỳ thứ {times} liên tiếp"
    for item in row.before:
        typed = cells.get((item.table, item.key, item.field))
        if typed is None or typed.value == _SAME:
            yield attrs.evolve(item, stated=stated)


def _without_data(form: Form, cells: Mapping[FormCell, Value], filled: set[tuple[str, str]]) -> Iterator[Value]:
    statement = cells.get(_NO_DATA)
    if statement is None or statement.value is None:
        return
    stated = f"Khẳng định chung (trang «{statement.sheet}», ô {statement.cell})"
    for row in _rows(form, "indicator"):
        if ("indicator", row.key) not in filled:
            yield attrs.evolve(statement, table="indicator", key=row.key, field="no_data", stated=stated)


def _rows(form: Form, name: str) -> Iterator[FormRow]:
    table = form.table(name)
    yield from (row for row in table.rows if row.open) if table else ()
