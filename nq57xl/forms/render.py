"""Renders a form: one function for the empty form, the prefilled one and the one sent back with marks."""

from __future__ import annotations

import datetime as dt
import hashlib
import warnings
from collections.abc import Sequence
from io import BytesIO

import attrs

from nq57xl.forms.layout import layout, visible_specs
from nq57xl.forms.live_check import check_formulas, check_texts
from nq57xl.forms.marks import mark_notes, points_of, write_fix
from nq57xl.forms.model import Form, FormRow, FormTable, SheetLayout
from nq57xl.forms.page_setup import FormContents
from nq57xl.forms.progress import progress_formulas, progress_texts
from nq57xl.forms.render_guide import write_guide
from nq57xl.forms.render_sheet import write_hidden, write_sheet
from nq57xl.forms.styles import FormWorkbook
from nq57xl.forms.validation import list_name
from nq57xl.forms.values import Value
from nq57xl.forms.wording import file_name, period_line
from nq57xl.rules.findings import Finding
from nq57xl.text.addresses import a1

_PASSWORD_LENGTH = 12


def render_form(form: Form, values: Sequence[Value] = (), findings: Sequence[Finding] = ()) -> bytes:
    """The workbook's bytes; the same arguments give the same bytes.

    `values` are written into their cells: typed where they have a value, else the text that was typed. `findings` mark
    their cells and fill the sheet "Cần sửa" in front (errors, warnings, and how many things were repaired).
    """
    form = with_added_rows(form, values)
    sheets = layout(form)
    points = points_of(form, sheets, findings)
    checks = check_texts(form, sheets, values)
    page = FormContents(
        form=form,
        titles={sheet.id: sheet.title for sheet in sheets},
        values={(item.table, item.key, item.field): item for item in values},
        notes=mark_notes(points),
        formulas=check_formulas(form, sheets) | progress_formulas(form, sheets),
        results={**checks, **progress_texts(form, sheets, values, checks)},
        password=password_of(form),
    )
    buffer = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # XlsxWriter warns and drops what is over a limit
        with FormWorkbook(buffer) as book:
            _properties(book, form)
            repaired = sum(item.severity == "repaired" for item in findings)
            if points or repaired:
                write_fix(book, page, points, repaired)
            _sheets(book, page, sheets)
    return buffer.getvalue()


def marked(form: Form, values: Sequence[Value], findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Errors and warnings as `render_form` marks them: with the cells in that workbook, in the order of its sheets."""
    form = with_added_rows(form, values)
    return tuple(point.placed for point in points_of(form, layout(form), findings))


def password_of(form: Form) -> str:
    """Derived from the issue, told to nobody: protection is courtesy, the check on return is the guarantee."""
    return hashlib.sha256(f"nq57xl protection {form.issue_id}".encode()).hexdigest()[:_PASSWORD_LENGTH]


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


def _properties(book: FormWorkbook, form: Form) -> None:
    """Identity once more, as a cross-check only: many programs drop it (pitfalls 1)."""
    book.set_properties(
        {
            "title": f"Biểu mẫu báo cáo {form.unit_name}",
            "subject": period_line(form.period),
            "author": form.gatherer,
            "keywords": f"NQ57 {form.issue_id}",
            "created": dt.datetime.combine(form.issued_on, dt.time(8)),
        }
    )
    for name, text in (("nq57_issue_id", form.issue_id), ("nq57_file", file_name(form))):
        book.set_custom_property(name, text, "text")


def _sheets(book: FormWorkbook, page: FormContents, sheets: Sequence[SheetLayout]) -> None:
    specs = {spec.id: spec for spec in visible_specs(page.form)}
    for sheet in sheets:
        worksheet = book.sheet(sheet.title)
        if sheet.id == "guide":
            write_guide(book, worksheet, page, sheet)
        elif sheet.id in specs:
            write_sheet(book, worksheet, page, sheet, specs[sheet.id])
        else:
            write_hidden(book, worksheet, page, sheet)
        if sheet.id == "_lists":
            _names(book, sheet, page.form)
    book.worksheets()[0].activate()


def _names(book: FormWorkbook, sheet: SheetLayout, form: Form) -> None:
    """A defined name for each list's range."""
    for column, (name, items) in enumerate(form.schema.lists.items(), start=1):
        letter = a1(0, column).removesuffix("1")
        book.define_name(list_name(name), f"={sheet.title}!${letter}$2:${letter}${len(items) + 1}")
