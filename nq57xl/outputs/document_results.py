"""Sections I and II of the document: how the reporting went, what was done; paragraphs and words of all sections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from attrs import frozen

from nq57xl.forms.wording import data_window, day_in_words
from nq57xl.ledger.model import UnitStatus
from nq57xl.outputs.overview_page import count_words, in_sentence, listed
from nq57xl.plan.model import name_on
from nq57xl.results.consolidation import Consolidation, IndicatorRow, LeadEntry, TaskRow
from nq57xl.results.overview import (
    INDICATOR_STATES,
    MISSED,
    REACHED,
    UNDER_WAY,
    Figures,
    Overview,
    RowCounts,
    groups_of,
    indicator_state,
    is_silent,
    stage_buckets,
)
from nq57xl.results.wording import (
    STATES,
    UNREPORTED,
    begun,
    document_words,
    entry_result,
    entry_words,
    flowing,
    gap_words,
    numbered,
    shown,
    work_of,
)
from nq57xl.rules.schema import vietnamese_date
from nq57xl.text.legacy import one_line

_BLANK_NUMBER = "        "
"""Room for a number that is written in by hand or by the office's document system (Decree 30: never invented)."""
BLANK_DAY = "ngày      tháng      năm        "
LISTED = 12
"""Lines of a list in the text; a longer one stands in the appendix alone: a report must stay readable."""
_NAMED_UNITS = 30
_END = re.compile(r"[\s.;:,…]+$")


@frozen
class Paragraph:
    """One paragraph with the list under it."""

    lead: str
    items: tuple[str, ...] = ()
    """Each ends with ";", the last with "."."""
    blank: bool = False
    """True: not a text but what the office still has to write here, printed highlighted."""


@frozen
class Room:
    """How much of lists the body of the document has room for."""

    most: int = LISTED
    """Items of a list, and tasks named one by one."""
    longest: int = 100_000
    """Letters of an item; a longer one stands in the appendix alone, never cut."""


WHOLE = Room()
"""What a body that is short anyway has."""


def placeholder(words: str) -> Paragraph:
    """ "[Văn phòng bổ sung: ...]": what only the office can say."""
    return Paragraph(f"[{words}]", blank=True)


def part(lead: str, items: Iterable[str] = (), none: str = "") -> Paragraph:
    """The paragraph `lead:` over its items; the sentence `none` where there are no items."""
    kept = [begun(item) for item in (_END.sub("", one_line(item)) for item in items) if item]
    if not kept:
        return Paragraph(none or f"{lead}.")
    return Paragraph(f"{lead}:", (*(f"{item};" for item in kept[:-1]), f"{kept[-1]}."))


def _continued(text: str) -> str:
    """The text as it goes on inside a sentence: the verbs that reports begin with lose their capital, names keep it."""
    word, _, rest = text.partition(" ")
    return f"{word.lower()} {rest}".rstrip() if word.istitle() and word.lower() in _BEGINNINGS else text


_BEGINNINGS = {
    *("đã", "đang", "chưa", "sẽ", "cơ", "tiếp", "tổ", "trình", "rà", "xây", "phối", "thực", "triển", "tham", "hoàn"),
    *("lấy", "theo", "cập", "làm", "gửi", "lập", "kết", "góp", "tháng"),
}
"""First words of what was done that begin no name of an agency or a document."""


def appendix_name(c: Consolidation, number: str) -> str:
    """ "Phụ lục I"; without a number where there is only one (Decree 30/2020/NĐ-CP)."""
    return f"Phụ lục {number}" if c.indicators else "Phụ lục"


def _unit_names(names: Sequence[str]) -> str:
    """Units one by one, and how many more."""
    more = len(names) - _NAMED_UNITS
    if more <= 0:
        return "; ".join(names)
    return f"{'; '.join(names[:_NAMED_UNITS])}; và {more} đơn vị khác"


