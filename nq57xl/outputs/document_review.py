"""Sections III to V of the document: what stands out, what falls short and why, what comes next, what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from attrs import frozen

from nq57xl.outputs.document_results import (
    LISTED,
    Paragraph,
    Room,
    accepted,
    appendix_name,
    codes,
    full_name,
    missed_indicators,
    part,
    placeholder,
    sentence,
    several,
    task_numbers,
    unit_text,
)
from nq57xl.outputs.overview_page import count_words, indicator_words
from nq57xl.plan.periods import next_period
from nq57xl.results.consolidation import Consolidation, TaskRow
from nq57xl.results.overview import (
    NO_LEVEL,
    AskedDecision,
    Overview,
    is_silent,
    timely,
)
from nq57xl.results.wording import (
    begun,
    flowing,
    numbered,
    percent_of,
    shown,
)
from nq57xl.rules.movement import explained_movement
from nq57xl.rules.schema import vietnamese_date
from nq57xl.text.legacy import one_line

_LEAST_NAMED = 3
"""Late tasks that are named whatever the room."""
_LEAST_ASKED, _LEAST_LONG = 2, 250
"""Decisions of a level, and their letters, that are told whatever the room: the reader is asked for them."""


def review_parts(view: Overview, room: Room) -> dict[str, tuple[Paragraph, ...]]:
    """Sections III to V by their names in the template."""
    return {
        "highlights": _highlights(view),
        "shortcomings": _shortcomings(view, room),
        "causes": _difficulties(view, room),
        "next_period": _next_period_work(view, room),
        "proposals": _proposals(view, room),
    }


def _highlights(view: Overview) -> tuple[Paragraph, ...]:
    """III.1: the office's own judgement, then the figures that speak for it."""
    c, total = view.consolidation, view.figures.total
    own = c.office_texts.get("judgement", "")
    judgement = (
        Paragraph(sentence(one_line(own)))
        if own
        else placeholder("Bổ sung nhận định chung: kết quả nổi bật nhất trong kỳ, mức độ hoàn thành so với yêu cầu")
    )
    if not accepted(c):
        return (judgement, Paragraph(_nobody(c, "")))
    done = total.done
    now = sum(row.standing.state == "reported" and row.standing.progress == "done" for row in c.tasks)
    words = f"Lũy kế đã hoàn thành {count_words(done)}/{count_words(total.total)} đầu việc"
    words += f" ({percent_of(done, total.total)})"
    if not done:
        words = f"Chưa có đầu việc nào trong {count_words(total.total)} đầu việc hoàn thành"
    words += f", riêng trong kỳ hoàn thành {count_words(now)} đầu việc (nêu tại mục II)." if now else "."
    return (judgement, Paragraph(f"{words} {indicator_words(view.figures)}".strip()))


def _shortcomings(view: Overview, room: Room) -> tuple[Paragraph, ...]:
    """III.2: what is late, each with its reason and remedy; what _nobody reported on; targets that were missed."""
    c, most = view.consolidation, max(room.most, _LEAST_NAMED)
    parts = (*_late(c, most, room.longest), *_finished_late(c, most), *_silent(c), *missed_indicators(c, most))
    nothing = (Paragraph(_nobody(c, "Trong kỳ không có đầu việc quá hạn hoặc có nguy cơ chậm.")),)
    return (parts or nothing) + tuple(_explained_movements(c, most))


def _explained_movements(c: Consolidation, most: int) -> Iterator[Paragraph]:
    """One sentence on figures that moved oddly since the period before, as their units explained them."""
    told = []
    for report in c.units:
        judged = report.status.counting.judged if report.status.counting is not None else None
        for item in judged.findings if judged is not None else ():
            if explained := explained_movement(item):
                what, why = explained
                words = f"{what.rstrip('.')}, do đơn vị giải trình: {one_line(why).strip('«».')}"
                told.append(f"{report.status.name} ({item.task}): {words}")
    lead = f"Có {count_words(len(told))} biến động số liệu so với kỳ trước đã được đơn vị giải trình"
    if len(told) > most:
        yield Paragraph(f"{lead} (nêu tại {appendix_name(c, 'I')}).")
    elif told:
        yield part(lead, told)


