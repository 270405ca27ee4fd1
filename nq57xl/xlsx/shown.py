"""What a cell shows: a stored number under a number format, as text and as the one or two things it can mean.

Formats are ECMA-376, Part 1, 18.8.30 and 18.8.31, as programs in the wild write them. Texts come in Vietnamese notation
(1.250.000 and 0,5), whatever the language of the computer that saved the file: the file does not tell it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import attrs
from attrs import frozen

_ShownKind = Literal["nothing", "words", "number", "day", "month", "year", "time", "duration"]
"""`day`: a day of a month, with or without the year and the hour; `month`, `year`: a date without its day."""
_MOMENTS = frozenset({"day", "month", "year", "time", "duration"})
Wanted = Literal["percent", "number", "date"]

_REGION = re.compile(r"\[\$-(?:F800|F400|x-sysdate|x-systime)[^\]]*\]", re.IGNORECASE)
_BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "[$-F800]dd/mm/yyyy", 15: "[$-F800]dd-mmm-yy", 16: "[$-F800]dd-mmm", 17: "[$-F800]mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "[$-F800]dd/mm/yyyy h:mm",
    37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)",
    41: "#,##0", 42: "#,##0", 43: "#,##0.00", 44: "#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0",
    48: "##0.0E+0", 49: "@",
}  # fmt: skip
_CJK_DAYS = frozenset({*range(27, 32), 36, *range(50, 59)})
_CJK_TIMES = frozenset({*range(32, 36)})
_ENGLISH = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December")  # fmt: skip
_VIETNAMESE = ("Một", "Hai", "Ba", "Tư", "Năm", "Sáu", "Bảy", "Tám", "Chín", "Mười", "Mười Một", "Mười Hai")
_ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_VIETNAMESE_DAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")

_DRIFT = timedelta(minutes=7)
"""Programs that count in moments miss midnight by seconds, or by the 6 min 30 s of Saigon's clock before 1911."""
_UTC_MIDNIGHT = timedelta(hours=17)
"""Programs that store moments in UTC turn a Vietnamese day into 17:00 of the day before."""
_LAST_SERIAL = 2_958_466
"""The day after 31/12/9999."""
DAYS_1904 = 1462
"""Days between the two beginnings from which workbooks count."""
_EPOCH = datetime(1899, 12, 30)
_LEAP_DAY = 60
"""Workbooks count a 29 February 1900; days before it have numbers that are one less."""
_CONTEXT = Context(prec=60)
_MOST_SHIFTS = 20
"""Percent signs, and commas behind the digits, that are counted: a hundred lead out of all numbers."""
_WORKED_OUT = 1e15
"""Numbers below it are shown figure by figure."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_.|\*.|\[(?P<bracket>[^\]]*)\]?'
    r"|(?P<general>General|Standard)|(?P<half>AM/PM|A/P)|(?P<exponent>E[+-])"
    r"|(?P<date>y+|m+|d+|h+|s+|e+|g+|b{1,4})|(?P<digits>[0#?][0#?,]*)|(?P<point>\.)|(?P<percent>%)|(?P<text>@)"
    r"|(?P<literal>.)",
    re.IGNORECASE | re.DOTALL,
)
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne,
}  # fmt: skip
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?[0-9.]+)")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)


@frozen
class _Token:
    """A piece of a section: its kind is the name of its group above, or "elapsed", "minute"."""

    kind: str
    text: str


@frozen
class _Section:
    """One of the up to four parts of a format, and what it shows of whatever stands under it."""

    tokens: tuple[_Token, ...]
    condition: tuple[str, float] | None
    english: bool
    """Names of months and days in English: the format says so."""
    kind: _ShownKind
    order: str
    """Of a day in figures: "dmy", "mdy" …; "" where the month is in words."""
    figures: tuple[_Token, ...] = ()
    """From the first place for a digit to the last."""
    before: str = ""
    after: str = ""
    percents: int = 0
    scale: int = 0
    """Commas after the last digit: each hides three figures."""

    def seen(self, number: float) -> float:
        """The number that a person reads there, before it is rounded: 0.5 under `0.0"%"`; 102000 under `0,` is 102."""
        return float(number * 100**self.percents / 1000**self.scale)


@frozen
class _NumberFormat:
    """A number format, taken apart."""

    sections: tuple[_Section, ...]
    region: bool
    """The format follows the region of the computer that opens the file: it says nothing about the order of a day."""


def builtin(number: int) -> str:
    """The code of a built-in format (ECMA-376, Part 1, 18.8.30), General where there is none."""
    if number in _CJK_DAYS:
        return "[$-F800]dd/mm/yyyy"
    return "[$-F400]h:mm" if number in _CJK_TIMES else _BUILT_IN.get(number, "General")


@lru_cache(maxsize=1024)
def _parse(code: str) -> _NumberFormat:
    """The format, taken apart. Never fails: what no program would write is words."""
    return _NumberFormat(tuple(_section(text) for text in _split(code)[:4]), _REGION.search(code) is not None)


def _split(code: str) -> list[str]:
    """The sections; semicolons in quotes, brackets or after a backslash are letters."""
    parts = [""]
    for match in _TOKEN.finditer(code):
        if match[0] == ";":
            parts.append("")
        else:
            parts[-1] += match[0]
    return parts


def _section(text: str) -> _Section:
    tokens: list[_Token] = []
    condition, english = None, False
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "blank"
        inner = match[match.lastgroup] if match.lastgroup else " " if match[0].startswith("_") else ""
        if kind == "bracket" and (found := _CONDITION.fullmatch(inner)):
            condition = (found[1], float(found[2]))
        elif kind == "bracket" and inner.startswith("$"):
            sign, _, locale = inner[1:].partition("-")
            english = english or locale.upper().endswith("09")
            tokens += [_Token("literal", sign)] if sign else []
        elif kind == "bracket":
            tokens += [_Token("elapsed", inner)] if _ELAPSED.fullmatch(inner) else []
        elif inner:
            tokens.append(_Token("literal" if kind in ("quoted", "escaped", "blank") else kind, inner))
    tokens = _with_minutes(tokens)
    kind = _kind(tokens)
    section = _Section(tuple(tokens), condition, english, kind, _order(tokens))
    return _with_figures(section) if kind == "number" else section


def _with_minutes(tokens: list[_Token]) -> list[_Token]:
    """An m is a minute after an hour or before a second."""
    times = [index for index, token in enumerate(tokens) if token.kind in ("date", "elapsed")]
    found = list(tokens)
    for place, index in enumerate(times):
        token = tokens[index]
        if token.kind != "date" or token.text[0] not in "mM" or len(token.text) > 2:
            continue
        earlier = tokens[times[place - 1]].text[0].lower() if place else ""
        later = tokens[times[place + 1]].text[0].lower() if place + 1 < len(times) else ""
        if earlier == "h" or later == "s":
            found[index] = _Token("minute", token.text)
    return found


def _kind(tokens: Sequence[_Token]) -> _ShownKind:
    kinds = {token.kind for token in tokens}
    letters = {token.text.lower() if token.text[0] in "dD" else token.text[0].lower()
               for token in tokens if token.kind == "date"}  # fmt: skip
    if "elapsed" in kinds:
        return "duration"
    if kinds & {"date", "minute", "half"}:
        if "m" in letters:
            return "day" if letters & {"d", "dd"} else "month"
        if letters & {"y", "e"}:
            return "year"
        return "time" if letters <= {"h", "s"} else "words"
    if kinds & {"digits", "general", "text"}:
        return "number"
    return "words" if any(token.text.strip() for token in tokens) else "nothing"


def _order(tokens: Sequence[_Token]) -> str:
    found = ""
    for token in tokens:
        letter = token.text[0].lower().replace("e", "y")
        if token.kind != "date" or letter not in "dmy" or letter in found:
            continue
        if letter == "m" and len(token.text) > 2:
            return ""
        found += letter if letter != "d" or len(token.text) < 3 else ""
    return found


def _with_figures(section: _Section) -> _Section:
    """The section with its places for digits; all else is drawn around them."""
    tokens = section.tokens
    places = [index for index, token in enumerate(tokens) if token.kind in ("digits", "general", "text")]
    first, last = places[0], places[-1]
    if last + 2 < len(tokens) and tokens[last + 1].text == "/" and tokens[last + 2].text.isdigit():
        last += 2  # "# ?/8": a fixed denominator is no place
    digits = [token.text for token in tokens[first : last + 1] if token.kind == "digits"]
    return attrs.evolve(
        section,
        figures=tokens[first : last + 1],
        before="".join(token.text for token in tokens[:first]),
        after="".join(token.text for token in tokens[last + 1 :]),
        percents=min(sum(token.kind == "percent" for token in tokens), _MOST_SHIFTS),
        scale=min(len(digits[-1]) - len(digits[-1].rstrip(",")), _MOST_SHIFTS) if digits else 0,
    )


# --- what is shown --------------------------------------------------------------------------------------------------


def kind_of(value: float, code: str) -> _ShownKind:
    """What a cell with that number in it shows under the format `code`; `shown_text` says it in letters."""
    section, _ = _chosen(_parse(code).sections, value)
    if section is None or (section.kind in _MOMENTS and not _is_moment(value, section)):
        return "nothing"
    return section.kind


def shown_text(value: float | str, code: str) -> str:
    """What a cell shows, in Vietnamese notation: "85%", "12/2026", "12/QĐ-SXD", "1.250.000"."""
    sections = _parse(code).sections
    if isinstance(value, str):
        wanted = sections[3:] or [
            section for section in sections if any(token.kind == "text" for token in section.tokens)
        ]
        drawn = (value if token.kind == "text" else token.text for token in wanted[0].tokens) if wanted else (value,)
        return "".join(drawn)
    section, number = _chosen(sections, value)
    if section is None:
        return ""
    if section.kind == "number":
        figures = _figures(section.figures, abs(section.seen(number)))
        minus = "-" if number < 0 and re.search("[1-9]", figures) else ""
        return f"{minus}{section.before}{figures}{section.after}".strip()
    if section.kind in ("words", "nothing"):
        return "".join(token.text for token in section.tokens).strip()
    if not _is_moment(value, section):
        return "#######"
    seconds = round(abs(value) * 86_400)  # programs round moments to the second
    moment = _EPOCH + timedelta(seconds=seconds % 86_400 if section.kind == "duration" else seconds)
    return "".join(_piece(token, value, moment, section) for token in section.tokens)


def _is_moment(serial: float, section: _Section) -> bool:
    first = -_LAST_SERIAL if section.kind == "duration" else 0
    inside = first <= serial < _LAST_SERIAL
    return inside and round(serial * 86_400) < _LAST_SERIAL * 86_400  # the second to which it is rounded


def _chosen(sections: Sequence[_Section], value: float) -> tuple[_Section | None, float]:
    """The section for a number, and the number as that section writes it: without a sign that is the section's own."""
    numbers = sections[:3]
    if any(section.condition for section in numbers):
        for section in numbers:
            if section.condition is None or _COMPARED[section.condition[0]](value, section.condition[1]):
                return section, abs(value) if section is not numbers[0] and value < 0 else value
        return None, value
    if len(numbers) == 1 or value > 0:
        return numbers[0], value
    if value < 0:
        return numbers[1], -value
    return numbers[2] if len(numbers) > 2 else numbers[0], value


