"""Every predicate by its name, and the rules of a table as predicates."""

from __future__ import annotations

from nq57xl.rules.movement import Moved
from nq57xl.rules.predicates import BASIC, Predicate
from nq57xl.rules.schema import Schema, Table

_ALL: tuple[type[Predicate], ...] = (*BASIC, Moved)
PREDICATES: dict[str, type[Predicate]] = {item.name: item for item in _ALL}
_MOST_KEPT = 100
_made: dict[tuple[int, int], tuple[Table, Schema, tuple[Predicate, ...]]] = {}
"""By the records themselves, which are held: while they live, no other has their id."""


def predicates_of(table: Table, schema: Schema) -> tuple[Predicate, ...]:
    """Every rule of a table as a live predicate, in the order in which people should read them."""
    key = (id(table), id(schema))
    if key not in _made:
        if len(_made) >= _MOST_KEPT:
            _made.clear()
        _made[key] = (table, schema, tuple(PREDICATES[rule.predicate](rule, table, schema) for rule in table.rules))
    return _made[key][2]
