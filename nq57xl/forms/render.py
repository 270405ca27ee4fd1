"""Renders a form: one function for the empty form, the prefilled one and the one sent back with marks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import attrs

from nq57xl.forms.asked import asked_of, held
from nq57xl.forms.layout import layout, visible_specs
from nq57xl.forms.live_check import BrokenByRow, broken_rules, check_formulas, check_texts, grey_formulas
from nq57xl.forms.marks import mark_notes, mark_rules, points_of, write_asked, write_fix
from nq57xl.forms.model import Form, FormRow, FormTable, SheetLayout, Value, cells_of
from nq57xl.forms.page_setup import FormContents
from nq57xl.forms.progress import live_cells
from nq57xl.forms.render_guide import write_guide
from nq57xl.forms.render_sheet import write_hidden, write_sheet
from nq57xl.forms.shared_cells import whole_cells
from nq57xl.forms.still_open import OpenPoints
from nq57xl.forms.styles import STYLES
from nq57xl.forms.validation import name_lists
from nq57xl.forms.wording import form_file_name, period_line
from nq57xl.rules.findings import Finding
from nq57xl.xlsx.write import Workbook


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
    asked = asked_of(form, sheets, values, findings)
    live = live_cells(form, sheets, values, checks)
    contents = FormContents(
        form=form,
        titles={sheet.id: sheet.title for sheet in sheets},
        values=cells_of(values),
        notes=mark_notes(points),
        marks=mark_rules(points, state),
        formulas=check_formulas(form, sheets) | {place: item.formula for place, item in live.items()},
        grey=grey_formulas(form, sheets),
        results={**checks, **{place: item.value for place, item in live.items()}},
        rows={(table.table, row.key): row for table in form.tables for row in table.rows},
    )
    repaired = sum(item.severity == "repaired" for item in findings)
    # identity once more, as a cross-check only: many programs drop it
    identity = {
        "subject": period_line(form.period),
        "author": form.gatherer,
        "keywords": f"NQ57 {form.issue_id}",
    }
    issued = dt.datetime.combine(form.issued_on, dt.time(8))
    title = f"Biểu mẫu báo cáo {form.unit_name}"
    with Workbook(title, STYLES, created=issued, protected=True, properties=identity) as book:
        book.set_custom_property("nq57_issue_id", form.issue_id, "text")
        book.set_custom_property("nq57_file", form_file_name(form.period.code, form.unit), "text")
        if points or repaired:
            write_fix(book, contents, points, repaired)
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


def _sheets(book: Workbook, contents: FormContents, sheets: Sequence[SheetLayout]) -> None:
    specs = {spec.id: spec for spec in visible_specs(contents.form)}
    for sheet in sheets:
        worksheet = book.sheet(sheet.title)
        if sheet.id == "guide":
            write_guide(worksheet, contents, sheet)
        elif sheet.id in specs:
            write_sheet(worksheet, contents, sheet, specs[sheet.id])
        else:
            write_hidden(worksheet, contents, sheet)
        if sheet.id == "_lists":
            name_lists(book, sheet.title, contents.form.schema.lists, first=1)
    book.worksheets()[0].activate()
