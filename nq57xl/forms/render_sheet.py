"""Writes one data sheet (table or card) and the hidden sheets from their slots."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from attrs import frozen

from nq57xl.forms.asked import content_of
from nq57xl.forms.layout import blocks_of
from nq57xl.forms.live_check import MISSING
from nq57xl.forms.model import SheetLayout, Slot
from nq57xl.forms.page_setup import FormContents, finish_sheet, pages_of, password_of, set_up_page
from nq57xl.forms.progress import wrong_formula
from nq57xl.forms.styles import MARK_STYLES, MISSING_STYLE, NEEDLESS_STYLE, SIZE, WRONG_STYLE
from nq57xl.forms.validation import validation_of
from nq57xl.forms.wording import NOTE_AUTHOR, WHOLE
from nq57xl.rules.schema import Column, SheetSpec
from nq57xl.text.addresses import a1
from nq57xl.xlsx.metrics import Text, merged_width, printed_points, row_height
from nq57xl.xlsx.write import FONT, Worksheet, cell_text

_CHECK_WIDTH = 20.0
_ROW_MINIMUM = {"led": 48.0, "supporting": 36.0, "indicator": 36.0, "proposal": 27.0, "difficulty": 27.0}
"""Room to type in, where the locked texts need less."""
_ENTRY_MINIMUM = 27.0
_SHOWN_DATE, _SHOWN_NUMBER = "00/00/0000", "000000"
"""What is measured in their place."""
_NOTE_WIDTH = 46.0
"""Of a note on a marked cell, in characters."""


def write_hidden(sheet: Worksheet, contents: FormContents, layout: SheetLayout) -> None:
    """Lists (hidden) and identity (veryHidden): text only."""
    sheet.widths([24], "plain")
    sheet.lock_rest(1, "plain")
    for slot in layout.slots:
        sheet.text(slot.row, slot.col, slot.text, "key")
    if layout.id == "_meta":
        sheet.very_hidden()
    else:
        sheet.hide()
    sheet.protect(password_of(contents.form.issue_id))


def write_sheet(sheet: Worksheet, contents: FormContents, layout: SheetLayout, spec: SheetSpec) -> None:
    """One sheet: cells, heights, validations, marks, live check, page set-up, protection."""
    widths = [column.width for column in spec.columns] + ([_CHECK_WIDTH] if spec.check else [])
    set_up_page(sheet, contents.form, widths)
    centred = frozenset(column.name for column in spec.columns if column.align == "center")
    blocks = blocks_of(contents.form, spec)
    tables = tuple(f"{block.table}|" for block in blocks)
    heights = {}
    for number, cells in groupby(layout.slots, key=lambda slot: slot.row):  # they come in reading order
        slots = list(cells)
        own = [block for block in blocks if slots[0].row_key.startswith((f"{block.table}|", f"@head:{block.id}"))]
        row = _RowWriter(sheet, contents, spec, own[0] if own else spec, widths, centred, slots)
        heights[number] = row.write()
        hidden = number == 0 or row.key.startswith("@keys")
        sheet.height(number, heights[number], hidden=hidden)
        if hidden:
            heights[number] = 0.0
        if row.key.startswith(tables):  # elsewhere cells are merged: no program fits a row to those
            sheet.let_grow(number)
    _validations(sheet, contents, layout)
    _check_colours(sheet, layout)
    _marks(sheet, contents, layout)
    _grey_cells(sheet, contents, layout)
    head = next(slot.row for slot in layout.slots if slot.row_key == "@head")
    kept = {slot.row: slot.row + 1 for slot in layout.slots if slot.row_key.startswith("#")}
    # the signatures stay with what they sign
    cards = {f"#{block.id}" for block in blocks if block.layout == "card"}
    kept |= {slot.row: max(heights) for slot in layout.slots if slot.row_key in cards}
    pages = pages_of(heights, kept, head, sum(map(printed_points, widths)))
    sheet.set_paper(pages.paper)
    sheet.set_h_pagebreaks(pages.breaks)
    if pages.percent:
        sheet.set_print_scale(pages.percent)
    first = next((slot for slot in layout.slots if slot.role == "entry" and slot.row > head), None)
    if first is not None:
        sheet.set_selection(first.row, first.col, first.row, first.col)
    filtered = max(slot.row for slot in layout.slots if slot.row_key.startswith(("@head", tables[0])))
    finish_sheet(sheet, contents, spec, (head, min(filtered, max(heights)), max(heights)), len(widths))


@frozen
class _RowWriter:
    """Writes the slots of one row and tells its height in points."""

    sheet: Worksheet
    contents: FormContents
    spec: SheetSpec
    block: SheetSpec
    """The table of the row: the sheet's own, or one that stands under it in its columns."""
    widths: list[float]
    centred: frozenset[str]
    """Names of the columns whose cells are centred."""
    slots: list[Slot]

    @property
    def key(self) -> str:
        """The row's key."""
        return self.slots[0].row_key

    def write(self) -> float:
        for slot in self.slots:
            if slot.role == "key":
                self.sheet.text(slot.row, slot.col, slot.text, "key")
        if self.key == "" or self.key.startswith("@keys"):
            return 15.75
        if self.key.startswith("@") and not self.key.startswith("@head"):
            return self._line()
        if self.key.startswith("#"):
            return self._banner("section", bold=True)
        if self.spec.statement and self.key.startswith(f"{self.spec.statement}|"):
            return self._statement()
        return max((self._cell(slot) for slot in self.slots if slot.role != "key"), default=18.0)

    def _line(self) -> float:
        texts = [slot for slot in self.slots if slot.role == "text"]
        if len(texts) == 2:  # the signatures under a card
            name = "sign_note" if texts[0].text.startswith("(") else "sign"
            for slot in texts:
                self.sheet.text(slot.row, slot.col, slot.text, name)
            return 90.0 if name == "sign_note" else 33.0
        name = {1: "heading", 2: "subheading"}.get(texts[0].row, "note")
        return self._banner(name, bold=name == "heading")

    def _banner(self, style: str, *, bold: bool) -> float:
        """One text across the whole table."""
        slot = next(slot for slot in self.slots if slot.role == "text")
        self.sheet.across(slot.row, 1, len(self.widths), slot.text, style)
        return row_height([Text(slot.text, merged_width(self.widths), SIZE, bold, indent=1)], minimum=19.5)

    def _statement(self) -> float:
        """Label (over the first two columns), entry cell, hint across the rest but the check."""
        label, hint = (slot for slot in self.slots if slot.role == "text")
        heights = [self._cell(slot) for slot in self.slots if slot.role in ("entry", "check")]
        self.sheet.text(label.row, label.col, label.text, "statement")
        last = len(self.widths) - (1 if self.spec.check else 0)
        self.sheet.across(hint.row, hint.col, last, hint.text, "statement_hint")
        room = merged_width(self.widths[hint.col - 1 : last])
        texts = [Text(label.text, self.widths[label.col - 1], SIZE, True), Text(hint.text, room, indent=1)]
        return max([row_height(texts, minimum=33.0), *heights])

    def _cell(self, slot: Slot) -> float:
        width = self.widths[slot.col - 1]
        if slot.role == "check":
            text = str(self.contents.results[slot.place])
            formula = self.contents.formulas[slot.place]
            self.sheet.write_formula(slot.row, slot.col, formula, self.sheet.book.style("text"), text)
            return row_height([Text(text, width, indent=1)])
        if slot.role == "entry":
            return self._entry(slot, width)
        if slot.row_key.startswith("@head"):
            column = self._column(slot)
            entry = column is not None and column.entry
            self.sheet.text(slot.row, slot.col, slot.text, "head_entry" if entry else "head")
            return row_height([Text(slot.text, width, SIZE, True)], minimum=33.0)
        self.sheet.text(slot.row, slot.col, slot.text, self._text_style(slot))
        row = self.contents.rows.get((self.spec.table, slot.row_key.partition("|")[2]))
        if row is not None and (whole := row.texts.get(slot.col_key + WHOLE)):
            _comment(self.sheet, slot, whole)
        return row_height([Text(slot.text, width, indent=1)])

    def _text_style(self, slot: Slot) -> str:
        column = self._column(slot)
        if column is None:  # the check of a row that is closed, or of a field that no rule speaks of
            return "text" if self.block.layout == "card" else "done"
        name = "done" if column.entry else "text"
        return f"{name}_center" if column.align == "center" else name

    def _column(self, slot: Slot) -> Column | None:
        """The table's column in which the cell stands; None for the check."""
        return self.block.columns[slot.col - 1] if slot.col <= len(self.block.columns) else None

    def _entry(self, slot: Slot, width: float) -> float:
        field = self.contents.form.schema.table(slot.table).field(slot.field)
        kind = field.kind(self.contents.row(slot).facts)
        _, note = self.contents.notes.get(slot.place, ("", ""))
        centred = kind == "mark" or slot.col_key in self.centred
        style = f"entry_{kind}_{'center' if centred else 'left'}"
        value = content_of(self.contents.form, self.contents.values.get((slot.table, slot.key, slot.field)))
        self.sheet.value(slot.row, slot.col, value, style)
        if note:
            _comment(self.sheet, slot, note)
        shown = (
            _SHOWN_DATE if isinstance(value, date) else _SHOWN_NUMBER if isinstance(value, int | float) else value or ""
        )
        minimum = _ROW_MINIMUM.get(slot.table, _ENTRY_MINIMUM)
        return row_height([Text(shown, width, indent=1)], minimum=minimum)


