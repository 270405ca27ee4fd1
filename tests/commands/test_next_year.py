"""init --from: next year goes on with units, settings and unfinished work; the old year is never written to."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import attrs
import pytest
from openpyxl import load_workbook

from nq57xl.commands.init import confirm_continued, init
from nq57xl.commands.office import Office
from nq57xl.commands.standing import PreviousReports
from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.model import Period, Plan
from nq57xl.plan.periods import parse_period
from tests import year_kit as year
from tests.samples import sample_plan

DECEMBER, JANUARY = "2026-12", "2027-01"


def contents(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_a_standard_deadline_of_last_year_does_not_go_on(tmp_path: Path) -> None:
    """The same task again: by its Hạn chuẩn of 2026 it would be overdue all year, one of 2028 stays."""
    old, (one, two, *rest) = sample_plan(), sample_plan().tasks
    days = (dt.date(2026, 9, 30), dt.date(2028, 6, 30))
    tasks = [attrs.evolve(row, standard_deadline=day) for row, day in zip((one, two), days, strict=True)]
    (tmp_path / "2026.xlsx").write_bytes(write_appendix(attrs.evolve(old, tasks=(*tasks, *rest))))
    init(tmp_path / "cu", str(tmp_path / "2026.xlsx"))
    new = attrs.evolve(old, properties=attrs.evolve(old.properties, id="mau-2027", year=2027))
    (tmp_path / "2027.xlsx").write_bytes(write_appendix(new))
    made = init(tmp_path / "moi", str(tmp_path / "2027.xlsx"), tmp_path / "cu")
    found = {row.code: row.standard_deadline for row in made.plan.tasks}
    assert (found[one.code], found[two.code]) == (one.standard_deadline, days[1])
    assert one.standard_deadline is None


def test_the_new_year(tmp_path: Path) -> None:
    """Addresses and templates go on; the same work keeps its code and December's words; done work is asked anew."""
    old = year.start_sample(tmp_path / "2026")
    (old / "templates" / "texts").mkdir(parents=True)
    (old / "templates" / "texts" / "nhac-nhom.txt.j2").write_text("Lời nhắc riêng\n", encoding="utf-8")
    year.issue(old, DECEMBER, "VP")
    done: year.Typed = {
        ("led", "II.1.1", "progress"): "done",
        ("led", "II.1.1", "percent"): 1.0,
        ("led", "II.1.1", "completion_date"): dt.date(2026, 12, 10),
        ("led", "II.1.1", "evidence_link"): "https://sxd.dongnai.gov.vn/1",
    }
    assert year.send(old, DECEMBER, done).returns[0].verdict == "accepted"
    before = contents(old)

    plan = sample_plan()
    first, *others = plan.tasks
    new = attrs.evolve(
        plan,
        properties=attrs.evolve(plan.properties, id="mau-2027", year=2027, internal_day=10),
        units=tuple(attrs.evolve(unit, email="") for unit in plan.units),
        tasks=(*others, attrs.evolve(first, code="", number="9")),
    )
    appendix = tmp_path / "2027.xlsx"
    appendix.write_bytes(write_appendix(new))
    made = init(tmp_path / "nam 2027", str(appendix), old)
    assert contents(old) == before
    assert (made.plan.properties.year, made.plan.properties.id, made.plan.properties.internal_day) == (
        2027,
        "mau-2027",
        18,
    )
    assert {unit.code: unit.email for unit in made.plan.units}["VP"] == "vp.sxd@dongnai.gov.vn"
    assert {row.code for row in made.continued if row.finished} == {"II.1.1"}
    assert next(task.number for task in made.plan.tasks if task.code == "I.1") == "9"
    root = made.workspace.root
    assert (root / "templates" / "texts" / "nhac-nhom.txt.j2").is_file()

    year.issue(root, JANUARY, "VP")
    led = year.form(root, JANUARY).table("led")
    rows = {row.key: row for row in led.rows} if led else {}
    assert rows["I.1"].texts["previous"].startswith("Tháng 12/2026: Đang thực hiện, 45%")
    assert (rows["II.1.1"].open, rows["II.1.1"].texts["previous"]) == (True, "Chưa có")
    with pytest.raises(Nq57Error, match="phải khác"):
        init(tmp_path / "x", str(appendix), tmp_path / "x")


