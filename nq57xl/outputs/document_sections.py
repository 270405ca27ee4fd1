"""Sections I to V of the document, in sentences: the reporting, what was done, what falls short, what comes next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from attrs import frozen

from nq57xl.outputs.texts import count_words, in_sentence, indicator_words, listed
from nq57xl.plan.periods import next_period
from nq57xl.results.model import INDICATOR_STATES, MISSED, REACHED, UNDER_WAY, FreeRow, IndicatorRow, LeadEntry, TaskRow
from nq57xl.results.overview import NO_LEVEL, Overview
from nq57xl.results.wording import STATES, UNREPORTED, begun, flowing, percent_of, shown
from nq57xl.rules.movement import explained_movement
from nq57xl.rules.schema import vietnamese_date
from nq57xl.text.legacy import one_line

_LISTED = 12
"""Lines of a list in the text; a longer one stands in the appendix alone: a report must stay readable."""
_NAMED_UNITS, _NAMED_INDICATORS = 30, 6
"""Units and indicators named one by one in a sentence."""
_LEAST_NAMED = 3
"""Late tasks that are named whatever the room."""
_LEAST_ASKED, _LEAST_LONG = 2, 250
"""Decisions of a level, and their letters, that are told whatever the room: the reader is asked for them."""
_LETTERS_OF_LINE, _SPACE_AFTER = 76, 0.4
"""Of 14 points over 165 mm; of a paragraph, in lines."""
_END = re.compile(r"[\s.;:,…]+$")
_LETTERS = "abcdđeghiklmnopqrstuvxy"
_BEGINNINGS = {
    *("đã", "đang", "chưa", "sẽ", "cơ", "tiếp", "tổ", "trình", "rà", "xây", "phối", "thực", "triển", "tham", "hoàn"),
    *("lấy", "theo", "cập", "làm", "gửi", "lập", "kết", "góp", "tháng"),
}
"""First words of what was done that begin no name of an agency or a document."""
_OF_LATE = {"difficulties": "Khó khăn", "cause": "Nguyên nhân", "next_work": "Biện pháp", "proposal": "Đề xuất"}
_OF_NEW = {"deliverable": "sản phẩm", "lead": "chủ trì", "deadline": "thời hạn", "reason": "lý do"}


@frozen
class Paragraph:
    """One paragraph with the list under it."""

    lead: str
    items: tuple[str, ...] = ()
    """Each ends with ";", the last with "."."""
    blank: bool = False
    """True: not a text but what the office still has to write here, printed highlighted."""

    @property
    def lines(self) -> float:
        """About how many printed lines it takes."""
        return sum(len(text) // _LETTERS_OF_LINE + 1 + _SPACE_AFTER for text in (self.lead, *self.items))


@frozen
class BodyFit:
    """How much the body of the document has room for; by default what a body that is short anyway has."""

    detail: Literal["results", "names", "done", "codes", "counts"] = "results"
    """How much II.2 tells: what was done of each task, names alone, names of what is done (the rest by its number in
    the appendix), numbers of all, counts alone."""
    most: int = _LISTED
    """Items of a list, and tasks named one by one."""
    longest: int = 100_000
    """Letters of an item; a longer one stands in the appendix alone, never cut."""


@frozen
class DocumentBody:
    """The sections as the template takes them."""

    gaps: str
    """What is missing, said before anything else; "" when every unit has reported."""
    parts: dict[str, tuple[Paragraph, ...]]
    """Paragraphs by their names in the template."""
    groups: tuple[tuple[str, Paragraph], ...]
    """II.2: the heading of each group of tasks, and its text."""

    @property
    def lines(self) -> float:
        """About how many printed lines it takes."""
        parts = [part for paragraphs in self.parts.values() for part in paragraphs]
        parts += [part for title, told in self.groups for part in (told, Paragraph(title))]
        return sum(part.lines for part in (Paragraph(self.gaps), *parts))


def document_body(view: Overview, fit: BodyFit) -> DocumentBody:
    """The sections with as much detail as there is room for."""
    write = _BodyWriter(view, fit)
    parts: dict[str, Iterable[Paragraph]] = {
        "steering": write.steering(),
        "overall": write.overall(),
        "indicators": write.indicators(),
        "highlights": write.highlights(),
        "shortcomings": write.shortcomings(),
        "causes": write.difficulties(),
        "next_period": write.next_period(),
        "proposals": write.proposals(),
    }
    return DocumentBody(write.gaps(), {name: tuple(found) for name, found in parts.items()}, tuple(write.groups()))


class _BodyWriter:
    """Writes the sections of one consolidation; `named`: how many tasks that fall short are named one by one."""

    def __init__(self, view: Overview, fit: BodyFit) -> None:
        self.view, self.fit, self.named = view, fit, max(fit.most, _LEAST_NAMED)
        self.c, self.f = view.consolidation, view.figures

    def gaps(self) -> str:
        c, f = self.c, self.f
        if not c.missing:
            return ""
        names = _unit_names([f"{unit.name} ({STATES[unit.state].lower()})" for unit in c.missing])
        rows = f.total.progress.get(UNREPORTED, 0)
        silent = f" Vì vậy chưa có đủ kết quả của {count_words(rows)} đầu việc." if rows else ""
        return (
            f"Báo cáo này chưa đầy đủ: còn {count_words(len(c.missing))}/{count_words(f.expected)} đơn vị chưa có báo "
            f"cáo được chấp nhận, gồm: {names}.{silent} Nội dung chưa được báo cáo không tính là «chưa thực hiện»."
        )

    def steering(self) -> Iterator[Paragraph]:
        """I: the office's own words on its steering, then who had to report and did."""
        asked = "Bổ sung: văn bản chỉ đạo, điều hành đã ban hành và việc kiểm tra, đôn đốc trong kỳ"
        yield self._own_words("steering", asked)
        yield Paragraph(self._reported())

    def _own_words(self, name: str, asked: str) -> Paragraph:
        own = _bare(one_line(self.c.office_texts.get(name, "")))
        return Paragraph(f"{own[:1].upper()}{own[1:]}.") if own else _placeholder(asked)

    def _reported(self) -> str:
        c, f = self.c, self.f
        if not f.accepted:
            asked = count_words(f.expected)
            return f"Đến thời điểm tổng hợp, chưa có đơn vị nào trong {asked} phòng, đơn vị gửi báo cáo đạt yêu cầu."
        if c.months:  # whose reports, and which are lacking
            codes = ("MONTH_WITHOUT_UNIT", "MONTH_NOT_ISSUED")
            lacking = [item.message for item in c.status.period_findings if item.code in codes]
            if len(lacking) > _NAMED_INDICATORS:
                lacking = [f"Còn {count_words(len(lacking))} đơn vị chưa đủ báo cáo của các tháng."]
            months, units = ", ".join(c.months), count_words(f.accepted)
            return " ".join((f"Số liệu được tổng hợp từ báo cáo {months} của {units} phòng, đơn vị.", *lacking))
        late = [item.status for item in c.units if item.status.counting is not None and not item.status.on_time]
        words = f"Đến thời điểm tổng hợp, {count_words(f.accepted)}/{count_words(f.expected)} phòng, đơn vị đã gửi báo "
        words += f"cáo (hạn gửi ngày {vietnamese_date(c.period.due)})"
        if not late:
            return f"{words}, {'đều ' if f.accepted > 1 else ''}đúng hạn."
        names = _unit_names([f"{unit.name} (chậm {count_words(unit.days_late)} ngày)" for unit in late])
        on_time = f"{count_words(f.on_time)} đơn vị gửi đúng hạn, " if f.on_time else ""
        return f"{words}, trong đó {on_time}{count_words(len(late))} đơn vị gửi chậm: {names}."

    def overall(self) -> Iterator[Paragraph]:
        """II.1: how many of how many, on time or not, against the period before."""
        total = self.f.total
        counts = listed(total.stages, self.c.stages, total.total)
        yield Paragraph(
            f"Kế hoạch có {count_words(total.total)} đầu việc thuộc {count_words(len(self.f.sections))} nhóm nhiệm vụ. "
            f"Tính đến ngày {vietnamese_date(self.c.cutoff)}: {counts}."
        )
        before = self.view.before.total if self.view.before else total
        pairs = {"hoàn thành": (before.done, total.done), "quá hạn": (before.overdue, total.overdue)}
        told = [f"số đầu việc {name} {_change(*pair)}" for name, pair in pairs.items() if any(pair)]
        if self.view.before and told:
            yield Paragraph(f"So với {self.view.before_title}: {', '.join(told)}.")

    def groups(self) -> Iterator[tuple[str, Paragraph]]:
        """II.2: for each group of tasks its heading, counts and what was done, in running sentences."""
        for index, section in enumerate(self.f.sections):
            mark = f"{_LETTERS[index]})" if index < len(_LETTERS) else f"2.{index + 1}."
            rows = [row for row in self.c.tasks if row.task.section == section.code]
            stages = {words: count for words, count in section.stages.items() if count}
            counts = f": {listed(stages, self.c.stages, None)}"
            if len(stages) == 1:
                counts = f"{', đều' if section.total > 1 else ''} {in_sentence(next(iter(stages)))}"
            told = (f"Có {count_words(section.total)} đầu việc{counts}.", *self._done(rows))
            yield f"{mark} Nhóm {section.code}. {section.title}", Paragraph(" ".join(told))

    def _done(self, rows: list[TaskRow]) -> Iterator[str]:
        if self.fit.detail == "counts":
            return
        named = self.fit.detail in ("results", "names")
        reported = [row for row in rows if row.standing.state == "reported"]
        finished = [row for row in reported if row.standing.progress == "done"]
        if finished and self.fit.detail == "codes":
            yield f"Trong kỳ đã hoàn thành {_task_numbers(finished)}."
        elif finished:
            yield f"Trong kỳ đã hoàn thành: {_enumerated(map(self._completed, finished))}."
        for progress, words in (("in_progress", "Đang triển khai"), ("ongoing", "Thực hiện thường xuyên")):
            told = [row for row in reported if row.standing.progress == progress]
            told += [row for row in rows if row.is_silent and any(e.progress == progress for e in row.entries)]
            if told and named:
                yield f"{words}: {_enumerated(map(self._under_way, told))}."
            elif told:
                yield f"{words} nhiệm vụ {', '.join(map(self._share, told))}."
        idle = [row for row in rows if row.standing.progress == "not_started"]
        if idle:
            yield f"Chưa thực hiện{f': {_enumerated(map(_full_name, idle))}' if named else f' {_task_numbers(idle)}'}."

    def _share(self, row: TaskRow) -> str:
        """ "II.1 (45%)"."""
        share = row.entries[0].share(self.c.schema) if len(row.entries) == 1 else ""
        return f"{row.task.cited_number} ({share})" if share else row.task.cited_number

    def _completed(self, row: TaskRow) -> str:
        """What is done with the documents that prove it; where room is short, without their subjects and links."""
        proofs = "; ".join(dict.fromkeys(proof for entry in row.entries if (proof := self._proof(entry))))
        return f"{_full_name(row)}" + (f", minh chứng: {proofs}" if proofs else "")

    def _proof(self, entry: LeadEntry) -> str:
        """A document in evidence: "123/QĐ-SXD ngày 09/04/2026: trích yếu; link"; "" where there is none."""
        document = flowing(entry.document(self.c.schema))
        if self.fit.detail != "results":
            return document
        title, link = (self._said(entry, name) for name in ("evidence_title", "evidence_link"))
        return "; ".join(filter(None, (": ".join(filter(None, (document, title))), link)))

    def _under_way(self, row: TaskRow) -> str:
        told = []
        for entry in row.entries:
            share = entry.share(self.c.schema)
            tells = self.fit.detail == "results" and not entry.before
            result = self._said(entry, "result").rstrip(" .;:,") if tells else ""
            result = _continued(result) if len(result) <= self.fit.longest else ""
            words = ", ".join(filter(None, (f"đạt {share}" if share.endswith("%") else share, result)))
            if words:
                told.append(f"{entry.name}: {words}" if len(row.entries) > 1 else words)
        return f"{_full_name(row)}" + (f": {'; '.join(told)}" if told else "")

    def indicators(self) -> Iterator[Paragraph]:
        """II.3: counts of indicators, those reached by name; nothing where the plan has none."""
        c, f = self.c, self.f
        if not c.indicators:
            return
        total = len(c.indicators)
        words = [f"Trong {count_words(total)} chỉ tiêu của Kế hoạch: {listed(f.states, INDICATOR_STATES, total)}."]
        if len(c.groups) > 1:
            counts = [(number, f.indicators[number]) for number, _ in c.groups]
            reached = [(number, of.get(REACHED, 0), sum(of.values())) for number, of in counts]
            told_of = "; ".join(f"nhóm {number} đạt {count_words(n)}/{count_words(m)}" for number, n, m in reached)
            words.append(f"Theo nhóm chỉ tiêu: {told_of}.")
        for state, told in ((REACHED, "Các chỉ tiêu đã đạt"), (UNDER_WAY, "Các chỉ tiêu còn phải phấn đấu")):
            rows = [row for row in c.indicators if row.state == state]
            if 0 < len(rows) <= _NAMED_INDICATORS:
                words.append(f"{told}: {'; '.join(map(_indicator, rows))}.")
        yield Paragraph(" ".join(words))

    def highlights(self) -> Iterator[Paragraph]:
        """III.1: the office's own judgement, then the figures that speak for it."""
        asked = "Bổ sung nhận định chung: kết quả nổi bật nhất trong kỳ, mức độ hoàn thành so với yêu cầu"
        yield self._own_words("judgement", asked)
        if not self.f.accepted:
            yield Paragraph(self._unless_nobody(""))
            return
        done, whole = self.f.total.done, self.f.total.total
        now = sum(row.standing.state == "reported" and row.standing.progress == "done" for row in self.c.tasks)
        words = f"Lũy kế đã hoàn thành {count_words(done)}/{count_words(whole)} đầu việc ({percent_of(done, whole)})"
        words = words if done else f"Chưa có đầu việc nào trong {count_words(whole)} đầu việc hoàn thành"
        words += f", riêng trong kỳ hoàn thành {count_words(now)} đầu việc (nêu tại mục II)." if now else "."
        yield Paragraph(f"{words} {indicator_words(self.f)}".strip())

    def shortcomings(self) -> Iterator[Paragraph]:
        """III.2: what is late, each with its reason and remedy; what nobody reported on; targets that were missed."""
        found, c = [*self._late()], self.c
        if rows := [row for row in c.tasks if row.stands("late")]:
            many = len(rows) > self.named
            names = [f"nhiệm vụ {row.task.cited_number}" if many else _full_name(row) for row in rows]
            late = [f"{name}, chậm {count_words(_left(row))} ngày" for name, row in zip(names, rows, strict=True)]
            found.append(Paragraph(f"Có {count_words(len(rows))} đầu việc hoàn thành sau thời hạn: {'; '.join(late)}."))
        if rows := [row for row in c.tasks if row.is_silent]:
            which = f"nêu tại {self._appendix('I')}" if len(rows) > _LISTED else _task_numbers(rows)
            lead = f"Có {count_words(len(rows))} đầu việc chưa có báo cáo hoặc chưa được báo cáo đủ"
            found.append(Paragraph(f"{lead} ({which})."))
        if missed := [row for row in c.indicators if row.state == MISSED]:
            many = len(missed) > self.named
            told = f" (nêu tại {self._appendix('II')})" if many else f": {'; '.join(map(_indicator, missed))}"
            lead = f"Có {count_words(len(missed))} chỉ tiêu không đạt mục tiêu khi đến hạn"
            found.append(Paragraph(f"{lead}{told}."))
        yield from found
        if not found:
            yield Paragraph(self._unless_nobody("Trong kỳ không có đầu việc quá hạn hoặc có nguy cơ chậm."))
        yield from self._explained_movements()

    def _late(self) -> Iterator[Paragraph]:
        soon = f"đầu việc còn không quá {count_words(self.c.plan.settings.at_risk_days)} ngày là đến hạn"
        for code, words in (("overdue", "đầu việc quá hạn, chưa hoàn thành"), ("at_risk", soon)):
            rows, named = [row for row in self.c.tasks if row.stands(code)], self.named
            first = sorted(rows, key=_left)[:named] if len(rows) > named else rows
            items = [self._with_reason(row) for row in first]
            if len(rows) > named:
                items.append(f"{count_words(len(rows) - named)} đầu việc khác nêu tại {self._appendix('I')}")
            if rows:
                yield _part(f"Có {count_words(len(rows))} {words}", items)
            if code == "overdue":  # what the office has to say of them, since their units did not
                bare = [row for row in rows if not self._tells(row, "cause")]
                helpless = [row for row in rows if row not in bare and not self._tells(row, "next_work", "proposal")]
                if bare:
                    yield _placeholder(f"Bổ sung nguyên nhân chậm và biện pháp khắc phục của {_task_numbers(bare)}")
                if helpless:
                    yield _placeholder(f"Bổ sung biện pháp khắc phục của {_task_numbers(helpless)}")

    def _tells(self, row: TaskRow, *names: str) -> bool:
        return any(self._said(entry, name) for entry in row.entries for name in names)

    def _with_reason(self, row: TaskRow) -> str:
        """ "Làm sạch dữ liệu (IV.4), Văn phòng Sở, hạn 31/03/2026, quá hạn 14 ngày. Nguyên nhân: … Biện pháp: …".

        Where the units' words take more room than there is, they stand in the appendix alone.
        """
        due, left = row.task.due, _left(row)
        days = f"quá hạn {count_words(-left)} ngày" if row.stands("overdue") else f"còn {count_words(left)} ngày"
        names = ", ".join(entry.name for entry in row.entries)
        first = ", ".join(filter(None, (_full_name(row), names, f"hạn {vietnamese_date(due)}" if due else "", days)))
        told = []
        for field, label in _OF_LATE.items():
            said = ((entry.name, self._said(entry, field).rstrip(" .;:,")) for entry in row.entries)
            texts = [f"{name}: {text}" if len(row.entries) > 1 else begun(text) for name, text in said if text]
            told += [f"{label}: {'; '.join(texts)}"] if texts else []
        if sum(map(len, told)) > 2 * self.fit.longest:
            return f"{first}. Nguyên nhân, biện pháp nêu tại {self._appendix('I')}"
        return ". ".join((first, *told))

    def _explained_movements(self) -> Iterator[Paragraph]:
        """One sentence on figures that moved oddly since the period before, as their units explained them."""
        told = []
        for unit in (report.status for report in self.c.units):
            for item in unit.counting.judged.findings if unit.counting is not None else ():
                if explained := explained_movement(item):
                    what, why = explained
                    words = f"{what.rstrip('.')}, do đơn vị giải trình: {one_line(why).strip('«».')}"
                    told.append(f"{unit.name} ({item.task}): {words}")
        lead = f"Có {count_words(len(told))} biến động số liệu so với kỳ trước đã được đơn vị giải trình"
        if told:
            yield Paragraph(f"{lead} (nêu tại {self._appendix('I')}).") if len(told) > self.named else _part(lead, told)

    def difficulties(self) -> Iterator[Paragraph]:
        """III.3: each difficulty with its cause and the proposal beside it, the same words told once."""
        stated: list[tuple[LeadEntry | FreeRow, TaskRow | None, str, str]] = [
            (item, None, "content", f"|{item.name}|{item.key}") for item in self.c.free if item.table == "difficulty"
        ]
        stated += [(entry, row, "difficulties", "") for row, entry in self._news()]
        found: dict[str, list[tuple[str, TaskRow | None, str, str, str]]] = {}
        for item, row, field, alone in stated:
            content, cause, asked = (_bare(self._said(item, name)) for name in (field, "cause", "proposal"))
            found.setdefault(content or alone or f"|{cause}", []).append((item.name, row, content, cause, asked))
        items = []
        for told in found.values():
            content = told[0][2]
            causes = "; ".join(dict.fromkeys(begun(cause) for *_, cause, _ in told if cause))
            asked = "; ".join(dict.fromkeys(begun(asked) for *_, asked in told if asked))
            if content or causes:
                parts = [f"{content or causes} ({_whose([(name, row) for name, row, *_ in told])})"]
                parts += [f"Nguyên nhân: {causes}"] if causes and content else []
                parts += [f"Đề xuất: {asked}"] if asked else []
                items.append(". ".join(parts))
        none = "Trong kỳ, các phòng, đơn vị không nêu khó khăn, vướng mắc."
        yield self._list_of("Các phòng, đơn vị nêu", items, none=none)

    def next_period(self) -> Iterator[Paragraph]:
        """IV: what is overdue, what falls due, what the units will do, the same work gathered."""
        c, soon = self.c, self.view.due_soon
        if overdue := [row for row in c.tasks if row.stands("overdue")]:
            yield Paragraph(f"Hoàn thành dứt điểm {count_words(len(overdue))} đầu việc quá hạn nêu tại mục III.")
        if soon:
            day = vietnamese_date(next_period(c.period, c.plan.properties).cutoff)
            lead = f"Hoàn thành {count_words(len(soon))} đầu việc đến hạn trong kỳ tới (đến hết ngày {day})"
            named = [(f"{_bare(item.work)} ({item.number}), {', '.join(item.units)}", item.due) for item in soon]
            items = [name + (f", hạn {vietnamese_date(due)}" if due else "") for name, due in named]
            yield self._list_of(lead, items)
        found: dict[str, list[tuple[str, TaskRow | None]]] = {}
        for row, entry in self._news():
            if words := _bare(self._said(entry, "next_work")):
                found.setdefault(words, []).append((entry.name, row))
        planned = [f"{words} ({_whose(who)})" for words, who in found.items()]
        none = "Các phòng, đơn vị chưa nêu việc kỳ tới."
        yield self._list_of("Các phòng, đơn vị tập trung thực hiện", planned, none=none)

    def proposals(self) -> Iterator[Paragraph]:
        """V: what is asked for, by the level that decides; then new tasks."""
        decisions, new = self.view.decisions, [*self._new_tasks()]
        for level in dict.fromkeys(item.level for item in decisions):
            items = []
            for item in (item for item in decisions if item.level == level):
                tasks = f"; nhiệm vụ {', '.join(item.tasks)}" if item.tasks else ""
                items.append(f"{item.text} ({', '.join(item.units)}{tasks})")
            if level == NO_LEVEL:
                yield self._list_of("Đề xuất, kiến nghị theo nhiệm vụ", items)
                yield _placeholder("Chọn nội dung trình và ghi rõ cấp quyết định đối với các đề xuất theo nhiệm vụ")
            else:
                own = level if level.startswith("Thuộc thẩm quyền") else f"Thuộc thẩm quyền của {level}"
                least = BodyFit("results", max(self.fit.most, _LEAST_ASKED), max(self.fit.longest, _LEAST_LONG))
                yield self._list_of(own, items, least)
        if new:
            yield self._list_of(f"Đề xuất bổ sung {count_words(len(new))} nhiệm vụ vào Kế hoạch", new)
        if not decisions and not new:
            yield Paragraph(self._unless_nobody("Trong kỳ, các phòng, đơn vị không có đề xuất, kiến nghị."))

    def _new_tasks(self) -> Iterator[str]:
        found: dict[tuple[str, ...], list[str]] = {}
        for row in self.c.free:
            if row.table == "proposal" and "title" in row.values:
                texts = tuple(_bare(flowing(row.text(name))) for name in ("title", *_OF_NEW))
                found.setdefault(texts, []).append(row.name)
        for (title, *known), units in found.items():
            asked = f"{', '.join(dict.fromkeys(units))} đề xuất"
            more = [f"{words}: {text}" for words, text in zip(_OF_NEW.values(), known, strict=True) if text]
            yield f"{title} ({'; '.join((asked, *more))})"

    def _said(self, row: LeadEntry | FreeRow, name: str) -> str:
        """A unit's text on a row as one run of words, "" for a blank."""
        return flowing(shown(row.values.get(name), self.c.schema))

    def _news(self) -> Iterator[tuple[TaskRow, LeadEntry]]:
        """What units told in this period of rows that are not late: those stand under III.2 with all that is told."""
        for row in self.c.tasks:
            if not (row.stands("overdue") or row.stands("at_risk")):
                yield from ((row, entry) for entry in row.entries if not entry.before)

    def _appendix(self, number: str) -> str:
        """ "Phụ lục I"; without a number where there is only one (Decree 30/2020/NĐ-CP)."""
        return f"Phụ lục {number}" if self.c.indicators else "Phụ lục"

    def _unless_nobody(self, words: str) -> str:
        """The sentence for what no accepted report tells; where none was accepted, that is said instead."""
        nobody = "Đến thời điểm báo cáo, chưa nhận được báo cáo của các đơn vị về nội dung này."
        return words if self.f.accepted else nobody

    def _list_of(self, lead: str, items: list[str], fit: BodyFit | None = None, none: str = "") -> Paragraph:
        """The paragraph over its items; of many or long ones the first that there is room for, the others by number."""
        fit = fit or self.fit
        kept = [item for item in items if len(item) <= fit.longest][: fit.most]
        more = len(items) - len(kept)
        if more and not kept:
            counted = "" if f" {count_words(more)} " in lead else f": {count_words(more)} nội dung"
            return Paragraph(f"{lead}{counted} (nêu tại {self._appendix('I')}).")
        if more:
            kept.append(f"{count_words(more)} nội dung khác nêu tại {self._appendix('I')}")
        return _part(lead, kept, self._unless_nobody(none))


