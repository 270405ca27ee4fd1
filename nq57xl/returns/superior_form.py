"""The form that a superior office issued, as its own cells tell it: this office has no record of how it was laid out.

Every sheet names itself in its corner; hidden keys name rows and fields; locks say which cells are to be filled in.
What that office will ask back of it as it is filled in now: it is read and judged like any return. What the rows said
before stands in the formulas of their checks; of rules that the other office has changed only those that both have are
judged.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import get_args

import attrs
from attrs import field, frozen

from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Form, FormRow, FormTable, SheetLayout, Slot, Source
from nq57xl.plan import model
from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.returns.check import check
from nq57xl.returns.identify import FIX_SHEET, PERIOD_WORDS, Marker, identify, marker_of
from nq57xl.returns.model import days_after_receipt
from nq57xl.returns.rejoin import rejoin
from nq57xl.rules.codec import content_hash
from nq57xl.rules.findings import Finding
from nq57xl.rules.movement import Moved, predicates_of, said_before
from nq57xl.rules.schema import Facts, Schema
from nq57xl.text.addresses import a1, place_of
from nq57xl.text.legacy import clean, fold
from nq57xl.xlsx.cells import RawCell, RawSheet, RawWorkbook, cell_text, readable

OPEN_FIELD = {"led": "progress", "supporting": "contribution", "indicator": "value"}
"""Tables whose rows this office's own tasks and indicators answer, and the cell that every row has which is open."""
_MOST_ROWS = 2_000
"""Every row is compared with every own one."""
_LISTS = "_lists"


@frozen
class SuperiorCell:
    """One cell of the form that is to be filled in."""

    sheet: str
    """Its tab name."""
    cell: str
    """A1 address."""
    typed: str = ""
    """What stands in it already."""


@frozen
class SuperiorRow:
    """One row of the form: a task that this office leads or supports, or an indicator that it follows."""

    table: str
    key: str
    """Code of the task or indicator in the superior plan."""
    sheet: str
    section: str
    """Number of the heading above."""
    texts: Mapping[str, str] = field(factory=dict)
    """Locked texts by column."""
    cells: Mapping[str, SuperiorCell] = field(factory=dict)
    """Entry cells by field; none in a row that is closed."""

    @property
    def print(self) -> str:
        """Names the row's text, wherever it stands: another text, another print."""
        told = [fold(self.texts.get(name, "")) for name in ("work", "product", "indicator", "unit", "target")]
        return content_hash((self.table, *told))


@frozen
class SuperiorForm:
    """What the form says of itself."""

    plan_id: str
    plan_version: str
    unit: str
    """Code of this office in the superior plan."""
    period: str
    issue_id: str
    rows: tuple[SuperiorRow, ...]
    sections: Mapping[str, Mapping[str, str]] = field(factory=dict)
    """Table -> number -> heading."""
    lists: Mapping[str, tuple[str, ...]] = field(factory=dict)
    """Words of its dropdowns."""
    named: SuperiorCell | None = None
    """Where the form says whose it is: the name of this office as the superior one writes it."""
    sent_back: bool = False
    """It was sent back for correction: what stands in its cells is what this office had typed."""
    untouched: bool = False
    """Nobody has saved it since it was issued: what stands in its cells was put there by the superior office."""

    def offers(self, name: str, title: str) -> bool:
        """Whether the form's list of that name has those words; True where the form shows no such list."""
        return name not in self.lists or title in self.lists[name]

    def plan(self, year: int) -> model.Plan:
        """The part of the superior plan that the form shows: what this office leads, supports, and its indicators."""
        headings = {**self.sections.get("supporting", {}), **self.sections.get("led", {})}
        return model.Plan(
            model.Properties(self.plan_id, "", year),
            sections=tuple(model.Section(*item) for item in headings.items()),
            tasks=tuple(_task(row, year) for row in self.rows if row.table != "indicator"),
            indicator_groups=tuple(model.Section(*item) for item in self.sections.get("indicator", {}).items()),
            indicators=tuple(_indicator(row) for row in self.rows if row.table == "indicator"),
        )

    def asked_back(
        self,
        raw: RawWorkbook,
        schema: Schema,
        days: tuple[model.Period, dt.datetime],
        facts: Mapping[tuple[str, str], Facts],
    ) -> tuple[Finding, ...]:
        """Errors and warnings of the cells that may be filled in, in the order of the form.

        `raw`: the form as it is filled in; `days`: this office's period, and the moment at which it is judged;
        `facts`: of the form's rows, by table and key, as far as this office knows them.
        """
        period, now = days
        form = _FormAsFound(self, raw, schema, _window(raw, period), facts).form()
        back = rejoin(Source("", "", "", 0, now, "first_seen"), raw, form)
        judged = back.judged((*back.findings, *check([back])[0], *days_after_receipt(back.values, now)))
        places = {(cell.sheet, cell.cell) for row in self.rows for cell in row.cells.values()}
        return tuple(
            item
            for item in judged.findings
            if item.severity in ("error", "warning") and item.field and (item.sheet, item.cell) in places
        )


