"""Every cell of every sheet of a form: the single source for rendering, for links and marks, and for reading back.

Keys of a sheet (contract.md 3.7): column A (hidden) holds the row keys, row 1 (hidden) the column keys, A1 the sheet's
identity. A cell is known by (sheet id, row key, column key) wherever it moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Literal

from attrs import frozen

from nq57xl.forms.build import REOPEN
from nq57xl.forms.guide import guide_layout
from nq57xl.forms.model import DONE_BEFORE, Form, FormCell, FormRow, SheetLayout, Slot
from nq57xl.forms.wording import deadline_in_words, period_line
from nq57xl.rules.codec import json_fields
from nq57xl.rules.movement import predicates_of
from nq57xl.rules.schema import SheetSpec, Table

_REQUIRED_MARK = " (*)"
"""Behind the heading of a field that every open row must have, so that "required" does not rest on colour."""
_DECLARATION = (
    "Đơn vị chịu trách nhiệm về tính chính xác, đầy đủ của nội dung, số liệu và minh chứng trong biểu mẫu này."
)
_CARD_HEADS = {"label": "Nội dung", "value": "Đơn vị nhập"}


def layout(form: Form) -> tuple[SheetLayout, ...]:
    """All sheets in order: guide, the sheets with rows for this unit, hidden lists, veryHidden identity.

    An issued form keeps the cells it was issued with.
    """
    if form.cells:
        return form.cells
    return (guide_layout(form), *(_sheet(form, spec) for spec in form.sheets), _lists_layout(form), _meta_layout(form))


class _SheetCells:
    """The cells of a sheet, row by row; its columns are fixed from the start (column A holds the row keys)."""

    def __init__(self, sheet: str, form: Form, columns: Sequence[str]) -> None:
        self.sheet = sheet
        self.columns = {name: number for number, name in enumerate(columns, start=1)}
        self.lines = self.number = 0
        self.key = ""
        self.slots = [Slot(sheet, 0, 0, "", "", "key", f"NQ57|{form.short_id}|{sheet}")]
        self.slots += [Slot(sheet, 0, col, "", name, "key", name) for name, col in self.columns.items()]

    def row(self, key: str = "") -> None:
        """Opens the next row under that key; a row of plain text has none but "@1", "@2" ..."""
        self.number += 1
        self.lines += not key
        self.key = key or f"@{self.lines}"
        self.slots.append(Slot(self.sheet, self.number, 0, self.key, "", "key", self.key))

    def text(self, column: str, text: str, role: Literal["text", "key"] = "text") -> None:
        """A locked text; as `key` the name of a field, in a hidden row that holds those of the table below it."""
        self.slots.append(Slot(self.sheet, self.number, self.columns[column], self.key, column, role, text))

    def cell(self, column: str, cell: FormCell, also: Sequence[str] = ()) -> None:
        """An entry cell of a table's row; in the column "check" the cell that checks the row, or one field of it."""
        role: Literal["check", "entry"] = "check" if column == "check" else "entry"
        place = (self.sheet, self.number, self.columns[column], self.key, column)
        self.slots.append(Slot(*place, role, "", *cell, tuple(also)))

    def layout(self, title: str, *, hidden: bool = False) -> SheetLayout:
        """The sheet, its cells in reading order."""
        slots = sorted(self.slots, key=lambda slot: (slot.row, slot.col))
        return SheetLayout(self.sheet, title, tuple(slots), hidden)


def _lists_layout(form: Form) -> SheetLayout:
    """A column for each list, its items downwards: the ranges that dropdowns refer to."""
    cells = _SheetCells("_lists", form, tuple(form.schema.lists))
    for items in zip_longest(*form.schema.lists.values()):
        cells.row()
        for name, item in zip(form.schema.lists, items, strict=True):
            if item is not None:
                cells.text(name, item.title)
    return cells.layout("_lists", hidden=True)


def _meta_layout(form: Form) -> SheetLayout:
    """The form's identity as text: what survives every program that saves a workbook (pitfalls.md 2)."""
    cells = _SheetCells("_meta", form, ("value",))
    own = json_fields(form, "issue_id short_id plan_id plan_version unit")
    identity = {**own, "period": form.period.code, "version": str(form.version), "schema": form.schema.version}
    for key, value in identity.items():
        cells.row(key)
        cells.text("value", value)
    return cells.layout("_meta", hidden=True)


def _sheet(form: Form, spec: SheetSpec) -> SheetLayout:
    names = [item.name for item in spec.columns]
    cells = _SheetCells(spec.id, form, [*names, "check"] if spec.check else names)
    cells.row()
    cells.text(names[0], f"{form.unit_name}. {period_line(form.period)}. {spec.heading}")
    for block in form.blocks(spec):
        columns = dict(zip((item.name for item in block.columns), names, strict=False))
        _Block(cells, form, block, {**columns, "check": "check"}).lay_out(below=block is not spec)
    return cells.layout(spec.title)


