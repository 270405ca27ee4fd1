"""Lint of the "rõ" criteria: each check finds what it is for, says what to do, and leaves sound rows alone."""

from __future__ import annotations

import datetime as dt
import functools
from pathlib import Path

import attrs
import pytest

from nq57xl import resources
from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_read import bundled_appendix, read_appendix
from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.plan.lint import _odd_ones, _outliers, lint
from nq57xl.plan.model import Indicator, Plan, Section, Task
from nq57xl.plan.units import understand
from nq57xl.rules.findings import Finding, catalogue
from nq57xl.rules.load import Clear

ALL = ("rõ người", "rõ việc", "rõ thời gian", "rõ trách nhiệm", "rõ sản phẩm", "rõ thẩm quyền")


@functools.cache
def plan() -> Plan:
    """bql with six criteria."""
    whole = read_appendix(bundled_appendix("bql-2026")).plan
    return attrs.evolve(whole, properties=attrs.evolve(whole.properties, clear_criteria=ALL))


def with_task(index: int = 5, **changes: object) -> Plan:
    tasks = list(plan().tasks)
    tasks[index] = attrs.evolve(tasks[index], **changes)  # type: ignore[arg-type]
    return understand(attrs.evolve(plan(), tasks=tuple(tasks)))


def new(changed: Plan) -> list[Finding]:
    """What lint finds in the changed plan and not in the plan as it is."""
    known = {(item.code, item.cell, item.value) for item in lint(plan())}
    return [item for item in lint(changed) if (item.code, item.cell, item.value) not in known]


def codes(changed: Plan) -> list[str]:
    return [item.code for item in new(changed)]


@pytest.mark.parametrize("text", ["Văn bản", "báo cáo.", "Các kế hoạch", "Kế hoạch", "01 Báo cáo", "VĂN BẢN"])
def test_a_bare_word_is_no_product(text: str) -> None:
    """A deliverable that is only "Văn bản", "Báo cáo", "Kế hoạch" is a warning with a fuller wording."""
    (found,) = new(with_task(deliverable=text))
    assert (found.code, found.cell, found.task, found.severity) == ("PLAN_DELIVERABLE_VAGUE", "G10", "III.6", "warning")
    assert "về việc làm sạch và đồng bộ toàn bộ CSDL" in found.fix


@pytest.mark.parametrize(
    "text",
    ["Kế hoạch của UBND tỉnh", "Báo cáo kết quả rà soát", "Quyết định phê duyệt Đề án", "CSDL ngành", "02 mô hình"],
)
def test_a_named_product_is_one(text: str) -> None:
    """A deliverable that says what it is about is left alone."""
    assert codes(with_task(deliverable=text)) == []


@pytest.mark.parametrize(
    ("kpi", "deliverable", "code"),
    [
        ("Nâng cao hiệu quả quản lý", "CSDL ngành", "PLAN_KPI_NO_QUANTITY"),
        ("Đúng tiến độ", "CSDL ngành", "PLAN_KPI_NO_QUANTITY"),
        ("Các kế hoạch được hoàn thành", "Kế hoạch", "PLAN_KPI_REPEATS"),
        ("CSDL ngành được triển khai", "CSDL ngành được triển khai", "PLAN_KPI_REPEATS"),
    ],
)
def test_kpi_that_measures_nothing(kpi: str, deliverable: str, code: str) -> None:
    """A KPI without a quantity, or with the words of the product, is a warning with a KPI that can be measured."""
    found = next(item for item in new(with_task(kpi=kpi, deliverable=deliverable)) if item.field == "kpi")
    assert (found.code, found.cell) == (code, "H10")
    assert "xong trước ngày 31/03/2026" in found.fix


@pytest.mark.parametrize(
    "kpi",
    [
        "100% CSDL đồng bộ về IOC",
        "≥ 80% nội dung ký kết được triển khai",
        "Tối thiểu một nhà đầu tư lớn",
        "Toàn bộ hồ sơ được số hóa",
        "Nghị quyết được thông qua đúng thời hạn",
        "Trung tâm được thành lập",
        "Quý II/2026 đưa vào sử dụng",
    ],
)
def test_kpi_that_can_be_measured(kpi: str) -> None:
    """A number, a share, "toàn bộ", or a result that is there or not: a KPI."""
    assert codes(with_task(kpi=kpi)) == []


