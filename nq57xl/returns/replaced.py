"""Rows whose hidden key says one thing and whose printed texts another: nobody knows of which the figures speak."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from nq57xl.records.findings import Finding
from nq57xl.records.form import SheetLayout, Slot
from nq57xl.records.returns import RawSheet
from nq57xl.returns.align import Alignment, same
from nq57xl.returns.texts import cell_text, readable, short
from nq57xl.rules.catalogue import make
from nq57xl.text.cells import a1
from nq57xl.text.normalise import fold

_LONG = 8
"""Letters of a text that tells a row: numbers and units of measure stand in many."""
_FOREIGN = 0.5
"""Share of a text's words below which another text says something else."""


def replaced_rows(sheet: SheetLayout, raw: RawSheet, found: Alignment) -> Mapping[int, Finding]:
    """Issued row -> the error, for rows that hold figures beside the texts of something else.

    One text that was worded anew is restored (contract); here every long text of the row is another, and more than one
    text differs: another unit's table pasted over this one's, or a row overwritten with another task.
    """
    rows: dict[int, list[Slot]] = defaultdict(list)
    for slot in sheet.slots:
        if slot.row_key and slot.row in found.rows:
            rows[slot.row].append(slot)
    return {row: finding for row, slots in rows.items() if (finding := _replaced(slots, raw, found)) is not None}


def _replaced(slots: Sequence[Slot], raw: RawSheet, found: Alignment) -> Finding | None:
    entries = [slot for slot in slots if slot.role == "entry"]
    texts = [(slot, _there(slot, raw, found)) for slot in slots if slot.role == "text" and slot.text and slot.col]
    changed = [(slot, text) for slot, text in texts if text and not same(slot.text, text)]
    long = [(slot, text) for slot, text in texts if len(slot.text) >= _LONG and text]
    if len(changed) < 2 or not long or not all(_foreign(slot.text, text) for slot, text in long):
        return None
    if not any(_there(slot, raw, found) for slot in entries):
        return None
    slot, text = long[0]
    place = found.place(slot)
    table, _, key = slot.row_key.partition("|")
    words = {"issued": short(slot.text), "value": short(text)}
    where = a1(*place) if place else ""
    return make("ROW_REPLACED", words=words, sheet=raw.name, cell=where, table=table, task=key or None, value=text)


def _there(slot: Slot, raw: RawSheet, found: Alignment) -> str:
    place = found.place(slot)
    cell = raw.cells.get(place) if place is not None else None
    return (readable(cell) if slot.role == "text" else cell_text(cell)).strip()


def _foreign(issued: str, there: str) -> bool:
    wanted, words = set(fold(issued).split()), set(fold(there).split())
    return len(wanted & words) < _FOREIGN * len(wanted)
