"""One raw cell of an entry column to a typed value; what was put right or cannot be read becomes a finding."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache, partial
from typing import Any, Literal, cast

import attrs
from attrs import frozen

from nq57xl.resources import read_schema
from nq57xl.rules.schema import (
    CellValue,
    Choice,
    Facts,
    Field,
    FieldType,
    vietnamese_date,
    vietnamese_number,
    vietnamese_percent,
)
from nq57xl.text.legacy import bare, clean, fold, is_broken, mended, plain_d, surely_unicode
from nq57xl.text.typed import lacks_day, read_date, read_number
from nq57xl.xlsx.cells import RawCell, plain_number, short, shown, text_cell
from nq57xl.xlsx.shown import Wanted, days_of, kind_of, readings, shown_text

_Words = dict[str, Any]
_Lists = Mapping[str, tuple[Choice, ...]]
_NumberKind = Literal["percent", "number", "whole"]


@frozen
class _Converted:
    """What a cell became. Blank cells are `_BLANK`."""

    value: CellValue
    typed: str
    """As typed, as text; "" for a blank cell."""
    findings: tuple[tuple[str, _Words], ...] = ()
    """(code, words for its message); "message" among the words replaces the catalogue's."""


_BLANK = _Converted(None, "")

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_SCHEME = re.compile("^(?:https?://|mailto:)")
_ERROR_NAME = re.compile(
    r"#(?:REF!|N/A|DIV/0!|VALUE!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!|BUSY!|"
    r"EXTERNAL!|PYTHON!|ERROR!|LOADING!?|TIMEOUT!)|(?:Err|Lỗi|Error):\d{3}",
    re.IGNORECASE,
)
"""What programs show in place of a value, typed or pasted as a text."""
_TICKS = frozenset({"x", "✓", "✔", "☑", "☒", "√"})
_SERIALS = (36526.0, 73051.0)
"""Days 2000-01-01 to 2100-01-01 counted from 1899-12-30: a date whose format a program lost."""
_GENERAL = "General"
_PUNCTUATION = frozenset({"Pd", "Po", "Pc", "Zs", "Sk"})
"""Categories of signs that say nothing by themselves: dashes, points, strokes; no brackets, no signs of reckoning."""
_LARGEST = 1e15
"""Beyond it nothing is meant, whatever the format shows; the field's limits tell."""
_WANTED: dict[FieldType, str] = {"percent": "tỷ lệ phần trăm", "number": "số", "whole": "số nguyên", "date": "ngày"}


_known: dict[tuple[object, ...], tuple[Field, _Lists, _Converted]] = {}
"""What cells became of which nothing is to be told: of many returns most cells say one of a few things."""
_MOST, _SHORT = 5_000, 200


def convert(raw: RawCell, field: Field, facts: Facts, lists: _Lists) -> _Converted:
    """The typed value of a cell in that field's column. `facts` of the row decide what a `measure` is."""
    kind, offered, value = field.kind(facts), field.offered(facts), raw.value
    if (
        kind == "text"
        and isinstance(value, str)
        and ((own := text_cell(value)) is raw or own == raw)
        and _PLAIN.fullmatch(value) is not None
        and surely_unicode(value)
        and _is_long(value)
    ):  # Vietnamese letters and usual signs alone, which say something: stored as typed
        return _Converted(value, value)
    if isinstance(value, str) and len(value) > _SHORT:
        return _converted(raw, field, kind, offered, lists)
    key = (raw, raw.number, type(value), id(field), kind, offered)
    known = _known.get(key)
    if known is not None and known[0] is field and known[1] is lists:
        return known[2]
    result = _converted(raw, field, kind, offered, lists)
    if not result.findings:
        if len(_known) > _MOST:
            _known.clear()
        _known[key] = field, lists, result
    return result


