"""Writes the workbook of a form: empty, prefilled or sent back with marks; its guide, data sheets and hidden sheets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import attrs
from attrs import frozen

from nq57xl.forms import styles
from nq57xl.forms.asked import asked_of, content_of, held
from nq57xl.forms.layout import (
    BODY,
    GUIDE_COLUMNS,
    LEFT,
    LEGEND,
    RIGHT,
    STATE,
    GuideLine,
    blocks_of,
    guide_lines,
    layout,
    visible_specs,
)
from nq57xl.forms.live_check import MISSING, BrokenByRow, broken_rules, check_formulas, check_texts, grey_formulas
from nq57xl.forms.marks import OpenPoints, marks_of, points_of, write_asked, write_fix
from nq57xl.forms.model import CellPlace, Form, FormRow, FormTable, SheetLayout, Slot, Value, cells_of
from nq57xl.forms.progress import LEFT as LEFT_TO_FILL
from nq57xl.forms.progress import WRONG, live_cells, wrong_formula
from nq57xl.forms.shared_cells import whole_cells
from nq57xl.forms.validation import name_lists, validation_of
from nq57xl.forms.wording import NOTE_AUTHOR, WHOLE, form_file_name, period_line
from nq57xl.rules.findings import Finding
from nq57xl.rules.schema import Column, SheetSpec
from nq57xl.text.addresses import a1
from nq57xl.xlsx.metrics import Text, merged_width, printed_points, row_height, text_width
from nq57xl.xlsx.write import FONT, Workbook, Worksheet, cell_text, sheet_prefix

_CHECK_WIDTH = 20.0
_ROW_MINIMUM = {"led": 48.0, "supporting": 36.0, "indicator": 36.0, "proposal": 27.0, "difficulty": 27.0}
"""Room to type in, where the locked texts need less."""
_ENTRY_MINIMUM = 27.0
_SHOWN_DATE, _SHOWN_NUMBER = "00/00/0000", "000000"
"""What is measured in their place."""
_NOTE_WIDTH = 46.0
"""Of a note on a marked cell, in characters."""


def _write_hidden(sheet: Worksheet, contents: _FormContents, layout: SheetLayout) -> None:
    """Lists (hidden) and identity (veryHidden): text only."""
    sheet.widths([24], "plain")
    sheet.lock_rest(1, "plain")
    for slot in layout.slots:
        sheet.text(slot.row, slot.col, slot.text, "key")
    if layout.id == "_meta":
        sheet.very_hidden()
    else:
        sheet.hide()
    sheet.protect(styles.password_of(contents.form.issue_id))


def _widths_of(spec: SheetSpec) -> list[float]:
    return [column.width for column in spec.columns] + ([_CHECK_WIDTH] if spec.check else [])


def _write_sheet(sheet: Worksheet, contents: _FormContents, layout: SheetLayout, spec: SheetSpec) -> None:
    """One sheet: cells, heights, validations, marks, live check, page set-up, protection."""
    widths = _widths_of(spec)
    styles.set_up_page(sheet, contents.form, widths)
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
    _finish_sheet(sheet, contents, layout, spec, heights)


def _finish_sheet(
    sheet: Worksheet, contents: _FormContents, layout: SheetLayout, spec: SheetSpec, heights: Mapping[int, float]
) -> None:
    """Pages, print area, repeated heading, frozen panes, filter, protection."""
    head = next(slot.row for slot in layout.slots if slot.row_key == "@head")
    kept = {slot.row: slot.row + 1 for slot in layout.slots if slot.row_key.startswith("#")}
    # the signatures stay with what they sign
    blocks = blocks_of(contents.form, spec)
    cards = {f"#{block.id}" for block in blocks if block.layout == "card"}
    kept |= {slot.row: max(heights) for slot in layout.slots if slot.row_key in cards}
    widths = _widths_of(spec)
    pages = styles.pages_of(heights, kept, head, sum(map(printed_points, widths)))
    sheet.set_paper(pages.paper)
    sheet.set_h_pagebreaks(pages.breaks)
    if pages.percent:
        sheet.set_print_scale(pages.percent)
    first = next((slot for slot in layout.slots if slot.role == "entry" and slot.row > head), None)
    if first is not None:
        sheet.set_selection(first.row, first.col, first.row, first.col)
    last = max(heights)
    sheet.print_area(1, 1, last, len(widths))
    if spec.layout == "table":
        filtered = max(slot.row for slot in layout.slots if slot.row_key.startswith(("@head", f"{spec.table}|")))
        entries = [number for number, column in enumerate(spec.columns, start=1) if column.entry]
        frozen_columns = min([*entries, len(spec.columns) + 1, 3])
        sheet.head(head, min(filtered, last), (1, len(widths)), frozen_columns)
    else:
        sheet.fit_to_pages(1, 1)  # the signatures stay with what they sign
    styles.protect(sheet, contents.form.issue_id, insert_rows=contents.form.schema.table(spec.table).free)


@frozen
class _RowWriter:
    """Writes the slots of one row and tells its height in points."""

    sheet: Worksheet
    contents: _FormContents
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
        return row_height([Text(slot.text, merged_width(self.widths), styles.SIZE, bold, indent=1)], minimum=19.5)

    def _statement(self) -> float:
        """Label (over the first two columns), entry cell, hint across the rest but the check."""
        label, hint = (slot for slot in self.slots if slot.role == "text")
        heights = [self._cell(slot) for slot in self.slots if slot.role in ("entry", "check")]
        self.sheet.text(label.row, label.col, label.text, "statement")
        last = len(self.widths) - (1 if self.spec.check else 0)
        self.sheet.across(hint.row, hint.col, last, hint.text, "statement_hint")
        room = merged_width(self.widths[hint.col - 1 : last])
        texts = [Text(label.text, self.widths[label.col - 1], styles.SIZE, True), Text(hint.text, room, indent=1)]
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
            return row_height([Text(slot.text, width, styles.SIZE, True)], minimum=33.0)
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
        kind = field.kind(self.contents.form.facts[slot.table, slot.key])
        centred = kind == "mark" or slot.col_key in self.centred
        style = f"entry_{kind}_{'center' if centred else 'left'}"
        value = content_of(self.contents.form, self.contents.values.get((slot.table, slot.key, slot.field)))
        self.sheet.value(slot.row, slot.col, value, style)
        if note := self.contents.notes.get(slot.place):
            _comment(self.sheet, slot, note)
        shown = (
            _SHOWN_DATE if isinstance(value, date) else _SHOWN_NUMBER if isinstance(value, int | float) else value or ""
        )
        minimum = _ROW_MINIMUM.get(slot.table, _ENTRY_MINIMUM)
        return row_height([Text(shown, width, indent=1)], minimum=minimum)


def _marks(sheet: Worksheet, contents: _FormContents, layout: SheetLayout) -> None:
    """Fill and border of the cells with open points; errors go before warnings."""
    for slot in layout.slots:
        for severity, formula in sorted(contents.marks.get(slot.place, ())) if slot.role == "entry" else ():
            style = sheet.book.style(f"mark_{severity}")
            rule = {"type": "formula", "criteria": f"={formula}", "format": style, "stop_if_true": True}
            sheet.conditional_format(slot.row, slot.col, slot.row, slot.col, rule)


def _grey_cells(sheet: Worksheet, contents: _FormContents, layout: SheetLayout) -> None:
    """Cells that do not apply, after the marks: a point that is open is seen before."""
    style = sheet.book.style("needless")
    for (sheet_id, col, formula), rows in contents.grey.items():
        if sheet_id == layout.id:
            _colour(sheet, col, rows, {"type": "formula", "criteria": f"={formula}", "format": style})


def _colour(sheet: Worksheet, col: int, rows: Sequence[int], rule: dict[str, Any]) -> None:
    """One conditional format for the cells of a column in those rows, which ascend."""
    runs = _runs_of(rows)
    ranges = " ".join(f"{a1(low, col)}:{a1(high, col)}" for low, high in runs)
    sheet.conditional_format(runs[0][0], col, runs[-1][1], col, rule | {"multi_range": ranges})


def _comment(sheet: Worksheet, slot: Slot, note: str) -> None:
    height = row_height([Text(note, _NOTE_WIDTH, 10)], minimum=40.0) / 0.75 + 10
    letters = {"font_name": FONT, "font_size": 10}
    options = {"author": NOTE_AUTHOR, "width": _NOTE_WIDTH * 7, "height": height, "visible": False, **letters}
    sheet.write_comment(slot.row, slot.col, cell_text(note), options)


def _validations(sheet: Worksheet, contents: _FormContents, layout: SheetLayout) -> None:
    """One rule for all cells of a column that ask for the same: ranges, not single cells, of which Excel takes few."""
    form = contents.form
    grey = {(col, row) for (sheet_id, col, _), rows in contents.grey.items() if sheet_id == layout.id for row in rows}
    groups: dict[tuple[int, str, str, str, str, bool], list[Slot]] = {}
    for slot in sorted((item for item in layout.slots if item.role == "entry"), key=lambda item: (item.col, item.row)):
        field, facts = form.schema.table(slot.table).field(slot.field), form.facts[slot.table, slot.key]
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
        options = validation_of(field, form.schema, form.facts[table, slots[0].key], form.year, greys=greys)
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
    col, rows = slots[0].col, [slot.row for slot in slots]
    wrong = {"type": "formula", "criteria": f"={wrong_formula(a1(rows[0], col))}"}
    missing = {"type": "text", "criteria": "containing", "value": f"{MISSING}: "}
    for rule, style in ((wrong, "wrong"), (missing, "missing")):
        _colour(sheet, col, rows, {**rule, "stop_if_true": True, "format": sheet.book.style(style)})


_GRID = 4.55
"""Width of a grid column in characters."""
_GRID_POINTS = 28.5
"""The same in LibreOffice, where columns come out widest; 24 of them fit the page at full size."""
_BLOCKS = {"title": "title", "subtitle": "subtitle", "centred": "centred", "heading": "guide_heading"}
_STYLES_SHOWN = ("entry", "locked", "done", "needless", "missing", "wrong", "required")
_SAMPLES = {sample: f"legend_{name}" for (sample, _), name in zip(LEGEND, _STYLES_SHOWN, strict=True)}
_LAST = len(GUIDE_COLUMNS)
_LEAST_SCALE = 80
"""In hundredths: its letters of 12 points stay above 9."""


def _write_guide(sheet: Worksheet, contents: _FormContents, layout: SheetLayout) -> None:
    """All lines, each as high as its text."""
    styles.set_up_page(sheet, contents.form, [_GRID] * _LAST)
    for slot in layout.slots:
        if slot.role == "key":
            sheet.text(slot.row, slot.col, slot.text, "key")
    sheet.set_row(0, None, None, {"hidden": True})
    writer = _GuideWriter(sheet, contents)
    lines = dict(enumerate(guide_lines(contents.form, visible_specs(contents.form)), start=1))
    heights = {row: writer.write(row, line) for row, line in lines.items()}
    for row, line in lines.items():
        sheet.height(row, heights[row], hidden=line.kind == "counts")
    shown = {row: heights[row] for row, line in lines.items() if line.kind != "counts"}
    sheet.set_paper(styles.A3)
    sheet.center_horizontally()
    scale = min(100, int(100 * styles.ROOM[styles.A3][1] / sum(shown.values())))
    if scale >= _LEAST_SCALE:  # one page
        sheet.set_print_scale(scale)
    else:
        sheet.set_print_scale(100)  # instead of "fit to width", under which Excel ignores page breaks
        starts = [row for row, line in lines.items() if line.kind == "heading"]
        sheet.set_h_pagebreaks(styles.block_breaks(shown, starts, styles.ROOM[styles.A3][1]))
    sheet.print_area(1, 1, max(shown), _LAST)
    _state_colours(sheet, writer.states)
    styles.protect(sheet, contents.form.issue_id)


def _state_colours(sheet: Worksheet, rows: Sequence[int]) -> None:
    """As in the check columns: amber for what is missing, red for what is wrong; the words say the same."""
    for words, style in ((LEFT_TO_FILL, "missing"), (WRONG, "wrong")) if rows else ():
        rule = {"type": "text", "criteria": "begins with", "value": words.strip(), "format": sheet.book.style(style)}
        sheet.conditional_format(rows[0], _number(STATE), rows[-1], _LAST, rule)


def _number(column: str) -> int:
    """Where a column of the grid stands."""
    return GUIDE_COLUMNS.index(column) + 1


class _GuideWriter:
    """Writes one line after the other; counts what alternates (letterhead)."""

    def __init__(self, sheet: Worksheet, contents: _FormContents) -> None:
        self.sheet, self.contents = sheet, contents
        self.letterheads = 0
        self.states: list[int] = []

    def write(self, row: int, line: GuideLine) -> float:
        """Writes the line; gives the row's height in points."""
        if line.kind == "letterhead":
            return self._letterhead(row, line)
        if line.kind == "rule":
            return self._rules(row)
        if line.kind in ("field", "page", "legend"):
            return self._pair(row, line)
        if line.kind == "live":
            return self._live(row, line)
        if line.kind == "counts":
            return self._counts(row, line)
        height = self._block(row, LEFT, "", line.cells[0][1], _BLOCKS.get(line.kind, "guide_text"))
        return max(height, 30.0) if line.kind in ("title", "heading") else height

    def _block(self, row: int, first: str, until: str, text: str, style: str) -> float:
        """One text over the grid columns from `first` to the one before `until` (to the end when empty)."""
        start, end = _number(first), _number(until) - 1 if until else _LAST
        self.sheet.across(row, start, end, text, style)
        size, bold = float(styles.STYLES[style].get("font_size", styles.SIZE)), bool(styles.STYLES[style].get("bold"))
        return row_height([Text(text, merged_width([_GRID] * (end - start + 1)), size, bold)], minimum=19.5)

    def _letterhead(self, row: int, line: GuideLine) -> float:
        self.letterheads += 1
        own, nation = ("issuer", "issuer_bold") if self.letterheads == 1 else ("issuer_bold", "motto")
        (_, left), (_, right) = line.cells
        return max(self._block(row, LEFT, RIGHT, left, own), self._block(row, RIGHT, "", right, nation))

    def _rules(self, row: int) -> float:
        """Under the agency a rule of about half its length, under the motto one as long as the line (Decree 30)."""
        split = GUIDE_COLUMNS.index(RIGHT)
        (_, agency), (_, motto) = guide_lines(self.contents.form, ())[1].cells
        half = min(text_width(agency, 12, bold=True) / 2, split * _GRID_POINTS / 2)
        whole = text_width(motto, 13, bold=True)
        for first, count, points in ((0, split, half), (split, _LAST - split, whole)):
            length = max(2, 2 * round(points / _GRID_POINTS / 2))
            start = first + (count - length) // 2
            for column in range(start, start + length):
                self.sheet.text(row, column + 1, "", "rule")
        return 18.0

    def _pair(self, row: int, line: GuideLine) -> float:
        (_, left), (_, right), *_ = line.cells
        if line.kind == "field":
            first = self._block(row, LEFT, BODY, left, "guide_label")
            return max(first, self._block(row, BODY, "", right, "guide_value"))
        start, end = _number(LEFT), _number(BODY) - 1
        if line.kind == "page":
            self.sheet.across(row, start, end, "", "guide_link")
            target = f"{sheet_prefix(self.contents.titles[line.page])}B2"
            self.sheet.link(row, start, left, target, "guide_link", tip="Bấm để mở trang")
            return max(self._block(row, BODY, STATE, right, "guide_text"), self._state(row, line), 21.0)
        # a cell that looks like what it stands for
        self.sheet.across(row, start, end - 1, left, _SAMPLES[left])
        return max(self._block(row, BODY, "", right, "guide_text"), 21.0)

    def _live(self, row: int, line: GuideLine) -> float:
        """A label and its formula, which tells how far the form is, or where to go next."""
        (_, name), *_ = line.formulas
        height = self._block(row, LEFT, BODY, line.cells[0][1], "guide_label")
        return max(height, self._formula(row, BODY, "guide_next" if name == "next" else "guide_value"))

    def _state(self, row: int, line: GuideLine) -> float:
        if not line.formulas:
            return self._block(row, STATE, "", line.cells[-1][1], "guide_state")
        self.states.append(row)
        return self._formula(row, STATE, "guide_state")

    def _formula(self, row: int, first: str, style: str) -> float:
        """As `_block`, for a formula and what it gives."""
        height = self._block(row, first, "", str(self.contents.results["guide", row, _number(first)]), style)
        self._write_formula(row, first, style)
        return height

    def _counts(self, row: int, line: GuideLine) -> float:
        """A hidden row."""
        for column, _ in line.formulas:
            self._write_formula(row, column, "key")
        return 15.75

    def _write_formula(self, row: int, column: str, style: str) -> None:
        place = ("guide", row, _number(column))
        result, form = self.contents.results[place], self.sheet.book.style(style)
        self.sheet.write_formula(*place[1:], self.contents.formulas[place], form, result)


