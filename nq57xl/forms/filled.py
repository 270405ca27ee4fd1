"""What was typed into a form: its rows as rules see them (rules.judge), and cells that hold two fields (Field.within).

Number and day of a document stand in one cell, title and address in another. What was typed is split into its fields
when it is read, and put together again when a form is written; the live check tests with functions that every
spreadsheet program knows whether each part is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import attrs
from attrs import frozen

from nq57xl.forms.model import Form, FormCell, Value, cells_of
from nq57xl.rules.judge import BrokenRules, judge_rows
from nq57xl.rules.rows import KEY, RETURN, blank_formula, fields_of, unreadable
from nq57xl.rules.schema import CellValue, Schema, Table, vietnamese_date
from nq57xl.text.legacy import clean
from nq57xl.text.typed import read_citation, split_address


def rows_of(form: Form, values: Iterable[Value], table: str, number: int = 0) -> list[dict[str, Any]]:
    """The open rows of a table: key under KEY, facts under "#name", values by field, those broadcast to it too.

    A cell with something in it that is no value holds what `unreadable` gives. Free rows that are not in the form (a
    unit added them) come after the prepared ones.
    """
    return _rows_of(form, _by_row(values), table, number)


_ByRow = dict[str, dict[str, dict[str, Value]]]
"""Table -> row key -> field -> what was typed there."""


def _by_row(values: Iterable[Value]) -> _ByRow:
    found: _ByRow = {}
    for item in values:
        found.setdefault(item.table, {}).setdefault(item.key, {})[item.field] = item
    return found


def _rows_of(form: Form, values: _ByRow, table: str, number: int) -> list[dict[str, Any]]:
    definition = form.schema.table(table)
    filled = values.get(table, {})
    shared = values.get(definition.broadcast, {}).get(definition.broadcast, {})
    issued = form.table(table)
    rows = {row.key: row.facts for row in issued.rows if row.open} if issued else {}
    if definition.free and issued:
        rows |= {key: issued.rows[0].facts for key in filled if key not in rows}
    fields = fields_of(definition, form.schema)

    def held(item: Value, facts: Any) -> CellValue:  # noqa: ANN401 - Facts
        """What the rules see of the cell."""
        if item.value is None and item.typed.strip() and item.field in fields:
            return unreadable(fields[item.field].kind(facts))
        return item.value

    return [
        {
            RETURN: number,
            KEY: key,
            **{f"#{name}": fact for name, fact in facts.items()},
            **{name: held(item, facts) for name, item in (shared | filled.get(key, {})).items()},
        }
        for key, facts in rows.items()
    ]


def judged_tables(
    filled: Sequence[tuple[Form, Iterable[Value]]],
) -> Iterator[tuple[Table, Schema, list[dict[str, Any]], BrokenRules]]:
    """Every table that those forms show, all their rows of it in one judgement, by the rules they were issued with.

    Gives table, schema, rows (RETURN: place of the form among those given) and what they break.
    """
    versions: dict[str, list[int]] = {}
    for number, (form, _) in enumerate(filled):
        versions.setdefault(form.schema.version, []).append(number)
    typed = [(form, _by_row(values)) for form, values in filled]
    for numbers in versions.values():
        schema = filled[numbers[0]][0].schema
        for table in schema.tables:
            rows = [row for number in numbers for row in _rows_of(*typed[number], table.name, number)]
            if rows:
                yield table, schema, rows, judge_rows(rows, table, schema)


@frozen
class _CellParts:
    """What one cell says of each of its fields."""

    values: dict[str, CellValue]
    """Field -> value, of those that were found."""
    no_day: str = ""
    """What stands where a day should be and is none."""
    address: tuple[str, str] | None = None
    """An address that belongs to another cell: field, address."""


def split_cell(table: Table, host: str, text: str) -> _CellParts:
    """The fields of a shared cell from its text, which is clean."""
    part = table.parts_within(host)[0]
    said, address = split_address(text)
    if part.type != "date":
        return _CellParts({name: value for name, value in ((host, said), (part.name, address)) if value})
    read = read_citation(text)
    values: dict[str, CellValue] = {host: read.number} if read.number else {}
    other = next((item.name for item in table.fields if item.within and item.type != "date"), "")
    found = (other, address) if address and other else None
    return _CellParts(values | ({part.name: read.day} if read.day else {}), read.no_day, found)


def whole_cells(form: Form, values: Sequence[Value]) -> tuple[Value, ...]:
    """The values as the form's cells hold them: of a shared cell one text, under the name of its first field."""
    cells = cells_of(values)
    put: dict[FormCell, Value | None] = {}
    for table in form.schema.tables:
        for part in table.fields:
            if part.within:
                for key in dict.fromkeys(item.key for item in values if item.table == table.name):
                    put |= _put_together((table.name, key, part.within), (table.name, key, part.name), cells)
    if not put:
        return tuple(values)
    kept = [put.pop(key) if key in put else item for key, item in cells.items()]
    return tuple(item for item in (*kept, *put.values()) if item is not None)


