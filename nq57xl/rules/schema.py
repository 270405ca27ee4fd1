"""Fields, rules and tables as schemas/*.yml declare them: the one definition that everything else derives from.

Also their values in sentences, and limits that depend on the plan's year.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property
from typing import Any, Literal

import attrs
from attrs import frozen

from nq57xl.rules.findings import Severity

FieldType = Literal["text", "choice", "mark", "percent", "number", "whole", "date", "measure"]
"""`mark`: a choice of one item; `measure`: percent, number or choice, by the fact "measure" of the row."""

LATER = {"later": True}
"""Metadata of a field that records of earlier programs do not have: at its default it leaves no trace in their text
(rules.codec), so that a plan which nobody has changed keeps the hash that an earlier program gave it."""

Facts = dict[str, str | int | float | bool | None]


@frozen
class Choice:
    """One item of a list: the stable code, and the words that people see and choose."""

    code: str
    title: str


@frozen
class Field:
    """One entry column (or cell)."""

    name: str
    title: str
    """Column heading."""
    type: FieldType
    hint: str
    """One line: what to type."""
    example: str = ""
    choices: str = ""
    """Name of the list, for `choice` and `mark`."""
    again: str = ""
    """Name of the list in rows that may be answered as in the last period (fact "repeatable")."""
    min: float | str | None = None
    """Hard limit; a date limit is a symbol: "year_start-1y" (see date_limit) or ISO."""
    max: float | str | None = None
    max_length: int = 2000
    contact: bool = False
    """True: personal contact, goes to noi-bo.xlsx only."""
    within: str = attrs.field(default="", metadata=LATER)
    """Name of the text field in whose cell this one stands, behind it: the day behind a number, an address behind a
    title. "" for a field with a cell of its own."""

    @property
    def sample(self) -> str:
        """What to type, as the end of a sentence: the example, else the hint."""
        return (self.example or self.hint or self.title).rstrip(".")

    def offered(self, facts: Facts) -> str:
        """Name of the list that a cell offers in a row with those facts."""
        return self.again if self.again and facts.get("repeatable") else self.choices

    def kind(self, facts: Facts) -> FieldType:
        """What its cell holds in a row with those facts: for `measure` what the row says, else the field's type."""
        if self.type != "measure":
            return self.type
        measure = facts.get("measure")
        return measure if measure in ("percent", "choice") else "number"  # type: ignore[return-value]

    def shown(self, value: Any) -> str:  # noqa: ANN401 - a cell's value
        """The value as people read it, by the field's type."""
        if is_blank(value):
            return "(trống)"
        if self.type == "date":
            return vietnamese_date(value)
        if self.type == "percent":
            return vietnamese_percent(float(value))
        return f"«{value}»" if self.type in ("text", "choice", "mark") else vietnamese_number(float(value))


@frozen
class Column:
    """A column of a sheet: a locked text of the row, or an entry field."""

    name: str
    """Name of an entry field, or of a locked text ("task", "deadline" ...)."""
    width: float
    """In characters of the default font."""
    title: str = ""
    """Heading of the column; an entry column without one takes the field's title."""
    entry: bool = False
    align: Literal["left", "center"] = "left"
    closed: str = ""
    """Table (of one field of that name) whose cell stands here in a row that an earlier report closed."""


FILLED, BLANK = "filled", "blank"


def _listed(when: Any) -> Any:  # noqa: ANN401 - whatever stands in a file: the loader tells what is no condition
    """A condition with single values as lists of one: `progress: done` means `progress: [done]`."""
    if not isinstance(when, dict):
        return when
    single = (str, int, float)
    return {
        name: [wanted] if isinstance(wanted, single) and wanted not in (FILLED, BLANK) else wanted
        for name, wanted in when.items()
    }


@frozen
class Rule:
    """One rule: a predicate of the closed set with its parameters."""

    id: str
    """Unique in the schema: "led.cause.required_if"; generated when the file gives none."""
    predicate: str
    """required_if, empty_if, equals_if, between, date_window, part_of, one_of, unique."""
    field: str
    """The field that the finding points at."""
    code: str
    """Finding code."""
    severity: Severity
    when: dict[str, Any] = attrs.field(factory=dict, converter=_listed)
    """Condition: field or #fact -> value or list of values, "filled" or "blank" (of a field alone); "*" -> "filled":
    any field of the row."""
    params: dict[str, Any] = attrs.field(factory=dict)
    message: str = ""
    """Overrides the sentence that the predicate makes of itself; may hold {field}, {value} ..."""
    fix: str = ""
    live: bool = True
    """True: part of the live check in the sheet."""