def _converted(raw: RawCell, field: Field, kind: FieldType, offered: str, lists: _Lists) -> _Converted:
    text = raw.value if isinstance(raw.value, str) and raw.live else ""
    if _says_nothing(text, kind):
        if not raw.struck.strip():
            return _BLANK
        raw, text = attrs.evolve(raw, value=raw.struck, live=False), ""  # all that said something is struck
    if (fixed := mended(text)) != text:
        raw = attrs.evolve(raw, value=fixed, decoded=None)
    typed = _typed(raw, kind)
    if unsure := _unsure(raw, typed, text):
        return _Converted(None, typed or raw.doubt, (unsure,))
    if raw.value is None or (isinstance(raw.value, str) and not clean(raw.value)):
        return _BLANK
    offering = field if offered == field.choices else attrs.evolve(field, choices=offered)
    result = _BY_KIND[kind](raw, offering, lists)
    if result == _BLANK:
        return _BLANK
    if result.value is None and raw.number is not None and not isinstance(raw.value, datetime):
        typed = _seen(raw) if not _shows_nothing(_seen(raw)) else typed  # what the person saw goes back
    if fixed != text and result.value is not None:
        words = {"value": short(text), "result": short(fixed)}
        result = _Converted(result.value, "", (("TEXT_NORMALISED", words),))
    before = [("STRUCK_LEFT_OUT", {"value": short(raw.struck), "result": short(typed)})] if raw.struck.strip() else []
    if raw.decoded is not None:
        before.append(("LEGACY_TEXT", {"value": short(typed), "result": short(raw.decoded), "charset": raw.charset}))
    after = [("FORMULA_IN_ENTRY", {"value": short(typed)})] if raw.formula is not None else []
    value = result.value
    if raw.link:  # the text may be the address itself, with or without what browsers add to it
        seen, address = (_SCHEME.sub("", part.strip().casefold()).rstrip("/") for part in (typed, raw.link))
        if address not in seen:
            after.append(("LINK_KEPT", {"value": raw.link}))
            value = f"{value} ({raw.link})" if kind == "text" and value is not None else value
    return _Converted(value, typed, (*before, *result.findings, *after))


_SIGNS = (
    r"[0-9A-Za-z\u00c0-\u00c3\u00c8-\u00ca\u00cc\u00cd\u00d2-\u00d5\u00d9\u00da\u00dd\u00e0-\u00e3\u00e8-\u00ea\u00ec\u00ed"
    r"\u00f2-\u00f5\u00f9\u00fa\u00fdĂăĐđĨĩŨũƠơƯư\u1ea0-\u1ef9.,;:()/%&+\-–\"'“”…]++"
)
_PLAIN = re.compile(rf"{_SIGNS}(?:[ \n]{_SIGNS})*+")
"""Words with one blank or line end between them: no blanks beside one another or at the ends."""


@cache
def _blanks() -> dict[str, frozenset[str]]:
    said = read_schema("blanks.yml")
    return {name: frozenset(fold(str(word)) for word in words) for name, words in said.items()}


@cache
def _long() -> re.Pattern[str]:
    longest = max(len(word) for words in _blanks().values() for word in words)
    return re.compile(rf"(?:[\W_]*+[^\W_]){{{longest + 1}}}")


def _is_long(text: str) -> bool:
    """It has more letters and digits than any of the words that say nothing."""
    return _long().match(text) is not None


def _says_nothing(text: str, kind: FieldType) -> bool:
    """Whether a text was typed only so that the cell is not blank (schemas/blanks.yml)."""
    if _is_long(text):
        return False
    word = fold(text).rstrip(". ")
    if not text.strip() or (kind == "mark" and fold(text) in _TICKS):
        return False
    if not any(unicodedata.category(letter) not in _PUNCTUATION for letter in word):
        return True
    return word in _blanks()["placeholders"] or (kind in _WANTED and says_no(text))


def says_no(text: str) -> bool:
    """Whether a text says that there is nothing: "không có"; a blank in a cell that need not be filled."""
    return not _is_long(text) and fold(text).rstrip(". ") in _blanks()["nothing"]


