"""Rows and columns inserted, deleted and moved at random: no value is ever taken for another's."""

from __future__ import annotations

import functools

from hypothesis import given
from hypothesis import strategies as st

from nq57xl.returns.model import Return
from nq57xl.returns.rejoin import rejoin
from nq57xl.rules.findings import verdict_of
from nq57xl.xlsx.cells import RawSheet, RawWorkbook
from nq57xl.xlsx.read import read_bytes
from tests.returns_kit import codes, filled, form_of, said, source_of

Step = tuple[str, int, int, int]
"""(what, axis: 0 rows, 1 columns, line, second line)."""

STEPS = st.lists(
    st.tuples(st.sampled_from(["insert", "delete", "move"]), st.integers(0, 1), st.integers(0, 25), st.integers(0, 25)),
    min_size=1,
    max_size=4,
)
SHEETS = st.integers(1, 6)


@functools.cache
def base() -> RawWorkbook:
    return read_bytes(filled()[0])


Said = dict[tuple[str, str, str], object]


@functools.cache
def base_said() -> Said:
    return said(rejoin(source_of(), base(), form_of()))


FREE = ("proposal", "difficulty")
"""Their rows are the unit's own: which number they have means nothing."""


def bound(values: Said) -> Said:
    return {key: value for key, value in values.items() if key[0] not in FREE}


def assert_right(back: Return) -> None:
    """Every value stands under its own key or is missing in a rejected return; those of free rows under their field."""
    values = {key: value for key, value in said(back).items() if value is not None or base_said().get(key) is None}
    assert bound(values) == {key: base_said()[key] for key in bound(values)}
    assert values == said(back) or verdict_of(back.findings) == "rejected"
    known = {(table, field, value) for (table, _, field), value in base_said().items()}
    assert {(table, field, value) for (table, _, field), value in values.items()} <= known


def changed(sheet: RawSheet, steps: list[Step]) -> RawSheet:
    cells = dict(sheet.cells)
    for what, axis, line, other in steps:
        extent = max((place[axis] for place in cells), default=0) + 1
        order: list[int | None] = list(range(extent))
        if what == "insert":
            order.insert(line % extent, None)
        elif what == "delete":
            del order[line % extent]
        else:
            order.insert(other % extent, order.pop(line % extent))
        where = {old: new for new, old in enumerate(order) if old is not None}
        cells = {
            ((where[row], column) if axis == 0 else (row, where[column])): cell
            for (row, column), cell in cells.items()
            if (row, column)[axis] in where
        }
    return RawSheet(sheet.name, cells, sheet.visible, sheet.protected)


@given(SHEETS, STEPS)
def test_values_are_right_or_missing(number: int, steps: list[Step]) -> None:
    """A value stands under its own key or nowhere; and where one is missing the return is rejected."""
    sheets = list(base().sheets)
    sheets[number] = changed(sheets[number], steps)
    back = rejoin(source_of(), RawWorkbook(tuple(sheets)), form_of())
    assert_right(back)
    if "error" not in {finding.severity for finding in back.findings}:
        assert set(bound(said(back))) == set(bound(base_said())), codes(back)


@given(st.data())
def test_any_cells_gone(data: st.DataObject) -> None:
    """Whatever cells are emptied, locked or not, values that are left stand under their own keys."""
    number = data.draw(SHEETS)
    sheet = base().sheets[number]
    gone = data.draw(st.sets(st.sampled_from(sorted(sheet.cells)), max_size=40))
    kept = {place: cell for place, cell in sheet.cells.items() if place not in gone}
    sheets = list(base().sheets)
    sheets[number] = RawSheet(sheet.name, kept)
    back = rejoin(source_of(), RawWorkbook(tuple(sheets)), form_of())
    assert_right(back)
    assert verdict_of(back.findings) in ("accepted", "accepted_with_warnings", "rejected")
