"""What people type as text: numbers, dates and the documents that they cite in one cell. Nothing is guessed.

Numbers: decimal comma, thousands dot, a percent sign (domain.md 6.3). Dates: the day always stands first (domain.md
6.1); a month alone is no date. Citations: number and date together, a title or an address.
"""

from __future__ import annotations

import re
from datetime import date

from attrs import frozen

from nq57xl.text.legacy import clean, fold, one_line, plain_d

_TIME = r"(?:[ t]+(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?)?"
_DAY_FIRST = re.compile(rf"(?:ngày )?([0-3]?[0-9]) ?([-/.]) ?([01]?[0-9]) ?\2 ?([0-9]{{4}}|[0-9]{{2}}){_TIME}")
_YEAR_FIRST = re.compile(rf"([0-9]{{4}})([-/.])([01]?[0-9])\2([0-3]?[0-9]){_TIME}")
_WORDS = re.compile(r"(?:ngày )?([0-3]?[0-9]) tháng ([01]?[0-9]) năm ([0-9]{4})")


def read_date(text: str) -> date | None:
    """The day that the whole text names: "5/4/2026", "05-04-26", "5.4.2026", "2026-04-05", "ngày 5 tháng 4 năm 2026".

    Two-digit years are 20yy. A time of day is dropped. Anything else, and a day that does not exist, is None.
    """
    folded = fold(text)
    if match := _DAY_FIRST.fullmatch(folded):
        return _day(match[4], match[3], match[1])
    if match := _YEAR_FIRST.fullmatch(folded):
        return _day(match[1], match[3], match[4])
    if match := _WORDS.fullmatch(folded):
        return _day(match[3], match[2], match[1])
    return None


_NO_DAY = re.compile(
    r"(?:(?:cuối|đầu|giữa|trong|hết|trước|đến|từ) )*(?:"
    r"(?:tháng|t\.?) ?[01]?[0-9](?: ?(?:[-/.]|năm) ?(?:[0-9]{4}|[0-9]{2}))?"
    r"|[01]?[0-9] ?[-/.] ?20[0-9]{2}|20[0-9]{2} ?[-/.] ?[01]?[0-9]"
    r"|(?:quý|q\.?) ?(?:[1-4]|i{1,3}|iv)(?: ?(?:[-/.,]|năm)? ?(?:[0-9]{4}|[0-9]{2}))?"
    r"|(?:năm )?20[0-9]{2})"
)


def lacks_day(text: str) -> bool:
    """Whether the whole text names a month, a quarter or a year, and no day: "tháng 4/2026", "Quý II", "4/2026"."""
    return _NO_DAY.fullmatch(fold(text)) is not None


def _day(year: str, month: str, day: str) -> date | None:
    full_year = 2000 + int(year) if len(year) == 2 else int(year)
    try:
        return date(full_year, int(month), int(day))
    except ValueError:
        return None


_MINUS = "\u2212\u2013-"  # the hyphen last: inside [] it must not make a range
_NUMBER = re.compile(rf"(?P<sign>[+{_MINUS}]?) ?(?P<digits>[0-9.,](?:[0-9., ]*[0-9])?) ?(?P<percent>%?)")
_PLAIN = re.compile(r"[0-9]+")
_DECIMAL = re.compile(r"([0-9]*)[.,]([0-9]+)")
_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:([., ])[0-9]{3})(?:\1[0-9]{3})*")
_MAX_DIGITS = 30
"""Longer runs of digits are serial numbers or noise, and a float would lose most of them."""


@frozen
class _NumberReading:
    """What a text says as a number."""

    value: float | None = None
    """The number before any percent sign ("85%" is 85.0); None when unreadable or ambiguous."""
    readings: tuple[float, ...] = ()
    """Both readings when there are two, thousands first: "1.234" is (1234.0, 1.234)."""
    percent: bool = False
    """A percent sign was typed."""


