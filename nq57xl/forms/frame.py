"""The frame on which rules are judged: one row for each form row, typed columns, NA for blank (rules.predicates)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from nq57xl.forms.model import Form
from nq57xl.forms.values import Value
from nq57xl.rules.condition import fields_of
from nq57xl.rules.schema import CellValue, Field, Schema, Table

if TYPE_CHECKING:
    import pandas as pd

_YES_NO = {"yes": 1.0, "no": 0.0}
"""How a `measure` that is answered in words stands in its numeric column."""
UNREADABLE: dict[str, CellValue] = {"text": "\0", "choice": "\0", "mark": "\0", "date": date(1970, 1, 1)}
"""What stands in the frame for a cell that holds something unreadable: filled, and no item of any list; else 0."""
RETURN = "#return"
"""Column that tells the returns of one run apart."""


def rows_of(form: Form, table: str, values: Iterable[Value], return_id: object = 0) -> list[dict[str, Any]]:
    """The open rows of a table as dictionaries for `frame_of`: key under "#key", facts, values, broadcast values.

    Free rows that are not in the form (a unit added them) come after the prepared ones.
    """
    definition = form.schema.table(table)
    filled: dict[tuple[str, str], dict[str, CellValue]] = {}
    for item in values:
        filled.setdefault((item.table, item.key), {})[item.field] = item.value
    shared = filled.get((definition.broadcast, definition.broadcast), {}) if definition.broadcast else {}
    issued = form.table(table)
    rows = {row.key: row.facts for row in issued.rows if row.open} if issued else {}
    if definition.free and issued:
        rows |= {key: issued.rows[0].facts for name, key in filled if name == table and key not in rows}
    return [
        {
            RETURN: return_id,
            "#key": key,
            **{f"#{name}": fact for name, fact in facts.items()},
            **shared,
            **filled.get((table, key), {}),
        }
        for key, facts in rows.items()
    ]


def frame_of(rows: Sequence[Mapping[str, Any]], table: Table, schema: Schema) -> pd.DataFrame:
    """Typed frame of one kind of row, index 0, 1, 2 ... in the order given.

    Columns: every field of the table, every field broadcast to it, every "#fact" met in the rows. Texts and choice
    codes are strings, numbers, percents and measures float64, dates datetime64, facts objects; blanks are NA.
    """
    import pandas as pd

    index = pd.RangeIndex(len(rows))  # one for all: columns with an index of their own would be aligned one by one
    columns: dict[str, pd.Series[Any]] = {
        name: _column([row.get(name) for row in rows], field, index) for name, field in fields_of(table, schema).items()
    }
    facts = dict.fromkeys(name for row in rows for name in row if name.startswith("#"))
    for name in facts:
        columns[name] = pd.Series([row.get(name) for row in rows], index, dtype=object)
    return pd.DataFrame(columns, index=index)


def _column(values: list[Any], field: Field, index: pd.RangeIndex) -> pd.Series[Any]:
    import pandas as pd

    if field.type == "date":
        return pd.Series(pd.to_datetime(pd.Series(values, index, dtype=object)).astype("datetime64[s]"))
    if field.type in ("percent", "number", "whole", "measure"):
        numbers = [None if item is None else _YES_NO.get(item, item) for item in values]
        return pd.Series(numbers, index, dtype="float64")
    return pd.Series([item or None for item in values], index, dtype=_text_dtype())


def _text_dtype() -> Any:  # noqa: ANN401 - pandas' own name of a dtype
    """pandas 3 has a string type of its own; before it, the nullable one."""
    import pandas as pd

    return "str" if int(pd.__version__.split(".")[0]) >= 3 else "string"
