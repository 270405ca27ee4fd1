"""The rows that rules are judged on: the `when` of a rule, as data for row_checks, an Excel formula and words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from attrs import frozen

from nq57xl.rules.schema import BLANK, FILLED, CellValue, Facts, Field, FieldType, Schema, Table


class Cells(Protocol):
    """Where the fields of one form row stand, for formulas."""

    @property
    def facts(self) -> Facts:
        """Facts of the row, without the "#"."""

    def ref(self, field: str) -> str:
        """Reference to the field's cell in this row."""

    def blank(self, field: str) -> str:
        """Condition that the field says nothing in this row."""

    def column(self, field: str) -> str:
        """Reference to the field's cells in all rows of the table."""


def fields_of(table: Table, schema: Schema) -> dict[str, Field]:
    """Fields that rules of the table may name: its own, and those broadcast to it."""
    fields = {item.name: item for item in table.fields}
    if table.broadcast:
        fields |= {item.name: item for item in schema.table(table.broadcast).fields}
    return fields


def words_formula(ref: str) -> str:
    """Excel: what stands in the cell without blanks at its ends, those of web pages and line breaks included.

    The collector strips the same (text.legacy.clean): a cell that looks empty is empty to both.
    """
    return f'TRIM(CLEAN(SUBSTITUTE({ref},"\u00a0"," ")))'


def blank_formula(ref: str) -> str:
    """Excel: the cell is empty or holds only blanks, as the collector sees it."""
    return f"LEN({words_formula(ref)})=0"


def says_one_of(ref: str, words: Sequence[str]) -> str:
    """Excel: what stands in the cell is one of those."""
    listed = ",".join(map(quoted, words))
    return f"OR({words_formula(ref)}={{{listed}}})" if len(words) > 1 else f"{words_formula(ref)}={listed}"


def says_one_of_each(ref: str, words: Sequence[str]) -> str:
    """The same word by word: Excel takes no constant array in a conditional format."""
    return any_of([says_one_of(ref, [word]) for word in words])


def quoted(text: str) -> str:
    """An Excel string literal."""
    return '"' + text.replace('"', '""') + '"'


def any_of(parts: list[str]) -> str:
    """OR of Excel conditions; one condition stands alone."""
    return parts[0] if len(parts) == 1 else f"OR({','.join(parts)})"


def all_of(parts: list[str]) -> str:
    """AND of Excel conditions; one condition stands alone."""
    return parts[0] if len(parts) == 1 else f"AND({','.join(parts)})"


class Condition:
    """All parts of a `when` must hold; an empty one always does."""

    def __init__(self, when: Mapping[str, Any], table: Table, schema: Schema) -> None:
        self.when = dict(when)
        self.own = [item.name for item in table.fields]
        self.fields = fields_of(table, schema)
        self.schema = schema

    def reads(self) -> set[str]:
        """Names of the fields that decide it."""
        names = {name for name in self.when if not name.startswith("#") and name != "*"}
        return names | (set(self.own) if "*" in self.when else set())

    def group(self, facts: Facts) -> dict[str, Any] | None:
        """The condition as `row_checks._in_group` takes it, without what those facts decide; None: it never holds."""
        left: dict[str, Any] = {}
        for name, wanted in self.when.items():
            if name.removeprefix("#") in facts and name.startswith("#"):
                if facts[name[1:]] not in wanted:
                    return None
            else:
                left[name] = self.own if name == "*" else wanted
        return left

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Whether it holds in one row: fields by name, facts under "#name"."""
        for name, wanted in self.when.items():
            if name == "*":
                if all(row.get(own) is None for own in self.own):
                    return False
            elif wanted in (FILLED, BLANK):
                if (row.get(name) is None) != (wanted == BLANK):
                    return False
            elif row.get(name) not in wanted:
                return False
        return True

    def formula(self, cells: Cells, one_of: Callable[[str, Sequence[str]], str] = says_one_of) -> str | None:
        """Excel condition; "" when it always holds in this row, None when it never does."""
        parts: list[str] = []
        for name, wanted in self.when.items():
            if name.startswith("#"):
                if cells.facts.get(name[1:]) not in wanted:
                    return None
            elif name == "*":
                own = [name for name in self.own if not self.fields[name].within]
                parts.append(f"NOT({blank_formula('&'.join(cells.ref(name) for name in own))})")
            elif wanted in (FILLED, BLANK):
                test = blank_formula(cells.ref(name))
                parts.append(test if wanted == BLANK else f"NOT({test})")
            else:
                parts.append(one_of(cells.ref(name), [self.words(name, code) for code in wanted]))
        return all_of(parts) if parts else ""

    def words(self, field: str, code: str) -> str:
        """What people read for a code of a choice field."""
        items = self.schema.lists.get(self.fields[field].choices, ())
        return next((item.title for item in items if item.code == code), str(code))

    def sentence(self, row: Mapping[str, Any]) -> str:
        """ "khi Tiến độ là «Hoàn thành»", naming what this row holds; empty when it always holds."""
        parts = []
        for name, wanted in self.when.items():
            if name == "#overdue":
                parts.append("đầu việc đã quá hạn")
            elif name.startswith("#") or name == "*" or wanted in (FILLED, BLANK):
                continue
            else:
                held = row.get(name)
                said = f"«{self.words(name, str(held if held in wanted else wanted[0]))}»"
                mark = self.fields[name].type == "mark"
                parts.append(f"đã chọn {said}" if mark else f"{self.fields[name].title} là {said}")
        return "khi " + " và ".join(parts) if parts else ""


RETURN, KEY = "#return", "#key"
"""What tells the returns of one run apart, and the rows of one return."""
PERIOD = ("#period_start", "#period_end")


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


_UNREADABLE: dict[str, CellValue] = {"text": "\0", "number": float("-inf"), "date": date(1677, 9, 22)}
"""What stands in a row for a cell with something unreadable: filled, no item of any list, outside all limits."""


def unreadable(kind: FieldType) -> CellValue:
    """What stands for something unreadable in a column of that type."""
    return _UNREADABLE["text" if kind in ("text", "choice", "mark") else "date" if kind == "date" else "number"]


def unreadable_fields(row: Mapping[str, Any]) -> frozenset[str]:
    """Fields of a row that hold something unreadable."""
    held = tuple(_UNREADABLE.values())
    return frozenset(name for name, value in row.items() if not name.startswith("#") and value in held)