def _figures(figures: Sequence[_Token], number: float) -> str:
    """The digits of a number that is not negative, with what the format draws between them."""
    kinds = [token.kind for token in figures]
    if "digits" not in kinds:
        return _plain(number)
    if any(token.text == "/" for token in figures):
        return _as_fraction(figures, number) if number < _WORKED_OUT else _plain(number)
    point = next((index for index, kind in enumerate(kinds) if kind == "point"), len(kinds))
    end = next((index for index, kind in enumerate(kinds) if kind == "exponent"), len(kinds))
    pattern = "".join(token.text for token in figures[point + 1 : end] if token.kind == "digits").rstrip(",")
    if end < len(kinds):
        return f"{number:.{len(pattern)}E}".replace(".", ",")
    least = len(pattern.rstrip("#?"))
    figure, _, decimals = _rounded(number, len(pattern)).partition(".")
    decimals = decimals[:least] + decimals[least:].rstrip("0")
    inner = "".join(token.text for token in figures[point + 1 :] if token.kind == "literal")
    return _whole(figures[:point], figure) + (f",{decimals}" if decimals else "") + inner


def _rounded(number: float, decimals: int) -> str:
    """Halves are rounded away from zero, as people and spreadsheets do."""
    if number >= 1e21:
        return f"{number:.15g}"
    return f"{Decimal(repr(number)).quantize(Decimal(1).scaleb(-min(decimals, 30)), ROUND_HALF_UP, _CONTEXT):f}"


