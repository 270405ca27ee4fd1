"""Two returns of one unit for one period: what the newer left out, and one made of both (--combine)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Literal

import attrs
from attrs import frozen

from nq57xl.forms.filled import rows_of
from nq57xl.forms.model import Form, FormCell, Source, Value
from nq57xl.returns.model import AnsweredForm, Return
from nq57xl.rules.findings import ACCEPTED, Finding, Severity, make
from nq57xl.rules.judge import judge_rows
from nq57xl.rules.rows import KEY, RETURN, unreadable_fields
from nq57xl.rules.schema import Field, Table
from nq57xl.text.legacy import fold
from nq57xl.xlsx.cells import short

_ALIKE = 60.0
"""Share of letters, in percent, from which on two free rows are one row that somebody reworded."""
_COMPARED = 60
"""Free rows beyond so many are compared by equality alone."""

_Standing = Literal["blank", "added", "different"]
"""What an earlier return's cell is to the newer one: left blank there; the same, of a free row that it does not have,
by the earlier key; said otherwise."""


@frozen
class _EarlierCell:
    """A cell that an earlier return filled, as the newer form would hold it."""

    key: FormCell
    """Its place in the newer return."""
    value: Value
    """As it stands in the earlier one."""
    earlier: AnsweredForm

    @property
    def file(self) -> Source:
        """The file in which it was typed."""
        return self.value.origin or self.earlier.judged.source


def _compare_returns(newer: Return, earlier: AnsweredForm) -> Mapping[_Standing, Sequence[_EarlierCell]]:
    """What the earlier return says that the newer does not: only of rows and cells that the newer form asks for."""
    mine = {key: value for key, value in newer.cells.items() if value.value is not None or value.typed.strip()}
    free = _free_rows(newer.form, mine, earlier.sound_cells)
    filled = {place for key in mine if (place := newer.places.get(key)) is not None and place[1]}
    found: dict[_Standing, list[_EarlierCell]] = {"blank": [], "added": [], "different": []}
    for key, value in earlier.sound_cells.items():
        if not _same_question(newer.form, earlier.form, key):
            continue
        row = free.get(key[:2], key[1])
        if row is None:
            found["added"].append(_EarlierCell(key, value, earlier))
            continue
        here = (key[0], row, key[2])
        if here not in newer.places:
            continue
        cell = _EarlierCell(here, value, earlier)
        if here not in mine:
            if newer.places[here] not in filled:  # a cell of two fields says something else as a whole
                found["blank"].append(cell)
        elif not mine[here].says(value):
            found["different"].append(cell)
    return found


# --- blank cells that would contradict the rest, were they filled ----------------------------------------------------


def _contradicting(newer: Return, cells: Sequence[_EarlierCell]) -> set[FormCell]:
    """Those of the blank cells that would contradict what the newer return says, were they filled.

    By the rules of each table whose own cells they are or whose rows all see them: each row with one more cell.
    """
    found: set[FormCell] = set()
    for table in newer.form.schema.tables:
        seen = [cell for cell in cells if cell.key[0] in (table.name, table.broadcast)]
        if not seen:
            continue
        # what cannot be read contradicts nothing
        rows = [
            {name: held for name, held in row.items() if name not in unread}
            for row in rows_of(newer.form, newer.values, table.name)
            for unread in [unreadable_fields(row)]
        ]
        pairs = [
            (cell.key, row, {**row, cell.key[2]: cell.value.value})
            for cell in seen
            for row in rows
            if cell.key[0] != table.name or cell.key[1] == row[KEY]
        ]
        # a return of its own for each, so that no row is judged beside another
        trials = [{**row, RETURN: number} for number, row in enumerate(row for _, *both in pairs for row in both)]
        required = {rule.id for rule in table.rules if rule.predicate == "required_if"}
        broken = judge_rows(trials, table, newer.form.schema).by_row
        for (key, _, _), before, after in zip(pairs, broken[::2], broken[1::2], strict=True):
            if after - before - required:
                found.add(key)
    return found


# --- the same cell, the same row -------------------------------------------------------------------------------------


def _same_question(newer: Form, earlier: Form, key: FormCell) -> bool:
    """Both versions of the form ask for the same kind of value there, and measure the row in the same way."""
    if newer.issue_id == earlier.issue_id:
        return True
    if newer.schema.version != earlier.schema.version and _kind(newer, key) != _kind(earlier, key):
        return False
    row = key[:2]
    return len({form.facts[row].get("measure") for form in (newer, earlier) if row in form.facts}) <= 1


def _kind(form: Form, key: FormCell) -> object:
    """Type and items of a field; nothing equal where the form does not have it."""
    try:
        field = _field_of(form, key)
    except KeyError:
        return object()
    return field.type, form.schema.lists.get(field.choices)


def _field_of(form: Form, key: FormCell) -> Field:
    return form.schema.table(key[0]).field(key[2])


def _free_rows(
    form: Form, newer: Mapping[FormCell, Value], earlier: Mapping[FormCell, Value]
) -> dict[tuple[str, str], str | None]:
    """Free rows go by what they say, not by their number: (table, earlier key) -> newer key; None for one without."""
    renamed: dict[tuple[str, str], str | None] = {}
    for table in form.schema.tables:
        if table.free:
            there = _texts(table, earlier)
            pairs = dict(_pairs(_texts(table, newer), there))
            renamed |= {(table.name, key): pairs.get(key) for key in there}
    return renamed


def _texts(table: Table, cells: Mapping[FormCell, Value]) -> dict[str, str]:
    """What each filled row of a free table is about: its first filled field, folded."""
    order = {field.name: number for number, field in enumerate(table.fields)}
    rows: dict[str, dict[int, str]] = defaultdict(dict)
    for (name, key, field), value in cells.items():
        if name == table.name and field in order:  # an earlier form may have had other fields
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


# --- what is told, what is filled ------------------------------------------------------------------------------------


def left_out_findings(newer: Return, found: Sequence[Finding], earlier: Sequence[AnsweredForm]) -> tuple[Finding, ...]:
    """Each cell that an earlier return filled and this one leaves blank; `earlier`: newest last.

    Compared are the one that counted so far (warnings) and a newer one that was rejected (notes). A note it is too
    where the cell has an error already, or where the earlier content would contradict what this return says. A cell
    that was asked back is left aside: leaving it blank is an answer.
    """
    wrong = newer.in_error | {item.form_cell for item in found if item.severity == "error"}
    blank: dict[FormCell, _EarlierCell] = {}
    added: dict[FormCell, _EarlierCell] = {}
    newest = list(reversed(earlier))
    counted = next((number for number, one in enumerate(newest) if one.judged.verdict in ACCEPTED), None)
    for other in ([] if counted is None else [newest[counted]]) + ([] if counted == 0 else newest[:1]):
        compared = _compare_returns(newer, other)
        asked = {item.form_cell for item in other.judged.findings if item.is_open}
        for cell in compared["blank"]:
            if cell.value.form_cell not in asked:
                blank.setdefault(cell.key, cell)
        for cell in compared["added"]:
            added.setdefault(cell.key, cell)
    quiet = wrong | _contradicting(newer, list(blank.values()))
    told = [_left_out(newer, cell, noted=key in quiet) for key, cell in blank.items()]
    return (*told, *(_left_out(newer, cell, noted=False, row=False) for cell in added.values()))


def _left_out(newer: Return, earlier: _EarlierCell, *, noted: bool, row: bool = True) -> Finding:
    """`row`: False for a cell of a free row that this return does not have at all."""
    table, key, field = earlier.key
    severity: Severity = "warning" if earlier.earlier.judged.verdict in ACCEPTED and not noted else "note"
    sheet, cell = newer.places.get(earlier.key, (earlier.value.sheet, "")) if row else ("", "")
    where = {"sheet": sheet, "cell": cell, "table": table, "task": key if row else None, "field": field if row else ""}
    return make("LOST_FROM_EARLIER", words=_words(newer.form, earlier), severity=severity, **where)


def _words(form: Form, cell: _EarlierCell) -> dict[str, str]:
    """What the earlier return says and where it was typed; of a contact only that it is there, because findings go
    where contacts do not."""
    field = _field_of(form, cell.key)
    said = "có nội dung" if field.contact else f"ghi «{short(cell.value.typed)}»"
    where = {"file": cell.file.name, "sheet": cell.value.sheet, "cell": cell.value.cell}
    return {"field": field.title, "said": said, **where}


def combine(newer: Return, earlier: Sequence[AnsweredForm]) -> Return:
    """The newer return with its blanks filled, from the newest of the `earlier` (newest last) first.

    Every filled cell keeps the file, sheet and address where it was typed, and findings tell what was filled. Where
    both say something, the newer holds; what would contradict the newer is not taken. Whether the return is whole is
    for the rules to say.
    """
    own, findings = newer, []
    told: set[FormCell] = set()
    for other in reversed(earlier):
        compared = _compare_returns(newer, other)
        barred = _contradicting(newer, compared["blank"])
        conflicts = [cell for cell in compared["different"] if cell.key in own.cells]
        conflicts += [cell for cell in compared["blank"] if cell.key in barred]
        findings += [_conflict(newer, cell) for cell in conflicts if cell.key not in told]
        told |= {cell.key for cell in conflicts}
        wanted = [cell for cell in compared["blank"] if cell.key not in barred]
        wanted += _renumbered(newer, compared["added"])
        if wanted:
            newer = _filled(newer, wanted)
            name = other.judged.source.name
            findings.append(make("COMBINED_FROM", words={"count": len(wanted), "file": name}, value=name))
    return attrs.evolve(newer, findings=(*newer.findings, *findings))


def _filled(newer: Return, cells: Sequence[_EarlierCell]) -> Return:
    values = [value for value in newer.values if value.typed.strip() or value.value is not None]
    places = dict(newer.places)
    for cell in cells:
        table, key, field = cell.key
        values.append(attrs.evolve(cell.value, table=table, key=key, field=field, origin=cell.file))
        for item in newer.form.schema.table(table).fields:
            places.setdefault((table, key, item.name), (cell.value.sheet, ""))
    keys = {cell.key for cell in cells}
    # a missing sheet, row or column is a fact and no error where the other return has it: the rules judge the rest
    findings = tuple(
        attrs.evolve(item, severity="note", fix="")
        if item.severity == "error" and not keys.isdisjoint(newer.lost_with(item))
        else item
        for item in newer.findings
    )
    return attrs.evolve(newer, values=tuple(values), places=places, findings=findings)


def _renumbered(newer: Return, added: Iterable[_EarlierCell]) -> Iterator[_EarlierCell]:
    """Free rows that only the earlier return has, in rows that the newer leaves blank, else after its last."""
    used = {(value.table, value.key) for value in newer.values}
    renamed: dict[tuple[str, str], str] = {}
    for cell in added:
        table, key, field = cell.key
        if (table, key) not in renamed:
            names = (f"{number:02d}" for number in count(1))
            renamed[table, key] = next(name for name in names if (table, name) not in used)
            used.add((table, renamed[table, key]))
        yield attrs.evolve(cell, key=(table, renamed[table, key], field))


def _conflict(newer: Return, cell: _EarlierCell) -> Finding:
    """Both returns say something, or the earlier would contradict the newer: the newer holds."""
    contact, own = _field_of(newer.form, cell.key).contact, newer.cells.get(cell.key)
    sheet, place = newer.places.get(cell.key, ("", ""))
    table, key, field = cell.key
    kept = "để trống" if own is None else "ghi khác" if contact else f"ghi «{short(own.typed)}»"
    return make(
        "COMBINE_DIFFERS",
        words={"kept": kept, **_words(newer.form, cell)},
        severity="note" if table == "signoff" else "warning",
        value="" if own is None or contact else own.typed,
        sheet=sheet,
        cell=place,
        table=table,
        task=key,
        field=field,
    )
