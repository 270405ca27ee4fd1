"""The edit book as a pure function: what is rendered reads back as nothing new, whatever was typed."""

from __future__ import annotations

import datetime as dt
import hashlib
import io

import attrs
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from nq57xl.edits.book import UnrecordedEntry, _edit_tables, _EditCell, mark_of, render_edit_book
from nq57xl.edits.read import EditedReturn, _EditBookContent, read_lines, understand
from nq57xl.forms.build import build_form
from nq57xl.forms.model import Source
from nq57xl.forms.styles import _ROOM, A4
from nq57xl.ledger.model import AppliedEdit, Edit, EditKind, NewEdit
from nq57xl.results.model import Consolidation
from nq57xl.rules.findings import catalogue
from nq57xl.rules.schema import CellValue
from nq57xl.text.legacy import clean
from nq57xl.xlsx.metrics import printed_points
from nq57xl.xlsx.read import read_bytes
from tests.amounts import amount
from tests.edit_kit import cell_of
from tests.report_books import SCHEMA, consolidated
from tests.report_fills import TZ

C = consolidated("sample", 3)
LINES = [line for table in _edit_tables(C) for line in table.lines if line.place[1] != "office"]
CELLS = [(line, cell) for line in LINES for cell in line.cells if cell.own is not None and cell.kind != "mark"]
PLAIN = st.text("abc dđghiklmnoôơpqrstuưvxy 0123456789", min_size=1, max_size=60).map(clean).filter(bool)
"""Letters that no earlier charset has in another meaning."""
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=60).map(clean)
TEXTS = WORDS.filter(lambda text: bool(text) and not text.startswith("="))


def values(item: _EditCell, texts: st.SearchStrategy[str]) -> st.SearchStrategy[CellValue]:
    """What may be typed into a cell of that kind."""
    if item.kind == "choice":
        return st.sampled_from([choice.code for choice in SCHEMA.lists[item.field.choices]])
    if item.kind == "date":
        return st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    if item.kind == "percent":
        return st.integers(0, 100).map(lambda number: number / 100)
    if item.kind in ("number", "whole"):
        return st.integers(0, 10**6).map(float)
    return texts


@st.composite
def made(draw: st.DrawFn, texts: st.SearchStrategy[str] = TEXTS) -> AppliedEdit:
    """An edit of one of the lines."""
    line, item = draw(st.sampled_from(CELLS))
    value = draw(values(item, texts))
    assert item.own is not None
    kind: EditKind = "wording" if item.kind == "text" and draw(st.booleans()) else "figure"
    typed = value if isinstance(value, str) else str(value)
    new = NewEdit(
        *line.place, item.field.name, kind, typed, value, item.own.typed, draw(TEXTS), draw(TEXTS), "Biên tập", "H7"
    )
    moment = dt.datetime(2026, 4, 20, 9, tzinfo=TZ)
    source = Source("out/bien-tap.xlsx", "bien-tap.xlsx", hashlib.sha256(b"x").hexdigest(), 9, moment, "first_seen")
    return AppliedEdit(Edit(1, C.period.code, new, source, moment, "an"), line.unit_name, "applied", item.own)


def known(unit: str) -> EditedReturn | None:
    """The unit's form and cells."""
    record = next(report.status.counting for report in C.units if report.status.code == unit)
    form = build_form(
        C.plan, SCHEMA, unit, C.period, issue_id="x" * 32, version=1, issued_on=dt.date(2026, 4, 1), plan_version="1"
    )
    return None if record is None else EditedReturn(record.judged.source, form, record.judged.filled)


def _read(content: bytes, c: Consolidation) -> _EditBookContent:
    found = read_lines(read_bytes(content), mark_of(c))
    assert isinstance(found, _EditBookContent)
    return found


@settings(max_examples=amount(4, 200), phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(made(), min_size=8, max_size=25, unique_by=lambda item: item.edit.new.place))
def test_what_is_rendered_reads_back_as_nothing_new(drawn: list[AppliedEdit]) -> None:
    """Any text, number, day or choice with any author and reason: written and read, it is the same edit."""
    edits = [attrs.evolve(item, edit=attrs.evolve(item.edit, id=n)) for n, item in enumerate(drawn, start=1)]
    c = attrs.evolve(C, edits=tuple(edits))
    content = render_edit_book(c, {})
    read = _read(content, c)
    assert (read.changed, read.findings) == ((), ())
    held = {item.edit.new.place: item.edit for item in edits}
    book = load_workbook(io.BytesIO(content))
    for edit in held.values():
        place = "|".join(edit.new.place)
        assert f"{edit.new.field}={edit.id}" in cell_of(book, place, "bases").value.split()
        told = cell_of(book, place, "state").value
        assert edit.new.author in told and edit.new.reason in told


@settings(max_examples=amount(4, 200), phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(made(PLAIN))
def test_what_is_typed_is_read_cell_by_cell(drawn: AppliedEdit) -> None:
    """Any other content typed into one cell, with who and why: that cell's edit and no other is new; a placeholder, or
    what cannot be taken, is told."""
    new = drawn.edit.new
    kept = {
        new.place: UnrecordedEntry(
            new.value, {"kind": "Sửa số liệu theo điện thoại", "author": "An", "reason": "Vì"}, ""
        )
    }
    choices = [choice for items in SCHEMA.lists.values() for choice in items]
    title = next((item.title for item in choices if item.code == new.value), new.value)
    kept[new.place] = attrs.evolve(kept[new.place], entry=title)
    said = understand(_read(render_edit_book(C, kept), C), known, (), catalogue())
    own = drawn.original.value if drawn.original else None
    found = [(item.place, item.value) for item in said.new]
    assert found == [(new.place, new.value)] or (not found and (new.value == own or new.place in said.refused))


def test_an_author_alone_is_asked_for_content() -> None:
    """A line in which nothing but the author was typed is asked what takes the place of the unit's words."""
    book, content = load_workbook(io.BytesIO(render_edit_book(C, {}))), io.BytesIO()
    cell_of(book, "|".join((*LINES[0].place, "")), "author").value = "An"
    book.save(content)
    said = understand(_read(content.getvalue(), C), known, (), catalogue())
    assert (said.new, {item.code for item in said.findings}) == ((), {"REQUIRED_BLANK"})


def test_equal_consolidations_give_equal_bytes() -> None:
    """The same arguments give the same bytes; every line stands in the plan's order, once."""
    assert render_edit_book(C, {}) == render_edit_book(consolidated("sample", 3), {})
    found = _read(render_edit_book(C, {}), C)
    lines = [line for table in _edit_tables(C) for line in table.lines]
    assert list(found.places) == [(*line.place, cell.field.name) for line in lines for cell in line.cells]
    assert len({line.place for line in lines}) == len(lines)


def test_every_sheet_prints_in_letters_of_eight_points() -> None:
    """As wide as its paper, A4 or A3, no sheet of a full month of sxd is shrunk to letters under 8 points."""
    book = load_workbook(io.BytesIO(render_edit_book(consolidated("sxd-2026", 3), {})))
    for sheet in (sheet for sheet in book if sheet.sheet_state == "visible"):
        widths = [item.width for item in sheet.column_dimensions.values() if not item.hidden]
        room, _ = _ROOM[sheet.page_setup.paperSize or A4]
        assert 11 * room / sum(printed_points(width) for width in widths) >= 8
