"""bien-tap.xlsx: the office's own hand. One line for each row of a unit's report, its editable cells side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from nq57xl.forms.model import FormCell, Value
from nq57xl.forms.styles import (
    ACCENT,
    DECREE_PAGE,
    MEDIUM,
    STYLES,
    entry_style,
    paper_of,
    protect,
)
from nq57xl.forms.validation import list_name, name_lists, validate, validation_of
from nq57xl.forms.wording import shorten
from nq57xl.ledger.model import AppliedEdit, CellKey
from nq57xl.results.model import Consolidation
from nq57xl.results.standing import OFFICE, OFFICE_NAME
from nq57xl.results.wording import EDIT_KINDS
from nq57xl.rules.schema import CellValue, Choice, Facts, Field
from nq57xl.text.addresses import a1
from nq57xl.text.clock import moment_words
from nq57xl.text.legacy import one_line
from nq57xl.xlsx.cells import short
from nq57xl.xlsx.metrics import DEFAULT_SIZE, Text, merged_width, printed_points, row_height
from nq57xl.xlsx.write import Workbook, Worksheet

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
class _EditCell:
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
class _EditLine:
    """One row of a unit's report with its cells side by side."""

    place: tuple[str, str, str]
    """Unit, table, row key."""
    unit_name: str
    row: str
    """Row in words: "I.1. Rà soát thủ tục"."""
    facts: Facts
    cells: tuple[_EditCell, ...]
    """In the order of the table's fields."""
    before: str = ""
    """The office's own words of the period before."""


@frozen
class _EditTable:
    """The lines of one kind of row: a sheet."""

    title: str
    fields: tuple[Field, ...]
    lines: tuple[_EditLine, ...]


def _edit_tables(c: Consolidation) -> Iterator[_EditTable]:
    """The office's own words in bao-cao.docx, with those of the period before offered again; then each table that has
    lines; units in their order, rows in the plan's.

    A row of an edit whose cells are gone from the returns has its line, so that it can be taken back.
    """
    held = {item.edit.new.place: item for item in c.edits}
    before = c.earlier_periods[-1].office_texts if c.earlier_periods else {}
    office = []
    for name, title in OFFICE_TEXTS.items():
        own_words = _EditCell(OFFICE_FIELD, "text", None, held.get(("-", OFFICE, name, OFFICE_FIELD.name)))
        office.append(_EditLine(("-", OFFICE, name), OFFICE_NAME, title, {}, (own_words,), before.get(name, "")))
    yield _EditTable(OFFICE_FIELD.title, (OFFICE_FIELD,), tuple(office))
    labels = {
        (table, task.code): f"{task.cited_number}. {one_line(task.own_work)}"
        for table in ("led", "supporting")
        for task in c.plan.tasks
    }
    for item in c.plan.indicators:
        labels["indicator", item.code] = f"{item.group}.{item.number}. {one_line(item.indicator)}"
    facts: dict[str, Facts] = {item.code: {"measure": item.measure} for item in c.plan.indicators}
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
                    _EditCell(one, one.kind(about), own.get((*place[1:], one.name)), held.get((*place, one.name)))
                    for one in table.fields
                )
                lines.append(_EditLine(place, name, shorten(labels.get(place[1:], key), _ROW_WORDS), about, cells))
        if lines:
            yield _EditTable(table.title, table.fields, tuple(lines))


def _units(
    c: Consolidation, held: Mapping[CellKey, AppliedEdit]
) -> Iterator[tuple[str, str, Mapping[FormCell, Value | None]]]:
    """(code, name, the unit's own cells as it typed them) of each unit that reported or whose report was edited."""
    told = set()
    for report in c.units:
        unit = report.status
        told.add(unit.code)
        own: dict[FormCell, Value | None] = {**unit.counting.judged.filled} if unit.counting is not None else {}
        own |= {place[1:]: item.original for place, item in held.items() if place[0] == unit.code and own}
        yield unit.code, unit.name, own
    gone = {place[0]: item.name for place, item in held.items() if place[0] not in told and place[1] != OFFICE}
    for code, name in gone.items():
        yield code, name, {}