def _marks(sheet: Worksheet, contents: FormContents, layout: SheetLayout) -> None:
    """Fill and border of the cells with open points; errors go before warnings."""
    for slot in layout.slots:
        for severity, formula in sorted(contents.marks.get(slot.place, ())) if slot.role == "entry" else ():
            style = sheet.book.format(MARK_STYLES[severity])
            rule = {"type": "formula", "criteria": f"={formula}", "format": style, "stop_if_true": True}
            sheet.conditional_format(slot.row, slot.col, slot.row, slot.col, rule)


def _grey_cells(sheet: Worksheet, contents: FormContents, layout: SheetLayout) -> None:
    """Cells that do not apply, after the marks: a point that is open is seen before."""
    style = sheet.book.format(NEEDLESS_STYLE)
    for (sheet_id, col, formula), rows in contents.grey.items():
        if sheet_id == layout.id:
            runs = _runs_of(rows)
            ranges = " ".join(f"{a1(low, col)}:{a1(high, col)}" for low, high in runs)
            rule = {"type": "formula", "criteria": f"={formula}", "format": style, "multi_range": ranges}
            sheet.conditional_format(runs[0][0], col, runs[-1][1], col, rule)


def _comment(sheet: Worksheet, slot: Slot, note: str) -> None:
    height = row_height([Text(note, _NOTE_WIDTH, 10)], minimum=40.0) / 0.75 + 10
    letters = {"font_name": FONT, "font_size": 10}
    options = {"author": NOTE_AUTHOR, "width": _NOTE_WIDTH * 7, "height": height, "visible": False, **letters}
    sheet.write_comment(slot.row, slot.col, cell_text(note), options)


