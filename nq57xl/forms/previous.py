"""Last period beside this one: what the last accepted return said of a row, in the few words of a narrow column."""

from __future__ import annotations

from datetime import date

from nq57xl.forms.wording import DONE_BEFORE, shorten
from nq57xl.records.form import Earlier
from nq57xl.records.returns import Value
from nq57xl.records.schema import Schema
from nq57xl.rules.limits import vietnamese_date, vietnamese_number, vietnamese_percent
from nq57xl.text.metrics import lines_needed

NOTHING_BEFORE = "Chưa có"
_RESULT = 160
"""Characters of the earlier result that are repeated: the whole of it stands in that period's report."""
_LINES = 25
"""Lines of a row: Excel's highest holds 28 of size 11."""
_INDENT = 1.4


def done_earlier(earlier: Earlier) -> bool:
    """The row was reported as done."""
    progress = earlier.values.get("progress")
    return progress is not None and progress.value == "done"


def done_words(earlier: Earlier) -> str:
    """What a locked row says in place of its progress: that it is done, and since when."""
    day = earlier.values.get("completion_date")
    if day is None or not isinstance(day.value, date):
        return DONE_BEFORE
    return f"{DONE_BEFORE} (ngày {vietnamese_date(day.value)})"


def led_before(earlier: Earlier | None, schema: Schema) -> str:
    """ "Tháng 4/2026: Đang thực hiện, 45% – Đã trình dự thảo lần 2"; "Chưa có" where nothing was reported."""
    if earlier is None or "progress" not in earlier.values:
        return NOTHING_BEFORE
    words = [_choice(earlier.values["progress"], schema, "progress")]
    percent = earlier.values.get("percent")
    if percent is not None:
        words.append(_shown(percent, percent=True))
    result = earlier.values.get("result")
    told = f" – {shorten(words_of(result), _RESULT)}" if result is not None else ""
    return f"{_title(earlier)}: {', '.join(words)}{told}"


def indicator_before(earlier: Earlier | None, schema: Schema, *, percent: bool) -> str:
    """The value or the quotient ("70,8% (85/120)"), or that there were no data, with the period on its own line.

    "Chưa có" alone: the unit said nothing, or there is no accepted return.
    """
    if earlier is None:
        return NOTHING_BEFORE
    values = earlier.values
    if "value" in values:
        shown = _choice(values["value"], schema, "yes_no")
        return f"{shown or _shown(values['value'], percent=percent)}\n{earlier.title}"
    if "numerator" in values and "denominator" in values:
        return f"{_quotient(values['numerator'], values['denominator'], percent=percent)}\n{earlier.title}"
    if "no_data" in values:
        return f"Chưa có số liệu\n{earlier.title}"
    return NOTHING_BEFORE


def parts_of(text: str, width: float) -> list[str]:
    """The text cut at line breaks so that each part fits a row of that width; joined by line breaks it is the same."""
    parts: list[str] = []
    for line in text.split("\n"):
        longer = f"{parts[-1]}\n{line}" if parts else line
        if parts and lines_needed(longer, width - _INDENT) <= _LINES:
            parts[-1] = longer
        else:
            parts.append(line)
    return parts


def words_of(value: Value) -> str:
    """A text as it was understood; as it was typed where it was not."""
    return (value.value if isinstance(value.value, str) else value.typed).strip()


def _quotient(part: Value, whole: Value, *, percent: bool) -> str:
    """ "70,8% (85/120)", or "85/120" where the result is no percentage."""
    shown = f"{_shown(part, percent=False)}/{_shown(whole, percent=False)}"
    above, below = part.value, whole.value
    if not percent or not isinstance(above, int | float) or not isinstance(below, int | float) or not below:
        return shown
    return f"{vietnamese_percent(round(above / below, 3))} ({shown})"


def _title(earlier: Earlier) -> str:
    return earlier.title[:1].upper() + earlier.title[1:]


def _choice(value: Value, schema: Schema, name: str) -> str:
    """The words of a chosen code; "" for a value that is none."""
    if not isinstance(value.value, str):
        return ""
    items = schema.lists.get(name, ())
    return next((item.title for item in items if item.code == value.value), value.value)


def _shown(value: Value, *, percent: bool) -> str:
    """A number as people read it here; what was typed where it is none."""
    if not isinstance(value.value, int | float):
        return shorten(value.typed, _RESULT)
    return vietnamese_percent(value.value) if percent else vietnamese_number(value.value)