_LISTS = "_lists"
_MARK = "NQ57-BT"
WHO_AND_WHY = {"kind": "Loại biên tập", "author": "Người sửa", "reason": "Lý do"}
"""Columns that say of all cells changed in a line: of what kind, by whom, why."""
CELL, WRITTEN, BASES = "cell:", "written:", "bases"
"""Keys of columns: a field's entry cells; hidden, what the program wrote there; hidden, which edits stand in the line
("percent=12 result=13")."""
_LOCKED = {"number": ("TT", 4.0), "unit": ("Đơn vị", 9.5), "row": ("Dòng", 18.0)}
_FEW = 8
"""Fields that leave room for a wider name of the unit and of the row."""
_STATE = ("Tình trạng", 15.0)
_WHO_WIDTHS = {"kind": 10.0, "author": 9.0, "reason": 11.0}
_FIELD_WIDTHS = {
    "progress": 9.5, "percent": 7.0, "result": 24.0, "kpi_achieved": 11.0, "explanation": 9.5, "cause": 12.5,
    "evidence_number": 10.0, "evidence_title": 10.0, "evidence_link": 9.0, "difficulties": 13.5, "next_work": 13.0,
    "proposal": 13.0,
    "contribution": 50.0, "text": 60.0, "content": 30.0, "source": 20.0,
}  # fmt: skip
_KIND_WIDTHS = {"text": 14.0, "date": 10.5, "percent": 8.0, "number": 9.0, "whole": 9.0, "choice": 13.0, "mark": 12.0}
_NOTES = (
    "Sửa ngay trong ô nền xanh: ô đang có nội dung như trong báo cáo, ô vừa sửa đổi sang nền vàng. Mỗi dòng có ô sửa "
    "phải ghi đủ loại biên tập, người sửa, lý do. Rút gọn câu chữ: chỉ dùng cho ô chữ, giữ nguyên ý của đơn vị. Sửa số "
    "liệu theo điện thoại: ghi như cách đơn vị nhập trong biểu.",
    "Lưu, đóng tệp rồi chạy «nq57xl merge»: báo cáo dùng nội dung biên tập (ô viền đậm), cột Tình trạng ghi ai sửa, vì "
    "sao, đơn vị đã nhập gì. Xóa nội dung ô viền đậm để bỏ biên tập. Đơn vị gửi lại số liệu khác thì biên tập cũ thôi "
    "áp dụng.",
)
_OFFICE_NOTE = (
    "Hai dòng này là lời của văn phòng trong bao-cao.docx: chỉ cần ghi nội dung. Các trang sau là báo cáo của các đơn "
    "vị, mỗi đầu việc một dòng. Lưu, đóng tệp rồi chạy «nq57xl merge»."
)
_SAME_FOR_ALL: Mapping[str, tuple[dict[str, Any], str, str]] = {
    "kind": (
        {"validate": "list", "source": f"={list_name('edit_kind')}"},
        "Rút gọn câu chữ chỉ dùng cho ô chữ.",
        "Bấm mũi tên ở góc phải ô và chọn trong danh sách.",
    ),
    "author": (
        {"validate": "length", "criteria": "<=", "value": 100},
        "Họ và tên người sửa.",
        "Viết gọn trong 100 ký tự.",
    ),
    "reason": (
        {"validate": "length", "criteria": "<=", "value": 500},
        "Vì sao sửa; nếu theo điện thoại thì ghi rõ ai báo, lúc nào.",
        "Viết gọn trong 500 ký tự.",
    ),
}
"""Rule, hint and stop text of what is entered alike in every line."""


@frozen
class UnrecordedEntry:
    """What the office typed in a cell that could not be taken over, with who and why of its line, and the reason."""

    entry: CellValue
    who_and_why: Mapping[str, str]
    message: str