def _validations(sheet: Worksheet, contents: FormContents, layout: SheetLayout) -> None:
    """One rule for all cells of a column that ask for the same: ranges, not single cells, of which Excel takes few."""
    form = contents.form
    grey = {(col, row) for (sheet_id, col, _), rows in contents.grey.items() if sheet_id == layout.id for row in rows}
    groups: dict[tuple[int, str, str, str, str, bool], list[Slot]] = {}
    for slot in sorted((item for item in layout.slots if item.role == "entry"), key=lambda item: (item.col, item.row)):
        field, facts = form.schema.table(slot.table).field(slot.field), contents.row(slot).facts
        asked = (
            slot.col,
            slot.table,
            slot.field,
            field.kind(facts),
            field.offered(facts),
            (slot.col, slot.row) in grey,
        )
        groups.setdefault(asked, []).append(slot)
    for (col, table, name, *_, greys), slots in groups.items():
        field = form.schema.table(table).field(name)
        options = validation_of(field, form.schema, contents.row(slots[0]).facts, form.year, greys=greys)
        validate(sheet, col, [slot.row for slot in slots], options)


def validate(sheet: Worksheet, col: int, rows: Sequence[int], options: dict[str, Any]) -> None:
    """One validation for the cells of a column in those rows, which ascend."""
    ranges = [[low, col, high, col] for low, high in _runs_of(rows)]
    others = {"other_cells": ranges[1:]} if ranges[1:] else {}
    sheet.data_validation(*ranges[0], {**options, **others})


def _runs_of(rows: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each unbroken run of ascending numbers."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and runs[-1][1] == row - 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs


def _check_colours(sheet: Worksheet, layout: SheetLayout) -> None:
    """Red where something is wrong, else amber where something is missing; the words say the same."""
    slots = [slot for slot in layout.slots if slot.role == "check"]
    if not slots:
        return
    col = slots[0].col
    runs = _runs_of([slot.row for slot in slots])
    ranges = " ".join(f"{a1(low, col)}:{a1(high, col)}" for low, high in runs)
    wrong = f"={wrong_formula(a1(slots[0].row, col))}"
    rules: tuple[tuple[dict[str, str], dict[str, Any]], ...] = (
        ({"type": "formula", "criteria": wrong}, WRONG_STYLE),
        ({"type": "text", "criteria": "containing", "value": f"{MISSING}: "}, MISSING_STYLE),
    )
    for rule, style in rules:
        options = {**rule, "stop_if_true": True, "multi_range": ranges, "format": sheet.book.format(style)}
        sheet.conditional_format(runs[0][0], col, runs[0][1], col, options)
