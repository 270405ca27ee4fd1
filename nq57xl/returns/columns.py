"""Columns of a sheet that came back: whether heading, hidden key and place agree, and cells pushed off the table.

A row is known by its key and its texts; a column by its key and its heading. Where the two name different columns, or
cells were inserted above, nobody knows whose figures stand there: the column is asked back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from nq57xl.forms.model import Form, SheetLayout, Slot
from nq57xl.returns.align import HEAD, Alignment
from nq57xl.returns.entries import Entries
from nq57xl.rules.findings import Finding, make
from nq57xl.text.addresses import a1
from nq57xl.text.legacy import clean, fold
from nq57xl.xlsx.cells import RawSheet, cell_text, readable, short

_BELOW = 3
"""Rows under a table in which a text in an entry column is one that was pushed there, not one written under it."""


def ask_back_columns(sheet: SheetLayout, raw: RawSheet, found: Alignment, entries: Entries, form: Form) -> None:
    """Takes the values of columns in doubt out of `entries`: they stay as typed, with an error for each column."""
    table = next((slot.table for slot in sheet.slots if slot.role == "entry"), "")
    if not table or HEAD not in {slot.row_key for slot in sheet.slots}:
        return
    entries.findings += _repeated(sheet, raw, found)
    doubts = list(_disagreeing(sheet, raw, found))
    if not {doubt.field for doubt in doubts} & {value.field for value in entries.values}:
        doubts = []  # nothing stands there: the headings are put right, and told as such
    if not form.schema.table(table).free:
        doubts += _pushed_off(sheet, raw, found, entries)
    entries.findings += doubts
    asked = {(doubt.table, doubt.field) for doubt in doubts}
    entries.values[:] = [
        attrs.evolve(item, value=None) if (item.table, item.field) in asked else item for item in entries.values
    ]
    doubted = {id(doubt) for doubt in doubts}
    entries.findings[:] = [
        item for item in entries.findings if id(item) in doubted or (item.table, item.field) not in asked
    ]


def _repeated(sheet: SheetLayout, raw: RawSheet, found: Alignment) -> Iterator[Finding]:
    """Tells each column that stands there twice; cells that differ are asked about one by one."""
    heads, titles = _heads(sheet), {slot.col: slot for slot in _first_entries(sheet)}
    for column, copies in found.copies.items():
        slot = titles.get(column)
        if slot is not None:
            words = {"column": heads.get(column, slot.col_key), "sheet_title": sheet.title}
            cell = a1(found.rows.get(slot.row, 0), copies[0])
            yield make("COLUMN_REPEATED", words=words, sheet=raw.name, cell=cell, table=slot.table, field=slot.field)


def _disagreeing(sheet: SheetLayout, raw: RawSheet, found: Alignment) -> Iterator[Finding]:
    """An error for each entry column whose heading or key is that of another column; a reworded one is restored."""
    heads = _heads(sheet)
    titles = {fold(text): column for column, text in heads.items()}
    keys = {slot.col_key: slot.col for slot in sheet.slots if slot.col_key}
    head = found.rows.get(next(slot.row for slot in sheet.slots if slot.row_key == HEAD))
    for slot in _first_entries(sheet):
        place = found.columns.get(slot.col)
        if place is None:
            continue
        seen = "" if head is None else clean(readable(raw.cells.get((head, place))))
        key = "" if found.key_row is None else clean(readable(raw.cells.get((found.key_row, place))))
        if keys.get(key, slot.col) != slot.col or titles.get(fold(seen), slot.col) != slot.col:
            said = seen or heads.get(slot.col, "")
            keyed = heads.get(keys.get(key, slot.col), key)
            words = {"column": heads.get(slot.col, slot.col_key), "value": short(said), "keyed": short(keyed)}
            where = {"sheet": raw.name, "cell": a1(head or 0, place)}
            yield make("COLUMN_DISPUTED", words=words, table=slot.table, field=slot.field, value=seen, **where)


def _heads(sheet: SheetLayout) -> dict[int, str]:
    return {slot.col: clean(slot.text) for slot in sheet.slots if slot.row_key == HEAD and slot.col and slot.text}


def _first_entries(sheet: SheetLayout) -> list[Slot]:
    """An entry cell of each column that has any."""
    first: dict[int, Slot] = {}
    for slot in sheet.slots:
        if slot.role == "entry" and slot.field == slot.col_key:
            first.setdefault(slot.col, slot)
    return list(first.values())


def _pushed_off(sheet: SheetLayout, raw: RawSheet, found: Alignment, entries: Entries) -> Iterator[Finding]:
    """An error for each entry column with something in it where the table has no cell for it: between or below rows."""
    known = {place for slot in sheet.slots if (place := found.place(slot)) is not None} | entries.read
    lines = [found.rows[slot.row] for slot in sheet.slots if slot.role == "entry" and slot.row in found.rows]
    if not lines:
        return
    heads = _heads(sheet)
    for slot in _first_entries(sheet):
        column = found.columns.get(slot.col)
        strays = [
            (row, cell_text(cell))
            for (row, there), cell in sorted(raw.cells.items())
            if there == column and (row, there) not in known and min(lines) <= row <= max(lines) + _BELOW
        ]
        texts = [(row, text) for row, text in strays if text.strip()]
        if texts and column is not None:
            row, text = texts[0]
            words = {"column": heads.get(slot.col, slot.col_key), "value": short(text), "cell": a1(row, column)}
            above = max(line for line in lines if line <= row)
            where: dict[str, Any] = {"sheet": raw.name, "cell": a1(above, column), "value": text}
            entries.read.update((line, column) for line, _ in strays)
            yield make("CELLS_SHIFTED", words=words, table=slot.table, field=slot.field, **where)