@frozen
class _FormContents:
    """What all sheets of one workbook are written from."""

    form: Form
    titles: dict[str, str]
    """Sheet id -> tab name."""
    values: Mapping[tuple[str, str, str], Value]
    notes: Mapping[CellPlace, str]
    """Marked cell -> text of its note."""
    marks: Mapping[CellPlace, Sequence[tuple[str, str]]]
    """Marked cell -> severity and formula of each of its points: the mark is seen while the formula holds."""
    formulas: Mapping[CellPlace, str]
    grey: Mapping[tuple[str, int, str], Sequence[int]]
    """Sheet, column and condition under which a cell does not apply -> its rows (forms.live_check)."""
    results: Mapping[CellPlace, str | int]
    """What the formulas give for these values: their cached values."""
    rows: Mapping[tuple[str, str], FormRow]
    """(table, key) -> row of the form."""


def render_form(form: Form, values: Sequence[Value] = (), findings: Sequence[Finding] = ()) -> bytes:
    """The workbook's bytes; the same arguments give the same bytes.

    `values` are written into their cells: typed where they have a value, else the text that was typed. `findings` mark
    their cells and fill the sheet "Cần sửa" in front (errors, warnings, and how many things were repaired).
    """
    return next(render_forms([(form, values, findings)]))


