"""Shared sample data: a small plan that has one of everything, its period, and a form of it."""

from __future__ import annotations

from datetime import date

from nq57xl.forms.model import Form
from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.plan.model import DatedName, Indicator, Period, Plan, Properties, Section, Signatory, Task, Unit, UnitGroup

ISSUE_ID = "0f8fad5bd9cb469fa165708867289c21"
"""A made-up issue id, so that samples are the same on every run."""


def sample_period() -> Period:
    """April 2026, data of 15 March to 14 April, due on the 17th."""
    return Period(
        code="2026-04",
        title="tháng 4/2026",
        start=date(2026, 3, 15),
        cutoff=date(2026, 4, 14),
        due=date(2026, 4, 17),
        report_due=date(2026, 4, 19),
    )


def sample_plan() -> Plan:
    """Two sections, five tasks, three indicators, four units and an external one, one group; already understood."""
    return Plan(
        properties=_properties(),
        units=_units(),
        groups=(UnitGroup("Các phòng chuyên môn", ("QLDT", "QLDN", "KHTC"), aliases=("Cac phòng chuyên môn",)),),
        sections=(
            Section("I", "Hoàn thiện thể chế, nâng cao hiệu quả quản lý nhà nước"),
            Section("II", "Phát triển hạ tầng số, dữ liệu số"),
        ),
        tasks=_tasks(),
        indicator_groups=(
            Section("I", "Chính quyền số"),
            Section("II", "Kinh tế số, xã hội số"),
        ),
        indicators=_indicators(),
    )


def sample_form(unit: str = "VP") -> Form:
    """The form of one unit of the sample plan for the sample period, version 1."""
    from nq57xl.forms.build import build_form
    from nq57xl.rules.load import load_schema

    return build_form(
        sample_plan(),
        load_schema(),
        unit,
        sample_period(),
        issue_id=ISSUE_ID,
        version=1,
        issued_on=date(2026, 4, 1),
        plan_version="abc123def456",
    )


