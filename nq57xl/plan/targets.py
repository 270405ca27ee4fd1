"""Targets of indicators: "≥ 80 điểm", "100%", "Có" into comparator, number and unit."""

from __future__ import annotations

import re

from nq57xl.records.plan import Comparator, Target
from nq57xl.text.normalise import fold, one_line

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
    rf"(?P<number>{_NUMBER})\s*(?P<percent>%|phần trăm)?\s*(?P<rest>[^\d%]*)",
)
_LONGEST = 300
"""A longer text is a paragraph, not a target."""
_MAX_DIGITS = 20
_OR_MORE = re.compile(r"(?:trở lên|hoặc hơn)\W*$")
_OR_LESS = re.compile(r"(?:trở xuống|hoặc ít hơn)\W*$")
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?|\d{1,3}(?:\.\d{3})+,\d+")
_SINGLE_GROUP = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


def parse_target(text: str) -> Target:
    """Comparator, number and unit of a target; percentages are fractions. Never raises.

    A bare number compares as ">=" (contract); "Có" has the comparator "=" and no value. A text of another shape, or
    a number that can be read in two ways ("1.234"), keeps comparator and value None: lint reports it.
    """
    shown = one_line(text)
    key = fold(shown).rstrip(" .;")
    if key == "có":
        return Target(shown, "=")
    match = _WHOLE.fullmatch(key) if len(key) <= _LONGEST else None
    value = _number(match["number"]) if match else None
    if match is None or value is None:
        return Target(shown)
    rest = match["rest"].strip()
    comparator = _comparator(match["comparator"], rest)
    if match["percent"]:
        return Target(shown, comparator, round(value / 100, 12), "%")
    return Target(shown, comparator, value, _unit(shown, rest))


def _comparator(words: str | None, rest: str) -> Comparator:
    if _OR_LESS.search(rest):
        return "<="
    if words is None or _OR_MORE.search(rest):
        return ">="
    return next(sign for pattern, sign in _COMPARATORS if re.fullmatch(pattern, words))


def _number(text: str) -> float | None:
    """The number as written here: decimal comma, dots between groups; None when it can be read in two ways."""
    if _SINGLE_GROUP.fullmatch(text) or len(text) > _MAX_DIGITS:
        return None
    if _GROUPED.fullmatch(text):
        text = text.replace(".", "")
    if text.count(".") + text.count(",") > 1:
        return None
    return float(text.replace(",", "."))


def _unit(shown: str, rest: str) -> str:
    """The words after the number, in the letters of the text itself."""
    rest = _OR_LESS.sub("", _OR_MORE.sub("", rest)).strip(" .;")
    if not rest:
        return ""
    last = max(index for index, letter in enumerate(shown) if letter.isdigit())
    own = shown[last + 1 :].strip(" .;")
    return own[: len(rest)].strip()