def _late(c: Consolidation, most: int, longest: int) -> Iterator[Paragraph]:
    margin = c.plan.settings.at_risk_days
    groups: tuple[tuple[str, str, Callable[[int], str]], ...] = (
        ("overdue", "đầu việc quá hạn, chưa hoàn thành", lambda days: f"quá hạn {count_words(-days)} ngày"),
        (
            "at_risk",
            f"đầu việc còn không quá {count_words(margin)} ngày là đến hạn",
            lambda d: f"còn {count_words(d)} ngày",
        ),
    )
    for code, words, days in groups:
        rows = _rows_with(c, timely(code))
        named = sorted(rows, key=_left)[:most] if len(rows) > most else rows
        items = [_with_reason(row, c, days, 2 * longest) for row in named]
        if len(rows) > most:
            items.append(f"{count_words(len(rows) - most)} đầu việc khác nêu tại {appendix_name(c, 'I')}")
        if rows:
            yield part(f"Có {count_words(len(rows))} {words}", items)
        if code == "overdue":
            yield from _to_explain(rows, c)


def _to_explain(rows: list[TaskRow], c: Consolidation) -> Iterator[Paragraph]:
    """What the office has to say of overdue tasks, since their units did not: the reason, the remedy."""
    bare = [row for row in rows if not any(_has(row, "cause", c))]
    if bare:
        yield placeholder(f"Bổ sung nguyên nhân chậm và biện pháp khắc phục của nhiệm vụ {codes(bare)}")
    remedies = ("next_work", "proposal")
    helpless = [row for row in rows if row not in bare and not any(any(_has(row, name, c)) for name in remedies)]
    if helpless:
        yield placeholder(f"Bổ sung biện pháp khắc phục của nhiệm vụ {codes(helpless)}")


def _left(row: TaskRow) -> int:
    """Days to the deadline, fewer than none for what is overdue."""
    return (row.standing.timeliness.days or 0) if row.standing.timeliness else 0


def _has(row: TaskRow, field: str, c: Consolidation) -> Iterator[str]:
    return (text for entry in row.entries if (text := unit_text(entry, field, c)))


def _with_reason(row: TaskRow, c: Consolidation, words: Callable[[int], str], longest: int) -> str:
    """ "Làm sạch dữ liệu (IV.4), Văn phòng Sở, hạn 31/03/2026, quá hạn 14 ngày. Nguyên nhân: … Biện pháp: …"; where the
    units' words are longer than `longest` letters, they stand in the appendix alone."""
    state, due = row.standing.timeliness, row.task.due
    days = words(state.days) if state is not None and state.days is not None else ""
    names = ", ".join(entry.name for entry in row.entries)
    first = ", ".join(filter(None, (full_name(row), names, f"hạn {vietnamese_date(due)}" if due else "", days)))
    told = [first]
    for label, field in _OF_LATE:
        texts = [
            f"{entry.name}: {text}" if several(row) else begun(text)
            for entry in row.entries
            if (text := unit_text(entry, field, c).rstrip(" .;:,"))
        ]
        if texts:
            told.append(f"{label}: {'; '.join(texts)}")
    if sum(map(len, told[1:])) > longest:
        return f"{first}. Nguyên nhân, biện pháp nêu tại {appendix_name(c, 'I')}"
    return ". ".join(told)


_OF_LATE = (
    ("Khó khăn", "difficulties"),
    ("Nguyên nhân", "cause"),
    ("Biện pháp", "next_work"),
    ("Đề xuất", "proposal"),
)


def _finished_late(c: Consolidation, most: int) -> Iterator[Paragraph]:
    rows = _rows_with(c, timely("late"))
    if rows:
        short = len(rows) > most
        names = (
            f"{f'nhiệm vụ {numbered(row.task)}' if short else full_name(row)}, chậm {count_words(_left(row))} ngày"
            for row in rows
        )
        yield Paragraph(f"Có {count_words(len(rows))} đầu việc hoàn thành sau thời hạn: {'; '.join(names)}.")


