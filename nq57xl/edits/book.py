"""bien-tap.xlsx: the office's own hand. One line for each cell that may be edited, with room for what, who and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from nq57xl.edits.lines import EditLine, edit_lines
from nq57xl.forms.page_setup import DECREE_PAGE, protect, set_up_columns
from nq57xl.forms.render_sheet import validate
from nq57xl.forms.styles import SIZE, STYLES, entry_style
from nq57xl.forms.validation import list_name, name_lists, validation_of
from nq57xl.ledger.model import AppliedEdit, CellKey
from nq57xl.results.consolidation import Consolidation
from nq57xl.results.wording import EDIT_KINDS, moment_words
from nq57xl.rules.schema import CellValue, Choice, Schema
from nq57xl.xlsx.cells import short
from nq57xl.xlsx.metrics import Text, merged_width, row_height
from nq57xl.xlsx.write import Workbook, Worksheet

SHEET, LISTS = "Biên tập", "_lists"
_MARK = "NQ57-BT"
HEADS = {
    "number": "TT",
    "unit": "Đơn vị",
    "table": "Biểu",
    "row": "Dòng",
    "field": "Nội dung",
    "typed": "Đơn vị đã nhập",
    "entry": "Nội dung biên tập",
    "kind": "Loại biên tập",
    "author": "Người sửa",
    "reason": "Lý do",
    "state": "Tình trạng",
}
_WIDTHS = (5.0, 15.0, 12.0, 25.0, 14.0, 32.0, 32.0, 15.0, 13.0, 20.0, 20.0)
ENTRIES = ("entry", "kind", "author", "reason")
_CENTRED = ("number", "field", "table")
_NOTES = (
    "Chỉ nhập ở bốn cột nền xanh. Rút gọn câu chữ: chỉ dùng cho ô chữ, giữ nguyên ý của đơn vị. Sửa số liệu theo điện "
    "thoại: ghi số liệu mới như cách đơn vị nhập trong biểu. Phải ghi đủ nội dung, loại biên tập, người sửa, lý do. "
    "Hai dòng đầu là lời của văn phòng trong bao-cao.docx: chỉ cần ghi nội dung; lời kỳ trước ở cột «Đơn vị đã nhập».",
    "Lưu, đóng tệp rồi chạy «nq57xl merge»: báo cáo dùng nội dung biên tập, trang Nguồn số liệu ghi rõ ai sửa, vì sao, "
    "trước đó là gì. Xóa nội dung biên tập để bỏ biên tập. Đơn vị gửi lại số liệu khác thì biên tập cũ thôi áp dụng.",
)
_SAME_FOR_ALL: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    (
        "kind",
        {"validate": "list", "source": f"={list_name('edit_kind')}"},
        "Rút gọn câu chữ chỉ dùng cho ô chữ.",
        "Bấm mũi tên ở góc phải ô và chọn trong danh sách.",
    ),
    (
        "author",
        {"validate": "length", "criteria": "<=", "value": 100},
        "Họ và tên người sửa.",
        "Viết gọn trong 100 ký tự.",
    ),
    (
        "reason",
        {"validate": "length", "criteria": "<=", "value": 500},
        "Vì sao sửa; nếu theo điện thoại thì ghi rõ ai báo, lúc nào.",
        "Viết gọn trong 500 ký tự.",
    ),
)
"""Column, rule, hint and stop text of what is entered alike in every line."""


@frozen
class UnrecordedEntry:
    """What the office typed in a line that could not be taken over, and why."""

    entry: CellValue
    kind: str
    author: str
    reason: str
    message: str


def mark_of(c: Consolidation) -> str:
    """The text in A1 by which a bien-tap.xlsx of this period is known."""
    return f"{_MARK}|{c.plan.properties.id}|{c.period.code}"


def key_of(place: CellKey) -> str:
    """The text in the hidden key column of a line."""
    return "|".join(place)


def render_edit_book(c: Consolidation, kept: Mapping[CellKey, UnrecordedEntry]) -> bytes:
    """The workbook's bytes: every line of the consolidation with the edit that holds, or with what was `kept`.

    The same arguments give the same bytes.
    """
    with Workbook(f"Biên tập báo cáo {c.period.title}", STYLES, protected=True) as book:
        _EditSheetWriter(book.sheet(SHEET), c, kept).write()
        _write_lists(book, c.schema)
    return book.content


class _EditSheetWriter:
    """Writes the one sheet."""

    def __init__(self, sheet: Worksheet, c: Consolidation, kept: Mapping[CellKey, UnrecordedEntry]) -> None:
        self.sheet, self.c, self.kept = sheet, c, kept
        self.columns = {name: number for number, name in enumerate(HEADS, start=1)}
        self.base = len(HEADS) + 1
        """Hidden column with the id of the edit that stands in a line."""

    def write(self) -> None:
        set_up_columns(self.sheet, _WIDTHS, hidden_last=True)
        self._keys()
        head = self._heading()
        lines = list(edit_lines(self.c))
        for number, line in enumerate(lines, start=1):
            self._line(head + number, number, line)
        self._validations(lines, head + 1)
        self._finish(head, head + max(len(lines), 1))

    def _keys(self) -> None:
        self.sheet.text(0, 0, mark_of(self.c), "key")
        for name, number in (*self.columns.items(), ("base", self.base)):
            self.sheet.text(0, number, name, "key")
        self.sheet.height(0, 15, hidden=True)

    def _heading(self) -> int:
        """Title and notes; gives the row of the column heads."""
        title = f"BIÊN TẬP BÁO CÁO TỔNG HỢP {self.c.period.title.upper()}"
        for row, (style, text) in enumerate((("heading", title), *(("note", text) for text in _NOTES)), start=1):
            self.sheet.text(row, 0, "@title", "key")
            self.sheet.across(row, 1, len(HEADS), text, style)
            size = 14 if style == "heading" else SIZE
            self.sheet.height(row, row_height([Text(text, merged_width(_WIDTHS), size)], minimum=21.0))
        head = len(_NOTES) + 2
        self.sheet.text(head, 0, "@head", "key")
        for name, number in self.columns.items():
            self.sheet.text(head, number, HEADS[name], "head_entry" if name in ENTRIES else "head")
        self.sheet.height(head, 33.0)
        return head

    def _line(self, row: int, number: int, line: EditLine) -> None:
        kept, edit = self.kept.get(line.place), line.edit
        self.sheet.text(row, 0, key_of(line.place), "key")
        texts = {
            "number": str(number),
            "unit": line.unit_name,
            "table": line.table_title,
            "row": line.row,
            "field": line.field.title,
            "typed": line.typed,
            "state": kept.message if kept else _state(edit),
        }
        for name, text in texts.items():
            self.sheet.text(row, self.columns[name], text, "text_center" if name in _CENTRED else "text")
        shown = texts | self._entries(row, line, kept)
        if edit is not None:
            self.sheet.text(row, self.base, str(edit.edit.id), "key")
        measured = [Text(text, _WIDTHS[self.columns[name] - 1], indent=1) for name, text in shown.items()]
        self.sheet.height(row, row_height(measured, minimum=21.0))
        self.sheet.let_grow(row)

    def _entries(self, row: int, line: EditLine, kept: UnrecordedEntry | None) -> dict[str, str]:
        """Writes the four entry cells as the office filled them in; gives what is seen."""
        filled = kept or (_as_kept(line.edit) if line.edit else UnrecordedEntry(None, "", "", "", ""))
        mark = "error" if kept else "warning" if line.edit and line.edit.state != "applied" else ""
        titles = {item.code: item.title for item in self.c.schema.lists.get(line.field.choices, ())}
        entry = filled.entry
        if isinstance(entry, str) and line.kind in ("choice", "mark"):
            entry = titles.get(entry, entry)
        contents: tuple[CellValue, ...] = (entry, filled.kind, filled.author, filled.reason)
        kinds = (line.kind, "choice", "text", "text")
        for name, kind, content in zip(ENTRIES, kinds, contents, strict=True):
            style = self.sheet.book.format(entry_style(kind, "left", mark if content else ""))
            self.sheet.value(row, self.columns[name], content, style)
        return {
            name: content if isinstance(content, str) else "0" for name, content in zip(ENTRIES, contents, strict=True)
        }

    def _validations(self, lines: Sequence[EditLine], first: int) -> None:
        """One rule for all lines that ask for the same."""
        year = self.c.plan.properties.year
        groups: dict[str, tuple[dict[str, Any], list[int]]] = {}
        for row, line in enumerate(lines, start=first):
            options = validation_of(line.field, self.c.schema, line.facts, year)
            groups.setdefault(repr(options), (options, []))[1].append(row)
        for options, rows in groups.values():
            validate(self.sheet, self.columns["entry"], rows, options)
        for name, rule, hint, stop in _SAME_FOR_ALL if lines else ():
            words = {"input_title": HEADS[name], "input_message": hint, "error_title": HEADS[name]}
            options = {**rule, **words, "error_message": stop}
            validate(self.sheet, self.columns[name], range(first, first + len(lines)), options)

    def _finish(self, head: int, last: int) -> None:
        self.sheet.page(DECREE_PAGE)
        self.sheet.print_area(1, 1, last, len(HEADS))
        self.sheet.head(head, last, (1, len(HEADS)), 5)
        entry = self.columns["entry"]
        self.sheet.set_selection(head + 1, entry, head + 1, entry)
        protect(self.sheet, mark_of(self.c))


def _state(edit: AppliedEdit | None) -> str:
    """What became of the edit, in words."""
    if edit is None:
        return ""
    if edit.state == "applied":
        return f"Đang áp dụng; ghi nhận lúc {moment_words(edit.edit.at)}"
    if edit.state == "unreported":
        return "Chưa áp dụng: đơn vị không có báo cáo được chấp nhận"
    before = edit.edit.new.before or "để trống"
    return (
        f"Đơn vị đã gửi lại, biên tập cũ không còn áp dụng (khi biên tập, đơn vị ghi «{short(before)}»). Nếu vẫn cần, "
        "nhập lại lý do; nếu không, xóa nội dung biên tập."
    )


def _as_kept(edit: AppliedEdit) -> UnrecordedEntry:
    new = edit.edit.new
    return UnrecordedEntry(new.value, EDIT_KINDS.get(new.kind, ""), new.author, new.reason, "")


def _write_lists(book: Workbook, schema: Schema) -> None:
    """The hidden sheet of the dropdowns, each with its name."""
    sheet = book.sheet(LISTS)
    sheet.lock_rest(0, "plain")
    kinds = tuple(Choice(code, title) for code, title in EDIT_KINDS.items())
    lists = {**schema.lists, "edit_kind": kinds}
    for column, (name, items) in enumerate(lists.items()):
        for row, text in enumerate((name, *(item.title for item in items))):
            sheet.text(row, column, text, "key")
    name_lists(book, LISTS, lists, first=0)
    sheet.hide()
