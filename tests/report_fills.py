"""Random fills of a plan as the ledger would tell them, for the tests of the report."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Callable, Iterable

from nq57xl.forms.model import Source, Value
from nq57xl.ledger.model import PeriodStatus, UnitState, UnitStatus
from nq57xl.outputs.report.workbook import report_books
from nq57xl.plan.model import Indicator, Period, Plan, Task
from nq57xl.results.model import Consolidation
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.rules.schema import CellValue

TZ = dt.timezone(dt.timedelta(hours=7))
PROGRESS = {
    "not_started": "Chưa thực hiện",
    "in_progress": "Đang thực hiện",
    "done": "Hoàn thành",
    "ongoing": "Thường xuyên",
    "not_arisen": "Chưa phát sinh",
}
_TEXT = (
    "đã trình dự thảo lần 2; 03 phòng góp ý, hoàn thiện hồ sơ theo ý kiến của Sở Khoa học và Công nghệ "
    "chưa bố trí kinh phí, thiếu nhân lực công nghệ thông tin, hệ thống chưa kết nối"
)
_WORDS = _TEXT.split()


class Unit:
    """Collects one unit's typed cells."""

    def __init__(self, code: str, rng: random.Random) -> None:
        self.code = code
        self.rng = rng
        self.values: list[Value] = []

    def type(self, table: str, key: str, field: str, typed: str, value: CellValue = None) -> None:
        """One typed cell; a text stands for itself."""
        row = len(self.values) + 7
        sheet = {"led": "1. Kết quả", "indicator": "3. Chỉ tiêu"}.get(table, "2. Phối hợp")
        self.values.append(Value(table, key, field, typed, typed if value is None else value, sheet, f"F{row}"))

    def text(self, words: int = 8) -> str:
        """A made-up text, never the same twice."""
        picked = " ".join(self.rng.choice(_WORDS) for _ in range(self.rng.randint(2, words)))
        return f"{picked.capitalize()} ({self.code}{len(self.values)})"


def type_progress(
    unit: Unit, key: str, progress: str, period: Period, *, title: Callable[[], str], result: Callable[[], str]
) -> None:
    """The cells that a progress asks for, with the proof of what is done."""
    rng = unit.rng
    unit.type("led", key, "progress", PROGRESS[progress], progress)
    if progress == "in_progress":
        share = rng.randint(5, 95)
        unit.type("led", key, "percent", f"{share}%", share / 100)
    if progress == "done":
        day = period.cutoff - dt.timedelta(days=rng.randint(0, 40))
        unit.type("led", key, "percent", "100%", 1.0)
        unit.type("led", key, "completion_date", f"{day:%d/%m/%Y}", day)
        unit.type("led", key, "evidence_number", f"{rng.randint(1, 400)}/QĐ-SXD")
        unit.type("led", key, "evidence_date", f"{day:%d/%m/%Y}", day)
        unit.type("led", key, "evidence_title", title())
    if progress in ("in_progress", "done", "ongoing"):
        unit.type("led", key, "result", result())


def fill_task(unit: Unit, task: Task, period: Period) -> None:
    """A led row as a diligent unit fills it."""
    type_progress(
        unit, task.code, unit.rng.choice(list(PROGRESS)), period, title=unit.text, result=lambda: unit.text(40)
    )
    for field in ("kpi_achieved", "difficulties", "cause", "proposal", "next_work", "explanation"):
        if unit.rng.random() < 0.4:
            unit.type("led", task.code, field, unit.text(20))


def fill_indicator(unit: Unit, item: Indicator) -> None:
    """An indicator: value, numerator and denominator, the mark, or nothing."""
    rng, key, kind = unit.rng, item.code, unit.rng.randint(0, 3)
    percent = "%" in (item.unit, item.target.unit)
    if kind == 0 and percent:
        share = rng.randint(40, 110) / 100
        unit.type("indicator", key, "value", f"{share:.0%}", share)
    elif kind == 0 and item.target.value is None:
        unit.type("indicator", key, "value", *rng.choice([("Có", "yes"), ("Không", "no")]))
    elif kind == 0:
        number = float(rng.randint(0, 120))
        unit.type("indicator", key, "value", f"{number:.0f}", number)
    elif kind == 1 and percent:
        whole = rng.randint(1, 200)
        part = rng.randint(0, whole)
        unit.type("indicator", key, "numerator", str(part), float(part))
        unit.type("indicator", key, "denominator", str(whole), float(whole))
    elif kind == 2:
        unit.type("indicator", key, "no_data", "Chưa có số liệu kỳ này", "no_data")
    if kind < 2:
        unit.type("indicator", key, "source", unit.text())


