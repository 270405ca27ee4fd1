"""Texts to paste: where a period stands (status), and theo-doi.txt and theo-doi.html, a text for each task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nq57xl import resources
from nq57xl.forms.wording import data_window
from nq57xl.ledger.model import PeriodStatus, UnitStatus
from nq57xl.plan.model import Period, Plan
from nq57xl.results.model import Consolidation, LeadEntry, TaskRow
from nq57xl.results.wording import VERDICTS, shown
from nq57xl.rules.codec import json_fields
from nq57xl.rules.schema import vietnamese_date
from nq57xl.text.clock import moment_words
from nq57xl.text.legacy import clean, one_line


def status_text(status: PeriodStatus, plan: Plan, period: Period, workspace: Path | None = None) -> str:
    """Who has reported, who was late, who must correct, who is missing, and by when; ends with a line break.

    `workspace` is where an office may keep its own wording (templates/texts/tinh-hinh-nop.txt.j2). Raises Nq57Error
    when that template is wrong.
    """
    accepted, rejected, missing = (
        [unit for unit in status.units if unit.state in states]
        for states in (("accepted", "accepted_with_warnings"), ("rejected",), ("missing",))
    )
    late = [unit for unit in accepted if unit.on_time is False]
    back = [(unit, f"gửi lúc {moment_words(unit.received_at)}, {unit.errors} điểm phải sửa") for unit in rejected]
    groups = {
        "Đã nộp đúng hạn": [_reported(unit) for unit in accepted if unit not in late],
        "Đã nộp, chậm hạn": [f"{_reported(unit)}, chậm {unit.days_late} ngày" for unit in late],
        "Bị trả lại, cần sửa": [f"{unit.name}: {words}{_left_out(unit)}" for unit, words in back],
        "Chưa nộp": [unit.name + _left_out(unit) for unit in missing],
    }
    words = {
        "period": period,
        "title": one_line(plan.properties.title),
        "due": vietnamese_date(status.due),
        "total": len(status.units),
        "complete": status.complete,
        "accepted": accepted,
        "rejected": rejected,
        "missing": missing,
        "groups": [{"title": title, "units": lines} for title, lines in groups.items()],
    }
    return resources.fill("texts/tinh-hinh-nop.txt.j2", words, workspace)


def _reported(unit: UnitStatus) -> str:
    words = f"{unit.name}: nhận lúc {moment_words(unit.received_at)}"
    if unit.warnings:
        words += f", còn {unit.warnings} nội dung cần giải trình"
    if unit.counting and unit.newest and unit.newest.id != unit.counting.id:
        words += f" (lần gửi mới nhất {VERDICTS[unit.newest.judged.verdict]})"
    if unit.after_close:
        words += ", nộp sau khi chốt số liệu"
    return words + _left_out(unit)


def _left_out(unit: UnitStatus) -> str:
    words = unit.excluded_words
    return f" ({words[:1].lower()}{words[1:]})" if words else ""


def status_json(status: PeriodStatus, plan: Plan, period: Period) -> dict[str, Any]:
    """The document of `status --json` (contract.md 6); a unit with returns left out has them under "excluded" as well.

    A closed period has "closed_at", and "after_close" on units whose newest return came after that.
    """
    closed = {} if status.closed_at is None else json_fields(status, "closed_at")
    known = {"plan": plan.properties.id, "period": period.code, **json_fields(status, "due complete")}
    if status.signed:
        known["signed"] = [json_fields(copy, "unit file sha256 at") for copy in status.signed]
    if status.reminded_at is not None:
        known["reminded"] = json_fields(status, "reminded_at reminded")
    units, strangers = [], []
    for unit in status.units:
        told = json_fields(unit, "code name state received_at on_time file sha256 errors warnings last_attempt")
        told |= {"after_close": True} if unit.after_close else {}
        left_out = [
            {"file": item.judged.source.path, **json_fields(item.judged.source, "sha256 received_at")}
            | {"verdict": item.judged.verdict, "reason": item.excluded}
            for item in unit.excluded
        ]
        units.append(told | ({"excluded": left_out} if left_out else {}))
    for judged in (record.judged for record in status.unrecognised):
        message = " ".join(finding.message for finding in judged.findings if finding.severity == "error")
        strangers.append({"file": judged.source.path, "sha256": judged.source.sha256, "message": message})
    return closed | known | {"units": units, "unrecognised": strangers}


def tracking_text(c: Consolidation, workspace: Path | None = None) -> bytes:
    """theo-doi.txt: UTF-8, lines ended as Windows has them. Raises Nq57Error when the office's template is wrong."""
    return resources.fill("texts/theo-doi.txt.j2", _words(c), workspace).replace("\n", "\r\n").encode()


