"""The report's own sentences, made from the figures: what leaders read first."""

from __future__ import annotations

from collections.abc import Iterable

from nq57xl.results.consolidation import Consolidation
from nq57xl.results.figures import (
    INDICATOR_STATES,
    MISSED,
    NO_DATA,
    REACHED,
    UNCOMPARED,
    UNDER_WAY,
    Figures,
    RowCounts,
)
from nq57xl.results.overview import Overview
from nq57xl.results.wording import DONE_BEFORE, OUTSIDE, STAGES, STATES, UNREPORTED, percent_of

_NAMED = 10
"""Missing units named on page one; the statement must stay on one row, and be read."""
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


def missing_words(c: Consolidation, f: Figures, named: int = _NAMED) -> str:
    """The statement of page one when returns are missing, with the first `named` of them; "" when all are there."""
    if not c.missing:
        return ""
    names = "; ".join(f"{unit.name} ({STATES[unit.state].lower()})" for unit in c.missing[:named])
    if len(c.missing) > named:
        names += f"; và {len(c.missing) - named} đơn vị khác (xem trang «Theo đơn vị»)"
    rows = f.total.progress.get(UNREPORTED, 0)
    silent = f" Bản tổng hợp này vì vậy chưa có đủ kết quả của {count_words(rows)} đầu việc." if rows else ""
    return (
        f"BÁO CÁO CHƯA ĐẦY ĐỦ: còn {count_words(len(c.missing))}/{count_words(f.expected)} đơn vị chưa có báo cáo được "
        f"chấp nhận: {names}.{silent}"
    )


def complete_words(c: Consolidation, f: Figures) -> str:
    """The same place when every return is there; of a period made of months, whose reports of which are lacking."""
    if c.months:
        lacking = sum(item.code == "MONTH_WITHOUT_UNIT" for item in c.status.period_findings)
        short = f" {count_words(lacking)} đơn vị chưa đủ báo cáo của các tháng." if lacking else ""
        return f"Tổng hợp từ báo cáo {', '.join(c.months)} của {count_words(f.accepted)} đơn vị.{short}"
    return f"Đã có đủ báo cáo của {count_words(f.accepted)}/{count_words(f.expected)} đơn vị."


def headline(view: Overview) -> str:
    """The page in one paragraph: done of all, on time or not, targets, and what the month before had."""
    f, before = view.figures.total, view.before.total if view.before else None
    done = _done(f)
    words = f"Đã hoàn thành {count_words(done)}/{count_words(f.total)} đầu việc ({percent_of(done, f.total) or '0%'})"
    if before is not None:
        words += f", {view.before_title} là {count_words(_done(before))}/{count_words(before.total)}"
    late = f.stages.get(STAGES[1], 0)
    words += f"; trong đó {count_words(late)} hoàn thành quá hạn" if late else ""
    overdue = f.stages.get(STAGES[4], 0)
    words += f". Quá hạn, chưa hoàn thành: {count_words(overdue)} đầu việc"
    words += f" ({view.before_title}: {count_words(before.stages.get(STAGES[4], 0))})" if before is not None else ""
    words += f"; đến hạn trước kỳ báo cáo sau: {count_words(len(view.due_soon))}." if view.due_soon else "."
    return f"{words} {indicator_words(view.figures)}".strip()


def _done(f: RowCounts) -> int:
    return f.stages.get(STAGES[0], 0) + f.stages.get(STAGES[1], 0)


def indicator_words(f: Figures) -> str:
    """ "Trong 27 chỉ tiêu: 09 đạt mục tiêu, 18 đang phấn đấu."; "" where the plan has none."""
    states: dict[str, int] = {}
    for group in f.indicators.values():
        for state, count in group.items():
            states[state] = states.get(state, 0) + count
    total = sum(states.values())
    return f"Trong {count_words(total)} chỉ tiêu: {listed(states, INDICATOR_STATES, None)}." if total else ""


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
