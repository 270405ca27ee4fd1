"""The edit book as a pure function: what is rendered reads back as nothing new, whatever was typed."""

from __future__ import annotations

import datetime as dt
import hashlib

import attrs
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from nq57xl.edits.book import mark_of, render_edit_book
from nq57xl.edits.lines import EditLine, edit_lines
from nq57xl.edits.read import EditBookContent, EditedReturn, read_lines, understand
from nq57xl.forms.build import build_form
from nq57xl.forms.values import Source
from nq57xl.ledger.model import AppliedEdit, Edit, EditKind, NewEdit
from nq57xl.results.consolidation import Consolidation
from nq57xl.results.edited import values_of
from nq57xl.rules.findings import catalogue
from nq57xl.rules.schema import CellValue
from nq57xl.text.legacy import clean
from nq57xl.xlsx.read import read_bytes
from tests.amounts import amount
from tests.report_books import SCHEMA, consolidated
from tests.report_fills import TZ

C = consolidated("sample", 3)
LINES = [item for item in edit_lines(C) if item.typed and item.kind != "mark" and item.place[1] != "office"]
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=60).map(clean)
TEXTS = WORDS.filter(lambda text: bool(text) and not text.startswith("="))


def values(item: EditLine) -> st.SearchStrategy[CellValue]:
    """What may be typed into a cell of that kind."""
    if item.kind == "choice":
        return st.sampled_from([choice.code for choice in SCHEMA.lists[item.field.choices]])
    if item.kind == "date":
        return st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    if item.kind == "percent":
        return st.integers(0, 100).map(lambda number: number / 100)
    if item.kind in ("number", "whole"):
        return st.integers(0, 10**6).map(float)
    return TEXTS


@st.composite
def made(draw: st.DrawFn) -> AppliedEdit:
    """An edit of one of the lines."""
    item = draw(st.sampled_from(LINES))
    value = draw(values(item))
    kind: EditKind = "wording" if item.kind == "text" and draw(st.booleans()) else "figure"
    typed = value if isinstance(value, str) else str(value)
    new = NewEdit(*item.place, kind, typed, value, item.typed, draw(TEXTS), draw(TEXTS), "Biên tập", "H7")
    moment = dt.datetime(2026, 4, 20, 9, tzinfo=TZ)
    source = Source("out/bien-tap.xlsx", "bien-tap.xlsx", hashlib.sha256(b"x").hexdigest(), 9, moment, "first_seen")
    record = next(unit.status.counting for unit in C.units if unit.status.code == item.place[0])
    assert record is not None
    original = values_of(record)[item.place[1:]]
    return AppliedEdit(Edit(1, C.period.code, new, source, moment, "an"), item.unit_name, "applied", original)


def known(unit: str) -> EditedReturn | None:
    """The unit's form and cells."""
    record = next(report.status.counting for report in C.units if report.status.code == unit)
    form = build_form(
        C.plan, SCHEMA, unit, C.period, issue_id="x" * 32, version=1, issued_on=dt.date(2026, 4, 1), plan_version="1"
    )
    return None if record is None else EditedReturn(form, values_of(record))


def read(c: Consolidation) -> EditBookContent:
    found = read_lines(read_bytes(render_edit_book(c, {})), mark_of(c))
    assert isinstance(found, EditBookContent)
    return found


@settings(max_examples=amount(4, 200), phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(made(), min_size=8, max_size=25, unique_by=lambda item: item.edit.new.place))
def test_what_is_rendered_reads_back_as_nothing_new(drawn: list[AppliedEdit]) -> None:
    """Any text, number, day or choice with any author and reason: written and read, it is the same edit."""
    edits = [attrs.evolve(item, edit=attrs.evolve(item.edit, id=n)) for n, item in enumerate(drawn, start=1)]
    c = attrs.evolve(C, edits=tuple(edits))
    lines = read(c)
    assert lines.findings == ()
    held = {item.edit.new.place: item.edit for item in edits}
    said = understand(lines.lines, known, held, {item.id: item for item in held.values()}, catalogue())
    assert (said.new, said.findings) == ((), ())
    for line in lines.lines:
        edit = held.get(line.place)
        assert line.base == (edit.id if edit else 0)
        assert line.says("author", edit.new.author if edit else "")
        assert line.says("reason", edit.new.reason if edit else "")


def test_equal_consolidations_give_equal_bytes() -> None:
    """The same arguments give the same bytes; every line stands in the plan's order, once."""
    assert render_edit_book(C, {}) == render_edit_book(consolidated("sample", 3), {})
    places = [item.place for item in read(C).lines]
    assert places == [item.place for item in edit_lines(C)]
    assert len(places) == len(set(places))
