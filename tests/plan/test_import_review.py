"""The review as work for a person: questions with dropdowns, answers taken in, headings remembered."""

# ruff: noqa: E501 - questions and rows read better unbroken

from __future__ import annotations

import io
import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from nq57xl.cli import cli
from nq57xl.plan.appendix_read import read_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.lint import lint
from nq57xl.plan.model import Plan
from nq57xl.plan.review_questions import (
    ANSWER,
    AS_PROPOSED,
    COMMUNES,
    INSIDE,
    KEY,
    NEW_UNIT,
    OUTSIDE,
    TITLE,
    Question,
    ReviewedPlan,
    read_review,
)
from tests.conftest import CheckOoxml
from tests.import_kit import markdown, word

FRONT = (
    "UBND TỈNH ĐỒNG NAI\n\nSố: 91/KH-UBND\n\nĐồng Nai, ngày 12 tháng 02 năm 2026\n\nKẾ HOẠCH\n\nChuyển đổi số năm 2026"
)
LEADS = (
    "Sở Nội vụ",
    "Bộ Công an",
    "Bộ Tài chính",
    "UBND các xã, phường",
    "Theo phân công tại Quyết định số 1441",
    "Sở Y tế",
)


def made() -> ReviewedPlan:
    rows = [
        (str(number), f"Xây dựng đề án {number}", "Đề án", lead, "", "2026") for number, lead in enumerate(LEADS, 1)
    ]
    return markdown(rows, front=FRONT)


def keys(found: tuple[Question, ...], start: str) -> list[str]:
    return [item.key for item in found if item.key.startswith(start)]


def led_to_nobody(plan: Plan) -> set[str]:
    wanted = ("PLAN_LEAD_NO_FORM", "PLAN_LEAD_GROUP_EMPTY", "PLAN_UNIT_UNRESOLVED", "PLAN_LEAD_MISSING")
    return {item.code for item in lint(plan) if item.code in wanted and item.field == "lead"}


def test_points_are_asked_by_decision() -> None:
    """Two ministries that lead are one question, with one for each below it; a group and an unknown name are one each."""
    plan = made()
    found = plan.questions
    both = next(item for item in found if item.key.startswith("units|") and "," in item.key)
    assert "Bộ Công an; Bộ Tài chính" in both.text and both.proposal == OUTSIDE and len(both.cells) == 2
    assert [item.detail for item in found if item.key in ("units|BCA", "units|BTC")] == [True, True]
    assert keys(found, "members|") == ["members|UBND các xã, phường"]
    assert keys(found, "name|") == ["name|Theo phân công tại Quyết định số 1441"]
    asked = sum(not item.detail for item in found)
    assert asked < len(plan.review)


def test_answers_settle_all_their_cells() -> None:
    """Units placed, a group filled with the 95 communes of Đồng Nai, a name said: no led row reaches nobody any more."""
    plan = made()
    found = plan.questions
    assert led_to_nobody(plan.plan) == {"PLAN_LEAD_NO_FORM", "PLAN_LEAD_GROUP_EMPTY", "PLAN_UNIT_UNRESOLVED"}
    answers = dict.fromkeys(keys(found, "cells|"), AS_PROPOSED) | {
        next(key for key in keys(found, "units|") if "," in key): OUTSIDE,
        "units|BTC": INSIDE,
        keys(found, "members|")[0]: COMMUNES,
        keys(found, "name|")[0]: "Sở Nội vụ",
    }
    done = plan.answered(answers)
    assert done.review == () and led_to_nobody(done.plan) == set()
    places = {unit.code: unit.external for unit in done.plan.units}
    assert (places["BCA"], places["BTC"]) == (True, False)
    assert [len(task.lead_units) for task in done.plan.tasks] == [1, 1, 1, 95, 1, 1]
    assert [task.code for task in done.plan.tasks] == [task.code for task in plan.plan.tasks]


def test_what_is_not_understood_stays_open() -> None:
    """An answer that names nothing known changes nothing; a new unit may be named in its place."""
    plan = made()
    key = keys(plan.questions, "name|")[0]
    unclear = plan.answered({key: "ai đó", "members|UBND các xã, phường": "XYZ", "units|BCA": "có"})
    assert (unclear.plan, unclear.review) == (plan.plan, plan.review)
    named = plan.answered({key: NEW_UNIT})
    assert len(named.plan.units) == len(plan.plan.units) + 1 and len(named.review) == len(plan.review) - 1


def answer(path: Path, answers: dict[str, str]) -> None:
    """Types answers into the sheet as a person does."""
    book = openpyxl.load_workbook(path)
    sheet = book[TITLE]
    heads = {cell.value: cell.column for cell in sheet[4] if cell.value}
    for row in range(5, sheet.max_row + 1):
        key = str(sheet.cell(row, heads[KEY]).value)
        if key in answers:
            sheet.cell(row, heads[ANSWER]).value = answers[key]
    book.save(path)


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done.exit_code, done.stdout