def _whole(figures: Sequence[_Token], figure: str) -> str:
    """The digits before the decimal comma, laid from the right into their places: "0251 3822 505"."""
    places = sum(len(token.text.replace(",", "")) for token in figures if token.kind == "digits")
    least = sum(token.text.count("0") for token in figures if token.kind == "digits")
    figure = (figure if figure != "0" else "").zfill(least)
    if any("," in token.text.rstrip(",") for token in figures if token.kind == "digits"):
        return re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ".", figure)
    rest = list(figure.rjust(places))
    text = ""
    for token in reversed(figures):
        if token.kind != "digits":
            text = token.text + text
            continue
        for _ in token.text.replace(",", ""):
            text = rest.pop() + text
    return ("".join(rest) + text).strip()


def _plain(number: float) -> str:
    """As General shows it, but with all its figures: 0,3; 1234567890123."""
    if number < _WORKED_OUT and number == int(number):
        return str(int(number))
    return f"{number:.11g}".replace(".", ",").replace("e+", "E+").replace("e-", "E-")


def _as_fraction(figures: Sequence[_Token], number: float) -> str:
    """ "1 1/2" under `# ?/?`, "3/2" under `?/?`, "1 4/8" under `# ?/8`."""
    pattern = "".join(token.text for token in figures)
    above, _, below = pattern.partition("/")
    mixed = len(re.findall(r"[0#?]+", above)) > 1
    whole = int(number) if mixed else 0
    if below.strip().isdigit() and int(below):
        top, bottom = int(Decimal(number - whole) * int(below) + Decimal("0.5")), int(below)
    else:
        near = Fraction(number - whole).limit_denominator(10 ** max(1, min(len(below), 4)) - 1)
        top, bottom = near.numerator, near.denominator
    if mixed and top == bottom:
        whole, top = whole + 1, 0
    part = f"{top}/{bottom}" if top or not mixed else ""
    return f"{whole or ''} {part}".strip() or "0"


