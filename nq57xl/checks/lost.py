"""The newer return counts: what an earlier one of the same unit and period said beyond it is told, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nq57xl.checks.halves import Cell, Half, beside, contradicting, field_of
from nq57xl.checks.rows import Answer, CellKey
from nq57xl.records.findings import ACCEPTED, Finding, Severity
from nq57xl.records.form import Form
from nq57xl.returns.texts import short
from nq57xl.rules.catalogue import make


def lost(answer: Answer, found: Sequence[Finding], earlier: Sequence[Half]) -> tuple[Finding, ...]:
    """Each cell that an earlier return filled and this one leaves blank; `earlier`: newest last.

    Compared are the one that counted so far (warnings) and a newer one that was rejected (notes). A note it is too
    where the cell has an error already, or where the earlier content would contradict what this return says.
    """
    wrong = answer.told | {(item.table, item.task or "", item.field) for item in found if item.severity == "error"}
    cells: dict[CellKey, Cell] = {}
    added: dict[CellKey, Cell] = {}
    for half in _compared(earlier):
        seen = beside(answer, half)
        for cell in seen.blank:
            cells.setdefault(cell.key, cell)
        for cell in seen.added:
            added.setdefault(cell.key, cell)
    quiet = contradicting(answer, cells.values()) | wrong
    told = [_finding(answer, cell, quiet) for cell in cells.values()]
    return (*told, *(_finding(answer, cell, set(), row=False) for cell in added.values()))


def _compared(earlier: Sequence[Half]) -> Iterator[Half]:
    """The accepted return that counted so far, then the newest after it that was only read."""
    newest = list(reversed(earlier))
    accepted = next((number for number, half in enumerate(newest) if half.judged.verdict in ACCEPTED), None)
    if accepted is not None:
        yield newest[accepted]
    if newest and accepted != 0:
        yield newest[0]


def _finding(answer: Answer, cell: Cell, quiet: set[CellKey], *, row: bool = True) -> Finding:
    """`row`: False for a free row that this return does not have at all."""
    value, source = cell.value, cell.half.judged.source
    accepted = cell.half.judged.verdict in ACCEPTED
    severity: Severity = "warning" if accepted and cell.key not in quiet else "note"
    sheet, place = answer.returned.places.get(cell.key, (value.sheet, "")) if row else ("", "")
    file = value.origin or source
    words = {"field": field_of(answer.form, cell.key).title, "file": file.name, "sheet": value.sheet}
    words |= {"cell": value.cell, "said": said(answer.form, cell)}
    return make(
        "LOST_FROM_EARLIER",
        words=words,
        severity=severity,
        sheet=sheet,
        cell=place,
        table=cell.key[0],
        task=cell.key[1] if row else None,
        field=cell.key[2] if row else "",
    )


def said(form: Form, cell: Cell) -> str:
    """ "ghi «45%»"; of a contact only that it stands there, because findings go where contacts do not."""
    return "có nội dung" if field_of(form, cell.key).contact else f"ghi «{short(cell.value.typed)}»"
