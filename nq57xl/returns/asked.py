"""What a marked form asked and nobody has answered: told again, as it was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from nq57xl.forms.asked import (
    ASKED_SHEET,
    CONFIRM_COLUMN,
    AskedFinding,
    cells_meant,
    confirmation,
    digest_of,
)
from nq57xl.forms.model import Form, FormCell, SheetLayout
from nq57xl.returns.identify import FIX_SHEET, marker_of
from nq57xl.returns.model import Return
from nq57xl.rules.findings import Finding, catalogue, make
from nq57xl.text.legacy import clean, fold
from nq57xl.xlsx.cells import RawCell, RawSheet, RawWorkbook, cell_text

_MOST = 5_000
"""Lines that are read of the hidden sheet."""
_LONGEST = 1_000
"""Characters that are taken of each of its texts."""


def asked_again(
    back: Return, raw: RawWorkbook, sheets: Sequence[SheetLayout], cells: Mapping[FormCell, RawCell]
) -> Return:
    """The return with every finding of its marked form that is neither confirmed nor answered by a change.

    `cells`: what stands in its entry cells. A cell that is asked about again has no value and no other finding.
    """
    form = back.form
    confirmed = set(_confirmed(raw, form))
    told = [
        _finding(item, back, sheets)
        for item in _asked(raw, form)
        if item.key not in confirmed and item.digest == digest_of(item.key, sheets, lambda cell: _content(cells, cell))
    ]
    if not told:
        return back
    places = {(item.table, item.task or "", item.field) for item in told if item.field}
    known = {_about(item) for item in told}
    kept = [item for item in back.findings if _about(item)[1:] not in places and _about(item) not in known]
    values = tuple(
        attrs.evolve(item, value=None) if (item.table, item.key, item.field) in places else item for item in back.values
    )
    return attrs.evolve(back, values=values, findings=(*kept, *told))


def _about(item: Finding) -> tuple[str, str, str, str]:
    return item.code, item.table, item.task or "", item.field


def _content(cells: Mapping[FormCell, RawCell], place: FormCell) -> object:
    cell = cells.get(place)
    if cell is None:
        return None
    if cell.error or cell.formula is not None:
        return f"={cell.formula}{cell.error}"  # never what a marked form holds
    return cell.value if cell.number is None else cell.number


def _sheets(raw: RawWorkbook, form: Form, name: str) -> Iterator[RawSheet]:
    for sheet in raw.sheets:
        marker = marker_of(sheet)
        if marker is not None and (marker.short_id, marker.sheet) == (form.short_id, name):
            yield sheet


def _asked(raw: RawWorkbook, form: Form) -> Iterator[AskedFinding]:
    """The lines of the hidden sheet; what is none is passed over."""
    width = len(attrs.fields(AskedFinding))
    for sheet in _sheets(raw, form, ASKED_SHEET):
        rows = sorted({row for row, column in sheet.cells if column == 0 and row > 0})[:_MOST]
        for row in rows:
            texts = [clean(cell_text(sheet.cells.get((row, column))))[:_LONGEST] for column in range(width)]
            item = AskedFinding(*texts)
            entry = catalogue().get(item.key.partition("|")[0])
            if entry is not None and entry.stays and item.key.count("|") == 4 and item.severity in ("error", "warning"):
                yield item


def _confirmed(raw: RawWorkbook, form: Form) -> Iterator[str]:
    """Keys beside which a person chose what confirms them."""
    for sheet in _sheets(raw, form, FIX_SHEET):
        columns = [column for (_, column), cell in sheet.cells.items() if cell_text(cell).strip() == CONFIRM_COLUMN]
        for (row, column), cell in sheet.cells.items():
            key = cell_text(cell).strip()
            if column == 0 and key.count("|") == 4:
                wanted = fold(confirmation(key.partition("|")[0], form.period))
                if any(fold(cell_text(sheet.cells.get((row, there)))) == wanted for there in columns):
                    yield key


def _finding(item: AskedFinding, back: Return, sheets: Sequence[SheetLayout]) -> Finding:
    code, sheet_id, table, task, field = item.key.split("|")
    first = next(iter(cells_meant(item.key, sheets)), None)
    sheet, cell = back.places.get(first, ("", "")) if first else ("", "")
    title = next((one.title for one in sheets if one.id == sheet_id), "")
    said: dict[str, Any] = {"message": item.message, "fix": item.fix, "value": item.value}
    if catalogue()[code].severity not in ("error", "warning"):
        said["severity"] = item.severity
    said |= {"sheet": sheet or title, "cell": cell if field else ""}
    return make(code, table=table, task=task or None, field=field, **said)