def _piece(token: _Token, serial: float, moment: datetime, section: _Section) -> str:
    length, letter = len(token.text), token.text[0].lower()
    if token.kind == "elapsed":
        seconds = round(abs(serial) * 86_400)
        amount = seconds // {"h": 3600, "m": 60, "s": 1}[letter]
        return ("-" if serial < 0 else "") + str(amount).zfill(length)
    if token.kind == "minute":
        return str(moment.minute).zfill(length)
    if token.kind == "half":
        halves = token.text.split("/")
        return halves[moment.hour >= 12]
    if token.kind == "date":
        return _date_piece(letter, length, moment, section)
    return token.text


def _date_piece(letter: str, length: int, moment: datetime, section: _Section) -> str:
    if letter in "ye":
        return f"{moment:%y}" if letter == "y" and length < 3 else f"{moment.year:04d}"
    if letter == "m" and length > 2:
        name = _ENGLISH[moment.month - 1] if section.english else f"Tháng {_VIETNAMESE[moment.month - 1]}"
        short = name[:3] if section.english else f"Thg{moment.month}"
        return name[0] if length == 5 else short if length == 3 else name
    if letter == "d" and length > 2:
        name = (_ENGLISH_DAYS if section.english else _VIETNAMESE_DAYS)[moment.weekday()]
        return name[:3] if section.english and length == 3 else name
    if letter == "h":
        half = any(token.kind == "half" for token in section.tokens)
        hour = (moment.hour % 12 or 12) if half else moment.hour
        return str(hour).zfill(min(length, 2))
    numbers = {"d": moment.day, "m": moment.month, "s": moment.second}
    return str(numbers[letter]).zfill(min(length, 2)) if letter in numbers else ""


# --- days and times -------------------------------------------------------------------------------------------------


def is_temporal(code: str) -> bool:
    """Whether a number format shows a day, a time or hours gone by."""
    return bool(code) and _parse(code).sections[0].kind in _MOMENTS


def under_format(number: float, code: str, *, date1904: bool) -> tuple[float, date | time | timedelta | float]:
    """The number, counted from 1899-12-30 where it is a day, and what it is under its format: a day, a moment, a time;
    the number itself where it is none of them.
    """
    if not code:
        return number, number
    if date1904 and _parse(code).sections[0].kind in ("day", "month", "year"):
        number += DAYS_1904
    kind = kind_of(number, code)
    if kind == "duration":
        return number, timedelta(seconds=round(number * 86_400))
    if kind not in ("day", "month", "year", "time"):
        return number, number
    if number < 1:
        return number, (_EPOCH + timedelta(seconds=round(number * 86_400))).time()
    try:
        found = _EPOCH + timedelta(milliseconds=round((number + (number < _LEAP_DAY)) * 86_400_000))
    except OverflowError:
        return number, number
    return number, found.date() if found.time() == time() else found


