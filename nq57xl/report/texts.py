"""Where a period stands, as text ready to paste into a message and as JSON (contract: `status`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nq57xl.records.ledger import PeriodStatus, ReturnRecord, UnitStatus
from nq57xl.records.plan import Period, Plan
from nq57xl.report.templated import filled
from nq57xl.report.wording import VERDICTS, excluded_words, moment_words
from nq57xl.rules.limits import vietnamese_date
from nq57xl.text.normalise import one_line

TEMPLATE = "texts/tinh-hinh-nop.txt.j2"


def status_text(status: PeriodStatus, plan: Plan, period: Period, workspace: Path | None = None) -> str:
    """Who has reported, who was late, who must correct, who is missing, and by when; ends with a line break.

    `workspace` is where an office may keep its own wording (templates/texts/tinh-hinh-nop.txt.j2). Raises Nq57Error
    when that template is wrong.
    """
    accepted = [unit for unit in status.units if unit.state in ("accepted", "accepted_with_warnings")]
    words = {
        "period": period,
        "title": one_line(plan.properties.title),
        "due": vietnamese_date(status.due),
        "total": len(status.units),
        "complete": status.complete,
        "accepted": accepted,
        "rejected": [unit for unit in status.units if unit.state == "rejected"],
        "missing": [unit for unit in status.units if unit.state == "missing"],
        "groups": _groups(status, accepted),
    }
    return filled(TEMPLATE, words, workspace)


def _groups(status: PeriodStatus, accepted: list[UnitStatus]) -> list[dict[str, Any]]:
    """The four groups of units with a line for each."""
    late = [unit for unit in accepted if unit.on_time is False]
    return [
        {"title": "Đã nộp đúng hạn", "units": [_reported(unit) for unit in accepted if unit not in late]},
        {"title": "Đã nộp, chậm hạn", "units": [f"{_reported(unit)}, chậm {unit.days_late} ngày" for unit in late]},
        {
            "title": "Bị trả lại, cần sửa",
            "units": [_rejected(unit) for unit in status.units if unit.state == "rejected"],
        },
        {"title": "Chưa nộp", "units": [_missing(unit) for unit in status.units if unit.state == "missing"]},
    ]


def _reported(unit: UnitStatus) -> str:
    words = f"{unit.name}: nhận lúc {moment_words(unit.received_at)}"
    if unit.warnings:
        words += f", còn {unit.warnings} nội dung cần giải trình"
    if unit.counting and unit.newest and unit.newest.id != unit.counting.id:
        words += f" (lần gửi mới nhất {VERDICTS[unit.newest.judged.verdict]})"
    if unit.after_close:
        words += ", nộp sau khi chốt số liệu"
    return words + _left_out(unit)


def _rejected(unit: UnitStatus) -> str:
    return f"{unit.name}: gửi lúc {moment_words(unit.received_at)}, {unit.errors} lỗi{_left_out(unit)}"


def _missing(unit: UnitStatus) -> str:
    return unit.name + _left_out(unit)


def _left_out(unit: UnitStatus) -> str:
    words = excluded_words(unit)
    return f" ({words[:1].lower()}{words[1:]})" if words else ""


def status_json(status: PeriodStatus, plan: Plan, period: Period) -> dict[str, Any]:
    """The document of `status --json` (contract); a unit with returns left out has them under "excluded" as well.

    A closed period has "closed_at", and "after_close" on units whose newest return came after that.
    """
    closed = {} if status.closed_at is None else {"closed_at": status.closed_at.isoformat()}
    return closed | {
        "plan": plan.properties.id,
        "period": period.code,
        "due": status.due.isoformat(),
        "complete": status.complete,
        "units": [_unit_json(unit) for unit in status.units],
        "unrecognised": [_stranger_json(record) for record in status.unrecognised],
    }


def _unit_json(unit: UnitStatus) -> dict[str, Any]:
    document = {
        "code": unit.code,
        "name": unit.name,
        "state": unit.state,
        "received_at": unit.received_at.isoformat() if unit.received_at else None,
        "on_time": unit.on_time,
        "file": unit.file,
        "sha256": unit.sha256,
        "errors": unit.errors,
        "warnings": unit.warnings,
        "last_attempt": unit.last_attempt,
    }
    late = {"after_close": True} if unit.after_close else {}
    left_out = {"excluded": [_excluded_json(record) for record in unit.excluded]} if unit.excluded else {}
    return document | late | left_out


def _excluded_json(record: ReturnRecord) -> dict[str, Any]:
    source = record.judged.source
    return {
        "file": source.path,
        "sha256": source.sha256,
        "received_at": source.received_at.isoformat(),
        "verdict": record.judged.verdict,
        "reason": record.excluded,
    }


def _stranger_json(record: ReturnRecord) -> dict[str, Any]:
    judged = record.judged
    messages = [finding.message for finding in judged.findings if finding.severity == "error"]
    return {"file": judged.source.path, "sha256": judged.source.sha256, "message": " ".join(messages)}
