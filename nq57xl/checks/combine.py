"""One answer made of several returns of a unit: blanks of the newer are filled from the earlier ones (--combine)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs

from nq57xl.checks.halves import Beside, Cell, Half, beside, contradicting, field_of
from nq57xl.checks.lost import said
from nq57xl.checks.rows import GONE, Answer, CellKey
from nq57xl.records.findings import Finding
from nq57xl.records.returns import Return, Value
from nq57xl.returns.texts import short
from nq57xl.rules.catalogue import make


def combine(answer: Answer, earlier: Sequence[Half]) -> tuple[Answer, tuple[Finding, ...]]:
    """The newer return with its blanks filled, the newest of the `earlier` (newest last) first, and what is to be told.

    Every filled cell keeps the file, sheet and address where it was typed. Where both say something, the newer holds;
    what would contradict the newer is not taken. Whether the answer is whole is for the rules to say.
    """
    own = set(answer.values)
    findings: list[Finding] = []
    told: set[CellKey] = set()
    for half in reversed(earlier):
        seen = beside(answer, half)
        barred = contradicting(answer, seen.blank)
        taken = [cell for cell in seen.blank if cell.key not in barred]
        taken += _renumbered(answer, seen)
        conflicts = [cell for cell in seen.different if cell.key in own]
        conflicts += [cell for cell in seen.blank if cell.key in barred]
        for cell in conflicts:
            if cell.key not in told:
                told.add(cell.key)
                findings.append(_conflict(answer, cell))
        if taken:
            answer = _filled(answer, taken)
            source = half.judged.source
            findings.append(make("COMBINED_FROM", words={"count": len(taken), "file": source.name}, value=source.name))
    return answer, tuple(findings)


def _filled(answer: Answer, cells: Sequence[Cell]) -> Answer:
    values = [value for value in answer.returned.values if value.typed.strip() or value.value is not None]
    places = dict(answer.returned.places)
    for cell in cells:
        table, key, field = cell.key
        origin = cell.value.origin or cell.half.judged.source
        values.append(attrs.evolve(cell.value, table=table, key=key, field=field, origin=origin))
        for item in answer.form.schema.table(table).fields:
            places.setdefault((table, key, item.name), (cell.value.sheet, ""))
    keys = {cell.key for cell in cells}
    findings = tuple(_recovered(item, answer.returned, keys) for item in answer.returned.findings)
    return attrs.evolve(
        answer,
        returned=attrs.evolve(answer.returned, values=tuple(values), places=places, findings=findings),
    )


def _recovered(finding: Finding, returned: Return, filled: set[CellKey]) -> Finding:
    """A missing sheet, row or column is a fact and no error where the other half has it: the rules judge the rest."""
    if finding.code not in GONE or finding.severity != "error":
        return finding
    covered = {place for place, (sheet, _) in returned.places.items() if _covers(finding, place, sheet)}
    return attrs.evolve(finding, severity="note", fix="") if covered & filled else finding


def _covers(finding: Finding, place: CellKey, sheet: str) -> bool:
    return (
        finding.sheet == sheet
        and finding.table in ("", place[0])
        and finding.task in (None, place[1])
        and finding.field in ("", place[2])
    )


def _renumbered(answer: Answer, seen: Beside) -> Iterator[Cell]:
    """Free rows that only the earlier return has, in rows that the newer leaves blank, else after its last."""
    taken: dict[tuple[str, str], str] = {}
    for cell in seen.added:
        table, key, field = cell.key
        if (table, key) not in taken:
            used = {value.key for value in answer.returned.values if value.table == table}
            taken[table, key] = next(_numbers(used | {new for (name, _), new in taken.items() if name == table}))
        yield attrs.evolve(cell, key=(table, taken[table, key], field))


def _numbers(used: Iterable[str]) -> Iterator[str]:
    """ "01", "02" ... that are not in use."""
    taken = set(used)
    number = 0
    while True:
        number += 1
        if (text := f"{number:02d}") not in taken:
            yield text


def _conflict(answer: Answer, cell: Cell) -> Finding:
    """Both halves say something, or the earlier would contradict the newer: the newer holds."""
    field = field_of(answer.form, cell.key)
    value: Value = cell.value
    own = answer.values.get(cell.key)
    sheet, place = answer.returned.places.get(cell.key, ("", ""))
    kept = "để trống" if own is None else ("ghi khác" if field.contact else f"ghi «{short(own.typed)}»")
    file = (value.origin or cell.half.judged.source).name
    words = {"field": field.title, "kept": kept, "file": file, "sheet": value.sheet, "cell": value.cell}
    return make(
        "COMBINE_DIFFERS",
        words=words | {"said": said(answer.form, cell)},
        severity="note" if cell.key[0] == "signoff" else "warning",
        sheet=sheet,
        cell=place,
        table=cell.key[0],
        task=cell.key[1],
        field=cell.key[2],
        value="" if own is None or field.contact else own.typed,
    )