def render_forms(filled: Sequence[tuple[Form, Sequence[Value], Sequence[Finding]]]) -> Iterator[bytes]:
    """The same for each of several forms, in turn; their live checks are judged together, which costs what one does."""
    broken = broken_rules([(form, values) for form, values, _ in filled])
    for one, rules in zip(filled, broken, strict=True):
        yield _render(*one, rules)


def _render(form: Form, values: Sequence[Value], findings: Sequence[Finding], broken: BrokenByRow) -> bytes:
    form = with_added_rows(form, values)
    sheets = layout(form)
    values = whole_cells(form, held(values, findings))
    checks = check_texts(form, sheets, values, broken)
    state = OpenPoints(form, sheets, cells_of(values), checks)
    points = points_of(form, sheets, findings, state)
    notes, marks = marks_of(points, state)
    asked = asked_of(form, sheets, values, findings)
    live = live_cells(form, sheets, values, checks)
    contents = _FormContents(
        form=form,
        titles={sheet.id: sheet.title for sheet in sheets},
        values=cells_of(values),
        notes=notes,
        marks=marks,
        formulas=check_formulas(form, sheets) | {place: item.formula for place, item in live.items()},
        grey=grey_formulas(form, sheets),
        results={**checks, **{place: item.value for place, item in live.items()}},
        rows={(table.table, row.key): row for table in form.tables for row in table.rows},
    )
    repaired = sum(item.severity == "repaired" for item in findings)
    # identity once more, as a cross-check only: many programs drop it
    identity = {"subject": period_line(form.period), "author": form.gatherer, "keywords": f"NQ57 {form.issue_id}"}
    issued = dt.datetime.combine(form.issued_on, dt.time(8))
    title = f"Biểu mẫu báo cáo {form.unit_name}"
    with Workbook(title, styles.STYLES, created=issued, protected=True, properties=identity) as book:
        book.set_custom_property("nq57_issue_id", form.issue_id, "text")
        book.set_custom_property("nq57_file", form_file_name(form.period.code, form.unit), "text")
        if points or repaired:
            write_fix(book, form, points, repaired)
        _sheets(book, contents, sheets)
        if asked:
            write_asked(book, form, asked)
    return book.content