def read_number(text: str) -> _NumberReading:
    """The number that the whole text is, in Vietnamese or English notation.

    Words, units and signs of comparison ("≥ 90", "80 điểm") make it unreadable: value None and no readings.
    """
    match = _NUMBER.fullmatch(one_line(text))
    if match is None or sum(letter.isdigit() for letter in text) > _MAX_DIGITS:
        return _NumberReading()
    sign, digits = -1.0 if match["sign"] and match["sign"] in _MINUS else 1.0, match["digits"]
    found = (float(digits),) if _PLAIN.fullmatch(digits) else (_grouped(digits), _decimal(digits))
    readings = tuple(sign * value for value in found if value is not None)
    percent = bool(match["percent"])
    if len(readings) == 1:
        return _NumberReading(readings[0] + 0.0, (), percent)
    return _NumberReading(None, readings, percent)


def _grouped(digits: str) -> float | None:
    """Thousands separated by one sign, and perhaps a decimal part after the other: "1.234.567,8"."""
    if match := _GROUPS.fullmatch(digits):
        return float(digits.replace(match[1], ""))
    for separator, point in ((".", ","), (",", "."), (" ", ","), (" ", ".")):
        whole, found, fraction = digits.partition(point)
        grouped = _GROUPS.fullmatch(whole)
        if found and grouped and grouped[1] == separator and _PLAIN.fullmatch(fraction):
            return float(f"{whole.replace(separator, '')}.{fraction}")
    return None


def _decimal(digits: str) -> float | None:
    match = _DECIMAL.fullmatch(digits)
    return float(f"{match[1] or '0'}.{match[2]}") if match else None


_CUT = "\x00"
"""Stands where something was taken out of a text."""
_DAY_ANYWHERE = re.compile(
    r"(?:ngày\s*:?\s*|(?<![\w/.]))(?:"
    r"[0-3]?[0-9] ?([-/.]) ?[01]?[0-9] ?\1 ?(?:[0-9]{4}|[0-9]{2})(?![\w/])"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}(?![\w/])"
    r"|[0-3]?[0-9] ?(?:/ ?|/? ?tháng ?)[01]?[0-9] ?(?:[,/]? ?năm|[-/,]) ?[0-9]{4}(?![\w/]))",
    re.IGNORECASE,
)
_DAY_IN_WORDS = re.compile(r"([0-9]+) ?(?:/ ?|/? ?tháng ?)([0-9]+) ?(?:[,/]? ?năm|[-/,]) ?([0-9]{4})", re.IGNORECASE)
_LIKE_A_DAY = re.compile(
    r"ngày\s*:?\s*[^,;()\x00]{0,100}[0-9][^,;()\x00]*"
    r"|(?<![\w/.-])[0-9]{1,4} ?([-/.]) ?[0-9]{1,2} ?\1 ?[0-9]{2,4}(?![\w/])"
    r"|(?:tháng|quý|năm) ?(?:[0-9]+|[ivIV]+)(?: ?(?:[-/]|năm) ?[0-9]{4})?",
    re.IGNORECASE,
)
"""What looks like a day, a month, a quarter or a year, and is no day."""
_SIGNED = re.compile(
    r"(?<![\w/.-])[0-9]+\w?(?:(?: ?/ ?[0-9]{4})? ?/ ?[^\W\d_]| ?- ?[A-ZĐ])[\w&]*"
    r"(?:(?:[-/]|\.(?=[A-ZĐ]{2}))[^\W_][\w&]*| ?- ?[A-ZĐ][A-ZĐ0-9]*\b)*"
)
"""258/BC-VP, 258/BC.VP, 12/2026/NQ-HĐND, 45 / QĐ - SXD, 57-NQ/TW."""
_NUMBERED = re.compile(r"\bsố\s*:?\s*[0-9]", re.IGNORECASE)
_SHORT_NUMBER = re.compile(r"(?=.*[0-9])\S+(?: \S+){0,2}")
"""Numbers without a sign: "Công văn số 45", "TB-45", "0045". Longer words with a figure in them are no number."""
_ON = re.compile(r"^ngày\s*:?\s*", re.IGNORECASE)
_SIGNS = r"\s,.;:()\[\]–-"
_BEGINNING = re.compile(rf"\A(?:[{_SIGNS}]|số(?:,? ký hiệu)?)+", re.IGNORECASE)
_END = re.compile(rf"\A(?:[{_SIGNS}]|yàgn(?:\s*(?:ýk|hnàh nab))?\b)+", re.IGNORECASE)
"""Of a text from its last letter on, so that no letter is looked at often: "ngày", "ký ngày", "ban hành ngày"."""
_ADDRESS = re.compile(
    r"(?:(?:https?|ftp|file)://|www\.)[^\s<>\"«»]+"
    r"|\\\\[^\s\"«»]+|\b[A-Za-z]:[\\/][^\n\"«»]+"
    r"|(?<![\w@.])(?:[a-z0-9-]{1,63}\.)+(?:vn|com|net|org)\b(?:[:/][^\s<>\"«»]*)?",
    re.IGNORECASE,
)
"""Of a page, of a file; "sxd.dongnai.gov.vn/vb/123" too, as people copy it."""
_MARKS = frozenset(".:\\")
"""An address has one of them; most citations have none."""