def _properties() -> Properties:
    return Properties(
        id="mau-2026",
        title="Kế hoạch triển khai Nghị quyết số 57-NQ/TW của ngành Xây dựng năm 2026",
        year=2026,
        symbol="KH-SXD",
        agency=(DatedName("Sở Xây dựng"),),
        parent=(
            DatedName("UBND tỉnh Đồng Nai", valid_to=date(2026, 4, 29)),
            DatedName("UBND thành phố Đồng Nai", valid_from=date(2026, 4, 30)),
        ),
        recipient=(
            DatedName("UBND tỉnh Đồng Nai", valid_to=date(2026, 4, 29)),
            DatedName("UBND thành phố Đồng Nai", valid_from=date(2026, 4, 30)),
        ),
        place=(DatedName("Đồng Nai"),),
        gatherer="VP",
        internal_day=18,
        report_day=20,
        signatory=Signatory("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "Nguyễn Văn A"),
        clear_criteria=("rõ người", "rõ việc", "rõ thời gian", "rõ sản phẩm"),
    )


def _units() -> tuple[Unit, ...]:
    return (
        Unit("VP", "Văn phòng Sở", aliases=("Văn phòng",), kind="Văn phòng", email="vp.sxd@dongnai.gov.vn"),
        Unit("QLDT", "Phòng Quản lý đô thị", kind="Phòng chuyên môn", email="qldt.sxd@dongnai.gov.vn"),
        Unit("QLDN", "Phòng Quản lý doanh nghiệp", kind="Phòng chuyên môn", email="qldn.sxd@dongnai.gov.vn"),
        Unit("KHTC", "Phòng Kế hoạch tài chính", kind="Phòng chuyên môn"),
        Unit("KHCN", "Sở Khoa học và Công nghệ", aliases=("Sở KH&CN",), kind="Cơ quan ngoài", external=True),
    )


def _tasks() -> tuple[Task, ...]:
    return _first_section() + _second_section()


def _first_section() -> tuple[Task, ...]:
    return (
        Task(
            code="I.1",
            section="I",
            number="1",
            subnumber=None,
            task="Rà soát, cắt giảm, đơn giản hóa thủ tục hành chính",
            subtask="Rà soát toàn bộ thủ tục hành chính thuộc phạm vi quản lý, đề xuất cắt giảm tối thiểu 30% "
            "thời gian giải quyết",
            deliverable="Báo cáo kết quả rà soát; Quyết định công bố thủ tục hành chính",
            kpi="120 thủ tục được rà soát",
            lead="Văn phòng Sở",
            support="Các phòng chuyên môn",
            deadline=Deadline("Trong tháng 3/2026", "month", date(2026, 3, 31)),
            lead_units=("VP",),
            support_units=("QLDT", "QLDN", "KHTC"),
        ),
        Task(
            code="I.2",
            section="I",
            number="2",
            subnumber=None,
            task="Xây dựng kế hoạch kiểm tra việc thực hiện Nghị quyết",
            subtask="Xây dựng kế hoạch kiểm tra việc thực hiện Nghị quyết",
            deliverable="Kế hoạch kiểm tra",
            kpi="01 kế hoạch",
            lead="Văn phòng",
            support="Phòng Quản lý đô thị",
            deadline=Deadline("Đã thực hiện", "done"),
            lead_units=("VP",),
            support_units=("QLDT",),
        ),
        Task(
            code="I.3",
            section="I",
            number="3",
            subnumber=None,
            task="Lựa chọn nhiệm vụ khoa học, công nghệ; báo cáo kết quả thực hiện",
            subtask="",
            deliverable="Danh mục nhiệm vụ; Báo cáo kết quả",
            kpi="≥ 01 nhiệm vụ",
            lead="Các phòng chuyên môn",
            support="Văn phòng Sở; Sở KH&CN",
            deadline=Deadline(
                "Quý I/2026 lựa chọn nhiệm vụ. Quý IV/2026 báo cáo kết quả",
                "quarter",
                date(2026, 12, 31),
                milestones=(date(2026, 3, 31),),
            ),
            lead_units=("QLDT", "QLDN", "KHTC"),
            support_units=("VP", "KHCN"),
        ),
    )


def _second_section() -> tuple[Task, ...]:
    return (
        Task(
            code="II.1.1",
            section="II",
            number="1",
            subnumber="1.1",
            task="Phát triển hạ tầng số",
            subtask="Duy trì, nâng cấp hệ thống mạng nội bộ; bảo đảm an toàn thông tin theo cấp độ",
            deliverable="Hệ thống mạng vận hành thông suốt",
            kpi="100% thời gian",
            lead="Văn phòng Sở",
            support="Các phòng chuyên môn",
            deadline=Deadline("Thường xuyên", "ongoing"),
            lead_units=("VP",),
            support_units=("QLDT", "QLDN", "KHTC"),
        ),
        Task(
            code="II.1.2",
            section="II",
            number="1",
            subnumber="1.2",
            task="Phát triển hạ tầng số",
            subtask="Số hóa hồ sơ quy hoạch, cập nhật cơ sở dữ liệu dùng chung",
            deliverable="Cơ sở dữ liệu quy hoạch",
            kpi="100% hồ sơ được số hóa",
            lead="Phòng Quản lý đô thị",
            support="Văn phòng Sở",
            deadline=Deadline("30/9/2026", "date", date(2026, 9, 30)),
            standard_deadline=date(2026, 9, 15),
            lead_units=("QLDT",),
            support_units=("VP",),
        ),
    )


def _indicators() -> tuple[Indicator, ...]:
    return (
        Indicator(
            code="CT.I.1",
            group="I",
            number="1",
            indicator="Tỷ lệ hồ sơ thủ tục hành chính được giải quyết trực tuyến toàn trình",
            unit="%",
            target=Target("≥ 90%", ">=", 0.9, "%"),
            lead="Văn phòng Sở",
            lead_units=("VP",),
        ),
        Indicator(
            code="CT.I.2",
            group="I",
            number="2",
            indicator="Chỉ số chuyển đổi số cấp sở",
            unit="Chỉ số",
            target=Target("≥ 80 điểm", ">=", 80.0, "điểm"),
            lead="Văn phòng Sở",
            lead_units=("VP",),
        ),
        Indicator(
            code="CT.II.1",
            group="II",
            number="3",
            indicator="Vận hành nền tảng dữ liệu dùng chung của ngành",
            unit="",
            target=Target("Có", "=", None, ""),
            lead="Văn phòng Sở",
            lead_units=("VP",),
        ),
    )
