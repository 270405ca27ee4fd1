"""The words of the report: codes as leaders read them; dates, numbers, results and gaps as shown."""

from __future__ import annotations

import datetime as dt
import re

from nq57xl.forms.model import ReceivedBasis, Value
from nq57xl.ledger.model import EditKind, UnitState
from nq57xl.plan.model import Measure
from nq57xl.rules.schema import Schema, vietnamese_date, vietnamese_number, vietnamese_percent
from nq57xl.text.legacy import clean

DONE_BEFORE = "Đã hoàn thành trước kỳ"
UNREPORTED = "Chưa báo cáo"
PARTLY_REPORTED = "Chưa báo cáo đủ"
OUTSIDE = "Ngoài diện gửi biểu"
TIMELINESS = {
    "on_time": "Đúng hạn",
    "late": "Hoàn thành quá hạn",
    "on_track": "Trong hạn",
    "at_risk": "Nguy cơ chậm",
    "overdue": "Quá hạn",
    "undated": "Không xác định hạn",
}
"""Of tasks that a deadline says something of: ongoing tasks, those that have not arisen and those done without a known
deadline have no such words."""
STAGES = (
    "Hoàn thành",
    "Hoàn thành quá hạn",
    "Trong hạn",
    "Nguy cơ chậm",
    "Quá hạn",
    "Không xác định hạn",
    "Thường xuyên, chưa phát sinh",
    UNREPORTED,
    OUTSIDE,
)
"""Progress and timeliness in one: what tables and charts count. Each row stands in one, whatever the vocabulary."""
STATES: dict[UnitState, str] = {
    "missing": "Chưa nộp",
    "rejected": "Bị trả lại, chưa nộp lại",
    "accepted": "Đã chấp nhận",
    "accepted_with_warnings": "Đã chấp nhận, còn nội dung cần giải trình",
}
VERDICTS = {
    "accepted": "được chấp nhận",
    "accepted_with_warnings": "được chấp nhận, còn nội dung cần giải trình",
    "rejected": "bị trả lại",
    "unrecognised": "không phải biểu mẫu đã phát hành",
    "duplicate": "đã nhận trước đó",
    "superseded": "đã có bản mới hơn thay thế",
}
EDIT_KINDS: dict[EditKind, str] = {"wording": "Rút gọn câu chữ", "figure": "Sửa số liệu theo điện thoại"}
"""What the office may do by its own hand, as bien-tap.xlsx offers it."""
EDIT_STATES = {
    "applied": "đang áp dụng",
    "outdated": "đơn vị đã gửi lại, không còn áp dụng",
    "unreported": "đơn vị không có báo cáo được chấp nhận",
    "replaced": "đã có biên tập mới hơn",
    "withdrawn": "đã bỏ",
}
BASES: dict[ReceivedBasis, str] = {
    "mail": "Thời điểm thư đến",
    "option": "Do đơn vị tổng hợp ghi",
    "folder": "Ngày ghi ở thư mục nhận",
    "first_seen": "Khi phần mềm nhận tệp lần đầu",
    "corrected": "Đơn vị tổng hợp đã đính chính",
}


def days_left(left: int) -> str:
    """ "còn 3 ngày", "hôm nay là ngày cuối", "đã quá hạn 2 ngày"."""
    if left == 0:
        return "hôm nay là ngày cuối"
    return f"còn {left} ngày" if left > 0 else f"đã quá hạn {-left} ngày"


def shown(value: Value | None, schema: Schema, *, percent: bool = False) -> str:
    """A typed cell as the report shows it: words of a choice, 45%, 10/04/2026, the text itself; "" for a blank.

    `percent`: the row's result is a percentage (of indicators; what a measure is depends on its row).
    """
    if value is None:
        return ""
    content = value.value
    if content is None:
        return value.typed
    if isinstance(content, dt.date):
        return vietnamese_date(content)
    field = schema.find(value.table, value.field)
    if isinstance(content, str):
        return value.choice(schema, field.choices if field is not None else "")
    fraction = field is not None and (field.type == "percent" or (field.type == "measure" and percent))
    return vietnamese_percent(content) if fraction else vietnamese_number(content)


def table_title(schema: Schema, name: str) -> str:
    """Title of a table; its name when the schema does not know it."""
    return next((item.title for item in schema.tables if item.name == name), name)


def field_title(schema: Schema, value: Value) -> str:
    """Title of a typed cell's field; its name when the schema does not know it."""
    field = schema.find(value.table, value.field)
    return value.field if field is None else field.title


def source_anchor(unit: str, table: str, key: str) -> str:
    """Name of the place where the typed cells of a unit's row begin in "Nguồn số liệu"."""
    return f"source|{unit}|{table}|{key}"


def percent_of(part: int, whole: int) -> str:
    """ "62,5%" of a whole; one decimal at most, "" when there is no whole; 100% and 0% of what is just that."""
    if not whole:
        return ""
    share = round(part / whole, 3)
    return vietnamese_percent(min(max(share, 0.001), 0.999) if 0 < part < whole else share)


def result_text(result: float | str | None, measure: Measure) -> str:
    """A result, rounded already, as leaders read it; "" for none."""
    if result is None:
        return ""
    if isinstance(result, str):
        return {"yes": "Có", "no": "Không"}.get(result, result)
    return vietnamese_percent(result) if measure == "percent" else vietnamese_number(result)


def difference_text(difference: float | None, measure: Measure) -> str:
    """ "+5,2 điểm %" of percentages, "+3" of numbers, "0" where nothing moved, "" where nothing can be compared."""
    if difference is None:
        return ""
    number, unit = points(difference, measure)
    return f"{'+' if number > 0 else ''}{vietnamese_number(number)}{unit if number else ''}"


def points(difference: float, measure: Measure) -> tuple[float, str]:
    """A difference of results and its unit: percentage points of percentages."""
    return (round(difference * 100, 8), " điểm %") if measure == "percent" else (round(difference, 6), "")


_BULLET = re.compile(r"^(?:[*•●◦▪·]+|[-–—+]+(?![-–—+0-9.,]))\s*")
"""A sign before a figure is none: "-5% hồ sơ giấy"."""
_CLAUSE_ENDS = (".", ";", ":", "!", "?", "…")


def flowing(text: str) -> str:
    """A unit's text of several lines as one run of words: bullets go, lines are parted by semicolons."""
    joined = ""
    for line in clean(text).split("\n"):
        words = _BULLET.sub("", line).strip()
        if words:
            between = " " if not joined or joined.endswith(_CLAUSE_ENDS) else "; "
            joined = f"{joined}{between}{words}".strip()
    return joined


def begun(text: str) -> str:
    """The text with a capital at its beginning; a word with capitals or digits of its own (eOffice) stays."""
    word = text.partition(" ")[0].rstrip(".,;:")
    return f"{text[:1].upper()}{text[1:]}" if word.isalpha() and word.islower() else text
