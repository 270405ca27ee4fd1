"""Names of rows for lists and links, no two alike; what a column abridges, whole in a note."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date
from io import BytesIO

import attrs
import openpyxl
import pytest

from nq57xl.forms.build import _NAME, _abridged, _told_apart, build_form, reporting_units
from nq57xl.forms.model import EarlierAnswer, Form, Value
from nq57xl.forms.render import render_form
from nq57xl.forms.wording import NOTE_AUTHOR
from nq57xl.plan.appendix_read import BUNDLED_PLANS, bundled_appendix, read_appendix
from nq57xl.plan.model import Plan
from nq57xl.rules.load import load_schema
from nq57xl.rules.schema import CellValue
from nq57xl.xlsx.metrics import Text, row_height
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
    names = _told_apart(ordered)
    assert all(len(name) <= _NAME for name in names)
    assert len(set(names)) == len(ordered), [name for name in names if names.count(name) > 1]
    for text, name in zip(ordered, names, strict=True):
        assert f" {name.strip('… ')} " in f" {text} "


def test_rows_that_say_the_same_are_told_by_their_codes() -> None:
    """Equal words of two rows, also but for capitals, and indicators that differ behind the letters of a name: no two
    names of a form are alike."""
    plan = sample_plan()
    same = [attrs.evolve(task, task="Góp ý dự thảo", subtask="") for task in plan.tasks[:1]]
    same += [attrs.evolve(task, task="", subtask="GÓP Ý DỰ THẢO") for task in plan.tasks[1:2]]
    words = "Tỷ lệ hồ sơ thủ tục hành chính được tiếp nhận và giải quyết trực tuyến toàn trình trên tổng số hồ sơ năm"
    followed = [attrs.evolve(item, indicator=f"{words} {2026 + n}") for n, item in enumerate(plan.indicators)]
    plan = attrs.evolve(plan, tasks=(*same, *plan.tasks[2:]), indicators=tuple(followed))
    rows = [row for table in _build(plan, "VP").tables for row in table.rows if "short" in row.texts]
    names = [row.texts["short"] for row in rows]
    assert len(names) > 5 and len({name.casefold() for name in names}) == len({row.key for row in rows})
    assert all(len(name) <= _NAME for name in names)


@pytest.mark.parametrize(("size", "seed"), [(9, 1), (27, 2), (27, 3), (62, 4)])
def test_no_text_makes_a_row_higher_than_a_screen_bears(size: int, seed: int) -> None:
    """Words are left out of the middle until 300 pixels are enough; beginning and end, by which rows differ, stay."""
    chance = random.Random(seed)
    lines = [" ".join(chance.choice(("nghị quyết", "số 57", "cơ sở dữ liệu")) for _ in range(200)) for _ in range(2)]
    text = "\n- ".join([f"Đầu {lines[0]} giữa", f"{lines[1]} đợt 5"])
    cut = _abridged(text, size)
    assert row_height([Text(cut, size, indent=1)]) <= 225.0 < row_height([Text(text, size, indent=1)])
    assert cut.startswith("Đầu ") and cut.endswith(" đợt 5") and "…" in cut and _abridged(cut, size) == cut
    assert _abridged("Ngắn\nhai dòng", size) == "Ngắn\nhai dòng"
    assert row_height([Text(_abridged("a\n" * 99, size), size, indent=1)]) <= 225.0


def test_an_abridged_task_stands_whole_in_a_note() -> None:
    """A led row of a very long task is no higher than 300 pixels; its note has the whole, and is no remark of the
    unit's when the form comes back."""
    plan = sample_plan()
    long = f"{'Tham mưu ban hành quy định về quản lý dữ liệu số ' * 20}lần 2"
    task = attrs.evolve(plan.tasks[0], subtask=long)
    form = _build(attrs.evolve(plan, tasks=(task, *plan.tasks[1:])), "VP")
    data = render_form(form)
    sheet = openpyxl.load_workbook(BytesIO(data))["1. Kết quả"]
    row = next(cells[0].row for cells in sheet.iter_rows() if cells[0].value == f"led|{task.code}")
    column = next(number for number, head in enumerate(sheet[1], start=1) if head.value == "work")
    cell = sheet.cell(row, column)
    assert (sheet.row_dimensions[row].height or 999) <= 225
    assert str(cell.value).endswith("lần 2") and long not in str(cell.value)
    assert cell.comment is not None and long in cell.comment.text
    assert not {"REMARK_KEPT", "REMARK_ON_BLANK"} & set(codes(returned(data)))


@pytest.mark.parametrize("name", BUNDLED_PLANS)
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