def _silent(c: Consolidation) -> Iterator[Paragraph]:
    rows = _rows_with(c, is_silent)
    if rows:
        lead = f"Có {count_words(len(rows))} đầu việc chưa có báo cáo hoặc chưa được báo cáo đủ"
        which = f"nêu tại {appendix_name(c, 'I')}" if len(rows) > LISTED else task_numbers(rows)
        yield Paragraph(f"{lead} ({which}).")


def _difficulties(view: Overview, room: Room) -> tuple[Paragraph, ...]:
    """III.3: each difficulty with its cause and the proposal beside it, the same words told once."""
    c = view.consolidation
    found: dict[str, list[_Told]] = {}
    for item in c.free:
        if item.table == "difficulty":
            texts = [flowing(shown(item.values.get(name), c.schema)) for name in ("content", "cause", "proposal")]
            told = _Told(item.name, None, *(_bare(text) for text in texts))
            found.setdefault(told.content or f"|{item.name}|{item.key}", []).append(told)
    for row in c.tasks:
        if not _is_late(row):
            for entry in row.entries:
                texts = ["" if entry.before else unit_text(entry, n, c) for n in ("difficulties", "cause", "proposal")]
                told = _Told(entry.name, row, *(_bare(text) for text in texts))
                found.setdefault(told.content or f"|{told.cause}", []).append(told)
    items = [_difficulty(told) for told in found.values() if any(item.content or item.cause for item in told)]
    none = "Trong kỳ, các phòng, đơn vị không nêu khó khăn, vướng mắc."
    return (_list_of("Các phòng, đơn vị nêu", items, c, room, none),)


@frozen
class _Told:
    """What one unit tells of one difficulty; each text without a stop at its end."""

    unit: str
    row: TaskRow | None
    """None: it concerns no single task."""
    content: str
    cause: str
    proposal: str


def _bare(text: str) -> str:
    return text.rstrip(" .;:,…")


def _is_late(row: TaskRow) -> bool:
    """It stands under III.2 with its reason and remedy."""
    return timely("overdue")(row) or timely("at_risk")(row)


def _difficulty(told: list[_Told]) -> str:
    who = _whose((item.unit, item.row) for item in told)
    causes = "; ".join(dict.fromkeys(begun(item.cause) for item in told if item.cause))
    asked = "; ".join(dict.fromkeys(begun(item.proposal) for item in told if item.proposal))
    content = told[0].content
    parts = [f"{content} ({who})" if content else f"{causes} ({who})"]
    parts += [f"Nguyên nhân: {causes}"] if causes and content else []
    parts += [f"Đề xuất: {asked}"] if asked else []
    return ". ".join(parts)


def _whose(who: Iterable[tuple[str, TaskRow | None]]) -> str:
    told = list(who)
    names = ", ".join(dict.fromkeys(name for name, _ in told))
    rows = [row for _, row in told if row is not None]
    return f"{names}; {task_numbers(rows)}" if rows else names


def _list_of(lead: str, items: list[str], c: Consolidation, room: Room, none: str = "") -> Paragraph:
    """The paragraph over its items; of many or long ones the first that there is room for, the others by number."""
    kept = [item for item in items if len(item) <= room.longest][: room.most]
    more = len(items) - len(kept)
    if more and not kept:
        where = f"nêu tại {appendix_name(c, 'I')}"
        counted = f" {count_words(more)} " in lead
        return Paragraph(f"{lead} ({where})." if counted else f"{lead}: {count_words(more)} nội dung ({where}).")
    if more:
        kept.append(f"{count_words(more)} nội dung khác nêu tại {appendix_name(c, 'I')}")
    return part(lead, kept, _nobody(c, none))


