"""The sheets that every form has: the guide in front, the hidden lists, the veryHidden identity."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attrs import frozen

from nq57xl.forms import guide
from nq57xl.forms.layout_sheet import Builder
from nq57xl.forms.progress import COUNTS
from nq57xl.records.form import Form, SheetLayout
from nq57xl.records.schema import SheetSpec

GUIDE_TITLE = "Hướng dẫn"
GUIDE_COLUMNS = tuple(f"c{number:02d}" for number in range(1, 25))
"""A grid of narrow columns: the letterhead's two blocks and their rules need other widths than the text below."""
LEFT, RIGHT, BODY, STATE = "c01", "c11", "c05", "c20"
NATION, MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"
LIVE = {"progress": "Đã điền:", "next": "Việc tiếp theo:"}
"""Formula -> the words in front of it."""
READ_ONLY = "Để tham khảo"
_MARKS = {"# ": "title", "## ": "subtitle", "### ": "heading", "#### ": "centred"}
LEGEND = (
    ("Ô nhập", "Nền xanh nhạt (in đen trắng là xám nhạt), viền đậm: đơn vị nhập hoặc chọn trong danh sách."),
    ("Ô khóa", "Nền trắng, viền mảnh: nội dung kế hoạch, không sửa."),
    ("Đã xong", "Nền xám, chữ nghiêng: đầu việc đã hoàn thành trước kỳ, không phải điền."),
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
    """(column, name of the formula in forms.progress_formula)."""


def guide_lines(form: Form, specs: Sequence[SheetSpec]) -> tuple[GuideLine, ...]:
    """The letterhead (Decree 30/2020/NĐ-CP, Appendix I), then the lines of the template."""
    lines = [
        GuideLine("letterhead", ((LEFT, form.parent.upper()), (RIGHT, NATION))),
        GuideLine("letterhead", ((LEFT, form.agency.upper()), (RIGHT, MOTTO))),
        GuideLine("rule", ()),
    ]
    for line in form.guide:
        if line == guide.PROGRESS:
            lines += [GuideLine("live", ((LEFT, label),), formulas=((BODY, name),)) for name, label in LIVE.items()]
        elif line == guide.PAGES:
            lines += [_page(form, spec) for spec in specs]
        elif line == guide.LEGEND:
            lines += [GuideLine("legend", ((LEFT, sample), (BODY, meaning))) for sample, meaning in LEGEND]
        else:
            lines.append(_line(line))
    return (*lines, *_counts(form, specs))


def _page(form: Form, spec: SheetSpec) -> GuideLine:
    """Link, contents and state of a sheet; one in which nothing can be entered has no state."""
    cells = ((LEFT, spec.title), (BODY, _contents(form, spec)))
    if not any(column.entry for column in spec.columns):
        return GuideLine("page", (*cells, (STATE, READ_ONLY)), spec.id)
    return GuideLine("page", cells, spec.id, ((STATE, f"state:{spec.id}"),))


def _counts(form: Form, specs: Sequence[SheetSpec]) -> Iterator[GuideLine]:
    """Hidden rows for the counts of which the live lines are made: one for each table that has check cells."""
    for spec in specs:
        for table in (spec.statement, spec.table):
            if spec.check and form.table(table) is not None:
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


def guide_layout(form: Form, specs: Sequence[SheetSpec]) -> SheetLayout:
    """The first sheet: a row for each line of the guide."""
    builder = Builder("guide", form.short_id, GUIDE_COLUMNS)
    for line in guide_lines(form, specs):
        row = builder.free_row()
        for column, text in line.cells:
            builder.text(row, column, text)
        for column, name in line.formulas:
            builder.cell(row, column, "formula", table="", key="", field=name)
    return SheetLayout("guide", GUIDE_TITLE, builder.done())


def _contents(form: Form, spec: SheetSpec) -> str:
    heading = spec.heading.capitalize().replace("kpi", "KPI").replace("Kpi", "KPI")
    table = form.table(spec.table)
    nothing_to_fill = not any(column.entry for column in spec.columns)
    if table is None or spec.layout == "card" or nothing_to_fill or form.schema.table(spec.table).free:
        return heading
    to_fill = sum(row.open for row in table.rows)
    done = len(table.rows) - to_fill
    count = f"{to_fill} dòng cần điền" + (f", {done} dòng đã xong trước kỳ" if done else "")
    return f"{heading} ({count})"


def lists_layout(form: Form) -> SheetLayout:
    """A column for each list, its items downwards: the ranges that dropdowns refer to."""
    builder = Builder("_lists", form.short_id, tuple(form.schema.lists))
    for number in range(max((len(items) for items in form.schema.lists.values()), default=0)):
        row = builder.free_row()
        for name, items in form.schema.lists.items():
            if number < len(items):
                builder.text(row, name, items[number].title)
    return SheetLayout("_lists", "_lists", builder.done(), hidden=True)


def meta_layout(form: Form) -> SheetLayout:
    """The form's identity as text: what survives every program that saves a workbook (pitfalls 1)."""
    builder = Builder("_meta", form.short_id, ("value",))
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