def fill_unit(plan: Plan, period: Period, code: str, rng: random.Random) -> tuple[Value, ...]:
    """A whole return of one unit."""
    unit = Unit(code, rng)
    for task in plan.tasks:
        if code in task.lead_units and not task.done_before:
            fill_task(unit, task, period)
    stated = rng.random() < 0.3
    if stated:
        unit.type("statement", "statement", "statement", "Không phát sinh", "none")
    for task in plan.tasks:
        if code in task.support_units and not task.done_before and not stated:
            if rng.random() < 0.5:
                unit.type("supporting", task.code, "contribution", unit.text(25))
            else:
                unit.type("supporting", task.code, "nothing", "Không phát sinh", "none")
    for item in plan.indicators:
        if code in item.lead_units:
            fill_indicator(unit, item)
    for number in range(rng.randint(0, 2)):
        unit.type("proposal", f"{number + 1:02d}", "title", unit.text())
        unit.type("proposal", f"{number + 1:02d}", "reason", unit.text(15))
    if rng.random() < 0.7:
        unit.type("difficulty", "01", "content", unit.text(20))
        unit.type("difficulty", "01", "proposal", unit.text())
        unit.type("difficulty", "01", "authority", "Lãnh đạo cơ quan", "agency")
    unit.type("signoff", "signoff", "prepared_by", f"Nguyễn Thị {code}")
    unit.type("signoff", "signoff", "phone", f"0251 38225{len(unit.values):02d}")
    unit.type("signoff", "signoff", "email", f"{code.lower()}@dongnai.gov.vn")
    unit.type("signoff", "signoff", "approved_by", f"Trần Văn {code}")
    unit.type("signoff", "signoff", "signed_on", "16/04/2026", dt.date(2026, 4, 16))
    return tuple(unit.values)


def returned(
    period: Period, code: str, values: Iterable[Value], *, days_late: int = 0, number: int = 1
) -> ReturnRecord:
    """An accepted return of that unit."""
    sha = hashlib.sha256(f"{code}{number}".encode()).hexdigest()
    moment = dt.datetime.combine(period.due + dt.timedelta(days=days_late), dt.time(9, 30), TZ)
    name = f"NQ57_{period.code}_{code} (lần 2).xlsx"
    source = Source(f"inbox/{name}", name, sha, 20_000, moment, "first_seen")
    judged = JudgedReturn(source, "accepted", code, period.code, "x" * 32, tuple(values))
    return ReturnRecord(number, period.code, judged, moment)


def unit_status(code: str, name: str, record: ReturnRecord | None, due: dt.date) -> UnitStatus:
    """Where a unit stands, from its accepted return."""
    if record is None:
        return UnitStatus(
            code, name, f"{code.lower()}@sxd.vn", "missing", None, None, None, 0, "", "", 0, 0, None, None, None
        )
    source = record.judged.source
    late = max((source.received_at.date() - due).days, 0)
    state: UnitState = "accepted"
    return UnitStatus(
        code,
        name,
        f"{code.lower()}@sxd.vn",
        state,
        source.received_at,
        source.received_basis,
        late == 0,
        late,
        source.path,
        source.sha256,
        0,
        0,
        "accepted",
        record,
        record,
    )


def random_status(
    plan: Plan, period: Period, seed: int, *, missing: Callable[[str], bool] | None = None
) -> PeriodStatus:
    """A period with random returns; about one unit in five is missing unless `missing` says which."""
    rng = random.Random(seed)
    units = []
    for number, unit in enumerate((item for item in plan.units if not item.external), start=1):
        gone = missing(unit.code) if missing else rng.random() < 0.2
        values = fill_unit(plan, period, unit.code, rng)
        late = rng.choice([0, 0, 0, 2])
        record = None if gone else returned(period, unit.code, values, days_late=late, number=number)
        units.append(unit_status(unit.code, unit.name, record, period.due))
    complete = all(item.counting is not None for item in units)
    return PeriodStatus(plan.properties.id, period.code, period.due, complete, tuple(units), ())


def render_report(c: Consolidation) -> bytes:
    """bao-cao-tong-hop.xlsx alone."""
    return report_books(c).report_bytes()


def render_sources(c: Consolidation) -> bytes:
    """nguon-so-lieu.xlsx alone."""
    return report_books(c).source_bytes()
