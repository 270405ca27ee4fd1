"""What the checks of a plan share: plan, units, the "rõ" criteria (schemas/clear.yml), places of cells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cattrs
from attrs import field, frozen

from nq57xl.errors import Nq57Error
from nq57xl.plan import appendix_sheets
from nq57xl.plan.appendix_rows import name_rows
from nq57xl.plan.model import IndicatorKind, Plan
from nq57xl.plan.units import Resolver
from nq57xl.resources import read_schema
from nq57xl.rules import findings
from nq57xl.rules.codec import CONVERTER
from nq57xl.rules.findings import Finding
from nq57xl.text.addresses import a1
from nq57xl.text.normalise import fold

_FILE = "clear.yml"


@frozen
class _Criterion:
    """One "rõ" with the findings that belong to it."""

    name: str
    checks: tuple[str, ...]
    """Codes of the catalogue."""
    also: tuple[str, ...] = ()
    """Other names of it: "rõ kết quả" for "rõ sản phẩm"."""

    def is_called(self, name: str) -> bool:
        """That is one of its names."""
        return fold(name).strip(" .;,") in {fold(item) for item in (self.name, *self.also)}


@frozen
class Clear:
    """The whole file."""

    criteria: tuple[_Criterion, ...]
    vague_deliverables: tuple[str, ...] = ()
    measurable_words: tuple[str, ...] = ()
    filler_words: tuple[str, ...] = ()
    indicator_kinds: dict[IndicatorKind, tuple[str, ...]] = field(factory=dict)
    """Kind to propose -> words, without accents, by which it is known."""

    def applies(self, code: str, wanted: tuple[str, ...]) -> bool:
        """Whether a plan with those criteria asks for that check; a plan that names none, or none known, asks for all.

        A code that belongs to no criterion always applies.
        """
        mine = [item for item in self.criteria if code in item.checks]
        known = [name for name in wanted if any(item.is_called(name) for item in self.criteria)]
        return not mine or not known or any(item.is_called(name) for item in mine for name in known)

    def asks_for(self, code: str, wanted: tuple[str, ...]) -> str:
        """The plan's own name of a criterion that the check belongs to; "" where it names none."""
        names = (name for name in wanted for item in self.criteria if code in item.checks and item.is_called(name))
        return next(names, "")


def load_clear(workspace: Path | None = None) -> Clear:
    """The criteria, with the workspace's own file before the packaged one. Raises Nq57Error when the file is wrong."""
    try:
        return CONVERTER.structure(read_schema(_FILE, workspace), Clear)
    except (cattrs.BaseValidationError, TypeError, ValueError) as error:
        raise Nq57Error(
            f"Tệp schemas/{_FILE} sai: thiếu mục, thừa mục hoặc sai kiểu. Hãy so với tệp có sẵn."
        ) from error


Places = Mapping[tuple[str, int, str], tuple[str, str]]
"""(table, index of the record, field) -> (sheet, cell)."""


class Linter:
    """The plan with what several checks need: its resolver and the places of its cells."""

    def __init__(self, plan: Plan, places: Places, workspace: Path | None = None) -> None:
        self.plan = plan
        self.resolver = Resolver(plan.units, plan.groups)
        self.clear: Clear = load_clear(workspace)
        self.misprints: Mapping[str, str] = read_schema("misprints.yml", workspace)
        """Misprint -> likely word."""
        self._places = places

    def column(self, table: str, field: str) -> str:
        """What people call that field."""
        if table == "card":
            return card_title(field)
        known = (*appendix_sheets.TABLES, appendix_sheets.NAMES)
        columns = next(item for item in known if item.id == table).columns
        return next(column.title for column in columns if column.key == field)

    def free_name_row(self) -> int:
        """Index of the first line under the names of the agency: where one that is missing is typed in."""
        return len(name_rows(self.plan.properties))

    def make(self, code: str, table: str, index: int, field: str, **words: Any) -> Finding:  # noqa: ANN401
        """A finding at one cell."""
        # a column that the workbook does not have: the row's code stands for it
        own = self._places.get((table, index, field)) or self._places.get((table, index, "code"))
        sheet, cell = own or self._under_last(table, index, field) or layout_place(table, index, field)
        record = getattr(self.plan, table)[index] if table in ("tasks", "indicators") else None
        return findings.make(
            code,
            words={"column": self.column(table, field), **words},
            sheet=sheet,
            cell=cell,
            task=record.code if record is not None else None,
            field=field,
            value=str(words.get("value", "")),
        )

    def _under_last(self, table: str, index: int, field: str) -> tuple[str, str] | None:
        """The cell under the last row of the table in the office's own workbook."""
        last = self._places.get((table, index - 1, field))
        if last is None:
            return None
        letters = last[1].rstrip("0123456789")
        return last[0], f"{letters}{int(last[1][len(letters) :]) + 1}"


def layout_place(table: str, index: int, field: str) -> tuple[str, str]:
    """Sheet and cell of a field as `write_appendix` lays them out."""
    if table == "card":
        row = next(row for row, line in enumerate(appendix_sheets.CARD, appendix_sheets.CARD_ROW) if line.key == field)
        return appendix_sheets.PLAN_TITLE, a1(row, 1)
    if table == "names":
        return appendix_sheets.PLAN_TITLE, a1(appendix_sheets.NAMES_ROW + index, appendix_sheets.NAMES.column(field))
    sheet = next(item for item in appendix_sheets.TABLES if item.id == table)
    return sheet.title, a1(appendix_sheets.HEADER_ROW + 1 + index, sheet.column(field))


def card_title(field: str) -> str:
    """What people call a line of the plan's card."""
    return next(column.title for column in appendix_sheets.CARD if column.key == field)
