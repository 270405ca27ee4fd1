"""Every cell of every sheet of a form: the single source for rendering, for links and marks, and for reading back.

The contract of a sheet: column A (hidden) holds the row keys, row 1 (hidden) the column keys, A1 the sheet's identity.
A cell is known by (sheet id, row key, column key) wherever it moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from nq57xl.forms import build
from nq57xl.forms.build import REOPEN
from nq57xl.forms.model import CellRole, Form, FormRow, SheetLayout, Slot
from nq57xl.forms.progress import COUNTS
from nq57xl.forms.shared_cells import parts_within
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

    def cell(
        self, row: str, column: str, role: CellRole, *, table: str, key: str, field: str, also: Sequence[str] = ()
    ) -> None:
        """An entry or check cell of a table's row."""
        place = (self.sheet, self.rows[row], self.columns[column])
        self.slots.append(Slot(*place, row, column, role, "", table, key, field, tuple(also)))

    def keys(self, row: str, columns: Mapping[str, str]) -> None:
        """A hidden row that names the fields of the table below it, as the first row does for the whole sheet."""
        self.row(row)
        places = {name: (self.sheet, self.rows[row], self.columns[column]) for name, column in columns.items()}
        self.slots += [Slot(*place, row, columns[name], "key", name) for name, place in places.items()]

    def done(self) -> tuple[Slot, ...]:
        """The slots in reading order."""
        return tuple(sorted(self.slots, key=lambda slot: (slot.row, slot.col)))


_GUIDE_TITLE = "Hướng dẫn"
GUIDE_COLUMNS = tuple(f"c{number:02d}" for number in range(1, 25))
"""A grid of narrow columns: the letterhead's two blocks and their rules need other widths than the text below."""
LEFT, RIGHT, BODY, STATE = "c01", "c11", "c05", "c20"
NATION, MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"
_LIVE = {"progress": "Đã điền:", "next": "Việc tiếp theo:"}
"""Formula -> the words in front of it."""
_READ_ONLY = "Để tham khảo"
_MARKS = {"# ": "title", "## ": "subtitle", "### ": "heading", "#### ": "centred"}
LEGEND = (
    ("Ô nhập", "Nền xanh nhạt (in đen trắng là xám nhạt), viền đậm: đơn vị nhập hoặc chọn trong danh sách."),
    ("Ô khóa", "Nền trắng, viền mảnh: nội dung kế hoạch, không sửa."),
    ("Đã xong", "Nền xám, chữ nghiêng: đầu việc đã hoàn thành trước kỳ, không phải điền."),
    ("Ô xám", "Nền xám: không áp dụng với nội dung đã chọn trên dòng, để trống. Chọn lại thì ô trở lại như cũ."),
    ("Thiếu: …", "Cột «Kiểm tra», nền vàng: còn ô bắt buộc chưa nhập, gọi theo tên cột."),
    ("Mâu thuẫn: …", "Cột «Kiểm tra», nền đỏ nhạt: có ô sai hoặc mâu thuẫn với ô khác, cần xem lại."),
    ("(*)", "Sau tên cột: ô bắt buộc ở mọi dòng. Ô bắt buộc theo tiến độ được nhắc ở cột «Kiểm tra»."),
)


@frozen
class GuideLine:
    """One row of the guide: its kind decides how it looks."""

    kind: str
    """letterhead, rule, title, subtitle, centred, heading, field, live, step, item, text, page, legend, counts."""
    cells: tuple[tuple[str, str], ...]
    """(column, text)."""
    page: str = ""
    """Id of the sheet that the line links to."""
    formulas: tuple[tuple[str, str], ...] = ()
    """(column, name of the formula in forms.progress)."""


def guide_lines(form: Form, specs: Sequence[SheetSpec]) -> tuple[GuideLine, ...]:
    """The letterhead (Decree 30/2020/NĐ-CP, Appendix I), then the lines of the template."""
    lines = [
        GuideLine("letterhead", ((LEFT, form.parent.upper()), (RIGHT, NATION))),
        GuideLine("letterhead", ((LEFT, form.agency.upper()), (RIGHT, MOTTO))),
        GuideLine("rule", ()),
    ]
    for line in form.guide:
        if line == build.PROGRESS:
            lines += [GuideLine("live", ((LEFT, label),), formulas=((BODY, name),)) for name, label in _LIVE.items()]
        elif line == build.PAGES:
            lines += [_page(form, spec) for spec in specs]
        elif line == build.LEGEND:
            lines += [GuideLine("legend", ((LEFT, sample), (BODY, meaning))) for sample, meaning in _legend(form)]
        else:
            lines.append(_line(line))
    return (*lines, *_counts(form, specs))


def _legend(form: Form) -> Sequence[tuple[str, str]]:
    """Samples of cells with their meaning: of an issued form those that it was issued with."""
    if not form.cells:
        return LEGEND
    texts: dict[int, dict[str, str]] = {}
    for slot in form.cells[0].slots:
        texts.setdefault(slot.row, {})[slot.col_key] = slot.text
    samples = dict(LEGEND)
    return [(row[LEFT], row[BODY]) for row in texts.values() if row.get(LEFT) in samples and BODY in row]


def blocks_of(form: Form, spec: SheetSpec) -> tuple[SheetSpec, ...]:
    """The tables of a sheet, from its top down: its own, then those that stand under it."""
    below = (item for item in form.schema.sheets if item.under == spec.id and form.table(item.table) is not None)
    return (spec, *below)


