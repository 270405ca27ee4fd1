"""Sentences that lead a report; texts to paste (status, theo-doi.txt and .html), and tong-quan.html for the phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from nq57xl import resources
from nq57xl.forms.wording import data_window
from nq57xl.ledger.model import PeriodStatus, UnitStatus
from nq57xl.plan.model import Period, Plan
from nq57xl.results.model import (
    INDICATOR_STATES,
    MISSED,
    NO_DATA,
    REACHED,
    UNCOMPARED,
    UNDER_WAY,
    Consolidation,
    LeadEntry,
    TaskRow,
)
from nq57xl.results.overview import Figures, Overview, overview_of
from nq57xl.results.wording import DONE_BEFORE, OUTSIDE, STAGES, STATES, UNREPORTED, VERDICTS, percent_of, shown
from nq57xl.rules.codec import json_fields
from nq57xl.rules.schema import vietnamese_date
from nq57xl.text.clock import moment_words
from nq57xl.text.legacy import clean, one_line

_LOWER = {
    DONE_BEFORE: "đã hoàn thành trước kỳ",
    UNREPORTED: "chưa có báo cáo hoặc chưa báo cáo đủ",
    OUTSIDE: "do cơ quan ngoài chủ trì",
    STAGES[2]: "còn trong hạn",
    STAGES[5]: "chưa hoàn thành và không xác định hạn",
    STAGES[6]: "thường xuyên hoặc chưa phát sinh",
    REACHED: "đạt mục tiêu",
    UNDER_WAY: "đang phấn đấu đạt mục tiêu",
    MISSED: "không đạt mục tiêu",
    NO_DATA: "chưa có số liệu kỳ này",
    UNCOMPARED: "chưa so sánh được với mục tiêu",
}


def count_words(number: int) -> str:
    """Numbers under ten take a leading zero in administrative texts: "05"; nought is "0"."""
    return f"{number:02d}" if number else "0"


def reported_words(view: Overview, named: int) -> str:
    """The statement of page one: returns that are missing, with the first `named` of them, or that all are there.

    Of a period made of months, whose reports of which are lacking.
    """
    c, f = view.consolidation, view.figures
    expected, accepted = count_words(f.expected), count_words(f.accepted)
    if c.missing:
        names = "; ".join(f"{unit.name} ({STATES[unit.state].lower()})" for unit in c.missing[:named])
        if len(c.missing) > named:
            names += f"; và {len(c.missing) - named} đơn vị khác (xem trang «Theo đơn vị»)"
        rows = f.total.progress.get(UNREPORTED, 0)
        silent = f" Bản tổng hợp này vì vậy chưa có đủ kết quả của {count_words(rows)} đầu việc." if rows else ""
        lacking = f"{count_words(len(c.missing))}/{expected} đơn vị chưa có báo cáo được chấp nhận"
        return f"BÁO CÁO CHƯA ĐẦY ĐỦ: còn {lacking}: {names}.{silent}"
    if c.months:
        short = sum(item.code == "MONTH_WITHOUT_UNIT" for item in c.status.period_findings)
        told = f" {count_words(short)} đơn vị chưa đủ báo cáo của các tháng." if short else ""
        told += "".join(f" {item.message}" for item in c.status.period_findings if item.code == "MONTH_NOT_ISSUED")
        return f"Tổng hợp từ báo cáo {', '.join(c.months)} của {accepted} đơn vị.{told}"
    return f"Đã có đủ báo cáo của {accepted}/{expected} đơn vị."


def headline(view: Overview) -> str:
    """The page in one paragraph: done of all, on time or not, targets, and what the month before had."""
    f, before = view.figures.total, view.before.total if view.before else None
    done = f.done
    words = f"Đã hoàn thành {count_words(done)}/{count_words(f.total)} đầu việc ({percent_of(done, f.total) or '0%'})"
    if before is not None:
        words += f", {view.before_title} là {count_words(before.done)}/{count_words(before.total)}"
    late = f.stages.get(STAGES[1], 0)
    words += f"; trong đó {count_words(late)} hoàn thành quá hạn" if late else ""
    words += f". Quá hạn, chưa hoàn thành: {count_words(f.overdue)} đầu việc"
    words += f" ({view.before_title}: {count_words(before.overdue)})" if before is not None else ""
    words += f"; đến hạn trước kỳ báo cáo sau: {count_words(len(view.due_soon))}." if view.due_soon else "."
    return f"{words} {indicator_words(view.figures)}".strip()


def indicator_words(f: Figures) -> str:
    """ "Trong 27 chỉ tiêu: 09 đạt mục tiêu, 18 đang phấn đấu."; "" where the plan has none."""
    total = sum(f.states.values())
    return f"Trong {count_words(total)} chỉ tiêu: {listed(f.states, INDICATOR_STATES, None)}." if total else ""


def in_sentence(words: str) -> str:
    """Words of a count inside a sentence."""
    return _LOWER.get(words, words.lower())


def listed(counts: dict[str, int], order: Iterable[str], whole: int | None) -> str:
    """ "05 hoàn thành (19,2%), 10 đang thực hiện (38,5%)"; what does not occur is left out."""
    parts = []
    for words in order:
        count = counts.get(words, 0)
        if count:
            share = f" ({percent_of(count, whole)})" if whole else ""
            parts.append(f"{count_words(count)} {in_sentence(words)}{share}")
    return ", ".join(parts) or "không có"


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
    standing, (progress, timeliness), delay = row.standing, row.standing.words(c), ""
    percent = next((entry.share(c.schema) for entry in row.entries if entry.unit == standing.decided_by), "")
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


_STAGE_FILLS = ("s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8")
"""Ids of the page's patterns, in the order of STAGES: they differ in grey print, too."""
_INDICATOR_FILLS = ("s0", "s5", "s4", "s6", "s3", "s7")
_WIDTH = 300
"""Of the bars, in the units of the drawing."""
_CHARTED = 12
"""Bars of one chart; the table beside it names all."""