def unit_text(entry: LeadEntry, name: str, c: Consolidation) -> str:
    """A unit's text on a row as one run of words, "" for a blank."""
    return flowing(shown(entry.values.get(name), c.schema))


def _cited_evidence(entry: LeadEntry, c: Consolidation) -> str:
    """A document in evidence: "123/QĐ-SXD ngày 09/04/2026: trích yếu; link"; "" where there is none."""
    title, link = (unit_text(entry, name, c) for name in ("evidence_title", "evidence_link"))
    document = flowing(document_words(entry, c.schema))
    return "; ".join(filter(None, (": ".join(filter(None, (document, title))), link)))


def state_of(entry: LeadEntry, row: TaskRow, c: Consolidation) -> str:
    """ "Đang thực hiện, 45%" of one unit on a row."""
    progress, _ = entry_words(entry, row, c)
    share = shown(entry.values.get("percent"), c.schema) if entry.progress == "in_progress" else ""
    return ", ".join(filter(None, (progress, share)))


def full_name(row: TaskRow) -> str:
    """ "Rà soát thủ tục hành chính (I.1)": the text of the plan with its number in Phụ lục I."""
    return f"{_END.sub('', one_line(work_of(row.task)))} ({numbered(row.task)})"


def task_numbers(rows: Iterable[TaskRow]) -> str:
    """ "nhiệm vụ I.1, II.2.1"."""
    return f"nhiệm vụ {codes(rows)}"


def sentence(text: str) -> str:
    """The text as a whole sentence: one full stop at its end."""
    kept = _END.sub("", text)
    return f"{kept[:1].upper()}{kept[1:]}." if kept else ""


def codes(rows: Iterable[TaskRow]) -> str:
    """ "I.1, II.2.1"."""
    return ", ".join(dict.fromkeys(numbered(row.task) for row in rows))


def several(row: TaskRow) -> bool:
    """More than one unit leads the row, so that each text names its unit."""
    return len(row.entries) > 1


def accepted(c: Consolidation) -> int:
    """Units whose return counts."""
    return sum(item.status.counting is not None for item in c.units)


def _plan_cited(c: Consolidation) -> str:
    """First citation of the plan (Decree 30/2020/NĐ-CP): kind, number, day, agency, subject; the unknown left blank."""
    own = c.plan.properties
    number = own.number or _BLANK_NUMBER
    symbol = f"/{own.symbol}" if own.symbol else ""
    day = day_in_words(own.issued_on) if own.issued_on else BLANK_DAY
    agency = name_on(own.agency, own.issued_on) if own.issued_on else c.letterhead[1]
    title = re.sub(r"^kế hoạch\s+", "", one_line(own.title), flags=re.IGNORECASE)
    subject = f"{title[:1].lower()}{title[1:]}" if title else ""
    return f"Kế hoạch số {number}{symbol} {day} của {agency} {subject}".strip()


def report_number(c: Consolidation) -> str:
    """ "        /BC-SXD": the number is left blank, the agency's letters are those of the plan."""
    letters = c.plan.properties.symbol.partition("-")[2]
    return f"{_BLANK_NUMBER}/BC" + (f"-{letters}" if letters else "")


_LETTERS = "abcdđeghiklmnopqrstuvxy"
Detail = Literal["results", "names", "done", "codes", "counts"]
"""How much section II.2 tells: what was done of each task, names alone, names of what is done (the rest by its number
in the appendix), numbers of all, counts alone."""
_NAMED_INDICATORS = 6
"""Indicators named one by one in a sentence."""


def basis(c: Consolidation) -> str:
    """The opening: by which plan, on which period, with figures of which days."""
    return (
        f"Thực hiện {_plan_cited(c)} (sau đây gọi tắt là Kế hoạch), {c.letterhead[1]} báo cáo kết quả thực hiện "
        f"{c.period.title} (số liệu {data_window(c.period)}) như sau:"
    )