def tracking_page(c: Consolidation, workspace: Path | None = None) -> bytes:
    """theo-doi.html: headings, paragraphs, bold and line breaks only; every text escaped."""
    return resources.fill("texts/theo-doi.html.j2", _words(c), workspace).encode()


def _words(c: Consolidation) -> dict[str, object]:
    tasks = [_task_text(row, c) for row in c.tasks]
    quiet = [task for task in tasks if not task["news"]]
    return {
        "title": c.title,
        "agency": c.letterhead[1],
        "period": c.period.title,
        "window": data_window(c.period),
        "missing": [unit.name for unit in c.missing],
        "tasks": tasks,
        "news": [task for task in tasks if task["news"]],
        "quiet": {
            state: ", ".join(task["number"] for task in quiet if task["state"] == state)
            for state in dict.fromkeys(task["state"] for task in quiet)
        },
    }


def _task_text(row: TaskRow, c: Consolidation) -> dict[str, Any]:
    """Everything told of one row of the plan, by the names that the templates use; each unit's text has its lines."""
    standing, (progress, timeliness), percent, delay = row.standing, row.standing.words(c), "", ""
    if standing.progress == "in_progress":  # of the unit that decides
        decider = next((entry for entry in row.entries if entry.unit == standing.decided_by), None)
        percent = shown(decider.values.get("percent"), c.schema) if decider is not None else ""
    if standing.timeliness is not None and (days := standing.timeliness.days) is not None:
        late = {"overdue": f"Quá hạn {-days} ngày", "late": f"Hoàn thành chậm {days} ngày"}
        delay = late.get(standing.timeliness.code, "")
    supported = [item for item in row.contributions if item.state == "text"]
    return {
        "code": row.task.code,
        "number": row.task.cited_number,
        "work": one_line(row.task.own_work),
        "lead": one_line(row.task.lead),
        "deliverable": one_line(row.task.deliverable),
        "deadline": one_line(row.task.deadline_words),
        "state": "; ".join(filter(None, (progress, percent, timeliness))),
        "delay": delay,
        "results": _texts(row, c, "result", "kpi_achieved"),
        "evidence": [_text(entry.name, entry.evidence(c.schema)) for entry in row.entries if _proof(entry)],
        "support": [_text(item.name, shown(item.value, c.schema)) for item in supported],
        "difficulties": _texts(row, c, "difficulties"),
        "causes": _texts(row, c, "cause", "explanation"),
        "proposals": _texts(row, c, "proposal"),
        "next_work": _texts(row, c, "next_work"),
        "silent": [entry.name for entry in row.entries if row.is_silent and entry.expected and not entry.reported],
        "news": bool(supported) or any(entry.values and not entry.before for entry in row.entries),
    }


def _proof(entry: LeadEntry) -> bool:
    return any(name in entry.values for name in ("evidence_number", "evidence_title", "evidence_link"))


def _texts(row: TaskRow, c: Consolidation, *names: str) -> list[dict[str, Any]]:
    """What each unit says in these fields of the row."""
    told = (
        (entry.name, "\n".join(filter(None, (shown(entry.values.get(name), c.schema) for name in names))))
        for entry in row.entries
    )
    return [_text(name, text) for name, text in told if text]


def _text(unit: str, text: str) -> dict[str, Any]:
    """The lines that hold something, without control characters."""
    lines = clean(text).split("\n")
    kept = (line if line.isprintable() else "".join(filter(str.isprintable, line)).strip() for line in lines)
    return {"unit": one_line(unit), "lines": [*filter(None, kept)]}
