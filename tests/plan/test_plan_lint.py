"""Lint: what is wrong or doubtful in the master appendix itself."""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter

import attrs
import pytest
from hypothesis import given

from nq57xl.plan.appendix_read import BUNDLED_PLANS, bundled_appendix, read_appendix
from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.plan.lint import _suspects, lint
from nq57xl.plan.model import Plan, Properties, Section, UnitGroup
from nq57xl.plan.units import understand
from nq57xl.resources import read_schema
from nq57xl.rules.findings import Finding
from tests.plan_samples import PLANS


@functools.cache
def plan(name: str = "sxd-2026") -> Plan:
    return read_appendix(bundled_appendix(name)).plan


def with_task(index: int = 4, **changes: object) -> Plan:
    """The plan of sxd with one task changed, understood again."""
    whole = plan()
    tasks = list(whole.tasks)
    tasks[index] = attrs.evolve(tasks[index], **changes)  # type: ignore[arg-type]
    return understand(attrs.evolve(whole, tasks=tuple(tasks)))


def found(changed: Plan, code: str) -> list[tuple[str, str, str | None, str]]:
    """(sheet, cell, task, value) of each finding of that code that the plan as bundled does not have."""
    known = set(lint(plan()))
    new = [item for item in lint(changed) if item not in known and item.code == code]
    return [(item.sheet, item.cell, item.task, item.value) for item in new]


@pytest.mark.parametrize("name", BUNDLED_PLANS)
def test_bundled_plans_have_no_errors(name: str) -> None:
    """Both bundled plans can issue forms as they are."""
    assert [item for item in lint(plan(name)) if item.severity == "error"] == []


def test_findings_of_bql() -> None:
    """bql: three misprints, two KPIs without a quantity, two that repeat the product, a criterion without a column."""
    told = [(item.code, item.cell, item.value) for item in lint(plan("bql-2026"))]
    assert told == [
        ("PLAN_KPI_NO_QUANTITY", "H5", "Triển khai các dự án thành phần đúng tiến độ đề ra"),
        ("PLAN_KPI_REPEATS", "H6", "Văn bản phối hợp"),
        ("PLAN_KPI_NO_QUANTITY", "H7", "Văn bản báo cáo các đợt tập huấn (khi có yêu cầu)"),
        ("PLAN_KPI_REPEATS", "H9", "Văn bản góp ý"),
        ("PLAN_MISPRINT", "E5", "Chuyển đối số"),
        ("PLAN_MISPRINT", "E9", "chất lượng phục người dân"),
        ("PLAN_MISPRINT", "F9", "chất lượng phục người dân"),
        ("PLAN_CRITERION_UNCHECKED", "B19", "rõ trách nhiệm"),
    ]


def test_findings_of_sxd() -> None:
    """sxd: 15 deadlines without a day, 19 misprints, a collective lead, 5 KPIs without a quantity, 9 repeats."""
    findings = lint(plan())
    assert Counter(item.code for item in findings) == {
        "PLAN_DEADLINE_UNPARSED": 15,
        "PLAN_MISPRINT": 19,
        "PLAN_COLLECTIVE_LEAD": 1,
        "PLAN_KPI_NO_QUANTITY": 5,
        "PLAN_SUBTASK_REPEATS": 9,
        "PLAN_CRITERION_UNCHECKED": 2,
        "PLAN_INDICATOR_KIND": 26,
    }
    kinds = {item.task: item.fix for item in findings if item.code == "PLAN_INDICATOR_KIND"}
    assert (kinds["CT.I.1"], kinds["CT.III.7"]) == (
        "Chọn ở cột «Loại số liệu»; đề xuất: «Thời điểm».",
        "Chọn ở cột «Loại số liệu»; đề xuất: «Trong kỳ».",
    )
    misprints = Counter(item.value for item in findings if item.code == "PLAN_MISPRINT")
    assert misprints == {"UBDN": 14, "Cac phòng": 4, "trên trên": 1}
    assert [item.task for item in findings if item.code == "PLAN_COLLECTIVE_LEAD"] == ["II.3"]
    vague = [item.task for item in findings if item.code == "PLAN_KPI_NO_QUANTITY"]
    assert vague == ["I.2", "II.1", "II.2.1", "IV.4", "V.2"]
    assert {item.severity for item in findings if item.code == "PLAN_SUBTASK_REPEATS"} == {"note"}