@frozen
class _Block:
    """A table of a sheet: its own, or one that stands under it, in its columns."""

    cells: _SheetCells
    form: Form
    spec: SheetSpec
    columns: Mapping[str, str]
    """Name of a column of the table -> that of the sheet in which it stands."""

    @property
    def table(self) -> Table:
        """Its fields and rules."""
        return self.form.schema.table(self.spec.table)

    def lay_out(self, *, below: bool) -> None:
        """Heading and rows; one under the sheet's own has its title and a hidden row of its column keys above."""
        table, cells, spec = self.form.table(self.spec.table), self.cells, self.spec
        assert table is not None  # Form.blocks
        if below:
            cells.row(f"@keys:{spec.id}")
            for name, place in self.columns.items():
                cells.text(place, name, "key")
            cells.row(f"#{spec.id}")
            cells.text(self.columns[spec.columns[0].name], spec.heading)
        if spec.layout == "card":
            due = deadline_in_words(self.form.period.due)
            cells.row()
            cells.text(next(iter(cells.columns)), f"{_DECLARATION} Thời hạn gửi: {due[0].lower()}{due[1:]}.")
        cells.row(f"@head:{spec.id}" if below else "@head")
        for column in spec.columns:
            title = column.title
            if spec.layout == "card":
                title = _CARD_HEADS.get(column.name, title)
            elif column.entry:
                title = self._marked(column.name, title or self.table.field(column.name).title)
            cells.text(self.columns[column.name], title)
        if spec.check:
            cells.text("check", "Kiểm tra")
        if spec.layout == "card":
            self._card()
            return
        self._statement()
        section = ""
        for item in table.rows:
            if item.section != section and item.section in table.sections:
                section = item.section
                cells.row(f"#{section}")
                cells.text(self.columns[spec.columns[0].name], f"{section}. {table.sections[section]}")
            self._row(item)

    def _marked(self, field: str, title: str) -> str:
        """The title, marked where a rule asks for the field in every row, whatever else is typed."""
        table = self.table
        shared = {item.name for item in self.form.schema.table(table.broadcast).fields} if table.broadcast else set()
        always = any(
            all((name.startswith("#") and name != "#overdue") or name in shared for name in rule.when)
            for rule in table.rules
            if rule.predicate == "required_if" and rule.field == field and not rule.params
        )
        return title + (_REQUIRED_MARK if always else "")

    def _statement(self) -> None:
        """The one statement for all rows, above them: label, cell and hint stand in the first wide columns.

        It stands under the heading, which stays in sight as one scrolls: the less of the screen that takes, the better.
        """
        name, cells = self.spec.statement, self.cells
        if not name or self.form.table(name) is None:
            return
        columns = [*self.columns.values()]
        for field in self.form.schema.table(name).fields:
            cells.row(f"{name}|{field.name}")
            cells.text(columns[1], field.title)
            cells.cell(columns[2], (name, name, field.name))
            cells.text(columns[3], field.hint)
            if self.spec.check:
                cells.cell("check", (name, name, field.name))

    def _row(self, item: FormRow) -> None:
        spec, cells = self.spec, self.cells
        cells.row(f"{spec.table}|{item.key}")
        first_entry = next((column.name for column in spec.columns if column.entry), "")
        for column in spec.columns:
            place = self.columns[column.name]
            if column.entry and item.open:
                also = [part.name for part in self.table.parts_within(column.name)]
                cells.cell(place, (spec.table, item.key, column.name), also)
            elif column.closed and (REOPEN, item.key) in self.form.facts:  # it may be asked to be opened again
                cells.cell(place, (column.closed, item.key, column.closed))
            elif column.entry:
                cells.text(place, item.texts.get("done", DONE_BEFORE) if column.name == first_entry else "")
            else:
                cells.text(place, item.texts.get(column.name, ""))
        self._check("", asked=item.open, key=item.key)

    def _check(self, field: str, *, asked: bool, key: str) -> None:
        if self.spec.check and asked:
            self.cells.cell("check", (self.spec.table, key, field))
        elif self.spec.check:
            self.cells.text("check", "")

    def _card(self) -> None:
        """One record: a line for each field, each with its own check; then room for the signatures on paper."""
        name, cells = self.spec.table, self.cells
        ruled = {item.rule.field for item in predicates_of(self.table, self.form.schema) if item.rule.live}
        label, value = self.columns["label"], self.columns["value"]
        for number, field in enumerate(self.table.fields, start=1):
            cells.row(f"{name}|{field.name}")
            if "number" in self.columns:
                cells.text(self.columns["number"], str(number))
            cells.text(label, self._marked(field.name, field.title))
            cells.cell(value, (name, name, field.name))
            self._check(field.name, asked=field.name in ruled, key=name)
        for left, right in (("NGƯỜI LẬP BÁO CÁO", "LÃNH ĐẠO ĐƠN VỊ"), ("(Ký, ghi rõ họ tên)", "(Ký, ghi rõ họ tên)")):
            cells.row()
            cells.text(label, left)
            cells.text(value, right)
