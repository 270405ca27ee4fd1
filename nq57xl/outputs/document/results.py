"""Sections I and II of the document: how the reporting went, and what was done."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from nq57xl.forms.wording import data_window
from nq57xl.ledger.model import UnitStatus
from nq57xl.outputs.document.words import (
    LISTED,
    Paragraph,
    accepted,
    appendix_name,
    cited_evidence,
    codes,
    day_in,
    nobody,
    part,
    plan_cited,
    row_name,
    several,
    state_of,
    unit_names,
    unit_text,
)
from nq57xl.outputs.narrative import count_words, listed
from nq57xl.results.comparison import compare_periods
from nq57xl.results.consolidation import Consolidation, TaskRow
from nq57xl.results.figures import (
    INDICATOR_STATES,
    Figures,
    RowCounts,
    groups_of,
    indicator_state,
    progress_buckets,
)
from nq57xl.results.wording import STATES, TIMELINESS, UNREPORTED, percent_of
from nq57xl.rules.values import vietnamese_date

_LETTERS = "abcdđeghiklmnopqrstuvxy"


def basis(c: Consolidation) -> str:
    """The opening: by which plan, on which period, with figures of which days."""
    return (
        f"Thực hiện {plan_cited(c)} (sau đây gọi tắt là Kế hoạch), {c.letterhead[1]} báo cáo kết quả thực hiện "
        f"{c.period.title} (số liệu {data_window(c.period)}) như sau:"
    )


def gaps(c: Consolidation, f: Figures) -> str:
    """What is missing, said before anything else; "" when every unit has reported."""
    if not c.missing:
        return ""
    names = unit_names([f"{unit.name} ({STATES[unit.state].lower()})" for unit in c.missing])
    rows = f.total.progress.get(UNREPORTED, 0)
    silent = f" Vì vậy chưa có đủ kết quả của {count_words(rows)} đầu việc." if rows else ""
    return (
        f"Báo cáo này chưa đầy đủ: còn {count_words(len(c.missing))}/{count_words(f.expected)} đơn vị chưa có báo cáo "
        f"được chấp nhận, gồm: {names}.{silent} Số liệu dưới đây chỉ tính trên các báo cáo đã được chấp nhận; nội dung "
        "chưa được báo cáo không tính là «chưa thực hiện»."
    )


def steering(c: Consolidation, f: Figures) -> tuple[Paragraph, ...]:
    """Section I: who had to report and did, and the documents of the period."""
    asked = (
        f"Kỳ báo cáo {c.period.title} có {count_words(f.expected)} đơn vị phải gửi báo cáo, hạn gửi ngày "
        f"{vietnamese_date(c.period.due)}, số liệu chốt đến hết ngày {vietnamese_date(c.cutoff)}. {_reported(c, f)}"
    )
    return (Paragraph(asked), _documents(c))


def _reported(c: Consolidation, f: Figures) -> str:
    if not f.accepted:
        return "Đến thời điểm tổng hợp, chưa có đơn vị nào có báo cáo được chấp nhận."
    late = [item.status for item in c.units if item.status.counting is not None and not item.status.on_time]
    share = f"{count_words(f.accepted)}/{count_words(f.expected)} đơn vị"
    words = f"Đến thời điểm tổng hợp, {share} có báo cáo được chấp nhận ({percent_of(f.accepted, f.expected)})"
    if not late:
        return f"{words}, {'đều ' if f.accepted > 1 else ''}gửi đúng hạn."
    names = unit_names([_late(unit) for unit in late])
    on_time = f"{count_words(f.on_time)} đơn vị gửi đúng hạn, " if f.on_time else ""
    return f"{words}, trong đó {on_time}{count_words(len(late))} đơn vị gửi chậm hạn: {names}."


def _late(unit: UnitStatus) -> str:
    return f"{unit.name} (chậm {count_words(unit.days_late)} ngày)"


def _documents(c: Consolidation) -> Paragraph:
    found: dict[str, list[str]] = {}
    for row in c.tasks:
        for entry in row.entries:
            day = day_in(entry, "evidence_date")
            if not entry.before and day is not None and c.period.start <= day <= c.cutoff:
                found.setdefault(cited_evidence(entry, c), []).append(f"{entry.name}, nhiệm vụ {codes([row])}")
    items = [f"{cited} ({'; '.join(dict.fromkeys(who))})" for cited, who in found.items()]
    lead = f"Văn bản minh chứng có ngày trong kỳ do các đơn vị báo cáo ({count_words(len(items))} văn bản)"
    if len(items) > LISTED:
        return Paragraph(f"{lead} được nêu tại {appendix_name(c, 'I')}.")
    return part(
        lead, items, nobody(c, "Các báo cáo đã được chấp nhận không nêu văn bản minh chứng nào có ngày trong kỳ.")
    )


def overall(c: Consolidation, f: Figures) -> tuple[Paragraph, ...]:
    """II.1: counts of all rows, their deadlines, what moved since the period before."""
    total, sections = f.total.total, len(f.sections)
    counts = listed(f.total.progress, progress_buckets(c), total)
    first = (
        f"Kế hoạch có {count_words(total)} đầu việc thuộc {count_words(sections)} nhóm nhiệm vụ. Tính đến ngày "
        f"{vietnamese_date(c.cutoff)}: {counts}."
    )
    return tuple(Paragraph(words) for words in (first, _deadlines(f), _moved(c)) if words)


def _deadlines(f: Figures) -> str:
    counted = sum(f.total.timeliness.values())
    if not counted:
        return ""
    words = listed(f.total.timeliness, TIMELINESS.values(), None)
    return (
        f"So với thời hạn, trong {count_words(counted)} đầu việc được báo cáo trong kỳ: {words}. Đầu việc mà từ Kế "
        "hoạch không xác định được ngày hết hạn được thống kê riêng, không tính là đúng hạn."
    )


def _moved(c: Consolidation) -> str:
    """What moved since the period before, where there is one and somebody has reported."""
    if not c.earlier_periods or not accepted(c):
        return ""
    found = compare_periods(c.earlier_periods[-1], c)
    groups = (
        (found.newly_done, "mới hoàn thành"),
        (found.newly_overdue, "mới quá hạn"),
        (found.moved("raised"), "tăng tỷ lệ hoàn thành"),
        (found.moved("lowered"), "giảm tỷ lệ hoàn thành"),
        (found.moved("new"), "được bổ sung vào Kế hoạch"),
        (found.moved("dropped"), "không còn trong Kế hoạch"),
    )
    movements = [
        f"{count_words(len(rows))} đầu việc {words}" + (f" ({', '.join(codes)})" if len(codes) <= LISTED else "")
        for rows, words in groups
        if (codes := [row.task.code for row in rows])
    ]
    return f"So với {found.before.title}: {'; '.join(movements) or 'không ghi nhận thay đổi về tiến độ'}."


@frozen
class SectionText:
    """A group of tasks in II.2."""

    title: str
    part: Paragraph


def by_section(c: Consolidation, f: Figures) -> Iterator[SectionText]:
    """II.2: for each group of tasks its heading, its counts and what the units did."""
    for index, section in enumerate(f.sections):
        mark = f"{_LETTERS[index]})" if index < len(_LETTERS) else f"2.{index + 1}."
        rows = [row for row in c.tasks if row.task.section == section.code]
        yield SectionText(f"{mark} Nhóm {section.code}. {section.title}", _section(c, section, rows))


def _section(c: Consolidation, section: RowCounts, rows: list[TaskRow]) -> Paragraph:
    counts = f"{count_words(section.total)} đầu việc: {listed(section.progress, progress_buckets(c), None)}"
    if len(c.tasks) > LISTED:
        rows = [row for row in rows if row.standing.progress == "done"]
    items = [item for row in rows for item in _results(row, c)]
    if items:
        return part(f"{counts}. Kết quả cụ thể", items)
    silent = all(row.standing.state in ("unreported", "outside") for row in rows)
    return Paragraph(f"{counts}." if silent else f"{counts}. Trong kỳ không có kết quả cụ thể nào được báo cáo.")


def _results(row: TaskRow, c: Consolidation) -> Iterator[str]:
    for entry in row.entries:
        result = unit_text(entry, "result", c)
        if result and not entry.before:
            unit = entry.name if several(row) else ""
            reached = unit_text(entry, "kpi_achieved", c)
            yield f"{row_name(row, unit, state_of(entry, row, c))}: " + _joined(result, reached and f"KPI: {reached}")


def _joined(*texts: str) -> str:
    """Sentences one after the other, each ended once."""
    kept = [text for text in texts if text]
    return " ".join(
        text if text.endswith((".", "!", "?", "…")) or i == len(kept) else f"{text}."
        for i, text in enumerate(kept, start=1)
    )


def indicators(c: Consolidation, f: Figures) -> tuple[Paragraph, ...]:
    """II.3: counts of indicators, in all and by group; nothing where the plan has none."""
    if not c.indicators:
        return ()
    states: dict[str, int] = {}
    for row in c.indicators:
        state = indicator_state(row)
        states[state] = states.get(state, 0) + 1
    total = len(c.indicators)
    counts = listed(states, INDICATOR_STATES, total)
    groups = [
        f"Nhóm {number}. {title}: {count_words(sum(f.indicators[number].values()))} chỉ tiêu, trong đó "
        f"{listed(f.indicators[number], INDICATOR_STATES, None)}"
        for number, title in groups_of(c)
    ]
    return (part(f"Trong {count_words(total)} chỉ tiêu của Kế hoạch: {counts}. Theo nhóm", groups),)