def gaps(c: Consolidation, f: Figures) -> str:
    """What is missing, said before anything else; "" when every unit has reported."""
    if not c.missing:
        return ""
    names = _unit_names([f"{unit.name} ({STATES[unit.state].lower()})" for unit in c.missing])
    rows = f.total.progress.get(UNREPORTED, 0)
    silent = f" Vì vậy chưa có đủ kết quả của {count_words(rows)} đầu việc." if rows else ""
    return (
        f"Báo cáo này chưa đầy đủ: còn {count_words(len(c.missing))}/{count_words(f.expected)} đơn vị chưa có báo cáo "
        f"được chấp nhận, gồm: {names}.{silent} Nội dung chưa được báo cáo không tính là «chưa thực hiện»."
    )


def result_parts(view: Overview) -> dict[str, tuple[Paragraph, ...]]:
    """Sections I and II but for the groups of tasks, by their names in the template."""
    c, f = view.consolidation, view.figures
    return {"steering": _steering(c, f), "overall": _overall(view), "indicators": _indicators(c, f)}


def _steering(c: Consolidation, f: Figures) -> tuple[Paragraph, ...]:
    """Section I: the office's own words on its steering, then who had to report and did."""
    own = c.office_texts.get("steering", "")
    told = (
        Paragraph(sentence(one_line(own)))
        if own
        else placeholder("Bổ sung: văn bản chỉ đạo, điều hành đã ban hành và việc kiểm tra, đôn đốc trong kỳ")
    )
    return (told, Paragraph(_reported(c, f)))


def _reported(c: Consolidation, f: Figures) -> str:
    if not f.accepted:
        asked = count_words(f.expected)
        return f"Đến thời điểm tổng hợp, chưa có đơn vị nào trong {asked} phòng, đơn vị gửi báo cáo đạt yêu cầu."
    if c.months:
        return _reported_by_month(c, f)
    late = [item.status for item in c.units if item.status.counting is not None and not item.status.on_time]
    words = f"Đến thời điểm tổng hợp, {count_words(f.accepted)}/{count_words(f.expected)} phòng, đơn vị đã gửi báo cáo "
    words += f"(hạn gửi ngày {vietnamese_date(c.period.due)})"
    if not late:
        return f"{words}, {'đều ' if f.accepted > 1 else ''}đúng hạn."
    names = _unit_names([_late(unit) for unit in late])
    on_time = f"{count_words(f.on_time)} đơn vị gửi đúng hạn, " if f.on_time else ""
    return f"{words}, trong đó {on_time}{count_words(len(late))} đơn vị gửi chậm: {names}."


def _reported_by_month(c: Consolidation, f: Figures) -> str:
    """Of a longer period made of its months: whose reports, and which are lacking."""
    told = f"Số liệu được tổng hợp từ báo cáo {', '.join(c.months)} của {count_words(f.accepted)} phòng, đơn vị."
    lacking = [item.message for item in c.status.period_findings if item.code in _MONTHS_LACKING]
    if len(lacking) > _NAMED_INDICATORS:
        lacking = [f"Còn {count_words(len(lacking))} đơn vị chưa đủ báo cáo của các tháng."]
    return " ".join((told, *lacking))


_MONTHS_LACKING = ("MONTH_WITHOUT_UNIT", "MONTH_NOT_ISSUED")


def _late(unit: UnitStatus) -> str:
    return f"{unit.name} (chậm {count_words(unit.days_late)} ngày)"


def _overall(view: Overview) -> tuple[Paragraph, ...]:
    """II.1: how many of how many, on time or not, against the period before."""
    c, total = view.consolidation, view.figures.total
    sections = len(view.figures.sections)
    counts = listed(total.stages, stage_buckets(c), total.total)
    first = (
        f"Kế hoạch có {count_words(total.total)} đầu việc thuộc {count_words(sections)} nhóm nhiệm vụ. Tính đến ngày "
        f"{vietnamese_date(c.cutoff)}: {counts}."
    )
    return tuple(Paragraph(words) for words in (first, _moved(view)) if words)


