"""One raw cell of an entry column to a typed value; what was put right or cannot be read becomes a finding."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import attrs
from attrs import frozen

from nq57xl.forms.model import Slot
from nq57xl.rules.findings import Finding, make
from nq57xl.rules.schema import CellValue, Choice, Facts, Field, FieldType
from nq57xl.rules.values import vietnamese_date, vietnamese_number, vietnamese_percent
from nq57xl.text.dates import lacks_day, read_date, swapped
from nq57xl.text.normalise import bare, clean, fold, plain_d
from nq57xl.text.numbers import read_number
from nq57xl.xlsx.cells import RawCell, RawSheet, RawValue, plain_number, short, shown

_Words = dict[str, Any]
_Lists = Mapping[str, tuple[Choice, ...]]


@frozen
class Converted:
    """What a cell became. Blank cells are `BLANK`."""

    value: CellValue
    typed: str
    """As typed, as text; "" for a blank cell."""
    findings: tuple[tuple[str, _Words], ...] = ()
    """(code, words for its message); "message" among the words replaces the catalogue's."""


BLANK = Converted(None, "")

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_TICKS = frozenset({"x", "✓", "✔", "☑", "☒", "√"})
_SERIALS = (36526.0, 73051.0)
"""Days 2000-01-01 to 2100-01-01 counted from 1899-12-30: a date whose format a program lost."""
_EPOCH = date(1899, 12, 30)
_VIETNAM_MIDNIGHT_IN_UTC = time(17)
"""Programs that store moments in UTC turn a day into 17:00 of the day before."""
_WANTED: dict[FieldType, str] = {"percent": "tỷ lệ phần trăm", "number": "số", "whole": "số nguyên", "date": "ngày"}


def convert(raw: RawCell, field: Field, facts: Facts, lists: _Lists) -> Converted:
    """The typed value of a cell in that field's column. `facts` of the row decide what a `measure` is."""
    kind = _kind(field, facts)
    typed = _typed(raw, kind)
    if raw.error:
        return Converted(None, typed, (("ERROR_CELL", {"value": raw.error}),))
    if raw.formula is not None and raw.value is None:
        return Converted(None, typed, (("FORMULA_NO_VALUE", {"value": typed}),))
    if raw.value is None or (isinstance(raw.value, str) and not clean(raw.value)):
        return BLANK
    if kind == "date" and raw.date_format == "month" and isinstance(raw.value, date):
        return Converted(None, typed, (_without_day(f"{raw.value:%m/%Y}"),))
    result = _BY_KIND[kind](raw.value if raw.decoded is None else raw.decoded, field, lists)
    if result == BLANK:
        return BLANK
    result = attrs.evolve(result, typed=typed)
    if raw.decoded is not None:
        words = {"value": short(typed), "result": short(raw.decoded), "charset": raw.charset}
        result = attrs.evolve(result, findings=(("LEGACY_TEXT", words), *result.findings))
    if raw.formula is not None:
        result = attrs.evolve(result, findings=(*result.findings, ("FORMULA_IN_ENTRY", {"value": short(typed)})))
    return result


def _kind(field: Field, facts: Facts) -> FieldType:
    if field.type != "measure":
        return field.type
    measure = facts.get("measure")
    return measure if measure in ("percent", "number", "choice") else "number"  # type: ignore[return-value]


def _typed(raw: RawCell, kind: FieldType) -> str:
    if raw.error:
        return raw.error
    if raw.formula is not None and raw.value is None:
        return f"={raw.formula}"
    value = raw.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "percent" and is_number and 0 <= value <= 1:  # type: ignore[operator]
        return vietnamese_percent(float(value))  # type: ignore[arg-type]
    return shown(value)


def _unreadable(value: RawValue, kind: FieldType) -> Converted:
    words = {"value": short(shown(value)), "wanted": _WANTED[kind]}
    return Converted(None, "", (("VALUE_UNREADABLE", words),))


# --- text -----------------------------------------------------------------------------------------------------------


def _text(value: RawValue, field: Field, lists: _Lists) -> Converted:
    if not isinstance(value, str):
        return _text_of_other(value, field)
    stored = plain_d(clean(_CONTROL.sub("", value)))
    if not stored:
        return BLANK
    if stored == _lightly(value):
        return Converted(stored, "")
    return Converted(stored, "", (("TEXT_NORMALISED", {"value": short(value), "result": short(stored)}),))