def _put_together(host: FormCell, part: FormCell, cells: Mapping[FormCell, Value]) -> dict[FormCell, Value | None]:
    first, second = cells.get(host), cells.get(part)
    if second is None:
        return {} if first is None else {host: attrs.evolve(first, value=first.typed.strip() or first.value)}
    if isinstance(second.value, str) and any(
        (item.sheet, item.cell, item.typed) == (second.sheet, second.cell, second.typed) and second.cell
        for key, item in cells.items()
        if key[:2] == part[:2] and key not in (host, part)
    ):
        return {part: None}  # an address that goes back with the cell in which it stood
    if first is None:
        text = second.typed
    elif first.typed == second.typed:
        text = first.typed
    else:
        text = _joined(first, second)
    base = first or second
    whole = attrs.evolve(base, field=host[2], typed=text, value=text.strip() or None)
    return {host: whole, part: None}


def _joined(first: Value, second: Value) -> str:
    one = first.value if isinstance(first.value, str) else first.typed
    if isinstance(second.value, date):
        return f"{one} ngày {vietnamese_date(second.value)}".strip()
    return "\n".join(filter(None, (one, second.value if isinstance(second.value, str) else second.typed)))


def cited(number: Value | None, day: Value | None) -> str:
    """A document as the unit cited it, where that is what number and day say; "" where they come from elsewhere."""
    typed = next((item.typed for item in (number, day) if item is not None), "")
    read = read_citation(clean(typed))
    said = (number.value if number else None, day.value if day else None)
    return clean(typed) if (read.number or None, read.day) == said and any(said) else ""


def missing_formula(table: Table, field: str, refs: Mapping[str, str]) -> str:
    """Excel: TRUE when the cell that a field shares with another one does not say it; `refs`: cells of those fields."""
    item = table.field(field)
    part = item if item.within else table.parts_within(field)[0]
    ref = refs[part.within]
    if part.type != "date":
        if not item.within:
            return blank_formula(ref)
        others = [refs[one.within] for one in table.fields if one.within and one.type == "date"]
        text = '&" "&'.join([ref, *others])
        signs = ",".join(f'SEARCH("{sign}",{text})' for sign in ("://", "www.", ".vn", ":\\", "\\\\"))
        return f"COUNT({signs})=0"
    plain = f'SUBSTITUTE(SUBSTITUTE(SUBSTITUTE({ref}," ",""),"-","/"),".","/")'
    short = f'SUBSTITUTE({plain},"/20","/")'
    digits = ",".join(f'SEARCH("{sign}",{short})' for sign in ("/?/??", "/0?/??", "/1?/??"))
    if item.within:
        return f'COUNT(SEARCH("th*ng*n*m*20??",{ref}),{digits},{ref})=0'
    strokes = f'LEN({plain})-LEN(SUBSTITUTE({plain},"/",""))'
    few = f'AND({strokes}<IF(COUNT({digits})=0,1,3),ISERROR(SEARCH("số*",{ref})))'
    return f'OR({few},ISNUMBER(SEARCH("://",{ref})))'