def overview_page(c: Consolidation, workspace: Path | None = None) -> bytes:
    """The page: nothing is loaded from elsewhere, every word is escaped. The same consolidation gives the same bytes.

    `workspace` is where an office may keep its own templates/texts/tong-quan.html.j2. Raises Nq57Error if wrong.
    """
    view = overview_of(c)
    levels, reported = dict.fromkeys(item.level for item in view.decisions), reported_words(view, len(c.missing))
    now, past = view.figures.total, view.before.total.stages if view.before else None
    figures = [(words, now.stages.get(words, 0), None if past is None else past.get(words, 0)) for words in c.stages]
    words = {
        "title": c.title,
        "agency": c.letterhead[1],
        "period": c.period.title,
        "window": data_window(c.period),
        "headline": headline(view),
        "missing": reported if c.missing else "",
        "complete": reported,
        "figures": figures,
        "total": now.total,
        "before": view.before_title,
        "overdue_title": view.overdue_title,
        "overdue": view.overdue,
        "due_title": view.due_title,
        "due_soon": view.due_soon,
        "decisions": [(level, [item for item in view.decisions if item.level == level]) for level in levels],
        "charts": _charts(c, view.figures),
    }
    return resources.fill("texts/tong-quan.html.j2", words, workspace).encode()


def _charts(c: Consolidation, f: Figures) -> list[dict[str, Any]]:
    stages = dict(zip(c.stages, _STAGE_FILLS, strict=False))
    states = dict(zip(INDICATOR_STATES, _INDICATOR_FILLS, strict=True))
    groups = [(f"{number}. {title}", f.indicators.get(number, {})) for number, title in c.groups]
    found = [
        _chart("Tình trạng theo nhóm nhiệm vụ", [(f"{s.code}. {s.title}", s.stages) for s in f.sections], stages),
        _chart("Tình trạng theo đơn vị chủ trì", [(u.title, u.stages) for u in f.units if u.total], stages),
        _chart("Chỉ tiêu so với mục tiêu", groups, states),
    ]
    return [chart for chart in found if chart["rows"]]


def _chart(title: str, counts: Sequence[tuple[str, dict[str, int]]], fills: dict[str, str]) -> dict[str, Any]:
    """Stacked bars, each also in words, with the legend of what occurs in them."""
    widest = max((sum(found.values()) for _, found in counts), default=0) or 1
    rows, used = [], set()
    for label, found in counts[:_CHARTED]:
        x, segments, told = 0.0, [], []
        for words, fill in fills.items():
            count = found.get(words, 0)
            width = count / widest * _WIDTH
            if count:
                place = {"x": round(x, 1), "width": round(width, 1), "fill": fill}
                segments.append({"words": words, "count": count, **place})
                told.append(f"{count} {in_sentence(words)}")
                used.add(words)
            x += width
        rows.append({"label": label, "total": sum(found.values()), "segments": segments, "told": ", ".join(told)})
    return {"title": title, "rows": rows, "legend": [(fill, words) for words, fill in fills.items() if words in used]}
