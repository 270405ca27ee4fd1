"""The words of the report: codes as leaders read them; dates, numbers, results and gaps as shown."""

from __future__ import annotations

import datetime as dt
import re

from nq57xl.forms.model import ReceivedBasis, Value
from nq57xl.forms.shared_cells import cited
from nq57xl.ledger.model import EditKind, UnitState, UnitStatus
from nq57xl.plan.model import Measure, Task
from nq57xl.results.consolidation import (
    Consolidation,
    IndicatorEntry,
    IndicatorRow,
    LeadEntry,
    RowStanding,
    TaskRow,
    Timeliness,
)
from nq57xl.rules.schema import Field, Schema, vietnamese_date, vietnamese_number, vietnamese_percent
from nq57xl.text.clock import moment_words
from nq57xl.text.legacy import clean, one_line

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
_OPEN_STAGES = {"on_track": 2, "at_risk": 3, "overdue": 4, "undated": 5}
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


def progress_words(schema: Schema) -> dict[str, str]:
    """Progress code -> words, in the order of the list."""
    return {item.code: item.title for item in schema.lists["progress"]}


def standing_words(standing: RowStanding, c: Consolidation) -> tuple[str, str]:
    """Progress, in the words that the office chose, and timeliness of a row; one that nobody reported has none."""
    states = {
        "done_before": DONE_BEFORE,
        "unreported": UNREPORTED,
        "partly_reported": PARTLY_REPORTED,
        "outside": OUTSIDE,
    }
    if standing.state != "reported" or standing.timeliness is None:
        return states.get(standing.state, UNREPORTED), ""
    return _told(standing.progress or "", standing.timeliness, c)


def entry_words(entry: LeadEntry, row: TaskRow, c: Consolidation) -> tuple[str, str]:
    """The same of one unit's entry on a row."""
    if entry.before or (row.standing.state == "done_before" and not entry.reported):
        return DONE_BEFORE, ""
    if entry.progress is None or entry.timeliness is None:
        return (UNREPORTED if entry.expected else OUTSIDE), ""
    return _told(entry.progress, entry.timeliness, c)


def _told(progress: str, timeliness: Timeliness, c: Consolidation) -> tuple[str, str]:
    """Progress, and how the row stands against its deadline; "" where there is nothing to say."""
    words = c.vocabulary.word(progress, timeliness.code) or progress_words(c.schema)[progress]
    undated = progress == "done" and timeliness.code == "undated"
    return words, "" if undated else TIMELINESS.get(timeliness.code, "")


def days_words(timeliness: Timeliness | None) -> str:
    """ "Quá hạn 14 ngày", "Chậm 3 ngày", "Còn 5 ngày"; "" where no days are counted."""
    if timeliness is None or timeliness.days is None:
        return ""
    days = timeliness.days
    counted = {"overdue": f"Quá hạn {-days} ngày", "late": f"Chậm {days} ngày"}
    return counted.get(timeliness.code) or (f"Còn {days} ngày" if timeliness.code in ("at_risk", "on_track") else "")


def days_left(left: int) -> str:
    """ "còn 3 ngày", "hôm nay là ngày cuối", "đã quá hạn 2 ngày"."""
    if left == 0:
        return "hôm nay là ngày cuối"
    return f"còn {left} ngày" if left > 0 else f"đã quá hạn {-left} ngày"


def stage_words(standing: RowStanding) -> str:
    """Which of STAGES a whole row is in."""
    if standing.state == "done_before":
        return STAGES[0]
    if standing.state == "outside":
        return OUTSIDE
    return _stage(standing.progress, standing.timeliness)


def entry_stage(entry: LeadEntry, row: TaskRow) -> str:
    """The same of one unit's entry on a row."""
    if entry.before or (row.standing.state == "done_before" and not entry.reported):
        return STAGES[0]
    return _stage(entry.progress, entry.timeliness) if entry.reported or entry.expected else OUTSIDE


def _stage(progress: str | None, timeliness: Timeliness | None) -> str:
    if progress is None or timeliness is None:
        return UNREPORTED
    if progress == "done":
        return STAGES[1 if timeliness.code == "late" else 0]
    return STAGES[_OPEN_STAGES.get(timeliness.code, 6)]


def progress_order(c: Consolidation) -> tuple[str, ...]:
    """Every wording of a reported row, most advanced first, each once."""
    order = ("done", "in_progress", "ongoing", "not_started", "not_arisen")
    own = progress_words(c.schema)
    worded = [word for code in order for word in (c.vocabulary.words.get(code) or {"": own[code]}).values()]
    return tuple(dict.fromkeys(worded))


def work_of(task: Task) -> str:
    """What is to be done, in one text: the sub-task, or the task where there is none."""
    return task.subtask or task.task


