"""The sentences of a form that follow from its period and unit: for layout, guide, covering text."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from datetime import date

import attrs

from nq57xl.plan.model import Period
from nq57xl.xlsx.metrics import Text, row_height

DONE_BEFORE = "Đã hoàn thành trước kỳ"
AGAIN = "Như kỳ trước"
UNCHANGED = "Không thay đổi so với kỳ trước"
"""How what is kept of a statement begins: of the row's own, of the one for all rows."""
ENOUGH = "Đủ"
_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")

NAME = 80
"""Characters of a row's name in lists and links."""
_HIGHEST, _FEW_LINES = 225.0, 6
"""Points of the highest row, 300 pixels on the screen; lines that a text of many letters has at least (letters are half
as wide as digits)."""
_FOOTER_NAME = 90
"""Characters of a unit's name in the footer."""
NOTE_AUTHOR = "nq57xl"
"""Author of our notes on the cells of a form that goes back."""
NOTE_BEFORE = "KỲ TRƯỚC"
"""How the note begins that repeats the whole of what was reported before."""
WHOLE = "_whole"
"""Behind the name of a column: the whole of a text that the column abridges, for a note on its cell."""
NOTE_WHOLE = "NGUYÊN VĂN"
"""How the note begins that repeats the whole of a text which its cell abridges."""
NOTE_WORDS = ("CẦN SỬA", "NÊN XEM LẠI", "Ý KIẾN")
"""Each line of these notes begins with one of them: what stands on other lines was added by the unit."""


def day_in_words(day: date) -> str:
    """ "ngày 17 tháng 4 năm 2026" (Decree 30/2020/NĐ-CP: days under 10 and months 1, 2 take a leading 0)."""
    month = f"{day.month:02d}" if day.month <= 2 else f"{day.month}"
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def deadline_in_words(day: date) -> str:
    """ "Chậm nhất thứ Sáu, ngày 17 tháng 4 năm 2026"."""
    return f"Chậm nhất {_WEEKDAYS[day.weekday()]}, {day_in_words(day)}"


def data_window(period: Period) -> str:
    """ "từ 15/3 đến 14/4/2026"; both years when they differ."""
    start, end = period.start, period.cutoff
    year = f"/{start.year}" if start.year != end.year else ""
    return f"từ {start.day}/{start.month}{year} đến {end.day}/{end.month}/{end.year}"


def period_line(period: Period) -> str:
    """ "Kỳ báo cáo: tháng 4/2026, số liệu từ 15/3 đến 14/4/2026"; of an ad hoc report with what it is about."""
    about = f" ({shorten(period.subject, 120)})" if period.subject else ""
    return f"Kỳ báo cáo: {period.title}{about}, số liệu {data_window(period)}"


def frequency(period: Period) -> str:
    """How often such a report is due, by the kind of period."""
    if "-DX" in period.code:
        return "Đột xuất"
    if "-Q" in period.code:
        return "Hằng quý"
    if "-H" in period.code:
        return "06 tháng một lần"
    if "-9M" in period.code:
        return "09 tháng, mỗi năm một lần"
    return "Hằng tháng" if "-" in period.code else "Hằng năm"


def plan_name(title: str) -> str:
    """The plan's title as part of a sentence: "Kế hoạch triển khai ..."; titles leave the kind of document out."""
    if title.casefold().startswith("kế hoạch"):
        return title
    return f"Kế hoạch {title[:1].lower()}{title[1:]}"


FORM_PREFIX = "NQ57_"
FORM_FILE = re.compile(rf"{FORM_PREFIX}[0-9QHMDX-]+_([A-Za-z0-9]+)", re.IGNORECASE)
"""A form's file by its name, with whatever people put around it; the unit's code is its group."""


def form_file_name(period: str, unit: str, suffix: str = ".xlsx") -> str:
    """Name of a unit's form, or of what goes with it, by the codes of period and unit: NQ57_2026-04_VP.xlsx."""
    return f"{FORM_PREFIX}{period}_{unit}{suffix}"


def shorten(text: str, limit: int = 90) -> str:
    """The text in at most `limit` characters, cut between words."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:-–") + "…"


_LEAST_NAMED = 4
"""Words of a name at least: one with which others begin does not end where they go on."""


def told_apart(texts: Sequence[str]) -> list[str]:
    """The texts in at most `NAME` characters, no two alike that differ: cut to the words that tell them apart."""
    words = [text.split() for text in texts]
    cut = [shorten(text, NAME) for text in texts]
    found = list(cut)
    for number, text in enumerate(cut):
        others = [words[place] for place, other in enumerate(cut) if other == text and place != number]
        if others and words[number] not in others:
            same = max(_common(words[number], other) for other in others)
            start = max(min(same, len(words[number]) - _LEAST_NAMED) - 2, 0)
            found[number] = shorten(f"… {' '.join(words[number][start:])}", NAME)
    return found


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words two texts begin with alike."""
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(other))


def abridged(text: str, width: float) -> str:
    """The text, words left out of the middle of its longest lines where a column of that width makes its row too high.

    Texts of a plan differ at their beginning or at their end.
    """
    lines = text.split("\n")
    if max(len(text), len(lines) * width) < _FEW_LINES * width or _fits(text, width):
        return text
    lines = lines if len(lines) < _FEW_LINES else [" ".join(text.split())]
    longest = bisect_left(range(max(map(len, lines))), 1, key=lambda limit: not _fits(_cut(lines, limit), width))
    return _cut(lines, max(longest - 1, 1))


def _cut(lines: Sequence[str], limit: int) -> str:
    return "\n".join(line if len(line) <= limit else _without_middle(line, limit) for line in lines)


def _without_middle(text: str, limit: int) -> str:
    head = shorten(text, max(limit * 2 // 3, 1))
    tail = text[len(text) - max(limit - len(head), 0) :]
    return f"{head} {tail.partition(' ')[2]}".rstrip()


def _fits(text: str, width: float) -> bool:
    return row_height([Text(text, width, indent=1)]) <= _HIGHEST


def page_foot(unit_name: str, period: Period, short_id: str) -> tuple[str, str]:
    """What stands at the foot of every page, left and right: Excel allows 255 characters for the whole of it."""
    line = period_line(attrs.evolve(period, subject=""))
    return f"{shorten(unit_name, _FOOTER_NAME)}. {line}", f"Mã biểu mẫu {short_id}"
