"""Every cell of every sheet of a form: the single source for rendering, for links and marks, and for reading back.

The contract of a sheet: column A (hidden) holds the row keys, row 1 (hidden) the column keys, A1 the sheet's identity.
A cell is known by (sheet id, row key, column key) wherever it moves.
"""

from __future__ import annotations

from collections.abc import Iterator

from nq57xl.forms.layout_fixed import guide_layout, lists_layout, meta_layout
from nq57xl.forms.layout_sheet import Builder
from nq57xl.forms.wording import DONE_BEFORE, deadline_in_words, period_line
from nq57xl.records.form import Form, FormRow, SheetLayout, Slot
from nq57xl.records.schema import SheetSpec
from nq57xl.rules.predicates import predicates_of

CHECK_TITLE = "Kiểm tra"
REQUIRED_MARK = " (*)"
"""Behind the heading of a field that every open row must have, so that "required" does not rest on colour."""
_DECLARATION = (
    "Đơn vị chịu trách nhiệm về tính chính xác, đầy đủ của nội dung, số liệu và minh chứng trong biểu mẫu này."
)
_RECEIVED = (
    "Nội dung các đơn vị phối hợp đã báo cáo trong kỳ, để đơn vị chủ trì sử dụng khi báo cáo; trang này đã khóa, "
    "không phải nhập."
)
_CARD_HEADS = {"label": "Nội dung", "value": "Đơn vị nhập"}


def layout(form: Form) -> tuple[SheetLayout, ...]:
    """All sheets in order: guide, the sheets with rows for this unit, hidden lists, veryHidden identity.

    An issued form keeps the cells it was issued with.
    """
    return form.cells or _fresh_layout(form)


def _fresh_layout(form: Form) -> tuple[SheetLayout, ...]:
    sheets = tuple(_sheet(form, spec) for spec in visible_specs(form))
    return (guide_layout(form, visible_specs(form)), *sheets, lists_layout(form), meta_layout(form))


def visible_specs(form: Form) -> tuple[SheetSpec, ...]:
    """The sheets of the schema whose table has rows in this form."""
    return tuple(spec for spec in form.schema.sheets if form.table(spec.table) is not None)


def entry_slots(form: Form) -> tuple[Slot, ...]:
    """Every cell that the unit may type in."""
    return tuple(slot for slot in _slots(form) if slot.role == "entry")


def locked_slots(form: Form) -> tuple[Slot, ...]:
    """Every cell whose text was issued and must come back as it was."""
    return tuple(slot for slot in _slots(form) if slot.role in ("text", "key"))


def _slots(form: Form) -> Iterator[Slot]:
    for sheet in layout(form):
        yield from sheet.slots


def _sheet(form: Form, spec: SheetSpec) -> SheetLayout:
    columns = [item.name for item in spec.columns] + (["check"] if spec.check else [])
    builder = Builder(spec.id, form.short_id, columns)
    builder.line(spec.heading)
    due = deadline_in_words(form.period.due)
    builder.line(f"{form.unit_name}. {period_line(form.period)}. Thời hạn gửi: {due[0].lower()}{due[1:]}.")
    builder.line(_instruction(spec))
    if spec.layout == "card":
        _card(builder, form, spec)
    else:
        _statement(builder, form, spec)
        _rows(builder, form, spec)
    return SheetLayout(spec.id, spec.title, builder.done())


def _instruction(spec: SheetSpec) -> str:
    if spec.table == "signoff":
        return _DECLARATION
    if not any(column.entry for column in spec.columns):
        return _RECEIVED
    if spec.table in ("proposal", "difficulty"):
        return "Mỗi dòng một nội dung; không có nội dung thì để trống cả bảng."
    mark = REQUIRED_MARK.strip()
    return f"Chỉ nhập vào ô nền xanh nhạt, viền đậm; {mark} là ô bắt buộc. Các ô khác đã khóa."


