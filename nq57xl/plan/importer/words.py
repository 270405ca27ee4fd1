"""Small readings of text that the importer's parts share: numbers, joined lines, keys for headings."""

from __future__ import annotations

import re

from nq57xl.text.normalise import bare, clean

_ROMAN = re.compile(r"(?=[IVXLC])(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})", re.IGNORECASE)
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_PARTS = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
_MARK = re.compile(r"(?<=[^\s])[¹²³⁰⁴-⁹]{1,3}(?=$|[\s.,;:)])", re.MULTILINE)
_MEASURE = re.compile(r"(?:^|[^\w])[kdc]?m$|(?<![/\d])\d{1,3}$")
_BULLET = re.compile(r"(?:[-–—+•*●▪]|\d{1,2}[.)]|[a-zđ]\))\s*\S")
_HYPHEN = re.compile(r"[^\W_]-$")
_TAIL = re.compile(r"[-/][^\W_]")
_CODE = re.compile(r"\d-[A-ZĐ]+/[A-ZĐ]+$")
_CODE_HEAD = re.compile(r"\d/(?:\d{4}/)?[A-ZĐ]{0,4}$")
_CODE_TAIL = re.compile(r"(?:\d{4}/)?[A-ZĐ]{0,6}-[A-ZĐ]")
# a symbol such as KH/BCĐTW that is wider than its column is cut in the middle: it fills a line alone
_CUT_WORD = re.compile(r"(?!\S*/\d{4}$)\S*/\S*[^\W_]")
DATE = re.compile(r"\(?(?:\d{1,2}/)?\d{1,2}/\d{4}[.,;)]?")
"""A day or a month in numbers, as the one word of its kind."""
_CAPITALS = re.compile(r"[A-ZĐ]{1,5}(?![^\W\d_])")
_LOOK_ALIKES = str.maketrans("ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ", "0123456789")
_ROMAN_SIGNS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


def roman(number: int) -> str:
    """4 is "IV"; numbers up to 199."""
    text = ""
    for value, letters in _PARTS:
        while number >= value:
            text, number = text + letters, number - value
    return text


def roman_value(text: str) -> int | None:
    """The value of a Roman number, None when the text is none."""
    text = text.strip().upper()
    if not text or not _ROMAN.fullmatch(text):
        return None
    values = [_VALUES[letter] for letter in text]
    return sum(-value if value < max(values[index:]) else value for index, value in enumerate(values))


def plain_roman(text: str) -> str:
    """Signs of one letter such as Ⅱ as ordinary letters."""
    return re.sub("[Ⅰ-Ⅹ]", lambda match: _ROMAN_SIGNS[int(match[0].translate(_LOOK_ALIKES))], text)


def join_lines(first: str, second: str) -> str:
    """Two lines of one text: at a "-" between letters or digits without a blank."""
    if not first or not second:
        return first or second
    together = _HYPHEN.search(first) or (_TAIL.match(second) and first[-1].isalnum())
    together = together or _is_cut_date(first, second)
    together = together or (_CODE.search(first) and re.fullmatch(r"[A-ZĐ]{1,5}(?:\W.*)?", second, re.DOTALL))
    together = together or (_CODE_HEAD.search(first) and _CODE_TAIL.match(second))
    return f"{first}{second}" if together else f"{first} {second}"


def _is_cut_date(first: str, second: str) -> bool:
    """True for "15/10/20" over "26": a column too narrow for a day cuts it."""
    one, other = first.split()[-1:], second.split()[:1]
    return bool(one and other) and DATE.fullmatch(one[0] + other[0]) is not None and not DATE.fullmatch(one[0])


def page_text(text: str) -> str:
    """The lines of a page joined to one text; a list keeps its lines."""
    lines: list[str] = []
    before = ""
    for line in clean(text).split("\n"):
        if lines and line and _CUT_WORD.fullmatch(before) and _CAPITALS.match(line):
            lines[-1] += line
        elif lines and line and not (_BULLET.match(line) and lines[-1][-1:] in ".;:,"):
            lines[-1] = join_lines(lines[-1], line)
        elif line:
            lines.append(line)
        before = line
    return "\n".join(lines)


def without_marks(text: str) -> str:
    """The text without marks of footnotes: raised figures behind a word or a date, not behind "m" or another figure."""
    return _MARK.sub(lambda match: match[0] if _MEASURE.search(text[: match.start()]) else "", text)


def cell_text(text: str) -> str:
    """The paragraphs of a cell: a line that goes on in the middle of a sentence is joined to the one before."""
    lines: list[str] = []
    for line in without_marks(clean(text)).split("\n"):
        if lines and line and (_HYPHEN.search(lines[-1]) or line[0].islower()) and not _BULLET.match(line):
            lines[-1] = join_lines(lines[-1], line)
        elif line:
            lines.append(line)
    return "\n".join(lines)


def heading_key(text: str) -> str:
    """Key of a column heading: no accents, case, brackets, numbers or signs; "(Rõ người)" and "(5)" are gone."""
    text = re.sub(r"\([^)]*\)?", " ", bare(text))
    return " ".join(re.sub(r"[^a-z]+", " ", text).split())


def whole_key(text: str) -> str:
    """The same with what stands in brackets."""
    return " ".join(re.sub(r"[^a-z]+", " ", bare(text)).split())