def mark_of(c: Consolidation) -> str:
    """The text in A1 of each sheet by which a bien-tap.xlsx of this period is known."""
    return f"{_MARK}|{c.plan.properties.id}|{c.period.code}"


def render_edit_book(c: Consolidation, kept: Mapping[CellKey, UnrecordedEntry]) -> bytes:
    """The workbook's bytes: a sheet for each table, with the edits that hold or what was `kept`; hidden, the lists.

    `kept` of a line that changed no cell has "" for the field. The same arguments give the same bytes.
    """
    with Workbook(f"Biên tập báo cáo {c.period.title}", STYLES, protected=True) as book:
        for table in _edit_tables(c):
            title = re.sub(r"[\[\]:*?/\\']", " ", table.title)[:31]
            _EditSheetWriter(book.sheet(title), c, table, kept).write()
        sheet = book.sheet(_LISTS)
        sheet.lock_rest(0, "plain")
        lists = {**c.schema.lists, "edit_kind": tuple(Choice(code, title) for code, title in EDIT_KINDS.items())}
        for column, (name, items) in enumerate(lists.items()):
            for row, text in enumerate((name, *(item.title for item in items))):
                sheet.text(row, column, text, "key")
        name_lists(book, _LISTS, lists, first=0)
        sheet.hide()
    return book.content


