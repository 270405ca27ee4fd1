"""Every cell of every sheet of a form: the single source for rendering, for links and marks, and for reading back.

The contract of a sheet: column A (hidden) holds the row keys, row 1 (hidden) the column keys, A1 the sheet's identity.
A cell is known by (sheet id, row key, column key) wherever it moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nq57xl.forms.build import REOPEN
from nq57xl.forms.guide import guide_layout
from nq57xl.forms.model import Form, FormCell, FormRow, SheetLayout, Slot
from nq57xl.forms.wording import DONE_BEFORE, deadline_in_words, period_line
from nq57xl.rules.movement import predicates_of
from nq57xl.rules.schema import SheetSpec


class _LayoutBuilder:
    """Collects slots; rows are opened in order, columns are fixed from the start (column A holds the keys)."""

    def __init__(self, sheet: str, short_id: str, columns: Sequence[str]) -> None:
        self.sheet = sheet
        self.columns = {name: index + 1 for index, name in enumerate(columns)}
        self.rows: dict[str, int] = {}
        self.lines = self.last = 0
        self.slots = [Slot(sheet, 0, 0, "", "", "key", f"NQ57|{short_id}|{sheet}")]
        self.slots += [Slot(sheet, 0, col, "", name, "key", name) for name, col in self.columns.items()]

    def row(self, key: str) -> str:
        """Opens the next row under that key."""
        self.last += 1
        self.rows[key] = self.last
        self.slots.append(Slot(self.sheet, self.last, 0, key, "", "key", key))
        return key

    def free_row(self) -> str:
        """Opens the next row of plain text: "@1", "@2" ..."""
        self.lines += 1
        return self.row(f"@{self.lines}")

    def line(self, text: str) -> None:
        """A row of one text, in the first visible column."""
        self.text(self.free_row(), next(iter(self.columns)), text)

    def pair(self, left: str, left_text: str, right: str, right_text: str) -> None:
        """A row of two texts."""
        row = self.free_row()
        self.text(row, left, left_text)
        self.text(row, right, right_text)

    def text(self, row: str, column: str, text: str) -> None:
        """A locked text."""
        self.slots.append(Slot(self.sheet, self.rows[row], self.columns[column], row, column, "text", text))

    def entry(self, row: str, column: str, cell: FormCell, also: Sequence[str] = ()) -> None:
        """An entry cell of a table's row."""
        place = (self.sheet, self.rows[row], self.columns[column])
        self.slots.append(Slot(*place, row, column, "entry", "", *cell, tuple(also)))

    def check(self, row: str, cell: FormCell) -> None:
        """The cell that checks a table's row, or one field of it."""
        place = (self.sheet, self.rows[row], self.columns["check"])
        self.slots.append(Slot(*place, row, "check", "check", "", *cell))

    def keys(self, row: str, columns: Mapping[str, str]) -> None:
        """A hidden row that names the fields of the table below it, as the first row does for the whole sheet."""
        self.row(row)
        places = {name: (self.sheet, self.rows[row], self.columns[column]) for name, column in columns.items()}
        self.slots += [Slot(*place, row, columns[name], "key", name) for name, place in places.items()]

    def done(self) -> tuple[Slot, ...]:
        """The slots in reading order."""
        return tuple(sorted(self.slots, key=lambda slot: (slot.row, slot.col)))


def _lists_layout(form: Form) -> SheetLayout:
    """A column for each list, its items downwards: the ranges that dropdowns refer to."""
    builder = _LayoutBuilder("_lists", form.short_id, tuple(form.schema.lists))
    for number in range(max((len(items) for items in form.schema.lists.values()), default=0)):
        row = builder.free_row()
        for name, items in form.schema.lists.items():
            if number < len(items):
                builder.text(row, name, items[number].title)
    return SheetLayout("_lists", "_lists", builder.done(), hidden=True)


def _meta_layout(form: Form) -> SheetLayout:
    """The form's identity as text: what survives every program that saves a workbook (pitfalls 1)."""
    builder = _LayoutBuilder("_meta", form.short_id, ("value",))
    identity = {
        "issue_id": form.issue_id,
        "short_id": form.short_id,
        "plan_id": form.plan_id,
        "plan_version": form.plan_version,
        "unit": form.unit,
        "period": form.period.code,
        "version": str(form.version),
        "schema": form.schema.version,
    }
    for key, value in identity.items():
        builder.row(key)
        builder.text(key, "value", value)
    return SheetLayout("_meta", "_meta", builder.done(), hidden=True)


_CHECK_TITLE = "Kiểm tra"
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


def _sheet(form: Form, spec: SheetSpec) -> SheetLayout:
    columns = [item.name for item in spec.columns] + (["check"] if spec.check else [])
    builder = _LayoutBuilder(spec.id, form.short_id, columns)
    builder.line(f"{form.unit_name}. {period_line(form.period)}. {spec.heading}")
    for block in form.blocks(spec):
        _block(builder, form, block, spec)
    return SheetLayout(spec.id, spec.title, builder.done())


