"""bien-tap.xlsx: the office's own hand. One line for each cell that may be edited, with room for what, who and why."""

from __future__ import annotations

import datetime as dt
import hashlib
import warnings
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from attrs import frozen

from nq57xl.edits.lines import EditLine, edit_lines
from nq57xl.forms.page_setup import ALLOWED, set_up_sheet_paper
from nq57xl.forms.render_sheet import safe
from nq57xl.forms.styles import SIZE, FormWorkbook, FormWorksheet
from nq57xl.forms.validation import list_name, validation_of
from nq57xl.ledger.model import AppliedEdit, CellKey
from nq57xl.results.consolidation import Consolidation
from nq57xl.results.wording import EDIT_KINDS, moment_words
from nq57xl.rules.schema import CellValue, Choice, Schema
from nq57xl.text.addresses import a1
from nq57xl.xlsx.cells import short
from nq57xl.xlsx.metrics import Text, merged_width, row_height

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
    "thoại: ghi số liệu mới như cách đơn vị nhập trong biểu. Phải ghi đủ nội dung, loại biên tập, người sửa, lý do.",
    "Lưu, đóng tệp rồi chạy «nq57xl merge»: báo cáo dùng nội dung biên tập, trang Nguồn số liệu ghi rõ ai sửa, vì sao, "
    "trước đó là gì. Xóa nội dung biên tập để bỏ biên tập. Đơn vị gửi lại số liệu khác thì biên tập cũ thôi áp dụng.",
)
_LONGEST_AUTHOR, _LONGEST_REASON = 100, 500
_CREATED = dt.datetime(2026, 1, 1, 8)
"""Fixed: the time of writing would make equal workbooks differ."""


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
    buffer = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with FormWorkbook(buffer) as book:
            book.set_properties({"title": f"Biên tập báo cáo {c.period.title}", "created": _CREATED})
            _EditSheetWriter(book, book.sheet(SHEET), c, kept).write()
            _write_lists(book, book.sheet(LISTS), c.schema)
    return buffer.getvalue()