class _EditSheetWriter:
    """Writes the sheet of one table."""

    def __init__(
        self, sheet: Worksheet, c: Consolidation, table: _EditTable, kept: Mapping[CellKey, UnrecordedEntry]
    ) -> None:
        self.sheet, self.c, self.table, self.kept = sheet, c, table, kept
        self.office = table.lines[0].place[1] == OFFICE
        names = [item.name for item in table.fields]
        locked = _LOCKED if len(names) > _FEW else _LOCKED | {"unit": ("Đơn vị", 15.0), "row": ("Dòng", 30.0)}
        locked |= {"before": ("Lời kỳ trước", 40.0)} if self.office else {}
        who = {} if self.office else WHO_AND_WHY
        self.heads: dict[str, tuple[str, float]] = {
            **locked,
            **{CELL + item.name: (item.title, _width(item)) for item in table.fields},
            **{name: (title, _WHO_WIDTHS[name]) for name, title in who.items()},
            "state": _STATE,
        }
        self.entries = [CELL + name for name in names] + [*who]
        hidden = [WRITTEN + name for name in names] + [BASES]
        self.columns = {name: number for number, name in enumerate([*self.heads, *hidden], start=1)}
        self.widths = [width for _, width in self.heads.values()]

    def write(self) -> None:
        """Keys hidden in front and above, what was written hidden behind, the rest locked."""
        locked, after = self.sheet.book.style("plain"), len(self.heads) + 1
        self.sheet.set_column(0, 0, 12, locked, {"hidden": True})
        self.sheet.widths(self.widths, locked, first=1)
        hidden = max(self.columns.values())
        self.sheet.set_column(after, hidden, 8, locked, {"hidden": True})
        self.sheet.lock_rest(hidden + 1, locked)
        self.sheet.text(0, 0, mark_of(self.c), "key")
        for name, number in self.columns.items():
            self.sheet.text(0, number, name, "key")
        self.sheet.height(0, 15, hidden=True)
        head = self._heading()
        for number, line in enumerate(self.table.lines, start=1):
            self._line(head + number, number, line)
        last = head + len(self.table.lines)
        self._validations(head + 1)
        self._marks(head + 1, last)
        self.sheet.page(DECREE_PAGE, paper=paper_of(sum(map(printed_points, self.widths))))
        self.sheet.print_area(1, 1, last, len(self.heads))
        self.sheet.head(head, last, (1, len(self.heads)), 1 + len(_LOCKED))
        first = self.columns[self.entries[0]]
        self.sheet.set_selection(head + 1, first, head + 1, first)
        protect(self.sheet, mark_of(self.c))

    def _heading(self) -> int:
        """Title and notes; gives the row of the column heads."""
        title = f"BIÊN TẬP BÁO CÁO TỔNG HỢP {self.c.period.title.upper()}: {self.table.title.upper()}"
        notes = (_OFFICE_NOTE,) if self.office else _NOTES
        for row, (style, text) in enumerate((("heading", title), *(("note", text) for text in notes)), start=1):
            self.sheet.text(row, 0, "@title", "key")
            self.sheet.across(row, 1, len(self.heads), text, style)
            size = 14 if style == "heading" else DEFAULT_SIZE
            self.sheet.height(row, row_height([Text(text, merged_width(self.widths), size)], minimum=21.0))
        head = len(notes) + 2
        self.sheet.text(head, 0, "@head", "key")
        for name, (text, _) in self.heads.items():
            self.sheet.text(head, self.columns[name], text, "head_entry" if name in self.entries else "head")
        measured = [Text(text, width, bold=True) for text, width in self.heads.values()]
        self.sheet.height(head, row_height(measured, minimum=33.0))
        return head

    def _line(self, row: int, number: int, line: _EditLine) -> None:
        refused = {place[3]: entry for place, entry in self.kept.items() if place[:3] == line.place}
        self.sheet.text(row, 0, "|".join(line.place), "key")
        messages = dict.fromkeys(item.message for item in refused.values())
        texts = {
            "number": str(number),
            "unit": line.unit_name,
            "row": line.row,
            "before": line.before,
            "state": "\n".join([*messages, *(_state(cell, self.office) for cell in line.cells if cell.edit)]),
        }
        texts = {name: text for name, text in texts.items() if name in self.heads}
        for name, text in texts.items():
            self.sheet.text(row, self.columns[name], text, "text_center" if name == "number" else "text")
        for cell in line.cells:
            texts[CELL + cell.field.name] = self._cell(row, cell, refused.get(cell.field.name))
        who = next((item.who_and_why for item in refused.values()), {})
        for name in self.entries:
            if name in WHO_AND_WHY:
                texts[name] = who.get(name, "")
                style = self.sheet.book.format(entry_style("choice" if name == "kind" else "text", "left"))
                self.sheet.text(row, self.columns[name], texts[name], style)
        bases = " ".join(f"{cell.field.name}={cell.edit.edit.id}" for cell in line.cells if cell.edit is not None)
        if bases:
            self.sheet.text(row, self.columns[BASES], bases, "key")
        measured = [Text(text, self.heads[name][1], indent=1) for name, text in texts.items()]
        self.sheet.height(row, row_height(measured, minimum=75.0 if self.office else 21.0))
        self.sheet.let_grow(row)

    def _cell(self, row: int, cell: _EditCell, refused: UnrecordedEntry | None) -> str:
        """Writes a cell as it stands and, hidden, what stands there; gives what is seen."""
        value, mark = cell.value, ""
        if isinstance(value, str) and cell.kind in ("choice", "mark"):
            choices = (*self.c.schema.lists.get(cell.field.choices, ()), *self.c.schema.lists.get(cell.field.again, ()))
            value = {item.code: item.title for item in choices}.get(value, value)
        style = entry_style(cell.kind, "left" if cell.kind == "text" else "center")
        hidden = {"num_format": style.get("num_format", "General")}
        if value is not None:
            self.sheet.value(row, self.columns[WRITTEN + cell.field.name], value, self.sheet.book.format(hidden))
        if refused is not None:
            value, mark = refused.entry, "error"
        elif cell.edit is not None and cell.edit.state != "applied":
            mark = "warning"
        style = entry_style(cell.kind, style["align"], mark)
        if cell.edit is not None and not mark:
            style |= {"border": MEDIUM, "border_color": ACCENT, "bold": True}
        self.sheet.value(row, self.columns[CELL + cell.field.name], value, self.sheet.book.format(style))
        return value if isinstance(value, str) else ""

    def _validations(self, first: int) -> None:
        """One rule for all cells of a column that ask for the same."""
        year = self.c.plan.properties.year
        for item in self.table.fields:
            groups: dict[str, tuple[dict[str, Any], list[int]]] = {}
            inner, asked = [other.title for other in self.table.fields if other.within == item.name], item
            if inner:  # that have a column each here
                hint = f"Chỉ ghi nội dung của cột này; «{'», «'.join(inner)}» có cột riêng."
                asked = evolve(item, hint=hint, example="")
            for row, line in enumerate(self.table.lines, start=first):
                options = validation_of(asked, self.c.schema, line.facts, year)
                groups.setdefault(repr(options), (options, []))[1].append(row)
            for options, rows in groups.values():
                validate(self.sheet, self.columns[CELL + item.name], rows, options)
        for name, (rule, hint, stop) in _SAME_FOR_ALL.items():
            if name in self.entries:
                title = WHO_AND_WHY[name]
                words = {"input_title": title, "input_message": hint, "error_title": title, "error_message": stop}
                every = range(first, first + len(self.table.lines))
                validate(self.sheet, self.columns[name], every, {**rule, **words})

    def _marks(self, first: int, last: int) -> None:
        """A cell that differs from what was written is seen, and so is what its line still lacks."""
        cells = [self.columns[name] for name in self.entries if name.startswith(CELL)]
        written = [self.columns[name] for name in self.columns if name.startswith(WRITTEN)]
        here, there = a1(first, cells[0]), a1(first, written[0])
        changed = self.sheet.book.style("mark_warning")
        rule = {"type": "formula", "criteria": f"=NOT(EXACT({here},{there}))", "format": changed}
        self.sheet.conditional_format(first, cells[0], last, cells[-1], rule)
        if self.office:
            return
        now, then = (f"${a1(first, a)}:${a1(first, b)}" for a, b in ((cells[0], cells[-1]), (written[0], written[-1])))
        who = [self.columns[name] for name in WHO_AND_WHY]
        lacking = f'=AND({a1(first, who[0])}="",SUMPRODUCT(1-EXACT({now}&"",{then}&""))>0)'
        missing = self.sheet.book.style("missing")
        rule = {"type": "formula", "criteria": lacking, "format": missing}
        self.sheet.conditional_format(first, who[0], last, who[-1], rule)


