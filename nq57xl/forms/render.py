"""Writes the workbook of a form: empty, prefilled or sent back with marks; its guide, data sheets and hidden sheets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from nq57xl.forms import styles
from nq57xl.forms.guide import write_guide
from nq57xl.forms.live_check import MISSING, broken_rules
from nq57xl.forms.marks import MarkedForm
from nq57xl.forms.model import Form, SheetLayout, Slot, Value
from nq57xl.forms.progress import live_cells, wrong_formula
from nq57xl.forms.validation import name_lists, runs_of, validate, validation_of
from nq57xl.forms.wording import NOTE_AUTHOR, WHOLE, form_file_name, period_line
from nq57xl.rules.findings import Finding
from nq57xl.rules.schema import SheetSpec
from nq57xl.text.addresses import a1
from nq57xl.xlsx.metrics import Text, merged_width, printed_points, row_height
from nq57xl.xlsx.write import FONT, Workbook, Worksheet, storable_text

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


class _FormSheetWriter:
    """Writes one sheet: cells, heights, validations, marks, live check, page set-up, protection."""

    def __init__(self, sheet: Worksheet, back: MarkedForm, layout: SheetLayout, spec: SheetSpec) -> None:
        self.sheet, self.back, self.layout, self.spec = sheet, back, layout, spec
        self.checks, self.form = back.checks, back.checks.form
        self.blocks = self.form.blocks(spec)
        self.widths = [column.width for column in spec.columns] + ([_CHECK_WIDTH] if spec.check else [])
        self.centred = {column.name for column in spec.columns if column.align == "center"}

    def write(self) -> None:
        styles.set_up_page(self.sheet, self.form, self.widths)
        heights = {}
        tables = tuple(f"{block.table}|" for block in self.blocks)
        for number, cells in groupby(self.layout.slots, key=lambda slot: slot.row):  # they come in reading order
            slots = list(cells)
            key = slots[0].row_key
            heights[number] = self._row(key, slots)
            hidden = number == 0 or key.startswith("@keys")
            self.sheet.height(number, heights[number], hidden=hidden)
            if hidden:
                heights[number] = 0.0
            if key.startswith(tables):  # elsewhere cells are merged: no program fits a row to those
                self.sheet.let_grow(number)
        self._validations()
        self._colours()
        self._finish(heights)

    def _finish(self, heights: Mapping[int, float]) -> None:
        """Pages, print area, repeated heading, frozen panes, filter, protection."""
        sheet, slots, columns = self.sheet, self.layout.slots, self.spec.columns
        head, last = next(slot.row for slot in slots if slot.row_key == "@head"), max(heights)
        kept = {slot.row: slot.row + 1 for slot in slots if slot.row_key.startswith("#")}
        # the signatures stay with what they sign
        cards = {f"#{block.id}" for block in self.blocks if block.layout == "card"}
        kept |= {slot.row: last for slot in slots if slot.row_key in cards}
        styles.pages_of(heights, kept, head, sum(map(printed_points, self.widths))).set_up(sheet)
        first = next((place for place in self.layout.entries if place[0] > head), None)
        if first is not None:
            sheet.set_selection(*first, *first)
        sheet.print_area(1, 1, last, len(self.widths))
        if self.spec.layout == "table":
            filtered = max(slot.row for slot in slots if slot.row_key.startswith(("@head", f"{self.spec.table}|")))
            entries = [number for number, column in enumerate(columns, start=1) if column.entry]
            sheet.head(head, min(filtered, last), (1, len(self.widths)), min([*entries, len(columns) + 1, 3]))
        else:
            sheet.fit_to_pages(1, 1)  # the signatures stay with what they sign
        styles.protect(sheet, self.form.issue_id, insert_rows=self.form.schema.table(self.spec.table).free)

    def _row(self, key: str, slots: Sequence[Slot]) -> float:
        """Writes the cells of one row; gives its height in points."""
        for slot in slots:
            if slot.role == "key":
                self.sheet.text(slot.row, slot.col, slot.text, "key")
        texts = [slot for slot in slots if slot.role == "text"]
        if key == "" or key.startswith("@keys"):
            return 15.75
        if key.startswith("@") and not key.startswith("@head"):
            return self._line(texts)
        if key.startswith("#"):
            return self._banner(texts[0], "section")
        if self.spec.statement and key.startswith(f"{self.spec.statement}|"):
            return self._statement(slots)
        own = (block for block in self.blocks if key.startswith((f"{block.table}|", f"@head:{block.id}")))
        block = next(own, self.spec)
        return max((self._cell(slot, block) for slot in slots if slot.role != "key"), default=18.0)

    def _line(self, texts: Sequence[Slot]) -> float:
        if len(texts) == 2:  # the signatures under a card
            name = "sign_note" if texts[0].text.startswith("(") else "sign"
            for slot in texts:
                self.sheet.text(slot.row, slot.col, slot.text, name)
            return 90.0 if name == "sign_note" else 33.0
        return self._banner(texts[0], {1: "heading", 2: "subheading"}.get(texts[0].row, "note"))

    def _banner(self, slot: Slot, style: str) -> float:
        """One text across the whole table."""
        self.sheet.across(slot.row, 1, len(self.widths), slot.text, style)
        bold = style in ("section", "heading")
        return row_height([Text(slot.text, merged_width(self.widths), bold=bold, indent=1)], minimum=19.5)

    def _statement(self, slots: Sequence[Slot]) -> float:
        """Label (over the first two columns), entry cell, hint across the rest but the check."""
        label, hint = (slot for slot in slots if slot.role == "text")
        heights = [self._cell(slot, self.spec) for slot in slots if slot.role in ("entry", "check")]
        self.sheet.text(label.row, label.col, label.text, "statement")
        last = len(self.widths) - (1 if self.spec.check else 0)
        self.sheet.across(hint.row, hint.col, last, hint.text, "statement_hint")
        room = merged_width(self.widths[hint.col - 1 : last])
        texts = [Text(label.text, self.widths[label.col - 1], bold=True), Text(hint.text, room, indent=1)]
        return max([row_height(texts, minimum=33.0), *heights])

    def _cell(self, slot: Slot, block: SheetSpec) -> float:
        """A cell of a table's row; `block`: the sheet's own table, or one that stands under it in its columns."""
        width = self.widths[slot.col - 1]
        if slot.role == "check":
            text, style = self.checks.texts[slot.place], self.sheet.book.style("text")
            self.sheet.write_formula(slot.row, slot.col, self.checks.formulas[slot.place], style, text)
            return row_height([Text(text, width, indent=1)])
        if slot.role == "entry":
            return self._entry(slot, width)
        column = block.columns[slot.col - 1] if slot.col <= len(block.columns) else None
        if slot.row_key.startswith("@head"):
            self.sheet.text(slot.row, slot.col, slot.text, "head_entry" if column and column.entry else "head")
            return row_height([Text(slot.text, width, bold=True)], minimum=33.0)
        if column is None:  # the check of a row that is closed, or of a field that no rule speaks of
            style = "text" if block.layout == "card" else "done"
        else:
            style = ("done" if column.entry else "text") + ("_center" if column.align == "center" else "")
        self.sheet.text(slot.row, slot.col, slot.text, style)
        table, _, key = slot.row_key.partition("|")
        row = self.form.rows.get((table, key))
        if row is not None and (whole := row.texts.get(slot.col_key + WHOLE)):
            self._comment(slot, whole)
        return row_height([Text(slot.text, width, indent=1)])

    def _entry(self, slot: Slot, width: float) -> float:
        kind = self.form.schema.table(slot.table).field(slot.field).kind(self.form.facts[slot.table, slot.key])
        centred = kind == "mark" or slot.col_key in self.centred
        value = self.checks.content(slot.form_cell)
        self.sheet.value(slot.row, slot.col, value, f"entry_{kind}_{'center' if centred else 'left'}")
        if note := self.back.notes.get(slot.place):
            self._comment(slot, note)
        shown = _SHOWN_DATE if isinstance(value, date) else _SHOWN_NUMBER if isinstance(value, int | float) else value
        return row_height([Text(shown or "", width, indent=1)], minimum=_ROW_MINIMUM.get(slot.table, _ENTRY_MINIMUM))

    def _comment(self, slot: Slot, note: str) -> None:
        height = row_height([Text(note, _NOTE_WIDTH, 10)], minimum=40.0) / 0.75 + 10
        letters = {"font_name": FONT, "font_size": 10}
        options = {"author": NOTE_AUTHOR, "width": _NOTE_WIDTH * 7, "height": height, "visible": False, **letters}
        self.sheet.write_comment(slot.row, slot.col, storable_text(note), options)

    def _colours(self) -> None:
        """Of the checks red where something is wrong, else amber where something is missing, as the words say; fill and
        border of cells with open points, errors before warnings; grey where a cell does not apply and no point is open.
        """
        book = self.sheet.book
        if rows := [slot.row for slot in self.layout.slots if slot.role == "check"]:
            col = next(slot.col for slot in self.layout.slots if slot.role == "check")
            wrong = {"type": "formula", "criteria": f"={wrong_formula(a1(rows[0], col))}"}
            missing = {"type": "text", "criteria": "containing", "value": f"{MISSING}: "}
            for rule, style in ((wrong, "wrong"), (missing, "missing")):
                self._colour(col, rows, {**rule, "stop_if_true": True, "format": book.style(style)})
        for place, slot in self.layout.entries.items():
            for severity, formula in sorted(self.back.marks.get(slot.place, ())):
                rule = {"type": "formula", "criteria": f"={formula}", "format": book.style(f"mark_{severity}")}
                self.sheet.conditional_format(*place, *place, {**rule, "stop_if_true": True})
        needless = book.style("needless")
        for (sheet, col, formula), rows in self.checks.grey.items():
            if sheet == self.layout.id:
                self._colour(col, rows, {"type": "formula", "criteria": f"={formula}", "format": needless})

    def _colour(self, col: int, rows: Sequence[int], rule: dict[str, Any]) -> None:
        """One conditional format for the cells of a column in those rows, which ascend."""
        runs = runs_of(rows)
        ranges = " ".join(f"{a1(low, col)}:{a1(high, col)}" for low, high in runs)
        self.sheet.conditional_format(runs[0][0], col, runs[-1][1], col, rule | {"multi_range": ranges})

    def _validations(self) -> None:
        """One rule for all cells of a column that ask the same: ranges, not single cells, of which Excel takes few."""
        form, greys = self.form, self.checks.grey.items()
        grey = {(row, col) for (sheet, col, _), rows in greys if sheet == self.layout.id for row in rows}
        groups: dict[tuple[object, ...], list[Slot]] = {}
        for place, slot in sorted(self.layout.entries.items(), key=lambda item: item[0][::-1]):
            field, facts = form.schema.table(slot.table).field(slot.field), form.facts[slot.table, slot.key]
            asked = (slot.col, slot.table, slot.field, field.kind(facts), field.offered(facts), place in grey)
            groups.setdefault(asked, []).append(slot)
        for (*_, needless), slots in groups.items():
            first = slots[0]
            field, facts = form.schema.table(first.table).field(first.field), form.facts[first.table, first.key]
            options = validation_of(field, form.schema, facts, form.year, greys=bool(needless))
            validate(self.sheet, first.col, [slot.row for slot in slots], options)


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
        yield _render(MarkedForm.of(*one, rules))


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
                _FormSheetWriter(worksheet, back, sheet, specs[sheet.id]).write()
            else:
                _write_hidden(worksheet, form, sheet)
            if sheet.id == "_lists":
                name_lists(book, sheet.title, form.schema.lists, first=1)
        book.worksheets()[0].activate()
        back.write_asked(book)
    return book.content
