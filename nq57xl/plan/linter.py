"""What the checks of a plan share: the plan, its units, its criteria, and the places of its cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nq57xl.plan import sheets
from nq57xl.plan.clear import Clear, load_clear
from nq57xl.plan.units import Resolver
from nq57xl.records.findings import Finding
from nq57xl.records.plan import Plan
from nq57xl.rules import catalogue
from nq57xl.text.cells import a1

Places = Mapping[tuple[str, int, str], tuple[str, str]]
"""(table, index of the record, field) -> (sheet, cell)."""


class Linter:
    """The plan with what several checks need: its resolver and the places of its cells."""

    def __init__(self, plan: Plan, places: Places) -> None:
        self.plan = plan
        self.resolver = Resolver(plan.units, plan.groups)
        self.clear: Clear = load_clear()
        self._places = places

    def column(self, table: str, field: str) -> str:
        """What people call that field."""
        if table == "card":
            return card_title(field)
        known = (*sheets.TABLES, sheets.NAMES)
        columns = next(item for item in known if item.id == table).columns
        return next(column.title for column in columns if column.key == field)

    def make(self, code: str, table: str, index: int, field: str, **words: Any) -> Finding:  # noqa: ANN401
        """A finding at one cell."""
        # a column that the workbook does not have: the row's code stands for it
        own = self._places.get((table, index, field)) or self._places.get((table, index, "code"))
        sheet, cell = own or layout_place(table, index, field)
        record = getattr(self.plan, table)[index] if table in ("tasks", "indicators") else None
        return catalogue.make(
            code,
            words={"column": self.column(table, field), **words},
            sheet=sheet,
            cell=cell,
            task=record.code if record is not None else None,
            field=field,
            value=str(words.get("value", "")),
        )


def layout_place(table: str, index: int, field: str) -> tuple[str, str]:
    """Sheet and cell of a field as `write_appendix` lays them out."""
    if table == "card":
        row = next(row for row, line in enumerate(sheets.CARD, sheets.CARD_ROW) if line.key == field)
        return sheets.PLAN_TITLE, a1(row, 1)
    if table == "names":
        return sheets.PLAN_TITLE, a1(sheets.NAMES_ROW + index, sheets.NAMES.column(field))
    sheet = next(item for item in sheets.TABLES if item.id == table)
    return sheet.title, a1(sheets.HEADER_ROW + 1 + index, sheet.column(field))


def card_title(field: str) -> str:
    """What people call a line of the plan's card."""
    return next(column.title for column in sheets.CARD if column.key == field)
