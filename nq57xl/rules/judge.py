"""Which rules each row breaks: one lazy pandera validation for each kind of row of a table; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from nq57xl.rules.frame import KEY, PERIOD, RETURN, RowKind, frame_of
from nq57xl.rules.schema import Schema, Table
from nq57xl.rules.table_schema import TableSchema, table_schema

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
        known = _BlankRows.of(table, schema, kind)
        filled = [position for position in positions if not known.tell(rows[position], found.by_row[position])]
        if filled:
            _judge(found, rows, filled, (table, schema, kind))
        known.learn((rows[position], found.by_row[position]) for position in filled if not found.failed)
    return found


_PASSING = frozenset({RETURN, KEY, "#due", *PERIOD})
"""Facts that say nothing of a row in which nothing is filled."""
_MOST_KINDS = 256


@frozen(eq=False)
class _BlankRows:
    """What rows break in which nothing is filled: rows with equal facts break the same, in every form.

    A new form is nothing but such rows, and pandera takes as long for one of them as for hundreds.
    """

    typed: TableSchema
    known: dict[tuple[Any, ...], frozenset[str]] = field(factory=dict)

    @staticmethod
    def of(table: Table, schema: Schema, kind: RowKind) -> _BlankRows:
        """Those of a kind of row, as long as its schema is the same object."""
        typed = table_schema(table, schema, kind)
        found = _BLANK.get(id(typed))
        if found is None:
            if len(_BLANK) >= _MOST_KINDS:
                _BLANK.clear()
            found = _BLANK[id(typed)] = _BlankRows(typed)
        return found

    def tell(self, row: Row, broken: set[str]) -> bool:
        """Puts what the row breaks into `broken`, where that is known."""
        rules = self.known.get(_facts_of(row)) if _is_blank(row) else None
        broken |= rules or set()
        return rules is not None

    def learn(self, judged: Iterable[tuple[Row, set[str]]]) -> None:
        """Keeps what was found of blank rows."""
        self.known.update((_facts_of(row), frozenset(broken)) for row, broken in judged if _is_blank(row))


_BLANK: dict[int, _BlankRows] = {}


def _is_blank(row: Row) -> bool:
    return all(name.startswith("#") or value is None for name, value in row.items())


def _facts_of(row: Row) -> tuple[Any, ...]:
    return tuple(sorted((name, str(fact)) for name, fact in row.items() if name[0] == "#" and name not in _PASSING))


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