def read_superior_form(
    raw: RawWorkbook, unlocked: Mapping[str, frozenset[str]], fields: Mapping[str, Collection[str]], name: str
) -> SuperiorForm:
    """The form in that workbook; `unlocked`: addresses by sheet of the cells that may be typed in.

    `fields`: by table, of this office's schemas: what is an entry cell where a program has dropped every lock.
    Raises Nq57Error when the workbook is no form, or its hidden sheets are gone.
    """
    identity = identify(raw)
    if identity is None or not identity.issue_id or not identity.period:
        raise Nq57Error(
            f"«{name}» không phải biểu mẫu nq57xl do cấp trên phát hành (không đọc được mã biểu mẫu ẩn trong tệp). Hãy "
            "dùng đúng tệp đã nhận, chưa chép sang tệp khác."
        )
    lists: dict[str, tuple[str, ...]] = {}
    named: SuperiorCell | None = None
    rows: dict[tuple[str, str], SuperiorRow] = {}
    sections: dict[str, dict[str, str]] = {}
    markers = [marker for sheet in raw.sheets if (marker := marker_of(sheet)) is not None]  # some sheets were added
    for marker in markers:
        if marker.short_id != identity.short_id:
            continue
        named = named or _named(marker.raw)
        if marker.sheet == _LISTS:
            lists = {
                name: tuple(text for row in marker.rows if (text := _text(marker.raw, row, column)))
                for column, name in marker.columns.items()
            }
        else:
            for row in _rows(marker, unlocked.get(marker.raw.name) or fields, sections):
                rows[row.table, row.key] = _joined(rows.get((row.table, row.key)), row, name)
                if len(rows) > _MOST_ROWS:
                    raise Nq57Error(f"«{name}» có hơn {_MOST_ROWS} dòng: đây không phải biểu mẫu như đã phát hành.")
    return SuperiorForm(
        identity.plan_id,
        identity.plan_version,
        identity.unit,
        identity.period,
        identity.issue_id,
        rows=tuple(_open(row, lists) for row in rows.values()),
        sections=sections,
        lists=lists,
        named=named,
        sent_back=any(marker.sheet == FIX_SHEET for marker in markers),
    )


def _open(row: SuperiorRow, lists: Mapping[str, tuple[str, ...]]) -> SuperiorRow:
    """The row; without cells where it was closed: all that can be chosen there is to ask that it be opened again."""
    cell = row.cells.get(OPEN_FIELD[row.table])
    words = lists.get("progress", ()) + lists.get("progress_again", ())
    closed = cell is None or (row.table == "led" and bool(words) and cell.typed not in ("", *words))
    return attrs.evolve(row, cells={}) if closed else row


def _joined(before: SuperiorRow | None, row: SuperiorRow, name: str) -> SuperiorRow:
    """The row with what another sheet has of it: in earlier forms a row stood on several. Raises Nq57Error."""
    if before is None:
        return row
    if before.sheet == row.sheet or before.cells.keys() & row.cells.keys():
        raise Nq57Error(f"«{name}» có dòng {row.key} lặp lại: hãy dùng tệp như đã nhận, chưa chép thêm dòng, trang.")
    texts = {**row.texts, **before.texts}
    return SuperiorRow(row.table, row.key, before.sheet, before.section, texts, {**before.cells, **row.cells})


def _text(sheet: RawSheet, row: int, column: int) -> str:
    return clean(readable(sheet.cells.get((row, column))))


def _named(sheet: RawSheet) -> SuperiorCell | None:
    """The name in the line above the tables: "Sở Xây dựng. Kỳ báo cáo: tháng 4/2026 …"."""
    for place in sorted(sheet.cells):
        name, found, _ = _text(sheet, *place).partition(f". {PERIOD_WORDS}")
        if found:
            return SuperiorCell(sheet.name, a1(*place), name)
    return None


def _rows(
    marker: Marker, entries: frozenset[str] | Mapping[str, Collection[str]], sections: dict[str, dict[str, str]]
) -> Iterator[SuperiorRow]:
    """The rows of the tables that are answered; headings go into `sections`.

    `entries`: addresses of the cells that may be typed in, else the names of the fields by table.
    """
    sheet = marker.raw
    section, heading = "", ""
    for row, key in marker.rows.items():
        texts = {name: _text(sheet, row, column) for column, name in marker.columns.items()}
        if key.startswith("#"):
            section, heading = key[1:], next(filter(None, texts.values()), "")
        table, _, code = key.partition("|")
        if table not in OPEN_FIELD or not code:
            continue
        if section:
            sections.setdefault(table, {})[section] = heading.removeprefix(f"{section}.").strip()
        places = {name: a1(row, column) for column, name in marker.columns.items()}
        if isinstance(entries, Mapping):
            cells = {name: at for name, at in places.items() if name in entries.get(table, ())}
        else:
            cells = {name: at for name, at in places.items() if at in entries}
        yield SuperiorRow(
            table,
            code,
            sheet.name,
            section,
            {name: text for name, text in texts.items() if name not in cells},
            {name: SuperiorCell(sheet.name, at, texts[name]) for name, at in cells.items()},
        )


