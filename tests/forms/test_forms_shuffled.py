"""An appendix whose rows stand in any order: forms go by section, then by the order of rows; no task loses its row."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nq57xl.forms.build import build_form, reporting_units
from nq57xl.forms.layout import layout
from nq57xl.forms.model import Form
from nq57xl.plan.appendix_read import read_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.model import Plan
from nq57xl.rules.load import load_schema
from tests.amounts import cases
from tests.case_kit import ISSUED_AT, nq57xl
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


Line = list[Any]
"""A row of a sheet of phu-luc.xlsx, or of a form."""
Change = Callable[[list[Line]], list[Line]]


def reordered(seed: int) -> Change:
    def change(lines: list[Line]) -> list[Line]:
        return random.Random(seed).sample(lines, len(lines))

    change.__name__ = f"shuffled {seed}"
    return change


def as_printed(lines: list[Line]) -> list[Line]:
    return lines


def backwards(lines: list[Line]) -> list[Line]:
    return lines[::-1]


def one_taken_out_and_put_last(lines: list[Line]) -> list[Line]:
    return [*lines[:3], *lines[4:], lines[3]]


def rearranged(path: Path, title: str, change: Change) -> list[Line]:
    """A clerk moves the rows of a sheet of phu-luc.xlsx; returns them as they stand then."""
    book = openpyxl.load_workbook(path)
    sheet = book[title]
    lines = change([line for line in map(list, sheet.iter_rows(min_row=5, values_only=True)) if any(line)])
    if title == "Nhiệm vụ":  # and adds two tasks at the end, of the third section and of the first, without a code
        for section, number, work in (("III", "5", "Đào tạo nâng cao"), ("I", "11", "Rà soát hạ tầng số")):
            like = next(line for line in lines if line[1] == section and line[8] == "Văn phòng Sở")
            lines.append([None, section, number, None, f"Việc mới của nhóm {section}", work, *like[6:]])
    for row, line in enumerate(lines, start=5):
        for column, value in enumerate(line, start=1):
            sheet.cell(row, column).value = value
    book.save(path)
    return lines


def shown(path: Path, sheet_id: str) -> list[tuple[str, str, bool]]:
    """The last heading, the words and whether an entry cell is open, of each row of a form's sheet, in order."""
    book = openpyxl.load_workbook(path)
    sheet = next(sheet for sheet in book.worksheets if str(sheet["A1"].value).endswith(f"|{sheet_id}"))
    found, heading = [], ""
    for line in sheet.iter_rows(min_row=2):
        key = str(line[0].value or "")
        heading = key[1:] if key.startswith("#") else heading
        if key.startswith(("led|", "indicator|")):
            words = " ".join(str(cell.value) for cell in line[1:] if cell.value is not None)
            found.append((heading, words, any(not cell.protection.locked for cell in line)))
    return found


@pytest.mark.parametrize(
    "change",
    cases([reordered(1)], [as_printed, backwards, one_taken_out_and_put_last, reordered(2)]),
    ids=lambda change: change.__name__,
)
def test_a_clerk_moves_and_adds_rows(change: Change, tmp_path: Path) -> None:
    """The form of a bundled plan so edited: each task and indicator once, under its own heading, with open cells unless
    it was done before; headings in the order of the plan, under each of them the rows in their order."""
    root = tmp_path / "so"
    assert nq57xl("init", root, "--plan", "sxd-2026", now=ISSUED_AT).code == 0
    appendix = root / "phu-luc.xlsx"
    tasks, indicators = (rearranged(appendix, title, change) for title in ("Nhiệm vụ", "Chỉ tiêu"))
    done = nq57xl("-w", root, "generate", "--period", "2026-04", "--unit", "VP", now=ISSUED_AT)
    assert done.code == 0, done.err
    form = root / "out" / "2026-04" / "bieu-mau" / "NQ57_2026-04_VP.xlsx"
    led = [(line[1], str(line[5] or line[4])) for line in tasks if line[8] == "Văn phòng Sở"]
    for sheet_id, lines in (("results", led), ("indicators", [(line[1], str(line[3])) for line in indicators])):
        numbers = ("I", "II", "III", "IV", "V", "VI")
        wanted = sorted(lines, key=lambda line: numbers.index(line[0]))
        found = shown(form, sheet_id)
        assert [heading for heading, _, _ in found] == [heading for heading, _ in wanted]
        assert [text in words for (_, words, _), (_, text) in zip(found, wanted, strict=True)] == [True] * len(wanted)
        assert {words for _, words, is_open in found if not is_open and "Đã thực hiện" not in words} == set()
