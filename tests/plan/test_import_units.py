"""Who is a unit, who is inside, who belongs to a group; agency, year and signature: decided from the document itself."""

# ruff: noqa: E501 - examples read better unbroken

from __future__ import annotations

import datetime as dt
import time

import attrs
import pytest

from nq57xl.plan.importer.document import Line
from nq57xl.plan.importer.properties import properties_of
from nq57xl.plan.importer.units import rank_of
from nq57xl.plan.lint import lint
from nq57xl.plan.model import Plan, Properties
from nq57xl.plan.review_questions import ReviewedPlan
from nq57xl.plan.units import understand
from tests.import_kit import TODAY, markdown

LEADS = ("Sở A", "Sở B", "Công an tỉnh")
SEAL = "(Ban hành kèm theo Kế hoạch số 91/KH-UBND ngày 12/02/2026 của Chủ tịch UBND tỉnh X)"
PROVINCE = (
    "UBND TỈNH ĐỒNG NAI\n\nSố: 91/KH-UBND\n\nĐồng Nai, ngày 12 tháng 02 năm 2026\n\nKẾ HOẠCH\n\nChuyển đổi số năm 2026"
)


def plan_led_by(*leads: str, front: str = PROVINCE, supports: tuple[str, ...] = ()) -> ReviewedPlan:
    """A plan with a row for each lead."""
    support = [*supports, *[""] * len(leads)]
    rows = [(str(number), f"Xây dựng đề án {number}", "Đề án", lead, support[number - 1], "31/12/2026")
            for number, lead in enumerate(leads, 1)]  # fmt: skip
    return markdown(rows, front=front)


def inside(made: ReviewedPlan) -> set[str]:
    return {unit.name for unit in made.plan.units if not unit.external}


def errors(plan: Plan) -> list[tuple[str, str | None]]:
    """Errors of lint that concern rows."""
    return [(item.code, item.task) for item in lint(plan) if item.severity == "error" and item.task]


@pytest.mark.parametrize("front", ["", "TỈNH ỦY ĐỒNG NAI\n\nKẾ HOẠCH\n\nThực hiện năm 2026", SEAL])
def test_units_that_lead_are_inside_whoever_issues_the_plan(front: str) -> None:
    """Departments that lead the rows of a plan get forms with no letterhead, a party's or a line "Kèm theo" alone."""
    made = plan_led_by(*LEADS, front=front)
    assert inside(made) == set(LEADS)
    assert all(task.lead_units for task in made.plan.tasks)
    assert errors(made.plan) == []
    # where nothing tells the agency, the office is asked
    asked = [item.field for item in made.review if item.sheet == "Đơn vị"]
    assert asked == (["external"] * 3 if not front else [])


def test_a_unit_that_ranks_above_the_agency_is_the_office_s_decision() -> None:
    """A ministry that leads a row of a province's plan gets no form: an error until the office marks it."""
    made = plan_led_by("Bộ Công an", "Sở Nội vụ")
    assert inside(made) == {"Sở Nội vụ"}
    assert errors(made.plan) == [("PLAN_LEAD_NO_FORM", "X.1")]
    assert [item.reason for item in made.review if item.sheet == "Đơn vị"]
    outside = tuple(attrs.evolve(unit, kind="Cơ quan ngoài") if unit.external else unit for unit in made.plan.units)
    assert errors(attrs.evolve(made.plan, units=outside)) == []
    given = tuple(attrs.evolve(unit, external=False) for unit in made.plan.units)
    assert errors(attrs.evolve(made.plan, units=given)) == []