@frozen
class Citation:
    """What a cell says of a document; of several the first."""

    number: str = ""
    """Number and sign, "258/BC-VP"; "" where none was found."""
    day: date | None = None
    no_day: str = ""
    """What stands where the day should be and is none: "31/02/2026", "tháng 4/2026"."""


def read_citation(text: str) -> Citation:
    """The first document of a cell: "258/BC-VP ngày 06/4/2026", "Số: 258/BC-VP, ngày 6 tháng 4 năm 2026" ...

    Documents stand on lines of their own or behind ";". Number and day of one may stand on two lines. Addresses are no
    part of it.
    """
    text, _ = split_address(text)
    found: list[Citation] = []
    for part in re.split(r"[\n;]", plain_d(text)):
        one = _citation_in(one_line(part))
        last = found[-1] if found else Citation()
        if (one.number and last.number) or ((one.day or one.no_day) and (last.day or last.no_day)):
            found.append(one)
        else:
            joined = Citation(last.number or one.number, last.day or one.day, last.no_day or one.no_day)
            found[-1:] = [joined]
    return next((one for one in found if one.number), next((one for one in found if one != Citation()), Citation()))


def _citation_in(text: str) -> Citation:
    days = [_day_of(match[0]) for match in _DAY_ANYWHERE.finditer(text)]
    rest = _DAY_ANYWHERE.sub(_CUT, text)
    wrong = _LIKE_A_DAY.search(rest)
    impossible = next((match[0] for match in _DAY_ANYWHERE.finditer(text) if _day_of(match[0]) is None), "")
    no_day = _ON.sub("", impossible or (wrong[0] if wrong else "")).strip()
    day = next((item for item in days if item is not None), None)
    if number := _SIGNED.search(rest):
        return Citation(re.sub(r"\s*([/-])\s*", r"\1", number[0]), day, "" if day else no_day)
    words = [_trimmed(part) for part in _LIKE_A_DAY.sub(_CUT, rest).split(_CUT)]
    said = next((part for part in words if _NUMBERED.search(part) or (_SHORT_NUMBER.fullmatch(part))), "")
    return Citation(said, day, "" if day else no_day)


def _trimmed(text: str) -> str:
    """Without what stands around a number: "Số:", commas, brackets, the word before a day."""
    return _END.sub("", _BEGINNING.sub("", text)[::-1])[::-1]


def _day_of(text: str) -> date | None:
    words = _DAY_IN_WORDS.search(text)
    plain = "/".join(words.groups()) if words else _ON.sub("", text)
    return read_date(plain)


def split_address(text: str) -> tuple[str, str]:
    """What a cell says beside an address, and the first address in it; "" for each that is not there."""
    match = _ADDRESS.search(text) if _MARKS & set(text) else None
    if match is None:
        return clean(text), ""
    address = match[0].rstrip(".,;'")
    if address.endswith(")") and "(" not in address:
        address = address.rstrip(").,;")
    before, after = text[: match.start()], text[match.start() + len(address) :]
    if before.rstrip().endswith("(") and after.lstrip().startswith(")"):
        before, after = before.rstrip()[:-1], after.lstrip()[1:]
    return clean(clean(before).rstrip(" \n:;,–-") + "\n" + clean(after).lstrip(" \n.;,")).strip(), address