def _moved(view: Overview) -> str:
    """What is otherwise than in the period before."""
    if view.before is None:
        return ""
    pairs = [(f.total.done, f.total.overdue) for f in (view.before, view.figures)]
    words = ("hoàn thành", "quá hạn")
    told = [
        f"số đầu việc {name} {_change(before, now)}"
        for name, before, now in zip(words, *pairs, strict=True)
        if before or now
    ]
    return f"So với {view.before_title}: {', '.join(told)}." if told else ""


def _change(before: int, now: int) -> str:
    one, other = count_words(before), count_words(now)
    if before == now:
        return f"vẫn là {one}"
    return f"tăng từ {one} lên {other}" if now > before else f"giảm từ {one} xuống {other}"


@frozen
class SectionText:
    """A group of tasks in II.2."""

    title: str
    part: Paragraph


def by_section(c: Consolidation, f: Figures, detail: Detail, room: Room = WHOLE) -> Iterator[SectionText]:
    """II.2: for each group of tasks its heading and what was done, in running sentences."""
    for index, section in enumerate(f.sections):
        mark = f"{_LETTERS[index]})" if index < len(_LETTERS) else f"2.{index + 1}."
        rows = [row for row in c.tasks if row.task.section == section.code]
        yield SectionText(
            f"{mark} Nhóm {section.code}. {section.title}", _section(c, section, rows, _Depth(detail, room.longest))
        )


@frozen
class _Depth:
    """How much is told, and how long a unit's own text may be to stand in the sentence."""

    detail: Detail
    longest: int


def _section(c: Consolidation, section: RowCounts, rows: list[TaskRow], depth: _Depth) -> Paragraph:
    parts, detail = [_counts(c, section)], depth.detail
    finished = [row for row in rows if row.standing.state == "reported" and row.standing.progress == "done"]
    if finished and detail == "codes":
        parts.append(f"Trong kỳ đã hoàn thành {task_numbers(finished)}.")
    elif finished and detail != "counts":
        parts.append(f"Trong kỳ đã hoàn thành: {_enumerated([_completed(row, c, detail) for row in finished])}.")
    for progress, words in (("in_progress", "Đang triển khai"), ("ongoing", "Thực hiện thường xuyên")):
        told = [row for row in rows if row.standing.state == "reported" and row.standing.progress == progress]
        told += [row for row in rows if is_silent(row) and any(e.progress == progress for e in row.entries)]
        if told and detail in ("results", "names"):
            parts.append(f"{words}: {_enumerated([_under_way(row, c, depth) for row in told])}.")
        elif told and detail != "counts":
            parts.append(f"{words} nhiệm vụ {', '.join(_share(row, c) for row in told)}.")
    idle = [row for row in rows if row.standing.progress == "not_started"]
    if idle and detail in ("results", "names"):
        parts.append(f"Chưa thực hiện: {_enumerated([full_name(row) for row in idle])}.")
    elif idle and detail != "counts":
        parts.append(f"Chưa thực hiện {task_numbers(idle)}.")
    return Paragraph(" ".join(parts))


def _share(row: TaskRow, c: Consolidation) -> str:
    """ "II.1 (45%)"."""
    share = unit_text(row.entries[0], "percent", c) if len(row.entries) == 1 else ""
    return f"{numbered(row.task)} ({share})" if share else numbered(row.task)


def _enumerated(items: list[str]) -> str:
    """Several items numbered, as units' own words have semicolons: "(1) …; (2) …"."""
    return items[0] if len(items) == 1 else "; ".join(f"({n}) {item}" for n, item in enumerate(items, start=1))


def _counts(c: Consolidation, section: RowCounts) -> str:
    stages = {words: count for words, count in section.stages.items() if count}
    if len(stages) == 1:
        words = in_sentence(next(iter(stages)))
        return f"Có {count_words(section.total)} đầu việc{', đều' if section.total > 1 else ''} {words}."
    return f"Có {count_words(section.total)} đầu việc: {listed(stages, stage_buckets(c), None)}."