def test_a_department_s_own_plan_has_its_peers_outside_unless_they_lead() -> None:
    """Of units of the same rank those that lead are proposed inside, the others outside; each is a point of review."""
    front = "UBND TỈNH ĐỒNG NAI\n\nSỞ XÂY DỰNG\n\nKẾ HOẠCH\n\nNăm 2026"
    made = plan_led_by("Văn phòng Sở", "Sở Tài chính", front=front, supports=("Sở Nội vụ", "UBND tỉnh"))
    assert inside(made) == {"Văn phòng Sở", "Sở Tài chính"}
    asked = {made.plan.units[int(item.cell[1:]) - 5].name for item in made.review if item.sheet == "Đơn vị"}
    assert asked == {"Sở Tài chính", "Sở Nội vụ"}


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Đơn vị vận hành (Sở A, Văn phòng,...)", {"Sở A", "Văn phòng"}),
        ("Thực hiện theo Nghị quyết số 66.7/2025/NQ-CP", set()),
        ("Lãnh đạo\nCông an tỉnh", {"Công an tỉnh"}),
        ("Sở Y tế\n- PGĐ: Ông A, sđt 0912 345 678", {"Sở Y tế"}),
        ("Sở Y tế\nSĐT: 0912345678\nPP: [tên]", {"Sở Y tế"}),
        ("Theo phân công tại Quyết định số 1441/QĐ-UBND", set()),
        ("Sở Nội vụ (cơ quan thường trực); Ủy ban MTTQ Việt Nam tỉnh", {"Sở Nội vụ", "Ủy ban MTTQ Việt Nam tỉnh"}),
        ("Văn phòng Đoàn ĐBQH và HĐND tỉnh", {"Văn phòng Đoàn ĐBQH và HĐND tỉnh"}),
        ("Các Sở: Nội vụ, Tài chính; Công an tỉnh", {"Sở Nội vụ", "Sở Tài chính", "Công an tỉnh"}),
        ("Đã hoàn thành", set()),
        ("Phường", set()),
        ("Giám đốc Sở Y tế", {"Sở Y tế"}),
        ("VP. UBND tỉnh", {"VP. UBND tỉnh"}),
        ("Quý I/2026", set()),
    ],
)
def test_only_what_reads_as_a_unit_becomes_one(text: str, units: set[str]) -> None:
    """People, telephone numbers, document numbers and sentences never enter a unit's name."""
    made = plan_led_by("Sở Khoa học và Công nghệ", text)
    assert {unit.name for unit in made.plan.units} - {"Sở Khoa học và Công nghệ"} == units
    codes = {unit.code for unit in made.plan.units if unit.name in units}
    assert set(made.plan.tasks[1].lead_units) == codes
    flagged = {item.field for item in made.review if item.task == made.plan.tasks[1].code}
    assert ("lead" in flagged) is not bool(units)
    assert made.plan.tasks[1].lead == text


def test_spellings_of_one_unit_are_one() -> None:
    """Initials, abbreviations, places and "UB" for "UBND" name the unit that the document spells out elsewhere."""
    made = plan_led_by(
        "Sở Khoa học và Công nghệ", "Sở KH&CN", "Sở Khoa học và Công nghệ tỉnh Đồng Nai", "SỞ KHOA HỌC VÀ CÔNG NGHỆ"
    )
    assert len(made.plan.units) == 1 and len({task.lead_units for task in made.plan.tasks}) == 1
    made = plan_led_by("Văn phòng UBND tỉnh", "Văn phòng UB tỉnh", "Văn phòng Ủy ban nhân dân tỉnh")
    assert len(made.plan.units) == 1


@pytest.mark.parametrize(
    ("group", "members"),
    [
        ("Các sở, ban, ngành", {"Sở Nội vụ", "Sở Y tế", "Công an tỉnh"}),
        ("các cơ sở y tế", set()),
        ("các công ty quản lý lĩnh vực liên quan", set()),
        ("Các sở, ban, ngành liên quan", set()),
        ("Các cơ quan, đơn vị liên quan", set()),
        ("UBND các xã, phường", set()),
        ("UBND xã, phường", set()),
    ],
)
def test_groups_have_members_only_where_their_words_tell(group: str, members: set[str]) -> None:
    """A collective whose words name no kind of unit stays empty and is asked about."""
    made = plan_led_by("Sở Nội vụ", "Sở Y tế", "Công an tỉnh", supports=(group,))
    names = {unit.code: unit.name for unit in made.plan.units}
    assert [item.name for item in made.plan.groups] == [group]
    assert {names[code] for code in made.plan.groups[0].members} == members
    assert bool([item for item in made.review if item.sheet == "Nhóm đơn vị"]) is not bool(members)


def test_a_unit_beside_a_group_leads_alone() -> None:
    """ "Sở Xây dựng/các công ty …": the row goes to the named unit, the collective adds nobody unseen."""
    made = plan_led_by("Sở Xây dựng/các công ty quản lý lĩnh vực liên quan", "Sở Nội vụ")
    assert [len(task.lead_units) for task in made.plan.tasks] == [1, 1]


def test_a_lead_that_is_a_group_without_members_is_called_so() -> None:
    """Lint does not say that the lead is missing where a group's name stands in the cell."""
    made = plan_led_by("UBND các xã, phường")
    assert errors(made.plan) == [("PLAN_LEAD_GROUP_EMPTY", "X.1")]


