"""What the office may edit: a line for each row of the counting returns, its cells side by side; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from nq57xl.forms.model import FormCell, Value
from nq57xl.forms.wording import shorten
from nq57xl.ledger.model import AppliedEdit, CellKey
from nq57xl.plan.model import Plan
from nq57xl.results.consolidation import Consolidation
from nq57xl.results.edited import OFFICE, OFFICE_NAME, values_of
from nq57xl.results.wording import numbered, work_of
from nq57xl.rules.schema import CellValue, Facts, Field
from nq57xl.text.legacy import one_line

_LOCKED_TABLES = ("signoff", "statement", "unchanged", "no_data_rest", "reopen")
"""Who signed, and the statements for all rows of a table, are the unit's own word."""
_ROW_WORDS = 75
"""Letters of a row's text: two or three lines of its column, enough to know it by."""
OFFICE_TEXTS = {
    "steering": "I. Công tác chỉ đạo, điều hành",
    "judgement": "III.1. Nhận định chung",
}
"""Names of the office's own words in the document, and where they stand there."""
OFFICE_FIELD = Field("text", "Lời của văn phòng", "text", "Viết thành câu; thay cho chỗ tô vàng.", max_length=3000)


@frozen
class EditCell:
    """One cell that may be edited, as it stands."""

    field: Field
    kind: str
    """Type of the cell, a measure resolved by its row."""
    own: Value | None
    """What the unit typed; None for a blank cell."""
    edit: AppliedEdit | None
    """The edit that holds."""

    @property
    def value(self) -> CellValue:
        """What the cell of the sheet holds: the edit, else what the unit said, as it was understood if it was."""
        if self.edit is not None:
            return self.edit.edit.new.value
        return (self.own.typed if self.own.value is None else self.own.value) if self.own is not None else None


@frozen
class EditLine:
    """One row of a unit's report with its cells side by side."""

    place: tuple[str, str, str]
    """Unit, table, row key."""
    unit_name: str
    row: str
    """Row in words: "I.1. Rà soát thủ tục"."""
    facts: Facts
    cells: tuple[EditCell, ...]
    """In the order of the table's fields."""
    before: str = ""
    """The office's own words of the period before."""


@frozen
class EditTable:
    """The lines of one kind of row: a sheet."""

    title: str
    fields: tuple[Field, ...]
    lines: tuple[EditLine, ...]


def edit_tables(c: Consolidation) -> Iterator[EditTable]:
    """The office's own words, then each table that has lines; units in their order, rows in the plan's.

    A row of an edit whose cells are gone from the returns has its line, so that it can be taken back.
    """
    held = {item.edit.new.place: item for item in c.edits}
    yield EditTable(OFFICE_FIELD.title, (OFFICE_FIELD,), tuple(_office_lines(c, held)))
    labels, facts = _labels(c.plan), _facts(c.plan)
    order = {row: index for index, row in enumerate(labels)}
    for table in c.schema.tables:
        if table.name in _LOCKED_TABLES or not table.fields:
            continue
        lines = []
        for unit, name, own in _units(c, held):
            keys = dict.fromkeys(key for named, key, _ in own if named == table.name)
            keys |= dict.fromkeys(key for code, named, key, _ in held if (code, named) == (unit, table.name))
            for key in sorted(keys, key=lambda key: (order.get((table.name, key), len(order)), len(key), key)):
                place, about = (unit, table.name, key), facts.get(key, {})
                cells = tuple(
                    EditCell(item, item.kind(about), own.get((*place[1:], item.name)), held.get((*place, item.name)))
                    for item in table.fields
                )
                lines.append(EditLine(place, name, shorten(labels.get(place[1:], key), _ROW_WORDS), about, cells))
        if lines:
            yield EditTable(table.title, table.fields, tuple(lines))


def _office_lines(c: Consolidation, held: Mapping[CellKey, AppliedEdit]) -> Iterator[EditLine]:
    """The office's own words in bao-cao.docx, with those of the period before offered again."""
    before = c.earlier_periods[-1].office_texts if c.earlier_periods else {}
    for name, title in OFFICE_TEXTS.items():
        cell = EditCell(OFFICE_FIELD, "text", None, held.get(("-", OFFICE, name, OFFICE_FIELD.name)))
        yield EditLine(("-", OFFICE, name), OFFICE_NAME, title, {}, (cell,), before.get(name, ""))


def _units(
    c: Consolidation, held: Mapping[CellKey, AppliedEdit]
) -> Iterator[tuple[str, str, Mapping[FormCell, Value | None]]]:
    """(code, name, the unit's own cells as it typed them) of each unit that reported or whose report was edited."""
    told = set()
    for report in c.units:
        unit = report.status
        told.add(unit.code)
        own: dict[FormCell, Value | None] = {**values_of(unit.counting)} if unit.counting is not None else {}
        own |= {place[1:]: item.original for place, item in held.items() if place[0] == unit.code and own}
        yield unit.code, unit.name, own
    gone = {place[0]: item.name for place, item in held.items() if place[0] not in told and place[1] != OFFICE}
    for code, name in gone.items():
        yield code, name, {}


def _labels(plan: Plan) -> dict[tuple[str, str], str]:
    """(table, row key) -> the row in words, in the plan's order."""
    labels: dict[tuple[str, str], str] = {}
    for table in ("led", "supporting"):
        labels |= {(table, task.code): f"{numbered(task)}. {one_line(work_of(task))}" for task in plan.tasks}
    return labels | {
        ("indicator", item.code): f"{item.group}.{item.number}. {one_line(item.indicator)}" for item in plan.indicators
    }


def _facts(plan: Plan) -> dict[str, Facts]:
    return {item.code: {"measure": item.measure} for item in plan.indicators}
