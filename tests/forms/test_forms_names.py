"""Names of rows for lists and links, no two alike; what a column abridges, whole in a note."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date
from io import BytesIO

import openpyxl
import pytest

from nq57xl.forms.build import NAME, build_form, reporting_units, told_apart
from nq57xl.forms.model import EarlierAnswer, Form, Value
from nq57xl.forms.render import render_form
from nq57xl.forms.wording import NOTE_AUTHOR
from nq57xl.plan.appendix_read import NAMES, bundled_appendix, read_appendix
from nq57xl.plan.model import Plan
from nq57xl.rules.load import load_schema
from nq57xl.rules.schema import CellValue
from tests.returns_kit import codes, returned
from tests.samples import ISSUE_ID, sample_period, sample_plan


def _build(plan: Plan, unit: str, previous: Mapping[tuple[str, str], EarlierAnswer] | None = None) -> Form:
    return build_form(
        plan,
        load_schema(),
        unit,
        sample_period(),
        issue_id=ISSUE_ID,
        version=1,
        issued_on=date(2026, 4, 1),
        plan_version="x",
        previous=previous or {},
    )


@pytest.mark.parametrize("seed", range(20))
def test_no_two_names_are_alike(seed: int) -> None:
    """Random texts that begin, end or repeat alike: each name has at most 80 characters, differs from all others, and
    is made of whole words of its text."""
    chance = random.Random(seed)
    words = [f"từ{number}" for number in range(12)]
    base = [chance.choice(words) for _ in range(40)]
    texts = {
        " ".join([*base[: chance.randrange(40)], *(chance.choice(words) for _ in range(chance.randrange(1, 30)))])
        for _ in range(30)
    }
    ordered = sorted(texts)
    names = told_apart(ordered)
    assert all(len(name) <= NAME for name in names)
    assert len(set(names)) == len(ordered), [name for name in names if names.count(name) > 1]
    for text, name in zip(ordered, names, strict=True):
        assert f" {name.strip('… ')} " in f" {text} "


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_both_plans_have_names_of_their_own(name: str) -> None:
    """In every form of a bundled plan rows that say different things are called differently in lists and links."""
    plan = read_appendix(bundled_appendix(name)).plan
    tasks = {task.code: (task.task, task.subtask) for task in plan.tasks}
    for unit in reporting_units(plan, sample_period()):
        tables = [table for table in _build(plan, unit.code).tables if table.table in ("led", "supporting")]
        rows = {row.key: row.texts["short"] for table in tables for row in table.rows}
        assert len(set(rows.values())) >= len({tasks[key] for key in rows}), unit.code


def _earlier(**values: CellValue) -> EarlierAnswer:
    """What was reported in March, by field."""
    cells = {name: Value("led", "I.1", name, str(value), value, "1. Kết quả", "F6") for name, value in values.items()}
    return EarlierAnswer("2026-03", "tháng 3/2026", cells)


def test_a_long_result_stands_whole_in_a_note() -> None:
    """What the column abridges at a word, its note repeats whole on one line, and it is no remark of the unit's when
    the form comes back; a short one has no note."""
    long = "Đã rà soát xong hồ sơ của các phòng,\nđơn vị trực thuộc. " * 12
    previous = {
        ("led", "I.1"): _earlier(progress="in_progress", result=long),
        ("led", "II.1.1"): _earlier(progress="ongoing", result="Đã trình"),
    }
    form = _build(sample_plan(), "VP", previous)
    data = render_form(form)
    sheet = openpyxl.load_workbook(BytesIO(data))["1. Kết quả"]
    column = next(number for number, cell in enumerate(sheet[1], start=1) if cell.value == "previous")
    cells = {str(row[0].value).removeprefix("led|"): row[column - 1] for row in sheet.iter_rows()}
    assert str(cells["I.1"].value).endswith("…") and cells["II.1.1"].comment is None
    note = cells["I.1"].comment
    assert note is not None and note.text == f"KỲ TRƯỚC (tháng 3/2026): {' '.join(long.split())}"
    assert note.author == NOTE_AUTHOR
    assert not {"REMARK_KEPT", "REMARK_ON_BLANK"} & set(codes(returned(data)))