def _unsure(raw: RawCell, typed: str, text: str) -> tuple[str, _Words] | None:
    """Why nobody can tell what the cell says; None where it can be told."""
    if raw.doubt:
        return "CELL_UNSURE", {"value": short(raw.doubt)}
    if raw.error:
        return "ERROR_CELL", {"value": raw.error}
    if _ERROR_NAME.fullmatch(text.strip()):
        return "ERROR_CELL", {"value": text.strip()}
    if is_broken(text):
        return "TEXT_BROKEN", {"value": short(text)}
    if not raw.live:
        return "STRUCK_OUT", {"value": short(typed)}
    if raw.formula is not None and raw.value is None:
        return "FORMULA_NO_VALUE", {"value": typed}
    return None


def _typed(raw: RawCell, kind: FieldType) -> str:
    if raw.error:
        return raw.error
    if raw.formula is not None and raw.value is None:
        return f"={raw.formula}"
    if kind in ("text", "choice", "mark") and raw.number is not None:
        return _seen(raw)
    value = raw.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "percent" and is_number and 0 <= value <= 1:  # type: ignore[operator]
        return vietnamese_percent(float(value))  # type: ignore[arg-type]
    return shown(value)


def _text_in(raw: RawCell) -> str | None:
    """The text in the cell, in Unicode; None where there is no text."""
    return raw.decoded if raw.decoded is not None else raw.value if isinstance(raw.value, str) else None


def _seen(raw: RawCell) -> str:
    """What the cell shows of its number or its text."""
    text = _text_in(raw)
    if text is not None:
        return shown_text(text, raw.format) if raw.format else text
    return shown(raw.value) if raw.number is None else shown_text(raw.number, raw.format or _GENERAL)


def _number_in(raw: RawCell) -> float | None:
    """The number stored in the cell, of a day too; None where there is none."""
    if isinstance(raw.value, bool):
        return None
    if raw.number is not None:
        return raw.number
    return float(raw.value) if isinstance(raw.value, int | float) else days_of(raw.value)


def _shows_nothing(seen: str) -> bool:
    """Whether a cell with something in it shows none of it: nothing at all, or the signs for what cannot be shown."""
    return not seen.strip("# ")


def _told(code: str, became: CellValue = None, /, **words: str) -> _Converted:
    """What a cell became, nothing by default, with what is to be told of it."""
    return _Converted(became, "", ((code, words),))


def _unreadable(raw: RawCell, kind: FieldType) -> _Converted:
    """Nothing that belongs in the column; a cell that shows nothing of what it holds is told as such."""
    seen = _seen(raw)
    if _shows_nothing(seen):
        return _told("SHOWN_BLANK", value=short(shown(raw.value)))
    return _told("VALUE_UNREADABLE", value=short(seen), wanted=_WANTED[kind])


# --- text -----------------------------------------------------------------------------------------------------------


def _text(raw: RawCell, field: Field, lists: _Lists) -> _Converted:
    value = _seen(raw)
    if _shows_nothing(value):
        return _told("SHOWN_BLANK", value=short(shown(raw.value)))
    if isinstance(raw.value, date) and raw.value.day <= 12:  # "10/12" may have become a day in December
        ratio = f"{raw.value.day}/{raw.value.month}"
        message = f"«{field.title}» là ngày {value}; nếu định ghi «{ratio}», hãy nhập lại dạng chữ."
        return _told("NUMBER_IN_TEXT", value, value=value, message=message)
    if not isinstance(raw.value, str):
        return _told("NUMBER_IN_TEXT", value, value=value)
    stored = plain_d(clean(_CONTROL.sub("", value)))
    if not stored:
        return _BLANK
    # after what nobody sees: line ends and plain blanks
    lines = re.sub(r"\r\n?|\v", "\n", value).split("\n")
    if stored == "\n".join(re.sub(r"[ \t]+", " ", line).strip(" ") for line in lines).strip():
        return _Converted(stored, "")
    return _told("TEXT_NORMALISED", stored, value=short(value), result=short(stored))


