"""Deadlines and targets of a plan: as printed, and as understood from their texts.

A deadline comes to a kind and a day; a day is never invented (domain.md 6.2).
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from datetime import date, timedelta
from typing import Literal

from attrs import frozen

from nq57xl.text.legacy import fold, one_line
from nq57xl.text.typed import read_number

_DeadlineKind = Literal[
    "date", "month", "quarter", "year", "range", "ongoing", "relative", "upstream", "done", "unknown"
]
Comparator = Literal[">=", "<=", ">", "<", "="]
_YEARS = range(1990, 2100)
_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_Q = r"(?:iv|iii|ii|i|[1-4])"
_TO = r"(?:-|đến hết|đến|tới|->|→)"
_YEAR_TAIL = r"(?:\s*[/,.-]?\s*(?:của\s+)?(?:năm\s*)?(?P<{0}>\d{{4}})(?!\d))?"

# Documents carry numbers and dates of their own, which are no deadlines: "Nghị quyết số 57-NQ/TW ngày 22/12/2024".
_CITATION = re.compile(
    r"(?:số\s+)?(?<![\w.])(?:\d[\w.]{0,20}(?:/\d{4})?[-/][a-zđ][\w&đ/.-]{0,40})"
    r"(?:\s*(?:,\s*)?(?:ngày\s+\d{1,2}(?:[/.-]\d{1,2}[/.-]\d{2,4}|\s+tháng\s+\d{1,2}\s+năm\s+\d{4})|năm\s+\d{4}))?"
)

_NEIGHBOUR_YEAR = re.compile(
    r"(?P<day>\b\d{1,2}/\d{1,2})\s+(?:của\s+)?"
    r"(?P<which>năm\s+(?:trước(?:\s+liền kề)?|(?:sau\s+)?liền kề|sau|kế tiếp|tiếp theo))"
)
"""A day of the year before or after: "31/01 năm liền kề"."""
_COUNTED = re.compile(
    r"^(?:trong\s+)?(?:vòng\s+|thời hạn\s+)?(?P<days>\d{1,4})\s+ngày(?P<working>\s+làm việc)?,?"
    r"\s+(?:kể\s+)?(?:từ|sau)\s+(?:khi\s+|ngày\s+)?(?:ký\s+)?"
    r"(?:ban hành(?:\s+kế hoạch(?:\s+này)?)?|kế hoạch(?:\s+này)?\s+được\s+(?:ban hành|ký))\W*$"
)
_DONE = re.compile(
    r"(?:nhiệm vụ\s+)?(?:đã|da)\s+(?:được\s+)?(?:thực hiện|hoàn thành|ban hành|triển khai|xong|kết thúc)"
)
_ONGOING = re.compile(
    r"thường xuyên|(?:hằng|hàng)\s+(?:năm|quý|tháng|tuần|ngày)|liên tục|định kỳ|duy trì|mỗi\s+(?:năm|quý|tháng|tuần)"
)
_RELATIVE = re.compile(
    r"sau khi|kể từ|khi\s+(?:có|được|phát sinh|cần)|theo (?:đề nghị|yêu cầu|văn bản)|ngày làm việc|sau\s+\d{1,4}\s+ngày"
    r"|\b\d{1,4}\s+(?:ngày|tuần|tháng)\s+(?:sau|kể)|^(?:trong\s+(?:vòng\s+)?)?\d{1,4}\s+(?:ngày|tuần|tháng)$"
)
_UPSTREAM = re.compile(
    r"theo\s+(?:đúng\s+)?(?:kế hoạch|tiến độ|lộ trình|chỉ đạo|hướng dẫn|chương trình|quy định|thời hạn|thời gian"
    r"|phân kỳ|nghị quyết|quyết định|trung ương|bộ|ubnd|ubdn|ủy ban|chính phủ|tỉnh|sở)"
)
_COMPLETION = re.compile(
    r"(?:trước|hoàn thành|chậm nhất|hạn|hết|xong|trình|ban hành)(?:\s+(?:ngày|trong|vào|là|đến|tháng))*\s*$"
)
_BEFORE = re.compile(r"trước\s+(?:hết\s+)?$")
_FROM = re.compile(r"(?:^|\W)(?:kể\s+)?từ\s+(?:ngày\s+)?$")
_VAGUE = re.compile(
    r"(?:đầu|giữa|tầm nhìn(?:\s+(?:đến|tới))?)\s+$"
    # a quarter that there is not: its year is not the deadline
    r"|\bqu[ýí]\s*(?:[ivx]+|\d+)\s*[/,.-]?\s*$"
)
_JOINED = re.compile(rf"\s*{_TO}\s*(?:ngày\s+)?")
_TO_ITS_DAY = re.compile(r"\W*(?:(?:trong|vào|ngày|từ)\s+)*")
_ONWARDS = re.compile(r"\s*(?:và|,)?\s*(?:các|những)\s+năm\s+(?:tiếp theo|sau)|\s*trở đi")


@frozen
class _Named:
    """One day, month, quarter, year or span of them named in the text."""

    kind: _DeadlineKind
    first: date
    last: date
    start: int
    end: int


@frozen
class Deadline:
    """A deadline as printed and as understood (domain.md 6.2)."""

    text: str
    kind: _DeadlineKind = "unknown"
    date: dt.date | None = None
    """Last day of the last period named; None where no date follows from the text."""
    milestones: tuple[dt.date, ...] = ()
    """Earlier dates of a deadline of several steps, ascending."""

    @classmethod
    def read(cls, text: str, year: int, issued: dt.date | None = None) -> Deadline:
        """Kind and day of a deadline as printed. Never raises, and never names a day that the text does not.

        Month, quarter and year mean their last day; "trước" a day means that day, "trước" a month the day before it.
        Of several steps the last is the deadline and the earlier ones are milestones. `year` stands in where the text
        names a month, a quarter or a day with a month but no year. `issued`: the day of the plan itself, from which
        "100 ngày kể từ ngày ban hành" counts.
        """
        shown = one_line(text)
        key = fold(shown)
        counted = _COUNTED.search(key) if issued else None
        if counted and issued:
            return cls(shown, "relative", _days_after(issued, int(counted["days"]), bool(counted["working"])))
        key = _NEIGHBOUR_YEAR.sub(
            lambda match: f"{match['day']}/{year + (-1 if 'trước' in match['which'] else 1)}", key
        )
        masked = _CITATION.sub(lambda match: "#" * len(match[0]), key)
        named = _read(masked, year)
        words = _by_words(masked, named)
        if words is not None:
            return cls(shown, words)
        open_ended = [item for item in named if _is_open(masked, item)]
        steps = [item for item in named if item not in open_ended]
        if not steps:
            return cls(shown, "range" if open_ended else "unknown")
        days = sorted({_day(masked, item) for item in steps})
        last = max(steps, key=lambda item: _day(masked, item))
        return cls(shown, last.kind, days[-1], tuple(days[:-1]))


def _days_after(day: date, count: int, working: bool) -> date:
    """The day so many days later; of working days Saturdays and Sundays are none."""
    if not working:
        return day + timedelta(days=min(count, 3650))
    for _ in range(min(count, 2500)):
        day += timedelta(days=3 if day.weekday() == 4 else 1)
    return day


def _by_words(text: str, named: list[_Named]) -> _DeadlineKind | None:
    """The kind that the words decide, None when the days named in the text do."""
    # after "đã thực hiện" comes at most the day on which it was
    if (done := _DONE.match(text)) and (
        not named or (len(named) == 1 and _TO_ITS_DAY.fullmatch(text[done.end() : named[0].start]))
    ):
        return "done"
    kinds: dict[_DeadlineKind, re.Pattern[str]] = {"relative": _RELATIVE, "upstream": _UPSTREAM, "ongoing": _ONGOING}
    for kind, pattern in kinds.items():
        match = pattern.search(text)
        if match and _words_win(text, match.start(), kind, named):
            return kind
    return None


def _words_win(text: str, start: int, kind: _DeadlineKind, named: list[_Named]) -> bool:
    """True when the words at `start` say more than the days: no day is named, or none after them as a completion."""
    if not named:
        return True
    if any(item.end <= start and not _is_open(text, item) for item in named):
        return False
    if kind == "ongoing":
        return all(item.kind in ("year", "range") or _is_open(text, item) for item in named)
    return not any(_COMPLETION.search(_ahead(text, item.start)) for item in named)


def _ahead(text: str, position: int) -> str:
    """The words right before a position."""
    return text[max(0, position - 60) : position]


def _is_open(text: str, item: _Named) -> bool:
    """True for a beginning without an end: "từ quý I/2026", "2025 và những năm tiếp theo"."""
    if _ONWARDS.match(text, item.end):
        return True
    return item.kind != "range" and _FROM.search(_ahead(text, item.start)) is not None


def _day(text: str, item: _Named) -> date:
    """The last day for a step: of the period named, or the day before it after "trước" a month, quarter or year."""
    if item.kind in ("month", "quarter", "year") and _BEFORE.search(_ahead(text, item.start)):
        return item.first - timedelta(days=1)
    return item.last


def _read(text: str, year: int) -> list[_Named]:
    """Every day or period named, in order; spans ("quý I/2026 đến quý III/2026") joined to one range."""
    found: list[_Named] = []
    for match in _TOKEN.finditer(text):
        if _VAGUE.search(_ahead(text, match.start())):
            continue
        for item in filter(None, _named(match, year)):
            previous = found[-1] if found else None
            if previous and _JOINED.fullmatch(text[previous.end : item.start]) and item.last > previous.first:
                found[-1] = _Named("range", previous.first, item.last, previous.start, item.end)
            else:
                found.append(item)
    return found


_MONTH_LEADS = ("tháng", "t")
_NUMBERS = "|".join(
    (
        r"\d{4}\s*-\s*\d{1,2}\s*-\s*\d{1,2}(?!\d)",
        r"\d{1,2}\s*(?P<sep>[/.-])\s*\d{1,2}\s*(?P=sep)\s*(?:\d{4}|\d{2})(?![\d/])",
        r"\d{1,2}\s*-\s*\d{1,2}\s*/\s*\d{4}(?!\d)",
        r"\d{4}\s*-\s*\d{4}(?!\d)",
        r"\d{1,2}\s*[/.-]\s*\d{4}(?!\d)",
        r"\d{1,2}\s*/\s*\d{1,2}(?![\d/])",
        # anything else made of numbers is taken whole, so that no part of it is read as a date
        r"\d+(?:\s*[/.-]\s*\d+)+",
    )
)
_TOKEN = re.compile(
    "|".join(
        (
            rf"(?P<part>(?P<count>\d{{1,2}}) tháng (?P<which>đầu|cuối)(?: năm)?{_YEAR_TAIL.format('part_year')})",
            rf"(?P<quarter>\b(?:(?:qu[ýí]|q)\s*|(?=[iv]+\s*/\s*\d{{4}}))"
            rf"(?P<q_list>{_Q}(?:\s*(?:,|và|-|đến)\s*(?:qu[ýí]\s*)?{_Q}\b)*)\b" + _YEAR_TAIL.format("q_year") + ")",
            # without "ngày" the number may count something else: "tuần 1 tháng 3"
            r"(?P<long_day>(?:^|\bngày\s+|(?<=trước )|(?<=đến )|(?<=hết )|(?<=nhất ))(?P<d>\d{1,2})\s+tháng\s+"
            r"(?P<m>\d{1,2})(?!\d)" + _YEAR_TAIL.format("d_year") + ")",
            rf"(?P<numbers>(?P<lead>\b(?:trước|ngày|hết|đến|hạn|tháng|t)\s*)?\b(?P<digits>{_NUMBERS})"
            r"(?P<more>(?:\s*(?:,|và)\s*\d{1,2}/\d{1,2}(?![\d/]))*))",
            r"(?P<month>(?:tháng\s*|\bt)(?P<m_list>\d{1,2}(?:\s*(?:,|và|-|đến)\s*(?:tháng\s*)?\d{1,2}(?!\d))*)(?!\d)"
            + _YEAR_TAIL.format("m_year")
            + ")",
            r"(?P<year_end>(?:cuối\s+năm|hết\s+năm)(?:\s+(?P<e_year>(?:19|20)\d\d))?(?!\d))",
            r"(?P<year>(?:năm\s*)?\b(?P<y>(?:19|20)\d\d)\b)",
        )
    )
)


def _named(match: re.Match[str], year: int) -> list[_Named | None]:
    """What one token names: nothing when it names no day of the calendar, several for "quý I, II/2026"."""
    span, listed = match.span(), match["q_list"] or match["m_list"]
    if listed:
        kind: _DeadlineKind = "quarter" if match["quarter"] else "month"
        if match["quarter"]:
            numbers = [_QUARTERS[item] for item in re.findall(rf"\b{_Q}\b", listed)]
            spans = [(3 * number - 2, 3 * number) for number in numbers]
        else:
            spans = [(int(item), int(item)) for item in re.findall(r"\d+", listed)]
        own = int(match["q_year"] or match["m_year"] or year)
        if len(spans) > 1 and re.search(r"-|đến", listed):  # joined: one range, else each by itself
            return [_months(spans[0][0], spans[-1][1], own, "range", span)]
        return [_months(first, last, own, kind, span) for first, last in spans]
    if match["part"]:
        count = int(match["count"])
        first, last = (1, count) if match["which"] == "đầu" else (13 - count, 12)
        return [_months(first, last, int(match["part_year"] or year), "range", span)]
    if match["long_day"]:
        return [_one_day(int(match["d"]), int(match["m"]), int(match["d_year"] or year), span)]
    if match["numbers"]:
        lead = (match["lead"] or "").strip()
        # "đến 31/12/2026" begins with its number: what stands before decides whether it ends a range
        place = span if lead in _MONTH_LEADS else (match.start("digits"), span[1])
        more = [_one_day(int(one), int(month), year, span) for one, month in re.findall(r"(\d+)/(\d+)", match["more"])]
        # "15/6 và 15/12": the first is a day as the others are
        day = _from_digits(match["digits"], lead or "ngày" * bool(more), match.string == match["digits"], year, place)
        return [day, *more]
    return [_months(1, 12, int(match["e_year"] or match["y"] or year), "year", span)]


def _months(first: int, last: int, year: int, kind: _DeadlineKind, span: tuple[int, int]) -> _Named | None:
    if not (1 <= first <= last <= 12 and year in _YEARS):
        return None
    return _Named(kind, date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1]), *span)


def _one_day(day: int, month: int, year: int, span: tuple[int, int]) -> _Named | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return _Named("date", found, found, *span) if year in _YEARS else None


def _from_digits(digits: str, lead: str, alone: bool, year: int, span: tuple[int, int]) -> _Named | None:
    """Numbers joined by / . or -: day/month/year, month/year, year-year, day/month, months-month/year."""
    texts = re.findall(r"\d+", digits)
    if not 2 <= len(texts) <= 3 or max(map(len, texts)) > 4:
        return None
    first, second, *rest = map(int, texts)
    if rest and first in _YEARS:
        return _one_day(rest[0], second, first, span)
    if rest and re.fullmatch(r"\d{1,2}\s*-\s*\d{1,2}\s*/\s*\d{4}", digits):
        if lead in _MONTH_LEADS:
            return _months(first, second, rest[0], "range", span)
        if not lead and first <= 12:  # "5-6/2026": two months or a day
            return None
    if rest:
        return _one_day(first, second, 2000 + rest[0] if rest[0] < 100 else rest[0], span)
    if first in _YEARS and second in _YEARS:
        return None if second < first else _Named("range", date(first, 1, 1), date(second, 12, 31), *span)
    if second in _YEARS:
        return _months(first, first, second, "month", span)
    if "/" not in digits or lead in _MONTH_LEADS:
        return _months(first, second, year, "range", span) if lead in _MONTH_LEADS else None
    if lead or (alone and first > 12):
        return _one_day(first, second, year, span)
    return None


_COMPARATORS: tuple[tuple[str, Comparator], ...] = (
    (r">=|=>|≥|⩾|từ|tối thiểu|ít nhất|không dưới|không thấp hơn|không ít hơn|thấp nhất|phấn đấu đạt|đạt từ", ">="),
    (r"<=|=<|≤|⩽|tối đa|không quá|không vượt quá|nhiều nhất|không cao hơn|không lớn hơn", "<="),
    (r">|trên|hơn|lớn hơn|cao hơn|vượt", ">"),
    (r"<|dưới|nhỏ hơn|thấp hơn|ít hơn", "<"),
    (r"=|bằng", "="),
)
_LEAD_IN = r"(?:(?:phấn đấu|đạt|hoàn thành|tỷ lệ|tỉ lệ|có|được|là)\s+)*"
_NUMBER = r"\d+(?:[.,]\d+)*"
_WHOLE = re.compile(
    rf"{_LEAD_IN}(?P<comparator>{'|'.join(words for words, _ in _COMPARATORS)})?\s*{_LEAD_IN}"
    rf"(?P<number>{_NUMBER})\s*(?P<percent>%|phần trăm)?\s*(?P<rest>[^\d%]*)"
)
_LONGEST = 300
"""A longer text is a paragraph, not a target."""
_OR_MORE = re.compile(r"(?:trở lên|hoặc hơn)\W*$")
_OR_LESS = re.compile(r"(?:trở xuống|hoặc ít hơn)\W*$")


@frozen
class Target:
    """The target of an indicator as printed and as understood."""

    text: str
    comparator: Comparator | None = None
    """A bare "100%" compares as ">="."""
    value: float | None = None
    """Percentages are fractions: "90%" is 0.9; "Có" has no value."""
    unit: str = ""
    """"%", "điểm", "mô hình"; empty for "Có"."""

    @classmethod
    def read(cls, text: str) -> Target:
        """Comparator, number and unit of a target; percentages are fractions. Never raises.

        A bare number compares as ">=" (domain.md 3.7); "Có" has the comparator "=" and no value. A text of another
        shape, or a number that can be read in two ways ("1.234"), keeps comparator and value None: lint reports it.
        """
        shown = one_line(text)
        key = fold(shown).rstrip(" .;")
        if key == "có":
            return cls(shown, "=")
        match = _WHOLE.fullmatch(key) if len(key) <= _LONGEST else None
        value = read_number(match["number"]).value if match else None
        if match is None or value is None:
            return cls(shown)
        rest, words = match["rest"].strip(), match["comparator"]
        comparator: Comparator = "<=" if _OR_LESS.search(rest) else ">="
        if comparator == ">=" and words is not None and not _OR_MORE.search(rest):
            comparator = next(sign for pattern, sign in _COMPARATORS if re.fullmatch(pattern, words))
        if match["percent"]:
            return cls(shown, comparator, round(value / 100, 12), "%")
        return cls(shown, comparator, value, _unit(shown, rest))


def _unit(shown: str, rest: str) -> str:
    """The words after the number, in the letters of the text itself."""
    rest = _OR_LESS.sub("", _OR_MORE.sub("", rest)).strip(" .;")
    if not rest:
        return ""
    last = max(index for index, letter in enumerate(shown) if letter.isdigit())
    own = shown[last + 1 :].strip(" .;")
    return own[: len(rest)].strip()
