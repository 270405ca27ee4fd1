"""What the office above will ask back of its form as it is filled in now: read and judged like any return.

This office has no record of how the form was issued: its own cells are taken for that. What the rows said before stands
in the formulas of their checks; of rules that the other office has changed only those that both have are judged.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import cached_property
from typing import get_args

import attrs
from attrs import frozen

from nq57xl.forms.model import CellRole, Form, FormRow, FormTable, SheetLayout, Slot, Source
from nq57xl.plan.model import IndicatorKind, Period
from nq57xl.returns.check import check, days_after_receipt, receipt_first
from nq57xl.returns.identify import Marker, marker_of
from nq57xl.returns.rejoin import rejoin
from nq57xl.returns.superior_form import SuperiorForm, SuperiorRow
from nq57xl.rules.findings import Finding
from nq57xl.rules.movement import Moved, predicates_of, said_before
from nq57xl.rules.schema import Facts, Schema
from nq57xl.text.addresses import place_of
from nq57xl.text.legacy import clean, fold
from nq57xl.xlsx.cells import RawCell, RawSheet, RawWorkbook, cell_text

_CHECK = "check"
"""Key of the column of checks."""


def superior_findings(
    superior: SuperiorForm,
    raw: RawWorkbook,
    schema: Schema,
    days: tuple[Period, dt.datetime],
    facts: Mapping[tuple[str, str], Facts],
) -> tuple[Finding, ...]:
    """Errors and warnings of the cells that may be filled in, in the order of the form.

    `raw`: the form as it is filled in; `days`: this office's period, and the moment at which it is judged; `facts`: of
    the form's rows, by table and key, as far as this office knows them.
    """
    period, now = days
    form = _FormAsFound(superior, raw, schema, _window(raw, period), facts).form()
    back = rejoin(Source("", "", "", 0, now, "first_seen"), raw, form)
    found = (*back.findings, *check([back])[0], *days_after_receipt(back.values, now))
    places = {(cell.sheet, cell.cell) for row in superior.rows for cell in row.cells.values()}
    return tuple(
        item
        for item in receipt_first(found)
        if item.severity in ("error", "warning") and item.field and (item.sheet, item.cell) in places
    )


_WINDOW = re.compile(r"số liệu từ (\d+)/(\d+)(?:/(\d{4}))? đến (\d+)/(\d+)/(\d{4})")


def _window(raw: RawWorkbook, period: Period) -> Period:
    """The period with the days between which the form says that its data lie: another office has another cut-off."""
    for sheet in raw.sheets:
        for cell in sheet.cells.values():
            if isinstance(cell.value, str) and (match := _WINDOW.search(clean(cell.value))):
                day, month, year, last, of_month, of_year = match.groups()
                try:
                    start = dt.date(int(year or of_year), int(month), int(day))
                    return attrs.evolve(period, start=start, cutoff=dt.date(int(of_year), int(of_month), int(last)))
                except ValueError:
                    continue
    return period


@frozen(slots=False)
class _FormAsFound:
    """A form's record made from the workbook in which it came."""

    superior: SuperiorForm
    raw: RawWorkbook
    schema: Schema
    period: Period
    known: Mapping[tuple[str, str], Facts]

    def form(self) -> Form:
        """Its rows with their facts, and every cell of its sheets as it stands."""
        said, period = self.superior, self.period
        names = dict.fromkeys(row.table for row in said.rows)
        tables = [FormTable(name, tuple(self._row(row) for row in said.rows if row.table == name)) for name in names]
        stated = {self.schema.table(name).broadcast for name in names} - {""}
        tables += [FormTable(name, (FormRow(name, facts=self._base()),)) for name in sorted(stated)]
        return Form(
            issue_id=said.issue_id,
            short_id=self._marked[0][1].short_id,
            version=1,
            plan_id=said.plan_id,
            plan_version=said.plan_version,
            plan_title="",
            agency="",
            parent="",
            place="",
            unit=said.unit,
            unit_name=said.unit,
            gatherer="",
            recipient="",
            period=period,
            issued_on=period.start,
            year=period.cutoff.year,
            schema=self.schema,
            tables=tuple(tables),
            cells=tuple(self._sheet(sheet, marker.sheet) for sheet, marker in self._marked),
        )

    def _row(self, row: SuperiorRow) -> FormRow:
        known = {**self.known.get((row.table, row.key), {}), **self._base()}
        due = known.pop("due", None)
        if isinstance(due, str):
            known |= {"due": due, "overdue": dt.date.fromisoformat(due) < self.period.cutoff}
        formula = self._formulas.get((row.table, row.key), "")
        known |= self._before(row, formula)
        if row.table == "indicator":
            known["kind"] = self._kind(known, formula)
        return FormRow(row.key, facts=known, open=bool(row.cells))

    def _base(self) -> Facts:
        period = self.period
        return {
            "year": period.cutoff.year,
            "period_start": period.start.isoformat(),
            "period_end": period.cutoff.isoformat(),
            "overdue": False,
            "repeatable": False,
        }

    @cached_property
    def _marked(self) -> list[tuple[RawSheet, Marker]]:
        """Its sheets, those left out that somebody added."""
        return [(sheet, marker) for sheet in self.raw.sheets if (marker := marker_of(sheet)) is not None]

    @cached_property
    def _formulas(self) -> dict[tuple[str, str], str]:
        """(table, row key) -> the formula of the row's check."""
        found = {}
        for sheet, _ in self._marked:
            keys = _keys_of(sheet)
            for place, cell in sheet.cells.items():
                table, bar, key = keys.rows.get(place[0], "").partition("|")
                if bar and cell.formula and keys.columns.get(place[1]) == _CHECK:
                    found[table, key] = cell.formula
        return found

    def _before(self, row: SuperiorRow, formula: str) -> Facts:
        """What the row's movement is measured by."""
        columns = {cell.cell.rstrip("0123456789"): name for name, cell in row.cells.items()}
        lists = [self.schema.lists.get(field.choices, ()) for field in self.schema.table(row.table).fields]
        return said_before(formula, columns, {item.title: item.code for choices in lists for item in choices})

    def _kind(self, known: Facts, formula: str) -> str | None:
        """The kind of an indicator whose check asks what this one's does: the form does not print it."""
        rules = [item for item in predicates_of(self.schema.table("indicator"), self.schema) if isinstance(item, Moved)]
        asked = {rule.part for rule in rules if rule.stands_in(formula)}
        kinds = [str(known.get("kind") or ""), *get_args(IndicatorKind)]
        alike = (kind for kind in kinds if {rule.part for rule in rules if rule.asks({**known, "kind": kind})} == asked)
        return next(alike, kinds[0]) or None

    def _sheet(self, sheet: RawSheet, name: str) -> SheetLayout:
        """Every cell that may be filled in, and what stands in the others."""
        keys = _keys_of(sheet)
        slots = {
            place: self._statement(name, place, keys.rows.get(place[0], ""), cell)
            or Slot(
                name, *place, keys.rows.get(place[0], ""), keys.columns.get(place[1], ""), _role(cell), cell_text(cell)
            )
            for place, cell in sheet.cells.items()
        }
        for row in self.superior.rows:
            fields = {item.name: item for item in self.schema.table(row.table).fields}
            for field, cell in row.cells.items():
                if cell.sheet == sheet.name and field in fields:
                    also = tuple(
                        item.name for item in fields.values() if item.within == field and item.name not in row.cells
                    )
                    place = place_of(cell.cell)
                    row_key = f"{row.table}|{row.key}"
                    slots[place] = Slot(
                        name, *place, row_key, field, "entry", table=row.table, key=row.key, field=field, also=also
                    )
        return SheetLayout(name, sheet.name, tuple(slots[place] for place in sorted(slots)))

    def _statement(self, name: str, place: tuple[int, int], row_key: str, cell: RawCell) -> Slot | None:
        """The cell as an entry, where a statement for all rows of a table was chosen in it."""
        table, _, field = row_key.partition("|")
        if not table or table not in {item.broadcast for item in self.schema.tables}:
            return None
        chosen = fold(cell_text(cell))
        for item in self.schema.table(table).fields:
            if item.name == field and chosen in {fold(choice.title) for choice in self.schema.lists[item.choices]}:
                return Slot(name, *place, row_key, "", "entry", table=table, key=table, field=field)
        return None


def _role(cell: RawCell) -> CellRole:
    return "text" if cell.formula is None else "formula"


@frozen
class _SheetKeys:
    """The hidden keys of a sheet."""

    rows: Mapping[int, str]
    columns: Mapping[int, str]


def _keys_of(sheet: RawSheet) -> _SheetKeys:
    marker = marker_of(sheet)
    assert marker is not None
    texts = {
        place: clean(cell_text(cell))
        for place, cell in sheet.cells.items()
        if marker.row in place or marker.column in place
    }
    rows = {row: text for (row, column), text in texts.items() if column == marker.column}
    columns = {column: text for (row, column), text in texts.items() if row == marker.row and column != marker.column}
    return _SheetKeys(rows, columns)