def test_a_missing_name_is_asked_for_where_it_is_typed() -> None:
    """The finding for a blank "Nơi nhận" points at the first free line of the names."""
    found = [
        item for item in lint(understand(Plan(Properties("x", "X", 2026)))) if item.code == "PLAN_PROPERTY_MISSING"
    ]
    assert {item.cell for item in found if item.field == "name"} == {"B26"}
    made = plan_led_by("Sở Nội vụ")
    missing = [item for item in lint(made.plan) if item.code == "PLAN_PROPERTY_MISSING" and item.field == "name"]
    assert [item.cell for item in missing] == [
        f"B{26 + len(made.plan.properties.agency) + len(made.plan.properties.place)}"
    ]


@pytest.mark.parametrize(
    ("name", "rank"),
    [
        ("Chính phủ", "nation"), ("Bộ Công an", "ministry"), ("Văn phòng Chính phủ", "ministry"), ("Tỉnh ủy Đồng Nai", "party"),
        ("UBND thành phố Đồng Nai", "province"), ("Uỷ ban nhân dân tỉnh", "province"), ("Văn phòng UBND tỉnh", "department"), ("Ban Tổ chức Tỉnh uỷ", "department"),
        ("Ban Quản lý các Khu công nghiệp", "department"), ("Công an tỉnh", "department"), ("Công an xã", "division"), ("Công an", "own"),
        ("UBND xã Công Hải", "commune"), ("Văn phòng HĐND và UBND xã", "division"), ("Phòng Kinh tế", "division"), ("Vụ Pháp chế", "division"),
        ("Viettel Đồng Nai", "none"), ("Báo cáo kết quả", None), ("Tổ chức tuyên truyền", None), ("Phòng, chống tham nhũng", None),
    ],
)  # fmt: skip
def test_ranks_follow_from_names(name: str, rank: str | None) -> None:
    """Rank of an agency by its name; a text that begins like one and is none has none."""
    assert rank_of(name) == rank


def properties(text: str, years: tuple[int, ...] = ()) -> Properties:
    return properties_of([Line(line, "x") for line in text.split("\n")], "x", TODAY, years).properties


def test_agency_year_and_date_are_the_document_s_own() -> None:
    """The letterhead names the agency; a cited resolution gives neither year nor date; a stage begins with its first year."""
    found = properties(
        "ỦY BAN NHÂN DÂN\nTỈNH KHÁNH HÒA\nSố: 05/KH-UBND\nKhánh Hòa, ngày 09 tháng 01 năm 2025\nKẾ HOẠCH\n"
        "Triển khai Nghị quyết số 03/NQ-CP ngày 22/12/2024 và Kế hoạch số 12-KH/TU năm 2024\nCăn cứ Nghị quyết số 193/2025/QH15;\n"
        "Thực hiện các mục tiêu của Kế hoạch đề ra. c) Các sở tổng hợp.\nTM. ỦY BAN NHÂN DÂN\nKT. CHỦ TỊCH\nPHÓ CHỦ TỊCH\nTrần Văn An"
    )
    assert (found.agency[0].name, found.year, found.issued_on) == (
        "Ủy ban nhân dân tỉnh Khánh Hòa",
        2025,
        dt.date(2025, 1, 9),
    )
    signed = found.signatory
    assert (signed.authority, signed.position, signed.name) == (
        "TM. ỦY BAN NHÂN DÂN\nKT. CHỦ TỊCH",
        "PHÓ CHỦ TỊCH",
        "Trần Văn An",
    )
    assert properties("KẾ HOẠCH\nChuyển đổi số giai đoạn 2026 - 2030\nCăn cứ").year == 2026
    assert (
        properties(
            "Hà Nội, ngày 5 tháng 6 năm 2017\nKẾ HOẠCH\nHành động đến năm 2025, định hướng đến năm 2030\nCăn cứ"
        ).year
        == 2017
    )
    assert properties("Danh mục nhiệm vụ", (2020, 2020, 2021)).year == 2020
    assert properties("Danh mục nhiệm vụ").year == TODAY.year


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("BỘ KHOA HỌC\nVÀ CÔNG NGHỆ\nQUYẾT ĐỊNH\nBan hành kế hoạch", "Bộ Khoa học và Công nghệ"),
        ("TỈNH ỦY ĐỒNG NAI\n*\nĐẢNG CỘNG SẢN VIỆT NAM\nKẾ HOẠCH\nthực hiện", "Tỉnh ủy Đồng Nai"),
        ("PHỤ LỤC\n(Kèm theo Quyết định số 12/QĐ-BKHCN ngày 1/2/2025 của Bộ trưởng Bộ Khoa học và Công nghệ)", "Bộ Khoa học và Công nghệ"),
        ("UBND TỈNH ĐỒNG NAI\nBAN QUẢN LÝ CÁC KHU CÔNG NGHIỆP,\nKHU KINH TẾ\nKẾ HOẠCH\nNăm 2026", "Ban Quản lý các Khu công nghiệp, Khu kinh tế"),
        ("Các mục tiêu của Kế hoạch đề ra. c) Tổng hợp", ""),
    ],
)  # fmt: skip
def test_the_agency_is_a_name_never_a_piece_of_a_sentence(text: str, agency: str) -> None:
    """Letterheads of two lines, a party's, a line "Kèm theo"; what reads as no agency leaves it blank."""
    found = properties(text).agency
    assert (found[0].name if found else "") == agency