def _completed(row: TaskRow, c: Consolidation, detail: Detail) -> str:
    """What is done with the documents that prove it; their subjects and links stand in the appendix."""
    proofs = "; ".join(dict.fromkeys(proof for entry in row.entries if (proof := _proof(entry, c, detail))))
    return f"{full_name(row)}" + (f", minh chứng: {proofs}" if proofs else "")


def _proof(entry: LeadEntry, c: Consolidation, detail: Detail) -> str:
    if detail == "results":
        return _cited_evidence(entry, c)
    return flowing(document_words(entry, c.schema))


def _under_way(row: TaskRow, c: Consolidation, depth: _Depth) -> str:
    told = []
    for entry in row.entries:
        share = unit_text(entry, "percent", c) if entry.progress == "in_progress" else ""
        result = unit_text(entry, "result", c).rstrip(" .;:,") if depth.detail == "results" and not entry.before else ""
        result = _continued(result) if len(result) <= depth.longest else ""
        words = ", ".join(filter(None, (f"đạt {share}" if share else "", result)))
        if words:
            told.append(f"{entry.name}: {words}" if several(row) else words)
    return f"{full_name(row)}" + (f": {'; '.join(told)}" if told else "")


def _indicators(c: Consolidation, f: Figures) -> tuple[Paragraph, ...]:
    """II.3: counts of indicators, those reached by name; nothing where the plan has none."""
    if not c.indicators:
        return ()
    total = len(c.indicators)
    words = [f"Trong {count_words(total)} chỉ tiêu của Kế hoạch: {listed(f.states, INDICATOR_STATES, total)}."]
    if len(groups_of(c)) > 1:
        counts = ((number, f.indicators[number]) for number, _ in groups_of(c))
        reached = [(number, count_words(of.get(REACHED, 0)), count_words(sum(of.values()))) for number, of in counts]
        told_of = "; ".join(f"nhóm {number} đạt {part}/{whole}" for number, part, whole in reached)
        words.append(f"Theo nhóm chỉ tiêu: {told_of}.")
    for state, told in ((REACHED, "Các chỉ tiêu đã đạt"), (UNDER_WAY, "Các chỉ tiêu còn phải phấn đấu")):
        rows = [row for row in c.indicators if indicator_state(row) == state]
        if 0 < len(rows) <= _NAMED_INDICATORS:
            words.append(f"{told}: {'; '.join(_indicator(row) for row in rows)}.")
    return (Paragraph(" ".join(words)),)


def _indicator(row: IndicatorRow) -> str:
    """ "Tỷ lệ hồ sơ trực tuyến 85%, mục tiêu ≥ 90%, còn 5 điểm % đến 31/12/2026"."""
    name = one_line(row.indicator.indicator).rstrip(" .;:,…")
    told = [
        f"{entry.name} {words}" if len(row.entries) > 1 else words
        for entry in row.entries
        if (words := entry_result(row, entry))
    ]
    reached = f"{name} ({'; '.join(told)})" if row.measure == "choice" else f"{name} đạt {'; '.join(told)}"
    gaps_told = [gap_words(row, entry) for entry in row.entries if len(row.entries) == 1 and not entry.reached]
    return ", ".join(filter(None, (reached, f"mục tiêu {row.indicator.target.text}", *gaps_told)))


def missed_indicators(c: Consolidation, most: int = LISTED) -> Iterator[Paragraph]:
    """Targets whose day has come and that were not reached: shortcomings."""
    rows = [row for row in c.indicators if indicator_state(row) == MISSED]
    if rows:
        lead = f"Có {count_words(len(rows))} chỉ tiêu không đạt mục tiêu khi đến hạn"
        if len(rows) > most:
            yield Paragraph(f"{lead} (nêu tại {appendix_name(c, 'II')}).")
        else:
            yield Paragraph(f"{lead}: {'; '.join(_indicator(row) for row in rows)}.")
