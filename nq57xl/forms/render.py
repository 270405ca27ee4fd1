"""Writes the workbook of a form: empty, prefilled or sent back with marks; its guide, data sheets and hidden sheets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from attrs import frozen

from nq57xl.forms import styles
from nq57xl.forms.asked import as_typed, content_of
from nq57xl.forms.guide import write_guide
from nq57xl.forms.layout import layout
from nq57xl.forms.live_check import MISSING, LiveChecks, broken_rules
from nq57xl.forms.marks import MarkedForm
from nq57xl.forms.model import Form, SheetLayout, Slot, Value
from nq57xl.forms.progress import live_cells, wrong_formula
from nq57xl.forms.shared_cells import whole_cells
from nq57xl.forms.validation import name_lists, runs_of, validate, validation_of
from nq57xl.forms.wording import NOTE_AUTHOR, WHOLE, form_file_name, period_line
from nq57xl.rules.findings import Finding
from nq57xl.rules.schema import Column, SheetSpec
from nq57xl.text.addresses import a1
from nq57xl.xlsx.metrics import Text, merged_width, printed_points, row_height
from nq57xl.xlsx.write import FONT, Workbook, Worksheet, cell_text

_CHECK_WIDTH = 20.0
_ROW_MINIMUM = {"led": 48.0, "supporting": 36.0, "indicator": 36.0, "proposal": 27.0, "difficulty": 27.0}
"""Room to type in, where the locked texts need less."""
_ENTRY_MINIMUM = 27.0
_SHOWN_DATE, _SHOWN_NUMBER = "00/00/0000", "000000"
"""What is measured in their place."""
_NOTE_WIDTH = 46.0
"""Of a note on a marked cell, in characters."""


def _write_hidden(sheet: Worksheet, form: Form, layout: SheetLayout) -> None:
    """Lists (hidden) and identity (veryHidden): text only."""
    sheet.widths([24], "plain")
    sheet.lock_rest(1, "plain")
    for slot in layout.slots:
        sheet.text(slot.row, slot.col, slot.text, "key")
    if layout.id == "_meta":
        sheet.very_hidden()
    else:
        sheet.hide()
    styles.protect(sheet, form.issue_id, hidden=True)


def _widths_of(spec: SheetSpec) -> list[float]:
    return [column.width for column in spec.columns] + ([_CHECK_WIDTH] if spec.check else [])


def _write_sheet(sheet: Worksheet, back: MarkedForm, layout: SheetLayout, spec: SheetSpec) -> None:
    """One sheet: cells, heights, validations, marks, live check, page set-up, protection."""
    widths = _widths_of(spec)
    styles.set_up_page(sheet, back.checks.form, widths)
    centred = frozenset(column.name for column in spec.columns if column.align == "center")
    blocks = back.checks.form.blocks(spec)
    tables = tuple(f"{block.table}|" for block in blocks)
    heights = {}
    for number, cells in groupby(layout.slots, key=lambda slot: slot.row):  # they come in reading order
        slots = list(cells)
        own = [block for block in blocks if slots[0].row_key.startswith((f"{block.table}|", f"@head:{block.id}"))]
        row = _RowWriter(sheet, back, spec, own[0] if own else spec, widths, centred, slots)
        heights[number] = row.write()
        hidden = number == 0 or row.key.startswith("@keys")
        sheet.height(number, heights[number], hidden=hidden)
        if hidden:
            heights[number] = 0.0
        if row.key.startswith(tables):  # elsewhere cells are merged: no program fits a row to those
            sheet.let_grow(number)
    _validations(sheet, back, layout)
    _check_colours(sheet, layout)
    _marks(sheet, back, layout)
    _grey_cells(sheet, back, layout)
    _finish_sheet(sheet, back, layout, spec, heights)


def _finish_sheet(
    sheet: Worksheet, back: MarkedForm, layout: SheetLayout, spec: SheetSpec, heights: Mapping[int, float]
) -> None:
    """Pages, print area, repeated heading, frozen panes, filter, protection."""
    head = next(slot.row for slot in layout.slots if slot.row_key == "@head")
    kept = {slot.row: slot.row + 1 for slot in layout.slots if slot.row_key.startswith("#")}
    # the signatures stay with what they sign
    blocks = back.checks.form.blocks(spec)
    cards = {f"#{block.id}" for block in blocks if block.layout == "card"}
    kept |= {slot.row: max(heights) for slot in layout.slots if slot.row_key in cards}
    widths = _widths_of(spec)
    styles.pages_of(heights, kept, head, sum(map(printed_points, widths))).set_up(sheet)
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
    styles.protect(sheet, back.checks.form.issue_id, insert_rows=back.checks.form.schema.table(spec.table).free)


@frozen
class _RowWriter:
    """Writes the slots of one row and tells its height in points."""

    sheet: Worksheet
    back: MarkedForm
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
        return row_height([Text(slot.text, merged_width(self.widths), bold=bold, indent=1)], minimum=19.5)

    def _statement(self) -> float:
        """Label (over the first two columns), entry cell, hint across the rest but the check."""
        label, hint = (slot for slot in self.slots if slot.role == "text")
        heights = [self._cell(slot) for slot in self.slots if slot.role in ("entry", "check")]
        self.sheet.text(label.row, label.col, label.text, "statement")
        last = len(self.widths) - (1 if self.spec.check else 0)
        self.sheet.across(hint.row, hint.col, last, hint.text, "statement_hint")
        room = merged_width(self.widths[hint.col - 1 : last])
        texts = [Text(label.text, self.widths[label.col - 1], bold=True), Text(hint.text, room, indent=1)]
        return max([row_height(texts, minimum=33.0), *heights])

    def _cell(self, slot: Slot) -> float:
        width = self.widths[slot.col - 1]
        if slot.role == "check":
            text = self.back.checks.texts[slot.place]
            formula = self.back.checks.formulas[slot.place]
            self.sheet.write_formula(slot.row, slot.col, formula, self.sheet.book.style("text"), text)
            return row_height([Text(text, width, indent=1)])
        if slot.role == "entry":
            return self._entry(slot, width)
        if slot.row_key.startswith("@head"):
            column = self._column(slot)
            entry = column is not None and column.entry
            self.sheet.text(slot.row, slot.col, slot.text, "head_entry" if entry else "head")
            return row_height([Text(slot.text, width, bold=True)], minimum=33.0)
        self.sheet.text(slot.row, slot.col, slot.text, self._text_style(slot))
        row = self.back.checks.form.rows.get((self.spec.table, slot.row_key.partition("|")[2]))
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
        field = self.back.checks.form.schema.table(slot.table).field(slot.field)
        kind = field.kind(self.back.checks.form.facts[slot.table, slot.key])
        centred = kind == "mark" or slot.col_key in self.centred
        style = f"entry_{kind}_{'center' if centred else 'left'}"
        value = content_of(self.back.checks.form, self.back.checks.cells.get(slot.form_cell))
        self.sheet.value(slot.row, slot.col, value, style)
        if note := self.back.notes.get(slot.place):
            _comment(self.sheet, slot, note)
        shown = (
            _SHOWN_DATE if isinstance(value, date) else _SHOWN_NUMBER if isinstance(value, int | float) else value or ""
        )
        minimum = _ROW_MINIMUM.get(slot.table, _ENTRY_MINIMUM)
        return row_height([Text(shown, width, indent=1)], minimum=minimum)


def _marks(sheet: Worksheet, back: MarkedForm, layout: SheetLayout) -> None:
    """Fill and border of the cells with open points; errors go before warnings."""
    for slot in layout.slots:
        for severity, formula in sorted(back.marks.get(slot.place, ())) if slot.role == "entry" else ():
            style = sheet.book.style(f"mark_{severity}")
            rule = {"type": "formula", "criteria": f"={formula}", "format": style, "stop_if_true": True}
            sheet.conditional_format(slot.row, slot.col, slot.row, slot.col, rule)


def _grey_cells(sheet: Worksheet, back: MarkedForm, layout: SheetLayout) -> None:
    """Cells that do not apply, after the marks: a point that is open is seen before."""
    style = sheet.book.style("needless")
    for (sheet_id, col, formula), rows in back.checks.grey.items():
        if sheet_id == layout.id:
            _colour(sheet, col, rows, {"type": "formula", "criteria": f"={formula}", "format": style})


def _colour(sheet: Worksheet, col: int, rows: Sequence[int], rule: dict[str, Any]) -> None:
    """One conditional format for the cells of a column in those rows, which ascend."""
    runs = runs_of(rows)
    ranges = " ".join(f"{a1(low, col)}:{a1(high, col)}" for low, high in runs)
    sheet.conditional_format(runs[0][0], col, runs[-1][1], col, rule | {"multi_range": ranges})


def _comment(sheet: Worksheet, slot: Slot, note: str) -> None:
    height = row_height([Text(note, _NOTE_WIDTH, 10)], minimum=40.0) / 0.75 + 10
    letters = {"font_name": FONT, "font_size": 10}
    options = {"author": NOTE_AUTHOR, "width": _NOTE_WIDTH * 7, "height": height, "visible": False, **letters}
    sheet.write_comment(slot.row, slot.col, cell_text(note), options)


def _validations(sheet: Worksheet, back: MarkedForm, layout: SheetLayout) -> None:
    """One rule for all cells of a column that ask for the same: ranges, not single cells, of which Excel takes few."""
    form = back.checks.form
    grey = {
        (col, row) for (sheet_id, col, _), rows in back.checks.grey.items() if sheet_id == layout.id for row in rows
    }
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


def render_form(form: Form, values: Sequence[Value] = (), findings: Sequence[Finding] = ()) -> bytes:
    """The workbook's bytes; the same arguments give the same bytes.

    `values` are written into their cells: typed where they have a value, else the text that was typed. `findings` mark
    their cells and fill the sheet "Cần sửa" in front (errors, warnings, and how many things were repaired).
    """
    return next(render_forms([(form, values, findings)]))


def render_forms(filled: Sequence[tuple[Form, Sequence[Value], Sequence[Finding]]]) -> Iterator[bytes]:
    """The same for each of several forms, in turn; their live checks are judged together, which costs what one does."""
    broken = broken_rules([(form, values) for form, values, _ in filled])
    for (issued, values, findings), rules in zip(filled, broken, strict=True):
        form = issued.with_added_rows(values)
        held = whole_cells(form, as_typed(values, findings))
        yield _render(MarkedForm(LiveChecks(form, layout(form), held, rules), findings))


def _render(back: MarkedForm) -> bytes:
    form, checks = back.checks.form, back.checks
    # identity once more, as a cross-check only: many programs drop it
    identity = {"subject": period_line(form.period), "author": form.gatherer, "keywords": f"NQ57 {form.issue_id}"}
    issued = dt.datetime.combine(form.issued_on, dt.time(8))
    title = f"Biểu mẫu báo cáo {form.unit_name}"
    specs = {spec.id: spec for spec in form.sheets}
    with Workbook(title, styles.STYLES, created=issued, protected=True, properties=identity) as book:
        book.set_custom_property("nq57_issue_id", form.issue_id, "text")
        book.set_custom_property("nq57_file", form_file_name(form.period.code, form.unit), "text")
        back.write_fix(book)
        for sheet in checks.sheets:
            worksheet = book.sheet(sheet.title)
            if sheet.id == "guide":
                write_guide(worksheet, form, checks.sheets, live_cells(checks))
            elif sheet.id in specs:
                _write_sheet(worksheet, back, sheet, specs[sheet.id])
            else:
                _write_hidden(worksheet, form, sheet)
            if sheet.id == "_lists":
                name_lists(book, sheet.title, form.schema.lists, first=1)
        book.worksheets()[0].activate()
        back.write_asked(book)
    return book.content


def marked(form: Form, values: Sequence[Value], findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Errors and warnings as `render_form` marks them: with the cells in that workbook, in the order of its sheets."""
    form = form.with_added_rows(values)
    return tuple(point.placed for point in MarkedForm(LiveChecks(form, layout(form)), findings).points)
