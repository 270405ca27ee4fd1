"""Columns of a sheet that came back: what can be doubted only where a whole column is seen.

A row is known by its key and its texts; a column by its key and its heading. Where the two name different columns, or
cells were inserted above, nobody knows whose figures stand there: the column is asked back. So is a share among
percentages, and a date that a computer may have read in another order.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import attrs

from nq57xl.forms.model import Slot
from nq57xl.returns.align import HEAD, Alignment
from nq57xl.returns.convert import shares_among_percents
from nq57xl.returns.entries import Entries
from nq57xl.rules.findings import Finding, make
from nq57xl.rules.schema import vietnamese_date
from nq57xl.text.addresses import a1
from nq57xl.text.legacy import clean, fold
from nq57xl.text.typed import read_date
from nq57xl.xlsx.cells import cell_text, readable, short

_BELOW = 3
"""Rows under a table in which a text in an entry column is one that was pushed there, not one written under it."""


def ask_back_columns(entries: Entries) -> Entries:
    """Takes the values of columns in doubt out of the entries: they stay as typed, with an error for each column.

    Of doubtful shares and dates each cell has its own error; a doubtful date stays as it is.
    """
    _ask_shares_among_percents(entries)
    entries.findings += _swapped_dates(entries)
    found = entries.found
    table = next((slot.table for slot in found.sheet.slots if slot.role == "entry"), "")
    if found.as_issued or not table or HEAD not in {slot.row_key for slot in found.sheet.slots}:
        return entries
    entries.findings += _repeated(found)
    doubts = list(_disagreeing(found))
    if not {doubt.field for doubt in doubts} & {value.field for value in entries.values}:
        doubts = []  # nothing stands there: the headings are put right, and told as such
    if not entries.form.schema.table(table).free:
        doubts += _pushed_off(entries)
    asked = {(doubt.table, doubt.field) for doubt in doubts}
    entries.values = [
        attrs.evolve(item, value=None) if (item.table, item.field) in asked else item for item in entries.values
    ]
    entries.findings = [item for item in entries.findings if (item.table, item.field) not in asked] + doubts
    return entries


def _ask_shares_among_percents(entries: Entries) -> None:
    for cells in entries.percents.values():
        for number, words in shares_among_percents([cell for _, cell in cells]):
            index = cells[number][0]
            value = entries.values[index]
            if value.value is not None:
                entries.values[index] = attrs.evolve(value, value=None, typed=words["value"])
                entries.tell(entries.values[index], "VALUE_AMBIGUOUS", words)


def _swapped_dates(entries: Entries) -> Iterator[Finding]:
    """An error with the likely day for each date that may have been exchanged; nothing is exchanged here.

    Suspect are all real dates of a sheet where none has a day after the 12th while texts have: the texts are those that
    a computer with another order could not take for dates. Not suspect: a date that only makes sense as it stands,
    because exchanged it would lie after the period's last day and as it stands it does not.
    """
    texts = (read_date(cell.value) for _, cell in entries.dates if isinstance(cell.value, str))
    late = [day for day in texts if day is not None and day.day > 12]
    days = [
        (value, value.value)
        for value, cell in entries.dates
        if isinstance(value.value, date) and not isinstance(cell.value, str)
    ]
    if not late or any(day.day > 12 for _, day in days):
        return
    reason = f"trên trang này các ngày sau ngày 12 đều là chữ, ví dụ {vietnamese_date(late[0])}"
    for value, day in days:
        other = _swapped(day)
        if other is not None and not day <= entries.form.period.cutoff < other:
            title = entries.form.schema.table(value.table).field(value.field).title
            shown = vietnamese_date(day)
            words = {"field": title, "value": shown, "result": vietnamese_date(other), "reason": reason}
            yield make("DATE_SWAPPED", words=words, value=shown, **value.where)


def _swapped(day: date) -> date | None:
    """The day with day and month exchanged; None where that is no other day."""
    return None if day.day > 12 or day.day == day.month else date(day.year, day.day, day.month)


def _repeated(found: Alignment) -> Iterator[Finding]:
    """Tells each column that stands there twice; cells that differ are asked about one by one."""
    heads, titles = _heads(found), {slot.col: slot for slot in _first_entries(found)}
    for column, copies in found.copies.items():
        slot = titles.get(column)
        if slot is not None:
            words = {"column": heads.get(column, slot.col_key), "sheet_title": found.sheet.title}
            cell = a1(found.rows.get(slot.row, 0), copies[0])
            yield make(
                "COLUMN_REPEATED", words=words, sheet=found.raw.name, cell=cell, table=slot.table, field=slot.field
            )


def _disagreeing(found: Alignment) -> Iterator[Finding]:
    """An error for each entry column whose heading or key is that of another column; a reworded one is restored."""
    raw, heads = found.raw, _heads(found)
    titles = {fold(text): column for column, text in heads.items()}
    keys = {slot.col_key: slot.col for slot in found.sheet.slots if slot.col_key}
    head = found.rows.get(next(slot.row for slot in found.sheet.slots if slot.row_key == HEAD), -1)
    for slot in _first_entries(found):
        place = found.columns.get(slot.col)
        if place is None:
            continue
        seen = clean(readable(raw.cells.get((head, place))))
        key = "" if found.key_row is None else clean(readable(raw.cells.get((found.key_row, place))))
        if keys.get(key, slot.col) != slot.col or titles.get(fold(seen), slot.col) != slot.col:
            said = seen or heads.get(slot.col, "")
            keyed = heads.get(keys.get(key, slot.col), key)
            words = {"column": heads.get(slot.col, slot.col_key), "value": short(said), "keyed": short(keyed)}
            where = {"sheet": raw.name, "cell": a1(max(head, 0), place)}
            yield make("COLUMN_DISPUTED", words=words, table=slot.table, field=slot.field, value=seen, **where)


def _heads(found: Alignment) -> dict[int, str]:
    return {slot.col: clean(slot.text) for slot in found.sheet.slots if slot.row_key == HEAD and slot.col and slot.text}


def _first_entries(found: Alignment) -> list[Slot]:
    """An entry cell of each column that has any."""
    first: dict[int, Slot] = {}
    for slot in found.sheet.slots:
        if slot.role == "entry" and slot.field == slot.col_key:
            first.setdefault(slot.col, slot)
    return list(first.values())


def _pushed_off(entries: Entries) -> Iterator[Finding]:
    """An error for each entry column with something in it where the table has no cell for it: between or below rows."""
    found, raw = entries.found, entries.raw
    known = {place for slot in found.sheet.slots if (place := found.place(slot)) is not None} | entries.further
    lines = [found.rows[slot.row] for slot in found.sheet.slots if slot.role == "entry" and slot.row in found.rows]
    if not lines:
        return
    heads = _heads(found)
    for slot in _first_entries(found):
        column = found.columns.get(slot.col)
        strays = [
            (row, cell_text(cell))
            for (row, there), cell in sorted(raw.cells.items())
            if there == column and (row, there) not in known and min(lines) <= row <= max(lines) + _BELOW
        ]
        row, text = next(((row, text) for row, text in strays if text.strip()), (0, ""))
        if text and column is not None:
            words = {"column": heads.get(slot.col, slot.col_key), "value": short(text), "cell": a1(row, column)}
            above = a1(max(line for line in lines if line <= row), column)
            entries.further.update((line, column) for line, _ in strays)
            about = {"table": slot.table, "field": slot.field, "value": text}
            yield make("CELLS_SHIFTED", words=words, sheet=raw.name, cell=above, **about)