def _lightly(text: str) -> str:
    """The text after what nobody sees: line ends and plain blanks."""
    lines = re.sub(r"\r\n?|\v", "\n", text).split("\n")
    return "\n".join(re.sub(r"[ \t]+", " ", line).strip(" ") for line in lines).strip()


def _text_of_other(value: RawValue, field: Field) -> Converted:
    """A number or date in a text column: "5" is 5, but "10/12" may have become a day in December."""
    text = shown(value)
    words: _Words = {"value": text}
    if isinstance(value, date):
        ratio = f"{value.day}/{value.month}"
        words["message"] = f"«{field.title}» là ngày {text}; nếu định ghi «{ratio}», hãy nhập lại dạng chữ."
    return Converted(text, "", (("NUMBER_IN_TEXT", words),))


# --- choices --------------------------------------------------------------------------------------------------------


def _choice(value: RawValue, field: Field, lists: _Lists) -> Converted:
    items = lists[field.choices]
    if isinstance(value, bool) and field.type == "mark":
        return _folded(items[0], shown(value)) if value else BLANK
    text = shown(value)
    for item in items:
        if text.strip() == item.title:
            return Converted(item.code, "")
    if field.type == "mark" and fold(text) in _TICKS:
        return _folded(items[0], text)
    for key in (fold, bare):
        same = [item for item in items if key(item.title) == key(text)]
        if len(same) == 1:
            return _folded(same[0], text)
    titles = ", ".join(f"«{item.title}»" for item in items)
    return Converted(None, "", (("NOT_IN_LIST", {"value": short(text), "choices": titles}),))


def _folded(item: Choice, text: str) -> Converted:
    return Converted(item.code, "", (("CHOICE_FOLDED", {"value": short(text), "result": item.title}),))


# --- numbers --------------------------------------------------------------------------------------------------------


def _percent(value: RawValue, field: Field, lists: _Lists) -> Converted:
    if isinstance(value, str):
        reading = read_number(value)
        number = _settle(reading.value, reading.readings, 0.0, 100.0)
        if number is None:
            return _ambiguous(value, reading.readings, "%") if reading.readings else _unreadable(value, "percent")
        fraction = _rounded(number / 100) if reading.percent or abs(number) > 1 else number
        return _from_text(fraction, value, vietnamese_percent(fraction))
    if isinstance(value, date):
        return _day_in_number(value, "percent")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _unreadable(value, "percent")
    if value <= 1:
        return Converted(float(value), "")
    # 1 < x <= 100 means x per cent (contract); above 100 it means the same, and the rule finds it out of range
    fraction = _rounded(float(value) / 100)
    words = {"value": plain_number(float(value)), "result": vietnamese_percent(fraction)}
    return Converted(fraction, "", (("PERCENT_SCALED", words),) if value <= 100 else ())


def _rounded(fraction: float) -> float:
    """7 / 100 without the noise of binary fractions."""
    return round(fraction, 12)


def _number(value: RawValue, field: Field, lists: _Lists) -> Converted:
    return _plain_number(value, field, "number")


def _whole(value: RawValue, field: Field, lists: _Lists) -> Converted:
    result = _plain_number(value, field, "whole")
    if isinstance(result.value, float) and result.value != int(result.value):
        return _unreadable(value, "whole")
    return result


def _plain_number(value: RawValue, field: Field, kind: FieldType) -> Converted:
    if isinstance(value, str):
        reading = read_number(value)
        number = _settle(reading.value, reading.readings, *_limits(field))
        if reading.percent or (number is None and not reading.readings):
            return _unreadable(value, kind)
        if number is None:
            return _ambiguous(value, reading.readings, "")
        return _from_text(number, value, vietnamese_number(number))
    if isinstance(value, date):
        return _day_in_number(value, kind)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _unreadable(value, kind)
    return Converted(float(value), "")


def _day_in_number(value: date, kind: FieldType) -> Converted:
    """A date where a number belongs: "10/12" typed as a ratio became a day in December. Never used."""
    words = {"value": shown(value), "ratio": f"{value.day}/{value.month}", "wanted": _WANTED[kind]}
    return Converted(None, "", (("DATE_IN_NUMBER", words),))


def _limits(field: Field) -> tuple[float, float]:
    low = field.min if isinstance(field.min, int | float) else float("-inf")
    high = field.max if isinstance(field.max, int | float) else float("inf")
    return float(low), float(high)


def _settle(value: float | None, readings: tuple[float, ...], low: float, high: float) -> float | None:
    """The only reading that the hard limits leave; None while two are possible."""
    if value is not None:
        return value
    possible = [reading for reading in readings if low <= reading <= high]
    return possible[0] if len(possible) == 1 else None