def _whose(who: Sequence[tuple[str, TaskRow | None]]) -> str:
    names = ", ".join(dict.fromkeys(name for name, _ in who))
    rows = [row for _, row in who if row is not None]
    return f"{names}; {_task_numbers(rows)}" if rows else names


def _placeholder(words: str) -> Paragraph:
    """ "[Văn phòng bổ sung: ...]": what only the office can say."""
    return Paragraph(f"[{words}]", blank=True)


def _part(lead: str, items: Iterable[str] = (), none: str = "") -> Paragraph:
    """The paragraph `lead:` over its items; the sentence `none` where there are no items."""
    kept = [begun(item) for item in (_bare(one_line(item)) for item in items) if item]
    if not kept:
        return Paragraph(none or f"{lead}.")
    return Paragraph(f"{lead}:", (*(f"{item};" for item in kept[:-1]), f"{kept[-1]}."))


def _bare(text: str) -> str:
    """The text without a stop at its end."""
    return _END.sub("", text)


def _continued(text: str) -> str:
    """The text as it goes on inside a sentence: the verbs that reports begin with lose their capital, names keep it."""
    word, _, rest = text.partition(" ")
    return f"{word.lower()} {rest}".rstrip() if word.istitle() and word.lower() in _BEGINNINGS else text


