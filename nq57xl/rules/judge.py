"""The pandera schema of a table, and which rules each row breaks: one lazy validation for each kind of row; pure.

The schema is made from schemas/*.yml alone, so it can be printed, serialised and used by other programs (`nq57xl
schema`). Every check has the id of its rule as its error; the failure cases are what findings are made from.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from nq57xl.rules.movement import predicates_of
from nq57xl.rules.rows import KEY, PERIOD, RETURN, RowKind, fields_of
from nq57xl.rules.schema import FieldType, Schema, Table

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

_COLUMN_CHECKS = {"isin", "in_range", "greater_than_or_equal_to", "less_than", "less_than_or_equal_to"}
_COLUMN_CHECKS |= {"str_length", "str_matches"}
"""Checks of one column that pandera has itself."""
_SAME = "#same_"
"""Before the name of a field whose texts may not repeat in a return: return and text, blank rows told apart."""
_NUMBERS = ("percent", "number", "whole")
_MOST_ROWS = 5000

_Row = Mapping[str, Any]
"""Fields by name, facts by "#name"."""
_Content = frozenset[tuple[str, Any]]
"""Names and values: what is equal is so to every rule, too."""


@frozen(eq=False)
class _TableSchema:
    """The schema of rows of one kind, what its failure cases say, and what rows broke that were judged before.

    Rows with equal cells and equal facts break the same, in every form. A new form is nothing but blank rows, a marked
    one holds what was judged as it came in, and pandera takes as long for one row as for hundreds. Where a rule
    compares the rows of a return, rows that are alike are not known.
    """

    pandera: pa.DataFrameSchema
    derived: tuple[str, ...]
    """Columns beside the fields, for the frame."""
    rule_ids: dict[tuple[str, str], str]
    """(check, column) of what pandera names itself, nullability and uniqueness -> id of the rule."""
    known: dict[_Content | None, frozenset[str]] = field(factory=dict, init=False)

    @cached_property
    def conditions(self) -> frozenset[str]:
        """Facts that decide whether a rule speaks of a row: all that is read of one in which nothing is filled."""
        return frozenset(name for check in self.pandera.checks for name in check.statistics["when"])

    def repeated(self, rows: Sequence[_Row]) -> list[bool]:
        """Of each row, whether another of its return says the same in a field whose texts may not repeat."""
        found = [False] * len(rows)
        for name in self.derived:
            if name.startswith(_SAME):
                texts = _same_texts(rows, name)
                times = Counter(texts)
                found = [before or times[text] > 1 for before, text in zip(found, texts, strict=True)]
        return found

    def content(self, row: _Row, *, repeats: bool) -> _Content | None:
        """All that rules read of a row; None where it is judged beside others."""
        held = [item for item in row.items() if item[1] is not None and item[0] not in (RETURN, KEY)]
        if next((False for name, _ in reversed(held) if name[0] != "#"), True):  # facts come first
            held = [item for item in held if item[0] in self.conditions]
        elif repeats:
            return None
        return frozenset(held)


def schema_text(table: Table, schema: Schema, kind: RowKind, form: str) -> str:
    """pandera's own serialisation, "json" or "yaml"; where row_checks is imported, pandera reads it again."""
    import json

    import yaml

    built = _table_schema(table, schema, kind).pandera
    if form == "json":
        return json.dumps(json.loads(str(built.to_json())), ensure_ascii=False, indent=1)
    return yaml.safe_dump(yaml.safe_load(str(built.to_yaml())), allow_unicode=True, sort_keys=False)


def required_fields(table: Table, schema: Schema, kind: RowKind) -> set[str]:
    """Fields that are required whatever the others say."""
    return {name for check, name in _table_schema(table, schema, kind).rule_ids if check == "not_nullable"}


@lru_cache(maxsize=256)
def _table_schema(table: Table, schema: Schema, kind: RowKind) -> _TableSchema:
    """The schema of a table's rows of one kind, each rule where it belongs: nullability, uniqueness, a check of its
    column, a check of rows. Raises KeyError for a rule about a field that does not exist."""
    import pandera.pandas as pa

    from nq57xl.rules import row_checks  # noqa: F401 - registers its checks

    columns: dict[str, list[pa.Check]] = defaultdict(list)
    rows: list[pa.Check] = []
    derived: dict[str, None] = {}
    rule_ids: dict[tuple[str, str], str] = {}
    for predicate in predicates_of(table, schema):
        rule, group = predicate.rule, predicate.when.group(kind.facts)
        if group is None:
            continue
        name, arguments = predicate.check(kind)
        if name == "required_if" and not group and arguments["any_of"] == [[rule.field]]:
            rule_ids["not_nullable", rule.field] = rule.id
        elif name == "unique":
            derived[_SAME + rule.field] = None
            rule_ids["field_uniqueness", _SAME + rule.field] = rule.id
        elif name in _COLUMN_CHECKS and not group:
            columns[rule.field].append(getattr(pa.Check, name)(**arguments, error=rule.id))
        else:
            facts = [fact for fact in group if fact.startswith("#")]
            derived |= dict.fromkeys([*facts, *predicate.facts])
            if name in _COLUMN_CHECKS:
                name, arguments = "column_if", {"field": rule.field, "check": name, "limits": arguments}
            # a row in which nothing is filled is judged, too
            rows.append(getattr(pa.Check, name)(**arguments, when=group, error=rule.id, ignore_na=False))
    typed = {}
    for name, item in fields_of(table, schema).items():
        dtype, nullable = _dtype(item.kind(kind.facts)), ("not_nullable", name) not in rule_ids
        typed[name] = pa.Column(dtype, columns.get(name), nullable=nullable, title=item.title, description=item.hint)
    for name in derived:
        same = name.startswith(_SAME)
        typed[name] = pa.Column(_dtype(_derived_type(name)), nullable=not same, unique=same, report_duplicates="all")
    built = pa.DataFrameSchema(typed, rows, strict=True, name=table.name, title=table.title)
    return _TableSchema(built, tuple(derived), rule_ids)


