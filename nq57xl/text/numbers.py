"""Numbers typed as text: decimal comma, thousands dot, a percent sign (domain.md 6.4). Nothing is guessed."""

from __future__ import annotations

import re

from attrs import frozen

from nq57xl.text.legacy import one_line

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
    sign = -1.0 if match["sign"] and match["sign"] in _MINUS else 1.0
    readings = tuple(sign * value for value in _readings(match["digits"]))
    percent = bool(match["percent"])
    if len(readings) == 1:
        return _NumberReading(readings[0] + 0.0, (), percent)
    return _NumberReading(None, readings, percent)


def _readings(digits: str) -> tuple[float, ...]:
    """All readings of unsigned digits with separators, the one with thousands first."""
    if _PLAIN.fullmatch(digits):
        return (float(digits),)
    found = [value for value in (_grouped(digits), _decimal(digits)) if value is not None]
    return tuple(found)


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
