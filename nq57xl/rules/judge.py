"""Which rules each row breaks: one lazy pandera validation for each kind of row of a table; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from nq57xl.rules.frame import RETURN, RowKind, frame_of
from nq57xl.rules.schema import Schema, Table
from nq57xl.rules.table_schema import table_schema

Row = Mapping[str, Any]
"""Fields by name, facts by "#name"."""


@frozen
class BrokenRules:
    """What a judgement found."""

    by_row: tuple[set[str], ...]
    """Ids of the rules that each row breaks, in the order of the rows."""
    failed: dict[int, set[str]] = field(factory=dict)
    """RETURN -> rules that could not judge its rows; a name of the table where not even a frame could be made."""


def judge_rows(rows: Sequence[Row], table: Table, schema: Schema) -> BrokenRules:
    """The rules of the table that each row breaks.

    A check that raises is run again return by return (the fact RETURN), so that one never decides another's verdict.
    """
    found = BrokenRules(tuple(set() for _ in rows))
    kinds: dict[RowKind, list[int]] = defaultdict(list)
    if table.rules:
        for position, row in enumerate(rows):
            kinds[RowKind.of(row, table)].append(position)
    for kind, positions in kinds.items():
        _judge(found, rows, positions, (table, schema, kind))
    return found


def _judge(
    found: BrokenRules, rows: Sequence[Row], positions: Sequence[int], kind: tuple[Table, Schema, RowKind]
) -> None:
    broken, crashed = _validated([rows[position] for position in positions], *kind)
    returns: dict[int, list[int]] = defaultdict(list)
    for position in positions:
        returns[rows[position][RETURN]].append(position)
    if crashed and len(returns) > 1:
        for members in returns.values():
            _judge(found, rows, members, kind)
        return
    if crashed:
        found.failed.setdefault(next(iter(returns)), set()).update(crashed)
    for number, rule_id in broken:
        found.by_row[positions[number]].add(rule_id)


def _validated(
    rows: Sequence[Row], table: Table, schema: Schema, kind: RowKind
) -> tuple[set[tuple[int, str]], set[str]]:
    """(position, rule id) of every failure case; and the checks that raised instead of judging.

    pandera reports a failing row once for each of its columns, and a check that raises with no index at all.
    """
    import pandera.errors

    typed = table_schema(table, schema, kind)
    try:
        typed.pandera.validate(frame_of(rows, table, schema, kind, typed.derived), lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases[["check", "column", "index"]]
    except Exception:  # a value that fits no column
        return set(), {table.name}
    else:
        return set(), set()
    broken, crashed = set(), set()
    for check, column, index in cases.itertuples(index=False):
        rule_id = str(typed.rule_ids.get((check, column), check))
        if index is None or index != index:  # noqa: PLR0124 - pandera writes NaN for "no index"
            crashed.add(rule_id)
        else:
            broken.add((int(index), rule_id))
    return broken, crashed
