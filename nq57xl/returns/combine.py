"""Two returns of one unit for one period: what the newer lost, and one made of both (--combine)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs
from attrs import frozen

from nq57xl.forms.frame import RETURN, frame_of, rows_of
from nq57xl.forms.model import Form
from nq57xl.forms.values import Value
from nq57xl.returns.check import GONE, Answer, CellKey
from nq57xl.returns.model import Judged, Return
from nq57xl.rules.findings import ACCEPTED, Finding, Severity, make
from nq57xl.rules.predicates import Predicate, predicates_of
from nq57xl.rules.schema import Field, Table
from nq57xl.text.normalise import fold
from nq57xl.xlsx.cells import short

_DOUBTFUL = ("RECOGNISED_BY_CONTENT", "CHECK_FAILED")
"""Errors that put everything in a file in doubt."""
_ALIKE = 60.0
"""Share of letters, in percent, from which on two free rows are one row that somebody reworded."""
_COMPARED = 60
"""Free rows beyond so many are compared by equality alone."""


@frozen
class Half:
    """An earlier return of the same unit and period, beside the form that it answered."""

    judged: Judged
    form: Form

    @property
    def sound(self) -> dict[CellKey, Value]:
        """Its cells that were understood and have no error of their own."""
        errors = [item for item in self.judged.findings if item.severity == "error"]
        if any(item.code in _DOUBTFUL for item in errors):
            return {}
        cells = {(item.table, item.task or "", item.field) for item in errors}
        return {
            key: value
            for value in self.judged.values
            if value.value is not None
            and (key := (value.table, value.key, value.field)) not in cells
            and (value.table, value.key, "") not in cells
        }


@frozen
class Cell:
    """A cell that an earlier return filled, as the newer form would hold it."""

    key: CellKey
    """Its place in the newer return."""
    value: Value
    """As it stands in the earlier one."""
    half: Half


@frozen
class _Beside:
    """An earlier return beside the newer one."""

    blank: tuple[Cell, ...]
    """The newer leaves them blank."""
    added: tuple[Cell, ...]
    """The same, of free rows that the newer does not have; their keys are those of the earlier return."""
    different: tuple[Cell, ...]
    """The newer says something else."""


def beside(answer: Answer, half: Half) -> _Beside:
    """What the earlier return says beside the newer: only of rows and cells that the newer form asks for."""
    mine = {key: value for key, value in answer.values.items() if value.value is not None or value.typed.strip()}
    renamed, unmatched = _free_rows(answer, half, mine)
    blank, added, different = [], [], []
    for key, value in half.sound.items():
        if (key[0], key[1]) in unmatched:
            added.append(Cell(key, value, half))
            continue
        here = (key[0], renamed.get((key[0], key[1]), key[1]), key[2])
        if here not in answer.returned.places or not _same_question(answer.form, half.form, key):
            continue
        cell = Cell(here, value, half)
        if here not in mine:
            blank.append(cell)
        elif not _same(mine[here], value):
            different.append(cell)
    return _Beside(tuple(blank), tuple(added), tuple(different))


def _contradicting(answer: Answer, cells: Iterable[Cell]) -> set[CellKey]:
    """Those of the blank cells that would contradict what the newer return says, were they filled."""
    found: set[CellKey] = set()
    by_table: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_table[cell.key[0]].append(cell)
    for name, members in by_table.items():
        for table in answer.form.schema.tables:
            if name in (table.name, table.broadcast):
                found |= _contradicting_in(answer, table, members)
    return found


def field_of(form: Form, key: CellKey) -> Field:
    """The field of a cell."""
    return form.schema.table(key[0]).field(key[2])


# --- rows, each judged as if one of its blank cells were filled ------------------------------------------------------


def _contradicting_in(answer: Answer, table: Table, cells: Sequence[Cell]) -> set[CellKey]:
    """By the rules of one table, whose own cells they are or whose rows all see them."""
    predicates = [item for item in predicates_of(table, answer.form.schema) if item.name != "required_if"]
    rows = {str(row["#key"]): row for row in rows_of(answer.form, table.name, answer.returned.values)}
    trials: list[tuple[CellKey, Mapping[str, Any], Mapping[str, Any]]] = []
    for cell in cells:
        wanted = rows if cell.key[0] != table.name else {cell.key[1]}
        trials += [
            (cell.key, row, {**row, cell.key[2]: cell.value.value}) for key, row in rows.items() if key in wanted
        ]
    if not trials or not predicates:
        return set()
    before = _broken(table, answer, predicates, [row for _, row, _ in trials])
    after = _broken(table, answer, predicates, [row for _, _, row in trials])
    return {key for number, (key, _, _) in enumerate(trials) if after[number] - before[number]}


def _broken(
    table: Table, answer: Answer, predicates: Sequence[Predicate], rows: Sequence[Mapping[str, Any]]
) -> list[set[str]]:
    """The rules that each row breaks, each row by itself."""
    frame = frame_of([{**row, RETURN: number} for number, row in enumerate(rows)], table, answer.form.schema)
    broken: list[set[str]] = [set() for _ in rows]
    for predicate in predicates:
        try:
            mask = predicate.violated(frame)
        except Exception:  # a rule that cannot judge is told by the check itself
            continue
        for number in mask.index[mask]:
            broken[int(number)].add(predicate.rule.id)
    return broken


# --- the same cell, the same row -------------------------------------------------------------------------------------


def _same(one: Value, other: Value) -> bool:
    if isinstance(one.value, str) and isinstance(other.value, str):
        return fold(one.value) == fold(other.value)
    return one.value == other.value


def _same_question(newer: Form, earlier: Form, key: CellKey) -> bool:
    """Both versions of the form ask for the same kind of value there, and measure the row in the same way."""
    if newer.issue_id == earlier.issue_id:
        return True
    if newer.schema.version != earlier.schema.version and _kind(newer, key) != _kind(earlier, key):
        return False
    facts = [
        row.facts.get("measure")
        for form in (newer, earlier)
        if (table := form.table(key[0])) is not None
        for row in table.rows
        if row.key == key[1]
    ]
    return len(set(facts)) <= 1


def _kind(form: Form, key: CellKey) -> object:
    """Type and items of a field; nothing equal where the form does not have it."""
    try:
        field = field_of(form, key)
    except KeyError:
        return object()
    return field.type, form.schema.lists.get(field.choices)


def _free_rows(
    answer: Answer, half: Half, mine: Mapping[CellKey, Value]
) -> tuple[dict[tuple[str, str], str], set[tuple[str, str]]]:
    """Free rows go by what they say, not by their number: (table, earlier key) -> newer key, and those without one."""
    renamed: dict[tuple[str, str], str] = {}
    unmatched: set[tuple[str, str]] = set()
    for table in answer.form.schema.tables:
        if table.free:
            here, there = _texts(table, mine), _texts(table, half.sound)
            pairs = dict(_pairs(here, there))
            renamed |= {(table.name, key): pairs[key] for key in there if key in pairs}
            unmatched |= {(table.name, key) for key in there if key not in pairs}
    return renamed, unmatched


def _texts(table: Table, cells: Mapping[CellKey, Value]) -> dict[str, str]:
    """What each filled row of a free table is about: its first filled field, folded."""
    order = {field.name: number for number, field in enumerate(table.fields)}
    rows: dict[str, dict[int, str]] = defaultdict(dict)
    for (name, key, field), value in cells.items():
        if name == table.name:
            rows[key][order[field]] = fold(str(value.value if value.value is not None else value.typed))
    return {key: fields[min(fields)] for key, fields in rows.items()}


def _pairs(here: Mapping[str, str], there: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(earlier key, newer key) of the rows that are one, each used once: equal ones first, then much alike ones."""
    from rapidfuzz import fuzz

    free = dict(here)
    left = {}
    by_text: dict[str, list[str]] = defaultdict(list)
    for key, text in here.items():
        by_text[text].append(key)
    for key, text in there.items():
        if by_text[text]:
            found = by_text[text].pop(0)
            del free[found]
            yield key, found
        else:
            left[key] = text
    if max(len(free), len(left)) > _COMPARED:
        return
    for key, text in left.items():
        scores = {other: fuzz.ratio(text, words) for other, words in free.items()}
        best = max(scores, key=lambda other: scores[other], default=None)
        if best is not None and scores[best] >= _ALIKE:
            del free[best]
            yield key, best


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
    quiet = _contradicting(answer, cells.values()) | wrong
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
    words |= {"cell": value.cell, "said": _said(answer.form, cell)}
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


def _said(form: Form, cell: Cell) -> str:
    """ "ghi «45%»"; of a contact only that it stands there, because findings go where contacts do not."""
    return "có nội dung" if field_of(form, cell.key).contact else f"ghi «{short(cell.value.typed)}»"


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
        barred = _contradicting(answer, seen.blank)
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


def _renumbered(answer: Answer, seen: _Beside) -> Iterator[Cell]:
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
        words=words | {"said": _said(answer.form, cell)},
        severity="note" if cell.key[0] == "signoff" else "warning",
        sheet=sheet,
        cell=place,
        table=cell.key[0],
        task=cell.key[1],
        field=cell.key[2],
        value="" if own is None or field.contact else own.typed,
    )