@pytest.fixture
def imported_file(tmp_path: Path) -> Path:
    rows = [
        (str(number), f"Xây dựng đề án {number}", "Đề án", lead, "", "2026") for number, lead in enumerate(LEADS, 1)
    ]
    source = tmp_path / "ke-hoach.docx"
    head = ("TT", "Nhiệm vụ", "Sản phẩm", "Cơ quan chủ trì", "Bên cùng làm", "Thời hạn")
    source.write_bytes(word([(*row[:4], "Viettel", row[5]) for row in rows], head, FRONT.split("\n\n")))
    assert run("import", str(source), "-o", str(tmp_path / "phu-luc.xlsx"))[0] == 1
    return tmp_path / "phu-luc.xlsx"


def test_import_review_takes_answers_in(imported_file: Path, check_ooxml: CheckOoxml) -> None:
    """The workbook is written again with the answers, and asks only what is still open; a taught heading is remembered."""
    check_ooxml(imported_file)
    read = read_review(imported_file.read_bytes())
    assert read is not None and read[0] == {}
    before = len(read[1])
    answer(
        imported_file,
        {"units|BCA": INSIDE, "members|UBND các xã, phường": COMMUNES, "column|Bên cùng làm": "Đơn vị phối hợp"},
    )
    code, out = run("-w", str(imported_file.parent), "import", "--review", str(imported_file), "--json")
    left = json.loads(out)["review"]
    assert code == 1 and len(left) == before - 3
    check_ooxml(imported_file)
    plan = read_appendix(imported_file.read_bytes()).plan
    assert len(plan.tasks[3].lead_units) == 95 and not next(item for item in plan.units if item.code == "BCA").external
    again = imported_file.with_name("lai.xlsx")
    run("-w", str(imported_file.parent), "import", str(imported_file.with_name("ke-hoach.docx")), "-o", str(again))
    assert {task.support for task in read_appendix(again.read_bytes()).plan.tasks} == {"Viettel"}


def test_units_and_groups_that_the_office_takes_out_are_asked_about_no_more(imported_file: Path) -> None:
    """Rows deleted from «Đơn vị» and «Nhóm đơn vị», and an address typed over, end neither the review nor a question."""
    book = openpyxl.load_workbook(imported_file)
    asked = [row for row in book[TITLE].iter_rows() if row[1].value in ("Đơn vị", "Nhóm đơn vị")]
    assert {row[1].value for row in asked} == {"Đơn vị", "Nhóm đơn vị"}
    for title in ("Đơn vị", "Nhóm đơn vị"):
        book[title].delete_rows(5, book[title].max_row)
    other = next(row for row in book[TITLE].iter_rows() if row[1].value == "Nhiệm vụ")
    other[2].value = "xem dòng trên"
    book.save(imported_file)
    code, out = run("-w", str(imported_file.parent), "import", "--review", str(imported_file), "--json")
    left = json.loads(out)["review"]
    assert code == 1 and {point["sheet"] for point in left}.isdisjoint({"Đơn vị", "Nhóm đơn vị"})
    assert [point["cell"] for point in left].count("") >= 1


def test_points_go_with_their_rows_where_the_office_moved_them(imported_file: Path) -> None:
    """A row deleted above moves the mark of the row below; a point of the deleted row itself is closed."""
    marked = [point for point in read_review(imported_file.read_bytes())[1] if point.sheet == "Nhiệm vụ"]  # type: ignore[index]
    point = marked[-1]
    row = int(point.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    book = openpyxl.load_workbook(imported_file)
    book["Nhiệm vụ"].delete_rows(5)
    book.save(imported_file)
    run("import", "--review", str(imported_file))
    left = read_review(imported_file.read_bytes())
    assert left is not None
    letters = point.cell.removesuffix(str(row))
    assert (point.task, f"{letters}{row - 1}") in [(item.task, item.cell) for item in left[1]]
    assert openpyxl.load_workbook(imported_file)["Nhiệm vụ"][f"{letters}{row - 1}"].comment is not None
    book = openpyxl.load_workbook(imported_file)
    book["Nhiệm vụ"].delete_rows(row - 1)
    book.save(imported_file)
    run("import", "--review", str(imported_file))
    left = read_review(imported_file.read_bytes())
    assert left is None or point.task not in {item.task for item in left[1]}


def test_init_takes_answers_in(imported_file: Path) -> None:
    """A workspace made from an answered appendix has the answers in its own."""
    answer(imported_file, {"units|BCA": INSIDE})
    folder = imported_file.parent / "ws"
    assert run("init", str(folder), "--plan", str(imported_file))[0] == 0
    plan = read_appendix((folder / "phu-luc.xlsx").read_bytes()).plan
    assert not next(item for item in plan.units if item.code == "BCA").external
    marked = openpyxl.load_workbook(io.BytesIO((folder / "phu-luc.xlsx").read_bytes()))
    assert TITLE in marked.sheetnames


def test_the_sheet_is_read_back_as_it_was_written() -> None:
    """Every point comes back with its sheet, cell, task, field, reason and value."""
    plan = made()
    read = read_review(write_appendix(plan.plan, plan.review))
    assert read is not None and read[1] == plan.review