def _enumerated(items: Iterable[str]) -> str:
    """Several items numbered, as units' own words have semicolons: "(1) …; (2) …"."""
    first, *more = items
    return "; ".join(f"({n}) {item}" for n, item in enumerate((first, *more), start=1)) if more else first


def _change(before: int, now: int) -> str:
    one, other = count_words(before), count_words(now)
    if before == now:
        return f"vẫn là {one}"
    return f"tăng từ {one} lên {other}" if now > before else f"giảm từ {one} xuống {other}"


def _unit_names(names: Sequence[str]) -> str:
    """Units one by one, and how many more."""
    more = len(names) - _NAMED_UNITS
    return "; ".join((*names[:_NAMED_UNITS], *([f"và {more} đơn vị khác"] if more > 0 else [])))


def _full_name(row: TaskRow) -> str:
    """ "Rà soát thủ tục hành chính (I.1)": the text of the plan with its number in Phụ lục I."""
    return f"{_bare(one_line(row.task.own_work))} ({row.task.cited_number})"


def _task_numbers(rows: Iterable[TaskRow]) -> str:
    """ "nhiệm vụ I.1, II.2.1"."""
    return f"nhiệm vụ {', '.join(dict.fromkeys(row.task.cited_number for row in rows))}"


def _left(row: TaskRow) -> int:
    """Days to the deadline, fewer than none for what is overdue."""
    return (row.standing.timeliness.days or 0) if row.standing.timeliness else 0


def _indicator(row: IndicatorRow) -> str:
    """ "Tỷ lệ hồ sơ trực tuyến 85%, mục tiêu ≥ 90%, còn 5 điểm % đến 31/12/2026"."""
    one = len(row.entries) == 1
    results = [(entry.name, words) for entry in row.entries if (words := row.result_words(entry))]
    told = "; ".join(words if one else f"{name} {words}" for name, words in results)
    name = _bare(one_line(row.indicator.indicator))
    reached = f"{name} ({told})" if row.measure == "choice" else f"{name} đạt {told}"
    gaps = [row.gap_words(entry) for entry in row.entries if one and not entry.reached]
    return ", ".join(filter(None, (reached, f"mục tiêu {row.indicator.target.text}", *gaps)))
