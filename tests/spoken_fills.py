"""Fills of a plan in the words of real offices: done, late, silent, mixed, full, long, decisions of each level."""

from __future__ import annotations

import random
from typing import Literal

import attrs

from nq57xl.forms.model import Value
from nq57xl.ledger.model import PeriodStatus
from nq57xl.plan.model import Period, Plan, Task
from nq57xl.plan.periods import parse_period
from nq57xl.results.consolidation import consolidate
from nq57xl.results.model import Consolidation
from tests.report_books import SCHEMA, case
from tests.report_fills import PROGRESS, Unit, fill_indicator, returned, type_progress, unit_status

Mode = Literal["done", "late", "none", "mixed", "full", "long", "levels"]
TEXTS = {
    "result": (
        "Đã trình dự thảo lần 2; 03 phòng đã góp ý",
        "đã ban hành Kế hoạch số 12/KH-SXD ngày 07/4/2026, triển khai đến 08 đơn vị.",
        "- Rà soát 45/120 thủ tục\n- Cắt giảm 07 thủ tục\n- Công khai trên Cổng",
        "Tổ chức 02 lớp tập huấn cho 86 công chức...",
        "Sở KH&CN đã góp ý hồ sơ (văn bản số 45/SKHCN)",
        "HOÀN THÀNH VIỆC SỐ HÓA 12.540 HỒ SƠ",
        "Đạt 100% kế hoạch quý.",
        "eOffice đã cập nhật “quy trình số” & kết nối <LGSP>",
    ),
    "kpi_achieved": ("85/120 thủ tục đã rà soát.", "Đạt 100%", "≥ 90% hồ sơ trực tuyến"),
    "difficulties": (
        "Chưa được bố trí kinh phí",
        "Thiếu nhân lực công nghệ thông tin.",
        "hệ thống dùng chung của tỉnh chưa kết nối, đang chờ hướng dẫn",
        "- Phần mềm cũ\n- Đường truyền yếu",
    ),
    "cause": ("Chờ ý kiến của Sở Tài chính", "do khối lượng dữ liệu cần làm sạch lớn.", "Nhà thầu chậm bàn giao"),
    "proposal": ("Đề nghị bổ sung kinh phí trong quý II", "đề nghị UBND tỉnh sớm ban hành hướng dẫn."),
    "next_work": ("Hoàn thiện dự thảo, trình ban hành", "tiếp tục rà soát phần còn lại.", "- Nghiệm thu\n- Bàn giao"),
    "explanation": ("Giảm do rà soát loại thủ tục trùng", "Tăng vì cập nhật số liệu quý"),
}
_SENTENCES = {"full": 2, "long": 14}
"""Of a text; one in the other fills."""


def _words(unit: Unit, field: str, mode: Mode) -> str:
    picked = [unit.rng.choice(TEXTS[field]) for _ in range(_SENTENCES.get(mode, 1))]
    return picked[0] if len(picked) == 1 else " ".join(f"{text.strip(' .')}." for text in picked)


def _task(unit: Unit, task: Task, period: Period, mode: Mode) -> None:
    rng, key = unit.rng, task.code
    known = {"done": "done", "late": rng.choice(["in_progress", "in_progress", "not_started"])}
    progress = known.get(mode) or rng.choice(list(PROGRESS))
    title = "v/v ban hành quy chế quản lý dữ liệu"
    type_progress(unit, key, progress, period, title=lambda: title, result=lambda: _words(unit, "result", mode))
    late = task.due is not None and period.cutoff > task.due and progress in ("in_progress", "not_started")
    for field in ("kpi_achieved", "difficulties", "cause", "proposal", "next_work", "explanation"):
        if rng.random() < (0.9 if mode in _SENTENCES else 0.35) or (field == "cause" and late and rng.random() < 0.8):
            unit.type("led", key, field, _words(unit, field, mode))


def _unit_values(plan: Plan, period: Period, code: str, rng: random.Random, mode: Mode) -> tuple[Value, ...]:
    unit = Unit(code, rng)
    for task in plan.tasks:
        if code in task.lead_units and not task.done_before:
            _task(unit, task, period, mode)
    for task in plan.tasks:
        if code in task.support_units and not task.done_before:
            if mode == "full" or rng.random() < 0.3:
                unit.type("supporting", task.code, "contribution", "Đã góp ý dự thảo tại văn bản 45/QLĐT.")
            else:
                unit.type("supporting", task.code, "nothing", "Không phát sinh", "none")
    for item in plan.indicators:
        if code in item.lead_units:
            fill_indicator(unit, item)
    for number in range(1, rng.randint(1, 3)):
        unit.type("proposal", f"{number:02d}", "title", rng.choice(["Số hóa hồ sơ lưu trữ", "xây dựng bản đồ số."]))
        unit.type("proposal", f"{number:02d}", "reason", "theo Thông báo số 15/TB-UBND")
    for number, level in enumerate(SCHEMA.lists["authority"], start=1):
        if mode == "levels" or rng.random() < 0.3:
            key = f"{number:02d}"
            unit.type("difficulty", key, "content", rng.choice(["Thiếu biên chế", "hạ tầng máy chủ xuống cấp."]))
            asked = rng.choice(["Đề nghị bổ sung 01 biên chế", "cho phép thuê dịch vụ."])
            unit.type("difficulty", key, "proposal", asked)
            unit.type("difficulty", key, "authority", level.title, level.code)
    return tuple(unit.values)


def spoken(which: str, months: tuple[str, ...], seed: int, mode: Mode) -> Consolidation:
    """The consolidation of the last month, after the ones before."""
    plan, _ = case(which)
    found = []
    for number, month in enumerate(months):
        period, rng = parse_period(month, plan.properties), random.Random(seed + number)
        units = []
        for index, unit in enumerate((item for item in plan.units if not item.external), start=1):
            silent = mode == "none" or (mode in ("mixed", "levels") and rng.random() < 0.2)
            values = _unit_values(plan, period, unit.code, rng, mode)
            record = None if silent else returned(period, unit.code, values, days_late=rng.choice([0, 2]), number=index)
            units.append(unit_status(unit.code, unit.name, record, period.due))
        complete = all(item.counting is not None for item in units)
        status = PeriodStatus(plan.properties.id, period.code, period.due, complete, tuple(units), ())
        found.append(consolidate(plan, period, SCHEMA, status))
    return attrs.evolve(found[-1], earlier_periods=tuple(found[:-1]))


APRIL = ("2026-04",)
MODES: dict[Mode, tuple[str, ...]] = {
    "done": APRIL,
    "late": ("2026-07",),
    "none": APRIL,
    "mixed": ("2026-03", "2026-04", "2026-05"),
    "full": APRIL,
    "long": APRIL,
    "levels": ("2026-12",),
}
"""The months of each fill."""
