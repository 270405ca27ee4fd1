"""Made-up plans of several levels of government, for measuring the importer."""

# ruff: noqa: E501 - lists of words
from __future__ import annotations

import random

from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.plan.importer.document import roman
from nq57xl.plan.model import Indicator, Plan, Properties, Section, Task, Unit
from nq57xl.plan.units import understand

_LEADS = {
    "Sở Khoa học và Công nghệ": ("Văn phòng Sở", "Phòng Quản lý công nghệ", "Trung tâm Chuyển đổi số", "Phòng Kế hoạch - Tài chính"),
    "UBND tỉnh": ("Sở Khoa học và Công nghệ", "Sở Tài chính", "Sở Nội vụ", "Công an tỉnh", "Văn phòng UBND tỉnh", "Sở Văn hóa, Thể thao và Du lịch"),
    "UBND xã Công Hải": ("Văn phòng HĐND và UBND xã", "Phòng Kinh tế", "Phòng Văn hóa - Xã hội", "Công an xã", "Trung tâm Phục vụ hành chính công"),
    "Chính phủ": ("Bộ Khoa học và Công nghệ", "Bộ Công an", "Bộ Tài chính", "Bộ Giáo dục và Đào tạo", "UBND các tỉnh, thành phố"),
}  # fmt: skip
_SUPPORTS = (
    "Các phòng, đơn vị trực thuộc",
    "Các sở, ban, ngành; UBND các xã, phường",
    "Các bộ, ngành, địa phương",
    "",
    "Các cơ quan, đơn vị liên quan",
)
_VERBS = (
    "Xây dựng",
    "Triển khai",
    "Rà soát, hoàn thiện",
    "Tham mưu ban hành",
    "Tổ chức",
    "Phối hợp thực hiện",
    "Nâng cấp",
    "Số hóa",
    "Đẩy mạnh",
)
_THINGS = (
    "hệ thống thông tin giải quyết thủ tục hành chính", "kho dữ liệu dùng chung", "kế hoạch chuyển đổi số giai đoạn 2026-2030",
    "đề án phát triển nguồn nhân lực chất lượng cao", "trung tâm điều hành thông minh (IOC)", "nền tảng học trực tuyến mở",
    "quy chế bảo vệ dữ liệu cá nhân", "hạ tầng 5G tại các khu công nghiệp", "dịch vụ công trực tuyến toàn trình",
    "chương trình bồi dưỡng kỹ năng số, AI cho cán bộ, công chức", "mô hình đô thị thông minh; thí điểm tại 02 phường",
)  # fmt: skip
_TAILS = (
    "",
    " trên địa bàn",
    " theo Nghị quyết số 57-NQ/TW ngày 22/12/2024 của Bộ Chính trị",
    " bảo đảm an toàn thông tin theo cấp độ",
    " phục vụ người dân, doanh nghiệp; kết nối với cơ sở dữ liệu quốc gia, bảo đảm “đúng - đủ - sạch - sống - thống nhất - dùng chung”",
)
_PRODUCTS = (
    "Kế hoạch được ban hành",
    "Báo cáo kết quả triển khai",
    "Quyết định của UBND tỉnh",
    "Hệ thống được đưa vào vận hành",
    "Nghị quyết của HĐND",
    "Văn bản chỉ đạo; báo cáo định kỳ",
)
_KPIS = ("100% TTHC được rà soát", "≥ 80% hồ sơ trực tuyến", "Tối thiểu 02 lớp/năm", "Đúng tiến độ", "")
_DEADLINES = (
    "31/12/2026",
    "Quý I/2026",
    "Quý IV/2026",
    "Năm 2026",
    "Thường xuyên",
    "Tháng 6/2026",
    "Trước ngày 30/9/2026",
    "30 ngày sau khi Trung ương ban hành",
    "Theo Kế hoạch của UBND tỉnh",
    "Hằng năm",
    "2026 - 2027",
)
_GROUPS = (
    "Hoàn thiện thể chế",
    "Phát triển hạ tầng số",
    "Phát triển nguồn nhân lực chất lượng cao",
    "Đẩy mạnh chuyển đổi số trong hoạt động của các cơ quan trong hệ thống chính trị",
    "Tăng cường hợp tác quốc tế",
)
_NOTES = ("", "", "", "Thực hiện khi có văn bản đề nghị", "NV theo KH 05-KH/BCĐTW")


def random_plan(rng: random.Random) -> Plan:
    """A plan of 10 to 150 rows as one might meet it."""
    agency = rng.choice(list(_LEADS))
    count = rng.choice((10, 14, 20, 26, 35, 53, 80, 150))
    has_subtask, has_kpi, has_note = rng.random() < 0.4, rng.random() < 0.5, rng.random() < 0.4
    continuous, sectioned = rng.random() < 0.5, rng.random() < 0.85
    cuts = sorted(rng.sample(range(1, count), min(rng.randint(1, 5), count - 1))) if sectioned else []
    sections = (
        [Section(roman(index + 1), _GROUPS[index % len(_GROUPS)]) for index in range(len(cuts) + 1)]
        if sectioned
        else []
    )
    tasks: list[Task] = []
    section, number = 0, 0
    while len(tasks) < count:
        if section < len(cuts) and len(tasks) >= cuts[section]:
            section += 1
            number = number if continuous else 0
        number += 1
        parts = rng.choice((1, 1, 1, 1, 2, 3)) if has_subtask else 1
        tasks += _tasks(
            rng,
            agency,
            sections[section].number if sections else "",
            str(number),
            parts,
            (has_subtask, has_kpi, has_note),
        )
    indicators = _indicators(rng) if rng.random() < 0.4 else ((), ())
    return understand(
        Plan(
            Properties("mau", "Mẫu", 2026),
            (Unit("A", "A"),),
            (),
            tuple(sections),
            tuple(tasks),
            indicators[0],
            indicators[1],
        )
    )


def _tasks(  # noqa: PLR0917
    rng: random.Random, agency: str, section: str, number: str, parts: int, has: tuple[bool, bool, bool]
) -> list[Task]:
    title, found = _work(rng), []
    for part in range(1, parts + 1):
        found.append(
            Task(
                code="", section=section, number=number, subnumber=f"{number}.{part}" if parts > 1 else None,
                task=title, subtask=_work(rng) if has[0] else "", deliverable=rng.choice(_PRODUCTS),
                kpi=rng.choice(_KPIS) if has[1] else "", lead=rng.choice(_LEADS[agency]), support=rng.choice(_SUPPORTS),
                deadline=Deadline(rng.choice(_DEADLINES)), note=rng.choice(_NOTES) if has[2] else "",
            )
        )  # fmt: skip
    return found


def _work(rng: random.Random) -> str:
    return f"{rng.choice(_VERBS)} {rng.choice(_THINGS)}{rng.choice(_TAILS)}"


def _indicators(rng: random.Random) -> tuple[tuple[Section, ...], tuple[Indicator, ...]]:
    groups = (Section("I", "Về nhân lực"), Section("II", "Về chuyển đổi số"))
    items = []
    for group in groups:
        for number in range(1, rng.randint(3, 12)):
            lead = rng.choice(("Văn phòng Sở", "Phòng Kinh tế"))
            target = rng.choice(("100%", "≥ 90%", "80%", "Có", "≥ 80 điểm", "02"))
            items.append(
                Indicator(
                    "",
                    group.number,
                    str(number),
                    f"Tỷ lệ {rng.choice(_THINGS)}",
                    rng.choice(("%", "Điểm", "Mô hình")),
                    Target(target),
                    lead,
                )
            )
    return groups, tuple(items)