_STANDARD = re.compile(r"\(hạn chuẩn ([\d/]+)\)")


def _task(row: SuperiorRow, year: int) -> model.Task:
    task, _, subtask = row.texts.get("work", "").partition("\n- ")
    product, _, kpi = row.texts.get("product", "").partition("KPI: ")
    text = row.texts.get("deadline", "")
    standard = _STANDARD.search(text)
    deadline = Deadline.read(standard[1] if standard else text.split("\n")[0], year)
    return model.Task(
        code=row.key,
        section=row.section,
        number=row.texts.get("number", ""),
        subnumber=None,
        task=task,
        subtask=subtask,
        deliverable=product.strip(),
        kpi=kpi.strip(),
        lead=row.texts.get("lead", ""),
        support="",
        deadline=Deadline(text, deadline.kind, deadline.date),
    )


def _indicator(row: SuperiorRow) -> model.Indicator:
    told = {name: row.texts.get(name, "") for name in ("number", "indicator", "unit", "target")}
    target = Target.read(told["target"])
    return model.Indicator(row.key, row.section, told["number"], told["indicator"], told["unit"], target, "")


_WINDOW = re.compile(r"số liệu từ (\d+)/(\d+)(?:/(\d{4}))? đến (\d+)/(\d+)/(\d{4})")


def _window(raw: RawWorkbook, period: model.Period) -> model.Period:
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
    period: model.Period
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
            short_id=self._markers[0].short_id,
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
            cells=tuple(map(self._sheet, self._markers)),
        )

    def _row(self, row: SuperiorRow) -> FormRow:
        known = {**self.known.get((row.table, row.key), {}), **self._base()}
        due = known.pop("due", None)
        if isinstance(due, str):
            known |= {"due": due, "overdue": dt.date.fromisoformat(due) < self.period.cutoff}
        formula = self._formulas.get((row.table, row.key), "")
        # what the row's movement is measured by
        columns = {cell.cell.rstrip("0123456789"): name for name, cell in row.cells.items()}
        lists = [self.schema.lists.get(field.choices, ()) for field in self.schema.table(row.table).fields]
        known |= said_before(formula, columns, {item.title: item.code for choices in lists for item in choices})
        if row.table == "indicator":
            # a kind whose check asks what this one's does: the form does not print it
            rules = [
                item for item in predicates_of(self.schema.table("indicator"), self.schema) if isinstance(item, Moved)
            ]
            asked = {rule.part for rule in rules if rule.stands_in(formula)}
            kinds = [str(known.get("kind") or ""), *get_args(model.IndicatorKind)]
            alike = (
                one for one in kinds if {rule.part for rule in rules if rule.asks({**known, "kind": one})} == asked
            )
            known["kind"] = next(alike, kinds[0]) or None
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
    def _markers(self) -> list[Marker]:
        return [marker for sheet in self.raw.sheets if (marker := marker_of(sheet)) is not None]

    @cached_property
    def _formulas(self) -> dict[tuple[str, str], str]:
        """(table, row key) -> the formula of the row's check."""
        found = {}
        for marker in self._markers:
            for place, cell in marker.raw.cells.items():
                table, bar, key = marker.rows.get(place[0], "").partition("|")
                if bar and cell.formula and marker.columns.get(place[1]) == "check":
                    found[table, key] = cell.formula
        return found

    def _sheet(self, marker: Marker) -> SheetLayout:
        """Every cell that may be filled in, and what stands in the others."""
        sheet, name = marker.raw, marker.sheet
        slots = {}
        for place, cell in sheet.cells.items():
            row_key, column = marker.rows.get(place[0], ""), marker.columns.get(place[1], "")
            stated = self._statement(name, place, row_key, cell)
            slots[place] = stated or Slot(
                name, *place, row_key, column, "text" if cell.formula is None else "formula", cell_text(cell)
            )
        for row in self.superior.rows:
            fields = {item.name: item for item in self.schema.table(row.table).fields}
            for entry, filled in row.cells.items():
                if filled.sheet == sheet.name and entry in fields:
                    inner = (item.name for item in fields.values() if item.within == entry)
                    also, place = tuple(one for one in inner if one not in row.cells), place_of(filled.cell)
                    row_key = f"{row.table}|{row.key}"
                    slots[place] = Slot(name, *place, row_key, entry, "entry", "", row.table, row.key, entry, also)
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
