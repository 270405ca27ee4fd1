"""The sheets of the master appendix phu-luc.xlsx (schemas/appendix.yml), and records of a plan as their rows."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import attrs
from attrs import frozen

from nq57xl.plan.model import Plan
from nq57xl.resources import read_schema
from nq57xl.text.addresses import a1

_Kind = Literal["text", "short", "whole", "date", "yes_no", "names", "dated_names", "codes", "choice"]
"""`short`: text in a cell formatted as text, so that "2.1" and "31/12/2026" stay as typed; `names`: a name a line;
`dated_names`: a name a line with the last day of its validity, "Phòng Quản lý đô thị (đến 30/06/2026)"."""


YES, NO = "Có", "Không"
HEADER_ROW = 3
"""0-based row of the column headings of every table sheet."""


@frozen
class AppendixColumn:
    """One column of a table, or one line of a card."""

    key: str
    """Name of the record's field."""
    title: str
    width: float = 12
    hint: str = ""
    """What to type, shown when the cell is chosen."""
    kind: _Kind = "text"
    source: str = ""
    """The list of a dropdown: one of the schema's, or of the codes and numbers of a sheet."""
    others: tuple[str, ...] = ()
    """Other headings under which people keep this column."""
    optional: bool = False
    """True: the column may be missing in a workbook."""
    center: bool = False
    strict: bool = True
    """False: the dropdown proposes, other values may be typed."""
    rare: bool = False
    """True: written, with the other rare ones, only where some row has something in one of them; stand last."""
    limits: tuple[int, int] = (0, 200)
    """Smallest and greatest value of a `whole`."""

    @property
    def choices(self) -> dict[Any, str]:
        """Code -> what people choose."""
        return {True: YES, False: NO} if self.source == "yes_no" else _LISTS.get(self.source, {})

    def shown(self, value: Any) -> str:  # noqa: ANN401 - any cell value
        """The text that stands in the cell."""
        if value is None:
            return ""
        if self.kind in ("choice", "yes_no"):
            return self.choices.get(value, "")
        if self.kind == "names":
            return "\n".join(value)
        if self.kind == "dated_names":
            return "\n".join(f"{item.name} (đến {item.valid_to:%d/%m/%Y})" for item in value)
        if self.kind == "codes":
            return ", ".join(value)
        return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


@frozen
class AppendixSheet:
    """One sheet: a table with a record a row, or a card with a field of one record a line."""

    id: str
    title: str
    heading: str
    columns: tuple[AppendixColumn, ...]
    note: str = ""
    """One or two sentences under the heading."""
    spare: int = 20
    """Prepared empty rows under the last one."""
    optional: bool = False
    """True: the sheet may be missing in a workbook."""
    card: bool = False

    @property
    def first_row(self) -> int:
        """0-based row of the first record, or of a card's first line; the names stand under the card of the plan."""
        if self.id == "names":
            return HEADER_ROW + len(CARD.columns) + 3
        return HEADER_ROW if self.card else HEADER_ROW + 1

    def name_of(self, key: str) -> str:
        """What people call that field; the key itself for no field of the sheet."""
        return next((column.title for column in self.columns if column.key == key), key)

    def place(self, index: int, key: str) -> tuple[str, str]:
        """Sheet and cell of a record's field as `write_appendix` lays them out."""
        col = next(number for number, column in enumerate(self.columns) if column.key == key)
        row, col = (self.first_row + col, 1) if self.card else (self.first_row + index, col)
        return self.title, a1(row, col)

    def rows(self, plan: Plan) -> list[dict[str, Any]]:
        """What the plan has there, record by record: column key -> str (of a choice its code), int, bool, date, tuple
        of str, or None."""
        properties = plan.properties
        if self.id == "card":
            signatory = properties.signatory
            signed = {"authority": signatory.authority, "position": signatory.position, "signer": signatory.name}
            return [attrs.asdict(properties, recurse=False) | signed]
        if self.id == "names":
            return [{"kind": kind, **attrs.asdict(name)} for kind in NAME_KINDS for name in getattr(properties, kind)]
        if self.id == "settings":
            return [attrs.asdict(plan.settings)]
        records = properties.ad_hoc if self.id == "ad_hoc" else getattr(plan, self.id)
        rows = [attrs.asdict(record, recurse=False) for record in records]
        printed = {"tasks": "deadline", "indicators": "target"}.get(self.id)
        return [row | {printed: row[printed].text} for row in rows] if printed else rows


_SCHEMA: dict[str, Any] = read_schema("appendix.yml")
_LISTS: dict[str, dict[Any, str]] = _SCHEMA["lists"]
"""Of dropdowns: name -> code -> what people choose."""
GUIDE_TITLE, GUIDE_LINES = "Hướng dẫn", _SCHEMA["guide"]
INDICATOR_KINDS, NAME_KINDS = _LISTS["indicator_kind"], _LISTS["name_kind"]


def _columns(raw: list[dict[str, Any]]) -> tuple[AppendixColumn, ...]:
    lists: dict[str, Any] = {"others": (), "limits": (0, 200)}
    return tuple(
        AppendixColumn(**item | {key: tuple(item.get(key, usual)) for key, usual in lists.items()}) for item in raw
    )


SHEETS = {item["id"]: AppendixSheet(**item | {"columns": _columns(item["columns"])}) for item in _SCHEMA["sheets"]}
"""Id -> sheet; those that are no cards stand behind them."""
CARD, SETTINGS, NAMES, *_TABLES = SHEETS.values()
TABLES = tuple(_TABLES)
"""The sheets with nothing but a table."""
UNITS, GROUPS, SECTIONS, TASKS, INDICATOR_GROUPS, INDICATORS, _ = TABLES


def cells_of(plan: Plan) -> dict[tuple[str, str], tuple[AppendixColumn, Any]]:
    """(title of the sheet, address) -> column and value of every cell that the appendix of that plan holds."""
    return {
        sheet.place(index, column.key): (column, cells.get(column.key))
        for sheet in SHEETS.values()
        for index, cells in enumerate(sheet.rows(plan))
        for column in sheet.columns
    }
