"""Every predicate by its name, and the rules of a table as predicates."""

from __future__ import annotations

from nq57xl.rules.movement import Moved
from nq57xl.rules.predicates import BASIC, Predicate
from nq57xl.rules.schema import Schema, Table

_ALL: tuple[type[Predicate], ...] = (*BASIC, Moved)
PREDICATES: dict[str, type[Predicate]] = {item.name: item for item in _ALL}


def predicates_of(table: Table, schema: Schema) -> tuple[Predicate, ...]:
    """Every rule of a table as a live predicate, in the order in which people should read them."""
    return tuple(PREDICATES[rule.predicate](rule, table, schema) for rule in table.rules)