def test_a_plan_without_a_column_for_kpi_is_told_once() -> None:
    """No row has a KPI: one note, not a warning at every row."""
    tasks = tuple(attrs.evolve(row, kpi="") for row in plan().tasks)
    found = [item for item in lint(attrs.evolve(plan(), tasks=tasks)) if item.field == "kpi"]
    assert [(item.code, item.severity, item.value) for item in found] == [("PLAN_COLUMN_EMPTY", "note", "KPI")]


def test_sub_task_equal_to_its_task() -> None:
    """A sub-task that only repeats its task is noted; in other letters and punctuation too."""
    (found,) = new(with_task(1, task="Rà soát thủ tục", subtask="RÀ SOÁT THỦ TỤC."))
    assert (found.code, found.cell, found.severity) == ("PLAN_SUBTASK_REPEATS", "F6", "note")
    assert codes(with_task(1, task="Rà soát thủ tục", subtask="")) == []


def test_a_row_without_work() -> None:
    """Neither a task nor a sub-task."""
    assert codes(with_task(task="", subtask="")) == ["PLAN_WORK_MISSING"]


@pytest.mark.parametrize(
    ("issued_on", "deadline", "told"),
    [
        (dt.date(2026, 3, 5), "Quý I/2026", []),
        (dt.date(2026, 4, 1), "Quý I/2026", ["PLAN_DEADLINE_PAST"]),
        (None, "31/12/2025", ["PLAN_DEADLINE_PAST"]),
        (None, "01/01/2026", []),
        (dt.date(2026, 4, 1), "Đã thực hiện", []),
        (dt.date(2026, 4, 1), "Thường xuyên", []),
    ],
)
def test_deadline_before_the_plan_was_issued(issued_on: dt.date | None, deadline: str, told: list[str]) -> None:
    """A day before the plan's own date, or before its year, is a warning; what is done or goes on is not."""
    whole = with_task(deadline=Deadline(deadline))
    whole = attrs.evolve(whole, properties=attrs.evolve(whole.properties, issued_on=issued_on))
    assert codes(whole) == told


def test_proposals_for_leads() -> None:
    """A collective lead names its members to choose from; an unknown one the unit whose name is nearest."""
    (found,) = new(with_task(lead="Các phòng, đơn vị trực thuộc"))
    assert found.code == "PLAN_COLLECTIVE_LEAD"
    assert "«Văn phòng», «Phòng Quản lý Công nghệ cao», «Phòng Quản lý Đầu tư»" in found.fix
    (found,) = new(with_task(lead="Phòng Quản lý về Đầu tư"))
    assert (found.code, found.severity) == ("PLAN_UNIT_UNRESOLVED", "error")
    assert "Có thể là «Phòng Quản lý Đầu tư»." in found.fix
    (found,) = new(with_task(lead="Kho bạc Nhà nước"))
    assert found.fix.startswith("Sửa tên")


def test_deadline_gets_the_last_day_to_choose() -> None:
    """A deadline without a day proposes the end of the plan's year."""
    (found,) = new(with_task(deadline=Deadline("Theo tiến độ của tỉnh")))
    assert (found.code, "31/12/2026" in found.fix) == ("PLAN_DEADLINE_UNPARSED", True)


def test_criteria_of_the_plan_decide() -> None:
    """A plan that names neither "rõ sản phẩm" nor "rõ kết quả" is not asked for products; one without any, for all."""
    vague = with_task(deliverable="Báo cáo", kpi="Đúng tiến độ")
    for criteria, told in (
        (("rõ người", "rõ việc"), False),
        (("Rõ kết quả",), True),
        ((), True),
        (("rõ đường",), True),
    ):
        whole = attrs.evolve(vague, properties=attrs.evolve(vague.properties, clear_criteria=criteria))
        assert any(item.code == "PLAN_DELIVERABLE_VAGUE" for item in lint(whole)) == told
    unknown = with_task(lead="Kho bạc Nhà nước")
    only = attrs.evolve(unknown, properties=attrs.evolve(unknown.properties, clear_criteria=("rõ việc",)))
    assert "PLAN_UNIT_UNRESOLVED" in {item.code for item in lint(only)}


