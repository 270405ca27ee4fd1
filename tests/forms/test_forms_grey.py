"""Cells that do not apply to what was chosen in their row turn grey, and never one that somebody has to fill in."""

from __future__ import annotations

import io
import re
from itertools import product
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from nq57xl.forms.render import render_form
from nq57xl.rules.judge import judge_rows
from nq57xl.rules.movement import predicates_of
from nq57xl.rules.rows import Condition
from nq57xl.text.addresses import a1, letters_of
from tests import office
from tests.form_books import address_of, opened
from tests.samples import sample_form

FORM = sample_form()
SCHEMA = FORM.schema
LED = SCHEMA.table("led")
GREY = "D0CECE"
PROGRESS = {item.code: item.title for item in SCHEMA.lists["progress"]}
ALWAYS = {"difficulties", "proposal", "explanation"}
"""What may be said whatever the progress."""
_PROOF = ("evidence_number", "evidence_date", "evidence_title", "evidence_link")
EXPECTED = {
    "not_started": {"percent", "completion_date", "cause", *_PROOF},
    "in_progress": {"completion_date", "cause"},
    "done": {"percent", "next_work", "cause"},
    "ongoing": {"completion_date", "cause"},
    "not_arisen": {
        *("percent", "result", "kpi_achieved", "completion_date", "cause", "next_work"),
        *_PROOF,
    },
}
"""Columns that are grey in a row that is not overdue, by its progress."""


def _needless(row: dict[str, Any]) -> set[str]:
    """Fields of a row that the schema calls needless there."""
    return {
        field.name
        for field in LED.fields
        if any(Condition(when, LED, SCHEMA).holds(row) for when in LED.needless_when(field.name))
    }


def test_no_conditional_format_has_a_constant_array() -> None:
    """Excel takes no {"a","b"} in a conditional format, though it does in a cell: the format would be lost there."""
    book = openpyxl.load_workbook(io.BytesIO(render_form(FORM)))
    formulas = [
        str(formula)
        for sheet in book
        for cells in sheet.conditional_formatting
        for rule in cells.rules
        for formula in rule.formula
    ]
    assert sum(PROGRESS["not_started"] in formula for formula in formulas) > 3
    assert [formula for formula in formulas if "{" in re.sub('"[^"]*"', "", formula)] == []


@pytest.mark.parametrize("overdue", [False, True])
def test_no_cell_is_called_needless_that_is_required(overdue: bool) -> None:
    """For each progress, overdue or not, with a difficulty or without: what a rule requires, nothing calls needless."""
    facts = {"#overdue": overdue, "#repeatable": False, "#year": 2026}
    rows: list[dict[str, Any]] = [
        {"progress": code, **({"difficulties": "Thiếu vốn"} if hard else {}), **facts, "#return": 0, "#key": code}
        for code, hard in product(PROGRESS, (False, True))
    ]
    required = {item.rule.id: item for item in predicates_of(LED, SCHEMA) if item.name == "required_if"}
    for row, broken in zip(rows, judge_rows(rows, LED, SCHEMA).by_row, strict=True):
        wanted = {name for rule in broken & set(required) for group in _sets(required[rule]) for name in group}
        assert wanted or row["progress"] in ("not_started", "not_arisen")
        assert not wanted & _needless(row), row
        assert not ALWAYS & _needless(row)


def _sets(predicate: Any) -> list[list[str]]:  # noqa: ANN401 - of required_if
    return list(predicate.alternatives)


def _rules() -> list[tuple[str, str, str]]:
    """Sheet, range and condition of every grey rule of the form."""
    return [
        (sheet.title, str(area.sqref), rule.formula[0])
        for sheet in opened(render_form(FORM)).worksheets
        for area in sheet.conditional_formatting
        for rule in area.rules
        if rule.dxf is not None and rule.dxf.fill is not None and rule.dxf.fill.bgColor.rgb[-6:] == GREY
    ]


@pytest.mark.needs("soffice")
def test_libreoffice_finds_those_cells_grey_by_progress(tmp_path: Path) -> None:
    """LibreOffice reckons the conditions: grey are the columns of the table above, none before a progress is chosen."""
    rules = [item for item in _rules() if item[0] == "1. Kết quả"]
    book = opened(render_form(FORM))
    sheet = book["1. Kết quả"]
    row = sheet[address_of("led", "II.1.1", "progress")].row
    places = {}
    for number, (code, title) in enumerate([*PROGRESS.items(), ("", "")]):
        spare = book.create_sheet(f"p{number}")
        for cell in sheet[row]:
            spare.cell(row, cell.column).value = cell.value if not isinstance(cell.value, str) else None
        progress = sheet[address_of("led", "II.1.1", "progress")].column
        spare.cell(row, progress).value = title or None
        for place, (_, area, formula) in enumerate(rules):
            spare.cell(row, 60 + place).value = f"={formula}" if _in(area, row) else None
        places[code] = spare.title
    book.save(tmp_path / "grey.xlsx")
    reckoned = openpyxl.load_workbook(office.convert(tmp_path / "grey.xlsx", recalc=True), data_only=True)
    heads = {letters_of(col): cell.value for col, cell in enumerate(sheet[1])}
    shown = {field for field in heads.values() if field}
    for code, title in places.items():
        grey = {
            heads["".join(filter(str.isalpha, area.split(":")[0].split(" ")[0]))]
            for place, (_, area, _) in enumerate(rules)
            if reckoned[title].cell(row, 60 + place).value is True
        }
        assert grey == EXPECTED.get(code, set()) & shown, code


def _in(area: str, row: int) -> bool:
    """Whether a range of one column covers the row."""
    parts = [[int("".join(filter(str.isdigit, end))) for end in part.split(":")] for part in area.split(" ")]
    return any(ends[0] <= row <= ends[-1] for ends in parts)


def test_hint_and_guide_say_what_grey_means() -> None:
    """A cell that may turn grey says so when it is selected, one that never does not; the guide shows a grey cell."""
    book = opened(render_form(FORM))
    prompts = {
        str(cell): str(item.prompt)
        for item in book["1. Kết quả"].data_validations.dataValidation
        for part in item.sqref.ranges
        for cell in (a1(part.min_row - 1, part.min_col - 1),)
    }
    told = {cell for cell, prompt in prompts.items() if "Ô xám là không áp dụng" in prompt}
    columns = {"".join(filter(str.isalpha, cell)) for cell in told}
    keys = {letters_of(col): cell.value for col, cell in enumerate(book["1. Kết quả"][1])}
    assert {keys[column] for column in columns} >= {"percent", "completion_date", "cause"}
    assert not {keys[column] for column in columns} & {"progress", "difficulties"}
    guide = [cell.value for row in book["Hướng dẫn"].iter_rows() for cell in row if cell.value]
    assert "Ô xám" in guide
    samples = [cell for row in book["Hướng dẫn"].iter_rows() for cell in row if cell.value == "Ô xám"]
    assert samples[0].fill.fgColor.rgb[-6:] == GREY