def _page(form: Form, spec: SheetSpec) -> GuideLine:
    """Link, contents and state of a sheet; one in which nothing can be entered has no state."""
    cells = ((LEFT, spec.title), (BODY, _contents(form, spec)))
    if not any(column.entry for column in spec.columns):
        return GuideLine("page", (*cells, (STATE, _READ_ONLY)), spec.id)
    return GuideLine("page", cells, spec.id, ((STATE, f"state:{spec.id}"),))


def _counts(form: Form, specs: Sequence[SheetSpec]) -> Iterator[GuideLine]:
    """Hidden rows for the counts of which the live lines are made: one for each table that has check cells."""
    for spec in specs:
        tables = [table for block in blocks_of(form, spec) for table in (block.statement, block.table)]
        for table in tables if spec.check else ():
            if form.table(table) is not None:
                places = zip(GUIDE_COLUMNS, COUNTS, strict=False)
                yield GuideLine(
                    "counts", (), formulas=tuple((col, f"{kind}:{spec.id}:{table}") for col, kind in places)
                )


def _line(text: str) -> GuideLine:
    for mark, kind in _MARKS.items():
        if text.startswith(mark):
            return GuideLine(kind, ((LEFT, text.removeprefix(mark)),))
    if text.startswith("| "):
        label, _, value = text[2:].partition(" | ")
        return GuideLine("field", ((LEFT, f"{label.strip()}:"), (BODY, value.strip())))
    kind = "step" if re.match(r"\d+\. ", text) else "item" if text.startswith("- ") else "text"
    return GuideLine(kind, ((LEFT, text),))


def _guide_layout(form: Form, specs: Sequence[SheetSpec]) -> SheetLayout:
    """The first sheet: a row for each line of the guide."""
    builder = _LayoutBuilder("guide", form.short_id, GUIDE_COLUMNS)
    for line in guide_lines(form, specs):
        row = builder.free_row()
        for column, text in line.cells:
            builder.text(row, column, text)
        for column, name in line.formulas:
            builder.cell(row, column, "formula", table="", key="", field=name)
    return SheetLayout("guide", _GUIDE_TITLE, builder.done())


def _contents(form: Form, spec: SheetSpec) -> str:
    heading = (
        "; ".join(block.heading for block in blocks_of(form, spec))
        .capitalize()
        .replace("kpi", "KPI")
        .replace("Kpi", "KPI")
    )
    table = form.table(spec.table)
    nothing_to_fill = not any(column.entry for column in spec.columns)
    if table is None or spec.layout == "card" or nothing_to_fill or form.schema.table(spec.table).free:
        return heading
    to_fill = sum(row.open for row in table.rows)
    done = len(table.rows) - to_fill
    count = f"{to_fill} dòng cần điền" + (f", {done} dòng đã xong trước kỳ" if done else "")
    return f"{heading} ({count})"


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
    specs = visible_specs(form)
    sheets = (_sheet(form, spec) for spec in specs)
    return (_guide_layout(form, specs), *sheets, _lists_layout(form), _meta_layout(form))


def visible_specs(form: Form) -> tuple[SheetSpec, ...]:
    """The sheets of the schema whose table has rows in this form."""
    return tuple(spec for spec in form.schema.sheets if form.table(spec.table) is not None and not spec.under)


def entry_slots(form: Form) -> tuple[Slot, ...]:
    """Every cell that the unit may type in."""
    return tuple(slot for slot in _slots(form) if slot.role == "entry")


def _locked_slots(form: Form) -> tuple[Slot, ...]:
    """Every cell whose text was issued and must come back as it was."""
    return tuple(slot for slot in _slots(form) if slot.role in ("text", "key"))


def _slots(form: Form) -> Iterator[Slot]:
    for sheet in layout(form):
        yield from sheet.slots


def _sheet(form: Form, spec: SheetSpec) -> SheetLayout:
    columns = [item.name for item in spec.columns] + (["check"] if spec.check else [])
    builder = _LayoutBuilder(spec.id, form.short_id, columns)
    builder.line(f"{form.unit_name}. {period_line(form.period)}. {spec.heading}")
    for block in blocks_of(form, spec):
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
        builder.cell(row, names[2], "entry", table=spec.statement, key=spec.statement, field=field.name)
        builder.text(row, names[3], field.hint)
        if spec.check:
            builder.cell(row, "check", "check", table=spec.statement, key=spec.statement, field=field.name)


def _block(builder: _LayoutBuilder, form: Form, spec: SheetSpec, sheet: SheetSpec) -> None:
    """A table with its heading; one under the sheet's own has its title and a hidden row of its column keys above."""
    table = form.table(spec.table)
    assert table is not None  # blocks_of
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
            also = [part.name for part in parts_within(table, column.name)]
            builder.cell(key, place, "entry", table=spec.table, key=item.key, field=column.name, also=also)
        elif column.closed and (REOPEN, item.key) in form.facts:  # it may be asked to be opened again
            builder.cell(key, place, "entry", table=column.closed, key=item.key, field=column.closed)
        elif column.entry:
            builder.text(key, place, item.texts.get("done", DONE_BEFORE) if column.name == first_entry else "")
        else:
            builder.text(key, place, item.texts.get(column.name, ""))
    if spec.check and item.open:
        builder.cell(key, "check", "check", table=spec.table, key=item.key, field="")
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
        builder.cell(key, value, "entry", table=spec.table, key=spec.table, field=field.name)
        if spec.check and field.name in ruled:
            builder.cell(key, "check", "check", table=spec.table, key=spec.table, field=field.name)
        elif spec.check:
            builder.text(key, "check", "")
    builder.pair(label, "NGƯỜI LẬP BÁO CÁO", value, "LÃNH ĐẠO ĐƠN VỊ")
    builder.pair(label, "(Ký, ghi rõ họ tên)", value, "(Ký, ghi rõ họ tên)")
