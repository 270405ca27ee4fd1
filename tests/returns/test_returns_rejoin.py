"""Returned forms are put together by keys, wherever things stand."""

from __future__ import annotations

import functools
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from openpyxl.workbook.workbook import Workbook

from nq57xl.forms.layout import layout
from nq57xl.forms.model import Slot
from nq57xl.returns.identify import identify, same_text
from nq57xl.returns.rejoin import rejoin
from nq57xl.rules.findings import verdict_of
from nq57xl.text.addresses import a1
from nq57xl.xlsx.cells import RawCell, RawWorkbook, cell_text
from nq57xl.xlsx.read import read_bytes
from tests.returns_kit import (
    codes,
    edited,
    filled,
    form_of,
    issued,
    returned,
    said,
    source_of,
    with_cells,
)

UNITS = ["VP", "QLDT", "KHTC"]


@pytest.mark.parametrize("unit", UNITS)
def test_a_form_returned_blank_says_nothing(unit: str) -> None:
    """The form as issued comes back without values and without findings, with a place for every entry cell."""
    back = returned(issued(unit), unit)
    assert (back.values, back.findings) == ((), ())
    slots = [slot for sheet in layout(form_of(unit)) for slot in sheet.slots if slot.role == "entry"]
    assert set(back.places) == {(slot.table, slot.key, field) for slot in slots for field in slot.fields}
    assert back.form == form_of(unit)


@pytest.mark.parametrize("unit", UNITS)
def test_round_trip(unit: str) -> None:
    """What was typed into every unlocked cell comes back exactly, at the cell where it was typed."""
    data, typed = filled(unit)
    back = returned(data, unit)
    assert codes(back) == []
    choices = {item.title: item.code for items in form_of(unit).schema.lists.values() for item in items}
    wanted = {place: choices.get(str(value), value) for place, value in typed.items()}
    held = {(i.sheet, i.cell): i.typed if i.field.startswith("evidence_") else i.value for i in back.values}
    assert held == wanted
    assert {(item.table, item.key, item.field): (item.sheet, item.cell) for item in back.values} == back.places


@pytest.mark.parametrize("unit", UNITS)
def test_identity(unit: str) -> None:
    """The identity stands in the hidden sheet; without that sheet the corner of every other sheet has the short id."""
    whole = identify(read_bytes(issued(unit)))
    assert whole is not None
    form = form_of(unit)
    assert (whole.issue_id, whole.short_id) == (form.issue_id, form.short_id)
    assert (whole.period, whole.unit) == ("2026-04", unit)
    rest = identify(read_bytes(edited(lambda book: book.remove(book["_meta"]), issued(unit))))
    assert rest is not None
    assert (rest.issue_id, rest.short_id) == (None, form.short_id)


def test_no_form_has_no_identity() -> None:
    """Somebody's own workbook is not recognised, whatever its sheets are called."""

    def wipe(book: Workbook) -> None:
        for sheet in book.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    if not isinstance(cell.value, type(None)) and cell.coordinate in ("A1", "A2", "B2"):
                        cell.value = "Báo cáo"

    assert identify(read_bytes(edited(wipe))) is None


# --- any change to any locked cell ----------------------------------------------------------------------------------


@functools.cache
def base() -> RawWorkbook:
    return read_bytes(filled()[0])


@functools.cache
def locked() -> tuple[Slot, ...]:
    return tuple(slot for sheet in layout(form_of()) for slot in sheet.slots if slot.role != "entry")


@functools.cache
def titles() -> dict[str, str]:
    return {sheet.id: sheet.title for sheet in layout(form_of())}


CHANGES = st.one_of(
    st.none(),
    st.text(min_size=1, max_size=30).map(RawCell),
    st.floats(allow_nan=False, allow_infinity=False).map(RawCell),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(RawCell),
    st.just(RawCell(None, error="#REF!")),
    st.just(RawCell("x", formula="A1")),
)


def is_changed(slot: Slot, cell: RawCell | None) -> bool:
    """Whether a person would see another cell than the issued one."""
    if slot.role in ("check", "formula"):
        return cell is None or cell.formula is None
    if cell is None:
        return slot.text != ""
    return cell.formula is not None or not same_text(cell_text(cell), slot.text)


@given(st.lists(st.tuples(st.integers(0, 10**6), CHANGES), min_size=1, max_size=3, unique_by=lambda item: item[0]))
def test_any_change_to_a_locked_cell_is_found(changes: list[tuple[int, RawCell | None]]) -> None:
    """Whatever happens to locked cells: each is told at its cell, and no typed value is lost or moved."""
    slots = {locked()[number % len(locked())]: cell for number, cell in changes}
    assume(all(is_changed(slot, cell) for slot, cell in slots.items()))
    # all texts of a line changed at once would be another line: see test_deleted_row
    assume(
        len({(slot.sheet, slot.row) for slot in slots}) == len({(slot.sheet, slot.col) for slot in slots}) == len(slots)
    )
    raw = base()
    for slot, cell in slots.items():
        raw = with_cells(raw, titles()[slot.sheet], {(slot.row, slot.col): cell})
    back = rejoin(source_of(), raw, form_of())
    told = {(item.sheet, item.cell) for item in back.findings if item.code.startswith("LOCKED_")}
    assert told == {(titles()[slot.sheet], a1(slot.row, slot.col)) for slot in slots}
    assert said(back) == said(rejoin(source_of(), base(), form_of()))
    assert verdict_of(back.findings) == "accepted"
