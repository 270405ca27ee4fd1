"""Documents as people cite them in one cell: number and date together, a title or an address."""

from __future__ import annotations

import re
from datetime import date

from attrs import frozen

from nq57xl.text.dates import read_date
from nq57xl.text.legacy import clean, one_line, plain_d

_CUT = "\x00"
"""Stands where something was taken out of a text."""
_DAY = re.compile(
    r"(?:ngày\s*:?\s*|(?<![\w/.]))(?:"
    r"[0-3]?[0-9] ?([-/.]) ?[01]?[0-9] ?\1 ?(?:[0-9]{4}|[0-9]{2})(?![\w/])"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}(?![\w/])"
    r"|[0-3]?[0-9] ?/? ?tháng ?[01]?[0-9] ?(?:,? ?năm|[-/,]) ?[0-9]{4})",
    re.IGNORECASE,
)
_WORDS = re.compile(r"([0-9]+) ?/? ?tháng ?([0-9]+) ?(?:,? ?năm|[-/,]) ?([0-9]{4})", re.IGNORECASE)
_NO_DAY = re.compile(
    r"ngày\s*:?\s*[^,;()\x00]*[0-9][^,;()\x00]*|(?<![\w/.-])[0-9]{1,4} ?([-/.]) ?[0-9]{1,2} ?\1 ?[0-9]{2,4}(?![\w/])"
    r"|(?:tháng|quý|năm) ?(?:[0-9]+|[ivIV]+)(?: ?(?:[-/]|năm) ?[0-9]{4})?",
    re.IGNORECASE,
)
"""What looks like a day, a month, a quarter or a year, and is no day."""
_NUMBER = re.compile(
    r"(?<![\w/.-])[0-9]+\w?(?:(?: ?/ ?[0-9]{4})? ?/ ?[^\W\d_]| ?- ?[A-ZĐ])[\w&]*"
    r"(?:[-/][^\W_][\w&]*| ?- ?[A-ZĐ][A-ZĐ0-9]*\b)*"
)
"""258/BC-VP, 12/2026/NQ-HĐND, 45 / QĐ - SXD, 57-NQ/TW."""
_PLAIN = re.compile(r"\bsố\s*:?\s*[0-9]", re.IGNORECASE)
_SHORT = re.compile(r"(?=.*[0-9])\S+(?: \S+){0,2}")
"""Numbers without a sign: "Công văn số 45", "TB-45", "0045". Longer words with a figure in them are no number."""
_ON = re.compile(r"^ngày\s*:?\s*", re.IGNORECASE)
_BEFORE = re.compile(r"^(?:số(?:,? ký hiệu)?\s*[:.]?\s*)+", re.IGNORECASE)
_EDGES = re.compile(r"^[\s,.;:()\[\]–-]+|(?:[\s,.;:()\[\]–-]|\b(?:ký|ban hành)?\s*ngày\b)+$", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:(?:https?|ftp|file)://|www\.)[^\s<>\"«»]+"
    r"|\\\\[^\s\"«»]+|\b[A-Za-z]:[\\/][^\n\"«»]+"
    r"|(?<![\w@.])(?:[a-z0-9-]+\.)+(?:vn|com|net|org)\b(?:[:/][^\s<>\"«»]*)?",
    re.IGNORECASE,
)
"""Of a page, of a file; "sxd.dongnai.gov.vn/vb/123" too, as people copy it."""


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
        one = _read(one_line(part))
        last = found[-1] if found else Citation()
        if (one.number and last.number) or ((one.day or one.no_day) and (last.day or last.no_day)):
            found.append(one)
        else:
            joined = Citation(last.number or one.number, last.day or one.day, last.no_day or one.no_day)
            found[-1:] = [joined]
    return next((one for one in found if one.number), next((one for one in found if one != Citation()), Citation()))


def _read(text: str) -> Citation:
    days = [_day(match[0]) for match in _DAY.finditer(text)]
    rest = _DAY.sub(_CUT, text)
    wrong = _NO_DAY.search(rest)
    impossible = next((match[0] for match in _DAY.finditer(text) if _day(match[0]) is None), "")
    no_day = _ON.sub("", impossible or (wrong[0] if wrong else "")).strip()
    day = next((item for item in days if item is not None), None)
    if number := _NUMBER.search(rest):
        return Citation(re.sub(r"\s*([/-])\s*", r"\1", number[0]), day, "" if day else no_day)
    words = [_trimmed(part) for part in _NO_DAY.sub(_CUT, rest).split(_CUT)]
    said = next((part for part in words if _PLAIN.search(part) or (_SHORT.fullmatch(part))), "")
    return Citation(said, day, "" if day else no_day)


def _trimmed(text: str) -> str:
    """Without what stands around a number: "Số:", commas, brackets, the word before a day."""
    before = None
    while before != text:
        before, text = text, _EDGES.sub("", _BEFORE.sub("", text))
    return text


def _day(text: str) -> date | None:
    words = _WORDS.search(text)
    plain = "/".join(words.groups()) if words else _ON.sub("", text)
    return read_date(plain)


def split_address(text: str) -> tuple[str, str]:
    """What a cell says beside an address, and the first address in it; "" for each that is not there."""
    match = _ADDRESS.search(text)
    if match is None:
        return clean(text), ""
    address = match[0].rstrip(".,;'")
    if address.endswith(")") and "(" not in address:
        address = address.rstrip(").,;")
    before, after = text[: match.start()], text[match.start() + len(address) :]
    if before.rstrip().endswith("(") and after.lstrip().startswith(")"):
        before, after = before.rstrip()[:-1], after.lstrip()[1:]
    return clean(re.sub(r"[\s:;,–-]+$", "", before) + "\n" + re.sub(r"^[\s.;,]+", "", after)).strip(), address