def test_unresolved_unit() -> None:
    """A lead or support that names no unit is an error at its cell, naming the part that is unknown."""
    changed = with_task(lead="Văn phòng Sở; Sở Y tế", support="Ban Dân vận")
    assert found(changed, "PLAN_UNIT_UNRESOLVED") == [
        ("Nhiệm vụ", "I9", "I.5", "Sở Y tế"),
        ("Nhiệm vụ", "J9", "I.5", "Ban Dân vận"),
    ]


def test_missing_lead() -> None:
    """No lead, or a group without members, is an error."""
    assert found(with_task(lead=""), "PLAN_LEAD_MISSING") == [("Nhiệm vụ", "I9", "I.5", "")]
    whole = plan()
    empty = attrs.evolve(whole, groups=(attrs.evolve(whole.groups[0], members=()),))
    assert found(understand(empty), "PLAN_LEAD_GROUP_EMPTY") == [("Nhiệm vụ", "I18", "II.3", whole.groups[0].name)]


def test_missing_deliverable_and_kpi() -> None:
    """An empty deliverable or KPI is a warning."""
    changed = with_task(deliverable="", kpi="")
    assert found(changed, "PLAN_DELIVERABLE_MISSING") == [("Nhiệm vụ", "G9", "I.5", "")]
    assert found(changed, "PLAN_KPI_MISSING") == [("Nhiệm vụ", "H9", "I.5", "")]


@pytest.mark.parametrize("text", ["30", "Từ quý I/2026", "Khi có yêu cầu", ""])
def test_deadline_without_a_day(text: str) -> None:
    """A deadline without a day is a warning, until the office gives its Hạn chuẩn."""
    assert found(with_task(20, deadline=Deadline(text)), "PLAN_DEADLINE_UNPARSED") == [
        ("Nhiệm vụ", "K25", "IV.3", text)
    ]
    given_day = with_task(20, deadline=Deadline(text), standard_deadline=dt.date(2026, 6, 30))
    assert found(given_day, "PLAN_DEADLINE_UNPARSED") == []


def test_duplicate_codes() -> None:
    """Two rows with one code, in whatever case, are an error at both, for units, tasks and indicators."""
    assert found(with_task(code="I.4"), "PLAN_DUPLICATE_CODE") == [
        ("Nhiệm vụ", "A8", "I.4", "I.4"),
        ("Nhiệm vụ", "A9", "I.4", "I.4"),
    ]
    whole = plan()
    units = (attrs.evolve(whole.units[0], code="khtc"), *whole.units[1:])
    assert [item[:2] for item in found(attrs.evolve(whole, units=units), "PLAN_DUPLICATE_CODE")] == [
        ("Đơn vị", "A5"),
        ("Đơn vị", "A8"),
    ]


def test_unknown_section_and_member() -> None:
    """A section, indicator group or member that does not exist is an error."""
    assert found(with_task(section="IX"), "PLAN_SECTION_UNKNOWN") == [("Nhiệm vụ", "B9", "I.5", "IX")]
    whole = plan()
    groups = (attrs.evolve(whole.groups[0], members=("QLQH", "LẠ")),)
    assert found(attrs.evolve(whole, groups=groups), "PLAN_GROUP_MEMBER_UNKNOWN") == [("Nhóm đơn vị", "B5", None, "LẠ")]
    orphan = attrs.evolve(whole.indicators[0], group="VII")
    changed = attrs.evolve(whole, indicators=(orphan, *whole.indicators[1:]))
    assert found(changed, "PLAN_SECTION_UNKNOWN") == [("Chỉ tiêu", "B5", "CT.I.1", "VII")]


def test_missing_properties() -> None:
    """A plan without id, title, year, gatherer, agency or recipient is in error at each of them."""
    findings = lint(Plan(Properties(id="", title="", year=0)))
    assert [(item.sheet, item.cell, item.value) for item in findings] == [
        ("Kế hoạch", "B4", "Mã kế hoạch"),
        ("Kế hoạch", "B5", "Tên kế hoạch"),
        ("Kế hoạch", "B6", "Năm"),
        ("Kế hoạch", "B10", "Đơn vị tổng hợp"),
        ("Kế hoạch", "B26", "Cơ quan ban hành"),
        ("Kế hoạch", "B26", "Nơi nhận báo cáo"),
    ]
    assert {(item.code, item.severity) for item in findings} == {("PLAN_PROPERTY_MISSING", "error")}


