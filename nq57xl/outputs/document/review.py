"""Sections III to V of the document: what stands out, what falls short and why, what comes next, what is asked for."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterator

from nq57xl.outputs.document.words import (
    LISTED,
    Paragraph,
    appendix_name,
    cited_evidence,
    codes,
    counted,
    day_in,
    flowing,
    listed_codes,
    nobody,
    part,
    row_name,
    rows_with,
    short_name,
    unit_text,
)
from nq57xl.outputs.narrative import count_words
from nq57xl.results.consolidation import Consolidation, IndicatorEntry, IndicatorRow, TaskRow
from nq57xl.results.figures import MISSED, NO_DATA, REACHED, indicator_state
from nq57xl.results.wording import entry_result, shown
from nq57xl.rules.values import vietnamese_date

_NAMED_INDICATORS = 10
"""Indicators named one by one in the text."""


def highlights(c: Consolidation) -> tuple[Paragraph, ...]:
    """III.1: rows completed in the period, targets reached."""
    done = rows_with(c, lambda row: row.standing.state == "reported" and row.standing.progress == "done")
    reached = [row for row in c.indicators if indicator_state(row) == REACHED]
    parts = []
    if done:
        items = [_completed(row, c) for row in done]
        parts.append(counted(c, len(done), "đầu việc được báo cáo hoàn thành trong kỳ", items))
    if reached:
        parts.append(_indicators(c, reached, "chỉ tiêu đạt mục tiêu"))
    indicators = ", chưa có chỉ tiêu nào đạt mục tiêu" if c.indicators else ""
    none = nobody(c, f"Theo các báo cáo đã được chấp nhận, trong kỳ chưa có đầu việc nào hoàn thành{indicators}.")
    return tuple(parts) or (Paragraph(none),)


def _completed(row: TaskRow, c: Consolidation) -> str:
    days = [day for entry in row.entries if (day := day_in(entry, "completion_date"))]
    finished = f", hoàn thành ngày {vietnamese_date(max(days))}" if days else ""
    proofs = "; ".join(dict.fromkeys(proof for entry in row.entries if (proof := cited_evidence(entry, c))))
    return f"{row_name(row)}{finished}" + (f"; sản phẩm, minh chứng: {proofs}" if proofs else "")


def _indicator(row: IndicatorRow) -> str:
    results = "; ".join(_result(row, entry) for entry in row.entries if entry.state == "reported")
    told_of = f"{row.indicator.indicator}: {results}" if results else row.indicator.indicator
    return f"{told_of} (mục tiêu {row.indicator.target.text})"


def _result(row: IndicatorRow, entry: IndicatorEntry) -> str:
    words = entry_result(row, entry)
    return f"{entry.name} {words}" if len(row.entries) > 1 else words


def shortcomings(c: Consolidation) -> tuple[Paragraph, ...]:
    """III.2: what is overdue, late, at risk, undated, not reported, below target; difficulties in the units' words."""
    return tuple(_late(c)) + tuple(_undated(c)) + tuple(_below(c)) + (_difficulties(c),)


def _by_timeliness(c: Consolidation, code: str) -> list[TaskRow]:
    return rows_with(c, lambda row: row.standing.timeliness is not None and row.standing.timeliness.code == code)


def _late(c: Consolidation) -> Iterator[Paragraph]:
    margin = c.plan.settings.at_risk_days
    groups: tuple[tuple[str, str, Callable[[int], str]], ...] = (
        ("overdue", "đầu việc quá hạn, chưa hoàn thành", lambda days: f"quá hạn {count_words(-days)} ngày"),
        ("late", "đầu việc hoàn thành nhưng quá hạn", lambda days: f"chậm {count_words(days)} ngày"),
        (
            "at_risk",
            f"đầu việc có nguy cơ chậm (chưa hoàn thành, còn không quá {count_words(margin)} ngày)",
            lambda days: f"còn {count_words(days)} ngày",
        ),
    )
    for code, words, days_words in groups:
        rows = _by_timeliness(c, code)
        if rows:
            yield counted(c, len(rows), words, [_dated(row, days_words) for row in rows])