class _EditSheetWriter:
    """Writes the one sheet."""

    def __init__(
        self, book: FormWorkbook, sheet: FormWorksheet, c: Consolidation, kept: Mapping[CellKey, UnrecordedEntry]
    ) -> None:
        self.book, self.sheet, self.c, self.kept = book, sheet, c, kept
        self.columns = list(HEADS)

    def write(self) -> None:
        locked = self.book.look("plain")
        self.sheet.set_column(0, 0, 12, locked, {"hidden": True})
        for number, width in enumerate(_WIDTHS, start=1):
            self.sheet.set_column(number, number, width, locked)
        base = len(self.columns) + 1
        self.sheet.set_column(base, base, 8, locked, {"hidden": True})
        self.sheet.lock_rest(base + 1, locked)
        self._keys(base)
        head = self._heading()
        lines = list(edit_lines(self.c))
        for number, line in enumerate(lines, start=1):
            self._line(head + number, number, line, base)
        self._validations(lines, head + 1)
        self._finish(head, head + max(len(lines), 1))

    def _keys(self, base: int) -> None:
        look = self.book.look("key")
        self.sheet.write_string(0, 0, mark_of(self.c), look)
        for number, name in enumerate(self.columns, start=1):
            self.sheet.write_string(0, number, name, look)
        self.sheet.write_string(0, base, "base", look)
        self.sheet.set_row(0, 15.75, None, {"hidden": True})

    def _heading(self) -> int:
        """Title and notes; gives the row of the column heads."""
        title = f"BIÊN TẬP BÁO CÁO TỔNG HỢP {self.c.period.title.upper()}"
        for row, (name, text) in enumerate((("heading", title), *(("note", text) for text in _NOTES)), start=1):
            look = self.book.look(name)
            self.sheet.write_string(row, 0, "@title", self.book.look("key"))
            self.sheet.merge_range(row, 1, row, len(self.columns), "", look)
            self.sheet.write_string(row, 1, text, look)
            size = 14 if name == "heading" else SIZE
            self.sheet.set_row(row, row_height([Text(text, merged_width(_WIDTHS), size)], minimum=21.0))
        head = len(_NOTES) + 2
        self.sheet.write_string(head, 0, "@head", self.book.look("key"))
        for number, (name, text) in enumerate(HEADS.items(), start=1):
            look = self.book.look("head_entry" if name in ENTRIES else "head")
            self.sheet.write_string(head, number, text, look)
        self.sheet.set_row(head, 33.0)
        return head

    def _line(self, row: int, number: int, line: EditLine, base: int) -> None:
        kept, edit = self.kept.get(line.place), line.edit
        self.sheet.write_string(row, 0, key_of(line.place), self.book.look("key"))
        texts = {
            "number": str(number),
            "unit": line.unit_name,
            "table": line.table_title,
            "row": line.row,
            "field": line.field.title,
            "typed": line.typed,
            "state": kept.message if kept else _state(edit),
        }
        measured = [self._locked(row, name, text) for name, text in texts.items()]
        measured += self._entries(row, line, kept)
        if edit is not None:
            self.sheet.write_string(row, base, str(edit.edit.id), self.book.look("key"))
        self.sheet.set_row(row, row_height(measured, minimum=21.0))
        self.sheet.let_grow(row)

    def _locked(self, row: int, name: str, text: str) -> Text:
        column = self.columns.index(name) + 1
        look = self.book.look("text_center" if name in _CENTRED else "text")
        if text:
            self.sheet.write_string(row, column, safe(text), look)
        else:
            self.sheet.write_blank(row, column, None, look)
        return Text(text, _WIDTHS[column - 1], indent=1)

    def _entries(self, row: int, line: EditLine, kept: UnrecordedEntry | None) -> list[Text]:
        """Writes the four entry cells as the office filled them in."""
        filled = kept or (_as_kept(line.edit) if line.edit else UnrecordedEntry(None, "", "", "", ""))
        mark = "error" if kept else "warning" if line.edit and line.edit.state != "applied" else ""
        titles = {item.code: item.title for item in self.c.schema.lists.get(line.field.choices, ())}
        entry = filled.entry
        if isinstance(entry, str) and line.kind in ("choice", "mark"):
            entry = titles.get(entry, entry)
        contents: tuple[CellValue, ...] = (entry, filled.kind, filled.author, filled.reason)
        measured = []
        for name, content in zip(ENTRIES, contents, strict=True):
            column = self.columns.index(name) + 1
            kind = line.kind if name == "entry" else "choice" if name == "kind" else "text"
            self._entry(row, column, content, self.book.entry(kind, "left", mark if content else ""))
            measured.append(Text(content if isinstance(content, str) else "0", _WIDTHS[column - 1], indent=1))
        return measured

    def _entry(self, row: int, column: int, content: CellValue, look: Any) -> None:  # noqa: ANN401 - a format
        if content is None or content == "":
            self.sheet.write_blank(row, column, None, look)
        elif isinstance(content, dt.date):
            self.sheet.write_datetime(row, column, content, look)
        elif isinstance(content, str):
            self.sheet.write_string(row, column, safe(content), look)
        else:
            self.sheet.write_number(row, column, content, look)

    def _validations(self, lines: Sequence[EditLine], first: int) -> None:
        """One rule for all lines that ask for the same."""
        year = self.c.plan.properties.year
        column = self.columns.index("entry") + 1
        groups: dict[str, tuple[dict[str, Any], list[list[int]]]] = {}
        for row, line in enumerate(lines, start=first):
            options = validation_of(line.field, self.c.schema, line.facts, year)
            _, ranges = groups.setdefault(repr(options), (options, []))
            if ranges and ranges[-1][2] == row - 1:
                ranges[-1][2] = row
            else:
                ranges.append([row, column, row, column])
        for options, ranges in groups.values():
            others = {"other_cells": ranges[1:]} if ranges[1:] else {}
            self.sheet.data_validation(*ranges[0], {**options, **others})
        if lines:
            self._same_for_all(first, first + len(lines) - 1)

    def _same_for_all(self, first: int, last: int) -> None:
        kinds: dict[str, Any] = {
            "validate": "list",
            "source": f"={list_name('edit_kind')}",
            "input_title": HEADS["kind"],
            "input_message": "Rút gọn câu chữ chỉ dùng cho ô chữ.",
            "error_title": HEADS["kind"],
            "error_message": "Bấm mũi tên ở góc phải ô và chọn trong danh sách.",
        }
        column = self.columns.index("kind") + 1
        self.sheet.data_validation(first, column, last, column, kinds)
        hints = {
            "author": (_LONGEST_AUTHOR, "Họ và tên người sửa."),
            "reason": (_LONGEST_REASON, "Vì sao sửa; nếu theo điện thoại thì ghi rõ ai báo, lúc nào."),
        }
        for name, (limit, hint) in hints.items():
            column = self.columns.index(name) + 1
            length: dict[str, Any] = {"validate": "length", "criteria": "<=", "value": limit}
            words = {"input_title": HEADS[name], "input_message": hint, "error_title": HEADS[name]}
            words["error_message"] = f"Viết gọn trong {limit} ký tự."
            self.sheet.data_validation(first, column, last, column, length | words)

    def _finish(self, head: int, last: int) -> None:
        set_up_sheet_paper(self.sheet)
        self.sheet.print_area(1, 1, last, len(self.columns))
        self.sheet.repeat_rows(head)
        self.sheet.freeze_panes(head + 1, 5)
        self.sheet.autofilter(head, 1, last, len(self.columns))
        entry = self.columns.index("entry") + 1
        self.sheet.set_selection(head + 1, entry, head + 1, entry)
        password = hashlib.sha256(f"nq57xl protection {mark_of(self.c)}".encode()).hexdigest()[:12]
        self.sheet.protect(password, dict(ALLOWED))


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


def _write_lists(book: FormWorkbook, sheet: FormWorksheet, schema: Schema) -> None:
    """The hidden sheet of the dropdowns, each with its name."""
    kinds = tuple(Choice(code, title) for code, title in EDIT_KINDS.items())
    sheet.lock_rest(0, book.look("plain"))
    for column, (name, items) in enumerate({**schema.lists, "edit_kind": kinds}.items()):
        letter = a1(0, column).removesuffix("1")
        for row, text in enumerate((name, *(item.title for item in items))):
            sheet.write_string(row, column, text, book.look("key"))
        book.define_name(list_name(name), f"={LISTS}!${letter}$2:${letter}${len(items) + 1}")
    sheet.hide()