def marked(form: Form, values: Sequence[Value], findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Errors and warnings as `render_form` marks them: with the cells in that workbook, in the order of its sheets."""
    form = with_added_rows(form, values)
    return tuple(point.placed for point in points_of(form, layout(form), findings))


def with_added_rows(form: Form, values: Sequence[Value]) -> Form:
    """The form with a row for every free row that the unit added beyond the prepared ones."""
    tables = tuple(_extended(table, form, values) for table in form.tables)
    return form if tables == form.tables else attrs.evolve(form, tables=tables, cells=())


def _extended(table: FormTable, form: Form, values: Sequence[Value]) -> FormTable:
    known = {row.key for row in table.rows}
    added = dict.fromkeys(item.key for item in values if item.table == table.table and item.key not in known)
    if not added or not form.schema.table(table.table).free:
        return table
    rows = [
        FormRow(key, {"number": str(number)}, dict(table.rows[0].facts))
        for number, key in enumerate(added, start=len(table.rows) + 1)
    ]
    return attrs.evolve(table, rows=(*table.rows, *rows))


def _sheets(book: Workbook, contents: _FormContents, sheets: Sequence[SheetLayout]) -> None:
    specs = {spec.id: spec for spec in visible_specs(contents.form)}
    for sheet in sheets:
        worksheet = book.sheet(sheet.title)
        if sheet.id == "guide":
            _write_guide(worksheet, contents, sheet)
        elif sheet.id in specs:
            _write_sheet(worksheet, contents, sheet, specs[sheet.id])
        else:
            _write_hidden(worksheet, contents, sheet)
        if sheet.id == "_lists":
            name_lists(book, sheet.title, contents.form.schema.lists, first=1)
    book.worksheets()[0].activate()
