"""What goes into the cells of a superior form, what stays as it stands, and what is said to be open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from nq57xl.forms.model import Value
from nq57xl.plan.deadlines import Deadline
from nq57xl.plan.model import Task
from nq57xl.plan.refine import MatchLine, RowMatch, _AnsweringRow
from nq57xl.results.model import FreeRow
from nq57xl.results.roll_up import OpenPoint, RolledCell, RollUp, RollUpPart
from nq57xl.results.superior_filling import FilledForm, fill_form
from nq57xl.returns.superior_form import SuperiorCell, SuperiorForm, SuperiorRow
from nq57xl.rules.findings import Finding, make
from nq57xl.rules.load import load_schema
from nq57xl.rules.schema import CellValue

SCHEMA = load_schema()
KEY, SHEET = "II.3", "1. Kết quả"
FIELDS = [item.name for item in SCHEMA.table("led").fields]
GOING: Mapping[str, CellValue] = {"progress": "in_progress", "percent": 0.45, "result": "Đã trình."}


def filled(
    answers: Mapping[str, CellValue],
    stands: Mapping[str, str] | None = None,
    *,
    untouched: bool = False,
    lists: Mapping[str, tuple[str, ...]] | None = None,
    points: tuple[OpenPoint, ...] = (),
    without: tuple[str, ...] = (),
    free: tuple[FreeRow, ...] = (),
    asked: tuple[Finding, ...] = (),
) -> FilledForm:
    """One led row: what the roll-up answers, put into a form in which `stands` stands."""
    cells = {
        name: SuperiorCell(SHEET, f"{chr(65 + place)}9", (stands or {}).get(name, ""))
        for place, name in enumerate(FIELDS)
        if name not in without
    }
    row = SuperiorRow("led", KEY, SHEET, "II", {"work": "Số hóa hồ sơ"}, cells)
    form = SuperiorForm("tinh", "1", "SXD", "2026-04", "x", (row,), lists=lists or {}, untouched=untouched)
    task = Task(KEY, "II", "3", None, "Số hóa hồ sơ", "", "", "", "", "", Deadline(""))
    line = MatchLine(RowMatch("led", KEY, "", (_AnsweringRow("I.1", ""),)), task, "confirmed")
    part = RollUpPart("I.1", "VP", "Văn phòng", True, "in_progress")
    rolled = tuple(
        RolledCell("led", KEY, name, value, ((part, Value("led", "I.1", name, "", value, SHEET, "A1")),))
        for name, value in answers.items()
    )
    c: Any = SimpleNamespace(schema=SCHEMA, traced=(), free=free, cutoff=dt.date(2026, 4, 14))
    return fill_form(form, c, [line], RollUp(rolled, points), lambda *_: asked)


def put(done: FilledForm) -> dict[str, Any]:
    """Field -> what is put into its cell."""
    return {FIELDS[ord(cell[0]) - 65]: content for _, cell, content in done.contents}


def open_fields(done: FilledForm) -> list[str]:
    return [point.field for point in done.points]


def test_choices_are_words_numbers_numbers_and_days_days() -> None:
    """A code becomes the words of the list, a fraction stays a number, a day a day; whole numbers have no decimals."""
    day = dt.date(2026, 4, 7)
    done = filled(
        {"progress": "done", "percent": 1.0, "result": "Xong.", "completion_date": day, "evidence_link": "a.vn"}
    )
    assert put(done) == {
        "progress": "Hoàn thành", "percent": 1, "result": "Xong.", "completion_date": day, "evidence_link": "a.vn",
    }  # fmt: skip
    assert open_fields(done) == []


def test_a_word_that_the_form_does_not_offer_is_left_to_a_person() -> None:
    """The superior office has other words in its list: the cell stays blank and is told."""
    done = filled(GOING, lists={"progress": ("Chưa làm", "Đang làm", "Xong")})
    assert "progress" not in put(done)
    assert "Tiến độ" in open_fields(done)


def test_what_a_person_typed_stays() -> None:
    """Another text in a cell of a saved form stays and is told; the same text is not written again."""
    done = filled(GOING, {"result": "Người ghi.", "progress": "Đang thực hiện"})
    assert put(done) == {"percent": 0.45}
    assert open_fields(done) == ["Kết quả trong kỳ"]


def test_what_the_form_said_from_the_start_gives_way() -> None:
    """In a form that nobody saved the answer replaces what stood there, and what it does not answer is taken out."""
    done = filled(
        GOING, {"result": "Tháng 4: …", "kpi_achieved": "Đạt 5/9", "progress": "Chưa thực hiện"}, untouched=True
    )
    assert put(done) == {"progress": "Đang thực hiện", "percent": 0.45, "result": "Đã trình.", "kpi_achieved": ""}
    assert put(filled(GOING, {"progress": "Chưa phát sinh"}))["progress"] == "Đang thực hiện"


def asking(code: str, field: str) -> Finding:
    return make(code, sheet=SHEET, cell="B9", table="led", task=KEY, field=field)


def test_what_the_superior_office_would_ask_is_listed_with_where_to_answer() -> None:
    """A blank and a doubt, each at its cell; the cell for reasons beside it. Of a row that waits only the doubt."""
    asked = (asking("REQUIRED_BLANK", "cause"), asking("PERCENT_FALLS", "percent"))
    blank, doubt = filled(GOING, asked=asked).points
    assert (blank.field, blank.code, blank.cell) == ("Nguyên nhân", "REQUIRED_BLANK", "B9")
    assert blank.why.startswith("Cấp trên sẽ trả lại: ")
    assert (doubt.field, doubt.code) == ("Tỷ lệ hoàn thành", "PERCENT_FALLS")
    assert doubt.why.startswith("Cấp trên sẽ hỏi lại: ")
    assert doubt.reason_cell == f"{chr(65 + FIELDS.index('explanation'))}9"
    waits = (OpenPoint("led", KEY, "", "Chưa xác nhận."), OpenPoint("led", KEY, "cause", "Đã nói."))
    assert open_fields(filled({}, asked=asked, points=waits)) == ["Cả dòng", "Nguyên nhân", "Tỷ lệ hoàn thành"]


def test_a_row_without_an_answer_is_told_once_unless_it_is_stated_already() -> None:
    """Nothing corresponds: one point for the row; a form that says "Chưa phát sinh" of it itself needs nobody."""
    point = (OpenPoint("led", KEY, "", "Không có nhiệm vụ tương ứng."),)
    assert open_fields(filled({}, points=point)) == ["Cả dòng"]
    assert open_fields(filled({}, {"progress": "Chưa phát sinh"}, points=point)) == []


def test_a_cell_that_the_form_does_not_have_is_told() -> None:
    """A form without a column for an answer: the answer is said to a person, nothing is lost."""
    done = filled({**GOING, "next_work": "Trình ký."}, without=("next_work",))
    assert open_fields(done) == ["Việc kỳ tới"]
    assert "Trình ký." in done.points[0].why


def test_what_shares_a_cell_is_put_into_one() -> None:
    """The day stands behind its number already, an address goes behind the title; nothing is missing then."""
    answers: dict[str, CellValue] = {
        "progress": "done", "percent": 1.0, "result": "Xong.", "completion_date": dt.date(2026, 4, 7),
        "evidence_number": "12/KH-SXD ngày 07/04/2026", "evidence_date": dt.date(2026, 4, 7),
        "evidence_title": "Kế hoạch", "evidence_link": "https://sxd.vn/12",
    }  # fmt: skip
    done = filled(answers, without=("evidence_date", "evidence_link"))
    assert put(done)["evidence_number"] == "12/KH-SXD ngày 07/04/2026"
    assert put(done)["evidence_title"] == "Kế hoạch\nhttps://sxd.vn/12"
    assert open_fields(done) == []


def test_what_units_propose_by_themselves_is_listed_and_not_sent_up() -> None:
    """A unit's own proposal stands in a list for the person who decides; no cell of the form holds it."""
    value = Value("proposal", "01", "title", "Số hóa kho lưu trữ", "Số hóa kho lưu trữ", "4. Đề xuất", "C5")
    done = filled(GOING, free=(FreeRow("proposal", "VP", "Văn phòng", "01", {"title": value}),))
    (line,) = done.general
    assert (line.unit, line.text) == ("Văn phòng", "Nhiệm vụ đề xuất: Số hóa kho lưu trữ")
    assert "Số hóa kho lưu trữ" not in put(done).values()
