"""The frames on which rules are judged: one row for each row of a form, a typed column for each field, NA for blank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from attrs import frozen

from nq57xl.rules.condition import fields_of
from nq57xl.rules.schema import CellValue, Facts, FieldType, Schema, Table

if TYPE_CHECKING:
    import pandas as pd

RETURN, KEY = "#return", "#key"
"""What tells the returns of one run apart, and the rows of one return."""
PERIOD = ("#period_start", "#period_end")
SAME = "#same_"
"""Before the name of a field whose texts may not repeat in a return: return and text, blank rows told apart."""
_NUMBERS = ("percent", "number", "whole")


@frozen
class RowKind:
    """Rows of one table that one typed schema describes."""

    year: int = 0
    """Of the plan: limits such as "year_end" are days of it."""
    measure: FieldType | None = None
    """What a field of type `measure` holds in these rows; None in a table without such a field."""

    @classmethod
    def of(cls, row: Mapping[str, Any], table: Table) -> RowKind:
        """The kind of a row, by its facts."""
        year = int(row.get("#year") or 0)
        measured = next((item for item in table.fields if item.type == "measure"), None)
        return cls(year, measured.kind({"measure": row.get("#measure")}) if measured else None)

    @property
    def facts(self) -> Facts:
        """What is the same in all these rows."""
        return {} if self.measure is None else {"measure": self.measure}


UNREADABLE: tuple[CellValue, ...] = ("\0", float("-inf"), date(1677, 9, 22))
"""What stands in a row for a cell with something unreadable: filled, no item of any list, outside all limits."""


def unreadable(kind: FieldType) -> CellValue:
    """The one of UNREADABLE for a column of that type."""
    return UNREADABLE[1 if kind in _NUMBERS else 2 if kind == "date" else 0]


def frame_of(
    rows: Sequence[Mapping[str, Any]], table: Table, schema: Schema, kind: RowKind, derived: Iterable[str] = ()
) -> pd.DataFrame:
    """Typed frame of rows of one kind, index 0, 1, 2 ... in the order given.

    Columns: every field of the table, every field broadcast to it, and `derived`: facts ("#overdue") and texts that may
    not repeat (SAME). Texts and codes are strings, numbers and percents float64, days datetime64, other facts objects;
    blanks are NA.
    """
    import pandas as pd

    index = pd.RangeIndex(len(rows))  # one for all: columns with an index of their own would be aligned one by one
    columns = {}
    for name, field in fields_of(table, schema).items():
        columns[name] = _column([row.get(name) for row in rows], field.kind(kind.facts), index)
    for name in derived:
        values = _same_texts(rows, name[len(SAME) :]) if name.startswith(SAME) else [row.get(name) for row in rows]
        columns[name] = _column(values, derived_type(name), index)
    return pd.DataFrame(columns, index=index)


def derived_type(name: str) -> FieldType | None:
    """What a column beside the fields holds; None: plain facts."""
    return "text" if name == KEY or name.startswith(SAME) else "date" if name in PERIOD else None


def dtype_of(kind: FieldType | None) -> str:
    """Name of the column's type; None: a fact. pandas 3 has a string type of its own; before it, the nullable one."""
    import pandas as pd

    if kind is None:
        return "object"
    if kind in _NUMBERS:
        return "float64"
    text = "str" if int(pd.__version__.split(".")[0]) >= 3 else "string"
    return "datetime64[s]" if kind == "date" else text


def _column(values: list[Any], kind: FieldType | None, index: pd.RangeIndex) -> pd.Series[Any]:
    import pandas as pd

    if kind == "date":
        return pd.Series(pd.to_datetime(pd.Series(values, index, dtype=object)).astype("datetime64[s]"))
    filled = values if kind is None or kind in _NUMBERS else [item or None for item in values]
    return pd.Series(filled, index, dtype=dtype_of(kind))


def _same_texts(rows: Sequence[Mapping[str, Any]], field: str) -> list[str]:
    return [
        f"{row.get(RETURN)} {str(row[field]).casefold()}" if row.get(field) else f"\0{number}"
        for number, row in enumerate(rows)
    ]