def test_confirmed_in_a_workbook(tmp_path: Path) -> None:
    """Word for word the same goes on at once; other matches wait for the office, which may break, make or keep one."""
    old = year.start_sample(tmp_path / "2026")
    year.issue(old, DECEMBER, "VP")
    assert year.send(old, DECEMBER, {}).returns[0].verdict == "accepted"
    before = contents(old)
    plan = sample_plan()
    tasks = {task.code: task for task in plan.tasks}
    reworded = attrs.evolve(tasks["I.1"], code="", subtask=f"{tasks['I.1'].subtask} và đánh giá kết quả")
    other = attrs.evolve(
        tasks["I.3"], code="", subtask=f"{tasks['I.3'].subtask} theo quy định mới", lead="Văn phòng Sở"
    )
    new = attrs.evolve(
        plan,
        properties=attrs.evolve(plan.properties, id="mau-2027", year=2027),
        tasks=(reworded, other, attrs.evolve(tasks["II.1.1"], code="")),
    )
    appendix = tmp_path / "2027.xlsx"
    appendix.write_bytes(write_appendix(new))
    made = init(tmp_path / "nam 2027", str(appendix), old)
    root = made.workspace.root
    tasks_on = [row for row in made.continued if row.table == "tasks"]
    assert {row.code: row.confirmed for row in tasks_on} == {"I.1": False, "I.3": False, "II.1.1": True}
    assert [text.split("]")[0] for text in made.unfinished] == ["[II.1.2"]
    assert made.book is not None
    book = load_workbook(made.book)
    sheet = book["Nhiệm vụ"]
    lines = {str(row[5].value): row for row in sheet.iter_rows(min_row=5)}
    first = next(row for text, row in lines.items() if "đánh giá kết quả" in text)
    assert first[1].value == "I.1"
    assert "Tháng 12/2026: Đang thực hiện, 45%" in str(first[4].value)
    office = year.at(root, year.moment(JANUARY, 1))
    with office.reading() as ledger:
        known = PreviousReports(ledger, made.plan).before("VP", january(made.plan))
    assert [key for table, key in known if table == "led"] == ["II.1.1"]
    measures = {item.code: item.measure for item in plan.indicators}
    told = {key: row.measure for (table, key), row in known.items() if table == "indicator"}
    assert told == {key: measures[key] for key in told} != {}

    next(row for text, row in lines.items() if "theo quy định mới" in text)[1].value = "mới"
    next(row for row in sheet.iter_rows(min_row=5) if "II.1.2" in str(row[4].value))[1].value = "giữ"
    book.save(made.book)
    done = confirm_continued(office)
    assert contents(old) == before
    assert {row.code: row.confirmed for row in done.continued if row.table == "tasks"} == dict.fromkeys(
        ("I.1", "II.1.1", "II.1.2"), True
    )
    assert "I.3" not in {task.code for task in done.plan.tasks}
    assert confirm_continued(office).plan == done.plan
    year.issue(root, JANUARY, "VP")
    led = year.form(root, JANUARY).table("led")
    texts = {row.key: row.texts["previous"] for row in led.rows} if led else {}
    assert texts["I.1"].startswith("Tháng 12/2026: Đang thực hiện, 45%")
    assert [text for key, text in texts.items() if key not in ("I.1", "II.1.1")] == ["Chưa có"]
    with pytest.raises(Nq57Error, match="Đã phát hành"):
        confirm_continued(office)


def test_a_row_that_the_old_year_got_since_is_told(tmp_path: Path) -> None:
    """It has no line in the workbook: told as unfinished, it stops nothing. A new row without its line does."""
    old = year.start_sample(tmp_path / "2026")
    plan = sample_plan()
    new = attrs.evolve(plan, properties=attrs.evolve(plan.properties, id="mau-2027", year=2027), tasks=plan.tasks[:2])
    appendix = tmp_path / "2027.xlsx"
    appendix.write_bytes(write_appendix(new))
    made = init(tmp_path / "2027", str(appendix), old)
    assert made.book is not None
    present = Office.at(old).appendix().plan
    late = attrs.evolve(plan.tasks[0], code="V.9", task="Kiểm kê máy chủ cuối năm", subtask="")
    (old / "phu-luc.xlsx").write_bytes(write_appendix(attrs.evolve(present, tasks=(*present.tasks, late))))
    office = year.at(made.workspace.root, year.moment(JANUARY, 1))
    done = confirm_continued(office)
    assert [text for text in done.unfinished if "V.9" in text] and not [t for t in made.unfinished if "V.9" in t]
    book = load_workbook(made.book)
    book["Nhiệm vụ"].delete_rows(5)
    book.save(made.book)
    with pytest.raises(Nq57Error, match="trang «Nhiệm vụ»: thiếu dòng"):
        confirm_continued(office)


def january(plan: Plan) -> Period:
    return parse_period(JANUARY, plan.properties)