def _from_text(value: float, text: str, result: str) -> Converted:
    return Converted(value, "", (("NUMBER_FROM_TEXT", {"value": short(text), "result": result}),))


def _ambiguous(text: str, readings: tuple[float, ...], sign: str) -> Converted:
    first, second = (vietnamese_number(reading) + sign for reading in readings[:2])
    # without separators in the first and with another number of decimals in the second, each has one reading
    examples = [plain_number(readings[0]) + sign, f"{readings[1]:.4f}".replace(".", ",") + sign]
    words = {"value": short(text), "first": f"{first}", "second": f"{second}"}
    words |= {"first_example": examples[0], "second_example": examples[1]}
    return Converted(None, "", (("VALUE_AMBIGUOUS", words),))


# --- dates ----------------------------------------------------------------------------------------------------------


def _date(value: RawValue, field: Field, lists: _Lists) -> Converted:
    if isinstance(value, datetime) and value.time() == _VIETNAM_MIDNIGHT_IN_UTC:
        next_day = vietnamese_date(value.date() + timedelta(days=1))
        return Converted(None, "", (("DATE_SHIFTED", {"value": shown(value), "result": next_day}),))
    if isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        year = (day - _EPOCH).days
        # 2026 typed into a date cell is the 2026th day since 1900
        return Converted(None, "", (_without_day(str(year)),)) if 2000 <= year <= 2100 else Converted(day, "")
    found: date | None = None
    if isinstance(value, str):
        found = read_date(value)
    elif isinstance(value, int | float) and not isinstance(value, bool) and _SERIALS[0] <= value < _SERIALS[1]:
        found = _EPOCH + timedelta(days=int(value))
    if found is None and lacks_day(shown(value)):
        return Converted(None, "", (_without_day(short(shown(value))),))
    if found is None:
        return _unreadable(value, "date")
    words = {"value": short(shown(value)), "result": vietnamese_date(found)}
    return Converted(found, "", (("DATE_FROM_TEXT", words),))


def _without_day(text: str) -> tuple[str, _Words]:
    return "DATE_WITHOUT_DAY", {"value": text}


_BY_KIND: dict[FieldType, Callable[[RawValue, Field, _Lists], Converted]] = {
    "text": _text,
    "choice": _choice,
    "mark": _choice,
    "percent": _percent,
    "number": _number,
    "whole": _whole,
    "date": _date,
}


@frozen
class DateCell:
    """A date cell with something in it."""

    slot: Slot
    field: Field
    cell: RawCell
    address: str

    @property
    def day(self) -> date | None:
        """The day of a real date; None for a text."""
        value = self.cell.value
        return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None

    @property
    def typed_day(self) -> date | None:
        """The day that a text names."""
        return read_date(self.cell.value) if isinstance(self.cell.value, str) else None


def swapped_dates(raw: RawSheet, cells: Sequence[DateCell], cutoff: date) -> Iterator[Finding]:
    """An error with the likely day for each date that may have been exchanged; nothing is exchanged here.

    Suspect are all real dates of a sheet where none has a day after the 12th while texts have; and those that the cell
    itself shows month first. Not suspect: a date that only makes sense as it stands, because exchanged it would lie
    after the period's last day and as it stands it does not.
    """
    days = [day for item in cells if (day := item.day) is not None]
    texts = [day for item in cells if (day := item.typed_day) is not None and day.day > 12]
    pattern = bool(texts) and all(day.day <= 12 for day in days)
    for item in cells:
        day = item.day
        other = swapped(day) if day is not None else None
        if day is None or other is None or day <= cutoff < other:
            continue
        if item.cell.date_format == "us":
            yield _finding(raw, item, day, other, "ô hiển thị tháng trước ngày")
        elif pattern:
            reason = f"trên trang này các ngày sau ngày 12 đều là chữ, ví dụ {vietnamese_date(texts[0])}"
            yield _finding(raw, item, day, other, reason)


def _finding(raw: RawSheet, item: DateCell, day: date, other: date, reason: str) -> Finding:
    shown = vietnamese_date(day)
    words = {"field": item.field.title, "value": shown, "result": vietnamese_date(other), "reason": reason}
    return make(
        "DATE_SWAPPED",
        words=words,
        sheet=raw.name,
        cell=item.address,
        table=item.slot.table,
        task=item.slot.key,
        field=item.slot.field,
        value=shown,
    )