# --- choices --------------------------------------------------------------------------------------------------------


def _choice(raw: RawCell, field: Field, lists: _Lists) -> _Converted:
    items, text = lists[field.choices], _seen(raw)
    if isinstance(raw.value, bool) and field.type == "mark":
        return _folded(items[0], text) if raw.value else _BLANK
    for item in items:
        if text.strip() == item.title:
            return _Converted(item.code, "")
    if field.type == "mark" and fold(text) in _TICKS:
        return _folded(items[0], text)
    for key in (fold, bare):
        same = [item for item in items if key(item.title) == key(text)]
        if len(same) == 1:
            return _folded(same[0], text)
    titles = ", ".join(f"«{item.title}»" for item in items)
    return _told("NOT_IN_LIST", value=short(text), choices=titles)


def _folded(item: Choice, text: str) -> _Converted:
    return _told("CHOICE_FOLDED", item.code, value=short(text), result=item.title)


# --- numbers --------------------------------------------------------------------------------------------------------


def _number(raw: RawCell, field: Field, lists: _Lists, *, kind: _NumberKind) -> _Converted:
    text = _text_in(raw)
    result = _figure(raw, kind) if text is None else _typed_number(text, raw, field, kind)
    value, stored = result.value, _number_in(raw) if text is None else None
    if not isinstance(value, float):
        return result
    if kind == "whole" and value != int(value):
        return _unreadable(raw, "whole")
    # in another format than that of percentages, 1 < x <= 100 means x per cent (contract.md 3.6)
    if kind == "percent" and stored is not None and 1 < stored <= 100 and stored - value > 1e-9:
        return _told("PERCENT_SCALED", value, value=plain_number(stored), result=vietnamese_percent(value))
    return result


def _typed_number(text: str, raw: RawCell, field: Field, kind: _NumberKind) -> _Converted:
    """The number that a text says, where the hard limits leave but one reading."""
    reading, percent = read_number(text), kind == "percent"
    number, sign = reading.value, "%" if percent else ""
    if number is None:
        low, high = (0.0, 100.0) if percent else _limits(field)
        possible = [each for each in reading.readings if low <= each <= high]
        number = possible[0] if len(possible) == 1 else None
    if (reading.percent and not percent) or (number is None and not reading.readings):
        return _unreadable(raw, kind)
    if number is None:
        texts = [vietnamese_number(each) + sign for each in reading.readings[:2]]
        # without separators in the first and with another number of decimals in the second, each has one reading
        first, second = plain_number(reading.readings[0]), f"{reading.readings[1]:.4f}".replace(".", ",")
        return _told("VALUE_AMBIGUOUS", **_either(short(text), texts, (first + sign, second + sign)))
    if percent and (reading.percent or abs(number) > 1):
        number = _rounded(number / 100)
    result = vietnamese_percent(number) if percent else vietnamese_number(number)
    return _told("NUMBER_FROM_TEXT", number, value=short(text), result=result)


def _limits(field: Field) -> tuple[float, float]:
    low = field.min if isinstance(field.min, int | float) else -math.inf
    high = field.max if isinstance(field.max, int | float) else math.inf
    return float(low), float(high)


def _figure(raw: RawCell, kind: _NumberKind) -> _Converted:
    """The number stored in a cell, where what the cell shows says the same."""
    stored = _number_in(raw)
    if isinstance(raw.value, date):  # "10/12" typed as a ratio became a day in December: never used
        ratio = f"{raw.value.day}/{raw.value.month}"
        return _told("DATE_IN_NUMBER", value=shown(raw.value), ratio=ratio, wanted=_WANTED[kind])
    if stored is None or isinstance(raw.value, time | timedelta):
        return _unreadable(raw, kind)
    if abs(stored) > _LARGEST:
        return _Converted(stored, "")
    wanted: Wanted = "percent" if kind == "percent" else "number"
    found = cast("tuple[float, ...]", readings(stored, raw.format or _GENERAL, wanted))
    if len(found) == 1:
        return _Converted(_rounded(found[0]), "")
    if not found:
        return _unreadable(raw, kind)
    scale, sign = (100, "%") if kind == "percent" else (1, "")
    texts = [vietnamese_number(_rounded(number * scale)) + sign for number in found]
    return _told("VALUE_AMBIGUOUS", **_either(short(_seen(raw)), texts))


