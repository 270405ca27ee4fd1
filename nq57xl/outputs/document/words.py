"""Words and sentences of the document: how texts of units become parts of a paragraph, how documents are cited."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from attrs import frozen

from nq57xl.forms.wording import day_in_words
from nq57xl.plan.model import name_on
from nq57xl.results.consolidation import Consolidation, LeadEntry, TaskRow
from nq57xl.results.wording import begun, document_words, entry_words, flowing, numbered, shown, work_of
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


def continued(text: str) -> str:
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


def unit_names(names: Sequence[str]) -> str:
    """Units one by one, and how many more."""
    more = len(names) - _NAMED_UNITS
    if more <= 0:
        return "; ".join(names)
    return f"{'; '.join(names[:_NAMED_UNITS])}; và {more} đơn vị khác"


def unit_text(entry: LeadEntry, name: str, c: Consolidation) -> str:
    """A unit's text on a row as one run of words, "" for a blank."""
    return flowing(shown(entry.values.get(name), c.schema))


def cited_evidence(entry: LeadEntry, c: Consolidation) -> str:
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


def nobody(c: Consolidation, words: str) -> str:
    """The sentence for what no accepted report tells; where none was accepted, that is said instead."""
    return words if accepted(c) else "Đến thời điểm báo cáo, chưa nhận được báo cáo của các đơn vị về nội dung này."


def rows_with(c: Consolidation, test: Callable[[TaskRow], bool]) -> list[TaskRow]:
    """Rows of the plan that pass, in its order."""
    return [row for row in c.tasks if test(row)]


def _agency_name(c: Consolidation) -> str:
    """The agency that reports."""
    return c.letterhead[1]


def plan_cited(c: Consolidation) -> str:
    """First citation of the plan (Decree 30/2020/NĐ-CP): kind, number, day, agency, subject; the unknown left blank."""
    own = c.plan.properties
    number = own.number or _BLANK_NUMBER
    symbol = f"/{own.symbol}" if own.symbol else ""
    day = day_in_words(own.issued_on) if own.issued_on else BLANK_DAY
    agency = name_on(own.agency, own.issued_on) if own.issued_on else _agency_name(c)
    title = re.sub(r"^kế hoạch\s+", "", one_line(own.title), flags=re.IGNORECASE)
    subject = f"{title[:1].lower()}{title[1:]}" if title else ""
    return f"Kế hoạch số {number}{symbol} {day} của {agency} {subject}".strip()


def report_number(c: Consolidation) -> str:
    """ "        /BC-SXD": the number is left blank, the agency's letters are those of the plan."""
    letters = c.plan.properties.symbol.partition("-")[2]
    return f"{_BLANK_NUMBER}/BC" + (f"-{letters}" if letters else "")


def in_full(name: str) -> str:
    """A recipient without the abbreviation of letterheads: "UBND tỉnh" is "Ủy ban nhân dân tỉnh"."""
    return re.sub(r"\bUBND\b", "Ủy ban nhân dân", name)