def test_gatherer_must_be_a_unit_of_the_agency() -> None:
    """The gatherer is the code of a unit that is not external."""
    whole = plan()
    for code, finding in (("KHÔNG", "PLAN_UNIT_UNRESOLVED"), ("UBND", "PLAN_GATHERER_OUTSIDE")):
        changed = attrs.evolve(whole, properties=attrs.evolve(whole.properties, gatherer=code))
        assert found(changed, finding) == [("Kế hoạch", "B10", None, code)]


def test_unparsed_target() -> None:
    """A target that is no number is a warning."""
    whole = plan()
    vague = attrs.evolve(whole.indicators[0], target=Target("Nhóm dẫn đầu"))
    changed = understand(attrs.evolve(whole, indicators=(vague, *whole.indicators[1:])))
    assert found(changed, "PLAN_TARGET_UNPARSED") == [("Chỉ tiêu", "F5", "CT.I.1", "Nhóm dẫn đầu")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Theo Kế hoạch của UBDN tỉnh", [("UBDN", "UBND")]),
        ("Cac phòng chuyên môn", [("Cac phòng", "Các phòng")]),
        ("Triển khai Đề án Chuyển đối số", [("Chuyển đối số", "Chuyển đổi số")]),
        ("làm công vụ thiết yếu", [("công vụ thiết yếu", "công cụ thiết yếu")]),
        ("ngành Xây dựng trên trên địa bàn", [("trên trên", "trên")]),
        ("cán bộ, công chức thi hành công vụ; luôn luôn, dần dần, ngày ngày", []),
        ("Các phòng chuyên môn; UBND tỉnh; chuyển đổi số", []),
        ("Phòng Quản lý Đầu tư và và Văn phòng", [("và và", "và")]),
    ],
)
def test_suspects(text: str, told: list[tuple[str, str]]) -> None:
    """Known misprints and doubled prepositions are told with the likely word; sound words are not."""
    assert list(_suspects(text, read_schema("misprints.yml"))) == told


def test_near_name_in_a_unit_column() -> None:
    """A lead that is a unit's name but for one letter resolves, and the misprint is told."""
    changed = with_task(lead="Phòng Kế hoạch tài chánh")
    assert changed.tasks[4].lead_units == ("KHTC",)
    assert found(changed, "PLAN_MISPRINT") == [("Nhiệm vụ", "I9", "I.5", "Phòng Kế hoạch tài chánh")]
    two = with_task(lead="Phòng Kế hoạch tài chánh; Văn phòng Sở")
    assert found(two, "PLAN_MISPRINT") == [("Nhiệm vụ", "I9", "I.5", "Phòng Kế hoạch tài chánh")]


def test_places_of_the_workbook_itself() -> None:
    """With the places of a read workbook, findings name its own cells; findings of reading come along."""
    whole = plan()
    places = {("tasks", 17, "lead"): ("Nhiệm vụ", "Z99"), ("tasks", 13, "lead"): ("Nhiệm vụ", "C40")}
    read = (Finding("VALUE_UNREADABLE", "error", "x"),)
    findings = lint(whole, read, places)
    assert findings[0] == read[0]
    assert [item.cell for item in findings if item.code == "PLAN_COLLECTIVE_LEAD"] == ["C40"]


def test_sections_are_checked_for_misprints() -> None:
    """A section's title is looked at too, without a task."""
    whole = plan()
    sections = (Section("I", "Hoàn thiện của của thể chế"), *whole.sections[1:])
    assert found(attrs.evolve(whole, sections=sections), "PLAN_MISPRINT") == [("Nhóm nhiệm vụ", "B5", None, "của của")]


@given(PLANS)
def test_never_raises(random_plan: Plan) -> None:
    """Any plan can be linted; errors come first, and every finding says something and names a cell."""
    findings = lint(random_plan)
    ranks = [("error", "warning", "note").index(item.severity) for item in findings]
    assert ranks == sorted(ranks)
    assert all(item.message and item.sheet and item.cell for item in findings)


def test_group_names_resolve_before_they_are_suspected() -> None:
    """A group's other names are no misprints of its first one."""
    whole = plan()
    groups = (UnitGroup("Các phòng", ("QLQH",), ("Các phòng ban",)),)
    changed = understand(attrs.evolve(whole, groups=groups))
    assert [item for item in lint(changed) if item.code == "PLAN_MISPRINT" and item.value == "Các phòng ban"] == []