def _next_period_work(view: Overview, room: Room) -> tuple[Paragraph, ...]:
    """Section IV: what is overdue, what falls due, what the units will do, the same work gathered."""
    c = view.consolidation
    parts = []
    overdue = _rows_with(c, timely("overdue"))
    if overdue:
        parts.append(Paragraph(f"Hoàn thành dứt điểm {count_words(len(overdue))} đầu việc quá hạn nêu tại mục III."))
    if view.due_soon:
        day = vietnamese_date(next_period(c.period, c.plan.properties).cutoff)
        lead = f"Hoàn thành {count_words(len(view.due_soon))} đầu việc đến hạn trong kỳ tới (đến hết ngày {day})"
        items = [
            f"{item.work.rstrip(' .;:,…')} ({item.number}), {', '.join(item.units)}"
            + (f", hạn {vietnamese_date(item.due)}" if item.due else "")
            for item in view.due_soon
        ]
        parts.append(_list_of(lead, items, c, room))
    none = "Các phòng, đơn vị chưa nêu việc kỳ tới."
    parts.append(_list_of("Các phòng, đơn vị tập trung thực hiện", _planned(c), c, room, none))
    return tuple(parts)


def _planned(c: Consolidation) -> list[str]:
    """Units' work of the next period, the same words told once; what late rows need stands with them."""
    found: dict[str, list[tuple[str, TaskRow | None]]] = {}
    for row in c.tasks:
        for entry in row.entries:
            words = "" if entry.before or _is_late(row) else unit_text(entry, "next_work", c).rstrip(" .;:,…")
            if words:
                found.setdefault(words, []).append((entry.name, row))
    return [f"{words} ({_whose(who)})" for words, who in found.items()]


def _proposals(view: Overview, room: Room) -> tuple[Paragraph, ...]:
    """Section V: what is asked for, by the level that decides; then new tasks."""
    c = view.consolidation
    parts: list[Paragraph] = []
    levels = dict.fromkeys(item.level for item in view.decisions)
    for level in levels:
        items = [_asked(item) for item in view.decisions if item.level == level]
        if level == NO_LEVEL:
            parts.append(_list_of("Đề xuất, kiến nghị theo nhiệm vụ", items, c, room))
            parts.append(placeholder("Chọn nội dung trình và ghi rõ cấp quyết định đối với các đề xuất theo nhiệm vụ"))
        else:
            least = Room(max(room.most, _LEAST_ASKED), max(room.longest, _LEAST_LONG))
            own = level if level.startswith("Thuộc thẩm quyền") else f"Thuộc thẩm quyền của {level}"
            parts.append(_list_of(own, items, c, least))
    new = list(_new_tasks(c))
    if new:
        parts.append(_list_of(f"Đề xuất bổ sung {count_words(len(new))} nhiệm vụ vào Kế hoạch", new, c, room))
    return tuple(parts) or (Paragraph(_nobody(c, "Trong kỳ, các phòng, đơn vị không có đề xuất, kiến nghị.")),)


def _asked(item: AskedDecision) -> str:
    tasks = f"; nhiệm vụ {', '.join(item.tasks)}" if item.tasks else ""
    return f"{item.text} ({', '.join(item.units)}{tasks})"


def _new_tasks(c: Consolidation) -> Iterator[str]:
    names = (
        ("deliverable", "sản phẩm"),
        ("lead", "chủ trì"),
        ("deadline", "thời hạn"),
        ("reason", "lý do"),
    )
    found: dict[tuple[str, ...], list[str]] = {}
    for row in c.free:
        if row.table == "proposal" and "title" in row.values:
            texts = tuple(flowing(row.text(name)).rstrip(" .;:,…") for name in ("title", *(name for name, _ in names)))
            found.setdefault(texts, []).append(row.name)
    for texts, units in found.items():
        more = "; ".join(f"{words}: {text}" for (_, words), text in zip(names, texts[1:], strict=True) if text)
        yield f"{texts[0]} ({', '.join(dict.fromkeys(units))} đề xuất" + (f"; {more})" if more else ")")


def _nobody(c: Consolidation, words: str) -> str:
    """The sentence for what no accepted report tells; where none was accepted, that is said instead."""
    return words if accepted(c) else "Đến thời điểm báo cáo, chưa nhận được báo cáo của các đơn vị về nội dung này."


def _rows_with(c: Consolidation, test: Callable[[TaskRow], bool]) -> list[TaskRow]:
    """Rows of the plan that pass, in its order."""
    return [row for row in c.tasks if test(row)]
