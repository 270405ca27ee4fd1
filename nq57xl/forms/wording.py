"""The sentences of a form that follow from its period and unit: for layout, guide, covering text."""

from __future__ import annotations

import re
from datetime import date

import attrs

from nq57xl.plan.model import Period

AGAIN = "Như kỳ trước"
"""How what is kept begins of a row that is answered so; those words in a cell."""
_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")

_FOOTER_NAME = 90
"""Characters of a unit's name in the footer."""
NOTE_AUTHOR = "nq57xl"
"""Author of our notes on the cells of a form that goes back."""
NOTES = {
    "error": "CẦN SỬA",
    "warning": "NÊN XEM LẠI",
    "remark": "Ý KIẾN",
    "before": "KỲ TRƯỚC",
    "whole": "NGUYÊN VĂN",
}
"""How each line of a note of ours begins: what stands on other lines was added by the unit. `before` repeats the whole
of what was reported before, `whole` that of a text which its cell abridges."""
WHOLE = "_whole"
"""Behind the name of a column: the whole of a text that the column abridges, for a note on its cell."""


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


def page_foot(unit_name: str, period: Period, short_id: str) -> tuple[str, str]:
    """What stands at the foot of every page, left and right: Excel allows 255 characters for the whole of it."""
    line = period_line(attrs.evolve(period, subject=""))
    return f"{shorten(unit_name, _FOOTER_NAME)}. {line}", f"Mã biểu mẫu {short_id}"