@pytest.mark.parametrize(
    ("leads", "units"),
    [
        (("NV1", "NV2, NV3"), set()),
        (("Bộ Công an Bộ Tài chính", "Bộ Công an", "Bộ Tài chính"), {"Bộ Công an", "Bộ Tài chính"}),
        (("Tập đoàn, doanh nghiệp công nghệ số", "Bộ Công an"), {"Bộ Công an"}),
        (("Ngân hàng Nhà nước", "Ngân hàng Nhà nước Việt Nam"), {"Ngân hàng Nhà nước Việt Nam"}),
        (("Ban Kinh tế TW, Mặt trận TQ", "VP TW Đảng, Chuyên gia"), {"Ban Kinh tế TW", "Mặt trận TQ", "VP TW Đảng"}),
        (("Các tỉnh, thành phố trực thuộc TW", "Bộ Y tế"), {"Bộ Y tế"}),
    ],
)  # fmt: skip
def test_units_of_a_national_appendix(leads: tuple[str, ...], units: set[str]) -> None:
    """Codes of tasks, companies without a name and provinces are no units; two names without a sign between are two."""
    made = plan_led_by(*leads, front="CHÍNH PHỦ\n\nSố: 03/NQ-CP\n\nNGHỊ QUYẾT\n\nBan hành năm 2026")
    assert {unit.name for unit in made.plan.units} == units
    if "Bộ Tài chính" in units:
        assert len(made.plan.tasks[0].lead_units) == 2


def test_an_indicator_that_many_known_units_follow_is_not_doubted() -> None:
    """A long cell of names that are all recognised asks nothing of the office."""
    fields = ["đô thị", "nhà và thị trường bất động sản", "xây dựng", "hạ tầng kỹ thuật", "vật liệu xây dựng"]
    fields += ["doanh nghiệp", "kiến trúc", "vận tải", "giao thông", "phát triển nhà ở"]
    units = "; ".join(f"Phòng Quản lý {name}" for name in fields)
    head = ("STT", "Nội dung chỉ tiêu", "Đơn vị tính", "Mục tiêu", "Đơn vị chủ trì theo dõi")
    made = markdown([("1", "Tỷ lệ hồ sơ trực tuyến", "%", "90%", units)], head)
    assert len(units) > 200
    assert len(made.plan.indicators[0].lead_units) == len(fields)
    assert [point for point in made.review if point.sheet == "Chỉ tiêu"] == []


def test_a_letterhead_and_its_seal_line_name_the_agency_with_its_place() -> None:
    """The fuller of two names counts, also where a page sets the motto between the lines; proper names keep their capitals."""
    seal = "(Kèm theo Kế hoạch số 145/KH-UBND ngày 20 tháng 01 năm 2026 của UBND thành phố)"
    head = (
        "ỦY BAN NHÂN DÂN\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA\nTHÀNH PHỐ CẦN THƠ\nVIỆT NAM\nCần Thơ, ngày 20 tháng 01 năm 2026\n"
    )
    assert properties(f"{head}KẾ HOẠCH\nNăm 2026\n{seal}").agency[0].name == "Ủy ban nhân dân thành phố Cần Thơ"
    named = {
        "UBND XÃ LONG THÀNH": "UBND xã Long Thành",
        "PHÒNG VĂN HÓA - XÃ HỘI": "Phòng Văn hóa - Xã hội",
        "BỘ CÔNG THƯƠNG": "Bộ Công Thương",
        "BAN TỔ CHỨC TỈNH ỦY": "Ban Tổ chức Tỉnh ủy",
        "ĐẠI HỌC BÁCH KHOA ĐÀ NẴNG\nĐà Nẵng, ngày 1 tháng 4 năm 2026": "Đại học Bách khoa Đà Nẵng",
    }
    for text, agency in named.items():
        assert properties(f"{text}\nKẾ HOẠCH\nNăm 2026").agency[0].name == agency