def _dated(row: TaskRow, words: Callable[[int], str]) -> str:
    state, due = row.standing.timeliness, row.task.due
    days = words(state.days) if state is not None and state.days is not None else ""
    names = ", ".join(entry.name for entry in row.entries)
    return short_name(row, names) + (f": hạn {vietnamese_date(due)}, {days}" if due else "")


def _undated(c: Consolidation) -> Iterator[Paragraph]:
    undated = [row for row in _by_timeliness(c, "undated") if row.standing.progress != "done"]
    if undated:
        words = "đầu việc được báo cáo nhưng không xác định được đúng hạn hay quá hạn"
        yield Paragraph(f"Có {count_words(len(undated))} {words} ({listed_codes(c, undated)}).")
    silent = rows_with(c, lambda row: row.standing.state in ("unreported", "partly_reported"))
    if silent:
        words = "đầu việc chưa có báo cáo hoặc chưa được báo cáo đủ"
        yield Paragraph(f"Có {count_words(len(silent))} {words} ({listed_codes(c, silent)}).")


def _below(c: Consolidation) -> Iterator[Paragraph]:
    groups = ((MISSED, "chỉ tiêu không đạt mục tiêu"), (NO_DATA, "chỉ tiêu chưa có số liệu kỳ này"))
    for state, words in groups:
        rows = [row for row in c.indicators if indicator_state(row) == state]
        if rows:
            yield _indicators(c, rows, words)


def _indicators(c: Consolidation, rows: list[IndicatorRow], words: str) -> Paragraph:
    """A few are named; many stand in their appendix alone, which has them side by side."""
    if len(rows) > _NAMED_INDICATORS:
        return Paragraph(f"Có {count_words(len(rows))} {words} (nêu tại {appendix_name(c, 'II')}).")
    return counted(c, len(rows), words, [_indicator(row) for row in rows], appendix="II")


def _difficulties(c: Consolidation) -> Paragraph:
    items = [*_texts(c, "difficulties"), *_general(c, "content")]
    return part(
        "Khó khăn, vướng mắc do các đơn vị nêu",
        items,
        nobody(c, "Các báo cáo đã được chấp nhận không nêu khó khăn, vướng mắc."),
    )


def _texts(c: Consolidation, field: str) -> Iterator[str]:
    """Units' words on rows of the plan, the same words of a unit told once; of rows done before the period none."""
    found: dict[tuple[str, str], list[TaskRow]] = {}
    for row in c.tasks:
        for entry in row.entries:
            words = "" if entry.before else unit_text(entry, field, c)
            if words:
                found.setdefault((entry.name, words), []).append(row)
    if len(found) > LISTED:
        yield f"{len(found)} nội dung theo từng nhiệm vụ được nêu tại {appendix_name(c, 'I')}"
        return
    for (name, words), rows in found.items():
        which = short_name(rows[0], name) if len(rows) == 1 else f"Nhiệm vụ {codes(rows)} ({name})"
        yield f"{which}: {words}"


def _general(c: Consolidation, field: str) -> Iterator[str]:
    """Units' words that concern no single row."""
    for row in c.free:
        if row.table == "difficulty" and field in row.values:
            words = flowing(shown(row.values[field], c.schema))
            if words:
                yield f"{row.name}: {words}"


def causes(c: Consolidation) -> tuple[Paragraph, ...]:
    """III.3: why, in the units' words."""
    items = [*_texts(c, "cause"), *_general(c, "cause")]
    return (
        part("Nguyên nhân do các đơn vị nêu", items, nobody(c, "Các báo cáo đã được chấp nhận không nêu nguyên nhân.")),
    )


