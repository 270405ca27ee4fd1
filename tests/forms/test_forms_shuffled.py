"""An appendix whose rows stand in any order: forms go by section, then by the order of rows; no task loses its row."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import attrs
import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from nq57xl.forms.build import build_form, reporting_units
from nq57xl.forms.layout import layout
from nq57xl.forms.model import Form
from nq57xl.forms.render import render_form
from nq57xl.plan.appendix_read import read_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.model import Plan
from nq57xl.rules.load import load_schema
from tests.samples import ISSUE_ID, sample_period, sample_plan

PLAN, PERIOD, SCHEMA = sample_plan(), sample_period(), load_schema()
TABLES = {"sections": "tasks", "indicator_groups": "indicators"}


def form_of(plan: Plan, unit: str) -> Form:
    return build_form(
        plan,
        SCHEMA,
        unit,
        PERIOD,
        issue_id=ISSUE_ID,
        version=1,
        issued_on=date(2026, 4, 1),
        plan_version="abc123def456",
    )


def rows_of(form: Form) -> dict[tuple[str, str], object]:
    """(table, key) -> everything of that row."""
    return {(table.table, row.key): row for table in form.tables for row in table.rows}


def headings_above(form: Form) -> dict[tuple[str, str], str]:
    """(sheet, key of a row in it) -> the heading of a section over the row; each row has a line of its own."""
    found = {}
    for sheet in layout(form):
        lines = [slot for slot in sheet.slots if slot.role == "key" and slot.col == 0]
        assert len({slot.row for slot in lines}) == len(lines) == len({slot.row_key for slot in lines})
        heading = ""
        for slot in lines:
            heading = slot.row_key if slot.row_key.startswith("#") else heading
            found[sheet.id, slot.row_key] = heading
    return found


@given(st.data())
@settings(max_examples=15)
def test_forms_of_shuffled_appendices(data: st.DataObject) -> None:
    """Rows and headings in any order in phu-luc.xlsx: the same rows under the same headings, in its order."""
    names = (*TABLES, *TABLES.values())
    shuffled: dict[str, Any] = {name: tuple(data.draw(st.permutations(getattr(PLAN, name)), name)) for name in names}
    read = read_appendix(write_appendix(attrs.evolve(PLAN, **shuffled)))
    for headings, rows in TABLES.items():
        numbers = [item.number for item in shuffled[headings]]
        typed = [item.code for item in shuffled[rows]]
        expected = sorted(shuffled[rows], key=lambda row: numbers.index(getattr(row, "section", "") or row.group))
        assert [item.code for item in getattr(read.plan, rows)] == [item.code for item in expected]
        for index, item in enumerate(getattr(read.plan, rows)):
            _, cell = read.places[rows, index, "code"]
            assert int(cell.lstrip("A")) == 5 + typed.index(item.code)
    for unit in reporting_units(PLAN, PERIOD):
        before, after = form_of(PLAN, unit.code), form_of(read.plan, unit.code)
        assert rows_of(after) == rows_of(before)
        assert headings_above(after) == headings_above(before)


def test_task_typed_at_the_end() -> None:
    """A task of the first section added under the last one is printed under its own heading, with its own cells."""
    added = attrs.evolve(PLAN.tasks[0], code="", number="9", task="Việc thêm sau", subtask="", subnumber=None)
    assert (added.section, PLAN.tasks[-1].section) == ("I", "II")
    plan = read_appendix(write_appendix(attrs.evolve(PLAN, tasks=(*PLAN.tasks, added)))).plan
    sheet = openpyxl.load_workbook(BytesIO(render_form(form_of(plan, "VP"))))["1. Kết quả"]
    lines = [[str(cell.value or "") for cell in row[:4]] for row in sheet.iter_rows()]
    keys = [line[0] for line in lines]
    place = keys.index("led|I.9")
    assert keys.index("#I") < place < keys.index("#II")
    assert keys.count("#I") == 1
    assert "Việc thêm sau" in " ".join(lines[place])
    assert not sheet.cell(place + 1, 7).protection.locked