def _heads(form: Form, spec: SheetSpec) -> dict[str, str]:
    table = form.schema.table(spec.table)
    always = _always_required(form, spec)
    heads = {}
    for column in spec.columns:
        if spec.layout == "card":
            heads[column.name] = _CARD_HEADS.get(column.name, column.title)
        elif column.entry:
            heads[column.name] = table.field(column.name).title + (REQUIRED_MARK if column.name in always else "")
        else:
            heads[column.name] = column.title
    return heads | ({"check": CHECK_TITLE} if spec.check else {})


def _always_required(form: Form, spec: SheetSpec) -> set[str]:
    """Fields that a rule asks for in every row, whatever else is typed."""
    rules = form.schema.table(spec.table).rules
    return {rule.field for rule in rules if rule.predicate == "required_if" and not rule.when and not rule.params}


def _statement(builder: Builder, form: Form, spec: SheetSpec) -> None:
    """The one statement for all rows, above them: label, cell and hint stand in the first wide columns."""
    if not spec.statement or form.table(spec.statement) is None:
        return
    names = [item.name for item in spec.columns]
    for field in form.schema.table(spec.statement).fields:
        row = f"{spec.statement}|{field.name}"
        builder.row(row)
        builder.text(row, names[1], field.title)
        builder.cell(row, names[2], "entry", table=spec.statement, key=spec.statement, field=field.name)
        builder.text(row, names[3], field.hint)
        if spec.check:
            builder.cell(row, "check", "check", table=spec.statement, key=spec.statement, field=field.name)


def _rows(builder: Builder, form: Form, spec: SheetSpec) -> None:
    table = form.table(spec.table)
    assert table is not None  # visible_specs
    builder.row("@head")
    for name, title in _heads(form, spec).items():
        builder.text("@head", name, title)
    section = ""
    for item in table.rows:
        if item.section != section and item.section in table.sections:
            section = item.section
            builder.row(f"#{section}")
            builder.text(f"#{section}", spec.columns[0].name, f"{section}. {table.sections[section]}")
        _row(builder, item, spec)


def _row(builder: Builder, item: FormRow, spec: SheetSpec) -> None:
    key = f"{spec.table}|{item.key}"
    builder.row(key)
    first_entry = next((column.name for column in spec.columns if column.entry), "")
    for column in spec.columns:
        if column.entry and item.open:
            builder.cell(key, column.name, "entry", table=spec.table, key=item.key, field=column.name)
        elif column.entry:
            builder.text(key, column.name, item.texts.get("done", DONE_BEFORE) if column.name == first_entry else "")
        else:
            builder.text(key, column.name, item.texts.get(column.name, ""))
    if spec.check and item.open:
        builder.cell(key, "check", "check", table=spec.table, key=item.key, field="")
    elif spec.check:
        builder.text(key, "check", "")


def _card(builder: Builder, form: Form, spec: SheetSpec) -> None:
    """One record: a line for each field, each with its own check; then room for the signatures on paper."""
    table = form.schema.table(spec.table)
    ruled = {item.rule.field for item in predicates_of(table, form.schema) if item.rule.live}
    required = _always_required(form, spec)
    builder.row("@head")
    for name, title in _heads(form, spec).items():
        builder.text("@head", name, title)
    for field in table.fields:
        key = f"{spec.table}|{field.name}"
        builder.row(key)
        builder.text(key, "label", field.title + (REQUIRED_MARK if field.name in required else ""))
        builder.cell(key, "value", "entry", table=spec.table, key=spec.table, field=field.name)
        if spec.check and field.name in ruled:
            builder.cell(key, "check", "check", table=spec.table, key=spec.table, field=field.name)
        elif spec.check:
            builder.text(key, "check", "")
    builder.pair("label", "NGƯỜI LẬP BÁO CÁO", "value", "LÃNH ĐẠO ĐƠN VỊ")
    builder.pair("label", "(Ký, ghi rõ họ tên)", "value", "(Ký, ghi rõ họ tên)")