def numbered(task: Task) -> str:
    """Number of a row as leaders cite it: "II.2.1"."""
    return f"{task.section}.{task.subnumber or task.number}"


def due_words(task: Task) -> str:
    """Deadline as printed, with the day that counts beneath where it is not the text itself."""
    due, text = task.due, task.deadline.text
    if due is None or vietnamese_date(due) in text or f"{due.day}/{due.month}/{due.year}" in text:
        return text
    word = "Hạn chuẩn" if task.standard_deadline else "Tính đến"
    return f"{text}\n({word}: {vietnamese_date(due)})".strip()


def field_of(schema: Schema, value: Value) -> Field | None:
    """The field that a typed cell belongs to, None when the schema no longer has it."""
    for table in schema.tables:
        if table.name == value.table:
            return next((item for item in table.fields if item.name == value.field), None)
    return None


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
    field = field_of(schema, value)
    if isinstance(content, str):
        items = schema.lists.get(field.choices, ()) if field is not None and field.choices else ()
        return next((item.title for item in items if item.code == content), content)
    fraction = field is not None and (field.type == "percent" or (field.type == "measure" and percent))
    return vietnamese_percent(content) if fraction else vietnamese_number(content)


def table_title(schema: Schema, name: str) -> str:
    """Title of a table; its name when the schema does not know it."""
    return next((item.title for item in schema.tables if item.name == name), name)


def field_title(schema: Schema, value: Value) -> str:
    """Title of a typed cell's field; its name when the schema does not know it."""
    field = field_of(schema, value)
    return value.field if field is None else field.title


def evidence_words(entry: LeadEntry, schema: Schema) -> str:
    """Evidence as documents are cited: number, date, abstract; the link on its own line."""
    title, link = (shown(entry.values.get(name), schema) for name in ("evidence_title", "evidence_link"))
    document = document_words(entry, schema)
    told = ": ".join(filter(None, (document, title)))
    return "\n".join(filter(None, (told, link)))


def document_words(entry: LeadEntry, schema: Schema) -> str:
    """Number and date as the unit cites its documents in one cell, else put together: "123/QĐ ngày 09/04/2026"."""
    number, day = (entry.values.get(name) for name in ("evidence_number", "evidence_date"))
    if whole := cited(number, day):
        return whole
    first, second = shown(number, schema), shown(day, schema)
    return " ".join(filter(None, (first, f"ngày {second}" if second else "")))


def source_anchor(unit: str, table: str, key: str) -> str:
    """Name of the place where the typed cells of a unit's row begin in "Nguồn số liệu"."""
    return f"source|{unit}|{table}|{key}"


def excluded_words(unit: UnitStatus) -> str:
    """ "Bản nhận lúc 08:05 ngày 17/04/2026 không đưa vào tổng hợp: lý do", for each return left out; "" for none."""
    words = "; ".join(
        f"bản nhận lúc {moment_words(item.judged.source.received_at)} không đưa vào tổng hợp: {item.excluded}"
        for item in unit.excluded
    )
    return words[:1].upper() + words[1:]


def report_title(c: Consolidation) -> str:
    """Subject of the report: "Kết quả thực hiện Kế hoạch triển khai ..."."""
    title = one_line(c.plan.properties.title)
    if not title.casefold().startswith("kế hoạch"):
        title = f"Kế hoạch {title[:1].lower()}{title[1:]}"
    return f"Kết quả thực hiện {title}"


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
    number = _points(difference, measure)
    unit = " điểm %" if measure == "percent" and number else ""
    return f"{'+' if number > 0 else ''}{vietnamese_number(number)}{unit}"


def entry_result(row: IndicatorRow, entry: IndicatorEntry) -> str:
    """What one unit reported of an indicator; with numerator and denominator where they were given."""
    words = result_text(entry.shown, row.measure)
    if not entry.computed:
        return words
    cells = [entry.values[name].value for name in ("numerator", "denominator")]
    return words + f" ({'/'.join(vietnamese_number(cell) for cell in cells if isinstance(cell, int | float))})"


def gap_words(row: IndicatorRow, entry: IndicatorEntry) -> str:
    """ "thấp hơn mục tiêu 4,5 điểm %", or what is still to go by when; "" where no gap can be told."""
    if not entry.gap:
        return ""
    number = _points(entry.gap, row.measure)
    unit = " điểm %" if row.measure == "percent" else ""
    if not entry.reached and not row.judged:
        return f"còn {vietnamese_number(abs(number))}{unit} đến ngày {vietnamese_date(row.due)}"
    return f"{'cao' if number > 0 else 'thấp'} hơn mục tiêu {vietnamese_number(abs(number))}{unit}"


def _points(difference: float, measure: Measure) -> float:
    return round(difference * 100, 8) if measure == "percent" else round(difference, 6)


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