def _width(item: Field) -> float:
    """Of a field's column in characters."""
    return _FIELD_WIDTHS.get(item.name) or _KIND_WIDTHS.get("number" if item.type == "measure" else item.type, 14.0)


def _state(cell: _EditCell, office: bool) -> str:
    """What became of the edit of a cell, in words."""
    assert cell.edit is not None
    edit, title = cell.edit.edit, cell.field.title
    if office:
        return f"Đang dùng; ghi nhận lúc {moment_words(edit.at)}"
    said = f"«{short(edit.new.before)}»" if edit.new.before else "để trống"
    if cell.edit.state == "unreported":
        return f"{title}: chưa áp dụng, đơn vị không có báo cáo được chấp nhận"
    if cell.edit.state == "outdated":
        now = f"«{short(cell.own.typed)}»" if cell.own is not None else "để trống"
        return (
            f"{title}: đơn vị đã gửi lại (trước {said}, nay {now}), biên tập cũ không còn áp dụng. Nếu vẫn cần, nhập "
            "lại loại biên tập, người sửa, lý do; nếu không, xóa ô."
        )
    kind = EDIT_KINDS.get(edit.new.kind, "").lower()
    return (
        f"{title}: đơn vị ghi {said}; đang áp dụng {kind} của {edit.new.author} ({edit.new.reason}), ghi nhận lúc "
        f"{moment_words(edit.at)}"
    )