@pytest.mark.parametrize(
    ("column", "said", "code", "heading", "other"),
    [
        ("responsible", "Phó Trưởng ban", "PLAN_RESPONSIBLE_MISSING", "«Lãnh đạo phụ trách»", "rõ thẩm quyền"),
        ("authority", "UBND tỉnh", "PLAN_AUTHORITY_MISSING", "«Cấp quyết định»", "rõ trách nhiệm"),
    ],
)
def test_who_answers_and_who_decides_have_columns_of_their_own(
    column: str, said: str, code: str, heading: str, other: str
) -> None:
    """Without the column one note; once some rows name who answers, or decides, the others are asked at their cells."""
    noted = [item.value for item in lint(plan()) if item.code == "PLAN_CRITERION_UNCHECKED"]
    assert noted == ["rõ trách nhiệm", "rõ thẩm quyền"]
    found = lint(with_task(0, **{column: said}))
    missing = [item for item in found if item.code == code]
    assert [item.task for item in missing] == [row.code for row in plan().tasks[1:]]
    assert all(item.severity == "warning" and item.cell and heading in item.message for item in missing)
    assert [item.value for item in found if item.code == "PLAN_CRITERION_UNCHECKED"] == [other]


def numbered(*numbers: str, sections: tuple[str, ...] = ()) -> Plan:
    tasks = tuple(
        attrs.evolve(plan().tasks[5], code="", section=section, number=number, subnumber=None, task=f"Việc thứ {index}")
        for index, (number, section) in enumerate(zip(numbers, sections or ("I",) * len(numbers), strict=True))
    )
    return understand(attrs.evolve(plan(), tasks=tasks))


@pytest.mark.parametrize(
    ("numbers", "sections", "told"),
    [
        (("1", "2", "3"), (), []),
        (("1", "2", "4", "7"), (), [("PLAN_NUMBER_MISSING", "4"), ("PLAN_NUMBER_MISSING", "7")]),
        (("1", "2", "2", "3"), (), [("PLAN_NUMBER_DUPLICATE", "2")] * 2),
        (("2", "3"), (), [("PLAN_NUMBER_MISSING", "2")]),
        (("1", "2", "1", "2"), ("I", "I", "II", "II"), []),
        (("1", "2", "3", "4"), ("I", "I", "II", "II"), []),
        (("1", "2", "4", "5"), ("I", "I", "II", "II"), [("PLAN_NUMBER_MISSING", "4")]),
        (("a", "b", "d"), (), []),
        (("1", "122a", "122b", "2"), (), []),
    ],
)
def test_numbers(numbers: tuple[str, ...], sections: tuple[str, ...], told: list[tuple[str, str]]) -> None:
    """Left out and doubled numbers, by section or through the plan; letters are left alone."""
    found = [item for item in lint(numbered(*numbers, sections=sections)) if item.code.startswith("PLAN_NUMBER")]
    assert [(item.code, item.value) for item in found] == told


def test_rows_of_one_printed_task_share_its_number() -> None:
    """Several sub-tasks under one number are no doubled number."""
    tasks = tuple(attrs.evolve(row, section="I", number="1", task="Một việc") for row in plan().tasks)
    found = lint(understand(attrs.evolve(plan(), tasks=tasks)))
    assert [item for item in found if item.code == "PLAN_NUMBER_DUPLICATE"] == []


def test_headings() -> None:
    """A Roman number twice, and one left out."""
    sections = (*plan().sections[:2], Section("II", "Hạ tầng"), Section("V", "Khác"))
    found = [item for item in new(attrs.evolve(plan(), sections=sections)) if item.sheet == "Nhóm nhiệm vụ"]
    assert [(item.code, item.cell, item.value) for item in found] == [
        ("PLAN_NUMBER_DUPLICATE", "A6", "II"),
        ("PLAN_NUMBER_DUPLICATE", "A7", "II"),
        ("PLAN_NUMBER_MISSING", "A8", "V"),
    ]
    assert "thiếu số III, IV" in found[2].message