def _frame(
    rows: Sequence[_Row], table: Table, schema: Schema, kind: RowKind, derived: Iterable[str] = ()
) -> pd.DataFrame:
    """Typed frame of rows of one kind, index 0, 1, 2 ... in the order given.

    Columns: every field of the table, every field broadcast to it, and `derived`: facts ("#overdue") and texts that may
    not repeat (_SAME). Texts and codes are strings, numbers and percents float64, days datetime64, other facts objects;
    blanks are NA.
    """
    import pandas as pd

    index = pd.RangeIndex(len(rows))  # one for all: columns with an index of their own would be aligned one by one
    types = {name: item.kind(kind.facts) for name, item in fields_of(table, schema).items()}
    columns = {}
    for name, holds in {**types, **{name: _derived_type(name) for name in derived}}.items():
        values = _same_texts(rows, name) if name.startswith(_SAME) else [row.get(name) for row in rows]
        if holds == "date":
            days = pd.to_datetime(pd.Series(values, index, dtype=object))
            columns[name] = pd.Series(days.astype("datetime64[s]"))
        else:
            filled = values if holds is None or holds in _NUMBERS else [item or None for item in values]
            columns[name] = pd.Series(filled, index, dtype=_dtype(holds))
    return pd.DataFrame(columns, index=index)


def _derived_type(name: str) -> FieldType | None:
    """What a column beside the fields holds; None: plain facts."""
    return "text" if name.startswith(_SAME) else "date" if name in PERIOD else None


def _dtype(kind: FieldType | None) -> str:
    """Name of the column's type; None: a fact. pandas 3 has a string type of its own; before it, the nullable one."""
    import pandas as pd

    if kind is None:
        return "object"
    if kind in _NUMBERS:
        return "float64"
    text = "str" if int(pd.__version__.split(".")[0]) >= 3 else "string"
    return "datetime64[s]" if kind == "date" else text


def _same_texts(rows: Sequence[_Row], column: str) -> list[str]:
    """What each row says in a field whose texts may not repeat, equal within a return; blank rows told apart."""
    name = column.removeprefix(_SAME)
    return [
        f"{row.get(RETURN)} {str(row[name]).casefold()}" if row.get(name) else f"\0{number}"
        for number, row in enumerate(rows)
    ]


@frozen
class BrokenRules:
    """What a judgement found."""

    by_row: tuple[set[str], ...]
    """Ids of the rules that each row breaks, in the order of the rows."""
    failed: dict[int, set[str]] = field(factory=dict)
    """RETURN -> rules that could not judge its rows; a name of the table where not even a frame could be made."""


def judge_rows(rows: Sequence[_Row], table: Table, schema: Schema) -> BrokenRules:
    """The rules of the table that each row breaks.

    A check that raises is run again return by return (the fact RETURN), so that one never decides another's verdict.
    """
    found = BrokenRules(tuple(set() for _ in rows))
    kinds: dict[RowKind, list[int]] = defaultdict(list)
    like: dict[tuple[Any, Any], list[int]] = {}
    for position, row in enumerate(rows if table.rules else ()):
        facts = row.get("#year"), row.get("#measure")
        if facts not in like:
            like[facts] = kinds[RowKind.of(row, table)]
        like[facts].append(position)
    for kind, positions in kinds.items():
        typed = _table_schema(table, schema, kind)
        compared = typed.repeated([rows[position] for position in positions])
        contents = {
            position: typed.content(rows[position], repeats=repeats)
            for position, repeats in zip(positions, compared, strict=True)
        }
        new = []
        for position, content in contents.items():
            if content in typed.known:
                found.by_row[position].update(typed.known[content])
            else:
                new.append(position)
        if new:
            _judge(found, rows, new, (table, schema, kind))
        if not found.failed:
            learnt = {contents[at]: frozenset(found.by_row[at]) for at in new if contents[at] is not None}
            if len(typed.known) + len(learnt) > _MOST_ROWS:
                typed.known.clear()
            typed.known.update(learnt)
    return found


def _judge(
    found: BrokenRules, rows: Sequence[_Row], positions: Sequence[int], kind: tuple[Table, Schema, RowKind]
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
    rows: Sequence[_Row], table: Table, schema: Schema, kind: RowKind
) -> tuple[set[tuple[int, str]], set[str]]:
    """(position, rule id) of every failure case; and the checks that raised instead of judging.

    pandera reports a failing row once for each of its columns, and a check that raises with no index at all.
    """
    import pandera.errors

    typed = _table_schema(table, schema, kind)
    try:
        typed.pandera.validate(_frame(rows, table, schema, kind, typed.derived), lazy=True)
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
