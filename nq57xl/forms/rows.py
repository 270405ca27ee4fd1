"""The rows of a form with what was typed into them, as rules see them (rules.judge)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from nq57xl.forms.model import Form, Value
from nq57xl.rules.judge import BrokenRules, judge_rows
from nq57xl.rules.rows import KEY, RETURN, fields_of, unreadable
from nq57xl.rules.schema import CellValue, Schema, Table


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