def _heads(form: Form, spec: SheetSpec) -> dict[str, str]:
    table = form.schema.table(spec.table)
    always = _always_required(form, spec)
    heads = {}
    for column in spec.columns:
        if spec.layout == "card":
            heads[column.name] = _CARD_HEADS.get(column.name, column.title)
        elif column.entry:
            title = column.title or table.field(column.name).title
            heads[column.name] = title + (_REQUIRED_MARK if column.name in always else "")
        else:
            heads[column.name] = column.title
    return heads | ({"check": _CHECK_TITLE} if spec.check else {})


def _always_required(form: Form, spec: SheetSpec) -> set[str]:
    """Fields that a rule asks for in every row, whatever else is typed."""
    table = form.schema.table(spec.table)
    shared = {field.name for field in form.schema.table(table.broadcast).fields} if table.broadcast else set()
    return {
        rule.field
        for rule in table.rules
        if rule.predicate == "required_if" and not rule.params
        if all((name.startswith("#") and name != "#overdue") or name in shared for name in rule.when)
    }


def _statement(builder: _LayoutBuilder, form: Form, spec: SheetSpec) -> None:
    """The one statement for all rows, above them: label, cell and hint stand in the first wide columns.

    It stands under the heading, which stays in sight as one scrolls: the less of the screen that takes, the better.
    """
    if not spec.statement or form.table(spec.statement) is None:
        return
    names = [item.name for item in spec.columns]
    for field in form.schema.table(spec.statement).fields:
        row = f"{spec.statement}|{field.name}"
        builder.row(row)
        builder.text(row, names[1], field.title)
        builder.entry(row, names[2], (spec.statement, spec.statement, field.name))
        builder.text(row, names[3], field.hint)
        if spec.check:
            builder.check(row, (spec.statement, spec.statement, field.name))


def _block(builder: _LayoutBuilder, form: Form, spec: SheetSpec, sheet: SheetSpec) -> None:
    """A table with its heading; one under the sheet's own has its title and a hidden row of its column keys above."""
    table = form.table(spec.table)
    assert table is not None  # Form.blocks
    columns = dict(zip((item.name for item in spec.columns), (item.name for item in sheet.columns), strict=False))
    columns["check"] = "check"
    head = "@head"
    if spec is not sheet:
        head = f"@head:{spec.id}"
        builder.keys(f"@keys:{spec.id}", columns)
        builder.row(f"#{spec.id}")
        builder.text(f"#{spec.id}", sheet.columns[0].name, spec.heading)
    if spec.layout == "card":
        due = deadline_in_words(form.period.due)
        builder.line(f"{_DECLARATION} Thời hạn gửi: {due[0].lower()}{due[1:]}.")
    builder.row(head)
    for name, title in _heads(form, spec).items():
        builder.text(head, columns[name], title)
    if spec.layout == "card":
        _card(builder, form, spec, columns)
        return
    _statement(builder, form, spec)
    section = ""
    for item in table.rows:
        if item.section != section and item.section in table.sections:
            section = item.section
            builder.row(f"#{section}")
            builder.text(f"#{section}", spec.columns[0].name, f"{section}. {table.sections[section]}")
        _row(builder, item, spec, columns, form)


def _row(builder: _LayoutBuilder, item: FormRow, spec: SheetSpec, columns: Mapping[str, str], form: Form) -> None:
    key, table = f"{spec.table}|{item.key}", form.schema.table(spec.table)
    builder.row(key)
    first_entry = next((column.name for column in spec.columns if column.entry), "")
    for column in spec.columns:
        place = columns[column.name]
        if column.entry and item.open:
            also = [part.name for part in table.parts_within(column.name)]
            builder.entry(key, place, (spec.table, item.key, column.name), also)
        elif column.closed and (REOPEN, item.key) in form.facts:  # it may be asked to be opened again
            builder.entry(key, place, (column.closed, item.key, column.closed))
        elif column.entry:
            builder.text(key, place, item.texts.get("done", DONE_BEFORE) if column.name == first_entry else "")
        else:
            builder.text(key, place, item.texts.get(column.name, ""))
    if spec.check and item.open:
        builder.check(key, (spec.table, item.key, ""))
    elif spec.check:
        builder.text(key, "check", "")


def _card(builder: _LayoutBuilder, form: Form, spec: SheetSpec, columns: Mapping[str, str]) -> None:
    """One record: a line for each field, each with its own check; then room for the signatures on paper."""
    table = form.schema.table(spec.table)
    ruled = {item.rule.field for item in predicates_of(table, form.schema) if item.rule.live}
    required = _always_required(form, spec)
    label, value = columns["label"], columns["value"]
    for number, field in enumerate(table.fields, start=1):
        key = f"{spec.table}|{field.name}"
        builder.row(key)
        if "number" in columns:
            builder.text(key, columns["number"], str(number))
        builder.text(key, label, field.title + (_REQUIRED_MARK if field.name in required else ""))
        builder.entry(key, value, (spec.table, spec.table, field.name))
        if spec.check and field.name in ruled:
            builder.check(key, (spec.table, spec.table, field.name))
        elif spec.check:
            builder.text(key, "check", "")
    builder.pair(label, "NGƯỜI LẬP BÁO CÁO", value, "LÃNH ĐẠO ĐƠN VỊ")
    builder.pair(label, "(Ký, ghi rõ họ tên)", value, "(Ký, ghi rõ họ tên)")
