"""The report's own sentences, made from the figures: what leaders read first."""

from __future__ import annotations

from collections.abc import Iterable

from nq57xl.results.consolidation import Consolidation
from nq57xl.results.figures import (
    INDICATOR_STATES,
    NO_DATA,
    NOT_REACHED,
    REACHED,
    UNCOMPARED,
    Figures,
    progress_buckets,
    sections_of,
    timeliness_buckets,
)
from nq57xl.results.wording import DONE_BEFORE, OUTSIDE, STATES, UNREPORTED, percent_of

_NAMED = 10
"""Missing units named on page one; the statement must stay on one row, and be read."""
_LOWER = {
    DONE_BEFORE: "đã hoàn thành trước kỳ",
    UNREPORTED: "chưa có báo cáo hoặc chưa báo cáo đủ",
    OUTSIDE: "do cơ quan ngoài chủ trì",
    REACHED: "đạt mục tiêu",
    NOT_REACHED: "chưa đạt mục tiêu",
    NO_DATA: "chưa có số liệu kỳ này",
    UNCOMPARED: "chưa so sánh được với mục tiêu",
}


def count_words(number: int) -> str:
    """Numbers under ten take a leading zero in administrative texts: "05"."""
    return f"{number:02d}"


def missing_words(c: Consolidation, f: Figures, named: int = _NAMED) -> str:
    """The statement of page one when returns are missing, with the first `named` of them; "" when all are there."""
    if not c.missing:
        return ""
    names = "; ".join(f"{unit.name} ({STATES[unit.state].lower()})" for unit in c.missing[:named])
    if len(c.missing) > named:
        names += f"; và {len(c.missing) - named} đơn vị khác (xem trang «Tình hình nộp báo cáo»)"
    rows = f.total.progress.get(UNREPORTED, 0)
    silent = f" Bản tổng hợp này vì vậy chưa có đủ kết quả của {count_words(rows)} đầu việc." if rows else ""
    return (
        f"BÁO CÁO CHƯA ĐẦY ĐỦ: còn {count_words(len(c.missing))}/{count_words(f.expected)} đơn vị chưa có báo cáo được "
        f"chấp nhận: {names}.{silent}"
    )


def complete_words(f: Figures) -> str:
    """The same place when every return is there."""
    return f"Đã có đủ báo cáo của {count_words(f.accepted)}/{count_words(f.expected)} đơn vị."


def paragraph(c: Consolidation, f: Figures) -> str:
    """The figures in plain words: progress, deadlines, indicators, difficulties and proposals."""
    return " ".join(filter(None, (_progress(c, f), _timeliness(f), _indicators(c, f), _voices(c))))


def _progress(c: Consolidation, f: Figures) -> str:
    total = f.total.total
    opening = (
        f"Kế hoạch có {count_words(total)} đầu việc thuộc {count_words(len(sections_of(c)))} nhóm nhiệm vụ. "
        f"Kết quả {c.period.title}: "
    )
    return opening + listed(f.total.progress, progress_buckets(c), None) + "."


def _timeliness(f: Figures) -> str:
    counted = listed(f.total.timeliness, timeliness_buckets(), None)
    return f"So với thời hạn, trong số đầu việc đã báo cáo: {counted}." if counted else ""


def _indicators(c: Consolidation, f: Figures) -> str:
    if not c.indicators:
        return ""
    states: dict[str, int] = {}
    for group in f.indicators.values():
        for state, count in group.items():
            states[state] = states.get(state, 0) + count
    total = len(c.indicators)
    return f"Về chỉ tiêu: trong {count_words(total)} chỉ tiêu, {listed(states, INDICATOR_STATES, None)}."


def _voices(c: Consolidation) -> str:
    def told(field: str) -> int:
        return sum(field in entry.values for row in c.tasks for entry in row.entries)

    general = [row for row in c.free if row.table == "difficulty"]
    new = sum(row.table == "proposal" for row in c.free)
    difficulties = told("difficulties") + sum("content" in row.values for row in general)
    proposals = told("proposal") + sum("proposal" in row.values for row in general)
    parts = [
        (difficulties, "khó khăn, vướng mắc"),
        (proposals, "đề xuất, kiến nghị"),
        (new, "nhiệm vụ mới được đề xuất bổ sung"),
    ]
    told_parts = [f"{count_words(count)} {words}" for count, words in parts if count]
    if not told_parts:
        return ""
    return f"Các đơn vị nêu {', '.join(told_parts)} (chi tiết tại các trang kèm theo)."


def listed(counts: dict[str, int], order: Iterable[str], whole: int | None) -> str:
    """ "05 hoàn thành (19,2%), 10 đang thực hiện (38,5%)"; what does not occur is left out."""
    parts = []
    for words in order:
        count = counts.get(words, 0)
        if count:
            share = f" ({percent_of(count, whole)})" if whole else ""
            parts.append(f"{count_words(count)} {_LOWER.get(words, words.lower())}{share}")
    return ", ".join(parts) or "không có"
