"""What the tests of letters, of kiem-tra.xlsx and of watch share: returns of every fate, without a workspace."""

from __future__ import annotations

import datetime as dt
from typing import Any

import attrs

from nq57xl.ledger.model import PeriodStatus
from nq57xl.results.standing import FiledReturn, filed_returns, period_status
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.findings import Finding, Verdict, make
from tests.ledger_kit import NOON, PERIOD, judged
from tests.samples import sample_period, sample_plan

UNITS = ("VP", "QLDT", "QLDN", "KHTC")


def blank(row: int) -> Finding:
    """A required cell left blank."""
    words = {"field": "Kết quả trong kỳ", "hint": "Việc đã làm."}
    places = {"sheet": "1. Kết quả", "cell": f"G{row}", "table": "led", "task": f"I.{row}", "field": "result"}
    return make("REQUIRED_BLANK", words=words, **places)


def odd(row: int, value: str = "15/5/2026") -> Finding:
    """A warning on a typed cell."""
    places = {"sheet": "1. Kết quả", "cell": f"H{row}", "table": "led", "task": f"I.{row}", "field": "completed_on"}
    return make("DATE_OUTSIDE_PERIOD", words={"field": "Ngày hoàn thành"}, value=value, **places)


def record(  # noqa: PLR0917 - a table of returns reads best so
    number: int,
    content: str,
    verdict: Verdict = "accepted",
    unit: str | None = "VP",
    hours: float = 0,
    findings: tuple[Finding, ...] = (),
    **source: Any,  # noqa: ANN401 - fields of Source
) -> ReturnRecord:
    """The return of that number, received `hours` after noon."""
    when = NOON + dt.timedelta(hours=hours)
    item = judged(content, verdict, unit, received=when, findings=findings)
    item = attrs.evolve(item, source=attrs.evolve(item.source, **source))
    return ReturnRecord(number, PERIOD, item, when)


def status_of(records: list[ReturnRecord], period_findings: tuple[Finding, ...] = ()) -> PeriodStatus:
    """The sample plan's April with those returns."""
    units = {unit.code: unit for unit in sample_plan().units}
    emails = {code: units[code].email for code in UNITS}
    names = {code: units[code].name for code in UNITS}
    status = period_status("mau-2026", sample_period(), (), records, emails, expected=names)
    return attrs.evolve(status, period_findings=period_findings)


def filed_of(*records: ReturnRecord) -> tuple[FiledReturn, ...]:
    """Those returns with what became of them."""
    return filed_returns(status_of(list(records)), records)


def every_fate() -> list[ReturnRecord]:
    """One return of each fate, a rejected one with many points, an accepted one with warnings."""
    errors = tuple(blank(row) for row in range(8, 20))
    stranger = (make("FILE_PDF"),)
    repaired = (Finding("PERCENT_SCALED", "repaired", "«Tỷ lệ» ghi 85, đã hiểu là 85%."),)
    return [
        record(1, "vp lần 1", "rejected", hours=-20, findings=errors[:2]),
        record(2, "vp lần 2", hours=-10),
        record(3, "vp lần 3", "rejected", findings=(*errors, odd(30), *repaired)),
        record(4, "đô thị cũ", unit="QLDT", hours=-5),
        record(5, "đô thị", "accepted_with_warnings", "QLDT", 1, (odd(8), *repaired)),
        attrs.evolve(record(6, "doanh nghiệp", unit="QLDN"), excluded="Gửi nhầm bản nháp."),
        record(7, "quét", "unrecognised", None, 2, stranger, sender="Lê Thị B <b.le@abc.vn>", subject="BC tháng 4"),
    ]
