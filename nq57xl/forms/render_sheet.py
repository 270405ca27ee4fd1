"""Writes one data sheet (table or card) and the hidden sheets from their slots."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from attrs import frozen

from nq57xl.forms.live_check import MISSING
from nq57xl.forms.model import SheetLayout, Slot
from nq57xl.forms.page_setup import FormContents, finish_sheet, page_breaks, set_up_page
from nq57xl.forms.progress import wrong_formula
from nq57xl.forms.styles import ERROR_FILL, SIZE, WARNING_FILL, FormWorkbook, FormWorksheet
from nq57xl.forms.validation import kind_of, validation_of
from nq57xl.rules.schema import Field, SheetSpec
from nq57xl.text.addresses import a1
from nq57xl.xlsx.metrics import Text, merged_width, printed_points, row_height

_CHECK_WIDTH = 22.0
_ROW_MINIMUM = {"led": 48.0, "supporting": 36.0, "indicator": 36.0, "proposal": 33.0, "difficulty": 33.0}
"""Room to type in, where the locked texts need less."""
_CELL_LIMIT = 32767
_FIRST_YEAR = 1900
_NOTE_WIDTH = 46.0
"""Of a note on a marked cell, in characters."""


def safe(text: str) -> str:
    """The text as a cell can hold it: no lone surrogates, within Excel's length."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    while len(text.encode("utf-16-le")) // 2 > _CELL_LIMIT:
        text = text[: len(text) - max(1, (len(text.encode("utf-16-le")) // 2 - _CELL_LIMIT) // 2)]
    return text


def write_hidden(book: FormWorkbook, worksheet: FormWorksheet, page: FormContents, sheet: SheetLayout) -> None:
    """Lists (hidden) and identity (veryHidden): text only."""
    worksheet.set_column(0, 0, 24, book.look("plain"))
    worksheet.lock_rest(1, book.look("plain"))
    for slot in sheet.slots:
        worksheet.write_string(slot.row, slot.col, slot.text, book.look("key"))
    if sheet.id == "_meta":
        worksheet.very_hidden()
    else:
        worksheet.hide()
    worksheet.protect(page.password)


def write_sheet(
    book: FormWorkbook, worksheet: FormWorksheet, page: FormContents, sheet: SheetLayout, spec: SheetSpec
) -> None:
    """One sheet: cells, heights, validations, marks, live check, page set-up, protection."""
    widths = sheet_widths(spec)
    set_up_page(book, worksheet, page.form, widths)
    rows: dict[int, list[Slot]] = {}
    for slot in sheet.slots:
        rows.setdefault(slot.row, []).append(slot)
    heights = {}
    for number, slots in rows.items():
        heights[number] = _RowWriter(book, worksheet, page, spec, widths, slots).write()
        worksheet.set_row(number, heights[number], None, {"hidden": number == 0})
        if _grows(slots[0].row_key, spec):
            worksheet.let_grow(number)
    _validations(worksheet, page, sheet)
    _check_colours(book, worksheet, sheet)
    head = next(slot.row for slot in sheet.slots if slot.row_key == "@head")
    sections = {slot.row for slot in sheet.slots if slot.row_key.startswith("#")}
    worksheet.set_h_pagebreaks(page_breaks(heights, sections, head, sum(map(printed_points, widths))))
    first = next((slot for slot in sheet.slots if slot.role == "entry" and slot.row > head), None)
    if first is not None:
        worksheet.set_selection(first.row, first.col, first.row, first.col)
    finish_sheet(worksheet, page, spec, head=head, last=max(rows), columns=len(widths))


def _grows(row_key: str, spec: SheetSpec) -> bool:
    """Rows of the table itself: in others, merged cells would not count when a program fits the row."""
    return row_key.startswith(f"{spec.table}|")


def sheet_widths(spec: SheetSpec) -> list[float]:
    """Widths of the visible columns in characters, the check column last."""
    return [column.width for column in spec.columns] + ([_CHECK_WIDTH] if spec.check else [])


@frozen
class _RowWriter:
    """Writes the slots of one row and tells its height in points."""

    book: FormWorkbook
    sheet: FormWorksheet
    page: FormContents
    spec: SheetSpec
    widths: list[float]
    slots: list[Slot]

    def write(self) -> float:
        key = self.slots[0].row_key
        for slot in self.slots:
            if slot.role == "key":
                self.sheet.write_string(slot.row, slot.col, slot.text, self.book.look("key"))
        if key == "":
            return 15.75
        if key.startswith("@") and key != "@head":
            return self._line()
        if key.startswith("#"):
            return self._banner("section", SIZE, bold=True)
        if self.spec.statement and key.startswith(f"{self.spec.statement}|"):
            return self._statement()
        return max((self._cell(slot) for slot in self.slots if slot.role != "key"), default=18.0)

    def _line(self) -> float:
        texts = [slot for slot in self.slots if slot.role == "text"]
        if len(texts) == 2:  # the signatures under a card
            name = "sign_note" if texts[0].text.startswith("(") else "sign"
            for slot in texts:
                self.sheet.write_string(slot.row, slot.col, slot.text, self.book.look(name))
            return 90.0 if name == "sign_note" else 33.0
        name, size = {1: ("heading", 14), 2: ("subheading", SIZE)}.get(texts[0].row, ("note", SIZE))
        return self._banner(name, size, bold=name == "heading")

    def _banner(self, name: str, size: float, *, bold: bool) -> float:
        """One text across the whole table."""
        slot = next(slot for slot in self.slots if slot.role == "text")
        self.sheet.merge_range(slot.row, 1, slot.row, len(self.widths), "", self.book.look(name))
        self.sheet.write_string(slot.row, 1, slot.text, self.book.look(name))
        return row_height([Text(slot.text, merged_width(self.widths), size, bold, indent=1)], minimum=21.0)

    def _statement(self) -> float:
        """Label (over the first two columns), entry cell, hint across the rest but the check."""
        label, hint = (slot for slot in self.slots if slot.role == "text")
        heights = [self._cell(slot) for slot in self.slots if slot.role in ("entry", "check")]
        self.sheet.write_string(label.row, label.col, label.text, self.book.look("statement"))
        last = len(self.widths) - (1 if self.spec.check else 0)
        look = self.book.look("statement_hint")
        self.sheet.merge_range(hint.row, hint.col, hint.row, last, "", look)
        self.sheet.write_string(hint.row, hint.col, hint.text, look)
        room = merged_width(self.widths[hint.col - 1 : last])
        texts = [Text(label.text, self.widths[label.col - 1], SIZE, True), Text(hint.text, room, indent=1)]
        return max([row_height(texts, minimum=33.0), *heights])

    def _cell(self, slot: Slot) -> float:
        width = self.widths[slot.col - 1]
        if slot.role == "check":
            return self._check(slot, width)
        if slot.role == "entry":
            return self._entry(slot, width)
        if slot.row_key == "@head":
            entry = any(column.entry and column.name == slot.col_key for column in self.spec.columns)
            look = self.book.look("head_entry" if entry else "head")
            self.sheet.write_string(slot.row, slot.col, slot.text, look)
            return row_height([Text(slot.text, width, SIZE, True)], minimum=33.0)
        look = self.book.look(self._text_look(slot))
        if slot.text:
            self.sheet.write_string(slot.row, slot.col, slot.text, look)
        else:
            self.sheet.write_blank(slot.row, slot.col, None, look)
        return row_height([Text(slot.text, width, indent=1)])

    def _text_look(self, slot: Slot) -> str:
        if self.spec.layout == "card":
            return "label"
        if slot.col_key == "check":
            return "done"
        column = next(item for item in self.spec.columns if item.name == slot.col_key)
        name = "done" if column.entry else "text"
        return f"{name}_center" if column.align == "center" else name

    def _check(self, slot: Slot, width: float) -> float:
        place = (slot.sheet, slot.row, slot.col)
        text, look = str(self.page.results[place]), self.book.look("check")
        self.sheet.write_formula(slot.row, slot.col, self.page.formulas[place], look, text)
        return row_height([Text(text, width, indent=1)])

    def _entry(self, slot: Slot, width: float) -> float:
        field = self.page.form.schema.table(slot.table).field(slot.field)
        kind = kind_of(field, self.page.row(slot).facts)
        severity, note = self.page.notes.get((slot.sheet, slot.row, slot.col), ("", ""))
        look = self.book.entry(kind, self._align(slot, kind), severity)
        shown = self._value(slot, field, look)
        if note:
            _comment(self.sheet, slot, note)
        minimum = _ROW_MINIMUM.get(slot.table, 27.0) if slot.table == self.spec.table else 27.0
        return row_height([Text(shown, width, indent=1)], minimum=minimum)

    def _align(self, slot: Slot, kind: str) -> str:
        column = next((item for item in self.spec.columns if item.name == slot.col_key), None)
        centred = column is not None and column.align == "center"
        return "center" if centred or kind in ("mark",) else "left"

    def _value(self, slot: Slot, field: Field, look: Any) -> str:  # noqa: ANN401 - an XlsxWriter format
        """Writes what the unit had entered; gives it as text, for the height."""
        item = self.page.values.get((slot.table, slot.key, slot.field))
        value: Any = None if item is None else item.value if item.value is not None else item.typed.strip() or None
        if item is not None and isinstance(item.value, str) and field.choices:
            choices = self.page.form.schema.lists[field.choices]
            value = next((choice.title for choice in choices if choice.code == item.value), item.value)
        if value is None:
            self.sheet.write_blank(slot.row, slot.col, None, look)
            return ""
        if item is not None and not _fits(value):
            value = item.typed
        if isinstance(value, date):
            self.sheet.write_datetime(slot.row, slot.col, value, look)
            return "00/00/0000"
        if isinstance(value, (int, float)):
            self.sheet.write_number(slot.row, slot.col, value, look)
            return "000000"
        self.sheet.write_string(slot.row, slot.col, safe(value), look)
        return str(value)


def _fits(value: object) -> bool:
    """Excel holds neither days before 1900 nor infinite numbers: what was typed goes back as text."""
    if isinstance(value, date):
        return value.year >= _FIRST_YEAR
    return not isinstance(value, float) or math.isfinite(value)


def _comment(worksheet: FormWorksheet, slot: Slot, note: str) -> None:
    height = row_height([Text(note, _NOTE_WIDTH, 10)], minimum=40.0) / 0.75 + 10
    options = {
        "author": "",
        "width": _NOTE_WIDTH * 7,
        "height": height,
        "font_name": "Times New Roman",
        "font_size": 10,
        "visible": False,
    }
    worksheet.write_comment(slot.row, slot.col, safe(note), options)


def _validations(worksheet: FormWorksheet, page: FormContents, sheet: SheetLayout) -> None:
    """One rule for all cells of a column that ask for the same: ranges, not single cells (pitfalls 3)."""
    groups: list[tuple[dict[str, Any], list[Slot]]] = []
    for slot in sorted((item for item in sheet.slots if item.role == "entry"), key=lambda item: (item.col, item.row)):
        form = page.form
        field = form.schema.table(slot.table).field(slot.field)
        options = validation_of(field, form.schema, page.row(slot).facts, form.year)
        for known, slots in groups:
            if known == options and slots[0].col == slot.col:
                slots.append(slot)
                break
        else:
            groups.append((options, [slot]))
    for options, slots in groups:
        first, *others = _runs(slots)
        cells = {"other_cells": [[low, col, high, col] for low, high, col in others]} if others else {}
        worksheet.data_validation(first[0], first[2], first[1], first[2], {**options, **cells})


def _runs(slots: list[Slot]) -> list[tuple[int, int, int]]:
    """(first row, last row, column) of each unbroken run of cells."""
    runs: list[tuple[int, int, int]] = []
    for slot in slots:
        if runs and runs[-1][1] == slot.row - 1 and runs[-1][2] == slot.col:
            runs[-1] = (runs[-1][0], slot.row, slot.col)
        else:
            runs.append((slot.row, slot.row, slot.col))
    return runs


def _check_colours(book: FormWorkbook, worksheet: FormWorksheet, sheet: SheetLayout) -> None:
    """Red where something is wrong, else amber where something is missing; the words say the same."""
    runs = _runs([slot for slot in sheet.slots if slot.role == "check"])
    if not runs:
        return
    place = (runs[0][0], runs[0][2], runs[0][1], runs[0][2])
    ranges = " ".join(f"{a1(low, col)}:{a1(high, col)}" for low, high, col in runs)
    wrong = f"={wrong_formula(a1(runs[0][0], runs[0][2]))}"
    rules: tuple[tuple[dict[str, str], str], ...] = (
        ({"type": "formula", "criteria": wrong}, ERROR_FILL),
        ({"type": "text", "criteria": "begins with", "value": MISSING}, WARNING_FILL),
    )
    for rule, fill in rules:
        look = book.add_format({"bg_color": fill, "bold": True})
        worksheet.conditional_format(*place, {**rule, "stop_if_true": True, "multi_range": ranges, "format": look})
