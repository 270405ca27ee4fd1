""" "Không có" in a cell that need not be filled is a blank (contract); where the row asks for the cell, an answer."""

from __future__ import annotations

import attrs

from nq57xl.forms.rows import rows_of
from nq57xl.forms.values import Value
from nq57xl.returns.convert import says_no
from nq57xl.returns.model import Return
from nq57xl.rules.frame import KEY
from nq57xl.rules.movement import predicates_of
from nq57xl.rules.predicates import Row


def without_empty_answers(back: Return) -> Return:
    """The return without the cells that say "không có" where nothing was asked."""
    said = [
        item for item in back.values if isinstance(item.value, str) and _is_text(back, item) and says_no(item.value)
    ]
    if not said:
        return back
    others = [item for item in back.values if item not in said]
    rows = {
        (table, row[KEY]): row for table in {item.table for item in said} for row in rows_of(back.form, others, table)
    }
    empty = {
        (item.sheet, item.cell) for item in said if not _is_asked(back, item, rows.get((item.table, item.key), {}))
    }
    return attrs.evolve(
        back,
        values=tuple(item for item in back.values if (item.sheet, item.cell) not in empty),
        findings=tuple(
            item for item in back.findings if (item.sheet, item.cell) not in empty or item.severity == "error"
        ),
    )


def _is_text(back: Return, item: Value) -> bool:
    return back.form.schema.table(item.table).field(item.field).type == "text"


def _is_asked(back: Return, item: Value, row: Row) -> bool:
    """Whether a rule wants this cell in such a row, and words alone answer it: no proof or figure is asked for."""
    table = back.form.schema.table(item.table)
    for predicate in predicates_of(table, back.form.schema):
        groups = predicate.rule.params.get("any_of") or [[predicate.rule.field]]
        wanted = predicate.rule.predicate == "required_if" and [item.field] in groups
        if wanted and all(len(group) == 1 for group in groups) and predicate.when.holds(row):
            return True
    return False
