"""Lays the office's edits over the units' values before anything is counted; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs
from attrs import frozen

from nq57xl.forms.model import Value
from nq57xl.ledger.model import AppliedEdit, CarriedCell, CellKey, Edit, EditState, PeriodStatus, UnitStatus
from nq57xl.returns.model import ReturnRecord

Holding = Mapping[CellKey, Edit]
OFFICE = "office"
"""Table of the office's own words in the document: cells of no unit."""
OFFICE_NAME = "Đơn vị tổng hợp"


@frozen
class _Edited:
    """A status with the edits laid over it, and what became of each edit."""

    status: PeriodStatus
    edits: tuple[AppliedEdit, ...]
    """In the order of recording."""


def with_edits(status: PeriodStatus, edits: Holding, earlier: Callable[[str], Holding]) -> _Edited:
    """The status in which the counting returns hold the office's edits.

    `edits` are those that hold for the period. An edit whose cell the unit has given another value since is not
    applied. `earlier` gives, for the hash of a file, the edits of the period that it was sent for: cells carried over
    from there are edited as they were there.
    """
    if not edits and not any(unit.carried for unit in status.units):
        return _Edited(status, ())
    told = tuple(_told(status, edits))
    good: dict[CellKey, Edit] = {item.edit.new.place: item.edit for item in told if item.state == "applied"}
    units = tuple(_with_edits(unit, good, earlier) for unit in status.units)
    return _Edited(attrs.evolve(status, units=units), told)


def office_texts(edits: Iterable[AppliedEdit]) -> dict[str, str]:
    """What the office itself says in the document, by name."""
    return {item.edit.new.key: item.edit.new.typed for item in edits if item.edit.new.table == OFFICE}


def values_of(record: ReturnRecord) -> dict[tuple[str, str, str], Value]:
    """Cells of a return that hold something, by (table, row key, field)."""
    return {
        (item.table, item.key, item.field): item
        for item in record.judged.values
        if item.typed.strip() or item.value is not None
    }


def _edited_value(edit: Edit) -> Value:
    """The cell as the office would have it, standing in the bien-tap.xlsx that brought it."""
    new = edit.new
    return Value(new.table, new.key, new.field, new.typed, new.value, new.sheet, new.cell, edit.source)


def _told(status: PeriodStatus, edits: Holding) -> Iterator[AppliedEdit]:
    units = {unit.code: unit for unit in status.units}
    cells = {code: values_of(unit.counting) for code, unit in units.items() if unit.counting is not None}
    for edit in edits.values():
        new = edit.new
        unit = units.get(new.unit)
        own = cells.get(new.unit, {}).get((new.table, new.key, new.field))
        state: EditState = "applied"
        if new.table == OFFICE:
            yield AppliedEdit(edit, OFFICE_NAME, state, None)
            continue
        if new.unit not in cells:
            state = "unreported"
        elif not new.still_about(own):
            state = "outdated"
        yield AppliedEdit(edit, unit.name if unit else new.unit, state, own)


def _with_edits(unit: UnitStatus, edits: Holding, earlier: Callable[[str], Holding]) -> UnitStatus:
    own = [edit for edit in edits.values() if edit.new.unit == unit.code]
    carried = tuple(_carried(unit.code, item, earlier(item.source.sha256)) for item in unit.carried)
    counting = _laid_over(unit.counting, own) if own and unit.counting is not None else unit.counting
    return attrs.evolve(unit, carried=carried, counting=counting)


def _laid_over(record: ReturnRecord, edits: Iterable[Edit]) -> ReturnRecord:
    """The return with the cells edited where they stood; a cell that was blank comes last."""
    cells = {(item.table, item.key, item.field): item for item in record.judged.values}
    for edit in edits:
        cells[edit.new.place[1:]] = _edited_value(edit)
    return attrs.evolve(record, judged=attrs.evolve(record.judged, values=tuple(cells.values())))


def _carried(unit: str, item: CarriedCell, edits: Holding) -> CarriedCell:
    value = item.value
    edit = edits.get((unit, value.table, value.key, value.field))
    if edit is None or not edit.new.still_about(value):
        return item
    return CarriedCell(_edited_value(edit), edit.source)
