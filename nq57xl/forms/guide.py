"""The first sheet: letterhead, the lines of the template, live progress, a link to each sheet, the legend.

Its lines are made once: the cells of the form follow from them, and so does how they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from nq57xl.forms import styles
from nq57xl.forms.model import CellPlace, Form, SheetLayout, Slot
from nq57xl.forms.progress import COUNTS, LEFT, WRONG
from nq57xl.rules.schema import SheetSpec
from nq57xl.xlsx.metrics import DEFAULT_SIZE, Text, merged_width, row_height, text_width
from nq57xl.xlsx.write import Worksheet, sheet_prefix

_PROGRESS, _PAGES, _LEGEND_HERE = "[tiến độ]", "[các trang]", "[chú giải]"
"""Lines of the template in whose place the live progress, the list of sheets and the legend stand."""
_COLUMNS = {f"c{number:02d}": number for number in range(1, 25)}
"""Name -> place in a grid of narrow columns: letterhead and rules need other widths than the text below."""
_LEFT, _RIGHT, _BODY, _STATE = "c01", "c11", "c05", "c20"
_NATION, _MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"
_LIVE = {"progress": "Đã điền:", "next": "Việc tiếp theo:"}
"""Formula -> the words in front of it."""
_READ_ONLY = "Để tham khảo"
_MARKS = {"# ": "title", "## ": "subtitle", "### ": "heading", "#### ": "centred"}
_LEGEND = (
    ("Ô nhập", "Nền xanh nhạt (in đen trắng là xám nhạt), viền đậm: đơn vị nhập hoặc chọn trong danh sách."),
    ("Ô khóa", "Nền trắng, viền mảnh: nội dung kế hoạch, không sửa."),
    ("Đã xong", "Nền xám, chữ nghiêng: đầu việc đã hoàn thành trước kỳ, không phải điền."),
    ("Ô xám", "Nền xám: không áp dụng với nội dung đã chọn trên dòng, để trống. Chọn lại thì ô trở lại như cũ."),
    ("Thiếu: …", "Cột «Kiểm tra», nền vàng: còn ô bắt buộc chưa nhập, gọi theo tên cột."),
    ("Mâu thuẫn: …", "Cột «Kiểm tra», nền đỏ nhạt: có ô sai hoặc mâu thuẫn với ô khác, cần xem lại."),
    ("(*)", "Sau tên cột: ô bắt buộc ở mọi dòng. Ô bắt buộc theo tiến độ được nhắc ở cột «Kiểm tra»."),
)


@frozen
class _GuideLine:
    """One row of the guide: its kind decides how it looks."""

    kind: str
    """One of `_LOOKS`, or rule, step, item, text, counts."""
    cells: tuple[tuple[str, str], ...]
    """(column, text)."""
    page: str = ""
    """Id of the sheet that the line links to."""
    formulas: tuple[tuple[str, str], ...] = ()
    """(column, name of the formula in forms.progress)."""


def _lines(form: Form) -> tuple[_GuideLine, ...]:
    """The letterhead (Decree 30/2020/NĐ-CP, Appendix I), then the lines of the template."""
    lines = [
        _GuideLine("parent", ((_LEFT, form.parent.upper()), (_RIGHT, _NATION))),
        _GuideLine("agency", ((_LEFT, form.agency.upper()), (_RIGHT, _MOTTO))),
        _GuideLine("rule", ()),
    ]
    for line in form.guide:
        if line == _PROGRESS:
            lines += [_GuideLine(name, ((_LEFT, label),), formulas=((_BODY, name),)) for name, label in _LIVE.items()]
        elif line == _PAGES:
            lines += [_page(form, spec) for spec in form.sheets]
        elif line == _LEGEND_HERE:
            lines += [_GuideLine("legend", ((_LEFT, sample), (_BODY, meaning))) for sample, meaning in _legend(form)]
        else:
            lines.append(_line(line))
    return (*lines, *_counts(form))


def _legend(form: Form) -> Sequence[tuple[str, str]]:
    """Samples of cells with their meaning: of an issued form those that it was issued with."""
    if not form.cells:
        return _LEGEND
    texts: dict[int, dict[str, str]] = {}
    for slot in form.cells[0].slots:
        texts.setdefault(slot.row, {})[slot.col_key] = slot.text
    samples = dict(_LEGEND)
    return [(row[_LEFT], row[_BODY]) for row in texts.values() if row.get(_LEFT) in samples and _BODY in row]


def _page(form: Form, spec: SheetSpec) -> _GuideLine:
    """Link, contents and state of a sheet; one in which nothing can be entered has no state."""
    heading = "; ".join(block.heading for block in form.blocks(spec)).capitalize()
    heading = heading.replace("kpi", "KPI").replace("Kpi", "KPI")
    table, entered = form.table(spec.table), any(column.entry for column in spec.columns)
    if table is not None and entered and spec.layout != "card" and not form.schema.table(spec.table).free:
        to_fill = sum(row.open for row in table.rows)
        done = len(table.rows) - to_fill
        heading += f" ({to_fill} dòng cần điền" + (f", {done} dòng đã xong trước kỳ)" if done else ")")
    cells = ((_LEFT, spec.title), (_BODY, heading))
    if not entered:
        return _GuideLine("page", (*cells, (_STATE, _READ_ONLY)), spec.id)
    return _GuideLine("page", cells, spec.id, ((_STATE, f"state:{spec.id}"),))


def _counts(form: Form) -> Iterator[_GuideLine]:
    """Hidden rows for the counts of which the live lines are made: one for each table that has check cells."""
    for spec in form.sheets:
        tables = [table for block in form.blocks(spec) for table in (block.statement, block.table)]
        for table in tables if spec.check else ():
            if form.table(table) is not None:
                places = zip(_COLUMNS, COUNTS, strict=False)
                yield _GuideLine(
                    "counts", (), formulas=tuple((col, f"{kind}:{spec.id}:{table}") for col, kind in places)
                )


def _line(text: str) -> _GuideLine:
    for mark, kind in _MARKS.items():
        if text.startswith(mark):
            return _GuideLine(kind, ((_LEFT, text.removeprefix(mark)),))
    if text.startswith("| "):
        label, _, value = text[2:].partition(" | ")
        return _GuideLine("field", ((_LEFT, f"{label.strip()}:"), (_BODY, value.strip())))
    kind = "step" if re.match(r"\d+\. ", text) else "item" if text.startswith("- ") else "text"
    return _GuideLine(kind, ((_LEFT, text),))


def guide_layout(form: Form) -> SheetLayout:
    """Its cells: a row for each line."""
    slots = [Slot("guide", 0, 0, "", "", "key", f"NQ57|{form.short_id}|guide")]
    slots += [Slot("guide", 0, col, "", name, "key", name) for name, col in _COLUMNS.items()]
    for number, line in enumerate(_lines(form), start=1):
        key = f"@{number}"
        slots.append(Slot("guide", number, 0, key, "", "key", key))
        cells = [Slot("guide", number, _COLUMNS[col], key, col, "text", text) for col, text in line.cells]
        cells += [Slot("guide", number, _COLUMNS[col], key, col, "formula", field=name) for col, name in line.formulas]
        slots += sorted(cells, key=lambda slot: slot.col)
    return SheetLayout("guide", "Hướng dẫn", tuple(slots))


_GRID = 4.55
"""Width of a grid column in characters."""
_GRID_POINTS = 28.5
"""The same in LibreOffice, where columns come out widest; 24 of them fit the page at full size."""
_LOOKS = {
    "parent": ((_LEFT, _RIGHT, "issuer"), (_RIGHT, "", "issuer_bold")),
    "agency": ((_LEFT, _RIGHT, "issuer_bold"), (_RIGHT, "", "motto")),
    "title": ((_LEFT, "", "title"),),
    "subtitle": ((_LEFT, "", "subtitle"),),
    "heading": ((_LEFT, "", "guide_heading"),),
    "centred": ((_LEFT, "", "centred"),),
    "field": ((_LEFT, _BODY, "guide_label"), (_BODY, "", "guide_value")),
    "progress": ((_LEFT, _BODY, "guide_label"), (_BODY, "", "guide_value")),
    "next": ((_LEFT, _BODY, "guide_label"), (_BODY, "", "guide_next")),
    "page": ((_BODY, _STATE, "guide_text"), (_STATE, "", "guide_state")),
    "legend": ((_BODY, "", "guide_text"),),
}
"""Kind of line -> its blocks: first column, the one behind the last ("": to the end), style."""
_PLAIN = ((_LEFT, "", "guide_text"),)
_HEIGHTS = {"title": 30.0, "heading": 30.0, "page": 21.0, "legend": 21.0}
"""Points of a line at least."""
_STYLES_SHOWN = ("entry", "locked", "done", "needless", "missing", "wrong", "required")
_SAMPLES = {sample: f"legend_{name}" for (sample, _), name in zip(_LEGEND, _STYLES_SHOWN, strict=True)}
_LAST = len(_COLUMNS)


def write_guide(
    sheet: Worksheet, form: Form, sheets: Sequence[SheetLayout], live: Mapping[CellPlace, tuple[str, str | int]]
) -> None:
    """All lines, each as high as its text; `live`: place of each formula -> formula and what it gives."""
    styles.set_up_page(sheet, form, [_GRID] * _LAST)
    for slot in sheets[0].slots:
        if slot.role == "key":
            sheet.text(slot.row, slot.col, slot.text, "key")
    sheet.set_row(0, None, None, {"hidden": True})
    writer = _GuideWriter(sheet, form.agency.upper(), {item.id: item.title for item in sheets}, live)
    lines = dict(enumerate(_lines(form), start=1))
    heights = {row: writer.write(row, line) for row, line in lines.items()}
    for row, line in lines.items():
        sheet.height(row, heights[row], hidden=line.kind == "counts")
    shown = {row: heights[row] for row, line in lines.items() if line.kind != "counts"}
    sheet.center_horizontally()
    styles.block_pages(shown, [row for row, line in lines.items() if line.kind == "heading"]).set_up(sheet)
    sheet.print_area(1, 1, max(shown), _LAST)
    states = [row for row, line in lines.items() if line.kind == "page" and line.formulas]
    # as in the check columns: amber for what is missing, red for what is wrong; the words say the same
    for words, style in ((LEFT, "missing"), (WRONG, "wrong")) if states else ():
        rule = {"type": "text", "criteria": "begins with", "value": words.strip(), "format": sheet.book.style(style)}
        sheet.conditional_format(states[0], _COLUMNS[_STATE], states[-1], _LAST, rule)
    styles.protect(sheet, form.issue_id)


@frozen
class _GuideWriter:
    """Writes one line after the other; each gives the row's height in points."""

    sheet: Worksheet
    agency: str
    titles: Mapping[str, str]
    """Sheet id -> tab name."""
    live: Mapping[CellPlace, tuple[str, str | int]]

    def write(self, row: int, line: _GuideLine) -> float:
        texts, formulas = dict(line.cells), dict(line.formulas)
        if line.kind == "rule":
            return self._rules(row)
        if line.kind == "counts":
            for column in formulas:
                self._write_formula(row, column, "key")
            return 15.75
        if line.kind == "page":
            self.sheet.across(row, _COLUMNS[_LEFT], _COLUMNS[_BODY] - 1, "", "guide_link")
            target = f"{sheet_prefix(self.titles[line.page])}B2"
            self.sheet.link(row, _COLUMNS[_LEFT], texts[_LEFT], target, "guide_link", tip="Bấm để mở trang")
        if line.kind == "legend":  # a cell that looks like what it stands for
            self.sheet.across(row, _COLUMNS[_LEFT], _COLUMNS[_BODY] - 2, texts[_LEFT], _SAMPLES[texts[_LEFT]])
        height = _HEIGHTS.get(line.kind, 0.0)
        for first, until, style in _LOOKS.get(line.kind, _PLAIN):
            live = first in formulas
            text = str(self.live["guide", row, _COLUMNS[first]][1]) if live else texts[first]
            height = max(height, self._block(row, first, until, text, style))
            if live:
                self._write_formula(row, first, style)
        return height

    def _block(self, row: int, first: str, until: str, text: str, style: str) -> float:
        """One text over the grid columns from `first` to the one before `until` (to the end when empty)."""
        start, end = _COLUMNS[first], _COLUMNS[until] - 1 if until else _LAST
        self.sheet.across(row, start, end, text, style)
        look = styles.STYLES[style]
        width, size = merged_width([_GRID] * (end - start + 1)), float(look.get("font_size", DEFAULT_SIZE))
        return row_height([Text(text, width, size, bool(look.get("bold")))], minimum=19.5)

    def _rules(self, row: int) -> float:
        """Under the agency a rule of about half its length, under the motto one as long as the line (Decree 30)."""
        split = _COLUMNS[_RIGHT] - 1
        half = min(text_width(self.agency, 12, bold=True) / 2, split * _GRID_POINTS / 2)
        whole = text_width(_MOTTO, 13, bold=True)
        for first, count, points in ((0, split, half), (split, _LAST - split, whole)):
            length = max(2, 2 * round(points / _GRID_POINTS / 2))
            start = first + (count - length) // 2
            for column in range(start, start + length):
                self.sheet.text(row, column + 1, "", "rule")
        return 18.0

    def _write_formula(self, row: int, column: str, style: str) -> None:
        formula, result = self.live["guide", row, _COLUMNS[column]]
        self.sheet.write_formula(row, _COLUMNS[column], formula, self.sheet.book.style(style), result)