def test_who_signs_stands_beside_who_receives_the_plan() -> None:
    """Line by line, as a page gives two columns; the word of a decision is no authority, and police symbols have figures."""
    foot = "Nơi nhận:\nTM. ỦY BAN NHÂN DÂN\n- Bộ KH&CN;\nKT. CHỦ TỊCH\n- Lưu: VT.\nPHÓ CHỦ TỊCH\nNguyễn Văn Hòa"
    found = properties(
        f"QUYẾT ĐỊNH\nBan hành Kế hoạch\nSố: 77/KH-CAT-PV01\nA\nB\nC\nQUYẾT ĐỊNH:\nĐiều 1.\n{foot}\nPhụ lục"
    )
    signed = found.signatory
    assert (signed.authority, signed.position) == ("TM. ỦY BAN NHÂN DÂN\nKT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")
    assert (signed.name, found.number, found.symbol) == ("Nguyễn Văn Hòa", "77", "KH-CAT-PV01")
    assert properties("NGHỊ QUYẾT\nChuyển đổi số năm 2026\nPhụ lục\nDANH MỤC").title == "Chuyển đổi số năm 2026"


def test_a_province_s_gatherer_owes_the_agency_its_own_day() -> None:
    """The units report to the department, this one to the province: two days."""
    found = properties(
        "UBND TỈNH X\nKẾ HOẠCH\nNăm 2026\nCác sở trước ngày 15 hằng tháng báo cáo về Sở Khoa học và Công nghệ để tổng hợp, "
        "báo cáo UBND tỉnh trước ngày 20 hằng tháng."
    )
    assert (found.internal_day, found.report_day) == (15, 20)


def test_the_agency_s_own_word_behind_a_name_makes_no_second_unit() -> None:
    """«Văn phòng Ban» and «Văn phòng» of a Ban; a commune's «Văn phòng HĐND và UBND» is its own, not the province's."""
    board = "UBND TỈNH X\n\nBAN QUẢN LÝ KHU KINH TẾ\n\nKẾ HOẠCH\n\nNăm 2026"
    assert inside(plan_led_by("Văn phòng", "Văn phòng Ban", front=board)) == {"Văn phòng Ban"}
    commune = "UBND XÃ LONG THÀNH\n\nKẾ HOẠCH\n\nNăm 2026"
    made = plan_led_by("Văn phòng HĐND và UBND", "Văn phòng HĐND và UBND xã", "Công an xã", front=commune)
    assert inside(made) == {"Văn phòng HĐND và UBND xã", "Công an xã"}
    assert inside(plan_led_by("Văn phòng HĐND và UBND", front=commune)) == {"Văn phòng HĐND và UBND"}


def test_people_who_lead_alone_are_no_units() -> None:
    """A person's name, with a degree or without, reaches nobody until the office says whose unit that is."""
    made = plan_led_by("Nguyễn Văn An", "BS. Trần Thị Bình", "Ths Lê Cường", "Phòng Kinh tế")
    assert {unit.name for unit in made.plan.units} == {"Phòng Kinh tế"}
    assert [item.task for item in made.review if item.field == "lead"] == ["X.1", "X.2", "X.3"]


def test_provinces_and_cities_are_one_group() -> None:
    """«UBND các tỉnh, thành phố trực thuộc Trung ương» is not cut at its comma."""
    made = plan_led_by(
        "Bộ Y tế",
        front="CHÍNH PHỦ\n\nNGHỊ QUYẾT\n\nNăm 2026",
        supports=("UBND các tỉnh, thành phố trực thuộc Trung ương",),
    )
    assert [item.name for item in made.plan.groups] == ["UBND các tỉnh, thành phố trực thuộc Trung ương"]


def test_degrees_and_ampersands_in_a_row_are_read_in_no_time() -> None:
    """What could be read in more ways than one would hold up the import for ever."""
    started = time.process_time()
    front = PROVINCE.replace("KH-UBND", f"KH{'&A' * 60}!")
    assert len(plan_led_by("TS" * 40 + "x", "Phòng Kinh tế", front=front).plan.tasks) == 2
    assert time.process_time() - started < 5
