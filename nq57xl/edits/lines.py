"""What the office may edit: a line for each cell of the counting returns, in the order of the report; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from nq57xl.forms.values import Value
from nq57xl.forms.wording import shorten
from nq57xl.ledger.model import AppliedEdit, CellKey, UnitStatus
from nq57xl.plan.model import Plan
from nq57xl.results.consolidation import Consolidation
from nq57xl.results.edited import OFFICE, OFFICE_NAME, values_of
from nq57xl.results.wording import numbered, work_of
from nq57xl.rules.schema import Facts, Field, Schema, Table
from nq57xl.text.legacy import one_line

_LOCKED_TABLES = ("signoff", "statement", "unchanged", "no_data_rest", "reopen")
"""Who signed, and the statements for all rows of a table, are the unit's own word."""
_ROW_WORDS = 75
"""Letters of a row's text: two or three lines of its column, enough to know it by."""
_ALWAYS = ("led", "indicator")
"""Tables in which a blank cell may be filled in by telephone."""


@frozen
class EditLine:
    """One cell that may be edited."""

    place: CellKey
    unit_name: str
    table_title: str
    row: str
    """Row in words: "I.1. Rà soát thủ tục"."""
    field: Field
    facts: Facts
    typed: str
    """What the unit typed; "" for a blank cell."""
    edit: AppliedEdit | None = None
    """The edit that holds."""

    @property
    def kind(self) -> str:
        """Type of the cell, a measure resolved by its row."""
        return self.field.kind(self.facts)


def edit_lines(c: Consolidation) -> Iterator[EditLine]:
    """Every line, units in their order. Edits of cells that are gone from the returns come last."""
    labels, facts = _labels(c.plan), _facts(c.plan)
    held = {item.edit.new.place: item for item in c.edits}
    own = [*_office_lines(c, held)]
    yield from own
    told: set[CellKey] = {line.place for line in own}
    for report in c.units:
        for table, key, item, value in _cells(report.status, held, c.schema, labels):
            place = (report.status.code, table.name, key, item.name)
            told.add(place)
            yield EditLine(
                place=place,
                unit_name=report.status.name,
                table_title=table.title,
                row=shorten(labels.get((table.name, key), key), _ROW_WORDS),
                field=item,
                facts=facts.get(key, {}),
                typed=value.typed if value else "",
                edit=held.get(place),
            )
    for place, edit in held.items():
        if place not in told:
            yield from _gone(place, edit, c.schema, labels)


OFFICE_TEXTS = {
    "steering": "I. Công tác chỉ đạo, điều hành",
    "judgement": "III.1. Nhận định chung",
}
"""Names of the office's own words in the document, and where they stand there."""
OFFICE_FIELD = Field("text", "Lời của văn phòng", "text", "Viết thành câu; thay cho chỗ tô vàng.", max_length=3000)


def _office_lines(c: Consolidation, held: Mapping[CellKey, AppliedEdit]) -> Iterator[EditLine]:
    """The office's own words in bao-cao.docx, with those of the period before offered again."""
    before = c.earlier_periods[-1].office_texts if c.earlier_periods else {}
    for name, title in OFFICE_TEXTS.items():
        place = ("-", OFFICE, name, OFFICE_FIELD.name)
        said = f"Kỳ trước: {before[name]}" if name in before else ""
        yield EditLine(place, OFFICE_NAME, "Văn bản báo cáo", title, OFFICE_FIELD, {}, said, held.get(place))


def _cells(
    unit: UnitStatus, held: Mapping[CellKey, AppliedEdit], schema: Schema, labels: Mapping[tuple[str, str], str]
) -> Iterator[tuple[Table, str, Field, Value | None]]:
    """(table, row key, field, the unit's own cell) of every cell of a unit that may be edited."""
    if unit.counting is None:
        return
    own: dict[tuple[str, str, str], Value | None] = {**values_of(unit.counting)}
    for place, edit in held.items():
        if place[0] == unit.code and edit.state == "applied":
            own[place[1:]] = edit.original
    order = {row: index for index, row in enumerate(labels)}
    for table in schema.tables:
        if table.name in _LOCKED_TABLES:
            continue
        keys = dict.fromkeys(key for name, key, _ in own if name == table.name)
        for key in sorted(keys, key=lambda key: (order.get((table.name, key), len(order)), len(key), key)):
            for item in table.fields:
                value = own.get((table.name, key, item.name))
                if value is not None or _asked(table, item) or (table.name, key, item.name) in own:
                    yield table, key, item, value


def _asked(table: Table, item: Field) -> bool:
    """A blank cell of that field is worth a line: a figure, or what a rule may require."""
    if table.name not in _ALWAYS:
        return False
    required = [rule for rule in table.rules if rule.predicate == "required_if"]
    named = {name for rule in required for group in rule.params.get("any_of", [[rule.field]]) for name in group}
    return item.type != "text" or item.name in named


def _gone(
    place: CellKey, edit: AppliedEdit, schema: Schema, labels: Mapping[tuple[str, str], str]
) -> Iterator[EditLine]:
    """The line of an edit whose cell is in no counting return."""
    _, name, key, field = place
    table = next((item for item in schema.tables if item.name == name), None)
    known = next((item for item in table.fields if item.name == field), None) if table else None
    if table is not None and known is not None:
        yield EditLine(place, edit.name, table.title, labels.get((name, key), key), known, {}, "", edit)


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
