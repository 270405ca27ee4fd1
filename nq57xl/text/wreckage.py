"""Letters that a conversion left behind: put right where one reading exists, recognised as broken where none does."""

from __future__ import annotations

import re

from nq57xl.text.legacy import surely_unicode
from nq57xl.text.normalise import is_syllable

_LIKE = str.maketrans({"\u01a3": "ư", "\u01a2": "Ư"})
"""The letter oi, which old converters write for ư."""
_SYMBOLS = {
    0xF0B3: "≥", 0xF0A3: "≤", 0xF0B1: "±", 0xF0B4: "×", 0xF0B8: "÷", 0xF0B9: "≠", 0xF0BB: "≈", 0xF0B0: "°", 0xF0AE: "→",
    0xF0E0: "→", 0xF0B7: "•", 0xF0A7: "•", 0xF0D8: "•", 0xF076: "•", 0xF0FC: "•", 0xF02D: "-", 0xF0BE: "–",
}  # fmt: skip
"""Signs of the fonts Symbol and Wingdings, as Word keeps them."""
_LATIN = {letter: byte for byte in range(0x80, 0xA0) for letter in bytes([byte]).decode("cp1252", "ignore")}
"""What Windows shows for the bytes that Latin-1 has no letters for."""
_BYTES = "\u0080-\u00ff" + re.escape("".join(_LATIN))
_TAKEN_FOR_LATIN = re.compile(rf"[\u00c3-\u00c6\u00e1\u00e2][{_BYTES}]{{1,2}}")
_LOST = re.compile("[\ufffd\ue000-\uf8ff]")
_ASKED = re.compile(r"([^\W\d_]+)\?([^\W\d_]+)")


def mended(text: str) -> str:
    """The text with what only one reading can mean put right: UTF-8 read as Latin-1, signs of Symbol, ƣ for ư."""
    if text.isascii():
        return text
    if _TAKEN_FOR_LATIN.search(text) and not surely_unicode(text):
        text = re.sub(rf"[{_BYTES}]+", _as_utf8, text)
    return text.translate(_LIKE).translate(_SYMBOLS)


def _as_utf8(match: re.Match[str]) -> str:
    try:
        return bytes(_LATIN.get(letter, ord(letter)) for letter in match[0]).decode()
    except UnicodeDecodeError:
        return match[0]


def is_broken(text: str) -> bool:
    """Whether letters are lost for good: signs of no meaning, "tr?nh", UTF-8 of which a byte is missing."""
    if text.isascii() and "?" not in text:
        return False
    fixed = mended(text)
    if _LOST.search(fixed):
        return True
    if any(_is_asked(word.strip(".,;:()")) for word in text.split()):
        return True
    return not surely_unicode(text) and _TAKEN_FOR_LATIN.search(text) is not None and "Ã " in f"{fixed} "


def _is_asked(word: str) -> bool:
    """Whether a question mark stands for a letter: "tr?nh"; between two whole syllables it is one."""
    match = _ASKED.fullmatch(word)
    return match is not None and not (is_syllable(match[1]) and is_syllable(match[2]))