@frozen
class _Needless:
    """Cells that ask for nothing in some rows: they turn grey there as long as they are blank."""

    fields: tuple[str, ...]
    when: dict[str, Any] = attrs.field(converter=_listed)
    """As of a rule."""


@frozen
class Table:
    """One kind of row: its fields and rules."""

    name: str
    """"led", "supporting", "statement", "indicator", "proposal", "difficulty", "signoff"."""
    title: str
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]
    free: bool = False
    """True: rows are the unit's own; blank rows mean nothing."""
    broadcast: str = ""
    """Name of a one-row table whose fields every row of this table sees: a statement for all of them."""
    needless: tuple[_Needless, ...] = ()

    def __hash__(self) -> int:
        return hash(self.name)

    def parts_within(self, host: str) -> tuple[Field, ...]:
        """The fields that stand in the cell of that field, behind it."""
        return tuple(item for item in self.fields if item.within == host)

    def needless_when(self, field: str) -> list[dict[str, Any]]:
        """Conditions under each of which the cell does not apply: those stated, and where it would contradict."""
        stated = [item.when for item in self.needless if field in item.fields]
        return stated + [rule.when for rule in self.rules if rule.predicate == "empty_if" and rule.field == field]

    def field(self, name: str) -> Field:
        """The field of that name; KeyError when there is none."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {item.name: item for item in self.fields}


@frozen
class SheetSpec:
    """One sheet of the form: which table it shows, and how."""

    id: str
    """Stable: "results"; the tab's title is `title`."""
    title: str
    heading: str
    """Line under the title block."""
    table: str
    layout: Literal["table", "card"]
    """`card`: one record, a line for each field."""
    columns: tuple[Column, ...]
    statement: str = ""
    """Name of the one-row table shown above the rows (supporting rows: "statement")."""
    check: bool = True
    """True: the sheet has the live check column (one sheet for each table)."""
    under: str = attrs.field(default="", metadata=LATER)
    """Id of the sheet on which the table stands, under its own and in its columns; "": it has a sheet of its own."""


@frozen
class Schema:
    """All definitions of a form."""

    version: str
    """Content hash: a return is judged by the schema it was issued with."""
    lists: dict[str, tuple[Choice, ...]]
    tables: tuple[Table, ...]
    sheets: tuple[SheetSpec, ...]

    def __hash__(self) -> int:  # of what is made of a schema and kept; compared by content, for forms bring own copies
        return hash(self.version)

    def table(self, name: str) -> Table:
        """The table of that name; KeyError when there is none."""
        return self._by_name[name]

    def find(self, table: str, field: str) -> Field | None:
        """The field of that name; None when the schema does not know it, or no longer."""
        known = self._by_name.get(table)
        return known._by_name.get(field) if known is not None else None

    @cached_property
    def _by_name(self) -> dict[str, Table]:
        return {item.name: item for item in self.tables}


CellValue = str | float | date | None
"""A typed value: text or choice code, number (percent as fraction), date; None where nothing usable was typed."""


_SYMBOL = re.compile(r"(year_start|year_end)(?:([+-]\d+)y)?")


def date_limit(symbol: str, year: int) -> date:
    """The day that a limit means in a plan's year: "year_start-1y", "year_end" or an ISO date.

    Raises ValueError for any other text: schema files are checked when they are loaded.
    """
    match = _SYMBOL.fullmatch(symbol)
    if match is None:
        return date.fromisoformat(symbol)
    shifted = year + int(match[2] or 0)
    return date(shifted, 1, 1) if match[1] == "year_start" else date(shifted, 12, 31)


def vietnamese_date(day: date) -> str:
    """A day as people read it here: 05/04/2026."""
    return f"{day:%d/%m/%Y}"


_MILLION = 1e6
_LONG = 1e15
"""From here on a number is no longer written with all its digits."""


def vietnamese_number(value: float) -> str:
    """A number as people read it here: 1.234,5; "1e+308" beyond what people write."""
    whole = abs(value) < _LONG and value == int(value)
    digits = 10 if abs(value) < _MILLION else 15  # amounts of money keep what stands behind their comma
    text = f"{int(value):,}" if whole else f"{value:,.{digits}g}"
    return text.replace(",", "\0").replace(".", ",").replace("\0", ".")


def vietnamese_percent(fraction: float) -> str:
    """A fraction as a percentage: 0.855 is "85,5%"."""
    return vietnamese_number(round(fraction * 100, 8)) + "%"


def is_blank(value: object) -> bool:
    """Whether the frame holds nothing there."""
    missing = value is None or value == ""
    return missing or value != value  # noqa: PLR0124 - NaN and NaT differ from themselves