def next_period(c: Consolidation) -> tuple[Paragraph, ...]:
    """Section IV: what the units will do, what falls due, what is overdue."""
    planned = list(_texts(c, "next_work"))
    parts = [
        part(
            "Các đơn vị tập trung thực hiện",
            planned,
            nobody(c, "Các báo cáo đã được chấp nhận không nêu việc sẽ làm trong kỳ tới."),
        )
    ]
    end = next_cutoff(c.period.start, c.cutoff)
    due = rows_with(c, lambda row: _open(row) and row.task.due is not None and c.cutoff <= row.task.due <= end)
    if due:
        words = f"đầu việc chưa hoàn thành, đến hạn từ ngày {vietnamese_date(c.cutoff)} đến ngày {vietnamese_date(end)}"
        items = [f"{short_name(row)}: hạn {vietnamese_date(row.task.due)}" for row in due if row.task.due]
        parts.append(counted(c, len(due), words, items))
    overdue = _by_timeliness(c, "overdue")
    if overdue:
        which = f"{count_words(len(overdue))} đầu việc đã quá hạn ({listed_codes(c, overdue)})"
        parts.append(Paragraph(f"Tiếp tục thực hiện để hoàn thành {which}."))
    return tuple(parts)


def _open(row: TaskRow) -> bool:
    """Not known to be finished, and a row that a deadline applies to."""
    if row.standing.state in ("unreported", "partly_reported"):
        return True
    return row.standing.state == "reported" and row.standing.progress in ("not_started", "in_progress")


def next_cutoff(start: dt.date, cutoff: dt.date) -> dt.date:
    """Last day of the period of the same length after this one: 14/4 is followed by 14/5, 30/4 by 31/5."""
    after = cutoff + dt.timedelta(days=1)
    months = (after.year - start.year) * 12 + after.month - start.month
    index = after.year * 12 + after.month - 1 + months
    year, month = divmod(index, 12)
    day = min(after.day, calendar.monthrange(year, month + 1)[1])
    return dt.date(year, month + 1, day) - dt.timedelta(days=1)


def proposals(c: Consolidation) -> tuple[Paragraph, ...]:
    """Section V: to whom what is proposed, on tasks, in general, and new tasks."""
    parts = [part(f"Kiến nghị chung (cấp giải quyết: {name})", items) for name, items in _by_authority(c).items()]
    on_tasks = list(_texts(c, "proposal"))
    if on_tasks:
        parts.append(part("Đề xuất, kiến nghị theo từng nhiệm vụ", on_tasks))
    new = list(_new_tasks(c))
    if new:
        parts.append(part(f"Đề xuất bổ sung {count_words(len(new))} nhiệm vụ mới vào Kế hoạch", new))
    return tuple(parts) or (Paragraph(nobody(c, "Các báo cáo đã được chấp nhận không có đề xuất, kiến nghị.")),)


def _by_authority(c: Consolidation) -> dict[str, list[str]]:
    """General proposals by who must decide, in the order of the list; those without one last."""
    order = [item.title for item in c.schema.lists.get("authority", ())]
    found: dict[str, list[str]] = {}
    for row in c.free:
        if row.table == "difficulty" and "proposal" in row.values:
            who = shown(row.values.get("authority"), c.schema) or "chưa xác định"
            found.setdefault(who, []).append(f"{row.name}: {flowing(shown(row.values['proposal'], c.schema))}")
    return {name: found[name] for name in sorted(found, key=lambda name: [*order, name].index(name))}


def _new_tasks(c: Consolidation) -> Iterator[str]:
    names = (
        ("deliverable", "sản phẩm dự kiến"),
        ("lead", "đơn vị chủ trì"),
        ("deadline", "thời hạn"),
        ("reason", "lý do"),
    )
    for row in c.free:
        if row.table == "proposal" and "title" in row.values:
            texts = {name: flowing(row.text(name)) for name, _ in names}
            more = "; ".join(f"{words}: {texts[name]}" for name, words in names if texts[name])
            yield f"{flowing(row.text('title'))} ({row.name} đề xuất" + (f"; {more})" if more else ")")