def _rounded(number: float) -> float:
    """The number without the noise of binary fractions: to the 15 digits that workbooks show."""
    return float(f"{number:.15g}")


def shares_among_percents(cells: Sequence[RawCell]) -> Iterator[tuple[int, _Words]]:
    """Of the cells of a column that holds both 0,5 and 85 the number of each like the first, with the words that ask.

    0,5 may be 50 % or half a per cent there, 1 in a General cell 100 % or 1 % (contract.md 3.6).
    """
    bare_numbers = (None if isinstance(raw.value, date) or "%" in raw.format else _number_in(raw) for raw in cells)
    numbers = {index: number for index, number in enumerate(bare_numbers) if number is not None and 0 < number <= 100}
    if max(numbers.values(), default=0.0) > 1:
        for index, number in numbers.items():
            if number <= 1:
                texts = [vietnamese_number(_rounded(value)) + "%" for value in (number * 100, number)]
                yield index, _either(plain_number(number), texts)


def _either(value: str, texts: Sequence[str], examples: Sequence[str] = ()) -> _Words:
    """Words for the finding of a cell with two readings; `examples`: how to type each, where that is not its text."""
    first, second = examples or texts[:2]
    return {"value": value, "first": texts[0], "second": texts[1], "first_example": first, "second_example": second}


# --- dates ----------------------------------------------------------------------------------------------------------


def _date(raw: RawCell, field: Field, lists: _Lists) -> _Converted:
    if (text := _text_in(raw)) is not None:
        found = read_date(text)
        if found is not None:
            return _told("DATE_FROM_TEXT", found, value=short(text), result=vietnamese_date(found))
        return _told("DATE_WITHOUT_DAY", value=short(text)) if lacks_day(text) else _unreadable(raw, "date")
    number = _number_in(raw)
    if number is None or not isinstance(raw.value, date | float):
        return _unreadable(raw, "date")
    if 2000 <= number <= 2100:  # 2026 typed into a date cell is the 2026th day since 1900
        return _told("DATE_WITHOUT_DAY", value=str(int(number)))
    is_day = isinstance(raw.value, date)
    code = raw.format or ("dd/mm/yyyy" if is_day else _GENERAL)
    likely = is_day or _SERIALS[0] <= number < _SERIALS[1]
    days = cast("tuple[date, ...]", readings(number, code, "date")) if likely else ()
    if not days:
        monthly = is_day and kind_of(number, code) in ("month", "year")
        return _told("DATE_WITHOUT_DAY", value=short(_seen(raw))) if monthly else _unreadable(raw, "date")
    day, result = days[0], vietnamese_date(days[-1])
    if len(days) == 1:
        return _Converted(day, "") if is_day else _told("DATE_FROM_TEXT", day, value=short(_seen(raw)), result=result)
    if days[1] - day == timedelta(days=1):
        return _told("DATE_SHIFTED", value=shown(raw.value), result=result)
    return _told("DATE_SWAPPED", day, value=vietnamese_date(day), result=result, reason="ô hiển thị tháng trước ngày")


_BY_KIND: dict[FieldType, Callable[[RawCell, Field, _Lists], _Converted]] = {
    "text": _text,
    "choice": _choice,
    "mark": _choice,
    "percent": partial(_number, kind="percent"),
    "number": partial(_number, kind="number"),
    "whole": partial(_number, kind="whole"),
    "date": _date,
}