def test_target_that_cannot_be_measured() -> None:
    """An indicator whose target is a wish."""
    item = Indicator("CT.I.1", "I", "1", "Chỉ số", "", Target("Nâng cao"), "Văn phòng")
    whole = understand(attrs.evolve(plan(), indicators=(item,)))
    assert "PLAN_TARGET_UNPARSED" in codes(whole)


def test_units_that_end() -> None:
    """A unit that ends with rows of its own needs somebody after it; a successor must be a unit."""
    end: dict[str, object] = {"valid_to": dt.date(2026, 6, 30)}

    def with_unit(**changes: object) -> Plan:
        units = tuple(attrs.evolve(u, **changes) if u.code == "VP" else u for u in plan().units)  # type: ignore[arg-type]
        return understand(attrs.evolve(plan(), units=units))

    (found,) = new(with_unit(**end))
    assert (found.code, found.sheet, found.cell, found.severity) == ("PLAN_UNIT_ENDED", "Đơn vị", "I5", "warning")
    assert "5 dòng (I.1, II.3, III.4, III.5, III.6)" in found.message
    assert codes(with_unit(**end, successors=("QLDT",))) == []
    (found,) = [item for item in new(with_unit(**end, successors=("QLDT", "LA"))) if item.severity == "error"]
    assert (found.code, found.value) == ("PLAN_SUCCESSOR_UNKNOWN", "LA")


def test_a_plan_without_sections_is_no_error() -> None:
    """A short plan may have no headings at all; a row under a heading that is not there is an error still."""
    tasks: tuple[Task, ...] = tuple(attrs.evolve(row, section="") for row in plan().tasks)
    flat = understand(attrs.evolve(plan(), sections=(), tasks=tasks))
    assert [item for item in lint(flat) if item.severity == "error"] == []
    assert codes(with_task(section="")) == ["PLAN_SECTION_UNKNOWN"]


def test_misprints_by_the_plans_own_words() -> None:
    """A wording that stands once, and but for the accents of one word often, is doubted; others are not."""
    often = ["Triển khai chuyển đổi số ngành Xây dựng"] * 4
    odd = _outliers([*often, "Đề án chuyển đối số ngành Xây dựng năm 2026"])
    assert list(_odd_ones("Đề án chuyển đối số ngành Xây dựng năm 2026", odd)) == [("chuyển đối số", "chuyển đổi số")]
    assert _outliers([*often, "Chuyển giao số liệu của Sở", "Khai chuyến đi số", "Phòng chuyển đổi"]) == {}
    assert _outliers([*often[:3], "chuyển đối số"]) == {}


def test_the_file_of_criteria(tmp_path: Path) -> None:
    """Every code in it stands in the catalogue; an office may keep its own; a wrong one is refused by name."""
    own = Clear.load()
    assert {code for item in own.criteria for code in item.checks} <= set(catalogue())
    (tmp_path / "schemas").mkdir()
    file = tmp_path / "schemas" / "clear.yml"
    text = resources.find("schemas", "clear.yml").read_text(encoding="utf-8")
    file.write_text(text.replace("  - hồ sơ\n", "  - cơ sở dữ liệu\n"), encoding="utf-8")
    plain, vague = (with_task(deliverable=text) for text in ("Cơ sở dữ liệu đất đai", "Cơ sở dữ liệu"))
    before = lint(plain, workspace=tmp_path)
    assert [item.code for item in lint(vague, workspace=tmp_path) if item not in before] == ["PLAN_DELIVERABLE_VAGUE"]
    (tmp_path / "b" / "schemas").mkdir(parents=True)
    (tmp_path / "b" / "schemas" / "clear.yml").write_text("criteria: 3", encoding="utf-8")
    with pytest.raises(Nq57Error, match=r"clear\.yml"):
        Clear.load(tmp_path / "b")
