"""The form that a superior office issued, as its own cells tell it: this office has no record of how it was laid out.

Every sheet names itself in its corner; hidden keys name rows and fields; locks say which cells are to be filled in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

import attrs
from attrs import field, frozen

from nq57xl.errors import Nq57Error
from nq57xl.plan.model import Deadline, Indicator, IndicatorGroup, Plan, Properties, Section, Task
from nq57xl.plan.understand import parse_deadline, parse_target
from nq57xl.returns.identify import FIX_SHEET, PERIOD_WORDS, facts_of, identify, marker_of
from nq57xl.rules.codec import content_hash
from nq57xl.text.addresses import a1
from nq57xl.text.legacy import clean, fold
from nq57xl.xlsx.cells import RawSheet, RawWorkbook, cell_text, readable

OPEN_FIELD = {"led": "progress", "supporting": "contribution", "indicator": "value"}
"""Tables whose rows this office's own tasks and indicators answer, and the cell that every row has which is open."""
_MOST_ROWS = 2_000
"""Every row is compared with every own one."""
_LISTS, _META = "_lists", "_meta"


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
    facts: Mapping[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    named: SuperiorCell | None = None
    rows: dict[tuple[str, str], SuperiorRow] = {}
    sections: dict[str, dict[str, str]] = {}
    for sheet in raw.sheets:
        marker = marker_of(sheet)
        if marker is None or marker.short_id != identity.short_id:
            continue
        if marker.sheet == _META:
            facts = facts_of(sheet, marker)
        keys = _Keys(sheet, (marker.row, marker.column))
        named = named or keys.named()
        if marker.sheet == _LISTS:
            lists = keys.lists()
        else:
            for row in keys.rows(unlocked.get(sheet.name) or fields, sections):
                rows[row.table, row.key] = _joined(rows.get((row.table, row.key)), row, name)
                if len(rows) > _MOST_ROWS:
                    raise Nq57Error(f"«{name}» có hơn {_MOST_ROWS} dòng: đây không phải biểu mẫu như đã phát hành.")
    return SuperiorForm(
        facts.get("plan_id", ""),
        facts.get("plan_version", ""),
        identity.unit,
        identity.period,
        identity.issue_id,
        rows=tuple(_open(row, lists) for row in rows.values()),
        sections=sections,
        lists=lists,
        named=named,
        sent_back=any(marker is not None and marker.sheet == FIX_SHEET for marker in map(marker_of, raw.sheets)),
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


@frozen
class _Keys:
    """A sheet by its hidden keys."""

    sheet: RawSheet
    corner: tuple[int, int]

    def _columns(self) -> dict[int, str]:
        """Column -> its key."""
        row, corner = self.corner
        cells = self.sheet.cells.items()
        return {place[1]: clean(cell_text(cell)) for place, cell in cells if place[0] == row and place[1] != corner}

    def _rows(self) -> Iterator[tuple[int, str]]:
        """Row and its key, downwards."""
        corner, column = self.corner
        for place, cell in sorted(self.sheet.cells.items()):
            if place[1] == column and place[0] != corner:
                yield place[0], clean(cell_text(cell))

    def _text(self, row: int, column: int) -> str:
        return clean(readable(self.sheet.cells.get((row, column))))

    def lists(self) -> dict[str, tuple[str, ...]]:
        """Name of a list -> its words."""
        rows = [row for row, _ in self._rows()]
        return {
            name: tuple(text for row in rows if (text := self._text(row, column)))
            for column, name in self._columns().items()
        }

    def named(self) -> SuperiorCell | None:
        """The name in the line above the tables: "Sở Xây dựng. Kỳ báo cáo: tháng 4/2026 …"."""
        for place in sorted(self.sheet.cells):
            name, found, _ = self._text(*place).partition(f". {PERIOD_WORDS}")
            if found:
                return SuperiorCell(self.sheet.name, a1(*place), name)
        return None

    def rows(
        self, entries: frozenset[str] | Mapping[str, Collection[str]], sections: dict[str, dict[str, str]]
    ) -> Iterator[SuperiorRow]:
        """The rows of the tables that are answered; headings go into `sections`.

        `entries`: addresses of the cells that may be typed in, else the names of the fields by table.
        """
        columns, section, heading = self._columns(), "", ""
        for row, key in self._rows():
            if key.startswith("#"):
                section, heading = key[1:], next((text for col in columns if (text := self._text(row, col))), "")
            table, _, code = key.partition("|")
            if table not in OPEN_FIELD or not code:
                continue
            if section:
                sections.setdefault(table, {})[section] = heading.removeprefix(f"{section}.").strip()
            places = {name: (row, column) for column, name in columns.items()}
            names = entries.get(table, ()) if isinstance(entries, Mapping) else places
            open_ = {
                name: at
                for name, at in places.items()
                if name in names and (isinstance(entries, Mapping) or a1(*at) in entries)
            }
            yield SuperiorRow(
                table,
                code,
                self.sheet.name,
                section,
                {name: self._text(*at) for name, at in places.items() if name not in open_},
                {name: SuperiorCell(self.sheet.name, a1(*at), self._text(*at)) for name, at in open_.items()},
            )


_STANDARD = re.compile(r"\(hạn chuẩn ([\d/]+)\)")


def superior_plan(form: SuperiorForm, year: int) -> Plan:
    """The part of the superior plan that the form shows: what this office leads and supports, and its indicators."""
    tasks = [_task(row, year) for row in form.rows if row.table != "indicator"]
    indicators = [_indicator(row) for row in form.rows if row.table == "indicator"]
    headings = {**form.sections.get("supporting", {}), **form.sections.get("led", {})}
    groups = form.sections.get("indicator", {})
    return Plan(
        Properties(form.plan_id, "", year),
        sections=tuple(Section(*item) for item in headings.items()),
        tasks=tuple(tasks),
        indicator_groups=tuple(IndicatorGroup(*item) for item in groups.items()),
        indicators=tuple(indicators),
    )


def _task(row: SuperiorRow, year: int) -> Task:
    task, _, subtask = row.texts.get("work", "").partition("\n- ")
    product, _, kpi = row.texts.get("product", "").partition("KPI: ")
    text = row.texts.get("deadline", "")
    standard = _STANDARD.search(text)
    deadline = parse_deadline(standard[1] if standard else text.split("\n")[0], year)
    return Task(
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


def _indicator(row: SuperiorRow) -> Indicator:
    told = {name: row.texts.get(name, "") for name in ("number", "indicator", "unit", "target")}
    target = parse_target(told["target"])
    return Indicator(row.key, row.section, told["number"], told["indicator"], told["unit"], target, "")
