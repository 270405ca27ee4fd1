"""The sheets of the master appendix phu-luc.xlsx (schemas/appendix.yml), and records of a plan as their rows."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import attrs
from attrs import frozen

from nq57xl.plan import model
from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.plan.periods import ad_hoc_code
from nq57xl.resources import read_schema
from nq57xl.text.addresses import a1

_Kind = Literal["text", "short", "whole", "date", "yes_no", "names", "dated_names", "codes", "choice"]
"""`short`: text in a cell formatted as text, so that "2.1" and "31/12/2026" stay as typed; `names`: a name a line;
`dated_names`: a name a line with the last day of its validity, "Phòng Quản lý đô thị (đến 30/06/2026)"."""


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
    """True: written only where some row has something in it; stands last."""
    limits: tuple[int, int] = (0, 200)
    """Smallest and greatest value of a `whole`."""


@frozen
class AppendixSheet:
    """One sheet that holds a table."""

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

    def column(self, key: str) -> int:
        """Index of the column, 0-based."""
        return next(index for index, item in enumerate(self.columns) if item.key == key)


def _columns(raw: list[dict[str, Any]]) -> tuple[AppendixColumn, ...]:
    lists: dict[str, Any] = {"others": (), "limits": (0, 200)}
    return tuple(
        AppendixColumn(**item | {key: tuple(item.get(key, usual)) for key, usual in lists.items()}) for item in raw
    )


_SCHEMA: dict[str, Any] = read_schema("appendix.yml")
LISTS: dict[str, dict[Any, str]] = _SCHEMA["lists"]
"""Of dropdowns: name -> code -> what people choose."""
GUIDE: list[tuple[str, str]] = _SCHEMA["guide"]
"""Number and text of each line."""
YES, NO = "Có", "Không"
INDICATOR_KINDS, NAME_KINDS = LISTS["indicator_kind"], LISTS["name_kind"]
PLAN_TITLE, SETTINGS_TITLE, GUIDE_TITLE = "Kế hoạch", "Cài đặt", "Hướng dẫn"
CARD, SETTINGS = (_columns(_SCHEMA["cards"][name]) for name in ("plan", "settings"))
NAMES, *_TABLES = (AppendixSheet(**{**item, "columns": _columns(item["columns"])}) for item in _SCHEMA["sheets"])
TABLES = tuple(_TABLES)
UNITS, GROUPS, SECTIONS, TASKS, INDICATOR_GROUPS, INDICATORS, _ = TABLES

HEADER_ROW = 3
"""0-based row of the column headings of every table sheet."""
CARD_ROW = 3
"""0-based row of the first line of a card sheet, under its headings."""
NAMES_ROW = CARD_ROW + len(CARD) + 3
"""0-based row of the first line of the names table on the sheet of the plan."""


AppendixRow = dict[str, Any]
"""Column key -> str (of a choice its code), int, bool, date, tuple of str, or None."""


def card_cells(properties: model.Properties) -> AppendixRow:
    """The lines of the plan's card."""
    cells = attrs.asdict(properties, recurse=False)
    signatory = properties.signatory
    return cells | {"authority": signatory.authority, "position": signatory.position, "signer": signatory.name}


def name_rows(properties: model.Properties) -> list[AppendixRow]:
    """The names with their days of validity, a row each."""
    return [{"kind": field, **attrs.asdict(item)} for field in NAME_KINDS for item in getattr(properties, field)]


def table_rows(plan: model.Plan) -> dict[str, list[AppendixRow]]:
    """Sheet id -> its rows."""
    return {
        "units": [attrs.asdict(item, recurse=False) for item in plan.units],
        "groups": [attrs.asdict(item, recurse=False) for item in plan.groups],
        "sections": [attrs.asdict(item) for item in plan.sections],
        "tasks": [attrs.asdict(item, recurse=False) | {"deadline": item.deadline.text} for item in plan.tasks],
        "indicator_groups": [attrs.asdict(item) for item in plan.indicator_groups],
        "indicators": [attrs.asdict(item, recurse=False) | {"target": item.target.text} for item in plan.indicators],
        "ad_hoc": [attrs.asdict(item, recurse=False) for item in plan.properties.ad_hoc],
    }


def plan_of(
    card: AppendixRow, names: list[AppendixRow], tables: dict[str, list[AppendixRow]], settings: AppendixRow
) -> model.Plan:
    """The plan that those cells hold, not yet understood."""
    return model.Plan(
        properties=_properties(card, names, tables["ad_hoc"]),
        units=tuple(model.Unit(**{**row, "external": bool(row.get("external"))}) for row in tables["units"]),
        groups=tuple(model.UnitGroup(**row) for row in tables["groups"]),
        sections=tuple(model.Section(**row) for row in tables["sections"]),
        tasks=tuple(_task(row) for row in tables["tasks"]),
        indicator_groups=tuple(model.Section(**row) for row in tables["indicator_groups"]),
        indicators=tuple(model.Indicator(**{**row, "target": Target(row["target"])}) for row in tables["indicators"]),
        settings=model.Settings(**{key: value for key, value in settings.items() if value not in (None, "")}),
    )


def _task(row: AppendixRow) -> model.Task:
    return model.Task(**{**row, "subnumber": row.get("subnumber") or None, "deadline": Deadline(row["deadline"])})


def _properties(card: AppendixRow, names: list[AppendixRow], ad_hoc: list[AppendixRow]) -> model.Properties:
    known = {item.name for item in attrs.fields(model.Properties)}
    plain = {key: value for key, value in card.items() if key in known and value is not None}
    plain["cutoff"] = card.get("cutoff") or "decree"
    plain.setdefault("year", 0)
    plain["ad_hoc"] = tuple(
        model.AdHocReport(**{**row, "code": ad_hoc_code(row["code"], plain["year"])}) for row in ad_hoc
    )
    signatory = model.Signatory(card.get("authority") or "", card.get("position") or "", card.get("signer") or "")
    dated: dict[str, Any] = {
        field: tuple(_name(row) for row in names if row["kind"] == field and row["name"]) for field in NAME_KINDS
    }
    return model.Properties(**plain, **dated, signatory=signatory)


def _name(row: AppendixRow) -> model.DatedName:
    valid: tuple[date | None, date | None] = (row.get("valid_from"), row.get("valid_to"))
    return model.DatedName(row["name"], *valid)


def shown(column: AppendixColumn, value: Any) -> str:  # noqa: ANN401 - any cell value
    """The text that stands in the cell."""
    if value is None:
        return ""
    if column.kind == "yes_no":
        return YES if value else NO
    if column.kind == "choice":
        return LISTS[column.source].get(value, "")
    if column.kind == "names":
        return "\n".join(value)
    if column.kind == "dated_names":
        return "\n".join(f"{item.name} (đến {item.valid_to:%d/%m/%Y})" for item in value)
    if column.kind == "codes":
        return ", ".join(value)
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


def cell_of(table: str, index: int, field: str) -> tuple[str, str]:
    """Sheet and cell of a field as `write_appendix` lays them out."""
    if table == "card":
        row = next(row for row, line in enumerate(CARD, CARD_ROW) if line.key == field)
        return PLAN_TITLE, a1(row, 1)
    if table == "names":
        return PLAN_TITLE, a1(NAMES_ROW + index, NAMES.column(field))
    sheet = next(item for item in TABLES if item.id == table)
    return sheet.title, a1(HEADER_ROW + 1 + index, sheet.column(field))