def days_of(value: object) -> float | None:
    """The number of days that a day, a moment, a time or a duration is, counted from 1899-12-30; None for others."""
    if isinstance(value, time):
        value = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    elif isinstance(value, date):
        value = (value if isinstance(value, datetime) else datetime.combine(value, time())) - _EPOCH
    return value / timedelta(days=1) if isinstance(value, timedelta) else None


# --- what it can mean -----------------------------------------------------------------------------------------------

_UNITS = re.compile(r"(nghìn|ngàn|k|triệu|tr|tỷ|tỉ)\b", re.IGNORECASE)
_TIMES = {"nghìn": 1e3, "ngàn": 1e3, "k": 1e3, "triệu": 1e6, "tr": 1e6, "tỷ": 1e9, "tỉ": 1e9}
_PERCENT_WORDS = re.compile(r"%|phần trăm|percent", re.IGNORECASE)
_JOINED = re.compile(r"[0-9/.,:×x*^]")
"""Figures and signs drawn beside a number make another number of it."""


_EXCHANGED = frozenset({"mdy", "md", "myd", "ydm"})
"""Orders in which a Vietnamese reader takes the month for the day."""


def readings(
    value: float, code: str, wanted: Wanted, *, date1904: bool = False
) -> tuple[float, ...] | tuple[date, ...]:
    """What a number stored under a format can mean in a cell where a percentage, a number or a day is wanted.

    One reading where what is stored and what is shown say the same; two, the stored one first, where they do not; none
    where what is shown is no such thing at all. Percentages are fractions. That a format rounds is no second reading;
    neither are hours beside a day, unless they are those of a Vietnamese midnight in UTC.
    """
    form, kind = _parse(code), kind_of(value, code)
    section, number = _chosen(form.sections, value)
    if wanted == "date":
        region = form.region and section is not None and kind == section.kind != "number"
        return _days(value + (DAYS_1904 if date1904 else 0), kind, section, region=region)
    if kind != "number" or section is None or section.percents > 1:
        return ()
    seen = (_seen_percent if wanted == "percent" else _seen_number)(_signed(section, section.seen(number)), section)
    if seen is None:
        return ()
    stored = value
    if wanted == "percent":
        stored, seen = _fraction(value, own=section.percents == 1), round(seen, 12)
    return (stored,) if abs(stored - seen) <= 1e-9 * max(1.0, abs(stored)) else (stored, seen)


def _fraction(number: float, *, own: bool) -> float:
    """A number as a percentage (contract.md 3.6): the format's own sign decides, else above 1 it is in hundredths."""
    number = round(number, 12)
    return number if own or abs(number) <= 1 else round(number / 100, 12)


def _signed(section: _Section, number: float) -> float:
    """The number with the sign that is drawn before it; brackets around it are a minus, too."""
    before, after = section.before.strip(), section.after.strip()
    brackets = before.endswith("(") and after.startswith(")")
    return -number if brackets or before.endswith(("-", "\u2212", "\u2013")) else number


def _seen_percent(number: float, section: _Section) -> float | None:
    around = f"{section.before} {section.after}"
    if "‰" in around:
        return number / 1000
    drawn = _PERCENT_WORDS.search(around) is not None and not section.percents
    words = _PERCENT_WORDS.sub("", around)
    if _JOINED.search(words) or _UNITS.search(words) or (section.percents and around.count("%") > section.percents):
        return None
    return number / 100 if section.percents or drawn or "%" in around else _fraction(number, own=False)


def _seen_number(number: float, section: _Section) -> float | None:
    around = f"{section.before} {section.after}"
    if _PERCENT_WORDS.search(around) or "‰" in around:
        return number / (1000 if "‰" in around else 1 if section.percents else 100)
    if _JOINED.search(around):
        return None
    unit = _UNITS.match(section.after.strip())
    return number * _TIMES[unit[1].lower()] if unit else number


def _days(serial: float, kind: str, section: _Section | None, *, region: bool) -> tuple[date, ...]:
    if not 0 <= serial < _LAST_SERIAL - 1:
        return ()
    moment = _EPOCH + timedelta(days=serial)
    day = (moment + _DRIFT).date() if (moment + _DRIFT).time() < moment.time() else moment.date()
    if section is None or not (region or kind == "day" or (kind == "number" and not section.percents)):
        return ()
    if abs(moment - datetime(moment.year, moment.month, moment.day) - _UTC_MIDNIGHT) < _DRIFT:
        return (day, day + timedelta(days=1))
    if not region and section.order in _EXCHANGED and day.day <= 12 and day.day != day.month:
        return (day, date(day.year, day.day, day.month))
    return (day,)
