"""What came after a period was closed, beside the frozen report: late returns, changed cells, later edits; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from nq57xl.forms.values import Source
from nq57xl.ledger.model import Addendum, CellKey, ChangedCell, FrozenPeriod, LateReturn, UnitStatus
from nq57xl.results.consolidation import Consolidation, TracedCell
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.schema import CellValue

_Cause = Literal["return", "edit", "decision"]


def addendum(
    then: Consolidation, now: Consolidation, collected: Sequence[ReturnRecord], frozen: FrozenPeriod
) -> Addendum:
    """The difference between the frozen consolidation and the one that the ledger gives now, contacts left out.

    `collected`: every return of the period; those that `frozen` does not know are late.
    """
    return Addendum(
        late=tuple(_late(now, collected, frozen)),
        changes=tuple(_changes(then, now, frozen)),
        edits=tuple(item for item in now.edits if item.edit.id > frozen.last_edit),
    )


def _late(now: Consolidation, collected: Sequence[ReturnRecord], frozen: FrozenPeriod) -> Iterator[LateReturn]:
    names = {item.status.code: item.status.name for item in now.units}
    counting = {item.status.counting.id for item in now.units if item.status.counting is not None}
    for record in collected:
        if record.id > frozen.last_return:
            judged = record.judged
            code = judged.unit or ""
            yield LateReturn(code, names.get(code, code), judged.source, judged.verdict, record.id in counting)


def _changes(then: Consolidation, now: Consolidation, frozen: FrozenPeriod) -> Iterator[ChangedCell]:
    before, after = _cells(then), _cells(now)
    was, stands = _statuses(then), _statuses(now)
    edited = {place for place, item in now.edited.items() if item.edit.id > frozen.last_edit}
    for unit in dict.fromkeys([*stands, *was]):
        usual = _cause(was.get(unit), stands.get(unit), frozen)
        places = dict.fromkeys(place for cells in (after, before) for place in cells if place[0] == unit)
        for place in places:
            old, new = before.get(place), after.get(place)
            if _said(old) == _said(new):
                continue
            yield ChangedCell(
                *place,
                name=(stands.get(unit) or was[unit]).name,
                old=old.value if old else None,
                new=new.value if new else None,
                source=new.source if new else _source(stands.get(unit)),
                cause="edit" if place in edited else usual,
            )


def _cells(c: Consolidation) -> Mapping[CellKey, TracedCell]:
    """Every typed cell but contacts, in the order of "Nguồn số liệu"."""
    found: dict[CellKey, TracedCell] = {}
    for item in c.traced:
        if not item.contact:
            found.setdefault((item.unit, item.value.table, item.value.key, item.value.field), item)
    return found


def _statuses(c: Consolidation) -> Mapping[str, UnitStatus]:
    return {item.status.code: item.status for item in c.units}


def _said(item: TracedCell | None) -> tuple[CellValue, str] | None:
    """What two readings of a cell must agree in: the value, or what was typed where it is none."""
    if item is None:
        return None
    value = item.value
    return (value.value, "") if value.value is not None else (None, value.typed)


def _cause(was: UnitStatus | None, stands: UnitStatus | None, frozen: FrozenPeriod) -> _Cause:
    """Why a unit's cells differ: another return counts, or the same one was edited."""
    old = was.counting.id if was is not None and was.counting is not None else 0
    new = stands.counting.id if stands is not None and stands.counting is not None else 0
    if old == new:
        return "edit"
    return "return" if new > frozen.last_return else "decision"


def _source(status: UnitStatus | None) -> Source | None:
    """The file in which a cell is blank now."""
    return status.counting.judged.source if status is not None and status.counting is not None else None
